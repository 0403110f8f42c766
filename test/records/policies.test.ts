import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileMapping } from '../../src/mapping/compile.ts';
import type { CompiledMapping } from '../../src/mapping/mapping.ts';
import type { FieldSpecification } from '../../src/mapping/specification.ts';
import type { FieldType, FieldValue, FieldValues } from '../../src/model/value.ts';
import type { ConflictPolicy } from '../../src/records/link.ts';
import { composeNew, reconcile, type Decision, type ReconcileSide } from '../../src/records/reconcile.ts';
import { mergeSets } from '../../src/records/set-merge.ts';
import { field } from './fake-end.ts';

type End = 'a' | 'b';
const ENDS = ['a', 'b'] as const;

function mappingOf(fields: readonly FieldSpecification[], types: Readonly<Record<string, FieldType>> = {}, swapped = false) {
  const paths = fields.flatMap((entry) => ENDS.map((end) => entry[end])).filter((path) => typeof path === 'string');
  const described = new Map(
    ['Key', ...paths].map((path) => [path, field(path, { type: types[path] ?? 'string', maxLength: 20 })]),
  );
  const { mapping, diagnostics } = compileMapping(
    'm',
    {
      between: swapped ? { b: 'y/thing', a: 'x/thing' } : { a: 'x/thing', b: 'y/thing' },
      match: [{ a: 'Key', b: 'Key', normalize: 'exact' }],
      fields,
    },
    { a: described, b: described },
  );
  if (mapping === undefined) throw new Error(JSON.stringify(diagnostics));
  return mapping;
}

interface Known {
  /** Whether every field goes back and forth. */
  readonly flapping?: boolean;
  readonly a: FieldValues;
  readonly b: FieldValues;
  /** What was last agreed on, alike at both ends; `undefined` where the ends never met. */
  readonly agreed: FieldValues | undefined;
  readonly times?: Readonly<Partial<Record<End, string>>>;
  readonly parked?: readonly string[];
  readonly resolved?: Readonly<Record<string, End>>;
  /** Whether the elements of sets were kept one by one. */
  readonly elements?: boolean;
}

const PREFER_A: ConflictPolicy = { policy: 'prefer', prefer: 'a', unlessBlank: false, unit: 'field' };
const MANUAL: ConflictPolicy = { policy: 'manual' };

function decide(mapping: CompiledMapping, policy: ConflictPolicy, known: Known): Decision {
  const idOf = (path: string): string => mapping.fields.find(({ name }) => name === path)!.id;
  const pathOf = (id: string, end: End): string => mapping.fields.find((each) => each.id === id)!.read[end]![0]!;
  const side = (end: End): ReconcileSide => {
    const values = known[end];
    const agreedAt = (id: string): FieldValue | undefined => known.agreed?.[pathOf(id, end)];
    return {
      values: { Key: 'k', ...values },
      unchanged: (id) =>
        agreedAt(id) === undefined ? undefined : JSON.stringify(agreedAt(id)) === JSON.stringify(values[pathOf(id, end)]),
      agreedOptedOut: () => undefined,
      agreedElements: (id) => {
        const agreed = agreedAt(id);
        return known.elements === false ? undefined : (element) => Array.isArray(agreed) && agreed.includes(element);
      },
      modifiedAt: known.times?.[end],
      evidence: {},
    };
  };
  return reconcile({
    mapping,
    policy,
    sides: { a: side('a'), b: side('b') },
    suppressed: {},
    addressChanged: false,
    parked: new Set((known.parked ?? []).map(idOf)),
    ...(known.flapping === true ? { flapping: () => true } : {}),
    resolved: Object.fromEntries(Object.entries(known.resolved ?? {}).map(([path, end]) => [idOf(path), end])),
  });
}

function after(known: Known, decision: Decision): Readonly<Record<End, FieldValues>> {
  return { a: { ...known.a, ...decision.writes['a'] }, b: { ...known.b, ...decision.writes['b'] } };
}

