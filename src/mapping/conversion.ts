/**
 * Makes a value fit the field that it is written to, or says why it does not. Values are never cut
 * off, rounded or guessed. Problems name no values: they end up in logs and on screens.
 */
import type { FieldDescription, FieldType, FieldValue } from '../model/value.ts';
import { isBlank, sortedSet } from './equality.ts';
import type { Carried } from './mapping.ts';

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/;

/** What a target must be known by; everything may be unknown offline. */
type Target = Pick<FieldDescription, 'type' | 'maxLength'> | undefined;

export function convert(value: FieldValue, target: Target): Carried {
  const converted = convertType(value, target?.type);
  if ('problem' in converted || target?.maxLength === undefined || typeof converted.value !== 'string') return converted;
  return converted.value.length <= target.maxLength
    ? converted
    : { problem: `The value has ${converted.value.length} characters; the target stores ${target.maxLength}.` };
}

function convertType(value: FieldValue, type: FieldType | undefined): Carried {
  if (isBlank(value)) return { value: type === 'boolean' ? false : type === 'set' ? [] : null };
  switch (type) {
    case undefined:
      return Array.isArray(value) ? { value: sortedSet(value) } : typeof value === 'number' ? finite(value) : { value };
    case 'boolean':
      return typeof value === 'boolean' ? { value } : mismatch(value, 'a boolean');
    case 'integer':
      if (typeof value !== 'number') return mismatch(value, 'a whole number');
      return Number.isSafeInteger(value) ? { value } : { problem: 'The value is no whole number that can be stored exactly.' };
    case 'decimal':
      return typeof value === 'number' ? finite(value) : mismatch(value, 'a number');
    case 'date':
      return typeof value === 'string' ? convertDate(value) : mismatch(value, 'a date');
    case 'datetime':
      return typeof value === 'string' ? convertInstant(value) : mismatch(value, 'a point in time');
    case 'set':
      return Array.isArray(value) ? { value: sortedSet(value) } : mismatch(value, 'a set');
    case 'id':
    case 'string':
    case 'text':
    case 'email':
    case 'phone':
    case 'url':
    case 'picklist':
    case 'consent':
      return typeof value === 'string' ? { value } : mismatch(value, 'text');
  }
}

function convertDate(text: string): Carried {
  return isDate(text) ? { value: text } : { problem: 'The value is no date of the form YYYY-MM-DD.' };
}

function convertInstant(text: string): Carried {
  if (isDate(text)) return { value: `${text}T00:00:00.000Z` };
  const instant = parseInstant(text);
  return instant === undefined
    ? { problem: 'The value is no point in time of the form YYYY-MM-DDTHH:mm:ssZ.' }
    : { value: instant };
}

/** Whether the text is a day of the calendar, `YYYY-MM-DD`. */
export function isDate(text: string): boolean {
  const match = DATE.exec(text);
  if (match === null) return false;
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/** An instant in its one spelling, `YYYY-MM-DDTHH:mm:ss.sssZ`; `undefined` for anything else. */
export function parseInstant(text: string): string | undefined {
  if (!INSTANT.test(text) || !isDate(text.slice(0, 10))) return undefined;
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) return undefined;
  const instant = new Date(ms).toISOString();
  // An offset can move the last hours of the year 9999 into a year that takes another spelling.
  return INSTANT.test(instant) ? instant : undefined;
}

function finite(value: number): Carried {
  return Number.isFinite(value) ? { value } : { problem: 'The value is no finite number.' };
}

function mismatch(value: FieldValue, wanted: string): Carried {
  const found = Array.isArray(value) ? 'a set' : typeof value === 'string' ? 'text' : `a ${typeof value}`;
  return { problem: `The value is ${found}; the target stores ${wanted}.` };
}
