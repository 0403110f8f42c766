import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addressNames, erasureEntry, recordName } from '../../src/records/erasure.ts';
import { verify } from '../../src/records/verify.ts';
import { twoEnds, type TwoEnds } from './two-ends.ts';

let ends: TwoEnds;
let forgotten: string;
let ann: { readonly a: string; readonly b: string };

/** Ann was linked and is forgotten; her records still exist at both ends. */
beforeEach(async () => {
  ends = twoEnds();
  ann = { a: ends.a.add({ Email: 'ann@x.org', First: 'Ann', City: 'Rome' }), b: 'r1' };
  await ends.under.cycle();
  const { link, ledger } = ends.under;
  const { person } = (await link.ledger.findPersons({ remoteId: ann.a, end: 'a', matchKeys: [] }))[0]!;
  const written = { person, end: 'b', field: '00000000', latest: Buffer.alloc(8), former: undefined, returns: 1 };
  await link.ledger.noteSwings([{ ...written, since: '2026-01-01T00:00:00.000Z' }], '2025-01-01T00:00:00.000Z');
  expect(await link.ledger.swings([person])).toHaveLength(1);
  forgotten = person;
  const names = [
    ...addressNames(link.mapping, link.keys, 'a', { Email: 'ann@x.org' }),
    recordName(link.keys, link.ends[0], ann.a),
    recordName(link.keys, link.ends[1], ann.b),
  ];
  await ledger.erase({
    persons: [person],
    records: [],
    suppressions: names.map((name) => erasureEntry(name, '2026-01-01T00:00:00.000Z')),
  });
});

afterEach(() => ends.under.dispose());

async function writesOfCycle(): Promise<number> {
  const before = ends.a.writes + ends.b.writes;
  await ends.under.cycle();
  return ends.a.writes + ends.b.writes - before;
}

describe('E8 E7 who was forgotten', () => {
  test('is known by no key, and has no history and no reference', async () => {
    const { ledger, fingerprints } = ends.under.link;

    expect(await ledger.findPersons({ remoteId: ann.a, end: undefined, matchKeys: fingerprints.matchKeys('ann@x.org') })).toEqual(
      [],
    );
    expect(await ledger.countLinked()).toBe(0);
    expect(await ledger.swings([forgotten])).toEqual([]);
    expect((await ends.under.ledger.runs(10)).flatMap(({ writes }) => writes)).toEqual([]);
  });

  test('is left alone when records that still exist are edited, and held without values', async () => {
    ends.a.edit(ann.a, { City: 'Oslo' });
    ends.b.edit(ann.b, { city: 'Bern' });

    expect(await writesOfCycle()).toBe(0);
    const waiting = await ends.under.link.ledger.waiting();
    expect(waiting.map(({ end, reason, values, matchKeys }) => ({ end, reason, values, matchKeys }))).toEqual([
      { end: 'a', reason: 'erased', values: {}, matchKeys: [] },
      { end: 'b', reason: 'erased', values: {}, matchKeys: [] },
    ]);
  });

  test('is left alone under another address too', async () => {
    ends.a.edit(ann.a, { Email: 'elsewhere@x.org' });

    expect(await writesOfCycle()).toBe(0);
    expect(ends.b.live()).toHaveLength(1);
  });

  test.each(['comes', 'is lost'] as const)(
    'is linked with nobody new, whose create meets a record that goes by another address by now, where the answer %s',
    async (answer) => {
      ends.a.add({ Email: 'bob@x.org', First: 'Bob' });
      let creates = 0;
      ends.b.fate = ({ action, values }) => {
        if (action !== 'create') return undefined;
        creates += 1;
        ends.b.edit(ann.b, { email: 'bob@x.org' });
        return answer === 'comes'
          ? { status: 'applied', id: ann.b, created: false, record: { id: ann.b, values } }
          : { status: 'unknown', message: 'no answer' };
      };

      await ends.under.cycle();
      await ends.under.cycle();

      const { ledger } = ends.under.link;
      expect({ creates, linked: await ledger.countLinked() }).toEqual({ creates: 1, linked: 0 });
      expect((await ledger.waiting()).filter(({ remoteId, end }) => end === 'b' && remoteId === ann.b)).toEqual([
        expect.objectContaining({ reason: 'erased', values: {}, matchKeys: [] }),
      ]);
    },
  );

  test('is not created from a new record with the same address', async () => {
    ends.b.add({ email: 'ANN@x.org', first: 'Ann again', 'list/News': 'subscribed' });

    expect(await writesOfCycle()).toBe(0);
    expect(ends.a.live()).toHaveLength(1);
  });

  test('does not keep others from being linked', async () => {
    ends.a.add({ Email: 'bob@x.org', First: 'Bob' });

    expect(await writesOfCycle()).toBe(1);
  });

  test('shows as held in a verification, not as differing', async () => {
    ends.a.edit(ann.a, { City: 'Oslo' });
    await ends.under.cycle();
    const preview = ends.under.previewLedger();

    const result = await verify({ ...ends.under.link, ledger: preview.link('Link/test') });

    expect(result).toMatchObject({ persons: 0, differing: [], only: { a: [], b: [] } });
    expect(result.held).toEqual([
      { key: `#${ann.a}`, reason: 'erased' },
      { key: `#${ann.b}`, reason: 'erased' },
    ]);
  });
});
