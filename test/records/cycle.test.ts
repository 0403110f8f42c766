import { afterEach, describe, expect, test } from 'vitest';
import type { MappingSpecification } from '../../src/mapping/specification.ts';
import { preview, runCycle } from '../../src/records/cycle.ts';
import { FakeEnd, field } from './fake-end.ts';
import { linkUnderTest, type LinkUnderTest } from './link-under-test.ts';

const SPECIFICATION: MappingSpecification = {
  between: { a: 'x/thing', b: 'y/thing' },
  match: [{ a: 'Email', b: 'email', normalize: 'email' }],
  fields: [
    { a: 'Email', b: 'email', flow: 'both' },
    { a: 'First', b: 'first', flow: 'both' },
    { a: 'City', b: 'city', flow: 'both' },
    { a: 'Company', b: 'company', flow: 'to-b' },
    { b: 'full', flow: 'to-b', value: 'a.First + " of " + a.City' },
  ],
  consent: [{ purpose: 'news', channel: 'email', a: 'OptOut', b: 'list/News', authority: 'b' }],
};

function ends() {
  const a = new FakeEnd(
    [
      field('Email', { type: 'email' }),
      field('First'),
      field('City'),
      field('Company'),
      field('OptOut', { type: 'boolean', optedOutWhen: true }),
      field('Unmapped'),
    ],
    ['First'],
  );
  const b = new FakeEnd(
    [
      field('email', { type: 'email' }),
      field('first'),
      field('city'),
      field('company'),
      field('full'),
      field('list/News', { type: 'consent' }),
    ],
    ['email'],
  );
  a.normalise = (path, value) => (path === 'OptOut' ? (value ?? false) : value);
  b.normalise = (path, value) => (path === 'email' && typeof value === 'string' ? value.toLowerCase() : value);
  return { a, b };
}

