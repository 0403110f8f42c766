import { afterEach, describe, expect, test } from 'vitest';
import type { MappingSpecification } from '../../src/mapping/specification.ts';
import { ProviderError } from '../../src/model/errors.ts';
import { preview, runCycle } from '../../src/records/cycle.ts';
import { verify } from '../../src/records/verify.ts';
import { FakeEnd, field } from './fake-end.ts';
import { linkUnderTest, type LinkUnderTest } from './link-under-test.ts';

const NEWS = { purpose: 'news', channel: 'email', a: 'OptOut', b: 'list/News', authority: 'b' };

function specificationOf(consent: MappingSpecification['consent'] = [NEWS]): MappingSpecification {
  return {
    between: { a: 'x/thing', b: 'y/thing' },
    match: [{ a: 'Email', b: 'email', normalize: 'email' }],
    fields: [
      { a: 'Email', b: 'email', flow: 'both' },
      { a: 'First', b: 'first', flow: 'both' },
    ],
    consent: consent!,
  };
}

function ends() {
  const a = new FakeEnd([
    field('Email', { type: 'email' }),
    field('First'),
    field('OptOut', { type: 'boolean', optedOutWhen: true }),
    field('NoOffers', { type: 'boolean' }),
  ]);
  const b = new FakeEnd([
    field('email', { type: 'email' }),
    field('first'),
    field('list/News', { type: 'consent' }),
    field('list/Offers', { type: 'consent' }),
  ]);
  a.normalise = (path, value) => (path === 'OptOut' || path === 'NoOffers' ? (value ?? false) : value);
  return { a, b };
}

let under: LinkUnderTest | undefined;
afterEach(async () => under?.dispose());

