/**
 * Applying: resources are provisioned, then specifications are activated, then each link that is
 * new or changed runs one cycle. Everything is checkpointed, so that a run that is killed is
 * continued by the next.
 */
import { isLinkType } from '../model/address.ts';
import { hasErrors } from '../model/diagnostics/diagnostic.ts';
import { acceptedDrift, changesSomething, type Plan, type ResourceChange } from '../model/plan.ts';
import type { State } from '../model/state.ts';
import { toInstant } from '../model/time.ts';
import { execute } from '../resources/execute.ts';
import type { Ledger, RenewedField } from '../storage/ledger.ts';
import type { Lock } from '../storage/lock.ts';
import type { Configuration } from '../config/configuration.ts';
import { pausedDiagnostic, pauseOf } from './activity.ts';
import { eventsSince } from './audit.ts';
import type { OperatedStack } from './applied-stack.ts';
import { makePlan, type Planning, type PlanOptions } from './plan.ts';
import { runImports } from './apply-imports.ts';
import { isCampaignImport } from './campaign-imports.ts';
import { concernedChanges, concernedLinks } from './concerned.ts';
import { noteOwed, owedCycle } from './owed-plans.ts';
import { planDigest } from './plan-file.ts';
import { cycleLink } from './cycles.ts';
import type { CycleSummary, Runtime } from './runtime.ts';
import { carryOutMoves } from './moves.ts';
import { appliedPolicies, judgePolicies, policiesOf, refuseBroken } from './policies.ts';
import { createStateWriter, type StateWriter } from './state-writer.ts';
import { lockWorkspace, openLedger, openPreviewLedger, openWorkspace, type Workspace } from './workspace.ts';
import { withDrift, withResource, withSpecification } from './applied-state.ts';
import { desiredLink, renewedFields } from './desired-links.ts';
import { refuseBeyond, staleByState, staleByWorld, stalePlan } from './saved-plans.ts';

export interface ApplyOptions extends PlanOptions {
  readonly parallelism: number;
  /** False leaves the first cycle to `sync` or a worker. */
  readonly sync: boolean;
  readonly allow: Readonly<Record<string, string>>;
  readonly approvedBy: string | undefined;
  /** A saved plan; without one the plan made now is shown and has to be approved. */
  readonly saved: Plan | undefined;
  readonly approve: (plan: Plan) => Promise<boolean>;
  /**
   * Whether `approve` is sure to say yes. Then the cycle goes on with what planning read; otherwise
   * planning leaves no trace in the ledger, so that a declined apply has no effect at all.
   */
  readonly approved: boolean;
}

export interface ApplyResult {
  readonly plan: Plan;
  readonly outcome: 'applied' | 'declined' | 'nothing-to-do' | 'invalid';
  readonly summary: { readonly added: number; readonly changed: number; readonly destroyed: number };
  readonly cycles: readonly CycleSummary[];
}

export async function apply(
  runtime: Runtime,
  configuration: Configuration,
  stack: OperatedStack,
  options: ApplyOptions,
): Promise<ApplyResult> {
  const opened = await openWorkspace(runtime, stack);
  const lock = await lockWorkspace(runtime, opened, commandOf(options));
  try {
    // Read again under the lock: the state may have moved while we waited for it.
    const workspace = await openWorkspace(runtime, stack);
    if (options.saved !== undefined) {
      const staleness = staleByState(options.saved, workspace.state, stack.name, runtime.clock.now());
      if (staleness !== undefined) throw stalePlan(staleness, await eventsSince(workspace, options.saved.timestamp));
    }
    const storage = await openLedger(workspace, lock);
    const mark = ` read before ${runtime.newId()}`;
    try {
      return await applyLocked(runtime, { configuration, stack, workspace, storage, lock, mark }, options);
    } finally {
      await storage.ledger.close();
    }
  } finally {
    await lock.release();
  }
}

function commandOf({ destroy }: ApplyOptions): 'apply' | 'destroy' {
  return destroy === undefined ? 'apply' : 'destroy';
}

