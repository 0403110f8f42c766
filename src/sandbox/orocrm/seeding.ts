import type { Seed, SeedPerson } from '../vendor.ts';
import type { Reference } from './json-api.ts';
import { MARKETING_LIST_TYPES } from './resource-type.ts';
import type { Entity, Store } from './store.ts';
import { moment } from './values.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const USER = { type: 'users', id: '1' };
const ORGANIZATION = { type: 'organizations', id: '1' };

const ENUMERATIONS: Readonly<Record<string, readonly (readonly [id: string, name: string])[]>> = {
  leadstatuses: [
    ['new', 'New'],
    ['qualified', 'Qualified'],
    ['canceled', 'Disqualified'],
  ],
  opportunitystatuses: [
    ['in_progress', 'Open'],
    ['identification_alignment', 'Identification & Alignment'],
    ['needs_analysis', 'Needs Analysis'],
    ['solution_development', 'Solution Development'],
    ['negotiation', 'Negotiation'],
    ['won', 'Closed Won'],
    ['lost', 'Closed Lost'],
  ],
  leadsources: [
    ['website', 'Website'],
    ['partner', 'Partner'],
  ],
  marketingactivitytypes: [
    ['send', 'Send'],
    ['open', 'Open'],
    ['click', 'Click'],
    ['soft_bounce', 'Soft Bounce'],
    ['hard_bounce', 'Hard Bounce'],
    ['unsubscribe', 'Unsubscribe'],
  ],
};

/**
 * Fills an empty installation: a contact for each person that the CRM side knows (addresses are not
 * unique here), an account for each of their companies, some leads, two groups and, where the installation exposes them, a marketing list.
 */
export function seedStore(store: Store, seed: Seed, now: number): void {
  const founded = moment(now - 400 * DAY_MS);
  const stamps = { createdAt: founded, updatedAt: founded };
  const type = (name: string) => store.types.get(name)!;
  store.add(type('organizations'), { name: 'Example', enabled: true, ...stamps }, {});
  store.add(
    type('users'),
    {
      username: 'admin',
      email: 'admin@example.com',
      firstName: 'Ada',
      lastName: 'Admin',
      ...stamps,
    },
    { organization: ORGANIZATION },
  );
  for (const [name, entries] of Object.entries(ENUMERATIONS)) {
    for (const [index, [id, label]] of entries.entries())
      store.add(type(name), { name: label, priority: index + 1, default: index === 0 }, {}, id);
  }
  for (const [id, label] of [
    ['website', 'Website'],
    ['demand_generation', 'Demand Generation'],
  ] as const)
    store.add(type('contactsources'), { label }, {}, id);
  store.add(type('opportunityclosereasons'), { label: 'Cancelled' }, {}, 'cancelled');
  for (const label of ['Newsletter', 'Partners'])
    store.add(type('contactgroups'), { label }, { owner: USER, organization: ORGANIZATION });
  const companies = new Map<string, Entity>();
  const members = seed.crm.map((person) => seedContact(store, person, accountOf(store, person, companies, now), now));
  for (const person of seed.crm.slice(0, Math.floor(seed.crm.length / 10))) seedLead(store, person, now);
  if (store.types.has('marketinglists')) seedMarketingList(store, members, now);
}

/** The account of somebody's company, made for the first who works there. */
function accountOf(store: Store, person: SeedPerson, companies: Map<string, Entity>, now: number): Entity | undefined {
  if (person.company === null || person.company === '') return undefined;
  const known = companies.get(person.company);
  if (known !== undefined) return known;
  const at = moment(now - person.createdMsAgo);
  const account = store.add(
    store.types.get('accounts')!,
    { name: person.company, createdAt: at, updatedAt: at },
    { owner: USER, organization: ORGANIZATION },
  );
  companies.set(person.company, account);
  return account;
}

function seedContact(store: Store, person: SeedPerson, account: Entity | undefined, now: number): Entity {
  const email = person.email?.toLowerCase() ?? null;
  const inNewsletter = person.number % 10 < 7;
  const contact = store.add(
    store.types.get('contacts')!,
    {
      firstName: person.firstName === '' ? null : person.firstName,
      lastName: person.lastName,
      jobTitle: person.jobTitle,
      birthday: person.birthday,
      primaryEmail: email,
      emails: email === null ? [] : [{ email }],
      primaryPhone: person.phone,
      phones: person.phone === null ? [] : [{ phone: person.phone }],
      createdAt: moment(now - person.createdMsAgo),
      updatedAt: moment(now - person.changedMsAgo),
    },
    {
      owner: USER,
      organization: ORGANIZATION,
      createdBy: USER,
      groups: inNewsletter ? [{ type: 'contactgroups', id: '1' }] : [],
      accounts: account === undefined ? [] : [{ type: account.type, id: account.id }],
    },
  );
  if (account !== undefined)
    (account.relationships['contacts'] as Reference[]).push({
      type: contact.type,
      id: contact.id,
    });
  return contact;
}

function seedLead(store: Store, person: SeedPerson, now: number): void {
  const email = person.email === null ? null : `lead.${person.email.toLowerCase()}`;
  store.add(
    store.types.get('leads')!,
    {
      name: `Offer ${person.number}`,
      firstName: person.firstName === '' ? null : person.firstName,
      lastName: person.lastName,
      companyName: person.company,
      primaryEmail: email,
      emails: email === null ? [] : [{ email }],
      createdAt: moment(now - person.createdMsAgo),
      updatedAt: moment(now - person.changedMsAgo),
    },
    {
      owner: USER,
      organization: ORGANIZATION,
      status: { type: 'leadstatuses', id: 'new' },
    },
  );
}

/** The members of group 1, as its segment computes them. */
function seedMarketingList(store: Store, contacts: readonly Entity[], now: number): void {
  const [lists, items, unsubscribed] = MARKETING_LIST_TYPES;
  const at = moment(now - 30 * DAY_MS);
  const list = store.add(
    lists!,
    {
      name: 'Newsletter',
      entity: 'Oro\\Bundle\\ContactBundle\\Entity\\Contact',
      createdAt: at,
      updatedAt: at,
    },
    { owner: USER, organization: ORGANIZATION },
  );
  const marketingList = { type: list.type, id: list.id };
  for (const [index, contact] of contacts.entries()) {
    const groups = contact.relationships['groups'];
    if (!Array.isArray(groups) || groups.length === 0 || contact.attributes['primaryEmail'] === null) continue;
    store.add(items!, { entityId: Number(contact.id), contactedTimes: 0, createdAt: at }, { marketingList });
    if (index % 25 === 24) store.add(unsubscribed!, { entityId: Number(contact.id), createdAt: at }, { marketingList });
  }
}
