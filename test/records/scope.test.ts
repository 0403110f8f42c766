import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import type { MappingSpecification } from '../../src/mapping/specification.ts';
import { preview } from '../../src/records/cycle.ts';
import { verify } from '../../src/records/verify.ts';
import { FakeEnd, field } from './fake-end.ts';
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
const FLAGGED = { a: { flag: 'Sync' }, b: 'nobody' } as const;

function ends() {
  const a = new FakeEnd([
    field('Email', { type: 'email' }),
    field('First'),
    field('City'),
    field('Sync', { type: 'boolean' }),
    field('Created', { type: 'datetime' }),
  ]);
  const b = new FakeEnd([field('email', { type: 'email' }), field('first'), field('city'), field('active', { type: 'boolean' })]);
  return { a, b };
}

let under: LinkUnderTest | undefined;
afterEach(async () => under?.dispose());

/** Ann, flagged and linked. */
async function flagged(overrides: LinkOverrides = {}) {
  const { a, b } = ends();
  const ann = a.add({ Email: 'ann@x.org', First: 'Ann', City: 'Rome', Sync: true });
  under = linkUnderTest(SPECIFICATION, { a, b }, { enter: FLAGGED, archive: { b: { active: false } }, ...overrides });
  await under.cycle();
  return { a, b, ann, annAtB: 'r1', link: under };
}

describe('D4 who enters', () => {
  test('only those with the flag, and the others once they have it', async () => {
    const { a, b } = ends();
    a.add({ Email: 'ann@x.org', First: 'Ann', Sync: true });
    const bob = a.add({ Email: 'bob@x.org', First: 'Bob', Sync: false });
    under = linkUnderTest(SPECIFICATION, { a, b }, { enter: FLAGGED });
    await under.cycle();
    const before = b.live().map((record) => record['email']);

    a.edit(bob, { Sync: true });
    await under.cycle();

    expect(before).toEqual(['ann@x.org']);
    expect(b.live().map((record) => record['email'])).toEqual(['ann@x.org', 'bob@x.org']);
    expect(b.get('r1')).not.toHaveProperty('Sync');
  });

  test('only those that meet criteria, or were created from a time on', async () => {
    for (const rule of [{ criteria: 'a.City == "Rome" && a.First != null' }, { createdAfter: '2026-01-01T00:00:00Z' }]) {
      const { a, b } = ends();
      a.add({ Email: 'ann@x.org', First: 'Ann', City: 'Rome', Created: '2026-02-01T00:00:00.000Z' });
      a.add({ Email: 'bob@x.org', First: 'Bob', City: 'Oslo', Created: '2025-02-01T00:00:00.000Z' });
      const link = linkUnderTest(SPECIFICATION, { a, b }, { enter: { a: rule, b: 'nobody' } });
      await link.cycle();
      await link.dispose();

      expect(b.live().map((record) => record['email'])).toEqual(['ann@x.org']);
    }
  });

  test('a pair of which neither record enters is not linked, and is once one of them does', async () => {
    const { a, b } = ends();
    const ann = a.add({ Email: 'ann@x.org', First: 'Ann', Sync: false });
    b.add({ email: 'ann@x.org', first: 'Anna' });
    under = linkUnderTest(SPECIFICATION, { a, b }, { enter: FLAGGED });
    await under.cycle();
    const writes = a.writes + b.writes;
    const verified = await verify({ ...under.link, ledger: under.previewLedger().link('Link/test') });

    a.edit(ann, { Sync: true });
    await under.cycle();

    expect(writes).toBe(0);
    expect([verified.differing, verified.held.map(({ reason }) => reason)]).toEqual([[], ['not-entered']]);
    expect(b.live()).toHaveLength(1);
    expect(b.get('r1')).toMatchObject({ first: 'Ann' });
  });

  test('whoever enters from the other end finds the record that does not, and makes no second one', async () => {
    const { a, b } = ends();
    a.add({ Email: 'ann@x.org', First: 'Ann', Sync: false });
    under = linkUnderTest(SPECIFICATION, { a, b }, { enter: { a: { flag: 'Sync' }, b: 'everyone' } });
    await under.cycle();

    b.add({ email: 'ann@x.org', first: 'Ann', city: 'Oslo' });
    await under.cycle();

    expect(a.live()).toHaveLength(1);
    expect(a.get('r1')).toMatchObject({ City: 'Oslo', Sync: false });
  });
});

