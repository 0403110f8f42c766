import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { QUICK_FOLDER } from '../quick-folder.ts';
import type { MappingSpecification } from '../../src/mapping/specification.ts';
import { runCycle, type CycleResult } from '../../src/records/cycle.ts';
import { createFingerprints } from '../../src/records/fingerprint.ts';
import { rehashing } from '../../src/records/rehash.ts';
import { SUPPRESSION_LIST, type KeyRotation, type RotatedKey } from '../../src/storage/key-rotation.ts';
import { createKeyRing, generateKey, type Key } from '../../src/storage/keys.ts';
import type { Ledger } from '../../src/storage/ledger.ts';
import { openLocalLedger } from '../../src/storage/local/ledger.ts';
import { FakeEnd, field } from './fake-end.ts';
import { activeLink, type LinkOverrides } from './link-under-test.ts';

const SPECIFICATION: MappingSpecification = {
  between: { a: 'x/thing', b: 'y/thing' },
  match: [{ a: 'Email', b: 'email', normalize: 'email' }],
  fields: [
    { a: 'Email', b: 'email', flow: 'both' },
    { a: 'City', b: 'city', flow: 'both' },
    { a: 'Phone', b: 'phone', flow: 'to-b' },
    { a: 'Tags', b: 'tags', flow: 'both' },
  ],
  consent: [{ purpose: 'news', channel: 'email', a: 'OptOut', b: 'list/News', authority: 'b' }],
};
const [former, fresh] = [generateKey(), generateKey()];

let folder: string;
let ledger: Ledger;
let a: FakeEnd;
let b: FakeEnd;
let now: number;
let runs: number;

function open(keys: readonly Key[]): Ledger {
  ledger = openLocalLedger({ path: join(folder, 'ledger.sqlite'), keys: createKeyRing(keys), mode: 'write' });
  return ledger;
}

function link(overrides: LinkOverrides = {}) {
  const clock = { now: () => now, sleep: async () => undefined };
  return activeLink(SPECIFICATION, { a, b }, ledger, ledger.keysOf('Link/test'), {
    clock,
    conflicts: { policy: 'manual' },
    newPersonId: () => `person-${(runs * 1000 + Math.floor((now += 1) % 1000)).toString()}`,
    ...overrides,
  });
}

async function cycle(overrides: LinkOverrides = {}): Promise<CycleResult> {
  now += 60_000;
  runs += 1;
  return runCycle(link(overrides), { run: `run-${runs}`, allow: {}, sweep: false });
}

/** Rotates to the fresh key, with rows hashed anew by the link's own mapping. */
async function rotate(overrides: LinkOverrides = {}, rehash?: KeyRotation['rehash']): Promise<RotatedKey> {
  const { mapping, ends } = link(overrides);
  await ledger.close();
  open([fresh, former]);
  const scopes = Object.fromEntries(ends.map(({ name, scope }) => [name, scope]));
  const rotated = await ledger.rotateKey({
    keyId: fresh.id,
    rehash:
      rehash ??
      ((_, from, to) =>
        rehashing(
          mapping,
          { keys: from, fingerprints: createFingerprints(mapping, from, scopes) },
          { keys: to, fingerprints: createFingerprints(mapping, to, scopes) },
        )),
  });
  await ledger.close();
  return rotated;
}

function writes(): number {
  return a.writes + b.writes;
}

beforeEach(() => {
  folder = mkdtempSync(join(QUICK_FOLDER, 'syncline-rotation-'));
  now = Date.UTC(2026, 0, 1);
  runs = 0;
  a = new FakeEnd([
    field('Email', { type: 'email' }),
    field('City'),
    field('Phone'),
    field('Tags', { type: 'set' }),
    field('OptOut', { type: 'boolean', optedOutWhen: true }),
  ]);
  b = new FakeEnd([
    field('email', { type: 'email' }),
    field('city'),
    field('phone'),
    field('tags', { type: 'set' }),
    field('list/News', { type: 'consent' }),
  ]);
  a.normalise = (path, value) => (path === 'OptOut' ? (value ?? false) : value);
  open([former]);
});

