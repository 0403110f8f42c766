/**
 * The decision for one person: a three-way merge of each mapped field.
 *
 * Pure: no clock, no I/O, no randomness, and the order of fields does not matter. Laws, each with a
 * property test in `test/records/reconcile.test.ts`:
 * - a field that changed at one end only is carried to the other, and nothing else is written;
 * - a field that changed at neither end is not written, whatever the values look like;
 * - a field that changed at both ends is decided by the policy, and the loser is reported;
 * - values that already agree are never written;
 * - swapping the ends, with the policy mirrored, mirrors the decision;
 * - a person who opted out at either end is never opted in, except by the authority's explicit consent.
 */
import type { CompiledField, CompiledMapping, EndName } from '../mapping/mapping.ts';
import type { FieldValue, FieldValues } from '../model/value.ts';
import { consentField, decideConsent, isOptedOut } from './consent.ts';
import type { ConflictPolicy } from './link.ts';

/** One end of a person, as it is now and as it was last agreed on. */
export interface ReconcileSide {
  readonly values: FieldValues;
  /** Whether a field (or consent) is as it was last agreed; `undefined` where it never was. */
  readonly unchanged: (fieldId: string) => boolean | undefined;
  /** Whether consent was opted out when it was last agreed; `undefined` where it never was. */
  readonly agreedOptedOut: (fieldId: string) => boolean | undefined;
  readonly evidence: Readonly<Record<string, string>>;
  /** Paths at which a boolean records consent, so that clearing it is a person's explicit act. */
  readonly booleanConsent: ReadonlySet<string>;
}

export interface ReconcileInput {
  readonly mapping: CompiledMapping;
  readonly policy: ConflictPolicy;
  readonly sides: Readonly<Record<EndName, ReconcileSide>>;
  /** When an opt-out of this person's address was last recorded, by purpose: the suppression list. */
  readonly suppressed: Readonly<Record<string, string>>;
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
}

export type WriteReason =
  'changed' | 'first-contact' | 'conflict' | 'source-of-truth' | 'opt-out' | 'opt-out-put-back' | 'opt-in' | 'created';

export interface FieldConflict {
  readonly fieldId: string;
  readonly name: string;
  readonly winner: EndName;
  readonly values: Readonly<Record<EndName, FieldValue>>;
}

type Direction = { readonly to: EndName; readonly reason: WriteReason } | { readonly to: undefined };

export function reconcile(input: ReconcileInput): Decision {
  const { mapping, sides, policy } = input;
  const writes: Record<EndName, Record<string, FieldValue>> = {};
  const reasons: Record<EndName, Record<string, { fieldId: string; reason: WriteReason }>> = {};
  for (const end of mapping.ends) {
    writes[end] = {};
    reasons[end] = {};
  }
  const conflicts: FieldConflict[] = [];
  const problems: { end: EndName; path: string; problem: string }[] = [];
  const optIns: string[] = [];

  const wholeRecord = policy.unit === 'record' && preferredEndIsPending(input);

  // Two-way fields first: what flows one way is made of what its source will hold.
  const after = Object.fromEntries(mapping.ends.map((end) => [end, sides[end]!.values]));
  for (const field of mapping.fields.toSorted((one, other) => other.targets.length - one.targets.length)) {
    const direction =
      field.targets.length === 1 ? decideOneWay(field, input, after, writes) : decideField(field, input, wholeRecord, conflicts);
    if (direction.to === undefined) continue;
    const source = partner(mapping, direction.to);
    const path = field.write[direction.to]!;
    const carried = field.carry(direction.to, after[source]!);
    if ('problem' in carried) {
      problems.push({ end: direction.to, path, problem: carried.problem });
      continue;
    }
    writes[direction.to]![path] = carried.value;
    reasons[direction.to]![path] = { fieldId: field.id, reason: direction.reason };
    after[direction.to] = { ...after[direction.to], [path]: carried.value };
  }

  for (const consent of mapping.consent) {
    const decided = decideConsent(consent, input);
    if (decided === undefined) continue;
    for (const { end, state, reason } of decided.writes) {
      const path = consent.path[end]!;
      writes[end]![path] = consent.value(end, state);
      reasons[end]![path] = { fieldId: consentField(consent).id, reason };
    }
    if (decided.optIn) optIns.push(consent.purpose);
  }
  return { writes, reasons, conflicts, problems, optIns };
}

