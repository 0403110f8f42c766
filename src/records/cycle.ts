/**
 * One cycle of a link: recover, detect, match, reconcile, guard, push, settle.
 *
 * Read this first. `preview` runs the same stages up to the decision, against a ledger that is
 * opened as a preview, and so tells what a cycle would do.
 */
import type { LinkCause, EndCeiling } from '../model/plan.ts';
import type { EndName } from '../mapping/mapping.ts';
import { assess, assessBy, type Assessment } from './assess.ts';
import { detect, type Detection } from './detect.ts';
import { followMerges } from './follow.ts';
import { enforceCeiling, enforceGuards, judge, type GuardBase } from './guard.ts';
import type { ActiveLink } from './link.ts';
import { knownAmbiguous, pairRecords } from './pair.ts';
import { emptyCounts, push, type PushCounts } from './push.ts';
import { stageDecided } from './parked.ts';
import { recover } from './recover.ts';
import { endsToRefresh, noteRefreshed } from './refresh.ts';
import { RunningJobs } from './running-jobs.ts';
import { SecondLook } from './second-look.ts';
import { subjectPages } from './subject-pages.ts';
import { countMissed, sweep, type SweepResult } from './sweep.ts';

export interface CycleOptions {
  readonly run: string;
  /** Digests by guard: what `--allow` lets pass. */
  readonly allow: Readonly<Record<string, string>>;
  readonly sweep: boolean;
  /** Whether values are compared anew that move without a change of their record. */
  readonly refresh?: boolean;
  /** Which command a refusal names to let it pass; `sync` unless given. */
  readonly command?: 'apply' | 'sync';
  /** How many records planning has left to a person as ambiguous, in the ledger that this cycle goes on with. */
  readonly ambiguous?: number;
  /** The plan that is being carried out: its ceiling, and why records are concerned by it. */
  readonly plan?: PlannedCycle;
}

export interface PlannedCycle {
  readonly cause: LinkCause;
  /** What is left of the plan's ceiling, asked once what an earlier run began is settled. */
  readonly ceiling: () => Promise<Readonly<Record<EndName, EndCeiling>>>;
  /** Judges by policies what the plan now brings. @throws SynclineError POLICY_REFUSED */
  readonly refuseBroken: (found: Pick<Assessment, 'ends' | 'optIns'>) => void;
}

export interface CycleResult extends PushCounts {
  /** What this cycle newly left for a person: ambiguous matches and parked conflicts; those known before are not counted again. */
  readonly conflicts: number;
  /** Records that a sweep missed for the first time: another one tells whether they are gone. */
  readonly absent: number;
  /** Records by end that a sweep found new or changed and no read of changes ever showed; empty without a sweep. */
  readonly missed: Readonly<Record<EndName, number>>;
  /** Whether nothing that is known of is left to do, but for what waits for a person or a retry. */
  readonly converged: boolean;
}

export async function runCycle(link: ActiveLink, options: CycleOptions): Promise<CycleResult> {
  const { running, quarantined } = await recover(link, options.run);
  const swept = options.sweep ? await sweep(link, options) : undefined;
  await link.ledger.keepFields(link.fingerprints.tags);
  const look = new SecondLook(link, link.clock.now(), !(await isUnderWay(link)));
  const refreshing = await endsToRefresh(link, options.refresh === true);
  const began = link.clock.now();
  const known = await knownAmbiguous(link.ledger);
  await detectEnds(link, refreshing, swept?.moved);
  await noteRefreshed(link, refreshing, began);
  const missed = swept === undefined ? {} : countMissed(link, swept.moved);
  await followMerges(link);
  await stageDecided(link);
  const ambiguous = await pairRecords(link.ledger, link.ends, known);
  const total = await guard(link, options);
  const counts = emptyCounts(link);
  counts.quarantined += quarantined;
  counts.pending += [...running.values()].reduce((sum, count) => sum + count, 0);
  try {
    await push(link, options.run, counts, total, await RunningJobs.find(link, new Set(running.keys())), look);
  } finally {
    await look.stage();
  }
  await link.ledger.noteUnfinishedApply(undefined);
  // What became free in this cycle may find its partner now.
  await pairRecords(link.ledger, link.ends);
  const left = await subjectPages(link, 1).next();
  return {
    ...counts,
    conflicts: (options.ambiguous ?? 0) + ambiguous + counts.asked,
    absent: swept?.absent ?? 0,
    missed,
    converged: left.done === true && counts.unknown + counts.pending + counts.moved === 0,
  };
}

