import { afterEach, describe, expect, test } from 'vitest';
import type { MappingSpecification } from '../../src/mapping/specification.ts';
import { ProviderError } from '../../src/model/errors.ts';
import type { WriteOutcome, WriteRequest } from '../../src/providers/provider.ts';
import { FakeEnd, field } from './fake-end.ts';
import { JobEnd } from './job-end.ts';
import { linkUnderTest, type LinkOverrides, type LinkUnderTest } from './link-under-test.ts';

const SPECIFICATION: MappingSpecification = {
  between: { a: 'x/thing', b: 'y/thing' },
  match: [{ a: 'Email', b: 'email', normalize: 'email' }],
  fields: [
    { a: 'Email', b: 'email', flow: 'both' },
    { a: 'First', b: 'first', flow: 'both' },
    { a: 'City', b: 'city', flow: 'both' },
  ],
};
const FIELDS_A = [field('Email', { type: 'email' }), field('First'), field('City')];
const FIELDS_B = [field('email', { type: 'email' }), field('first'), field('city')];
const PREFER_B = { policy: 'prefer', prefer: 'b', unlessBlank: false, unit: 'field' } as const;
const NOTHING = { created: 0, updated: 0, deleted: 0 };
const NO_ANSWER: WriteOutcome = { status: 'unknown', message: 'no answer' };

let under: LinkUnderTest | undefined;
afterEach(async () => under?.dispose());

/** Ann, linked at both ends. */
async function linkedAnn(overrides: LinkOverrides = {}, b = new FakeEnd(FIELDS_B), specification = SPECIFICATION) {
  const a = new FakeEnd(FIELDS_A);
  const atA = a.add({ Email: 'ann@x.org', First: 'Ann', City: 'Rome' });
  const atB = b.add({ email: 'ann@x.org', first: 'Ann', city: 'Rome' });
  under = linkUnderTest(specification, { a, b }, overrides);
  await under.cycle();
  return { a, b, atA, atB, under };
}

