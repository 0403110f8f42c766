/**
 * Writes that are withheld although they are decided: at an end whose direction is switched off, and of what a vendor takes
 * only of people who did not opt out. What would have been written stays as open as it was. The other end's edits are
 * neither agreed nor lost, and wait for the direction, or for the person.
 */
import type { CompiledMapping, EndName } from '../mapping/mapping.ts';
import type { FieldValues } from '../model/value.ts';
import { isOptedOut } from './consent.ts';
import type { ActiveLink, ConflictPolicy } from './link.ts';
import type { Decision } from './reconcile.ts';

export type WithheldReason = 'flow-off' | 'opted-out';

export interface WithheldField {
  readonly end: EndName;
  readonly reason: WithheldReason;
}

export interface Withheld {
  /** Without the writes that are withheld, and without the conflicts that those would have decided. */
  readonly decision: Decision;
  /** Fields (and consents) whose write is withheld, by their id. */
  readonly fields: ReadonlyMap<string, WithheldField>;
}

/** @param sides what the records hold now; an end without one has none yet */
export function withhold(
  link: Pick<ActiveLink, 'closed' | 'ends' | 'mapping'>,
  decision: Decision,
  sides: Readonly<Record<EndName, { readonly values: FieldValues } | undefined>>,
): Withheld {
  const fields = new Map<string, WithheldField>();
  const writes: Record<EndName, Decision['writes'][EndName]> = { ...decision.writes };
  const reasons: Record<EndName, Decision['reasons'][EndName]> = { ...decision.reasons };
  for (const { name: end, client } of link.ends) {
    const paths = Object.keys(decision.writes[end]!);
    const now = sides[end]?.values;
    const after = { ...now, ...decision.writes[end] };
    const isHeld = (path: string): boolean => {
      const { heldBy = [] } = client.object.fields.find((field) => field.path === path) ?? {};
      return heldBy.some((consent) => isOutBy(link.mapping, end, consent, after));
    };
    const isClosed = link.closed.has(end);
    const held = new Set(isClosed ? paths : now === undefined ? [] : paths.filter(isHeld));
    if (held.size === 0) continue;
    for (const path of held)
      fields.set(decision.reasons[end]![path]!.fieldId, { end, reason: isClosed ? 'flow-off' : 'opted-out' });
    writes[end] = without(decision.writes[end]!, held);
    reasons[end] = without(decision.reasons[end]!, held);
  }
  if (fields.size === 0) return { decision, fields };
  const conflicts = decision.conflicts.filter(({ fieldId }) => !fields.has(fieldId));
  return { decision: { ...decision, writes, reasons, conflicts }, fields };
}

/** Whether the field records a consent that the person does not give. */
function isOutBy(mapping: CompiledMapping, end: EndName, path: string, values: FieldValues): boolean {
  return mapping.consent.some((consent) => consent.path[end] === path && isOptedOut(consent.state(end, values)));
}

function without<Value>(byPath: Readonly<Record<string, Value>>, paths: ReadonlySet<string>): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(byPath).filter(([path]) => !paths.has(path)));
}

/** An end whose edits are not carried over has no record that waits to be: each field is decided for itself. */
export function openPolicy({ closed, conflicts, ends }: Pick<ActiveLink, 'closed' | 'conflicts' | 'ends'>): ConflictPolicy {
  if (conflicts.policy !== 'prefer' || conflicts.unit !== 'record') return conflicts;
  const loser = ends.find(({ name }) => name !== conflicts.prefer)!;
  return closed.has(loser.name) ? { ...conflicts, unit: 'field' } : conflicts;
}
