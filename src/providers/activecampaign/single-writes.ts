/**
 * Writes one contact by calls of its own. Each of them may be sent twice without harm: contacts are
 * upserted by address, tags and subscriptions by their pair, so a lost answer is simply asked for again.
 */
import type { RemoteRecord } from '../../model/value.ts';
import type { HttpAnswer, HttpClient, HttpRequest } from '../../http/client.ts';
import type { WriteOutcome } from '../provider.ts';
import type { Api } from './api.ts';
import { readContactTags, readDetail, recordOf, statusOf } from './contact-record.ts';
import { outcomeOf, partlyApplied } from '../outcomes.ts';
import { contactOf, embeddedRows, fieldValueOf, idIn, listStatusOf, rowOf, type ContactRow, type ListStatus } from './rows.ts';
import { subscribesAnew, writesContact, type PlannedWrite } from './write-plan.ts';

/** `sourceid` of a subscription made on purpose; needed to subscribe somebody again. */
const SOURCE_API = 4;
/** Seconds are cut off in `cdate`, and an answer's `Date` may be a little older than its body. */
const CLOCK_GRACE_MS = 5_000;

export async function writeSingle(api: Api, plan: PlannedWrite, signal?: AbortSignal): Promise<WriteOutcome> {
  let hasWritten = false;
  const call: HttpClient['call'] = async (request) => {
    const answer = await api.client.call(request);
    if (request.method !== 'GET') hasWritten = true;
    return answer;
  };
  const noting: Api = { ...api, client: { ...api.client, call } };
  try {
    switch (plan.request.action) {
      case 'create':
        return await create(noting, plan, signal);
      case 'update':
        return await update(noting, plan, plan.request.id!, signal);
      case 'delete':
        return await remove(noting, plan.request.id!, signal);
    }
  } catch (error) {
    const outcome = outcomeOf(error, 'email');
    return hasWritten ? partlyApplied(outcome) : outcome;
  }
}

async function create(api: Api, plan: PlannedWrite, signal: AbortSignal | undefined): Promise<WriteOutcome> {
  const startedAt = api.clock.now();
  const answer = await send(api, { method: 'POST', path: '/contact/sync', json: contactBody(plan), signal });
  const contact = contactOf(api, rowOf(api, answer, 'contact'));
  const created = answer.status === 201 || wasMadeByEarlierAttempt(api, answer, contact, startedAt);
  let tags: ReadonlySet<string> = new Set();
  if (!created && plan.removeTags.length > 0) tags = await untag(api, plan, contact.id, signal);
  const statuses = created
    ? await subscribe(api, plan, contact.id, signal)
    : await subscribeExisting(api, plan, contact.id, signal);
  const tagged = await tag(api, plan, contact.id, signal);
  const record = await reported(
    api,
    plan,
    answer,
    contact,
    new Set([...tags, ...tagged.tags]),
    statuses,
    tagged.modifiedAt,
    signal,
  );
  return { status: 'applied', id: contact.id, created, record };
}

/** A lost answer was asked for again and now says that the contact exists: it does since this call began. */
function wasMadeByEarlierAttempt(api: Api, answer: HttpAnswer, contact: ContactRow, startedAt: number): boolean {
  if (!answer.repeated || answer.date === undefined || contact.createdAt === undefined) return false;
  return Date.parse(contact.createdAt) >= answer.date - (api.clock.now() - startedAt) - CLOCK_GRACE_MS;
}

async function update(api: Api, plan: PlannedWrite, id: string, signal: AbortSignal | undefined): Promise<WriteOutcome> {
  if (subscribesAnew(plan)) {
    // Consent does not mend an address: who subscribed somebody whose mail comes back would hide the bounce.
    const detail = await readDetail(api, id, signal);
    if (detail?.contact.bounced === true) return bouncing(plan);
  }
  // Consent first: should the rest fail, the person's word is kept.
  const statuses = await subscribe(api, plan, id, signal);
  const answer = writesContact(plan)
    ? await send(api, { method: 'PUT', path: `/contacts/${id}`, json: contactBody(plan), signal })
    : undefined;
  const kept = plan.removeTags.length > 0 ? await untag(api, plan, id, signal) : new Set<string>();
  const tagged = await tag(api, plan, id, signal);
  const tags = new Set([...kept, ...tagged.tags]);
  const contact = answer === undefined ? bareContact(id) : contactOf(api, rowOf(api, answer, 'contact'));
  return {
    status: 'applied',
    id,
    created: false,
    record: await reported(api, plan, answer, contact, tags, statuses, tagged.modifiedAt, signal),
  };
}

function bouncing(plan: PlannedWrite): WriteOutcome {
  return {
    status: 'failed',
    code: 'PROVIDER_ADDRESS_SUPPRESSED',
    message: 'Mail to this contact comes back, so that it is not subscribed.',
    retryable: false,
    fields: plan.consents.map(({ list }) => list.path),
  };
}

async function remove(api: Api, id: string, signal: AbortSignal | undefined): Promise<WriteOutcome> {
  await send(api, { method: 'DELETE', path: `/contacts/${id}`, accept: [404], signal });
  return { status: 'applied', id, created: false, record: { id, values: {} } };
}

