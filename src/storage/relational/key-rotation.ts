import { SynclineError } from '../../model/errors.ts';
import type { FieldValues } from '../../model/value.ts';
import {
  SUPPRESSION_LIST,
  type HashedRows,
  type JournalledValues,
  type KeyRotation,
  type Rehash,
  type RotatedKey,
} from '../key-rotation.ts';
import type { KeyRing } from '../keys.ts';
import type { ParkedConflict, Swing } from '../conflicts.ts';
import type { MatchKeys } from '../person.ts';
import { ADDRESSED_TABLES, CAMPAIGN_IMPORT_PLACES } from './campaign-import-schema.ts';
import { setLinkHashKey, setSuppressionHashKey, type HashKeys } from './hash-keys.ts';
import {
  createRowCodec,
  encodeElementHashes,
  encodeFieldHashes,
  encodeMatchKeys,
  type AgreedRecord,
  type StagedRecord,
} from './ledger-rows.ts';
import { LEDGER_TABLES } from './ledger-schema.ts';
import type { LinkNames } from './link-names.ts';
import { setMeta } from './meta.ts';
import { keyOf, pagesOf, type Row } from './pages.ts';
import type { Dialect, Sql, Transaction } from './sql.ts';

/** Where each table's content is bound to, after the link's name: the places by which the rows' own modules seal it. */
const PLACES: Readonly<Record<string, (row: Row) => string>> = {
  staged: (row) => placeOf('staged', row, 'end', 'remote_id'),
  agreed: (row) => placeOf('agreed', row, 'end', 'remote_id'),
  intent: (row) => placeOf('intent', row, 'end', 'person'),
  conflict: (row) => placeOf('conflict', row, 'person', 'field'),
  quarantine: (row) => placeOf('quarantine', row, 'end', 'subject'),
  journal: (row) => placeOf('journal', row, 'run', 'end', 'remote_id'),
  ...CAMPAIGN_IMPORT_PLACES,
  sign_on: (row) => placeOf('sign-on', row, 'who'),
};

const PAGE_ROWS = 500;

export interface RotationContext {
  readonly sql: Sql;
  readonly keys: KeyRing;
  readonly hashKeys: HashKeys;
  readonly names: LinkNames;
}

/**
 * Gives the ledger another key, in one transaction.
 * @throws SynclineError KEY_ROTATION_UNSETTLED where calls wait for an answer, STORAGE_DECRYPTION_FAILED for a damaged value
 */
export function rotateKey(context: RotationContext, { keyId, rehash }: KeyRotation): Promise<RotatedKey> {
  const { sql, keys, hashKeys, names } = context;
  const target = keys.using(keyId);
  return sql.transaction(async (transaction): Promise<RotatedKey> => {
    await refuseOpenIntents(transaction, names);
    const kept: { readonly keyId: string; readonly use: string }[] = [];
    for (const name of await linksOf(transaction)) {
      const from = hashKeys.ring(keys, name);
      const address = names.addressOf(name);
      const isRehashed = await rehashLink(transaction, sql.dialect, keys, name, rehash(address, from, target));
      const left = isRehashed ? undefined : from.hashId;
      setLinkHashKey(transaction, name, left);
      if (left !== undefined && left !== keyId) kept.push({ keyId: left, use: address });
    }
    const list = await keepSuppressions(transaction, hashKeys.ring(keys, undefined).keyHashId);
    if (list !== undefined && list !== keyId) kept.push({ keyId: list, use: SUPPRESSION_LIST });
    let resealed = 0;
    for (const table of Object.keys(PLACES)) resealed += await resealTable(transaction, table, keys, target);
    setMeta(transaction, 'key', keyId);
    return { formerId: keys.currentId, keyId, resealed, kept };
  });
}

/** An open intent holds hashes of what its record was made from, and that record may have changed since. */
async function refuseOpenIntents(transaction: Transaction, names: LinkNames): Promise<void> {
  const open = await transaction.get<{ link: string }>(`select link from intent limit 1`);
  if (open === undefined) return;
  const address = names.addressOf(open.link);
  throw new SynclineError('KEY_ROTATION_UNSETTLED', `${address} has calls that were never answered, or whose job still runs.`, {
    hint: `Let a cycle settle them first:\n  syncline sync ${address}`,
  });
}

