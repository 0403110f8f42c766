import type { Clock } from '../model/time.ts';

/** All durations in ms. */
export interface JobPatience {
  /** Pause before the first look; 0 for none. */
  readonly firstLookMs: number;
  /** Between looks: it grows from the one to the other. */
  readonly shortestPauseMs: number;
  readonly longestPauseMs: number;
  /** How long jobs are waited for. */
  readonly patienceMs: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Asks after jobs in growing intervals, the oldest first, until each has ended or the patience is over.
 *
 * @returns by id, in the order of the jobs; `pending` for those that have not ended
 */
export async function awaitJobs<Job extends { readonly id: string }, Result extends { readonly state: string }>(
  clock: Clock,
  jobs: readonly Job[],
  lookAt: (job: Job) => Promise<Result>,
  { firstLookMs, shortestPauseMs, longestPauseMs, patienceMs, signal }: JobPatience,
): Promise<Map<string, Result>> {
  const results = new Map<string, Result>();
  const waiting = [...jobs];
  const deadline = clock.now() + patienceMs;
  for (
    let pauseMs = firstLookMs;
    waiting.length > 0;
    pauseMs = Math.min(longestPauseMs, Math.max(shortestPauseMs, pauseMs * 1.6))
  ) {
    if (pauseMs > 0) await clock.sleep(Math.ceil(pauseMs), signal);
    for (let job = waiting[0]; job !== undefined; job = waiting[0]) {
      const result = await lookAt(job);
      if (result.state === 'pending' && clock.now() < deadline) break;
      results.set(job.id, result);
      waiting.shift();
    }
  }
  return results;
}
