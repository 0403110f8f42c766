/**
 * The judge of what the command line achieved: reads the vendors' dumps and nothing of Syncline's own,
 * and knows the example's twelve fields, its opt-out and its tag from the words of its YAML.
 */
import type { Rehearsal, Row } from './harness.ts';

export interface Person {
  readonly id: string;
  /** As this end spells it; empty where there is none. */
  readonly email: string;
  /** By the name that Salesforce gives the field; blank and missing are the same. */
  readonly fields: Readonly<Record<string, string>>;
  readonly optedOut: boolean;
  /** ActiveCampaign only: carries the tag of those who are kept in step. */
  readonly tagged: boolean;
}

export interface Population {
  readonly salesforce: readonly Person[];
  readonly activecampaign: readonly Person[];
}

/** ActiveCampaign's custom fields by what they hold of Salesforce. */
const CUSTOM_FIELDS: Readonly<Record<string, string>> = {
  Title: 'Job Title',
  MailingCity: 'City',
  Birthdate: 'Birthday',
  LeadSource: 'Lead Source',
  Loyalty_Number__c: 'Loyalty Number',
  VIP__c: 'VIP',
  'Account.Name': 'Company',
  'Full Name': 'Full Name',
};

export const MAPPED_SALESFORCE_FIELDS: readonly string[] = [
  'FirstName',
  'LastName',
  'Email',
  'Phone',
  'Title',
  'MailingCity',
  'Birthdate',
  'LeadSource',
  'HasOptedOutOfEmail',
];

export async function populationOf(rehearsal: Rehearsal): Promise<Population> {
  return { salesforce: await salesforcePeople(rehearsal), activecampaign: await activeCampaignPeople(rehearsal) };
}

async function salesforcePeople(rehearsal: Rehearsal): Promise<readonly Person[]> {
  const accounts = new Map((await rehearsal.dump('salesforce', 'Account')).map((row) => [row['Id'], text(row['Name'])]));
  const contacts = await rehearsal.dump('salesforce', 'Contact');
  return contacts
    .filter((row) => row['IsDeleted'] === false)
    .map((row) => {
      const names = [text(row['FirstName']), text(row['LastName'])];
      return {
        id: text(row['Id']),
        email: text(row['Email']),
        optedOut: row['HasOptedOutOfEmail'] === true,
        tagged: false,
        fields: {
          FirstName: names[0]!,
          LastName: names[1]!,
          Email: text(row['Email']).toLowerCase(),
          Phone: text(row['Phone']),
          Title: text(row['Title']),
          MailingCity: text(row['MailingCity']),
          Birthdate: text(row['Birthdate']),
          LeadSource: text(row['LeadSource']),
          Loyalty_Number__c: text(row['Loyalty_Number__c']),
          VIP__c: row['VIP__c'] === true ? 'true' : '',
          'Account.Name': accounts.get(row['AccountId']) ?? '',
          'Full Name': names.filter((name) => name !== '').join(' '),
        },
      };
    });
}

async function activeCampaignPeople(rehearsal: Rehearsal): Promise<readonly Person[]> {
  const titles = new Map((await rehearsal.dump('activecampaign', 'field')).map((row) => [row['id'], text(row['title'])]));
  const values = new Map<string, string>();
  for (const row of await rehearsal.dump('activecampaign', 'fieldValue')) {
    const held = values.get(`${text(row['contact'])}|${titles.get(row['field'])}`);
    if (held !== undefined) throw new Error(`Contact ${text(row['contact'])} has two values of ${titles.get(row['field'])}.`);
    values.set(`${text(row['contact'])}|${titles.get(row['field'])}`, text(row['value']));
  }
  const tag = (await rehearsal.dump('activecampaign', 'tag')).find((row) => row['tag'] === 'synced-with-salesforce')?.['id'];
  const tagged = (await rehearsal.dump('activecampaign', 'contactTag')).filter((row) => row['tag'] === tag);
  const carriers = new Set(tagged.map((row) => row['contact']));
  const newsletter = (await rehearsal.dump('activecampaign', 'list')).find((row) => row['name'] === 'Newsletter')!['id'];
  const subscriptions = (await rehearsal.dump('activecampaign', 'contactList')).filter((row) => row['list'] === newsletter);
  const optedOut = new Set(subscriptions.filter((row) => row['status'] === '2').map((row) => row['contact']));
  return (await rehearsal.dump('activecampaign', 'contact')).map((row) => {
    const id = text(row['id']);
    const custom = Object.entries(CUSTOM_FIELDS).map(([name, title]) => [name, values.get(`${id}|${title}`) ?? ''] as const);
    const fields: Record<string, string> = {
      FirstName: text(row['firstName']),
      // Salesforce insists on a last name; the example writes a dash there for people without one.
      LastName: text(row['lastName']) === '' ? '-' : text(row['lastName']),
      Email: text(row['email']).toLowerCase(),
      Phone: text(row['phone']),
      ...Object.fromEntries(custom),
    };
    fields['VIP__c'] = /\btrue\b/.test(fields['VIP__c']!) ? 'true' : '';
    return { id, email: text(row['email']), fields, optedOut: optedOut.has(id), tagged: carriers.has(id) };
  });
}

