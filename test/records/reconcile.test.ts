import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileMapping } from '../../src/mapping/compile.ts';
import type { CompiledMapping } from '../../src/mapping/mapping.ts';
import { composeNew, reconcile, type ReconcileInput, type ReconcileSide } from '../../src/records/reconcile.ts';
import type { FieldValue, FieldValues } from '../../src/model/value.ts';
import { consentField } from '../../src/records/consent.ts';
import { field } from './fake-end.ts';

const PATHS = ['One', 'Two', 'Three'] as const;

function mappingOf(swapped = false): CompiledMapping {
  const between = swapped ? { b: 'y/thing', a: 'x/thing' } : { a: 'x/thing', b: 'y/thing' };
  const known = {
    a: new Map([
      ...PATHS.map((path) => [path, field(path)] as const),
      ['Key', field('Key')] as const,
      ['Out', field('Out', { type: 'boolean', optedOutWhen: true })] as const,
    ]),
    b: new Map([
      ...PATHS.map((path) => [path, field(path)] as const),
      ['Key', field('Key')] as const,
      ['list', field('list', { type: 'consent' })] as const,
    ]),
  };
  const { mapping, diagnostics } = compileMapping(
    'm',
    {
      between,
      match: [{ a: 'Key', b: 'Key', normalize: 'exact' }],
      fields: PATHS.map((path) => ({ a: path, b: path, flow: 'both' })),
      consent: [{ purpose: 'news', channel: 'email', a: 'Out', b: 'list', authority: 'b', address: { a: 'Key', b: 'Key' } }],
    },
    known,
  );
  if (mapping === undefined) throw new Error(JSON.stringify(diagnostics));
  return mapping;
}

const MAPPING = mappingOf();
const MIRRORED = mappingOf(true);
const CONSENT_ID = consentField({ purpose: 'news', channel: 'email' }).id;

interface Person {
  readonly agreed: FieldValues | undefined;
  readonly a: FieldValues;
  readonly b: FieldValues;
  readonly agreedOut: boolean;
  readonly outA: boolean;
  readonly stateB: 'subscribed' | 'unsubscribed' | 'unknown';
}

const value = fc.constantFrom<FieldValue>(null, 'x', 'y', 'z');
const values = fc.record({ One: value, Two: value, Three: value });
const person: fc.Arbitrary<Person> = fc.record({
  agreed: fc.option(values, { nil: undefined }),
  a: values,
  b: values,
  agreedOut: fc.boolean(),
  outA: fc.boolean(),
  stateB: fc.constantFrom('subscribed', 'unsubscribed', 'unknown'),
});

function inputOf(who: Person, prefer: 'a' | 'b', unit: 'field' | 'record', mapping = MAPPING): ReconcileInput {
  const side = (end: 'a' | 'b'): ReconcileSide => {
    const present = who[end];
    const idToPath = new Map(mapping.fields.map((compiled) => [compiled.id, compiled.read[end]![0]!]));
    return {
      values: { ...present, Key: 'k', ...(end === 'a' ? { Out: who.outA } : { list: who.stateB }) },
      unchanged: (fieldId) => {
        if (who.agreed === undefined) return undefined;
        const path = idToPath.get(fieldId);
        return path === undefined ? undefined : who.agreed[path] === present[path];
      },
      agreedOptedOut: (fieldId) => (who.agreed === undefined || fieldId !== CONSENT_ID ? undefined : who.agreedOut),
      agreedElements: () => undefined,
      modifiedAt: undefined,
      evidence: {},
    };
  };
  return {
    mapping,
    policy: { policy: 'prefer', prefer, unlessBlank: false, unit },
    sides: { a: side('a'), b: side('b') },
    suppressed: {},
    addressChanged: false,
    parked: new Set(),
    resolved: {},
  };
}

function after(who: Person, decision: ReturnType<typeof reconcile>): { a: FieldValues; b: FieldValues } {
  return { a: { ...who.a, ...decision.writes['a'] }, b: { ...who.b, ...decision.writes['b'] } };
}

const policy = fc.tuple(fc.constantFrom<'a' | 'b'>('a', 'b'), fc.constantFrom<'field' | 'record'>('field', 'record'));