describe('E4 a write whose outcome is not known', () => {
  test('is not taken for the edit of a person, where people went on editing the end that it came from', async () => {
    const { a, b, atA, atB, under } = await linkedAnn({
      conflicts: { policy: 'prefer', prefer: 'b', unlessBlank: false, unit: 'field' },
    });
    a.edit(atA, { City: 'Oslo' });
    b.fate = () => 'lost';
    expect(await under.cycle()).toMatchObject({ unknown: 1, converged: false });
    b.fate = () => undefined;

    a.edit(atA, { City: 'Bern' });
    const cycle = await under.cycle();

    expect(cycle).toMatchObject({ resolved: 0, unknown: 0, converged: true });
    expect([a.get(atA)['City'], b.get(atB)['city']]).toEqual(['Bern', 'Bern']);
  });

  test('is known by what the vendor made of its values: trimmed, lowered', async () => {
    const { a, b, atA, atB, under } = await linkedAnn({ conflicts: PREFER_B });
    b.normalise = (path, value) => (typeof value === 'string' ? (path === 'email' ? value.toLowerCase() : value).trim() : value);
    a.edit(atA, { Email: 'Anna@X.org', City: ' Oslo ' });
    b.fate = () => 'lost';
    await under.cycle();
    b.fate = () => undefined;
    a.edit(atA, { Email: 'Ann.O@X.org', City: 'Bern' });

    expect(await under.cycle()).toMatchObject({ resolved: 0, converged: true });

    expect(a.get(atA)).toMatchObject({ Email: 'Ann.O@X.org', City: 'Bern' });
    expect(b.get(atB)).toMatchObject({ email: 'ann.o@x.org', city: 'Bern' });
  });

  test('stands beside what a person edited meanwhile in another field of the record', async () => {
    const { a, b, atA, atB, under } = await linkedAnn();
    a.edit(atA, { City: 'Oslo' });
    b.fate = () => 'lost';
    await under.cycle();
    b.fate = () => undefined;
    b.edit(atB, { first: 'Anna' });

    await under.cycle();

    expect(a.get(atA)).toMatchObject({ First: 'Anna', City: 'Oslo' });
    expect(b.get(atB)).toMatchObject({ first: 'Anna', city: 'Oslo' });
  });

  test('shows an edit that no feed shows yet, also where the other record of the person was made meanwhile', async () => {
    const fullName: MappingSpecification['fields'][number] = { b: 'full', flow: 'to-b', value: 'a.First + " of " + a.City' };
    const a = new FakeEnd(FIELDS_A);
    const b = new FakeEnd([...FIELDS_B, field('full')]);
    let isLate = false;
    const client = () => {
      const all = b.client();
      return {
        ...all,
        read: (since?: Parameters<typeof all.read>[0]) => all.read(isLate ? (String(b.tick) as typeof since) : since),
      };
    };
    const specification = { ...SPECIFICATION, fields: [...SPECIFICATION.fields, fullName] };
    under = linkUnderTest(specification, { a, b: { fields: b.fields, client } }, { conflicts: PREFER_B });
    const atB = b.add({ email: 'ann@x.org', first: 'Ann', city: 'Rome' });
    b.fate = () => NO_ANSWER;
    expect(await under.cycle()).toMatchObject({ unknown: 1, ends: { a: { created: 1 } } });
    b.fate = () => undefined;
    const [atA] = a.records.keys();
    a.edit(atA!, { First: 'Anna' });
    b.edit(atB, { first: 'Annie' });
    isLate = true;

    expect(await under.cycle()).toMatchObject({ resolved: 1, converged: true });

    expect([a.get(atA!)['First'], b.get(atB)]).toMatchObject(['Annie', { first: 'Annie', full: 'Annie of Rome' }]);
  });

  test('is in the history with what came through, and with the rest once that is written', async () => {
    const { a, b, atA, atB, under } = await linkedAnn();
    a.edit(atA, { First: 'Anna', City: 'Oslo' });
    b.fate = () => NO_ANSWER;
    await under.cycle();
    b.fate = () => undefined;
    b.edit(atB, { city: 'Oslo' });

    await under.cycle();

    const [ann] = await under.link.ledger.linked(undefined, 1);
    const history = await under.link.ledger.history(ann!.person);
    expect(history.map(({ fields, before, after }) => [Object.keys(fields), before, after])).toEqual([
      [['first'], { first: 'Ann' }, { first: 'Anna' }],
      [['city'], { city: 'Rome' }, { city: 'Oslo' }],
    ]);
  });

  test('leaves a later edit of the same field to the policy, and says so', async () => {
    const { a, b, atA, atB, under } = await linkedAnn({
      conflicts: { policy: 'prefer', prefer: 'b', unlessBlank: false, unit: 'field' },
    });
    a.edit(atA, { City: 'Oslo' });
    b.fate = () => 'lost';
    await under.cycle();
    b.fate = () => undefined;
    b.edit(atB, { city: 'Wien' });

    const cycle = await under.cycle();

    expect(cycle.resolved).toBe(1);
    expect([a.get(atA)['City'], b.get(atB)['city']]).toEqual(['Wien', 'Wien']);
  });

  test('and whose field went back where it came from, is taken back as well', async () => {
    const { a, b, atA, atB, under } = await linkedAnn();
    a.edit(atA, { City: 'Oslo' });
    b.fate = () => 'lost';
    await under.cycle();
    b.fate = () => undefined;
    a.edit(atA, { City: 'Rome' });

    await under.cycle();
    const last = await under.cycle();

    expect([a.get(atA)['City'], b.get(atB)['city']]).toEqual(['Rome', 'Rome']);
    expect(last).toMatchObject({ ends: { a: NOTHING, b: NOTHING }, converged: true });
  });

  test('that never arrived is sent again', async () => {
    const { a, b, atA, atB, under } = await linkedAnn();
    a.edit(atA, { City: 'Oslo' });
    b.fate = () => NO_ANSWER;
    await under.cycle();
    b.fate = () => undefined;

    await under.cycle();

    expect(b.get(atB)['city']).toBe('Oslo');
  });

  test.each(['before', 'after'] as const)(
    'of a process that was killed %s the effect is looked up, for creates too',
    async (moment) => {
      const { a, b, atA, atB, under } = await linkedAnn();
      a.edit(atA, { City: 'Oslo' });
      a.add({ Email: 'bob@x.org', First: 'Bob' });
      const client = under.link.ends[1].client;
      const killed = {
        ...client,
        write: async (requests: readonly WriteRequest[], onJob: Parameters<typeof client.write>[1]): Promise<never> => {
          if (moment === 'after') await client.write(requests, onJob);
          throw new Error('killed');
        },
      };
      await expect(
        under.cycle({ link: { ...under.link, ends: [under.link.ends[0], { ...under.link.ends[1], client: killed }] } }),
      ).rejects.toThrow('killed');
      const writes = b.writes;

      const cycle = await under.cycle();

      expect(b.live()).toHaveLength(2);
      expect(b.get(atB)['city']).toBe('Oslo');
      expect(b.writes - writes).toBe(moment === 'after' ? 0 : 2);
      expect(cycle.converged).toBe(true);
      expect((await under.cycle()).ends).toEqual({ a: NOTHING, b: NOTHING });
    },
  );

  test('is looked for no earlier than a call that was still on its way can have arrived', async () => {
    const { a, b, atA, atB, under } = await linkedAnn();
    a.edit(atA, { City: 'Oslo' });
    b.fate = () => NO_ANSWER;
    await under.cycle();
    b.fate = () => undefined;
    const writes = b.writes;
    const since = under.link.clock.now();
    let arrived: number | undefined;
    const waiting = {
      ...under.link,
      clock: {
        now: () => since,
        sleep: async (ms: number) => {
          arrived ??= ms;
          b.edit(atB, { city: 'Oslo' });
        },
      },
    };

    await under.cycle({ link: waiting });

    expect(arrived).toBeGreaterThan(0);
    expect(arrived).toBeLessThanOrEqual(5_000);
    expect(b.writes).toBe(writes);
  });

  test.each([
    { prefer: 'a', retain: 'values', email: 'ann@x.org' },
    { prefer: 'b', retain: 'hashes', email: 'anna@x.org' },
  ] as const)(
    'makes one person of two that met for the first time, although one got another key since the process was killed (prefer: $prefer)',
    async ({ prefer, retain, email }) => {
      const a = new FakeEnd(FIELDS_A);
      const b = new FakeEnd(FIELDS_B);
      a.add({ Email: 'ann@x.org', First: 'Ann', City: 'Rome' });
      const atB = b.add({ email: 'ann@x.org', first: 'Ann' });
      under = linkUnderTest(SPECIFICATION, { a, b }, { retain, conflicts: { ...PREFER_B, prefer } });
      const settle = (): Promise<never> => Promise.reject(new Error('killed'));
      const ledger = { ...under.link.ledger, settle };
      await expect(under.cycle({ link: { ...under.link, ledger } })).rejects.toThrow('killed');
      expect(b.get(atB)['city']).toBe('Rome');
      b.edit(atB, { email: 'anna@x.org' });

      expect(await under.cycle()).toMatchObject({ resolved: 1 });

      expect(a.live()).toEqual([{ Email: email, First: 'Ann', City: 'Rome' }]);
      expect(b.live()).toEqual([{ email, first: 'Ann', city: 'Rome' }]);
      expect(await under.cycle()).toMatchObject({ ends: { a: NOTHING, b: NOTHING }, converged: true });
    },
  );

  test('of a create is told by our own id, whatever the vendor made of the key', async () => {
    const a = new FakeEnd(FIELDS_A);
    const b = new FakeEnd([...FIELDS_B, field('ours')]);
    // The vendor rewrites addresses: nobody finds the record by the one that was sent.
    b.normalise = (path, value) => (path === 'email' && typeof value === 'string' ? `x-${value}` : value);
    a.add({ Email: 'ann@x.org', First: 'Ann', City: 'Rome' });
    under = linkUnderTest(SPECIFICATION, { a, b });
    const [first, second] = under.link.ends;
    const upserting = {
      ...second,
      externalId: 'ours',
      client: {
        ...second.client,
        write: (requests: readonly WriteRequest[], onJob: Parameters<typeof second.client.write>[1]) =>
          second.client.write(
            requests.map((request) => ({ ...request, values: { ...request.values, ours: request.externalId ?? null } })),
            onJob,
          ),
      },
    };
    const link = { ...under.link, ends: [first, upserting] as const };
    b.fate = () => 'lost';
    await under.cycle({ link });
    b.fate = () => undefined;

    await under.cycle({ link });
    await under.cycle({ link });

    expect(b.live()).toHaveLength(1);
    expect(a.live()).toHaveLength(1);
    expect(await link.ledger.countLinked()).toBe(1);
  });
});

