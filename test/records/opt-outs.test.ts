import { afterEach, describe, expect, test } from 'vitest';
import type { MappingSpecification } from '../../src/mapping/specification.ts';
import { preview } from '../../src/records/cycle.ts';
import type { WriteOutcome, WriteRequest } from '../../src/providers/provider.ts';
import { FakeEnd, field } from './fake-end.ts';
import { linkUnderTest, type LinkOverrides, type LinkUnderTest } from './link-under-test.ts';

const SPECIFICATION: MappingSpecification = {
  between: { a: 'x/thing', b: 'y/thing' },
  match: [{ a: 'Email', b: 'email', normalize: 'email' }],
  fields: [
    { a: 'Email', b: 'email', flow: 'both' },
    { a: 'City', b: 'city', flow: 'both' },
    { b: 'full', flow: 'to-b', value: 'a.First + " of " + a.City' },
  ],
  consent: [
    { purpose: 'news', channel: 'email', a: 'OptOut', b: 'list/News', authority: 'b' },
    { purpose: 'events', channel: 'email', a: 'NoEvents', b: 'list/Events', authority: 'b' },
  ],
};
const MINUTE = 60_000;

let under: LinkUnderTest | undefined;
afterEach(async () => under?.dispose());

function ends() {
  const a = new FakeEnd([
    field('Email', { type: 'email' }),
    field('First'),
    field('City'),
    field('OptOut', { type: 'boolean', optedOutWhen: true }),
    field('NoEvents', { type: 'boolean', optedOutWhen: true }),
  ]);
  const b = new FakeEnd([
    field('email', { type: 'email' }),
    field('city'),
    field('full'),
    field('list/News', { type: 'consent' }),
    field('list/Events', { type: 'consent' }),
  ]);
  a.normalise = (path, value) => (path === 'OptOut' || path === 'NoEvents' ? (value ?? false) : value);
  return { a, b };
}

/** Ann, linked and subscribed to both. */
async function linkedAnn(overrides: LinkOverrides = {}) {
  const { a, b } = ends();
  const atA = a.add({ Email: 'ann@x.org', First: 'Ann', City: 'Rome' });
  const subscribed = { 'list/News': 'subscribed', 'list/Events': 'subscribed' };
  const atB = b.add({ email: 'ann@x.org', city: 'Rome', full: 'Ann of Rome', ...subscribed });
  under = linkUnderTest(SPECIFICATION, { a, b }, overrides);
  await under.cycle();
  return { a, b, atA, atB, under };
}

function refuseCity(request: WriteRequest): WriteOutcome | undefined {
  return request.values['city'] === undefined
    ? undefined
    : { status: 'failed', code: 'REQUIRED_FIELD_MISSING', message: 'no', retryable: false };
}

