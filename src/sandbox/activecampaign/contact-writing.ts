import { accountTime } from './account-time.ts';
import { unprocessable, unsavableValue, type Answer } from './answers.ts';
import { contactHash, contactLinks } from './contact-form.ts';
import type { Exchange } from './exchange.ts';
import { normalizeFieldValue } from './field-types.ts';
import { fieldValueForm } from './field-value-form.ts';
import { idOf, isObject, textOf, type JsonObject } from './json.ts';
import type { ContactRow, FieldValueRow } from './rows.ts';
import type { Store } from './store.ts';

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/u;

export function isEmail(text: string): boolean {
  return EMAIL.test(text);
}

export function emailTaken(): Answer {
  return unprocessable('Email address already exists in the system', 'duplicate', 'email');
}

/** UNVERIFIED wording: the vendor's documents say only that the address is required. */
export function emailMissing(): Answer {
  return unprocessable('Contact Email Address is required.', 'field_missing', 'email');
}

/** UNVERIFIED wording. */
export function emailInvalid(): Answer {
  return unprocessable('Contact Email Address is not valid.', 'email_invalid', 'email');
}

interface WantedValue {
  readonly field: number;
  readonly value: string;
}

/** The `fieldValues` of a body, checked before anything is written; those of unknown fields are left out. */
export function wantedFieldValues(store: Store, fieldValues: unknown): readonly WantedValue[] | Answer {
  if (!Array.isArray(fieldValues)) return [];
  const wanted: WantedValue[] = [];
  for (const entry of fieldValues) {
    if (!isObject(entry)) continue;
    const field = store.fields.get(idOf(entry['field']));
    if (field === undefined) continue;
    const value = normalizeFieldValue(field.type, textOf(entry['value']));
    if (value === undefined) return unsavableValue(textOf(entry['value']), field.type);
    wanted.push({ field: field.id, value });
  }
  return wanted;
}

export function isAnswer(value: readonly WantedValue[] | Answer): value is Answer {
  return !Array.isArray(value);
}

export function writeFieldValues(store: Store, contact: ContactRow, wanted: readonly WantedValue[], at: number): FieldValueRow[] {
  return wanted.map(({ field, value }) => store.setFieldValue(contact, field, value, at));
}

/** Applies the plain keys of a body; keys that it does not have stay. `email` must have been checked. */
export function applyContactFields(store: Store, contact: ContactRow, body: JsonObject, at: number): void {
  if ('email' in body && textOf(body['email']).trim() !== contact.email) store.changeEmail(contact, textOf(body['email']).trim());
  if ('firstName' in body) contact.firstName = textOf(body['firstName']);
  if ('lastName' in body) contact.lastName = textOf(body['lastName']);
  if ('phone' in body) contact.phone = textOf(body['phone']);
  contact.updated = at;
  contact.saved = true;
}

const ECHOED = ['email', 'firstName', 'lastName', 'phone'] as const;

/**
 * What a creation answers: the keys in the order sent, then the rest; without the columns of a full contact.
 * `extra` follows `udate`, as the newer columns of `/contact/sync` do.
 */
export function createdContactAnswer(
  exchange: Exchange,
  contact: ContactRow,
  values: readonly FieldValueRow[] | null,
  sync: boolean,
): JsonObject {
  const { api } = exchange;
  const sent = Object.keys(exchange.body['contact'] as JsonObject);
  const columns: JsonObject = {};
  for (const key of sent) {
    if (isEchoed(key)) columns[key] = contact[key];
  }
  for (const key of ECHOED) columns[key] ??= contact[key];
  const answer: JsonObject = {};
  if (values !== null) answer['fieldValues'] = values.map((value) => fieldValueForm(value, api));
  answer['contact'] = {
    ...columns,
    ...(sync ? { email_empty: contact.email === '' } : {}),
    cdate: accountTime(contact.created),
    udate: accountTime(contact.updated),
    orgid: '0',
    orgname: '',
    links: contactLinks(api, contact.id),
    ...(sync ? { hash: contactHash(contact) } : {}),
    ...(sync && values !== null ? { fieldValues: values.map(({ id }) => String(id)) } : {}),
    id: String(contact.id),
    organization: null,
  };
  return answer;
}

function isEchoed(key: string): key is (typeof ECHOED)[number] {
  return (ECHOED as readonly string[]).includes(key);
}
