import type { KeyRing } from '../keys.ts';
import { UNSETTLED } from '../person.ts';
import type { AgreedRow, LinkLedger, StagedRow } from '../ledger.ts';
import { createAbsences } from './absences.ts';
import { createIdentities } from './identities.ts';
import { createIntents } from './intents.ts';
import { createJournal } from './journal.ts';
import { createFieldUse } from './field-use.ts';
import { createParkedConflicts } from './parked-conflicts.ts';
import {
  createRowCodec,
  encodeElementHashes,
  encodeFieldHashes,
  decodeMatchKeys,
  encodeMatchKeys,
  type StagedRecord,
} from './ledger-rows.ts';
import type { LinkNames } from './link-names.ts';
import { createLinkNotes } from './link-notes.ts';
import { createLinkRows } from './link-rows.ts';
import { createMatching } from './matching.ts';
import { createPersons } from './persons.ts';
import { createQuarantine } from './quarantine.ts';
import { hexadecimal, type Sql, type Transaction } from './sql.ts';
import { createSubjects } from './subjects.ts';
import { createSuppressions } from './suppressions.ts';
import { createSwings } from './swings.ts';

/**
 * The ledger of one link; see `LinkLedger` for what each method promises.
 * @param preview writes nothing but what is staged, to tables of its own
 */
