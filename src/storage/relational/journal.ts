import type { HistoryEntry, JournalEntry, RunWrites } from '../journal.ts';
import type { LinkLedger } from '../ledger.ts';
import type { RowCodec } from './ledger-rows.ts';
import type { LinkNames } from './link-names.ts';
import type { Sql, Transaction } from './sql.ts';

interface JournalRecord {
  sequence: number;
  run: string;
  command: string | null;
  generation: number;
  at: string;
  person: string;
  end: string;
  remote_id: string;
  action: string;
  reason: string;
  content: Buffer;
}

type JournalContent = Pick<JournalEntry, 'fields'> & Partial<Pick<JournalEntry, 'before' | 'after'>>;

export interface Journal {
  readonly methods: Pick<LinkLedger, 'history' | 'writtenBy'>;
  /** Belongs into the transaction that settles what was written. */
  readonly write: (transaction: Transaction, run: string, entries: readonly JournalEntry[]) => void;
}

/** The journal of one link. */
export function createJournal(sql: Sql, names: LinkNames, codec: RowCodec, link: string): Journal {
  function open(record: JournalRecord): HistoryEntry {
    const content = codec.open(placeOf(record.run, record.end, record.remote_id), record.content) as JournalContent;
    return {
      link: names.addressOf(link),
      run: record.run,
      sequence: record.sequence,
      command: record.command ?? '',
      person: record.person,
      end: record.end,
      remoteId: record.remote_id,
      action: record.action as JournalEntry['action'],
      at: record.at,
      generation: record.generation,
      fields: content.fields,
      before: content.before,
      after: content.after,
      reason: record.reason,
    };
  }

  return {
    write(transaction, run, entries) {
      for (const { person, end, remoteId, action, at, generation, reason, fields, before, after } of entries) {
        const content: JournalContent = {
          fields,
          ...(before === undefined ? {} : { before }),
          ...(after === undefined ? {} : { after }),
        };
        const sealed = codec.seal(placeOf(run, end, remoteId), content);
        transaction.write(INSERT, run, link, generation, at, person, end, remoteId, action, reason, sealed);
      }
    },
    methods: {
      async history(person) {
        const rows = await sql.all<JournalRecord>(
          `${SELECT} where journal.link = ? and journal.person = ? order by sequence desc`,
          link,
          person,
        );
        return rows.map(open);
      },
      async writtenBy(run, after, limit) {
        const ids = await sql.all<{ end: string; remote_id: string }>(
          `select distinct "end", remote_id from journal
           where run = ? and link = ? and ("end", remote_id) > (?, ?) order by "end", remote_id limit ?`,
          run,
          link,
          after?.end ?? '',
          after?.remoteId ?? '',
          limit,
        );
        const [first, last] = [ids[0], ids.at(-1)];
        if (first === undefined || last === undefined) return [];
        const rows = await sql.all<JournalRecord>(
          `${SELECT} where journal.run = ? and link = ? and ("end", remote_id) between (?, ?) and (?, ?)
           order by "end", remote_id, sequence`,
          run,
          link,
          first.end,
          first.remote_id,
          last.end,
          last.remote_id,
        );
        return rows.map(open);
      },
    },
  };
}

const INSERT = `
  insert into journal (run, link, generation, at, person, "end", remote_id, action, reason, content)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

const SELECT = `
  select sequence, journal.run, run.command, generation, at, person, "end", remote_id, action, reason, content
  from journal left join run on run.id = journal.run`;

/** What runs wrote, by run. */
export async function countWrites(sql: Sql, runs: readonly string[]): Promise<ReadonlyMap<string, readonly RunWrites[]>> {
  const wanted = sql.dialect.texts(':runs');
  const rows = await sql.all<{ run: string; link: string; end: string; action: string; records: number }>(
    `select run, link, "end", action, count(distinct remote_id) as records from journal
       where run in ${wanted} group by run, link, "end", action
     union all select created_run, link, 'campaigns', 'create', count(*) from campaign
       where created_run in ${wanted} group by created_run, link
     union all select described_run, link, 'campaigns', 'update', count(*) from campaign
       where described_run in ${wanted} group by described_run, link
     union all select run, link, 'activities', 'create', count(*) from campaign_activity
       where state = 'written' and run in ${wanted} group by run, link
     union all select run, link, 'list', 'update', count(*) from campaign_unsubscribed
       where run in ${wanted} group by run, link
     order by link, "end", action`,
    { runs: JSON.stringify(runs) },
  );
  const writes = new Map<string, RunWrites[]>();
  for (const { run, action, ...counts } of rows) {
    writes.set(run, [...(writes.get(run) ?? []), { ...counts, action: action as JournalEntry['action'] }]);
  }
  return writes;
}

function placeOf(run: string, end: string, remoteId: string): string {
  return `journal|${run}|${end}|${remoteId}`;
}
