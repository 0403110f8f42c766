/**
 * The decisions about consent: whether a person may be written to, per address, channel and purpose.
 *
 * Pure, like `reconcile.ts`, which asks for them. Laws, each with a property test in
 * `test/records/consent.test.ts`:
 * - merging states takes the most restrictive, in any order and however often;
 * - an opt-out at either end reaches the other, and is not undone by what comes later at that other end;
 * - only the authority opts in, by a statement of its own that we saw change and that is newer than the
 *   opt-out; `unknown` never becomes `subscribed`, and who was erased is never opted in;
 * - purposes are independent of each other, but for the account-wide one, which outranks them all: an end that is out of
 *   everything is told of a purpose only what somebody said of it, and of the rest once everything opens again;
 * - where consent flows one way, its source is never written, and the target's own opt-out is never overwritten.
 */
import { ACCOUNT_WIDE } from '../mapping/consent-entries.ts';
import type { CompiledConsent, EndName } from '../mapping/mapping.ts';
import type { ConsentState } from '../model/value.ts';

const RESTRICTION: readonly ConsentState[] = ['erased', 'complained', 'unsubscribed', 'unknown', 'subscribed'];

export type OptedOutState = 'erased' | 'complained' | 'unsubscribed';

export function isOptedOut(state: ConsentState): state is OptedOutState {
  return state !== 'subscribed' && state !== 'unknown';
}

/** The most restrictive of two states. */
export function mostRestrictive<State extends ConsentState>(one: State, other: State): State {
  return RESTRICTION.indexOf(one) <= RESTRICTION.indexOf(other) ? one : other;
}

/** Consent is reconciled by rules of its own, under an id of its own. */
export function consentField(consent: { readonly purpose: string; readonly channel: string }): { readonly id: string } {
  return { id: `consent:${consent.channel}:${consent.purpose}` };
}

/** An opt-out that is remembered for an address, and when it was given, as an instant. */
export interface Suppression {
  readonly state: OptedOutState;
  readonly at: string;
}

/** What two addresses of one person, or two records of one address, come to: the most restrictive, as of the latest. */
export function mergeSuppressions(one: Suppression | undefined, other: Suppression | undefined): Suppression | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return { state: mostRestrictive(one.state, other.state), at: one.at > other.at ? one.at : other.at };
}

/** What one end says of a person's consent. */
export interface ConsentSide {
  readonly state: ConsentState;
  /** Whether the end says so itself: a recorded subscription or a flag that is set or cleared, and not just nothing. */
  readonly stated: boolean;
  /** Whether the end was opted out when it was last agreed on; `undefined` where it never was. */
  readonly agreedOut: boolean | undefined;
  /** When the end recorded the state, by its vendor's clock; `undefined` where it keeps no time. */
  readonly evidence: string | undefined;
}

/** One person and one purpose, with everything that the decision depends on. */
export interface ConsentCase {
  readonly ends: readonly [EndName, EndName];
  readonly authority: EndName;
  /** Ends to which consent flows: both, or the one that is not its source. */
  readonly targets: readonly EndName[];
  /** Ends without a record, or without a field for this purpose, are absent. */
  readonly sides: Readonly<Record<EndName, ConsentSide>>;
  /** What is remembered for the person's addresses. */
  readonly suppression: Suppression | undefined;
  /** Where consent flows one way: whether an opt-out of the target's own is remembered for the addresses. */
  readonly ownOptOut: boolean;
  /** Whether an address of the person changed: then a statement without a time proves nothing for the new one. */
  readonly addressChanged: boolean;
  /** Whether the person left account-wide, and an end can be told so by its purposes only. */
  readonly overruled: boolean;
  /** Where the person left account-wide: ends that record just that, in a field of their own. */
  readonly covered: readonly EndName[];
}

export type ConsentReason = 'opt-out' | 'opt-out-put-back' | 'opt-in';

