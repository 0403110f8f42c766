/** Compiles a condition once into a test of rows. */
import { looksLikeId, canonicalId } from '../data/ids.ts';
import { isDate, parseSoqlInstant } from '../data/instants.ts';
import type { Field } from '../schema/field.ts';
import type { Comparison, Condition } from './condition.ts';
import { spanOf } from './date-literals.ts';
import type { Span } from './date-literals.ts';
import { resolvePath } from './path.ts';
import type { Path, QueryScope } from './path.ts';
import { refuseQuery } from './soql-error.ts';

export type RowTest = (row: number) => boolean;

/** Answers the values of the one field that a subquery selects. */
export type RunSubquery = (subquery: NonNullable<Comparison['subquery']>) => ReadonlySet<string>;

type Comparable = string | number | boolean | null;

/** @throws Refusal INVALID_FIELD, MALFORMED_QUERY, INVALID_QUERY_FILTER_OPERATOR */
export function compileCondition(scope: QueryScope, condition: Condition, runSubquery: RunSubquery): RowTest {
  if (condition.kind === 'not') {
    const operand = compileCondition(scope, condition.operand, runSubquery);
    return (row) => !operand(row);
  }
  if (condition.kind === 'comparison') return compileComparison(scope, condition, runSubquery);
  const operands = condition.operands.map((one) => compileCondition(scope, one, runSubquery));
  if (condition.kind === 'and') return (row) => operands.every((one) => one(row));
  return (row) => operands.some((one) => one(row));
}

/**
 * Rows that alone can satisfy the condition, by an index; `null` where only a scan helps.
 * Looks at comparisons that must hold: the condition itself, or the operands of an AND.
 */
export function candidateRows(scope: QueryScope, condition: Condition): number[] | null {
  const musts = condition.kind === 'and' ? condition.operands : [condition];
  for (const must of musts) {
    if (must.kind !== 'comparison' || must.literalType !== 'STRING' || !['=', 'IN'].includes(must.operator)) continue;
    const { field, column } = resolvePath(scope, must.field);
    const indexed = field.name === 'Id' || field.idLookup || field.externalId || field.unique || field.type === 'reference';
    if (!indexed || column === null || field.type === 'double') continue;
    const rows = new Set<number>();
    for (const raw of [must.value].flat()) {
      const text = unquote(raw);
      const value = isIdField(field) ? canonicalId(text) : text;
      for (const row of value === null ? [] : scope.table.lookup(field, value)) rows.add(row);
      if (text === '') return null;
    }
    return [...rows].toSorted((one, other) => one - other);
  }
  return null;
}

function compileComparison(scope: QueryScope, comparison: Comparison, runSubquery: RunSubquery): RowTest {
  const path = resolvePath(scope, comparison.field);
  const { field } = path;
  if (!field.filterable) refuseQuery('INVALID_FIELD', `field '${field.name}' can not be filtered in a query call`);
  const { operator } = comparison;
  if (comparison.subquery !== undefined) {
    const values = runSubquery(comparison.subquery);
    const read = readerFor(path);
    return operator === 'NOT IN' ? (row) => !values.has(String(read(row))) : (row) => values.has(String(read(row)));
  }
  if (operator === 'LIKE') return likeTest(path, comparison);
  if (operator === 'INCLUDES' || operator === 'EXCLUDES') return includesTest(path, comparison);
  if (comparison.literalType === 'DATE_LITERAL' || comparison.literalType === 'DATE_N_LITERAL')
    return spanTest(scope, path, comparison);
  if (operator === 'IN' || operator === 'NOT IN') {
    const wanted = new Set(
      [comparison.value].flat().map((raw) => literalOf(field, /^null$/i.test(raw) ? 'NULL' : comparison.literalType, raw)),
    );
    const read = readerFor(path);
    return operator === 'IN' ? (row) => wanted.has(read(row)) : (row) => !wanted.has(read(row));
  }
  return orderTest(path, operator, literalOf(field, comparison.literalType, String(comparison.value)));
}

