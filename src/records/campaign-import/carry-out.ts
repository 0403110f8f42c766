/**
 * Writes what an import has gathered. An activity has neither a key nor a stamp at the destination that would tell a
 * repeat: what is about to be recorded is noted before the call leaves, and where no answer came, the next run looks it
 * up before anything is sent again.
 */
import { ProviderError } from '../../model/errors.ts';
import { toInstant } from '../../model/time.ts';
import type { ActivityKind, ActivityRecord, StoredCampaign } from '../../providers/campaigns.ts';
import type { ConsentState } from '../../model/value.ts';
import type { WriteOutcome } from '../../providers/provider.ts';
import type { ImportedCampaign, RecordableActivity } from '../../storage/campaign-import.ts';
import type { QuarantineEntry } from '../../storage/quarantine.ts';
import { isOptedOut } from '../consent.ts';
import { retryOf } from '../refusal.ts';
import type { ActiveCampaignImport } from './active-import.ts';
import { assess, descriptionOf, sentAtOf } from './assess.ts';
import { goneRecords } from './gone-records.ts';

/** The ends of an import, as plans, runs and the quarantine name them. */
export const CAMPAIGNS = 'campaigns';
export const ACTIVITIES = 'activities';
export const LIST = 'list';

export interface ImportLimits {
  readonly campaigns: number;
  readonly activities: number;
  readonly optOuts: number;
}

export interface ImportResult {
  readonly campaigns: { readonly created: number; readonly updated: number };
  readonly activities: number;
  readonly optOuts: number;
  /** Activities and records that the destination refused in this run. */
  readonly refused: number;
  /** Records that turned out to be deleted at the destination. */
  readonly gone: number;
  /** Writes that were sent and never answered. */
  readonly unknown: number;
  /** Whether nothing is left that could be done now. */
  readonly converged: boolean;
}

/** Activities of a campaign that was there before, each page of which takes a listing of the campaign. */
const LOOKED_UP_AT_ONCE = 5_000;

interface Counting {
  created: number;
  updated: number;
  activities: number;
  optOuts: number;
  refused: number;
  gone: number;
  unknown: number;
}

/** @param limits the most that may be written; what is beyond waits for the next run */
export async function carryOut(active: ActiveCampaignImport, run: string, limits?: ImportLimits): Promise<ImportResult> {
  const done: Counting = { created: 0, updated: 0, activities: 0, optOuts: 0, refused: 0, gone: 0, unknown: 0 };
  await active.assertBudget(active.destination.integration);
  await recover(active);
  const quarantined = await releaseDue(active);
  await writeCampaigns(active, run, limits?.campaigns ?? Number.POSITIVE_INFINITY, done);
  await recordActivities(active, run, limits?.activities ?? Number.POSITIVE_INFINITY, done, quarantined);
  await unsubscribe(active, run, limits?.optOuts ?? Number.POSITIVE_INFINITY, done, quarantined);
  await active.common.noteUnfinishedApply(undefined);
  const left = await assess(active);
  const held = (await active.common.quarantined()).filter(({ end }) => end === LIST).length;
  return {
    campaigns: { created: done.created, updated: done.updated },
    activities: done.activities,
    optOuts: done.optOuts,
    refused: done.refused,
    gone: done.gone,
    unknown: done.unknown,
    converged: left.campaigns.create.length + left.activities + Math.max(0, left.optOuts - held) + done.unknown === 0,
  };
}

/** Batches that an earlier run left without an answer: what is there is settled, the rest waits again. */
async function recover({ ledger, destination, signal }: ActiveCampaignImport): Promise<void> {
  const campaigns = new Map((await ledger.campaigns()).map(({ id, remoteId }) => [id, remoteId]));
  for (const { campaign, activities } of await ledger.openBatches()) {
    const ids = await destination.client.recorded(campaigns.get(campaign)!, activities.map(toRecord), signal);
    await ledger.settle(activities.map(({ key }, index) => ({ key, remoteId: ids[index] })));
  }
}

type Quarantined = ReadonlyMap<string, QuarantineEntry>;

/** Refused activities that are due wait again. @returns what is in quarantine, by end and subject */
async function releaseDue({ common, ledger, clock }: ActiveCampaignImport): Promise<Quarantined> {
  const entries = await common.quarantined();
  const now = toInstant(clock.now());
  const due = entries.filter(({ end, nextAt }) => end === ACTIVITIES && nextAt <= now);
  await ledger.settle(due.map(({ subject }) => ({ key: Buffer.from(idOfSubject(subject), 'hex'), remoteId: undefined })));
  return new Map(entries.map((entry) => [entry.subject, entry]));
}