export interface ConsentDecision {
  readonly writes: readonly {
    readonly end: EndName;
    readonly state: 'subscribed' | 'unsubscribed';
    readonly reason: ConsentReason;
  }[];
  /** Whether the authority's statement lifts what is remembered for the addresses. */
  readonly optIn: boolean;
  /** Whether the target took its own opt-out back, where consent flows one way. */
  readonly ownReleased: boolean;
  /** The end whose own opt-out is neither carried nor overwritten: for the report. */
  readonly kept: EndName | undefined;
  /** Whether the person is opted out after the decision. */
  readonly out: boolean;
}

export function decideConsent(consent: ConsentCase): ConsentDecision {
  return consent.targets.length === 1 ? decideOneWay(consent, consent.targets[0]!) : decideBothWays(consent);
}

function decideBothWays(consent: ConsentCase): ConsentDecision {
  const { ends, sides } = consent;
  const present = ends.filter((end) => sides[end] !== undefined);
  const outs = present.filter((end) => isOptedOut(sides[end]!.state));
  const wasOut = present.some((end) => sides[end]!.agreedOut === true);
  const optIn = optsIn(consent);
  if (optIn) {
    const writes = outs.map((end) => ({ end, state: 'subscribed' as const, reason: 'opt-in' as const }));
    return { writes, optIn, ownReleased: false, kept: undefined, out: false };
  }
  const out = outs.length > 0 || wasOut || consent.suppression !== undefined || consent.overruled;
  const reason: ConsentReason = consent.overruled || (outs.length > 0 && !wasOut) ? 'opt-out' : 'opt-out-put-back';
  const open = out ? present.filter((end) => !outs.includes(end) && !isToldByAccount(consent, end)) : [];
  const writes = open.map((end) => ({ end, state: 'unsubscribed' as const, reason }));
  return { writes, optIn, ownReleased: false, kept: undefined, out };
}

/** The source is never written; the target's own opt-out is remembered apart, and only the target takes it back. */
function decideOneWay(consent: ConsentCase, to: EndName): ConsentDecision {
  const target = consent.sides[to];
  const source = consent.sides[consent.ends[0] === to ? consent.ends[1] : consent.ends[0]];
  const targetOut = target !== undefined && isOptedOut(target.state);
  const sourceOut = source !== undefined && isOptedOut(source.state);
  const optIn = optsIn(consent);
  const ownReleased = consent.ownOptOut && target !== undefined && !targetOut && target.agreedOut === true && target.stated;
  const own = (consent.ownOptOut && !ownReleased) || (target !== undefined && leftByItself(target));
  const wasOut = !optIn && (sourceOut || source?.agreedOut === true || consent.suppression !== undefined || consent.overruled);
  const out = own || wasOut;
  const decision = { optIn, ownReleased, kept: own && targetOut && !wasOut ? to : undefined, out };
  if (target === undefined || targetOut === out || isToldByAccount(consent, to)) return { ...decision, writes: [] };
  if (!out) {
    // Neither its own, nor without the authority's word: somebody else wrote it, and an opt-out is not undone.
    return optIn ? { ...decision, writes: [{ end: to, state: 'subscribed', reason: 'opt-in' }] } : { ...decision, writes: [] };
  }
  const reason = sourceOut && source.agreedOut !== true ? 'opt-out' : 'opt-out-put-back';
  return { ...decision, writes: [{ end: to, state: 'unsubscribed', reason }] };
}

/**
 * Whether the account-wide opt-out of an end says all that there is to say of a purpose: nobody left that by a word of
 * its own, before the ends met or since they last agreed.
 */
function isToldByAccount({ covered, sides, suppression, ownOptOut }: ConsentCase, end: EndName): boolean {
  const side = sides[end];
  if (!covered.includes(end) || side === undefined || side.agreedOut === true || ownOptOut) return false;
  const others = Object.entries(sides).flatMap(([name, other]) => (name === end ? [] : [other]));
  if (side.agreedOut === false) return !others.some(leftByItself);
  return suppression === undefined && !others.some(({ state, agreedOut }) => isOptedOut(state) || agreedOut === true);
}

