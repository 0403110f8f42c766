import { assert, integer, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { accountTime, accountWallTime, parseInstant, universalTime } from '../../../src/sandbox/activecampaign/account-time.ts';

/** 2010 to 2040. */
const seconds = integer({ min: 1_262_304_000, max: 2_208_988_800 });

const chicago = new Intl.DateTimeFormat('sv-SE', { timeZone: 'America/Chicago', dateStyle: 'short', timeStyle: 'medium' });

describe('times of the account', () => {
  test('are those of America/Chicago', () => {
    assert(
      property(seconds, (at) => accountWallTime(at) === chicago.format(at * 1000)),
      { seed: 1 },
    );
  });

  test('are read back to the second, with their offset or in UTC', () => {
    assert(
      property(seconds, (at) => {
        expect(parseInstant(accountTime(at))).toBe(at);
        expect(parseInstant(universalTime(at))).toBe(at);
        expect(parseInstant(new Date(at * 1000 + 250).toISOString())).toBe(at + 0.25);
      }),
      { seed: 1 },
    );
  });

  test('without offset are read on the wall clock of the account', () => {
    expect(parseInstant('2026-05-28 03:05:54')).toBe(Date.UTC(2026, 4, 28, 8, 5, 54) / 1000);
    expect(parseInstant('2026-12-01')).toBe(Date.UTC(2026, 11, 1, 6) / 1000);
    expect(parseInstant('2026-12-01T10:30')).toBe(Date.UTC(2026, 11, 1, 16, 30) / 1000);
  });

  test.each(['', 'yesterday', '2026-13-01', '01.02.2026', '2026-05-28 25:00:00'])('%j is no time', (text) => {
    expect(parseInstant(text)).toBeUndefined();
  });
});
