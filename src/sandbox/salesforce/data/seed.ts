/** Fills an org with what every org has, and with the people of a seed. */
import type { Seed, SeedPerson } from '../../vendor.ts';
import type { StoredValue } from '../schema/field.ts';
import { dayOf, wholeSeconds } from './instants.ts';
import type { Organization } from './organization.ts';
import type { Table } from './table.ts';

const YEAR_MS = 365 * 86_400_000;
const INDUSTRIES = ['Technology', 'Manufacturing', 'Retail', 'Education', null];

/** Writes a row past all rules; seeds may hold what an API would refuse. */
function put(
  org: Organization,
  table: Table,
  values: Readonly<Record<string, StoredValue>>,
  createdAt: number,
  changedAt: number,
  id?: string,
): string {
  const newId = id ?? org.newId(table.schema.keyPrefix);
  const row = table.insert(newId);
  for (const name in values) {
    const value = values[name];
    if (value !== null && value !== undefined) table.set(row, name, value);
  }
  const { fields } = table.schema;
  if (fields.has('CreatedDate')) {
    table.set(row, 'CreatedDate', createdAt);
    table.set(row, 'CreatedById', org.userId);
    table.set(row, 'LastModifiedDate', changedAt);
    table.set(row, 'LastModifiedById', org.userId);
  }
  if (fields.has('SystemModstamp')) table.set(row, 'SystemModstamp', changedAt);
  if (fields.has('OwnerId')) table.set(row, 'OwnerId', org.userId);
  return newId;
}

/** The organization, its profile, its one user and the profile's own permission set. */
export function seedSetup(org: Organization): void {
  const made = wholeSeconds(org.clock.now() - 2 * YEAR_MS);
  const locale = { TimeZoneSidKey: 'GMT' };
  put(org, org.tableOfPath('Profile'), { Name: 'System Administrator', UserType: 'Standard' }, made, made, org.profileId);
  put(
    org,
    org.tableOfPath('Organization'),
    {
      ...locale,
      Name: 'Syncline Sandbox',
      OrganizationType: 'Enterprise Edition',
      InstanceName: 'SB0',
      IsSandbox: true,
      DefaultLocaleSidKey: 'en_US',
    },
    made,
    made,
    org.id,
  );
  put(
    org,
    org.tableOfPath('User'),
    {
      ...locale,
      Username: 'admin@example.com',
      FirstName: 'Ada',
      LastName: 'Admin',
      Name: 'Ada Admin',
      Email: 'admin@example.com',
      Alias: 'admin',
      IsActive: true,
      LocaleSidKey: 'en_US',
      LanguageLocaleKey: 'en_US',
      EmailEncodingKey: 'UTF-8',
      UserType: 'Standard',
      ProfileId: org.profileId,
    },
    made,
    made,
    org.userId,
  );
  const own = put(
    org,
    org.tableOfPath('PermissionSet'),
    {
      Name: `X${org.profileId.slice(0, 15)}`,
      Label: 'System Administrator',
      ProfileId: org.profileId,
      IsOwnedByProfile: true,
      Type: 'Profile',
    },
    made,
    made,
  );
  put(org, org.tableOfPath('PermissionSetAssignment'), { PermissionSetId: own, AssigneeId: org.userId }, made, made);
  for (const { schema } of org.tables.values()) schema.schemaChangedAt = made;
}

/** One contact for each person that the CRM knows, one account for each company. */
export function seedPeople(org: Organization, seed: Seed): void {
  const now = org.clock.now();
  const accounts = seedAccounts(org, seed, now);
  const contacts = org.tableOfPath('Contact');
  for (const person of seed.crm) {
    const createdAt = wholeSeconds(now - person.createdMsAgo);
    const changedAt = wholeSeconds(now - person.changedMsAgo);
    put(org, contacts, contactOf(person, accounts), createdAt, Math.max(createdAt, changedAt));
  }
}

function seedAccounts(org: Organization, seed: Seed, now: number): ReadonlyMap<string, string> {
  const accounts = new Map<string, string>();
  const table = org.tableOfPath('Account');
  for (const { company, createdMsAgo } of seed.crm) {
    if (company === null || company === '' || accounts.has(company)) continue;
    const createdAt = wholeSeconds(now - createdMsAgo);
    const values = { Name: company, Industry: INDUSTRIES[accounts.size % INDUSTRIES.length] ?? null, CleanStatus: 'Pending' };
    accounts.set(company, put(org, table, values, createdAt, createdAt));
  }
  return accounts;
}

function orNull(text: string | null): string | null {
  return text === '' ? null : text;
}

function contactOf(person: SeedPerson, accounts: ReadonlyMap<string, string>): Record<string, StoredValue> {
  const { number } = person;
  return {
    FirstName: orNull(person.firstName),
    LastName: person.lastName === '' ? '-' : person.lastName,
    Email: orNull(person.email),
    Phone: orNull(person.phone),
    Title: orNull(person.jobTitle),
    MailingCity: orNull(person.city),
    Birthdate: person.birthday,
    LeadSource: orNull(person.leadSource),
    HasOptedOutOfEmail: person.optedOut,
    AccountId: accounts.get(person.company ?? '') ?? null,
    CleanStatus: 'Pending',
    // Values that no mapping touches: what a sync must leave alone.
    Fax: number % 3 === 0 ? `+1 555 ${String(1_000_000 + number).slice(-7)}` : null,
    AssistantName: number % 5 === 0 ? `Assistant ${number}` : null,
    Description: number % 4 === 0 ? `Met on ${dayOf(86_400_000 * (number % 20_000))}.\nKeep; "do not" change.` : null,
  };
}
