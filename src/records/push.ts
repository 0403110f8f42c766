/**
 * Push and settle: sends decided writes in batches, and makes what the remote then reports the
 * agreed value.
 *
 * Before a batch leaves, its intents are in the ledger; each request is settled by its own outcome.
 * A refused record waits in quarantine and holds up nobody. An unknown outcome leaves its intent
 * open: the next cycle looks at the remote instead of repeating the call.
 */
import type { EndName } from '../mapping/mapping.ts';
import type { JobHandle, WriteOutcome, WriteRequest } from '../providers/provider.ts';
import type { IntentDecision } from '../storage/intents.ts';
import type { QuarantineEntry } from '../storage/quarantine.ts';
import { toInstant } from '../model/time.ts';
import { writeBisecting } from './bisect.ts';
import { journalFields, kept, reasonsOf } from './journal-entry.ts';
import { otherEnd, type ActiveLink, type LinkEnd } from './link.ts';
import type { EndedWork } from './ending.ts';
import { onlyOptOuts } from './opt-outs.ts';
import { pushEndings } from './push-endings.ts';
import { unwritable } from './refusal.ts';
import { Round, writesTo } from './round.ts';
import type { RunningJobs } from './running-jobs.ts';
import type { SecondLook } from './second-look.ts';
import { settleRound, type Sent, type SentAlone } from './settle.ts';
import { displayKey, hashesToCome, quarantineSubject, stagedRows, workOf, type SkipWork, type WriteWork } from './work.ts';

const PAGE_SUBJECTS = 500;
/** What the ledger is told of a record takes more memory than the record: so not of all of a round at once. */
const KEPT_AT_ONCE = 500;
/** Endings are gathered, so that they go out in full calls. */
const MOST_ENDINGS = 2_000;

export interface PushCounts {
  readonly ends: Record<EndName, { created: number; updated: number; deleted: number }>;
  resolved: number;
  /** Fields that a person has to decide, and has not been asked about before. */
  asked: number;
  /** Decisions of a person that are void, since a value moved before they were carried out. */
  voided: number;
  quarantined: number;
  unknown: number;
  /** Writes that went to a job which still runs: a later cycle learns what became of them. */
  pending: number;
  /** Records with something to write that wait for such a job to end. */
  waiting: number;
  /** Records that somebody edited after they were read: the next cycle decides on them anew. */
  moved: number;
  unlinked: number;
  /** Persons who left the link by the rules of its ends. */
  left: number;
  skipped: number;
  /** Over everything that was settled, in the order in which it was: what the audit log keeps of a cycle. */
  digest: string;
}

export function emptyCounts(link: ActiveLink): PushCounts {
  const ends = Object.fromEntries(link.ends.map((end) => [end.name, { created: 0, updated: 0, deleted: 0 }]));
  return {
    ends,
    resolved: 0,
    asked: 0,
    voided: 0,
    quarantined: 0,
    unknown: 0,
    pending: 0,
    waiting: 0,
    moved: 0,
    unlinked: 0,
    left: 0,
    skipped: 0,
    digest: '',
  };
}

/**
 * Carries out the work of every subject that has something staged, round by round. What would be
 * written where a job still runs stays staged.
 */
export async function push(
  link: ActiveLink,
  run: string,
  counts: PushCounts,
  total: number,
  jobs: RunningJobs,
  look: SecondLook,
): Promise<void> {
  const now = toInstant(link.clock.now());
  const attempts = new Map((await link.ledger.quarantined()).map((entry) => [`${entry.end}|${entry.subject}`, entry]));
  const round = new Round(link);
  const ended: EndedWork[] = [];
  let after: string | undefined;
  let done = 0;
  for (;;) {
    const subjects = await link.ledger.subjects([link.ends[0].name, link.ends[1].name], after, PAGE_SUBJECTS, now);
    if (subjects.length === 0) break;
    after = subjects.at(-1)!.position;
    const skipped: SkipWork[] = [];
    for (const item of await workOf(link, subjects)) {
      if (item.kind === 'ended') ended.push(item);
      else if (item.kind === 'skip') skipped.push(item);
      else if (link.ends.some((end) => writesTo(item, end.name) && jobs.blocks(end.name))) counts.waiting += 1;
      else {
        if (!round.fits(item)) {
          await pushEndings(link, run, ended.splice(0), attempts, counts, jobs);
          await pushRound(link, run, round.take(true), attempts, counts, jobs, look);
          link.onProgress({ stage: 'push', done, total });
        }
        round.add(item);
        done += 1;
      }
    }
    if (ended.length >= MOST_ENDINGS) await pushEndings(link, run, ended.splice(0), attempts, counts, jobs);
    await hold(link, skipped, counts);
  }
  // Who leaves goes before whoever enters, and before a job that may keep them waiting.
  await pushEndings(link, run, ended, attempts, counts, jobs);
  await pushRound(link, run, round.take(false), attempts, counts, jobs, look);
  link.onProgress({ stage: 'push', done, total });
}

