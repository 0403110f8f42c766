import type { Ledger, RunSummary } from '../ledger.ts';
import { countWrites } from './journal.ts';
import type { LinkNames } from './link-names.ts';
import type { Sql } from './sql.ts';

interface RunRecord {
  id: string;
  command: string;
  started_at: string;
  ended_at: string | null;
  outcome: string | null;
  summary: string | null;
}

/** The runs of all links, with what the journal has of them. */
export function createRuns(sql: Sql, names: LinkNames): Pick<Ledger, 'startRun' | 'endRun' | 'findRuns' | 'runs'> {
  async function summaries(rows: readonly RunRecord[]): Promise<readonly RunSummary[]> {
    const writes = await countWrites(
      sql,
      rows.map(({ id }) => id),
    );
    return rows.map((row) => ({
      id: row.id,
      command: row.command,
      startedAt: row.started_at,
      endedAt: row.ended_at ?? undefined,
      outcome: row.outcome ?? undefined,
      summary: row.summary ?? undefined,
      writes: (writes.get(row.id) ?? []).map((one) => ({ ...one, link: names.addressOf(one.link) })),
    }));
  }

  return {
    async startRun(id, command, at) {
      await sql.transaction((transaction) => {
        transaction.write(`insert into run (id, command, started_at) values (?, ?, ?)`, id, command, at);
        transaction.write(`insert into run_order (run) values (?)`, id);
      });
    },
    async endRun(id, at, outcome, summary) {
      await sql.run(`update run set ended_at = ?, outcome = ?, summary = ? where id = ?`, at, outcome, summary, id);
    },
    async findRuns(idPrefix) {
      return summaries(
        await sql.all<RunRecord>(
          `select * from run where substr(id, 1, length(cast(:idPrefix as text))) = :idPrefix order by id limit 2`,
          { idPrefix },
        ),
      );
    },
    async runs(limit) {
      return summaries(
        // In the order in which they began, whatever the clock of a machine said.
        await sql.all<RunRecord>(
          `select run.* from run join run_order on run_order.run = run.id order by run_order.sequence desc limit ?`,
          limit,
        ),
      );
    },
  };
}
