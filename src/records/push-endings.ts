/**
 * Carries endings out: archives or deletes the other record where the link says so, and takes the pair
 * apart. Intents are on disk before a batch leaves; a refused one waits in quarantine, an unknown
 * outcome leaves its intent open, and the ending itself stays staged until it is settled.
 */
import { createHash } from 'node:crypto';
import { ProviderError } from '../model/errors.ts';
import { toInstant } from '../model/time.ts';
import type { FieldValues } from '../model/value.ts';
import type { JobHandle, WriteOutcome, WriteRequest } from '../providers/provider.ts';
import type { JournalEntry } from '../storage/journal.ts';
import type { IntentDecision } from '../storage/intents.ts';
import type { QuarantineEntry } from '../storage/quarantine.ts';
import type { EndedWork, PartnerWrite } from './ending.ts';
import { listedBits, stageByIds } from './detect.ts';
import { endOf, type ActiveLink, type LinkEnd } from './link.ts';
import type { PushCounts } from './push.ts';
import type { RunningJobs } from './running-jobs.ts';
import { retryOf } from './refusal.ts';
import { displayKey, quarantineSubject, stagedRows } from './work.ts';

type ReachingWork = EndedWork & { readonly partner: PartnerWrite };

/** @param attempts quarantine entries as they are, by end and subject */
export async function pushEndings(
  link: ActiveLink,
  run: string,
  items: readonly EndedWork[],
  attempts: ReadonlyMap<string, QuarantineEntry>,
  counts: PushCounts,
  jobs: RunningJobs,
): Promise<void> {
  await settleEndings(
    link,
    run,
    items.filter((item) => item.partner === undefined),
    [],
    counts,
  );
  for (const end of link.ends) {
    const reaching = items.filter((item): item is ReachingWork => item.partner?.end === end.name);
    const size = end.client.writer.maxBatchRecords;
    for (let start = 0; start < reaching.length; start += size)
      await pushBatch(link, run, end, reaching.slice(start, start + size), attempts, counts, jobs);
  }
}

async function pushBatch(
  link: ActiveLink,
  run: string,
  end: LinkEnd,
  items: readonly ReachingWork[],
  attempts: ReadonlyMap<string, QuarantineEntry>,
  counts: PushCounts,
  jobs: RunningJobs,
): Promise<void> {
  if (jobs.blocks(end.name)) {
    counts.waiting += items.length;
    return;
  }
  await end.assertBudget();
  const requests = items.map((item) => requestOf(item));
  const intents = await link.ledger.openIntents(
    run,
    `${run}/${end.name}/ended ${items[0]!.person}`,
    { integration: end.integration, object: end.object, at: toInstant(link.clock.now()) },
    requests.map((request, index) => ({
      end: end.name,
      action: request.action,
      person: items[index]!.person,
      remoteId: request.id,
      externalId: undefined,
      values: request.values,
      decided: decisionOf(link, items[index]!),
    })),
  );
  let outcomes: readonly WriteOutcome[];
  let isJob = false;
  const noteJob = (handle: JobHandle): Promise<void> => {
    isJob = true;
    return link.ledger.intentJob(intents, handle);
  };
  try {
    outcomes = await end.client.write(requests, noteJob, link.signal);
  } catch (error) {
    // A job may go on without us.
    if (error instanceof ProviderError && !error.outcomeUnknown && !isJob) await link.ledger.closeIntents(intents);
    throw error;
  }
  if (outcomes.length !== requests.length) {
    throw new Error(
      `${end.integration} answered ${outcomes.length} outcomes to ${requests.length} requests. This is a bug in Syncline, please report it.`,
    );
  }
  if (outcomes.some(({ status }) => status === 'pending')) jobs.began(end);
  const done: ReachingWork[] = [];
  const closed: number[] = [];
  const refused: Parameters<ActiveLink['ledger']['quarantine']>[0][number][] = [];
  for (const [index, item] of items.entries()) {
    const outcome = outcomes[index]!;
    if (outcome.status === 'unknown' || outcome.status === 'pending') {
      counts[outcome.status] += 1;
      continue;
    }
    closed.push(intents[index]!);
    if (outcome.status === 'applied' || outcome.gone === true) done.push(item);
    else refused.push(quarantineEntry(link, item, outcome, attempts));
  }
  await settleEndings(link, run, done, closed, counts);
  await link.ledger.quarantine(refused, []);
  counts.quarantined += refused.length;
}

function requestOf({ partner }: ReachingWork): WriteRequest {
  const { remoteId: id, values, record: before } = partner;
  return partner.action === 'delete' ? { action: 'delete', id, values: {}, before } : { action: 'update', id, values, before };
}

async function settleEndings(
  link: ActiveLink,
  run: string,
  items: readonly EndedWork[],
  intents: readonly number[],
  counts: PushCounts,
): Promise<void> {
  if (items.length > 0) {
    const written = items.map(({ person, at, partner }) => `${person}|${JSON.stringify([at, partner?.action])}`);
    counts.digest = createHash('sha256')
      .update([counts.digest, ...written].join('\n'))
      .digest('hex');
    const gone = items.filter((item) => !staysKnown(item));
    await link.ledger.unlink(
      run,
      gone.map((item) => ({
        person: item.person,
        gone: goneEnds(item).map((name) => endOf(link, name)),
        became: becameOf(link, item),
      })),
      gone.flatMap((item) => journalOf(link, item)),
    );
    const left = items.filter(staysKnown);
    await link.ledger.leave(
      run,
      left.map((item) => ({ person: item.person, end: item.at[0]!.end, listed: listedOf(link, item) })),
      left.flatMap((item) => journalOf(link, item)),
    );
    await readReusedIds(link, items);
  }
  await link.ledger.closeIntents(intents);
  for (const item of items) {
    const { partner } = item;
    if (partner?.action === 'delete') counts.ends[partner.end]!.deleted += 1;
    else if (partner !== undefined) counts.ends[partner.end]!.updated += 1;
    if (item.cause === 'left') counts.left += 1;
    else if (partner?.action !== 'delete') counts.unlinked += 1;
  }
}

