import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileMapping } from '../../src/mapping/compile.ts';
import type { CompiledConsent } from '../../src/mapping/mapping.ts';
import type { ConsentState } from '../../src/model/value.ts';
import {
  decideConsent,
  decideConsents,
  isOptedOut,
  leftByItself,
  mergeSuppressions,
  mostRestrictive,
  ownOptOut,
  type ConsentCase,
  type ConsentSide,
  type Suppression,
} from '../../src/records/consent.ts';
import { field } from './fake-end.ts';

const state = fc.constantFrom<ConsentState>('erased', 'complained', 'unsubscribed', 'unknown', 'subscribed');
const instant = fc.integer({ min: 0, max: 9 }).map((day) => `2026-01-0${day}T00:00:00.000Z`);
const suppression: fc.Arbitrary<Suppression> = fc.record({
  state: fc.constantFrom('erased', 'complained', 'unsubscribed'),
  at: instant,
});
const side: fc.Arbitrary<ConsentSide> = fc.record({
  state,
  stated: fc.boolean(),
  agreedOut: fc.option(fc.boolean(), { nil: undefined }),
  evidence: fc.option(instant, { nil: undefined }),
});

function caseOf(targets: readonly string[]): fc.Arbitrary<ConsentCase> {
  return fc
    .record({
      a: fc.option(side, { nil: undefined }),
      b: fc.option(side, { nil: undefined }),
      suppression: fc.option(suppression, { nil: undefined }),
      ownOptOut: targets.length === 1 ? fc.boolean() : fc.constant(false),
      addressChanged: fc.boolean(),
      overruled: fc.boolean(),
      covered: fc.subarray(['a', 'b']),
    })
    .map(({ a, b, covered, ...rest }) => ({
      ...rest,
      covered: rest.overruled ? covered : [],
      ends: ['a', 'b'] as const,
      authority: 'b',
      targets,
      sides: { ...(a === undefined ? {} : { a }), ...(b === undefined ? {} : { b }) },
    }));
}

const bothWays = caseOf(['a', 'b']);
const toA = caseOf(['a']);

/** What the ends say once the decision is carried out, and agreed on. */
function afterwards(consent: ConsentCase): ConsentCase {
  const decision = decideConsent(consent);
  const sides = Object.fromEntries(
    Object.entries(consent.sides).map(([end, before]) => {
      const written = decision.writes.find((write) => write.end === end)?.state ?? before.state;
      return [end, { ...before, state: written, agreedOut: isOptedOut(written) }];
    }),
  );
  const remembered = decision.optIn ? undefined : consent.suppression;
  const own =
    (consent.ownOptOut && !decision.ownReleased) ||
    (consent.sides['a'] !== undefined && consent.targets.length === 1 && leftByItself(consent.sides['a']));
  return { ...consent, sides, suppression: remembered, ownOptOut: own, addressChanged: false };
}

function outAt(consent: ConsentCase, end: string): boolean {
  return consent.sides[end] !== undefined && isOptedOut(consent.sides[end].state);
}

/** Whether the authority may opt in, by the words of the rule and not by the code of the decision. */
function isEvidence({ sides, suppression: remembered, addressChanged, overruled }: ConsentCase): boolean {
  const authority = sides['b'];
  if (authority === undefined || overruled) return false;
  const seenToTurn = authority.agreedOut === true && !isOptedOut(authority.state) && authority.stated;
  const newer =
    authority.evidence === undefined ? !addressChanged : remembered === undefined || authority.evidence > remembered.at;
  const liftable = remembered?.state !== 'erased' && (remembered?.state !== 'complained' || authority.evidence !== undefined);
  return seenToTurn && newer && liftable;
}

describe('E7 states of consent are a lattice', () => {
  test('merging takes the most restrictive: commutative, associative, idempotent', () => {
    fc.assert(
      fc.property(state, state, state, (one, two, three) => {
        expect(mostRestrictive(one, two)).toBe(mostRestrictive(two, one));
        expect(mostRestrictive(one, mostRestrictive(two, three))).toBe(mostRestrictive(mostRestrictive(one, two), three));
        expect(mostRestrictive(one, one)).toBe(one);
        expect(isOptedOut(mostRestrictive(one, two))).toBe(isOptedOut(one) || isOptedOut(two));
      }),
    );
  });

  test('erased > complained > unsubscribed > unknown > subscribed', () => {
    const order: ConsentState[] = ['erased', 'complained', 'unsubscribed', 'unknown', 'subscribed'];
    for (const [index, one] of order.entries())
      for (const other of order.slice(index)) expect(mostRestrictive(other, one)).toBe(one);
  });

  test('what two addresses remember merges alike, and forgets nothing', () => {
    const maybe = fc.option(suppression, { nil: undefined });
    fc.assert(
      fc.property(maybe, maybe, maybe, (one, two, three) => {
        const merged = mergeSuppressions(one, two);
        expect(merged).toEqual(mergeSuppressions(two, one));
        expect(mergeSuppressions(one, mergeSuppressions(two, three))).toEqual(mergeSuppressions(merged, three));
        expect(mergeSuppressions(one, one)).toEqual(one);
        if (one !== undefined) {
          expect(mostRestrictive(merged!.state, one.state)).toBe(merged!.state);
          expect(merged!.at >= one.at).toBe(true);
        }
      }),
    );
  });
});