describe('E4 a create whose answer was lost, and whose source then changed its key', () => {
  /** Ann is linked; Bob was created at b, and nobody knows. */
  async function lostBob(overrides: LinkOverrides = {}, specification?: MappingSpecification) {
    const ends = await linkedAnn(overrides, undefined, specification);
    const bobAtA = ends.a.add({ Email: 'bob@x.org', First: 'Bob', City: 'Oslo' });
    ends.b.fate = () => 'lost';
    expect(await ends.under.cycle()).toMatchObject({ unknown: 1 });
    ends.b.fate = () => undefined;
    return { ...ends, bobAtA, bobAtB: 'r2' };
  }

  test.each(['values', 'hashes'] as const)('stays one person, and the change is carried over (retain: %s)', async (retain) => {
    const { a, b, under, bobAtA, bobAtB } = await lostBob({ retain });
    a.edit(bobAtA, { Email: 'rob@x.org', City: 'Bern' });

    const cycle = await under.cycle();

    expect([a.live().length, b.live().length]).toEqual([2, 2]);
    expect(b.get(bobAtB)).toEqual({ email: 'rob@x.org', first: 'Bob', city: 'Bern' });
    expect(cycle).toMatchObject({ resolved: 0, conflicts: 0, converged: true });
    expect((await under.cycle()).ends).toEqual({ a: NOTHING, b: NOTHING });
    expect(await under.link.ledger.countLinked()).toBe(2);
  });

  test('leaves what was edited there by then to the policy, field by field, and says so', async () => {
    const { a, b, under, bobAtA, bobAtB } = await lostBob({
      conflicts: { policy: 'prefer', prefer: 'b', unlessBlank: false, unit: 'field' },
    });
    a.edit(bobAtA, { Email: 'rob@x.org' });
    b.edit(bobAtB, { city: 'Wien' });

    expect(await under.cycle()).toMatchObject({ resolved: 1, converged: true });

    expect(a.get(bobAtA)).toEqual({ Email: 'rob@x.org', First: 'Bob', City: 'Wien' });
    expect(b.get(bobAtB)).toEqual({ email: 'rob@x.org', first: 'Bob', city: 'Wien' });
  });

  test('is not made anew where its source is gone by then', async () => {
    const { a, b, under, bobAtA } = await lostBob();
    a.remove(bobAtA);

    await under.cycle();
    await under.cycle();

    expect([a.live().length, b.live().length]).toEqual([1, 2]);
  });

  test('is not taken for a record that Syncline created: somebody else may have', async () => {
    const { a, b, under, bobAtA } = await lostBob({ onDelete: { a: 'delete' } });
    await under.cycle();
    a.remove(bobAtA);

    await under.cycle();

    expect(b.live()).toHaveLength(2);
  });

  test('is no guess where two records hold all that was sent', async () => {
    const { a, b, under, bobAtA } = await lostBob();
    b.add({ email: 'bob@x.org', first: 'Bob', city: 'Oslo' });

    expect(await under.cycle()).toMatchObject({ conflicts: 3 });

    expect([a.live().length, b.live().length]).toEqual([2, 3]);
    expect(a.get(bobAtA)['City']).toBe('Oslo');
  });

  test('is no guess where nothing but the key was sent', async () => {
    const { a, b, under } = await linkedAnn();
    a.add({ Email: 'bob@x.org' });
    b.fate = () => 'lost';
    await under.cycle();
    b.fate = () => undefined;
    b.add({ email: 'bob@x.org', first: 'Bobby' });

    expect(await under.cycle()).toMatchObject({ conflicts: 3 });
  });

  test('is told from another record with its key by the rest that was sent', async () => {
    const { a, b, under, bobAtA, bobAtB } = await lostBob();
    b.add({ email: 'bob@x.org', first: 'Bobby' });
    // By its key alone nobody would find Bob any more, and he would be made a second time.
    a.edit(bobAtA, { Email: 'rob@x.org' });

    await under.cycle();
    await under.cycle();

    expect(b.get(bobAtB)).toEqual({ email: 'rob@x.org', first: 'Bob', city: 'Oslo' });
    expect(a.live().map((record) => record['First'])).toEqual(['Ann', 'Bob', 'Bobby']);
    expect(b.live().map((record) => record['first'])).toEqual(['Ann', 'Bob', 'Bobby']);
  });

  test('leaves a record alone that is another person by now', async () => {
    const { a, b, under, atB, bobAtA, bobAtB } = await lostBob();
    // Bob's record goes, and Ann's takes its address.
    b.remove(bobAtB);
    b.edit(atB, { email: 'bob@x.org' });
    a.edit(bobAtA, { Email: 'rob@x.org' });

    await under.cycle();
    await under.cycle();

    const addresses = b.live().map((record) => String(record['email']));
    expect(addresses.toSorted()).toEqual(['bob@x.org', 'rob@x.org']);
    expect(await under.link.ledger.countLinked()).toBe(2);
  });

  test('is found by the first key that was sent and that anybody holds', async () => {
    const keys: MappingSpecification = {
      ...SPECIFICATION,
      match: [
        { a: 'First', b: 'first' },
        { a: 'Email', b: 'email', normalize: 'email' },
      ],
    };
    const { a, b, under, bobAtA, bobAtB } = await lostBob({}, keys);
    a.edit(bobAtA, { First: 'Rob', Email: 'rob@x.org' });

    await under.cycle();

    expect([a.live().length, b.live().length]).toEqual([2, 2]);
    expect(b.get(bobAtB)).toMatchObject({ email: 'rob@x.org', first: 'Rob' });
  });
});

