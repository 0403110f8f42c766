/**
 * Nobody is made twice by two links: a record that is new to this link may belong to a person whom
 * another link knows, with a record in the integration that this one would create one in.
 */
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

/** A person of this link that lost the partner is known by the link itself, and decided by its rules. */
function isCreate(item: WorkItem): item is WriteWork {
  return item.kind === 'write' && item.createAt !== undefined && item.subject.person === undefined;
}

function skipped(link: ActiveLink, { subject, createAt }: WriteWork): SkipWork {
  const target = link.ends.find(({ name }) => name === createAt)!;
  const detail = `Another link knows this person in ${target.integration} already.`;
  return { kind: 'skip', subject, reason: 'known-elsewhere', end: target.name, detail };
}
