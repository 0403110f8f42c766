import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { takeBack, type TakenBack } from '../../src/records/take-back.ts';
import { undoPages, type UndoRecord } from '../../src/records/undo.ts';
import { verify } from '../../src/records/verify.ts';
import { twoEnds, type TwoEnds } from './two-ends.ts';

let ends: TwoEnds;
let ann: { readonly a: string; readonly b: string };

/** Ann is linked, and run-2 carried her move from Rome to Oslo from a to b. */
beforeEach(async () => {
  ends = twoEnds();
  const a = ends.a.add({ Email: 'ann@x.org', First: 'Ann', City: 'Rome' });
  await ends.under.cycle();
  ann = { a, b: 'r1' };
});

afterEach(() => ends.under.dispose());

async function moveToOslo(): Promise<void> {
  ends.a.edit(ann.a, { City: 'Oslo' });
  await ends.under.cycle();
}

async function plan(run: string, deleteCreated = false): Promise<readonly UndoRecord[]> {
  const records: UndoRecord[] = [];
  for await (const page of undoPages(ends.under.link, run, { deleteCreated })) records.push(...page);
  return records;
}

async function undo(run: string, options: { as?: string; deleteCreated?: boolean } = {}): Promise<TakenBack> {
  const done: TakenBack = { updated: 0, deleted: 0, left: [] };
  const { as = 'undo-1', deleteCreated = false } = options;
  await takeBack(ends.under.link, as, run, { deleteCreated }, done);
  return done;
}

async function writesOfNextCycle(): Promise<number> {
  const before = ends.a.writes + ends.b.writes;
  await ends.under.cycle();
  return ends.a.writes + ends.b.writes - before;
}

describe('E8 undo takes back what a run wrote', () => {
  test('plans present and former values, and writes nothing for that', async () => {
    await moveToOslo();
    const writes = ends.b.writes;

    const [record] = await plan('run-2');

    expect(record).toMatchObject({
      end: 'b',
      remoteId: ann.b,
      key: 'ann@x.org',
      action: 'update',
      fields: { city: { present: 'Oslo', former: 'Rome' } },
      left: [],
    });
    expect(ends.b.writes).toBe(writes);
  });

  test('puts the former value back where it was written, keeps the edit where it was made, and no cycle undoes that', async () => {
    await moveToOslo();

    expect(await undo('run-2')).toMatchObject({ updated: 1, deleted: 0, left: [] });

    expect([ends.a.get(ann.a)['City'], ends.b.get(ann.b)['city']]).toEqual(['Oslo', 'Rome']);
    expect(await writesOfNextCycle()).toBe(0);
    expect(await writesOfNextCycle()).toBe(0);
    expect([ends.a.get(ann.a)['City'], ends.b.get(ann.b)['city']]).toEqual(['Oslo', 'Rome']);
  });

  test('holds also when everything is read again, and when another field of the person is edited', async () => {
    await moveToOslo();
    await undo('run-2');
    ends.a.edit(ann.a, { First: 'Anna' });

    await ends.under.cycle({ link: { ...ends.under.link, readSpecification: 'two' } });

    expect(ends.b.get(ann.b)).toMatchObject({ first: 'Anna', city: 'Rome' });
    expect(ends.a.get(ann.a)['City']).toBe('Oslo');
  });

  test('ends with the next edit of the field, which is carried as always', async () => {
    await moveToOslo();
    await undo('run-2');
    ends.a.edit(ann.a, { City: 'Bern' });

    await ends.under.cycle();

    expect(ends.b.get(ann.b)['city']).toBe('Bern');
  });

  test('carries an edit that waits when the run is undone', async () => {
    await moveToOslo();
    ends.a.edit(ann.a, { City: 'Bern' });
    ends.b.edit(ann.b, { first: 'Annie' });
    await undo('run-2');

    await ends.under.cycle();

    expect(ends.b.get(ann.b)).toMatchObject({ city: 'Bern', first: 'Annie' });
    expect(ends.a.get(ann.a)).toMatchObject({ City: 'Bern', First: 'Annie' });
  });

  test('leaves a field that somebody edited since, and takes back the others', async () => {
    ends.a.edit(ann.a, { City: 'Oslo', First: 'Anna' });
    await ends.under.cycle();
    ends.b.edit(ann.b, { city: 'Bern' });

    const done = await undo('run-2');

    expect(ends.b.get(ann.b)).toMatchObject({ city: 'Bern', first: 'Ann' });
    expect(done.left.map(({ left }) => left)).toEqual([[{ path: 'city', reason: 'edited-since' }]]);
  });

  test('finds nothing to take back where a later run wrote the field again', async () => {
    await moveToOslo();
    ends.a.edit(ann.a, { City: 'Bern' });
    await ends.under.cycle();

    const [record] = await plan('run-2');

    expect(record).toMatchObject({ action: 'none', left: [{ path: 'city', reason: 'edited-since' }] });
  });

  test('is a run of its own, which can be undone', async () => {
    await moveToOslo();
    await undo('run-2');

    await undo('undo-1', { as: 'undo-2' });

    expect(ends.b.get(ann.b)['city']).toBe('Oslo');
    expect(await writesOfNextCycle()).toBe(0);
    const [person] = await ends.under.link.ledger.findPersons({ remoteId: ann.b, end: 'b', matchKeys: [] });
    const history = await ends.under.link.ledger.history(person!.person);
    expect(history.map(({ run, reason }) => [run, reason])).toEqual([
      ['undo-2', 'undo'],
      ['undo-1', 'undo'],
      ['run-2', 'changed'],
      ['run-1', 'created'],
    ]);
  });

  test('done twice takes back once', async () => {
    await moveToOslo();
    await undo('run-2');
    const writes = ends.b.writes;

    expect(await undo('run-2', { as: 'undo-2' })).toEqual({ updated: 0, deleted: 0, left: [] });
    expect(ends.b.writes).toBe(writes);
  });

  test('says so where a record is gone', async () => {
    await moveToOslo();
    ends.b.remove(ann.b);

    const [record] = await plan('run-2');

    expect(record).toMatchObject({ action: 'none', left: [{ path: undefined, reason: 'gone' }] });
  });
});

