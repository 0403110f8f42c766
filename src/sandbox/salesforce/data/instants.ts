/** Dates and times as Salesforce writes and reads them. */

const DAY_MS = 86_400_000;
const MOST_DAYS_KEPT = 10_000;
const dayTexts = new Map<number, string>();

/** `2026-01-31T09:15:08.000+0000` from ms since the epoch. Days are remembered: a page holds thousands of stamps. */
export function formatInstant(ms: number): string {
  const day = Math.floor(ms / DAY_MS);
  let text = dayTexts.get(day);
  if (text === undefined) {
    text = new Date(day * DAY_MS).toISOString().slice(0, 11);
    if (dayTexts.size < MOST_DAYS_KEPT) dayTexts.set(day, text);
  }
  const rest = ms - day * DAY_MS;
  const seconds = Math.floor(rest / 1000);
  const fraction = String(rest % 1000).padStart(3, '0');
  return `${text}${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}.${fraction}+0000`;
}

function two(number: number): string {
  return number < 10 ? `0${number}` : String(number);
}

/** System stamps have whole seconds. */
export function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}

const INSTANT = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(\.\d{1,9})?(Z|[+-]\d{2}:\d{2}|[+-]\d{4})$/;

/**
 * Reads a datetime of a request body or a CSV cell, in ms; `null` where Salesforce would refuse it.
 * An offset without colon passes only beside a fraction of seconds, which is the form Salesforce writes;
 * `2013-08-12T15:20:00+0000` was refused by a live org.
 */
export function parseInstant(text: string): number | null {
  const match = INSTANT.exec(text);
  if (match === null) return null;
  const [, day = '', time = '', fraction = '', zone = ''] = match;
  if (/^[+-]\d{4}$/.test(zone) && fraction === '') return null;
  return instantOf(day, time, fraction, zone);
}

/** Reads a datetime literal of SOQL, in ms, or `null`. Every offset form passes. */
export function parseSoqlInstant(text: string): number | null {
  const match = INSTANT.exec(text.replace(/z$/, 'Z').replace(/t/, 'T'));
  if (match === null) return null;
  return instantOf(match[1] ?? '', match[2] ?? '', match[3] ?? '', match[4] ?? '');
}

function instantOf(day: string, time: string, fraction: string, zone: string): number | null {
  if (!isDate(day)) return null;
  const colon = /^[+-]\d{4}$/.test(zone) ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone;
  const ms = Date.parse(`${day}T${time}${fraction.slice(0, 4)}${colon}`);
  return Number.isNaN(ms) ? null : ms;
}

/** Whether a text is a day of the calendar, `YYYY-MM-DD`. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const ms = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}

/** `YYYY-MM-DD` of an instant, in GMT, the sandbox's time zone. */
export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** `EEE, dd MMM yyyy HH:mm:ss GMT`, for HTTP headers. */
export function formatHttpDate(ms: number): string {
  return new Date(ms).toUTCString();
}
