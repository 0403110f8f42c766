import { afterEach, describe, expect, test } from 'vitest';
import { createClock, parseAdvance } from '../../../src/sandbox/clock.ts';
import { startSandbox, type RunningSandbox, type SandboxOptions } from '../../../src/sandbox/server.ts';
import type { CreateVendorSandbox } from '../../../src/sandbox/vendor.ts';
import { call, control, NotebookVendor, originOf } from './notebook-vendor.ts';

const NOON = Date.parse('2026-03-01T12:00:00Z');
const running: RunningSandbox[] = [];

async function start(options: Partial<SandboxOptions>): Promise<RunningSandbox> {
  const vendors: readonly CreateVendorSandbox[] = [
    (clock) => new NotebookVendor(clock),
    (clock) => new NotebookVendor(clock, 'other', 4702),
  ];
  const sandbox = await startSandbox({ vendors, basePort: 0, seed: 1, records: 0, ...options });
  running.push(sandbox);
  return sandbox;
}

async function vendorTime(sandbox: RunningSandbox, name = 'notebook'): Promise<number> {
  const answer = await call(originOf(sandbox, name), 'GET', '/time');
  return (JSON.parse(answer.text) as { now: number }).now;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((sandbox) => sandbox.close()));
});

describe('real time', () => {
  test("plus an offset that one vendor's server moves for all", async () => {
    const sandbox = await start({ clock: { now: () => NOON } });

    const answer = await control(originOf(sandbox), 'POST', 'clock', { advance: 'PT10M' });

    expect(answer).toEqual({ status: 200, body: { now: '2026-03-01T12:10:00.000Z', virtual: false } });
    expect((await control(originOf(sandbox, 'other'), 'GET', 'clock')).body).toEqual(answer.body);
    expect(await vendorTime(sandbox, 'other')).toBe(NOON + 600_000);
  });

  test("rate limits and a client's own clock know no offset", async () => {
    const { clock } = await start({ clock: { now: () => NOON } });

    clock.advance(600_000);

    expect([clock.now(), clock.rateNow(), clock.realNow()]).toEqual([NOON + 600_000, NOON, NOON]);
  });

  test('is not moved by telling a client to wait', async () => {
    const sandbox = await start({ clock: { now: () => NOON } });

    await call(originOf(sandbox), 'GET', '/limited');

    expect(sandbox.clock.now()).toBe(NOON);
  });

  test("sleep is the source's own", async () => {
    const slept: number[] = [];
    const clock = createClock({ virtualTime: false, source: { now: () => NOON, sleep: async (ms) => void slept.push(ms) } });

    await clock.sleep(86_400_000);

    expect(slept).toEqual([86_400_000]);
  });

  test('a sleep of the machine ends with the reason of the signal', async () => {
    const aborted = new AbortController();
    const sleeping = createClock({ virtualTime: false }).sleep(600_000, aborted.signal);

    aborted.abort(new Error('enough'));

    await expect(sleeping).rejects.toThrow('enough');
  });
});