describe('E6 a cycle converges both ends', () => {
  let under: LinkUnderTest | undefined;
  afterEach(async () => under?.dispose());

  test('matches by key, creates what is missing, and a second cycle writes nothing', async () => {
    const { a, b } = ends();
    a.add({ Email: 'Ann@x.org', First: 'Ann', City: 'Rome', Company: 'Acme' });
    a.add({ Email: 'bob@x.org', First: 'Bob', City: 'Oslo' });
    b.add({ email: 'ann@x.org', first: 'Anna', city: null });
    b.add({ email: 'eve@x.org', first: 'Eve', city: 'Bern' });
    under = linkUnderTest(SPECIFICATION, { a, b });

    const first = await under.cycle();
    const writes = a.writes + b.writes;
    const second = await under.cycle();

    // Eve's full name is computed from the record that is made of her at a, in the same cycle.
    expect(first.ends).toEqual({ a: { created: 1, updated: 0, deleted: 0 }, b: { created: 1, updated: 2, deleted: 0 } });
    expect(first).toMatchObject({ quarantined: 0, converged: true });
    expect(b.get('r2')).toMatchObject({ full: 'Eve of Bern' });
    expect(
      a
        .live()
        .map((record) => String(record['Email']))
        .toSorted(),
    ).toEqual(['Ann@x.org', 'bob@x.org', 'eve@x.org']);
    expect(b.get('r1')).toMatchObject({ first: 'Ann', city: 'Rome', company: 'Acme', full: 'Ann of Rome' });
    expect(second.ends).toEqual({ a: { created: 0, updated: 0, deleted: 0 }, b: { created: 0, updated: 0, deleted: 0 } });
    expect(a.writes + b.writes).toBe(writes);
  });

  test('carries edits both ways, and the preferred end wins where both changed', async () => {
    const { a, b } = ends();
    const atA = a.add({ Email: 'ann@x.org', First: 'Ann', City: 'Rome' });
    under = linkUnderTest(SPECIFICATION, { a, b });
    await under.cycle();
    const atB = 'r1';
    a.edit(atA, { City: 'Oslo' });
    b.edit(atB, { first: 'Anna' });
    await under.cycle();
    expect(a.get(atA)).toMatchObject({ First: 'Anna', City: 'Oslo' });
    expect(b.get(atB)).toMatchObject({ first: 'Anna', city: 'Oslo' });

    a.edit(atA, { City: 'Bern' });
    b.edit(atB, { city: 'Wien' });
    const cycle = await under.cycle();
    expect(cycle.resolved).toBe(1);
    expect(b.get(atB)).toMatchObject({ city: 'Bern' });
  });

  test('D9 unit record: while the preferred end has a change waiting, its whole record wins', async () => {
    const { a, b } = ends();
    const atA = a.add({ Email: 'ann@x.org', First: 'Ann', City: 'Rome' });
    under = linkUnderTest(
      SPECIFICATION,
      { a, b },
      { conflicts: { policy: 'prefer', prefer: 'a', unlessBlank: false, unit: 'record' } },
    );
    await under.cycle();
    a.edit(atA, { City: 'Oslo' });
    b.edit('r1', { first: 'Anna' });
    await under.cycle();
    expect(a.get(atA)).toMatchObject({ First: 'Ann', City: 'Oslo' });
    expect(b.get('r1')).toMatchObject({ first: 'Ann', city: 'Oslo' });

    b.edit('r1', { first: 'Anna' });
    await under.cycle();
    expect(a.get(atA)).toMatchObject({ First: 'Anna' });
  });

  test('a one-way field is put back where its target was edited', async () => {
    const { a, b } = ends();
    a.add({ Email: 'ann@x.org', First: 'Ann', City: 'Rome', Company: 'Acme' });
    under = linkUnderTest(SPECIFICATION, { a, b });
    await under.cycle();
    b.edit('r1', { company: 'Other' });
    await under.cycle();
    expect(b.get('r1')).toMatchObject({ company: 'Acme' });
  });

  test('a changed address is an update and not a second person', async () => {
    const { a, b } = ends();
    const atA = a.add({ Email: 'ann@x.org', First: 'Ann', City: 'Rome' });
    under = linkUnderTest(SPECIFICATION, { a, b });
    await under.cycle();
    a.edit(atA, { Email: 'ann@new.org' });
    await under.cycle();
    expect(b.live()).toHaveLength(1);
    expect(b.get('r1')).toMatchObject({ email: 'ann@new.org' });
  });

  test('two records with one key are held as ambiguous and written nowhere', async () => {
    const { a, b } = ends();
    a.add({ Email: 'ann@x.org', First: 'Ann' });
    a.add({ Email: 'ANN@x.org', First: 'Annie' });
    b.add({ email: 'ann@x.org', first: 'A' });
    under = linkUnderTest(SPECIFICATION, { a, b });
    const first = await under.cycle();
    const second = await under.cycle();
    expect(first.conflicts).toBe(3);
    expect(second.conflicts).toBe(0);
    expect(a.writes + b.writes).toBe(0);
  });

  test('what was staged by a read that nobody acted on, and is gone by the time of a full read, is not brought back', async () => {
    const { a, b } = ends();
    const atA = a.add({ Email: 'ann@x.org', First: 'Ann', City: 'Rome' });
    under = linkUnderTest(SPECIFICATION, { a, b });
    await preview(under.link, 'new', 0);
    a.remove(atA);
    const changed = { ...under.link, readSpecification: 'two' };
    await runCycle(changed, { run: 'r', allow: {}, sweep: false });
    expect(b.live()).toHaveLength(0);
  });

  test('hashes only: a record that is gone before its deletion shows is not made anew', async () => {
    const { a, b } = ends();
    const atA = a.add({ Email: 'ann@x.org', First: 'Ann', City: 'Rome' });
    under = linkUnderTest(SPECIFICATION, { a, b }, { retain: 'hashes' });
    await under.cycle();
    a.remove(atA);
    a.records.get(atA)!.at = 0;
    b.edit('r1', { first: 'Anna' });
    const cycle = await under.cycle();
    expect(a.live()).toHaveLength(0);
    expect(cycle.unlinked).toBe(1);
  });

  test('what was written at one end while the other refused is no newer edit of that end', async () => {
    const { a, b } = ends();
    const atA = a.add({ Email: 'ann@x.org', First: 'Ann', City: 'Rome', Company: 'Acme' });
    b.add({ email: 'ann@x.org', first: 'Anna' });
    under = linkUnderTest(
      SPECIFICATION,
      { a, b },
      { conflicts: { policy: 'prefer', prefer: 'b', unlessBlank: false, unit: 'field' } },
    );
    let refused = 0;
    b.fate = () => (refused++ === 0 ? { status: 'failed', code: 'BUSY', message: 'try again', retryable: true } : undefined);
    await under.cycle();
    a.records.get(atA)!.at = 0;
    under.advance(3_600_000);
    await under.cycle();
    expect(a.get(atA)).toMatchObject({ First: 'Anna' });
    expect(b.get('r1')).toMatchObject({ first: 'Anna', company: 'Acme' });
  });

  test('hashes only: an edit that has not shown yet is not agreed on unseen', async () => {
    const { a, b } = ends();
    const atA = a.add({ Email: 'ann@x.org', First: 'Ann', City: 'Rome' });
    under = linkUnderTest(SPECIFICATION, { a, b }, { retain: 'hashes' });
    await under.cycle();
    a.edit(atA, { City: 'Oslo' });
    a.records.get(atA)!.at = 0;
    b.edit('r1', { first: 'Anna' });
    await under.cycle();
    a.records.get(atA)!.at = a.tick;
    await under.cycle();
    expect(a.get(atA)).toMatchObject({ First: 'Anna', City: 'Oslo' });
    expect(b.get('r1')).toMatchObject({ first: 'Anna', city: 'Oslo' });
  });

  test('who may not enter alone is matched when a partner comes', async () => {
    const { a, b } = ends();
    a.add({ Email: 'ann@x.org', First: 'Ann', City: 'Rome' });
    under = linkUnderTest(SPECIFICATION, { a, b }, { enter: { a: 'nobody', b: 'everyone' } });
    await under.cycle();
    b.add({ email: 'ann@x.org', first: 'Anna' });
    await under.cycle();
    expect(a.live()).toHaveLength(1);
    expect(b.get('r1')).toMatchObject({ first: 'Ann', city: 'Rome' });
  });

  test('a new record with an address to which a linked one has just moved is held, and no second one is made', async () => {
    const { a, b } = ends();
    const atA = a.add({ Email: 'ann@x.org', First: 'Ann', City: 'Rome' });
    under = linkUnderTest(SPECIFICATION, { a, b });
    await under.cycle();
    a.edit(atA, { Email: 'ann@new.org' });
    b.add({ email: 'ann@new.org', first: 'Anna' });
    const cycle = await under.cycle();
    expect(a.live()).toHaveLength(1);
    expect(cycle.conflicts).toBe(1);
  });

  test('a deletion at one end unlinks and is neither carried over nor undone', async () => {
    const { a, b } = ends();
    const atA = a.add({ Email: 'ann@x.org', First: 'Ann', City: 'Rome' });
    under = linkUnderTest(SPECIFICATION, { a, b });
    await under.cycle();
    a.remove(atA);
    const cycle = await under.cycle();
    b.edit('r1', { first: 'Anna' });
    await under.cycle();
    expect(cycle.unlinked).toBe(1);
    expect(a.live()).toHaveLength(0);
    expect(b.live()).toHaveLength(1);
  });

  test('a remote that normalises values starts no ping-pong', async () => {
    const { a, b } = ends();
    b.normalise = (path, value) => (typeof value === 'string' && path !== 'email' ? value.trim().slice(0, 5) : value);
    const atA = a.add({ Email: 'ann@x.org', First: 'Annabella', City: 'Rome' });
    under = linkUnderTest(SPECIFICATION, { a, b });
    await under.cycle();
    const second = await under.cycle();
    expect(second.converged).toBe(true);
    expect(a.get(atA)).toMatchObject({ First: 'Annabella' });
    expect(b.get('r1')).toMatchObject({ first: 'Annab' });
  });

  test('E6 what a remote normalises is not written again because its source was written too', async () => {
    const { a, b } = ends();
    const normalise = b.normalise;
    b.normalise = (path, value) => (typeof value === 'string' ? value.trim() : normalise(path, value));
    const atA = a.add({ Email: 'ann@x.org', First: 'Ann', City: 'Rome ' });
    under = linkUnderTest(SPECIFICATION, { a, b });
    await under.cycle();
    b.edit('r1', { first: 'Anna' });
    const second = await under.cycle();
    const writes = a.writes + b.writes;
    const third = await under.cycle();
    expect(a.get(atA)).toMatchObject({ First: 'Anna', City: 'Rome ' });
    expect(b.get('r1')).toMatchObject({ full: 'Anna of Rome' });
    expect([second.converged, third.converged]).toEqual([true, true]);
    expect(a.writes + b.writes).toBe(writes);
  });

  test('a refused record waits in quarantine, holds up nobody, and is tried again after a change', async () => {
    const { a, b } = ends();
    const bad = a.add({ Email: 'bad@x.org', First: 'Bad', City: 'x' });
    a.add({ Email: 'ann@x.org', First: 'Ann', City: 'Rome' });
    b.fate = (request) =>
      request.values['email'] === 'bad@x.org'
        ? { status: 'failed', code: 'INVALID_EMAIL', message: 'no', retryable: false }
        : undefined;
    under = linkUnderTest(SPECIFICATION, { a, b });
    const first = await under.cycle();
    const second = await under.cycle();
    expect(first.quarantined).toBe(1);
    expect(second.quarantined).toBe(0);
    expect(b.live()).toHaveLength(1);
    a.edit(bad, { Email: 'good@x.org' });
    const third = await under.cycle();
    expect(third.ends.b!.created).toBe(1);
    expect(await under.link.ledger.quarantined()).toHaveLength(0);
  });

  test('a record that a remote refused for the moment is tried again after a while, without an edit', async () => {
    const { a, b } = ends();
    a.add({ Email: 'ann@x.org', First: 'Ann', City: 'Rome' });
    let busy = true;
    b.fate = () => (busy ? { status: 'failed', code: 'LOCKED', message: 'busy', retryable: true } : undefined);
    under = linkUnderTest(SPECIFICATION, { a, b });
    await under.cycle();
    busy = false;
    expect((await under.cycle()).ends.b!.created).toBe(0);
    under.advance(20 * 60_000);
    expect((await under.cycle()).ends.b!.created).toBe(1);
    expect(await under.link.ledger.quarantined()).toEqual([]);
  });

  test('a refusal at one end does not undo what the other end received, and nothing is lost', async () => {
    const { a, b } = ends();
    const atA = a.add({ Email: 'ann@x.org', First: 'Ann', City: 'Rome' });
    under = linkUnderTest(SPECIFICATION, { a, b });
    await under.cycle();
    a.edit(atA, { City: 'Oslo' });
    b.edit('r1', { first: 'Anna' });
    let refuse = true;
    b.fate = () => (refuse ? { status: 'failed', code: 'LOCKED', message: 'busy', retryable: true } : undefined);
    await under.cycle();
    expect(a.get(atA)).toMatchObject({ First: 'Anna', City: 'Oslo' });
    refuse = false;
    under.advance(20 * 60_000);
    await under.cycle();
    expect(b.get('r1')).toMatchObject({ first: 'Anna', city: 'Oslo', full: 'Anna of Oslo' });
    expect((await under.cycle()).ends).toEqual({
      a: { created: 0, updated: 0, deleted: 0 },
      b: { created: 0, updated: 0, deleted: 0 },
    });
  });

  test('a link that keeps hashes only converges all the same', async () => {
    const { a, b } = ends();
    const atA = a.add({ Email: 'ann@x.org', First: 'Ann', City: 'Rome', Company: 'Acme' });
    under = linkUnderTest(SPECIFICATION, { a, b }, { retain: 'hashes' });
    await under.cycle();
    a.edit(atA, { City: 'Oslo' });
    b.edit('r1', { first: 'Anna', company: 'Other' });
    await under.cycle();
    expect(b.get('r1')).toMatchObject({ first: 'Anna', city: 'Oslo', company: 'Acme' });
    expect(a.get(atA)).toMatchObject({ First: 'Anna' });
    const rows = await under.link.ledger.linked(undefined, 10);
    expect(rows.flatMap((row) => Object.values(row.agreed)).every((row) => row.values === undefined)).toBe(true);
  });

  test('an end whose records do not enter is only matched', async () => {
    const { a, b } = ends();
    a.add({ Email: 'ann@x.org', First: 'Ann', City: 'Rome' });
    b.add({ email: 'eve@x.org', first: 'Eve' });
    under = linkUnderTest(SPECIFICATION, { a, b }, { enter: { a: 'everyone', b: 'nobody' } });
    await under.cycle();
    expect(a.live()).toHaveLength(1);
    expect(b.live()).toHaveLength(2);
  });

  test('two sweeps find what was deleted without a word, and a sweep refuses an end that lists nothing', async () => {
    const { a, b } = ends();
    const ann = a.add({ Email: 'ann@x.org', First: 'Ann', City: 'Rome' });
    const bob = a.add({ Email: 'bob@x.org', First: 'Bob', City: 'Rome' });
    under = linkUnderTest(SPECIFICATION, { a, b });
    await under.cycle();
    a.records.delete(ann);
    expect((await under.cycle({ sweep: true })).unlinked).toBe(0);
    expect((await under.cycle({ sweep: true })).unlinked).toBe(1);
    a.records.delete(bob);
    await expect(under.cycle({ sweep: true })).rejects.toMatchObject({ code: 'RECORD_EMPTY_END' });
  });

  test('a guard stops a cycle before its first write, and lets exactly this set of changes pass', async () => {
    const { a, b } = ends();
    a.add({ Email: 'ann@x.org', First: 'Ann', City: 'Rome' });
    a.add({ Email: 'bob@x.org', First: 'Bob', City: 'Rome' });
    under = linkUnderTest(SPECIFICATION, { a, b }, { guards: { creates: 1 } });
    const refusal = (await under.cycle().catch((error: unknown) => error)) as { code: string; hint: string };
    expect(refusal.code).toBe('RECORD_GUARD');
    expect(b.writes).toBe(0);
    const digest = /--allow creates=([0-9a-f]{12})/.exec(refusal.hint)![1]!;
    await expect(runCycle(under.link, { run: 'r', allow: { creates: '000000000000' }, sweep: false })).rejects.toMatchObject({
      code: 'RECORD_GUARD',
    });
    await runCycle(under.link, { run: 'r', allow: { creates: digest }, sweep: false });
    expect(b.live()).toHaveLength(2);
  });

  test('a write whose answer was lost is looked up and not repeated', async () => {
    const { a, b } = ends();
    a.add({ Email: 'ann@x.org', First: 'Ann', City: 'Rome' });
    let lost = 0;
    b.fate = () => (lost++ === 0 ? 'lost' : undefined);
    under = linkUnderTest(SPECIFICATION, { a, b });
    const first = await under.cycle();
    const second = await under.cycle();
    expect(first.unknown).toBe(1);
    expect(second.ends.b!.created).toBe(0);
    expect(b.live()).toHaveLength(1);
    expect(b.writes).toBe(1);
  });
});

