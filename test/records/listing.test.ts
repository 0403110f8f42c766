import { afterEach, describe, expect, test } from 'vitest';
import type { RecordClient } from '../../src/providers/provider.ts';
import type { FakeEnd } from './fake-end.ts';
import type { LinkUnderTest } from './link-under-test.ts';
import { twoEnds } from './two-ends.ts';

const PATH = 'list/News';

let under: LinkUnderTest;
afterEach(() => under.dispose());

/** Opt-outs of the end `b` are listed anew on every read, and move no stamp; `reads` tells which records were read by their ids, call by call. */
function withListing(): { readonly a: FakeEnd; readonly b: FakeEnd; readonly reads: readonly (readonly string[])[] } {
  const reads: (readonly string[])[] = [];
  const found = twoEnds({}, (end) => listing(end, reads));
  under = found.under;
  return { ...found, reads };
}

function listing(end: FakeEnd, reads: (readonly string[])[]): RecordClient {
  const client = end.client();
  return {
    ...client,
    stream: { ...client.stream, listed: [{ path: PATH, value: 'unsubscribed' }] },
    async *read(since, signal) {
      const out = [...end.records].filter(([, { values, deleted }]) => !deleted && values[PATH] === 'unsubscribed');
      for (const [id] of out) yield { records: [], deletions: [], listed: [{ id, values: { [PATH]: 'unsubscribed' } }] };
      yield* client.read(since, signal);
    },
    readByIds(ids, signal) {
      reads.push(ids);
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
    const { a, b, reads } = withListing();
    const ann = a.add({ Email: 'ann@x.org', First: 'Ann' });
    await under.cycle();
    await under.cycle();
    say(b, 'r1', 'unsubscribed');
    await under.brokenCycle();
    expect(reads).toEqual([['r1']]);
    await under.cycle();
    expect(reads).toEqual([['r1']]);
    expect(a.get(ann)['OptOut']).toBe(true);
  });
});

describe('G2 whom a listing shows otherwise than they are known', () => {
  test('is read by one call, over however many pages it is spread, and not at all where the changes show the record', async () => {
    const { a, b, reads } = withListing();
    const people = ['ann', 'bob', 'cid', 'dan'].map((name) => a.add({ Email: `${name}@x.org`, First: name }));
    await under.cycle();
    // What was written comes back with the changes.
    await under.cycle();
    for (const id of ['r1', 'r2', 'r3']) say(b, id, 'unsubscribed');
    b.edit('r4', { [PATH]: 'unsubscribed' });
    await under.cycle();
    expect(reads).toEqual([['r1', 'r2', 'r3']]);
    expect(people.map((id) => a.get(id)['OptOut'])).toEqual([true, true, true, true]);
  });
});

describe('E7 what a listing shows of a record whose partner was deleted', () => {
  test('is remembered for its address, and read once', async () => {
    const { a, b, reads } = withListing();
    const ann = a.add({ Email: 'ann@x.org', First: 'Ann' });
    await under.cycle();
    a.remove(ann);
    await under.cycle();
    say(b, 'r1', 'unsubscribed');
    await under.cycle();
    await under.cycle();
    expect(reads).toEqual([['r1']]);
    b.edit('r1', { email: 'elsewhere@x.org' });
    const next = a.add({ Email: 'ann@x.org', First: 'Next' });
    await under.cycle();
    expect([a.get(next)['OptOut'], b.get('r2')[PATH]]).toEqual([true, 'unsubscribed']);
  });
});
