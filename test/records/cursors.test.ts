/**
 * The laws of cursors, over a vendor that behaves as badly as they do: rows appear after their stamp, many
 * share one, some are stamped in the future, its clock is not ours, pages have any size and order, and people
 * go on writing while they are read.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MappingSpecification } from '../../src/mapping/specification.ts';
import type { ChangePage, Cursor, RecordClient } from '../../src/providers/provider.ts';
import { FakeEnd, field } from './fake-end.ts';
import { linkUnderTest } from './link-under-test.ts';

const SPECIFICATION: MappingSpecification = {
  between: { a: 'x/thing', b: 'y/thing' },
  match: [{ a: 'Email', b: 'email', normalize: 'email' }],
  fields: [
    { a: 'Email', b: 'email', flow: 'to-b' },
    { a: 'First', b: 'first', flow: 'to-b' },
  ],
};

const SECOND = 1000;
/** A row shows at most this long after the moment that it is stamped with. */
const MOST_LATE = 60 * SECOND;
const SETTLE = MOST_LATE;
const OVERLAP = 5 * 60 * SECOND;

interface Row {
  readonly id: string;
  readonly first: string;
  readonly stamp: number;
  readonly visibleAt: number;
}

interface Edit {
  readonly person: number;
  /** How long after its stamp the row shows, and how far ahead of the vendor's clock it is stamped. */
  readonly late: number;
  readonly ahead: number;
}

type CursorRule = (now: number, seen: readonly Row[]) => number;
/** As the readers of the vendors do: behind the clock of the first answer. */
const SETTLED: CursorRule = (now) => now - SETTLE;

class LateVendor {
  now = Date.UTC(2026, 0, 1);
  readonly rows: Row[] = [];
  readonly pageSize: number;
  readonly order: (one: Row, other: Row) => number;
  readonly end = new FakeEnd([field('Email', { type: 'email' }), field('First')]);
  /** What people do while a page is on its way. */
  meanwhile: () => void = () => undefined;
  /** Breaks the connection when so many pages were answered. */
  breakAfter = Number.POSITIVE_INFINITY;
  pages = 0;
  readonly #cursorRule: CursorRule;

  constructor(pageSize: number, order: (one: Row, other: Row) => number, cursorRule: CursorRule = SETTLED) {
    this.pageSize = pageSize;
    this.order = order;
    this.#cursorRule = cursorRule;
  }

  edit({ person, late, ahead }: Edit, text: string): void {
    // The stamp is given when a transaction begins, and the row shows when it ends.
    const stamp = Math.floor(this.now / SECOND) * SECOND + ahead;
    this.rows.push({ id: `r${person}`, first: text, stamp, visibleAt: this.now + late });
  }

  /** The version of each record that shows by now: of several, the one that was stored last. */
  shown(): readonly Row[] {
    const latest = new Map<string, Row>();
    for (const row of this.rows.filter(({ visibleAt }) => visibleAt <= this.now).toSorted((a, b) => a.visibleAt - b.visibleAt))
      latest.set(row.id, row);
    return [...latest.values()];
  }

  client(): RecordClient {
    // eslint-disable-next-line @typescript-eslint/no-this-alias
    const vendor = this;
    const record = ({ id, first, stamp }: Row) => ({
      id,
      values: { Email: `${id}@example.org`, First: first },
      modifiedAt: new Date(stamp).toISOString(),
    });
    return {
      ...vendor.end.client(),
      async *read(since: Cursor | undefined): AsyncIterable<ChangePage> {
        const begun = vendor.now;
        const from = since === undefined ? Number.NEGATIVE_INFINITY : Number(since) - OVERLAP;
        const found = vendor
          .shown()
          .filter(({ stamp }) => stamp >= from)
          .toSorted(vendor.order);
        const position = Math.max(vendor.#cursorRule(begun, found), since === undefined ? 0 : Number(since));
        for (let start = 0; start === 0 || start < found.length; start += vendor.pageSize) {
          vendor.pages += 1;
          if (vendor.pages > vendor.breakAfter) throw new Error('connection lost');
          vendor.meanwhile();
          const page = found.slice(start, start + vendor.pageSize);
          const last = start + vendor.pageSize >= found.length;
          yield { records: page.map(record), deletions: [], ...(last ? { cursor: String(position) as Cursor } : {}) };
        }
      },
      async *readByIds(ids) {
        yield vendor
          .shown()
          .filter(({ id }) => ids.includes(id))
          .map(record);
      },
    };
  }
}

const ORDERS: Readonly<Record<string, (one: Row, other: Row) => number>> = {
  'by stamp and id': (one, other) => one.stamp - other.stamp || (one.id < other.id ? -1 : 1),
  'newest first': (one, other) => other.stamp - one.stamp || (one.id < other.id ? 1 : -1),
  'as they arrived': (one, other) => one.visibleAt - other.visibleAt,
  'by id': (one, other) => (one.id < other.id ? -1 : 1),
};

const edit = fc.record({
  person: fc.integer({ min: 1, max: 6 }),
  late: fc.constantFrom(0, 0, 5 * SECOND, MOST_LATE),
  ahead: fc.constantFrom(0, 0, 0, 90 * SECOND, 3600 * SECOND),
});
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('edit' as const), edit }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(0, 500, 20 * SECOND, 600 * SECOND) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('cycle' as const), breakAfter: fc.option(fc.nat(3)), busy: fc.boolean() }),
  },
);
const history = fc.record({
  steps: fc.array(step, { maxLength: 25 }),
  pageSize: fc.integer({ min: 1, max: 4 }),
  order: fc.constantFrom(...Object.keys(ORDERS)),
  skew: fc.constantFrom(0, -3600 * SECOND, 3600 * SECOND, 86_400 * SECOND),
});
type History = typeof history extends fc.Arbitrary<infer Value> ? Value : never;

