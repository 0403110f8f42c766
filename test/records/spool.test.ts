import { afterEach, describe, expect, test } from 'vitest';
import type { MappingSpecification } from '../../src/mapping/specification.ts';
import { ProviderError } from '../../src/model/errors.ts';
import type { ActiveLink, LinkEnd } from '../../src/records/link.ts';
import { FakeEnd, field } from './fake-end.ts';
import { JobEnd } from './job-end.ts';
import { linkUnderTest, type LinkUnderTest } from './link-under-test.ts';

const SPECIFICATION: MappingSpecification = {
  between: { a: 'x/thing', b: 'y/thing' },
  match: [{ a: 'Email', b: 'email', normalize: 'email' }],
  fields: [
    { a: 'Email', b: 'email', flow: 'both' },
    { a: 'First', b: 'first', flow: 'both' },
    { a: 'City', b: 'city', flow: 'both' },
  ],
};
/** A round holds three. */
const PEOPLE = ['ann', 'bob', 'cem', 'dan', 'eve', 'fay', 'gus', 'hal'];

let under: LinkUnderTest | undefined;
afterEach(async () => under?.dispose());

/** Eight people at a, and an end that takes so many together. */
function exporting(mostTogether: number): { a: FakeEnd; b: JobEnd; under: LinkUnderTest } {
  const a = new FakeEnd([field('Email', { type: 'email' }), field('First'), field('City')]);
  const b = new JobEnd([field('email', { type: 'email' }), field('first'), field('city')]);
  b.mostTogether = mostTogether;
  b.onHandedOver = () => b.work();
  for (const name of PEOPLE) a.add({ Email: `${name}@x.org`, First: name, City: 'Rome' });
  under = linkUnderTest(SPECIFICATION, { a, b });
  return { a, b, under };
}

function sizes(b: JobEnd): readonly number[] {
  return [...b.jobs.values()].map(({ requests }) => requests.length);
}

function firstNames(b: JobEnd): readonly string[] {
  return b
    .live()
    .map((record) => String(record['first']))
    .toSorted((one, other) => one.localeCompare(other));
}

async function expectDone(b: JobEnd, under: LinkUnderTest): Promise<void> {
  expect(firstNames(b)).toEqual(PEOPLE);
  expect(await under.link.ledger.openBatches()).toEqual([]);
  const [jobs, writes] = [b.jobs.size, b.writes];
  expect(await under.cycle()).toMatchObject({ converged: true });
  expect([b.jobs.size, b.writes]).toEqual([jobs, writes]);
}

