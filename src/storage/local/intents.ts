import type Database from 'better-sqlite3';
import type { Intent, LinkLedger } from '../ledger.ts';
import type { RowCodec } from './ledger-rows.ts';

type IntentMethods = Pick<LinkLedger, 'openIntents' | 'intentJob' | 'pendingIntents' | 'closeIntents'>;

export interface Intents {
  readonly methods: IntentMethods;
  /** Belongs into the transaction that keeps the outcome. */
  readonly remove: (ids: readonly number[]) => void;
}

/** Intents of one link: calls whose outcome is open, and the jobs that they wait for. */
export function createIntents(database: Database.Database, codec: RowCodec, link: string): Intents {
  function remove(ids: readonly number[]): void {
    if (ids.length === 0) return;
    database.prepare(`delete from intent where id in (select value from json_each(?))`).run(JSON.stringify(ids));
    database
      .prepare(
        `delete from job where link = ? and not exists (select 1 from intent where intent.link = job.link and intent.batch = job.batch)`,
      )
      .run(link);
  }

  const methods: IntentMethods = {
    async openIntents(run, batch, intents) {
      const insert = database.prepare(
        `insert into intent (link, run, batch, end, action, person, remote_id, external_id, content) values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      );
      return database.transaction(() =>
        intents.map((intent) => {
          const content = codec.seal(`intent|${intent.end}|${intent.person}`, intent.values);
          return Number(
            insert.run(
              link,
              run,
              batch,
              intent.end,
              intent.action,
              intent.person,
              intent.remoteId ?? null,
              intent.externalId ?? null,
              content,
            ).lastInsertRowid,
          );
        }),
      )();
    },

    async intentJob(ids, job) {
      // Intents of one call share a batch; a job is told anew with every request that it consists of.
      database
        .prepare(`insert or replace into job (link, batch, handle) select link, batch, ? from intent where id = ?`)
        .run(job, ids[0]);
    },

    async pendingIntents() {
      const rows = database
        .prepare<
          unknown[],
          { id: number; end: string; action: string; person: string; remote_id: string | null; external_id: string | null; content: Buffer; job: string | null }
        >(`select id, end, action, person, remote_id, external_id, content,
              (select handle from job where job.link = intent.link and job.batch = intent.batch) as job
            from intent where link = ? order by id`)
        .all(link); // prettier-ignore
      return rows.map((row): Intent => ({
        id: row.id,
        end: row.end,
        action: row.action as Intent['action'],
        person: row.person,
        remoteId: row.remote_id ?? undefined,
        externalId: row.external_id ?? undefined,
        values: codec.open(`intent|${row.end}|${row.person}`, row.content) as Intent['values'],
        job: row.job ?? undefined,
      }));
    },

    async closeIntents(ids) {
      remove(ids);
    },
  };
  return { methods, remove };
}
