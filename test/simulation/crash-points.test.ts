import { describe, expect, test } from 'vitest';
import { consent, edit, HOUR, person, PLAIN, remove, SWEEP, SYNC } from './directed.ts';
import { runHistory, type HistoryOptions } from './history.ts';
import type { Event } from './people.ts';

/** Two ends that know nothing of each other: records to make at both, a pair to find, an opt-out. */
const FIRST: readonly Event[] = [
  person('crm', 1),
  person('crm', 2, { optedOut: true }),
  person('mail', 3),
  person('mail', 4, { address: 'of-other-end' }),
  SYNC,
];

/** A link that runs: edits at both ends, another address, an opt-out, a new record, a deletion that the feed tells. */
const CHANGES: readonly Event[] = [
  person('crm', 1),
  person('mail', 2),
  person('mail', 3),
  SYNC,
  HOUR,
  edit('crm', 0, 'City', 'Bern'),
  edit('mail', 0, 'first', 'Anna'),
  edit('crm', 1, 'Email', 'Moved9@Example.org'),
  consent('mail', 1, true),
  remove('crm', 2),
  person('crm', 6),
  SYNC,
];

/** A deletion that only sweeps can tell. */
const ABSENCE: readonly Event[] = [person('crm', 1), person('mail', 2), SYNC, remove('mail', 1), HOUR, SWEEP, HOUR, SWEEP];

/** More than a round takes at the end that takes them together: people who are new there, and one with edits of both ends. */
const EXPORT: readonly Event[] = [
  person('crm', 1),
  SYNC,
  HOUR,
  edit('crm', 0, 'City', 'Bern'),
  edit('mail', 0, 'first', 'Anna'),
  ...[2, 3].map((serial) => person('crm', serial)),
  SYNC,
];

interface Scenario {
  readonly name: string;
  /** Draws vendors and policy: bulk jobs, pages of one record, hashes only ... */
  readonly seeds: readonly number[];
  readonly events: readonly Event[];
  readonly design?: HistoryOptions['design'];
}

const SCENARIOS: readonly Scenario[] = [
  { name: 'a first cycle', seeds: [1, 2, 3], events: FIRST },
  { name: 'edits of both ends, an opt-out, a deletion and a new record', seeds: [1, 2], events: CHANGES },
  { name: 'a deletion that two sweeps find', seeds: [3], events: ABSENCE },
  {
    name: 'an export that goes by jobs of more than a round',
    seeds: [1],
    events: EXPORT,
    design: { ...PLAIN, mail: { ...PLAIN.mail, batchRecords: 2, bulkRequests: 3 } },
  },
];

describe('E9 a process that is killed at any moment is continued by the next', { timeout: 900_000 }, () => {
  let points = 0;

  test.each(SCENARIOS)('$name', async ({ events, seeds, design = {} }) => {
    for (const seed of seeds) {
      const options: HistoryOptions = { seed, mode: 'crash', events, design };
      const whole = await runHistory(options);
      expect(whole.violations).toEqual([]);
      const failed: [number, readonly string[]][] = [];
      for (let killAt = 1; killAt <= whole.moments; killAt += 1) {
        const { violations } = await runHistory({ ...options, killAt });
        if (violations.length > 0) failed.push([killAt, violations]);
      }
      points += whole.moments;
      expect(failed).toEqual([]);
    }
  });

  test('these were at least 300 moments', () => {
    expect(points).toBeGreaterThanOrEqual(300);
  });
});
