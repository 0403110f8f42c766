import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { QUICK_FOLDER } from '../quick-folder.ts';
import { decideMatch, propose, type MatchDecision } from '../../src/records/match.ts';
import { pairRecords } from '../../src/records/pair.ts';
import { createKeyRing, generateKey } from '../../src/storage/keys.ts';
import type { Ledger, LinkLedger, StagedRow } from '../../src/storage/ledger.ts';
import type { KeyGroup } from '../../src/storage/matching.ts';
import type { MatchKeys } from '../../src/storage/person.ts';
import { openLocalLedger } from '../../src/storage/local/ledger.ts';

type State = 'open' | 'unlinked' | 'linked';

interface Holder {
  readonly end: 'a' | 'b';
  readonly remoteId: string;
  readonly state: State;
  /** By rank. */
  readonly keys: readonly (string | undefined)[];
}

/** The rule spelled out for a population in memory, one record after the other. */
function groupsOf(record: Holder, population: readonly Holder[]): readonly KeyGroup[] {
  return record.keys.flatMap((key, rank) => {
    if (key === undefined) return [];
    const others = population.filter((other) => other !== record && other.keys[rank] === key);
    const opposite = others.filter((other) => other.end !== record.end);
    return [
      {
        key: `${rank}:${key}`,
        alike: others.length - opposite.length,
        opposite: opposite.length,
        taken: others.some((other) => other.state === 'linked'),
        partner: opposite.length === 1 ? opposite[0]!.remoteId : undefined,
      },
    ];
  });
}

function decisions(population: readonly Holder[]): Map<string, MatchDecision> {
  const byPlace = new Map(population.map((record) => [`${record.end}${record.remoteId}`, record]));
  return new Map(
    population
      .filter((record) => record.state === 'open')
      .map((record) => {
        const other = record.end === 'a' ? 'b' : 'a';
        const partners = (id: string): readonly KeyGroup[] => groupsOf(byPlace.get(`${other}${id}`)!, population);
        return [`${record.end}${record.remoteId}`, decideMatch(groupsOf(record, population), partners)];
      }),
  );
}

const keyOf = fc.option(fc.constantFrom('x', 'y', 'z', 'u', 'v', 'w'), { nil: undefined });
const populations = fc.array(
  fc.record({
    end: fc.constantFrom('a' as const, 'b' as const),
    state: fc.constantFrom<State>('open', 'open', 'open', 'unlinked', 'linked'),
    keys: fc.tuple(keyOf, keyOf, keyOf),
  }),
  { maxLength: 12 },
);
const holders = populations.map((drawn) => drawn.map((one, index): Holder => ({ ...one, remoteId: `r${index}` })));

const group = (overrides: Partial<KeyGroup>): KeyGroup => ({
  key: 'k',
  alike: 0,
  opposite: 0,
  taken: false,
  partner: undefined,
  ...overrides,
});
const one = (partner: string, key = 'k'): KeyGroup => group({ key, opposite: 1, partner });

describe('E6 a record by itself', () => {
  test.each<[string, readonly KeyGroup[], MatchDecision]>([
    ['without a key matches nobody', [], { kind: 'no-key' }],
    ['whose keys nobody else holds stands alone', [group({}), group({ key: 'l' })], { kind: 'alone' }],
    ['with one candidate proposes it', [one('p')], { kind: 'pair', partner: 'p', key: 'k' }],
    ['whose first key nobody holds goes by the next', [group({}), one('p', 'l')], { kind: 'pair', partner: 'p', key: 'l' }],
    [
      'goes by the first key that anybody holds, whatever later ones say',
      [one('p'), one('q', 'l')],
      { kind: 'pair', partner: 'p', key: 'k' },
    ],
    ['with two candidates is ambiguous', [group({ opposite: 2 })], { kind: 'ambiguous' }],
    ['with a likeness at its own end is ambiguous', [{ ...one('p'), alike: 1 }], { kind: 'ambiguous' }],
    ['with a likeness at its own end alone is ambiguous too', [group({ alike: 1 })], { kind: 'ambiguous' }],
    ['whose candidate is linked is ambiguous', [{ ...one('p'), taken: true }], { kind: 'ambiguous' }],
    ['whose candidate cannot be named is ambiguous', [group({ opposite: 1 })], { kind: 'ambiguous' }],
    [
      'is not helped by a later key once an earlier one is ambiguous',
      [group({ opposite: 2 }), one('p', 'l')],
      { kind: 'ambiguous' },
    ],
  ])('%s', (_name, groups, expected) => {
    expect(propose(groups)).toEqual(expected);
  });

  test.each<[string, readonly KeyGroup[], MatchDecision['kind']]>([
    ['by the same key is a pair', [one('r')], 'pair'],
    ['by another key is none', [one('r', 'earlier'), one('r')], 'ambiguous'],
    ['that has a choice of its own is none', [group({ key: 'earlier', opposite: 2 }), one('r')], 'ambiguous'],
    ['that prefers another is none', [one('s', 'earlier'), one('r')], 'ambiguous'],
  ])('a candidate that answers %s', (_name, answer, expected) => {
    expect(decideMatch([one('p')], () => answer).kind).toBe(expected);
  });
});