export function createLinkLedger(sql: Sql, names: LinkNames, keys: KeyRing, link: string, preview: boolean): LinkLedger {
  const { dialect } = sql;
  const matching = createMatching(sql, link);
  const codec = createRowCodec(keys, link);
  const stored = createLinkRows(sql, link);
  const journal = createJournal(sql, names, codec, link);
  const intents = createIntents(sql, codec, link);
  const absences = createAbsences(sql, link);
  const identities = createIdentities(sql, link, preview);
  const conflicts = createParkedConflicts(sql, codec, link);

  function writeKeys(
    transaction: Transaction,
    statements: KeyStatements,
    { end, remoteId, matchKeys }: Pick<StagedRow, 'end' | 'remoteId' | 'matchKeys'>,
  ): void {
    transaction.write(statements.forget, link, end, remoteId);
    for (const [rank, key] of matchKeys.entries())
      if (key !== undefined) transaction.write(statements.insert, link, end, remoteId, rank, key);
  }

  function stageRow(transaction: Transaction, row: StagedRow): void {
    transaction.write(
      PUT_STAGED, link, row.end, row.remoteId, row.kind, row.person ?? null, encodeMatchKeys(row.matchKeys), row.recordHash,
      codec.sealStaged(row), row.listed, row.status, row.reason ?? null,
    ); // prettier-ignore
    writeKeys(transaction, STAGED_KEYS, row);
  }

  return {
    ...intents.methods,
    ...absences.methods,
    ...journal.methods,
    ...createPersons(sql, codec, link, stored),
    ...createQuarantine(sql, codec, link, intents.remove),
    ...createSuppressions(sql, preview),
    ...createSwings(sql, link),
    ...createFieldUse(sql, link),
    ...conflicts.methods,
    ...identities.methods,
    ...createLinkNotes(sql, link),

    async agreedByRemoteId(end, remoteIds) {
      const records = await stored.agreed(`"end" = ? and remote_id in ${dialect.texts('?')}`, end, JSON.stringify(remoteIds));
      return new Map(records.map((record) => [record.remote_id, codec.openAgreed(record)]));
    },

    async agreedByPerson(persons) {
      const found = new Map<string, Record<string, AgreedRow>>();
      const where = `state <> 'gone' and person in ${dialect.texts('?')}`;
      for (const record of await stored.agreed(where, JSON.stringify(persons))) {
        const rows = found.get(record.person) ?? {};
        rows[record.end] = codec.openAgreed(record);
        found.set(record.person, rows);
      }
      return found;
    },

    async tombstones(end) {
      return (await stored.staged(`kind = 'deleted' and "end" = ?`, end)).map((record) => codec.openStaged(record));
    },

    async stagedByRemoteId(end, remoteIds) {
      const where = `kind = 'record' and "end" = ? and remote_id in ${dialect.texts('?')}`;
      const records = await stored.staged(where, end, JSON.stringify(remoteIds));
      return new Map(records.map((record) => [record.remote_id, codec.openStaged(record)]));
    },

    async succeed({ name: end, integration, object }, from, row) {
      await sql.transaction(async (transaction) => {
        transaction.write(DELETE_STAGED, link, end, from);
        stageRow(transaction, row);
        if (preview) return;
        const [record] = await stored.agreedIn(transaction, `"end" = ? and remote_id = ?`, end, from);
        if (record === undefined) return;
        const { values } = codec.openAgreed(record);
        transaction.write(`delete from agreed where link = ? and "end" = ? and remote_id = ?`, link, end, row.remoteId);
        transaction.write(
          `update agreed set remote_id = ?, content = ?, version = null where link = ? and "end" = ? and remote_id = ?`,
          row.remoteId,
          codec.sealValues(end, row.remoteId, values),
          link,
          end,
          from,
        );
        await identities.succeed(transaction, row.person, { integration, object, remoteId: from }, row.remoteId);
      });
    },

    async knownListed(end, remoteIds) {
      const rows = await sql.all<{ remote_id: string; listed: number }>(
        `select remote_id, listed, 0 as staged from agreed
         where link = :link and "end" = :end and remote_id in ${dialect.texts(':ids')}
         union all
         select remote_id, listed, 1 as staged from staged
         where link = :link and "end" = :end and kind = 'record' and remote_id in ${dialect.texts(':ids')}
         order by staged`,
        { link, end, ids: JSON.stringify(remoteIds) },
      );
      return new Map(rows.map((row) => [row.remote_id, row.listed]));
    },

    async listedButNotSeen(end, bit, seen) {
      const rows = await sql.all<{ remote_id: string }>(
        `select remote_id from staged where link = :link and "end" = :end and kind = 'record' and (listed & :mask) <> 0
         union all
         select remote_id from agreed a where link = :link and "end" = :end and state <> 'unlinked' and (listed & :mask) <> 0
           and not exists (select 1 from staged s where s.link = a.link and s."end" = a."end" and s.remote_id = a.remote_id)`,
        { link, end, mask: 1 << bit },
      );
      return rows.map((row) => row.remote_id).filter((remoteId) => !seen.has(remoteId));
    },

    async stage(end, rows, unchanged, cursor) {
      await sql.transaction(async (transaction) => {
        for (const row of rows) stageRow(transaction, row);
        for (const { remoteId, version, now } of unchanged) {
          transaction.write(DELETE_STAGED, link, end, remoteId);
          if (preview) continue;
          if (version !== undefined) transaction.write(SET_VERSION, version, link, end, remoteId, version);
          if (now === undefined) continue;
          const { matchKeys, recordHash, listed } = now;
          transaction.write(SET_NOW, encodeMatchKeys(matchKeys), recordHash, listed, link, end, remoteId);
          writeKeys(transaction, AGREED_KEYS, { end, remoteId, matchKeys });
        }
        if (!preview) {
          const present = rows.filter((row) => row.kind === 'record');
          const shown = [...present, ...unchanged].map((row) => row.remoteId);
          await absences.seen(transaction, end, shown);
        }
        if (cursor !== undefined) transaction.write(PUT_CURSOR, link, end, cursor.position, cursor.specification);
      });
    },

    async linkedUnder(keys) {
      const rows = await sql.all<{ person: string }>(
        `select distinct a.person from agreed_key k
         join agreed a on a.link = k.link and a."end" = k."end" and a.remote_id = k.remote_id
         where k.link = ? and a.state = 'linked' and k.key in ${dialect.byteStrings('?')}`,
        link,
        hexadecimal(keys),
      );
      return rows.map(({ person }) => person);
    },

    async unsettle(end, remoteIds) {
      if (preview) return;
      await sql.run(
        `update agreed set record_hash = ?, version = null
         where link = ? and "end" = ? and remote_id in ${dialect.texts('?')}`,
        UNSETTLED,
        link,
        end,
        JSON.stringify(remoteIds),
      );
    },

    async knownVersions(end, versions) {
      const rows = await sql.all<{ remote_id: string; version: string | null }>(
        `select remote_id, version from agreed where link = ? and "end" = ? and remote_id in ${dialect.texts('?')}`,
        link,
        end,
        JSON.stringify(versions.map(({ id }) => id)),
      );
      const known = new Map(rows.map((row) => [row.remote_id, row.version]));
      return new Set(versions.flatMap(({ id, modifiedAt }) => (known.get(id) === modifiedAt ? [id] : [])));
    },

    ...matching,
    ...createSubjects(sql, codec, link, stored, (persons) => conflicts.ofPersons(persons)),

    async countLinked() {
      const row = await sql.get<{ n: number }>(
        `select count(distinct person) as n from agreed where link = ? and state = 'linked'`,
        link,
      );
      return row!.n;
    },

    async linked(after, limit) {
      const found = await sql.all<{ person: string }>(
        `select distinct person from agreed where link = ? and state = 'linked' and person > ? order by person limit ?`,
        link,
        after ?? '',
        limit,
      );
      const persons = found.map(({ person }) => person);
      const result = new Map(persons.map((person) => [person, { person, agreed: {} as Record<string, AgreedRow> }]));
      for (const record of await stored.agreed(`person in ${dialect.texts('?')}`, JSON.stringify(persons))) {
        result.get(record.person)!.agreed[record.end] = codec.openAgreed(record);
      }
      return [...result.values()];
    },

    async settle(run, settlements, entries, intentIds) {
      await sql.transaction(async (transaction) => {
        const decidedOn = settlements.map(({ person }) => person);
        const known = await identities.know(
          transaction,
          decidedOn,
          settlements.flatMap(({ agreed }) => agreed),
        );
        const persons = new Map<string, string>();
        for (const { person: decided, subject, agreed, parked, settled } of settlements) {
          const person = await identities.settle(transaction, known, run, decided, agreed);
          persons.set(decided, person);
          for (const row of agreed) {
            // A relinked person may come back under another remote id: the old row of that id must not stand in the way.
            transaction.write(
              `delete from agreed where link = ? and "end" = ? and remote_id = ? and person <> ?`,
              link,
              row.end,
              row.remoteId,
              person,
            );
            transaction.write(
              PUT_AGREED, link, row.end, person, row.remoteId, row.state, encodeMatchKeys(row.matchKeys), row.recordHash, encodeFieldHashes(row.fields),
              encodeElementHashes(row.elements), codec.sealValues(row.end, row.remoteId, row.values), row.listed, row.entered ? 1 : 0, row.version ?? null,
            ); // prettier-ignore
            writeKeys(transaction, AGREED_KEYS, row);
            // What stays staged (a refused write) belongs to the person from now on.
            transaction.write(
              `update staged set person = ? where link = ? and "end" = ? and remote_id = ?`,
              person,
              link,
              row.end,
              row.remoteId,
            );
          }
          if (parked !== undefined) conflicts.replace(transaction, person, parked);
          for (const row of settled) transaction.write(DELETE_SETTLED, link, row.end, row.remoteId, row.recordHash);
          if (subject !== undefined) transaction.write(`delete from quarantine where link = ? and subject = ?`, link, subject);
        }
        journal.write(
          transaction,
          run,
          entries.map((entry) => ({ ...entry, person: persons.get(entry.person) ?? entry.person })),
        );
        intents.remove(transaction, intentIds);
      });
    },

    async unlink(run, persons, entries) {
      await sql.transaction(async (transaction) => {
        // A record that stays goes by the keys that it was read with last, not by those that were agreed on.
        const read = await transaction.all<Pick<StagedRecord, 'person' | 'end' | 'remote_id' | 'match_keys'>>(
          `select person, "end", remote_id, match_keys from staged s where link = ? and kind = 'record' and person in ${dialect.texts('?')}
           and exists (select 1 from agreed a where a.link = s.link and a."end" = s."end" and a.remote_id = s.remote_id)`,
          link,
          JSON.stringify(persons.map(({ person }) => person)),
        );
        const readOf = Map.groupBy(read, ({ person }) => person);
        for (const { person, gone, became } of persons) {
          for (const end of gone) {
            transaction.write(
              `update agreed set state = 'gone', version = null where link = ? and person = ? and "end" = ?`,
              link,
              person,
              end.name,
            );
            identities.end(transaction, run, person, end);
          }
          transaction.write(
            `update agreed set state = 'unlinked' where link = ? and person = ? and state = 'linked'`,
            link,
            person,
          );
          for (const { end, remote_id: remoteId, match_keys: packed } of readOf.get(person) ?? []) {
            transaction.write(SET_KEYS, packed, link, end, remoteId);
            writeKeys(transaction, AGREED_KEYS, { end, remoteId, matchKeys: decodeMatchKeys(packed) });
          }
          transaction.write(`delete from staged where link = ? and person = ?`, link, person);
          conflicts.replace(transaction, person, []);
          transaction.write(`delete from quarantine where link = ? and person = ?`, link, person);
          for (const record of became ?? []) await identities.become(transaction, run, person, record);
        }
        journal.write(transaction, run, entries);
      });
    },

    async leave(run, persons, entries) {
      await sql.transaction((transaction) => {
        for (const { person, end, listed } of persons) {
          transaction.write(PART, UNSETTLED, end, link, person);
          for (const { end: at, bits } of listed)
            transaction.write(`update agreed set listed = ? where link = ? and person = ? and "end" = ?`, bits, link, person, at);
          transaction.write(`update staged set status = 'held', reason = 'left' where link = ? and person = ?`, link, person);
          transaction.write(`delete from quarantine where link = ? and person = ?`, link, person);
        }
        journal.write(transaction, run, entries);
      });
    },

    async hold(rows) {
      await sql.transaction((transaction) => {
        for (const row of rows)
          transaction.write(
            `update staged set status = ?, reason = ? where link = ? and "end" = ? and remote_id = ?`,
            row.status,
            row.reason,
            link,
            row.end,
            row.remoteId,
          );
      });
    },

    async waiting() {
      return (await stored.staged(`status <> 'new' order by "end", remote_id`)).map((record) => codec.openStaged(record));
    },

    async clearStaged(end) {
      await sql.transaction((transaction) => {
        // No full read shows who is gone: what is known to be stays, and is decided on anew.
        transaction.write(`delete from staged where link = ? and "end" = ? and kind <> 'deleted'`, link, end);
        transaction.write(
          `update staged set status = 'new', reason = null where link = ? and "end" = ? and status = 'held'`,
          link,
          end,
        );
      });
    },
  };
}

