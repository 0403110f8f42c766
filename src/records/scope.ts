/**
 * Entering and leaving: who belongs to a link, by the rules of its ends.
 *
 * A record leaves where it met the rule of its end and does not any more; it returns where it meets it
 * again. A record that never met a rule of its own belongs to the link for the sake of its partner, which
 * entered from the other end, and does not leave. What cannot be told of a record changes nothing.
 */
import type { FieldValues } from '../model/value.ts';
import type { Subject } from '../storage/ledger.ts';
import type { ActiveLink, LinkEnd } from './link.ts';

/** The end at which a linked person's record left, if there is one. */
export function leavingEnd(link: ActiveLink, subject: Subject): LinkEnd | undefined {
  if (!link.ends.every(({ name }) => subject.agreed[name]?.state === 'linked')) return undefined;
  return link.ends.find((end) => end.onLeave !== 'ignore' && movementOf(end, subject) === 'left');
}

/** Whether a person who left is back: a rule that was not met is met again, and no other has been left since. */
export function returns(link: ActiveLink, subject: Subject): boolean {
  const movements = link.ends.map((end) => movementOf(end, subject));
  return movements.includes('entered') && !movements.includes('left');
}

/** Whether a person left the link and did not come back so far. */
export function hasLeft(subject: Subject): boolean {
  return Object.values(subject.agreed).some(({ state }) => state === 'left');
}

/** Whether records that are not linked yet may be: one of them meets the rule of its end, or no end asks for anything. */
export function mayEnter(link: ActiveLink, records: Readonly<Record<string, FieldValues | undefined>>): boolean {
  const nobodyAsked = link.ends.every(({ scope }) => !scope.conditional);
  return nobodyAsked || link.ends.some(({ name, scope }) => records[name] !== undefined && scope.admits(records[name]) === true);
}

/** What the ledger remembers of a record: whether it met the rule when it was last settled. */
export function isEntered(end: LinkEnd, values: FieldValues, before: boolean | undefined): boolean {
  return end.scope.admits(values) ?? before ?? false;
}

function movementOf(end: LinkEnd, subject: Subject): 'entered' | 'left' | undefined {
  const [staged, agreed] = [subject.staged[end.name], subject.agreed[end.name]];
  if (staged === undefined || staged.kind !== 'record' || agreed === undefined) return undefined;
  const admitted = end.scope.admits(staged.values);
  if (admitted === undefined || admitted === agreed.entered) return undefined;
  if (admitted) return 'entered';
  return end.scope.watched ? 'left' : undefined;
}
