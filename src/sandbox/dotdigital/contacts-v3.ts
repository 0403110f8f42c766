/** The contacts service of v3: contacts by any identifier, and lists of them by marker. */
import { isFinal, isLive, type Contact } from './contact.ts';
import {
  contactFormV3,
  EVERYTHING,
  invalidIdentifier,
  STOCK_IDENTIFIERS,
  wantedOf,
  type Shown,
  type WantedContact,
} from './contact-v3.ts';
import { isEmail } from './contact.ts';
import { ok, refusedV3, type Answer } from './errors.ts';
import { route, type Exchange, type Route } from './exchange.ts';
import { isObject } from './request-body.ts';
import { membersOf } from './segments.ts';
import type { Store } from './store.ts';

const LARGEST_PAGE = 5000;

function badRequest(item: string, description: string): Answer {
  return refusedV3(400, 'badRequest', 'The request is invalid', [{ item, description }]);
}

export function badJson(): Answer {
  return refusedV3(400, 'badJson', 'The request JSON is badly formed');
}

function shownOf(query: URLSearchParams): Shown {
  const names = query.get('data-fields')?.split('|') ?? [];
  return {
    fields: names.includes('[[ALL]]') ? 'all' : names.filter((name) => name !== ''),
    include: new Set(query.get('include')?.split(/[|,]/) ?? []),
  };
}

/** `gte::` and a moment of UTC. In ms; `undefined` where it is something else. */
function sinceOf(text: string): number | undefined {
  const found = /^gte::(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{3})?Z)$/.exec(text)?.[1];
  return found === undefined ? undefined : Date.parse(found);
}

function list(exchange: Exchange): Answer {
  const { store, request } = exchange;
  const { query } = request;
  const limit = Number(query.get('limit') ?? LARGEST_PAGE);
  if (!Number.isInteger(limit) || limit < 1 || limit > LARGEST_PAGE) return badRequest('limit', 'Must be between 1 and 5000');
  const [created, modified] = [query.get('~created'), query.get('~modified')];
  if (created !== null && modified !== null) return badRequest('~created', 'Cannot be used in conjunction with ~modified');
  const since = created ?? modified;
  const from = since === null ? undefined : sinceOf(since);
  if (since !== null && from === undefined) return badRequest('~modified', 'Must be gte:: and a UTC date');
  const [listId, segmentId] = [query.get('~listId'), query.get('~segmentId')];
  if (listId !== null && segmentId !== null) return badRequest('~listId', 'Cannot be used in conjunction with ~segmentId');
  const segment = segmentId === null ? undefined : store.segments.get(Number(segmentId));
  if (segmentId !== null && segment === undefined) return badRequest('~segmentId', 'Unknown segment');
  if (listId !== null && !store.books.has(Number(listId))) return badRequest('~listId', 'Unknown list');
  const marker = query.get('marker');
  const after = marker === null ? 0 : Number(Buffer.from(marker, 'base64').toString('utf8'));
  if (!Number.isInteger(after) || after < 0) return badRequest('marker', 'Invalid marker');

  const page: Contact[] = [];
  let more = false;
  const found =
    segment === undefined ? candidates(store, listId === null ? undefined : Number(listId)) : membersOf(store, segment);
  for (const contact of found) {
    if (contact.id <= after) continue;
    if (from !== undefined && wholeSecond(created === null ? contact.updated : contact.created) < from) continue;
    if (page.length === limit) {
      more = true;
      break;
    }
    page.push(contact);
  }
  const link = (id: number) => linkTo(exchange, Buffer.from(String(id)).toString('base64'));
  const shown = shownOf(query);
  return ok({
    _items: page.map((contact) => contactFormV3(store, contact, shown)),
    _links: { self: link(after), first: link(0), ...(more ? { next: link(page.at(-1)!.id) } : {}) },
  });
}

/** Stamps are told in whole seconds, and compared as told. */
function wholeSecond(at: number): number {
  return Math.floor(at / 1000) * 1000;
}

/** In ascending order of their ids. */
function candidates(store: Store, book: number | undefined): Iterable<Contact> {
  if (book === undefined) return store.contacts.values();
  const ids = [...store.members(book).keys()].sort((one, other) => one - other);
  return ids.flatMap((id) => store.contacts.get(id) ?? []);
}