interface KeyStatements {
  readonly forget: string;
  readonly insert: string;
}

// Texts that are made once: a statement is found again by its text, many times a page.
const [STAGED_KEYS, AGREED_KEYS] = ['staged_key', 'agreed_key'].map((table) => ({
  forget: `delete from ${table} where link = ? and "end" = ? and remote_id = ?`,
  insert: `insert into ${table} (link, "end", remote_id, rank, key) values (?, ?, ?, ?, ?)`,
})) as [KeyStatements, KeyStatements];

const PUT_STAGED = `
  insert into staged (link, "end", remote_id, kind, person, match_keys, record_hash, content, listed, status, reason)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  on conflict (link, "end", remote_id) do update set
    kind = excluded.kind, person = excluded.person, match_keys = excluded.match_keys, content = excluded.content,
    listed = excluded.listed,
    status = case when staged.record_hash = excluded.record_hash and staged.kind = excluded.kind then staged.status else excluded.status end,
    reason = case when staged.record_hash = excluded.record_hash and staged.kind = excluded.kind then staged.reason else excluded.reason end,
    record_hash = excluded.record_hash`;

const DELETE_STAGED = `delete from staged where link = ? and "end" = ? and remote_id = ?`;

const DELETE_SETTLED = `delete from staged where link = ? and "end" = ? and remote_id = ? and record_hash = ?`;