describe('E8 an opt-out of somebody with a field that cannot be written', () => {
  test.each(['values', 'hashes'] as const)('travels, and the other fields wait (retain: %s)', async (retain) => {
    const { a, b, atA, atB, under } = await linkedAnn({ retain });
    a.edit(atA, { First: null, OptOut: true, City: 'Oslo' });

    const cycle = await under.cycle();

    expect(b.get(atB)).toMatchObject({
      city: 'Rome',
      full: 'Ann of Rome',
      'list/News': 'unsubscribed',
      'list/Events': 'subscribed',
    });
    expect(cycle).toMatchObject({ quarantined: 1, ends: { b: { updated: 1 } } });
    expect(await under.link.ledger.quarantined()).toMatchObject([{ end: 'b', code: 'INVALID_VALUE', key: 'ann@x.org' }]);
    const calls = b.calls;
    await under.cycle();
    expect(b.calls).toBe(calls);

    a.edit(atA, { First: 'Anna' });
    await under.cycle();
    expect(b.get(atB)).toMatchObject({ city: 'Oslo', full: 'Anna of Oslo', 'list/News': 'unsubscribed' });
    expect(await under.link.ledger.quarantined()).toEqual([]);
    expect((await under.cycle()).ends['b']).toMatchObject({ updated: 0 });
  });

  test('is not undone while the other fields wait, and an opt-in waits with them', async () => {
    const { a, b, atA, atB, under } = await linkedAnn();
    a.edit(atA, { First: null, OptOut: true });
    await under.cycle();

    a.edit(atA, { OptOut: false });
    await under.cycle();
    expect([a.get(atA)['OptOut'], b.get(atB)['list/News']]).toEqual([true, 'unsubscribed']);

    b.edit(atB, { 'list/News': 'subscribed' });
    await under.cycle();
    expect(a.get(atA)['OptOut']).toBe(true);
    a.edit(atA, { First: 'Ann' });
    await under.cycle();
    expect([a.get(atA)['OptOut'], b.get(atB)['list/News']]).toEqual([false, 'subscribed']);
  });

  test('travels at first contact as well, and the two records are one person from then on', async () => {
    const { a, b } = ends();
    const atA = a.add({ Email: 'ann@x.org', First: null, City: 'Oslo', OptOut: true });
    const atB = b.add({ email: 'ann@x.org', city: 'Rome', 'list/News': 'subscribed' });
    under = linkUnderTest(SPECIFICATION, { a, b });

    await under.cycle();

    expect(b.get(atB)).toMatchObject({ city: 'Rome', 'list/News': 'unsubscribed' });
    a.edit(atA, { First: 'Ann' });
    expect((await under.cycle()).resolved).toBe(1);
    expect(b.get(atB)).toMatchObject({ city: 'Oslo', full: 'Ann of Oslo', 'list/News': 'unsubscribed' });
    expect(await under.link.ledger.quarantined()).toEqual([]);
    expect((await under.cycle()).ends).toMatchObject({ a: { updated: 0 }, b: { updated: 0 } });
  });

  test('whose answer was lost is looked up, and the other fields wait all the same', async () => {
    const { a, b, atA, atB, under } = await linkedAnn();
    b.edit(atB, { city: 'Bern' });
    a.edit(atA, { First: null, OptOut: true, Email: 'ann@y.org' });
    b.fate = () => ({ status: 'unknown', message: 'no answer' });
    await under.cycle();
    b.fate = () => undefined;

    await under.cycle();

    expect(b.get(atB)).toMatchObject({ email: 'ann@x.org', 'list/News': 'unsubscribed' });
    expect(await under.link.ledger.quarantined()).toMatchObject([{ code: 'INVALID_VALUE' }]);
  });

  test('shows in the plan as one write and as what waits', async () => {
    const { a, atA, under } = await linkedAnn();
    a.edit(atA, { First: null, OptOut: true, City: 'Oslo' });
    const ledger = under.previewLedger().link('Link/test');

    const { assessment } = await preview({ ...under.link, ledger }, 'new', 5);

    expect(assessment.records).toMatchObject([{ end: 'b', fields: { 'list/News': { after: 'unsubscribed' } } }]);
    expect(Object.keys(assessment.records[0]!.fields)).toEqual(['list/News']);
    expect(assessment.skipped).toMatchObject([{ end: 'b', reason: 'invalid-value', count: 1, keys: ['ann@x.org'] }]);
  });
});

describe('E8 an opt-out of somebody with a field that cannot be written, refused as well', () => {
  test('is tried again by the schedule, and the fields wait for an edit after it', async () => {
    const { a, b, atA, atB, under } = await linkedAnn();
    a.edit(atA, { First: null, OptOut: true });
    b.fate = () => ({ status: 'failed', code: 'NO', message: 'no', retryable: false });
    expect(await under.cycle()).toMatchObject({ quarantined: 1 });
    expect(await under.link.ledger.quarantined()).toMatchObject([{ code: 'NO' }]);
    b.fate = () => undefined;
    under.advance(30 * MINUTE);

    await under.cycle();

    expect(b.get(atB)['list/News']).toBe('unsubscribed');
    expect(await under.link.ledger.quarantined()).toMatchObject([{ code: 'INVALID_VALUE' }]);
  });
});

