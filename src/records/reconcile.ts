/**
 * The decision for one person: a three-way merge of each mapped field.
 *
 * Pure: no clock, no I/O, no randomness, and the order of fields does not matter. Laws, each with a
 * property test in `test/records/reconcile.test.ts` or `test/records/policies.test.ts`:
 * - a field that changed at one end only is carried to the other, and nothing else is written;
 * - a field that changed at neither end is not written, whatever the values look like;
 * - a field that changed at both ends is decided by a person, its owner or the policy, and the loser is
 *   reported; until a person has decided, neither end is written;
 * - a set is merged element by element: no addition and no removal of either end is lost;
 * - values that already agree are never written;
 * - swapping the ends, with the policy mirrored, mirrors the decision;
 * - a person who opted out at either end is never opted in, except by the authority's explicit consent.
 */
import { sameValue, sortedSet } from '../mapping/equality.ts';
import type { CompiledConsent, CompiledField, CompiledMapping, EndName } from '../mapping/mapping.ts';
import type { FieldValue, FieldValues } from '../model/value.ts';
import { flappingConflict, judgeConflict, type FieldConflict } from './conflict.ts';
import { consentField, decideConsents, type ConsentDecision, type ConsentSide, type Suppressed } from './consent.ts';
import type { ConflictPolicy } from './link.ts';
import { mergeSets, type SetSide } from './set-merge.ts';

/** One end of a person, as it is now and as it was last agreed on. */
export interface ReconcileSide {
  readonly values: FieldValues;
  /**
   * Whether a field (or consent) is as it was last agreed; `undefined` where it never was.
   * @param values what the end will hold, in place of what it holds
   */
  readonly unchanged: (fieldId: string, values?: FieldValues) => boolean | undefined;
  /** Whether consent was opted out when it was last agreed; `undefined` where it never was. */
  readonly agreedOptedOut: (fieldId: string) => boolean | undefined;
  /** Tells the elements of a set that were last agreed on; `undefined` where they are not known one by one. */
  readonly agreedElements: (fieldId: string) => ((element: string) => boolean) | undefined;
  /** When people last edited the record, by the vendor's clock; only where the stream tells such a time. */
  readonly modifiedAt: string | undefined;
  readonly evidence: Readonly<Record<string, string>>;
}

export interface ReconcileInput {
  readonly mapping: CompiledMapping;
  readonly policy: ConflictPolicy;
  readonly sides: Readonly<Record<EndName, ReconcileSide>>;
  /** What the suppression list holds of this person's addresses. */
  readonly suppressed: Suppressed;
  /** Whether an address of the person changed since it was last agreed. */
  readonly addressChanged: boolean;
  /** Fields that wait for a person since an earlier cycle: a blank there was made by somebody. */
  readonly parked: ReadonlySet<string>;
  /** The end whose value a person has decided to take, by field. */
  readonly resolved: Readonly<Record<string, EndName>>;
  /** Whether writing this to an end would only carry on a back and forth; without it nothing would. */
  readonly flapping?: (fieldId: string, end: EndName, value: FieldValue) => boolean;
}

export interface Decision {
  /** What to write at each end, by path. */
  readonly writes: Readonly<Record<EndName, Readonly<Record<string, FieldValue>>>>;
  /** For each written path, the field (or consent) it settles and why it is written. */
  readonly reasons: Readonly<
    Record<EndName, Readonly<Record<string, { readonly fieldId: string; readonly reason: WriteReason }>>>
  >;
  readonly conflicts: readonly FieldConflict[];
  /** Fields whose value cannot be carried over: the end waits in quarantine. */
  readonly problems: readonly { readonly end: EndName; readonly path: string; readonly problem: string }[];
  /** Purposes for which this decision opts the person in, on the authority's evidence. */
  readonly optIns: readonly string[];
  /** Ends that took their own opt-out back, where consent flows to them only. */
  readonly ownReleased: readonly PurposeAtEnd[];
  /** Ends that opted out by themselves, where consent flows to them only: neither carried nor overwritten. */
  readonly ownOptOuts: readonly PurposeAtEnd[];
}