export interface Preview {
  readonly detections: Readonly<Record<EndName, Detection>>;
  readonly assessment: Assessment;
  /** How many records became ambiguous now. */
  readonly ambiguous: number;
}

/** How often a cycle decides on what is staged: before its guards and before it writes. What has to be read for that is read each time. */
export const DECISIONS_A_CYCLE = 2;

/**
 * What a cycle would do now. The link's ledger must have been opened as a preview, or under the lock.
 * @param onDetected awaited before anything is decided on
 */
export async function preview(
  link: ActiveLink,
  cause: LinkCause,
  samples: number,
  onDetected: () => Promise<void> = () => Promise.resolve(),
): Promise<Preview> {
  const known = await knownAmbiguous(link.ledger);
  const detections = await detectEnds(link, new Set());
  await followMerges(link);
  await stageDecided(link);
  const ambiguous = await pairRecords(link.ledger, link.ends, known);
  await onDetected();
  const assessment = await assess(link, { cause, samples });
  return { detections, assessment, ambiguous };
}

/** @param moved what a sweep found; what the changes show is taken out */
async function detectEnds(
  link: ActiveLink,
  refreshing: ReadonlySet<EndName>,
  moved: Partial<SweepResult['moved']> = {},
): Promise<Readonly<Record<EndName, Detection>>> {
  // Where one end fails, the other is waited for: nothing of a cycle goes on once its lock is given back.
  const found = await Promise.allSettled(
    link.ends.map(async (end) => [end.name, await detect(link, end, refreshing.has(end.name), moved[end.name])] as const),
  );
  return Object.fromEntries(
    found.map((result) => {
      if (result.status === 'rejected') throw result.reason;
      return result.value;
    }),
  );
}

/** Judges everything that is about to be written; returns how many records that is. */
async function guard(link: ActiveLink, options: CycleOptions): Promise<number> {
  const command = options.command ?? 'sync';
  const causes: readonly LinkCause[] = ['new', ...(options.plan === undefined ? [] : [options.plan.cause])];
  const [all, planned] = await assessBy(
    link,
    causes.map((cause) => ({ cause, samples: 0 })),
  );
  const base = await guardBase(link, command === 'sync');
  const findings = judge(all!.guarded, link.guards, base);
  const passed = enforceGuards(link.address, findings, { command: options.allow, declared: link.allow }, command);
  if (options.plan !== undefined) {
    const { ceiling, refuseBroken } = options.plan;
    enforceCeiling(link.address, planned!.ends, await ceiling());
    refuseBroken(planned!);
  }
  if (passed) await link.ledger.noteGuardPass();
  // Should the first cycle of a link be killed, the next one goes on with it.
  if (!base.running && command === 'sync' && (await link.ledger.unfinishedApply()) === undefined && all!.recordCount > 0)
    await link.ledger.noteUnfinishedApply({ run: options.run, renewed: [] });
  return all!.recordCount;
}

/** Whether a cycle of the link has come to its end before. */
async function isUnderWay(link: ActiveLink): Promise<boolean> {
  return (await link.ledger.linked(undefined, 1)).length > 0 && (await link.ledger.unfinishedApply()) === undefined;
}

/** @param unplanned whether nothing that a plan brings is in the cycle */
export async function guardBase(link: ActiveLink, unplanned: boolean): Promise<GuardBase> {
  const linked = await link.ledger.countLinked();
  return { linked, running: unplanned && linked > 0 && (await link.ledger.unfinishedApply()) === undefined };
}
