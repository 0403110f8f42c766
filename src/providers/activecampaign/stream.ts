/** Reads contacts: everything, what changed, by id and by key. */
import { ProviderError } from '../../model/errors.ts';
import { toInstant } from '../../model/time.ts';
import type { RemoteRecord } from '../../model/value.ts';
import type { ChangePage, Cursor, KnownVersions, RecordClient, StreamTraits } from '../provider.ts';
import { PAGE_SIZE, type Api } from './api.ts';
import { completeRows, completionCalls, prepareCompletion, type Account, type Known, type Scope } from './completion.ts';
import { keysetPages, listContacts, readOptOuts, type AscendingIds, type ContactPage } from './contact-listing.ts';
import { readAt } from './contact-record.ts';
import type { LayoutShape } from './layout.ts';
import { readByKey } from './key-lookup.ts';
import { contactOf, rowsOf, totalOf, type ContactRow } from './rows.ts';
import { knownValueCalls } from './value-listing.ts';

/** A record may be listed some seconds after its stamp: the cursor stays this far behind the vendor's present. */
const SETTLE_LAG_MS = 60_000;
/** UNVERIFIED: whether `updated_after` includes its bound. Reads go back further than the cursor, and repeats do no harm. */
const OVERLAP_MS = 5 * 60_000;
const LISTED_PAGE = 1_000;
/** How many changed contacts are gathered before it is decided how to complete them. */
const LOOK_AHEAD = 1_000;

export type ContactReader = Pick<RecordClient, 'stream' | 'count' | 'read' | 'readByIds' | 'readByKey'> & {
  readonly price: Pick<RecordClient['price'], 'read' | 'readByIds'>;
};

/**
 * @param open the account with the layout of the mapped paths; asked for on the first read
 * @param known what is known of the account without asking it
 */
export function createReader(
  api: Api,
  lists: readonly string[],
  shape: LayoutShape,
  open: () => Promise<Account>,
  known: () => Known & { readonly listIds: readonly string[] | undefined },
): ContactReader {
  const traits: StreamTraits = {
    changes: 'feed',
    deletions: 'sweep',
    // UNVERIFIED: whether a change of a list's status moves `udate`; taken for "no".
    listed: lists.map((path) => ({ path, value: 'unsubscribed' })),
    // Tagging and imports of ours move `udate` as well.
    humanTime: false,
  };

  return {
    stream: traits,
    async count() {
      const account = await open();
      const answer = await api.get('/contacts', { limit: 1 });
      const total = totalOf(answer) ?? rowsOf(api, answer, 'contacts').length;
      account.totals.contacts = total;
      return total;
    },
    async *read(since, signal, known, everything) {
      yield* readChanges(await open(), everything === true ? undefined : since, signal, known);
    },
    async *readByIds(ids, signal) {
      yield* readByIds(await open(), ids, signal);
    },
    async *readByKey(path, values, signal) {
      const account = await open();
      yield* readByKey(account, path, values, {
        byIds: (ids) => readByIds(account, ids, signal),
        everybody: () => readChanges(account, undefined, signal),
        signal,
      });
    },
    price: {
      read(records, full) {
        const { totals, listIds } = known();
        const scope: Scope = { contacts: records, everybody: full, singly: false, ...(full ? {} : { updatedAfter: '' }) };
        const optOuts = Array.from({ length: shape.lists }, (_, index) =>
          keysetPages(totals.optOuts.get(listIds?.[index] ?? '') ?? 0),
        );
        return keysetPages(records) + optOuts.reduce((sum, calls) => sum + calls, 0) + completionCalls(shape, scope, known());
      },
      readByIds(records) {
        const bulk = bulkCallsByIds(records, shape, known());
        return (bulk ?? records) + completionCalls({ ...shape, fields: 0 }, scopeOfIds(records, false), known());
      },
    },
  };
}

async function* readChanges(
  account: Account,
  since: Cursor | undefined,
  signal: AbortSignal | undefined,
  known?: KnownVersions,
): AsyncGenerator<ChangePage> {
  const { api, layout, totals } = account;
  const position = since === undefined ? undefined : positionOf(api, since);
  const updatedAfter = position === undefined ? undefined : toInstant(position - OVERLAP_MS);
  const everybody = updatedAfter === undefined;
  const listing = listContacts(api, everybody ? {} : { 'filters[updated_after]': updatedAfter }, signal, true);
  const first = await nextPage(listing);
  const listed = first.last ? first.contacts.length : Math.max(first.total ?? 0, first.contacts.length);
  if (everybody) totals.contacts = listed;

  const optOuts = new Map<string, AscendingIds>();
  for (const list of layout.lists) {
    const optedOut = await readOptOuts(api, list, signal);
    optOuts.set(list.id, optedOut);
    totals.optOuts.set(list.id, optedOut.ids.length);
    for (let start = 0; start < optedOut.ids.length; start += LISTED_PAGE) {
      const ids = optedOut.ids.slice(start, start + LISTED_PAGE);
      const optOutRecords = ids.map((id): RemoteRecord => ({ id: String(id), values: { [list.path]: 'unsubscribed' } }));
      yield { records: [], listed: optOutRecords, deletions: [] };
    }
  }

  let newest = position ?? Number.NEGATIVE_INFINITY;
  let passed = 0;
  /** Contacts of a page that have to be completed. */
  const pick = async (contacts: readonly ContactRow[]): Promise<readonly ContactRow[]> => {
    passed += contacts.length;
    for (const { modifiedAt } of contacts) if (modifiedAt !== undefined) newest = Math.max(newest, Date.parse(modifiedAt));
    // A filter that the vendor ignores lists everybody: what did not change is dropped here.
    return everybody
      ? contacts
      : withoutKnown(
          contacts.filter((contact) => isChanged(contact, updatedAfter)),
          known,
        );
  };

  let page = first;
  let rows = [...(await pick(page.contacts))];
  // What changed is often known already, being our own work: how to complete the rest shows when it is counted.
  const mostAhead = everybody ? 0 : LOOK_AHEAD;
  while (!page.last && rows.length < mostAhead) {
    page = await nextPage(listing);
    rows.push(...(await pick(page.contacts)));
  }
  const contacts = page.last ? rows.length : rows.length + Math.max(0, listed - passed);
  const scope: Scope = { contacts, everybody, singly: false, ...(everybody ? {} : { updatedAfter, listed }) };
  const completion = await prepareCompletion(account, scope, optOuts, signal);
  for (;;) {
    for (let start = 0; start < rows.length; start += PAGE_SIZE) {
      const records = await completeRows(completion, rows.slice(start, start + PAGE_SIZE));
      yield { records: records.map((record) => ({ ...record, ...readAt(first.date) })), deletions: [] };
    }
    if (page.last) break;
    page = await nextPage(listing);
    rows = [...(await pick(page.contacts))];
  }
  const cursor = cursorAt(first.date ?? newest);
  yield { records: [], deletions: [], ...(cursor === undefined ? {} : { cursor }) };
}

