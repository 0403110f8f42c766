import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseHttpDate, parseRetryAfter } from '../../src/http/retry-after.ts';

const NOW = Date.parse('2026-03-01T09:00:00Z');

describe('Retry-After', () => {
  it.each([
    ['30', 30_000],
    [' 0 ', 0],
    ['1.5', 1_500],
    ['1000000000', 1_000_000_000_000],
    ['Sun, 01 Mar 2026 09:01:00 GMT', 60_000],
    ['Sunday, 01-Mar-26 09:01:00 GMT', 60_000],
    ['Sun Mar  1 09:01:00 2026', 60_000],
    ['Sun, 01 Mar 2020 09:00:00 GMT', 0],
    ['-5', undefined],
    ['soon', undefined],
    ['', undefined],
    ['1e9', undefined],
    ['2026-03-01', undefined],
    ['Sun, 99 Mar 2026 09:01:00 GMT', undefined],
  ])('%j asks for %j ms', (header, expected) => {
    expect(parseRetryAfter(header, NOW)).toBe(expected);
  });

  it('absent asks for nothing', () => {
    expect(parseRetryAfter(undefined, NOW)).toBeUndefined();
  });

  it('never throws and never asks for a negative or endless wait', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.stringMatching(/^[0-9 .,:A-Za-z+-]{0,40}$/),
      fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
    );
    fc.assert(
      fc.property(texts, fc.integer({ min: 0, max: 4e12 }), (text, now) => {
        const wait = parseRetryAfter(text, now);
        return wait === undefined || (Number.isFinite(wait) && wait >= 0);
      }),
      { numRuns: 2_000 },
    );
  });

  it('as a date of four digits reads back what was written', () => {
    const dates = fc.integer({ min: 0, max: Date.parse('9999-12-31T00:00:00Z') / 1000 }).map((seconds) => seconds * 1000);
    fc.assert(
      fc.property(dates, (ms) => parseHttpDate(new Date(ms).toUTCString()) === ms),
      { numRuns: 500 },
    );
  });
});
