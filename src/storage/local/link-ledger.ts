import type Database from 'better-sqlite3';
import { NEVER, toInstant } from '../../model/time.ts';
import type { KeyRing } from '../keys.ts';
import type { ParkedConflict } from '../conflicts.ts';
import type { AgreedRow, LinkLedger, StagedRow, Subject, UnfinishedApply } from '../ledger.ts';
import type { MatchKeys } from '../person.ts';
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
  type AgreedRecord,
  type StagedRecord,
} from './ledger-rows.ts';
import { createMatching, PERSON_PAIRING } from './matching.ts';
import { createPersons } from './persons.ts';
import { createQuarantine } from './quarantine.ts';
import { createSuppressions } from './suppressions.ts';
import { createSwings } from './swings.ts';

const STAGED_COLUMNS = 'end, remote_id, kind, person, match_keys, record_hash, content, listed, status, reason';
const AGREED_COLUMNS =
  'end, person, remote_id, state, match_keys, record_hash, fields, elements, content, listed, entered, version';

/** A retry that is further away than any schedule sets was noted by a clock that was ahead: it is due. */
const DUE = `(next_at <= ? or (next_at > ? and next_at < '${NEVER}'))`;
const FURTHEST_RETRY_MS = 25 * 3_600_000;

function furthestRetry(now: string): string {
  return toInstant(Date.parse(now) + FURTHEST_RETRY_MS);
}

/**
 * The ledger of one link; see `LinkLedger` for what each method promises.
 * @param preview writes nothing but what is staged, to tables of its own
 */
