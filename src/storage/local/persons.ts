import type Database from 'better-sqlite3';
import type { Erasure, Ledger, LinkLedger, PersonRecord } from '../ledger.ts';
import { ADDRESSED_TABLES } from './campaign-import-schema.ts';
import type { AgreedRecord, RowCodec, StagedRecord } from './ledger-rows.ts';
import { linkNameOf } from './link-names.ts';

type PersonMethods = Pick<LinkLedger, 'findPersons' | 'recordsOfPersons'>;

/** Persons of one link, found by what people know of them. */
export function createPersons(
  database: Database.Database,
  codec: RowCodec,
  link: string,
  columns: { readonly agreed: string; readonly staged: string },
): PersonMethods {
  return {
    async findPersons({ remoteId, end, matchKeys }) {
      const byId = database
        .prepare<unknown[], { person: string; end: string }>(
          `select person, end from agreed where link = :link and remote_id = :remoteId
           union select person, end from staged where link = :link and remote_id = :remoteId and person is not null
           union select person, end from journal where link = :link and remote_id = :remoteId`,
        )
        .all({ link, remoteId })
        .filter((found) => end === undefined || found.end === end);
      const byKey = database
        .prepare<unknown[], { person: string }>(
          `select a.person from agreed_key k join agreed a on a.link = k.link and a.end = k.end and a.remote_id = k.remote_id
             where k.link = :link and k.key in (select unhex(value) from json_each(:keys))
           union select s.person from staged_key k join staged s on s.link = k.link and s.end = k.end and s.remote_id = k.remote_id
             where k.link = :link and s.person is not null and k.key in (select unhex(value) from json_each(:keys))`,
        )
        .all({ link, keys: hexadecimal(matchKeys) });
      const known = new Set(byId.map(({ person }) => person));
      return [...byId, ...byKey.filter(({ person }) => !known.has(person)).map(({ person }) => ({ person, end: undefined }))];
    },

    async recordsOfPersons(persons, { remoteId, end, matchKeys }) {
      const agreed = database
        .prepare<unknown[], AgreedRecord>(
          `select ${columns.agreed} from agreed where link = ? and person in (select value from json_each(?))`,
        )
        .all(link, JSON.stringify(persons))
        .map((record): PersonRecord => {
          const { values } = codec.openAgreed(record);
          return { end: record.end, remoteId: record.remote_id, person: record.person, values };
        });
      const staged = database
        .prepare<unknown[], StagedRecord>(
          `select ${columns.staged} from staged where link = :link and (person in (select value from json_each(:persons))
             or (person is null and ((end, remote_id) in (select k.end, k.remote_id from staged_key k
                 where k.link = :link and k.key in (select unhex(value) from json_each(:keys)))
               or (remote_id = :remoteId and end = coalesce(:end, end)))))`,
        )
        .all({ link, persons: JSON.stringify(persons), keys: hexadecimal(matchKeys), remoteId, end: end ?? null })
        .map((record): PersonRecord => {
          const { values, person } = codec.openStaged(record);
          return { end: record.end, remoteId: record.remote_id, person, values };
        });
      return [...agreed, ...staged];
    },
  };
}

/** Erasing people from all links at once. */
export function createErasing(database: Database.Database): Pick<Ledger, 'erase' | 'importedRows'> {
  return {
    async importedRows(addresses) {
      const wanted = hexadecimal(addresses);
      const count = (table: string): number =>
        database
          .prepare<[string], { n: number }>(
            `select count(*) as n from ${table} where address in (select unhex(value) from json_each(?))`,
          )
          .get(wanted)!.n;
      return ADDRESSED_TABLES.reduce((sum, table) => sum + count(table), 0);
    },
    async erase({ persons, records, suppressions }: Erasure) {
      // What is deleted is overwritten too, so that not even its ciphertext is left in the file.
      database.pragma('secure_delete = on');
      const wanted = JSON.stringify(persons);
      database.transaction(() => {
        const suppress = database.prepare(
          `insert or replace into suppression (address, channel, purpose, state, at) values (?, ?, ?, ?, ?)`,
        );
        for (const { address, channel, purpose, state, at } of suppressions) suppress.run(address, channel, purpose, state, at);
        for (const table of ['agreed', 'staged'])
          database
            .prepare(
              `delete from ${table}_key where (link, end, remote_id) in
                 (select link, end, remote_id from ${table} where person in (select value from json_each(?)))`,
            )
            .run(wanted);
        for (const table of ['agreed', 'staged', 'intent', 'conflict', 'swing', 'quarantine', 'journal', 'reference'])
          database.prepare(`delete from ${table} where person in (select value from json_each(?))`).run(wanted);
        database.prepare(`delete from person where id in (select value from json_each(?))`).run(wanted);
        const addresses = hexadecimal(suppressions.map(({ address }) => address));
        for (const table of ADDRESSED_TABLES)
          database.prepare(`delete from ${table} where address in (select unhex(value) from json_each(?))`).run(addresses);
        database.exec(
          `delete from job where not exists (select 1 from intent where intent.link = job.link and intent.batch = job.batch)`,
        );
        const byRecord = ['staged', 'staged_key', 'agreed_key', 'absence'].map((table) =>
          database.prepare(`delete from ${table} where link = ? and end = ? and remote_id = ?`),
        );
        const quarantined = database.prepare(`delete from quarantine where link = ? and subject = ?`);
        for (const { link: address, end, remoteId } of records) {
          const link = linkNameOf(database, address);
          for (const statement of byRecord) statement.run(link, end, remoteId);
          quarantined.run(link, `record:${end}:${remoteId}`);
        }
      })();
      database.pragma('secure_delete = fast');
    },
  };
}

function hexadecimal(hashes: readonly Buffer[]): string {
  return JSON.stringify(hashes.map((hash) => hash.toString('hex')));
}
