import { afterEach, describe, expect, test } from 'vitest';
import type { FieldValues, RemoteRecord } from '../../src/model/value.ts';
import type { MappingSpecification } from '../../src/mapping/specification.ts';
import type { ActiveLink } from '../../src/records/link.ts';
import { isAnotherText, provenVersion, spelledOtherwise } from '../../src/records/version.ts';
import { preview } from '../../src/records/cycle.ts';
import type { Cursor, RecordClient } from '../../src/providers/provider.ts';
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

const OVERLAP = 1_000;

/**
 * A vendor whose reads reach back and ask what is known, and which reads back what it has written.
 * Its stamps have whole seconds; time passes only by `second`.
 */
class ListingEnd extends FakeEnd {
  second = 100;
  /** Seconds between a write and its read-back. */
  readBackAfter = 2;
  /** Ids whose details the last read asked for. */
  completed: string[] = [];
  /** Whether nothing shows in the feed yet. */
  late = false;
  /** What people do between a write and its read-back. */
  meanwhile: (id: string) => void = () => undefined;

  /** An edit of somebody, in the second that it is. */
  editNow(id: string, values: FieldValues): void {
    const record = this.records.get(id)!;
    this.records.set(id, { values: { ...record.values, ...values }, at: this.second, deleted: false });
  }

  override client(): RecordClient {
    const base = super.client();
    const shown = (id: string): RemoteRecord => {
      const { values, at } = this.records.get(id)!;
      return { id, values: { ...values }, modifiedAt: instant(at), readAt: instant(this.second) };
    };
    const listing = (since: Cursor | undefined) => {
      const from = since === undefined ? 0 : Number(since) - OVERLAP;
      return [...this.records].filter(([, { at, deleted }]) => at >= from && !deleted && !this.late);
    };
    const complete = (ids: readonly string[]): RemoteRecord[] => {
      this.completed = [...ids];
      return ids.map(shown);
    };
    const now = (): Cursor => String(this.second) as Cursor;
    return {
      ...base,
      async *read(since, _signal, known) {
        const versions = listing(since).map(([id, { at }]) => ({ id, modifiedAt: instant(at) }));
        const passed = since === undefined || known === undefined ? new Set<string>() : await known(versions);
        yield { records: complete(versions.map(({ id }) => id).filter((id) => !passed.has(id))), deletions: [], cursor: now() };
      },
      write: async (requests, onJob) => {
        const outcomes = await base.write(requests, onJob);
        for (const outcome of outcomes) if (outcome.status === 'applied') this.editNow(outcome.id, {});
        for (const outcome of outcomes) if (outcome.status === 'applied') this.meanwhile(outcome.id);
        this.second += this.readBackAfter;
        return outcomes.map((outcome) => (outcome.status === 'applied' ? { ...outcome, record: shown(outcome.id) } : outcome));
      },
    };
  }
}

function instant(second: number): string {
  return new Date(second * 1000).toISOString();
}

function ends() {
  const a = new ListingEnd([field('Email', { type: 'email' }), field('First'), field('City')]);
  const b = new ListingEnd([field('email', { type: 'email' }), field('first'), field('city')]);
  a.add({ Email: 'ann@x.org', First: 'Ann', City: 'Rome' });
  a.add({ Email: 'bob@x.org', First: 'Bob' });
  b.add({ email: 'ann@x.org', first: 'Ann', city: 'Rome' });
  return { a, b };
}

