/** Contacts of v2: in the account and in address books. */
import { bookAt, writableBookAt } from './address-books.ts';
import { isEmail, isFinal, isLive, type Contact } from './contact.ts';
import { valuesOf } from './contact-values.ts';
import type { DeletionJobs } from './deletions.ts';
import { invalidEmail, ok, PARAMETER_INVALID, refusedV2, type Answer } from './errors.ts';
import { route, type Exchange, type Route } from './exchange.ts';
import { dateOf, pageOf } from './paging.ts';
import { Members } from './request-body.ts';
import { membersOf } from './segments.ts';
import type { ContactValues, Store } from './store.ts';

/** @param full all fields of the account, `null` where there is no value; lists leave them out unless asked */
export function contactForm(store: Store, contact: Contact, full: boolean): Readonly<Record<string, unknown>> {
  return {
    id: contact.id,
    email: contact.email ?? '',
    optInType: contact.optInType,
    emailType: contact.emailType,
    dataFields: full ? [...store.fields.keys()].map((key) => ({ key, value: contact.fields.get(key) ?? null })) : null,
    status: contact.status,
  };
}

export function notFound(): Answer {
  return refusedV2('ERROR_CONTACT_NOT_FOUND', 404);
}

function suppressed(): Answer {
  return refusedV2('ERROR_CONTACT_SUPPRESSED', 400, 'Contact is suppressed.');
}

function wantsFullData({ request }: Exchange): boolean {
  return request.query.get('withFullData')?.toLowerCase() === 'true';
}

function isSuppressed(store: Store, contact: Contact | undefined, email: string): boolean {
  return store.globallySuppressed.has(email.toLowerCase()) || (contact !== undefined && !isLive(contact.status));
}

function* inAccount(store: Store): Iterable<Contact> {
  for (const contact of store.contacts.values()) if (contact.email !== null && isLive(contact.status)) yield contact;
}

function* inBook(store: Store, book: number): Iterable<Contact> {
  for (const membership of store.members(book).values()) {
    const contact = store.contacts.get(membership.contact);
    if (contact !== undefined && membership.status === 'subscribed' && isLive(contact.status)) yield contact;
  }
}

function page(exchange: Exchange, contacts: Iterable<Contact>): Answer {
  const full = wantsFullData(exchange);
  return pageOf(exchange, contacts, (contact) => contactForm(exchange.store, contact, full));
}

/** The id may be a segment's as well. */
function listInBook(exchange: Exchange): Answer {
  const segment = exchange.store.segments.get(Number(exchange.parameters[0]));
  if (segment !== undefined) return page(exchange, membersOf(exchange.store, segment));
  const book = bookAt(exchange);
  return 'status' in book ? book : page(exchange, inBook(exchange.store, book.id));
}

function* filtered(contacts: Iterable<Contact>, keep: (contact: Contact) => boolean): Iterable<Contact> {
  for (const contact of contacts) if (keep(contact)) yield contact;
}

/** UNVERIFIED: that the edge is part of what is listed. */
function listSince(stamp: (contact: Contact) => number, ofBook: boolean) {
  return (exchange: Exchange): Answer => {
    const { store, parameters } = exchange;
    const since = dateOf(parameters[ofBook ? 1 : 0]);
    if (since === undefined) return refusedV2(PARAMETER_INVALID);
    if (!ofBook)
      return page(
        exchange,
        filtered(inAccount(store), (contact) => stamp(contact) >= since),
      );
    const book = bookAt(exchange);
    return 'status' in book
      ? book
      : page(
          exchange,
          filtered(inBook(store, book.id), (contact) => stamp(contact) >= since),
        );
  };
}

/** By id only who is live; by address everybody, with the status. */
function getContact(exchange: Exchange): Answer {
  const { store, parameters } = exchange;
  const given = parameters[0]!;
  if (/^\d+$/.test(given)) {
    const contact = store.contacts.get(Number(given));
    return contact === undefined || !isLive(contact.status) ? notFound() : ok(contactForm(store, contact, true));
  }
  if (!isEmail(given)) return invalidEmail();
  const contact = store.contactByEmail(given);
  return contact === undefined ? notFound() : ok(contactForm(store, contact, true));
}

/** Creates or updates by address, or updates who is named. */
export function upsert(store: Store, values: ContactValues, now: number, named?: Contact): Contact | Answer {
  const holder = store.contactByEmail(values.email!);
  if (named !== undefined && holder !== undefined && holder.id !== named.id) return refusedV2('ERROR_CONTACT_INVALID');
  const known = named ?? holder;
  if (isSuppressed(store, known, values.email!)) return suppressed();
  if (known === undefined) return store.addContact(values, now);
  store.changeContact(known, values, now);
  return known;
}

function postContact(exchange: Exchange): Answer {
  const { store, body, now } = exchange;
  const values = valuesOf(store, body);
  if ('status' in values) return values;
  const contact = upsert(store, values, now);
  return 'body' in contact ? contact : { status: 201, body: contactForm(store, contact as Contact, true) };
}

function putContact(exchange: Exchange): Answer {
  const { store, body, now, parameters } = exchange;
  const contact = store.contacts.get(Number(parameters[0]));
  if (contact === undefined) return notFound();
  const values = valuesOf(store, body);
  if ('status' in values) return values;
  const changed = upsert(store, values, now, contact);
  return 'body' in changed ? changed : ok(contactForm(store, contact, true));
}

function deleteContact({ store, parameters }: Exchange): Answer {
  const id = Number(parameters[0]);
  if (!store.contacts.has(id)) return notFound();
  store.removeContact(id);
  return { status: 204 };
}

