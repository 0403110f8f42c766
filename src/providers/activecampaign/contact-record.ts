/** Contacts as records, and one contact read by itself. */
import { toInstant } from '../../model/time.ts';
import type { ConsentState, FieldValue, RemoteRecord } from '../../model/value.ts';
import type { Api } from './api.ts';
import { decodeValue } from './field-values.ts';
import { nativeValue, type Layout, type MappedName } from './layout.ts';
import {
  contactOf,
  embeddedRows,
  fieldValueOf,
  idIn,
  idOf,
  isDeleted,
  listStatusOf,
  rowOf,
  rowsOf,
  type ContactRow,
  type ListStatus,
} from './rows.ts';

/** Ids of the tags that a contact carries. */
export type TagsOf = (contact: string) => Promise<ReadonlySet<string>>;

export const NO_TAGS: ReadonlySet<string> = new Set();

/** Asks for the tags of each contact by itself. */
export function singleTags(api: Api, signal?: AbortSignal): TagsOf {
  return async (contact) => new Set((await readContactTags(api, contact, signal)).keys());
}

/** Tags of one contact by their id, each with the id of the row that joins the two, which untagging needs. */
export async function readContactTags(api: Api, contact: string, signal?: AbortSignal): Promise<Map<string, string>> {
  const answer = await api.client.call({ method: 'GET', path: `/contacts/${contact}/contactTags`, accept: [404], signal });
  if (answer.status === 404) return new Map();
  return new Map(rowsOf(api, answer, 'contactTags').map((row) => [idIn(api, row, 'tag'), idOf(api, row)]));
}

/** Custom field values and subscriptions that come with one contact. */
export interface ContactDetail {
  readonly contact: ContactRow;
  readonly values: ReadonlyMap<string, string>;
  readonly statuses: readonly ListStatus[];
}

/** One contact with its exact subscriptions in one call; `undefined` where it does not exist any more. */
export async function readDetail(api: Api, id: string, signal?: AbortSignal): Promise<ContactDetail | undefined> {
  const answer = await api.client.call({ method: 'GET', path: `/contacts/${id}`, accept: [404], signal });
  if (answer.status === 404) return undefined;
  const row = rowOf(api, answer, 'contact');
  if (isDeleted(row)) return undefined;
  const values = new Map<string, string>();
  for (const embedded of embeddedRows(answer, 'fieldValues')) {
    const value = fieldValueOf(api, embedded);
    if (value.value !== undefined) values.set(value.field, value.value);
  }
  const statuses = embeddedRows(answer, 'contactLists').map((embedded) => listStatusOf(api, embedded));
  return { contact: contactOf(api, row), values, statuses };
}

/** One contact as a complete record; `undefined` where it does not exist any more. */
export async function readContact(
  api: Api,
  layout: Layout,
  id: string,
  tagsOf: TagsOf,
  signal?: AbortSignal,
): Promise<RemoteRecord | undefined> {
  const detail = await readDetail(api, id, signal);
  if (detail === undefined) return undefined;
  const tags = layout.tags.length === 0 ? NO_TAGS : await tagsOf(id);
  return recordOf(layout, detail.contact, detail.values, tags, detail.statuses);
}

/** A contact as a record: every path of the layout, `null` where there is no value. */
export function recordOf(
  layout: Layout,
  contact: ContactRow,
  values: ReadonlyMap<string, string>,
  tags: ReadonlySet<string>,
  statuses: readonly ListStatus[],
): RemoteRecord {
  const result: Record<string, FieldValue> = {};
  const evidence: Record<string, string> = {};
  for (const native of layout.natives) result[native.path] = nativeValue(contact, native.key);
  for (const field of layout.fields) result[field.path] = decodeValue(field.kind, values.get(field.id));
  for (const tag of layout.tags) result[tag.path] = tags.has(tag.id);
  for (const list of layout.lists) {
    const status = statusOf(list, statuses);
    result[list.path] = status?.state ?? ('unknown' satisfies ConsentState);
    if (status?.at !== undefined && status.state !== 'unknown') evidence[list.path] = status.at;
  }
  return {
    id: contact.id,
    values: result,
    ...(contact.bounced ? { undeliverable: true } : {}),
    ...(contact.modifiedAt === undefined ? {} : { modifiedAt: contact.modifiedAt }),
    ...(Object.keys(evidence).length === 0 ? {} : { evidence }),
  };
}

/** The time of a read by the vendor's clock, as a record carries it. */
export function readAt(date: number | undefined): { readonly readAt?: string } {
  return date === undefined ? {} : { readAt: toInstant(date) };
}

/** The subscription to one list; of several rows for it, an opt-out wins. */
export function statusOf(list: MappedName, statuses: readonly ListStatus[]): ListStatus | undefined {
  const own = statuses.filter((status) => status.list === list.id);
  return own.find((status) => status.state === 'unsubscribed') ?? own.find((status) => status.state === 'subscribed') ?? own[0];
}
