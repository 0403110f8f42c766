/**
 * Push and settle: sends decided writes in batches, and makes what the remote then reports the
 * agreed value.
 *
 * Before a batch leaves, its intents are in the ledger; each request is settled by its own outcome.
 * A refused record waits in quarantine and holds up nobody. An unknown outcome leaves its intent
 * open: the next cycle looks at the remote instead of repeating the call.
 */
import type { EndName } from '../mapping/mapping.ts';
import type { QuarantineEntry } from '../storage/quarantine.ts';
import type { ActiveLink, LinkEnd } from './link.ts';
import type { EndedWork } from './ending.ts';
import { pushEndings } from './push-endings.ts';
import { unwritable } from './refusal.ts';
import { Round, writesTo } from './round.ts';
import type { RunningJobs } from './running-jobs.ts';
import type { SecondLook } from './second-look.ts';
import { KEPT_AT_ONCE, pushEnd } from './send.ts';
import { settleRound, type Sent } from './settle.ts';
import { Spool } from './spool.ts';
import { subjectPages } from './subject-pages.ts';
import { stagedRows, workOf, type SkipWork, type WriteWork } from './work.ts';

const PAGE_SUBJECTS = 500;
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

/** What a push goes by. */
export interface Pushing {
  readonly link: ActiveLink;
  readonly run: string;
  readonly attempts: ReadonlyMap<string, QuarantineEntry>;
  readonly counts: PushCounts;
  readonly jobs: RunningJobs;
  readonly look: SecondLook;
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
 * Carries out the work of every subject that has something staged, round by round, and spools over rounds
 * what goes to a job. What would be written where a job still runs stays staged.
 */
export async function push(
  link: ActiveLink,
  run: string,
  counts: PushCounts,
  total: number,
  jobs: RunningJobs,
  look: SecondLook,
): Promise<void> {
  const attempts = new Map((await link.ledger.quarantined()).map((entry) => [`${entry.end}|${entry.subject}`, entry]));
  const pushing: Pushing = { link, run, attempts, counts, jobs, look };
  const spool = new Spool(pushing);
  try {
    await pushAll(pushing, spool, total);
  } catch (error) {
    // Where this fails as well, the next cycle looks up what became of it.
    await spool.giveUp().catch(() => undefined);
    throw error;
  }
}

async function pushAll(pushing: Pushing, spool: Spool, total: number): Promise<void> {
  const { link, run, attempts, counts, jobs } = pushing;
  const round = new Round(link);
  const ended: EndedWork[] = [];
  let done = 0;
  for await (const subjects of subjectPages(link, PAGE_SUBJECTS)) {
    const skipped: SkipWork[] = [];
    for (const item of await workOf(link, subjects)) {
      if (item.kind === 'ended') ended.push(item);
      else if (item.kind === 'skip') skipped.push(item);
      else if (link.ends.some((end) => writesTo(item, end.name) && jobs.blocks(end.name))) counts.waiting += 1;
      else {
        if (!round.fits(item)) {
          await pushEndings(link, run, ended.splice(0), attempts, counts, jobs);
          await pushRound(pushing, round.take(true), spool);
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
  await pushRound(pushing, round.take(false), spool.isEmpty ? undefined : spool);
  await spool.send();
  link.onProgress({ stage: 'push', done, total });
}

/** @param spool takes what it can of the round; absent where nothing is to be spooled */
async function pushRound(
  { link, run, attempts, counts, jobs, look }: Pushing,
  collected: readonly WriteWork[],
  spool: Spool | undefined,
): Promise<void> {
  // The round before may have left a job behind.
  const free = collected.filter((item) => !link.ends.some((end) => writesTo(item, end.name) && jobs.blocks(end.name)));
  counts.waiting += collected.length - free.length;
  const spooled = (await spool?.takes(free)) ?? new Map<WriteWork, LinkEnd>();
  const items = await look.unmoved(free, (item) => spooled.get(item)?.name);
  counts.moved += free.length - items.length;
  if (items.length === 0) return;
  await Promise.all(link.ends.map((end) => end.assertBudget()));
  const results = await Promise.allSettled(
    link.ends.map((end) => {
      const writing = items.filter((item) => writesTo(item, end.name) && spooled.get(item) !== end);
      return pushEnd(link, run, end, writing);
    }),
  );
  const sent = new Map<EndName, Sent>();
  for (const [index, result] of results.entries())
    if (result.status === 'fulfilled') sent.set(link.ends[index]!.name, result.value);
  for (const end of link.ends)
    if ([...(sent.get(end.name)?.outcomes.values() ?? [])].some(({ status }) => status === 'pending')) jobs.began(end);
  const hasFailed = results.some((result) => result.status === 'rejected' || result.value.failure !== undefined);
  const ended = hasFailed ? items : items.filter((item) => !spooled.has(item));
  for (let start = 0; start < ended.length; start += KEPT_AT_ONCE)
    await settleRound(link, run, ended.slice(start, start + KEPT_AT_ONCE), sent, attempts, counts);
  for (const result of results) {
    if (result.status === 'rejected') throw result.reason;
    if (result.value.failure !== undefined) throw result.value.failure;
  }
  await spool?.add(items, spooled, sent);
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
