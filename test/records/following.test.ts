import { afterEach, describe, expect, test } from 'vitest';
import type { MappingSpecification } from '../../src/mapping/specification.ts';
import type { FieldValues } from '../../src/model/value.ts';
import { readingNotes } from '../../src/operations/link-reading.ts';
import type { ChangePage, Cursor, Dependency, RecordClient, StreamTraits } from '../../src/providers/provider.ts';
import { FakeEnd, field } from './fake-end.ts';
import { linkUnderTest, type LinkUnderTest } from './link-under-test.ts';

const SPECIFICATION: MappingSpecification = {
  between: { a: 'x/thing', b: 'y/thing' },
  match: [{ a: 'Email', b: 'email', normalize: 'email' }],
  fields: [
    { a: 'Email', b: 'email', flow: 'both' },
    { a: 'Parent.Name', b: 'parent', flow: 'to-b' },
    { a: 'Age', b: 'age', flow: 'to-b' },
  ],
};

/** A vendor whose records hold values that other things move, and that prices what is read. */
class MovedEnd extends FakeEnd {
  dependencies: readonly Dependency[] = [];
  changes: StreamTraits['changes'] = 'feed';
  callsOfAll = 1;
  complete = 0;
  /** Records whose watched parent changed since the last read. */
  readonly moved = new Set<string>();

  /** Changes values and leaves the stamp of the record alone. */
  move(id: string, values: FieldValues, watched: boolean): void {
    const record = this.records.get(id)!;
    this.records.set(id, { ...record, values: { ...record.values, ...values } });
    if (watched) this.moved.add(id);
  }

  override client(): RecordClient {
    const client = super.client();
    const everyone = (): readonly string[] => [...this.records].flatMap(([id, { deleted }]) => (deleted ? [] : [id]));
    const { moved, changes, dependencies } = this;
    const countComplete = (): void => void (this.complete += 1);
    return {
      ...client,
      stream: { ...client.stream, changes, dependencies },
      async *read(since: Cursor | undefined, signal, known, everything): AsyncIterable<ChangePage> {
        const all = since !== undefined && (everything === true || changes === 'scan');
        if (all) countComplete();
        for await (const records of client.readByIds(all ? everyone() : [...moved], signal)) yield { records, deletions: [] };
        moved.clear();
        yield* client.read(since, signal, known);
      },
      price: { ...client.price, read: (_records, full) => (full ? this.callsOfAll : 1) },
    };
  }
}

let under: LinkUnderTest | undefined;
afterEach(async () => under?.dispose());

async function linked(traits: Partial<Pick<MovedEnd, 'dependencies' | 'changes' | 'callsOfAll'>>) {
  const readOnly = { createable: false, updateable: false };
  const a = new MovedEnd([
    field('Email', { type: 'email' }),
    field('Parent.Name', { ...readOnly, parent: 'Parent' }),
    field('Age', readOnly),
  ]);
  Object.assign(a, traits);
  const b = new FakeEnd([field('email', { type: 'email' }), field('parent'), field('age')]);
  const ann = a.add({ Email: 'ann@x.org', 'Parent.Name': 'Acme', Age: '40' });
  under = linkUnderTest(SPECIFICATION, { a, b });
  await under.cycle();
  return { a, b, ann, link: under };
}

describe('E9 values that move without their record', () => {
  const parent: Dependency = { path: 'Parent.Name', watched: ['Parent'], unwatched: [] };
  const age: Dependency = { path: 'Age', watched: [], unwatched: ['the current date'] };

  test('those of a parent are in the feed, and nothing else is read for them', async () => {
    const { a, b, ann, link } = await linked({ dependencies: [parent] });
    a.move(ann, { 'Parent.Name': 'Acme Ltd' }, true);

    const cycle = await link.cycle();

    expect([b.get('r1')['parent'], cycle.converged, a.complete]).toEqual(['Acme Ltd', true, 0]);
    expect(await readingNotes(link.link)).toEqual([
      { end: 'a', path: 'Parent.Name', about: 'dependency', movedBy: ['Parent'], read: 'changes' },
    ]);
  });

  test('those of the date are found by reading everything in every cycle, where that is cheap', async () => {
    const { a, b, ann, link } = await linked({ dependencies: [parent, age], callsOfAll: 5 });
    a.move(ann, { Age: '41' }, false);

    await link.cycle();
    const quiet = await link.cycle();

    expect([b.get('r1')['age'], quiet.ends['b'], a.complete]).toEqual(['41', { created: 0, updated: 0, deleted: 0 }, 2]);
    expect(await readingNotes(link.link)).toContainEqual({
      end: 'a',
      path: 'Age',
      about: 'dependency',
      movedBy: ['the current date'],
      read: 'every-cycle',
      calls: 5,
    });
  });

  test('and with a sweep only, where it is dear', async () => {
    const { a, b, ann, link } = await linked({ dependencies: [age], callsOfAll: 6 });
    a.move(ann, { Age: '41' }, false);

    await link.cycle();
    const before = b.get('r1')['age'];
    const swept = await link.cycle({ sweep: true });

    // No feed claims to show it, so that none has missed it.
    expect([before, b.get('r1')['age'], swept.missed]).toEqual(['40', '41', { a: 0, b: 0 }]);
    expect(await readingNotes(link.link)).toMatchObject([{ path: 'Age', read: 'sweep', calls: 6 }]);
  });

  test('D4 a vendor without a feed is read in full in every cycle, at a price that the plan names', async () => {
    const { a, b, ann, link } = await linked({ changes: 'scan', callsOfAll: 40 });
    a.move(ann, { Age: '41', 'Parent.Name': 'Acme Ltd' }, false);

    const cycle = await link.cycle();

    expect([b.get('r1'), cycle.converged, a.complete]).toMatchObject([{ age: '41', parent: 'Acme Ltd' }, true, 1]);
    expect(await readingNotes(link.link)).toEqual([
      { end: 'a', path: null, about: 'no-feed', movedBy: [], read: 'every-cycle', calls: 40 },
    ]);
  });
});