function linkTo({ request }: Exchange, marker: string): Readonly<Record<string, string>> {
  const query = new URLSearchParams(request.query);
  query.set('marker', marker);
  return { link: `${request.origin}${request.path}?${query.toString()}`, marker };
}

/** The contact that a path names; `undefined` where there is none. */
function contactAt({ store, parameters }: Exchange): Contact | undefined | Answer {
  const [identifier, value] = [parameters[0]!, parameters[1]!];
  if (!STOCK_IDENTIFIERS.has(identifier) && store.customIdentifier(identifier) === undefined)
    return refusedV3(400, 'invalidIdentifier', `The identifier '${identifier}' does not exist`);
  const isValid = identifier === 'email' ? isEmail(value) : !STOCK_IDENTIFIERS.has(identifier) || /^\d+$/.test(value);
  return isValid ? store.contactBy(identifier, value) : invalidIdentifier(identifier, value);
}

function isAnswer(value: Contact | WantedContact | Answer | undefined): value is Answer {
  return value !== undefined && typeof (value as Answer).status === 'number';
}

function notFound({ parameters }: Exchange): Answer {
  return refusedV3(404, 'contactNotFound', 'The following contacts could not be found', [
    { item: parameters[1]!, description: `Not found using the identifier '${parameters[0]!}'` },
  ]);
}

function get(exchange: Exchange): Answer {
  const contact = contactAt(exchange);
  if (isAnswer(contact)) return contact;
  if (contact === undefined) return notFound(exchange);
  return ok(
    contactFormV3(exchange.store, contact, { ...EVERYTHING, include: new Set([...EVERYTHING.include, 'lists', 'preferences']) }),
  );
}

function wantedOfBody(exchange: Exchange): WantedContact | Answer {
  return isObject(exchange.payload) ? wantedOf(exchange.store, exchange.payload, exchange.now) : badJson();
}

/**
 * The specification prints `idAlreadyExists` for an identifier that is taken; two public clients match
 * another code. `conflictCode` says which one this account answers.
 */
function create(conflictCode: string) {
  return (exchange: Exchange): Answer => {
    const { store, now } = exchange;
    const wanted = wantedOfBody(exchange);
    if (isAnswer(wanted)) return wanted;
    const taken = takenIdentifier(store, wanted, undefined);
    if (taken !== undefined) {
      const [identifier, value] = taken;
      return refusedV3(
        409,
        conflictCode,
        `The id value '${value} for the identifier '${identifier}' already exists. All identifiers must be unique!`,
      );
    }
    const refusal = suppressedAddress(store, wanted);
    if (refusal !== undefined) return refusal;
    const contact = store.addContact(wanted.values, now);
    apply(store, contact, wanted, now);
    return { status: 201, body: contactFormV3(store, contact, EVERYTHING) };
  };
}

function takenIdentifier(store: Store, { values }: WantedContact, own: number | undefined): [string, string] | undefined {
  const byEmail = values.email == null ? undefined : store.contactByEmail(values.email);
  if (byEmail !== undefined && byEmail.id !== own) return ['email', values.email!];
  const byMobile = values.mobileNumber == null ? undefined : store.contactByMobile(values.mobileNumber);
  if (byMobile !== undefined && byMobile.id !== own) return ['mobileNumber', values.mobileNumber!];
  for (const [name, value] of values.customIds ?? []) {
    const holder = value === null ? undefined : store.contactBy(name, value);
    if (holder !== undefined && holder.id !== own) return [name, value!];
  }
  return undefined;
}

/** UNVERIFIED: only imports are documented to refuse such an address; this borrows their word. */
function suppressedAddress(store: Store, { values }: WantedContact): Answer | undefined {
  if (values.email == null || !store.globallySuppressed.has(values.email.trim().toLowerCase())) return undefined;
  return refusedV3(400, 'globallySuppressed', 'The contact is globally suppressed');
}