function orderTest(path: Path, operator: string, wanted: Comparable): RowTest {
  const read = readerFor(path);
  switch (operator) {
    case '=':
      return (row) => read(row) === wanted;
    case '!=':
    case '<>':
      return (row) => read(row) !== wanted;
    default:
      break;
  }
  if (wanted === null) return refuseQuery('MALFORMED_QUERY', `invalid operator on null: ${operator}`);
  const type = path.field.type;
  if (type === 'boolean' || type === 'multipicklist') {
    return refuseQuery('INVALID_QUERY_FILTER_OPERATOR', `invalid operator on ${type} field`);
  }
  const compare = (test: (value: string | number | boolean) => boolean): RowTest => {
    return (row) => {
      const value = read(row);
      return value !== null && test(value);
    };
  };
  if (operator === '<') return compare((value) => value < wanted);
  if (operator === '<=') return compare((value) => value <= wanted);
  if (operator === '>') return compare((value) => value > wanted);
  if (operator === '>=') return compare((value) => value >= wanted);
  return refuseQuery('MALFORMED_QUERY', `unexpected token: '${operator}'`);
}

/** Reads a field in the form that comparisons use: texts in lower case, ids as they are. */
function readerFor(path: Path): (row: number) => Comparable {
  const { column, field } = path;
  const folds = typeof field.type === 'string' && isTextField(field);
  if (column !== null) {
    if (folds) {
      return (row) => {
        const value = column[row];
        return typeof value === 'string' ? value.toLowerCase() : null;
      };
    }
    if (field.type === 'boolean') return (row) => column[row] ?? false;
    return (row) => column[row] ?? null;
  }
  return (row) => {
    const value = path.read(row);
    if (folds && typeof value === 'string') return value.toLowerCase();
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
  };
}

export function isIdField(field: Field): boolean {
  return field.type === 'id' || field.type === 'reference';
}

function isTextField(field: Field): boolean {
  return ['string', 'textarea', 'email', 'phone', 'url', 'picklist', 'multipicklist'].includes(field.type);
}

/** A literal in the form that `readerFor` gives, or a refusal where it does not fit the field's type. */
function literalOf(field: Field, literalType: string, raw: string): Comparable {
  if (literalType === 'NULL') return null;
  const quoted = literalType === 'STRING';
  switch (field.type) {
    case 'id':
    case 'reference': {
      if (!quoted) return wrongType(field, 'ID', true);
      const text = unquote(raw);
      if (text === '') return null;
      const id = canonicalId(text);
      if (id !== null) return id;
      if (looksLikeId(text)) return text;
      return refuseQuery('INVALID_QUERY_FILTER_OPERATOR', `invalid ID field: ${text}`);
    }
    case 'boolean':
      return literalType === 'BOOLEAN' ? raw.toUpperCase() === 'TRUE' : wrongType(field, 'boolean', false);
    case 'int':
    case 'double':
    case 'currency':
    case 'percent':
      return literalType === 'INTEGER' || literalType === 'DECIMAL' ? Number(raw) : wrongType(field, 'double', false);
    case 'date':
      return literalType === 'DATE' && isDate(raw) ? raw : wrongType(field, 'date', false);
    case 'datetime': {
      const ms = literalType === 'DATETIME' ? parseSoqlInstant(raw) : null;
      return ms ?? wrongType(field, 'dateTime', false);
    }
    case 'string':
    case 'textarea':
    case 'email':
    case 'phone':
    case 'url':
    case 'picklist':
    case 'multipicklist':
    case 'address':
    case 'complexvalue': {
      if (!quoted) return wrongType(field, 'string', true);
      const text = unquote(raw);
      return text === '' ? null : text.toLowerCase();
    }
  }
}

