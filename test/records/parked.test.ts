import { afterEach, describe, expect, test } from 'vitest';
import { compileMapping } from '../../src/mapping/compile.ts';
import type { MappingSpecification } from '../../src/mapping/specification.ts';
import { preview } from '../../src/records/cycle.ts';
import { createFingerprints } from '../../src/records/fingerprint.ts';
import type { ActiveLink, ConflictPolicy } from '../../src/records/link.ts';
import { verify } from '../../src/records/verify.ts';
import { FakeEnd, field } from './fake-end.ts';
import { linkUnderTest, type LinkUnderTest } from './link-under-test.ts';

const SPECIFICATION: MappingSpecification = {
  between: { a: 'x/thing', b: 'y/thing' },
  match: [{ a: 'Email', b: 'email', normalize: 'email' }],
  fields: [
    { a: 'Email', b: 'email', flow: 'both' },
    { a: 'City', b: 'city', flow: 'both' },
    { a: 'Phone', b: 'phone', flow: 'both' },
    { a: 'Tags', b: 'tags', flow: 'both' },
  ],
};
const NO_WRITES = { a: { created: 0, updated: 0, deleted: 0 }, b: { created: 0, updated: 0, deleted: 0 } };
const PREFER_B: ConflictPolicy = { policy: 'prefer', prefer: 'b', unlessBlank: false, unit: 'field' };

let under: LinkUnderTest | undefined;
afterEach(async () => under?.dispose());

function ends(): { a: FakeEnd; b: FakeEnd } {
  return {
    a: new FakeEnd([field('Email', { type: 'email' }), field('City'), field('Phone'), field('Tags', { type: 'set' })]),
    b: new FakeEnd([field('email', { type: 'email' }), field('city'), field('phone'), field('tags', { type: 'set' })]),
  };
}

/** Ann at both ends, in step, her city then changed at both. */
async function contested(overrides: Partial<ActiveLink> = {}) {
  const { a, b } = ends();
  const ann = a.add({ Email: 'ann@x.org', City: 'Rome', Phone: '1', Tags: ['p'] });
  under = linkUnderTest(SPECIFICATION, { a, b }, { conflicts: { policy: 'manual' }, ...overrides });
  await under.cycle();
  a.edit(ann, { City: 'Oslo', Phone: '2' });
  b.edit('r1', { city: 'Bern' });
  const parked = await under.cycle();
  return { a, b, ann, parked };
}

/** The link under another mapping, as the next apply would make it. */
function remapped(link: ActiveLink, specification: MappingSpecification, both: Readonly<Record<string, FakeEnd>>): ActiveLink {
  const known = Object.entries(both).map(([name, end]) => [name, new Map(end.fields.map((each) => [each.path, each]))] as const);
  const { mapping } = compileMapping('test', specification, Object.fromEntries(known));
  const readSpecification = JSON.stringify(mapping!.fields.map(({ id }) => id));
  return { ...link, mapping: mapping!, readSpecification, fingerprints: createFingerprints(mapping!, link.keys) };
}

async function decide(take: string): Promise<void> {
  const resolution = { take, at: '2026-01-01T00:00:00.000Z', by: 'ada' };
  const parked = await under!.link.ledger.parked();
  await under!.link.ledger.resolve(parked.map(({ person, field: tag, hash }) => ({ person, field: tag, hash, resolution })));
}

