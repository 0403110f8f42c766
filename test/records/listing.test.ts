import { afterEach, describe, expect, test } from 'vitest';
import type { RecordClient } from '../../src/providers/provider.ts';
import type { FakeEnd } from './fake-end.ts';
import type { LinkUnderTest } from './link-under-test.ts';
import { twoEnds } from './two-ends.ts';

const PATH = 'list/News';

let under: LinkUnderTest;
afterEach(() => under.dispose());

/** Opt-outs of the end `b` are listed anew on every read, and move no stamp; `read` tells which records were read by their ids. */
function withListing(): { readonly a: FakeEnd; readonly b: FakeEnd; readonly read: readonly string[] } {
  const read: string[] = [];
  const found = twoEnds({}, (end) => listing(end, read));
  under = found.under;
  return { ...found, read };
}

function listing(end: FakeEnd, read: string[]): RecordClient {
  const client = end.client();
  return {
    ...client,
    stream: { ...client.stream, listed: [{ path: PATH, value: 'unsubscribed' }] },
    async *read(since, signal) {
      const out = [...end.records].filter(([, { values, deleted }]) => !deleted && values[PATH] === 'unsubscribed');
      yield { records: [], deletions: [], listed: out.map(([id]) => ({ id, values: { [PATH]: 'unsubscribed' } })) };
      yield* client.read(since, signal);
    },
    readByIds(ids, signal) {
      read.push(...ids);
      return client.readByIds(ids, signal);
    },
  };
}

function say(end: FakeEnd, id: string, state: 'subscribed' | 'unsubscribed'): void {
  end.records.get(id)!.values[PATH] = state;
}

describe('E7 what a listing showed to a cycle that broke off', () => {
  test('and does not show any more is read anew: an opt-out given since is no older one', async () => {
    const { a, b } = withListing();
    const ann = a.add({ Email: 'ann@x.org', First: 'Ann' });
    await under.cycle();
    say(b, 'r1', 'unsubscribed');
    await under.brokenCycle();
    say(b, 'r1', 'subscribed');
    a.edit(ann, { OptOut: true });
    await under.cycle();
    expect([a.get(ann)['OptOut'], b.get('r1')[PATH]]).toEqual([true, 'unsubscribed']);
    await under.cycle();
    expect([a.get(ann)['OptOut'], b.get('r1')[PATH]]).toEqual([true, 'unsubscribed']);
  });

  test('and shows again is read anew: nobody is opted in who has left once more', async () => {
    const { a, b } = withListing();
    const ann = a.add({ Email: 'ann@x.org', First: 'Ann', OptOut: true });
    await under.cycle();
    say(b, 'r1', 'subscribed');
    await under.brokenCycle();
    say(b, 'r1', 'unsubscribed');
    await under.cycle();
    expect([a.get(ann)['OptOut'], b.get('r1')[PATH]]).toEqual([true, 'unsubscribed']);
  });

  test('is not read again where nothing moved', async () => {
    const { a, b, read } = withListing();
    const ann = a.add({ Email: 'ann@x.org', First: 'Ann' });
    await under.cycle();
    say(b, 'r1', 'unsubscribed');
    await under.brokenCycle();
    expect(read).toEqual(['r1']);
    await under.cycle();
    expect(read).toEqual(['r1']);
    expect(a.get(ann)['OptOut']).toBe(true);
  });
});

describe('E7 what a listing shows of a record whose partner was deleted', () => {
  test('is remembered for its address, and read once', async () => {
    const { a, b, read } = withListing();
    const ann = a.add({ Email: 'ann@x.org', First: 'Ann' });
    await under.cycle();
    a.remove(ann);
    await under.cycle();
    say(b, 'r1', 'unsubscribed');
    await under.cycle();
    await under.cycle();
    expect(read).toEqual(['r1']);
    b.edit('r1', { email: 'elsewhere@x.org' });
    const next = a.add({ Email: 'ann@x.org', First: 'Next' });
    await under.cycle();
    expect([a.get(next)['OptOut'], b.get('r2')[PATH]]).toEqual([true, 'unsubscribed']);
  });
});
