/**
 * Reading the records of one object: everything, what changed, by id and by key.
 *
 * Changes are found by SystemModstamp, which moves with edits of people and of the system alike.
 * It is given before a transaction commits, so that a row can appear with a stamp of the past: each
 * read begins some minutes before the position that the last one reached. Positions come from the
 * `Date` of the server's answers, never from the local clock.
 */
import { ProviderError } from '../../model/errors.ts';
import type { FieldDescription, RemoteRecord } from '../../model/value.ts';
import type {
  ChangePage,
  Conversion,
  Cursor,
  Deletion,
  Dependency,
  ObjectDescription,
  RecordClient,
  StreamTraits,
} from '../provider.ts';
import type { ApiClient } from './client.ts';
import { unexpectedAnswer } from './failure.ts';
import { countRows, idQuery, queryPages, soqlOf } from './query.ts';
import type { Query } from './query.ts';
import { isRecordId, toLongId } from './record-id.ts';
import { readInstant } from './record-values.ts';
import { isRow, rowId, toRecord } from './rows.ts';
import type { Row } from './rows.ts';
import { checkName, chunkLiterals, instantLiteral, literalFor, quote } from './soql.ts';

/** The most records of one page of a query, by default and at most. */
const PAGE_RECORDS = 2000;
/** The most ids that one retrieve call takes. */
export const RETRIEVE_RECORDS = 2000;
/** More ids than any address line holds. */
const MAX_IDS_IN_URL = 1000;
/** How far a read reaches back before its cursor. */
const OVERLAP_MS = 5 * 60_000;
/** How far a cursor stays behind the server's clock. */
const SETTLE_MS = 60_000;
/** Objects whose records can be merged, and then name the record that was kept. */
const MERGEABLE: ReadonlySet<string> = new Set(['Account', 'Contact', 'Lead']);

/**
 * Objects whose records can be converted. They stay, cannot be edited any more, and name what they became.
 * @source Object Reference: Lead (IsConverted, ConvertedContactId, ConvertedAccountId)
 */
const CONVERTIBLE: ReadonlySet<string> = new Set(['Lead']);
const CONVERSION_FIELDS = ['IsConverted', 'ConvertedContactId', 'ConvertedAccountId'];
const UNCONVERTED = 'IsConverted = false';

const STREAM_TRAITS: StreamTraits = { changes: 'feed', deletions: 'feed', listed: [], humanTime: false };

type Reader = Pick<RecordClient, 'stream' | 'count' | 'read' | 'readByIds' | 'readByKey'> & {
  readonly price: Pick<RecordClient['price'], 'read' | 'readByIds'>;
};

export function createReader(client: ApiClient, description: ObjectDescription): Reader {
  const object = checkName(description.object);
  const { fields } = description;
  const convertible = CONVERTIBLE.has(object);
  const paths = fields.map((field) => checkName(field.path));
  const select = [...new Set(['Id', 'SystemModstamp', ...paths, ...(convertible ? CONVERSION_FIELDS : [])])];
  const living = convertible ? [UNCONVERTED] : [];
  const selectAll = [...new Set([...select, 'IsDeleted', ...(MERGEABLE.has(object) ? ['MasterRecordId'] : [])])];
  const crossesParents = fields.some((field) => field.parent !== undefined);
  const dependencies = fields.map(dependencyOf).filter((one) => one !== undefined);
  const watched = [...new Set(dependencies.flatMap((dependency) => dependency.watched).flatMap(ancestry))];
  const records = (rows: readonly Row[]): RemoteRecord[] =>
    rows.filter((row) => !isConverted(row)).map((row) => toRecord(row, fields));
  const byIds = (list: string): string => soqlOf(idQuery(select, object, [`Id IN (${list})`], undefined));

  async function* full(signal?: AbortSignal): AsyncGenerator<ChangePage> {
    let cursor: Cursor | undefined;
    for await (const page of queryPages(client, idQuery(select, object, living, signal))) {
      cursor ??= cursorAt(client, page.dateMs, undefined);
      yield { records: records(page.rows), deletions: [], ...(page.last ? { cursor } : {}) };
    }
  }

  async function* changes(since: Cursor, everything: boolean, signal?: AbortSignal): AsyncGenerator<ChangePage> {
    const sinceMs = positionOf(client, since);
    const low = instantLiteral(sinceMs - OVERLAP_MS);
    const stamps = ['', ...watched.map((parent) => `${parent}.`)].map((prefix) => `${prefix}SystemModstamp >= ${low}`);
    const existing = convertible ? `(IsDeleted = FALSE AND ${UNCONVERTED})` : 'IsDeleted = FALSE';
    const changed = (everything ? [existing, stamps[0]!] : stamps).join(' OR ');
    // One query for changes and deletions: `queryAll` lists what lies in the recycle bin as well.
    const query: Query = { ...idQuery(selectAll, object, [changed], signal), resource: 'queryAll' };
    let cursor: Cursor | undefined;
    for await (const page of queryPages(client, query)) {
      cursor ??= cursorAt(client, page.dateMs, sinceMs);
      const present = page.rows.filter((row) => row['IsDeleted'] !== true);
      const deletions = page.rows.filter((row) => row['IsDeleted'] === true).map(toDeletion);
      const conversions = present.filter(isConverted).map(toConversion);
      yield {
        records: records(present),
        deletions,
        ...(conversions.length === 0 ? {} : { conversions }),
        ...(page.last ? { cursor } : {}),
      };
    }
  }

  async function* retrieve(ids: readonly string[], signal?: AbortSignal): AsyncGenerator<readonly RemoteRecord[]> {
    for (let start = 0; start < ids.length; start += RETRIEVE_RECORDS) {
      const rows = await retrieveRows(client, object, ids.slice(start, start + RETRIEVE_RECORDS), select, signal);
      yield records(rows.filter((row) => row !== null));
    }
  }

  async function* readByIds(given: readonly string[], signal?: AbortSignal): AsyncGenerator<readonly RemoteRecord[]> {
    // An id of another form belongs to no record, and would make Salesforce refuse the whole call.
    const ids = [...new Set(given.filter(isRecordId).map(toLongId))];
    if (!crossesParents) {
      yield* retrieve(ids, signal);
      return;
    }
    for (const chunk of chunkLiterals(ids.map(quote), byIds)) {
      for await (const page of queryPages(client, idQuery(select, object, [`Id IN (${chunk.join(',')})`], signal)))
        yield records(page.rows);
    }
  }

  async function* readByKey(
    path: string,
    values: readonly string[],
    signal?: AbortSignal,
  ): AsyncGenerator<readonly RemoteRecord[]> {
    const field: Pick<FieldDescription, 'type'> = fields.find((candidate) => candidate.path === path) ?? { type: 'string' };
    const condition = (list: string): string => `${checkName(path)} IN (${list})`;
    const literals = [...new Set(values)].filter((value) => value !== '').map((value) => literalFor(field, value));
    const known = literals.filter((literal) => literal !== undefined);
    for (const chunk of chunkLiterals(known, (list) => soqlOf(idQuery(select, object, [condition(list)], undefined)))) {
      for await (const page of queryPages(client, idQuery(select, object, [condition(chunk.join(','))], signal)))
        yield records(page.rows);
    }
  }

  return {
    stream: dependencies.length === 0 ? STREAM_TRAITS : { ...STREAM_TRAITS, dependencies },
    count: () => countRows(client, object),
    read: (since, signal, _known, everything = false) =>
      since === undefined ? full(signal) : changes(since, everything, signal),
    readByIds,
    readByKey,
    price: {
      read: pages,
      readByIds(count) {
        if (!crossesParents) return Math.ceil(count / RETRIEVE_RECORDS);
        const sample = Array.from({ length: Math.min(count, MAX_IDS_IN_URL) }, () => quote('0'.repeat(18)));
        return Math.ceil(count / (chunkLiterals(sample, byIds)[0]?.length ?? 1));
      },
    },
  };
}