interface Applying {
  readonly configuration: Configuration;
  readonly stack: OperatedStack;
  readonly workspace: Workspace;
  readonly storage: { readonly ledger: Ledger };
  readonly lock: Lock;
  /** Marks what this apply reads before it is sure to go on. */
  readonly mark: string;
}

async function applyLocked(runtime: Runtime, applying: Applying, options: ApplyOptions): Promise<ApplyResult> {
  const { storage } = applying;
  const planOptions =
    options.saved === undefined
      ? options
      : {
          ...options,
          targets: options.saved.targets ?? [],
          refreshOnly: options.saved.refreshOnly === true,
          data: options.sync,
        };
  const planning = await planFor(runtime, applying, options, planOptions);
  try {
    const plan = options.saved ?? planning.plan;
    const nothing = { added: 0, changed: 0, destroyed: 0 };
    if (options.saved !== undefined) {
      const staleness = staleByWorld(options.saved, planning.plan);
      if (staleness !== undefined) throw stalePlan(staleness, await eventsSince(applying.workspace, options.saved.timestamp));
      refuseBeyond(options.saved, planning.plan);
    }
    runtime.emit({ type: 'planned', plan });
    if (hasErrors(planning.plan.diagnostics)) return { plan: planning.plan, outcome: 'invalid', summary: nothing, cycles: [] };
    if (!changesSomething(plan)) {
      await recordExpected(runtime, applying, planning);
      return { plan, outcome: 'nothing-to-do', summary: nothing, cycles: [] };
    }
    // What was saved is judged by the time at which it is applied; it was made of this very configuration.
    const policies =
      options.destroy === undefined ? policiesOf(planning.desired.specifications) : appliedPolicies(planning.state);
    refuseBroken(judgePolicies(plan, policies, runtime.clock.now()));
    if (options.saved !== undefined) refuseBroken((planning.plan.policies ?? []).filter(({ result }) => result === 'failed'));
    if (options.saved === undefined && !(await options.approve(plan)))
      return { plan, outcome: 'declined', summary: nothing, cycles: [] };
    return await carryOut(runtime, applying, planning, plan, options);
  } finally {
    await planning.connections.recordCalls(storage.ledger);
    await planning.connections.close();
  }
}

/** Planning for an apply: on the ledger itself where nobody can decline any more, on a preview of it otherwise. */
async function planFor(runtime: Runtime, applying: Applying, options: ApplyOptions, planOptions: PlanOptions): Promise<Planning> {
  const { configuration, stack, workspace, storage, lock } = applying;
  const input = { configuration, stack, state: workspace.state, lock };
  if (options.approved || options.saved !== undefined)
    return makePlan(runtime, { ...input, storage, mark: applying.mark }, planOptions);
  const preview = await openPreviewLedger(workspace);
  try {
    return await makePlan(runtime, { ...input, storage: preview }, planOptions);
  } finally {
    await preview.ledger.close();
  }
}