function isChanged(contact: ContactRow, updatedAfter: string): boolean {
  return contact.modifiedAt === undefined || contact.modifiedAt >= updatedAfter;
}

async function withoutKnown(contacts: readonly ContactRow[], known: KnownVersions | undefined): Promise<readonly ContactRow[]> {
  if (known === undefined) return contacts;
  const found = await known(contacts.flatMap(({ id, modifiedAt }) => (modifiedAt === undefined ? [] : [{ id, modifiedAt }])));
  return contacts.filter((contact) => !found.has(contact.id));
}

/** The first page, or the one after a page that was not the last. */
async function nextPage(listing: AsyncGenerator<ContactPage, void>): Promise<ContactPage> {
  const next = await listing.next();
  if (next.done === true) throw new Error('A listing ended before its last page. This is a bug in Syncline, please report it.');
  return next.value;
}

/** Without a `Date` header the newest stamp of a record stands for the vendor's present. */
function cursorAt(date: number): Cursor | undefined {
  return Number.isFinite(date) ? (JSON.stringify({ position: toInstant(date - SETTLE_LAG_MS) }) as Cursor) : undefined;
}

/** @throws ProviderError PROVIDER_INVALID_CURSOR */
function positionOf(api: Api, cursor: Cursor): number {
  let position = Number.NaN;
  try {
    position = Date.parse(String((JSON.parse(cursor) as { position?: unknown }).position));
  } catch {
    // Reported below, with everything else that is no position.
  }
  if (Number.isNaN(position)) {
    throw new ProviderError(
      'PROVIDER_INVALID_CURSOR',
      'The stored position in the ActiveCampaign contact stream cannot be read.',
      {
        integration: api.integration,
        fault: 'ours',
      },
    );
  }
  return position;
}

function scopeOfIds(contacts: number, singly: boolean): Scope {
  return { contacts, everybody: false, singly };
}

/** Calls to read contacts by their ids in bulk, tags left out; `undefined` where one call each is cheaper or the only exact way. */
function bulkCallsByIds(contacts: number, shape: LayoutShape, known: Known): number | undefined {
  if (shape.lists > 0) return undefined;
  const values =
    shape.fields === 0 ? 0 : known.fieldIds === undefined ? undefined : knownValueCalls(known.fieldIds, known.totals);
  const calls = values === undefined ? undefined : values + Math.ceil(contacts / PAGE_SIZE);
  return calls !== undefined && calls < contacts ? calls : undefined;
}

async function* readByIds(
  account: Account,
  ids: readonly string[],
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly RemoteRecord[]> {
  const { api, layout, totals } = account;
  const wanted = [...new Set(ids)].filter((id) => /^[1-9]\d{0,14}$/.test(id)).toSorted((a, b) => Number(a) - Number(b));
  if (wanted.length === 0) return;
  const shape = { fields: layout.fields.length, tags: layout.tags.length, lists: layout.lists.length };
  const fieldIds = layout.fields.map((field) => field.id);
  const bulk = bulkCallsByIds(wanted.length, shape, { totals, fieldIds, tagIds: undefined, accountFields: layout.accountFields });
  let completion = await prepareCompletion(account, scopeOfIds(wanted.length, bulk === undefined), new Map(), signal);
  for (let start = 0; start < wanted.length; start += PAGE_SIZE) {
    const chunk = wanted.slice(start, start + PAGE_SIZE);
    const rows = completion.way === 'bulk' ? await listByIds(api, chunk, signal) : undefined;
    if (completion.way === 'bulk' && rows === undefined) {
      completion = await prepareCompletion(account, scopeOfIds(wanted.length, true), new Map(), signal);
    }
    yield completion.way === 'bulk' ? await completion.complete(rows ?? []) : await completion.complete(chunk);
  }
}

/** Up to 100 contacts in one call; `undefined` where the vendor ignored the ids and listed others. */
async function listByIds(api: Api, ids: readonly string[], signal: AbortSignal | undefined): Promise<ContactRow[] | undefined> {
  const answer = await api.get('/contacts', { 'ids[]': ids, 'orders[id]': 'ASC', limit: PAGE_SIZE }, signal);
  const rows = rowsOf(api, answer, 'contacts').map((row) => contactOf(api, row));
  const wanted = new Set(ids);
  return rows.every((row) => wanted.has(row.id)) ? rows : undefined;
}
