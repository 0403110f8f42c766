import type { Erasure, Ledger, LinkLedger, PersonRecord } from '../ledger.ts';
import { ADDRESSED_TABLES } from './campaign-import-schema.ts';
import type { RowCodec, StagedRecord } from './ledger-rows.ts';
import type { LinkNames } from './link-names.ts';
import { STAGED_COLUMNS, type LinkRows } from './link-rows.ts';
import { hexadecimal, type Sql } from './sql.ts';

type PersonMethods = Pick<LinkLedger, 'findPersons' | 'recordsOfPersons'>;

/** Persons of one link, found by what people know of them. */
export function createPersons(sql: Sql, codec: RowCodec, link: string, stored: LinkRows): PersonMethods {
  const { dialect } = sql;
  return {
    async findPersons({ remoteId, end, matchKeys }) {
      const found = await sql.all<{ person: string; end: string }>(
        `select person, "end" from agreed where link = :link and remote_id = :remoteId
         union select person, "end" from staged where link = :link and remote_id = :remoteId and person is not null
         union select person, "end" from journal where link = :link and remote_id = :remoteId`,
        { link, remoteId },
      );
      const byId = found.filter((one) => end === undefined || one.end === end);
      const byKey = await sql.all<{ person: string }>(
        `select a.person from agreed_key k join agreed a on a.link = k.link and a."end" = k."end" and a.remote_id = k.remote_id
           where k.link = :link and k.key in ${dialect.byteStrings(':keys')}
         union select s.person from staged_key k join staged s on s.link = k.link and s."end" = k."end" and s.remote_id = k.remote_id
           where k.link = :link and s.person is not null and k.key in ${dialect.byteStrings(':keys')}`,
        { link, keys: hexadecimal(matchKeys) },
      );
      const known = new Set(byId.map(({ person }) => person));
      return [...byId, ...byKey.filter(({ person }) => !known.has(person)).map(({ person }) => ({ person, end: undefined }))];
    },

    async recordsOfPersons(persons, { remoteId, end, matchKeys }) {
      const agreed = await stored.agreed(`person in ${dialect.texts('?')}`, JSON.stringify(persons));
      const staged = await sql.all<StagedRecord>(
        `select ${STAGED_COLUMNS} from staged where link = :link and (person in ${dialect.texts(':persons')}
           or (person is null and (("end", remote_id) in (select k."end", k.remote_id from staged_key k
               where k.link = :link and k.key in ${dialect.byteStrings(':keys')})
             or (remote_id = :remoteId and "end" = coalesce(:end, "end")))))`,
        { link, persons: JSON.stringify(persons), keys: hexadecimal(matchKeys), remoteId, end: end ?? null },
      );
      return [
        ...agreed.map((record): PersonRecord => {
          const { values } = codec.openAgreed(record);
          return { end: record.end, remoteId: record.remote_id, person: record.person, values };
        }),
        ...staged.map((record): PersonRecord => {
          const { values, person } = codec.openStaged(record);
          return { end: record.end, remoteId: record.remote_id, person, values };
        }),
      ];
    },
  };
}

/** Erasing people from all links at once. */
export function createErasing(sql: Sql, names: LinkNames): Pick<Ledger, 'erase' | 'importedRows'> {
  const { dialect } = sql;
  return {
    async importedRows(addresses) {
      const counts = ADDRESSED_TABLES.map(
        (table) => `(select count(*) from ${table} where address in ${dialect.byteStrings(':addresses')})`,
      );
      const row = await sql.get<{ n: number }>(`select ${counts.join(' + ')} as n`, { addresses: hexadecimal(addresses) });
      return row!.n;
    },
    async erase({ persons, records, suppressions }: Erasure) {
      const wanted = JSON.stringify(persons);
      await sql.transaction((transaction) => {
        for (const { address, channel, purpose, state, at } of suppressions)
          transaction.write(SUPPRESS, address, channel, purpose, state, at);
        for (const table of ['agreed', 'staged'])
          transaction.write(
            `delete from ${table}_key where (link, "end", remote_id) in
               (select link, "end", remote_id from ${table} where person in ${dialect.texts('?')})`,
            wanted,
          );
        for (const table of ['agreed', 'staged', 'intent', 'conflict', 'swing', 'quarantine', 'journal', 'reference'])
          transaction.write(`delete from ${table} where person in ${dialect.texts('?')}`, wanted);
        transaction.write(`delete from person where id in ${dialect.texts('?')}`, wanted);
        const addresses = hexadecimal(suppressions.map(({ address }) => address));
        for (const table of ADDRESSED_TABLES)
          transaction.write(`delete from ${table} where address in ${dialect.byteStrings('?')}`, addresses);
        transaction.write(
          `delete from job where not exists (select 1 from intent where intent.link = job.link and intent.batch = job.batch)`,
        );
        for (const { link: address, end, remoteId } of records) {
          const link = names.nameOf(address);
          for (const table of ['staged', 'staged_key', 'agreed_key', 'absence'])
            transaction.write(`delete from ${table} where link = ? and "end" = ? and remote_id = ?`, link, end, remoteId);
          transaction.write(`delete from quarantine where link = ? and subject = ?`, link, `record:${end}:${remoteId}`);
        }
      });
    },
  };
}

const SUPPRESS = `
  insert into suppression (address, channel, purpose, state, at) values (?, ?, ?, ?, ?)
  on conflict (address, channel, purpose) do update set state = excluded.state, at = excluded.at`;
