/**
 * What the first export of a marketing list had to do, from what the vendors hold before and after it: nothing here asks
 * Syncline. Only fields that the example maps are looked at, so that a needless write is no work; nor is an opt-out of the
 * address book that follows from one of the whole account.
 */
import type { Row } from '../cli/harness.ts';
import type { DotdigitalWork, OroWork } from './minimum-calls.ts';

const BOOK = 'Newsletter';
const DATA_FIELDS = ['FIRSTNAME', 'LASTNAME', 'FULLNAME', 'JOB_TITLE'];
const LIST_FIELDS = ['firstName', 'lastName'];
/** Statuses of contacts that the importer takes, and those by which a person left the account. */
const MAILED = ['Subscribed', 'SoftBounced', 'PendingOptIn'];
const LEFT = ['Unsubscribed', 'IspComplained', 'DirectComplaint'];

type Rows = ReadonlyMap<string, Row>;

export interface ExportSnapshot {
  readonly contacts: Rows;
  /** What the address book says of contacts, by their id. */
  readonly members: ReadonlyMap<string, string>;
  readonly books: number;
  readonly people: Rows;
  /** Ids of people in the list, of those taken out of it, and of those marked as unsubscribed. */
  readonly items: ReadonlySet<string>;
  readonly removed: ReadonlySet<string>;
  readonly marked: ReadonlySet<string>;
}

export async function takeExportSnapshot(
  dump: (vendor: 'dotdigital' | 'orocrm', object: string) => Promise<readonly Row[]>,
): Promise<ExportSnapshot> {
  const books = await dump('dotdigital', 'addressBook');
  const book = books.find((row) => row['name'] === BOOK)!['id'];
  const members = (await dump('dotdigital', 'addressBookContact')).filter((row) => row['addressBookId'] === book);
  const ids = async (object: string): Promise<ReadonlySet<string>> =>
    new Set((await dump('orocrm', object)).map((row) => String(row['entityId'])));
  return {
    contacts: byId(await dump('dotdigital', 'contact')),
    members: new Map(members.map((row) => [String(row['contactId']), String(row['status'])])),
    books: books.length,
    people: byId(await dump('orocrm', 'contacts')),
    items: await ids('marketinglistitems'),
    removed: await ids('marketinglistremoveditems'),
    marked: await ids('marketinglistunsubscribeditems'),
  };
}

export function dotdigitalWork(before: ExportSnapshot, after: ExportSnapshot): DotdigitalWork {
  const saidSo = new Set([...before.marked].map((id) => String(before.people.get(id)?.['primaryEmail']).toLowerCase()));
  const imported = { contacts: 0, bytes: 0 };
  let [single, unsubscribed] = [0, 0];
  for (const [id, contact] of after.contacts) {
    const old = before.contacts.get(id);
    const joins = after.members.get(id) === 'subscribed' && before.members.get(id) !== 'subscribed';
    const values = DATA_FIELDS.filter((name) => (contact[name] ?? null) !== (old?.[name] ?? null));
    if (old === undefined || joins || values.length > 0 || old['email'] !== contact['email']) {
      if (old !== undefined && !MAILED.includes(String(old['status']))) single += 1;
      else {
        const dataFields = Object.fromEntries(values.map((name) => [name, contact[name]]));
        const identifiers = { contactId: Number(id), email: contact['email'] };
        const entry = { matchIdentifier: 'contactId', identifiers, dataFields, ...(joins ? { lists: [1] } : {}) };
        imported.contacts += 1;
        imported.bytes += Buffer.byteLength(JSON.stringify(entry), 'utf8') + 1;
      }
    }
    const leaves = after.members.get(id) === 'unsubscribed' && before.members.get(id) !== 'unsubscribed';
    const isCovered = old !== undefined && LEFT.includes(String(old['status'])) && !saidSo.has(String(contact['email']));
    if (leaves && !isCovered) unsubscribed += 1;
  }
  const optOuts = [...before.members.values()].filter((status) => status === 'unsubscribed').length;
  return { contacts: before.contacts.size, books: before.books, optOuts, imported, single, unsubscribed };
}

export function oroWork(before: ExportSnapshot, after: ExportSnapshot): OroWork {
  const isWritten = ([id, row]: [string, Row]): boolean =>
    LIST_FIELDS.some((name) => row[name] !== before.people.get(id)?.[name]);
  return {
    contacts: before.people.size,
    items: before.items.size,
    removed: before.removed.size,
    unsubscribed: before.marked.size,
    written: [...after.people].filter(isWritten).length,
    marks: [...after.marked].filter((id) => !before.marked.has(id)).length,
  };
}

function byId(rows: readonly Row[]): Rows {
  return new Map(rows.map((row) => [String(row['id']), row]));
}