describe('D10 who leaves', () => {
  test('an unticked flag is seen: nothing is written any more in either direction', async () => {
    const { a, b, ann, annAtB, link } = await flagged();
    a.edit(ann, { Sync: false });
    const left = await link.cycle();
    const writes = a.writes + b.writes;

    a.edit(ann, { First: 'Anna' });
    b.edit(annAtB, { city: 'Oslo' });
    const next = await link.cycle();

    expect(left).toMatchObject({ left: 1, unlinked: 0, converged: true });
    expect(next).toMatchObject({ left: 0, converged: true });
    expect(a.writes + b.writes).toBe(writes);
  });

  test('whoever returns is the same person, with the edits of both sides since they left', async () => {
    const { a, b, ann, annAtB, link } = await flagged();
    a.edit(ann, { Sync: false });
    await link.cycle();
    a.edit(ann, { First: 'Anna' });
    b.edit(annAtB, { city: 'Oslo' });
    await link.cycle();

    a.edit(ann, { Sync: true });
    const cycle = await link.cycle();

    expect(cycle).toMatchObject({ resolved: 0, converged: true });
    expect(a.get(ann)).toMatchObject({ First: 'Anna', City: 'Oslo' });
    expect(b.get(annAtB)).toMatchObject({ first: 'Anna', city: 'Oslo' });
    expect([a.live().length, b.live().length]).toEqual([1, 1]);
  });

  test('whoever returns just as they left is kept in step again', async () => {
    const { a, b, ann, annAtB, link } = await flagged();
    a.edit(ann, { Sync: false });
    await link.cycle();
    a.edit(ann, { Sync: true });
    await link.cycle();

    b.edit(annAtB, { city: 'Oslo' });
    await link.cycle();

    expect(a.get(ann)).toMatchObject({ City: 'Oslo' });
  });

  test('an edit in the cycle of leaving is not lost', async () => {
    const { a, b, ann, annAtB, link } = await flagged();
    a.edit(ann, { Sync: false });
    b.edit(annAtB, { city: 'Oslo' });
    await link.cycle();
    await link.cycle();

    a.edit(ann, { Sync: true });
    await link.cycle();

    expect(a.get(ann)).toMatchObject({ City: 'Oslo' });
  });

  test('onLeave archives, deletes what Syncline created, or keeps the record in the link', async () => {
    for (const [rule, expected] of [
      ['archive', { live: 1, active: false, city: 'Rome' }],
      ['delete', { live: 0, active: null, city: 'Rome' }],
      ['ignore', { live: 1, active: null, city: 'Bern' }],
    ] as const) {
      const { a, b, ann, annAtB, link } = await flagged({ onLeave: { a: rule } });
      a.edit(ann, { Sync: false });
      await link.cycle();
      a.edit(ann, { City: 'Bern' });
      await link.cycle();

      const { active, city } = b.get(annAtB);
      expect({ live: b.live().length, active, city }).toEqual(expected);
      await link.dispose();
    }
  });

  test('whoever was deleted on leaving enters as a new record, once', async () => {
    const { a, b, ann, link } = await flagged({ onLeave: { a: 'delete' } });
    a.edit(ann, { Sync: false });
    await link.cycle();
    a.edit(ann, { Sync: true });
    await link.cycle();
    await link.cycle();

    expect(b.live()).toMatchObject([{ email: 'ann@x.org' }]);
  });

  test('an edit at the other end beats a deletion on leaving', async () => {
    const { a, b, ann, annAtB, link } = await flagged({ onLeave: { a: 'delete-any' } });
    a.edit(ann, { Sync: false });
    b.edit(annAtB, { city: 'Oslo' });
    await link.cycle();

    expect(b.live()).toMatchObject([{ city: 'Oslo' }]);
  });

  test('a guard counts deletions on leaving, and the plan shows them', async () => {
    const { a, ann, link } = await flagged({ onLeave: { a: 'delete' }, guards: { deletes: 0 } });
    a.edit(ann, { Sync: false });

    const { assessment } = await preview(link.link, 'scope', 10);

    expect(assessment.records).toMatchObject([{ action: 'delete', reason: 'left the link at a' }]);
    await expect(link.cycle()).rejects.toMatchObject({ code: 'RECORD_GUARD' });
  });

  test('whatever people do: no edit is lost, no record is made twice, and a further cycle writes nothing', async () => {
    const action = fc.constantFrom('tick', 'untick', 'editA', 'editB', 'cycle');
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 12 }), async (actions) => {
        const { a, b, ann, annAtB, link } = await flagged();
        try {
          let [first, city, step] = ['Ann', 'Rome', 0];
          for (const what of actions) {
            step += 1;
            if (what === 'tick') a.edit(ann, { Sync: true });
            if (what === 'untick') a.edit(ann, { Sync: false });
            if (what === 'editA') a.edit(ann, { First: (first = `Ann ${step}`) });
            if (what === 'editB') b.edit(annAtB, { city: (city = `City ${step}`) });
            if (what === 'cycle') await link.cycle();
            expect([a.get(ann)['First'], b.get(annAtB)['city']]).toEqual([first, city]);
          }
          a.edit(ann, { Sync: true });
          await link.cycle();
          await link.cycle();
          const writes = a.writes + b.writes;
          await link.cycle();

          expect(a.writes + b.writes).toBe(writes);
          expect([a.live(), b.live()]).toMatchObject([[{ First: first, City: city }], [{ first, city }]]);
        } finally {
          await link.dispose();
        }
      }),
      { numRuns: 25 },
    );
  });
});
