import type { LinkLedger } from '../ledger.ts';
import type { Sql, Transaction } from './sql.ts';

type Absences = Pick<LinkLedger, 'linkedButNotListed' | 'confirmAbsences'>;

const PAGE_ROWS = 5000;

/** Which linked records complete listings did not show, and since which sweep. */
export function createAbsences(sql: Sql, link: string) {
  const { dialect } = sql;

  const methods: Absences = {
    async linkedButNotListed(end, existing) {
      const absent: string[] = [];
      const page = (after: string): Promise<readonly { remote_id: string }[]> =>
        sql.all(
          `select remote_id from agreed where link = ? and "end" = ? and remote_id > ? order by remote_id limit ${PAGE_ROWS}`,
          link,
          end,
          after,
        );
      for (let rows = await page(''); rows.length > 0; rows = await page(rows.at(-1)!.remote_id))
        for (const row of rows) if (!existing.has(row.remote_id)) absent.push(row.remote_id);
      return absent;
    },

    async confirmAbsences(end, absent, sweep) {
      return sql.transaction(async (transaction) => {
        transaction.write(
          `delete from absence where link = ? and "end" = ? and remote_id not in ${dialect.texts('?')}`,
          link,
          end,
          JSON.stringify(absent),
        );
        for (const remoteId of absent)
          transaction.write(
            `insert into absence (link, "end", remote_id, sweep) values (?, ?, ?, ?) on conflict do nothing`,
            link,
            end,
            remoteId,
            sweep,
          );
        const rows = await transaction.all<{ remote_id: string }>(
          `select remote_id from absence where link = ? and "end" = ? and sweep <> ? order by remote_id`,
          link,
          end,
          sweep,
        );
        return rows.map((row) => row.remote_id);
      });
    },
  };

  return {
    methods,
    /** Whoever is seen is not absent. Part of the caller's transaction. */
    async seen(transaction: Transaction, end: string, remoteIds: readonly string[]): Promise<void> {
      const any = await transaction.get(`select 1 from absence where link = ? and "end" = ? limit 1`, link, end);
      if (any === undefined) return;
      const forget = `delete from absence where link = ? and "end" = ? and remote_id in ${dialect.texts('?')}`;
      transaction.write(forget, link, end, JSON.stringify(remoteIds));
    },
  };
}