describe('C2 E6 what goes to an end by a job of any size', () => {
  test('is spooled over rounds into as few jobs as its size asks for', async () => {
    const { b, under } = exporting(5);

    const cycle = await under.cycle();

    expect(sizes(b)).toEqual([5, 3]);
    expect(cycle).toMatchObject({ ends: { b: { created: 8 } }, converged: true });
    await expectDone(b, under);
  });

  test('goes by a batch where no more than a round is to be written', async () => {
    const { a, b, under } = exporting(5);
    await under.cycle();
    const jobs = b.jobs.size;
    for (const id of ['r1', 'r2', 'r3']) a.edit(id, { City: 'Oslo' });

    await under.cycle();

    expect(sizes(b).slice(jobs)).toEqual([3]);
    expect(b.live().filter(({ city }) => city === 'Oslo')).toHaveLength(3);
  });

  test('leaves to rounds what the job does not take', async () => {
    const { b, under } = exporting(50);
    b.takes = ({ values }) => values['first'] !== 'bob';

    await under.cycle();

    expect(sizes(b)).toEqual([1, 7]);
    await expectDone(b, under);
  });

  test('is settled together with what its people were sent at the other end', async () => {
    const { a, b, under } = exporting(50);
    await under.cycle();
    for (const [index] of PEOPLE.entries()) a.edit(`r${index + 1}`, { City: 'Oslo' });
    for (const id of b.records.keys()) b.edit(id, { first: 'New' });
    const jobs = b.jobs.size;

    const cycle = await under.cycle();

    expect(sizes(b).slice(jobs)).toEqual([8]);
    expect(cycle).toMatchObject({ ends: { a: { updated: 8 }, b: { updated: 8 } }, resolved: 0, converged: true });
    expect(a.live().map((record) => [record['First'], record['City']])).toEqual(PEOPLE.map(() => ['New', 'Oslo']));
    expect(b.live().map((record) => [record['first'], record['city']])).toEqual(PEOPLE.map(() => ['New', 'Oslo']));
    expect(await under.cycle()).toMatchObject({ ends: { a: { updated: 0 }, b: { updated: 0 } }, converged: true });
  });

  test('blames a refusal on the record that caused it', async () => {
    const { b, under } = exporting(50);
    b.fate = ({ values }) =>
      values['first'] === 'eve' ? { status: 'failed', code: 'X', message: 'refused', retryable: false } : undefined;

    const cycle = await under.cycle();

    expect(cycle).toMatchObject({ ends: { b: { created: 7 } }, quarantined: 1 });
    expect(firstNames(b)).toEqual(PEOPLE.filter((name) => name !== 'eve'));
    expect(await under.link.ledger.openBatches()).toEqual([]);
  });

  test('waits where somebody has edited it since it was read', async () => {
    const { a, b, under } = exporting(50);
    await under.cycle();
    for (const [index] of PEOPLE.entries()) a.edit(`r${index + 1}`, { City: 'Oslo' });
    const [first, second] = under.link.ends;
    let reads = 0;
    const slow: LinkEnd = {
      ...second,
      client: {
        ...second.client,
        async *read(...parameters) {
          reads += 1;
          yield* second.client.read(...parameters);
          if (reads > 1) return;
          under.advance(40_000);
          b.edit('r1', { city: 'Wien' });
        },
      },
    };
    const link: ActiveLink = { ...under.link, ends: [first, slow] };

    expect(await under.cycle({ link })).toMatchObject({ moved: 1, ends: { b: { updated: 7 } }, converged: false });

    expect(b.get('r1')['city']).toBe('Wien');
    expect(reads).toBe(2);
  });
});

describe('C2 E4 what is spooled and gets no answer', () => {
  const OUTAGE = new ProviderError('PROVIDER_UNAVAILABLE', '503 for the status', { integration: 'b', retryable: true });

  test('is linked all the same, so that a key that is edited meanwhile parts nobody', async () => {
    const { b, under } = exporting(50);
    for (const name of PEOPLE) b.add({ email: `${name}@x.org`, first: name });
    b.onHandedOver = () => {
      throw OUTAGE;
    };
    await expect(under.cycle()).rejects.toThrow('503');
    b.work();
    b.edit('r1', { email: 'anna@x.org' });

    await under.cycle();
    await under.cycle();

    expect(sizes(b)).toEqual([8]);
    expect(b.live()).toHaveLength(8);
    expect(b.get('r1')).toMatchObject({ email: 'anna@x.org', city: 'Rome' });
  });

  test('keeps what the other end answered, where that fails later on', async () => {
    const { a, b, under } = exporting(50);
    await under.cycle();
    for (const [index] of PEOPLE.entries()) a.edit(`r${index + 1}`, { City: 'Oslo' });
    for (const id of b.records.keys()) b.edit(id, { first: 'New' });
    let batches = 0;
    a.refusal = () => ((batches += 1) === 2 ? OUTAGE : undefined);
    await expect(under.cycle()).rejects.toThrow('503');
    a.refusal = () => undefined;

    expect(a.live().filter((record) => record['First'] === 'New')).toHaveLength(3);
    expect(await under.link.ledger.openBatches()).toEqual([]);
    expect(await under.cycle()).toMatchObject({ ends: { a: { updated: 5 }, b: { updated: 8 } }, converged: true });
  });

  test.each(['its job', 'what comes before it'])(
    'keeps what the other end answered of a whole round, where %s fails',
    async (which) => {
      const { a, b, under } = exporting(4);
      await under.cycle();
      for (const [index] of PEOPLE.entries()) a.edit(`r${index + 1}`, { City: 'Oslo' });
      for (const id of b.records.keys()) b.edit(id, { first: 'New' });
      let asked = 0;
      // The first two times are before rounds.
      const assertBudget = async (): Promise<void> => {
        if ((asked += 1) === 3 && which !== 'its job') throw OUTAGE;
      };
      const link: ActiveLink = { ...under.link, ends: [under.link.ends[0], { ...under.link.ends[1], assertBudget }] };
      b.onHandedOver = () => {
        b.work();
        throw OUTAGE;
      };
      await expect(under.cycle({ link })).rejects.toThrow('503');
      b.onHandedOver = () => b.work();

      expect(a.live().filter((record) => record['First'] === 'New')).toHaveLength(6);
      expect((await under.link.ledger.openBatches()).filter(({ end }) => end === 'a')).toEqual([]);
      expect(await under.cycle()).toMatchObject({ ends: { a: { updated: 2 } }, converged: true });
    },
  );

  test('goes by a batch where it is too little for any job', async () => {
    const { b, under } = exporting(50);
    b.unanswered = { from: 9, forMs: 15 * 60_000 };
    const client = b.client();
    const link: ActiveLink = {
      ...under.link,
      ends: [
        under.link.ends[0],
        { ...under.link.ends[1], client: { ...client, bulk: { ...client.bulk!, write: () => expect.fail('a job') } } },
      ],
    };

    expect(await under.cycle({ link })).toMatchObject({ ends: { b: { created: 8 } }, converged: true });
  });
});