describe('E4 a job that outlasts its cycle', () => {
  test('is found again by later cycles, which write nothing to its end until it has ended', async () => {
    const { a, b, atA, atB, under } = await linkedAnn({}, new JobEnd(FIELDS_B));
    const jobs = b as JobEnd;
    a.add({ Email: 'bob@x.org', First: 'Bob', City: 'Oslo' });

    expect(await under.cycle()).toMatchObject({ pending: 1, waiting: 0, unknown: 0, converged: false });
    a.edit(atA, { City: 'Bern' });
    b.edit(atB, { first: 'Anna' });
    const meanwhile = await under.cycle();

    // Bob is not handed over a second time, and Ann's record at b waits as a whole.
    expect(meanwhile).toMatchObject({ pending: 1, waiting: 2, converged: false });
    expect(jobs.jobs.size).toBe(1);

    jobs.work();
    expect(await under.cycle()).toMatchObject({ pending: 1, waiting: 0 });
    jobs.work();
    const last = await under.cycle();

    expect(last).toMatchObject({ pending: 0, waiting: 0, converged: true });
    expect(b.live()).toHaveLength(2);
    expect(b.get(atB)).toMatchObject({ first: 'Anna', city: 'Bern' });
    expect(a.get(atA)).toMatchObject({ First: 'Anna', City: 'Bern' });
    expect(jobs.jobs.size).toBe(2);
    expect((await under.cycle()).ends).toEqual({ a: NOTHING, b: NOTHING });
  });

  test('whose handing over was interrupted is not handed over again', async () => {
    const { a, b, under } = await linkedAnn({}, new JobEnd(FIELDS_B));
    const jobs = b as JobEnd;
    a.add({ Email: 'bob@x.org', First: 'Bob', City: 'Oslo' });
    jobs.onHandedOver = () => {
      throw new Error('killed');
    };
    await expect(under.cycle()).rejects.toThrow('killed');
    jobs.onHandedOver = () => undefined;

    expect(await under.cycle()).toMatchObject({ pending: 1, converged: false });
    jobs.work();
    await under.cycle();

    expect(b.live()).toHaveLength(2);
    expect(jobs.jobs.size).toBe(1);
  });

  test('whose asking failed is found again, and an edit made meanwhile stands', async () => {
    const { a, b, under } = await linkedAnn({ conflicts: PREFER_B }, new JobEnd(FIELDS_B));
    const jobs = b as JobEnd;
    const bobAtA = a.add({ Email: 'bob@x.org', First: 'Bob', City: 'Oslo' });
    jobs.onHandedOver = () => {
      throw new ProviderError('PROVIDER_UNAVAILABLE', '503 for the status', { integration: 'b', retryable: true });
    };
    await expect(under.cycle()).rejects.toThrow('503');
    jobs.onHandedOver = () => undefined;
    jobs.work();
    a.edit(bobAtA, { City: 'Bern' });

    await under.cycle();
    jobs.work();
    await under.cycle();

    expect(b.live().map((record) => record['city'])).toEqual(['Rome', 'Bern']);
    expect(a.get(bobAtA)).toMatchObject({ City: 'Bern' });
  });

  test('does not pass off as its own what a person entered after it had ended', async () => {
    const { a, b, under } = await linkedAnn({}, new JobEnd(FIELDS_B));
    const jobs = b as JobEnd;
    const bobAtA = a.add({ Email: 'bob@x.org', First: 'Bob', City: 'Oslo' });
    await under.cycle();
    jobs.work();
    const bobAtB = [...b.records.keys()].at(-1)!;
    b.edit(bobAtB, { city: 'Wien' });

    await under.cycle();
    jobs.work();
    await under.cycle();

    expect(a.get(bobAtA)).toMatchObject({ City: 'Wien' });
    expect(b.get(bobAtB)).toMatchObject({ city: 'Wien' });
  });

  test('puts what it refused into quarantine, and does not hand it over for ever', async () => {
    const { a, b, under } = await linkedAnn({}, new JobEnd(FIELDS_B));
    const jobs = b as JobEnd;
    a.add({ Email: 'bob@x.org', First: 'Bob', City: 'Oslo' });
    b.fate = () => ({ status: 'failed', code: 'INVALID', message: 'no', retryable: false });
    await under.cycle();
    jobs.work();

    const told = await under.cycle();
    const later = await under.cycle();

    expect(told).toMatchObject({ quarantined: 1, pending: 0 });
    expect(later).toMatchObject({ quarantined: 0, converged: true });
    expect(jobs.jobs.size).toBe(1);
    expect(await under.link.ledger.quarantined()).toMatchObject([{ end: 'b', key: 'bob@x.org', code: 'INVALID', attempts: 1 }]);
  });

  test('that the vendor does not know any more is looked up like any other write', async () => {
    const { a, b, under } = await linkedAnn({}, new JobEnd(FIELDS_B));
    const jobs = b as JobEnd;
    a.add({ Email: 'bob@x.org', First: 'Bob', City: 'Oslo' });
    await under.cycle();
    jobs.work();
    jobs.jobs.clear();

    const cycle = await under.cycle();

    expect(b.live()).toHaveLength(2);
    expect(cycle).toMatchObject({ pending: 0, converged: true });
  });

  describe('of which no answer came', () => {
    /** A process died while it handed Bob and Cem over; the vendor has the job. */
    async function unanswered(from = 2) {
      const jobs = new JobEnd(FIELDS_B);
      jobs.unanswered = { from, forMs: 15 * 60_000 };
      const { a, under } = await linkedAnn({}, jobs);
      jobs.losesAnswers = true;
      a.add({ Email: 'bob@x.org', First: 'Bob' });
      a.add({ Email: 'cem@x.org', First: 'Cem' });
      await expect(under.cycle()).rejects.toThrow('killed');
      jobs.losesAnswers = false;
      return { jobs, under };
    }

    test('is waited for by later cycles, and not handed over again', async () => {
      const { jobs, under } = await unanswered();

      const waiting = await under.cycle();
      jobs.work();
      const done = await under.cycle();

      expect(waiting).toMatchObject({ pending: 2, converged: false });
      expect(done).toMatchObject({ pending: 0, converged: true });
      expect(jobs.jobs.size).toBe(1);
      expect(jobs.live().map((record) => record['first'])).toEqual(['Ann', 'Bob', 'Cem']);
    });

    test('is handed over again once it cannot run any more', async () => {
      const { jobs, under } = await unanswered();
      jobs.jobs.clear();
      await under.cycle();

      under.advance(15 * 60_000);
      await under.cycle();

      expect(jobs.jobs.size).toBe(1);
    });

    test('is no matter where so few requests go to no job', async () => {
      const { jobs, under } = await unanswered(3);

      await under.cycle();

      expect(jobs.jobs.size).toBe(2);
    });
  });

  test.each([
    ['object', 'other', false],
    ['object', 'thing', true],
    ['integration', 'other', true],
  ] as const)('blocks the %s: a job of another link at object "%s" lets this one wait: %s', async (blocks, object, waits) => {
    const jobs = new JobEnd(FIELDS_B);
    jobs.blocks = blocks;
    const { a, under } = await linkedAnn({}, jobs);
    const other = under.ledger.link('Link/other');
    const ids = await other.openIntents(
      'run',
      'batch',
      { integration: 'b', object, at: new Date(under.link.clock.now()).toISOString() },
      [
        {
          end: 'b',
          action: 'update',
          person: 'p',
          remoteId: 'r9',
          externalId: undefined,
          values: {},
          decided: {
            journal: { generation: 1, fields: {}, before: {}, reason: 'changed' },
            subject: 'person:p',
            key: 'p',
            staged: [],
            source: undefined,
          },
        },
      ],
    );
    await other.intentJob(ids, 'their job');
    a.add({ Email: 'bob@x.org', First: 'Bob' });

    const cycle = await under.cycle();
    expect(cycle.waiting).toBe(waits ? 1 : 0);
    expect(jobs.jobs.size).toBe(waits ? 0 : 1);

    // Its link may be gone: nobody waits for ever.
    under.advance(25 * 60 * 60_000);
    await under.cycle();
    expect(jobs.jobs.size).toBe(1);
  });
});
