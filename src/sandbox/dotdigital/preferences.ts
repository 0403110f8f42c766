/** Marketing preferences: topics that somebody wants to hear about or not, apart from any address book. */
import type { Contact } from './contact.ts';
import { contactForm, notFound } from './contacts.ts';
import { ok, PARAMETER_INVALID, refusedV2, type Answer } from './errors.ts';
import { route, type Exchange, type Route } from './exchange.ts';
import { dateOf } from './paging.ts';
import { Members, type JsonObject } from './request-body.ts';
import type { Choices, Preference } from './preference.ts';
import type { Store } from './store.ts';

function form(store: Store, preference: Preference, contact?: number): JsonObject {
  const { id, publicName, privateName, isPublic, categoryId, isCategory, created, lastModified } = preference;
  const inside = isCategory ? [...store.preferences.values()].filter((other) => other.categoryId === id) : [];
  const choice = contact === undefined ? undefined : store.choices.get(contact)?.get(id);
  return {
    id,
    publicName,
    privateName,
    isPreference: !isCategory,
    order: String(id),
    isPublic,
    categoryId,
    preferenceCount: inside.length,
    created: new Date(created).toISOString(),
    lastModified: new Date(lastModified).toISOString(),
    ...(contact === undefined || isCategory ? {} : { isOptedIn: choice?.isOptedIn ?? false }),
    ...(isCategory ? { preferences: inside.map((one) => form(store, one, contact)) } : {}),
  };
}

/** The tree of preferences, for one contact with what they chose. */
export function preferenceForms(store: Store, contact?: number): readonly JsonObject[] {
  return [...store.preferences.values()].filter(({ categoryId }) => categoryId === 0).map((one) => form(store, one, contact));
}

/** @returns `undefined` where a preference is unknown or a category */
export function choicesOf(store: Store, entries: readonly unknown[]): Choices | undefined {
  const choices = new Map<number, boolean>();
  for (const entry of entries) {
    const given = new Members(entry);
    for (const inner of given.list('preferences')) {
      const chosen = choicesOf(store, [inner]);
      if (chosen === undefined) return undefined;
      for (const [id, isOptedIn] of chosen) choices.set(id, isOptedIn);
    }
    if (typeof given.any('isOptedIn') !== 'boolean') continue;
    const preference = store.preferences.get(Number(given.any('id')));
    if (preference === undefined || preference.isCategory) return undefined;
    choices.set(preference.id, given.any('isOptedIn') === true);
  }
  return choices;
}

function create({ store, body, now }: Exchange): Answer {
  const categoryId = Number(body.any('categoryId') ?? 0);
  const [publicName, privateName] = [body.text('publicName'), body.text('privateName')];
  if (publicName === '' || (categoryId !== 0 && store.preferences.get(categoryId)?.isCategory !== true))
    return refusedV2('ERROR_PREFERENCE_INVALID');
  const preference = store.addPreference({
    publicName,
    privateName: privateName === '' ? publicName : privateName,
    isPublic: body.any('isPublic') === true,
    categoryId,
    isCategory: body.any('isPreference') === false,
    created: now,
    lastModified: now,
  });
  return ok(form(store, preference));
}

function update({ store, body, parameters, now }: Exchange): Answer {
  const preference = store.preferences.get(Number(parameters[0]));
  if (preference === undefined) return refusedV2('ERROR_PREFERENCE_NOT_FOUND', 404);
  if (body.has('publicName')) preference.publicName = body.text('publicName');
  if (body.has('privateName')) preference.privateName = body.text('privateName');
  if (body.has('isPublic')) preference.isPublic = body.any('isPublic') === true;
  preference.lastModified = now;
  return ok(form(store, preference));
}

function remove({ store, parameters }: Exchange): Answer {
  const id = Number(parameters[0]);
  if (!store.preferences.has(id)) return refusedV2('ERROR_PREFERENCE_NOT_FOUND', 404);
  store.removePreference(id);
  return ok(null);
}

function contactAt({ store, parameters }: Exchange): Contact | undefined {
  const given = parameters[0]!;
  return /^\d+$/.test(given) ? store.contacts.get(Number(given)) : store.contactByEmail(given);
}

function ofContact(exchange: Exchange): Answer {
  const contact = contactAt(exchange);
  return contact === undefined ? notFound() : ok(preferenceForms(exchange.store, contact.id));
}

function choose(exchange: Exchange): Answer {
  const { store, payload, now } = exchange;
  const contact = contactAt(exchange);
  if (contact === undefined) return notFound();
  const choices = Array.isArray(payload) ? choicesOf(store, payload) : undefined;
  if (choices === undefined) return refusedV2(PARAMETER_INVALID);
  store.choose(contact, choices, now);
  return ok(preferenceForms(store, contact.id));
}

/** The misspelt key is the vendor's own. @source preferences-and-subscriptions, sample of the documentation */
function subscriptions(exchange: Exchange): Answer {
  const { store } = exchange;
  const contact = contactAt(exchange);
  if (contact === undefined) return notFound();
  const optIns = [...(store.choices.get(contact.id) ?? [])].map(([marketingPreferenceId, { isOptedIn, at }]) => ({
    marketingPreferenceId,
    // Preferences of these accounts belong to no book.
    addressBookId: 0,
    isOptedIn,
    dateModifed: new Date(at).toISOString().replace('T', ' ').replace('Z', '000+00:00'),
  }));
  return ok({ contact: contactForm(store, contact, false), marketingPreferenceOptIns: optIns });
}

function modifiedSince({ store, parameters }: Exchange): Answer {
  const since = dateOf(parameters[0]);
  if (since === undefined) return refusedV2(PARAMETER_INVALID);
  return ok([...store.preferences.values()].filter(({ lastModified }) => lastModified >= since).map((one) => form(store, one)));
}

export const preferenceRoutes: readonly Route[] = [
  route('GET', '/v2/preferences', 'medium', ({ store }) => ok(preferenceForms(store))),
  route('GET', '/v2/preferences/modified-since/{date}', 'medium', modifiedSince),
  route('POST', '/v2/preferences', 'medium', create),
  route('PUT', '/v2/preferences/{id}', 'medium', update),
  route('DELETE', '/v2/preferences/{id}', 'medium', remove),
  route('GET', '/v2/contacts/{idOrEmail}/preferences', 'high', ofContact),
  route('PUT', '/v2/contacts/{idOrEmail}/preferences', 'medium', choose),
  route('GET', '/v2/contacts/{email}/subscriptions', 'high', subscriptions),
];
