/**
 * Fields that go back and forth: another system, or a formula, sets again what Syncline has just
 * written over, and Syncline would write it over again, for ever. Such a field is frozen for that
 * person and left to a person. Pure.
 *
 * What counts is a value that is written to an end where it was written shortly before: somebody must
 * have taken it away in between. People who change their mind write something new, and that goes
 * through. An edit by which both ends agree, a new value, or a person's decision ends it.
 */
import type { EndName } from '../mapping/mapping.ts';
import { toInstant } from '../model/time.ts';
import type { FieldValue } from '../model/value.ts';
import type { KeyRing } from '../storage/keys.ts';
import type { Swing } from '../storage/conflicts.ts';
import type { ActiveLink } from './link.ts';
import type { WriteReason } from './reconcile.ts';
import type { WriteWork } from './work.ts';

const WINDOW_MS = 24 * 3_600_000;
/** So often a value may return; the next time the field is frozen. */
const MOST_RETURNS = 2;
/** Writes that follow from an edit, and not from meeting for the first time or from consent. */
const FOLLOWING: ReadonlySet<WriteReason> = new Set(['changed', 'merged', 'conflict', 'source-of-truth']);

/** Tells whether a write would only carry a back and forth on. */
export function flappingOf(
  link: ActiveLink,
  person: string,
  swings: readonly Swing[],
  parked: ReadonlySet<string>,
): (fieldId: string, end: EndName, value: FieldValue) => boolean {
  if (swings.length === 0) return () => false;
  return (fieldId, end, value) => {
    const field = link.fingerprints.tag(fieldId);
    const swing = swings.find((one) => one.end === end && one.field === field);
    if (swing === undefined || swing.returns < MOST_RETURNS || !isReturn(swing, swingHash(link.keys, person, end, field, value)))
      return false;
    // What is frozen stays so: time alone makes nobody agree.
    return parked.has(fieldId) || isRecent(swing, link.clock.now());
  };
}

/** What is to be remembered of the writes that were applied at one end of a person. */
export function swingsAfter(link: ActiveLink, item: WriteWork, end: EndName, before: readonly Swing[]): readonly Swing[] {
  const now = link.clock.now();
  return Object.entries(item.decision.reasons[end]!).flatMap(([path, { fieldId, reason }]): Swing[] => {
    const follows = FOLLOWING.has(reason);
    if (!follows && reason !== 'resolved') return [];
    const field = link.fingerprints.tag(fieldId);
    const latest = swingHash(link.keys, item.person, end, field, item.decision.writes[end]![path]!);
    const fresh = { person: item.person, end, field, latest, former: undefined, returns: 0, since: toInstant(now) };
    const swing = before.find((one) => one.person === item.person && one.end === end && one.field === field);
    if (swing === undefined || !follows || !isRecent(swing, now)) return [fresh];
    if (!isReturn(swing, latest)) return [{ ...fresh, former: swing.latest }];
    const former = swing.latest.equals(latest) ? swing.former : swing.latest;
    return [{ ...fresh, former, returns: swing.returns + 1, since: swing.since }];
  });
}

/** Before when a swing is of no interest any more. */
export function swingHorizon(link: Pick<ActiveLink, 'clock'>): string {
  return toInstant(link.clock.now() - WINDOW_MS);
}

function isRecent(swing: Swing, now: number): boolean {
  return Math.abs(now - Date.parse(swing.since)) <= WINDOW_MS;
}

function isReturn(swing: Swing, hash: Buffer): boolean {
  return swing.latest.equals(hash) || (swing.former?.equals(hash) ?? false);
}

/** @param field its tag */
export function swingHash(keys: KeyRing, person: string, end: EndName, field: string, value: FieldValue): Buffer {
  return keys.hash('swing', person, end, field, JSON.stringify(value));
}
