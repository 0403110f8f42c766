import type Database from 'better-sqlite3';
import { SynclineError } from '../../model/errors.ts';
import type { FieldValues } from '../../model/value.ts';
import { SUPPRESSION_LIST, type HashedRows, type KeyRotation, type Rehash, type RotatedKey } from '../key-rotation.ts';
import type { KeyRing } from '../keys.ts';
import type { ParkedConflict, Swing } from '../conflicts.ts';
import type { MatchKeys } from '../person.ts';
import { ADDRESSED_TABLES, CAMPAIGN_IMPORT_PLACES } from './campaign-import-schema.ts';
import { createHashKeys, type HashKeys } from './hash-keys.ts';
import {
  createRowCodec,
  encodeElementHashes,
  encodeFieldHashes,
  encodeMatchKeys,
  type AgreedRecord,
  type StagedRecord,
} from './ledger-rows.ts';
import { linkAddressOf } from './link-names.ts';

/** Where each table's content is bound to, after the link's name: the places by which the rows' own modules seal it. */
const PLACES: Readonly<Record<string, string>> = {
  staged: `'staged|' || end || '|' || remote_id`,
  agreed: `'agreed|' || end || '|' || remote_id`,
  intent: `'intent|' || end || '|' || person`,
  conflict: `'conflict|' || person || '|' || field`,
  quarantine: `'quarantine|' || end || '|' || subject`,
  journal: `'journal|' || run || '|' || end || '|' || remote_id`,
  ...CAMPAIGN_IMPORT_PLACES,
  sign_on: `'sign-on|' || who`,
};

const RESEAL = 'syncline_reseal';
const PAGE = 500;

/**
 * Gives the ledger another key, in one transaction.
 * @throws SynclineError KEY_ROTATION_UNSETTLED where calls wait for an answer, STORAGE_DECRYPTION_FAILED for a damaged value
 */
export function rotateKey(database: Database.Database, keys: KeyRing, { keyId, rehash }: KeyRotation): RotatedKey {
  const target = keys.using(keyId);
  const formerId = keys.currentId;
  const hashKeys = createHashKeys(database);
  database.function(RESEAL, (content: unknown, place: unknown) =>
    target.encrypt(keys.decrypt(content as Buffer, place as string), place as string),
  );
  const run = database.transaction((): RotatedKey => {
    refuseOpenIntents(database);
    const kept = linksOf(database).flatMap((name): RotatedKey['kept'] => {
      const from = hashKeys.ring(keys, name);
      const address = linkAddressOf(database, name);
      const isRehashed = rehashLink(database, keys, name, rehash(address, from, target));
      const left = isRehashed ? undefined : from.hashId;
      hashKeys.setLink(name, left);
      return left === undefined || left === keyId ? [] : [{ keyId: left, use: address }];
    });
    const list = keepSuppressions(database, hashKeys, hashKeys.ring(keys, undefined).keyHashId);
    const resealed = Object.entries(PLACES).reduce(
      (sum, [table, place]) =>
        sum +
        database
          .prepare(`update ${table} set content = ${RESEAL}(content, link || '|' || ${place}) where content is not null`)
          .run().changes,
      0,
    );
    database.prepare(`insert or replace into meta (key, value) values ('key', ?)`).run(keyId);
    const listed = list === undefined || list === keyId ? [] : [{ keyId: list, use: SUPPRESSION_LIST }];
    return { formerId, keyId, resealed, kept: [...kept, ...listed] };
  });
  return run.immediate();
}

/** An open intent holds hashes of what its record was made from, and that record may have changed since. */
function refuseOpenIntents(database: Database.Database): void {
  const open = database.prepare<[], { link: string }>(`select link from intent limit 1`).get();
  if (open === undefined) return;
  const address = linkAddressOf(database, open.link);
  throw new SynclineError('KEY_ROTATION_UNSETTLED', `${address} has calls that were never answered, or whose job still runs.`, {
    hint: `Let a cycle settle them first:\n  syncline sync ${address}`,
  });
}

/** Addresses cannot be told from their hashes; so lists that are not empty keep their key, those of campaign imports too. */
function keepSuppressions(database: Database.Database, hashKeys: HashKeys, keyId: string): string | undefined {
  const holds = (table: string): boolean => database.prepare(`select 1 from ${table} limit 1`).get() !== undefined;
  const isEmpty = !['suppression', ...ADDRESSED_TABLES].some(holds);
  const kept = isEmpty ? undefined : keyId;
  hashKeys.setSuppression(kept);
  return kept;
}

function linksOf(database: Database.Database): readonly string[] {
  return database
    .prepare<[], { link: string }>(
      `select link from agreed union select link from staged union select link from conflict union select link from swing`,
    )
    .all()
    .map(({ link }) => link);
}

const UNPROVEN = Symbol('unproven');

/** @returns whether all hashes of the link were made anew; none was otherwise */
function rehashLink(database: Database.Database, keys: KeyRing, link: string, rehash: Rehash | undefined): boolean {
  const bare = database.prepare(`select 1 from agreed where link = ? and content is null limit 1`).get(link);
  if (rehash === undefined || bare !== undefined) return false;
  const rows = createRows(database, keys, link);
  try {
    database.transaction(() => {
      for (const position of rows.positions()) {
        const before = rows.read(position);
        const after = rehash(before, () => rows.journalled(position.person));
        if (after === undefined) throw UNPROVEN;
        rows.write(before, after);
      }
    })();
    return true;
  } catch (error) {
    if (error === UNPROVEN) return false;
    throw error;
  }
}

