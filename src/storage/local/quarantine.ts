import type Database from 'better-sqlite3';
import { NEVER } from '../../model/time.ts';
import type { QuarantineEntry, QuarantineKey, QuarantineLedger } from '../quarantine.ts';
import type { RowCodec } from './ledger-rows.ts';

/** The quarantine of one link: records that a remote refused, or that cannot be written as they are. */
export function createQuarantine(
  database: Database.Database,
  codec: RowCodec,
  link: string,
  removeIntents: (ids: readonly number[]) => void,
): QuarantineLedger {
  /** Sets when what is staged of an entry is due: the rows of its person, or those that its record would be matched with. */
  function postpone({ subject }: QuarantineKey, reason: string | undefined, nextAt: string): void {
    const [kind, ...place] = subject.split(':');
    const set = `update staged set next_at = ?, reason = coalesce(?, reason) where link = ? and status = 'quarantined'`;
    if (kind === 'person') {
      database.prepare(`${set} and person = ?`).run(nextAt, reason ?? null, link, place.join(':'));
      return;
    }
    const [end, ...id] = place;
    database
      .prepare(
        `${set} and person is null and ((end = ? and remote_id = ?)
           or pairing = (select pairing from staged where link = ? and end = ? and remote_id = ?))`,
      )
      .run(nextAt, reason ?? null, link, end, id.join(':'), link, end, id.join(':'));
  }

  return {
    async quarantine(entries, intents) {
      const insert = database.prepare(
        `insert into quarantine (link, end, subject, person, remote_id, code, content, attempts, since, next_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         on conflict (link, end, subject) do update set
           code = excluded.code, content = excluded.content, attempts = excluded.attempts, next_at = excluded.next_at`,
      );
      const mark = database.prepare(
        `update staged set status = 'quarantined', reason = ?, next_at = ? where link = ? and end = ? and remote_id = ?`,
      );
      database.transaction(() => {
        for (const entry of entries) {
          insert.run(
            link, entry.end, entry.subject, entry.person ?? null, entry.remoteId ?? null, entry.code,
            codec.seal(`quarantine|${entry.end}|${entry.subject}`, { key: entry.key, message: entry.message }), entry.attempts, entry.since, entry.nextAt,
          ); // prettier-ignore
          for (const row of entry.staged) mark.run(entry.code, entry.nextAt, link, row.end, row.remoteId);
        }
        removeIntents(intents);
      })();
    },

    async retryQuarantined(entries, now) {
      const update = database.prepare(`update quarantine set next_at = ? where link = ? and end = ? and subject = ?`);
      database.transaction(() => {
        for (const entry of entries) {
          update.run(now, link, entry.end, entry.subject);
          postpone(entry, undefined, now);
        }
      })();
    },

    async dropQuarantined(entries) {
      const remove = database.prepare(`delete from quarantine where link = ? and end = ? and subject = ?`);
      database.transaction(() => {
        for (const entry of entries) {
          remove.run(link, entry.end, entry.subject);
          postpone(entry, 'dropped', NEVER);
        }
      })();
    },

    async quarantined() {
      const rows = database
        .prepare<
          unknown[],
          { end: string; subject: string; person: string | null; remote_id: string | null; code: string; content: Buffer; attempts: number; since: string; next_at: string }
        >(`select end, subject, person, remote_id, code, content, attempts, since, next_at from quarantine where link = ? order by end, subject`)
        .all(link); // prettier-ignore
      return rows.map((row): QuarantineEntry => {
        const content = codec.open(`quarantine|${row.end}|${row.subject}`, row.content) as { key: string; message: string };
        return {
          subject: row.subject,
          end: row.end,
          remoteId: row.remote_id ?? undefined,
          person: row.person ?? undefined,
          key: content.key,
          code: row.code,
          message: content.message,
          attempts: row.attempts,
          since: row.since,
          nextAt: row.next_at,
        };
      });
    },
  };
}
