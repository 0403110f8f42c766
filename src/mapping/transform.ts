/**
 * The named transforms of a mapping: each with its inverse, or declared one-way.
 *
 * A transform is one thing seen from both ends: `yes-no` writes a boolean as "Yes" or "No" and reads
 * it back. Which of the two happens follows from the types, or from the value where a type is unknown.
 */
import type { FieldType, FieldValue } from '../model/value.ts';
import { isDate, parseInstant } from './conversion.ts';
import { isBlank } from './equality.ts';
import type { Carried } from './mapping.ts';
import { TEXT_TYPES } from './type-table.ts';

export interface Transform {
  readonly name: string;
  /** Whether what was carried over can be carried back. */
  readonly invertible: boolean;
  /** Whether it turns values of one type into values of the other. */
  fits(from: FieldType, to: FieldType): boolean;
  /** Every value that it can write to a field of this type, where these are few. */
  outputs?(to: FieldType): readonly string[] | undefined;
  /** The value for a field of type `to`, which may be unknown. Never throws. A blank stays blank. */
  apply(value: FieldValue, to: FieldType | undefined): Carried;
}

const PLAIN_NUMBER = /^-?\d+(?:\.\d+)?$/;

const TRANSFORMS: readonly Transform[] = [
  dateText('date', 'date', (text) => (isDate(text) ? text : undefined), 'The value is no date of the form YYYY-MM-DD.'),
  dateText('datetime', 'datetime', parseInstant, 'The value is no point in time of the form YYYY-MM-DDTHH:mm:ssZ.'),
  datetimeDate(),
  oneWayText('lowercase', (text) => text.toLowerCase()),
  oneWayText('uppercase', (text) => text.toUpperCase()),
  oneWayText('trim', (text) => text.trim()),
  booleanText('yes-no', 'Yes', 'No'),
  booleanText('true-false-text', 'true', 'false'),
  numberText(),
];

export const TRANSFORM_NAMES: readonly string[] = TRANSFORMS.map((transform) => transform.name);

export function findTransform(name: string): Transform | undefined {
  return TRANSFORMS.find((transform) => transform.name === name);
}

/** Names of the transforms that would make one type fit the other, for hints. */
export function transformsBetween(from: FieldType, to: FieldType, invertible: boolean): readonly string[] {
  return TRANSFORMS.filter((transform) => (transform.invertible || !invertible) && transform.fits(from, to)).map(
    (transform) => transform.name,
  );
}

/** A date or an instant that one of the ends stores as text. */
function dateText(name: string, type: FieldType, parse: (text: string) => string | undefined, problem: string): Transform {
  return {
    name,
    invertible: true,
    fits: (from, to) => (from === type && isFreeText(to)) || (isFreeText(from) && to === type),
    apply(value) {
      if (isBlank(value)) return { value: null };
      const parsed = typeof value === 'string' ? parse(value) : undefined;
      return parsed === undefined ? { problem } : { value: parsed };
    },
  };
}

/** An instant at one end, its day in UTC at the other. Carried back, a day becomes its first instant. */
function datetimeDate(): Transform {
  return {
    name: 'datetime-date',
    invertible: true,
    fits: (from, to) => (from === 'datetime' && to === 'date') || (from === 'date' && to === 'datetime'),
    apply(value, to) {
      if (isBlank(value)) return { value: null };
      const problem = { problem: 'The value is neither a date nor a point in time.' };
      if (typeof value !== 'string') return problem;
      const instant = isDate(value) ? `${value}T00:00:00.000Z` : parseInstant(value);
      if (instant === undefined) return problem;
      return { value: (to ?? (isDate(value) ? 'datetime' : 'date')) === 'date' ? instant.slice(0, 10) : instant };
    },
  };
}

function oneWayText(name: string, change: (text: string) => string): Transform {
  return {
    name,
    invertible: false,
    fits: (from, to) => TEXT_TYPES.has(from) && TEXT_TYPES.has(to),
    apply(value) {
      if (isBlank(value)) return { value: null };
      return typeof value === 'string'
        ? { value: change(value) || null }
        : { problem: `The value is no text, as the transform "${name}" needs.` };
    },
  };
}

/** A boolean at one end, one of two words at the other; words are read in any case. */
function booleanText(name: string, yes: string, no: string): Transform {
  return {
    name,
    invertible: true,
    fits: (from, to) => (from === 'boolean' && isWord(to)) || (isWord(from) && to === 'boolean'),
    outputs: (to) => (to === 'boolean' ? undefined : [yes, no]),
    apply(value, to) {
      if (isBlank(value)) return { value: to === 'boolean' ? false : null };
      if (typeof value === 'boolean') return to === 'boolean' ? { value } : { value: value ? yes : no };
      const word = typeof value === 'string' ? value.trim().toLowerCase() : undefined;
      if (word !== yes.toLowerCase() && word !== no.toLowerCase())
        return { problem: `The value is neither "${yes}" nor "${no}".` };
      const truth = word === yes.toLowerCase();
      return { value: to === undefined || to === 'boolean' ? truth : truth ? yes : no };
    },
  };
}

/** A number at one end, its decimal digits at the other. */
function numberText(): Transform {
  return {
    name: 'number-text',
    invertible: true,
    fits: (from, to) => (isNumber(from) && isFreeText(to)) || (isFreeText(from) && isNumber(to)),
    apply(value, to) {
      if (isBlank(value)) return { value: null };
      const wantsNumber = to === undefined ? typeof value === 'string' : isNumber(to);
      const number = typeof value === 'string' ? parseNumber(value.trim()) : typeof value === 'number' ? value : undefined;
      if (number === undefined) return { problem: 'The value is no number such as 12.5 that can be stored exactly.' };
      if (wantsNumber) return { value: number };
      const text = Object.is(number, -0) ? '0' : String(number);
      return PLAIN_NUMBER.test(text)
        ? { value: text }
        : { problem: 'The number is too large or too small to be written in digits.' };
    },
  };
}

/** Reads digits whose number is written with the same digits again, so that nothing is rounded. */
function parseNumber(text: string): number | undefined {
  if (!PLAIN_NUMBER.test(text)) return undefined;
  const [whole = '', fraction = ''] = text.replace('-', '').split('.');
  const significant = `${whole.replace(/^0+(?=\d)/, '')}.${fraction}`.replace(/\.?0*$/, '');
  const magnitude = Number(significant);
  if (String(magnitude) !== significant) return undefined;
  return text.startsWith('-') && magnitude !== 0 ? -magnitude : magnitude;
}

function isFreeText(type: FieldType): boolean {
  return type === 'string' || type === 'text';
}

function isWord(type: FieldType): boolean {
  return isFreeText(type) || type === 'picklist';
}

function isNumber(type: FieldType): boolean {
  return type === 'integer' || type === 'decimal';
}