describe.each(['values', 'hashes'] as const)('E17 a conflict that is left to a person (retain: %s)', (retain) => {
  test('is written nowhere, while every other field goes on, and is counted once', async () => {
    const { a, b, ann, parked } = await contested({ retain });
    expect(parked).toMatchObject({ conflicts: 1, resolved: 0, converged: true });
    expect(a.get(ann)).toMatchObject({ City: 'Oslo', Phone: '2' });
    expect(b.get('r1')).toMatchObject({ city: 'Bern', phone: '2' });

    const [waiting] = await under!.link.ledger.parked();
    expect(waiting).toMatchObject({ name: 'City', resolution: undefined, remoteIds: { a: ann, b: 'r1' } });
    expect(waiting!.content).toEqual({
      key: 'ann@x.org',
      values: retain === 'values' ? { a: 'Oslo', b: 'Bern' } : undefined,
    });

    const writes = a.writes + b.writes;
    for (let cycle = 0; cycle < 3; cycle += 1) {
      // Read anew from the start, as an overlap would: the same conflict is found again, and is no news.
      await under!.link.ledger.clearStaged('a');
      expect(await under!.cycle()).toMatchObject({ conflicts: 0, ends: NO_WRITES, converged: true });
    }
    expect(a.writes + b.writes).toBe(writes);
  });

  test('stays while other fields of the record are edited at either end', async () => {
    const { a, b, ann } = await contested({ retain });
    b.edit('r1', { phone: '3' });
    expect(await under!.cycle()).toMatchObject({ conflicts: 0 });
    a.edit(ann, { Tags: ['p', 'q'] });
    expect(await under!.cycle()).toMatchObject({ conflicts: 0 });
    expect(a.get(ann)).toMatchObject({ City: 'Oslo', Phone: '3' });
    expect(b.get('r1')).toMatchObject({ city: 'Bern', tags: ['p', 'q'] });
    expect(await under!.link.ledger.parked()).toHaveLength(1);
  });

  test('is lifted by an edit that makes both ends agree, or takes one of the edits back', async () => {
    const { a, b, ann } = await contested({ retain });
    b.edit('r1', { city: 'Oslo' });
    expect(await under!.cycle()).toMatchObject({ conflicts: 0, ends: NO_WRITES });
    expect(await under!.link.ledger.parked()).toEqual([]);

    a.edit(ann, { City: 'Rome' });
    b.edit('r1', { city: 'Wien' });
    expect(await under!.cycle()).toMatchObject({ conflicts: 1 });
    a.edit(ann, { City: 'Oslo' });
    await under!.cycle();
    expect(a.get(ann)).toMatchObject({ City: 'Wien' });
    expect(await under!.link.ledger.parked()).toEqual([]);
    expect(await under!.cycle()).toMatchObject({ ends: NO_WRITES, converged: true });
  });

  test('is carried out by the next cycle as a person decided', async () => {
    const { a, b, ann } = await contested({ retain });
    await decide('b');
    expect(await under!.cycle()).toMatchObject({ conflicts: 0, resolved: 1, voided: 0, converged: true });
    expect([a.get(ann)['City'], b.get('r1')['city']]).toEqual(['Bern', 'Bern']);
    expect(await under!.link.ledger.parked()).toEqual([]);
    a.edit(ann, { City: 'Oslo' });
    await under!.cycle();
    expect(b.get('r1')).toMatchObject({ city: 'Oslo' });
  });

  test('a decision is void where a value moved since it was shown, and says so', async () => {
    const { a, b, ann } = await contested({ retain });
    const since = (await under!.link.ledger.parked())[0]!.since;
    await decide('b');
    a.edit(ann, { City: 'Wien' });
    expect(await under!.cycle()).toMatchObject({ conflicts: 1, resolved: 0, voided: 1, ends: NO_WRITES });
    expect([a.get(ann)['City'], b.get('r1')['city']]).toEqual(['Wien', 'Bern']);
    expect(await under!.link.ledger.parked()).toMatchObject([{ since, resolution: undefined, voided: 'b' }]);
    expect(await under!.cycle()).toMatchObject({ conflicts: 0, voided: 0 });
  });

  test('a decision whose write was refused is kept, and carried out later', async () => {
    const { a, b, ann } = await contested({ retain });
    await decide('b');
    a.fate = () => ({ status: 'failed', code: 'LOCKED', message: 'busy', retryable: true });
    await under!.cycle();
    expect(await under!.link.ledger.parked()).toMatchObject([{ resolution: { take: 'b' } }]);
    a.fate = () => undefined;
    under!.advance(20 * 60_000);
    await under!.cycle();
    expect([a.get(ann)['City'], b.get('r1')['city']]).toEqual(['Bern', 'Bern']);
    expect(await under!.link.ledger.parked()).toEqual([]);
  });

  test('is decided by another policy as soon as the link has one', async () => {
    const { a, b, ann } = await contested({ retain });
    const link = { ...under!.link, conflicts: PREFER_B };
    expect(await under!.cycle({ link })).toMatchObject({ resolved: 1, conflicts: 0 });
    expect([a.get(ann)['City'], b.get('r1')['city']]).toEqual(['Bern', 'Bern']);
    expect(await link.ledger.parked()).toEqual([]);
  });

  test('does not outlive the connection of its records', async () => {
    const { a, ann } = await contested({ retain });
    a.remove(ann);
    await under!.cycle();
    expect(await under!.link.ledger.parked()).toEqual([]);
  });
});

describe('E17 what others see of a parked conflict', () => {
  test('two values at first contact wait for a person, and the plan says so', async () => {
    const { a, b } = ends();
    a.add({ Email: 'ann@x.org', City: 'Oslo' });
    b.add({ email: 'ann@x.org', city: 'Bern' });
    under = linkUnderTest(SPECIFICATION, { a, b }, { conflicts: { policy: 'manual' } });
    const planned = async (cause: 'new' | 'none') =>
      (await preview({ ...under!.link, ledger: under!.previewLedger().link('Link/test') }, cause, 10)).assessment;

    const before = await planned('new');
    expect(before).toMatchObject({
      conflictCount: 1,
      conflicts: [{ field: 'City', winner: null, values: { a: 'Oslo', b: 'Bern' } }],
    });
    expect(await under.cycle()).toMatchObject({ conflicts: 1, ends: NO_WRITES });
    const afterwards = await planned('none');
    expect(afterwards).toMatchObject({ conflictCount: 0, skipped: [{ reason: 'conflict', count: 1, keys: ['ann@x.org'] }] });
  });

  test('verify lists it as held, and neither as a difference nor as agreement', async () => {
    const { b } = await contested();
    const verified = () => verify({ ...under!.link, ledger: under!.previewLedger().link('Link/test') });
    expect(await verified()).toMatchObject({ agreeing: 0, differing: [], held: [{ key: 'ann@x.org', reason: 'conflict' }] });
    b.edit('r1', { phone: '9' });
    expect(await verified()).toMatchObject({ differing: [{ field: 'Phone' }], held: [{ reason: 'conflict' }] });
  });

  test('a field that an end spells in its own way stays agreed while another one waits', async () => {
    const { a, b } = ends();
    b.normalise = (path, value) => (path === 'phone' && typeof value === 'string' ? `+${value.replace('+', '')}` : value);
    const ann = a.add({ Email: 'ann@x.org', City: 'Rome', Phone: '1' });
    under = linkUnderTest(SPECIFICATION, { a, b }, { conflicts: { policy: 'manual' } });
    await under.cycle();
    a.edit(ann, { City: 'Oslo' });
    b.edit('r1', { city: 'Bern' });
    await under.cycle();
    expect(a.get(ann)).toMatchObject({ Phone: '1' });
    expect(await verify({ ...under.link, ledger: under.previewLedger().link('Link/test') })).toMatchObject({ differing: [] });
  });
});

