import type { JobHandle, RecordClient, WriteOutcome, WriteRequest } from '../../src/providers/provider.ts';

const PAGE = 7;

/** What became of requests that went to a job, which is told page by page. */
export async function resumed(
  client: RecordClient,
  handle: JobHandle | undefined,
  requests: readonly WriteRequest[],
): Promise<readonly WriteOutcome[]> {
  async function* pages(): AsyncGenerator<readonly WriteRequest[]> {
    for (let start = 0; start < requests.length; start += PAGE) yield requests.slice(start, start + PAGE);
  }
  const outcomes: WriteOutcome[] = [];
  for await (const page of client.resume(handle!, pages)) outcomes.push(...page);
  return outcomes;
}
