import { afterEach, describe, expect, test } from 'vitest';
import type { HistoryEntry } from '../../src/storage/journal.ts';
import { twoEnds, type TwoEnds } from './two-ends.ts';

let ends: TwoEnds;
afterEach(() => ends.under.dispose());

/** Ann, linked at both ends, with everything that the first cycle wrote behind her. */
async function linkedAnn(overrides: Parameters<typeof twoEnds>[0] = {}): Promise<{ atA: string; atB: string }> {
  ends = twoEnds(overrides);
  const atA = ends.a.add({ Email: 'ann@x.org', First: 'Ann', City: 'Rome' });
  await ends.under.cycle();
  return { atA, atB: 'r1' };
}

async function historyOf(key: string): Promise<readonly HistoryEntry[]> {
  const { link } = ends.under;
  const [found] = await link.ledger.findPersons({ remoteId: key, end: undefined, matchKeys: link.fingerprints.matchKeys(key) });
  return link.ledger.history(found!.person);
}

describe('E8 history', () => {
  test('tells of each write: when, which run, where from, before and after, newest first', async () => {
    const { atA, atB } = await linkedAnn();
    ends.a.edit(atA, { City: 'Oslo' });
    await ends.under.cycle();

    const [newest, oldest] = await historyOf('ann@x.org');

    expect(newest).toMatchObject({
      link: 'Link/test',
      run: 'run-2',
      end: 'b',
      remoteId: atB,
      action: 'update',
      at: '2026-01-01T00:02:00.000Z',
      generation: 1,
      fields: { city: { field: 'City', reason: 'changed', origin: 'a' } },
      before: { city: 'Rome' },
      after: { city: 'Oslo' },
    });
    expect(oldest).toMatchObject({ run: 'run-1', action: 'create', before: {}, after: { first: 'Ann', city: 'Rome' } });
    expect(oldest!.fields['source']).toEqual({ field: 'source', reason: 'created', origin: undefined });
  });

  test('finds a person by an id at either end, by the match key in any spelling, and nobody else', async () => {
    const { atA } = await linkedAnn();
    ends.a.add({ Email: 'bob@x.org', First: 'Bob' });
    await ends.under.cycle();
    const { ledger, fingerprints } = ends.under.link;
    const find = (key: string, end?: string) =>
      ledger.findPersons({ remoteId: key, end, matchKeys: end === undefined ? fingerprints.matchKeys(key) : [] });

    const [byKey] = await find(' ANN@X.org');

    expect(byKey).toEqual({ person: byKey!.person, end: undefined });
    expect(await find(atA, 'a')).toEqual([{ person: byKey!.person, end: 'a' }]);
    expect(await find('r99')).toEqual([]);
    expect(await find('eve@x.org')).toEqual([]);
  });

  test('names both where one id is that of different people', async () => {
    await linkedAnn();
    ends.b.add({ email: 'bob@x.org', first: 'Bob' });
    ends.a.add({ Email: 'eve@x.org', First: 'Eve' });
    await ends.under.cycle();

    const found = await ends.under.link.ledger.findPersons({ remoteId: 'r2', end: undefined, matchKeys: [] });

    expect(found.map(({ end }) => end)).toEqual(expect.arrayContaining(['a', 'b']));
    expect(new Set(found.map(({ person }) => person)).size).toBe(2);
  });

  test('keeps the edit that a policy overruled', async () => {
    const { atA, atB } = await linkedAnn();
    ends.a.edit(atA, { City: 'Oslo' });
    ends.b.edit(atB, { city: 'Bern' });
    await ends.under.cycle();

    const [newest] = await historyOf('ann@x.org');

    expect(newest).toMatchObject({
      end: 'b',
      fields: { city: { reason: 'conflict', origin: 'a' } },
      before: { city: 'Bern' },
      after: { city: 'Oslo' },
    });
  });

  test('keeps the edit that a one-way field put back', async () => {
    const { atB } = await linkedAnn();
    ends.b.edit(atB, { company: 'Invented' });
    await ends.under.cycle();

    const [newest] = await historyOf('ann@x.org');

    expect(newest).toMatchObject({
      fields: { company: { reason: 'source-of-truth', origin: 'a' } },
      before: { company: 'Invented' },
      after: { company: null },
    });
  });

  test('says that an opt-out came from the suppression list where no end had it', async () => {
    const { atA, atB } = await linkedAnn();
    ends.a.edit(atA, { OptOut: true });
    await ends.under.cycle();
    ends.a.edit(atA, { OptOut: false });
    ends.b.edit(atB, { 'list/News': 'unknown' });
    await ends.under.cycle();

    const [first, second] = await historyOf('ann@x.org');

    expect([first, second].map((entry) => Object.values(entry!.fields))).toEqual([
      [{ field: 'consent news', reason: 'opt-out-put-back', origin: undefined }],
      [{ field: 'consent news', reason: 'opt-out-put-back', origin: undefined }],
    ]);
  });

  test('of a link that keeps hashes only names fields and no value', async () => {
    const { atA } = await linkedAnn({ retain: 'hashes' });
    ends.a.edit(atA, { City: 'Oslo' });
    await ends.under.cycle();

    const [newest] = await historyOf('ann@x.org');

    expect(newest).toMatchObject({ fields: { city: { reason: 'changed', origin: 'a' } }, before: undefined, after: undefined });
  });

  test('counts the records of a run', async () => {
    await linkedAnn();
    await ends.under.ledger.startRun('run-1', 'sync', '2026-01-01T00:00:00.000Z');

    const [run] = await ends.under.ledger.runs(10);

    expect(run).toMatchObject({
      id: 'run-1',
      outcome: undefined,
      writes: [{ link: 'Link/test', end: 'b', action: 'create', records: 1 }],
    });
  });
});