describe('E7 an opt-out is never undone', () => {
  let under: LinkUnderTest | undefined;
  afterEach(async () => under?.dispose());

  test('reaches the other end from either side', async () => {
    const { a, b } = ends();
    const ann = a.add({ Email: 'ann@x.org', First: 'Ann', City: 'Rome' });
    const bob = a.add({ Email: 'bob@x.org', First: 'Bob', City: 'Rome' });
    b.add({ email: 'ann@x.org', first: 'Ann', 'list/News': 'subscribed' });
    b.add({ email: 'bob@x.org', first: 'Bob', 'list/News': 'subscribed' });
    under = linkUnderTest(SPECIFICATION, { a, b });
    await under.cycle();
    a.edit(ann, { OptOut: true });
    b.edit('r2', { 'list/News': 'unsubscribed' });
    await under.cycle();
    expect(b.get('r1')).toMatchObject({ 'list/News': 'unsubscribed' });
    expect(a.get(bob)).toMatchObject({ OptOut: true });
  });

  test('a re-subscription anywhere but at the authority is put back; at the authority it counts', async () => {
    const { a, b } = ends();
    const ann = a.add({ Email: 'ann@x.org', First: 'Ann', City: 'Rome', OptOut: true });
    b.add({ email: 'ann@x.org', first: 'Ann', 'list/News': 'subscribed' });
    under = linkUnderTest(SPECIFICATION, { a, b });
    await under.cycle();
    expect(b.get('r1')).toMatchObject({ 'list/News': 'unsubscribed' });

    a.edit(ann, { OptOut: false });
    await under.cycle();
    expect(a.get(ann)).toMatchObject({ OptOut: true });

    b.edit('r1', { 'list/News': 'subscribed' });
    await under.cycle();
    expect(a.get(ann)).toMatchObject({ OptOut: false });
    expect(b.get('r1')).toMatchObject({ 'list/News': 'subscribed' });
    expect((await under.cycle()).converged).toBe(true);
  });

  test('outlives the deletion of the person', async () => {
    const { a, b } = ends();
    const ann = a.add({ Email: 'ann@x.org', First: 'Ann', City: 'Rome', OptOut: true });
    under = linkUnderTest(SPECIFICATION, { a, b });
    await under.cycle();
    a.remove(ann);
    b.remove('r1');
    await under.cycle();
    a.add({ Email: 'Ann@x.org', First: 'Ann', City: 'Rome', OptOut: false });
    await under.cycle();
    await under.cycle();
    const created = b.live().find((record) => record['email'] === 'ann@x.org');
    expect(created).toMatchObject({ 'list/News': 'unsubscribed' });
    expect(a.live()[0]).toMatchObject({ OptOut: true });
  });
});
