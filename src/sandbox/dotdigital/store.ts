/** One account: contacts, address books and who is in them, data fields, campaigns, and what was suppressed when. */
import { isLive, type Contact, type ContactStatus, type EmailType, type FieldValue, type OptInType } from './contact.ts';
import { DEFAULT_FIELDS, type DataField, type Visibility } from './data-field.ts';
import type { Campaign } from './campaign.ts';
import type { ConsentRecord } from './consent-record.ts';
import type { CustomIdentifier } from './custom-identifier.ts';
import type { Choice, Choices, Preference } from './preference.ts';
import type { Segment } from './segment.ts';

export interface AddressBook {
  readonly id: number;
  name: string;
  visibility: Visibility;
  /** "Test": it is listed and cannot be written to through the API. */
  readonly builtIn: boolean;
}

export interface Membership {
  readonly contact: number;
  readonly book: number;
  status: 'subscribed' | 'unsubscribed' | 'pending';
  /** In ms. */
  readonly added: number;
  changed: number;
}

export interface Suppression {
  readonly contact: number;
  /** The book that was left, or `null` for the whole account. */
  readonly book: number | null;
  readonly reason: ContactStatus;
  /** In ms. */
  readonly at: number;
}

export interface ContactValues {
  readonly email?: string | null;
  readonly mobileNumber?: string | null;
  /** By the name of the identifier; `null` takes it away. */
  readonly customIds?: ReadonlyMap<string, string | null>;
  readonly optInType?: OptInType;
  readonly emailType?: EmailType;
  readonly fields?: ReadonlyMap<string, FieldValue>;
}

/** Names that no book may take: "All contacts" is not even listed. */
const RESERVED_BOOKS: ReadonlySet<string> = new Set(['all contacts', 'test']);

export class Store {
  readonly contacts = new Map<number, Contact>();
  readonly books = new Map<number, AddressBook>();
  readonly fields = new Map<string, DataField>(DEFAULT_FIELDS.map((field) => [field.name, field]));
  readonly campaigns = new Map<number, Campaign>();
  /** Campaigns and programs that use a data field, which therefore cannot be deleted. */
  readonly dependencies = new Map<string, readonly { readonly type: string; readonly objectId: number }[]>();
  readonly suppressions: Suppression[] = [];
  readonly segments = new Map<number, Segment>();
  readonly preferences = new Map<number, Preference>();
  /** What each contact chose, by contact and preference. */
  readonly choices = new Map<number, Map<number, Choice>>();
  /** What each contact agreed to, by contact. */
  readonly consents = new Map<number, readonly ConsentRecord[]>();
  /** By their names as they were made. */
  readonly customIdentifiers = new Map<string, CustomIdentifier>();
  /** Addresses that no account may write to. */
  readonly globallySuppressed = new Set<string>();
  readonly #byEmail = new Map<string, number>();
  readonly #members = new Map<number, Map<number, Membership>>();
  readonly #byMobile = new Map<string, number>();
  #lastContact = 0;
  #lastBook = 0;
  #lastPreference = 0;

  isReservedBook(name: string): boolean {
    return RESERVED_BOOKS.has(name.trim().toLowerCase());
  }

  /** Names are shared with segments. */
  bookNamed(name: string): { readonly id: number; readonly name: string } | undefined {
    const wanted = name.trim().toLowerCase();
    return [...this.books.values(), ...this.segments.values()].find((book) => book.name.toLowerCase() === wanted);
  }