describe('E7 an opt-out stays with its address and follows its person', () => {
  test('through a change of address that clears the flags at both ends', async () => {
    const { a, b } = ends();
    const ann = a.add({ Email: 'ann@x.org', First: 'Ann', OptOut: true });
    under = linkUnderTest(specificationOf(), { a, b });
    await under.cycle();
    a.edit(ann, { Email: 'ann@new.org', OptOut: false });
    b.edit('r1', { email: 'ann@new.org', 'list/News': 'subscribed' });

    await under.cycle();
    expect([a.get(ann)['OptOut'], b.get('r1')['list/News']]).toEqual([true, 'unsubscribed']);

    a.remove(ann);
    b.remove('r1');
    await under.cycle();
    for (const address of ['ann@x.org', 'ann@new.org']) a.add({ Email: address, First: 'Next' });
    await under.cycle();
    expect(b.live().map((record) => record['list/News'])).toEqual(['unsubscribed', 'unsubscribed']);
    expect(a.live().map((record) => record['OptOut'])).toEqual([true, true]);
  });

  test('also where a link keeps hashes only', async () => {
    const { a, b } = ends();
    const ann = a.add({ Email: 'ann@x.org', First: 'Ann', OptOut: true });
    under = linkUnderTest(specificationOf(), { a, b }, { retain: 'hashes' });
    await under.cycle();
    a.edit(ann, { Email: 'ann@new.org', OptOut: false });
    b.edit('r1', { email: 'ann@new.org', 'list/News': 'subscribed' });
    await under.cycle();
    expect([a.get(ann)['OptOut'], b.get('r1')['list/News']]).toEqual([true, 'unsubscribed']);
  });

  test('onto somebody who takes the address over', async () => {
    const { a, b } = ends();
    const ann = a.add({ Email: 'ann@x.org', First: 'Ann', OptOut: true });
    const ben = a.add({ Email: 'ben@x.org', First: 'Ben' });
    under = linkUnderTest(specificationOf(), { a, b });
    await under.cycle();
    a.edit(ann, { Email: 'ann@new.org' });
    await under.cycle();
    a.edit(ben, { Email: 'ann@x.org' });
    await under.cycle();
    expect(a.get(ben)['OptOut']).toBe(true);
    expect(b.live().every((record) => record['list/News'] === 'unsubscribed')).toBe(true);
  });

  test.each(['values', 'hashes'] as const)(
    'onto whoever is linked under it, from another record of the address (%s)',
    async (retain) => {
      const { a, b } = ends();
      const ann = a.add({ Email: 'ann@x.org', First: 'Ann' });
      a.add({ Email: 'ben@x.org', First: 'Ben' });
      under = linkUnderTest(specificationOf(), { a, b }, { retain });
      await under.cycle();
      a.add({ Email: 'ANN@x.org', First: 'Annie', OptOut: true });
      await under.cycle();
      expect([a.get(ann)['OptOut'], b.get('r1')['list/News'], b.get('r2')['list/News']]).toEqual([true, 'unsubscribed', null]);
      const writes = a.writes + b.writes;
      expect((await under.cycle()).converged).toBe(true);
      expect(a.writes + b.writes).toBe(writes);

      b.edit('r1', { 'list/News': 'subscribed' });
      await under.cycle();
      await under.cycle();
      expect([a.get(ann)['OptOut'], b.get('r1')['list/News']]).toEqual([false, 'subscribed']);
    },
  );

  test('onto whoever is linked under it, from a record whose partner was deleted, but not for ever', async () => {
    const { a, b } = ends();
    const ann = a.add({ Email: 'ann@x.org', First: 'Ann' });
    a.add({ Email: 'ben@x.org', First: 'Ben' });
    under = linkUnderTest(specificationOf(), { a, b });
    await under.cycle();
    a.remove(ann);
    await under.cycle();
    b.edit('r1', { email: 'ben@x.org', 'list/News': 'unsubscribed' });
    await under.cycle();
    expect([a.get('r2')['OptOut'], b.get('r2')['list/News']]).toEqual([true, 'unsubscribed']);
    b.edit('r2', { 'list/News': 'subscribed' });
    await under.cycle();
    b.edit('r1', {});
    await under.cycle();
    expect([a.get('r2')['OptOut'], b.get('r2')['list/News']]).toEqual([false, 'subscribed']);
  });

  test('from a record that nobody could decide about', async () => {
    const { a, b } = ends();
    const one = a.add({ Email: 'ann@x.org', First: 'Ann', OptOut: true });
    const two = a.add({ Email: 'ANN@x.org', First: 'Annie' });
    under = linkUnderTest(specificationOf(), { a, b });
    await under.cycle();
    expect(a.writes + b.writes).toBe(0);
    a.remove(one);
    a.remove(two);
    await under.cycle();
    a.add({ Email: 'ann@x.org', First: 'Back' });
    await under.cycle();
    expect(b.live()).toMatchObject([{ first: 'Back', 'list/News': 'unsubscribed' }]);
  });

  test('with a record that nobody could decide about, which took it back before it moved', async () => {
    const { a, b } = ends();
    const one = a.add({ Email: 'ann@x.org', First: 'Ann', OptOut: true });
    a.add({ Email: 'ANN@x.org', First: 'Annie' });
    under = linkUnderTest(specificationOf(), { a, b });
    await under.cycle();
    a.edit(one, { OptOut: false });
    await under.cycle();
    a.edit(one, { Email: 'ann@new.org' });
    await under.cycle();
    expect(a.get(one)['OptOut']).toBe(true);
    expect(b.live().map((record) => record['list/News'])).toEqual(['unsubscribed', 'unsubscribed']);
  });

  test('where the record that showed it could not be created at the other end', async () => {
    const { a, b } = ends();
    const ann = a.add({ Email: 'ann@x.org', First: 'Ann', OptOut: true });
    b.fate = (request) =>
      request.values['first'] === 'Ann' ? { status: 'failed', code: 'REFUSED', message: 'no', retryable: false } : undefined;
    under = linkUnderTest(specificationOf(), { a, b });
    await under.cycle();
    a.remove(ann);
    await under.cycle();
    a.add({ Email: 'ann@x.org', First: 'Back' });
    await under.cycle();
    expect(b.live()).toMatchObject([{ first: 'Back', 'list/News': 'unsubscribed' }]);
  });

  test('also where it was given after the partner had been deleted', async () => {
    const { a, b } = ends();
    const ann = a.add({ Email: 'ann@x.org', First: 'Ann' });
    under = linkUnderTest(specificationOf(), { a, b });
    await under.cycle();
    a.remove(ann);
    await under.cycle();
    b.edit('r1', { 'list/News': 'unsubscribed' });
    await under.cycle();
    b.edit('r1', { email: 'elsewhere@x.org' });
    const next = a.add({ Email: 'ann@x.org', First: 'Next' });
    await under.cycle();
    expect(a.get(next)['OptOut']).toBe(true);
    expect(b.live()).toMatchObject([{ first: 'Ann' }, { first: 'Next', 'list/News': 'unsubscribed' }]);
  });

  test('a flag that became invisible is no opt-in', async () => {
    const { a, b } = ends();
    const ann = a.add({ Email: 'ann@x.org', First: 'Ann', OptOut: true });
    under = linkUnderTest(specificationOf([{ ...NEWS, authority: 'a' }]), { a, b });
    await under.cycle();
    a.normalise = (_path, value) => value;
    a.edit(ann, { OptOut: null });
    await under.cycle();
    expect(b.get('r1')['list/News']).toBe('unsubscribed');

    a.edit(ann, { OptOut: true });
    await under.cycle();
    a.edit(ann, { OptOut: false });
    await under.cycle();
    expect(b.get('r1')['list/News']).toBe('subscribed');
  });

  test('nobody comes back who was erased', async () => {
    const { a, b } = ends();
    const ann = a.add({ Email: 'ann@x.org', First: 'Ann', OptOut: true });
    under = linkUnderTest(specificationOf(), { a, b });
    await under.cycle();
    const address = under.link.fingerprints.address(under.link.mapping.consent[0]!, 'a', a.get(ann))!;
    const entry = { address, channel: 'email', purpose: 'news', at: '2026-01-01T00:00:00.000Z' };
    await under.link.ledger.suppress([{ ...entry, state: 'erased' }]);
    await under.link.ledger.suppress([
      { ...entry, state: 'unsubscribed' },
      { ...entry, state: 'released' },
    ]);
    b.edit('r1', { 'list/News': 'subscribed' });
    await under.cycle();
    expect([a.get(ann)['OptOut'], b.get('r1')['list/News']]).toEqual([true, 'unsubscribed']);
  });

  test('an opt-in whose write was refused is released with the write, and not before', async () => {
    const { a, b } = ends();
    const ann = a.add({ Email: 'ann@x.org', First: 'Ann', OptOut: true });
    under = linkUnderTest(specificationOf(), { a, b });
    await under.cycle();
    const consent = under.link.mapping.consent[0]!;
    const remembered = async () =>
      (await under!.link.ledger.suppressed([under!.link.fingerprints.address(consent, 'a', a.get(ann))!], 'email', 'news')).size;
    a.fate = () => ({ status: 'failed', code: 'LOCKED', message: 'busy', retryable: true });
    b.edit('r1', { 'list/News': 'subscribed' });
    await under.cycle();
    expect([a.get(ann)['OptOut'], await remembered()]).toEqual([true, 1]);

    a.fate = () => undefined;
    under.advance(20 * 60_000);
    await under.cycle();
    expect([a.get(ann)['OptOut'], b.get('r1')['list/News'], await remembered()]).toEqual([false, 'subscribed', 0]);
  });

  test('an opt-in under the address of before is none for the new one, however often its change fails', async () => {
    const { a, b } = ends();
    const ann = a.add({ Email: 'ann@x.org', First: 'Ann', OptOut: true });
    under = linkUnderTest(specificationOf(), { a, b });
    await under.cycle();
    b.edit('r1', { 'list/News': 'subscribed' });
    a.edit(ann, { Email: 'ann@new.org' });
    b.refusal = () => new ProviderError('PROVIDER_UNAVAILABLE', 'busy', { integration: 'b', retryable: true });
    await expect(under.cycle()).rejects.toThrow('busy');
    await expect(under.cycle()).rejects.toThrow('busy');
    b.refusal = () => undefined;

    await under.cycle();

    expect(a.get(ann)).toMatchObject({ Email: 'ann@new.org', OptOut: true });
    expect(b.get('r1')).toMatchObject({ email: 'ann@new.org', 'list/News': 'unsubscribed' });
    // Under the new address it counts.
    b.edit('r1', { 'list/News': 'subscribed' });
    await under.cycle();
    expect(a.get(ann)['OptOut']).toBe(false);
  });

  test('purposes are remembered apart', async () => {
    const { a, b } = ends();
    const offers = {
      purpose: 'offers',
      channel: 'email',
      a: 'NoOffers',
      b: 'list/Offers',
      authority: 'b',
      optedOutWhen: { a: true },
    };
    const ann = a.add({ Email: 'ann@x.org', First: 'Ann', NoOffers: true });
    under = linkUnderTest(specificationOf([NEWS, offers]), { a, b });
    await under.cycle();
    expect(b.get('r1')).toMatchObject({ 'list/Offers': 'unsubscribed', 'list/News': null });
    expect(a.get(ann)).toMatchObject({ OptOut: false, NoOffers: true });
  });
});

