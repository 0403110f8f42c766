/**
 * The fewest calls by which a first sync of given people can be done with the vendors' documented
 * interfaces. Pure arithmetic: it knows the vendors' limits and nothing of how Syncline works, so that
 * calls counted by the sandbox can be held against it.
 *
 * A first sync reads everything, writes what is missing or different, and learns what the vendor made
 * of it: without the ids and values as they now stand, the next read could not tell our own writes
 * from edits. Each term names the page or batch size that bounds it and where that is documented.
 */

/** Records of one page of a query. @source Salesforce, header Sforce-Query-Options: 2,000 by default and at most */
const SALESFORCE_PAGE = 2_000;
/** Records of one collections call. @source Salesforce, sObject Collections */
const SALESFORCE_WRITES = 200;
/** Ids of one retrieve call. UNVERIFIED: the number is general knowledge of the interface. */
const SALESFORCE_RETRIEVE = 2_000;

/** Rows of one page. @source developers.activecampaign.com/reference/pagination */
const ACTIVECAMPAIGN_PAGE = 100;
/** Contacts and bytes of one import. @source developers.activecampaign.com/reference/bulk-import-contacts */
const IMPORT_CONTACTS = 250;
const IMPORT_BYTES = 400_000;

/** Contacts of one page, and bytes of one import. @source the contacts service's specification, `limit` and importContacts */
const DOTDIGITAL_PAGE = 5_000;
const DOTDIGITAL_IMPORT_BYTES = 50 * 1024 * 1024;
/** Rows of one page of version 2. @source developer.dotdigital.com/docs/data-handling */
const DOTDIGITAL_OLD_PAGE = 1_000;

/**
 * Entities of one page, and of one that shows next to nothing but ids. UNVERIFIED: OroCRM sets no limit unless an
 * administrator does; pages of this size are what its server is taken to bear.
 */
const ORO_PAGE = 1_000;
const ORO_ID_PAGE = 5_000;
/** Entities of one batch at once. @source Oro documentation, synchronous batch API */
const ORO_BATCH = 100;

export interface SalesforceWork {
  /** Records of the object when the sync begins. */
  readonly records: number;
  /** Objects whose fields are mapped: the object itself and each parent that is read. */
  readonly objects: number;
  readonly creates: number;
  readonly updates: number;
}

export interface ActiveCampaignWork {
  /** Contacts when the sync begins. */
  readonly contacts: number;
  /** Values that mapped custom fields hold when the sync begins; absent where no custom field is mapped. */
  readonly values?: number;
  /** For each mapped list, who has unsubscribed from it when the sync begins, and how many more when it ends. */
  readonly lists: readonly { readonly optOuts: number; readonly added: number }[];
  /** For each mapped tag, who carries it when the sync begins. */
  readonly tags: readonly { readonly carriers: number }[];
  /** Contacts to create or change that the importer can express: it sets values, adds tags, records opt-outs. */
  readonly imported: {
    readonly contacts: number;
    /** Bytes of the contacts in the importer's JSON. */
    readonly bytes: number;
    /** Custom field values that a contact did not have before. */
    readonly valuesAdded: number;
    /** Contacts of whose values at least one is replaced. */
    readonly contactsReplaced: number;
  };
  /** Calls for what the importer cannot express, one each: values cleared, tags removed, addresses changed, subscriptions renewed. */
  readonly single: number;
}

export interface DotdigitalWork {
  /** Contacts and address books when the sync begins. */
  readonly contacts: number;
  readonly books: number;
  /** Who has unsubscribed from the linked address book when the sync begins. */
  readonly optOuts: number;
  /** Contacts to create or change that the importer takes: it sets values and adds to books. */
  readonly imported: { readonly contacts: number; readonly bytes: number };
  /** Contacts to change that it passes over, since they may not be mailed. */
  readonly single: number;
  /** Whoever is to be unsubscribed from the book, and is not out of the whole account already. */
  readonly unsubscribed: number;
}

export interface OroWork {
  /** Contacts when the sync begins. */
  readonly contacts: number;
  /** Rows of the list when the sync begins: who is in it, who was taken out of it, who unsubscribed. */
  readonly items: number;
  readonly removed: number;
  readonly unsubscribed: number;
  /** Contacts to create or change. */
  readonly written: number;
  /** Whoever is to be marked as unsubscribed from the list. */
  readonly marks: number;
}

/** Calls by what they are for, and their sum. */
export interface MinimumCalls {
  readonly terms: Readonly<Record<string, number>>;
  readonly total: number;
}

export function salesforceMinimum(work: SalesforceWork): MinimumCalls {
  const written = work.creates + work.updates;
  return sumOf({
    // One token request; its answer tells the org.
    'log in': 1,
    // Types, lengths, rights: one describe an object.
    describe: work.objects,
    // All mapped fields, parents' included, come with the query; a query without a row is a call too.
    read: pages(work.records, SALESFORCE_PAGE),
    // An upsert by external id creates 200 a call, and answers with the ids.
    create: Math.ceil(work.creates / SALESFORCE_WRITES),
    update: Math.ceil(work.updates / SALESFORCE_WRITES),
    // Collections answer no values and no stamps.
    'read back values': Math.ceil(written / SALESFORCE_RETRIEVE),
  });
}

