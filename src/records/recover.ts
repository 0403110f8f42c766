/**
 * Recovery: settles what an earlier process intended and did not finish.
 *
 * Nothing is repeated. The remote is asked what became of each intent, the answer is staged like
 * any other change, and the intents are closed; the cycle that follows matches and decides with
 * both ends in view.
 */
import type { JobHandle } from '../providers/provider.ts';
import type { Intent } from '../storage/ledger.ts';
import { stageByIds, stageByKey, tombstone } from './detect.ts';
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
    await noteDeleted(
      link,
      end,
      open.filter((intent) => intent.action === 'delete'),
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

/** What we meant to delete and is not there any more is gone; what is still there is decided upon once more. */
async function noteDeleted(link: ActiveLink, end: LinkEnd, deletes: readonly Intent[]): Promise<void> {
  const ids = deletes.map((intent) => intent.remoteId!);
  if (ids.length === 0) return;
  const present = new Set<string>();
  for await (const page of end.client.readByIds(ids, link.signal)) for (const { id } of page) present.add(id);
  const gone = ids.filter((id) => !present.has(id));
  const known = await link.ledger.agreedByRemoteId(end.name, gone);
  const rows = gone.flatMap((id) => (known.has(id) ? [tombstone(end, id, known.get(id)!.person, undefined)] : []));
  await link.ledger.stage(end.name, rows, [], undefined);
}

async function lookUpCreates(link: ActiveLink, end: LinkEnd, creates: readonly Intent[]): Promise<void> {
  const externalIds = creates.map((intent) => intent.externalId).filter((value) => value !== undefined);
  if (end.externalId !== undefined && externalIds.length > 0) await stageByKey(link, end, end.externalId, externalIds);
  if (end.externalId !== undefined) return;
  // By the first field of each key that was sent: what the other fields hold is compared when the records are matched.
  for (const match of link.mapping.match) {
    const path = match.read[end.name]![0]!;
    const keys = creates.map((intent) => intent.values[path]).filter((value): value is string => typeof value === 'string');
    if (keys.length > 0) await stageByKey(link, end, path, [...new Set(keys)]);
  }
}