describe('E6 versions that are known', () => {
  let under: LinkUnderTest | undefined;
  afterEach(async () => under?.dispose());

  test('what a cycle wrote and read back is passed over by the next read', async () => {
    const { a, b } = ends();
    under = linkUnderTest(SPECIFICATION, { a, b });
    await under.cycle();
    expect(b.live()).toHaveLength(2);

    const second = await under.cycle();

    expect([a.completed, b.completed]).toEqual([[], []]);
    expect(second).toMatchObject({ converged: true });
  });

  test('an edit of the field that we have just written, before the read-back, is carried and not taken for its spelling', async () => {
    const { a, b } = ends();
    under = linkUnderTest(SPECIFICATION, { a, b });
    await under.cycle();
    a.second += 60;
    a.editNow('r1', { First: 'Anna', City: 'New York City' });
    b.second += 60;
    // Cut off, as a vendor does: that is no edit, and is never carried back.
    b.meanwhile = (id) => b.editNow(id, { first: 'Beatrix', city: 'NEW YORK' });

    expect((await under.cycle()).converged).toBe(false);
    b.meanwhile = () => undefined;
    await under.cycle();

    expect(a.get('r1')).toMatchObject({ First: 'Beatrix', City: 'New York City' });
    expect(b.get('r1')).toMatchObject({ first: 'Beatrix', city: 'NEW YORK' });
    const writes = a.writes + b.writes;
    expect(await under.cycle()).toMatchObject({ converged: true });
    expect(a.writes + b.writes).toBe(writes);
  });

  test.each<[string, string | null, boolean]>([
    ['Anna', 'Beatrix', true],
    ['Anna', 'ANNA ', false],
    ['Anna Maria', 'Anna', false],
    ['+47 22 33', '004722 33', false],
    ['A & B', 'A &amp; B', false],
    ['Müller', 'Muller', false],
    ['例え', '??', false],
    ['Anna', null, false],
    ['www.example.org', 'https://www.example.org/', false],
  ])('%j that reads back as %j is another text: %j', (written, shown, another) => {
    expect(isAnotherText(written, shown)).toBe(another);
  });

  test('an edit in the second of our own write, before the read-back, is found', async () => {
    const { a, b } = ends();
    under = linkUnderTest(SPECIFICATION, { a, b });
    await under.cycle();
    a.second += 60;
    a.editNow('r1', { First: 'Anna' });
    b.second += 60;
    b.meanwhile = (id) => b.editNow(id, { city: 'Bern' });

    await under.cycle();
    expect(b.get('r1')).toEqual({ email: 'ann@x.org', first: 'Anna', city: 'Bern' });
    b.meanwhile = () => undefined;
    await under.cycle();

    expect(a.get('r1')).toMatchObject({ First: 'Anna', City: 'Bern' });
    // Bob was nobody's concern.
    expect(b.completed).toEqual(['r1']);
  });

  test('an edit of another field that a read-back shows is one, although the feed is late', async () => {
    const { a, b } = ends();
    under = linkUnderTest(
      SPECIFICATION,
      { a, b },
      { conflicts: { policy: 'prefer', prefer: 'b', unlessBlank: false, unit: 'field' } },
    );
    await under.cycle();
    a.second += 60;
    a.editNow('r1', { First: 'Anna' });
    b.second += 60;
    b.meanwhile = (id) => b.editNow(id, { city: 'Bern' });
    b.late = true;
    expect((await under.cycle()).converged).toBe(false);
    b.meanwhile = () => undefined;
    a.second += 60;
    a.editNow('r1', { City: 'Basel' });

    expect(await under.cycle()).toMatchObject({ converged: true, resolved: 1 });

    expect(a.get('r1')).toMatchObject({ First: 'Anna', City: 'Bern' });
    expect(b.get('r1')).toMatchObject({ first: 'Anna', city: 'Bern' });
  });

  test('E7 an opt-out that only a read-back showed is remembered, although somebody took it back before the feed told', async () => {
    const a = new ListingEnd([
      field('Email', { type: 'email' }),
      field('First'),
      field('City'),
      field('OptOut', { type: 'boolean', optedOutWhen: true }),
    ]);
    const b = new ListingEnd([
      field('email', { type: 'email' }),
      field('first'),
      field('city'),
      field('list/News', { type: 'consent' }),
    ]);
    a.add({ Email: 'ann@x.org', First: 'Ann', OptOut: false });
    b.add({ email: 'ann@x.org', first: 'Ann', 'list/News': 'subscribed' });
    const consent = [{ purpose: 'news', channel: 'email', a: 'OptOut', b: 'list/News', authority: 'b' }] as const;
    under = linkUnderTest({ ...SPECIFICATION, consent }, { a, b });
    await under.cycle();
    b.second += 60;
    b.editNow('r1', { first: 'Anna' });
    a.second += 60;
    a.meanwhile = (id) => a.editNow(id, { OptOut: true });
    a.late = true;
    await under.cycle();
    a.meanwhile = () => undefined;
    a.editNow('r1', { OptOut: false });
    a.late = false;

    await under.cycle();

    expect([a.get('r1')['OptOut'], b.get('r1')['list/News']]).toEqual([true, 'unsubscribed']);
  });

  test('an edit in the second of our own write, after a read-back in that second, is found', async () => {
    const { a, b } = ends();
    under = linkUnderTest(SPECIFICATION, { a, b });
    await under.cycle();
    a.second += 60;
    a.editNow('r1', { First: 'Anna' });
    b.second += 60;
    b.readBackAfter = 0;
    await under.cycle();
    b.editNow('r1', { city: 'Bern' });

    await under.cycle();

    expect(a.get('r1')).toMatchObject({ City: 'Bern' });
  });

  test('a version that was too young becomes known by a later read that finds it unchanged', async () => {
    const { a, b } = ends();
    b.readBackAfter = 1;
    under = linkUnderTest(SPECIFICATION, { a, b });
    await under.cycle();
    const young = b.completed;
    b.second += 2;

    await under.cycle();
    const again = b.completed;
    await under.cycle();

    expect(young).toEqual(['r1']);
    expect(again).toEqual(['r2']);
    expect(b.completed).toEqual([]);
  });

  test('a version that is not settled at both ends is read again', async () => {
    const { a, b } = ends();
    b.fate = (request) =>
      request.action === 'update' ? { status: 'failed', code: 'NO', message: 'no', retryable: false } : undefined;
    under = linkUnderTest(SPECIFICATION, { a, b });
    await under.cycle();
    a.second += 60;
    a.editNow('r1', { First: 'Anna' });
    a.second += 60;
    await under.cycle();
    a.completed = [];

    b.fate = () => undefined;
    await under.cycle();

    expect(a.completed).toEqual(['r1']);
  });

  test('a preview passes over the same and keeps nothing', async () => {
    const { a, b } = ends();
    b.readBackAfter = 1;
    under = linkUnderTest(SPECIFICATION, { a, b });
    await under.cycle();
    b.second += 2;
    const link: ActiveLink = { ...under.link, ledger: under.previewLedger().link('Link/test') };

    await preview(link, 'none', 0);
    const seen = b.completed;
    await preview(link, 'none', 0);

    expect(seen).toEqual(['r2']);
    expect(b.completed).toEqual(['r2']);
  });
});