/** Lists only add. A state that is asked for opts out, or back in where nothing final is in the way. */
function apply(store: Store, contact: Contact, wanted: WantedContact, now: number, challenged = false): void {
  store.choose(contact, wanted.choices, now);
  if (wanted.records.length > 0) store.consents.set(contact.id, [...(store.consents.get(contact.id) ?? []), ...wanted.records]);
  for (const book of wanted.books) {
    if (store.membership(contact.id, book)?.status !== 'unsubscribed') store.join(contact, book, now);
  }
  if (wanted.wantedStatus === 'unsubscribed' && isLive(contact.status)) store.suppress(contact, null, 'Unsubscribed', now);
  // Whoever left is asked by mail first, unless the caller vouches for them.
  if (wanted.wantedStatus === 'subscribed' && !challenged && !isLive(contact.status) && !isFinal(contact.status))
    store.resubscribe(contact, null, now);
}

function patch(exchange: Exchange): Answer {
  const { store, now, request, parameters } = exchange;
  const found = contactAt(exchange);
  if (isAnswer(found)) return found;
  if (!isObject(exchange.payload)) return badJson();
  // The identifier of the path need not be repeated in the body.
  const identifiers = {
    [parameters[0]!]: parameters[1]!,
    ...(isObject(exchange.payload['identifiers']) ? exchange.payload['identifiers'] : {}),
  };
  const wanted = wantedOf(store, { ...exchange.payload, identifiers }, now);
  if (isAnswer(wanted)) return wanted;
  if (takenIdentifier(store, wanted, found?.id) !== undefined)
    return refusedV3(409, 'identifierConflict', 'An identifier is already used by another contact');
  const refusal = suppressedAddress(store, wanted);
  if (refusal !== undefined) return refusal;
  if (found === undefined) {
    if (parameters[0] === 'contactId') return notFound(exchange);
    const contact = store.addContact(wanted.values, now);
    apply(store, contact, wanted, now);
    return { status: 201, body: contactFormV3(store, contact, EVERYTHING) };
  }
  const option = request.query.get('merge-option') ?? 'overwrite';
  const fields = new Map(
    [...(wanted.values.fields ?? [])].filter(
      ([name, value]) =>
        option === 'overwrite' ||
        (option === 'overwrite-if-not-empty' ? value !== null : (found.fields.get(name) ?? null) === null),
    ),
  );
  store.changeContact(found, { ...wanted.values, fields }, now);
  apply(store, found, wanted, now, isChallenged(exchange.payload));
  return ok(contactFormV3(store, found, EVERYTHING));
}

/** Replaces everything: what is not sent is emptied. */
function put(exchange: Exchange): Answer {
  const { store, now } = exchange;
  const found = contactAt(exchange);
  if (isAnswer(found)) return found;
  if (found === undefined) return notFound(exchange);
  const wanted = wantedOfBody(exchange);
  if (isAnswer(wanted)) return wanted;
  const emptied = new Map([...store.fields.values()].filter(({ readOnly }) => !readOnly).map(({ name }) => [name, null]));
  store.changeContact(found, { ...wanted.values, fields: new Map([...emptied, ...(wanted.values.fields ?? [])]) }, now);
  for (const { book } of store.booksOf(found.id)) if (!wanted.books.includes(book)) store.leave(found.id, book);
  apply(store, found, wanted, now, isChallenged(exchange.payload));
  return ok(contactFormV3(store, found, EVERYTHING));
}

/** Unless it is said otherwise, v3 lifts an opt-out without asking the person. */
function isChallenged(payload: unknown): boolean {
  const channels = isObject(payload) ? payload['channelProperties'] : undefined;
  const channel = isObject(channels) ? channels['email'] : undefined;
  const options = isObject(channel) ? channel['resubscribeOptions'] : undefined;
  return isObject(options) && options['resubscribeWithNoChallenge'] === false;
}

function remove(exchange: Exchange): Answer {
  const found = contactAt(exchange);
  if (isAnswer(found)) return found;
  if (found === undefined) return notFound(exchange);
  exchange.store.removeContact(found.id);
  return ok({ contactId: found.id });
}

export function contactRoutesV3(conflictCode: string): readonly Route[] {
  return [
    route('GET', '/contacts/v3', 'low', list),
    route('POST', '/contacts/v3', 'medium', create(conflictCode)),
    route('GET', '/contacts/v3/{identifier}/{value}', 'high', get),
    route('PATCH', '/contacts/v3/{identifier}/{value}', 'medium', patch),
    route('PUT', '/contacts/v3/{identifier}/{value}', 'medium', put),
    route('DELETE', '/contacts/v3/{identifier}/{value}', 'medium', remove),
  ];
}
