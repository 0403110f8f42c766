/** The part of a plan that tells of records: each link is read, as far as that is worth it, and what a cycle would do is counted. */
import { isLinkType, type Address } from '../model/address.ts';
import type { Diagnostic } from '../model/diagnostics/diagnostic.ts';
import type { LinkCause, LinkPlan, ResourceChange } from '../model/plan.ts';
import type { State } from '../model/state.ts';
import { DECISIONS_A_CYCLE, guardBase, preview } from '../records/cycle.ts';
import { needsFullRead } from '../records/detect.ts';
import { ceilingOf, judge } from '../records/guard.ts';
import type { ActiveLink } from '../records/link.ts';
import { marksAfterApply, pauseOf } from './activity.ts';
import { concerns, prepareLink, type LinkSource } from './active-links.ts';
import type { BegunCycle } from './cycles.ts';
import { countCalls, type Connections } from './connections.ts';
import type { DesiredState } from './desired-state.ts';
import type { PlannedField } from './former-names.ts';
import { linkPlaces } from './link-places.ts';
import { readingNotes } from './link-reading.ts';
import type { Runtime } from './runtime.ts';
import { causeOf, desiredLink, hiddenFields, knownFields, plannedFields, renewedFields } from './desired-links.ts';
import type { PlanInput, PlanOptions } from './plan.ts';

/** From here on, asking how many records there are is no longer worth a call: no account is as large. */
export const UNLIMITED_CALLS = 1_000_000;

/** What the changes of a plan do to the records of each link. */
export async function planLinks(
  runtime: Runtime,
  input: PlanInput,
  desired: DesiredState,
  changes: readonly ResourceChange[],
  connections: Connections,
  options: PlanOptions,
  diagnostics: Diagnostic[],
  begun: Map<Address, BegunCycle>,
): Promise<readonly LinkPlan[]> {
  const plans: LinkPlan[] = [];
  const planned = plannedFields(desired, changes);
  for (const change of changes) {
    if (!isLinkType(change.type) || change.after === null) continue;
    const unfinished = await input.storage.ledger.link(change.address).unfinishedApply();
    const source = desiredLink(desired, input.state, change, [
      ...renewedFields(desired, input.state, changes),
      ...(unfinished?.renewed ?? []),
    ]);
    const cause = unfinished === undefined ? causeOf(desired, input.state, source) : 'new';
    const count = await countCalls(source.link, connections);
    const paused = isPaused(desired, input.state, source.address);
    const hidden = hiddenFields(desired, changes, source);
    if (hidden.length > 0) {
      const reason = `These credentials may not see ${hidden.join(', ')} until this plan is applied.`;
      plans.push(leftOut(source, cause, { reason, calls: 0 }, paused));
      begun.set(source.address, { spent: count(), ambiguous: 0 });
      continue;
    }
    const configured = {
      known: knownFields(desired, input.state, source),
      places: linkPlaces(input.configuration, source),
    };
    const prepared = await prepareLink(runtime, connections, input.storage, source, planned, configured, (progress) =>
      runtime.emit({ type: 'plan_progress', link: source.address, progress }),
    );
    diagnostics.push(...prepared.diagnostics);
    if (prepared.link === undefined) continue;
    const link = markedLink(prepared.link, source, input.mark, planned);
    const preparing = count();
    const { plan, ambiguous } = await planLink(link, source, cause, preparing, connections, options, paused);
    plans.push(plan);
    // A preview leaves nothing to anybody.
    begun.set(source.address, { spent: count(), ambiguous: input.mark === undefined ? 0 : ambiguous });
  }
  return plans;
}

/**
 * What is read before a mapped field exists says that it is empty. Until the apply that makes the field is sure to go on,
 * such a read is marked as of another specification: should the apply end before, the next run reads again.
 */
function markedLink(
  link: ActiveLink,
  source: LinkSource,
  mark: string | undefined,
  planned: (integration: string, object: string) => readonly PlannedField[],
): ActiveLink {
  const awaits = Object.values(source.link.ends).some(({ integration, object }) =>
    planned(integration, object).some(
      ({ field, formerPath }) =>
        formerPath === undefined && concerns(source.link, source.mapping, { integration, object, path: field.path }),
    ),
  );
  return mark === undefined || !awaits ? link : { ...link, readSpecification: `${link.readSpecification}${mark}` };
}

/** Whether a link or an import will be paused when the plan has been applied, by itself or by one of its integrations. */
export function isPaused(desired: DesiredState, state: State, flow: Address): boolean {
  const planned = desired.specifications.map(({ address, kind, digest, specification }) => {
    const marks = marksAfterApply(specification, state.specifications[address]);
    return [address, { kind, digest, specification, generation: 0, applied_at: '', ...marks }] as const;
  });
  return pauseOf({ specifications: Object.fromEntries(planned) }, flow) !== undefined;
}

