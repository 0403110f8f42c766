/** One account: contacts, address books and who is in them, data fields, campaigns, and what was suppressed when. */
import { isLive, type Contact, type ContactStatus, type EmailType, type FieldValue, type OptInType } from './contact.ts';
import { DEFAULT_FIELDS, type DataField, type Visibility } from './data-field.ts';
import type { Campaign } from './campaign.ts';

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
  /** Addresses that no account may write to. */
  readonly globallySuppressed = new Set<string>();
  readonly #byEmail = new Map<string, number>();
  readonly #members = new Map<number, Map<number, Membership>>();
  #lastContact = 0;
  #lastBook = 0;

  isReservedBook(name: string): boolean {
    return RESERVED_BOOKS.has(name.trim().toLowerCase());
  }

  bookNamed(name: string): AddressBook | undefined {
    const wanted = name.trim().toLowerCase();
    return [...this.books.values()].find((book) => book.name.toLowerCase() === wanted);
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
    return [...this.contacts.values()].find((contact) => contact.mobileNumber === number);
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
    if (contact?.email !== null && contact !== undefined) this.#byEmail.delete(contact.email);
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
    if (values.mobileNumber !== undefined) contact.mobileNumber = values.mobileNumber;
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
