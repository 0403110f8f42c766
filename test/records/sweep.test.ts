import { afterEach, describe, expect, test } from 'vitest';
import type { MappingSpecification } from '../../src/mapping/specification.ts';
import type { RecordClient } from '../../src/providers/provider.ts';
import { FakeEnd, field } from './fake-end.ts';
import { linkUnderTest, type LinkUnderTest } from './link-under-test.ts';

const SPECIFICATION: MappingSpecification = {
  between: { a: 'x/thing', b: 'y/thing' },
  match: [{ a: 'Email', b: 'email', normalize: 'email' }],
  fields: [
    { a: 'Email', b: 'email', flow: 'both' },
    { a: 'First', b: 'first', flow: 'both' },
  ],
};

function ends() {
  return {
    a: new FakeEnd([field('Email', { type: 'email' }), field('First')]),
    b: new FakeEnd([field('email', { type: 'email' }), field('first')]),
  };
}

/** Records that listings do not show although they exist. */
function hiding(client: RecordClient, hidden: ReadonlySet<string>): RecordClient {
  return {
    ...client,
    async *read(since, signal) {
      for await (const page of client.read(since, signal))
        yield since === undefined ? { ...page, records: page.records.filter(({ id }) => !hidden.has(id)) } : page;
    },
  };
}

/** Breaks off after its first page. */
function broken(client: RecordClient): RecordClient {
  return {
    ...client,
    async *read() {
      yield { records: [], deletions: [] };
      throw new Error('connection lost');
    },
  };
}

/** Its changes show nothing yet. */
function behind(client: RecordClient): RecordClient {
  return {
    ...client,
    async *read(since, signal) {
      if (since === undefined) yield* client.read(since, signal);
      else yield { records: [], deletions: [], cursor: since };
    },
  };
}

describe('absence is not deletion', () => {
  let under: LinkUnderTest | undefined;
  afterEach(async () => under?.dispose());

  async function linked() {
    const { a, b } = ends();
    const ann = a.add({ Email: 'ann@x.org', First: 'Ann' });
    a.add({ Email: 'bob@x.org', First: 'Bob' });
    under = linkUnderTest(SPECIFICATION, { a, b });
    await under.cycle();
    const hidden = new Set([ann]);
    const [left, right] = under.link.ends;
    const link = { ...under.link, ends: [{ ...left, client: hiding(left.client, hidden) }, right] as const };
    return { a, ann, hidden, sweep: (run: string) => under!.cycle({ sweep: true, run, link }) };
  }

  test('a record that two complete listings of different runs do not show is gone', async () => {
    const { sweep } = await linked();

    const first = await sweep('one');
    const again = await sweep('one');
    const second = await sweep('two');

    expect([first.unlinked, again.unlinked, second.unlinked]).toEqual([0, 0, 1]);
    expect([first.absent, again.absent, second.absent]).toEqual([1, 1, 0]);
  });

  test("who waited for a partner and is gone stands in nobody's way", async () => {
    const { a, b } = ends();
    under = linkUnderTest(SPECIFICATION, { a, b }, { enter: { a: 'nobody', b: 'everyone' } });
    const ghost = a.add({ Email: 'ann@x.org', First: 'Ann' });
    await under.cycle();
    a.remove(ghost);
    a.records.get(ghost)!.at = 0;
    a.add({ Email: 'ann@x.org', First: 'Anna' });
    b.add({ email: 'ann@x.org', first: null });
    await under.cycle({ sweep: true, run: 'one' });
    await under.cycle({ sweep: true, run: 'two' });
    expect(b.get('r1')).toMatchObject({ first: 'Anna' });
  });

  test('a listing that shows the record in between starts anew', async () => {
    const { ann, hidden, sweep } = await linked();

    await sweep('one');
    hidden.delete(ann);
    await sweep('two');
    hidden.add(ann);
    const third = await sweep('three');
    const fourth = await sweep('four');

    expect([third.unlinked, fourth.unlinked]).toEqual([0, 1]);
  });

  test('a change that the record shows in between starts anew', async () => {
    const { a, ann, sweep } = await linked();

    await sweep('one');
    a.edit(ann, { First: 'Anna' });
    await under!.cycle();
    const second = await sweep('two');

    expect(second.unlinked).toBe(0);
  });

  test('a listing that breaks off proves nothing', async () => {
    const { sweep } = await linked();
    const [left, right] = under!.link.ends;
    const link = { ...under!.link, ends: [{ ...left, client: broken(left.client) }, right] as const };

    await expect(under!.cycle({ sweep: true, run: 'broken', link })).rejects.toThrow('connection lost');
    const first = await sweep('one');

    expect(first.unlinked).toBe(0);
  });
});

describe('E16 what the changes did not show', () => {
  let under: LinkUnderTest | undefined;
  afterEach(async () => under?.dispose());

  test('a value that moved without its stamp is counted once, and carried over', async () => {
    const { a, b } = ends();
    const ann = a.add({ Email: 'ann@x.org', First: 'Ann' });
    const bob = a.add({ Email: 'bob@x.org', First: 'Bob' });
    under = linkUnderTest(SPECIFICATION, { a, b });
    await under.cycle();
    a.records.get(ann)!.values['First'] = 'Anna';
    await under.cycle();
    const before = b.get('r1')['first'];
    a.edit(bob, { First: 'Robert' });

    const swept = await under.cycle({ sweep: true });
    const again = await under.cycle({ sweep: true });

    expect([before, b.get('r1')['first'], b.get('r2')['first']]).toEqual(['Ann', 'Anna', 'Robert']);
    expect([swept.missed, again.missed]).toEqual([
      { a: 1, b: 0 },
      { a: 0, b: 0 },
    ]);
  });

  test('a field that waits for a person is none', async () => {
    const { a, b } = ends();
    const ann = a.add({ Email: 'ann@x.org', First: 'Ann' });
    under = linkUnderTest(SPECIFICATION, { a, b }, { conflicts: { policy: 'manual' } });
    await under.cycle();
    a.edit(ann, { First: 'Anna' });
    b.edit('r1', { first: 'Annie' });
    await under.cycle();

    const swept = await under.cycle({ sweep: true });

    expect(swept).toMatchObject({ missed: { a: 0, b: 0 }, conflicts: 0 });
  });

  test.each([
    ['as it was agreed on', false],
    ['not settled, after a write that failed', true],
  ])('an edit that only a sweep has read stands, although the sweep broke off: of a record that was %s', async (_, isOpen) => {
    const { a, b } = ends();
    const ann = a.add({ Email: 'ann@x.org', First: 'Ann' });
    under = linkUnderTest(SPECIFICATION, { a, b });
    await under.cycle();
    if (isOpen) {
      a.fate = () => ({ status: 'failed', code: 'BUSY', message: 'later', retryable: true });
      b.edit('r1', { first: 'Annie' });
      await under.cycle();
      a.fate = () => undefined;
    }
    const [left, right] = under.link.ends;
    const late = { ...left, client: behind(left.client) };
    const failing = { ...right, client: broken(right.client) };
    a.edit(ann, { First: 'Anna' });

    await expect(under.cycle({ sweep: true, link: { ...under.link, ends: [late, failing] } })).rejects.toThrow('lost');
    b.edit('r1', { first: 'Anne' });
    await under.cycle({ link: { ...under.link, ends: [late, right] } });

    expect([a.get(ann)['First'], b.get('r1')['first']]).toEqual(['Anna', 'Anna']);
  });
});
