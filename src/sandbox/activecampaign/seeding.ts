import type { Seed, SeedPerson } from '../vendor.ts';
import type { MembershipStatus } from './rows.ts';
import type { Store } from './store.ts';

const DAY_SECONDS = 86_400;
/** How old the account itself is. */
const ACCOUNT_AGE_SECONDS = 400 * DAY_SECONDS;
const IMPORT_SOURCE = 3;

const NEWSLETTER = 1;
const PRODUCT_UPDATES = 2;

interface SeedTag {
  readonly name: string;
  readonly description: string;
  /** Of a hundred people, how many have it. */
  readonly percent: number;
}

const TAGS: readonly SeedTag[] = [
  { name: 'vip', description: 'Buys a lot', percent: 8 },
  { name: 'lead', description: '', percent: 20 },
  { name: 'event-2025', description: 'Came to the event of 2025', percent: 12 },
];

/** What imports skip: one address and one domain. */
const EXCLUSIONS = ['blocked@example.com', '*@excluded.example'];

/** A number from 0 to 99 that depends on nothing but the person and the question. */
function draw(person: SeedPerson, question: number): number {
  let hash = Math.imul(person.number + 1, 0x9e3779b1) ^ Math.imul(question + 1, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return ((hash ^ (hash >>> 15)) >>> 0) % 100;
}

/** Status in the newsletter, `null` for who is not on it. Who opted out is always on it, as unsubscribed. */
function newsletterStatus(person: SeedPerson): MembershipStatus | null {
  if (person.optedOut) return 2;
  const drawn = draw(person, 0);
  if (drawn < 78) return 1;
  return drawn < 96 ? null : 3;
}

/**
 * Fills an empty account: a contact for each person that the marketing side knows, two lists, three tags. Custom fields
 * there are none. Two people of one address are one contact, since the vendor cannot hold both.
 */
export function seedStore(store: Store, seed: Seed, nowMs: number): void {
  const now = Math.floor(nowMs / 1000);
  seedAccount(store, now - ACCOUNT_AGE_SECONDS);
  for (const person of seed.marketing) seedContact(store, person, nowMs);
}

function seedAccount(store: Store, founded: number): void {
  store.users.insert({
    id: 1,
    username: 'admin',
    firstName: 'Ada',
    lastName: 'Admin',
    email: 'admin@example.com',
    phone: '',
    created: null,
    updated: null,
  });
  for (const [name, stringid] of [
    ['Newsletter', 'newsletter'],
    ['Product updates', 'product-updates'],
  ] as const) {
    store.lists.insert({
      id: store.lists.nextId(),
      name,
      stringid,
      description: '',
      channel: 'email',
      senderUrl: 'https://www.example.com',
      senderReminder: 'You signed up on our site.',
      sendLastBroadcast: '0',
      user: 1,
      created: founded,
      updated: founded,
    });
  }
  for (const { name, description } of TAGS) store.addTag(name, description, 'contact', founded);
  for (const [name, multientry] of [
    ['Welcome series', '0'],
    ['Win back', '1'],
  ] as const) {
    store.automations.insert({ id: store.automations.nextId(), name, multientry, created: founded, entered: 0, exited: 0 });
  }
  for (const exclusion of EXCLUSIONS) store.exclusions.add(exclusion);
  store.addPipeline('Sales', 'usd', founded);
}

function seedContact(store: Store, person: SeedPerson, nowMs: number): void {
  const email = person.email ?? '';
  if (store.contactByEmail(email) !== undefined) return;
  const created = Math.floor((nowMs - person.createdMsAgo) / 1000);
  const changed = Math.max(created, Math.floor((nowMs - person.changedMsAgo) / 1000));
  const { firstName, lastName } = person;
  const contact = store.addContact({ email, firstName, lastName, phone: person.phone ?? '' }, created, changed);
  const newsletter = newsletterStatus(person);
  if (newsletter !== null) addMembership(store, contact.id, NEWSLETTER, newsletter, created, changed);
  contact.bounced = newsletter === 3;
  if (!person.optedOut && draw(person, 1) < 25) addMembership(store, contact.id, PRODUCT_UPDATES, 1, created, created);
  TAGS.forEach(({ percent }, index) => {
    const tag = store.tags.get(index + 1);
    if (tag === undefined || draw(person, index + 2) >= percent) return;
    store.contactTags.insert({ id: store.contactTags.nextId(), contact: contact.id, tag: tag.id, created });
    tag.updated = Math.max(tag.updated, created);
  });
}

function addMembership(
  store: Store,
  contact: number,
  list: number,
  status: MembershipStatus,
  created: number,
  changed: number,
): void {
  store.memberships.insert({
    id: store.memberships.nextId(),
    contact,
    list,
    status,
    subscribed: created,
    unsubscribed: status === 2 ? changed : null,
    created,
    updated: status === 1 ? created : changed,
    source: IMPORT_SOURCE,
  });
}
