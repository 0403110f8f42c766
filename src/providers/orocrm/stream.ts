/**
 * Reads contacts or leads: everything, what changed, by id and by key.
 *
 * Changes are found by `updatedAt`, in whole seconds and given before the change is committed: each
 * read begins some minutes before the position that the last one reached. A listing goes by id and not
 * by stamp: who is changed while it is read moves in the order of stamps, and would push others out of
 * the pages that are still to come. There is therefore no upper bound either: what changes behind the
 * page that is being read is later than the position that the read began from. Nothing tells of
 * deletions, and nothing but a complete listing of the marks tells of marketing lists.
 *
 * UNVERIFIED: whether a change of an address that is not the primary one, or of groups, moves
 * `updatedAt`. Taken for "yes": where it does not, the change is seen with the next one of the record.
 */
import { ProviderError } from '../../model/errors.ts';
import { toInstant } from '../../model/time.ts';
import type { RemoteRecord } from '../../model/value.ts';
import type { ChangePage, Cursor, RecordClient, StreamTraits } from '../provider.ts';
import { chunkList, ID_PAGE_SIZE, listPages, pagesOf, type Api } from './api.ts';
import { EXTERNAL_ID, PRIMARY_SETS } from './catalog.ts';
import { unexpected } from './documents.ts';
import type { GroupDirectory } from './group-directory.ts';
import { markListings, readMarks, readQuery, recordsOf, type Layout, type Marks } from './layout.ts';
import type { MarketingLists } from './marketing-lists.ts';

/** How far a read reaches back before its cursor. */
const OVERLAP_MS = 5 * 60_000;
/** How far a cursor stays behind the installation's clock. */
const SETTLE_MS = 60_000;
/** A number of seven digits and its comma, as they stand in an address. */
const TYPICAL_ID = '0000000';
const NO_MARKS: Marks = new Map();
/** Marks that are handed over at once. */
const LISTED_AT_ONCE = 1_000;

export type Reader = Pick<RecordClient, 'stream' | 'count' | 'read' | 'readByIds' | 'readByKey'> & {
  readonly price: Pick<RecordClient['price'], 'read' | 'readByIds'>;
};

export interface Directories {
  readonly groups: GroupDirectory;
  readonly lists: MarketingLists;
}