describe('a version', () => {
  const modifiedAt = '2026-01-01T10:00:00.000Z';

  test('is proven by a read two seconds later, and by no other', () => {
    expect(provenVersion({ modifiedAt, readAt: '2026-01-01T10:00:02.000Z' })).toBe(modifiedAt);
    expect(provenVersion({ modifiedAt, readAt: '2026-01-01T10:00:01.000Z' })).toBeUndefined();
    expect(provenVersion({ modifiedAt, readAt: '2026-01-01T09:59:00.000Z' })).toBeUndefined();
    expect(provenVersion({ modifiedAt })).toBeUndefined();
    expect(provenVersion({ readAt: '2026-01-01T10:00:02.000Z' })).toBeUndefined();
  });

  test('holds what was expected, or a flag that was never set spelled as false', () => {
    const expected = { name: 'Ann', flag: null, set: ['a'] };
    expect(spelledOtherwise(expected, { name: 'Ann', flag: null, set: ['a'] }, ['name', 'flag', 'set'])).toEqual({});
    expect(spelledOtherwise(expected, { name: 'Ann', flag: false, set: ['a'] }, ['name', 'flag', 'set'])).toEqual({
      flag: false,
    });
    expect(spelledOtherwise(expected, { name: 'Ann', flag: true, set: ['a'] }, ['name', 'flag', 'set'])).toBeUndefined();
    expect(spelledOtherwise(expected, { name: 'Anna', flag: null, set: ['a'] }, ['name', 'flag'])).toBeUndefined();
    expect(spelledOtherwise(expected, { name: 'Ann', set: ['b'] }, ['name'])).toEqual({});
  });
});
