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