async function pushRound(
  link: ActiveLink,
  run: string,
  collected: readonly WriteWork[],
  attempts: ReadonlyMap<string, QuarantineEntry>,
  counts: PushCounts,
  jobs: RunningJobs,
  look: SecondLook,
): Promise<void> {
  // The round before may have left a job behind.
  const free = collected.filter((item) => !link.ends.some((end) => writesTo(item, end.name) && jobs.blocks(end.name)));
  counts.waiting += collected.length - free.length;
  const items = await look.unmoved(free);
  counts.moved += free.length - items.length;
  if (items.length === 0) return;
  await Promise.all(link.ends.map((end) => end.assertBudget()));
  const results = await Promise.allSettled(link.ends.map((end) => pushEnd(link, run, end, items)));
  const sent = new Map<EndName, Sent>();
  for (const [index, result] of results.entries())
    if (result.status === 'fulfilled') sent.set(link.ends[index]!.name, result.value);
  for (const end of link.ends)
    if ([...(sent.get(end.name)?.outcomes.values() ?? [])].some(({ status }) => status === 'pending')) jobs.began(end);
  for (let start = 0; start < items.length; start += KEPT_AT_ONCE)
    await settleRound(link, run, items.slice(start, start + KEPT_AT_ONCE), sent, attempts, counts);
  for (const result of results) {
    if (result.status === 'rejected') throw result.reason;
    if (result.value.failure !== undefined) throw result.value.failure;
  }
}

async function pushEnd(link: ActiveLink, run: string, end: LinkEnd, items: readonly WriteWork[]): Promise<Sent> {
  const writing = items.filter((item) => writesTo(item, end.name));
  const { outcomes, intents, failure } = await send(link, run, end, writing, '');
  const refused = writing.flatMap((item) => {
    const rest = refusedOptOuts(link, end, item, outcomes.get(item));
    return rest === undefined ? [] : [[item, rest] as const];
  });
  if (failure !== undefined || refused.length === 0) return { outcomes, intents, alone: new Map(), failure };
  const again = await send(
    link,
    run,
    end,
    refused.map(([, rest]) => rest),
    ' alone',
  );
  const alone = refused.flatMap(([item, rest]): [WriteWork, SentAlone][] => {
    const outcome = again.outcomes.get(rest);
    // What was certainly not sent is no open question.
    if (outcome === undefined && again.failure?.outcomeUnknown !== true) return [];
    return [[item, { item: rest, outcome, intent: again.intents.get(rest)! }]];
  });
  return { outcomes, intents, alone: new Map(alone), failure: again.failure };
}

/** The opt-outs of an update that was refused, where it consisted of more. */
function refusedOptOuts(
  link: ActiveLink,
  end: LinkEnd,
  item: WriteWork,
  outcome: WriteOutcome | undefined,
): WriteWork | undefined {
  if (outcome?.status !== 'failed' || outcome.gone === true || item.createAt === end.name) return undefined;
  const decision = onlyOptOuts(link.mapping, item.decision);
  const paths = Object.keys(decision?.writes[end.name] ?? {});
  const isLess = paths.length > 0 && paths.length < Object.keys(item.decision.writes[end.name]!).length;
  return decision === undefined || !isLess ? undefined : { ...item, decision };
}