describe('E8 an opt-out in an update that the vendor refuses', () => {
  test('is sent once more by itself, and the rest waits in quarantine', async () => {
    const { a, b, atA, atB, under } = await linkedAnn();
    a.edit(atA, { City: 'Oslo', OptOut: true });
    b.fate = refuseCity;

    const cycle = await under.cycle();

    expect(b.get(atB)).toMatchObject({ city: 'Rome', 'list/News': 'unsubscribed' });
    expect(cycle).toMatchObject({ quarantined: 1, unknown: 0, ends: { b: { updated: 1 } } });
    expect(await under.link.ledger.quarantined()).toMatchObject([{ end: 'b', code: 'REQUIRED_FIELD_MISSING' }]);
    expect(await under.link.ledger.pendingIntents()).toEqual([]);
    const [ann] = await under.link.ledger.linked(undefined, 1);
    const [newest] = await under.link.ledger.history(ann!.person);
    expect(newest).toMatchObject({ end: 'b', action: 'update', after: { 'list/News': 'unsubscribed' }, reason: 'opt-out' });

    // Retried without the opt-out, which is settled.
    const calls = b.calls;
    under.advance(30 * MINUTE);
    await under.cycle();
    expect(b.calls).toBe(calls + 1);
    b.fate = () => undefined;
    under.advance(30 * MINUTE);
    await under.cycle();
    expect(b.get(atB)).toMatchObject({ city: 'Oslo', full: 'Ann of Oslo', 'list/News': 'unsubscribed' });
    expect(await under.link.ledger.quarantined()).toEqual([]);
  });

  test('is tried twice a cycle and no oftener where the vendor refuses it by itself too', async () => {
    const { a, b, atA, atB, under } = await linkedAnn();
    a.edit(atA, { City: 'Oslo', OptOut: true });
    b.fate = () => ({ status: 'failed', code: 'NO', message: 'no', retryable: false });
    const calls = b.calls;

    const cycle = await under.cycle();

    expect(b.calls).toBe(calls + 2);
    expect(cycle).toMatchObject({ quarantined: 1, unknown: 0, ends: { b: { updated: 0 } } });
    expect(await under.link.ledger.pendingIntents()).toEqual([]);
    b.fate = () => undefined;
    under.advance(30 * MINUTE);
    await under.cycle();
    expect(b.get(atB)).toMatchObject({ city: 'Oslo', 'list/News': 'unsubscribed' });
  });

  test('and whose answer is then lost is looked up by the next cycle', async () => {
    const { a, b, atA, atB, under } = await linkedAnn();
    a.edit(atA, { City: 'Oslo', OptOut: true });
    b.fate = (request) => refuseCity(request) ?? { status: 'unknown', message: 'no answer' };
    expect(await under.cycle()).toMatchObject({ quarantined: 1, unknown: 1, converged: false });
    expect(await under.link.ledger.pendingIntents()).toMatchObject([{ values: { 'list/News': 'unsubscribed' } }]);
    b.fate = refuseCity;

    await under.cycle();

    expect(b.get(atB)).toMatchObject({ city: 'Rome', 'list/News': 'unsubscribed' });
  });

  test('leaves what was refused to people where the process did not live to settle either write', async () => {
    const preferB = { policy: 'prefer', prefer: 'b', unlessBlank: false, unit: 'field' } as const;
    const { a, b, atA, atB, under } = await linkedAnn({ conflicts: preferB });
    a.edit(atA, { City: 'Oslo', OptOut: true });
    b.fate = refuseCity;
    const ledger = { ...under.link.ledger, settle: () => Promise.reject(new Error('killed')) };
    await expect(under.cycle({ link: { ...under.link, ledger } })).rejects.toThrow('killed');
    expect((await under.link.ledger.pendingIntents()).map(({ remoteId }) => remoteId)).toEqual([atB, atB]);
    b.fate = () => undefined;
    b.edit(atB, { city: 'Oslo' });
    a.edit(atA, { City: 'Bern' });

    expect(await under.cycle()).toMatchObject({ resolved: 1, unknown: 0, converged: true });

    expect([a.get(atA)['City'], b.get(atB)]).toMatchObject(['Oslo', { city: 'Oslo', 'list/News': 'unsubscribed' }]);
    const [ann] = await under.link.ledger.linked(undefined, 1);
    const written = (await under.link.ledger.history(ann!.person)).map(({ end, after }) => [end, after]);
    expect(written).toContainEqual(['b', { 'list/News': 'unsubscribed' }]);
  });

  test('goes alone for that record only, and nothing is repeated where no opt-out was refused', async () => {
    const { a, b, atA, under } = await linkedAnn();
    const bob = a.add({ Email: 'bob@x.org', First: 'Bob', City: 'Rome' });
    await under.cycle();
    a.edit(atA, { City: 'Oslo', OptOut: true });
    a.edit(bob, { City: 'Wien' });
    const sent: WriteRequest[] = [];
    b.fate = (request) => {
      sent.push(request);
      return refuseCity(request);
    };

    await under.cycle();

    expect(sent.map(({ values }) => Object.keys(values))).toEqual([
      ['city', 'full', 'list/News'],
      ['city', 'full'],
      ['list/News'],
    ]);
  });
});

describe('E16 a record that is refused at first contact', () => {
  test('leaves quarantine when it is mended', async () => {
    const { a, b } = ends();
    a.add({ Email: 'ann@x.org', First: 'Ann', City: 'Oslo' });
    const atB = b.add({ email: 'ann@x.org', city: 'Rome' });
    under = linkUnderTest(SPECIFICATION, { a, b });
    b.fate = refuseCity;
    await under.cycle();
    expect(await under.link.ledger.quarantined()).toHaveLength(1);
    b.fate = () => undefined;
    under.advance(30 * MINUTE);

    await under.cycle();

    expect(b.get(atB)['city']).toBe('Oslo');
    expect(await under.link.ledger.quarantined()).toEqual([]);
  });
});
