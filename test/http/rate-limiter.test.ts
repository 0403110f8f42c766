import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRateLimiter } from '../../src/http/rate-limiter.ts';
import { createTestClock } from './test-clock.ts';

async function sendTimes(count: number, ratePerSecond: number, burst: number, gaps: readonly number[] = []): Promise<number[]> {
  const clock = createTestClock(0);
  const limiter = createRateLimiter({ ratePerSecond, burst, clock });
  const times: number[] = [];
  for (let call = 0; call < count; call += 1) {
    clock.advance(gaps[call] ?? 0);
    await limiter.acquire();
    times.push(clock.now());
  }
  return times;
}

describe('the rate limiter', () => {
  it('lets a burst pass and then keeps the rate', async () => {
    expect(await sendTimes(6, 5, 3)).toEqual([0, 0, 0, 200, 400, 600]);
  });

  it('saves up no more than a burst while idle', async () => {
    expect(await sendTimes(4, 5, 2, [0, 60_000])).toEqual([0, 60_000, 60_000, 60_200]);
  });

  it('never lets more than burst + rate x time pass, whatever the gaps', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 10 }),
        fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 40 }),
        async (rate, burst, gaps) => {
          const times = await sendTimes(gaps.length, rate, burst, gaps);
          for (let first = 0; first < times.length; first += 1) {
            for (let last = first; last < times.length; last += 1) {
              const seconds = (times[last]! - times[first]!) / 1000;
              expect(last - first + 1).toBeLessThanOrEqual(burst + rate * seconds + 1e-6);
            }
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('serves concurrent callers in order, one at a time', async () => {
    const clock = createTestClock(0);
    const limiter = createRateLimiter({ ratePerSecond: 10, burst: 1, clock });
    const served: string[] = [];

    await Promise.all(['a', 'b', 'c'].map(async (name) => limiter.acquire().then(() => served.push(`${name}@${clock.now()}`))));

    expect(served).toEqual(['a@0', 'b@100', 'c@200']);
  });

  it('holds everybody back until told', async () => {
    const clock = createTestClock(0);
    const limiter = createRateLimiter({ ratePerSecond: 10, burst: 5, clock });
    limiter.hold(7_000);

    await limiter.acquire();

    expect(clock.now()).toBe(7_000);
  });

  it('lets the next caller pass after one that was aborted', async () => {
    const clock = createTestClock(0);
    const limiter = createRateLimiter({ ratePerSecond: 1, burst: 1, clock });
    const aborted = limiter.acquire(AbortSignal.abort(new Error('interrupted')));
    const next = limiter.acquire();

    await expect(aborted).rejects.toThrow('interrupted');
    await next;

    expect(clock.now()).toBe(0);
  });
});
