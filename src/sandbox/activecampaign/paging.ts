import type { Exchange } from './exchange.ts';
import { integerOf } from './json.ts';
import type { QueryParameters } from './query-parameters.ts';

const DEFAULT_LIMIT = 20;
/** UNVERIFIED: a larger limit is cut to this one rather than refused. */
const MAXIMUM_LIMIT = 100;

export interface PageBounds {
  readonly limit: number;
  readonly offset: number;
}

export function pageBounds(query: QueryParameters): PageBounds {
  const limit = integerOf(query.text('limit'), DEFAULT_LIMIT);
  return {
    limit: limit < 1 ? DEFAULT_LIMIT : Math.min(limit, MAXIMUM_LIMIT),
    offset: Math.max(0, integerOf(query.text('offset'), 0)),
  };
}

/** The rows of the page that the query asks for. */
export function pageOf<T>(exchange: Exchange, rows: readonly T[]): readonly T[] {
  const { limit, offset } = pageBounds(exchange.query);
  return rows.slice(offset, offset + limit);
}

/**
 * Rows that ascend by id, in the order of `orders[field]`: by the first orders that have a getter; equal rows stay as they
 * were. The rows themselves where that is the order already, so that the pages of a long listing copy nothing but a page.
 */
export function ordered<T>(
  query: QueryParameters,
  rows: readonly T[],
  getters: Readonly<Record<string, (row: T) => string | number>>,
): readonly T[] {
  const orders = query.orders.flatMap(({ field, descending }) => {
    const get = Object.hasOwn(getters, field) ? getters[field] : undefined;
    return get === undefined ? [] : [{ field, get, sign: descending ? -1 : 1 }];
  });
  const [first] = orders;
  if (first === undefined) return rows;
  if (first.field === 'id') return first.sign === 1 ? rows : rows.toReversed();
  return rows.toSorted((a, b) => {
    for (const { get, sign } of orders) {
      const left = get(a);
      const right = get(b);
      if (left !== right) return left < right ? -sign : sign;
    }
    return 0;
  });
}