function postToBook(exchange: Exchange): Answer {
  const { store, body, now } = exchange;
  const book = writableBookAt(exchange);
  if ('status' in book) return book;
  const values = valuesOf(store, body);
  if ('status' in values) return values;
  const known = store.contactByEmail(values.email!);
  if (known !== undefined && store.membership(known.id, book.id)?.status === 'unsubscribed')
    return refusedV2('ERROR_CONTACT_SUPPRESSEDFORADDRESSBOOK', 400, 'Contact is suppressed for this address book.');
  const contact = upsert(store, values, now);
  if ('body' in contact) return contact;
  store.join(contact as Contact, book.id, now);
  return ok(contactForm(store, contact as Contact, true));
}

function removeFromBook(exchange: Exchange): Answer {
  const book = writableBookAt(exchange);
  if ('status' in book) return book;
  return exchange.store.leave(Number(exchange.parameters[1]), book.id) ? { status: 204 } : notFound();
}

function removeManyFromBook(jobs: DeletionJobs) {
  return (exchange: Exchange): Answer => {
    const book = writableBookAt(exchange);
    if ('status' in book) return book;
    if (!Array.isArray(exchange.payload)) return refusedV2(PARAMETER_INVALID);
    const ids = exchange.payload.map(Number);
    return jobs.start(exchange.now, () => ids.forEach((id) => exchange.store.leave(id, book.id)));
  };
}

function removeAllFromBook(jobs: DeletionJobs) {
  return (exchange: Exchange): Answer => {
    const book = writableBookAt(exchange);
    if ('status' in book) return book;
    const { store } = exchange;
    return jobs.start(exchange.now, () => [...store.members(book.id).keys()].forEach((id) => store.leave(id, book.id)));
  };
}

/** The old way, done at once. */
function emptyBook(exchange: Exchange): Answer {
  const book = writableBookAt(exchange);
  if ('status' in book) return book;
  for (const id of exchange.store.members(book.id).keys()) exchange.store.leave(id, book.id);
  return { status: 204 };
}

/** A GET with a body, which is why most clients leave it alone. */
function retrieveCollection({ store, body }: Exchange): Answer {
  const full = body.any('withFullData') === true;
  const found: unknown[] = [];
  const missing: unknown[] = [];
  for (const entry of body.list('contacts')) {
    const wanted = new Members(entry);
    const [id, email] = [Number(wanted.text('id')), wanted.text('email')];
    const contact = id > 0 ? store.contacts.get(id) : store.contactByEmail(email);
    if (contact === undefined) missing.push({ id, email: email === '' ? null : email });
    else found.push({ ...contactForm(store, contact, full), created: new Date(contact.created).toISOString() });
  }
  return ok({ contacts: found, notFound: missing });
}

function suppressContacts({ store, payload, now }: Exchange): Answer {
  if (!Array.isArray(payload)) return refusedV2(PARAMETER_INVALID);
  const done: unknown[] = [];
  const missing: unknown[] = [];
  for (const entry of payload) {
    const wanted = new Members(entry);
    const [id, email] = [Number(wanted.text('id')), wanted.text('email')];
    const contact = id > 0 ? store.contacts.get(id) : store.contactByEmail(email);
    (contact === undefined ? missing : done).push({ id: Math.max(0, id), email: email === '' ? null : email });
    if (contact !== undefined && !isFinal(contact.status)) store.suppress(contact, null, 'Suppressed', now);
  }
  return ok({ suppressed: done, notFound: missing });
}

function countContacts({ store }: Exchange): Answer {
  const count = [...inAccount(store)].length;
  return { status: 200, headers: { 'Content-Type': 'text/plain' }, body: String(count) };
}

export function contactRoutes(jobs: DeletionJobs): readonly Route[] {
  return [
    route('GET', '/v2/contacts', 'low', (exchange) => page(exchange, inAccount(exchange.store))),
    route('GET', '/v2/contacts/count', 'high', countContacts),
    route('GET', '/v2/contacts/retrieve-collection', 'low', retrieveCollection),
    route(
      'GET',
      '/v2/contacts/created-since/{date}',
      'low',
      listSince(({ created }) => created, false),
    ),
    route(
      'GET',
      '/v2/contacts/modified-since/{date}',
      'low',
      listSince(({ updated }) => updated, false),
    ),
    route('PUT', '/v2/contacts/suppress-contacts', 'low', suppressContacts),
    route('GET', '/v2/contacts/{idOrEmail}', 'high', getContact),
    route('POST', '/v2/contacts', 'medium', postContact),
    route('PUT', '/v2/contacts/{id}', 'medium', putContact),
    route('DELETE', '/v2/contacts/{id}', 'medium', deleteContact),
    route('GET', '/v2/address-books/{id}/contacts', 'low', listInBook),
    route(
      'GET',
      '/v2/address-books/{id}/contacts/modified-since/{date}',
      'low',
      listSince(({ updated }) => updated, true),
    ),
    route('POST', '/v2/address-books/{id}/contacts', 'medium', postToBook),
    route('POST', '/v2/address-books/{id}/contacts/delete', 'low', removeManyFromBook(jobs)),
    route('POST', '/v2/address-books/{id}/contacts/delete-all', 'low', removeAllFromBook(jobs)),
    route('DELETE', '/v2/address-books/{id}/contacts', 'low', emptyBook),
    route('DELETE', '/v2/address-books/{id}/contacts/{contactId}', 'medium', removeFromBook),
  ];
}
