/**
 * The decision who belongs to whom, among records that the link does not know yet.
 *
 * Pure: it sees how many records hold each key of a record, never their order. Laws, each with a
 * property test in `test/records/match.test.ts`:
 * - the first key that any other record holds as well decides, and no later one is looked at;
 * - a pair is one record at each end that choose each other: what one of them says holds for both;
 * - more than one candidate on either side, or one that is linked already, is ambiguous, never a guess;
 * - the order of records, and which end is named first, change nothing.
 */
import type { KeyGroup } from '../storage/matching.ts';

export type MatchDecision =
  | { readonly kind: 'pair'; readonly partner: string; readonly key: string }
  /** Nobody else holds a key of the record. */
  | { readonly kind: 'alone' }
  | { readonly kind: 'ambiguous' }
  /** The record has no key, and can match nobody. */
  | { readonly kind: 'no-key' };

/**
 * What one record says by itself.
 * @param groups the holders of each key of the record, in the order in which the keys are declared
 */
export function propose(groups: readonly KeyGroup[]): MatchDecision {
  if (groups.length === 0) return { kind: 'no-key' };
  const first = groups.find(({ alike, opposite }) => alike + opposite > 0);
  if (first === undefined) return { kind: 'alone' };
  if (first.alike > 0 || first.opposite > 1 || first.taken || first.partner === undefined) return { kind: 'ambiguous' };
  return { kind: 'pair', partner: first.partner, key: first.key };
}

/**
 * @param partners the holders of the keys of the records at the other end that may be proposed
 */
export function decideMatch(groups: readonly KeyGroup[], partners: (remoteId: string) => readonly KeyGroup[]): MatchDecision {
  const proposal = propose(groups);
  if (proposal.kind !== 'pair') return proposal;
  const answer = propose(partners(proposal.partner));
  return answer.kind === 'pair' && answer.key === proposal.key ? proposal : { kind: 'ambiguous' };
}
