/** Everybody of a link who has something staged that is due, page by page. */
import { toInstant } from '../model/time.ts';
import type { Subject } from '../storage/ledger.ts';
import type { ActiveLink } from './link.ts';

/** A page is read when the one before has been dealt with: who is settled or held by then does not come any more. */
export async function* subjectPages(link: ActiveLink, limit: number): AsyncGenerator<readonly Subject[]> {
  const ends = [link.ends[0].name, link.ends[1].name] as const;
  const now = toInstant(link.clock.now());
  let after: string | undefined;
  for (;;) {
    const subjects = await link.ledger.subjects(ends, after, limit, now);
    if (subjects.length === 0) return;
    yield subjects;
    after = subjects.at(-1)!.position;
  }
}