async function carryOut(
  runtime: Runtime,
  applying: Applying,
  planning: Planning,
  plan: Plan,
  options: ApplyOptions,
): Promise<ApplyResult> {
  const { workspace, storage, lock } = applying;
  const run = runtime.newId();
  const startedAt = toInstant(runtime.clock.now());
  await storage.ledger.startRun(run, commandOf(options), startedAt);
  const writer = createStateWriter(runtime, workspace, lock);
  await writer.audit(commandOf(options), run, {
    plan: planDigest(plan),
    configuration: plan.configurationHash,
    ...plan.summary,
    approved_by_claim: options.approvedBy ?? null,
    commit_claim: runtime.environment['GITHUB_SHA'] ?? runtime.environment['CI_COMMIT_SHA'] ?? null,
  });
  const counts = { added: 0, changed: 0, destroyed: 0 };
  const cycles: CycleSummary[] = [];
  try {
    await writer.update((state) => ({ ...state, accounts: { ...state.accounts, ...planning.connections.accounts() } }));
    await storage.ledger.bind(writer.state().lineage);
    if (plan.refreshOnly === true) await writer.update((state) => acceptedDrift(plan).reduce(withDrift, state));
    await carryOutMoves(plan, run, storage.ledger, writer);
    await noteUnfinished(planning, plan, writer.state(), storage.ledger, run, options);
    for (const { address } of plan.links) await storage.ledger.link(address).confirmRead(applying.mark);
    const applySpecification = async (change: ResourceChange): Promise<void> => {
      runtime.emit({ type: 'apply_start', change });
      await writer.update((state) => withSpecification(state, change, planning, toInstant(runtime.clock.now())));
      count(counts, change);
      runtime.emit({ type: 'apply_complete', change, id: undefined });
    };
    // What no longer runs must not run while its objects go.
    const [ending, others] = specificationChanges(plan);
    for (const change of ending) await applySpecification(change);
    await execute(resourceChanges(plan, planning, writer.state()), {
      parallelism: options.parallelism,
      run,
      now: () => toInstant(runtime.clock.now()),
      client: (change) => lazyClient(planning, change),
      desired: planning.desired.resources,
      stored: (address) => writer.state().resources[address],
      checkpoint: (address, resource) =>
        writer.update((state) => withResource(state, address, resource), resource?.pending === undefined ? 'told' : undefined),
      onStart: (change) => {
        if (change.action !== 'no-op' && change.action !== 'read') runtime.emit({ type: 'apply_start', change });
      },
      onComplete(change, id) {
        count(counts, change);
        if (change.action !== 'no-op' && change.action !== 'read') runtime.emit({ type: 'apply_complete', change, id });
      },
      onError: (change, error) =>
        runtime.emit({ type: 'apply_errored', change, message: error instanceof Error ? error.message : String(error) }),
      signal: runtime.signal,
    });
    for (const change of others) await applySpecification(change);
    if (options.sync) {
      for (const link of await linksToRun(runtime, plan, writer.state(), storage.ledger)) {
        cycles.push(await runLink(runtime, applying, planning, link, run, options, writer));
      }
      cycles.push(...(await runImports(runtime, storage.ledger, planning, plan, run, options, writer)));
    }
    await storage.ledger.endRun(run, toInstant(runtime.clock.now()), 'applied', JSON.stringify(counts));
  } catch (error) {
    const outcome = runtime.signal.aborted ? 'interrupted' : 'failed';
    // What went wrong first is what to report, also where the ledger cannot be written any more either.
    await Promise.allSettled([
      storage.ledger.endRun(run, toInstant(runtime.clock.now()), outcome, JSON.stringify(counts)),
      storage.ledger.noteSerial(writer.state().serial),
    ]);
    throw error;
  }
  await storage.ledger.noteSerial(writer.state().serial);
  return { plan, outcome: 'applied', summary: counts, cycles };
}

async function runLink(
  runtime: Runtime,
  applying: Applying,
  planning: Planning,
  { change, renewed }: { readonly change: ResourceChange; readonly renewed: readonly RenewedField[] },
  run: string,
  options: ApplyOptions,
  writer: StateWriter,
): Promise<CycleSummary> {
  const { generation } = writer.state().specifications[change.address]!;
  const source = { ...desiredLink(planning.desired, writer.state(), change, renewed), generation };
  const plan = await owedCycle(applying.storage.ledger, writer.state(), change.address, source.link, run);
  const { summary, digest } = await cycleLink(
    runtime,
    planning.connections,
    applying.storage,
    source,
    { run, allow: options.allow, sweep: false, command: 'apply', ...(plan === undefined ? {} : { plan }) },
    planning.begun.get(source.address),
  );
  await writer.audit('cycle', run, { link: source.address, generation: source.generation, digest });
  return summary;
}

/**
 * Notes what this apply is about to begin for each link, before it changes anything: should it be
 * killed, the next apply or sync goes on with it, and knows which fields are empty only because they are new.
 */
async function noteUnfinished(
  planning: Planning,
  plan: Plan,
  state: State,
  ledger: Ledger,
  run: string,
  options: ApplyOptions,
): Promise<void> {
  const willSync = options.sync;
  const renewed = renewedFields(planning.desired, state, plan.resourceChanges);
  for (const change of concernedLinks(plan)) {
    const link = ledger.link(change.address);
    const before = await link.unfinishedApply();
    const source = desiredLink(planning.desired, state, change, [...renewed, ...(before?.renewed ?? [])]);
    if (willSync || source.renewed.length > 0) await link.noteUnfinishedApply({ run, renewed: source.renewed });
  }
  for (const { address } of willSync ? concernedChanges(plan, isCampaignImport) : [])
    await ledger.link(address).noteUnfinishedApply({ run, renewed: [] });
  await noteOwed(ledger, plan, run, options.saved !== undefined || !options.approved);
}