export interface PurposeAtEnd {
  readonly purpose: string;
  readonly end: EndName;
}

export type WriteReason =
  | 'changed'
  | 'first-contact'
  | 'merged'
  | 'conflict'
  | 'resolved'
  | 'source-of-truth'
  | 'opt-out'
  | 'opt-out-put-back'
  | 'opt-in'
  | 'created';

/** What becomes of one field: a value for one end, one for each (a set), or nothing. */
interface FieldDecision {
  readonly writes: readonly { readonly to: EndName; readonly reason: WriteReason; readonly elements?: readonly string[] }[];
  readonly conflict?: FieldConflict;
}

const NOTHING: FieldDecision = { writes: [] };

export function reconcile(input: ReconcileInput): Decision {
  const { mapping, sides } = input;
  const writes: Record<EndName, Record<string, FieldValue>> = {};
  const reasons: Record<EndName, Record<string, { fieldId: string; reason: WriteReason }>> = {};
  for (const end of mapping.ends) {
    writes[end] = {};
    reasons[end] = {};
  }
  const conflicts: FieldConflict[] = [];
  const problems: { end: EndName; path: string; problem: string }[] = [];

  const wholeRecord = preferredForAll(input);

  // Two-way fields first: what flows one way is made of what its source will hold.
  const after = Object.fromEntries(mapping.ends.map((end) => [end, sides[end]!.values]));
  for (const field of mapping.fields.toSorted((one, other) => other.targets.length - one.targets.length)) {
    const decided = field.targets.length === 1 ? decideOneWay(field, input, after) : decideField(field, input, wholeRecord);
    if (decided.conflict !== undefined) conflicts.push(decided.conflict);
    for (const { to, reason, elements } of decided.writes) {
      const path = field.write[to]!;
      const carried = elements === undefined ? field.carry(to, after[partner(mapping, to)]!) : { value: elements };
      if ('problem' in carried) {
        problems.push({ end: to, path, problem: carried.problem });
        continue;
      }
      if (input.resolved[field.id] === undefined && input.flapping?.(field.id, to, carried.value) === true) {
        if (decided.conflict === undefined) conflicts.push(flappingConflict(field, input));
        else conflicts[conflicts.length - 1] = flappingConflict(field, input);
        break;
      }
      writes[to]![path] = carried.value;
      reasons[to]![path] = { fieldId: field.id, reason };
      after[to] = { ...after[to], [path]: carried.value };
    }
  }

  const consents = decideConsents(mapping.consent, {
    ends: mapping.ends,
    side: (consent, end) => consentSideOf(consent, end, sides[end]!),
    suppressed: input.suppressed,
    addressChanged: input.addressChanged,
  });
  for (const { consent, decision } of consents) writeConsent(consent, decision, writes, reasons);
  return { writes, reasons, conflicts, problems, ...consequences(consents) };
}

type ConsentDecisions = ReturnType<typeof decideConsents>;

function consentSideOf(
  consent: CompiledConsent,
  end: EndName,
  side: Pick<ReconcileSide, 'values' | 'agreedOptedOut' | 'evidence'>,
): ConsentSide | undefined {
  const path = consent.path[end];
  if (path === undefined) return undefined;
  return {
    state: consent.state(end, side.values),
    stated: consent.stated(end, side.values),
    agreedOut: side.agreedOptedOut(consentField(consent).id),
    evidence: side.evidence[path],
  };
}

function writeConsent(
  consent: CompiledConsent,
  decision: ConsentDecision,
  writes: Readonly<Record<EndName, Record<string, FieldValue>>>,
  reasons: Readonly<Record<EndName, Record<string, { fieldId: string; reason: WriteReason }>>>,
): void {
  for (const { end, state, reason } of decision.writes) {
    const path = consent.path[end]!;
    writes[end]![path] = consent.value(end, state);
    reasons[end]![path] = { fieldId: consentField(consent).id, reason };
  }
}