/** Addresses cannot be told from their hashes; so lists that are not empty keep their key, those of campaign imports too. */
async function keepSuppressions(transaction: Transaction, keyId: string): Promise<string | undefined> {
  let isEmpty = true;
  for (const table of ['suppression', ...ADDRESSED_TABLES])
    isEmpty &&= (await transaction.get(`select 1 from ${table} limit 1`)) === undefined;
  const kept = isEmpty ? undefined : keyId;
  setSuppressionHashKey(transaction, kept);
  return kept;
}

async function linksOf(transaction: Transaction): Promise<readonly string[]> {
  const rows = await transaction.all<{ link: string }>(
    `select link from agreed union select link from staged union select link from conflict union select link from swing order by link`,
  );
  return rows.map(({ link }) => link);
}

/** @returns how many values were encrypted anew */
async function resealTable(transaction: Transaction, table: string, keys: KeyRing, target: KeyRing): Promise<number> {
  const { key } = LEDGER_TABLES[table]!;
  const update = `update ${table} set content = ? where ${key.map((column) => `"${column}" = ?`).join(' and ')}`;
  let resealed = 0;
  for await (const rows of pagesOf(transaction, table, 'content is not null')) {
    for (const row of rows) {
      const place = `${String(row['link'])}|${PLACES[table]!(row)}`;
      const content = target.encrypt(keys.decrypt(row['content'] as Buffer, place), place);
      transaction.write(update, content, ...keyOf(key, row));
    }
    resealed += rows.length;
  }
  return resealed;
}

function placeOf(kind: string, row: Row, ...columns: readonly string[]): string {
  return [kind, ...columns.map((column) => String(row[column]))].join('|');
}

const UNPROVEN = Symbol('unproven');

/** @returns whether all hashes of the link were made anew; none was otherwise */
async function rehashLink(
  transaction: Transaction,
  dialect: Dialect,
  keys: KeyRing,
  link: string,
  rehash: Rehash | undefined,
): Promise<boolean> {
  const bare = await transaction.get(`select 1 from agreed where link = ? and content is null limit 1`, link);
  if (rehash === undefined || bare !== undefined) return false;
  const rows = createRows(transaction, dialect, keys, link);
  try {
    await transaction.savepoint(async () => {
      for await (const { before, journalled } of rows.subjects()) {
        const after = rehash(before, journalled);
        if (after === undefined) throw UNPROVEN;
        rows.write(before, after);
      }
    });
    return true;
  } catch (error) {
    if (error === UNPROVEN) return false;
    throw error;
  }
}

interface RehashedSubject {
  readonly before: HashedRows;
  readonly journalled: () => readonly JournalledValues[];
}

interface JournalledRecord {
  readonly person: string;
  readonly run: string;
  readonly end: string;
  readonly remote_id: string;
  readonly content: Buffer;
}

