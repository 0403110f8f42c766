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
    async *listIds(signal) {
      for await (const ids of client.listIds(signal)) yield ids.filter((id) => !hidden.has(id));
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
    const broken: RecordClient = {
      ...left.client,
      async *listIds() {
        yield [];
        throw new Error('connection lost');
      },
    };
    const link = { ...under!.link, ends: [{ ...left, client: broken }, right] as const };

    await expect(under!.cycle({ sweep: true, run: 'broken', link })).rejects.toThrow('connection lost');
    const first = await sweep('one');

    expect(first.unlinked).toBe(0);
  });
});
