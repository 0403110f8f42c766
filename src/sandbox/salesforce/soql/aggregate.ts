/** COUNT, COUNT_DISTINCT, MIN, MAX, SUM and AVG, alone or by group. */
import { plainText } from '../data/plain-text.ts';
import type { FieldType as SelectItem, Query } from '@jetstreamapp/soql-parser-js';
import { resolvePath } from './path.ts';
import type { QueryScope } from './path.ts';
import { renderValue } from './select.ts';
import { refuseQuery } from './soql-error.ts';

type FunctionItem = Extract<SelectItem, { type: 'FieldFunctionExpression' }>;

interface OutputColumn {
  readonly key: string;
  readonly valueOf: (rows: readonly number[]) => unknown;
}

export function isAggregate(item: SelectItem): boolean {
  return item.type === 'FieldFunctionExpression' && item.isAggregateFn === true;
}

/** One record per group, in the form of `AggregateResult`. @throws Refusal */
export function aggregate(scope: QueryScope, query: Query, rows: readonly number[]): Record<string, unknown>[] {
  const groupPaths = [query.groupBy ?? []].flat().map((clause) => {
    if (!('field' in clause)) return refuseQuery('MALFORMED_QUERY', 'grouping by a function is not supported');
    const path = resolvePath(scope, clause.field);
    if (!path.field.groupable) refuseQuery('MALFORMED_QUERY', `field '${clause.field}' can not be grouped in a query call`);
    return path;
  });
  const outputs = outputColumns(scope, query, new Set(groupPaths.map((path) => path.text)));
  const groups = new Map<string, number[]>();
  if (groupPaths.length === 0) groups.set('', [...rows]);
  else {
    for (const row of rows) {
      const key = JSON.stringify(groupPaths.map((path) => path.read(row)));
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [row]);
      else group.push(row);
    }
  }
  const records = [...groups.values()].map((group) => ({
    attributes: { type: 'AggregateResult' },
    ...Object.fromEntries(outputs.map(({ key, valueOf }) => [key, valueOf(group)])),
  }));
  return records.slice(query.offset ?? 0, query.limit === undefined ? undefined : (query.offset ?? 0) + query.limit);
}

function outputColumns(scope: QueryScope, query: Query, grouped: ReadonlySet<string>): OutputColumn[] {
  let expressions = 0;
  return (query.fields ?? []).map((item): OutputColumn => {
    if (item.type === 'FieldFunctionExpression') {
      const key = item.alias ?? `expr${expressions}`;
      if (item.alias === undefined) expressions += 1;
      return { key, valueOf: aggregateFunction(scope, item) };
    }
    if (item.type !== 'Field' && item.type !== 'FieldRelationship')
      return refuseQuery('MALFORMED_QUERY', 'subqueries cannot be grouped');
    const text = item.type === 'FieldRelationship' ? [...item.relationships, item.field].join('.') : item.field;
    const path = resolvePath(scope, text);
    if (!grouped.has(path.text)) refuseQuery('MALFORMED_QUERY', `Field must be grouped or aggregated: ${text}`);
    const key = 'alias' in item && typeof item.alias === 'string' ? item.alias : path.field.name;
    return { key, valueOf: (rows) => renderValue(path.field, path.read(rows[0] ?? 0)) };
  });
}

function aggregateFunction(scope: QueryScope, item: FunctionItem): OutputColumn['valueOf'] {
  const name = item.functionName.toUpperCase();
  const [parameter] = item.parameters;
  if (parameter === undefined) return (rows) => rows.length;
  const path = resolvePath(scope, plainText(parameter));
  const values = (rows: readonly number[]): unknown[] => rows.map((row) => path.read(row)).filter((value) => value !== null);
  const numbers = (rows: readonly number[]): number[] => values(rows).map(Number);
  const sum = (all: readonly number[]): number => all.reduce((total, one) => total + one, 0);
  switch (name) {
    case 'COUNT':
      return (rows) => values(rows).length;
    case 'COUNT_DISTINCT':
      return (rows) => new Set(values(rows).map((value) => String(value).toLowerCase())).size;
    case 'SUM':
      return (rows) => (numbers(rows).length === 0 ? null : sum(numbers(rows)));
    case 'AVG':
      return (rows) => (numbers(rows).length === 0 ? null : sum(numbers(rows)) / numbers(rows).length);
    case 'MIN':
      return (rows) => renderValue(path.field, extreme(values(rows), -1));
    case 'MAX':
      return (rows) => renderValue(path.field, extreme(values(rows), 1));
    default:
      return refuseQuery('MALFORMED_QUERY', `unexpected token: '${item.functionName}'`);
  }
}

function extreme(values: readonly unknown[], sign: 1 | -1): unknown {
  let best: string | number | null = null;
  for (const value of values) {
    if (typeof value !== 'string' && typeof value !== 'number') continue;
    if (best === null || (value > best ? 1 : -1) === sign) best = value;
  }
  return best;
}
