/**
 * Reads contacts: everything, what changed, by id and by key.
 *
 * A change of a contact moves its stamp (`updated`), which version 3 filters by. Whether joining or
 * leaving an address book does is not documented, and nothing tells of leaving: memberships are listed
 * anew on every read, and so is who left a book. An account-wide suppression is asked for by its own date.
 */
import { toInstant } from '../../model/time.ts';
import type { RemoteRecord } from '../../model/value.ts';
import { inParallel } from '../../http/parallel.ts';
import type { ChangePage, Cursor, Deletion, RecordClient, StreamTraits } from '../provider.ts';
import type { Api } from './api.ts';
import { isMailed, isMember, recordOf, type Contact, type OptOuts } from './contact.ts';
import {
  changedSince,
  listContacts,
  readAccountSuppressions,
  readBookOptOuts,
  readContact,
  v2Pages,
  v3Pages,
  type ContactPage,
} from './contact-listing.ts';
import { parsePath } from './fields.ts';
import type { Layout } from './layout.ts';
import { positionOf } from './position.ts';

/** A record may be listed some seconds after its stamp: the cursor stays this far behind the vendor's present. */
const SETTLE_LAG_MS = 60_000;
/** UNVERIFIED: whether since-filters include their bound. Reads go back further than the cursor, and repeats do no harm. */
const OVERLAP_MS = 5 * 60_000;
/** Records that are handed over at once. */
const PAGE_RECORDS = 1_000;
/** A page of a listing is as dear as so many look-ups: it counts in the lowest tier, and holds 5,000 contacts. */
const LOOKUPS_PER_PAGE = 10;

/** What was learned of the account while it was read: its size, by which prices are told, and of its contacts. */
export interface Learned {
  contacts: number | undefined;
  /** Ids of contacts that may not be mailed, of those that were read. */
  readonly unmailed: Set<string>;
  /** By id of the address book. */
  readonly members: Map<string, number>;
  readonly optOuts: Map<string, number>;
}

export type ContactReader = Pick<RecordClient, 'stream' | 'count' | 'read' | 'readByIds' | 'readByKey'> & {
  readonly price: Pick<RecordClient['price'], 'read' | 'readByIds'>;
};

/**
 * @param open the layout of the mapped paths; asked for on the first read
 * @param known the same where it can be told without a call
 */
export function createReader(
  api: Api,
  paths: readonly string[],
  learned: Learned,
  open: () => Promise<Layout>,
  known: () => Layout | undefined,
): ContactReader {
  const listed = paths.flatMap((path): StreamTraits['listed'][number][] => {
    const part = parsePath(path)?.part;
    if (part === 'member') return [{ path, value: true }];
    return part === 'book' ? [{ path, value: 'unsubscribed' }] : [];
  });
  const withStatus = paths.includes('status');
  const optOutCalls = (layout: Layout | undefined): number =>
    (layout?.consents ?? []).reduce((sum, { book }) => sum + v2Pages(learned.optOuts.get(book.id) ?? 0), 0);
  const memberCalls = (layout: Layout | undefined): number =>
    (layout?.members ?? []).reduce((sum, { book }) => sum + v3Pages(learned.members.get(book.id) ?? book.contacts), 0);

  return {
    stream: {
      changes: 'feed',
      deletions: 'sweep',
      listed,
      // Imports of ours move `updated` as well.
      humanTime: false,
    },
    count: () => countContacts(api, learned),
    async *read(since, signal, _known, everything) {
      yield* readChanges(api, await open(), learned, since, everything === true, signal);
    },
    async *readByIds(ids, signal) {
      yield* readByIds(api, await open(), learned, ids, signal);
    },
    async *readByKey(path, values, signal) {
      yield* readByKey(api, await open(), learned, path, values, signal);
    },
    price: {
      read(records, full) {
        const layout = known();
        return v3Pages(records) + optOutCalls(layout) + (full ? 0 : memberCalls(layout) + (withStatus ? 1 : 0));
      },
      readByIds: (records) => (isListed(records, learned) ? v3Pages(learned.contacts!) : records) + optOutCalls(known()),
    },
  };
}

