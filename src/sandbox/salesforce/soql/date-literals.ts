/** Date literals of SOQL as spans of time, in GMT: from the first ms to the first ms after. */

export interface Span {
  readonly from: number;
  readonly to: number;
}

const DAY_MS = 86_400_000;

/**
 * The span of `TODAY`, `LAST_N_DAYS:3` ...; `null` for what the sandbox does not know (fiscal periods).
 *
 * @param now the present, in ms
 */
export function spanOf(literal: string, now: number): Span | null {
  const [name = '', amount] = literal.toUpperCase().split(':');
  const count = Number(amount ?? 0);
  const today = Math.floor(now / DAY_MS) * DAY_MS;
  const simple = simpleSpan(name, today);
  if (simple !== null) return simple;
  const match = /^(LAST_N|NEXT_N|N)_(DAY|WEEK|MONTH|QUARTER|YEAR)S(_AGO)?$/.exec(name);
  if (match === null) return null;
  const [, direction, unit = 'DAY', ago] = match;
  if (unit === 'DAY') {
    if (direction === 'LAST_N') return { from: today - count * DAY_MS, to: today + DAY_MS };
    if (direction === 'NEXT_N') return { from: today + DAY_MS, to: today + (count + 1) * DAY_MS };
    return { from: today - count * DAY_MS, to: today - (count - 1) * DAY_MS };
  }
  if (ago !== undefined) return { from: startOf(unit, today, -count), to: startOf(unit, today, 1 - count) };
  if (direction === 'LAST_N') return { from: startOf(unit, today, -count), to: startOf(unit, today, 0) };
  return { from: startOf(unit, today, 1), to: startOf(unit, today, count + 1) };
}

function simpleSpan(name: string, today: number): Span | null {
  const day = (offset: number): Span => ({ from: today + offset * DAY_MS, to: today + (offset + 1) * DAY_MS });
  if (name === 'YESTERDAY') return day(-1);
  if (name === 'TODAY') return day(0);
  if (name === 'TOMORROW') return day(1);
  if (name === 'LAST_90_DAYS') return { from: today - 90 * DAY_MS, to: today + DAY_MS };
  if (name === 'NEXT_90_DAYS') return { from: today + DAY_MS, to: today + 91 * DAY_MS };
  const match = /^(LAST|THIS|NEXT)_(WEEK|MONTH|QUARTER|YEAR)$/.exec(name);
  if (match === null) return null;
  const offset = { LAST: -1, THIS: 0, NEXT: 1 }[match[1] as 'LAST' | 'THIS' | 'NEXT'];
  const unit = match[2] ?? '';
  return { from: startOf(unit, today, offset), to: startOf(unit, today, offset + 1) };
}

/** The first ms of the period that lies `offset` periods from the one of `day`. Weeks begin on Sunday. */
function startOf(unit: string, day: number, offset: number): number {
  const date = new Date(day);
  const year = date.getUTCFullYear();
  const month = date.getUTCMonth();
  if (unit === 'WEEK') return day - date.getUTCDay() * DAY_MS + offset * 7 * DAY_MS;
  if (unit === 'MONTH') return Date.UTC(year, month + offset, 1);
  if (unit === 'QUARTER') return Date.UTC(year, Math.floor(month / 3) * 3 + offset * 3, 1);
  return Date.UTC(year + offset, 0, 1);
}
