/**
 * Membership and consent of single address books, which version 2 alone can take back.
 *
 * Leaving a book is no opt-out of it. To subscribe somebody again who left, the person is asked by mail
 * (a challenge): the other way, without one, is for evidence that the vendor can be shown, and is not used.
 */
import { pathSegment } from '../../http/address.ts';
import { ProviderError } from '../../model/errors.ts';
import type { ConsentState } from '../../model/value.ts';
import type { Api } from './api.ts';
import { pause } from './import-job.ts';
import { isRow, rowOf, text } from './rows.ts';

/** Below so many contacts, calls one by one are fewer than a job and a look at it. */
const JOB_FROM = 3;
/** UNVERIFIED: the most ids of one call; a public connector sends as many. */
const JOB_CONTACTS = 1_000;
const PATIENCE_MS = 10 * 60_000;

/** Calls that it takes to remove so many contacts from a book: a look a job, where it is quick. */
export function removalCalls(contacts: number): number {
  return contacts < JOB_FROM ? contacts : 2 * Math.ceil(contacts / JOB_CONTACTS);
}

/**
 * Takes contacts out of a book. A contact that is not in it is no error.
 *
 * @throws ProviderError where the vendor did not do it, or not within minutes (outcome unknown)
 */
export async function removeMembers(api: Api, book: string, contacts: readonly string[], signal?: AbortSignal): Promise<void> {
  if (contacts.length < JOB_FROM) {
    for (const contact of contacts) {
      const path = `/v2/address-books/${book}/contacts/${pathSegment(contact)}`;
      await api.call({ tier: 'medium', method: 'DELETE', path, accept: [404], idempotent: true, signal });
    }
    return;
  }
  for (let start = 0; start < contacts.length; start += JOB_CONTACTS) {
    const answer = await api.call({
      tier: 'low',
      method: 'POST',
      path: `/v2/address-books/${book}/contacts/delete`,
      json: contacts.slice(start, start + JOB_CONTACTS).map(Number),
      // Who is out already stays out.
      idempotent: true,
      signal,
    });
    await awaitRemoval(api, field(answer.json, 'id'), signal);
  }
}

async function awaitRemoval(api: Api, id: string, signal: AbortSignal | undefined): Promise<void> {
  const startedAt = api.clock.now();
  for (;;) {
    // The body was empty in the past: then nothing tells of the end.
    if (id === '') throw notRemoved(api, '');
    const answer = await api.get('high', `/v2/contacts/deletion/${pathSegment(id)}`, undefined, signal);
    const status = field(answer.json, 'status');
    if (status === 'Completed') return;
    const isOver = api.clock.now() - startedAt >= PATIENCE_MS;
    if (status !== 'Started' || isOver) throw notRemoved(api, status);
    await pause(api, startedAt, PATIENCE_MS, signal);
  }
}

function notRemoved(api: Api, status: string): ProviderError {
  const what = `Dotdigital did not say that it removed contacts from an address book (${status === '' ? 'no status' : status}).`;
  return new ProviderError('PROVIDER_REFUSED', what, {
    integration: api.integration,
    outcomeUnknown: status === 'Started' || status === '',
    retryable: true,
  });
}

/** The documents spell the keys of a removal in two ways. */
function field(json: unknown, name: string): string {
  const row = isRow(json) ? json : {};
  return text(Object.entries(row).find(([key]) => key.toLowerCase() === name)?.[1]);
}

/** Records that a person left one book. */
export async function unsubscribeFromBook(api: Api, book: string, email: string, signal?: AbortSignal): Promise<void> {
  const path = `/v2/address-books/${book}/contacts/unsubscribe`;
  await api.call({ tier: 'medium', method: 'POST', path, json: { email }, idempotent: true, signal });
}

/**
 * Asks a person who left a book whether to subscribe again.
 *
 * @returns what holds now: `unsubscribed` until the person agrees
 */
export async function resubscribeToBook(api: Api, book: string, email: string, signal?: AbortSignal): Promise<ConsentState> {
  const path = `/v2/address-books/${book}/contacts/resubscribe`;
  // Not sent twice: each time the person gets a mail.
  const answer = await api.call({ tier: 'medium', method: 'POST', path, json: { unsubscribedContact: { email } }, signal });
  return text(rowOf(api, answer.json, 'a resubscription')['status']) === 'ContactAdded' ? 'subscribed' : 'unsubscribed';
}