const CITY = mappingOf([{ a: 'City', b: 'City', flow: 'both' }]);
const OWNED = mappingOf([{ a: 'City', b: 'City', flow: 'both', owner: 'b' }]);
const TWO = mappingOf([
  { a: 'City', b: 'City', flow: 'both' },
  { a: 'Phone', b: 'Phone', flow: 'both' },
]);
const TAGS = mappingOf([{ a: 'Tags', b: 'Tags', flow: 'both' }], { Tags: 'set' });
const OWNED_TAGS = mappingOf([{ a: 'Tags', b: 'Tags', flow: 'both', owner: 'a' }], { Tags: 'set' });

const value = fc.constantFrom<FieldValue>(null, 'x', 'y', 'z');
const city = fc.record({ City: value });
const known = fc.record({ a: city, b: city, agreed: fc.option(city, { nil: undefined }) });
const policies = fc.constantFrom<ConflictPolicy>(
  PREFER_A,
  { policy: 'prefer', prefer: 'b', unlessBlank: false, unit: 'field' },
  { policy: 'prefer', prefer: 'a', unlessBlank: true, unit: 'field' },
  { policy: 'prefer', prefer: 'a', unlessBlank: true, unit: 'record' },
  { policy: 'newest', prefer: undefined },
  { policy: 'newest', prefer: 'b' },
  MANUAL,
);
const times = fc.record(
  { a: fc.constantFrom('2026-01-01', '2026-01-02'), b: fc.constantFrom('2026-01-01', '2026-01-02') },
  { requiredKeys: [] },
);

function bothChanged({ a, b, agreed }: Known): boolean {
  return agreed !== undefined && a['City'] !== agreed['City'] && b['City'] !== agreed['City'] && a['City'] !== b['City'];
}

describe('E6 every policy', () => {
  test('carries an edit of one end alone to the other, a cleared value too, and asks nobody', () => {
    fc.assert(
      fc.property(value, value, policies, fc.constantFrom(...ENDS), (before, now, policy, end) => {
        fc.pre(before !== now);
        const agreed = { City: before };
        const decision = decide(CITY, policy, { a: agreed, b: agreed, agreed, [end]: { City: now } });
        expect(decision.conflicts).toEqual([]);
        expect(decision.writes[end === 'a' ? 'b' : 'a']).toEqual({ City: now });
        expect(decision.writes[end]).toEqual({});
      }),
    );
  });

  test('either names a winner, whose value both ends then hold, or writes neither end', () => {
    fc.assert(
      fc.property(known, policies, times, (who, policy, at) => {
        const subject: Known = { ...who, times: at };
        const decision = decide(CITY, policy, subject);
        const result = after(subject, decision);
        for (const { winner } of decision.conflicts) {
          if (winner === undefined) expect(decision.writes).toEqual({ a: {}, b: {} });
          else expect(result).toEqual({ a: who[winner as End], b: who[winner as End] });
        }
        if (bothChanged(who)) expect(decision.conflicts).toHaveLength(1);
      }),
    );
  });

  test('yields to the owner of a field, which yields to a person', () => {
    fc.assert(
      fc.property(known, policies, times, (who, policy, at) => {
        fc.pre(bothChanged(who));
        expect(decide(OWNED, policy, { ...who, times: at }).conflicts).toMatchObject([{ winner: 'b', rule: 'owner' }]);
        const resolved = decide(OWNED, policy, { ...who, times: at, resolved: { City: 'a' } });
        expect(resolved.conflicts).toMatchObject([{ winner: 'a', rule: 'resolved' }]);
        expect(Object.values(resolved.reasons['b']!)).toMatchObject([{ reason: 'resolved' }]);
      }),
    );
  });
});

