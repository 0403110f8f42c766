/** A contact in the words of v3, and what a v3 request wants it to hold. */
import { channelStatusOf, EMAIL_TYPES, isEmail, OPT_IN_TYPES, statusOfV3, type Contact, type FieldValue } from './contact.ts';
import { consentFormV3, consentRecordsOfV3, type ConsentRecord } from './consent-record.ts';
import { fitValue } from './data-field.ts';
import { refusedV3, type Answer } from './errors.ts';
import type { Choices } from './preference.ts';
import { choicesOf as choicesOfEntries } from './preferences.ts';
import { isObject, wordOf, type JsonObject } from './request-body.ts';
import type { ContactValues, Store } from './store.ts';

export const STOCK_IDENTIFIERS: ReadonlySet<string> = new Set(['contactId', 'email', 'mobileNumber']);

/** Moments of v3 have whole seconds, as its samples have. */
export function momentV3(at: number): string {
  return new Date(at).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

export function identifiersOf(store: Store, contact: Contact): Readonly<Record<string, string>> {
  const own = [...store.customIdentifiers.values()].flatMap(({ name, values }) => {
    const value = values.get(contact.id);
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...(contact.email === null ? {} : { email: contact.email }),
    ...(contact.mobileNumber === null ? {} : { mobileNumber: contact.mobileNumber }),
    ...Object.fromEntries(own),
  };
}

export interface Shown {
  /** Names of data fields, or `all`. */
  readonly fields: readonly string[] | 'all';
  readonly include: ReadonlySet<string>;
}

export const EVERYTHING: Shown = { fields: 'all', include: new Set(['channelProperties', 'consentRecords']) };

export function contactFormV3(store: Store, contact: Contact, shown: Shown): Readonly<Record<string, unknown>> {
  const names = shown.fields === 'all' ? [...store.fields.keys()] : shown.fields.map((name) => name.toUpperCase());
  const fields = Object.fromEntries(
    names.filter((name) => store.fields.has(name)).map((name) => [name, contact.fields.get(name) ?? null]),
  );
  const choices = choicesOf(store, contact);
  return {
    contactId: contact.id,
    status: statusOfV3(contact),
    created: momentV3(contact.created),
    updated: momentV3(contact.updated),
    identifiers: identifiersOf(store, contact),
    ...(shown.include.has('channelProperties') ? { channelProperties: channelsOf(contact) } : {}),
    ...(names.length > 0 ? { dataFields: fields } : {}),
    ...(shown.include.has('lists') ? { lists: listsOf(store, contact) } : {}),
    ...(shown.include.has('preferences') && choices.length > 0 ? { preferences: choices } : {}),
    ...(shown.include.has('consentRecords') ? { consentRecords: (store.consents.get(contact.id) ?? []).map(consentFormV3) } : {}),
  };
}

function channelsOf(contact: Contact): Readonly<Record<string, unknown>> {
  const { emailType, optInType } = contact;
  return {
    ...(contact.email === null
      ? {}
      : { email: { status: CHANNEL_WORDS[contact.status] ?? channelStatusOf(contact.status), emailType, optInType } }),
    ...(contact.mobileNumber === null ? {} : { sms: { status: 'subscribed', countryCode: 'GB' } }),
  };
}

/** Where v3 has another word than v2, or none. */
const CHANNEL_WORDS: Readonly<Record<string, string>> = {
  SharedSuppression: 'sharedsuppression',
  DomainSuppression: 'domainSuppressed',
  MailBlocked: 'suppressed',
  NotAllowed: 'suppressed',
  NoMxRecord: 'suppressed',
};

function listsOf(store: Store, contact: Contact): readonly Readonly<Record<string, unknown>>[] {
  return store.booksOf(contact.id).map(({ book, status }) => ({
    id: book,
    name: store.books.get(book)!.name,
    status: status === 'unsubscribed' ? 'suppressed' : status,
  }));
}

function choicesOf(store: Store, contact: Contact): readonly Readonly<Record<string, unknown>>[] {
  return [...(store.choices.get(contact.id) ?? [])].map(([id, { isOptedIn }]) => {
    const { publicName, privateName } = store.preferences.get(id)!;
    return { id, isOptedIn, name: publicName, publicName, privateName };
  });
}

export interface WantedContact {
  readonly values: ContactValues;
  readonly choices: Choices;
  readonly records: readonly ConsentRecord[];
  readonly books: readonly number[];
  readonly wantedStatus: 'subscribed' | 'unsubscribed' | undefined;
}

/** @returns what is asked for, or the refusal */
export function wantedOf(store: Store, payload: JsonObject, now: number): WantedContact | Answer {
  const identifiers = payload['identifiers'];
  if (!isObject(identifiers)) {
    return refusedV3(400, 'badRequest', 'The request is invalid', [
      { item: 'Identifiers', description: 'The Identifiers field is required' },
    ]);
  }
  const [email, mobile] = [identifiers['email'], identifiers['mobileNumber']];
  if (email !== undefined && email !== null && (typeof email !== 'string' || !isEmail(email)))
    return invalidIdentifier('email', email);
  if (mobile !== undefined && mobile !== null && (typeof mobile !== 'string' || !/^\d{6,15}$/.test(mobile)))
    return invalidIdentifier('mobileNumber', mobile);
  const customIds = new Map<string, string | null>();
  for (const [name, value] of Object.entries(identifiers)) {
    if (STOCK_IDENTIFIERS.has(name)) continue;
    if (store.customIdentifier(name) === undefined)
      return refusedV3(400, 'invalidIdentifier', `The identifier '${name}' does not exist`);
    if (value !== null && typeof value !== 'string') return invalidIdentifier(name, value);
    customIds.set(name, value);
  }
  const fields = fieldsOf(store, payload['dataFields']);
  if (!(fields instanceof Map)) return fields;
  const channels = payload['channelProperties'];
  const channel = isObject(channels) && isObject(channels['email']) ? channels['email'] : {};
  const optInType = wordOf(channel['optInType'], OPT_IN_TYPES);
  const emailType = wordOf(channel['emailType'], EMAIL_TYPES);
  const lists = Array.isArray(payload['lists']) ? payload['lists'].map(Number) : [];
  if (lists.some((id) => !store.books.has(id)))
    return refusedV3(400, 'invalidAddressBookIds', 'One or more of the lists do not exist');
  const choices = choicesOfEntries(store, Array.isArray(payload['preferences']) ? payload['preferences'] : []);
  const records = consentRecordsOfV3(payload['consentRecords'], now);
  if (choices === undefined) return refusedV3(400, 'invalidPreference', 'One or more of the preferences do not exist');
  if (records === undefined) return refusedV3(400, 'invalidConsentRecord', 'A consent record is incomplete');
  return {
    choices,
    records,
    values: {
      fields,
      customIds,
      ...(email === undefined ? {} : { email: email as string | null }),
      ...(mobile === undefined ? {} : { mobileNumber: mobile as string | null }),
      ...(optInType === undefined ? {} : { optInType }),
      ...(emailType === undefined ? {} : { emailType }),
    },
    books: lists,
    wantedStatus: wordOf(channel['status'], ['subscribed', 'unsubscribed'] as const),
  };
}

export function invalidIdentifier(identifier: string, value: unknown): Answer {
  return refusedV3(400, 'invalidId', `The id value '${String(value)}' is invalid for the identifier '${identifier}'`);
}

function fieldsOf(store: Store, given: unknown): Map<string, FieldValue> | Answer {
  const fields = new Map<string, FieldValue>();
  for (const [key, value] of Object.entries(isObject(given) ? given : {})) {
    const field = store.fields.get(key.toUpperCase());
    if (field === undefined)
      return refusedV3(400, 'invalidDataField', `The data field '${key}' does not exist`, [
        { item: key, description: 'Unknown data field' },
      ]);
    if (field.readOnly) continue;
    const fitted = fitValue(field, value);
    if ('fault' in fitted)
      return refusedV3(400, 'invalidDataField', `The value of '${key}' is invalid`, [
        { item: key, description: `Not a ${field.type}` },
      ]);
    fields.set(field.name, fitted.value);
  }
  return fields;
}
