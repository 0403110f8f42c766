/**
 * What operations need of the world, supplied by the composition root: no operation reads the
 * environment, the clock or the terminal by itself, and none prints. What happens is told as events.
 */
import type { Address } from '../model/address.ts';
import type { Diagnostic } from '../model/diagnostics/diagnostic.ts';
import type { Plan, ResourceChange } from '../model/plan.ts';
import type { Clock } from '../model/time.ts';
import type { CycleProgress } from '../records/link.ts';
import type { HttpSettings } from '../http/settings.ts';
import type { LocalMachine } from '../storage/local/storage.ts';

export interface Runtime {
  /** The working folder: where the configuration is found, and `state/` in it. */
  readonly root: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** A number in [0, 1). */
  readonly random: () => number;
  /** A new UUID. */
  readonly newId: () => string;
  readonly synclineVersion: string;
  /** `user@host`, for locks and the audit log. */
  readonly who: string;
  readonly stack: string | undefined;
  /** `file:FOLDER`, relative to the root, or `postgres://...`; the latter may hold a password and is never printed. */
  readonly backend: string;
  readonly lockTimeoutMs: number;
  readonly machine: LocalMachine;
  readonly http: HttpSettings;
  readonly signal: AbortSignal;
  readonly emit: (event: OperationEvent) => void;
}

export interface CycleSummary {
  readonly link: Address;
  readonly generation: number;
  readonly ends: Readonly<Record<string, { readonly created: number; readonly updated: number; readonly deleted: number }>>;
  readonly conflicts: number;
  readonly resolved: number;
  readonly quarantined: number;
  readonly unlinked: number;
  /** Persons who left the link by the rules of its ends. */
  readonly left: number;
  /** Records that a sweep missed for the first time: another one tells whether they are gone. */
  readonly absent: number;
  /** Records by end that a sweep found and no read of changes had shown: a fault wherever it is not 0. Empty without a sweep. */
  readonly missed: Readonly<Record<string, number>>;
  readonly unknown: number;
  /** Writes with a job that still runs, and records that wait for such a job to end. */
  readonly pending: number;
  readonly waiting: number;
  /** Records that were edited between reading and writing: left to the next cycle. */
  readonly moved: number;
  readonly calls: Readonly<Record<string, number>>;
  readonly converged: boolean;
}

export type OperationEvent =
  | { readonly type: 'plan_progress'; readonly link: Address; readonly progress: CycleProgress }
  | { readonly type: 'planned'; readonly plan: Plan }
  | { readonly type: 'apply_start'; readonly change: ResourceChange }
  | { readonly type: 'apply_complete'; readonly change: ResourceChange; readonly id: string | undefined }
  | { readonly type: 'apply_errored'; readonly change: ResourceChange; readonly message: string }
  | { readonly type: 'cycle_start'; readonly link: Address; readonly generation: number }
  | { readonly type: 'cycle_progress'; readonly link: Address; readonly progress: CycleProgress }
  | { readonly type: 'cycle_summary'; readonly summary: CycleSummary }
  | { readonly type: 'diagnostic'; readonly diagnostic: Diagnostic }
  | { readonly type: 'waiting_for_lock'; readonly who: string; readonly since: string };