describe('E6 prefer', () => {
  const cleared: Known = { agreed: { City: 'x' }, a: { City: null }, b: { City: 'y' } };

  test('a value that was cleared at the preferred end wins like any other change', () => {
    expect(decide(CITY, PREFER_A, cleared).writes).toEqual({ a: {}, b: { City: null } });
  });

  test('unlessBlank: a cleared value does not beat one that was changed meanwhile, and any value does', () => {
    fc.assert(
      fc.property(known, (who) => {
        fc.pre(bothChanged(who));
        const decision = decide(CITY, { ...PREFER_A, unlessBlank: true }, who);
        const winner = who.a['City'] === null ? 'b' : 'a';
        expect(decision.conflicts).toMatchObject([{ winner, rule: winner === 'a' ? 'prefer' : 'unless-blank' }]);
      }),
    );
  });

  test('D9 while pending: an edit of the preferred end takes the whole record with it, one of the other end alone does not', () => {
    const agreed = { City: 'x', Phone: '1' };
    const policy: ConflictPolicy = { ...PREFER_A, unit: 'record' };
    const waiting = decide(TWO, policy, { agreed, a: { City: 'y', Phone: '1' }, b: { City: 'x', Phone: '2' } });
    const arrived = decide(TWO, policy, { agreed, a: agreed, b: { City: 'x', Phone: '2' } });

    expect(waiting.writes).toEqual({ a: {}, b: { City: 'y', Phone: '1' } });
    expect(waiting.conflicts).toMatchObject([{ name: 'Phone', winner: 'a' }]);
    expect(arrived.writes).toEqual({ a: { Phone: '2' }, b: {} });
  });

  test('D9 an edit that both ends made alike is none that waits', () => {
    const policy: ConflictPolicy = { ...PREFER_A, unit: 'record' };
    const decision = decide(TWO, policy, {
      agreed: { City: 'x', Phone: '1' },
      a: { City: 'y', Phone: '1' },
      b: { City: 'y', Phone: '2' },
    });
    expect(decision.writes).toEqual({ a: { Phone: '2' }, b: {} });
  });

  test('D9 the owner of a field keeps its edit also while the whole record is taken from the other end', () => {
    const mapping = mappingOf([
      { a: 'City', b: 'City', flow: 'both' },
      { a: 'Phone', b: 'Phone', flow: 'both', owner: 'b' },
    ]);
    const decision = decide(
      mapping,
      { ...PREFER_A, unit: 'record' },
      {
        agreed: { City: 'x', Phone: '1' },
        a: { City: 'y', Phone: '1' },
        b: { City: 'x', Phone: '2' },
      },
    );
    expect(decision.writes).toEqual({ a: { Phone: '2' }, b: { City: 'y' } });
    expect(decision.conflicts).toEqual([]);
  });
});

describe('E6 newest', () => {
  const both: Known = { agreed: { City: 'x' }, a: { City: 'y' }, b: { City: 'z' } };

  test('the record that was edited last wins', () => {
    const decision = decide(CITY, { policy: 'newest', prefer: 'a' }, { ...both, times: { a: '2026-01-01', b: '2026-01-02' } });
    expect(decision.conflicts).toMatchObject([{ winner: 'b', rule: 'newest' }]);
    const other = decide(CITY, { policy: 'newest', prefer: 'b' }, { ...both, times: { a: '2026-01-03', b: '2026-01-02' } });
    expect(other.conflicts).toMatchObject([{ winner: 'a', rule: 'newest' }]);
  });

  test.each([
    { name: 'equal', at: { a: '2026-01-01', b: '2026-01-01' } },
    { name: 'unknown at one end', at: { b: '2026-01-01' } },
    { name: 'unknown at the other', at: { a: '2026-01-01' } },
  ])('where the times are $name, the preferred end wins, or else a person decides', ({ at }) => {
    const asked = decide(CITY, { policy: 'newest', prefer: undefined }, { ...both, times: at });
    const preferred = decide(CITY, { policy: 'newest', prefer: 'b' }, { ...both, times: at });
    expect(asked.conflicts).toMatchObject([{ winner: undefined, rule: 'newest-unknown' }]);
    expect(preferred.conflicts).toMatchObject([{ winner: 'b', rule: 'prefer' }]);
  });
});

