/** What somebody agreed to, when and where: records that stand beside a contact, and the calls of v2 that carry them. */
import { isLive, type Contact } from './contact.ts';
import { valuesOf } from './contact-values.ts';
import { contactForm, notFound, upsert } from './contacts.ts';
import { ok, PARAMETER_INVALID, refusedV2, type Answer } from './errors.ts';
import { route, type Exchange, type Route } from './exchange.ts';
import { CONSENT_KEYS, type ConsentRecord } from './consent-record.ts';
import { choicesOf, preferenceForms } from './preferences.ts';
import { Members, type JsonObject } from './request-body.ts';
import type { Store } from './store.ts';

function consentForm({ values }: ConsentRecord): JsonObject {
  return { id: null, fields: Object.entries(values).map(([key, value]) => ({ key, value })) };
}

function recordsOf(entries: readonly unknown[], now: number): readonly ConsentRecord[] | undefined {
  const records = entries.map((entry) => {
    const pairs = new Members(entry).list('fields').map((pair) => new Members(pair));
    const values = pairs.map((pair) => [pair.text('key').toUpperCase(), pair.text('value')] as const);
    if (values.some(([key]) => !(CONSENT_KEYS as readonly string[]).includes(key))) return undefined;
    return { values: Object.fromEntries(values) as ConsentRecord['values'], created: now };
  });
  return records.every((record) => record !== undefined) ? records : undefined;
}

function form(store: Store, contact: Contact, withPreferences: boolean): JsonObject {
  return {
    contact: contactForm(store, contact, true),
    consentFields: (store.consents.get(contact.id) ?? []).map(consentForm),
    ...(withPreferences ? { preferences: preferenceForms(store, contact.id) } : {}),
  };
}

/** Creates or updates; what was agreed to is added to what stands there. */
function write(withPreferences: boolean, target: 'address' | 'id') {
  return (exchange: Exchange): Answer => {
    const { store, body, now } = exchange;
    const values = valuesOf(store, new Members(body.any('contact')));
    if ('status' in values) return values;
    const records = recordsOf(body.list('consentFields'), now);
    const choices = choicesOf(store, body.list('preferences'));
    if (records === undefined || choices === undefined) return refusedV2(PARAMETER_INVALID);
    const named = target === 'id' ? store.contacts.get(Number(exchange.parameters[0])) : undefined;
    if (target === 'id' && named === undefined) return notFound();
    const contact = upsert(store, values, now, named);
    if ('body' in contact) return contact;
    const { id } = contact as Contact;
    store.consents.set(id, [...(store.consents.get(id) ?? []), ...records]);
    if (withPreferences) store.choose(contact as Contact, choices, now);
    return { status: target === 'id' ? 200 : 201, body: form(store, contact as Contact, withPreferences) };
  };
}

function read({ store, parameters }: Exchange): Answer {
  const given = parameters[0]!;
  const contact = /^\d+$/.test(given) ? store.contacts.get(Number(given)) : store.contactByEmail(given);
  if (contact === undefined || (/^\d+$/.test(given) && !isLive(contact.status))) return notFound();
  return ok(form(store, contact, false));
}

export const consentRoutes: readonly Route[] = [
  route('POST', '/v2/contacts/with-consent', 'medium', write(false, 'address')),
  route('POST', '/v2/contacts/with-consent-and-preferences', 'medium', write(true, 'address')),
  route('GET', '/v2/contacts/{idOrEmail}/with-consent', 'high', read),
  route('PUT', '/v2/contacts/{id}/with-consent', 'medium', write(false, 'id')),
  route('PUT', '/v2/contacts/{id}/with-consent-and-preferences', 'medium', write(true, 'id')),
];
