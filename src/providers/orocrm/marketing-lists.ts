/**
 * Marketing lists, where an administrator has exposed them: a stock installation shows none, and a
 * list of people is then a filter over contacts or leads. Who is in a list follows from its segment;
 * marks lie over it and say who was taken out of it or unsubscribed. Marks are set by the older REST
 * interface, which every installation has and which an OAuth application must be allowed to use.
 */
import { pathSegment } from '../../http/address.ts';
import { ProviderError } from '../../model/errors.ts';
import { chunkList, ID_PAGE_SIZE, listPages, type Api } from './api.ts';
import type { ObjectKind } from './catalog.ts';
import { textOf } from './documents.ts';

/** UNVERIFIED: the names that the four entities get when they are exposed, by the rule for aliases. */
const LISTS = 'marketinglists';
const ITEMS = 'marketinglistitems';
const REMOVED = 'marketinglistremoveditems';
const UNSUBSCRIBED = 'marketinglistunsubscribeditems';

export interface MarketingList {
  readonly id: string;
  readonly name: string;
}

export interface MarketingLists {
  /** Whether the installation shows marketing lists at all. */
  exposed(): Promise<boolean>;
  /** The list of this name over entities of this kind; one that was found is not looked for again. */
  find(kind: ObjectKind, name: string): Promise<MarketingList | undefined>;
  all(): AsyncIterable<readonly (MarketingList & { readonly entityClass: string })[]>;
  /** Ids of those who are in a list, and of those who are unsubscribed from it; of all records, or of these. */
  members(list: MarketingList, ids?: readonly string[], signal?: AbortSignal): Promise<ReadonlySet<string>>;
  unsubscribed(list: MarketingList, ids?: readonly string[], signal?: AbortSignal): Promise<ReadonlySet<string>>;
  /** Sets or drops the mark. Twice does what once does. @throws ProviderError, also where another extension denies it */
  mark(list: MarketingList, id: string, state: 'subscribed' | 'unsubscribed', signal?: AbortSignal): Promise<void>;
}

export function createMarketingLists(api: Api): MarketingLists {
  const found = new Map<string, MarketingList>();

  /** @param optional whether a collection that is not exposed counts as an empty one */
  async function marked(
    collection: string,
    list: MarketingList,
    ids: readonly string[] | undefined,
    optional: boolean,
    signal: AbortSignal | undefined,
  ): Promise<Set<string>> {
    const marks = new Set<string>();
    for (const chunk of ids === undefined ? [undefined] : chunkList(ids)) {
      const query = {
        'filter[marketingList]': list.id,
        ...(chunk === undefined ? {} : { 'filter[entityId]': chunk.join(',') }),
        [`fields[${collection}]`]: 'entityId',
      };
      try {
        for await (const { rows } of listPages(api, collection, query, { pageSize: ID_PAGE_SIZE, signal }))
          for (const { attributes } of rows) marks.add(String(attributes['entityId']));
      } catch (error) {
        if (!optional || !isHidden(error)) throw error;
      }
    }
    return marks;
  }

  return {
    async exposed() {
      try {
        await api.call({ method: 'GET', path: `/${LISTS}`, query: { 'page[size]': 1 } });
        return true;
      } catch (error) {
        if (isHidden(error)) return false;
        throw error;
      }
    },
    async find(kind, name) {
      const key = `${kind.entityClass} ${name}`;
      const known = found.get(key);
      if (known !== undefined) return known;
      try {
        const { data } = await api.call({ method: 'GET', path: `/${LISTS}`, query: { 'filter[name]': name, 'page[size]': 2 } });
        const row = data.find(({ attributes }) => attributes['entity'] === kind.entityClass && attributes['name'] === name);
        if (row === undefined) return undefined;
        const list = { id: row.id, name };
        found.set(key, list);
        return list;
      } catch (error) {
        if (isHidden(error)) return undefined;
        throw error;
      }
    },
    async *all() {
      try {
        for await (const { rows } of listPages(api, LISTS, {})) {
          yield rows.map(({ id, attributes }) => ({
            id,
            name: textOf(attributes['name']),
            entityClass: textOf(attributes['entity']),
          }));
        }
      } catch (error) {
        if (!isHidden(error)) throw error;
      }
    },
    async members(list, ids, signal) {
      const items = await marked(ITEMS, list, ids, false, signal);
      for (const id of await marked(REMOVED, list, ids, true, signal)) items.delete(id);
      return items;
    },
    unsubscribed: (list, ids, signal) => marked(UNSUBSCRIBED, list, ids, false, signal),
    async mark(list, id, state, signal) {
      const action = state === 'subscribed' ? 'subscribe' : 'unsubscribe';
      await api.callOld('POST', `/marketinglist/${pathSegment(list.id)}/${action}/${pathSegment(id)}.json`, [], signal);
    },
  };
}

/** A resource that the installation does not expose is answered like a path that does not exist. */
function isHidden(error: unknown): boolean {
  return error instanceof ProviderError && error.status === 404;
}