/** Whoever left may return, and is remembered with what was agreed, unless the other record was deleted. */
function staysKnown({ cause, partner }: EndedWork): boolean {
  return cause === 'left' && partner?.action !== 'delete';
}

/** What listings show of the records from now on: whoever returns may be told by a listing alone. */
function listedOf(link: ActiveLink, { subject, partner }: EndedWork): readonly { readonly end: string; readonly bits: number }[] {
  const shown = Object.values(subject.staged).map((row) => ({ end: row.end, bits: listedBits(endOf(link, row.end), row) }));
  if (partner === undefined) return shown;
  const values = { ...partner.record, ...partner.values };
  return [...shown, { end: partner.end, bits: listedBits(endOf(link, partner.end), { values }) }];
}

/** The records that converted ones became: the person goes by them from now on. */
function becameOf(link: ActiveLink, { at }: EndedWork) {
  return at.flatMap(({ end, moved }) =>
    moved?.how === 'converted' ? [{ integration: endOf(link, end).integration, object: moved.object, remoteId: moved.id }] : [],
  );
}

/** Where ids are used again, the record that has one now could not be looked at before. */
async function readReusedIds(link: ActiveLink, items: readonly EndedWork[]): Promise<void> {
  for (const end of link.ends.filter(({ client }) => client.stream.idsReused === true)) {
    const gone = items.flatMap((item) => item.at.filter((row) => row.end === end.name).map(({ remoteId }) => remoteId));
    if (gone.length > 0) await stageByIds(link, end, gone);
  }
}

/** Ends whose record is not there any more. */
function goneEnds({ at, partner }: EndedWork): readonly string[] {
  const ends = at.map(({ end }) => end);
  return partner?.action === 'delete' ? [...ends, partner.end] : ends;
}

function journalOf(link: ActiveLink, { cause, person, at: places, partner, kept }: EndedWork): readonly JournalEntry[] {
  const because = kept === undefined ? '' : `; the other record stays: ${KEPT_WORDS[kept]}`;
  const common = { person, at: toInstant(link.clock.now()), generation: link.generation };
  const endings = places.map(({ end, remoteId, moved }): JournalEntry => ({
    ...common,
    end,
    remoteId,
    action: 'unlink',
    fields: {},
    before: {},
    after: {},
    reason: `${moved?.how ?? ENDED_WORDS[cause]} at this end${because}`,
  }));
  return partner === undefined
    ? endings
    : [
        ...endings,
        { ...common, end: partner.end, remoteId: partner.remoteId, ...writtenEntry(link, { at: places, cause }, partner) },
      ];
}

/** What the journal says of the record that was reached for. */
function writtenEntry(
  link: ActiveLink,
  { at: places, cause }: Pick<EndedWork, 'at' | 'cause'>,
  { end, record, values, action }: PartnerWrite,
): Pick<JournalEntry, 'action' | 'fields' | 'before' | 'after' | 'reason'> {
  const deletes = action === 'delete';
  return {
    action: deletes ? 'delete' : 'update',
    fields: Object.fromEntries(Object.keys(values).map((path) => [path, { field: path, reason: 'archived', origin: undefined }])),
    before: link.retain === 'values' ? pick(record, deletes ? link.mapping.paths[end]! : Object.keys(values)) : undefined,
    after: link.retain === 'values' ? values : undefined,
    reason: `${deletes ? 'deleted' : 'archived'}: ${ENDED_WORDS[cause]} at ${places.map(({ end: name }) => name).join(', ')}`,
  };
}

/** The ending itself stays staged, and is decided on again where the process does not live to see its outcome. */
function decisionOf(link: ActiveLink, item: ReachingWork): IntentDecision {
  const { fields, before, reason } = writtenEntry(link, item, item.partner);
  return {
    journal: { generation: link.generation, fields, before, reason },
    subject: quarantineSubject(item.subject),
    key: displayKey(link, item.partner.end, item.partner.record, item.partner.remoteId),
    staged: stagedRows(item.subject).map(({ end, remoteId }) => ({ end, remoteId })),
    source: undefined,
  };
}

function pick(values: FieldValues, paths: readonly string[]): FieldValues {
  return Object.fromEntries(paths.map((path) => [path, values[path] ?? null]));
}

const ENDED_WORDS = { deleted: 'deleted', left: 'left the link' } as const;

const KEPT_WORDS = {
  edited: 'it was edited since the two last agreed',
  'not-created-by-syncline': 'Syncline did not create it',
} as const;

function quarantineEntry(
  link: ActiveLink,
  item: ReachingWork,
  outcome: Extract<WriteOutcome, { status: 'failed' }>,
  attempts: ReadonlyMap<string, QuarantineEntry>,
) {
  const { end, remoteId, record } = item.partner;
  const subject = quarantineSubject(item.subject);
  return {
    subject,
    end,
    remoteId,
    person: item.person,
    key: displayKey(link, end, record, remoteId),
    code: outcome.code,
    message: outcome.message,
    ...retryOf(attempts.get(`${end}|${subject}`), link.clock.now(), outcome.code),
    staged: stagedRows(item.subject),
  };
}
