import type { ConflictLedger, Swing } from '../conflicts.ts';
import type { Sql } from './sql.ts';

/** What one link wrote to fields of late, by person and end: values as keyed hashes. */
export function createSwings(sql: Sql, link: string): Pick<ConflictLedger, 'swings' | 'noteSwings'> {
  return {
    async swings(persons) {
      const rows = await sql.all<Omit<Swing, 'former'> & { readonly former: Buffer | null }>(
        `select person, "end", field, latest, former, returns, since from swing
         where link = ? and person in ${sql.dialect.texts('?')}`,
        link,
        JSON.stringify(persons),
      );
      return rows.map((row): Swing => ({ ...row, former: row.former ?? undefined }));
    },

    async noteSwings(swings, horizon) {
      await sql.transaction((transaction) => {
        for (const { person, end, field, latest, former, returns, since } of swings)
          transaction.write(PUT, link, person, end, field, latest, former ?? null, returns, since);
        transaction.write(FORGET, link, horizon);
      });
    },
  };
}

const PUT = `
  insert into swing (link, person, "end", field, latest, former, returns, since) values (?, ?, ?, ?, ?, ?, ?, ?)
  on conflict (link, person, "end", field) do update set
    latest = excluded.latest, former = excluded.former, returns = excluded.returns, since = excluded.since`;

/** What is frozen is remembered for as long as it is parked. */
const FORGET = `
  delete from swing where link = ? and since < ? and not exists (select 1 from conflict
    where conflict.link = swing.link and conflict.person = swing.person and conflict.field = swing.field)`;
