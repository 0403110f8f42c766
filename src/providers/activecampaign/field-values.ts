/**
 * Custom field values between the vendor's text and the model's types.
 *
 * The vendor stores everything as text; several choices as `||a||b||`. A checkbox field whose only
 * option is `true` is how it holds a boolean: `||true||` or blank.
 */
import type { FieldType, FieldValue } from '../../model/value.ts';
import { toInstant } from '../../model/time.ts';
import { instantOf } from './rows.ts';

export type ValueKind = 'text' | 'date' | 'datetime' | 'decimal' | 'set' | 'boolean';

const SEPARATOR = '||';
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)$/;

/** How a contact field's type is held, and its type in the model. */
export function kindOf(type: string, options: readonly string[]): { readonly kind: ValueKind; readonly type: FieldType } {
  switch (type) {
    case 'textarea':
      return { kind: 'text', type: 'text' };
    case 'date':
      return { kind: 'date', type: 'date' };
    case 'datetime':
      return { kind: 'datetime', type: 'datetime' };
    case 'number':
      return { kind: 'decimal', type: 'decimal' };
    case 'dropdown':
    case 'radio':
      return { kind: 'text', type: 'picklist' };
    case 'listbox':
      return { kind: 'set', type: 'set' };
    case 'checkbox':
      return options.length === 1 && options[0] === 'true' ? { kind: 'boolean', type: 'boolean' } : { kind: 'set', type: 'set' };
    default:
      // text, hidden, NULL, and types that the documentation does not name: text as it stands.
      return { kind: 'text', type: 'string' };
  }
}

/** A stored text as a value. Text that is not what its type promises is kept as text rather than lost. */
export function decodeValue(kind: ValueKind, stored: string | undefined): FieldValue {
  const blank = stored === undefined || stored === '';
  switch (kind) {
    case 'boolean':
      return !blank && choicesOf(stored).includes('true');
    case 'set': {
      const choices = blank ? [] : choicesOf(stored);
      return choices.length === 0 ? null : choices;
    }
    case 'date': {
      if (blank || stored.startsWith('0000-00-00')) return null;
      const day = stored.slice(0, 10);
      return DATE.test(day) ? day : stored;
    }
    case 'datetime':
      return blank || stored.startsWith('0000-00-00') ? null : (instantOf(stored) ?? stored);
    case 'decimal':
      return blank ? null : DECIMAL.test(stored.trim()) ? Number(stored) : stored;
    case 'text':
      return blank ? null : stored;
  }
}

/** A value as the text to send, `''` to clear; `undefined` where the field cannot hold it. */
export function encodeValue(kind: ValueKind, value: FieldValue): string | undefined {
  if (value === null) return '';
  switch (kind) {
    case 'boolean':
      return typeof value === 'boolean' ? (value ? `${SEPARATOR}true${SEPARATOR}` : '') : undefined;
    case 'set':
      return encodeChoices(typeof value === 'object' ? value : [String(value)]);
    case 'date':
      return typeof value === 'string' && DATE.test(value) ? value : undefined;
    case 'datetime': {
      const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN;
      // UNVERIFIED: which offsets are accepted; the documented examples carry one, so UTC is sent as one.
      return Number.isNaN(ms) ? undefined : `${toInstant(ms).slice(0, 19)}+00:00`;
    }
    case 'decimal':
      if (typeof value === 'number') return plainNumber(value);
      return typeof value === 'string' && DECIMAL.test(value) ? value : undefined;
    case 'text':
      if (typeof value === 'number') return plainNumber(value);
      return typeof value === 'object' ? undefined : String(value);
  }
}

function choicesOf(stored: string): string[] {
  return [...new Set(stored.split(SEPARATOR).filter((choice) => choice !== ''))].toSorted();
}

function encodeChoices(choices: readonly string[]): string | undefined {
  const wanted = choices.filter((choice) => choice !== '');
  if (wanted.some((choice) => choice.includes(SEPARATOR) || choice.startsWith('|') || choice.endsWith('|'))) return undefined;
  return wanted.length === 0 ? '' : `${SEPARATOR}${[...new Set(wanted)].toSorted().join(SEPARATOR)}${SEPARATOR}`;
}

/** A number without an exponent. */
function plainNumber(value: number): string | undefined {
  if (!Number.isFinite(value)) return undefined;
  const short = String(value);
  if (!short.includes('e')) return short;
  return Number.isInteger(value) ? BigInt(value).toString() : value.toFixed(20).replace(/0+$/, '');
}