/** What the vendor holds in the end, and what of it has been carried over by cycles of changes alone. */
async function run({ steps, pageSize, order, skew }: History, rule?: CursorRule) {
  const vendor = new LateVendor(pageSize, ORDERS[order]!, rule);
  const b = new FakeEnd([field('email', { type: 'email' }), field('first')]);
  const local = { now: () => vendor.now + skew, sleep: async (ms: number) => void (vendor.now += ms) };
  const under = linkUnderTest(
    SPECIFICATION,
    { a: { fields: vendor.end.fields, client: () => vendor.client() }, b },
    { clock: local, enter: { a: 'everyone', b: 'nobody' } },
  );
  let texts = 0;
  const text = (): string => `Version ${(texts += 1)}`;
  try {
    for (const one of steps) {
      if (one.do === 'edit') vendor.edit(one.edit, text());
      else if (one.do === 'wait') vendor.now += one.ms;
      else {
        vendor.pages = 0;
        vendor.breakAfter = one.breakAfter ?? Number.POSITIVE_INFINITY;
        // Somebody is edited with every page: a read that followed the present would never end.
        vendor.meanwhile = one.busy
          ? () => vendor.edit({ person: (vendor.pages % 6) + 1, late: 0, ahead: 0 }, text())
          : () => undefined;
        await under.cycle().catch((error: unknown) => {
          if (!(error instanceof Error && error.message === 'connection lost')) throw error;
        });
        expect(vendor.pages).toBeLessThanOrEqual(Math.max(1, Math.ceil(6 / pageSize)));
      }
    }
    [vendor.meanwhile, vendor.breakAfter] = [() => undefined, Number.POSITIVE_INFINITY];
    vendor.now += MOST_LATE;
    const last = await under.cycle();
    const held = vendor.shown().map(({ id, first }) => `${id}@example.org ${first}`);
    const carried = b.live().map(({ email, first }) => `${String(email)} ${String(first)}`);
    const swept = await under.cycle({ sweep: true });
    return { held: held.toSorted(), carried: carried.toSorted(), last, swept };
  } finally {
    await under.dispose();
  }
}

describe('E16 cursors', () => {
  test('lose nothing: late, equal and future stamps, any order and page, a skewed clock, a broken read, people who never stop', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (given) => {
        const { held, carried, last, swept } = await run(given);
        expect(carried).toEqual(held);
        expect(last.converged).toBe(true);
        expect(swept.missed).toEqual({ a: 0, b: 0 });
      }),
      { numRuns: 30, seed: 20_260_101 },
    );
  });

  test.each<[string, CursorRule]>([
    ['the newest stamp that it saw', (now, seen) => seen.reduce((newest, { stamp }) => Math.max(newest, stamp), now - SETTLE)],
    ['far beyond the present', (now) => now + 7200 * SECOND],
  ])('that stand at %s lose rows, as the same histories show', async (_name, rule) => {
    const lost = await fc.check(
      fc.asyncProperty(history, async (given) => {
        const { held, carried } = await run(given, rule);
        return held.join() === carried.join();
      }),
      { numRuns: 60, seed: 20_260_101, endOnFailure: true },
    );
    expect(lost.failed).toBe(true);
  });
});