export function activeCampaignMinimum(work: ActiveCampaignWork): MinimumCalls {
  const { contacts, bytes, valuesAdded, contactsReplaced } = work.imported;
  const mapsFields = work.values !== undefined;
  const imports = Math.max(Math.ceil(contacts / IMPORT_CONTACTS), Math.ceil(bytes / IMPORT_BYTES));
  return sumOf({
    // There is no session: the first call proves the token, and says whose account it is.
    'log in': 1,
    // Names to ids: a page each of custom fields (with their options), tags and lists, where they are mapped.
    describe: (mapsFields ? 1 : 0) + (work.tags.length > 0 ? 1 : 0) + (work.lists.length > 0 ? 1 : 0),
    'read contacts': pages(work.contacts, ACTIVECAMPAIGN_PAGE),
    // Listings of contacts hold no custom fields: all values come in a listing of their own.
    'read values': mapsFields ? pages(work.values, ACTIVECAMPAIGN_PAGE) : 0,
    // Nor subscriptions or tags: contacts are listed by list and status, and by tag.
    'read opt-outs': sum(work.lists.map(({ optOuts }) => pages(optOuts, ACTIVECAMPAIGN_PAGE))),
    'read tags': sum(work.tags.map(({ carriers }) => pages(carriers, ACTIVECAMPAIGN_PAGE))),
    // Fields, tags and opt-outs travel with the contact.
    import: imports,
    // The importer queues: what became of a request is asked at least once.
    poll: imports,
    // It lists ids without addresses, so that ids, names and stamps come from a listing of what changed.
    'read back ids': Math.ceil(contacts / ACTIVECAMPAIGN_PAGE),
    'read back values': readBackValues(work.values ?? 0, valuesAdded, contactsReplaced),
    'read back opt-outs': sum(
      work.lists.filter(({ added }) => added > 0).map(({ optOuts, added }) => pages(optOuts + added, ACTIVECAMPAIGN_PAGE)),
    ),
    // Answered with the record: nothing is to be read back.
    'one by one': work.single,
  });
}

/** Looks at an import that runs are no part of it: how many there are is the vendor's time and not ours. */
export function dotdigitalMinimum({ contacts, books, optOuts, imported, single, unsubscribed }: DotdigitalWork): MinimumCalls {
  return sumOf({
    // There is no session: whose account it is, and in which region, one call tells.
    'log in': 1,
    // Names to ids, types: all data fields in one answer, address books in pages.
    describe: 1 + pages(books, DOTDIGITAL_OLD_PAGE),
    // With the fields, the account's consent and the address books of each.
    'read contacts': pages(contacts, DOTDIGITAL_PAGE),
    // When somebody left a book is told by a listing of its own.
    'read opt-outs': pages(optOuts, DOTDIGITAL_OLD_PAGE),
    import: Math.ceil(imported.bytes / DOTDIGITAL_IMPORT_BYTES),
    // The status of an import names ids, and an answer to a single write no books: one listing shows both.
    'read back': Math.ceil((imported.contacts + single) / DOTDIGITAL_PAGE),
    'one by one': single,
    // Nothing takes several addresses at once but what suppresses them in the whole account.
    unsubscribe: unsubscribed,
  });
}

export function oroMinimum({ contacts, items, removed, unsubscribed, written, marks }: OroWork): MinimumCalls {
  return sumOf({
    // A token, and whose installation it is.
    'log in': 2,
    // The list by its name.
    describe: 1,
    'read contacts': pages(contacts, ORO_PAGE),
    'read list': pages(items, ORO_ID_PAGE) + pages(removed, ORO_ID_PAGE) + pages(unsubscribed, ORO_ID_PAGE),
    // At once, answered with the records; or queued: handed over, looked at, and read back in pages.
    write: Math.min(Math.ceil(written / ORO_BATCH), written === 0 ? 0 : 2 + pages(written, ORO_PAGE)),
    // The older interface marks one person a call, and no other one does.
    mark: marks,
  });
}

/**
 * New values stand at the end of the listing of all values, which can be begun there. Replaced ones
 * stand anywhere: they take the whole listing, or one call for each of their contacts.
 */
function readBackValues(before: number, added: number, contactsReplaced: number): number {
  const end = Math.ceil(added / ACTIVECAMPAIGN_PAGE);
  if (contactsReplaced === 0) return end;
  return Math.min(pages(before + added, ACTIVECAMPAIGN_PAGE), end + contactsReplaced);
}

/** Pages of a listing whose total stands on the first page; an empty one is a page as well. */
function pages(rows: number, size: number): number {
  return Math.max(1, Math.ceil(rows / size));
}

function sumOf(terms: Readonly<Record<string, number>>): MinimumCalls {
  return { terms, total: sum(Object.values(terms)) };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
