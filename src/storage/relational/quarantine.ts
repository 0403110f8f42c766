import { NEVER } from '../../model/time.ts';
import type { QuarantineEntry, QuarantineKey, QuarantineLedger } from '../quarantine.ts';
import type { RowCodec } from './ledger-rows.ts';
import type { Sql, Transaction } from './sql.ts';

/** The quarantine of one link: records that a remote refused, or that cannot be written as they are. */
export function createQuarantine(
  sql: Sql,
  codec: RowCodec,
  link: string,
  removeIntents: (transaction: Transaction, ids: readonly number[]) => void,
): QuarantineLedger {
  /** Sets when what is staged of an entry is due: the rows of its person, or those that its record would be matched with. */
  function postpone(transaction: Transaction, { subject }: QuarantineKey, reason: string | undefined, nextAt: string): void {
    const [kind, ...place] = subject.split(':');
    const set = `update staged set next_at = ?, reason = coalesce(?, reason) where link = ? and status = 'quarantined'`;
    if (kind === 'person') {
      transaction.write(`${set} and person = ?`, nextAt, reason ?? null, link, place.join(':'));
      return;
    }
    const [end, ...id] = place;
    transaction.write(
      `${set} and person is null and (("end" = ? and remote_id = ?)
         or pairing = (select pairing from staged where link = ? and "end" = ? and remote_id = ?))`,
      nextAt,
      reason ?? null,
      link,
      end!,
      id.join(':'),
      link,
      end!,
      id.join(':'),
    );
  }

  return {
    async quarantine(entries, intents) {
      await sql.transaction((transaction) => {
        for (const entry of entries) {
          transaction.write(
            PUT, link, entry.end, entry.subject, entry.person ?? null, entry.remoteId ?? null, entry.code,
            codec.seal(`quarantine|${entry.end}|${entry.subject}`, { key: entry.key, message: entry.message }), entry.attempts, entry.since, entry.nextAt,
          ); // prettier-ignore
          for (const row of entry.staged) transaction.write(MARK, entry.code, entry.nextAt, link, row.end, row.remoteId);
        }
        removeIntents(transaction, intents);
      });
    },

    async retryQuarantined(entries, now) {
      await sql.transaction((transaction) => {
        for (const entry of entries) {
          transaction.write(
            `update quarantine set next_at = ? where link = ? and "end" = ? and subject = ?`,
            now,
            link,
            entry.end,
            entry.subject,
          );
          postpone(transaction, entry, undefined, now);
        }
      });
    },

    async dropQuarantined(entries) {
      await sql.transaction((transaction) => {
        for (const entry of entries) {
          transaction.write(
            `delete from quarantine where link = ? and "end" = ? and subject = ?`,
            link,
            entry.end,
            entry.subject,
          );
          postpone(transaction, entry, 'dropped', NEVER);
        }
      });
    },

    async quarantined() {
      const rows = await sql.all<QuarantineRecord>(
        `select "end", subject, person, remote_id, code, content, attempts, since, next_at from quarantine
         where link = ? order by "end", subject`,
        link,
      );
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

interface QuarantineRecord {
  end: string;
  subject: string;
  person: string | null;
  remote_id: string | null;
  code: string;
  content: Buffer;
  attempts: number;
  since: string;
  next_at: string;
}

const PUT = `
  insert into quarantine (link, "end", subject, person, remote_id, code, content, attempts, since, next_at)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  on conflict (link, "end", subject) do update set
    code = excluded.code, content = excluded.content, attempts = excluded.attempts, next_at = excluded.next_at`;

const MARK = `
  update staged set status = 'quarantined', reason = ?, next_at = ? where link = ? and "end" = ? and remote_id = ?`;