describe('E6 sets in the ledger', () => {
  test('additions and removals of both ends meet, and the next cycle writes nothing', async () => {
    const { a, b } = ends();
    const ann = a.add({ Email: 'ann@x.org', Tags: ['p', 'q'] });
    b.add({ email: 'ann@x.org', tags: ['r'] });
    under = linkUnderTest(SPECIFICATION, { a, b });
    await under.cycle();
    expect([a.get(ann)['Tags'], b.get('r1')['tags']]).toEqual([['p', 'q', 'r'], ['p', 'q', 'r']]); // prettier-ignore

    a.edit(ann, { Tags: ['q', 'r', 's'] });
    b.edit('r1', { tags: ['p', 'q', 't'] });
    expect(await under.cycle()).toMatchObject({ resolved: 0 });
    expect([a.get(ann)['Tags'], b.get('r1')['tags']]).toEqual([['q', 's', 't'], ['q', 's', 't']]); // prettier-ignore
    expect(await under.cycle()).toMatchObject({ ends: NO_WRITES, converged: true });
  });

  test('an element that an end drops starts no ping-pong', async () => {
    const { a, b } = ends();
    b.normalise = (path, value) => (path === 'tags' && Array.isArray(value) ? value.filter((tag) => tag !== 'no') : value);
    const ann = a.add({ Email: 'ann@x.org', Tags: ['no', 'p'] });
    under = linkUnderTest(SPECIFICATION, { a, b });
    await under.cycle();
    b.edit('r1', { tags: ['p', 'q'] });
    await under.cycle();
    expect([a.get(ann)['Tags'], b.get('r1')['tags']]).toEqual([['no', 'p', 'q'], ['p', 'q']]); // prettier-ignore
    expect(await under.cycle()).toMatchObject({ ends: NO_WRITES, converged: true });
  });
});

describe('E6 a field that is switched off', () => {
  test('is neither read nor written, and is met as if for the first time when it is switched on again', async () => {
    const { a, b } = ends();
    const ann = a.add({ Email: 'ann@x.org', City: 'Rome', Phone: '1' });
    under = linkUnderTest(SPECIFICATION, { a, b });
    await under.cycle();

    const off = SPECIFICATION.fields.map((entry) => (entry['a'] === 'City' ? { ...entry, flow: 'off' } : entry));
    const without = remapped(under.link, { ...SPECIFICATION, fields: off }, { a, b });
    await under.cycle({ link: without });
    a.edit(ann, { City: 'Oslo', Phone: '2' });
    await under.cycle({ link: without });
    expect(b.get('r1')).toMatchObject({ city: 'Rome', phone: '2' });

    // Only one end was edited meanwhile; but what was agreed before says nothing any more, so the policy decides.
    const again = { ...remapped(under.link, SPECIFICATION, { a, b }), conflicts: PREFER_B };
    expect(await under.cycle({ link: again })).toMatchObject({ resolved: 1 });
    expect([a.get(ann)['City'], b.get('r1')['city']]).toEqual(['Rome', 'Rome']);
  });

  test('is forgotten also of records that no cycle could settle meanwhile', async () => {
    const { a, b } = ends();
    const ann = a.add({ Email: 'ann@x.org', City: 'Rome' });
    under = linkUnderTest(SPECIFICATION, { a, b });
    await under.cycle();
    const tag = under.link.fingerprints.tag(under.link.mapping.fields.find(({ name }) => name === 'City')!.id);
    const agreedOn = async () => (await under!.link.ledger.agreedByRemoteId('a', [ann])).get(ann)!.fields.has(tag);
    expect(await agreedOn()).toBe(true);

    await under.link.ledger.keepFields(under.link.fingerprints.tags.filter((other) => other !== tag));
    expect(await agreedOn()).toBe(false);
    await under.link.ledger.keepFields(under.link.fingerprints.tags);
    expect(await agreedOn()).toBe(false);
  });
});
