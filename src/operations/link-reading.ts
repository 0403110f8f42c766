/** What a plan says of how the ends of a link are read, where that is more than what changed at them. */
import type { ReadingNote } from '../model/plan.ts';
import { completeReadsOf, type CompleteReads } from '../records/following.ts';
import type { ActiveLink, LinkEnd } from '../records/link.ts';

/** May ask an end for the number of its records, one call. */
export async function readingNotes(link: Pick<ActiveLink, 'ends'>): Promise<readonly ReadingNote[]> {
  const notes = await Promise.all(link.ends.map(async (end) => notesOf(end, await completeReadsOf(end))));
  return notes.flat();
}

function notesOf({ name: end, client, scope }: LinkEnd, { when, calls }: CompleteReads): readonly ReadingNote[] {
  const { changes, dependencies = [] } = client.stream;
  const everything = when === 'never' ? ({ read: 'changes' } as const) : { read: when, calls };
  return [
    ...(changes === 'scan' ? [{ end, path: null, about: 'no-feed', movedBy: [], ...everything } as const] : []),
    ...(changes === 'scan' ? [] : dependencies).map(({ path, watched, unwatched }): ReadingNote => {
      const movedBy = [...watched, ...unwatched];
      const read = unwatched.length === 0 ? ({ read: 'changes' } as const) : everything;
      return { end, path, about: 'dependency', movedBy, ...read };
    }),
    ...(scope.conditional ? [{ end, path: null, about: 'rule', movedBy: [], read: 'changes' } as const] : []),
  ];
}