interface Position {
  readonly person: string | null;
  readonly end: string;
  readonly remote_id: string;
}

function createRows(database: Database.Database, keys: KeyRing, link: string) {
  const codec = createRowCodec(keys, link);
  const agreedOf = database.prepare<unknown[], AgreedRecord>(`select * from agreed where link = ? and person = ?`);
  const stagedOf = database.prepare<unknown[], StagedRecord>(`select * from staged where link = ? and person = ?`);
  const stagedAt = database.prepare<unknown[], StagedRecord>(`select * from staged where link = ? and end = ? and remote_id = ?`);
  const parkedOf = database.prepare<unknown[], Pick<ParkedConflict, 'person' | 'field' | 'hash'>>(
    `select person, field, hash from conflict where link = ? and person = ?`,
  );
  const swingsOf = database.prepare<unknown[], Omit<Swing, 'former'> & { former: Buffer | null }>(
    `select person, end, field, latest, former, returns, since from swing where link = ? and person = ?`,
  );
  const journalOf = database.prepare<unknown[], { run: string; end: string; remote_id: string; content: Buffer }>(
    `select run, end, remote_id, content from journal where link = ? and person = ? order by sequence desc`,
  );
  const updateAgreed = database.prepare(
    `update agreed set match_keys = ?, record_hash = ?, fields = ?, elements = ? where link = ? and end = ? and remote_id = ?`,
  );
  const updateStaged = database.prepare(
    `update staged set match_keys = ?, record_hash = ? where link = ? and end = ? and remote_id = ?`,
  );
  const updateConflict = database.prepare(`update conflict set hash = ? where link = ? and person = ? and field = ?`);
  const forgetSwings = database.prepare(`delete from swing where link = ? and person = ? and end = ? and field = ?`);
  const insertSwing = database.prepare(
    `insert into swing (link, person, end, field, latest, former, returns, since) values (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const keyTables = Object.fromEntries(
    (['staged_key', 'agreed_key'] as const).map((table) => [
      table,
      database.prepare(`update ${table} set key = ? where link = ? and end = ? and remote_id = ? and rank = ?`),
    ]),
  );

  function writeKeys(table: 'staged_key' | 'agreed_key', end: string, remoteId: string, matchKeys: MatchKeys): void {
    for (const [rank, key] of matchKeys.entries()) if (key !== undefined) keyTables[table]!.run(key, link, end, remoteId, rank);
  }

  return {
    *positions(): Generator<Position> {
      const persons = database.prepare<unknown[], { person: string }>(
        `select person from (select person from agreed where link = :link union select person from staged where link = :link and person is not null)
         where person > :after order by person limit ${PAGE}`,
      );
      for (let after = '', page = persons.all({ link, after }); page.length > 0; page = persons.all({ link, after })) {
        for (const { person } of page) yield { person, end: '', remote_id: '' };
        after = page.at(-1)!.person;
      }
      const records = database.prepare<unknown[], Position>(
        `select person, end, remote_id from staged where link = ? and person is null and (end, remote_id) > (?, ?)
         order by end, remote_id limit ${PAGE}`,
      );
      let last: Position = { person: null, end: '', remote_id: '' };
      for (let page = records.all(link, '', ''); page.length > 0; page = records.all(link, last.end, last.remote_id)) {
        yield* page;
        last = page.at(-1)!;
      }
    },

    read({ person, end, remote_id }: Position): HashedRows {
      if (person === null) {
        return {
          agreed: [],
          staged: stagedAt.all(link, end, remote_id).map((row) => codec.openStaged(row)),
          parked: [],
          swings: [],
        };
      }
      return {
        agreed: agreedOf.all(link, person).map((row) => codec.openAgreed(row)),
        staged: stagedOf.all(link, person).map((row) => codec.openStaged(row)),
        parked: parkedOf.all(link, person),
        swings: swingsOf.all(link, person).map((row) => ({ ...row, former: row.former ?? undefined })),
      };
    },

    journalled(person: string | null) {
      return journalOf.all(link, person).flatMap(({ run, end, remote_id, content }) => {
        const { before, after } = codec.open(`journal|${run}|${end}|${remote_id}`, content) as Partial<
          Record<'before' | 'after', FieldValues>
        >;
        return [after, before].flatMap((values) => (values === undefined ? [] : [{ end, values }]));
      });
    },

    write(before: HashedRows, after: HashedRows): void {
      for (const row of after.agreed) {
        updateAgreed.run(
          encodeMatchKeys(row.matchKeys), row.recordHash, encodeFieldHashes(row.fields), encodeElementHashes(row.elements), link, row.end, row.remoteId,
        ); // prettier-ignore
        writeKeys('agreed_key', row.end, row.remoteId, row.matchKeys);
      }
      for (const row of after.staged) {
        updateStaged.run(encodeMatchKeys(row.matchKeys), row.recordHash, link, row.end, row.remoteId);
        writeKeys('staged_key', row.end, row.remoteId, row.matchKeys);
      }
      for (const { person, field, hash } of after.parked) updateConflict.run(hash, link, person, field);
      for (const { person, end, field } of before.swings) forgetSwings.run(link, person, end, field);
      for (const { person, end, field, latest, former, returns, since } of after.swings)
        insertSwing.run(link, person, end, field, latest, former ?? null, returns, since);
    },
  };
}
