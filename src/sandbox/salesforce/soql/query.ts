/**
 * Compiles and runs a query. `runQuery` answers row numbers; pages are rendered from them later, so
 * the next page costs no second run.
 */
import { parseQuery } from '@jetstreamapp/soql-parser-js';
import type { Query, Subquery } from '@jetstreamapp/soql-parser-js';
import type { Organization } from '../data/organization.ts';
import { isInBin } from '../data/records.ts';
import type { Table } from '../data/table.ts';
import { fieldOf } from '../schema/object.ts';
import { aggregate, isAggregate } from './aggregate.ts';
import { conditionOf } from './condition.ts';
import { compileOrder } from './order.ts';
import type { SortRows } from './order.ts';
import { resolvePath } from './path.ts';
import type { QueryScope } from './path.ts';
import { candidateRows, compileCondition, isIdField } from './predicate.ts';
import type { RowTest } from './predicate.ts';
import { compileSelect } from './select.ts';
import type { ChildrenColumn, Column } from './select.ts';
import { refuseQuery, unknownObject, unknownRelationship } from './soql-error.ts';

export interface QueryOptions {
  readonly tooling: boolean;
  /** `queryAll`: rows of the recycle bin count. */
  readonly includeDeleted: boolean;
}

export type QueryResult =
  | { readonly kind: 'count'; readonly total: number }
  | { readonly kind: 'groups'; readonly records: readonly Record<string, unknown>[] }
  | { readonly kind: 'rows'; readonly table: Table; readonly columns: readonly Column[]; readonly rows: readonly number[] };

const MAXIMUM_LENGTH = 100_000;
const MAXIMUM_OFFSET = 2_000;

/** Parses a query. @throws Refusal MALFORMED_QUERY */
export function parseSoql(soql: string): Query {
  if (soql.length > MAXIMUM_LENGTH)
    refuseQuery('MALFORMED_QUERY', `SOQL statements cannot be longer than ${MAXIMUM_LENGTH} characters.`);
  let query: Query;
  try {
    query = parseQuery(soql);
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    const token = /but found(?: -->|:) '(?<token>[^']*)'/.exec(message)?.groups?.['token'];
    return refuseQuery('MALFORMED_QUERY', `unexpected token: '${token === undefined || token === '' ? '<EOF>' : token}'`);
  }
  return query;
}

/** The table that a query reads. @throws Refusal INVALID_TYPE */
export function tableOfQuery(org: Organization, soql: string, query: Query, tooling: boolean): Table {
  const name = query.sObject ?? '';
  return org.table(name, tooling) ?? (tooling ? org.table(name) : undefined) ?? unknownObject(soql, name);
}

/** @throws Refusal in the words of Salesforce */
export function runQuery(org: Organization, soql: string, options: QueryOptions): QueryResult {
  const query = parseSoql(soql);
  const table = tableOfQuery(org, soql, query, options.tooling);
  const scope: QueryScope = { org, query: soql, table, alias: query.sObjectAlias };
  if ((query.offset ?? 0) > MAXIMUM_OFFSET) {
    refuseQuery('NUMBER_OUTSIDE_VALID_RANGE', `Maximum SOQL offset allowed is ${MAXIMUM_OFFSET}`);
  }
  if (query.having !== undefined) refuseQuery('MALFORMED_QUERY', "unexpected token: 'HAVING'");
  const fields = query.fields ?? [];
  const [only] = fields;
  const counts =
    fields.length === 1 &&
    only?.type === 'FieldFunctionExpression' &&
    only.functionName === 'COUNT' &&
    only.parameters.length === 0;
  if (counts) return { kind: 'count', total: matchingRows(scope, query, options).length };
  if (query.groupBy !== undefined || fields.some(isAggregate)) {
    return { kind: 'groups', records: aggregate(scope, query, matchingRows(scope, query, options)) };
  }
  const columns = compileSelect(scope, fields, query.limit, (item) => childrenColumn(scope, item.subquery, options));
  if (columns.length === 0) refuseQuery('MALFORMED_QUERY', "unexpected token: 'FROM'");
  const sort = sortOf(scope, query);
  return { kind: 'rows', table, columns, rows: cut(sort(matchingRows(scope, query, options)), query) };
}

