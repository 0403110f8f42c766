import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProviderError } from '../../src/model/errors.ts';
import { writeBisecting } from '../../src/records/bisect.ts';
import type { WriteOutcome, WriteRequest } from '../../src/providers/provider.ts';
import { FakeEnd, field } from './fake-end.ts';
import { linkUnderTest, type LinkUnderTest } from './link-under-test.ts';

const MAPPING = {
  between: { a: 'x/thing', b: 'y/thing' },
  match: [{ a: 'Email', b: 'email', normalize: 'email' as const }],
  fields: [
    { a: 'Email', b: 'email', flow: 'both' as const },
    { a: 'Name', b: 'name', flow: 'both' as const },
  ],
  consent: [],
};
const HOUR = 3_600_000;
const YEAR = 365 * 24 * HOUR;

let a: FakeEnd;
let b: FakeEnd;
let under: LinkUnderTest;

beforeEach(() => {
  a = new FakeEnd([field('Email'), field('Name')]);
  b = new FakeEnd([field('email'), field('name')]);
  under = linkUnderTest(MAPPING as never, { a, b });
});

afterEach(() => under.dispose());

function refused(overrides: Partial<ConstructorParameters<typeof ProviderError>[2]> = {}): ProviderError {
  return new ProviderError('PROVIDER_REFUSED', 'The batch cannot be read.', { integration: 'b', status: 400, ...overrides });
}

function isBad({ values }: WriteRequest): boolean {
  return values['name'] === 'bad';
}

async function quarantined() {
  return under.link.ledger.quarantined();
}

describe('E16 a batch that the vendor refuses as a whole', () => {
  it('is halved until the bad record is alone; the others go through', async () => {
    for (const name of ['one', 'two', 'bad', 'four', 'five', 'six']) a.add({ Email: `${name}@example.com`, Name: name });
    b.refusal = (requests) => (requests.some(isBad) ? refused({ vendorCode: 'JSON_PARSER_ERROR' }) : undefined);

    const result = await under.cycle();

    expect(result.ends['b']).toMatchObject({ created: 5 });
    expect(result).toMatchObject({ quarantined: 1, unknown: 0 });
    expect(b.live().map((row) => row['name'])).toEqual(expect.arrayContaining(['one', 'two', 'four', 'five', 'six']));
    expect(await quarantined()).toMatchObject([{ end: 'b', code: 'JSON_PARSER_ERROR', key: 'bad@example.com' }]);
    expect(await under.link.ledger.pendingIntents()).toEqual([]);
    expect((await under.cycle()).converged).toBe(true);
  });

  it.each([
    ['of the credentials', new ProviderError('PROVIDER_AUTHENTICATION_FAILED', 'no', { integration: 'b', status: 401 })],
    ['of a limit', new ProviderError('PROVIDER_RATE_LIMITED', 'no', { integration: 'b', status: 429, retryable: true })],
    ['of an outage', new ProviderError('PROVIDER_UNAVAILABLE', 'no', { integration: 'b', status: 503, outcomeUnknown: true })],
    ['of what it cannot find', refused({ status: 404 })],
    ['of a cause that passes', refused({ retryable: true })],
  ])('because %s is not sent again in parts, and nobody is blamed', async (_, error) => {
    for (const name of ['one', 'two', 'three']) a.add({ Email: `${name}@example.com`, Name: name });
    b.refusal = () => error;

    await expect(under.cycle()).rejects.toBe(error);

    expect(b.calls).toBe(1);
    expect(await quarantined()).toEqual([]);
    expect(await under.link.ledger.pendingIntents()).toHaveLength(error.outcomeUnknown ? 3 : 0);
    b.refusal = () => undefined;
    await under.cycle();
    expect(b.live()).toHaveLength(3);
  });

  it('and ends with an outage keeps what went through before', async () => {
    for (const name of ['one', 'two', 'bad']) a.add({ Email: `${name}@example.com`, Name: name });
    let calls = 0;
    b.refusal = (requests) => {
      calls += 1;
      if (calls === 3)
        return new ProviderError('PROVIDER_RATE_LIMITED', 'no', { integration: 'b', status: 429, retryable: true });
      return requests.length === 3 ? refused() : undefined;
    };

    await expect(under.cycle()).rejects.toThrow(/no/);

    expect(b.live()).toHaveLength(2);
    expect(await under.link.ledger.countLinked()).toBe(2);
    expect(await under.link.ledger.pendingIntents()).toEqual([]);
    b.refusal = () => undefined;
    await under.cycle();
    expect(b.live()).toHaveLength(3);
  });

  it('takes no more than two calls a halving, and gives up where nearly all is refused', async () => {
    const applied = (index: number): WriteOutcome => ({
      status: 'applied',
      id: `${index}`,
      created: true,
      record: { id: `${index}`, values: {} },
    });
    let calls = 0;
    const write = (isFaulty: (index: number) => boolean) => (start: number, end: number) => {
      calls += 1;
      const places = Array.from({ length: end - start }, (_, index) => start + index);
      return places.some(isFaulty) ? Promise.reject(refused()) : Promise.resolve(places.map(applied));
    };

    const one = await writeBisecting(
      1000,
      write((index) => index === 617),
    );
    expect(one.failure).toBeUndefined();
    expect(one.outcomes.filter((outcome) => outcome?.status === 'failed')).toHaveLength(1);
    expect(one.outcomes[617]).toMatchObject({ status: 'failed', code: 'PROVIDER_REFUSED', retryable: false });
    expect(calls).toBeLessThanOrEqual(1 + 2 * Math.ceil(Math.log2(1000)));

    calls = 0;
    const all = await writeBisecting(
      1000,
      write(() => true),
    );
    expect(all.failure).toMatchObject({ code: 'PROVIDER_REFUSED' });
    expect(calls).toBeLessThan(100);
  });
});

