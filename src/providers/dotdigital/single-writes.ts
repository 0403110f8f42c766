/** Writes one contact by a call of its own. */
import { pathSegment } from '../../http/address.ts';
import type { WriteOutcome } from '../provider.ts';
import type { Api } from './api.ts';
import { contactOf, type Contact } from './contact.ts';
import type { Layout } from './layout.ts';
import { outcomeOf } from '../outcomes.ts';
import type { Seen } from './read-back.ts';
import { isRow } from './rows.ts';
import type { PlannedWrite } from './write-plan.ts';

/** Seconds are cut off in stamps, and an answer's `Date` may be a little older than its body. */
const CLOCK_GRACE_MS = 5_000;

/**
 * An opt-in of somebody who left. UNVERIFIED: what exactly the vendor does with each choice; its
 * default skips the mail that asks the person, so that it is always said not to.
 */
const WITH_CHALLENGE = { status: 'subscribed', resubscribeOptions: { resubscribeWithNoChallenge: false } };

interface Upserted {
  readonly id: string;
  readonly created: boolean;
  /** An instant before the call, by the vendor's clock. */
  readonly since: number;
  /** The contact, where the answer shows what was written and everything that is not listed anew on every read. */
  readonly seen: Seen | undefined;
}

/** Makes or changes the contact: by its id, else by its address. */
export async function upsert(api: Api, layout: Layout, plan: PlannedWrite, signal?: AbortSignal): Promise<Upserted> {
  const { id } = plan.request;
  const startedAt = api.clock.now();
  const answer = await api.call({
    tier: 'medium',
    method: 'PATCH',
    path: id === undefined ? `/contacts/v3/email/${pathSegment(plan.email!)}` : `/contacts/v3/contactId/${pathSegment(id)}`,
    query: { 'merge-option': 'overwrite' },
    json: bodyOf(plan),
    // A challenge sends a mail each time.
    idempotent: !plan.resubscribes,
    signal,
  });
  const contact = contactOf(api, answer.json);
  const since = (answer.date ?? api.clock.now()) - (api.clock.now() - startedAt) - CLOCK_GRACE_MS;
  // A lost answer was asked for again and now says that the contact exists: it does since this call began.
  const madeEarlier = answer.repeated && contact.createdAt !== undefined && Date.parse(contact.createdAt) >= since;
  return {
    id: contact.id,
    created: id === undefined && (answer.status === 201 || madeEarlier),
    since,
    seen: seenIn(hasBooks(plan.written) ? layout : withoutBooks(layout), contact, answer.date),
  };
}

function seenIn(layout: Layout, contact: Contact, date: number | undefined): Seen | undefined {
  return isComplete(layout, contact) ? { contact, date, layout } : undefined;
}

function isComplete(layout: Layout, contact: Contact): boolean {
  const knowsChannel = Object.keys(contact.channel).length > 0 || layout.natives.every(({ key }) => key === 'email');
  const knowsFields = layout.fields.every((field) => contact.values.has(field.name.toUpperCase()));
  return knowsChannel && knowsFields && (contact.lists !== undefined || !hasBooks(layout));
}

/** Whether anything of address books is in it: the answer to a write says nothing of them. */
function hasBooks(layout: Pick<Layout, 'members' | 'consents'>): boolean {
  return layout.members.length + layout.consents.length > 0;
}

function withoutBooks(layout: Layout): Layout {
  return { ...layout, members: [], consents: [] };
}

function bodyOf(plan: PlannedWrite): unknown {
  const channels = isRow(plan.body['channelProperties']) ? plan.body['channelProperties'] : {};
  const email = { ...(isRow(channels['email']) ? channels['email'] : {}), ...(plan.resubscribes ? WITH_CHALLENGE : {}) };
  return {
    ...(plan.email === undefined ? {} : { identifiers: { email: plan.email } }),
    ...plan.body,
    ...(Object.keys(email).length === 0 ? {} : { channelProperties: { email } }),
  };
}

/** Removes a contact from the whole account; one that is gone already is removed as well. */
export async function remove(api: Api, id: string, signal?: AbortSignal): Promise<WriteOutcome> {
  try {
    const path = `/contacts/v3/contactId/${pathSegment(id)}`;
    await api.call({ tier: 'medium', method: 'DELETE', path, accept: [404], idempotent: true, signal });
    return { status: 'applied', id, created: false, record: { id, values: {} } };
  } catch (error) {
    return outcomeOf(error, 'email');
  }
}
