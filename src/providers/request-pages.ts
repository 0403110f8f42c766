/** Requests and outcomes of jobs that may be too many to be held at once. */
import type { RequestPages, WriteOutcome, WriteRequest } from './provider.ts';

/** For jobs that are made for a batch: all of their requests together. */
export async function* allAtOnce(
  requests: RequestPages,
  answer: (requests: readonly WriteRequest[]) => Promise<readonly WriteOutcome[]>,
): AsyncGenerator<readonly WriteOutcome[], void> {
  const all: WriteRequest[] = [];
  for await (const page of requests()) all.push(...page);
  yield await answer(all);
}

/**
 * Hands outcomes out in parts of any size.
 * @throws Error where there are fewer than asked for
 */
export function inParts(outcomes: AsyncIterable<readonly WriteOutcome[]>): (count: number) => Promise<readonly WriteOutcome[]> {
  const pages = outcomes[Symbol.asyncIterator]();
  let left: readonly WriteOutcome[] = [];
  return async (count) => {
    const part = left.slice(0, count);
    left = left.slice(count);
    while (part.length < count) {
      const next = await pages.next();
      if (next.done === true)
        throw new Error(
          `A job answered ${part.length} outcomes to ${count} requests. This is a bug in Syncline, please report it.`,
        );
      const wanted = count - part.length;
      part.push(...next.value.slice(0, wanted));
      left = next.value.slice(wanted);
    }
    return part;
  };
}
