/** Field paths of a query, `Email` or `Account.Owner.Name`, as readers of rows. */
import type { Organization } from '../data/organization.ts';
import type { Table } from '../data/table.ts';
import type { Field, StoredValue } from '../schema/field.ts';
import { refuseAt, unknownColumn, unknownRelationship } from './soql-error.ts';

export interface Path {
  readonly field: Field;
  /** Canonical spelling, `Account.Name`. */
  readonly text: string;
  /** Values by row of the query's own object, for fields that lie in its table. */
  readonly column: StoredValue[] | null;
  /** The value in a row of the query's own object; objects for compound fields. */
  readonly read: (row: number) => unknown;
}

/** What a query needs to know to resolve names. */
export interface QueryScope {
  readonly org: Organization;
  readonly query: string;
  readonly table: Table;
  readonly alias: string | undefined;
}

/** One step to a parent. */
export interface ParentStep {
  readonly reference: Field;
  readonly table: Table;
  /** Canonical relationship name. */
  readonly name: string;
}

const MAXIMUM_STEPS = 5;

/** The names of a path without the alias or object name that may stand in front. */
export function segmentsOf(scope: QueryScope, text: string): string[] {
  const segments = text.split('.');
  const head = segments[0]?.toLowerCase();
  const own = [scope.alias?.toLowerCase(), scope.table.schema.name.toLowerCase()];
  if (segments.length > 1 && own.includes(head)) return segments.slice(1);
  return segments;
}

/** @throws Refusal INVALID_FIELD */
export function resolvePath(scope: QueryScope, text: string): Path {
  const segments = segmentsOf(scope, text);
  const fieldName = segments.at(-1) ?? '';
  const steps = resolveSteps(scope, segments.slice(0, -1), text);
  const table = steps.at(-1)?.table ?? scope.table;
  const field = scope.org.visibleField(table.schema, fieldName);
  if (field === undefined) return unknownColumn(scope.query, text, table.schema.name);
  const own = readerOf(table, field);
  const canonical = [...steps.map((step) => step.name), field.name].join('.');
  if (steps.length === 0) {
    const column =
      field.derive === undefined && field.name !== 'Id' ? table.column(field.name) : field.name === 'Id' ? table.ids : null;
    return { field, text: canonical, column, read: own };
  }
  const follow = followerOf(scope.table, steps);
  return {
    field,
    text: canonical,
    column: null,
    read: (row) => {
      const parent = follow(row);
      return parent === undefined ? null : own(parent);
    },
  };
}

/** @throws Refusal INVALID_FIELD where a name is no relationship */
export function resolveSteps(scope: QueryScope, names: readonly string[], text: string): ParentStep[] {
  const { org, query } = scope;
  if (names.length > MAXIMUM_STEPS)
    refuseAt(query, 0, 'INVALID_FIELD', `SOQL relationship path may not exceed 5 levels: ${text}`);
  const steps: ParentStep[] = [];
  let { table } = scope;
  for (const name of names) {
    const referenceName = table.schema.relationships.get(name.toLowerCase());
    const reference = referenceName === undefined ? undefined : org.visibleField(table.schema, referenceName);
    const parent = reference === undefined ? undefined : org.table(reference.referenceTo[0] ?? '');
    if (reference === undefined || parent === undefined) return unknownRelationship(query, text, name);
    steps.push({ reference, table: parent, name: reference.relationshipName ?? name });
    table = parent;
  }
  return steps;
}

/** Leads from a row to the row of a parent. */
export function followerOf(table: Table, steps: readonly ParentStep[]): (row: number) => number | undefined {
  const columns = steps.map((step, at) => ({
    column: (at === 0 ? table : (steps[at - 1]?.table ?? table)).column(step.reference.name),
    parent: step.table,
  }));
  return (row) => {
    let at: number | undefined = row;
    for (const { column, parent } of columns) {
      const id: StoredValue | undefined = column[at];
      at = typeof id === 'string' ? parent.rowOf(id) : undefined;
      if (at === undefined) return undefined;
    }
    return at;
  };
}

/** Reads one field of a table's rows. A boolean that was never written is its default. */
export function readerOf(table: Table, field: Field): (row: number) => unknown {
  const { derive } = field;
  if (derive !== undefined) return (row) => derive(table.reader(row));
  if (field.name === 'Id') return (row) => table.ids[row] ?? null;
  const column = table.column(field.name);
  if (field.type === 'boolean') return (row) => column[row] ?? false;
  return (row) => column[row] ?? null;
}
