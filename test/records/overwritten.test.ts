import { afterEach, describe, expect, test } from 'vitest';
import type { ActiveLink } from '../../src/records/link.ts';
import { twoEnds, type TwoEnds } from './two-ends.ts';

let open: TwoEnds | undefined;
afterEach(async () => open?.under.dispose());

/** Ann is linked, and gets the address of Bob, whom end b does not know, while Bob is on his way there. */
async function bobMeetsAnn(answer: 'comes' | 'is lost') {
  open = twoEnds();
  const { a, b, under } = open;
  const ann = a.add({ Email: 'ann@x.org', First: 'Ann', City: 'Rome', Company: 'Acme' });
  await under.cycle();
  const bob = a.add({ Email: 'bob@x.org', First: 'Bob', City: 'Oslo', Company: 'Bolt' });
  b.fate = ({ action, values }) => {
    if (action !== 'create') return undefined;
    b.edit('r1', { email: 'bob@x.org' });
    b.edit('r1', values);
    return answer === 'comes'
      ? { status: 'applied', id: 'r1', created: false, record: { id: 'r1', values } }
      : { status: 'unknown', message: 'no answer' };
  };
  const [first, second] = under.link.ends;
  const writer = { ...second.client.writer, createIsUpsert: true, overwritesBy: 'email' };
  const link: ActiveLink = { ...under.link, ends: [first, { ...second, client: { ...second.client, writer } }] };
  await under.cycle({ link });
  expect(b.get('r1')).toMatchObject({ first: 'Bob', city: 'Oslo' });
  b.fate = () => undefined;
  return { a, b, ann, bob, cycle: () => under.cycle({ link }) };
}

describe('E6 a create that is written over a record whose new address no feed had shown', () => {
  test.each(['comes', 'is lost'] as const)(
    'gives that record back what it held, and keeps the address that somebody gave it, where the answer %s',
    async (answer) => {
      const { a, b, ann, bob, cycle } = await bobMeetsAnn(answer);

      await cycle();

      expect(b.get('r1')).toMatchObject({ email: 'bob@x.org', first: 'Ann', city: 'Rome', company: 'Acme' });
      expect(a.get(ann)).toMatchObject({ Email: 'bob@x.org', First: 'Ann', City: 'Rome' });
      expect(a.get(bob)).toMatchObject({ Email: 'bob@x.org', First: 'Bob', City: 'Oslo' });
      expect((await cycle()).ends).toEqual({ a: NOTHING, b: NOTHING });
    },
  );
});

const NOTHING = { created: 0, updated: 0, deleted: 0 };
