/**
 * Jobs that were handed over by a process which did not live to hear of them: nothing names such a job, and only its
 * records tell that it has run. Handing it over again would make a second one beside it.
 */
import type { Intent } from '../storage/intents.ts';
import { completeValues } from './detect.ts';
import { findByKey, findRecords, landedPaths } from './intent-lookup.ts';
import type { ActiveLink, LinkEnd } from './link.ts';

/** How long a cycle waits for such a job; a later one goes on. */
const PATIENCE_MS = 60_000;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 20_000;
/** A job takes effect as a whole, but for what the vendor refuses: most of these few stand for all. */
const SAMPLE = 5;

/**
 * Waits for a job of which no answer came.
 * @param pages open intents of the end that no job is known for
 * @returns whether it may still take effect
 */
export async function mayStillRun(link: ActiveLink, end: LinkEnd, pages: AsyncIterable<readonly Intent[]>): Promise<boolean> {
  const unanswered = end.client.writer.jobs?.unanswered;
  if (unanswered === undefined) return false;
  let [handedOver, latest] = [0, 0];
  let sample: readonly Intent[] = [];
  for await (const page of pages) {
    const intents = page.filter(({ action }) => action !== 'delete');
    handedOver += intents.length;
    for (const { at } of intents) latest = Math.max(latest, Date.parse(at));
    sample = [...sample, ...intents].toSorted((one, other) => weight(other) - weight(one)).slice(0, SAMPLE);
  }
  if (handedOver < unanswered.from) return false;
  const until = latest + unanswered.forMs;
  const startedAt = link.clock.now();
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    if ((await countLanded(link, end, sample)) > sample.length / 2) return false;
    const now = link.clock.now();
    if (now >= until) return false;
    // A clock that was set back must not make anybody wait for a year.
    if (until - now > unanswered.forMs) return false;
    if (now - startedAt >= PATIENCE_MS) return true;
    await link.clock.sleep(pause, link.signal);
  }
}

/** What writes much goes with the job; a word of consent may have been said by a call of its own. */
function weight({ action, values }: Intent): number {
  return action === 'create' ? Number.MAX_SAFE_INTEGER : Object.keys(values).length;
}

async function countLanded(link: ActiveLink, end: LinkEnd, intents: readonly Intent[]): Promise<number> {
  const updates = await findRecords(
    link,
    end,
    intents.filter(({ action }) => action === 'update'),
    new Map(),
  );
  const landed = [...updates].filter(([intent, { record }]) => {
    const now = completeValues(link, end, record.values);
    return landedPaths(end, intent.values, now).length === Object.keys(intent.values).length;
  });
  const creates = intents.filter(({ action }) => action === 'create');
  if (creates.length === 0) return landed.length;
  const { found, others } = await findByKey(link, end, creates);
  return landed.length + found.size + others.length;
}