function sortOf(scope: QueryScope, query: { orderBy?: Query['orderBy'] }): SortRows {
  const clauses = [query.orderBy ?? []].flat();
  return clauses.length === 0 ? (rows) => rows : compileOrder(scope, clauses);
}

function cut(rows: number[], query: { offset?: number; limit?: number }): number[] {
  const offset = query.offset ?? 0;
  if (offset === 0 && query.limit === undefined) return rows;
  return rows.slice(offset, query.limit === undefined ? undefined : offset + query.limit);
}

function matchingRows(scope: QueryScope, query: { where?: Query['where'] }, options: QueryOptions): number[] {
  const { table } = scope;
  const condition = query.where === undefined ? null : conditionOf(query.where);
  const matches =
    condition === null ? null : compileCondition(scope, condition, (subquery) => subqueryValues(scope, subquery, options));
  const candidates = condition === null ? null : candidateRows(scope, condition);
  const seen = seenRows(scope, options);
  const rows: number[] = [];
  if (candidates !== null) {
    for (const row of candidates) if (seen(row) && (matches === null || matches(row))) rows.push(row);
    return rows;
  }
  for (let row = 0; row < table.length; row += 1) {
    if (seen(row) && (matches === null || matches(row))) rows.push(row);
  }
  return rows;
}

function seenRows({ org, table }: QueryScope, options: QueryOptions): RowTest {
  const { present } = table;
  const deleted = table.column('IsDeleted');
  if (options.includeDeleted) return (row) => present[row] === true && (deleted[row] !== true || isInBin(org, table, row));
  return (row) => present[row] === true && deleted[row] !== true;
}

function subqueryValues(scope: QueryScope, query: Query, options: QueryOptions): ReadonlySet<string> {
  const table = tableOfQuery(scope.org, scope.query, query, options.tooling);
  const inner: QueryScope = { ...scope, table, alias: query.sObjectAlias };
  const [item] = query.fields ?? [];
  if (item === undefined || !('field' in item)) return refuseQuery('MALFORMED_QUERY', 'a semi join needs one field');
  const path = resolvePath(inner, item.type === 'FieldRelationship' ? [...item.relationships, item.field].join('.') : item.field);
  const values = cut(matchingRows(inner, query, options), query).map((row) => {
    const value = path.read(row);
    return typeof value === 'string' && !isIdField(path.field) ? value.toLowerCase() : value;
  });
  return new Set(values.filter((value) => value !== null).map(String));
}

function childrenColumn(scope: QueryScope, subquery: Subquery, options: QueryOptions): ChildrenColumn {
  const { org, query: soql } = scope;
  const wanted = subquery.relationshipName.toLowerCase();
  for (const table of org.tables.values()) {
    for (const reference of table.schema.fields.values()) {
      const fits =
        reference.childRelationshipName?.toLowerCase() === wanted && reference.referenceTo.includes(scope.table.schema.name);
      if (!fits || org.visibleField(table.schema, reference.name) === undefined) continue;
      const inner: QueryScope = { org, query: soql, table, alias: undefined };
      const columns = compileSelect(inner, subquery.fields ?? [], subquery.limit, () =>
        refuseQuery('MALFORMED_QUERY', 'nested child queries'),
      );
      const condition = subquery.where === undefined ? null : conditionOf(subquery.where);
      const matches =
        condition === null ? null : compileCondition(inner, condition, (one) => subqueryValues(inner, one, options));
      const seen = seenRows(inner, options);
      const sort = sortOf(inner, subquery);
      const key = reference.childRelationshipName ?? wanted;
      const rowsOf = (row: number): readonly number[] => {
        const children = table
          .lookup(reference, scope.table.ids[row] ?? '')
          .filter((one) => seen(one) && (matches === null || matches(one)));
        return cut(sort(children), subquery);
      };
      return { kind: 'children', key, table, columns, rowsOf };
    }
  }
  return unknownRelationship(soql, subquery.relationshipName, subquery.relationshipName);
}

/** Whether a query selects the id, for `columnMetadata` answers. */
export function selectsId(query: Query, table: Table): boolean {
  const id = fieldOf(table.schema, 'Id');
  return (query.fields ?? []).some((one) => one.type === 'Field' && id !== undefined && one.field.toLowerCase() === 'id');
}