describe('C2 E9 an export that is spooled', () => {
  test('and whose process is killed while it gathers, is sent once by the next', async () => {
    const { b, under } = exporting(50);
    const { link } = under;
    const assertBudget = (): Promise<void> => Promise.reject(new Error('killed'));
    await expect(under.cycle({ link: { ...link, ends: [link.ends[0], { ...link.ends[1], assertBudget }] } })).rejects.toThrow(
      'killed',
    );
    expect(b.jobs.size).toBe(0);

    await under.cycle();

    expect(sizes(b)).toEqual([8]);
    await expectDone(b, under);
  });

  test('and killed before the answer to its handing over, is not handed over again', async () => {
    const { b, under } = exporting(50);
    b.unanswered = { from: 2, forMs: 15 * 60_000 };
    const link: ActiveLink = { ...under.link, ends: [under.link.ends[0], { ...under.link.ends[1], client: b.client() }] };
    b.losesAnswers = true;
    await expect(under.cycle({ link })).rejects.toThrow('killed');
    b.losesAnswers = false;

    expect(await under.cycle({ link })).toMatchObject({ pending: 8, converged: false });
    b.work();
    expect(await under.cycle({ link })).toMatchObject({ pending: 0, converged: true });

    expect(sizes(b)).toEqual([8]);
    await expectDone(b, under);
  });

  test('and killed while its job runs, is found again', async () => {
    const { b, under } = exporting(50);
    b.onHandedOver = () => {
      throw new Error('killed');
    };
    await expect(under.cycle()).rejects.toThrow('killed');

    expect(await under.cycle()).toMatchObject({ pending: 8, converged: false });
    b.work();
    expect(await under.cycle()).toMatchObject({ pending: 0, converged: true });

    expect(sizes(b)).toEqual([8]);
    await expectDone(b, under);
  });

  test('and killed before what became of it is read, is settled by the next', async () => {
    const { b, under } = exporting(50);
    b.onHandedOver = () => {
      b.work();
      throw new Error('killed');
    };
    await expect(under.cycle()).rejects.toThrow('killed');

    expect(await under.cycle()).toMatchObject({ pending: 0, converged: true });

    expect(sizes(b)).toEqual([8]);
    await expectDone(b, under);
  });

  test('and outlasts its cycle, lets everything else of its end wait', async () => {
    const { b, under } = exporting(5);
    b.onHandedOver = () => undefined;

    expect(await under.cycle()).toMatchObject({ pending: 5, waiting: 3, converged: false });
    b.work();
    expect(await under.cycle()).toMatchObject({ pending: 3, converged: false });
    b.work();
    await under.cycle();

    expect(sizes(b)).toEqual([5, 3]);
    await expectDone(b, under);
  });

  test('and refused before any effect, leaves nothing open', async () => {
    const { b, under } = exporting(50);
    b.refusal = () => new ProviderError('PROVIDER_UNAVAILABLE', '503', { integration: 'b', retryable: true });
    await expect(under.cycle()).rejects.toThrow('503');
    expect(await under.link.ledger.openBatches()).toEqual([]);
    b.refusal = () => undefined;

    await under.cycle();

    await expectDone(b, under);
  });
});
