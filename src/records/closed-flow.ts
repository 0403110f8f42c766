/**
 * Directions that are switched off: nothing is written at a closed end, and what would have been stays
 * as open as it was. The other end's edits are neither agreed nor lost, and wait for the direction.
 */
import type { EndName } from '../mapping/mapping.ts';
import type { ActiveLink, ConflictPolicy } from './link.ts';
import type { Decision } from './reconcile.ts';

export interface Withheld {
  /** Without the writes at closed ends, and without the conflicts that those would have decided. */
  readonly decision: Decision;
  /** Fields (and consents) whose write is withheld. */
  readonly fieldIds: ReadonlySet<string>;
}

export function withhold(link: Pick<ActiveLink, 'closed'>, decision: Decision): Withheld {
  const fieldIds = new Set<string>();
  const writes: Record<EndName, Decision['writes'][EndName]> = { ...decision.writes };
  const reasons: Record<EndName, Decision['reasons'][EndName]> = { ...decision.reasons };
  for (const end of link.closed) {
    for (const { fieldId } of Object.values(decision.reasons[end] ?? {})) fieldIds.add(fieldId);
    writes[end] = {};
    reasons[end] = {};
  }
  if (fieldIds.size === 0) return { decision, fieldIds };
  const conflicts = decision.conflicts.filter(({ fieldId }) => !fieldIds.has(fieldId));
  return { decision: { ...decision, writes, reasons, conflicts }, fieldIds };
}

/** An end whose edits are not carried over has no record that waits to be: each field is decided for itself. */
export function openPolicy({ closed, conflicts, ends }: Pick<ActiveLink, 'closed' | 'conflicts' | 'ends'>): ConflictPolicy {
  if (conflicts.policy !== 'prefer' || conflicts.unit !== 'record') return conflicts;
  const loser = ends.find(({ name }) => name !== conflicts.prefer)!;
  return closed.has(loser.name) ? { ...conflicts, unit: 'field' } : conflicts;
}