describe('E6 the laws of reconcile', () => {
  test('convergence: after the decided writes all two-way fields agree, unless neither end changed them', () => {
    fc.assert(
      fc.property(person, policy, (who, [prefer, unit]) => {
        const decision = reconcile(inputOf(who, prefer, unit));
        const result = after(who, decision);
        for (const path of PATHS) {
          const untouched = who.agreed !== undefined && who.a[path] === who.agreed[path] && who.b[path] === who.agreed[path];
          if (!untouched) expect(result.a[path]).toBe(result.b[path]);
        }
      }),
    );
  });

  test('no lost edit: a field that changed at one end only keeps that change, or is reported as a conflict', () => {
    fc.assert(
      fc.property(person, policy, (who, [prefer, unit]) => {
        fc.pre(who.agreed !== undefined);
        const decision = reconcile(inputOf(who, prefer, unit));
        const result = after(who, decision);
        for (const path of PATHS) {
          for (const [end, other] of [
            ['a', 'b'],
            ['b', 'a'],
          ] as const) {
            const changedHereOnly = who[end][path] !== who.agreed![path] && who[other][path] === who.agreed![path];
            if (!changedHereOnly) continue;
            const reported = decision.conflicts.some((conflict) => conflict.name === path);
            if (!reported) expect(result[other][path]).toBe(who[end][path]);
            if (unit === 'field') expect(reported).toBe(false);
          }
        }
      }),
    );
  });

  test('no invented value: whatever is written stood at the other end', () => {
    fc.assert(
      fc.property(person, policy, (who, [prefer, unit]) => {
        const decision = reconcile(inputOf(who, prefer, unit));
        for (const path of PATHS) {
          if (path in decision.writes['a']!) expect(decision.writes['a']![path]).toBe(who.b[path]);
          if (path in decision.writes['b']!) expect(decision.writes['b']![path]).toBe(who.a[path]);
        }
      }),
    );
  });

  test('idempotence: deciding again after the writes, with them agreed, writes nothing', () => {
    fc.assert(
      fc.property(person, policy, (who, [prefer, unit]) => {
        const first = reconcile(inputOf(who, prefer, unit));
        const result = after(who, first);
        const settledOut =
          result.a['Out'] === true || result.b['list'] === 'unsubscribed' || who.outA || who.stateB === 'unsubscribed';
        const settled: Person = {
          agreed: result.a,
          a: result.a,
          b: result.a,
          agreedOut: settledOut,
          outA: (first.writes['a']!['Out'] as boolean | undefined) ?? who.outA,
          stateB: (first.writes['b']!['list'] as Person['stateB'] | undefined) ?? who.stateB,
        };
        const second = reconcile(inputOf(settled, prefer, unit));
        expect(second.writes).toEqual({ a: {}, b: {} });
      }),
    );
  });

  test('symmetry: swapping the ends mirrors the decision', () => {
    fc.assert(
      fc.property(person, policy, (who, [prefer, unit]) => {
        const straight = reconcile(inputOf(who, prefer, unit));
        const mirrored = reconcile(inputOf(who, prefer, unit, MIRRORED));
        expect(mirrored.writes).toEqual(straight.writes);
        expect(mirrored.optIns).toEqual(straight.optIns);
      }),
    );
  });

  test('D9 unit record: while the preferred end has a change waiting, nothing of it is overwritten', () => {
    fc.assert(
      fc.property(person, fc.constantFrom<'a' | 'b'>('a', 'b'), (who, prefer) => {
        const waits = (path: (typeof PATHS)[number]) => who[prefer][path] !== who.agreed?.[path] && who.a[path] !== who.b[path];
        fc.pre(who.agreed !== undefined && PATHS.some(waits));
        const decision = reconcile(inputOf(who, prefer, 'record'));
        for (const path of PATHS) expect(path in decision.writes[prefer]!).toBe(false);
      }),
    );
  });
});

describe('E7 consent is monotone', () => {
  test('who is opted out at either end ends opted out at both, unless the authority opted in explicitly', () => {
    fc.assert(
      fc.property(person, policy, (who, [prefer, unit]) => {
        const decision = reconcile(inputOf(who, prefer, unit));
        const outA = decision.writes['a']!['Out'] ?? who.outA;
        const outB = (decision.writes['b']!['list'] ?? who.stateB) === 'unsubscribed';
        const explicit = who.agreed !== undefined && who.agreedOut && who.stateB === 'subscribed';
        if ((who.outA || who.stateB === 'unsubscribed') && !explicit) {
          expect(outA).toBe(true);
          expect(outB).toBe(true);
        }
        if (decision.optIns.length > 0) expect(explicit).toBe(true);
      }),
    );
  });

  test('unknown never becomes subscribed', () => {
    fc.assert(
      fc.property(person, policy, (who, [prefer, unit]) => {
        const decision = reconcile(inputOf(who, prefer, unit));
        expect(decision.writes['b']!['list']).not.toBe('subscribed');
      }),
    );
  });

  test('an account-wide opt-out that only one end can record reaches the purposes of the other', () => {
    const [news] = MAPPING.consent;
    const all = { ...news!, purpose: 'all', path: { a: 'Out' }, targets: ['a'] };
    const purposes = { ...news!, path: { b: 'list' }, targets: ['b'] };
    const mapping = { ...MAPPING, consent: [all, purposes] };
    const who: Person = { agreed: undefined, a: {}, b: {}, agreedOut: false, outA: true, stateB: 'subscribed' };
    expect(reconcile(inputOf(who, 'a', 'field', mapping)).writes).toEqual({ a: {}, b: { list: 'unsubscribed' } });
  });

  test('a new record is never opted in, and one whose address is suppressed is opted out at both ends', () => {
    fc.assert(
      fc.property(values, fc.boolean(), fc.boolean(), (source, out, suppressed) => {
        const decision = composeNew(
          MAPPING,
          'b',
          { ...source, Key: 'k', Out: out },
          suppressed ? { news: { state: 'unsubscribed', at: '2026-01-01T00:00:00.000Z' } } : {},
        );
        expect(decision.writes['b']!['list']).toBe(out || suppressed ? 'unsubscribed' : undefined);
        expect(decision.writes['a']!['Out']).toBe(suppressed && !out ? true : undefined);
      }),
    );
  });
});
