import type { Clock } from '../../src/model/time.ts';

export interface TestClock extends Clock {
  /** Every sleep asked for, in order. */
  readonly sleeps: readonly number[];
  /** Runs before the n-th sleep (from 1) returns: what the rest of the world does meanwhile. */
  onSleep(during: (count: number) => void | Promise<void>): void;
}

/** Time that stands still but for sleeping. */
export function createTestClock(start = Date.UTC(2026, 0, 31, 9, 15)): TestClock {
  let now = start;
  let during: (count: number) => void | Promise<void> = () => {};
  const sleeps: number[] = [];
  return {
    sleeps,
    now: () => now,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      sleeps.push(ms);
      now += ms;
      await during(sleeps.length);
      signal?.throwIfAborted();
    },
    onSleep(next) {
      during = next;
    },
  };
}
