import type { FieldValues } from '../../model/value.ts';
import type { Intent, IntentDecision, IntentLedger, OpenBatch, OpenJob } from '../intents.ts';
import { decodeElementHashes, decodeFieldHashes, encodeElementHashes, encodeFieldHashes, type RowCodec } from './ledger-rows.ts';
import type { Sql, SqlParameters, Transaction } from './sql.ts';

export interface Intents {
  readonly methods: IntentLedger;
  /** Belongs into the transaction that keeps the outcome. */
  readonly remove: (transaction: Transaction, ids: readonly number[]) => void;
}

interface IntentContent {
  readonly values: FieldValues;
  readonly decided: Omit<IntentDecision, 'source'>;
  /** The id of the record at the other end. */
  readonly source: string | undefined;
}

interface IntentRecord {
  id: number;
  end: string;
  action: string;
  person: string;
  remote_id: string | null;
  external_id: string | null;
  at: string;
  fields: Buffer | null;
  elements: Buffer | null;
  content: Buffer;
  job: string | null;
}

/** Intents of one link: calls whose outcome is open, and the jobs that they wait for. */
export function createIntents(sql: Sql, codec: RowCodec, link: string): Intents {
  const { dialect } = sql;

  function remove(transaction: Transaction, ids: readonly number[]): void {
    if (ids.length === 0) return;
    transaction.write(`delete from intent where id in ${dialect.numbers('?')}`, JSON.stringify(ids));
    transaction.write(
      `delete from job where link = ? and not exists (select 1 from intent where intent.link = job.link and intent.batch = job.batch)`,
      link,
    );
  }

  const methods: IntentLedger = {
    async openIntents(run, batch, place, intents) {
      const rows = intents.map((intent): SqlParameters => {
        const { source, ...decided } = intent.decided;
        const kept: IntentContent = { values: intent.values, decided, source: source?.remoteId };
        return [
          link,
          run,
          batch,
          intent.end,
          intent.action,
          intent.person,
          intent.remoteId ?? null,
          intent.externalId ?? null,
          place.integration,
          place.object,
          place.at,
          source === undefined ? null : encodeFieldHashes(source.fields),
          source === undefined ? null : encodeElementHashes(source.elements),
          codec.seal(`intent|${intent.end}|${intent.person}`, kept),
        ];
      });
      const stored = await sql.transaction((transaction) =>
        transaction.each<{ id: number }>(
          `insert into intent (link, run, batch, "end", action, person, remote_id, external_id, integration, object, at, fields, elements, content)
           values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning id`,
          rows,
        ),
      );
      return stored.map(([row]) => row!.id);
    },

    async intentJob(ids, job) {
      await sql.transaction(async (transaction) => {
        // A job belongs to those that it was made for: a batch that is sent in parts has several. It is
        // told anew with every request that it consists of.
        const first = await transaction.get<{ batch: string }>(`select batch from intent where id = ?`, ids[0]!);
        if (first === undefined) return;
        const own = `${first.batch.split('#', 1)[0]!}#${ids[0]!}`;
        if (first.batch !== own)
          transaction.write(`update intent set batch = ? where id in ${dialect.numbers('?')}`, own, JSON.stringify(ids));
        transaction.write(
          `insert into job (link, batch, handle) values (?, ?, ?) on conflict (link, batch) do update set handle = excluded.handle`,
          link,
          own,
          job,
        );
      });
    },

    async openBatches() {
      const batches = await sql.all<Omit<OpenBatch, 'job'> & { readonly job: string | null }>(
        `select intent.batch as batch, "end", max(handle) as job, max(at) as at, count(*) as requests
         from intent left join job on job.link = intent.link and job.batch = intent.batch
         where intent.link = ? group by intent.batch, "end" order by min(id)`,
        link,
      );
      return batches.map(({ job, ...batch }): OpenBatch => ({ ...batch, job: job ?? undefined }));
    },

    async pendingIntents(page) {
      const rows = await sql.all<IntentRecord>(
        `select id, "end", action, person, remote_id, external_id, at, fields, elements, content,
             (select handle from job where job.link = intent.link and job.batch = intent.batch) as job
           from intent where link = ?
           ${page === undefined ? '' : `and id > ? and batch in ${dialect.texts('?')}`}
           order by id ${page === undefined ? '' : 'limit ?'}`,
        link,
        ...(page === undefined ? [] : [page.after, JSON.stringify(page.batches), page.limit]),
      );
      return rows.map((row): Intent => {
        const { values, decided, source } = codec.open(`intent|${row.end}|${row.person}`, row.content) as IntentContent;
        return {
          id: row.id,
          end: row.end,
          action: row.action as Intent['action'],
          person: row.person,
          remoteId: row.remote_id ?? undefined,
          externalId: row.external_id ?? undefined,
          values,
          job: row.job ?? undefined,
          at: row.at,
          decided: {
            ...decided,
            source:
              source === undefined || row.fields === null || row.elements === null
                ? undefined
                : {
                    remoteId: source,
                    fields: decodeFieldHashes(row.fields),
                    elements: decodeElementHashes(row.elements),
                  },
          },
        };
      });
    },

    async jobsElsewhere() {
      const jobs = await sql.all<Omit<OpenJob, 'isAnswered'> & { readonly answered: number }>(
        `select intent.link as link, integration, object, max(at) as at, count(*) as requests,
           max(case when job.handle is not null then 1 else 0 end) as answered
         from intent left join job on job.link = intent.link and job.batch = intent.batch
         where intent.link <> ? group by intent.link, intent.batch, integration, object`,
        link,
      );
      return jobs.map(({ answered, ...job }): OpenJob => ({ ...job, isAnswered: answered === 1 }));
    },

    async closeIntents(ids) {
      await sql.transaction((transaction) => remove(transaction, ids));
    },
  };
  return { methods, remove };
}
