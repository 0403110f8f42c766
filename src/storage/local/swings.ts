import type Database from 'better-sqlite3';
import type { ConflictLedger, Swing } from '../conflicts.ts';

/** What one link wrote to fields of late, by person and end: values as keyed hashes. */
export function createSwings(database: Database.Database, link: string): Pick<ConflictLedger, 'swings' | 'noteSwings'> {
  return {
    async swings(persons) {
      const rows = database
        .prepare<
          unknown[],
          { person: string; end: string; field: string; latest: Buffer; former: Buffer | null; returns: number; since: string }
        >(
          `select person, end, field, latest, former, returns, since from swing
           where link = ? and person in (select value from json_each(?))`,
        )
        .all(link, JSON.stringify(persons));
      return rows.map((row): Swing => ({ ...row, former: row.former ?? undefined }));
    },

    async noteSwings(swings, horizon) {
      const insert = database.prepare(
        `insert or replace into swing (link, person, end, field, latest, former, returns, since) values (?, ?, ?, ?, ?, ?, ?, ?)`,
      );
      // What is frozen is remembered for as long as it is parked.
      const forget = database.prepare(
        `delete from swing where link = ? and since < ? and not exists (select 1 from conflict
           where conflict.link = swing.link and conflict.person = swing.person and conflict.field = swing.field)`,
      );
      database.transaction(() => {
        for (const { person, end, field, latest, former, returns, since } of swings)
          insert.run(link, person, end, field, latest, former ?? null, returns, since);
        forget.run(link, horizon);
      })();
    },
  };
}
