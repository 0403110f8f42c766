import type Database from 'better-sqlite3';
import type { LinkLedger } from '../ledger.ts';

type Absences = Pick<LinkLedger, 'linkedButNotListed' | 'listedButNotKnown' | 'confirmAbsences'>;

/** Which linked records complete listings did not show, and since which sweep. */
export function createAbsences(database: Database.Database, link: string) {
  const forget = database.prepare(`delete from absence where link = ? and end = ? and remote_id = ?`);
  const any = database.prepare(`select 1 from absence where link = ? and end = ? limit 1`);

  const methods: Absences = {
    async linkedButNotListed(end, existing) {
      const absent: string[] = [];
      const rows = database
        .prepare<unknown[], { remote_id: string }>(`select remote_id from agreed where link = ? and end = ?`)
        .iterate(link, end);
      for (const row of rows) if (!existing.has(row.remote_id)) absent.push(row.remote_id);
      return absent;
    },

    async listedButNotKnown(end, existing) {
      return database
        .prepare<unknown[], { id: string }>(
          `select value as id from json_each(?)
           where not exists (select 1 from agreed where link = ? and end = ? and remote_id = value)
             and not exists (select 1 from staged where link = ? and end = ? and remote_id = value)`,
        )
        .all(JSON.stringify([...existing]), link, end, link, end)
        .map((row) => row.id);
    },

    async confirmAbsences(end, absent, sweep) {
      const note = database.prepare(`insert or ignore into absence (link, end, remote_id, sweep) values (?, ?, ?, ?)`);
      return database.transaction(() => {
        database
          .prepare(`delete from absence where link = ? and end = ? and remote_id not in (select value from json_each(?))`)
          .run(link, end, JSON.stringify(absent));
        for (const remoteId of absent) note.run(link, end, remoteId, sweep);
        return database
          .prepare<unknown[], { remote_id: string }>(
            `select remote_id from absence where link = ? and end = ? and sweep <> ? order by remote_id`,
          )
          .all(link, end, sweep)
          .map((row) => row.remote_id);
      })();
    },
  };

  return {
    methods,
    /** Whoever is seen is not absent. Part of the caller's transaction. */
    seen(end: string, remoteIds: readonly string[]): void {
      if (any.get(link, end) === undefined) return;
      for (const remoteId of remoteIds) forget.run(link, end, remoteId);
    },
  };
}
