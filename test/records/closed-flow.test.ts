import { afterEach, describe, expect, test } from 'vitest';
import type { MappingSpecification } from '../../src/mapping/specification.ts';
import { preview } from '../../src/records/cycle.ts';
import { verify } from '../../src/records/verify.ts';
import { FakeEnd, field } from './fake-end.ts';
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

let under: LinkUnderTest | undefined;
afterEach(async () => under?.dispose());

/** Ann, linked; then nothing is written at a any more. */
async function closed() {
  const a = new FakeEnd([field('Email', { type: 'email' }), field('First'), field('City')]);
  const b = new FakeEnd([field('email', { type: 'email' }), field('first'), field('city')]);
  const ann = a.add({ Email: 'ann@x.org', First: 'Ann', City: 'Rome' });
  const conflicts = { policy: 'prefer', prefer: 'b', unlessBlank: false, unit: 'record' } as const;
  under = linkUnderTest(SPECIFICATION, { a, b }, { conflicts, onDelete: { b: 'delete-any' } });
  await under.cycle();
  const { link } = under;
  const off = { ...link, closed: new Set(['a']), readSpecification: 'off' };
  return { a, b, ann, off, on: { ...link, readSpecification: 'on again' }, link: under };
}

describe('D10 a direction that is switched off', () => {
  test('writes nothing there, goes on in the other direction, and loses nothing', async () => {
    const { a, b, ann, off, on, link } = await closed();
    b.edit('r1', { first: 'Anna' });
    b.add({ email: 'bob@x.org', first: 'Bob' });
    const writes = a.writes;
    await link.cycle({ link: off });
    a.edit(ann, { City: 'Oslo' });
    await link.cycle({ link: off });
    const compared = await verify({ ...off, ledger: link.previewLedger().link(off.address) });
    const quiet = await link.cycle({ link: off });
    const { assessment } = await preview(off, 'none', 10);

    expect([a.writes, b.get('r1')]).toMatchObject([writes, { first: 'Anna', city: 'Oslo' }]);
    expect([quiet.converged, a.get(ann)['First']]).toEqual([true, 'Ann']);
    expect(assessment.conflictCount).toBe(0);
    const held = [
      { key: 'ann@x.org', reason: 'flow-off' },
      { key: 'bob@x.org', reason: 'flow-off' },
    ];
    expect(compared).toMatchObject({ persons: 0, agreeing: 0, differing: [], only: { a: [], b: [] }, held });

    const cycle = await link.cycle({ link: on });
    expect(cycle).toMatchObject({ resolved: 0, converged: true, ends: { a: { created: 1, updated: 1 } } });
    expect(a.live()).toMatchObject([{ First: 'Anna', City: 'Oslo' }, { First: 'Bob' }]);
    expect(b.get('r1')).toMatchObject({ first: 'Anna', city: 'Oslo' });
  });

  test('both edited one field: the policy decides once the direction is open, and nothing is overwritten before', async () => {
    const { a, b, ann, off, on, link } = await closed();
    b.edit('r1', { first: 'Anna' });
    a.edit(ann, { First: 'Annie' });
    const first = await link.cycle({ link: off });

    expect([a.get(ann)['First'], b.get('r1')['first'], first.resolved]).toEqual(['Annie', 'Anna', 0]);

    const second = await link.cycle({ link: on });
    expect([a.get(ann)['First'], b.get('r1')['first'], second.resolved]).toEqual(['Anna', 'Anna', 1]);
  });

  test('a deletion waits as well', async () => {
    const { a, b, off, on, link } = await closed();
    b.remove('r1');
    await link.cycle({ link: off });
    await link.cycle({ link: off });
    const before = a.live().length;

    await link.cycle({ link: on });

    expect([before, a.live().length]).toEqual([1, 0]);
  });
});
