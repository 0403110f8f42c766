/**
 * Listings of contacts: by version 3 with everything that is mapped, and of those who left, by
 * version 2, which alone tells when and why.
 */
import type { QueryParameters } from '../../http/address.ts';
import { pathSegment } from '../../http/address.ts';
import { V2_PAGE } from './account-directory.ts';
import type { Api } from './api.ts';
import { contactOf, type Contact } from './contact.ts';
import { LAST_SUBSCRIBED } from './fields.ts';
import type { Layout } from './layout.ts';
import { idOf, instantOf, isRow, rowOf, rowsOf, text, unexpected, vendorInstant } from './rows.ts';

/** Contacts that a page of version 3 holds at most. @source the contacts service's specification, `limit` */
export const V3_PAGE = 5_000;

/** The specification joins the values of `include` and `data-fields` with pipes. */
const SEPARATOR = '|';

/** Who left whenever it was: the vendor began in 1999. */
const LONG_AGO = Date.parse('1999-01-01T00:00:00Z');

export interface ContactPage {
  readonly contacts: readonly Contact[];
  /** The vendor's present. */
  readonly date: number | undefined;
}

/** Calls that a listing of `count` contacts takes, at most: a full page may be followed by an empty one. */
export function v3Pages(count: number): number {
  return Math.floor(count / V3_PAGE) + 1;
}

export function v2Pages(count: number): number {
  return Math.floor(count / V2_PAGE) + 1;
}

/** Parameters that bring everything of a layout. */
function shownBy(layout: Layout): QueryParameters {
  const withChannel = layout.natives.some(({ key }) => key !== 'email');
  const names = layout.fields.map((field) => field.name);
  if (layout.natives.some(({ key }) => key === 'status') && !names.includes(LAST_SUBSCRIBED)) names.push(LAST_SUBSCRIBED);
  const include = [
    ...(layout.members.length + layout.consents.length > 0 ? ['lists'] : []),
    ...(withChannel ? ['channelProperties'] : []),
  ];
  return {
    ...(names.length === 0 ? {} : { 'data-fields': names.join(SEPARATOR) }),
    ...(include.length === 0 ? {} : { include: include.join(SEPARATOR) }),
  };
}

/**
 * Pages through contacts by the vendor's markers, in ascending order.
 *
 * @param filter `~modified` or `~listId`
 * @throws ProviderError PROVIDER_UNEXPECTED_ANSWER when a marker comes again
 */
export async function* listContacts(
  api: Api,
  layout: Layout,
  filter: QueryParameters,
  signal?: AbortSignal,
): AsyncGenerator<ContactPage, void> {
  const query = { ...filter, ...shownBy(layout), limit: V3_PAGE };
  const seen = new Set<string>();
  for (let marker: string | undefined; ;) {
    const answer = await api.get('low', '/contacts/v3', { ...query, ...(marker === undefined ? {} : { marker }) }, signal);
    const page = rowOf(api, answer.json, 'contacts');
    const items = rowsOf(api, page['_items'], 'contacts');
    yield { contacts: items.map((row) => contactOf(api, row)), date: answer.date };
    const links = isRow(page['_links']) ? page['_links'] : {};
    const next = isRow(links['next']) ? text(links['next']['marker']) : '';
    if (next === '') return;
    if (seen.has(next)) throw unexpected(api, 'the same page of contacts twice');
    seen.add(next);
    marker = next;
  }
}

/** Filter for what changed since an instant. */
export function changedSince(ms: number): QueryParameters {
  return { '~modified': `gte::${vendorInstant(ms)}` };
}

/** One contact in full; `undefined` where there is none. */
export async function readContact(
  api: Api,
  identifier: 'contactId' | 'email',
  value: string,
  signal?: AbortSignal,
): Promise<{ readonly contact: Contact; readonly date: number | undefined } | undefined> {
  const path = `/contacts/v3/${identifier}/${pathSegment(value)}`;
  const answer = await api.call({ tier: 'high', method: 'GET', path, accept: [404], signal });
  if (answer.status === 404) return undefined;
  const contact = contactOf(api, answer.json);
  return contact.isDeleted ? undefined : { contact, date: answer.date };
}

/** Who left an address book, whenever it was, with the time where the vendor tells it. */
export function readBookOptOuts(api: Api, book: string, signal?: AbortSignal): Promise<Map<string, string | undefined>> {
  return readSuppressions(api, `/v2/address-books/${book}/contacts/unsubscribed-since`, LONG_AGO, signal);
}

/** Whoever was suppressed in the account since an instant, for any reason. */
export function readAccountSuppressions(api: Api, since: number, signal?: AbortSignal): Promise<Map<string, string | undefined>> {
  return readSuppressions(api, '/v2/contacts/suppressed-since', since, signal);
}

async function readSuppressions(
  api: Api,
  path: string,
  since: number,
  signal: AbortSignal | undefined,
): Promise<Map<string, string | undefined>> {
  const found = new Map<string, string | undefined>();
  for (let skip = 0; ; skip += V2_PAGE) {
    const answer = await api.get('low', `${path}/${pathSegment(vendorInstant(since))}`, { select: V2_PAGE, skip }, signal);
    const rows = rowsOf(api, answer.json, 'suppressed contacts');
    for (const row of rows) {
      const contact = rowOf(api, row['suppressedContact'], 'a suppressed contact');
      if (text(row['reason']) === 'Deleted') continue;
      found.set(idOf(api, contact['id'], 'a suppressed contact'), instantOf(row['dateRemoved']));
    }
    if (rows.length < V2_PAGE) return found;
  }
}