/**
 * @param preparing calls by integration that connecting and describing took, which a cycle needs as well
 * @returns the plan, and how many records became ambiguous while it was made
 */
async function planLink(
  link: ActiveLink,
  source: LinkSource,
  cause: LinkCause,
  preparing: Readonly<Record<string, number>>,
  connections: Connections,
  options: PlanOptions,
  paused: boolean,
): Promise<{ readonly plan: LinkPlan; readonly ambiguous: number }> {
  const full = (await Promise.all(link.ends.map((end) => needsFullRead(link, end)))).some(Boolean);
  if (full && options.maxCalls < UNLIMITED_CALLS) {
    const counts = await Promise.all(link.ends.map(async (end) => end.client.price.read(await end.client.count(), true)));
    const price = counts.reduce((sum, calls) => sum + calls, 0);
    if (price > options.maxCalls) {
      const reason = 'Reading both ends would cost more calls than --max-calls allows.';
      return { plan: leftOut(source, cause, { reason, calls: price }, paused), ambiguous: 0 };
    }
  }
  const reading = cause === 'none' ? [] : await readingNotes(link);
  const before = await usageOf(link, connections);
  let detected = before;
  const { detections, assessment, ambiguous } = await preview(link, cause, options.samples, async () => {
    detected = await usageOf(link, connections);
  });
  const after = await usageOf(link, connections);
  const linked = await link.ledger.countLinked();
  const breaches = judge(assessment.guarded, link.guards, await guardBase(link, cause === 'none')).map(
    ({ guard, found, limit }) => ({ guard, found, limit }),
  );

  const calls: Record<string, { planned: number; minimum: number; dailyLimit: number | null; dailyUsed: number | null }> = {};
  for (const end of link.ends) {
    const write = end.client.price.write(assessment.shapes[end.name]!);
    const begin = cause === 'none' ? 0 : preparing[end.integration]!;
    // Apply plans once more, by as many calls, and its cycle decides anew.
    const previewing = after[end.integration]!.calls - before[end.integration]!.calls;
    const deciding = after[end.integration]!.calls - detected[end.integration]!.calls;
    const read = cause === 'none' ? 0 : previewing + DECISIONS_A_CYCLE * deciding;
    const entry = (calls[end.integration] ??= {
      planned: begin + read,
      minimum: begin,
      dailyLimit: after[end.integration]!.dailyLimit ?? null,
      dailyUsed: after[end.integration]!.dailyUsed ?? null,
    });
    entry.planned += write;
    entry.minimum +=
      (cause === 'none' ? 0 : end.client.price.read(detections[end.name]!.read, detections[end.name]!.full)) + write;
  }
  const plan: LinkPlan = {
    address: link.address,
    generation: link.generation,
    cause,
    ends: Object.fromEntries(
      link.ends.map((end) => {
        const { create, update, delete: deleted, fields } = assessment.ends[end.name]!;
        const unchanged = Math.max(0, (full ? detections[end.name]!.read : linked) - update - deleted);
        return [
          end.name,
          { integration: end.integration, object: end.object, create, update, delete: deleted, unchanged, fields },
        ];
      }),
    ),
    ceiling: ceilingOf(assessment),
    ...(cause === 'new' || cause === 'key' ? { persons: { known: linked, ...assessment.persons } } : {}),
    guards: breaches,
    counts: Object.fromEntries(Object.entries(assessment.guarded).map(([guard, { count }]) => [guard, count])),
    conflicts: assessment.conflicts,
    conflictCount: assessment.conflictCount,
    undecidedCount: assessment.undecidedCount,
    skipped: assessment.skipped,
    backlog: assessment.backlog,
    calls,
    reading,
    records: assessment.records,
    recordCount: assessment.recordCount,
    paused,
  };
  return { plan, ambiguous };
}

function leftOut(source: LinkSource, cause: LinkCause, why: NonNullable<LinkPlan['leftOut']>, paused: boolean): LinkPlan {
  const ends = Object.entries(source.link.ends);
  const none = { create: 0, update: 0, delete: 0 };
  return {
    address: source.address,
    generation: source.generation,
    cause,
    ends: Object.fromEntries(
      ends.map(([name, { integration, object }]) => [name, { integration, object, ...none, unchanged: 0, fields: {} }]),
    ),
    ceiling: {},
    conflicts: [],
    skipped: [],
    backlog: Object.fromEntries(ends.map(([name]) => [name, 0])),
    calls: {},
    records: [],
    recordCount: 0,
    leftOut: why,
    paused,
  };
}

async function usageOf(link: ActiveLink, connections: Connections) {
  const usage: Record<string, { calls: number; dailyUsed?: number; dailyLimit?: number }> = {};
  for (const end of link.ends) usage[end.integration] = (await connections.connect(end.integration)).usage();
  return usage;
}