describe('E8 an undo that is not answered', () => {
  test.each([
    ['took effect', () => 'lost' as const, 'Rome'],
    ['had no effect', () => ({ status: 'unknown', message: 'no answer' }) as const, 'Oslo'],
  ])('and %s is settled by the next cycle, which carries nothing', async (_what, fate, city) => {
    await moveToOslo();
    ends.b.fate = fate;
    const done = await undo('run-2');
    ends.b.fate = () => undefined;

    expect(done.left.map(({ left }) => left[0]!.reason)).toEqual(['unanswered']);
    expect(await writesOfNextCycle()).toBe(0);
    expect([ends.a.get(ann.a)['City'], ends.b.get(ann.b)['city']]).toEqual(['Oslo', city]);
  });

  test('and was refused leaves everything agreed as it was', async () => {
    await moveToOslo();
    ends.b.fate = () => ({ status: 'failed', code: 'LOCKED', message: 'locked', retryable: true });
    const done = await undo('run-2');
    ends.b.fate = () => undefined;
    ends.b.edit(ann.b, { city: 'Bern' });

    await ends.under.cycle();

    expect(done).toMatchObject({ updated: 0, left: [{ left: [{ reason: 'refused', detail: 'locked' }] }] });
    expect(ends.a.get(ann.a)['City']).toBe('Bern');
  });
});

