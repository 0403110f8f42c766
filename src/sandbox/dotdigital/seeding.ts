import type { Seed, SeedPerson } from '../vendor.ts';
import type { Activity, Campaign } from './campaign.ts';
import type { ContactStatus, FieldValue } from './contact.ts';
import type { DataField } from './data-field.ts';
import type { Store } from './store.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Addresses that are suppressed for every account of the vendor. */
const GLOBALLY_SUPPRESSED = ['blocked@example.com'];

const STORE_FIELD: DataField = {
  name: 'STORE',
  type: 'String',
  visibility: 'Private',
  defaultValue: null,
  system: false,
  readOnly: false,
};

/** A number from 0 to 99 that depends on nothing but the person and the question. */
function draw(person: SeedPerson, question: number): number {
  let hash = Math.imul(person.number + 7, 0x9e3779b1) ^ Math.imul(question + 3, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return ((hash ^ (hash >>> 15)) >>> 0) % 100;
}

/**
 * Fills an empty account: a contact for each person that the marketing side knows, two books of its own
 * beside the built-in "Test", and three campaigns of which two were sent.
 */
export function seedStore(
  store: Store,
  seed: Seed,
  now: number,
  {
    listsTestBook,
    campaignRecipients,
    bouncing,
  }: { readonly listsTestBook: boolean; readonly campaignRecipients: number; readonly bouncing: number },
): void {
  if (listsTestBook) store.addBook('Test', 'Private', true);
  const newsletter = store.addBook('Newsletter', 'Public');
  const customers = store.addBook('Customers', 'Private');
  store.addSegment('No consent given', ({ optInType }) => optInType === 'Unknown');
  seedPreferences(store, now - 300 * DAY_MS);
  for (const email of GLOBALLY_SUPPRESSED) store.globallySuppressed.add(email);
  for (const person of seed.marketing)
    seedContact(store, person, now, { newsletter: newsletter.id, customers: customers.id }, bouncing);
  seedCampaigns(store, now, newsletter.id, campaignRecipients);
  // A field that cannot be deleted, because something shows it.
  store.fields.set(STORE_FIELD.name, STORE_FIELD);
  store.dependencies.set(STORE_FIELD.name, [{ type: 'Campaign', objectId: 1 }]);
}

/** A category with two topics, and one topic by itself. */
function seedPreferences(store: Store, at: number): void {
  const add = (name: string, categoryId: number, isCategory: boolean): number =>
    store.addPreference({
      publicName: name,
      privateName: name,
      isPublic: true,
      categoryId,
      isCategory,
      created: at,
      lastModified: at,
    }).id;
  const marketing = add('Marketing', 0, true);
  add('Offers', marketing, false);
  add('News', marketing, false);
  add('Events', 0, false);
}

function seedContact(
  store: Store,
  person: SeedPerson,
  now: number,
  { newsletter, customers }: { readonly newsletter: number; readonly customers: number },
  bouncing: number,
): void {
  const email = person.email ?? '';
  if (email === '' || store.contactByEmail(email) !== undefined) return;
  const created = now - person.createdMsAgo;
  const changed = Math.max(created, now - person.changedMsAgo);
  const fields = new Map<string, FieldValue>(
    Object.entries({
      FIRSTNAME: person.firstName,
      LASTNAME: person.lastName,
      FULLNAME: [person.firstName, person.lastName].filter((name) => name !== '').join(' '),
    }).filter(([, value]) => value !== ''),
  );
  const contact = store.addContact({ email, fields, optInType: draw(person, 0) < 70 ? 'Single' : 'Unknown' }, created);
  if (draw(person, 1) < 75) store.join(contact, newsletter, created);
  if (draw(person, 2) < 30) store.join(contact, customers, created);
  const status = statusOf(person, bouncing);
  if (status !== 'Subscribed') store.suppress(contact, null, status, changed);
  // Left the newsletter alone, and gets other mail.
  else if (draw(person, 3) < 3) store.suppress(contact, newsletter, 'Unsubscribed', changed);
  contact.updated = changed;
}

function statusOf(person: SeedPerson, bouncing: number): ContactStatus {
  if (person.optedOut) return 'Unsubscribed';
  const drawn = draw(person, 4);
  if (drawn < bouncing) return 'HardBounced';
  return drawn === bouncing ? 'SoftBounced' : 'Subscribed';
}

function seedCampaigns(store: Store, now: number, newsletter: number, recipients: number): void {
  const members = [...store.members(newsletter).values()].slice(0, recipients);
  for (const [index, daysAgo] of [40, 12].entries()) {
    const sent = now - daysAgo * DAY_MS;
    const activities = members.flatMap(({ contact }): Activity[] => {
      const { email, status } = store.contacts.get(contact)!;
      if (email === null) return [];
      const drawn = (contact * 37 + index * 11) % 100;
      const hardBounced = status === 'HardBounced';
      const opens = hardBounced || drawn >= 45 ? [] : drawn < 10 ? [sent + 3_600_000, sent + 90_000_000] : [sent + 7_200_000];
      // Some come back to the newer one a few hours after the account was filled.
      if (index === 1 && drawn < 10 && opens.length > 0) opens.push(now + 5 * 3_600_000);
      const clicks = drawn < 15 && opens.length > 0 ? [{ at: opens[0]! + 60_000, url: 'https://www.example.com/offer' }] : [];
      return [
        {
          contactId: contact,
          email,
          sent,
          opens,
          clicks,
          replies: drawn === 3 ? [{ at: sent + 10_800_000, message: 'Hi\r\nThank you.' }] : [],
          unsubscribed: drawn === 99,
          softBounced: status === 'SoftBounced',
          hardBounced,
        },
      ];
    });
    addCampaign(store, {
      name: `Newsletter ${index + 1}`,
      subject: 'News',
      status: 'Sent',
      books: [newsletter],
      sent,
      activities,
    });
  }
  addCampaign(store, {
    name: 'Spring draft',
    subject: 'Spring',
    status: 'Unsent',
    books: [newsletter],
    sent: undefined,
    activities: [],
  });
}

function addCampaign(store: Store, campaign: Omit<Campaign, 'id'>): void {
  const id = store.campaigns.size + 1;
  store.campaigns.set(id, { ...campaign, id });
}
