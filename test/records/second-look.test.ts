import { afterEach, describe, expect, test } from 'vitest';
import type { MappingSpecification } from '../../src/mapping/specification.ts';
import type { ActiveLink, LinkEnd } from '../../src/records/link.ts';
import type { RecordClient } from '../../src/providers/provider.ts';
import { FakeEnd, field } from './fake-end.ts';
import { linkUnderTest, type LinkUnderTest } from './link-under-test.ts';

const SPECIFICATION: MappingSpecification = {
  between: { a: 'x/thing', b: 'y/thing' },
  match: [{ a: 'Email', b: 'email', normalize: 'email' }],
  fields: [
    { a: 'Email', b: 'email', flow: 'both' },
    { a: 'City', b: 'city', flow: 'both' },
  ],
};

let under: LinkUnderTest | undefined;
afterEach(async () => under?.dispose());

interface Pace {
  /** What reading the first end takes. */
  readonly readingMs: number;
  /** What people do at b once both ends were read. */
  readonly meanwhile: (b: FakeEnd) => void;
  readonly readPrice?: number;
  /** Who is new at a in that cycle. */
  readonly newcomer?: string;
}

/** Ann and Bob linked, their cities edited at a; then one cycle at this pace. */
async function cycleAt({ readingMs, meanwhile, readPrice = 1, newcomer }: Pace) {
  const a = new FakeEnd([field('Email', { type: 'email' }), field('City')]);
  const b = new FakeEnd([field('email', { type: 'email' }), field('city')]);
  for (const name of ['ann', 'bob']) {
    a.add({ Email: `${name}@x.org`, City: 'Rome' });
    b.add({ email: `${name}@x.org`, city: 'Rome' });
  }
  under = linkUnderTest(SPECIFICATION, { a, b });
  await under.cycle();
  a.edit('r1', { City: 'Oslo' });
  a.edit('r2', { City: 'Oslo' });
  if (newcomer !== undefined) a.add({ Email: newcomer, City: 'Paris' });
  const reads = { a: 0, b: 0 };
  let looks = 0;
  const paced = (end: LinkEnd, name: 'a' | 'b'): LinkEnd => {
    const client: RecordClient = {
      ...end.client,
      price: { ...end.client.price, read: () => readPrice },
      async *read(...parameters) {
        reads[name] += 1;
        yield* end.client.read(...parameters);
        if (name === 'b' && reads.b === 1) {
          under!.advance(readingMs);
          meanwhile(b);
        }
      },
    };
    return { ...end, client, assertBudget: () => Promise.resolve(void (looks = reads.b - 1)) };
  };
  const [first, second] = under.link.ends;
  const link: ActiveLink = { ...under.link, ends: [paced(first, 'a'), paced(second, 'b')] };
  const cycle = await under.cycle({ link });
  return { a, b, cycle, under, reads, looks };
}

