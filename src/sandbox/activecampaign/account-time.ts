/**
 * The account's wall clock. The vendor writes most times with the account's own offset; the stand-in's account
 * lives in America/Chicago, as every recorded one did. Times are kept as whole seconds since the epoch, which is
 * the vendor's own precision.
 */

const HOUR_SECONDS = 3600;
const DAY_SECONDS = 24 * HOUR_SECONDS;
const STANDARD_OFFSET_SECONDS = -6 * HOUR_SECONDS;
const SUMMER_OFFSET_SECONDS = -5 * HOUR_SECONDS;

/** One calendar year and its summer time, in seconds since the epoch. */
interface CalendarYear {
  readonly start: number;
  readonly end: number;
  readonly summerStart: number;
  readonly summerEnd: number;
}

const calendarYears = new Map<number, CalendarYear>();

function nthSunday(year: number, month: number, nth: number): number {
  const first = Date.UTC(year, month, 1) / 1000;
  const weekday = new Date(first * 1000).getUTCDay();
  return first + ((7 - weekday) % 7) * DAY_SECONDS + (nth - 1) * 7 * DAY_SECONDS;
}

/** Second Sunday of March to first Sunday of November, at two in the morning: the rule since 2007, used for all years. */
function calendarYear(year: number): CalendarYear {
  let found = calendarYears.get(year);
  if (found === undefined) {
    found = {
      start: Date.UTC(year, 0, 1) / 1000,
      end: Date.UTC(year + 1, 0, 1) / 1000,
      summerStart: nthSunday(year, 2, 2) + 2 * HOUR_SECONDS - STANDARD_OFFSET_SECONDS,
      summerEnd: nthSunday(year, 10, 1) + 2 * HOUR_SECONDS - SUMMER_OFFSET_SECONDS,
    };
    calendarYears.set(year, found);
  }
  return found;
}

/** The year last asked for: neighbouring rows mostly share theirs. */
let latest = calendarYear(2026);

function offsetAt(seconds: number): number {
  if (seconds < latest.start || seconds >= latest.end) latest = calendarYear(new Date(seconds * 1000).getUTCFullYear());
  return seconds >= latest.summerStart && seconds < latest.summerEnd ? SUMMER_OFFSET_SECONDS : STANDARD_OFFSET_SECONDS;
}

function wallClock(seconds: number, offset: number): string {
  return new Date((seconds + offset) * 1000).toISOString().slice(0, 19);
}

/** `2026-05-28T03:05:54-05:00`: the form of `cdate` and `udate`. */
export function accountTime(seconds: number): string {
  const offset = offsetAt(seconds);
  return `${wallClock(seconds, offset)}-0${-offset / HOUR_SECONDS}:00`;
}

/** `2026-05-28 03:05:54`: the account's wall clock without offset, which the vendor also calls `utc_timestamp`. */
export function accountWallTime(seconds: number): string {
  return wallTimeOf(accountTime(seconds));
}

/** The wall clock of a time as `accountTime` writes it. */
export function wallTimeOf(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 19)}`;
}

/** `2026-05-28T08:05:54+00:00`: the form of custom fields of deals and accounts. */
export function universalTime(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}+00:00`;
}

const DATE_TIME = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?\s*(Z|[+-]\d{2}:?\d{2})?$/i;

/**
 * Seconds since the epoch, with fraction, of a date as clients write it into filters; `undefined` where it is none.
 *
 * UNVERIFIED: a value without offset is read on the account's wall clock.
 */
export function parseInstant(text: string): number | undefined {
  const match = DATE_TIME.exec(text.trim());
  if (match === null) return undefined;
  const [, date, time = '00:00:00', zone] = match;
  const milliseconds = Date.parse(`${date}T${time}${zone === undefined ? 'Z' : zone.toUpperCase()}`);
  if (Number.isNaN(milliseconds)) return undefined;
  const seconds = milliseconds / 1000;
  return zone === undefined ? seconds - offsetAt(seconds - STANDARD_OFFSET_SECONDS) : seconds;
}