/** The written fields as the answers report them; a field whose value no answer shows is read back. */
async function reported(
  api: Api,
  plan: PlannedWrite,
  answer: HttpAnswer | undefined,
  contact: ContactRow,
  tags: ReadonlySet<string>,
  statuses: readonly ListStatus[],
  taggedAt: string | undefined,
  signal: AbortSignal | undefined,
): Promise<RemoteRecord> {
  let values = new Map<string, string>();
  let seen = contact;
  for (const row of answer === undefined ? [] : embeddedRows(answer, 'fieldValues')) {
    const value = fieldValueOf(api, row);
    if (value.value !== undefined) values.set(value.field, value.value);
  }
  if (plan.fields.some((field) => field.value !== '' && !values.has(field.id))) {
    const detail = await readDetail(api, contact.id, signal);
    if (detail !== undefined) {
      values = new Map(detail.values);
      seen = detail.contact;
    }
  }
  const record = recordOf(plan.written, seen, values, tags, statuses);
  const modifiedAt = [record.modifiedAt, taggedAt]
    .filter((at) => at !== undefined)
    .toSorted()
    .at(-1);
  return { ...record, ...(modifiedAt === undefined ? {} : { modifiedAt }) };
}

async function tag(
  api: Api,
  plan: PlannedWrite,
  contact: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly tags: readonly string[]; readonly modifiedAt: string | undefined }> {
  let modifiedAt: string | undefined;
  for (const { id } of plan.addTags) {
    const answer = await send(api, { method: 'POST', path: '/contactTags', json: { contactTag: { contact, tag: id } }, signal });
    const touched = embeddedRows(answer, 'contacts')[0];
    // Tagging moves the contact's stamp, and a new tag's answer shows it.
    if (touched !== undefined) modifiedAt = contactOf(api, touched).modifiedAt ?? modifiedAt;
  }
  return { tags: plan.addTags.map((one) => one.id), modifiedAt };
}

/** Takes tags off; returns those of the contact's tags that remain. */
async function untag(api: Api, plan: PlannedWrite, contact: string, signal: AbortSignal | undefined): Promise<Set<string>> {
  const carried = await readContactTags(api, contact, signal);
  for (const { id } of plan.removeTags) {
    const join = carried.get(id);
    if (join !== undefined) await send(api, { method: 'DELETE', path: `/contactTags/${join}`, accept: [404], signal });
    carried.delete(id);
  }
  return new Set(carried.keys());
}

async function subscribe(api: Api, plan: PlannedWrite, contact: string, signal: AbortSignal | undefined): Promise<ListStatus[]> {
  const statuses: ListStatus[] = [];
  for (const { list, state } of plan.consents) statuses.push(await setStatus(api, contact, list.id, state, signal));
  return statuses;
}

/**
 * Records subscriptions of a contact that a create found already there. Nobody looked at its lists
 * before, so an opt-out that it holds stays: only an update says that somebody decided otherwise.
 */
async function subscribeExisting(
  api: Api,
  plan: PlannedWrite,
  contact: string,
  signal: AbortSignal | undefined,
): Promise<ListStatus[]> {
  const optingIn = plan.consents.some((consent) => consent.state === 'subscribed');
  const held = optingIn ? ((await readDetail(api, contact, signal))?.statuses ?? []) : [];
  const statuses: ListStatus[] = [];
  for (const { list, state } of plan.consents) {
    const present = statusOf(list, held);
    const stays = state === 'subscribed' && (present?.state === 'unsubscribed' || present?.state === 'subscribed');
    statuses.push(stays ? present : await setStatus(api, contact, list.id, state, signal));
  }
  return statuses;
}

/** There is no update of a subscription: POST is the upsert of the pair. Status 1 subscribes, 2 unsubscribes. */
export async function setStatus(
  api: Api,
  contact: string,
  list: string,
  state: 'subscribed' | 'unsubscribed',
  signal: AbortSignal | undefined,
): Promise<ListStatus> {
  const contactList = state === 'subscribed' ? { list, contact, status: 1, sourceid: SOURCE_API } : { list, contact, status: 2 };
  const answer = await send(api, { method: 'POST', path: '/contactLists', json: { contactList }, signal });
  const row = rowOf(api, answer, 'contactList');
  return idIn(api, row, 'list') === list ? listStatusOf(api, row) : { list, state: 'unknown', at: undefined };
}

function contactBody(plan: PlannedWrite): unknown {
  const fieldValues = plan.fields.map(({ id, value }) => ({ field: id, value }));
  return { contact: { ...plan.natives, ...(fieldValues.length === 0 ? {} : { fieldValues }) } };
}

function bareContact(id: string): ContactRow {
  return {
    id,
    number: Number(id),
    email: '',
    firstName: '',
    lastName: '',
    phone: '',
    createdAt: undefined,
    modifiedAt: undefined,
    bounced: false,
  };
}

function send(api: Api, request: Omit<HttpRequest, 'idempotent'>): Promise<HttpAnswer> {
  return api.client.call({ ...request, idempotent: true });
}
