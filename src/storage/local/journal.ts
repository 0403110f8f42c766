import type Database from 'better-sqlite3';
import type { JournalEntry } from '../ledger.ts';
import type { RowCodec } from './ledger-rows.ts';

/** The journal of one link: what was written to its ends, by which run and why. */
export function createJournal(database: Database.Database, codec: RowCodec, link: string) {
  return {
    /** Belongs into the transaction that settles what was written. */
    write(run: string, entries: readonly JournalEntry[]): void {
      const insert = database.prepare(
        `insert into journal (run, link, person, end, remote_id, action, reason, content) values (?, ?, ?, ?, ?, ?, ?, ?)`,
      );
      for (const entry of entries) {
        const content = codec.seal(`journal|${run}|${entry.end}|${entry.remoteId}`, { before: entry.before, after: entry.after });
        insert.run(run, link, entry.person, entry.end, entry.remoteId, entry.action, entry.reason, content);
      }
    },
  };
}