/** @param part tells the intents of a second call for the same round from those of the first */
async function send(
  link: ActiveLink,
  run: string,
  end: LinkEnd,
  writing: readonly WriteWork[],
  part: string,
): Promise<Omit<Sent, 'alone'>> {
  if (writing.length === 0) return { outcomes: new Map(), intents: new Map(), failure: undefined };
  const requests = writing.map((item) => requestOf(end, item));
  const intents: number[] = [];
  const batch = `${run}/${end.name}/${writing[0]!.person}${part}`;
  const place = { integration: end.integration, object: end.object, at: toInstant(link.clock.now()) };
  for (let start = 0; start < requests.length; start += KEPT_AT_ONCE) {
    const opened = await link.ledger.openIntents(
      run,
      batch,
      place,
      requests.slice(start, start + KEPT_AT_ONCE).map((request, offset) => ({
        end: end.name,
        action: request.action,
        person: writing[start + offset]!.person,
        remoteId: request.id,
        externalId: request.externalId,
        values: request.values,
        decided: decisionOf(link, end, writing[start + offset]!),
      })),
    );
    intents.push(...opened);
  }
  const withJob = new Set<number>();
  const { outcomes, failure } = await writeBisecting(requests.length, async (from, to) => {
    const part = requests.slice(from, to);
    const noteJob = (handle: JobHandle): Promise<void> => {
      for (const intent of intents.slice(from, to)) withJob.add(intent);
      return link.ledger.intentJob(intents.slice(from, to), handle);
    };
    const answered = await end.client.write(part, noteJob, link.signal);
    if (answered.length === part.length) return answered;
    throw new Error(
      `${end.integration} answered ${answered.length} outcomes to ${part.length} requests. This is a bug in Syncline, please report it.`,
    );
  });
  // What was refused as a whole before any effect, or not sent at all, leaves nothing open. A job may go on without us.
  if (failure !== undefined && !failure.outcomeUnknown)
    await link.ledger.closeIntents(intents.filter((intent, index) => outcomes[index] === undefined && !withJob.has(intent)));
  return {
    outcomes: new Map(
      writing.flatMap((item, index) => (outcomes[index] === undefined ? [] : [[item, outcomes[index]] as const])),
    ),
    intents: new Map(writing.map((item, index) => [item, intents[index]!])),
    failure,
  };
}

/** What recovery needs to know of a write whose process did not live to see its outcome. */
function decisionOf(link: ActiveLink, end: LinkEnd, item: WriteWork): IntentDecision {
  const other = otherEnd(link, end.name).name;
  const source = item.sides[other];
  const side = item.sides[end.name] ?? source!;
  const hashes = source === undefined ? undefined : link.fingerprints.of(other, source.values);
  const written = new Set(Object.values(item.decision.reasons[end.name]!).map(({ fieldId }) => link.fingerprints.tag(fieldId)));
  return {
    journal: {
      generation: link.generation,
      fields: journalFields(link, item, end.name),
      before: kept(link, item.sides[end.name]?.values ?? {}, Object.keys(item.decision.writes[end.name]!)),
      reason: reasonsOf(item, end.name),
    },
    subject: quarantineSubject(item.subject),
    key: displayKey(link, item.sides[end.name] === undefined ? other : end.name, side.values, side.remoteId),
    staged: stagedRows(item.subject).map(({ end: at, remoteId }) => ({ end: at, remoteId })),
    source:
      source === undefined || hashes === undefined
        ? undefined
        : {
            remoteId: source.remoteId,
            fields: new Map([...hashesToCome(link, item, other, source.values)].filter(([tag]) => written.has(tag))),
            elements: new Map([...hashes.elements].filter(([tag]) => written.has(tag))),
          },
  };
}

function requestOf(end: LinkEnd, item: WriteWork): WriteRequest {
  const values = item.decision.writes[end.name]!;
  if (item.createAt === end.name) {
    return { action: 'create', values, ...(end.externalId === undefined ? {} : { externalId: item.person }) };
  }
  const side = item.sides[end.name]!;
  return { action: 'update', id: side.remoteId, values, before: side.values };
}

/** What cannot be written for a reason of its own waits, until one of its records changes. */
async function hold(link: ActiveLink, items: readonly SkipWork[], counts: PushCounts): Promise<void> {
  const quarantined = items.filter(({ reason }) => reason === 'invalid-value' || reason === 'required-field-blank');
  const held = items.filter((item) => !quarantined.includes(item));
  await link.ledger.hold(
    held.flatMap((item) =>
      stagedRows(item.subject).map((row) => ({
        end: row.end,
        remoteId: row.remoteId,
        status: 'held' as const,
        reason: item.reason,
      })),
    ),
  );
  await link.ledger.quarantine(
    quarantined.map(({ subject, end, reason, detail }) =>
      unwritable(link, subject, {
        end,
        code: reason === 'invalid-value' ? 'INVALID_VALUE' : 'REQUIRED_FIELD_BLANK',
        message: detail,
      }),
    ),
    [],
  );
  counts.quarantined += quarantined.length;
  counts.skipped += held.length;
}
