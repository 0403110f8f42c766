/** Values as OroCRM spells them, and as they travel here. */
import type { FieldDescription, FieldType, FieldValue } from '../../model/value.ts';
import { PRIMARY_SETS } from './catalog.ts';

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})$/;

/** Reads one attribute. Decimals come as text, stamps in whole seconds, addresses as objects. */
export function readAttribute(field: Pick<FieldDescription, 'path' | 'type'>, raw: unknown): FieldValue {
  if (raw === null || raw === undefined || raw === '') return null;
  switch (field.type) {
    case 'boolean':
      return typeof raw === 'boolean' ? raw : null;
    case 'integer':
    case 'decimal': {
      const number = Number(raw);
      return Number.isFinite(number) ? number : null;
    }
    case 'datetime':
      return readInstant(raw) ?? null;
    case 'set':
      return Array.isArray(raw) ? sortedSet((raw as unknown[]).map((item) => itemText(field.path, item))) : null;
    default:
      return typeof raw === 'string' ? raw : JSON.stringify(raw);
  }
}

/** Spells one attribute. Text of no length stands for no value, which OroCRM knows as `null`. */
export function writeAttribute(field: Pick<FieldDescription, 'path' | 'type'>, value: FieldValue): unknown {
  if (field.type === 'set') {
    const items = Array.isArray(value) ? (value as readonly string[]) : [];
    const { item } = PRIMARY_SETS.find(({ set }) => set === field.path) ?? {};
    return item === undefined ? items : items.map((text) => ({ [item]: text }));
  }
  if (value === null || value === '') return null;
  // Stored with whole seconds.
  if (field.type === 'datetime' && typeof value === 'string') return value.replace(/\.\d+Z$/, 'Z');
  return value;
}

/** `undefined` for what is no instant. */
export function readInstant(raw: unknown): string | undefined {
  const ms = typeof raw === 'string' && INSTANT.test(raw) ? Date.parse(raw) : Number.NaN;
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}

/** UNVERIFIED for extended fields: nothing describes them, so that one value has to tell the type. */
export function typeOfValue(raw: unknown): FieldType {
  if (typeof raw === 'boolean') return 'boolean';
  if (typeof raw === 'number') return Number.isInteger(raw) ? 'integer' : 'decimal';
  if (Array.isArray(raw)) return 'set';
  if (typeof raw !== 'string') return 'string';
  if (DATE.test(raw)) return 'date';
  return INSTANT.test(raw) ? 'datetime' : 'string';
}

export function sortedSet(items: readonly string[]): readonly string[] {
  return [...new Set(items.filter((item) => item !== ''))].toSorted();
}

function itemText(path: string, item: unknown): string {
  if (typeof item !== 'object' || item === null) return String(item);
  const key = PRIMARY_SETS.find(({ set }) => set === path)?.item;
  const text = key === undefined ? undefined : (item as Record<string, unknown>)[key];
  return typeof text === 'string' ? text : '';
}
