import { SynclineError } from './errors.ts';

/**
 * The only source of time. The composition root supplies it, so that a test can own it; where a
 * vendor's clock and ours could differ, the vendor's is read from its answers instead.
 */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

const DURATION = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;

/**
 * Reads an ISO 8601 duration of days, hours, minutes and seconds (`PT10M`, `P1D`).
 *
 * @returns milliseconds
 * @throws SynclineError CONFIG_INVALID_DURATION for anything else, years and months included
 */
export function parseDuration(text: string): number {
  const match = DURATION.exec(text);
  if (match === null || text.endsWith('T') || text === 'P') {
    throw new SynclineError('CONFIG_INVALID_DURATION', `"${text}" is not a duration such as PT10M, PT1H or P1D.`);
  }
  const [days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0)) as [number, number, number, number];
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
}

/** An instant in the one spelling that is stored and printed: `2026-01-31T09:15:08.000Z`. */
export function toInstant(ms: number): string {
  return new Date(ms).toISOString();
}

/** When something is due that no time makes due. */
export const NEVER = '9999-12-31T00:00:00.000Z';
