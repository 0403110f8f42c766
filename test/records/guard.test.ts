import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ceilingOf,
  createGuardTally,
  DEFAULT_GUARDS,
  enforceCeiling,
  enforceGuards,
  judge,
  limitOf,
  remainingCeiling,
  type Guard,
  type GuardLimits,
} from '../../src/records/guard.ts';
import type { Assessment } from '../../src/records/assess.ts';
import type { ActiveLink } from '../../src/records/link.ts';

const GUARDS = Object.keys(DEFAULT_GUARDS) as Guard[];
const RUNNING = { linked: 10_000, running: true };
const PLANNED = { linked: 10_000, running: false };

function countsOf(found: Partial<Record<Guard, number>>, salt = 0) {
  const tally = createGuardTally('Link/contacts', salt);
  for (const guard of GUARDS) for (let index = 0; index < (found[guard] ?? 0); index += 1) tally.add(guard, `sf ${index}`);
  return tally.counts();
}

function refusalOf(limits: GuardLimits, found: Partial<Record<Guard, number>>, allowed = {}, declared = {}) {
  try {
    return enforceGuards('Link/contacts', judge(countsOf(found), limits, RUNNING), { command: allowed, declared }, 'sync');
  } catch (error) {
    return error as { code: string; message: string; hint: string };
  }
}

describe('E6 limits of guards', () => {
  test.each<[Guard, number | string | undefined, typeof RUNNING, number | undefined]>([
    ['deletes', undefined, RUNNING, undefined],
    ['deletes', 7, RUNNING, 7],
    ['deletes', 0, PLANNED, 0],
    ['deletes', 'none', RUNNING, undefined],
    ['deletes', '10%', RUNNING, 1000],
    ['deletes', '10%', PLANNED, 1000],
    ['deletes', '0.5%', { linked: 1, running: true }, 10],
    ['optIns', '1%', { linked: 0, running: false }, 10],
    ['updates', '50%', RUNNING, 5000],
    ['updates', '50%', PLANNED, undefined],
    ['creates', '100%', PLANNED, undefined],
    ['clears', '10%', PLANNED, undefined],
    ['clears', 3, PLANNED, 3],
  ])('%s of %j with %j come to %j', (guard, limit, base, expected) => {
    expect(limitOf(guard, limit, base)).toBe(expected);
  });

  test('a few opt-ins pass by default, an avalanche does not', () => {
    expect(judge(countsOf({ optIns: 10 }), DEFAULT_GUARDS, { linked: 50, running: true })).toEqual([]);
    expect(judge(countsOf({ optIns: 11 }), DEFAULT_GUARDS, { linked: 50, running: true })).toMatchObject([
      { guard: 'optIns', found: 11, limit: 10 },
    ]);
  });

  test('a first sync under its plan trips over no default', () => {
    const found = { creates: 3000, updates: 3000, clears: 3000 };
    expect(judge(countsOf(found), DEFAULT_GUARDS, { linked: 0, running: false })).toEqual([]);
  });

  test('whoever finds more than a limit is stopped, and nobody else', () => {
    const counts = fc.record({ deletes: fc.nat(30), creates: fc.nat(30), optIns: fc.nat(30) });
    fc.assert(
      fc.property(counts, counts, (found, limits) => {
        const stopped = judge(countsOf(found), limits, RUNNING).map(({ guard }) => guard);
        const keys = ['deletes', 'creates', 'optIns'] as const;
        expect(stopped.toSorted()).toEqual(keys.filter((guard) => found[guard] > limits[guard]).toSorted());
      }),
    );
  });
});

