/**
 * Carries endings out: archives or deletes the other record where the link says so, and takes the pair
 * apart. Intents are on disk before a batch leaves; a refused one waits in quarantine, an unknown
 * outcome leaves its intent open, and the ending itself stays staged until it is settled.
 */
import { createHash } from 'node:crypto';
import { ProviderError } from '../model/errors.ts';
import { toInstant } from '../model/time.ts';
import type { FieldValues } from '../model/value.ts';
import type { WriteOutcome, WriteRequest } from '../providers/provider.ts';
import type { JournalEntry } from '../storage/journal.ts';
import type { QuarantineEntry } from '../storage/ledger.ts';
import type { EndedWork, PartnerWrite } from './ending.ts';
import type { ActiveLink, LinkEnd } from './link.ts';
import type { PushCounts } from './push.ts';
import { nextAttempt } from './settle.ts';
import { displayKey, quarantineSubject, stagedRows } from './work.ts';

type ReachingWork = EndedWork & { readonly partner: PartnerWrite };

/** @param attempts quarantine entries as they are, by end and subject */
export async function pushEndings(
  link: ActiveLink,
  run: string,
  items: readonly EndedWork[],
  attempts: ReadonlyMap<string, QuarantineEntry>,
  counts: PushCounts,
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
      await pushBatch(link, run, end, reaching.slice(start, start + size), attempts, counts);
  }
}

async function pushBatch(
  link: ActiveLink,
  run: string,
  end: LinkEnd,
  items: readonly ReachingWork[],
  attempts: ReadonlyMap<string, QuarantineEntry>,
  counts: PushCounts,
): Promise<void> {
  await end.assertBudget();
  const requests = items.map((item) => requestOf(item));
  const intents = await link.ledger.openIntents(
    run,
    `${run}/${end.name}/ended ${items[0]!.person}`,
    requests.map((request, index) => ({
      end: end.name,
      action: request.action,
      person: items[index]!.person,
      remoteId: request.id,
      externalId: undefined,
      values: request.values,
    })),
  );
  let outcomes: readonly WriteOutcome[];
  try {
    outcomes = await end.client.write(requests, (handle) => link.ledger.intentJob(intents, handle), link.signal);
  } catch (error) {
    if (error instanceof ProviderError && !error.outcomeUnknown) await link.ledger.closeIntents(intents);
    throw error;
  }
  if (outcomes.length !== requests.length) {
    throw new Error(
      `${end.integration} answered ${outcomes.length} outcomes to ${requests.length} requests. This is a bug in Syncline, please report it.`,
    );
  }
  const done: ReachingWork[] = [];
  const closed: number[] = [];
  const refused: Parameters<ActiveLink['ledger']['quarantine']>[0][number][] = [];
  for (const [index, item] of items.entries()) {
    const outcome = outcomes[index]!;
    if (outcome.status === 'unknown') {
      counts.unknown += 1;
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
    await link.ledger.unlink(
      run,
      items.map((item) => ({ person: item.person, gone: goneEnds(item) })),
      items.flatMap((item) => journalOf(link, item)),
    );
  }
  await link.ledger.closeIntents(intents);
  for (const { partner } of items) {
    if (partner?.action === 'delete') counts.ends[partner.end]!.deleted += 1;
    else {
      if (partner !== undefined) counts.ends[partner.end]!.updated += 1;
      counts.unlinked += 1;
    }
  }
}

/** Ends whose record is not there any more. */
function goneEnds({ at, partner }: EndedWork): readonly string[] {
  const ends = at.map(({ end }) => end);
  return partner?.action === 'delete' ? [...ends, partner.end] : ends;
}

function journalOf(link: ActiveLink, { person, at: places, partner, kept }: EndedWork): readonly JournalEntry[] {
  const where = places.map(({ end }) => end).join(', ');
  const because = kept === undefined ? '' : `; the other record stays: ${KEPT_WORDS[kept]}`;
  const common = { person, at: toInstant(link.clock.now()), generation: link.generation };
  const endings = places.map(({ end, remoteId }): JournalEntry => ({
    ...common,
    end,
    remoteId,
    action: 'unlink',
    fields: {},
    before: {},
    after: {},
    reason: `deleted at this end${because}`,
  }));
  if (partner === undefined) return endings;
  const { end, remoteId, record, values } = partner;
  const deletes = partner.action === 'delete';
  const written: JournalEntry = {
    ...common,
    end,
    remoteId,
    action: deletes ? 'delete' : 'update',
    fields: Object.fromEntries(Object.keys(values).map((path) => [path, { field: path, reason: 'archived', origin: undefined }])),
    before: link.retain === 'values' ? pick(record, deletes ? link.mapping.paths[end]! : Object.keys(values)) : undefined,
    after: link.retain === 'values' ? values : undefined,
    reason: `${deletes ? 'deleted' : 'archived'}: deleted at ${where}`,
  };
  return [...endings, written];
}

function pick(values: FieldValues, paths: readonly string[]): FieldValues {
  return Object.fromEntries(paths.map((path) => [path, values[path] ?? null]));
}

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
  const before = attempts.get(`${end}|${subject}`);
  const tried = (before?.attempts ?? 0) + 1;
  const now = link.clock.now();
  return {
    subject,
    end,
    remoteId,
    person: item.person,
    key: displayKey(link, end, record, remoteId),
    code: outcome.code,
    message: outcome.message,
    attempts: tried,
    since: before?.since ?? toInstant(now),
    nextAt: nextAttempt(now, tried),
    staged: stagedRows(item.subject),
  };
}