/** The concerned links, and those whose cycle an earlier apply did not finish; as far as they may run. */
async function linksToRun(runtime: Runtime, plan: Plan, state: State, ledger: Ledger) {
  const concerned = new Set(concernedLinks(plan).map((change) => change.address));
  const links: { change: ResourceChange; renewed: readonly RenewedField[] }[] = [];
  for (const change of plan.resourceChanges) {
    if (!isLinkType(change.type) || change.after === null) continue;
    const unfinished = await ledger.link(change.address).unfinishedApply();
    if (unfinished === undefined && !concerned.has(change.address)) continue;
    const pause = pauseOf(state, change.address);
    if (pause !== undefined) {
      runtime.emit({ type: 'diagnostic', diagnostic: pausedDiagnostic(change.address, pause) });
      continue;
    }
    links.push({ change, renewed: unfinished?.renewed ?? [] });
  }
  return links;
}

function lazyClient(planning: Planning, change: ResourceChange) {
  const client = planning.connections.connect(change.integration!).then((connection) => connection.resources(change.type));
  return {
    list: () => {
      throw new Error('Applying never lists. This is a bug in Syncline, please report it.');
    },
    read: async (id: string) => (await client).read(id),
    find: async (attributes: Parameters<Awaited<typeof client>['find']>[0]) => (await client).find(attributes),
    create: async (attributes: Parameters<Awaited<typeof client>['create']>[0]) => (await client).create(attributes),
    update: async (...parameters: Parameters<Awaited<typeof client>['update']>) => (await client).update(...parameters),
    delete: async (id: string) => (await client).delete(id),
  };
}

/** Resource changes to carry out; objects that are only expected are noted with the id that they turned out to have. */
function resourceChanges(plan: Plan, planning: Planning, state: State): readonly ResourceChange[] {
  return plan.resourceChanges.filter((change) => {
    if (change.provider === 'syncline') return false;
    if (change.action !== 'no-op' && change.action !== 'read') return true;
    return (
      planning.desired.resources.get(change.address)?.mode === 'expected' && state.resources[change.address]?.id !== change.id
    );
  });
}

const KIND_ORDER = [
  'syncline/policy',
  'syncline/integration',
  'syncline/mapping',
  'syncline/link',
  'syncline/addressbooklink',
  'syncline/campaignimport',
];

/** Links and imports that end, and all others. */
function specificationChanges(plan: Plan): readonly [readonly ResourceChange[], readonly ResourceChange[]] {
  const changes = plan.resourceChanges
    .filter((change) => change.provider === 'syncline' && change.action !== 'no-op')
    .toSorted((a, b) => KIND_ORDER.indexOf(a.type) - KIND_ORDER.indexOf(b.type));
  const ends = (change: ResourceChange): boolean =>
    change.action === 'delete' && KIND_ORDER.indexOf(change.type) >= KIND_ORDER.indexOf('syncline/link');
  return [changes.filter(ends), changes.filter((change) => !ends(change))];
}

function count(counts: { added: number; changed: number; destroyed: number }, change: ResourceChange): void {
  if (change.action === 'create') counts.added += 1;
  else if (change.action === 'update') counts.changed += 1;
  else if (change.action === 'delete') counts.destroyed += 1;
  else if (change.action === 'replace') {
    counts.added += 1;
    counts.destroyed += 1;
  }
}

/** Nothing is to be done, yet the accounts that were reached belong into the first state. */
async function recordExpected(runtime: Runtime, applying: Applying, planning: Planning): Promise<void> {
  if (applying.workspace.state.serial === 0) return;
  const writer = createStateWriter(runtime, applying.workspace, applying.lock);
  await writer.update((state) => ({ ...state, accounts: { ...state.accounts, ...planning.connections.accounts() } }));
}