const PUT_AGREED = `
  insert into agreed (link, "end", person, remote_id, state, match_keys, record_hash, fields, elements, content, listed, entered, version)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  on conflict (link, "end", person) do update set
    remote_id = excluded.remote_id, state = excluded.state, match_keys = excluded.match_keys, record_hash = excluded.record_hash,
    fields = excluded.fields, elements = excluded.elements, content = excluded.content, listed = excluded.listed,
    entered = excluded.entered, version = excluded.version`;

const SET_VERSION = `
  update agreed set version = ? where link = ? and "end" = ? and remote_id = ? and version is distinct from ?`;

const SET_NOW = `
  update agreed set match_keys = ?, record_hash = ?, listed = ? where link = ? and "end" = ? and remote_id = ?`;

const SET_KEYS = `update agreed set match_keys = ? where link = ? and "end" = ? and remote_id = ?`;

const PUT_CURSOR = `
  insert into cursor (link, "end", position, specification) values (?, ?, ?, ?)
  on conflict (link, "end") do update set position = excluded.position, specification = excluded.specification`;

// Whatever a read shows of who left is a change: they return just as they were.
const PART = `
  update agreed set state = 'left', record_hash = ?, version = null, entered = case when "end" = ? then 0 else entered end
  where link = ? and person = ?`;