describe('E6 manual', () => {
  test('writes nothing of a contested field, and goes on with the others', () => {
    const decision = decide(TWO, MANUAL, {
      agreed: { City: 'x', Phone: '1' },
      a: { City: 'y', Phone: '1' },
      b: { City: 'z', Phone: '2' },
    });
    expect(decision.writes).toEqual({ a: { Phone: '2' }, b: {} });
    expect(decision.conflicts).toMatchObject([{ name: 'City', winner: undefined, values: { a: 'y', b: 'z' } }]);
  });

  test('at first contact a blank is filled, and two values are left to a person', () => {
    expect(decide(CITY, MANUAL, { agreed: undefined, a: { City: null }, b: { City: 'z' } }).writes['a']).toEqual({ City: 'z' });
    expect(decide(CITY, MANUAL, { agreed: undefined, a: { City: 'y' }, b: { City: 'z' } }).conflicts).toMatchObject([
      { winner: undefined, firstContact: true },
    ]);
  });

  test('a value that was cleared while its field waits is a change, and not a blank to be filled', () => {
    const decision = decide(CITY, MANUAL, { agreed: undefined, a: { City: null }, b: { City: 'z' }, parked: ['City'] });
    expect(decision.writes).toEqual({ a: {}, b: {} });
    expect(decision.conflicts).toMatchObject([{ winner: undefined }]);
  });

  test('is lifted where both ends agree, and where one of the edits was taken back', () => {
    const agreed = { City: 'x' };
    expect(decide(CITY, MANUAL, { agreed, a: { City: 'y' }, b: { City: 'y' }, parked: ['City'] }).conflicts).toEqual([]);
    const undone = decide(CITY, MANUAL, { agreed, a: agreed, b: { City: 'z' }, parked: ['City'] });
    expect(undone).toMatchObject({ conflicts: [], writes: { a: { City: 'z' }, b: {} } });
  });
});

const elements = fc.uniqueArray(fc.constantFrom<string>('p', 'q', 'r', 's'), { maxLength: 4 });
const tags = fc.record({ agreed: elements, a: elements, b: elements });

function tagged({ agreed, a, b }: { agreed: readonly string[] | undefined; a: readonly string[]; b: readonly string[] }): Known {
  const sorted = (list: readonly string[]): FieldValues => ({ Tags: list.toSorted() });
  return { a: sorted(a), b: sorted(b), agreed: agreed === undefined ? undefined : sorted(agreed) };
}

describe('E6 sets are merged element by element', () => {
  test('no addition and no removal of either end is lost, and no policy is asked', () => {
    fc.assert(
      fc.property(tags, policies, (who, policy) => {
        fc.pre(policy.policy !== 'prefer' || policy.unit === 'field');
        const start = tagged(who);
        const decision = decide(TAGS, policy, start);
        expect(decision.conflicts).toEqual([]);
        const expected = ['p', 'q', 'r', 's'].filter((element) => {
          const changed = ENDS.filter((end) => who[end].includes(element) !== who.agreed.includes(element));
          return changed.length === 0 ? who.agreed.includes(element) : who[changed[0]!].includes(element);
        });
        const result = after(start, decision);
        for (const end of ENDS) expect(result[end]['Tags']).toEqual(expected);
      }),
    );
  });

  test('at first contact everything that either end holds is kept', () => {
    fc.assert(
      fc.property(elements, elements, (a, b) => {
        const start = tagged({ agreed: undefined, a, b });
        const result = after(start, decide(TAGS, MANUAL, start));
        for (const end of ENDS) expect(new Set(result[end]['Tags'] as string[])).toEqual(new Set([...a, ...b]));
      }),
    );
  });

  test('a set that was never filled counts as empty', () => {
    const decision = decide(TAGS, MANUAL, { agreed: { Tags: null }, a: { Tags: null }, b: { Tags: ['p'] } });
    expect(decision.writes).toEqual({ a: { Tags: ['p'] }, b: {} });
  });

  test('an element that an end has never taken on is neither sent again nor removed', () => {
    const merged = mergeSets(
      { elements: ['p', 'refused'], agreed: (element) => ['p', 'refused'].includes(element) },
      { elements: ['p', 'q'], agreed: (element) => element === 'p' },
    );
    expect(merged).toEqual({ left: ['p', 'q', 'refused'], right: ['p', 'q'] });
  });

  test('D9 while the preferred end has an edit waiting, the set is taken from it as a whole', () => {
    const start = tagged({ agreed: ['p'], a: ['p', 'q'], b: ['p', 'r'] });
    const decision = decide(TAGS, { ...PREFER_A, unit: 'record' }, start);
    expect(decision.writes).toEqual({ a: {}, b: { Tags: ['p', 'q'] } });
    expect(decision.conflicts).toMatchObject([{ winner: 'a' }]);
  });

  test('a set with an owner is decided as one value', () => {
    const decision = decide(OWNED_TAGS, MANUAL, tagged({ agreed: ['p'], a: ['p', 'q'], b: ['p', 'r'] }));
    expect(decision.writes).toEqual({ a: {}, b: { Tags: ['p', 'q'] } });
  });

  test('where elements were not kept one by one, the set is decided as one value', () => {
    const start: Known = { ...tagged({ agreed: ['p', 'q'], a: ['p'], b: ['p', 'q'] }), elements: false };
    expect(decide(TAGS, MANUAL, start).writes).toEqual({ a: {}, b: { Tags: ['p'] } });
    expect(decide(TAGS, MANUAL, { ...start, b: { Tags: ['r'] } }).conflicts).toMatchObject([{ winner: undefined }]);
  });

  test('swapping the ends mirrors the decision', () => {
    const mirrored = mappingOf([{ a: 'Tags', b: 'Tags', flow: 'both' }], { Tags: 'set' }, true);
    fc.assert(
      fc.property(tags, (who) => {
        expect(decide(mirrored, MANUAL, tagged(who)).writes).toEqual(decide(TAGS, MANUAL, tagged(who)).writes);
      }),
    );
  });
});