/** Records of each address, in lower case; records without one are left out. */
export function byAddress(people: readonly Person[]): ReadonlyMap<string, readonly Person[]> {
  return Map.groupBy(
    people.filter((person) => person.email !== ''),
    (person) => person.email.toLowerCase(),
  );
}

/** Addresses that no end has twice: the people whom a sync may connect. */
export function unambiguousAddresses(population: Population): readonly string[] {
  const ends = [byAddress(population.salesforce), byAddress(population.activecampaign)];
  const all = new Set(ends.flatMap((end) => [...end.keys()]));
  return [...all].filter((address) => ends.every((end) => (end.get(address)?.length ?? 0) < 2)).toSorted();
}

export interface Pair {
  readonly address: string;
  /** Ids of the two records. */
  readonly sf: string;
  readonly ac: string;
}

/** People who stand at both ends with an address of their own, in order of it. */
export function pairsOf(population: Population): readonly Pair[] {
  const [salesforce, activecampaign] = [byAddress(population.salesforce), byAddress(population.activecampaign)];
  return unambiguousAddresses(population).flatMap((address) => {
    const [one, other] = [salesforce.get(address)?.[0], activecampaign.get(address)?.[0]];
    return one === undefined || other === undefined ? [] : [{ address, sf: one.id, ac: other.id }];
  });
}

/**
 * Everything in which the two ends do not agree, one line each; empty where they agree on everybody
 * with an address of their own.
 */
export function disagreements(population: Population): readonly string[] {
  const [salesforce, activecampaign] = [byAddress(population.salesforce), byAddress(population.activecampaign)];
  return unambiguousAddresses(population).flatMap((address) => {
    const [one, other] = [salesforce.get(address)?.[0], activecampaign.get(address)?.[0]];
    if (one === undefined || other === undefined)
      return [`${address} is missing in ${one === undefined ? 'Salesforce' : 'ActiveCampaign'}`];
    const found = Object.keys(one.fields)
      .filter((name) => one.fields[name] !== other.fields[name])
      .map((name) => `${address} ${name}: ${JSON.stringify(one.fields[name])} and ${JSON.stringify(other.fields[name])}`);
    if (one.optedOut !== other.optedOut) found.push(`${address} opted out: ${one.optedOut} and ${other.optedOut}`);
    if (!other.tagged) found.push(`${address} has no tag`);
    return found;
  });
}

/** Addresses that an end holds more than once. */
export function duplicates(people: readonly Person[]): readonly string[] {
  return [...byAddress(people)].filter(([, records]) => records.length > 1).map(([address]) => address);
}

function text(value: unknown): string {
  return value === null || value === undefined ? '' : String(value as string | number | boolean);
}

/** The rows of `after` that differ from those of `before` by id in one of the columns that count. */
export function changedRows(
  before: readonly Row[],
  after: readonly Row[],
  id: string,
  leaveOut: readonly string[],
): readonly string[] {
  const present = new Map(after.map((row) => [row[id], row]));
  return before.flatMap((row) => {
    const now = present.get(row[id]);
    if (now === undefined) return [`${text(row[id])} is gone`];
    return Object.keys(row)
      .filter((name) => !leaveOut.includes(name) && JSON.stringify(row[name]) !== JSON.stringify(now[name]))
      .map((name) => `${text(row[id])} ${name}: ${JSON.stringify(row[name])} became ${JSON.stringify(now[name])}`);
  });
}
