import { accountContactForm } from './account-form.ts';
import { contactAutomationForm } from './automation-form.ts';
import { created, message, noResult, ok, type Answer } from './answers.ts';
import { contactColumns, contactForm, contactLinks, listedContactForm } from './contact-form.ts';
import type { ContactListings } from './contact-query.ts';
import {
  applyContactFields,
  createdContactAnswer,
  emailInvalid,
  emailMissing,
  emailTaken,
  isAnswer,
  isEmail,
  wantedFieldValues,
  writeFieldValues,
} from './contact-writing.ts';
import { contactDealForm, dealForm } from './deal-form.ts';
import { route, type Exchange, type Route } from './exchange.ts';
import { fieldValueForm } from './field-value-form.ts';
import { idOf, isObject, objectAt, textOf, type JsonObject } from './json.ts';
import { contactTagForm, membershipForm } from './membership-form.ts';
import { noteForm } from './note-form.ts';
import type { ContactRow } from './rows.ts';
import type { Store } from './store.ts';

/** The vendor's own name of the class behind contacts. */
const CLASS_NAME = 'Subscriber';

function ids(rows: readonly { id: number }[]): string[] {
  return rows.map(({ id }) => String(id));
}

function listContacts(exchange: Exchange, listings: ContactListings): Answer {
  const { store, api } = exchange;
  const { contacts, meta } = listings.page(exchange);
  return ok({
    scoreValues: [],
    contacts: contacts.map((contact) => listedContactForm(contact, api, ids(store.accountContactsByContact.get(contact.id)))),
    meta,
  });
}

function getContact(exchange: Exchange): Answer {
  const { store, api } = exchange;
  const id = idOf(exchange.parameters[0]);
  const contact = store.contacts.get(id);
  if (contact === undefined) return noResult(CLASS_NAME, id);
  const automations = store.contactAutomationsByContact.get(id);
  const memberships = store.membershipsByContact.get(id);
  const deals = store.deals.rows.filter((deal) => deal.contact === id);
  const fieldValues = store.fieldValuesByContact.get(id);
  const accountContacts = store.accountContactsByContact.get(id);
  return ok({
    contactAutomations: automations.map((row) => contactAutomationForm(row, api)),
    contactLists: memberships.map((row) => membershipForm(row, store, api)),
    deals: deals.map((deal) => dealForm(deal, api)),
    fieldValues: fieldValues.map((row) => fieldValueForm(row, api)),
    geoIps: [],
    accountContacts: accountContacts.map((row) => accountContactForm(row, api)),
    contact: {
      ...contactColumns(contact),
      contactAutomations: ids(automations),
      contactLists: ids(memberships),
      fieldValues: ids(fieldValues),
      geoIps: [],
      deals: ids(deals),
      accountContacts: ids(accountContacts),
      links: contactLinks(api, id),
      id: String(id),
      organization: null,
    },
  });
}

function insertContact(exchange: Exchange, body: JsonObject, sync: boolean): Answer {
  const { store, now } = exchange;
  const wanted = wantedFieldValues(store, body['fieldValues']);
  if (isAnswer(wanted)) return wanted;
  const contact = store.addContact(
    {
      email: textOf(body['email']).trim(),
      firstName: textOf(body['firstName']),
      lastName: textOf(body['lastName']),
      phone: textOf(body['phone']),
    },
    now,
  );
  const values = writeFieldValues(store, contact, wanted, now);
  return created(createdContactAnswer(exchange, contact, Array.isArray(body['fieldValues']) ? values : null, sync));
}

/** Why a body's address cannot be used for a new contact, `undefined` where it can. */
function emailFault(body: JsonObject): Answer | undefined {
  const email = textOf(body['email']).trim();
  // UNVERIFIED: the account opted in to contacts without an address, so the flag is heeded.
  if (email === '') return body['allowNullEmail'] === true ? undefined : emailMissing();
  return isEmail(email) ? undefined : emailInvalid();
}

function createContact(exchange: Exchange): Answer {
  const body = objectAt(exchange.body, 'contact');
  const fault = emailFault(body);
  if (fault !== undefined) return fault;
  if (exchange.store.contactByEmail(textOf(body['email']).trim()) !== undefined) return emailTaken();
  return insertContact(exchange, body, false);
}

function syncContact(exchange: Exchange): Answer {
  const body = objectAt(exchange.body, 'contact');
  const fault = emailFault(body);
  if (fault !== undefined) return fault;
  const contact = exchange.store.contactByEmail(textOf(body['email']).trim());
  if (contact === undefined) return insertContact(exchange, body, true);
  // The address is the key of the call and no change to write: the contact keeps its spelling.
  const { email: _key, ...changes } = body;
  return changeContact(exchange, contact, changes);
}