describe('B2 consent that flows one way', () => {
  test("the other end's own opt-out is neither carried nor overwritten, and is listed", async () => {
    const { a, b } = ends();
    const ann = a.add({ Email: 'ann@x.org', First: 'Ann' });
    b.add({ email: 'ann@x.org', first: 'Ann', 'list/News': 'subscribed' });
    under = linkUnderTest(specificationOf([{ ...NEWS, flow: 'to-a' }]), { a, b });
    await under.cycle();
    a.edit(ann, { OptOut: true });
    await under.cycle();
    expect([a.get(ann)['OptOut'], b.get('r1')['list/News']]).toEqual([true, 'subscribed']);

    b.edit('r1', { 'list/News': 'unsubscribed' });
    await under.cycle();
    b.edit('r1', { 'list/News': 'subscribed' });
    await under.cycle();
    expect([a.get(ann)['OptOut'], b.get('r1')['list/News']]).toEqual([true, 'subscribed']);
    const found = await verify({ ...under.link, ledger: under.previewLedger().link('Link/test') });
    expect(found.differing).toEqual([]);
    expect(found.held).toEqual([{ key: 'ann@x.org', reason: 'opted out of news at this end only' }]);
    a.edit(ann, { First: 'Anna' });
    const planned = await preview({ ...under.link, ledger: under.previewLedger().link('Link/test') }, 'scope', 5);
    expect(planned.assessment.skipped).toEqual([{ end: 'a', reason: 'own-opt-out', count: 1, keys: ['ann@x.org'] }]);
    expect(planned.assessment.records).toMatchObject([{ end: 'b', fields: { first: { after: 'Anna' } } }]);

    a.edit(ann, { OptOut: false });
    await under.cycle();
    expect(a.get(ann)['OptOut']).toBe(false);
  });

  test("the source's opt-out and opt-in reach it", async () => {
    const { a, b } = ends();
    const ann = a.add({ Email: 'ann@x.org', First: 'Ann' });
    b.add({ email: 'ann@x.org', first: 'Ann', 'list/News': 'subscribed' });
    under = linkUnderTest(specificationOf([{ ...NEWS, flow: 'to-a' }]), { a, b });
    await under.cycle();
    b.edit('r1', { 'list/News': 'unsubscribed' });
    await under.cycle();
    expect(a.get(ann)['OptOut']).toBe(true);
    b.edit('r1', { 'list/News': 'subscribed' });
    await under.cycle();
    expect(a.get(ann)['OptOut']).toBe(false);
  });
});