function consequences(consents: ConsentDecisions): Pick<Decision, 'optIns' | 'ownReleased' | 'ownOptOuts'> {
  return {
    optIns: consents.filter(({ decision }) => decision.optIn).map(({ consent }) => consent.purpose),
    ownReleased: consents
      .filter(({ decision }) => decision.ownReleased)
      .map(({ consent }) => ({ purpose: consent.purpose, end: consent.targets[0]! })),
    ownOptOuts: consents.flatMap(({ consent, decision }) =>
      decision.kept === undefined ? [] : [{ purpose: consent.purpose, end: decision.kept }],
    ),
  };
}

/** What a new record at `to` is made of, from the only end that knows the person. */
export function composeNew(mapping: CompiledMapping, to: EndName, source: FieldValues, suppressed: Suppressed): Decision {
  const values: Record<string, FieldValue> = {};
  const reasons: Record<string, { fieldId: string; reason: WriteReason }> = {};
  const problems: { end: EndName; path: string; problem: string }[] = [];
  const from = partner(mapping, to);
  for (const field of mapping.fields) {
    const path = field.write[to];
    if (path === undefined) continue;
    const carried = field.carry(to, source);
    if ('problem' in carried) problems.push({ end: to, path, problem: carried.problem });
    else if (carried.value !== null) {
      values[path] = carried.value;
      reasons[path] = { fieldId: field.id, reason: 'created' };
    }
  }
  const back: Record<string, FieldValue> = {};
  const backReasons: Record<string, { fieldId: string; reason: WriteReason }> = {};
  // What flows from the new record towards its source is known already, as far as the new record is.
  const present: FieldValues = { ...Object.fromEntries(mapping.paths[to]!.map((path) => [path, null])), ...values };
  for (const field of mapping.fields) {
    const path = field.write[from];
    if (path === undefined || field.targets.length !== 1 || field.targets[0] !== from || field.createOnly) continue;
    if (field.agrees({ [from]: source, [to]: present })) continue;
    const carried = field.carry(from, present);
    if ('problem' in carried) continue;
    back[path] = carried.value;
    backReasons[path] = { fieldId: field.id, reason: 'source-of-truth' };
  }
  const consents = decideConsents(mapping.consent, {
    ends: mapping.ends,
    side: (consent, end) =>
      end === from ? consentSideOf(consent, end, { values: source, agreedOptedOut: () => undefined, evidence: {} }) : undefined,
    suppressed,
    addressChanged: false,
  });
  const writes = { [to]: values, [from]: back };
  const allReasons = { [to]: reasons, [from]: backReasons };
  for (const { consent, decision } of consents) {
    // The address opted out under an earlier record: the new one at the source does not undo that.
    writeConsent(consent, decision, writes, allReasons);
    const path = consent.path[to];
    // A new record is never opted in: that a person is known is no consent.
    if (!decision.out || path === undefined || !consent.targets.includes(to)) continue;
    values[path] = consent.value(to, 'unsubscribed');
    reasons[path] = { fieldId: consentField(consent).id, reason: 'opt-out' };
  }
  return { writes, reasons: allReasons, conflicts: [], problems, ...consequences(consents) };
}

function decideField(field: CompiledField, input: ReconcileInput, wholeRecord: EndName | undefined): FieldDecision {
  const { mapping, sides } = input;
  const [left, right] = mapping.ends;
  const values = { [left]: sides[left]!.values, [right]: sides[right]!.values };
  if (field.createOnly || field.agrees(values)) return NOTHING;

  const unchanged = { left: sides[left]!.unchanged(field.id), right: sides[right]!.unchanged(field.id) };
  if (unchanged.left && unchanged.right) return NOTHING;
  if (input.resolved[field.id] !== undefined) return settleConflict(field, input, 'conflict');
  // Its owner decides over a field, also where the record as a whole would be taken from the other end.
  const preferred = field.owner === undefined ? wholeRecord : undefined;

  if (unchanged.left === undefined || unchanged.right === undefined) {
    const blank = { left: field.blank(left, values[left]!), right: field.blank(right, values[right]!) };
    // At first contact a blank says nothing: filling it loses no edit. What waits for a person has been seen before.
    if (blank.left !== blank.right && !input.parked.has(field.id))
      return { writes: [{ to: blank.left ? left : right, reason: 'first-contact' }] };
    return decideSet(field, input, preferred, 'first-contact') ?? settleConflict(field, input, 'first-contact');
  }
  if (!unchanged.left && !unchanged.right)
    return decideSet(field, input, preferred, 'merged') ?? settleConflict(field, input, 'conflict');
  const changed = unchanged.left ? right : left;
  if (preferred !== undefined && changed !== preferred) return settleConflict(field, input, 'conflict');
  return decideSet(field, input, preferred, 'changed') ?? { writes: [{ to: partner(mapping, changed), reason: 'changed' }] };
}