export function createLinkLedger(database: Database.Database, keys: KeyRing, link: string, preview: boolean): LinkLedger {
  const matching = createMatching(database, link);
  const codec = createRowCodec(keys, link);
  const journal = createJournal(database, codec, link);
  const intents = createIntents(database, codec, link);
  const absences = createAbsences(database, link);
  const identities = createIdentities(database, link);
  const conflicts = createParkedConflicts(database, codec, link);

  const insertStaged = database.prepare(`
    insert into staged (link, end, remote_id, kind, person, match_keys, record_hash, content, listed, status, reason)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    on conflict (link, end, remote_id) do update set
      kind = excluded.kind, person = excluded.person, match_keys = excluded.match_keys, content = excluded.content,
      listed = excluded.listed,
      status = case when staged.record_hash = excluded.record_hash and staged.kind = excluded.kind then staged.status else excluded.status end,
      reason = case when staged.record_hash = excluded.record_hash and staged.kind = excluded.kind then staged.reason else excluded.reason end,
      record_hash = excluded.record_hash`);
  const deleteStaged = database.prepare(`delete from staged where link = ? and end = ? and remote_id = ?`);
  const deleteSettled = database.prepare(`delete from staged where link = ? and end = ? and remote_id = ? and record_hash = ?`);

  const setVersion = database.prepare(
    `update agreed set version = ? where link = ? and end = ? and remote_id = ? and version is not ?`,
  );

  const setNow = database.prepare(
    `update agreed set match_keys = ?, record_hash = ?, listed = ? where link = ? and end = ? and remote_id = ?`,
  );

  const setKeys = database.prepare(`update agreed set match_keys = ? where link = ? and end = ? and remote_id = ?`);

  const [stagedKeys, agreedKeys] = ['staged_key', 'agreed_key'].map((table) => ({
    forget: database.prepare(`delete from ${table} where link = ? and end = ? and remote_id = ?`),
    insert: database.prepare(`insert into ${table} (link, end, remote_id, rank, key) values (?, ?, ?, ?, ?)`),
  })) as [KeyStatements, KeyStatements];

  function writeKeys(statements: KeyStatements, end: string, remoteId: string, keys: MatchKeys): void {
    statements.forget.run(link, end, remoteId);
    for (const [rank, key] of keys.entries()) if (key !== undefined) statements.insert.run(link, end, remoteId, rank, key);
  }

  function stageRow(row: StagedRow): void {
    insertStaged.run(
      link, row.end, row.remoteId, row.kind, row.person ?? null, encodeMatchKeys(row.matchKeys), row.recordHash, codec.sealStaged(row),
      row.listed, row.status, row.reason ?? null,
    ); // prettier-ignore
    writeKeys(stagedKeys, row.end, row.remoteId, row.matchKeys);
  }

  function fetchStaged(where: string, ...parameters: unknown[]): StagedRecord[] {
    return database
      .prepare<unknown[], StagedRecord>(`select ${STAGED_COLUMNS} from staged where link = ? and ${where}`)
      .all(link, ...parameters);
  }

  function fetchAgreed(where: string, ...parameters: unknown[]): AgreedRecord[] {
    return database
      .prepare<unknown[], AgreedRecord>(`select ${AGREED_COLUMNS} from agreed where link = ? and ${where}`)
      .all(link, ...parameters);
  }

  function subjectsOfPersons(after: string, limit: number, now: string): Subject[] {
    const persons = database
      .prepare<unknown[], { person: string }>(
        `select distinct person from staged where link = ? and person > ?
         and (status = 'new' or (status = 'quarantined' and ${DUE})) order by person limit ?`,
      )
      .all(link, after, now, furthestRetry(now), limit)
      .map((row) => row.person);
    if (persons.length === 0) return [];
    const wanted = JSON.stringify(persons);
    const subjects = new Map(persons.map((person) => [person, emptySubject(`p:${person}`, person)]));
    for (const record of fetchStaged(`person in (select value from json_each(?))`, wanted)) {
      subjects.get(record.person!)!.staged[record.end] = codec.openStaged(record);
    }
    for (const record of fetchAgreed(`person in (select value from json_each(?))`, wanted)) {
      const subject = subjects.get(record.person)!;
      // What is gone says something only about the record that came back.
      if (record.state === 'gone' && subject.staged[record.end] === undefined) continue;
      subject.agreed[record.end] = codec.openAgreed(record);
    }
    for (const conflict of conflicts.ofPersons(wanted)) subjects.get(conflict.person)!.parked.push(conflict);
    return [...subjects.values()];
  }

  function subjectsOfPairings(after: string, limit: number, now: string): Subject[] {
    const pairings = database
      .prepare<unknown[], { pairing: string }>(
        `select distinct pairing from staged where link = ? and person is null and pairing > ?
         and (status = 'new' or (status = 'quarantined' and ${DUE})) order by pairing limit ?`,
      )
      .all(link, after, now, furthestRetry(now), limit)
      .map((row) => row.pairing);
    if (pairings.length === 0) return [];
    const wanted = JSON.stringify(pairings);
    const subjects = new Map(pairings.map((pairing) => [pairing, emptySubject(`q:${pairing}`, undefined)]));
    const places = database
      .prepare<unknown[], StagedRecord & { pairing: string }>(
        `select ${STAGED_COLUMNS}, pairing from staged where link = ? and person is null and pairing in (select value from json_each(?))`,
      )
      .all(link, wanted);
    for (const record of places) subjects.get(record.pairing)!.staged[record.end] = codec.openStaged(record);
    const persons = pairings
      .filter((pairing) => pairing.startsWith(PERSON_PAIRING))
      .map((pairing) => pairing.slice(PERSON_PAIRING.length));
    for (const record of fetchAgreed(
      `state = 'unlinked' and person in (select value from json_each(?))`,
      JSON.stringify(persons),
    )) {
      const subject = subjects.get(PERSON_PAIRING + record.person)!;
      if (subject.staged[record.end] !== undefined) continue;
      subject.agreed[record.end] = codec.openAgreed(record);
      subject.person = record.person;
    }
    return [...subjects.values()];
  }

  return {
    ...intents.methods,
    ...absences.methods,
    ...journal.methods,
    ...createPersons(database, codec, link, { agreed: AGREED_COLUMNS, staged: STAGED_COLUMNS }),
    ...createQuarantine(database, codec, link, intents.remove),
    ...createSuppressions(database, preview),
    ...createSwings(database, link),
    ...createFieldUse(database, link),
    ...conflicts.methods,

    async cursor(end) {
      return database
        .prepare<unknown[], { position: string; specification: string }>(
          `select position, specification from cursor where link = ? and end = ?`,
        )
        .get(link, end);
    },

    async agreedByRemoteId(end, remoteIds) {
      const found = new Map<string, AgreedRow>();
      for (const record of fetchAgreed(
        `end = ? and remote_id in (select value from json_each(?))`,
        end,
        JSON.stringify(remoteIds),
      )) {
        found.set(record.remote_id, codec.openAgreed(record));
      }
      return found;
    },

    async agreedByPerson(persons) {
      const found = new Map<string, Record<string, AgreedRow>>();
      for (const record of fetchAgreed(
        `state <> 'gone' and person in (select value from json_each(?))`,
        JSON.stringify(persons),
      )) {
        const rows = found.get(record.person) ?? {};
        rows[record.end] = codec.openAgreed(record);
        found.set(record.person, rows);
      }
      return found;
    },

    async tombstones(end) {
      return fetchStaged(`kind = 'deleted' and end = ?`, end).map((record) => codec.openStaged(record));
    },

    async stagedByRemoteId(end, remoteIds) {
      const where = `kind = 'record' and end = ? and remote_id in (select value from json_each(?))`;
      const records = fetchStaged(where, end, JSON.stringify(remoteIds)).map((record) => codec.openStaged(record));
      return new Map(records.map((row) => [row.remoteId, row]));
    },

    async succeed({ name: end, integration, object }, from, row) {
      database.transaction(() => {
        deleteStaged.run(link, end, from);
        stageRow(row);
        if (preview) return;
        const [agreed] = fetchAgreed(`end = ? and remote_id = ?`, end, from).map((record) => codec.openAgreed(record));
        if (agreed === undefined) return;
        database.prepare(`delete from agreed where link = ? and end = ? and remote_id = ?`).run(link, end, row.remoteId);
        database
          .prepare(`update agreed set remote_id = ?, content = ?, version = null where link = ? and end = ? and remote_id = ?`)
          .run(row.remoteId, codec.sealValues(end, row.remoteId, agreed.values), link, end, from);
        identities.succeed(row.person, { integration, object, remoteId: from }, row.remoteId);
      })();
    },

    async knownElsewhere(end, remoteIds, integration) {
      return identities.knownElsewhere(end, remoteIds, integration);
    },

    async listedButNotSeen(end, bit, seen) {
      const rows = database
        .prepare<unknown[], { remote_id: string }>(
          `select remote_id from staged where link = :link and end = :end and kind = 'record' and (listed & :mask) <> 0
           union all
           select remote_id from agreed a where link = :link and end = :end and state <> 'unlinked' and (listed & :mask) <> 0
             and not exists (select 1 from staged s where s.link = a.link and s.end = a.end and s.remote_id = a.remote_id)`,
        )
        .all({ link, end, mask: 1 << bit });
      return rows.map((row) => row.remote_id).filter((remoteId) => !seen.has(remoteId));
    },

    async stage(end, rows, unchanged, cursor) {
      database.transaction(() => {
        for (const row of rows) stageRow(row);
        for (const { remoteId, version, now } of unchanged) {
          deleteStaged.run(link, end, remoteId);
          if (preview) continue;
          if (version !== undefined) setVersion.run(version, link, end, remoteId, version);
          if (now === undefined) continue;
          setNow.run(encodeMatchKeys(now.matchKeys), now.recordHash, now.listed, link, end, remoteId);
          writeKeys(agreedKeys, end, remoteId, now.matchKeys);
        }
        if (!preview) {
          const present = rows.filter((row) => row.kind === 'record');
          absences.seen(
            end,
            [...present, ...unchanged].map((row) => row.remoteId),
          );
        }
        if (cursor !== undefined) {
          database
            .prepare(`insert or replace into cursor (link, end, position, specification) values (?, ?, ?, ?)`)
            .run(link, end, cursor.position, cursor.specification);
        }
      })();
    },

    async linkedUnder(keys) {
      return database
        .prepare<unknown[], { person: string }>(
          `select distinct a.person from agreed_key k join agreed a on a.link = k.link and a.end = k.end and a.remote_id = k.remote_id
           where k.link = ? and a.state = 'linked' and k.key in (select unhex(value) from json_each(?))`,
        )
        .all(link, JSON.stringify(keys.map((key) => key.toString('hex'))))
        .map(({ person }) => person);
    },

    async unsettle(end, remoteIds) {
      if (preview) return;
      database
        .prepare(
          `update agreed set record_hash = zeroblob(8), version = null
           where link = ? and end = ? and remote_id in (select value from json_each(?))`,
        )
        .run(link, end, JSON.stringify(remoteIds));
    },

    async knownVersions(end, versions) {
      const select = database.prepare<unknown[], { version: string | null }>(
        `select version from agreed where link = ? and end = ? and remote_id = ?`,
      );
      const isKnown = ({ id, modifiedAt }: { id: string; modifiedAt: string }): boolean =>
        select.get(link, end, id)?.version === modifiedAt;
      return new Set(versions.filter(isKnown).map(({ id }) => id));
    },

    ...matching,

    async subjects(_ends, after, limit, now) {
      if (after === undefined || after.startsWith('p:')) {
        const subjects = subjectsOfPersons(after?.slice(2) ?? '', limit, now);
        if (subjects.length === limit) return subjects;
        return [...subjects, ...subjectsOfPairings('', limit - subjects.length, now)];
      }
      return subjectsOfPairings(after.slice(2), limit, now);
    },

    async countLinked() {
      return database
        .prepare<unknown[], { n: number }>(`select count(distinct person) as n from agreed where link = ? and state = 'linked'`)
        .get(link)!.n;
    },

    async linked(after, limit) {
      const persons = database
        .prepare<unknown[], { person: string }>(
          `select distinct person from agreed where link = ? and state = 'linked' and person > ? order by person limit ?`,
        )
        .all(link, after ?? '', limit)
        .map((row) => row.person);
      const result = new Map(persons.map((person) => [person, { person, agreed: {} as Record<string, AgreedRow> }]));
      for (const record of fetchAgreed(`person in (select value from json_each(?))`, JSON.stringify(persons))) {
        result.get(record.person)!.agreed[record.end] = codec.openAgreed(record);
      }
      return [...result.values()];
    },

    async settle(run, settlements, entries, intentIds) {
      // A relinked person may come back under another remote id: the old row of that id must not stand in the way.
      const releaseRemoteId = database.prepare(`delete from agreed where link = ? and end = ? and remote_id = ? and person <> ?`);
      const insertAgreed = database.prepare(
        `insert or replace into agreed (link, end, person, remote_id, state, match_keys, record_hash, fields, elements, content, listed, entered, version)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      );
      // What stays staged (a refused write) belongs to the person from now on.
      const claimStaged = database.prepare(`update staged set person = ? where link = ? and end = ? and remote_id = ?`);
      const deleteQuarantine = database.prepare(`delete from quarantine where link = ? and subject = ?`);
      const known = new Map<string, string>();
      database.transaction(() => {
        for (const { person: decided, subject, agreed, parked, settled } of settlements) {
          const person = identities.settle(run, decided, agreed);
          known.set(decided, person);
          for (const row of agreed) {
            releaseRemoteId.run(link, row.end, row.remoteId, person);
            insertAgreed.run(
              link, row.end, person, row.remoteId, row.state, encodeMatchKeys(row.matchKeys), row.recordHash, encodeFieldHashes(row.fields), encodeElementHashes(row.elements),
              codec.sealValues(row.end, row.remoteId, row.values), row.listed, row.entered ? 1 : 0, row.version ?? null,
            ); // prettier-ignore
            writeKeys(agreedKeys, row.end, row.remoteId, row.matchKeys);
            claimStaged.run(person, link, row.end, row.remoteId);
          }
          if (parked !== undefined) conflicts.replace(person, parked);
          for (const row of settled) deleteSettled.run(link, row.end, row.remoteId, row.recordHash);
          if (subject !== undefined) deleteQuarantine.run(link, subject);
        }
        journal.write(
          run,
          entries.map((entry) => ({ ...entry, person: known.get(entry.person) ?? entry.person })),
        );
        intents.remove(intentIds);
      })();
    },

    async createdBySyncline(integration, object, remoteIds) {
      const rows = database
        .prepare<unknown[], { remote_id: string }>(
          `select remote_id from reference where integration = ? and object = ? and created_by_syncline = 1
           and remote_id in (select value from json_each(?))`,
        )
        .all(integration, object, JSON.stringify(remoteIds));
      return new Set(rows.map((row) => row.remote_id));
    },

    async unlink(run, persons, entries) {
      const unlinkAgreed = database.prepare(
        `update agreed set state = 'unlinked' where link = ? and person = ? and state = 'linked'`,
      );
      const noteGone = database.prepare(
        `update agreed set state = 'gone', version = null where link = ? and person = ? and end = ?`,
      );
      const forgetStaged = database.prepare(`delete from staged where link = ? and person = ?`);
      const forgetQuarantine = database.prepare(`delete from quarantine where link = ? and person = ?`);
      database.transaction(() => {
        for (const { person, gone, became } of persons) {
          for (const end of gone) {
            noteGone.run(link, person, end.name);
            identities.end(run, person, end);
          }
          unlinkAgreed.run(link, person);
          // A record that stays goes by the keys that it was read with last, not by those that were agreed on.
          for (const { end, remote_id: remoteId, kind, match_keys: keys } of fetchStaged(`person = ?`, person)) {
            if (kind !== 'record' || setKeys.run(keys, link, end, remoteId).changes === 0) continue;
            writeKeys(agreedKeys, end, remoteId, decodeMatchKeys(keys));
          }
          forgetStaged.run(link, person);
          conflicts.replace(person, []);
          forgetQuarantine.run(link, person);
          for (const record of became ?? []) identities.become(run, person, record);
        }
        journal.write(run, entries);
      })();
    },

    async leave(run, persons, entries) {
      // No record has this hash, so that a read shows whoever returns just as they left.
      const part = database.prepare(
        `update agreed set state = 'left', record_hash = zeroblob(8), version = null, entered = case when end = ? then 0 else entered end
         where link = ? and person = ?`,
      );
      const list = database.prepare(`update agreed set listed = ? where link = ? and person = ? and end = ?`);
      const holdStaged = database.prepare(`update staged set status = 'held', reason = 'left' where link = ? and person = ?`);
      const forgetQuarantine = database.prepare(`delete from quarantine where link = ? and person = ?`);
      database.transaction(() => {
        for (const { person, end, listed } of persons) {
          part.run(end, link, person);
          for (const { end: at, bits } of listed) list.run(bits, link, person, at);
          holdStaged.run(link, person);
          forgetQuarantine.run(link, person);
        }
        journal.write(run, entries);
      })();
    },

    async hold(rows) {
      const update = database.prepare(`update staged set status = ?, reason = ? where link = ? and end = ? and remote_id = ?`);
      database.transaction(() => {
        for (const row of rows) update.run(row.status, row.reason, link, row.end, row.remoteId);
      })();
    },

    async waiting() {
      return database
        .prepare<unknown[], StagedRecord>(
          `select ${STAGED_COLUMNS} from staged where link = ? and status <> 'new' order by end, remote_id`,
        )
        .all(link)
        .map((record) => codec.openStaged(record));
    },

    async confirmRead(mark) {
      database.prepare(`update cursor set specification = replace(specification, ?, '') where link = ?`).run(mark, link);
    },

    async unfinishedApply() {
      const row = database
        .prepare<unknown[], { value: string }>(`select value from meta where key = ?`)
        .get(`unfinished ${link}`);
      return row === undefined ? undefined : (JSON.parse(row.value) as UnfinishedApply);
    },

    async noteUnfinishedApply(note) {
      if (note === undefined) database.prepare(`delete from meta where key = ?`).run(`unfinished ${link}`);
      else
        database
          .prepare(`insert or replace into meta (key, value) values (?, ?)`)
          .run(`unfinished ${link}`, JSON.stringify(note));
    },

    async valuesRefreshed() {
      return database.prepare<unknown[], { value: string }>(`select value from meta where key = ?`).get(`refreshed ${link}`)
        ?.value;
    },

    async noteValuesRefreshed(at) {
      database.prepare(`insert or replace into meta (key, value) values (?, ?)`).run(`refreshed ${link}`, at);
    },

    async guardPasses() {
      const row = database.prepare<unknown[], { value: string }>(`select value from meta where key = ?`).get(`allowed ${link}`);
      return row === undefined ? 0 : Number(row.value);
    },

    async noteGuardPass() {
      database
        .prepare(
          `insert into meta (key, value) values (?, '1') on conflict (key) do update set value = cast(value as integer) + 1`,
        )
        .run(`allowed ${link}`);
    },

    async clearStaged(end) {
      // No full read shows who is gone: what is known to be stays, and is decided on anew.
      database.prepare(`delete from staged where link = ? and end = ? and kind <> 'deleted'`).run(link, end);
      database
        .prepare(`update staged set status = 'new', reason = null where link = ? and end = ? and status = 'held'`)
        .run(link, end);
    },
  };
}

interface KeyStatements {
  readonly forget: Database.Statement;
  readonly insert: Database.Statement;
}

function emptySubject(position: string, person: string | undefined) {
  return {
    position,
    person,
    staged: {} as Record<string, StagedRow>,
    agreed: {} as Record<string, AgreedRow>,
    parked: [] as ParkedConflict[],
  };
}
