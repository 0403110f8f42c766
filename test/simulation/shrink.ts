/** Finds a small part of a history that still fails. */
import { runHistory, type HistoryOptions } from './history.ts';

const MOST_ATTEMPTS = 120;

/** What goes wrong in a history; an error that nobody foresaw counts as well. */
export async function violationsOf(options: HistoryOptions): Promise<readonly string[]> {
  try {
    return (await runHistory(options)).violations;
  } catch (error) {
    return [`unforeseen: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`];
  }
}

/**
 * Leaves out the end of a history, then event by event, as long as the same law is broken.
 * @returns the events that were enough, by their place
 */
export async function shrink(options: HistoryOptions, drawn: number): Promise<readonly number[]> {
  const law = lawOf(await violationsOf(options));
  let attempts = 0;
  const fails = async (only: readonly number[]): Promise<boolean> => {
    attempts += 1;
    return attempts <= MOST_ATTEMPTS && lawOf(await violationsOf({ ...options, only })) === law;
  };
  let kept = Array.from({ length: drawn }, (_, place) => place);
  for (let half = Math.ceil(kept.length / 2); half >= 1; half = Math.floor(half / 2)) {
    while (kept.length > half && (await fails(kept.slice(0, -half)))) kept = kept.slice(0, -half);
  }
  for (const place of kept.toReversed()) {
    const without = kept.filter((other) => other !== place);
    if (await fails(without)) kept = without;
  }
  return kept;
}

function lawOf(violations: readonly string[]): string | undefined {
  return violations[0]?.split(':')[0];
}