describe('E4 guards of a cycle', () => {
  test('an allowance lets one set of changes pass once', async () => {
    const { a, b } = ends();
    const ann = a.add({ Email: 'ann@x.org', First: 'Ann', OptOut: true });
    under = linkUnderTest(specificationOf(), { a, b }, { guards: { optIns: 0 } });
    await under.cycle();
    const optIn = async (allow: Record<string, string>) => {
      b.edit('r1', { 'list/News': 'subscribed' });
      return runCycle(under!.link, { run: 'r', allow, sweep: false }).catch((error: unknown) => error as { hint: string });
    };
    const refused = (await optIn({})) as { hint: string };
    const digest = /--allow optIns=([0-9a-f]{12})/.exec(refused.hint)![1]!;
    expect(a.get(ann)['OptOut']).toBe(true);

    await optIn({ optIns: digest });
    expect(a.get(ann)['OptOut']).toBe(false);

    b.edit('r1', { 'list/News': 'unsubscribed' });
    await runCycle(under.link, { run: 'r', allow: {}, sweep: false });
    expect(await optIn({ optIns: digest })).toMatchObject({ code: 'RECORD_GUARD' });
    expect(a.get(ann)['OptOut']).toBe(true);
  });

  test('a sweep stops where an end lacks too many of its linked records', async () => {
    const { a, b } = ends();
    const ids = ['ann', 'bob', 'eve'].map((name) => a.add({ Email: `${name}@x.org`, First: name }));
    under = linkUnderTest(specificationOf(), { a, b }, { guards: { missing: 1 } });
    await under.cycle();
    for (const id of ids.slice(1)) a.records.delete(id);
    await expect(under.cycle({ sweep: true })).rejects.toMatchObject({
      code: 'RECORD_GUARD',
      message: expect.stringContaining('missing: 2 found, 1 allowed'),
    });
    expect((await under.link.ledger.waiting()).length).toBe(0);
  });
});
