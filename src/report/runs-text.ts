import type { RunWrites } from '../storage/journal.ts';
import type { RunSummary } from '../storage/ledger.ts';
import { table } from './layout.ts';
import { safe } from './safe.ts';

const DONE: Readonly<Record<RunWrites['action'], string>> = {
  create: 'created',
  update: 'updated',
  delete: 'deleted',
  unlink: 'unlinked',
};

/** Past runs, one a line: when, command, outcome, what it wrote, id. */
export function renderRuns(runs: readonly RunSummary[]): string {
  if (runs.length === 0) return 'Nothing has run yet.\n';
  const rows = runs.map((run) => [run.startedAt, safe(run.command), outcomeOf(run), writesText(run.writes), safe(run.id)]);
  return `${table(rows, ['left', 'left', 'left', 'left', 'left'], '').join('\n')}\n`;
}

/** A run that was killed never said how it ended. */
function outcomeOf(run: RunSummary): string {
  return safe(run.outcome ?? 'unfinished');
}

function writesText(writes: readonly RunWrites[]): string {
  if (writes.length === 0) return 'no records written';
  const ends = Map.groupBy(writes, ({ link, end }) => `${link} ${end}`);
  return [...ends]
    .map(([end, counts]) => `${safe(end)} ${counts.map(({ action, records }) => `${records} ${DONE[action]}`).join(', ')}`)
    .join('; ');
}

export function runsJson(runs: readonly RunSummary[]): object {
  return {
    runs: runs.map((run) => ({
      id: run.id,
      command: run.command,
      started_at: run.startedAt,
      ended_at: run.endedAt ?? null,
      outcome: run.outcome ?? 'unfinished',
      writes: run.writes.map(({ link, end, action, records }) => ({ link, end, action, records })),
    })),
  };
}
