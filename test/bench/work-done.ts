/**
 * What a first sync had to do, from what the vendors hold before and after it: nothing here asks
 * Syncline. Only fields that the example maps are looked at, so that a needless write is no work.
 */
import type { Rehearsal, Row, VendorName } from '../cli/harness.ts';
import type { ActiveCampaignWork, SalesforceWork } from './minimum-calls.ts';

const SALESFORCE_FIELDS =
  'FirstName LastName Email Phone Title MailingCity Birthdate LeadSource Loyalty_Number__c VIP__c HasOptedOutOfEmail'.split(' ');
/** Contact, and Account for the name of the company. */
const SALESFORCE_OBJECTS = 2;
const CUSTOM_FIELDS = ['Job Title', 'City', 'Birthday', 'Lead Source', 'Loyalty Number', 'VIP', 'Company', 'Full Name'];
const TAG = 'synced-with-salesforce';
const LIST = 'Newsletter';
const SUBSCRIBED = '1';
const UNSUBSCRIBED = '2';

export interface Snapshot {
  readonly salesforce: ReadonlyMap<string, Row>;
  readonly activecampaign: ReadonlyMap<string, Contact>;
}

/** A contact with what the example maps of it. */
interface Contact {
  readonly email: string;
  readonly names: Readonly<Record<string, string>>;
  /** Custom field values that are not blank, by the field's id. */
  readonly values: ReadonlyMap<string, string>;
  readonly tagged: boolean;
  readonly status: string | undefined;
}

export async function takeSnapshot(rehearsal: Pick<Rehearsal, 'dump'>): Promise<Snapshot> {
  const people = await rehearsal.dump('salesforce', 'Contact');
  return {
    salesforce: new Map(people.filter((row) => row['IsDeleted'] !== true).map((row) => [String(row['Id']), row])),
    activecampaign: await contactsOf(rehearsal),
  };
}

async function contactsOf(rehearsal: Pick<Rehearsal, 'dump'>): Promise<ReadonlyMap<string, Contact>> {
  const dump = (object: string): Promise<readonly Row[]> => rehearsal.dump('activecampaign' satisfies VendorName, object);
  const fields = idsOf(await dump('field'), 'title', CUSTOM_FIELDS);
  const [tag] = idsOf(await dump('tag'), 'tag', [TAG]);
  const [list] = idsOf(await dump('list'), 'name', [LIST]);
  const values = Map.groupBy(await dump('fieldValue'), (row) => String(row['contact']));
  const tags = new Set(
    (await dump('contactTag')).filter((row) => String(row['tag']) === tag).map((row) => String(row['contact'])),
  );
  const statuses = new Map(
    (await dump('contactList'))
      .filter((row) => String(row['list']) === list)
      .map((row) => [String(row['contact']), String(row['status'])]),
  );
  const contacts = (await dump('contact')).map((row): [string, Contact] => {
    const id = String(row['id']);
    const own = (values.get(id) ?? []).map((value): [string, string] => [String(value['field']), String(value['value'] ?? '')]);
    const { email, firstName, lastName, phone } = row;
    return [
      id,
      {
        email: String(email),
        names: { first_name: String(firstName), last_name: String(lastName), phone: String(phone) },
        values: new Map(own.filter(([field, value]) => fields.includes(field) && value !== '')),
        tagged: tags.has(id),
        status: statuses.get(id),
      },
    ];
  });
  return new Map(contacts);
}

export function salesforceWork(before: Snapshot, after: Snapshot): SalesforceWork {
  const kept = [...after.salesforce].filter(([id]) => before.salesforce.has(id));
  const isUpdated = ([id, row]: [string, Row]): boolean =>
    SALESFORCE_FIELDS.some((field) => row[field] !== before.salesforce.get(id)![field]);
  return {
    records: before.salesforce.size,
    objects: SALESFORCE_OBJECTS,
    creates: after.salesforce.size - kept.length,
    updates: kept.filter(isUpdated).length,
  };
}

export function activeCampaignWork(before: Snapshot, after: Snapshot): ActiveCampaignWork {
  const known = [...before.activecampaign.values()];
  const imported = { contacts: 0, bytes: 0, valuesAdded: 0, contactsReplaced: 0 };
  let [single, optedOut] = [0, 0];
  for (const [id, contact] of after.activecampaign) {
    const old = before.activecampaign.get(id);
    single += callsOfItsOwn(old, contact);
    if (contact.status === UNSUBSCRIBED && old?.status !== UNSUBSCRIBED) optedOut += 1;
    const entry = importEntry(old, contact);
    if (entry === undefined) continue;
    imported.contacts += 1;
    imported.bytes += Buffer.byteLength(JSON.stringify(entry), 'utf8') + 1;
    imported.valuesAdded += [...contact.values.keys()].filter((field) => old?.values.has(field) !== true).length;
    if ([...contact.values].some(([field, value]) => old?.values.has(field) === true && old.values.get(field) !== value))
      imported.contactsReplaced += 1;
  }
  return {
    contacts: known.length,
    values: known.reduce((sum, contact) => sum + contact.values.size, 0),
    lists: [{ optOuts: known.filter((contact) => contact.status === UNSUBSCRIBED).length, added: optedOut }],
    tags: [{ carriers: known.filter((contact) => contact.tagged).length }],
    imported,
    single,
  };
}

/** Calls for what the importer cannot express: one for values and names, one for each tag and subscription. */
function callsOfItsOwn(old: Contact | undefined, now: Contact): number {
  if (old === undefined) return 0;
  const clears =
    [...old.values.keys()].some((field) => !now.values.has(field)) ||
    Object.keys(now.names).some((name) => old.names[name] !== '' && now.names[name] === '');
  const moves = old.email !== now.email;
  const untags = old.tagged && !now.tagged;
  const renews = old.status === UNSUBSCRIBED && now.status === SUBSCRIBED;
  return [clears || moves, untags, renews].filter(Boolean).length;
}

/** A contact as the importer is given it; `undefined` where it has nothing to do. */
function importEntry(old: Contact | undefined, now: Contact): object | undefined {
  const names = Object.fromEntries(
    Object.entries(now.names).filter(([name, value]) => value !== '' && value !== old?.names[name]),
  );
  const fields = [...now.values]
    .filter(([field, value]) => old?.values.get(field) !== value)
    .map(([id, value]) => ({ id: Number(id), value }));
  const tags = now.tagged && old?.tagged !== true ? [TAG] : [];
  const unsubscribe = now.status === UNSUBSCRIBED && old?.status !== UNSUBSCRIBED ? [{ listid: 1 }] : [];
  const idle = old !== undefined && Object.keys(names).length + fields.length + tags.length + unsubscribe.length === 0;
  return idle ? undefined : { email: now.email, ...names, tags, fields, unsubscribe, exclude_automations: true };
}

function idsOf(rows: readonly Row[], key: string, names: readonly string[]): readonly string[] {
  return rows.filter((row) => names.includes(String(row[key]))).map((row) => String(row['id']));
}