  addBook(name: string, visibility: Visibility, builtIn = false): AddressBook {
    const book: AddressBook = { id: (this.#lastBook += 1), name, visibility, builtIn };
    this.books.set(book.id, book);
    this.#members.set(book.id, new Map());
    return book;
  }

  /** Its contacts stay in the account. */
  removeBook(id: number): void {
    this.books.delete(id);
    this.#members.delete(id);
  }

  contactByEmail(email: string): Contact | undefined {
    const id = this.#byEmail.get(email.trim().toLowerCase());
    return id === undefined ? undefined : this.contacts.get(id);
  }

  contactByMobile(number: string): Contact | undefined {
    const id = this.#byMobile.get(number);
    return id === undefined ? undefined : this.contacts.get(id);
  }

  customIdentifier(name: string): CustomIdentifier | undefined {
    const wanted = name.toLowerCase();
    return [...this.customIdentifiers.values()].find((one) => one.name.toLowerCase() === wanted);
  }

  /** By any identifier: `contactId`, `email`, `mobileNumber` or one of the account's own. */
  contactBy(identifier: string, value: string): Contact | undefined {
    switch (identifier) {
      case 'contactId':
        return /^\d+$/.test(value) ? this.contacts.get(Number(value)) : undefined;
      case 'email':
        return this.contactByEmail(value);
      case 'mobileNumber':
        return this.contactByMobile(value);
      default: {
        const id = this.customIdentifier(identifier)?.contacts.get(value);
        return id === undefined ? undefined : this.contacts.get(id);
      }
    }
  }

  /** Ids of segments and of books are of one row: either can stand where contacts are listed. */
  addSegment(name: string, holds: Segment['holds']): Segment {
    const segment: Segment = { id: (this.#lastBook += 1), name, holds, refreshed: undefined };
    this.segments.set(segment.id, segment);
    return segment;
  }

  addPreference(preference: Omit<Preference, 'id'>): Preference {
    const made = { ...preference, id: (this.#lastPreference += 1) };
    this.preferences.set(made.id, made);
    return made;
  }

  /** A category takes along what stands in it. */
  removePreference(id: number): void {
    for (const other of this.preferences.values()) if (other.categoryId === id) this.removePreference(other.id);
    this.preferences.delete(id);
    for (const chosen of this.choices.values()) chosen.delete(id);
  }

  choose(contact: Contact, choices: Choices, at: number): void {
    if (choices.size === 0) return;
    const chosen = this.choices.get(contact.id) ?? new Map<number, Choice>();
    for (const [id, isOptedIn] of choices) chosen.set(id, { isOptedIn, at });
    this.choices.set(contact.id, chosen);
    contact.updated = at;
  }

  addContact(values: ContactValues, at: number, status: ContactStatus = 'Subscribed'): Contact {
    const contact: Contact = {
      id: (this.#lastContact += 1),
      email: null,
      mobileNumber: null,
      optInType: values.optInType ?? 'Unknown',
      emailType: values.emailType ?? 'Html',
      status: values.optInType === 'VerifiedDouble' ? 'PendingOptIn' : status,
      fields: new Map(this.#defaults()),
      created: at,
      updated: at,
    };
    this.contacts.set(contact.id, contact);
    this.#apply(contact, values);
    return contact;
  }

  changeContact(contact: Contact, values: ContactValues, at: number): void {
    if (values.optInType !== undefined) contact.optInType = values.optInType;
    if (values.emailType !== undefined) contact.emailType = values.emailType;
    this.#apply(contact, values);
    contact.updated = at;
  }

  removeContact(id: number): void {
    const contact = this.contacts.get(id);
    if (contact === undefined) return;
    if (contact.email !== null) this.#byEmail.delete(contact.email);
    if (contact.mobileNumber !== null) this.#byMobile.delete(contact.mobileNumber);
    for (const identifier of this.customIdentifiers.values()) letGo(identifier, id);
    this.choices.delete(id);
    this.consents.delete(id);
    for (const members of this.#members.values()) members.delete(id);
    this.contacts.delete(id);
  }

  /** Empties the field of everybody. */
  removeField(name: string): void {
    this.fields.delete(name);
    for (const contact of this.contacts.values()) contact.fields.delete(name);
  }

  members(book: number): ReadonlyMap<number, Membership> {
    return this.#members.get(book) ?? new Map();
  }

  booksOf(contact: number): readonly Membership[] {
    return [...this.#members.values()].flatMap((members) => members.get(contact) ?? []);
  }

  membership(contact: number, book: number): Membership | undefined {
    return this.#members.get(book)?.get(contact);
  }

  /** UNVERIFIED: whether a new membership moves the contact's `updated`; here it does. */
  join(contact: Contact, book: number, at: number): Membership {
    const present = this.membership(contact.id, book);
    if (present !== undefined) return present;
    const made: Membership = { contact: contact.id, book, status: 'subscribed', added: at, changed: at };
    this.#members.get(book)!.set(contact.id, made);
    contact.updated = at;
    return made;
  }

  /** Taken out of the book: no opt-out, and nothing of it shows but in a complete listing. */
  leave(contact: number, book: number): boolean {
    return this.#members.get(book)?.delete(contact) ?? false;
  }

  /** An opt-out, a bounce or a complaint: of one book, or of the whole account. */
  suppress(contact: Contact, book: number | null, reason: ContactStatus, at: number): Suppression {
    if (book === null) contact.status = reason;
    else {
      const membership = this.join(contact, book, at);
      membership.status = 'unsubscribed';
      membership.changed = at;
    }
    contact.updated = at;
    const suppression: Suppression = { contact: contact.id, book, reason, at };
    this.suppressions.push(suppression);
    return suppression;
  }

  /** @param book adds to it and lifts what it alone held back */
  resubscribe(contact: Contact, book: number | null, at: number): void {
    if (!isLive(contact.status)) contact.status = 'Subscribed';
    contact.fields.set('LASTSUBSCRIBED', new Date(at).toISOString().slice(0, 19));
    contact.updated = at;
    if (book === null) return;
    const membership = this.join(contact, book, at);
    membership.status = 'subscribed';
    membership.changed = at;
  }

  #apply(contact: Contact, values: ContactValues): void {
    if (values.email !== undefined) {
      if (contact.email !== null) this.#byEmail.delete(contact.email);
      contact.email = values.email === null ? null : values.email.trim().toLowerCase();
      if (contact.email !== null) this.#byEmail.set(contact.email, contact.id);
    }
    if (values.mobileNumber !== undefined) {
      if (contact.mobileNumber !== null) this.#byMobile.delete(contact.mobileNumber);
      contact.mobileNumber = values.mobileNumber;
      if (contact.mobileNumber !== null) this.#byMobile.set(contact.mobileNumber, contact.id);
    }
    for (const [name, value] of values.customIds ?? []) {
      const identifier = this.customIdentifier(name);
      if (identifier === undefined) continue;
      letGo(identifier, contact.id);
      if (value === null) continue;
      identifier.contacts.set(value, contact.id);
      identifier.values.set(contact.id, value);
    }
    for (const [name, value] of values.fields ?? []) {
      if (value === null) contact.fields.delete(name);
      else contact.fields.set(name, value);
    }
  }

  #defaults(): [string, FieldValue][] {
    return [...this.fields.values()].flatMap((field) =>
      field.defaultValue === null ? [] : [[field.name, field.defaultValue] as [string, FieldValue]],
    );
  }
}

function letGo(identifier: CustomIdentifier, contact: number): void {
  const value = identifier.values.get(contact);
  if (value !== undefined) identifier.contacts.delete(value);
  identifier.values.delete(contact);
}