describe('E16 quarantine', () => {
  function refuse(): void {
    b.fate = (request) =>
      request.values['name'] === 'bad' ? { status: 'failed', code: 'REFUSED', message: 'no', retryable: false } : undefined;
  }

  async function tries(): Promise<number> {
    const before = (await quarantined())[0]?.attempts ?? 0;
    await under.cycle();
    return ((await quarantined())[0]?.attempts ?? 0) - before;
  }

  beforeEach(async () => {
    a.add({ Email: 'bad@example.com', Name: 'bad' });
    refuse();
    await under.cycle();
  });

  it('tries every 20 minutes ten times, then once a day', async () => {
    for (let attempt = 2; attempt <= 11; attempt += 1) {
      under.advance(17 * 60_000);
      expect(await tries()).toBe(0);
      under.advance(60_000);
      expect(await tries()).toBe(1);
    }
    under.advance(23 * HOUR);
    expect(await tries()).toBe(0);
    under.advance(HOUR);
    expect(await tries()).toBe(1);
  });

  it('is due at once after a retry, and gives up a record after a drop until one of its ends is edited', async () => {
    expect(await tries()).toBe(0);
    await under.link.ledger.retryQuarantined(await quarantined(), new Date(under.link.clock.now()).toISOString());
    expect(await tries()).toBe(1);

    await under.link.ledger.dropQuarantined(await quarantined());
    under.advance(30 * 24 * HOUR);
    expect((await under.cycle()).converged).toBe(true);
    expect(await quarantined()).toEqual([]);
    expect(b.live()).toEqual([]);

    a.edit('r1', { Name: 'good' });
    await under.cycle();
    expect(b.live()).toEqual([{ email: 'bad@example.com', name: 'good' }]);
    expect((await under.cycle()).converged).toBe(true);
  });

  it('gives up an update of a linked record until the other end is edited', async () => {
    b.fate = () => undefined;
    under.advance(HOUR);
    await under.cycle();
    refuse();
    a.edit('r1', { Name: 'x' });
    await under.cycle();
    a.edit('r1', { Name: 'bad' });
    await under.cycle();
    expect(await quarantined()).toMatchObject([{ attempts: 1, remoteId: 'r1' }]);
    await under.link.ledger.dropQuarantined(await quarantined());
    under.advance(48 * HOUR);
    await under.cycle();
    expect(await quarantined()).toEqual([]);

    b.edit('r1', { name: 'mended' });
    await under.cycle();
    // Both ends were edited since they agreed, and the link prefers this one: what was given up is tried once more.
    expect(await quarantined()).toMatchObject([{ attempts: 1 }]);
  });

  it('tries again although the clock that set the time was a year ahead', async () => {
    under.advance(YEAR);
    expect(await tries()).toBe(1);
    under.advance(-YEAR);
    expect(await tries()).toBe(1);
  });
});
