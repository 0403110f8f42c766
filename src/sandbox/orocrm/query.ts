/** Filters, sorting and paging of lists. @source oroinc/platform, ApiBundle/Resources/config/oro/app.yml and functional tests */
import { isObject, parameterFault, type Fault } from './json-api.ts';
import type { Attribute, ResourceType } from './resource-type.ts';
import type { Entity, Store } from './store.ts';

const DEFAULT_SIZE = 10;

export interface ListQuery {
  readonly keep: (entity: Entity) => boolean;
  readonly compare: ((one: Entity, other: Entity) => number) | undefined;
  readonly number: number;
  /** -1: everything. */
  readonly size: number;
  readonly hasFilter: boolean;
  /** The address that a filter of equality names: looked up instead of searched for. */
  readonly email: string | undefined;
}

type Operator = 'eq' | 'neq' | 'lt' | 'lte' | 'gt' | 'gte' | 'exists' | 'neq_or_null';

const OPERATORS: Readonly<Record<string, Operator>> = {
  '': 'eq',
  '=': 'eq',
  '!=': 'neq',
  '<': 'lt',
  '<=': 'lte',
  '>': 'gt',
  '>=': 'gte',
  '*': 'exists',
  '!*': 'neq_or_null',
  eq: 'eq',
  neq: 'neq',
  lt: 'lt',
  lte: 'lte',
  gt: 'gt',
  gte: 'gte',
  exists: 'exists',
  neq_or_null: 'neq_or_null',
};

const ORDERED: ReadonlySet<Attribute['kind']> = new Set(['integer', 'money', 'percent', 'date', 'datetime']);

export function listQueryOf(store: Store, type: ResourceType, query: URLSearchParams): ListQuery | readonly Fault[] {
  const faults: Fault[] = [];
  const tests: ((entity: Entity) => boolean)[] = [];
  let email: string | undefined;
  for (const [name, text] of query) {
    const filter = /^filter\[([^\]]+)\](?:\[([^\]]+)\])?$/.exec(name);
    if (filter === null) continue;
    const [, field, spelled] = filter;
    const operator = OPERATORS[spelled ?? ''];
    const test = operator === undefined ? undefined : testOf(store, type, field!, operator, text);
    if (test === undefined) faults.push(parameterFault('filter constraint', name, 'The filter is not supported.'));
    else if (typeof test === 'string') faults.push(parameterFault('unexpected value exception', name, test));
    else tests.push(test);
    if (type.contactable === true && operator === 'eq' && (field === 'emails' || field === 'primaryEmail') && !text.includes(','))
      email = text;
  }
  const compare = sortOf(type, query.get('sort'), faults);
  const number = wholeNumber(query.get('page[number]'), 1);
  const size = wholeNumber(query.get('page[size]'), DEFAULT_SIZE);
  if (number === undefined || number < 1)
    faults.push(
      parameterFault(
        'unexpected value exception',
        'page[number]',
        `Expected integer value. Given "${query.get('page[number]')}".`,
      ),
    );
  if (size === undefined || size === 0 || size < -1)
    faults.push(
      parameterFault('unexpected value exception', 'page[size]', `Expected integer value. Given "${query.get('page[size]')}".`),
    );
  if (faults.length > 0) return faults;
  return {
    keep: (entity) => tests.every((test) => test(entity)),
    compare,
    number: number!,
    size: size!,
    hasFilter: tests.length > 0,
    email,
  };
}

function wholeNumber(text: string | null, otherwise: number): number | undefined {
  if (text === null) return otherwise;
  return /^-?\d+$/.test(text) ? Number(text) : undefined;
}

/** A test; a text where the value does not fit; `undefined` where there is no such filter. */
function testOf(
  store: Store,
  type: ResourceType,
  field: string,
  operator: Operator,
  text: string,
): ((entity: Entity) => boolean) | string | undefined {
  if (field === 'id') return testOfId(operator, text, type.namedIds === true);
  const dot = field.indexOf('.');
  if (dot > 0) return testOfRelated(store, type, field.slice(0, dot), field.slice(dot + 1), operator, text);
  const relationship = type.relationships[field];
  if (relationship !== undefined) {
    if (operator === 'exists') return (entity) => hasRelated(entity, field) === isYes(text);
    if (operator !== 'eq' && operator !== 'neq') return undefined;
    const wanted = new Set(text.split(','));
    return (entity) => relatedIds(entity, field).some((id) => wanted.has(id)) === (operator === 'eq');
  }
  const attribute = type.attributes[field];
  if (attribute === undefined) return undefined;
  if (attribute.kind === 'text' && operator !== 'exists') return undefined;
  if (operator === 'exists') return (entity) => !isBlank(entity.attributes[field]) === isYes(text);
  const ordered = ORDERED.has(attribute.kind);
  if (!ordered && !['eq', 'neq', 'neq_or_null'].includes(operator)) return undefined;
  if (attribute.kind === 'integer' && !text.split(/,|\.\./).every((part) => /^-?\d+$/.test(part)))
    return `Expected integer value. Given "${text}".`;
  if ((attribute.kind === 'datetime' || attribute.kind === 'date') && Number.isNaN(Date.parse(text)))
    return `Expected ${attribute.kind} value. Given "${text}".`;
  if (!ordered && attribute.manyFilter !== true && text.includes(',') && attribute.kind === 'boolean') return undefined;

  const wanted = attribute.manyFilter === true || attribute.kind === 'integer' ? text.split(',') : [text];
  return (entity) => {
    const values = comparables(attribute, entity.attributes[field]);
    switch (operator) {
      case 'eq':
        return values.some((value) => wanted.some((one) => compareValues(attribute, value, one) === 0));
      case 'neq':
        return values.length > 0 && !values.some((value) => wanted.some((one) => compareValues(attribute, value, one) === 0));
      case 'neq_or_null':
        return !values.some((value) => wanted.some((one) => compareValues(attribute, value, one) === 0));
      default:
        return values.some((value) => holds(operator, compareValues(attribute, value, text)));
    }
  };
}

