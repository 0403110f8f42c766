/** Pairs records that the link does not know yet, page by page; who belongs to whom is decided in `match.ts`. */
import type { LinkLedger } from '../storage/ledger.ts';
import type { KeyGroup, MatchCandidate, MatchEnd, MatchVerdict } from '../storage/matching.ts';
import { decideMatch, propose, type MatchDecision } from './match.ts';

const PAGE_RECORDS = 2000;

/** Records that are known to be ambiguous, before a read in full stages everything anew. */
export async function knownAmbiguous(ledger: LinkLedger): Promise<ReadonlySet<string>> {
  return new Set((await ledger.ambiguousRecords()).map(nameOf));
}

/**
 * @param known what was ambiguous before
 * @returns how many records became ambiguous now
 */
export async function pairRecords(
  ledger: LinkLedger,
  ends: readonly [MatchEnd, MatchEnd],
  known: ReadonlySet<string> = new Set(),
): Promise<number> {
  await ledger.gatherMatches(ends);
  let ambiguous = 0;
  let after: MatchCandidate | undefined;
  for (;;) {
    const page = await ledger.matchCandidates(after, PAGE_RECORDS);
    if (page.length === 0) return ambiguous;
    const verdicts: MatchVerdict[] = [];
    for (const [end, members] of Map.groupBy(page, (candidate) => candidate.end)) {
      const other = end === ends[0].name ? ends[1].name : ends[0].name;
      const partners = await ledger.matchCandidatesById(other, proposedOf(members));
      const groupsOf = (remoteId: string): readonly KeyGroup[] => partners.get(remoteId) ?? [];
      verdicts.push(...members.map((member) => verdictOf(member, decideMatch(member.groups, groupsOf))));
    }
    const found = await ledger.settleMatches(verdicts);
    ambiguous += found.filter((verdict) => !known.has(nameOf(verdict))).length;
    after = page.at(-1)!;
  }
}

function nameOf({ end, remoteId }: { readonly end: string; readonly remoteId: string }): string {
  return `${end}|${remoteId}`;
}

function proposedOf(candidates: readonly MatchCandidate[]): readonly string[] {
  return candidates.flatMap(({ groups }) => {
    const proposal = propose(groups);
    return proposal.kind === 'pair' ? [proposal.partner] : [];
  });
}

function verdictOf({ end, remoteId }: MatchCandidate, decision: MatchDecision): MatchVerdict {
  if (decision.kind === 'pair') return { end, remoteId, pair: { partner: decision.partner, key: decision.key } };
  return { end, remoteId, pair: decision.kind === 'ambiguous' ? 'ambiguous' : undefined };
}
