/** Opting out and in again: of the whole account and of one address book. */
import { bookAt, writableBookAt } from './address-books.ts';
import { isEmail, isFinal, isLive, type Contact, type ContactStatus } from './contact.ts';
import { valuesOf } from './contact-values.ts';
import { contactForm, notFound } from './contacts.ts';
import { moment } from './campaign.ts';
import { invalidEmail, ok, PARAMETER_INVALID, refusedV2, type Answer } from './errors.ts';
import { route, type Exchange, type Route } from './exchange.ts';
import { dateOf, pageOf } from './paging.ts';
import { Members } from './request-body.ts';
import type { Store, Suppression } from './store.ts';

function suppressionForm(store: Store, suppression: Suppression, contact: Contact): Readonly<Record<string, unknown>> {
  return {
    suppressedContact: contactForm(store, contact, false),
    dateRemoved: moment(suppression.at),
    reason: suppression.reason,
  };
}

function unsubscribe(ofBook: boolean) {
  return (exchange: Exchange): Answer => {
    const { store, body, now } = exchange;
    const book = ofBook ? writableBookAt(exchange) : undefined;
    if (book !== undefined && 'status' in book) return book;
    const email = body.text('email');
    if (!isEmail(email)) return invalidEmail();
    const contact = store.contactByEmail(email);
    if (contact === undefined) return notFound();
    return ok(suppressionForm(store, store.suppress(contact, book?.id ?? null, 'Unsubscribed', now), contact));
  };
}

/** Who was suppressed since, and is still: in the order in which it happened. */
function listSuppressions(reasons: (reason: ContactStatus) => boolean, ofBook: boolean) {
  return (exchange: Exchange): Answer => {
    const { store, parameters } = exchange;
    const book = ofBook ? bookAt(exchange) : undefined;
    if (book !== undefined && 'status' in book) return book;
    const since = dateOf(parameters[ofBook ? 1 : 0]);
    if (since === undefined) return refusedV2(PARAMETER_INVALID);
    const latest = new Map<number, Suppression>();
    for (const suppression of store.suppressions) {
      if (suppression.book === (book?.id ?? null)) latest.set(suppression.contact, suppression);
    }
    const listed = [...latest.values()].filter((suppression) => {
      const contact = store.contacts.get(suppression.contact);
      if (contact === undefined || suppression.at < since || !reasons(suppression.reason)) return false;
      return book === undefined ? !isLive(contact.status) : store.membership(contact.id, book.id)?.status === 'unsubscribed';
    });
    return pageOf(exchange, listed, (one) => suppressionForm(store, one, store.contacts.get(one.contact)!));
  };
}

/**
 * Lifts what somebody decided for themselves. Whoever left is asked by mail first, unless the caller
 * vouches for them; complaints, shared suppressions and bad domains stay for good.
 */
function resubscribe(ofBook: boolean, challenges: boolean) {
  return (exchange: Exchange): Answer => {
    const { store, body, now } = exchange;
    const book = ofBook ? writableBookAt(exchange) : undefined;
    if (book !== undefined && 'status' in book) return book;
    const given = new Members(body.any('unsubscribedContact'));
    const values = valuesOf(store, given);
    if ('status' in values) return refusedV2('ERROR_CONTACT_RESUBSCRIPTION_INVALID');
    const known = store.contactByEmail(values.email!);
    const contact = known ?? store.addContact(values, now);
    if (store.globallySuppressed.has(values.email!.toLowerCase()) || isFinal(contact.status))
      return ok({ contact: contactForm(store, contact, false), status: 'ContactCannotBeUnsuppressed' });
    const hasLeft =
      !isLive(contact.status) || (book !== undefined && store.membership(contact.id, book.id)?.status === 'unsubscribed');
    if (challenges && hasLeft) return ok({ contact: contactForm(store, contact, false), status: 'ContactChallenged' });
    store.changeContact(contact, values, now);
    store.resubscribe(contact, book?.id ?? null, now);
    return ok({ contact: contactForm(store, contact, false), status: 'ContactAdded' });
  };
}

export const subscriptionRoutes: readonly Route[] = [
  route('POST', '/v2/contacts/unsubscribe', 'medium', unsubscribe(false)),
  route('POST', '/v2/address-books/{id}/contacts/unsubscribe', 'medium', unsubscribe(true)),
  route(
    'GET',
    '/v2/contacts/unsubscribed-since/{date}',
    'low',
    listSuppressions((reason) => reason === 'Unsubscribed', false),
  ),
  route(
    'GET',
    '/v2/contacts/suppressed-since/{date}',
    'low',
    listSuppressions(() => true, false),
  ),
  route(
    'GET',
    '/v2/address-books/{id}/contacts/unsubscribed-since/{date}',
    'low',
    listSuppressions(() => true, true),
  ),
  route('POST', '/v2/contacts/resubscribe', 'medium', resubscribe(false, true)),
  route('POST', '/v2/contacts/resubscribe-with-no-challenge', 'medium', resubscribe(false, false)),
  route('POST', '/v2/address-books/{id}/contacts/resubscribe', 'medium', resubscribe(true, true)),
  route('POST', '/v2/address-books/{id}/contacts/resubscribe-with-no-challenge', 'medium', resubscribe(true, false)),
];