async function quarantine(
  { common, clock }: ActiveCampaignImport,
  refused: {
    readonly end: string;
    readonly id: string;
    readonly record: string;
    readonly code: string;
    readonly message: string;
  },
  quarantined: Quarantined,
): Promise<void> {
  const { end, id, record, code, message } = refused;
  const subject = `record:${end}:${id}`;
  const known = retryOf(quarantined.get(subject), clock.now(), code);
  const entry = { end, subject, remoteId: record, person: undefined, key: `#${record}`, code, message, ...known, staged: [] };
  await common.quarantine([entry], []);
}

function idOfSubject(subject: string): string {
  return subject.split(':').slice(2).join(':');
}

/** What was written after all. */
async function lift({ common }: ActiveCampaignImport, subjects: readonly string[], quarantined: Quarantined): Promise<void> {
  const entries = subjects.map((subject) => quarantined.get(subject)).filter((entry) => entry !== undefined);
  if (entries.length > 0) await common.dropQuarantined(entries);
}

async function writeCampaigns(active: ActiveCampaignImport, run: string, limit: number, done: Counting): Promise<void> {
  const { ledger, destination, signal } = active;
  const { campaigns } = await assess(active);
  for (const campaign of campaigns.create) {
    if (done.created >= limit) break;
    const description = descriptionOf(campaign);
    const { stored, adopted } = await createCampaign(active, campaign, description);
    if (stored === undefined) {
      done.unknown += 1;
      continue;
    }
    const there = { ...campaign, remoteId: stored.id, described: stored.description, adopted };
    await ledger.putCampaign(there, ...(adopted ? [] : [{ run, action: 'create' as const }]));
    if (!adopted) done.created += 1;
  }
  for (const campaign of campaigns.update) {
    const description = descriptionOf(campaign);
    const present = await destination.client.find(campaign.key, signal);
    // What somebody has written there is theirs from then on; the totals stay with us.
    const isOurs = present !== undefined && present.description === campaign.described;
    if (isOurs) {
      await destination.client.describe(present.id, description, signal);
      done.updated += 1;
    }
    await ledger.putCampaign({ ...campaign, described: description }, ...(isOurs ? [{ run, action: 'update' as const }] : []));
  }
}

/** Made once, whatever became of an earlier attempt: its key is unique, and so it is found. */
async function createCampaign(
  { destination, signal }: ActiveCampaignImport,
  campaign: ImportedCampaign,
  description: string,
): Promise<{ readonly stored: StoredCampaign | undefined; readonly adopted: boolean }> {
  const { key, name } = campaign;
  try {
    const stored = await destination.client.create({ key, name, sentAt: sentAtOf(campaign), description }, signal);
    return { stored, adopted: false };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const found = await destination.client.find(key, signal);
    if (found === undefined && !error.outcomeUnknown) throw error;
    return { stored: found, adopted: true };
  }
}

async function recordActivities(
  active: ActiveCampaignImport,
  run: string,
  limit: number,
  done: Counting,
  quarantined: Quarantined,
): Promise<void> {
  const { ledger, destination } = active;
  for (const campaign of await ledger.campaigns()) {
    const { id, remoteId } = campaign;
    if (remoteId === undefined) continue;
    if (campaign.adopted === true) await findRecorded(active, campaign, remoteId);
    for (let after: Buffer | undefined; ;) {
      const most = Math.min(destination.client.maxBatchActivities, limit - done.activities);
      const batch = most <= 0 ? [] : await ledger.recordable(id, after, most);
      if (batch.length === 0) break;
      after = batch.at(-1)!.key;
      if (!(await recordBatch(active, run, remoteId, batch, done, quarantined))) return;
    }
  }
}

/** What is known of a campaign that an earlier ledger, or a lost answer, left at the destination. */
async function findRecorded(active: ActiveCampaignImport, campaign: ImportedCampaign, remoteId: string): Promise<void> {
  const { ledger, destination, signal } = active;
  for (let after: Buffer | undefined; ;) {
    const page = await ledger.recordable(campaign.id, after, LOOKED_UP_AT_ONCE);
    if (page.length === 0) break;
    after = page.at(-1)!.key;
    const ids = await destination.client.recorded(remoteId, page.map(toRecord), signal);
    await ledger.settle(page.flatMap(({ key }, index) => (ids[index] === undefined ? [] : [{ key, remoteId: ids[index] }])));
  }
  await ledger.putCampaign({ ...campaign, adopted: false });
}

/**
 * Halved until the bad one stands alone.
 *
 * @param isLookedUp whether the records of the batch are known to be there
 * @returns whether to go on
 */
