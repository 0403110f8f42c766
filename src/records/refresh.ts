/** Refreshing values: what moves without a change of its record is compared anew, by hand or when it is due. */
import type { EndName } from '../mapping/mapping.ts';
import { toInstant } from '../model/time.ts';
import type { ActiveLink } from './link.ts';

/** @returns the ends whose records are all read and compared field by field in this cycle */
export async function endsToRefresh(link: ActiveLink, byHand: boolean): Promise<ReadonlySet<EndName>> {
  const { refresh } = link;
  if (byHand) return new Set(refresh === undefined ? link.ends.map(({ name }) => name) : [refresh.end]);
  if (refresh === undefined || refresh.values === 'none') return new Set();
  if (refresh.values === 'virtual' && link.fingerprints.untracked.size === 0) return new Set();
  const last = await link.ledger.valuesRefreshed();
  const isDue = last === undefined || link.clock.now() - Date.parse(last) >= refresh.everyMs;
  return new Set(isDue ? [refresh.end] : []);
}

/** Once everything that differs is staged, the next refresh is due a while from `since`. */
export async function noteRefreshed(link: ActiveLink, ends: ReadonlySet<EndName>, since: number): Promise<void> {
  if (link.refresh !== undefined && ends.has(link.refresh.end)) await link.ledger.noteValuesRefreshed(toInstant(since));
}