function dependencyOf({ path, parent, computed }: FieldDescription): Dependency | undefined {
  const watched = [...new Set([...(parent === undefined ? [] : [parent]), ...(computed?.parents ?? [])])];
  const unwatched = computed?.others ?? [];
  return watched.length + unwatched.length === 0 ? undefined : { path, watched, unwatched };
}

/** Pages of a query that lists `count` records. No record is a page as well. */
function pages(count: number): number {
  return Math.max(1, Math.ceil(count / PAGE_RECORDS));
}

/** `Account.Owner` -> `Account`, `Account.Owner`: a change of either can change the value. */
function ancestry(parent: string): string[] {
  const steps = parent.split('.');
  return steps.map((_step, index) => steps.slice(0, index + 1).join('.'));
}

/**
 * Rows of these ids, in their order, `null` where there is no such record (any more).
 *
 * @param ids at most 2,000
 */
export async function retrieveRows(
  client: ApiClient,
  object: string,
  ids: readonly string[],
  fields: readonly string[],
  signal?: AbortSignal,
): Promise<readonly (Row | null)[]> {
  const { body } = await client.call({
    method: 'POST',
    path: `/composite/sobjects/${object}`,
    body: { ids, fields },
    effect: 'none',
    signal,
  });
  if (!Array.isArray(body) || body.length !== ids.length) {
    throw unexpectedAnswer(
      client.integration,
      `Salesforce answered ${Array.isArray(body) ? String(body.length) : 'no'} records to ${String(ids.length)} ids.`,
    );
  }
  return (body as unknown[]).map((row) => (isRow(row) ? row : null));
}

function isConverted(row: Row): boolean {
  return row['IsConverted'] === true;
}

/** A lead becomes a contact of an account; both may have existed before. */
function toConversion(row: Row): Conversion {
  const [contact, account] = [row['ConvertedContactId'], row['ConvertedAccountId']];
  return {
    id: rowId(row),
    at: readInstant(String(row['SystemModstamp'])),
    into:
      typeof contact === 'string'
        ? { object: 'Contact', id: toLongId(contact) }
        : { object: 'Account', id: toLongId(String(account)) },
  };
}

function toDeletion(row: Row): Deletion {
  const master = row['MasterRecordId'];
  return {
    id: rowId(row),
    at: readInstant(String(row['SystemModstamp'])),
    ...(typeof master === 'string' ? { mergedInto: toLongId(master) } : {}),
  };
}

/** The position reached by a read whose first answer the server gave at `dateMs`. Never before the one it began from. */
function cursorAt(client: ApiClient, dateMs: number | undefined, sinceMs: number | undefined): Cursor {
  if (dateMs === undefined) {
    throw unexpectedAnswer(
      client.integration,
      'Salesforce answered without a Date, so that the next read would not know where to begin.',
    );
  }
  const position = Math.max(dateMs - SETTLE_MS, sinceMs ?? 0);
  return JSON.stringify({ position: new Date(position).toISOString() }) as Cursor;
}

function positionOf(client: ApiClient, cursor: Cursor): number {
  try {
    const ms = Date.parse((JSON.parse(cursor) as { position: string }).position);
    if (!Number.isNaN(ms)) return ms;
  } catch {
    // Reported below, as any other text that is no cursor.
  }
  throw new ProviderError('PROVIDER_INVALID_CURSOR', 'A stored cursor of this Salesforce integration cannot be read.', {
    integration: client.integration,
    fault: 'ours',
  });
}