/** What a new record at `to` is made of, from the only end that knows the person. */
export function composeNew(
  mapping: CompiledMapping,
  to: EndName,
  source: FieldValues,
  suppressed: Readonly<Record<string, string>>,
): Decision {
  const values: Record<string, FieldValue> = {};
  const reasons: Record<string, { fieldId: string; reason: WriteReason }> = {};
  const problems: { end: EndName; path: string; problem: string }[] = [];
  const from = partner(mapping, to);
  for (const field of mapping.fields) {
    const path = field.write[to];
    if (path === undefined || !field.targets.includes(to)) continue;
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
  for (const consent of mapping.consent) {
    const out = isOptedOut(consent.state(from, source));
    // A new record is never opted in: that a person is known is no consent.
    if (!out && suppressed[consent.purpose] === undefined) continue;
    values[consent.path[to]!] = consent.value(to, 'unsubscribed');
    reasons[consent.path[to]!] = { fieldId: consentField(consent).id, reason: 'opt-out' };
    if (out) continue;
    // The address opted out under an earlier record: the new one at the source does not undo that.
    back[consent.path[from]!] = consent.value(from, 'unsubscribed');
    backReasons[consent.path[from]!] = { fieldId: consentField(consent).id, reason: 'opt-out-put-back' };
  }
  return {
    writes: { [to]: values, [from]: back },
    reasons: { [to]: reasons, [from]: backReasons },
    conflicts: [],
    problems,
    optIns: [],
  };
}

function decideField(field: CompiledField, input: ReconcileInput, wholeRecord: boolean, conflicts: FieldConflict[]): Direction {
  const { mapping, sides, policy } = input;
  const [left, right] = mapping.ends;
  const values = { [left]: sides[left]!.values, [right]: sides[right]!.values };
  if (field.targets.length === 0 || field.agrees(values)) return { to: undefined };

  const unchanged = { [left]: sides[left]!.unchanged(field.id), [right]: sides[right]!.unchanged(field.id) };
  const firstContact = unchanged[left] === undefined || unchanged[right] === undefined;
  if (field.createOnly) return { to: undefined };
  if (!firstContact && unchanged[left] && unchanged[right]) return { to: undefined };

  if (firstContact) {
    const blankLeft = field.blank(left, values[left]!);
    const blankRight = field.blank(right, values[right]!);
    // At first contact a blank says nothing: filling it loses no edit.
    if (blankLeft !== blankRight) return { to: blankLeft ? left : right, reason: 'first-contact' };
    return settleConflict(field, input, policy.prefer, conflicts, 'first-contact');
  }
  if (!unchanged[left] && !unchanged[right]) return settleConflict(field, input, policy.prefer, conflicts, 'conflict');
  const changed = unchanged[left] ? right : left;
  if (wholeRecord && changed !== policy.prefer) return settleConflict(field, input, policy.prefer, conflicts, 'conflict');
  return { to: partner(mapping, changed), reason: 'changed' };
}

/** The source of a one-way field rules: an edit at the target is put back. */
function decideOneWay(
  field: CompiledField,
  input: ReconcileInput,
  after: Readonly<Record<EndName, FieldValues>>,
  writes: Readonly<Record<EndName, FieldValues>>,
): Direction {
  const to = field.targets[0]!;
  const source = partner(input.mapping, to);
  if (field.createOnly || field.agrees(after)) return { to: undefined };
  const unchanged = { source: input.sides[source]!.unchanged(field.id), target: input.sides[to]!.unchanged(field.id) };
  if (unchanged.source === undefined || unchanged.target === undefined) return { to, reason: 'first-contact' };
  const movesNow = field.read[source]!.some((path) => writes[source]![path] !== undefined);
  return unchanged.source && unchanged.target && !movesNow ? { to: undefined } : { to, reason: 'source-of-truth' };
}

function settleConflict(
  field: CompiledField,
  input: ReconcileInput,
  winner: EndName,
  conflicts: FieldConflict[],
  reason: WriteReason,
): Direction {
  const loser = partner(input.mapping, winner);
  conflicts.push({
    fieldId: field.id,
    name: field.name,
    winner,
    values: {
      [winner]: input.sides[winner]!.values[field.write[winner]!] ?? null,
      [loser]: input.sides[loser]!.values[field.write[loser]!] ?? null,
    },
  });
  return { to: loser, reason };
}

/** Whether the preferred end has a change of its own that the other end has not received yet. */
function preferredEndIsPending(input: ReconcileInput): boolean {
  const side = input.sides[input.policy.prefer]!;
  return input.mapping.fields.some((field) => field.targets.length === 2 && side.unchanged(field.id) === false);
}

function partner(mapping: CompiledMapping, end: EndName): EndName {
  return mapping.ends[0] === end ? mapping.ends[1] : mapping.ends[0];
}
