/** Running one cycle of one link, with its events, its calls counted and its digest for the audit log. */
import { runCycle, type CycleOptions } from '../records/cycle.ts';
import type { Ledger } from '../storage/ledger.ts';
import { requireLink, type LinkSource } from './active-links.ts';
import { countCalls, type Connections } from './connections.ts';
import { digestOf } from '../storage/canonical-json.ts';
import type { CycleSummary, Runtime } from './runtime.ts';

/** What planning a link has done of its next cycle already, in the same process. */
export interface BegunCycle {
  /** Calls by integration. */
  readonly spent: Readonly<Record<string, number>>;
  /** Records that it left to a person in the ledger itself. */
  readonly ambiguous: number;
}

const NOT_BEGUN: BegunCycle = { spent: {}, ambiguous: 0 };

export async function cycleLink(
  runtime: Runtime,
  connections: Connections,
  storage: { readonly ledger: Ledger },
  source: LinkSource,
  options: Omit<CycleOptions, 'ambiguous'>,
  begun: BegunCycle = NOT_BEGUN,
): Promise<{ readonly summary: CycleSummary; readonly digest: string }> {
  const count = await countCalls(source.link, connections);
  runtime.emit({ type: 'cycle_start', link: source.address, generation: source.generation });
  const link = await requireLink(runtime, connections, storage, source, (progress) =>
    runtime.emit({ type: 'cycle_progress', link: source.address, progress }),
  );
  const result = await runCycle(link, { ...options, ambiguous: begun.ambiguous });
  if (result.voided > 0) {
    const detail = `${result.voided === 1 ? 'One resolution is' : `${result.voided} resolutions are`} void: a value was changed before this cycle could carry it out.`;
    const hint = 'Look at what waits now:\n  syncline conflicts list';
    runtime.emit({
      type: 'diagnostic',
      diagnostic: { severity: 'warning', code: 'RECORD_RESOLUTION_VOID', address: source.address, detail, hint },
    });
  }
  const summary: CycleSummary = {
    link: source.address,
    generation: source.generation,
    ends: result.ends,
    conflicts: result.conflicts,
    resolved: result.resolved,
    quarantined: result.quarantined,
    unlinked: result.unlinked,
    left: result.left,
    absent: result.absent,
    missed: result.missed,
    unknown: result.unknown,
    pending: result.pending,
    waiting: result.waiting,
    moved: result.moved,
    calls: Object.fromEntries(
      Object.entries(count()).map(([integration, calls]) => [integration, calls + (begun.spent[integration] ?? 0)]),
    ),
    converged: result.converged,
  };
  runtime.emit({ type: 'cycle_summary', summary });
  return { summary, digest: digestOf([source.address, source.generation, options.run, result.ends, result.digest]) };
}