describe('E4 what a guard lets pass', () => {
  test('nothing but what its digest names, guard by guard', () => {
    const refusal = refusalOf({ deletes: 1, optIns: 0 }, { deletes: 3, optIns: 1 }) as {
      code: string;
      message: string;
      hint: string;
    };
    const flags = Object.fromEntries(
      [...refusal.hint.matchAll(/--allow (\w+)=([0-9a-f]{12})/g)].map(([, guard, digest]) => [guard, digest!]),
    );

    expect(refusal.code).toBe('RECORD_GUARD');
    expect(refusal.message).toContain('deletes: 3 found, 1 allowed; optIns: 1 found, 0 allowed');
    expect(refusal.hint).toContain('deletes: sf 0, sf 1, sf 2');
    expect(refusal.hint).toContain('syncline sync --allow');
    expect(refusalOf({ deletes: 1, optIns: 0 }, { deletes: 3, optIns: 1 }, flags)).toBe(true);
    expect(
      refusalOf({ deletes: 1, optIns: 0 }, { deletes: 3, optIns: 1 }, { deletes: flags['deletes'] }, { optIns: flags['optIns'] }),
    ).toBe(true);
    expect(refusalOf({ deletes: 1, optIns: 0 }, { deletes: 3, optIns: 1 }, { deletes: flags['deletes'] })).toMatchObject({
      code: 'RECORD_GUARD',
    });
    expect(refusalOf({ deletes: 1, optIns: 0 }, { deletes: 4, optIns: 1 }, flags)).toMatchObject({ code: 'RECORD_GUARD' });
  });

  test('is not used up where nothing needed it', () => {
    expect(refusalOf({ deletes: 5 }, { deletes: 3 }, { deletes: '0123456789ab' })).toBe(false);
  });

  test('other records, another link and another time have another digest; other guards do not matter', () => {
    const digest = countsOf({ deletes: 2 }).deletes.digest;
    const other = createGuardTally('Link/other', 0);
    for (const record of ['sf 0', 'sf 1']) other.add('deletes', record);
    expect(countsOf({ deletes: 2, updates: 9 }).deletes.digest).toBe(digest);
    expect(countsOf({ deletes: 3 }).deletes.digest).not.toBe(digest);
    expect(countsOf({ deletes: 2 }, 1).deletes.digest).not.toBe(digest);
    expect(other.counts().deletes.digest).not.toBe(digest);
  });
});

describe('E4 the ceiling of a plan', () => {
  const link = { address: 'Link/contacts' } as unknown as ActiveLink;
  const found = (create: number, update: number, deleted: number, fields = {}) =>
    ({ ends: { sf: { create, update, delete: deleted, fields } } }) as unknown as Assessment;

  test('leaves room for what people do meanwhile, and none for deletions', () => {
    const ceiling = ceilingOf(found(100, 200, 3, { Title: { write: 200, clear: 0 } }));
    expect(ceiling).toEqual({ sf: { create: 110, update: 220, delete: 3, fields: { Title: { write: 220, clear: 10 } } } });
    expect(() =>
      enforceCeiling(link.address, found(110, 220, 3, { Title: { write: 220, clear: 10 } }).ends, ceiling),
    ).not.toThrow();
  });

  test.each([
    ['sf: 12 to create, at most 11 planned', found(12, 0, 0)],
    ['sf: 1 to delete, at most 0 planned', found(0, 0, 1)],
    ['sf: Title written 11 times, at most 10 planned', found(0, 0, 0, { Title: { write: 11, clear: 0 } })],
    ['sf: Title cleared 11 times, at most 10 planned', found(0, 0, 0, { Title: { write: 10, clear: 11 } })],
  ])('%s', (message, assessment) => {
    expect(() => enforceCeiling(link.address, assessment.ends, ceilingOf(found(1, 1, 0)))).toThrow(message);
  });

  test('does not judge an end that the plan left out', () => {
    expect(() => enforceCeiling(link.address, found(500, 0, 0).ends, {})).not.toThrow();
  });

  test('stays whole at an end where nothing was written yet', () => {
    const ceiling = { sf: { create: 10, update: 20, delete: 0, fields: { Title: { write: 20, clear: 2 } } } };

    expect(remainingCeiling(ceiling, {})).toEqual(ceiling);
  });

  test('allows in parts what it allows at once, and nothing more', () => {
    const count = fc.nat({ max: 40 });
    const fields = fc.dictionary(fc.constantFrom('Title', 'Phone', 'Fax'), fc.record({ write: count, clear: count }));
    const part = fc.record({ create: count, update: count, delete: count, fields });
    const allows = (ends: Parameters<typeof enforceCeiling>[1], ceiling: Parameters<typeof enforceCeiling>[2]): boolean => {
      try {
        enforceCeiling(link.address, ends, ceiling);
        return true;
      } catch {
        return false;
      }
    };
    fc.assert(
      fc.property(part, part, part, (planned, first, second) => {
        const ceiling = ceilingOf({ ends: { sf: planned } } as unknown as Assessment);
        const paths = Object.keys({ ...first.fields, ...second.fields });
        const of = (path: string, at: 'write' | 'clear') => (first.fields[path]?.[at] ?? 0) + (second.fields[path]?.[at] ?? 0);
        const both = {
          create: first.create + second.create,
          update: first.update + second.update,
          delete: first.delete + second.delete,
          fields: Object.fromEntries(paths.map((path) => [path, { write: of(path, 'write'), clear: of(path, 'clear') }])),
        };
        fc.pre(allows({ sf: first }, ceiling));
        expect(allows({ sf: second }, remainingCeiling(ceiling, { sf: first }))).toBe(allows({ sf: both }, ceiling));
      }),
    );
  });
});