async function* readChanges(
  api: Api,
  layout: Layout,
  learned: Learned,
  since: Cursor | undefined,
  everything: boolean,
  signal: AbortSignal | undefined,
): AsyncGenerator<ChangePage> {
  const position = since === undefined ? undefined : positionOf(api, since);
  const suppressedFrom = position === undefined ? undefined : position - OVERLAP_MS;
  const from = everything ? undefined : suppressedFrom;
  const optOuts = await readOptOuts(api, layout, learned, signal);
  for (const { path, book } of layout.consents) {
    yield* listedPages([...optOuts.get(book.id)!.keys()], path, 'unsubscribed');
  }
  const withStatus = layout.natives.find(({ key }) => key === 'status');
  const suppressed =
    suppressedFrom === undefined || withStatus === undefined
      ? new Map<string, string | undefined>()
      : await readAccountSuppressions(api, suppressedFrom, signal);
  const withTime = (record: RemoteRecord): RemoteRecord => {
    const at = suppressed.get(record.id);
    const isOut = at !== undefined && record.values[withStatus!.path] !== 'subscribed';
    return isOut ? { ...record, evidence: { ...record.evidence, [withStatus!.path]: at } } : record;
  };

  let present: number | undefined;
  let newest = position ?? Number.NEGATIVE_INFINITY;
  let listed = 0;
  const members = new Map<string, number>();
  for await (const page of listContacts(api, layout, from === undefined ? {} : changedSince(from), signal)) {
    present ??= page.date;
    const contacts = page.contacts.filter((contact) => from === undefined || isChanged(contact, from));
    const deletions: Deletion[] = [];
    const alive: Contact[] = [];
    for (const contact of contacts) {
      if (contact.modifiedAt !== undefined) newest = Math.max(newest, Date.parse(contact.modifiedAt));
      if (contact.isDeleted)
        deletions.push({ id: contact.id, ...(contact.modifiedAt === undefined ? {} : { at: contact.modifiedAt }) });
      else alive.push(contact);
    }
    listed += alive.length;
    // Of everybody, the contacts themselves tell who is in which book.
    if (from === undefined) {
      for (const { path, book } of layout.members) {
        const ids = alive.filter((contact) => isMember(contact, book.id)).map((contact) => contact.id);
        members.set(book.id, (members.get(book.id) ?? 0) + ids.length);
        yield* listedPages(ids, path, true);
      }
    }
    const records = recordsOf(api, layout, learned, { contacts: alive, date: page.date }, optOuts).map(withTime);
    for (const { id } of records) suppressed.delete(id);
    for (let start = 0; start < records.length; start += PAGE_RECORDS) {
      yield { records: records.slice(start, start + PAGE_RECORDS), deletions: [] };
    }
    if (deletions.length > 0) yield { records: [], deletions };
  }
  if (from === undefined) {
    learned.contacts = listed;
    for (const [book, count] of members) learned.members.set(book, count);
  } else {
    for (const { path, book } of layout.members) yield* readMembers(api, path, book.id, learned, signal);
  }
  // A suppression that did not move the contact's stamp.
  for await (const records of lookUp(api, layout, learned, [...suppressed.keys()], 'contactId', optOuts, signal)) {
    yield { records: records.map(withTime), deletions: [] };
  }
  const cursor = cursorAt(present ?? newest);
  yield { records: [], deletions: [], ...(cursor === undefined ? {} : { cursor }) };
}

function isChanged(contact: Contact, from: number): boolean {
  return contact.modifiedAt === undefined || Date.parse(contact.modifiedAt) >= from - 1000;
}

async function readOptOuts(api: Api, layout: Layout, learned: Learned, signal: AbortSignal | undefined): Promise<OptOuts> {
  const optOuts = new Map<string, ReadonlyMap<string, string | undefined>>();
  for (const { book } of layout.consents) {
    const left = await readBookOptOuts(api, book.id, signal);
    optOuts.set(book.id, left);
    learned.optOuts.set(book.id, left.size);
  }
  return optOuts;
}

async function* readMembers(
  api: Api,
  path: string,
  book: string,
  learned: Learned,
  signal: AbortSignal | undefined,
): AsyncGenerator<ChangePage> {
  const layout: Layout = {
    natives: [],
    fields: [],
    members: [{ path, book: { id: book, name: '', contacts: 0 } }],
    consents: [],
  };
  let count = 0;
  for await (const page of listContacts(api, layout, { '~listId': book }, signal)) {
    const ids = page.contacts.filter((contact) => !contact.isDeleted && isMember(contact, book)).map((contact) => contact.id);
    count += ids.length;
    yield* listedPages(ids, path, true);
  }
  learned.members.set(book, count);
}

function* listedPages(ids: readonly string[], path: string, value: boolean | string): Generator<ChangePage> {
  for (let start = 0; start < ids.length; start += PAGE_RECORDS) {
    const part = ids.slice(start, start + PAGE_RECORDS);
    yield { records: [], listed: part.map((id): RemoteRecord => ({ id, values: { [path]: value } })), deletions: [] };
  }
}