/** Merges a set; `undefined` where it is decided as one value, or its elements were not agreed on one by one. */
function decideSet(
  field: CompiledField,
  { mapping, sides }: ReconcileInput,
  preferred: EndName | undefined,
  reason: WriteReason,
): FieldDecision | undefined {
  if (!field.set || field.owner !== undefined || preferred !== undefined) return undefined;
  const [left, right] = mapping.ends;
  const before = { [left]: setSide(field, left, sides[left]!), [right]: setSide(field, right, sides[right]!) };
  if (before[left] === undefined || before[right] === undefined) return undefined;
  const merged = mergeSets(before[left], before[right]);
  const writes = [
    { to: left, reason, elements: merged.left },
    { to: right, reason, elements: merged.right },
  ];
  return { writes: writes.filter(({ to, elements }) => !sameValue(elements, before[to]!.elements, 'set')) };
}

function setSide(field: CompiledField, end: EndName, side: ReconcileSide): SetSide | undefined {
  const value = side.values[field.read[end]![0]!];
  const elements = Array.isArray(value) ? sortedSet(value) : [];
  const agreed = side.unchanged(field.id) === undefined ? () => false : side.agreedElements(field.id);
  return agreed === undefined ? undefined : { elements, agreed };
}

/** The source of a one-way field rules, as it will be: an edit at the target is put back. */
function decideOneWay(field: CompiledField, input: ReconcileInput, after: Readonly<Record<EndName, FieldValues>>): FieldDecision {
  const to = field.targets[0]!;
  const source = partner(input.mapping, to);
  if (field.createOnly || field.agrees(after)) return NOTHING;
  const unchanged = {
    source: input.sides[source]!.unchanged(field.id, after[source]),
    target: input.sides[to]!.unchanged(field.id),
  };
  if (unchanged.source === undefined || unchanged.target === undefined) return { writes: [{ to, reason: 'first-contact' }] };
  const taken = input.resolved[field.id];
  if (taken !== undefined) return taken === to ? NOTHING : { writes: [{ to, reason: 'resolved' }] };
  return unchanged.source && unchanged.target ? NOTHING : { writes: [{ to, reason: 'source-of-truth' }] };
}

function settleConflict(field: CompiledField, input: ReconcileInput, reason: WriteReason): FieldDecision {
  const conflict = judgeConflict(field, input, reason === 'first-contact');
  if (conflict.winner === undefined) return { writes: [], conflict };
  const to = partner(input.mapping, conflict.winner);
  return { writes: [{ to, reason: conflict.rule === 'resolved' ? 'resolved' : reason }], conflict };
}

/** The end that all of the record is taken from, as it has a change of its own that the other has not received yet. */
function preferredForAll({ mapping, policy, sides }: ReconcileInput): EndName | undefined {
  if (policy.policy !== 'prefer' || policy.unit !== 'record') return undefined;
  const values = Object.fromEntries(mapping.ends.map((end) => [end, sides[end]!.values]));
  const isPending = mapping.fields.some(
    (field) => field.targets.length === 2 && sides[policy.prefer]!.unchanged(field.id) === false && !field.agrees(values),
  );
  return isPending ? policy.prefer : undefined;
}

function partner(mapping: CompiledMapping, end: EndName): EndName {
  return mapping.ends[0] === end ? mapping.ends[1] : mapping.ends[0];
}
