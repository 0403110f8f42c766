/** What happens during a run, told in lines for a person, and the sentences that end a run. */
import type { Action, ResourceChange } from '../model/plan.ts';
import type { CycleSummary, OperationEvent } from '../operations/runtime.ts';
import { renderDiagnostic } from './diagnostic-text.ts';
import { counted } from './layout.ts';
import { paletteOf, type Palette } from './palette.ts';
import { progressWords } from './progress.ts';
import { safe } from './safe.ts';

export interface RunTextOptions {
  readonly colour: boolean;
}

export const APPLY_CANCELLED = 'Apply cancelled.';

/**
 * One event as text without a newline at the end; `undefined` for a plan, which has a rendering of
 * its own. Progress is for terminals only, diagnostics belong on standard error: the caller knows
 * them by the event's type.
 */
export function eventText(event: OperationEvent, { colour }: RunTextOptions): string | undefined {
  const palette = paletteOf(colour);
  switch (event.type) {
    case 'planned':
      return undefined;
    case 'plan_progress':
    case 'cycle_progress':
      return progressWords(event.link, event.progress);
    case 'apply_start':
      return `${palette.strong(`${safe(event.change.address)}:`)} ${startWords(event.change)}...`;
    case 'apply_complete':
      return `${palette.strong(`${safe(event.change.address)}:`)} ${completionWords(event.change)}${event.id === undefined ? '' : ` [id=${safe(event.id)}]`}`;
    case 'apply_errored':
      return `${palette.strong(`${safe(event.change.address)}:`)} ${palette.destroy('Failed')}: ${safe(event.message, 4000)}`;
    case 'cycle_start':
      return `${palette.strong(`${safe(event.link)}:`)} Cycle started [generation=${event.generation}]`;
    case 'cycle_summary':
      return cycleText(event.summary, palette);
    case 'diagnostic':
      return renderDiagnostic(event.diagnostic, { colour }).trimEnd();
    case 'waiting_for_lock':
      return `Waiting for the state lock, held by ${safe(event.who)} since ${safe(event.since)}...`;
  }
}

/** `Apply complete! Resources: 1 added, 2 changed, 0 destroyed.` */
export function applyCompleteText(summary: {
  readonly added: number;
  readonly changed: number;
  readonly destroyed: number;
}): string {
  return `Apply complete! Resources: ${summary.added} added, ${summary.changed} changed, ${summary.destroyed} destroyed.`;
}

/** The sentence that ends `sync`, and what is left for a person. */
export function syncCompleteText(cycles: readonly CycleSummary[]): string {
  const links = new Set(cycles.map(({ link }) => link)).size;
  const writes = cycles
    .flatMap(({ ends }) => Object.values(ends))
    .reduce((sum, end) => sum + end.created + end.updated + end.deleted, 0);
  const converged = new Map(cycles.map((cycle) => [cycle.link, cycle.converged]));
  const open = [...converged].filter(([, done]) => !done).map(([link]) => safe(link));
  return [
    `Sync complete! ${counted(links, 'link')}, ${counted(cycles.length, 'cycle')}, ${counted(writes, 'record')} written.`,
    ...(open.length === 0 ? [] : [`Not converged yet: ${open.join(', ')}. The next cycle goes on.`]),
    ...leftForPeople(cycles),
  ].join('\n');
}

/** What a person should look at after these cycles; empty where there is nothing. */
export function leftForPeople(cycles: readonly CycleSummary[]): string[] {
  const sum = (count: (cycle: CycleSummary) => number): number => cycles.reduce((total, cycle) => total + count(cycle), 0);
  const [quarantined, conflicts] = [sum((cycle) => cycle.quarantined), sum((cycle) => cycle.conflicts)];
  const unknown = atTheEnd(cycles, (cycle) => cycle.unknown);
  const pending = atTheEnd(cycles, (cycle) => cycle.pending);
  const waiting = atTheEnd(cycles, (cycle) => cycle.waiting);
  const absent = sum((cycle) => cycle.absent);
  return [
    ...(absent === 0
      ? []
      : [
          `${counted(absent, 'record')} missing from a complete listing. Gone is what a second sweep misses as well:\n  syncline sync --sweep`,
        ]),
    ...(quarantined === 0 ? [] : [`${counted(quarantined, 'record')} in quarantine:\n  syncline quarantine list`]),
    ...(conflicts === 0 ? [] : [`${counted(conflicts, 'conflict')} for a person to decide:\n  syncline conflicts list`]),
    ...(unknown === 0
      ? []
      : [
          `${counted(unknown, 'write')} without an answer. Nothing is lost: the next cycle looks up what became of them before anything is repeated. Run again:\n  syncline sync`,
        ]),
    ...(pending + waiting === 0
      ? []
      : [
          `${counted(pending, 'write')} with a job of the vendor that still runs, ${counted(waiting, 'record')} waiting for it to end. Run again later:\n  syncline sync`,
        ]),
  ];
}

