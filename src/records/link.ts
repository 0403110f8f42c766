/**
 * What a cycle works on: one link as applied, with its ends connected.
 *
 * The record loop knows no YAML and no vendor: it sees two ends, a compiled mapping, a policy and a
 * ledger. The flow enters in `cycle.ts`.
 */
import type { Address } from '../model/address.ts';
import type { Clock } from '../model/time.ts';
import type { CompiledMapping, EndName } from '../mapping/mapping.ts';
import type { Scope } from '../mapping/scope.ts';
import type { FieldValues } from '../model/value.ts';
import type { RecordClient } from '../providers/provider.ts';
import type { KeyRing } from '../storage/keys.ts';
import type { LinkLedger } from '../storage/ledger.ts';
import type { Fingerprints } from './fingerprint.ts';
import type { GuardLimits } from './guard.ts';

export interface LinkEnd {
  readonly name: EndName;
  readonly integration: string;
  readonly object: string;
  /** Which records of this end enter the link, and so reach the other end. */
  readonly scope: Scope;
  /** What a record that left the link here does to the other record. */
  readonly onLeave: PartnerRule;
  readonly client: RecordClient;
  readonly externalId: string | undefined;
  /** What a deletion at this end does to the other record. */
  readonly onDelete: PartnerRule;
  /** What archiving writes to a record of this end, by path; empty where nothing archives here. */
  readonly archive: FieldValues;
  /** Whose running jobs nothing is sent beside: those of the integration, as its vendor says, or this link's alone. */
  readonly waitsFor?: 'link';
  /** Throws where the integration has used up its budget of calls. */
  readonly assertBudget: () => Promise<void>;
}

/**
 * What becomes of the other record. `delete` deletes what Syncline created and unlinks the rest,
 * `delete-any` deletes whatever was linked.
 */
export type PartnerRule = 'unlink' | 'archive' | 'delete' | 'delete-any' | 'ignore';

/** Who wins where both ends changed a field that the mapping gives no owner. */
export type ConflictPolicy =
  | {
      readonly policy: 'prefer';
      readonly prefer: EndName;
      /** A blank of the preferred end does not beat a value of the other. */
      readonly unlessBlank: boolean;
      /** `record`: while a change of the preferred end waits to be carried over, all of the record is taken from it. */
      readonly unit: 'field' | 'record';
    }
  /** The record that was edited last; equal or unknown times are left to `prefer`, or to a person. */
  | { readonly policy: 'newest'; readonly prefer: EndName | undefined }
  /** A person: neither end is written until then. */
  | { readonly policy: 'manual' };

export interface ValueRefresh {
  readonly end: EndName;
  /** `virtual`: only where there are fields that are not tracked. */
  readonly values: 'none' | 'virtual' | 'all';
  readonly everyMs: number;
}

export interface ActiveLink {
  readonly address: Address;
  readonly generation: number;
  /** Changes with everything that decides what is read: ends, objects, mapped paths. */
  readonly readSpecification: string;
  readonly ends: readonly [LinkEnd, LinkEnd];
  readonly mapping: CompiledMapping;
  readonly conflicts: ConflictPolicy;
  /** Ends that are not written: the direction towards them is switched off. */
  readonly closed: ReadonlySet<EndName>;
  /** Whether a deletion is carried over although the other record was edited since the two last agreed. */
  readonly deleteBeatsEdit: boolean;
  readonly guards: GuardLimits;
  /** Digests of sets of changes that the specification lets pass a guard, once. */
  readonly allow: Readonly<Record<string, string>>;
  readonly retain: 'values' | 'hashes';
  readonly ledger: LinkLedger;
  readonly keys: KeyRing;
  readonly fingerprints: Fingerprints;
  /** Tags of fields that an end made anew and that are empty there: they count as never agreed. */
  readonly renewed: ReadonlySet<string>;
  /** When values that move without a change of their record are compared anew, at which end; absent where only by hand. */
  readonly refresh?: ValueRefresh;
  readonly clock: Clock;
  readonly newPersonId: () => string;
  readonly signal?: AbortSignal;
  /** Told where the cycle stands; for progress only. */
  readonly onProgress: (progress: CycleProgress) => void;
}

export interface CycleProgress {
  readonly stage: 'recover' | 'detect' | 'match' | 'reconcile' | 'push' | 'settle' | 'sweep';
  readonly end?: EndName;
  readonly done: number;
  readonly total?: number;
}

export function endOf(link: ActiveLink, name: EndName): LinkEnd {
  const end = link.ends.find((candidate) => candidate.name === name);
  if (end === undefined)
    throw new Error(`Link ${link.address} has no end named ${name}. This is a bug in Syncline, please report it.`);
  return end;
}

export function otherEnd(link: ActiveLink, name: EndName): LinkEnd {
  return link.ends[0].name === name ? link.ends[1] : link.ends[0];
}
