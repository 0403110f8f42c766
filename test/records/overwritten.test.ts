import { afterEach, describe, expect, test } from 'vitest';
import type { FieldValues } from '../../src/model/value.ts';
import type { JobHandle, RecordClient, WriteOutcome } from '../../src/providers/provider.ts';
import { allAtOnce } from '../../src/providers/request-pages.ts';
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
  const link = overwriting(under.link);
  await under.cycle({ link });
  expect(b.get('r1')).toMatchObject({ first: 'Bob', city: 'Oslo' });
  b.fate = () => undefined;
  return { a, b, ann, bob, cycle: () => under.cycle({ link }) };
}

/** What was written to a record of the end b, newest first. */
async function historyOf(remoteId: string) {
  const { ledger } = open!.under.link;
  const persons = await ledger.findPersons({ remoteId, end: 'b', matchKeys: [] });
  expect(persons).toHaveLength(1);
  return ledger.history(persons[0]!.person);
}

/** The end b writes over whoever has the address of a new record. */
function overwriting(link: ActiveLink): ActiveLink {
  const [first, second] = link.ends;
  const writer = { ...second.client.writer, createIsUpsert: true, overwritesBy: 'email' };
  return { ...link, ends: [first, { ...second, client: { ...second.client, writer } }] };
}

/** The end b takes what is written by a job, and answers in the next cycle. */
function answeringLater(link: ActiveLink): ActiveLink {
  const [first, second] = link.ends;
  let answers: readonly WriteOutcome[] = [];
  const client: RecordClient = {
    ...second.client,
    async write(requests, onJob) {
      await onJob('job' as JobHandle);
      answers = await second.client.write(requests, onJob);
      return requests.map(() => ({ status: 'pending', message: 'queued' }));
    },
    resume: (_handle, requests) => allAtOnce(requests, async () => answers),
  };
  return { ...link, ends: [first, { ...second, client }] };
}

/** Bob is on his way to the end b, where somebody enters records with his address that no feed has shown. */
async function bobMeets(retain: 'values' | 'hashes', entered: readonly FieldValues[], answer: 'comes' | 'comes later' = 'comes') {
  open = twoEnds({ retain });
  const { a, b, under } = open;
  const link = answer === 'comes' ? overwriting(under.link) : answeringLater(overwriting(under.link));
  const bob = a.add({ Email: 'bob@x.org', First: 'Bob', City: 'Oslo' });
  const met: string[] = [];
  b.fate = ({ action, values }): WriteOutcome | undefined => {
    if (action !== 'create' || met.length > 0) return undefined;
    met.push(...entered.map((one) => b.add(one)));
    b.edit(met[0]!, values);
    return { status: 'applied', id: met[0]!, created: false, record: { id: met[0]!, values } };
  };
  await under.cycle({ link });
  return { a, b, bob, met: met[0]!, link, cycle: () => under.cycle({ link }) };
}

describe('E6 a create that is written over a record that nobody is linked with', () => {
  test.each(
    (['comes', 'comes later'] as const).flatMap((answer) =>
      (['values', 'hashes'] as const).flatMap((retain) =>
        (['the new one', 'the met one'] as const).map((moves) => ({ moves, answer, retain })),
      ),
    ),
  )('makes the two one person, although $moves changes its address at once (the answer $answer, $retain)', async (which) => {
    const { moves, answer, retain } = which;
    const entered = [{ email: 'bob@x.org', city: 'Rome', 'list/News': 'unsubscribed' }];
    const { a, b, bob, met, cycle } = await bobMeets(retain, entered, answer);
    if (moves === 'the new one') a.edit(bob, { Email: 'new@x.org' });
    else b.edit(met, { email: 'new@x.org', city: 'Bern' });

    await cycle();
    await cycle();

    const values = retain === 'hashes' ? undefined : expect.objectContaining({ first: 'Bob', city: 'Oslo' });
    expect((await historyOf(met)).filter(({ reason }) => reason === 'met')).toMatchObject([{ action: 'update', after: values }]);
    const City = moves === 'the new one' ? 'Oslo' : 'Bern';
    expect(a.live()).toEqual([expect.objectContaining({ Email: 'new@x.org', First: 'Bob', City, OptOut: true })]);
    expect(b.live()).toEqual([
      expect.objectContaining({ email: 'new@x.org', first: 'Bob', city: City, 'list/News': 'unsubscribed' }),
    ]);
    expect((await cycle()).ends).toEqual({ a: NOTHING, b: NOTHING });
  });
});

describe('E6 a create that is written over a record whose new address no feed had shown', () => {
  test.each(['comes', 'is lost'] as const)(
    'gives that record back what it held, and keeps the address that somebody gave it, where the answer %s',
    async (answer) => {
      const { a, b, ann, bob, cycle } = await bobMeetsAnn(answer);

      await cycle();

      expect((await historyOf('r1')).filter(({ reason }) => reason === 'met')).toMatchObject([
        {
          run: answer === 'comes' ? 'run-2' : 'run-3',
          action: 'update',
          fields: { city: { reason: 'met', origin: 'a' } },
          before: { first: 'Ann', city: 'Rome' },
          after: { first: 'Bob', city: 'Oslo' },
        },
      ]);

      expect(b.get('r1')).toMatchObject({ email: 'bob@x.org', first: 'Ann', city: 'Rome', company: 'Acme' });
      expect(a.get(ann)).toMatchObject({ Email: 'bob@x.org', First: 'Ann', City: 'Rome' });
      expect(a.get(bob)).toMatchObject({ Email: 'bob@x.org', First: 'Bob', City: 'Oslo' });
      expect((await cycle()).ends).toEqual({ a: NOTHING, b: NOTHING });
    },
  );
});

test('E6 a create that is written over a record gives way to what somebody enters there before it is put back', async () => {
  const { a, b, ann, cycle } = await bobMeetsAnn('comes');
  b.edit('r1', { city: 'Bern' });

  await cycle();

  expect(b.get('r1')).toMatchObject({ first: 'Ann', city: 'Bern' });
  expect(a.get(ann)).toMatchObject({ First: 'Ann', City: 'Bern' });
  expect((await cycle()).ends).toEqual({ a: NOTHING, b: NOTHING });
});

test('E6 and where both ends were edited since, the policy decides', async () => {
  const { a, b, ann, cycle } = await bobMeetsAnn('comes');
  b.edit('r1', { city: 'Bern' });
  a.edit(ann, { City: 'Genf' });

  await cycle();

  expect([b.get('r1')['city'], a.get(ann)['City']]).toEqual(['Genf', 'Genf']);
});

const NOTHING = { created: 0, updated: 0, deleted: 0 };