describe('E7 consent that flows both ways', () => {
  test('who is out at either end, was out, or is remembered ends out at every end, unless the authority gave evidence', () => {
    fc.assert(
      fc.property(bothWays, (consent) => {
        const wasOut = Object.values(consent.sides).some((one) => one.agreedOut === true);
        const known =
          wasOut || outAt(consent, 'a') || outAt(consent, 'b') || consent.suppression !== undefined || consent.overruled;
        const after = afterwards(consent);
        const ends = Object.keys(consent.sides);
        const told = ends.filter((end) => !consent.covered.includes(end));
        if (known && !isEvidence(consent)) for (const end of told) expect(outAt(after, end)).toBe(true);
        if (!known) expect(decideConsent(consent).writes).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  test('nobody is opted in but on the evidence of the authority, and never where nobody said so', () => {
    fc.assert(
      fc.property(bothWays, (consent) => {
        const decision = decideConsent(consent);
        expect(decision.optIn).toBe(isEvidence(consent));
        for (const write of decision.writes)
          if (write.state === 'subscribed') expect(write).toMatchObject({ end: 'a', reason: 'opt-in' });
        if (decision.writes.some((write) => write.state === 'subscribed')) expect(consent.sides['b']!.stated).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test('an end that is out of everything is told only what somebody said of the purpose, and the rest once it opens', () => {
    fc.assert(
      fc.property(bothWays, (consent) => {
        fc.pre(consent.overruled && consent.sides['a'] !== undefined && !outAt(consent, 'a'));
        const covered = { ...consent, covered: ['a'] };
        const isTold = decideConsent(covered).writes.some(({ end }) => end === 'a');
        const [own, other] = [consent.sides['a']!, consent.sides['b']];
        const otherSaysSo = other !== undefined && leftByItself(other);
        if (otherSaysSo || own.agreedOut === true) expect(isTold).toBe(true);
        else if (own.agreedOut === false) expect(isTold).toBe(false);
        const opened = { ...afterwards(covered), overruled: false, covered: [] };
        const known = Object.values(opened.sides).some(({ state: now }) => isOptedOut(now)) || opened.suppression !== undefined;
        expect(outAt(afterwards(opened), 'a')).toBe(known);
      }),
      { numRuns: 1000 },
    );
  });

  test('deciding again writes nothing', () => {
    fc.assert(
      fc.property(bothWays, (consent) => {
        expect(decideConsent(afterwards(consent)).writes).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('B2 consent that flows one way', () => {
  test('the order of the ends does not matter', () => {
    fc.assert(
      fc.property(toA, (consent) => {
        expect(decideConsent({ ...consent, ends: ['b', 'a'] })).toEqual(decideConsent(consent));
      }),
    );
  });

  test('its source is never written', () => {
    fc.assert(
      fc.property(toA, (consent) => {
        for (const write of decideConsent(consent).writes) expect(write.end).toBe('a');
      }),
    );
  });

  test('an opt-out of the target itself is never overwritten, and is reported', () => {
    fc.assert(
      fc.property(toA, (consent) => {
        const target = consent.sides['a'];
        fc.pre(target !== undefined && isOptedOut(target.state) && (consent.ownOptOut || target.agreedOut !== true));
        const decision = decideConsent(consent);
        expect(decision.writes).toEqual([]);
        expect(decision.out).toBe(true);
        const sourceIsOut = outAt(consent, 'b') || (consent.sides['b']?.agreedOut === true && !isEvidence(consent));
        if (!sourceIsOut && consent.suppression === undefined && !consent.overruled) expect(decision.kept).toBe('a');
      }),
      { numRuns: 1000 },
    );
  });

  test('only the target takes its own opt-out back, where we saw it do so', () => {
    fc.assert(
      fc.property(toA, (consent) => {
        const target = consent.sides['a'];
        const reopened = target !== undefined && !isOptedOut(target.state) && target.agreedOut === true && target.stated;
        expect(decideConsent(consent).ownReleased).toBe(consent.ownOptOut && reopened);
      }),
    );
  });

  test('the opt-out of its source reaches the target, and deciding again writes nothing', () => {
    fc.assert(
      fc.property(toA, (consent) => {
        const after = afterwards(consent);
        const isCovered = consent.covered.includes('a') && consent.sides['b']?.agreedOut === true;
        if (outAt(consent, 'b') && consent.sides['a'] !== undefined && !isCovered) expect(outAt(after, 'a')).toBe(true);
        expect(decideConsent(after).writes).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  test('an opt-in of its source is carried on evidence only', () => {
    fc.assert(
      fc.property(toA, (consent) => {
        const { writes } = decideConsent(consent);
        if (writes.some((write) => write.state === 'subscribed')) expect(isEvidence(consent)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});

const known = {
  a: new Map(
    ['Email', 'All', 'News', 'Offers'].map((path) => [
      path,
      path === 'Email' ? field(path, { type: 'email' }) : field(path, { type: 'boolean' }),
    ]),
  ),
  b: new Map(
    ['email', 'all', 'news', 'offers'].map((path) => [
      path,
      path === 'email' ? field(path, { type: 'email' }) : field(path, { type: 'consent' }),
    ]),
  ),
};

function consentsOf(accountWide: 'both' | 'a' | 'none'): readonly CompiledConsent[] {
  const { mapping, diagnostics } = compileMapping(
    'm',
    {
      between: { a: 'x/thing', b: 'y/thing' },
      match: [{ a: 'Email', b: 'email', normalize: 'email' }],
      fields: [],
      consent: [
        { purpose: 'news', channel: 'email', a: 'News', b: 'news', authority: 'b', optedOutWhen: { a: true } },
        { purpose: 'offers', channel: 'email', a: 'Offers', b: 'offers', authority: 'b', optedOutWhen: { a: true } },
        ...(accountWide === 'none'
          ? []
          : [
              {
                purpose: 'all',
                channel: 'email',
                a: 'All',
                ...(accountWide === 'both' ? { b: 'all' } : {}),
                authority: 'a',
                optedOutWhen: { a: true },
              },
            ]),
      ],
    },
    known,
  );
  if (mapping === undefined) throw new Error(JSON.stringify(diagnostics));
  return mapping.consent;
}

function decided(
  accountWide: 'both' | 'a' | 'none',
  states: Readonly<Record<string, ConsentState>>,
  remembered: Readonly<Record<string, Suppression>> = {},
) {
  const decisions = decideConsents(consentsOf(accountWide), {
    ends: ['a', 'b'],
    side: (consent, end) =>
      consent.path[end] === undefined
        ? undefined
        : { state: states[consent.path[end]] ?? 'unknown', stated: true, agreedOut: false, evidence: undefined },
    suppressed: remembered,
    addressChanged: false,
  });
  return decisions
    .flatMap(({ consent, decision }) => decision.writes.map(({ end, state: written }) => `${consent.path[end]!} ${written}`))
    .toSorted();
}

describe('E7 purposes', () => {
  test('leaving one newsletter is not leaving the other', () => {
    expect(decided('none', { news: 'unsubscribed' })).toEqual(['News unsubscribed']);
    expect(decided('both', { News: 'unsubscribed' })).toEqual(['news unsubscribed']);
  });

  test('leaving account-wide at an end is leaving every purpose at one that has no such field', () => {
    expect(decided('a', { All: 'unsubscribed' })).toEqual(['news unsubscribed', 'offers unsubscribed']);
    // A word of their own about one of them is carried all the same.
    expect(decided('a', { All: 'unsubscribed', news: 'unsubscribed' })).toEqual(['News unsubscribed', 'offers unsubscribed']);
  });

  test('where both ends have one, the account-wide state is carried and the purposes stay as they are', () => {
    expect(decided('both', { All: 'unsubscribed' })).toEqual(['all unsubscribed']);
  });

  test('what is remembered account-wide outranks every purpose, also of a mapping without one', () => {
    const remembered: Suppression = { state: 'complained', at: '2026-01-01T00:00:00.000Z' };
    expect(decided('none', { news: 'subscribed' }, { all: remembered })).toHaveLength(4);
    expect(decided('both', { news: 'subscribed' }, { all: remembered })).toEqual(['All unsubscribed', 'all unsubscribed']);
  });

  test('an opt-out that an end made itself is remembered under its own name', () => {
    const [news] = consentsOf('none');
    const [{ decision } = { decision: undefined }] = decideConsents([{ ...news!, targets: ['a'] }], {
      ends: ['a', 'b'],
      side: (_consent, end) =>
        end === 'b' ? { state: 'subscribed', stated: true, agreedOut: true, evidence: undefined } : undefined,
      suppressed: { [ownOptOut('news', 'a')]: { state: 'unsubscribed', at: '2026-01-01T00:00:00.000Z' } },
      addressChanged: false,
    });
    expect(decision).toMatchObject({ optIn: true, out: true, kept: undefined });
  });
});
