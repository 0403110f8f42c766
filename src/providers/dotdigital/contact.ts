/** A contact of version 3 as a record. */
import type { ConsentState, FieldValue, RemoteRecord } from '../../model/value.ts';
import { toInstant } from '../../model/time.ts';
import type { Api } from './api.ts';
import { decodeValue } from './data-values.ts';
import { EMAIL_TYPES, LAST_SUBSCRIBED, OPT_IN_TYPES, type NativeKey } from './fields.ts';
import type { Layout } from './layout.ts';
import { idOf, instantOf, isRow, rowOf, text, unexpected, type Row } from './rows.ts';

export interface Contact {
  readonly id: string;
  /** In lower case, as the vendor keeps it; empty for a contact that has none. */
  readonly email: string;
  readonly createdAt: string | undefined;
  readonly modifiedAt: string | undefined;
  /** Whether it was deleted, or lies in the recycle bin. */
  readonly isDeleted: boolean;
  /** Data fields by upper-case name. */
  readonly values: ReadonlyMap<string, unknown>;
  readonly channel: Row;
  readonly status: string;
  /** By id of the address book; `undefined` where the answer does not tell. */
  readonly lists: ReadonlyMap<string, string> | undefined;
}

/** @throws ProviderError PROVIDER_UNEXPECTED_ANSWER for a row without an id */
export function contactOf(api: Api, json: unknown): Contact {
  const row = rowOf(api, json, 'a contact');
  const identifiers = isRow(row['identifiers']) ? row['identifiers'] : {};
  const channels = isRow(row['channelProperties']) ? row['channelProperties'] : {};
  const channel = isRow(channels['email']) ? channels['email'] : {};
  const fields = isRow(row['dataFields']) ? row['dataFields'] : {};
  const status = text(channel['status']) || text(row['status']);
  return {
    id: idOf(api, row['contactId'], 'a contact'),
    email: text(identifiers['email']).toLowerCase(),
    createdAt: instantOf(row['created']),
    modifiedAt: instantOf(row['updated']),
    isDeleted: [status, text(row['status'])].some((one) => ['deleted', 'binned'].includes(one.toLowerCase())),
    values: new Map(Object.entries(fields).map(([name, value]) => [name.toUpperCase(), value])),
    channel,
    status,
    lists: Array.isArray(row['lists']) ? listsOf(row['lists']) : undefined,
  };
}

function listsOf(lists: readonly unknown[]): ReadonlyMap<string, string> {
  return new Map(lists.filter(isRow).map((list) => [text(list['id']), text(list['status']).toLowerCase()]));
}

/** What is known of opt-outs besides the contact's own row: by id of the book, the contacts that left it. */
export type OptOuts = ReadonlyMap<string, ReadonlyMap<string, string | undefined>>;

/**
 * @param readAt the vendor's present, where the contact was read in full
 * @param optOuts complete listings of who left a book, with the time; where one is missing, the row alone is believed
 */
export function recordOf(
  api: Api,
  layout: Layout,
  contact: Contact,
  readAt: number | undefined,
  optOuts: OptOuts = new Map(),
): RemoteRecord {
  const values: Record<string, FieldValue> = {};
  const evidence: Record<string, string> = {};
  if (contact.lists === undefined && layout.members.length + layout.consents.length > 0) {
    throw unexpected(api, 'a contact without its address books');
  }
  for (const { path, key } of layout.natives) values[path] = nativeValue(contact, key);
  for (const { path, name, type } of layout.fields) values[path] = decodeValue(type, contact.values.get(name.toUpperCase()));
  for (const { path, book } of layout.members) values[path] = isMember(contact, book.id);
  for (const { path, book } of layout.consents) {
    const left = optOuts.get(book.id);
    const isOut = left?.has(contact.id) === true || contact.lists?.get(book.id) === 'suppressed';
    values[path] = isOut ? 'unsubscribed' : contact.lists?.get(book.id) === 'subscribed' ? 'subscribed' : 'unknown';
    const at = left?.get(contact.id);
    if (at !== undefined) evidence[path] = at;
  }
  const subscribedAt = instantOf(contact.values.get(LAST_SUBSCRIBED));
  for (const { path, key } of layout.natives) {
    // The only time that the vendor tells of an opt-in.
    if (key === 'status' && values[path] === 'subscribed' && subscribedAt !== undefined) evidence[path] = subscribedAt;
  }
  return {
    id: contact.id,
    values,
    ...(contact.status.toLowerCase() === 'hardbounced' ? { undeliverable: true } : {}),
    ...(contact.modifiedAt === undefined ? {} : { modifiedAt: contact.modifiedAt }),
    ...(readAt === undefined ? {} : { readAt: toInstant(readAt) }),
    ...(Object.keys(evidence).length === 0 ? {} : { evidence }),
  };
}

/** Who left a book, or was never confirmed, gets nothing from it and is no member of it. */
export function isMember(contact: Contact, book: string): boolean {
  const status = contact.lists?.get(book);
  return status === 'subscribed' || status === 'pending';
}

/** Statuses of whom the vendor goes on sending mail to. Whoever is known by another channel alone has none. */
const MAILED: ReadonlySet<string> = new Set(['subscribed', 'softbounced', 'pendingoptin', 'nosubscription', '']);

/** Whether the contact may be mailed: the importer passes over all others. */
export function isMailed({ status }: Contact): boolean {
  return MAILED.has(status.toLowerCase());
}

function nativeValue(contact: Contact, key: NativeKey): FieldValue {
  switch (key) {
    case 'email':
      return contact.email === '' ? null : contact.email;
    case 'optInType':
      return spelled(OPT_IN_TYPES, contact.channel['optInType']);
    case 'emailType':
      return spelled(EMAIL_TYPES, contact.channel['emailType']);
    case 'status':
      return consentOf(contact.status);
  }
}

/** Version 3 writes these words in lower camel case and reads them in Pascal case. */
function spelled(words: readonly string[], value: unknown): FieldValue {
  const found = words.find((word) => word.toLowerCase() === text(value).toLowerCase());
  return found ?? (text(value) === '' ? null : text(value));
}

/**
 * What a status of the e-mail channel says of the person's will. A bounce, a blocked domain or the
 * vendor's own lists are deliverability: nobody opted out by them. `suppressed` is set by hand, and
 * taken for the person's word.
 */
export function consentOf(status: string): ConsentState {
  switch (status.toLowerCase()) {
    case 'subscribed':
      return 'subscribed';
    case 'unsubscribed':
    case 'suppressed':
      return 'unsubscribed';
    case 'ispcomplained':
    case 'directcomplaint':
    case 'knowncomplainer':
    case 'knownlitigator':
      return 'complained';
    default:
      return 'unknown';
  }
}