describe('E16 a field that goes back and forth', () => {
  const moved = { agreed: { City: 'x' }, a: { City: 'y' }, b: { City: 'x' }, flapping: true };

  test('is written nowhere, and left to a person with both values', () => {
    expect(decide(CITY, PREFER_A, moved)).toMatchObject({
      writes: { a: {}, b: {} },
      conflicts: [{ rule: 'flapping', winner: undefined, values: { a: 'y', b: 'x' } }],
    });
  });

  test('is asked about once, also where a policy has named a winner', () => {
    const { writes, conflicts } = decide(CITY, PREFER_A, { ...moved, b: { City: 'z' } });
    expect(writes).toEqual({ a: {}, b: {} });
    expect(conflicts).toMatchObject([{ rule: 'flapping', winner: undefined }]);
  });

  test('is written once a person has decided', () => {
    const decision = decide(CITY, PREFER_A, { ...moved, b: { City: 'z' }, resolved: { City: 'b' } });
    expect(decision.writes).toEqual({ a: { City: 'z' }, b: {} });
  });

  test('may flow one way, from a field or from nothing', () => {
    const oneWay = mappingOf([{ a: 'City', b: 'City', flow: 'to-b' }]);
    expect(decide(oneWay, PREFER_A, moved).conflicts).toMatchObject([{ values: { a: 'y', b: 'x' } }]);
    const decided = (end: End) => decide(oneWay, PREFER_A, { ...moved, resolved: { City: end } }).writes['b'];
    expect(decided('a')).toEqual({ City: 'y' });
    expect(decided('b')).toEqual({});
    const constant = mappingOf([{ b: 'City', flow: 'to-b', value: '"w"' }]);
    expect(decide(constant, PREFER_A, moved).conflicts).toMatchObject([{ values: { a: null, b: 'x' } }]);
  });
});

