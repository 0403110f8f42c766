/**
 * Recovery: settles what an earlier process intended and did not finish.
 *
 * Nothing is repeated. The remote is asked what became of each intent, the answer is staged like
 * any other change, and the intents are closed; the cycle that follows matches and decides with
 * both ends in view.
 */
import type { JobHandle } from '../providers/provider.ts';
import type { Intent } from '../storage/ledger.ts';
import { stageByIds, stageByKey } from './detect.ts';
import type { ActiveLink, LinkEnd } from './link.ts';

/** Returns the number of intents that were open. */
export async function recover(link: ActiveLink): Promise<number> {
  const intents = await link.ledger.pendingIntents();
  for (const end of link.ends) {
    const open = intents.filter((intent) => intent.end === end.name);
    if (open.length === 0) continue;
    await awaitJobs(link, end, open);
    await stageByIds(
      link,
      end,
      open.flatMap((intent) => (intent.remoteId === undefined ? [] : [intent.remoteId])),
    );
    await lookUpCreates(
      link,
      end,
      open.filter((intent) => intent.action === 'create'),
    );
    await link.ledger.closeIntents(open.map((intent) => intent.id));
    link.onProgress({ stage: 'recover', end: end.name, done: open.length, total: open.length });
  }
  return intents.length;
}

/** A job that still runs would write after we looked: it is found again and waited for. */
async function awaitJobs(link: ActiveLink, end: LinkEnd, intents: readonly Intent[]): Promise<void> {
  const byJob = Map.groupBy(
    intents.filter((intent) => intent.job !== undefined),
    (intent) => intent.job!,
  );
  for (const [job, members] of byJob) {
    await end.client.resume(
      job as JobHandle,
      members.map((intent) => ({
        action: intent.action,
        values: intent.values,
        ...(intent.remoteId === undefined ? {} : { id: intent.remoteId }),
        ...(intent.externalId === undefined ? {} : { externalId: intent.externalId }),
      })),
      link.signal,
    );
  }
}

async function lookUpCreates(link: ActiveLink, end: LinkEnd, creates: readonly Intent[]): Promise<void> {
  const externalIds = creates.map((intent) => intent.externalId).filter((value) => value !== undefined);
  if (end.externalId !== undefined && externalIds.length > 0) await stageByKey(link, end, end.externalId, externalIds);
  const path = link.mapping.match[0]?.read[end.name];
  if (path === undefined || end.externalId !== undefined) return;
  const keys = creates.map((intent) => intent.values[path]).filter((value): value is string => typeof value === 'string');
  if (keys.length > 0) await stageByKey(link, end, path, keys);
}
