/** Puts rows in the order of a query. */
import type { OrderByClause } from '@jetstreamapp/soql-parser-js';
import { isIdField } from './predicate.ts';
import { resolvePath } from './path.ts';
import type { Path, QueryScope } from './path.ts';
import { refuseQuery } from './soql-error.ts';

interface OrderItem {
  readonly path: Path;
  readonly descending: boolean;
  readonly nullsLast: boolean;
}

export type SortRows = (rows: number[]) => number[];

/** @throws Refusal INVALID_FIELD */
export function compileOrder(scope: QueryScope, clauses: readonly OrderByClause[]): SortRows {
  const items = clauses.map((clause): OrderItem => {
    if (!('field' in clause)) return refuseQuery('MALFORMED_QUERY', 'ORDER BY a function is only possible beside GROUP BY');
    const path = resolvePath(scope, clause.field);
    if (!path.field.sortable) refuseQuery('INVALID_FIELD', `field '${path.field.name}' can not be sorted in a query call`);
    return { path, descending: clause.order === 'DESC', nullsLast: clause.nulls === 'LAST' };
  });
  return (rows) => sortByStamp(items, rows) ?? sortByKeys(items, rows);
}

const ROW_ROOM = 2 ** 20;

/**
 * The order that change readers ask for, a stamp of whole seconds and then the id, as one sort of
 * numbers. Rows of a table are in the order of their ids. `null` where the query asks for another.
 */
function sortByStamp(items: readonly OrderItem[], rows: number[]): number[] | null {
  const [stamp, second] = items;
  if (
    stamp === undefined ||
    items.length > 2 ||
    stamp.descending ||
    stamp.path.column === null ||
    stamp.path.field.type !== 'datetime'
  )
    return null;
  if (second !== undefined && (second.path.field.name !== 'Id' || second.path.column === null || second.descending)) return null;
  const { column } = stamp.path;
  const keys = new Float64Array(rows.length);
  for (const [at, row] of rows.entries()) {
    const value = column[row];
    if (typeof value !== 'number' || value < 0 || value % 1000 !== 0 || row >= ROW_ROOM) return null;
    keys[at] = (value / 1000) * ROW_ROOM + row;
  }
  keys.sort();
  return Array.from(keys, (key) => key % ROW_ROOM);
}

/** Nulls come first unless the query says otherwise; texts without regard to case; ids byte by byte. */
function sortByKeys(items: readonly OrderItem[], rows: number[]): number[] {
  const keys = items.map(({ path }) => {
    const folds = !isIdField(path.field);
    return rows.map((row) => {
      const value = path.read(row);
      if (typeof value === 'string') return folds ? value.toLowerCase() : value;
      return typeof value === 'number' || typeof value === 'boolean' ? Number(value) : null;
    });
  });
  const places = rows.map((_, at) => at);
  places.sort((one, other) => {
    for (const [index, item] of items.entries()) {
      const left = keys[index]?.[one] ?? null;
      const right = keys[index]?.[other] ?? null;
      if (left === right) continue;
      if (left === null) return item.nullsLast ? 1 : -1;
      if (right === null) return item.nullsLast ? -1 : 1;
      return left < right !== item.descending ? -1 : 1;
    }
    return one - other;
  });
  return places.map((place) => rows[place] ?? 0);
}
