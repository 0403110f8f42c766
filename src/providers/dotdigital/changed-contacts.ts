/** Contacts that changed since an instant: listed once, and kept in little room. */
import type { Api } from './api.ts';
import type { Contact } from './contact.ts';
import { changedSince, listContacts } from './contact-listing.ts';
import type { Layout } from './layout.ts';

/** Stamps may be cut to whole seconds. */
const STAMP_GRACE_MS = 2_000;

/** By id, or by the address where no id is known. */
export interface Wanted {
  readonly ids: ReadonlySet<string>;
  readonly emails: ReadonlySet<string>;
}

/** A contact as it was read, and the vendor's present then. */
export interface ReadContact {
  readonly contact: Contact;
  readonly date: number | undefined;
}

export class ChangedContacts {
  readonly #list: () => Promise<void>;
  /** By id. As text a contact takes a fifth of the memory. */
  readonly #contacts = new Map<string, { readonly text: string; readonly date: number | undefined }>();
  readonly #ids = new Map<string, string>();
  #listing: Promise<void> | undefined;

  /**
   * @param since by the vendor's clock, in ms
   * @param wanted whom to look for: the listing ends with the last of them. Without it everybody is kept
   */
  constructor(api: Api, layout: Layout, since: number, wanted: Wanted | undefined, signal: AbortSignal | undefined) {
    this.#list = async () => {
      let missing = wanted === undefined ? undefined : wanted.ids.size + wanted.emails.size;
      for await (const page of listContacts(api, layout, changedSince(since - STAMP_GRACE_MS), signal)) {
        for (const contact of page.contacts) {
          if (contact.isDeleted) continue;
          if (wanted !== undefined) {
            const names = Number(wanted.ids.has(contact.id)) + Number(wanted.emails.has(contact.email));
            if (names === 0) continue;
            if (!this.#contacts.has(contact.id)) missing! -= names;
          }
          this.#contacts.set(contact.id, { text: packed(contact), date: page.date });
          if (wanted === undefined || wanted.emails.has(contact.email)) this.#ids.set(contact.email, contact.id);
        }
        if (missing === 0) return;
      }
    };
  }

  get isListed(): boolean {
    return this.#listing !== undefined;
  }

  async find(id: string | undefined, email: string | undefined): Promise<ReadContact | undefined> {
    this.#listing ??= this.#list();
    await this.#listing;
    const found = this.#contacts.get(id ?? this.#ids.get(email ?? '') ?? '');
    return found === undefined ? undefined : { contact: unpacked(found.text), date: found.date };
  }
}

function packed({ values, lists, ...contact }: Contact): string {
  return JSON.stringify({ ...contact, values: [...values], lists: lists === undefined ? undefined : [...lists] });
}

function unpacked(text: string): Contact {
  const { values, lists, ...contact } = JSON.parse(text) as Omit<Contact, 'values' | 'lists'> & {
    readonly values: readonly [string, unknown][];
    readonly lists?: readonly [string, string][];
  };
  return { ...contact, values: new Map(values), lists: lists === undefined ? undefined : new Map(lists) };
}
