/**
 * Listings of contacts by ascending id. Contacts are the only rows that can be paged by id, so that
 * nothing is skipped when others vanish meanwhile.
 * @source developers.activecampaign.com/reference/pagination
 */
import type { HttpAnswer } from '../../http/client.ts';
import type { QueryParameters } from '../../http/address.ts';
import { PAGE_SIZE, type Api } from './api.ts';
import { contactOf, embeddedRows, isDeleted, rowsOf, totalOf, understoodOf, unexpected, type ContactRow } from './rows.ts';
import type { MappedName } from './layout.ts';

export interface ContactPage {
  readonly contacts: readonly ContactRow[];
  /** How many the vendor says that the whole listing has; only on the first page. */
  readonly total: number | undefined;
  /** The vendor's present. */
  readonly date: number | undefined;
  readonly last: boolean;
}

/**
 * Ids ascend, so that who is created while a listing is read stands at its end, and could lengthen it for ever. A
 * page of nobody but contacts that are this much younger than its first answer ends it: the next read shows them.
 */
const NEWCOMER_MS = 5 * 60_000;

/** Calls that a listing of `count` contacts takes: it ends with the first page that is not full. */
export function keysetPages(count: number): number {
  return Math.floor(count / PAGE_SIZE) + 1;
}

/**
 * Pages through contacts by ascending id until a page is short, or, where it is `bounded`, of newcomers only.
 *
 * @throws ProviderError PROVIDER_UNEXPECTED_ANSWER when ids do not ascend: then paging by id was ignored
 */
export async function* listContacts(
  api: Api,
  query: QueryParameters,
  signal?: AbortSignal,
  bounded = false,
): AsyncGenerator<ContactPage, void> {
  let mark: number | undefined;
  for (let after = 0; ;) {
    const answer = await api.get('/contacts', { ...query, 'orders[id]': 'ASC', id_greater: after, limit: PAGE_SIZE }, signal);
    const rows = rowsOf(api, answer, 'contacts');
    const contacts: ContactRow[] = [];
    let highest = after;
    for (const row of rows) {
      const contact = contactOf(api, row);
      if (contact.number <= highest) throw unexpected(api, 'contacts that are not in the order of their ids');
      highest = contact.number;
      if (!isDeleted(row)) contacts.push(contact);
    }
    if (bounded && after === 0 && answer.date !== undefined) mark = answer.date + NEWCOMER_MS;
    const last = rows.length < PAGE_SIZE || (contacts.length > 0 && contacts.every((contact) => isYounger(contact, mark)));
    yield { contacts, total: after === 0 ? totalOf(answer) : undefined, date: answer.date, last };
    if (last) return;
    after = highest;
  }
}

function isYounger({ createdAt }: ContactRow, mark: number | undefined): boolean {
  return mark !== undefined && createdAt !== undefined && Date.parse(createdAt) > mark;
}

/** Ids in ascending order, as a listing gives them. */
export interface AscendingIds {
  readonly ids: readonly number[];
  has(id: number): boolean;
}

/** Contacts that carry a tag; with `updatedAfter`, at least those of them that changed since. */
export async function readCarriers(
  api: Api,
  tag: MappedName,
  updatedAfter?: string,
  signal?: AbortSignal,
): Promise<AscendingIds> {
  const query = { tagid: tag.id, ...(updatedAfter === undefined ? {} : { 'filters[updated_after]': updatedAfter }) };
  return readIds(api, query, signal, {
    parameter: 'tagid',
    value: Number(tag.id),
    async confirm(contact) {
      const answer = await api.get(`/contacts/${contact}/contactTags`, undefined, signal);
      return rowsOf(api, answer, 'contactTags').some((row) => String(row['tag']) === tag.id);
    },
  });
}

/** Contacts that have unsubscribed from a list; with `updatedAfter`, at least those of them that changed since. */
export async function readOptOuts(
  api: Api,
  list: MappedName,
  signal?: AbortSignal,
  updatedAfter?: string,
): Promise<AscendingIds> {
  const query = { listid: list.id, status: 2, ...(updatedAfter === undefined ? {} : { 'filters[updated_after]': updatedAfter }) };
  return readIds(api, query, signal, {
    parameter: 'listid',
    value: Number(list.id),
    async confirm(contact) {
      const answer = await api.get(`/contacts/${contact}`, undefined, signal);
      return isOptedOut(answer, list.id);
    },
  });
}

function isOptedOut(answer: HttpAnswer, list: string): boolean {
  return embeddedRows(answer, 'contactLists').some((row) => String(row['list']) === list && Number(row['status']) === 2);
}

/** How a listing is tried where the vendor's own account of the query does not show its filter. */
interface Probe {
  readonly parameter: string;
  readonly value: number;
  confirm(contact: string): Promise<boolean>;
}

/**
 * Collects a filtered listing. Filters that the vendor does not know are ignored without a word, and
 * a listing of everybody in place of those who opted out would be believed by the whole system.
 * So an answer that says it understood something else is tried on its first contact.
 */
async function readIds(api: Api, query: QueryParameters, signal: AbortSignal | undefined, probe: Probe): Promise<AscendingIds> {
  const ids: number[] = [];
  for (let after = 0; ;) {
    const answer = await api.get('/contacts', { ...query, 'orders[id]': 'ASC', id_greater: after, limit: PAGE_SIZE }, signal);
    const rows = rowsOf(api, answer, 'contacts');
    const understood = understoodOf(answer, probe.parameter);
    const first = rows[0];
    if (after === 0 && first !== undefined && understood !== undefined && understood !== probe.value) {
      if (!(await probe.confirm(contactOf(api, first).id)))
        throw unexpected(api, `contacts without regard to ${probe.parameter}`);
    }
    for (const row of rows) {
      const { number } = contactOf(api, row);
      if (number <= after) throw unexpected(api, 'contacts that are not in the order of their ids');
      after = number;
      if (!isDeleted(row)) ids.push(number);
    }
    if (rows.length < PAGE_SIZE) return ascendingIds(ids);
  }
}

function ascendingIds(ids: readonly number[]): AscendingIds {
  const sorted = Float64Array.from(ids);
  return {
    ids,
    has(id) {
      let low = 0;
      let high = sorted.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (sorted[middle]! < id) low = middle + 1;
        else high = middle;
      }
      return sorted[low] === id;
    },
  };
}
