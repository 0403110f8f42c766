const SECONDS = /^\d{1,12}(?:\.\d+)?$/;
const HTTP_DATE =
  /^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT|[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4})$/;

/**
 * Reads an HTTP date in the three spellings of RFC 9110.
 *
 * @returns milliseconds since the epoch; `undefined` for anything else
 */
export function parseHttpDate(text: string | undefined): number | undefined {
  if (text === undefined || !HTTP_DATE.test(text.trim())) return undefined;
  const trimmed = text.trim();
  const parsed = Date.parse(trimmed.endsWith('GMT') ? trimmed : `${trimmed} GMT`);
  return Number.isNaN(parsed) ? undefined : parsed;
}

/**
 * Reads a `Retry-After` header: whole (or, outside the standard, fractional) seconds or an HTTP date.
 *
 * @param nowMs the vendor's present, from the `Date` header of the same answer where it has one
 * @returns how long to wait in milliseconds, never negative; `undefined` where the header says nothing usable
 */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (SECONDS.test(text)) return Math.ceil(Number(text) * 1000);
  const date = parseHttpDate(text);
  return date === undefined ? undefined : Math.max(0, date - nowMs);
}