async function recordBatch(
  active: ActiveCampaignImport,
  run: string,
  campaign: string,
  batch: readonly RecordableActivity[],
  done: Counting,
  quarantined: Quarantined,
  isLookedUp = false,
): Promise<boolean> {
  const { ledger, destination, signal } = active;
  await ledger.send(`${run}-${batch[0]!.key.toString('hex').slice(0, 16)}`, run, batch);
  const outcome = await destination.client.record(campaign, batch.map(toRecord), signal);
  switch (outcome.status) {
    case 'applied':
      await ledger.settle(batch.map(({ key }, index) => ({ key, remoteId: outcome.ids[index]! })));
      await lift(
        active,
        batch.map(({ key }) => `record:${ACTIVITIES}:${key.toString('hex')}`),
        quarantined,
      );
      done.activities += batch.length;
      return true;
    case 'unknown':
      done.unknown += batch.length;
      return false;
    case 'failed':
      break;
  }
  if (outcome.retryable) {
    await ledger.settle(batch.map(({ key }) => ({ key, remoteId: undefined })));
    return false;
  }
  const rest = isLookedUp ? batch : await withoutGone(active, batch, done);
  if (rest.length < batch.length) return rest.length === 0 || recordBatch(active, run, campaign, rest, done, quarantined, true);
  if (batch.length === 1) {
    const { key, record } = batch[0]!;
    await ledger.refuse(key);
    const { code, message } = outcome;
    await quarantine(active, { end: ACTIVITIES, id: key.toString('hex'), record, code, message }, quarantined);
    done.refused += 1;
    return true;
  }
  const half = Math.ceil(batch.length / 2);
  const isFirstDone = await recordBatch(active, run, campaign, batch.slice(0, half), done, quarantined, true);
  if (isFirstDone) return recordBatch(active, run, campaign, batch.slice(half), done, quarantined, true);
  await ledger.settle(batch.slice(half).map(({ key }) => ({ key, remoteId: undefined })));
  return false;
}

/** Activities of a deleted record wait, like those of anybody whom the destination does not know. */
async function withoutGone(
  { ledger, destination, signal }: ActiveCampaignImport,
  batch: readonly RecordableActivity[],
  done: Counting,
): Promise<readonly RecordableActivity[]> {
  const gone = await goneRecords(destination.records, new Set(batch.map(({ record }) => record)), signal);
  if (gone.size === 0) return batch;
  await ledger.putRecords([...gone].map((remoteId) => ({ remoteId, addresses: [] })));
  const orphans = batch.filter(({ record }) => gone.has(record));
  await ledger.settle(orphans.map(({ key }) => ({ key, remoteId: undefined })));
  done.gone += gone.size;
  return batch.filter(({ record }) => !gone.has(record));
}

function toRecord({ kind, record, at, details }: RecordableActivity): ActivityRecord {
  return { kind: kind as ActivityKind, record, at, details };
}

async function unsubscribe(
  active: ActiveCampaignImport,
  run: string,
  limit: number,
  done: Counting,
  quarantined: Quarantined,
): Promise<void> {
  const { ledger, destination, signal, clock } = active;
  if (destination.listState === undefined) return;
  const { path, client } = destination.listState;
  const now = toInstant(clock.now());
  for (let after: string | undefined; ;) {
    const most = Math.min(client.writer.maxBatchRecords, limit - done.optOuts);
    const page = most <= 0 ? [] : await ledger.recordsToUnsubscribe(after, most);
    if (page.length === 0) return;
    after = page.at(-1)!;
    const due = page.filter((id) => (quarantined.get(`record:${LIST}:${id}`)?.nextAt ?? now) <= now);
    const out = await unsubscribedBefore(destination.listState, due, signal);
    await ledger.noteUnsubscribed([...out], undefined);
    const ids = due.filter((id) => !out.has(id));
    const requests = ids.map((id) => ({ action: 'update' as const, id, values: { [path]: 'unsubscribed' as const } }));
    const outcomes = ids.length === 0 ? [] : await client.write(requests, () => Promise.resolve(), signal);
    const settled = ids.filter((_, index) => isSettled(outcomes[index]!));
    await ledger.noteUnsubscribed(settled, run);
    await lift(
      active,
      settled.map((id) => `record:${LIST}:${id}`),
      quarantined,
    );
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.status === 'applied') done.optOuts += 1;
      // To unsubscribe once more does no harm: what nobody knows is simply done again by the next run.
      else if (outcome.status !== 'failed') done.unknown += 1;
      else if (!isSettled(outcome)) {
        const { code, message } = outcome;
        await quarantine(active, { end: LIST, id: ids[index]!, record: ids[index]!, code, message }, quarantined);
        done.refused += 1;
      }
    }
  }
}

/** Those of whom the list says so already: most often a link has carried their opt-out there. */
async function unsubscribedBefore(
  { path, client }: NonNullable<ActiveCampaignImport['destination']['listState']>,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const out = new Set<string>();
  if (ids.length === 0) return out;
  for await (const page of client.readByIds(ids, signal))
    for (const { id, values } of page) if (isOptedOut(values[path] as ConsentState)) out.add(id);
  return out;
}

/** Nothing is left to do for a record that is not there any more. */
function isSettled(outcome: WriteOutcome): boolean {
  return outcome.status === 'applied' || (outcome.status === 'failed' && outcome.gone === true);
}
