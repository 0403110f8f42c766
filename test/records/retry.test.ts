import { afterEach, describe, expect, test } from 'vitest';
import type { MappingSpecification } from '../../src/mapping/specification.ts';
import { FakeEnd, field } from './fake-end.ts';
import { linkUnderTest, type LinkUnderTest } from './link-under-test.ts';

/** The full name at b is made of what a will hold, and b trims it. */
const SPECIFICATION: MappingSpecification = {
  between: { a: 'x/thing', b: 'y/thing' },
  match: [{ a: 'Email', b: 'email', normalize: 'email' }],
  fields: [
    { a: 'Email', b: 'email', flow: 'both' },
    { a: 'City', b: 'city', flow: 'both' },
    { b: 'label', flow: 'to-b', value: '"from " + a.City + "  "' },
  ],
};
const MINUTE = 60_000;

let under: LinkUnderTest | undefined;
afterEach(async () => under?.dispose());

/** Ann moved to Oslo at b, which a refuses. */
async function refusedAnn() {
  const a = new FakeEnd([field('Email', { type: 'email' }), field('City')]);
  const b = new FakeEnd([field('email', { type: 'email' }), field('city'), field('label')]);
  b.normalise = (_path, value) => (typeof value === 'string' ? value.trim() : value);
  const atA = a.add({ Email: 'ann@x.org', City: 'Rome' });
  const atB = b.add({ email: 'ann@x.org', city: 'Rome' });
  under = linkUnderTest(SPECIFICATION, { a, b });
  await under.cycle();
  b.edit(atB, { city: 'Oslo' });
  a.fate = () => ({ status: 'failed', code: 'NO', message: 'no', retryable: false });
  await under.cycle();
  const link = under;
  const retry = async () => {
    link.advance(30 * MINUTE);
    return link.cycle();
  };
  return { a, b, atA, atB, under, retry };
}

describe('E16 a refused field that a one-way field of the other end is made of', () => {
  test('does not make the other end be written with each retry', async () => {
    const { a, b, under, retry } = await refusedAnn();
    // What was written at b comes back as a change, since the record is not settled.
    await under.cycle();
    const [calls, writes] = [a.calls, b.writes];

    for (let times = 0; times < 4; times += 1) await retry();

    expect(a.calls).toBe(calls + 4);
    expect(b.writes).toBe(writes);
  });

  test('is followed by the other end once it is taken, and then all is quiet', async () => {
    const { a, b, atA, atB, under, retry } = await refusedAnn();
    await retry();
    a.fate = () => undefined;
    await retry();
    await under.cycle();

    expect(a.get(atA)['City']).toBe('Oslo');
    expect(b.get(atB)).toMatchObject({ city: 'Oslo', label: 'from Oslo' });
    const writes = a.writes + b.writes;
    expect(await under.cycle()).toMatchObject({ converged: true, quarantined: 0 });
    expect(a.writes + b.writes).toBe(writes);
  });

  test('is followed by the other end where somebody puts it right there', async () => {
    const { a, b, atA, atB, under, retry } = await refusedAnn();
    await retry();
    a.fate = () => undefined;
    b.edit(atB, { city: 'Wien' });

    await under.cycle();

    expect(a.get(atA)['City']).toBe('Wien');
    expect(b.get(atB)['label']).toBe('from Wien');
  });

  test('is put back at the other end where it is taken back there', async () => {
    const { a, b, atA, atB, under, retry } = await refusedAnn();
    await retry();
    b.edit(atB, { city: 'Rome' });

    await under.cycle();

    expect(a.get(atA)['City']).toBe('Rome');
    expect(b.get(atB)).toMatchObject({ city: 'Rome', label: 'from Rome' });
    expect(await under.cycle()).toMatchObject({ converged: true, quarantined: 0 });
  });
});