/** Whether an end is opted out although it was not when we last agreed: by its own people, and not by us. */
export function leftByItself(side: Pick<ConsentSide, 'state' | 'agreedOut'>): boolean {
  return isOptedOut(side.state) && side.agreedOut !== true;
}

/**
 * Whether the authority opts the person in: it says so, we saw it opted out before, and what is
 * remembered is older. Who was erased stays so; a complaint yields to a dated statement only.
 */
function optsIn({ authority, sides, suppression, addressChanged, overruled }: ConsentCase): boolean {
  const side = sides[authority];
  if (overruled || side === undefined || isOptedOut(side.state) || !side.stated || side.agreedOut !== true) return false;
  if (suppression?.state === 'erased') return false;
  if (side.evidence === undefined) return !addressChanged && suppression?.state !== 'complained';
  return suppression === undefined || side.evidence > suppression.at;
}

/** What is known of one person, for all purposes. */
export interface ConsentFacts {
  readonly ends: readonly [EndName, EndName];
  /** What an end says under a purpose; `undefined` where there is no record, or no field for it. */
  readonly side: (consent: CompiledConsent, end: EndName) => ConsentSide | undefined;
  readonly suppressed: Suppressed;
  readonly addressChanged: boolean;
}

/** What is remembered for the addresses of one person: by purpose, and an end's own opt-outs by `ownOptOut`. */
export type Suppressed = Readonly<Record<string, Suppression>>;

/** The purpose under which an end's own opt-out is remembered, where consent flows to it only. */
export function ownOptOut(purpose: string, place: string): string {
  return `${purpose}@${place}`;
}

/** Decides each purpose by itself, the account-wide one above them all. */
export function decideConsents(
  consents: readonly CompiledConsent[],
  facts: ConsentFacts,
): readonly { readonly consent: CompiledConsent; readonly decision: ConsentDecision }[] {
  const accountWide = consents.find(({ purpose }) => purpose === ACCOUNT_WIDE);
  const above = accountWide === undefined ? undefined : decideConsent(caseOf(accountWide, facts, false));
  const left = above?.out ?? facts.suppressed[ACCOUNT_WIDE] !== undefined;
  // An end with an account-wide field of its own is told by it; the others by each of their purposes.
  const overruled = left && facts.ends.some((end) => accountWide?.path[end] === undefined);
  const covered = overruled ? facts.ends.filter((end) => isOutAfter(accountWide, above, facts, end)) : [];
  return consents.map((consent) => ({
    consent,
    decision: consent === accountWide ? above! : decideConsent(caseOf(consent, facts, overruled, covered)),
  }));
}

function isOutAfter(
  consent: CompiledConsent | undefined,
  decision: ConsentDecision | undefined,
  facts: ConsentFacts,
  end: EndName,
): boolean {
  const side = consent === undefined ? undefined : facts.side(consent, end);
  const written = decision?.writes.find((write) => write.end === end)?.state;
  return side !== undefined && isOptedOut(written ?? side.state);
}

function caseOf(
  consent: CompiledConsent,
  facts: ConsentFacts,
  overruled: boolean,
  covered: readonly EndName[] = [],
): ConsentCase {
  const { ends, suppressed, addressChanged } = facts;
  const { authority, targets, purpose } = consent;
  const sides = Object.fromEntries(
    ends.flatMap((end) => {
      const side = facts.side(consent, end);
      return side === undefined ? [] : [[end, side]];
    }),
  );
  const own = targets.length === 1 && suppressed[ownOptOut(purpose, targets[0]!)] !== undefined;
  return {
    ends,
    authority,
    targets,
    sides,
    suppression: suppressed[purpose],
    ownOptOut: own,
    addressChanged,
    overruled,
    covered,
  };
}
