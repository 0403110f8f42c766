import { createHash } from 'node:crypto';
import { parseInstant } from './account-time.ts';
import type { Exchange } from './exchange.ts';
import { integerOf, type JsonObject } from './json.ts';
import { ordered, pageBounds } from './paging.ts';
import type { FilterTest, QueryParameters } from './query-parameters.ts';
import type { ContactRow } from './rows.ts';
import type { Store } from './store.ts';
import { firstAfter } from './table.ts';

/** Listings of contacts that are remembered, so that the pages of one sweep do not filter or sort afresh each. */
const REMEMBERED_LISTINGS = 16;
const ANY_STATUS = -1;
/** An index that holds more than one contact in so many is no quicker than testing them all. */
const WORTHWHILE_SHARE = 8;

type Test = (contact: ContactRow) => boolean;

const ORDERINGS: Readonly<Record<string, (contact: ContactRow) => string | number>> = {
  id: (contact) => contact.id,
  cdate: (contact) => contact.created,
  email: (contact) => contact.email.toLowerCase(),
  first_name: (contact) => contact.firstName.toLowerCase(),
  last_name: (contact) => contact.lastName.toLowerCase(),
  name: (contact) => `${contact.firstName} ${contact.lastName}`.toLowerCase(),
};

/** Whether a contact is among those of some rows, which are gone through once, when the first contact is tested. */
function amongContactsOf<T extends { contact: number }>(store: Store, rows: readonly T[], counts: (row: T) => boolean): Test {
  let members: Uint8Array | undefined;
  return (contact) => {
    if (members === undefined) {
      members = new Uint8Array(store.contacts.nextId());
      for (const row of rows) {
        if (counts(row)) members[row.contact] = 1;
      }
    }
    return members[contact.id] === 1;
  };
}

function memberTest(store: Store, list: number, status: number): Test {
  const rows = list === 0 ? store.memberships.rows : store.membershipsByList.get(list);
  return amongContactsOf(store, rows, (row) => status === ANY_STATUS || row.status === status);
}

/**
 * UNVERIFIED: `after` and `before` leave out the second that they name; whole seconds are compared, as they are stored.
 * A date that cannot be read filters nothing, like an unknown filter.
 */
function dateTest({ field, value }: FilterTest): Test | undefined {
  const instant = parseInstant(value);
  if (instant === undefined) return undefined;
  switch (field) {
    case 'created_after':
      return (contact) => contact.created > instant;
    case 'created_before':
      return (contact) => contact.created < instant;
    case 'updated_after':
      return (contact) => contact.updated > instant;
    case 'updated_before':
      return (contact) => contact.updated < instant;
    default:
      return undefined;
  }
}

function nothing(): boolean {
  return false;
}

/** The tests that the query asks for, beyond those that the candidates have passed. */
function testsOf(store: Store, query: QueryParameters): Test[] {
  const tests: Test[] = [];
  // The cheap ones first: on a whole account they leave little for those that look into other tables.
  for (const filter of query.filters) {
    const test = filter.operator === 'eq' ? dateTest(filter) : undefined;
    if (test !== undefined) tests.push(test);
  }
  const like = query.text('email_like')?.toLowerCase();
  if (like) tests.push((contact) => contact.email.toLowerCase().includes(like));
  const phone = query.text('phone');
  if (phone) tests.push((contact) => contact.phone.startsWith(phone));
  const search = query.text('search')?.toLowerCase();
  if (search) {
    tests.push((contact) =>
      `${contact.firstName} ${contact.lastName}\n${contact.phone}\n${contact.email}`.toLowerCase().includes(search),
    );
  }
  const excluded = integerOf(query.text('exclude'), 0);
  if (excluded > 0) tests.push((contact) => contact.id !== excluded);
  const below = integerOf(query.text('id_less'), 0);
  if (below > 0) tests.push((contact) => contact.id < below);
  // UNVERIFIED: a status without a list asks for the contacts that have it on any list.
  const status = integerOf(query.text('status'), ANY_STATUS);
  const list = integerOf(query.text('listid'), 0);
  if (list > 0 || status !== ANY_STATUS) tests.push(memberTest(store, list, status));
  if (query.text('in_group_lists') === 'true') tests.push(memberTest(store, 0, ANY_STATUS));
  const automation = integerOf(query.text('seriesid'), 0);
  if (automation > 0) {
    tests.push((contact) => store.contactAutomationsByContact.get(contact.id).some((row) => row.automation === automation));
  }
  // The account has no forms, segments or automation steps that wait: nobody came by one.
  for (const name of ['formid', 'segmentid', 'waitid']) {
    if (integerOf(query.text(name), 0) > 0) tests.push(nothing);
  }
  return tests;
}

/** The narrowest set of contacts that an index offers for the query, ascending by id. */
function candidates(store: Store, query: QueryParameters): readonly ContactRow[] {
  const email = query.text('email');
  if (email) {
    const contact = store.contactByEmail(email);
    return contact === undefined ? [] : [contact];
  }
  const ids = query.list('ids');
  if (ids.length > 0)
    return contactsOf(
      store,
      ids.map((id) => integerOf(id, 0)),
    );
  const most = store.contacts.rows.length / WORTHWHILE_SHARE;
  const tagged = store.contactTagsByTag.get(integerOf(query.text('tagid'), 0));
  if (tagged.length > 0 && tagged.length < most)
    return contactsOf(
      store,
      tagged.map((row) => row.contact),
    );
  const members = store.membershipsByList.get(integerOf(query.text('listid'), 0));
  if (members.length > 0 && members.length < most)
    return contactsOf(
      store,
      members.map((row) => row.contact),
    );
  return store.contacts.rows;
}