describe('E6 flows', () => {
  test('create-only: a field is part of a new record and is never written again', () => {
    const mapping = mappingOf([
      { a: 'City', b: 'City', flow: 'to-b', createOnly: true },
      { a: 'Phone', b: 'Phone', flow: 'both', createOnly: true },
    ]);
    expect(composeNew(mapping, 'b', { City: 'x', Phone: '1', Key: 'k' }, {}).writes['b']).toEqual({ City: 'x', Phone: '1' });
    fc.assert(
      fc.property(known, policies, (who, policy) => {
        const wide = (values: FieldValues): FieldValues => ({ ...values, Phone: values['City']! });
        const decision = decide(mapping, policy, {
          a: wide(who.a),
          b: wide(who.b),
          agreed: who.agreed === undefined ? undefined : wide(who.agreed),
        });
        expect(decision.writes).toEqual({ a: {}, b: {} });
      }),
    );
  });

  const company = mappingOf([{ a: 'Company', b: 'Company', flow: 'to-b' }]);

  test('one way: the source decides, and an edit of the target is put back', () => {
    const agreed = { Company: 'x' };
    const writes = (a: FieldValue, b: FieldValue, met = true) =>
      decide(company, MANUAL, { a: { Company: a }, b: { Company: b }, agreed: met ? agreed : undefined });

    expect(writes('y', 'x').writes).toEqual({ a: {}, b: { Company: 'y' } });
    expect(writes('x', 'y').writes).toEqual({ a: {}, b: { Company: 'x' } });
    expect(writes('y', 'z').reasons['b']).toMatchObject({ Company: { reason: 'source-of-truth' } });
    expect(writes('y', 'z', false).reasons['b']).toMatchObject({ Company: { reason: 'first-contact' } });
    expect(writes('y', 'y', false).writes).toEqual({ a: {}, b: {} });
  });

  test('what an end holds in its own spelling since they agreed is left alone, a computed value until its source is written', () => {
    const mapping = mappingOf([
      { a: 'City', b: 'City', flow: 'both' },
      { b: 'Label', flow: 'to-b', value: 'a.City + "!"' },
    ]);
    const sideOf = (values: FieldValues, unchanged: boolean): ReconcileSide => ({
      values,
      unchanged: (id, now = values) => now['City'] === values['City'] && (unchanged || id !== mapping.fields[0]!.id),
      agreedOptedOut: () => undefined,
      agreedElements: () => undefined,
      modifiedAt: undefined,
      evidence: {},
    });
    const input = (b: FieldValues, unchanged: boolean) =>
      reconcile({
        mapping,
        policy: MANUAL,
        sides: { a: sideOf({ City: 'x' }, true), b: sideOf(b, unchanged) },
        suppressed: {},
        addressChanged: false,
        parked: new Set(),
        resolved: {},
      });

    expect(input({ City: 'x', Label: 'X!' }, true).writes).toEqual({ a: {}, b: {} });
    expect(input({ City: 'X', Label: 'X!' }, true).writes).toEqual({ a: {}, b: {} });
    expect(input({ City: 'y', Label: 'X!' }, false).writes).toEqual({ a: { City: 'y' }, b: { Label: 'y!' } });
  });

  test('a new record gives back what flows from it, as far as it is known already', () => {
    const mapping = mappingOf([
      { a: 'City', b: 'City', flow: 'both' },
      { a: 'Label', flow: 'to-a', value: 'b.City == null ? "nowhere" : b.City + "!"' },
      { a: 'Same', flow: 'to-a', value: '"same"' },
      { a: 'Once', flow: 'to-a', value: '"once"', createOnly: true },
      { a: 'Long', flow: 'to-a', value: 'b.City == null ? "" : b.City + "................................"' },
    ]);
    const source = { City: 'x', Label: null, Same: 'same', Once: null, Long: 'l', Key: 'k' };
    const decision = composeNew(mapping, 'b', source, {});
    expect(decision.writes).toEqual({ a: { Label: 'x!' }, b: { City: 'x' } });
    expect(composeNew(mapping, 'b', { ...source, City: null }, {}).writes).toEqual({
      a: { Label: 'nowhere', Long: null },
      b: {},
    });
  });

  test('a value that an end cannot store is a problem of that end, also of a new record', () => {
    const tooLong = 'a city of many letters';
    const decision = decide(CITY, PREFER_A, { agreed: { City: 'x' }, a: { City: tooLong }, b: { City: 'x' } });
    expect(decision.writes).toEqual({ a: {}, b: {} });
    expect(decision.problems).toMatchObject([{ end: 'b', path: 'City' }]);
    expect(composeNew(CITY, 'b', { City: tooLong, Key: 'k' }, {}).problems).toMatchObject([{ end: 'b', path: 'City' }]);
  });
});