function changeContact(exchange: Exchange, contact: ContactRow, body: JsonObject): Answer {
  const { store, now, api } = exchange;
  const wanted = wantedFieldValues(store, body['fieldValues']);
  if (isAnswer(wanted)) return wanted;
  applyContactFields(store, contact, body, now);
  const values = writeFieldValues(store, contact, wanted, now);
  store.events.push({ type: 'update', contact: contact.id });
  const answer: JsonObject = {};
  if (Array.isArray(body['fieldValues'])) answer['fieldValues'] = values.map((row) => fieldValueForm(row, api));
  answer['contact'] = contactForm(contact, api);
  return ok(answer);
}

function updateContact(exchange: Exchange): Answer {
  const { store } = exchange;
  const id = idOf(exchange.parameters[0]);
  const contact = store.contacts.get(id);
  if (contact === undefined) return noResult(CLASS_NAME, id);
  const body = objectAt(exchange.body, 'contact');
  if ('email' in body) {
    const fault = emailFault(body);
    if (fault !== undefined) return fault;
    // UNVERIFIED: a move to another contact's address is refused like its creation.
    const holder = store.contactByEmail(textOf(body['email']).trim());
    if (holder !== undefined && holder !== contact) return emailTaken();
  }
  return changeContact(exchange, contact, body);
}

function deleteContact(exchange: Exchange): Answer {
  const id = idOf(exchange.parameters[0]);
  const contact = exchange.store.contacts.get(id);
  if (contact === undefined) return message(404, `No result found for contact with id ${id}`);
  exchange.store.deleteContact(contact);
  return ok({});
}

type PartForm = (contact: number, store: Store, api: string) => unknown;

/** What hangs on a contact, by the last segment of its address. None of these answers has a `meta` (recorded for tags). */
const PARTS: Readonly<Record<string, PartForm>> = {
  contactLists: (id, store, api) => store.membershipsByContact.get(id).map((row) => membershipForm(row, store, api)),
  contactTags: (id, store, api) => store.contactTagsByContact.get(id).map((row) => contactTagForm(row, api)),
  fieldValues: (id, store, api) => store.fieldValuesByContact.get(id).map((row) => fieldValueForm(row, api)),
  contactAutomations: (id, store, api) => store.contactAutomationsByContact.get(id).map((row) => contactAutomationForm(row, api)),
  accountContacts: (id, store, api) => store.accountContactsByContact.get(id).map((row) => accountContactForm(row, api)),
  deals: (id, store, api) => store.deals.rows.filter((deal) => deal.contact === id).map((deal) => dealForm(deal, api)),
  contactDeals: (id, store, api) =>
    store.contactDeals.rows.filter((row) => row.contact === id).map((row) => contactDealForm(row, api)),
  notes: (id, store, api) =>
    store.notes.rows.filter((note) => note.relatedType === CLASS_NAME && note.related === id).map((note) => noteForm(note, api)),
  // Nothing of these kinds ever happens in the stand-in.
  bounceLogs: () => [],
  contactData: () => [],
  contactGoals: () => [],
  contactLogs: () => [],
  geoIps: () => [],
  trackingLogs: () => [],
  scoreValues: () => [],
  plusAppend: () => [],
  automationEntryCounts: () => [],
  organization: () => null,
};

function contactPart(name: string, form: PartForm): Route[] {
  return route('GET', `contacts/*/${name}`, ({ store, api, parameters }) => {
    const id = idOf(parameters[0]);
    return store.contacts.get(id) === undefined ? noResult(CLASS_NAME, id) : ok({ [name]: form(id, store, api) });
  });
}

/** Bodies without the singular key change and create nothing. */
function withContact(handler: (exchange: Exchange) => Answer): (exchange: Exchange) => Answer {
  return (exchange) => (isObject(exchange.body['contact']) ? handler(exchange) : emailMissing());
}

export function contactRoutes(listings: ContactListings): Route[] {
  return [
    ...route('GET', 'contacts', (exchange) => listContacts(exchange, listings)),
    ...route('POST', 'contacts', withContact(createContact)),
    ...route('POST', 'contact/sync', withContact(syncContact)),
    ...route('GET', 'contacts/*', getContact),
    ...route('PUT PATCH', 'contacts/*', updateContact),
    ...route('DELETE', 'contacts/*', deleteContact),
    ...Object.entries(PARTS).flatMap(([name, form]) => contactPart(name, form)),
  ];
}
