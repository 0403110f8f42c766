import type { Clock } from '../../src/model/time.ts';

/** A clock that stands still but for sleepers, who move it at once. */
export interface TestClock extends Clock {
  readonly slept: readonly number[];
  advance(ms: number): void;
}

export function createTestClock(start = Date.parse('2026-03-01T09:00:00Z')): TestClock {
  let now = start;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    advance(ms) {
      now += ms;
    },
    sleep(ms, signal) {
      if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
      slept.push(ms);
      now += ms;
      return Promise.resolve();
    },
  };
}
