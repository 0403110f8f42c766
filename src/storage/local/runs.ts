import type Database from 'better-sqlite3';
import type { Ledger, RunSummary } from '../ledger.ts';
import { countWrites } from './journal.ts';
import { linkAddressOf } from './link-names.ts';

interface RunRecord {
  id: string;
  command: string;
  started_at: string;
  ended_at: string | null;
  outcome: string | null;
  summary: string | null;
}

/** The runs of all links, with what the journal has of them. */
export function createRuns(database: Database.Database): Pick<Ledger, 'startRun' | 'endRun' | 'findRuns' | 'runs'> {
  function summaries(rows: readonly RunRecord[]): readonly RunSummary[] {
    const writes = countWrites(
      database,
      rows.map(({ id }) => id),
    );
    return rows.map((row) => ({
      id: row.id,
      command: row.command,
      startedAt: row.started_at,
      endedAt: row.ended_at ?? undefined,
      outcome: row.outcome ?? undefined,
      summary: row.summary ?? undefined,
      writes: (writes.get(row.id) ?? []).map((one) => ({ ...one, link: linkAddressOf(database, one.link) })),
    }));
  }

  return {
    async startRun(id, command, at) {
      database.transaction(() => {
        database.prepare(`insert into run (id, command, started_at) values (?, ?, ?)`).run(id, command, at);
        database.prepare(`insert into run_order (run) values (?)`).run(id);
      })();
    },
    async endRun(id, at, outcome, summary) {
      database.prepare(`update run set ended_at = ?, outcome = ?, summary = ? where id = ?`).run(at, outcome, summary, id);
    },
    async findRuns(idPrefix) {
      return summaries(
        database
          .prepare<[string, string], RunRecord>(`select * from run where substr(id, 1, length(?)) = ? order by id limit 2`)
          .all(idPrefix, idPrefix),
      );
    },
    async runs(limit) {
      return summaries(
        // In the order in which they began, whatever the clock of a machine said.
        database
          .prepare<[number], RunRecord>(
            `select run.* from run join run_order on run_order.run = run.id order by sequence desc limit ?`,
          )
          .all(limit),
      );
    },
  };
}
