/**
 * Following values that move although nothing of their record does: what the feed of an end does not
 * show is found by reading all of it, in every cycle where that is cheap, and otherwise with a sweep.
 */
import type { LinkEnd } from './link.ts';

/** The most calls for which every cycle reads all records of an end. */
const CYCLE_CALLS = 5;

export interface CompleteReads {
  /** When all records of the end are read, not only those that changed. */
  readonly when: 'never' | 'every-cycle' | 'sweep';
  /** What such a read costs, in calls. */
  readonly calls: number;
}

/** Asks for the number of records where anything depends on it. */
export async function completeReadsOf({ client }: Pick<LinkEnd, 'client'>): Promise<CompleteReads> {
  const { changes } = client.stream;
  if (changes === 'feed' && !isUnwatched({ client })) return { when: 'never', calls: 0 };
  const calls = client.price.read(await client.count(), true);
  return { when: changes === 'scan' || calls <= CYCLE_CALLS ? 'every-cycle' : 'sweep', calls };
}

/** Whether a read of the end since its cursor has to list what did not change as well. */
export async function readsEverything(end: LinkEnd): Promise<boolean> {
  // A vendor without a feed lists everything by itself.
  return end.client.stream.changes === 'feed' && (await completeReadsOf(end)).when === 'every-cycle';
}

/** Whether values of the end move that its feed does not even claim to show. */
export function isUnwatched({ client }: Pick<LinkEnd, 'client'>): boolean {
  return client.stream.dependencies?.some(({ unwatched }) => unwatched.length > 0) === true;
}
