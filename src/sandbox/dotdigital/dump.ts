/** Rows in read form, flat and complete, ascending by id. */
import { bookForm } from './address-books.ts';
import { activitiesAt, activityForm, campaignForm } from './campaign.ts';
import type { Store } from './store.ts';

type Row = Readonly<Record<string, unknown>>;

function* contacts(store: Store): Iterable<Row> {
  for (const contact of store.contacts.values()) {
    const fields = Object.fromEntries([...store.fields.keys()].map((name) => [name, contact.fields.get(name) ?? null]));
    yield {
      id: contact.id,
      email: contact.email,
      mobileNumber: contact.mobileNumber,
      optInType: contact.optInType,
      emailType: contact.emailType,
      status: contact.status,
      created: new Date(contact.created).toISOString(),
      updated: new Date(contact.updated).toISOString(),
      ...fields,
    };
  }
}

function* memberships(store: Store): Iterable<Row> {
  for (const book of store.books.keys()) {
    for (const { contact, status, added } of [...store.members(book).values()].sort((one, other) => one.contact - other.contact))
      yield { addressBookId: book, contactId: contact, status, added: new Date(added).toISOString() };
  }
}

const DUMPS: Readonly<Record<string, (store: Store, now: number) => Iterable<Row>>> = {
  contact: contacts,
  addressBookContact: memberships,
  addressBook: (store) => [...store.books.values()].map((book) => bookForm(book, store)),
  dataField: (store) =>
    [...store.fields.values()].map(({ name, type, visibility, defaultValue }) => ({
      id: name,
      name,
      type,
      visibility,
      defaultValue,
    })),
  campaign: (store) => [...store.campaigns.values()].map((campaign) => campaignForm(campaign, false)),
  campaignActivity: (store, now) =>
    [...store.campaigns.values()].flatMap((campaign) =>
      activitiesAt(campaign, now).map((one) => ({ campaignId: campaign.id, ...activityForm(one) })),
    ),
  segment: (store) => [...store.segments.values()].map(({ id, name }) => ({ id, name })),
  preferenceChoice: (store) =>
    [...store.choices]
      .sort(([one], [other]) => one - other)
      .flatMap(([contactId, chosen]) =>
        [...chosen].map(([preferenceId, { isOptedIn, at }]) => ({
          contactId,
          preferenceId,
          isOptedIn,
          dateModified: new Date(at).toISOString(),
        })),
      ),
  consentRecord: (store) =>
    [...store.consents]
      .sort(([one], [other]) => one - other)
      .flatMap(([contactId, records]) => records.map(({ values }) => ({ contactId, ...values }))),
  suppression: (store) =>
    store.suppressions.map(({ contact, book, reason, at }) => ({
      contactId: contact,
      addressBookId: book,
      reason,
      dateRemoved: new Date(at).toISOString(),
    })),
};

/** `undefined` for an object that there is none of. */
export function dumpOf(store: Store, object: string, now: number): Iterable<Row> | undefined {
  return Object.hasOwn(DUMPS, object) ? DUMPS[object]!(store, now) : undefined;
}