describe('E6 an edit between the reading and the writing of a cycle', () => {
  test('is not overwritten where what was read is old, and the record waits for the next cycle', async () => {
    const { a, b, cycle, under } = await cycleAt({ readingMs: 40_000, meanwhile: (end) => end.edit('r1', { city: 'Wien' }) });

    expect(b.get('r1')['city']).toBe('Wien');
    expect(b.get('r2')['city']).toBe('Oslo');
    expect(cycle).toMatchObject({ moved: 1, converged: false });

    // Both ends were edited: the policy of the link decides, and says so.
    expect(await under.cycle()).toMatchObject({ resolved: 1, moved: 0, converged: true });
    expect([a.get('r1')['City'], b.get('r1')['city']]).toEqual(['Oslo', 'Oslo']);
  });

  test('of another field of the record reaches the other end in the next cycle', async () => {
    const { a, b, under } = await cycleAt({ readingMs: 40_000, meanwhile: (end) => end.edit('r1', { email: 'ann@new.org' }) });

    await under.cycle();

    expect(a.get('r1')).toMatchObject({ Email: 'ann@new.org', City: 'Oslo' });
    expect(b.get('r1')).toMatchObject({ email: 'ann@new.org', city: 'Oslo' });
  });

  test('that deletes the record is noticed before it is written to', async () => {
    const { cycle, b, under } = await cycleAt({ readingMs: 40_000, meanwhile: (end) => end.remove('r1') });

    expect(cycle).toMatchObject({ moved: 1 });
    await under.cycle();
    expect(b.live()).toHaveLength(1);
  });

  test.each([
    ['enters whom the cycle is about to create', (end: FakeEnd): void => void end.add({ email: 'EVE@x.org', city: 'Bern' })],
    ['gives a record the address of whom the cycle is about to create', (end: FakeEnd) => end.edit('r2', { email: 'eve@x.org' })],
  ] as const)('that %s keeps that one waiting, and nobody is made twice', async (_what, meanwhile) => {
    const { b, cycle } = await cycleAt({ readingMs: 40_000, newcomer: 'eve@x.org', meanwhile });

    expect(cycle.ends['b']).toMatchObject({ created: 0 });
    expect(cycle.converged).toBe(false);
    expect(b.live().filter((record) => String(record['email']).toLowerCase() === 'eve@x.org')).toHaveLength(1);
  });

  test.each([
    ['what was read is fresh', { readingMs: 5_000, meanwhile: (): void => undefined }, 0],
    ['a look costs more than it protects', { readingMs: 40_000, meanwhile: (): void => undefined, readPrice: 4 }, 0],
    ['it is old, and a look is cheap', { readingMs: 40_000, meanwhile: (): void => undefined }, 1],
  ] as const)('is looked for as it is worth: %s', async (_when, pace, looks) => {
    const done = await cycleAt(pace);

    expect(done.looks).toBe(looks);
    // An end that nothing is written to is not looked at.
    expect(done.reads.a).toBe(1);
    expect(done.cycle).toMatchObject({ moved: 0, converged: true });
    expect(done.b.get('r1')['city']).toBe('Oslo');
  });

  test('costs a first cycle no call beyond its price', async () => {
    const a = new FakeEnd([field('Email', { type: 'email' }), field('City')]);
    const b = new FakeEnd([field('email', { type: 'email' }), field('city')]);
    a.add({ Email: 'ann@x.org', City: 'Rome' });
    b.add({ email: 'ann@x.org', city: null });
    under = linkUnderTest(SPECIFICATION, { a, b });
    const { link } = under;
    let reads = 0;
    const slow = (end: LinkEnd): LinkEnd => ({
      ...end,
      client: {
        ...end.client,
        price: { ...end.client.price, read: () => 1 },
        async *read(...parameters) {
          reads += 1;
          yield* end.client.read(...parameters);
          under!.advance(40_000);
        },
      },
    });

    await under.cycle({ link: { ...link, ends: [slow(link.ends[0]), slow(link.ends[1])] } });

    expect(b.get('r1')['city']).toBe('Rome');
    expect(reads).toBe(2);
  });

  test('is known to the next cycle, also where the vendor is late to show the record by then', async () => {
    const { a, b, under } = await cycleAt({ readingMs: 40_000, meanwhile: (end) => end.edit('r1', { city: 'Wien' }) });
    a.edit('r1', { City: 'Bergen' });
    const [first, second] = under.link.ends;
    const late: RecordClient = {
      ...second.client,
      async *read(...parameters) {
        for await (const page of second.client.read(...parameters))
          yield { ...page, records: page.records.filter(({ id }) => id !== 'r1') };
      },
    };

    const cycle = await under.cycle({ link: { ...under.link, ends: [first, { ...second, client: late }] } });

    expect(cycle).toMatchObject({ resolved: 1, moved: 0, converged: true });
    expect([a.get('r1')['City'], b.get('r1')['city']]).toEqual(['Bergen', 'Bergen']);
  });

  test('is staged when everything is written, so that nothing is written that the guards have not judged', async () => {
    const { a, b, cycle, under } = await cycleAt({
      readingMs: 40_000,
      meanwhile: (end) => {
        end.edit('r1', { city: 'Wien' });
        end.add({ email: 'eve@x.org', city: 'Bern' });
      },
    });

    expect([a.live().length, b.live().length, cycle.converged]).toEqual([2, 3, false]);
    const subjects = await under.link.ledger.subjects(['a', 'b'], undefined, 10, new Date(under.link.clock.now()).toISOString());
    expect(subjects.flatMap((subject) => Object.values(subject.staged)).map(({ end, remoteId }) => [end, remoteId])).toEqual([
      ['a', 'r1'],
      ['b', 'r1'],
      ['b', 'r3'],
    ]);
  });
});