/** Without a `Date` header the newest stamp of a contact stands for the vendor's present. */
function cursorAt(date: number): Cursor | undefined {
  return Number.isFinite(date) ? (JSON.stringify({ position: toInstant(date - SETTLE_LAG_MS) }) as Cursor) : undefined;
}

/** Whether so many contacts are found more cheaply in a listing of everybody. */
function isListed(count: number, learned: Learned): boolean {
  return learned.contacts !== undefined && count > LOOKUPS_PER_PAGE * v3Pages(learned.contacts);
}

/** The same, where nobody has counted them yet: whoever continues what another process began has read nothing. */
async function worthListing(api: Api, count: number, learned: Learned, signal: AbortSignal | undefined): Promise<boolean> {
  if (learned.contacts === undefined && count > LOOKUPS_PER_PAGE) await countContacts(api, learned, signal);
  return isListed(count, learned);
}

async function countContacts(api: Api, learned: Learned, signal?: AbortSignal): Promise<number> {
  const answer = await api.get('high', '/v2/contacts/count', {}, signal);
  learned.contacts = Number(answer.json) || 0;
  return learned.contacts;
}

async function* readByIds(
  api: Api,
  layout: Layout,
  learned: Learned,
  ids: readonly string[],
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly RemoteRecord[]> {
  const wanted = new Set(ids.filter((id) => /^[1-9]\d{0,14}$/.test(id)));
  if (wanted.size === 0) return;
  const optOuts = await readOptOuts(api, layout, learned, signal);
  if (await worthListing(api, wanted.size, learned, signal))
    yield* pick(api, layout, learned, (contact) => wanted.has(contact.id), optOuts, signal);
  else yield* lookUp(api, layout, learned, [...wanted], 'contactId', optOuts, signal);
}

/** E-mail addresses are compared without regard to case, as the vendor keeps them in lower case; any other field takes a full read. */
async function* readByKey(
  api: Api,
  layout: Layout,
  learned: Learned,
  path: string,
  values: readonly string[],
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly RemoteRecord[]> {
  const wanted = new Set(values.filter((value) => value !== ''));
  if (wanted.size === 0) return;
  const optOuts = await readOptOuts(api, layout, learned, signal);
  if (layout.natives.some((native) => native.path === path && native.key === 'email')) {
    const emails = new Set([...wanted].map((value) => value.toLowerCase()));
    if (await worthListing(api, emails.size, learned, signal))
      yield* pick(api, layout, learned, (contact) => emails.has(contact.email), optOuts, signal);
    else yield* lookUp(api, layout, learned, [...emails], 'email', optOuts, signal);
    return;
  }
  for await (const records of pick(api, layout, learned, () => true, optOuts, signal)) {
    yield records.filter((record) => wanted.has(String(record.values[path] ?? '')));
  }
}

function recordsOf(
  api: Api,
  layout: Layout,
  learned: Learned,
  { contacts, date }: ContactPage,
  optOuts: OptOuts,
): readonly RemoteRecord[] {
  for (const contact of contacts) {
    if (isMailed(contact)) learned.unmailed.delete(contact.id);
    else learned.unmailed.add(contact.id);
  }
  return contacts.map((contact) => recordOf(api, layout, contact, date, optOuts));
}

/** One call each; whoever is not there is left out. */
async function* lookUp(
  api: Api,
  layout: Layout,
  learned: Learned,
  values: readonly string[],
  identifier: 'contactId' | 'email',
  optOuts: OptOuts,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly RemoteRecord[]> {
  for (let start = 0; start < values.length; start += PAGE_RECORDS) {
    const found = await inParallel(values.slice(start, start + PAGE_RECORDS), (value) =>
      readContact(api, identifier, value, signal),
    );
    yield found
      .filter((one) => one !== undefined)
      .flatMap(({ contact, date }) => recordsOf(api, layout, learned, { contacts: [contact], date }, optOuts));
  }
}

async function* pick(
  api: Api,
  layout: Layout,
  learned: Learned,
  isWanted: (contact: Contact) => boolean,
  optOuts: OptOuts,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly RemoteRecord[]> {
  for await (const page of listContacts(api, layout, {}, signal)) {
    const contacts = page.contacts.filter((contact) => !contact.isDeleted && isWanted(contact));
    yield recordsOf(api, layout, learned, { contacts, date: page.date }, optOuts);
  }
}