describe('virtual time', () => {
  test('stands still but for advance', async () => {
    const sandbox = await start({ virtualTime: true });
    const before = await vendorTime(sandbox);

    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await vendorTime(sandbox)).toBe(before);

    await control(originOf(sandbox), 'POST', 'clock', { advance: 'PT1H' });
    expect(await vendorTime(sandbox)).toBe(before + 3_600_000);
    expect(sandbox.clock.rateNow()).toBe(before + 3_600_000);
    expect(sandbox.clock.realNow()).toBeLessThan(before + 60_000);
  });

  test('a reset goes back to the first instant', async () => {
    const sandbox = await start({ virtualTime: true });
    const before = sandbox.clock.now();
    sandbox.clock.advance(5_000);

    await control(originOf(sandbox), 'POST', 'reset');

    expect(sandbox.clock.now()).toBe(before);
  });

  test('moves on by what a client out of reach was told to wait', async () => {
    const sandbox = await start({ virtualTime: true });
    const before = sandbox.clock.now();

    await call(originOf(sandbox), 'GET', '/limited');
    await control(originOf(sandbox), 'POST', 'faults', [{ match: { path: '*' }, kind: '503', retryAfter: 5 }]);
    await call(originOf(sandbox), 'GET', '/notes');

    expect(sandbox.clock.now()).toBe(before + 35_000);
  });

  test('a client that sleeps on the clock waits for itself', async () => {
    const sandbox = await start({ virtualTime: true });
    const before = sandbox.clock.now();

    await sandbox.clock.sleep(1_000);
    await call(originOf(sandbox), 'GET', '/limited');
    await sandbox.clock.sleep(30_000);

    expect(sandbox.clock.now()).toBe(before + 31_000);
  });

  test('sleepers wake in the order of their hours, each at its own', async () => {
    const clock = createClock({ virtualTime: true });
    const start = clock.now();
    const woken: string[] = [];
    const sleeper = async (name: string, ms: number): Promise<void> => {
      await clock.sleep(ms);
      woken.push(`${name} ${clock.now() - start}`);
    };

    await Promise.all([sleeper('late', 3_000), sleeper('early', 1_000), sleeper('also early', 1_000), sleeper('now', 0)]);

    expect(woken).toEqual(['now 0', 'early 1000', 'also early 1000', 'late 3000']);
  });

  test('does not jump over a call that is being answered', async () => {
    const sandbox = await start({ virtualTime: true });
    const origin = originOf(sandbox);
    await control(origin, 'POST', 'faults', [{ match: { path: '*' }, kind: 'slow', ms: 30 }]);
    const order: string[] = [];

    await Promise.all([
      call(origin, 'GET', '/notes').then(() => order.push('answered')),
      sandbox.clock.sleep(120_000).then(() => order.push('timed out')),
    ]);

    expect(order).toEqual(['answered', 'timed out']);
  });

  test('advance wakes those whose hour has come', async () => {
    const clock = createClock({ virtualTime: true });
    const start = clock.now();
    clock.callStarted();
    const sleeping = clock.sleep(1_000);

    clock.advance(5_000);
    await sleeping;

    expect(clock.now()).toBe(start + 5_000);
  });

  test('an aborted sleep rejects and does not move time', async () => {
    const clock = createClock({ virtualTime: true });
    const start = clock.now();
    const aborted = new AbortController();
    const sleeping = clock.sleep(1_000, aborted.signal);

    aborted.abort(new Error('enough'));

    await expect(sleeping).rejects.toThrow('enough');
    await expect(clock.sleep(1_000, aborted.signal)).rejects.toThrow('enough');
    expect(clock.now()).toBe(start);
  });
});

describe("a clock of the test's own", () => {
  test('is followed, and moved by advance', async () => {
    let now = NOON;
    const source = { now: () => now, advance: (ms: number) => void (now += ms) };
    const sandbox = await start({ virtualTime: true, clock: source });

    now += 1_000;
    await control(originOf(sandbox), 'POST', 'clock', { advance: 'PT1M' });

    expect(await vendorTime(sandbox)).toBe(NOON + 61_000);
    expect(now).toBe(NOON + 61_000);
    expect(sandbox.clock.rateNow()).toBe(NOON + 61_000);
  });

  test('that cannot be moved gets an offset', async () => {
    const { clock } = await start({ virtualTime: true, clock: { now: () => NOON } });

    await clock.sleep(2_000);
    clock.advance(1_000);

    expect(clock.now()).toBe(NOON + 3_000);
    clock.reset();
    expect(clock.now()).toBe(NOON);
  });
});

describe('the control path', () => {
  test.each([{}, { advance: 5 }, { advance: '10m' }, { advance: 'P1Y' }, { advance: '-PT1M' }, []])(
    'refuses %j',
    async (body) => {
      const sandbox = await start({ virtualTime: true });
      const before = sandbox.clock.now();

      const answer = await control(originOf(sandbox), 'POST', 'clock', body);

      expect(answer.status).toBe(400);
      expect(sandbox.clock.now()).toBe(before);
    },
  );

  test.each([
    ['PT10M', 600_000],
    ['PT1H30M', 5_400_000],
    ['P1DT1S', 86_401_000],
    ['P1W', 604_800_000],
    ['PT0.5S', 500],
    ['PT0S', 0],
  ])('reads %s', (text, ms) => {
    expect(parseAdvance(text)).toBe(ms);
  });

  test.each(['', 'P', 'PT', 'P1DT', 'T1M', 'PT1.5H', 'P1M'])('does not read %j', (text) => {
    expect(() => parseAdvance(text)).toThrow('is not a duration');
  });
});
