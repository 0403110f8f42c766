import { normalizeFieldValue } from './field-types.ts';
import { idOf, isObject, textOf, type JsonObject } from './json.ts';
import type { ContactRow } from './rows.ts';
import type { Store } from './store.ts';

export interface ImportOutcome {
  /** Ids of the contacts that the import made; those that it changed are named nowhere (as documented). */
  readonly created: readonly string[];
  /** How many contacts the import made or changed. */
  readonly written: number;
  /** Addresses. */
  readonly failed: readonly string[];
}

const FIRST_USER = 1;
const IMPORT_TAG_TYPE = 'contact';

/** Carries out a queued batch. Nothing of it reaches webhooks. */
export function applyImport(store: Store, contacts: readonly JsonObject[], at: number, partial: boolean): ImportOutcome {
  const created: string[] = [];
  const failed: string[] = [];
  let written = 0;
  contacts.forEach((wanted, index) => {
    const email = textOf(wanted['email']).trim();
    if (isExcluded(store, email)) return;
    if (partial && index % 2 === 1) {
      failed.push(email);
      return;
    }
    const { contact, isNew } = upsert(store, email, wanted, at);
    written += 1;
    if (isNew) created.push(String(contact.id));
    applyFields(store, contact, wanted['fields'], at);
    applyTags(store, contact, wanted['tags'], at);
    applySubscriptions(store, contact, wanted, at);
    applyAccount(store, contact, textOf(wanted['customer_acct_name']).trim(), at);
  });
  return { created, written, failed };
}

function isExcluded(store: Store, email: string): boolean {
  const address = email.toLowerCase();
  return store.exclusions.has(address) || store.exclusions.has(`*${address.slice(address.lastIndexOf('@'))}`);
}

const NAMES = [
  ['first_name', 'firstName'],
  ['last_name', 'lastName'],
  ['phone', 'phone'],
] as const;

function upsert(store: Store, email: string, wanted: JsonObject, at: number): { contact: ContactRow; isNew: boolean } {
  const present = store.contactByEmail(email);
  const contact = present ?? store.addContact({ email, firstName: '', lastName: '', phone: '' }, at);
  for (const [sent, column] of NAMES) {
    if (sent in wanted) contact[column] = textOf(wanted[sent]);
  }
  contact.updated = at;
  if (present !== undefined) contact.saved = true;
  return { contact, isNew: present === undefined };
}

/** UNVERIFIED: unknown fields, and values that a field cannot hold, are left out without a word. */
function applyFields(store: Store, contact: ContactRow, fields: unknown, at: number): void {
  for (const entry of entriesOf(fields)) {
    const field = store.fields.get(idOf(entry['id']));
    if (field === undefined) continue;
    const value = normalizeFieldValue(field.type, textOf(entry['value']));
    if (value !== undefined) store.setFieldValue(contact, field.id, value, at);
  }
}

function applyTags(store: Store, contact: ContactRow, tags: unknown, at: number): void {
  if (!Array.isArray(tags)) return;
  for (const sent of tags) {
    const name = textOf(sent).trim();
    if (name === '') continue;
    const tag = store.tagNamed(name) ?? store.addTag(name, '', IMPORT_TAG_TYPE, at);
    if (store.contactTag(contact.id, tag.id) === undefined) store.tagContact(contact, tag, at);
  }
}

/** Who left a list by hand, or bounced, is not put back by an import. Unknown lists are left out (UNVERIFIED). */
function applySubscriptions(store: Store, contact: ContactRow, wanted: JsonObject, at: number): void {
  for (const entry of entriesOf(wanted['subscribe'])) {
    const list = idOf(entry['listid']);
    const status = store.membership(contact.id, list)?.status;
    if (store.lists.get(list) !== undefined && status !== 2 && status !== 3) store.subscribe(contact.id, list, 1, at);
  }
  for (const entry of entriesOf(wanted['unsubscribe'])) {
    const list = idOf(entry['listid']);
    if (store.lists.get(list) !== undefined) store.subscribe(contact.id, list, 2, at);
  }
}

/** The one account of a contact, found or made by name; a contact that has another one keeps it. */
function applyAccount(store: Store, contact: ContactRow, name: string, at: number): void {
  if (name === '' || store.accountContactsByContact.get(contact.id).length > 0) return;
  const account = store.accountNamed(name) ?? store.addAccount(name, '', FIRST_USER, at);
  store.addAccountContact(account.id, contact.id, '', at);
}

function entriesOf(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
