/** Loosely typed JSON of requests, read as PHP would: numbers and strings stand for one another. */

export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object under `key`, or an empty one. */
export function objectAt(source: JsonObject, key: string): JsonObject {
  const value = source[key];
  return isObject(value) ? value : {};
}

/** Text of a string, number or flag; `''` for null and everything else. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (typeof value === 'boolean') return value ? '1' : '';
  return '';
}

/** An id in a body or path: a whole number, else 0. */
export function idOf(value: unknown): number {
  const number = Number(textOf(value));
  return Number.isSafeInteger(number) && number > 0 ? number : 0;
}

/** A flag as the vendor reads and stores it. */
export function flagOf(value: unknown): '0' | '1' {
  return value === true || value === 1 || value === '1' || value === 'true' ? '1' : '0';
}

/** Whole number of a value, `fallback` where it is none. */
export function integerOf(value: unknown, fallback: number): number {
  const text = textOf(value).trim();
  const number = Number(text);
  return text === '' || !Number.isFinite(number) ? fallback : Math.trunc(number);
}