function wrongType(field: Field, type: string, quoted: boolean): never {
  const enclosed = quoted ? 'should be enclosed in quotes' : 'should not be enclosed in quotes';
  return refuseQuery(
    'INVALID_FIELD',
    `value of filter criterion for field '${field.name}' must be of type ${type} and ${enclosed}`,
  );
}

function likeTest(path: Path, comparison: Comparison): RowTest {
  if (!isTextField(path.field))
    return refuseQuery('INVALID_QUERY_FILTER_OPERATOR', `invalid operator on ${path.field.type} field`);
  const patterns = [comparison.value].flat().map((raw) => likePattern(raw));
  const read = readerFor(path);
  return (row) => {
    const value = read(row);
    return typeof value === 'string' && patterns.some((pattern) => pattern.test(value));
  };
}

function likePattern(raw: string): RegExp {
  let source = '';
  const text = unquote(raw, true);
  for (let at = 0; at < text.length; at += 1) {
    const letter = text.charAt(at);
    if (letter === '\\' && /[%_\\]/.test(text.charAt(at + 1))) {
      source += escapeRegExp(text.charAt(at + 1));
      at += 1;
    } else if (letter === '%') source += '.*';
    else if (letter === '_') source += '.';
    else source += escapeRegExp(letter.toLowerCase());
  }
  return new RegExp(`^${source}$`, 's');
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function includesTest(path: Path, comparison: Comparison): RowTest {
  if (path.field.type !== 'multipicklist') {
    return refuseQuery('INVALID_QUERY_FILTER_OPERATOR', `invalid operator on ${path.field.type} field`);
  }
  const choices = [comparison.value].flat().map((raw) => unquote(raw).toLowerCase().split(';'));
  const read = readerFor(path);
  const includes: RowTest = (row) => {
    const value = read(row);
    const chosen = new Set(typeof value === 'string' ? value.split(';') : []);
    return choices.some((all) => all.every((one) => chosen.has(one)));
  };
  return comparison.operator === 'INCLUDES' ? includes : (row) => !includes(row);
}

function spanTest(scope: QueryScope, path: Path, comparison: Comparison): RowTest {
  const { field } = path;
  if (field.type !== 'date' && field.type !== 'datetime') return wrongType(field, 'string', true);
  const span = spanOf(String(comparison.value), scope.org.clock.now());
  if (span === null) return refuseQuery('MALFORMED_QUERY', `unexpected token: '${String(comparison.value)}'`);
  const read = path.read;
  const place = (row: number): number | null => {
    const value = read(row);
    if (typeof value === 'number') return value;
    return typeof value === 'string' ? Date.parse(`${value}T00:00:00Z`) : null;
  };
  const test = spanComparison(comparison.operator, span);
  return (row) => {
    const at = place(row);
    return at === null ? comparison.operator === '!=' : test(at);
  };
}

function spanComparison(operator: string, { from, to }: Span): (at: number) => boolean {
  if (operator === '=') return (at) => at >= from && at < to;
  if (operator === '!=') return (at) => at < from || at >= to;
  if (operator === '<') return (at) => at < from;
  if (operator === '<=') return (at) => at < to;
  if (operator === '>') return (at) => at >= to;
  if (operator === '>=') return (at) => at >= from;
  return refuseQuery('MALFORMED_QUERY', `unexpected token: '${operator}'`);
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

/** A text literal without its quotes and escapes; `keepWildcards` leaves `\%` and `\_` for LIKE. */
function unquote(raw: string, keepWildcards = false): string {
  const inner = raw.startsWith("'") && raw.endsWith("'") && raw.length > 1 ? raw.slice(1, -1) : raw;
  if (!inner.includes('\\')) return inner;
  return inner.replaceAll(/\\(u[0-9A-Fa-f]{4}|.)/gs, (whole: string, escape: string) => {
    if (escape.length === 5) return String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    if (keepWildcards && /[%_\\]/.test(escape)) return whole;
    return ESCAPES[escape] ?? escape;
  });
}
