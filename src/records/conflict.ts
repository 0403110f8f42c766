/**
 * Conflicts: who wins a field that both ends changed, or that they hold differently when they meet.
 *
 * Pure, like `reconcile.ts`, which asks. First a person's decision, then the field's owner, then the
 * policy of the link. Clearing a value is a change like any other, but for `unlessBlank`.
 */
import type { CompiledField, EndName } from '../mapping/mapping.ts';
import type { FieldValue } from '../model/value.ts';
import type { ReconcileInput } from './reconcile.ts';

export interface FieldConflict {
  readonly fieldId: string;
  readonly name: string;
  /** `undefined` where a person has to decide. */
  readonly winner: EndName | undefined;
  readonly rule: ConflictRule;
  /** Whether the ends never agreed on the field before. */
  readonly firstContact: boolean;
  readonly values: Readonly<Record<EndName, FieldValue>>;
}

/** What names the winner, or leaves it to a person. */
export type ConflictRule = 'resolved' | 'owner' | 'prefer' | 'unless-blank' | 'newest' | 'newest-unknown' | 'manual' | 'flapping';

/** A field that goes back and forth: whatever the rules say, a person has to. */
export function flappingConflict(field: CompiledField, { mapping, sides }: ReconcileInput): FieldConflict {
  const values = mapping.ends.map((end) => [end, sides[end]!.values[field.write[end] ?? field.read[end]?.[0] ?? ''] ?? null]);
  return {
    fieldId: field.id,
    name: field.name,
    winner: undefined,
    rule: 'flapping',
    firstContact: false,
    values: Object.fromEntries(values),
  };
}

export function judgeConflict(field: CompiledField, input: ReconcileInput, firstContact: boolean): FieldConflict {
  const { winner, rule } = winnerOf(field, input);
  const values = input.mapping.ends.map((end) => [end, input.sides[end]!.values[field.write[end]!]!]);
  return { fieldId: field.id, name: field.name, winner, rule, firstContact, values: Object.fromEntries(values) };
}

function winnerOf(
  field: CompiledField,
  { mapping, policy, sides, resolved }: ReconcileInput,
): { readonly winner: EndName | undefined; readonly rule: ConflictRule } {
  const taken = resolved[field.id];
  if (taken !== undefined) return { winner: taken, rule: 'resolved' };
  if (field.owner !== undefined) return { winner: field.owner, rule: 'owner' };
  const [left, right] = mapping.ends;
  switch (policy.policy) {
    case 'prefer': {
      const other = policy.prefer === left ? right : left;
      const yields = policy.unlessBlank && isBlank(policy.prefer) && !isBlank(other);
      return yields ? { winner: other, rule: 'unless-blank' } : { winner: policy.prefer, rule: 'prefer' };
    }
    case 'newest': {
      const times = { left: sides[left]!.modifiedAt, right: sides[right]!.modifiedAt };
      if (times.left === undefined || times.right === undefined || times.left === times.right) {
        return { winner: policy.prefer, rule: policy.prefer === undefined ? 'newest-unknown' : 'prefer' };
      }
      return { winner: times.left > times.right ? left : right, rule: 'newest' };
    }
    case 'manual':
      return { winner: undefined, rule: 'manual' };
  }

  function isBlank(end: EndName): boolean {
    return field.blank(end, sides[end]!.values);
  }
}