/** A filter on a field of what is related: it holds where it holds for one of them. */
function testOfRelated(
  store: Store,
  type: ResourceType,
  name: string,
  field: string,
  operator: Operator,
  text: string,
): ((entity: Entity) => boolean) | string | undefined {
  const [target] = type.relationships[name]?.types ?? [];
  const targetType = target === undefined ? undefined : store.types.get(target);
  if (targetType === undefined) return undefined;
  const test = testOf(store, targetType, field, operator, text);
  if (typeof test !== 'function') return test;
  return (entity) =>
    relatedIds(entity, name).some((id) => {
      const related = store.get(targetType.type, id);
      return related !== undefined && test(related);
    });
}

function testOfId(operator: Operator, text: string, named: boolean): ((entity: Entity) => boolean) | string | undefined {
  if (operator === 'exists' || operator === 'neq_or_null') return undefined;
  const range = /^(\d+)\.\.(\d+)$/.exec(text);
  if (range !== null) return ({ id }) => Number(id) >= Number(range[1]) && Number(id) <= Number(range[2]);
  const wanted = text.split(',');
  if (!named && !wanted.every((id) => /^\d+$/.test(id))) return `Expected integer value. Given "${text}".`;
  if (operator === 'eq') return ({ id }) => wanted.includes(id);
  if (operator === 'neq') return ({ id }) => !wanted.includes(id);
  return named ? undefined : ({ id }) => holds(operator, Number(id) - Number(text));
}

function holds(operator: Operator, difference: number): boolean {
  if (operator === 'lt') return difference < 0;
  if (operator === 'lte') return difference <= 0;
  return operator === 'gt' ? difference > 0 : difference >= 0;
}

function isYes(text: string): boolean {
  return ['true', 'yes', '1'].includes(text.toLowerCase());
}

function isBlank(value: unknown): boolean {
  return value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
}

function comparables(attribute: Attribute, value: unknown): readonly unknown[] {
  if (isBlank(value)) return [];
  if (!Array.isArray(value)) return [value];
  const member = attribute.kind === 'emails' ? 'email' : 'phone';
  return value.map((item) => (isObject(item) ? item[member] : item));
}

function compareValues({ kind }: Attribute, value: unknown, text: unknown): number {
  if (kind === 'datetime') return Date.parse(String(value)) - Date.parse(String(text));
  if (kind === 'integer' || kind === 'money' || kind === 'percent') return Number(value) - Number(text);
  if (kind === 'boolean') return Number(value) - Number(isYes(String(text)));
  const [one, other] = [String(value), String(text)];
  return one === other ? 0 : one < other ? -1 : 1;
}

function sortOf(type: ResourceType, text: string | null, faults: Fault[]): ListQuery['compare'] {
  if (text === null) return undefined;
  const keys = text.split(',').map((key) => ({
    field: key.replace(/^-/, ''),
    sign: key.startsWith('-') ? -1 : 1,
  }));
  for (const { field } of keys) {
    const kind = type.attributes[field]?.kind;
    if (field !== 'id' && (kind === undefined || kind === 'text' || kind === 'emails' || kind === 'phones'))
      faults.push(parameterFault('sort constraint', 'sort', `Sorting by "${field}" field is not supported.`));
  }
  return (one, other) => {
    for (const { field, sign } of keys) {
      const difference =
        field === 'id' ? compareIds(one, other) : compareNullable(one.attributes[field], other.attributes[field]);
      if (difference !== 0) return sign * difference;
    }
    return 0;
  };
}

function compareIds(one: Entity, other: Entity): number {
  const difference = Number(one.id) - Number(other.id);
  return Number.isNaN(difference) ? (one.id < other.id ? -1 : 1) : difference;
}

/** PostgreSQL sorts what is null last. */
function compareNullable(one: unknown, other: unknown): number {
  if (isBlank(one) || isBlank(other)) return Number(isBlank(one)) - Number(isBlank(other));
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  return String(one) === String(other) ? 0 : String(one) < String(other) ? -1 : 1;
}

export function relatedIds(entity: Entity, name: string): readonly string[] {
  const related = entity.relationships[name];
  if (related === null || related === undefined) return [];
  return 'id' in related ? [related.id] : related.map(({ id }) => id);
}

function hasRelated(entity: Entity, name: string): boolean {
  return relatedIds(entity, name).length > 0;
}

export interface Page {
  readonly entities: readonly Entity[];
  readonly total: number;
  readonly hasMore: boolean;
}

export function pageOf(store: Store, type: ResourceType, query: ListQuery): Page {
  const candidates = query.email === undefined ? store.all(type.type) : store.holdersOf(type.type, query.email);
  const found = [...candidates].filter((entity) => query.keep(entity));
  found.sort(query.compare ?? compareIds);
  if (query.size === -1) return { entities: found, total: found.length, hasMore: false };
  const start = (query.number - 1) * query.size;
  return {
    entities: found.slice(start, start + query.size),
    total: found.length,
    hasMore: found.length > start + query.size,
  };
}
