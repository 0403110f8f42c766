/** The selected columns of a query, and rows in the form that answers have. */
import { plainText } from '../data/plain-text.ts';
import type { FieldType as SelectItem } from '@jetstreamapp/soql-parser-js';
import { formatInstant } from '../data/instants.ts';
import type { Table } from '../data/table.ts';
import type { Field } from '../schema/field.ts';
import { followerOf, readerOf, resolvePath, resolveSteps, segmentsOf } from './path.ts';
import type { QueryScope } from './path.ts';
import { refuseQuery } from './soql-error.ts';

/** One key of an answered record. */
export type Column = FieldColumn | ParentColumn | ChildrenColumn;

export interface FieldColumn {
  readonly kind: 'field';
  readonly key: string;
  readonly field: Field;
  readonly read: (row: number) => unknown;
}

interface ParentColumn {
  readonly kind: 'parent';
  readonly key: string;
  readonly table: Table;
  readonly follow: (row: number) => number | undefined;
  readonly columns: Column[];
}

export interface ChildrenColumn {
  readonly kind: 'children';
  readonly key: string;
  readonly table: Table;
  readonly columns: readonly Column[];
  /** Rows of the child object, for one parent row. */
  readonly rowsOf: (row: number) => readonly number[];
}

/** Compiles a child subquery; given by the query itself, which knows conditions and order. */
export type CompileChildren = (item: Extract<SelectItem, { type: 'FieldSubquery' }>) => ChildrenColumn;

const FIELDS_LIMIT = 200;

/** @throws Refusal INVALID_FIELD, MALFORMED_QUERY */
export function compileSelect(
  scope: QueryScope,
  items: readonly SelectItem[],
  limit: number | undefined,
  children: CompileChildren,
): Column[] {
  const columns: Column[] = [];
  for (const item of items) {
    switch (item.type) {
      case 'Field':
        addPath(scope, columns, item.field);
        break;
      case 'FieldRelationship':
        addPath(scope, columns, [...item.relationships, item.field].join('.'));
        break;
      case 'FieldSubquery':
        columns.push(children(item));
        break;
      case 'FieldFunctionExpression':
        addFields(scope, columns, item.functionName.toUpperCase(), plainText(item.parameters[0]), limit);
        break;
      case 'FieldTypeof':
        refuseQuery('MALFORMED_QUERY', "unexpected token: 'TYPEOF'");
    }
  }
  return columns;
}

function addFields(scope: QueryScope, columns: Column[], name: string, group: string, limit: number | undefined): void {
  if (name !== 'FIELDS') refuseQuery('MALFORMED_QUERY', `unexpected token: '${name}'`);
  const kind = group.toUpperCase();
  if (kind !== 'STANDARD' && (limit === undefined || limit > FIELDS_LIMIT)) {
    refuseQuery('MALFORMED_QUERY', 'The SOQL FIELDS function must have a LIMIT of at most 200');
  }
  for (const field of scope.org.visibleFields(scope.table.schema)) {
    if (kind === 'ALL' || (kind === 'CUSTOM') === field.custom) columns.push(fieldColumn(scope.table, field));
  }
}

function addPath(scope: QueryScope, columns: Column[], text: string): void {
  const segments = segmentsOf(scope, text);
  const { field } = resolvePath(scope, text);
  let { table } = scope;
  let level = columns;
  for (const step of resolveSteps(scope, segments.slice(0, -1), text)) {
    let parent = level.find((one): one is ParentColumn => one.kind === 'parent' && one.key === step.name);
    if (parent === undefined) {
      parent = { kind: 'parent', key: step.name, table: step.table, follow: followerOf(table, [step]), columns: [] };
      level.push(parent);
    }
    ({ table, columns: level } = parent);
  }
  if (level.some((one) => one.kind === 'field' && one.key === field.name))
    refuseQuery('INVALID_FIELD', `duplicate field selected: ${text}`);
  level.push(fieldColumn(table, field));
}

export function fieldColumn(table: Table, field: Field): FieldColumn {
  return { kind: 'field', key: field.name, field, read: readerOf(table, field) };
}

/** Where an answer's records live: `/services/data/v62.0/`, with `tooling/` for Tooling objects. */
export interface AnswerBase {
  readonly base: string;
}

export function recordUrl(table: Table, row: number, { base }: AnswerBase): string {
  return `${base}${table.schema.tooling ? 'tooling/' : ''}sobjects/${table.schema.name}/${table.ids[row] ?? ''}`;
}

/** One row as answers show it. */
export function renderRecord(table: Table, row: number, columns: readonly Column[], at: AnswerBase): Record<string, unknown> {
  const record: Record<string, unknown> = { attributes: { type: table.schema.name, url: recordUrl(table, row, at) } };
  for (const column of columns) {
    if (column.kind === 'field') {
      record[column.key] = renderValue(column.field, column.read(row));
    } else if (column.kind === 'parent') {
      const parent = column.follow(row);
      record[column.key] = parent === undefined ? null : renderRecord(column.table, parent, column.columns, at);
    } else {
      const rows = column.rowsOf(row);
      const records = rows.map((child) => renderRecord(column.table, child, column.columns, at));
      record[column.key] = rows.length === 0 ? null : { totalSize: rows.length, done: true, records };
    }
  }
  return record;
}

/** A stored value as JSON shows it. */
export function renderValue(field: Field, value: unknown): unknown {
  if (field.type === 'datetime' && typeof value === 'number') return formatInstant(value);
  return field.type === 'complexvalue' && typeof value === 'string' ? JSON.parse(value) : value;
}