function contactsOf(store: Store, ids: readonly number[]): ContactRow[] {
  return [...new Set(ids)]
    .sort((a, b) => a - b)
    .flatMap((id) => {
      const contact = store.contacts.get(id);
      return contact === undefined ? [] : [contact];
    });
}

/** Tests for those filters that `candidates` took no index for, because another one was narrower. */
function unindexedTests(store: Store, query: QueryParameters): Test[] {
  const tests: Test[] = [];
  const ids = query.list('ids');
  if (query.text('email') && ids.length > 0) {
    const wanted = new Set(ids.map((id) => integerOf(id, 0)));
    tests.push((contact) => wanted.has(contact.id));
  }
  const tag = integerOf(query.text('tagid'), 0);
  if (tag > 0) tests.push(amongContactsOf(store, store.contactTagsByTag.get(tag), () => true));
  return tests;
}

/** Whether a contact passes all tests; a plain loop, since whole accounts go through it. */
function passesAll(contact: ContactRow, tests: readonly Test[]): boolean {
  for (const test of tests) {
    if (!test(contact)) return false;
  }
  return true;
}

/** The contacts that the query asks for with an id greater than `after`, in its order. */
function matching(store: Store, query: QueryParameters, after: number): readonly ContactRow[] {
  const tests = [...testsOf(store, query), ...unindexedTests(store, query)];
  const all = candidates(store, query);
  const found = after === 0 ? all : all.slice(firstAfter(all, after));
  const kept = tests.length === 0 ? found : found.filter((contact) => passesAll(contact, tests));
  if (ascendsById(query)) return kept;
  if (query.orders.some(({ field }) => Object.hasOwn(ORDERINGS, field))) return ordered(query, kept, ORDERINGS);
  // Recorded: without an order a listing comes by address, not by id.
  const keyed = kept.map((contact) => ({ contact, key: contact.email.toLowerCase() }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.contact.id - b.contact.id));
  return keyed.map(({ contact }) => contact);
}

function ascendsById(query: QueryParameters): boolean {
  const first = query.orders.find(({ field }) => Object.hasOwn(ORDERINGS, field));
  return first !== undefined && first.field === 'id' && !first.descending;
}

const PAGE_ONLY = new Set(['limit', 'offset', 'id_greater']);

function listingKey(query: URLSearchParams): string {
  return JSON.stringify([...query].filter(([name]) => !PAGE_ONLY.has(name)));
}

interface RememberedListing {
  readonly version: number;
  /** The listing holds the contacts with a greater id only. */
  readonly after: number;
  readonly contacts: readonly ContactRow[];
}

/** Answers listings of contacts, remembering recent ones until the data change. */
export class ContactListings {
  readonly #remembered = new Map<string, RememberedListing>();

  /** The page's contacts and the `meta` beside them. */
  page(exchange: Exchange): { contacts: readonly ContactRow[]; meta: JsonObject } {
    const { query, store, request } = exchange;
    const { limit, offset } = pageBounds(query);
    const after = Math.max(0, integerOf(query.text('id_greater'), 0));
    const listing = this.#listing(store, query, request.query, after);
    let { contacts } = listing;
    let start = 0;
    if (after > listing.after) {
      if (ascendsById(query)) start = firstAfter(contacts, after);
      else contacts = contacts.filter((contact) => contact.id > after);
    }
    // UNVERIFIED: under `id_greater` the total counts the rest only.
    const total = contacts.length - start;
    return {
      contacts: contacts.slice(start + offset, start + offset + limit),
      meta: { page_input: this.#pageInput(exchange, limit, offset), total: String(total), sortable: true },
    };
  }

  /** A listing of all that the query asks for, or at least of what comes after the id. */
  #listing(store: Store, query: QueryParameters, parameters: URLSearchParams, after: number): RememberedListing {
    const key = listingKey(parameters);
    const remembered = this.#remembered.get(key);
    if (remembered !== undefined && remembered.version === store.version && remembered.after <= after) return remembered;
    const listing = { version: store.version, after, contacts: matching(store, query, after) };
    this.#remembered.delete(key);
    this.#remembered.set(key, listing);
    if (this.#remembered.size > REMEMBERED_LISTINGS) {
      for (const oldest of this.#remembered.keys()) {
        this.#remembered.delete(oldest);
        break;
      }
    }
    return listing;
  }

  #pageInput({ query, request }: Exchange, limit: number, offset: number): JsonObject {
    return {
      segmentid: query.text('segmentid') ?? null,
      formid: integerOf(query.text('formid'), 0),
      listid: integerOf(query.text('listid'), 0),
      tagid: integerOf(query.text('tagid'), 0),
      limit,
      offset,
      search: query.text('search') ?? null,
      sort: null,
      seriesid: integerOf(query.text('seriesid'), 0),
      waitid: integerOf(query.text('waitid'), 0),
      status: integerOf(query.text('status'), ANY_STATUS),
      forceQuery: integerOf(query.text('forceQuery'), 0),
      cacheid: createHash('md5').update(request.rawQuery).digest('hex'),
    };
  }
}