export function createReader(api: Api, layout: Layout, directories: Directories): Reader {
  const { kind } = layout;
  const { collection } = kind;
  const query = readQuery(layout);
  /** How many marks the last complete reading of them took calls for. */
  let markCalls: number | undefined;

  const traits: StreamTraits = {
    changes: 'feed',
    deletions: 'sweep',
    listed: layout.marks.map(({ path, part }) => ({ path, value: part === 'list' ? true : 'unsubscribed' })),
    // Our own writes and those of background jobs move `updatedAt` as well.
    humanTime: false,
  };

  /** Pages of records under these conditions, with the marks of those whom `marks` does not know. */
  async function* pages(
    conditions: Readonly<Record<string, string>>,
    marks: Marks | undefined,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<{ readonly records: readonly RemoteRecord[]; readonly date: number | undefined }> {
    for await (const { document, rows } of listPages(api, collection, { ...conditions, ...query }, { signal })) {
      const ids = rows.map(({ id }) => id);
      const known = marks ?? (ids.length === 0 ? NO_MARKS : await readMarks(layout, directories.lists, ids, signal));
      yield { records: await recordsOf(layout, document, rows, known, directories.groups), date: document.date };
    }
  }

  async function* read(since: Cursor | undefined, signal?: AbortSignal, everything = false): AsyncGenerator<ChangePage> {
    const sinceMs = since === undefined ? undefined : positionOf(api, since);
    const before = api.client.meter.calls;
    const marks = layout.marks.length === 0 ? NO_MARKS : await readMarks(layout, directories.lists, undefined, signal);
    markCalls = api.client.meter.calls - before;
    for (const { path, part } of layout.marks) {
      const value = part === 'list' ? true : 'unsubscribed';
      const ids = [...(marks.get(path)?.ids ?? [])];
      for (let start = 0; start < ids.length; start += LISTED_AT_ONCE) {
        const part = ids.slice(start, start + LISTED_AT_ONCE);
        yield { records: [], listed: part.map((id) => ({ id, values: { [path]: value } })), deletions: [] };
      }
    }

    const low = sinceMs === undefined || everything ? undefined : toInstant(sinceMs - OVERLAP_MS).replace(/\.\d+Z$/, 'Z');
    const changed: Readonly<Record<string, string>> = low === undefined ? {} : { 'filter[updatedAt][gte]': low };
    let cursor: Cursor | undefined;
    for await (const { records, date } of pages(changed, marks, signal)) {
      cursor ??= cursorAt(api, date, sinceMs);
      yield { records, deletions: [] };
    }
    if (low !== undefined && layout.account !== undefined) {
      for (const accounts of chunkList(await changedAccounts(low, signal))) {
        for await (const { records } of pages({ [`filter[${kind.account}]`]: accounts.join(',') }, marks, signal))
          yield { records, deletions: [] };
      }
    }
    yield { records: [], deletions: [], ...(cursor === undefined ? {} : { cursor }) };
  }

  /** A new name of an account leaves the stamps of its people alone. */
  async function changedAccounts(low: string, signal: AbortSignal | undefined): Promise<string[]> {
    const ids: string[] = [];
    const conditions = { 'filter[updatedAt][gte]': low, 'fields[accounts]': 'updatedAt' };
    for await (const { rows } of listPages(api, 'accounts', conditions, { pageSize: ID_PAGE_SIZE, signal }))
      ids.push(...rows.map(({ id }) => id));
    return ids;
  }

  async function* readByIds(given: readonly string[], signal?: AbortSignal): AsyncGenerator<readonly RemoteRecord[]> {
    // An id of another form belongs to no record, and would make OroCRM refuse the whole call.
    const ids = [...new Set(given)].filter((id) => /^[1-9]\d{0,9}$/.test(id));
    for (const chunk of chunkList(ids)) {
      for await (const { records } of pages({ 'filter[id]': chunk.join(',') }, undefined, signal)) yield records;
    }
  }

  async function* readByKey(
    path: string,
    given: readonly string[],
    signal?: AbortSignal,
  ): AsyncGenerator<readonly RemoteRecord[]> {
    const filter = listFilter(path);
    // UNVERIFIED: the database decides whether case counts; addresses are asked for as given and in lower case.
    const spellings =
      filter === undefined || path === EXTERNAL_ID ? given : given.flatMap((value) => [value, value.toLowerCase()]);
    const values = [...new Set(spellings)].filter((value) => value !== '');
    if (values.length === 0) return;
    const wanted = new Set(values.map(folded));
    const matches = (record: RemoteRecord): boolean => {
      const value = record.values[path] ?? null;
      return Array.isArray(value)
        ? (value as readonly string[]).some((item) => wanted.has(folded(item)))
        : wanted.has(folded(String(value)));
    };
    // A comma separates values wherever a filter takes several; where none is asked for, it stands for itself.
    const split = filter !== undefined && values.some((value) => value.includes(','));
    const seen = new Set<string>();
    try {
      if (!split) {
        for (const chunk of filter === undefined ? values.map((value) => [value]) : chunkList(values)) {
          const condition = { [`filter[${filter ?? path}]`]: chunk.join(',') };
          for await (const { records } of pages(condition, undefined, signal)) {
            const found = records.filter((record) => matches(record) && !seen.has(record.id));
            for (const { id } of found) seen.add(id);
            yield found;
          }
        }
        return;
      }
    } catch (error) {
      // Fields of long text have no filter.
      if (!(error instanceof ProviderError) || error.vendorCode !== 'filter constraint') throw error;
    }
    for await (const { records } of pages({}, undefined, signal))
      yield records.filter((record) => matches(record) && !seen.has(record.id));
  }

  return {
    stream: traits,
    async count() {
      const { headers, data } = await api.call({
        method: 'GET',
        path: `/${collection}`,
        query: { [`fields[${collection}]`]: 'updatedAt', 'page[size]': 1 },
        headers: { 'x-include': 'totalCount;noHateoas' },
      });
      const total = Number(headers['x-include-total-count'] ?? Number.NaN);
      if (Number.isNaN(total)) throw unexpected(api.integration, `no number of ${collection}`);
      return Math.max(total, data.length);
    },
    read: (since, signal, _known, everything) => read(since, signal, everything),
    readByIds,
    readByKey,
    price: {
      read: (records, full) =>
        pagesOf(records) + (markCalls ?? markListings(layout)) + (!full && layout.account !== undefined ? 1 : 0),
      readByIds: (records) => Math.ceil(records / IDS_A_CALL) * (1 + markListings(layout)),
    },
  };
}

/** How many typical ids one address holds. */
export const IDS_A_CALL = chunkList(Array.from({ length: 1_000 }, () => TYPICAL_ID))[0]!.length;

/**
 * The filter that takes a list of values for a path. Addresses are looked for among all of a record's
 * addresses: only that filter takes several.
 * UNVERIFIED: documented for contacts; leads are said to behave alike.
 */
function listFilter(path: string): string | undefined {
  if (path === EXTERNAL_ID) return path;
  return PRIMARY_SETS.find(({ set, primary }) => path === set || path === primary)?.set;
}

function folded(value: string): string {
  return value.toLowerCase();
}

/** The position reached by a read whose first answer was given at `dateMs`. Never before the one it began from. */
function cursorAt(api: Api, dateMs: number | undefined, sinceMs: number | undefined): Cursor {
  if (dateMs === undefined)
    throw unexpected(api.integration, 'without a Date, so that the next read would not know where to begin');
  return JSON.stringify({ position: toInstant(Math.max(dateMs - SETTLE_MS, sinceMs ?? 0)) }) as Cursor;
}

/** @throws ProviderError PROVIDER_INVALID_CURSOR */
function positionOf(api: Api, cursor: Cursor): number {
  try {
    const ms = Date.parse(String((JSON.parse(cursor) as { position?: unknown }).position));
    if (!Number.isNaN(ms)) return ms;
  } catch {
    // Reported below, as any other text that is no cursor.
  }
  throw new ProviderError('PROVIDER_INVALID_CURSOR', 'A stored cursor of this OroCRM integration cannot be read.', {
    integration: api.integration,
    fault: 'ours',
  });
}
