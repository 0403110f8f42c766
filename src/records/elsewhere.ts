/**
 * Nobody is made twice by two links, and no two are made one: a record that is new to this link may belong to a person
 * whom another link knows, with a record in the integration that this one would create one in.
 */
import type { LinkLedger } from '../storage/ledger.ts';
import type { MatchEnd } from '../storage/matching.ts';
import { otherEnd, type ActiveLink } from './link.ts';
import type { SkipWork, WorkItem, WriteWork } from './work.ts';

/** The same work, without the creates for people whom another link knows there: they are held instead. */
export async function withoutKnownElsewhere(link: ActiveLink, items: readonly WorkItem[]): Promise<readonly WorkItem[]> {
  const known = new Set<WorkItem>();
  for (const target of link.ends) {
    const source = otherEnd(link, target.name);
    const creates = items.filter((item) => isCreate(item) && item.createAt === target.name) as readonly WriteWork[];
    if (creates.length === 0) continue;
    const idOf = (item: WriteWork): string => item.sides[source.name]!.remoteId;
    const found = await link.ledger.knownElsewhere(source, creates.map(idOf), target.integration);
    for (const item of creates) if (found.has(idOf(item))) known.add(item);
  }
  return items.map((item) => (known.has(item) ? skipped(link, item as WriteWork) : item));
}

/** Ids of two records that were never linked and may be one person. */
export interface PossiblePair {
  readonly remoteId: string;
  readonly partner: string;
}

/**
 * Pairs of which another link, or a decision, knows better: one of the two is a person who has another record in the place
 * of the other.
 * @param ends the one whose records are named first, and the other
 */
export async function toldApart<Pair extends PossiblePair>(
  ledger: Pick<LinkLedger, 'knownElsewhere'>,
  [end, other]: readonly [MatchEnd, MatchEnd],
  pairs: readonly Pair[],
): Promise<ReadonlySet<Pair>> {
  const [ids, partners] = [pairs.map(({ remoteId }) => remoteId), pairs.map(({ partner }) => partner)];
  const isAnother = (known: Known, at: MatchEnd, own: string, wanted: string): boolean => {
    const there = (known.get(own) ?? []).filter(({ object }) => object === at.object);
    return there.length > 0 && there.every(({ remoteId }) => remoteId !== wanted);
  };
  const known = await ledger.knownElsewhere(end, ids, other.integration);
  const knownBack = await ledger.knownElsewhere(other, partners, end.integration);
  return new Set(
    pairs.filter(
      ({ remoteId, partner }) => isAnother(known, other, remoteId, partner) || isAnother(knownBack, end, partner, remoteId),
    ),
  );
}

type Known = Awaited<ReturnType<LinkLedger['knownElsewhere']>>;

/** A person of this link that lost the partner is known by the link itself, and decided by its rules. */
function isCreate(item: WorkItem): item is WriteWork {
  return item.kind === 'write' && item.createAt !== undefined && item.subject.person === undefined;
}

function skipped(link: ActiveLink, { subject, createAt }: WriteWork): SkipWork {
  const target = link.ends.find(({ name }) => name === createAt)!;
  const detail = `Another link knows this person in ${target.integration} already.`;
  return { kind: 'skip', subject, reason: 'known-elsewhere', end: target.name, detail };
}