function createRows(transaction: Transaction, dialect: Dialect, keys: KeyRing, link: string) {
  const codec = createRowCodec(keys, link);

  async function ofPersons(persons: readonly string[]): Promise<readonly RehashedSubject[]> {
    const wanted = JSON.stringify(persons);
    const of = async <Rows extends { readonly person: string | null }>(table: string) =>
      Map.groupBy(
        await transaction.all<Rows>(
          `select * from ${table} where link = ? and person in ${dialect.texts('?')} ${table === 'journal' ? 'order by sequence' : ''}`,
          link,
          wanted,
        ),
        ({ person }) => person,
      );
    const agreed = await of<AgreedRecord>('agreed');
    const staged = await of<StagedRecord>('staged');
    const parked = await of<Pick<ParkedConflict, 'person' | 'field' | 'hash'>>('conflict');
    const swings = await of<Omit<Swing, 'former'> & { readonly former: Buffer | null }>('swing');
    const journal = await of<JournalledRecord>('journal');
    return persons.map((person) => ({
      journalled: () => (journal.get(person) ?? []).toReversed().flatMap(valuesOf),
      before: {
        agreed: (agreed.get(person) ?? []).map((row) => codec.openAgreed(row)),
        staged: (staged.get(person) ?? []).map((row) => codec.openStaged(row)),
        parked: (parked.get(person) ?? []).map(({ field, hash }) => ({ person, field, hash })),
        swings: (swings.get(person) ?? []).map((row) => ({ ...row, former: row.former ?? undefined })),
      },
    }));
  }

  function valuesOf({ run, end, remote_id: remoteId, content }: JournalledRecord): readonly JournalledValues[] {
    const { before, after } = codec.open(`journal|${run}|${end}|${remoteId}`, content) as Partial<
      Record<'before' | 'after', FieldValues>
    >;
    return [after, before].flatMap((values) => (values === undefined ? [] : [{ end, values }]));
  }

  function writeKeys(table: 'staged_key' | 'agreed_key', end: string, remoteId: string, matchKeys: MatchKeys): void {
    for (const [rank, key] of matchKeys.entries())
      if (key !== undefined)
        transaction.write(
          `update ${table} set key = ? where link = ? and "end" = ? and remote_id = ? and rank = ?`,
          key,
          link,
          end,
          remoteId,
          rank,
        );
  }

  return {
    async *subjects(): AsyncGenerator<RehashedSubject> {
      const persons = (after: string): Promise<readonly { person: string }[]> =>
        transaction.all(
          `select person from (select person from agreed where link = :link
             union select person from staged where link = :link and person is not null) known
           where person > :after order by person limit ${PAGE_ROWS}`,
          { link, after },
        );
      for (let page = await persons(''); page.length > 0; page = await persons(page.at(-1)!.person))
        yield* await ofPersons(page.map(({ person }) => person));
      const records = (end: string, remoteId: string): Promise<readonly StagedRecord[]> =>
        transaction.all(
          `select * from staged where link = ? and person is null and ("end", remote_id) > (?, ?)
           order by "end", remote_id limit ${PAGE_ROWS}`,
          link,
          end,
          remoteId,
        );
      for (let page = await records('', ''); page.length > 0; page = await records(page.at(-1)!.end, page.at(-1)!.remote_id))
        for (const record of page)
          yield {
            journalled: () => [],
            before: { agreed: [], staged: [codec.openStaged(record)], parked: [], swings: [] },
          };
    },

    write(before: HashedRows, after: HashedRows): void {
      for (const row of after.agreed) {
        transaction.write(
          `update agreed set match_keys = ?, record_hash = ?, fields = ?, elements = ? where link = ? and "end" = ? and remote_id = ?`,
          encodeMatchKeys(row.matchKeys), row.recordHash, encodeFieldHashes(row.fields), encodeElementHashes(row.elements), link, row.end, row.remoteId,
        ); // prettier-ignore
        writeKeys('agreed_key', row.end, row.remoteId, row.matchKeys);
      }
      for (const row of after.staged) {
        transaction.write(
          `update staged set match_keys = ?, record_hash = ? where link = ? and "end" = ? and remote_id = ?`,
          encodeMatchKeys(row.matchKeys), row.recordHash, link, row.end, row.remoteId,
        ); // prettier-ignore
        writeKeys('staged_key', row.end, row.remoteId, row.matchKeys);
      }
      for (const { person, field, hash } of after.parked)
        transaction.write(`update conflict set hash = ? where link = ? and person = ? and field = ?`, hash, link, person, field);
      for (const { person, end, field } of before.swings)
        transaction.write(
          `delete from swing where link = ? and person = ? and "end" = ? and field = ?`,
          link,
          person,
          end,
          field,
        );
      for (const { person, end, field, latest, former, returns, since } of after.swings)
        transaction.write(
          `insert into swing (link, person, "end", field, latest, former, returns, since) values (?, ?, ?, ?, ?, ?, ?, ?)`,
          link, person, end, field, latest, former ?? null, returns, since,
        ); // prettier-ignore
    },
  };
}