afterEach(async () => {
  await ledger.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('E8 a rotated key', () => {
  test('replaces the former one everywhere: a full read changes nothing, and the former key opens nothing', async () => {
    for (const name of ['ann', 'bob']) a.add({ Email: `${name}@x.org`, City: 'Rome', Tags: ['p', 'q'] });
    await cycle({ enter: { a: { criteria: `a.City != ""` } } });
    const enter = { a: { criteria: `a.City != ""` } };
    const person = (await ledger.link('Link/test').linked(undefined, 1))[0]!.person;

    expect(await rotate({ enter })).toMatchObject({ formerId: former.id, keyId: fresh.id, kept: [] });

    expect(() => openLocalLedger({ path: join(folder, 'ledger.sqlite'), keys: createKeyRing([former]), mode: 'write' })).toThrow(
      expect.objectContaining({ code: 'STORAGE_KEY_MISSING', message: expect.stringContaining(fresh.id) as string }),
    );
    open([fresh]);
    const before = writes();
    expect(await cycle({ enter, readSpecification: 'read all' })).toMatchObject({ converged: true });
    const { staged } = (await ledger.link('Link/test').subjects(['a', 'b'], undefined, 9, new Date(now).toISOString()))[0] ?? {};
    expect([writes(), staged]).toEqual([before, undefined]);
    expect((await ledger.link('Link/test').history(person))[0]).toMatchObject({ action: 'create', after: { city: 'Rome' } });
  });

  test('leaves the changes that wait, and undoes none: edits of before and removed elements are carried over after', async () => {
    const ann = a.add({ Email: 'ann@x.org', City: 'Rome', Tags: ['p', 'q'] });
    await cycle();
    a.edit(ann, { Tags: ['p'] });
    b.fate = () => ({ status: 'failed', code: 'NO', message: 'no', retryable: false }) as never;
    expect(await cycle()).toMatchObject({ quarantined: 1 });
    b.fate = () => undefined;

    await rotate();
    open([fresh]);
    now += 30 * 3_600_000;
    await cycle();

    expect([a.get(ann)['Tags'], b.get('r1')['tags']]).toEqual([['p'], ['p']]);
  });

  test('keeps a conflict as it was decided', async () => {
    const ann = a.add({ Email: 'ann@x.org', City: 'Rome' });
    await cycle();
    a.edit(ann, { City: 'Oslo' });
    b.edit('r1', { city: 'Bern' });
    await cycle();
    const [parked] = await ledger.link('Link/test').parked();
    const resolution = { take: 'b', at: '2026-01-01T00:00:00.000Z', by: 'ada' };
    await ledger.link('Link/test').resolve([{ person: parked!.person, field: parked!.field, hash: parked!.hash, resolution }]);

    await rotate();
    open([fresh]);
    expect(await cycle()).toMatchObject({ resolved: 1, conflicts: 0 });

    expect([a.get(ann)['City'], b.get('r1')['city']]).toEqual(['Bern', 'Bern']);
  });

  test('goes on knowing a field that goes back and forth', async () => {
    a.add({ Email: 'ann@x.org', Phone: 'ours' });
    await cycle();
    for (let round = 0; round < 3; round += 1) {
      b.edit('r1', { phone: 'theirs' });
      await cycle();
    }
    const before = writes();

    await rotate();
    open([fresh]);
    b.edit('r1', { phone: 'theirs' });
    await cycle();

    expect(writes()).toBe(before);
    expect((await ledger.link('Link/test').parked()).map(({ name }) => name)).toEqual(['phone']);
  });

  test('goes on knowing an opt-out, under the key that made it', async () => {
    const ann = a.add({ Email: 'ann@x.org', OptOut: true });
    await cycle();

    const rotated = await rotate();
    expect(rotated.kept).toEqual([{ keyId: former.id, use: SUPPRESSION_LIST }]);
    expect(() => open([fresh])).toThrow(expect.objectContaining({ code: 'STORAGE_KEY_MISSING' }));
    open([fresh, former]);
    const before = writes();
    await cycle({ readSpecification: 'read all' });
    expect(writes()).toBe(before);

    a.remove(ann);
    b.remove('r1');
    await cycle();
    a.add({ Email: 'ann@x.org' });
    await cycle();
    expect(b.live().map((record) => record['list/News'])).toEqual(['unsubscribed']);
  });

  test.each(['hashes', 'unproven'] as const)(
    'stays beside the former one for a link whose values prove nothing (%s)',
    async (why) => {
      const retain = why === 'hashes' ? 'hashes' : 'values';
      const ann = a.add({ Email: 'ann@x.org', City: 'Rome' });
      await cycle({ retain });

      const rotated = await rotate({ retain }, () => (why === 'hashes' ? undefined : () => undefined));
      expect(rotated.kept).toEqual([{ keyId: former.id, use: 'Link/test' }]);

      open([fresh, former]);
      const before = writes();
      await cycle({ retain, readSpecification: 'read all' });
      expect(writes()).toBe(before);
      a.edit(ann, { City: 'Oslo' });
      await cycle({ retain });
      expect([b.get('r1')['city'], writes()]).toEqual(['Oslo', before + 1]);
    },
  );

  test('is taken back whole where it fails, also half-way through', async () => {
    for (const name of ['ann', 'bob']) a.add({ Email: `${name}@x.org`, City: 'Rome' });
    await cycle();
    let calls = 0;
    const failing: KeyRotation['rehash'] = () => (rows) => {
      calls += 1;
      if (calls === 2) throw new Error('the process ends here');
      return rows;
    };

    await expect(rotate({}, failing)).rejects.toThrow('ends here');
    await ledger.close();

    open([former]);
    const before = writes();
    await cycle({ readSpecification: 'read all' });
    expect(writes()).toBe(before);
  });

  test('waits for calls that were not answered', async () => {
    a.add({ Email: 'ann@x.org' });
    await cycle();
    const place = { integration: 'b', object: 'thing', at: '2026-01-01T00:00:00.000Z' };
    const decided = {
      journal: { generation: 1, fields: {}, before: undefined, reason: 'changed' },
      subject: 's',
      key: 'k',
      staged: [],
      source: undefined,
    };
    await ledger
      .link('Link/test')
      .openIntents('run', 'run/b/1', place, [
        { end: 'b', action: 'update', person: 'p', remoteId: 'r1', externalId: undefined, values: {}, decided } as never,
      ]);

    await expect(rotate()).rejects.toMatchObject({
      code: 'KEY_ROTATION_UNSETTLED',
      hint: expect.stringContaining('syncline sync Link/test') as string,
    });
  });
});