describe('E6 laws of matching', () => {
  test('a pair is a pair from both sides, and nobody is in two', () => {
    fc.assert(
      fc.property(holders, (population) => {
        const decided = decisions(population);
        for (const record of population) {
          const decision = decided.get(`${record.end}${record.remoteId}`);
          if (decision?.kind !== 'pair') continue;
          const other = record.end === 'a' ? 'b' : 'a';
          const partner = population.find((one) => one.end === other && one.remoteId === decision.partner)!;
          expect(partner.state).not.toBe('linked');
          if (partner.state === 'open') {
            expect(decided.get(`${other}${partner.remoteId}`)).toEqual({ ...decision, partner: record.remoteId });
          }
          const suitors = [...decided].filter(
            ([place, one]) => place.startsWith(record.end) && one.kind === 'pair' && one.partner === decision.partner,
          );
          expect(suitors).toHaveLength(1);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('never guesses: a pair shares a key that nobody else holds, and no earlier key contradicts', () => {
    fc.assert(
      fc.property(holders, (population) => {
        for (const [place, decision] of decisions(population)) {
          const record = population.find((one) => `${one.end}${one.remoteId}` === place)!;
          const sharers = (rank: number): readonly Holder[] =>
            population.filter((one) => one !== record && record.keys[rank] !== undefined && one.keys[rank] === record.keys[rank]);
          const first = record.keys.findIndex((_key, rank) => sharers(rank).length > 0);
          if (decision.kind === 'alone' || decision.kind === 'no-key') expect(first).toBe(-1);
          else if (decision.kind === 'pair') expect(sharers(first).map((one) => one.remoteId)).toEqual([decision.partner]);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('the order of records changes nothing, nor which end comes first', () => {
    fc.assert(
      fc.property(holders, fc.infiniteStream(fc.nat()), (population, chance) => {
        const shuffled = population.map((one) => [chance.next().value, one] as const).toSorted(([x], [y]) => x - y);
        const mirrored = population.map((one): Holder => ({ ...one, end: one.end === 'a' ? 'b' : 'a' }));
        const swap = (place: string): string => (place.startsWith('a') ? 'b' : 'a') + place.slice(1);

        const decided = decisions(population);

        const reordered = decisions(shuffled.map(([, one]) => one));
        expect([...decided.keys()].every((place) => same(decided.get(place), reordered.get(place)))).toBe(true);
        expect(new Map([...decisions(mirrored)].map(([place, one]) => [swap(place), one]))).toEqual(decided);
      }),
      { numRuns: 200 },
    );
  });
});

function same(one: MatchDecision | undefined, other: MatchDecision | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

describe('E6 the ledger finds the candidates that the rule asks for', () => {
  const keys = createKeyRing([generateKey()]);
  const NOW = '2026-01-01T00:00:00.000Z';
  const ENDS = [
    { name: 'a', integration: 'a', object: 'thing' },
    { name: 'b', integration: 'b', object: 'thing' },
  ] as const;
  let folder: string;
  let ledger: Ledger;
  beforeEach(() => {
    folder = mkdtempSync(join(QUICK_FOLDER, 'syncline-match-'));
    ledger = openLocalLedger({ path: join(folder, 'ledger.sqlite'), keys, mode: 'write' });
  });
  afterEach(async () => {
    await ledger.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const hashed = (record: Holder): MatchKeys =>
    record.keys.map((key, rank) => (key === undefined ? undefined : keys.hash('match', String(rank), key)));

  function staged(record: Holder): StagedRow {
    return {
      end: record.end,
      remoteId: record.remoteId,
      kind: 'record',
      person: undefined,
      matchKeys: hashed(record),
      recordHash: keys.hash('record', record.remoteId),
      values: {},
      evidence: {},
      modifiedAt: undefined,
      listed: 0,
      status: 'new',
      reason: undefined,
    };
  }

  async function put(link: LinkLedger, population: readonly Holder[]): Promise<void> {
    for (const end of ['a', 'b'] as const) {
      const open = population.filter((record) => record.end === end && record.state === 'open');
      await link.stage(end, open.map(staged), [], undefined);
    }
    for (const record of population.filter(({ state }) => state !== 'open')) {
      const agreed = {
        end: record.end,
        integration: record.end,
        object: 'thing',
        remoteId: record.remoteId,
        state: record.state as 'linked' | 'unlinked',
        matchKeys: hashed(record),
        recordHash: Buffer.alloc(8),
        fields: new Map(),
        elements: new Map(),
        values: undefined,
        listed: 0,
        entered: true,
        createdBySyncline: false,
      };
      await link.settle(
        'run',
        [{ person: `person-${record.end}${record.remoteId}`, subject: undefined, agreed: [agreed], parked: [], settled: [] }],
        [],
        [],
      );
    }
  }

  test('for any population', async () => {
    let round = 0;
    await fc.assert(
      fc.asyncProperty(holders, async (population) => {
        const link = ledger.link(`Link/${(round += 1)}`);
        await put(link, population);
        await pairRecords(link, ENDS);

        const subjects = await link.subjects(['a', 'b'], undefined, 100, NOW);
        const waiting = await link.waiting();

        const expected = [...decisions(population)];
        const heldFor = (reason: string): readonly string[] =>
          waiting
            .filter((row) => row.reason === reason)
            .map((row) => row.end + row.remoteId)
            .toSorted();
        const decidedAs = (kind: string): readonly string[] =>
          expected
            .filter(([, one]) => one.kind === kind)
            .map(([place]) => place)
            .toSorted();
        expect(heldFor('ambiguous')).toEqual(decidedAs('ambiguous'));
        expect(heldFor('no-match-key')).toEqual(decidedAs('no-key'));
        const found = subjects.map((subject) =>
          [...Object.values(subject.staged), ...Object.values(subject.agreed)]
            .map((row) => row.end + row.remoteId)
            .toSorted()
            .join(' '),
        );
        const pairs = expected.flatMap(([place, one]) => {
          if (one.kind === 'alone') return [place];
          return one.kind === 'pair' ? [[place, (place.startsWith('a') ? 'b' : 'a') + one.partner].toSorted().join(' ')] : [];
        });
        expect(found.toSorted()).toEqual([...new Set(pairs)].toSorted());
      }),
      { numRuns: 25 },
    );
  });

  test('a reference that is known outranks every key', async () => {
    const link = ledger.link('Link/contacts');
    const known = (end: 'a' | 'b', remoteId: string) => ({
      end,
      integration: end,
      object: 'thing',
      remoteId,
      state: 'linked' as const,
      matchKeys: [],
      recordHash: Buffer.alloc(8),
      fields: new Map(),
      elements: new Map(),
      values: undefined,
      listed: 0,
      entered: true,
      createdBySyncline: false,
    });
    await ledger
      .link('Link/other')
      .settle(
        'run',
        [{ person: 'ann', subject: undefined, agreed: [known('a', '1'), known('b', '1')], parked: [], settled: [] }],
        [],
        [],
      );
    await put(link, [
      { end: 'a', remoteId: '1', state: 'open', keys: ['x', undefined, undefined] },
      { end: 'b', remoteId: '1', state: 'open', keys: ['y', undefined, undefined] },
      { end: 'b', remoteId: '2', state: 'open', keys: ['x', undefined, undefined] },
    ]);

    await pairRecords(link, ENDS);

    const subjects = await link.subjects(['a', 'b'], undefined, 10, NOW);
    expect(subjects.map(({ staged: rows }) => [rows['a']?.remoteId, rows['b']?.remoteId])).toEqual([['1', '1']]);
    expect((await link.waiting()).map((row) => [row.end, row.remoteId, row.reason])).toEqual([['b', '2', 'ambiguous']]);
  });
});