describe('E7 E8 an undo never widens consent', () => {
  test('leaves an opt-out that the run wrote, and takes back the rest of that record', async () => {
    ends.a.edit(ann.a, { OptOut: true, City: 'Oslo' });
    await ends.under.cycle();

    const done = await undo('run-2');

    expect(ends.b.get(ann.b)).toMatchObject({ city: 'Rome', 'list/News': 'unsubscribed' });
    expect(done.left.map(({ left }) => left)).toEqual([[{ path: 'list/News', reason: 'opt-out-stays' }]]);
  });

  test('takes back an opt-in, which is an opt-out everywhere from then on', async () => {
    ends.a.edit(ann.a, { OptOut: true });
    await ends.under.cycle();
    ends.b.edit(ann.b, { 'list/News': 'subscribed' });
    await ends.under.cycle();
    expect(ends.a.get(ann.a)['OptOut']).toBe(false);

    await undo('run-3');
    expect(ends.a.get(ann.a)['OptOut']).toBe(true);
    await ends.under.cycle();

    expect([ends.a.get(ann.a)['OptOut'], ends.b.get(ann.b)['list/News']]).toEqual([true, 'unsubscribed']);
    expect(await writesOfNextCycle()).toBe(0);
  });

  test('does not give a record back an address that has opted out since', async () => {
    ends.a.edit(ann.a, { Email: 'new@x.org' });
    await ends.under.cycle();
    const { link } = ends.under;
    const address = link.fingerprints.address(link.mapping.consent[0]!, 'b', { email: 'ann@x.org' })!;
    await link.ledger.suppress([
      { address, channel: 'email', purpose: 'news', state: 'unsubscribed', at: '2026-01-01T00:00:00.000Z' },
    ]);

    const done = await undo('run-2');

    expect(ends.b.get(ann.b)['email']).toBe('new@x.org');
    expect(done.left.map(({ left }) => left)).toEqual([[{ path: 'email', reason: 'address-suppressed' }]]);
  });
});

describe('E8 a verification after an undo', () => {
  async function verified() {
    const ledger = ends.under.previewLedger();
    return verify({ ...ends.under.link, ledger: ledger.link('Link/test') });
  }

  test('holds whose ends were left apart by it, until a later write', async () => {
    await moveToOslo();
    expect(await verified()).toMatchObject({ agreeing: 1, held: [] });

    await undo('run-2');
    expect(await verified()).toMatchObject({ agreeing: 0, differing: [], held: [{ key: 'ann@x.org', reason: 'undone' }] });

    ends.a.edit(ann.a, { City: 'Bern' });
    await ends.under.cycle();
    expect(await verified()).toMatchObject({ agreeing: 1, differing: [], held: [] });
  });
});

describe('E8 records that the run created', () => {
  test('stay and are listed, unless their deletion is asked for', async () => {
    const done = await undo('run-1');

    expect(ends.b.live()).toHaveLength(1);
    expect(done.left.map(({ left }) => left[0]!.reason)).toEqual(['created']);
  });

  test('are deleted when asked for, and not made again', async () => {
    const done = await undo('run-1', { deleteCreated: true });

    expect(done).toMatchObject({ deleted: 1, left: [] });
    expect(ends.b.live()).toEqual([]);
    expect(await writesOfNextCycle()).toBe(0);
    expect(ends.a.live()).toHaveLength(1);
  });

  test.each(['took effect', 'had none'])("are nobody's deletion where the answer to it is lost and it %s", async (effect) => {
    ends.b.fate = (request) =>
      effect === 'took effect' ? 'lost' : { status: 'unknown', message: `no answer to ${request.action}` };

    const done = await undo('run-1', { deleteCreated: true });
    ends.b.fate = () => undefined;
    for (const end of ends.under.link.ends) Object.assign(end, { onDelete: 'archive', archive: { City: 'archived' } });

    expect(done).toMatchObject({ deleted: 0, left: [{ left: [{ reason: 'unanswered' }] }] });
    for (let cycle = 0; cycle < 2; cycle += 1) await ends.under.cycle();
    expect(ends.a.get(ann.a)['City']).toBe('Rome');
    expect(ends.b.live()).toHaveLength(effect === 'took effect' ? 0 : 1);
  });

  test('stay linked where their deletion is refused', async () => {
    ends.b.fate = () => ({ status: 'failed', code: 'NO', message: 'no', retryable: false }) as never;

    const done = await undo('run-1', { deleteCreated: true });
    ends.b.fate = () => undefined;
    ends.a.edit(ann.a, { City: 'Oslo' });
    await ends.under.cycle();

    expect(done).toMatchObject({ deleted: 0, left: [{ left: [{ reason: 'refused' }] }] });
    expect(ends.b.get(ann.b)['city']).toBe('Oslo');
  });

  test('stay where somebody edited them since', async () => {
    ends.b.edit(ann.b, { city: 'Bern' });

    const done = await undo('run-1', { deleteCreated: true });

    expect(done).toMatchObject({ deleted: 0, left: [{ left: [{ reason: 'edited-since' }] }] });
    expect(ends.b.live()).toHaveLength(1);
  });
});