/** Whether these cycles left writes of which nobody knows yet what became of them, or that wait for such: another run goes on. */
export function isUnfinished(cycles: readonly CycleSummary[]): boolean {
  return atTheEnd(cycles, ({ unknown, pending, waiting }) => unknown + pending + waiting) > 0;
}

/** A count after the last cycle of each link: a later cycle has settled what an earlier one left. */
function atTheEnd(cycles: readonly CycleSummary[], count: (cycle: CycleSummary) => number): number {
  const last = new Map(cycles.map((cycle) => [cycle.link, count(cycle)]));
  return [...last.values()].reduce((sum, number) => sum + number, 0);
}

const STARTS: Readonly<Record<Action, string>> = {
  'no-op': 'Checking',
  create: 'Creating',
  update: 'Modifying',
  delete: 'Destroying',
  replace: 'Replacing',
  read: 'Reading',
  import: 'Importing',
  forget: 'Forgetting',
};

const COMPLETIONS: Readonly<Record<Action, string>> = {
  'no-op': 'Check complete',
  create: 'Creation complete',
  update: 'Modifications complete',
  delete: 'Destruction complete',
  replace: 'Replacement complete',
  read: 'Read complete',
  import: 'Import complete',
  forget: 'Forgotten',
};

/** `Creating`, `Modifying`, ... */
export function startWords(change: ResourceChange): string {
  return STARTS[change.action];
}

/** `Creation complete`, `Modifications complete`, ... */
export function completionWords(change: ResourceChange): string {
  return COMPLETIONS[change.action];
}

function cycleText(summary: CycleSummary, palette: Palette): string {
  return `${palette.strong(`${safe(summary.link)}:`)} ${cycleWords(summary)}`;
}

/** What a sweep found that no change had shown; nothing for a cycle without a sweep. */
function missedWords({ missed }: CycleSummary): string[] {
  const ends = Object.entries(missed);
  const found = ends.filter(([, count]) => count > 0);
  if (found.length === 0) return ends.length === 0 ? [] : ['nothing missed'];
  return [`${found.map(([end, count]) => `${safe(end)} ${count}`).join(', ')} found by the sweep only`];
}

/** `Cycle complete: sf 3 created, 12 updated, 0 deleted; ac ...; calls: salesforce 12, ...; converged.` */
export function cycleWords(summary: CycleSummary): string {
  const ends = Object.entries(summary.ends).map(
    ([end, counts]) => `${safe(end)} ${counts.created} created, ${counts.updated} updated, ${counts.deleted} deleted`,
  );
  const left = [
    summary.conflicts === 0 ? '' : `${counted(summary.conflicts, 'conflict')} for a person`,
    summary.resolved === 0 ? '' : `${counted(summary.resolved, 'conflict')} resolved`,
    summary.quarantined === 0 ? '' : `${summary.quarantined} quarantined`,
    summary.unlinked === 0 ? '' : `${summary.unlinked} unlinked`,
    summary.left === 0 ? '' : `${summary.left} left the link`,
    summary.absent === 0 ? '' : `${summary.absent} missing until a second sweep confirms it`,
    ...missedWords(summary),
    summary.unknown === 0 ? '' : `${summary.unknown} without an answer`,
    summary.pending === 0 ? '' : `${summary.pending} with a job that still runs`,
    summary.moved === 0 ? '' : `${summary.moved} edited meanwhile`,
    summary.waiting === 0 ? '' : `${summary.waiting} waiting for a job to end`,
  ].filter((part) => part !== '');
  const calls = Object.entries(summary.calls).map(([integration, count]) => `${safe(integration)} ${count}`);
  return [
    `Cycle complete: ${ends.join('; ')}`,
    ...(left.length === 0 ? [] : [left.join(', ')]),
    `calls: ${calls.length === 0 ? 'none' : calls.join(', ')}`,
    `${summary.converged ? 'converged' : 'not converged yet'}.`,
  ].join('; ');
}
