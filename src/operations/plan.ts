/**
 * Planning: what applying the configuration would do to resources and specifications, and what that
 * does to records. Writes nothing, remote or local.
 */
import { isLinkKind, isLinkType, type Address } from '../model/address.ts';
import { hasErrors, type Diagnostic } from '../model/diagnostics/diagnostic.ts';
import type { Configuration } from '../config/configuration.ts';
import { configurationDigest, declarationsOf } from '../config/configuration.ts';
import { changesSomething, type Attributes, type LinkCause, type LinkPlan, type Plan, type PlanSummary } from '../model/plan.ts';
import type { ResourceChange } from '../model/plan.ts';
import type { State } from '../model/state.ts';
import { toInstant } from '../model/time.ts';
import { guardBase, preview } from '../records/cycle.ts';
import { needsFullRead } from '../records/detect.ts';
import { ceilingOf, judge } from '../records/guard.ts';
import type { ActiveLink } from '../records/link.ts';
import { diffSpecifications } from '../resources/diff.ts';
import type { Ledger, RenewedField } from '../storage/ledger.ts';
import type { Lock } from '../storage/lock.ts';
import { activityDrift, marksAfterApply, pauseOf } from './activity.ts';
import type { OperatedStack } from './applied-stack.ts';
import { concerns, prepareLink, type LinkSource, type LinkSpecification } from './active-links.ts';
import { planImports } from './campaign-import-plans.ts';
import type { PreparedImport } from './campaign-imports.ts';
import type { BegunCycle } from './cycles.ts';
import { countCalls, createConnections, type Connections } from './connections.ts';
import { digestOf } from '../storage/canonical-json.ts';
import { desiredState, type DesiredState } from './desired-state.ts';
import type { PlannedField } from './former-names.ts';
import { mappingOf } from './link-mapping.ts';
import { planMoves, readingMoved, withFormer } from './moves.ts';
import { renamedLinks } from './renamed-links.ts';
import { withoutOwnedElsewhere } from './owned-fields.ts';
import { readingNotes } from './link-reading.ts';
import { appliedPolicies, judgePolicies, policiesOf } from './policies.ts';
import { planResources } from './resource-plans.ts';
import type { Runtime } from './runtime.ts';
import { selectDestroyed, selectTargets } from './targets.ts';

export interface PlanOptions {
  readonly targets: readonly Address[];
  /** Whether the consequences for records are worked out. */
  readonly data: boolean;
  /** Whether vendors are asked at all. */
  readonly offline: boolean;
  /** How many records and conflicts are listed one by one. */
  readonly samples: number;
  /** The most calls that reading the records of one link may cost. */
  readonly maxCalls: number;
  /** Whether only what was changed outside is looked for; applying such a plan takes it into the state. */
  readonly refreshOnly: boolean;
  /** Set where all that the state holds is to go, whether or not with what holds people's data. */
  readonly destroy?: { readonly withData: boolean };
}

/** From here on, asking how many records there are is no longer worth a call: no account is as large. */
const UNLIMITED_CALLS = 1_000_000;

export const DEFAULT_PLAN_OPTIONS: PlanOptions = {
  targets: [],
  data: true,
  offline: false,
  samples: 50,
  maxCalls: 1000,
  refreshOnly: false,
};

export interface PlanInput {
  readonly configuration: Configuration;
  readonly stack: OperatedStack;
  readonly state: State;
  readonly storage: { readonly ledger: Ledger };
  /** The lock of the apply that goes on with these connections. */
  readonly lock?: Lock;
  /** Marks what is read into a ledger that is written for good, until the apply confirms it. */
  readonly mark?: string;
}

/** A plan, and the connections over which it was made: an apply in the same process goes on using them. */
export interface Planning {
  readonly plan: Plan;
  /** The state that the plan was made from, with what moves under its new address. */
  readonly state: State;
  /** What working out the consequences did of each link's next cycle: one in the same process goes on from there. */
  readonly begun: ReadonlyMap<Address, BegunCycle>;
  /** The same of campaign imports, with what was gathered. */
  readonly imports: ReadonlyMap<Address, PreparedImport>;
  readonly desired: DesiredState;
  readonly connections: Connections;
}

export async function makePlan(runtime: Runtime, given: PlanInput, options: PlanOptions): Promise<Planning> {
  const { configuration, stack } = given;
  const moves = planMoves(configuration, given.state);
  const { state } = moves;
  const ledger = moves.former.size === 0 ? given.storage.ledger : readingMoved(given.storage.ledger, moves.former);
  const input: PlanInput = { ...given, state, storage: { ledger } };
  const desired = desiredState(configuration, stack, state.guards);
  const connections = createConnections(runtime, integrationsOf(desired, state), state.accounts, ledger, input.lock);
  const diagnostics: Diagnostic[] = [...moves.diagnostics, ...desired.diagnostics];
  try {
    const resources = await planResources(configuration, desired, state, connections, options);
    const found = [...resources.changes, ...diffSpecifications(desired.specifications, state)];
    const all = withFormer(withLabels(found, configuration), moves.former);
    const changes =
      options.destroy === undefined ? selectTargets(all, options.targets) : selectDestroyed(all, state, options.targets);
    const { refreshOnly } = options;
    if (!refreshOnly) diagnostics.push(...renamedLinks(changes));
    const selected = new Set<string>(changes.map((change) => change.address));
    if (!refreshOnly)
      diagnostics.push(...resources.diagnostics.filter(({ address }) => address === undefined || selected.has(address)));
    const drift = [...resources.drift, ...activityDrift(desired.specifications, state)];
    const begun = new Map<Address, BegunCycle>();
    const imports = new Map<Address, PreparedImport>();
    const links =
      hasErrors(diagnostics) || !options.data || options.offline || refreshOnly
        ? []
        : [
            ...(await planLinks(runtime, input, desired, changes, connections, options, diagnostics, begun)),
            ...(await planImports(runtime, input, changes, {
              connections,
              maxCalls: options.maxCalls < UNLIMITED_CALLS ? options.maxCalls : Number.POSITIVE_INFINITY,
              samples: options.samples,
              isPaused: (address) => isPaused(desired, state, address),
              diagnostics,
              imports,
            })),
          ];
    const plan: Plan = {
      synclineVersion: runtime.synclineVersion,
      timestamp: toInstant(runtime.clock.now()),
      configurationHash: configurationDigest(configuration),
      stack: stack.name,
      state: { lineage: state.lineage, serial: state.serial },
      ...(options.targets.length === 0 ? {} : { targets: options.targets }),
      ...(refreshOnly ? { refreshOnly } : {}),
      resourceChanges: refreshOnly ? [] : changes,
      resourceDrift: refreshOnly ? drift.filter(({ address }) => selected.has(address)) : drift,
      links,
      diagnostics,
      summary: summarize(refreshOnly ? [] : changes),
    };
    const policies = options.destroy === undefined ? policiesOf(desired.specifications) : appliedPolicies(state);
    const results = judgePolicies(plan, policies, runtime.clock.now());
    return { state, desired, connections, begun, imports, plan: results.length === 0 ? plan : { ...plan, policies: results } };
  } catch (error) {
    await connections.close();
    throw error;
  }
}

/**
 * Whether applying the plan would change anything. Edits that wait for the next cycle do not count; a
 * first cycle that was interrupted does, unless its link is paused.
 */
export function hasChanges(plan: Plan): boolean {
  return changesSomething(plan) || plan.links.some((link) => link.cause !== 'none' && !link.paused);
}

/** As desired, and as applied where the configuration does not have them any more: what they hold may have to go. */
function integrationsOf(desired: DesiredState, state: State): ReadonlyMap<string, Attributes> {
  const applied = Object.entries(state.specifications).map(([address, stored]) => ({ address, ...stored }));
  return new Map(
    [...applied, ...desired.specifications]
      .filter(({ kind }) => kind === 'Integration')
      .map(({ address, specification }) => [address.split('/')[1]!, specification]),
  );
}

function withLabels(changes: readonly ResourceChange[], configuration: Configuration): readonly ResourceChange[] {
  const labelled = declarationsOf(configuration).filter(({ labels }) => Object.keys(labels).length > 0);
  if (labelled.length === 0) return changes;
  const byAddress = new Map(labelled.map(({ address, labels }) => [address, labels]));
  return changes.map((change) => {
    const labels = byAddress.get(change.address);
    return labels === undefined ? change : { ...change, labels };
  });
}

async function planLinks(
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
    const prepared = await prepareLink(runtime, connections, input.storage, source, planned, expectedSteps(desired), (progress) =>
      runtime.emit({ type: 'plan_progress', link: source.address, progress }),
    );
    const document = input.configuration.links.get(change.address.split('/')[1]!);
    diagnostics.push(
      ...prepared.diagnostics.map((found) =>
        found.code === 'RECORD_NEWEST_UNKNOWN' && document !== undefined
          ? { ...found, source: document.source(['spec', 'conflicts', 'policy']) }
          : found,
      ),
    );
    if (prepared.link === undefined) continue;
    const link = markedLink(prepared.link, source, input.mark, planned);
    const preparing = count();
    const paused = isPaused(desired, input.state, source.address);
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
function isPaused(desired: DesiredState, state: State, flow: Address): boolean {
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
    if (price > options.maxCalls) return { plan: leftOut(link, source, cause, price, paused), ambiguous: 0 };
  }
  const reading = cause === 'none' ? [] : await readingNotes(link);
  const before = await usageOf(link, connections);
  const { detections, assessment, ambiguous } = await preview(link, cause, options.samples);
  const after = await usageOf(link, connections);
  const linked = await link.ledger.countLinked();
  const breaches = judge(assessment.guarded, link.guards, await guardBase(link, cause === 'none')).map(
    ({ guard, found, limit }) => ({ guard, found, limit }),
  );

  const calls: Record<string, { planned: number; minimum: number; dailyLimit: number | null; dailyUsed: number | null }> = {};
  for (const end of link.ends) {
    const write = end.client.price.write(assessment.shapes[end.name]!);
    const begin = cause === 'none' ? 0 : preparing[end.integration]!;
    const read = cause === 'none' ? 0 : after[end.integration]!.calls - before[end.integration]!.calls;
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

function leftOut(link: ActiveLink, source: LinkSource, cause: LinkCause, calls: number, paused: boolean): LinkPlan {
  const none = { create: 0, update: 0, delete: 0 };
  return {
    address: source.address,
    generation: source.generation,
    cause,
    ends: Object.fromEntries(
      link.ends.map((end) => [end.name, { integration: end.integration, object: end.object, ...none, unchanged: 0, fields: {} }]),
    ),
    ceiling: {},
    conflicts: [],
    skipped: [],
    backlog: Object.fromEntries(link.ends.map((end) => [end.name, 0])),
    calls: {},
    records: [],
    recordCount: 0,
    leftOut: { reason: 'Reading both ends would cost more calls than --max-calls allows.', calls },
    paused,
  };
}

async function usageOf(link: ActiveLink, connections: Connections) {
  const usage: Record<string, { calls: number; dailyUsed?: number; dailyLimit?: number }> = {};
  for (const end of link.ends) usage[end.integration] = (await connections.connect(end.integration)).usage();
  return usage;
}

/** The link that a change brings, with the generation that it will have. */
export function desiredLink(
  desired: DesiredState,
  state: State,
  change: ResourceChange,
  renewed: readonly RenewedField[],
): LinkSource {
  const link = change.after as unknown as LinkSpecification;
  const links = desired.specifications.filter(({ kind }) => isLinkKind(kind));
  const byAddress = new Map(links.map(({ address, specification }) => [address, specification as unknown as LinkSpecification]));
  const mapping = withoutOwnedElsewhere(
    change.address,
    byAddress,
    mappingOf(link, (address) => specificationOf(desired, address))!,
  );
  const stored = state.specifications[change.address];
  const generation = change.action === 'no-op' ? (stored?.generation ?? 1) : (stored?.generation ?? 0) + 1;
  const concerned = stored === undefined ? [] : renewed.filter((field) => concerns(link, mapping, field));
  return { address: change.address, generation, link, mapping, renewed: concerned };
}

/** Fields whose object is made anew by this plan: they will be empty, which is nobody's edit. */
export function renewedFields(desired: DesiredState, state: State, changes: readonly ResourceChange[]): readonly RenewedField[] {
  return changes.flatMap((change) => {
    if ((change.action !== 'create' && change.action !== 'replace') || state.resources[change.address] === undefined) return [];
    const resource = desired.resources.get(change.address)!;
    const provided = resource.type.field?.(resource.attributes);
    return provided === undefined
      ? []
      : [provided.field, ...(provided.also ?? [])].map(({ path }) => ({
          integration: resource.integration,
          object: provided.object,
          path,
        }));
  });
}

function specificationOf(desired: DesiredState, address: Address): Attributes {
  return desired.specifications.find((specification) => specification.address === address)!.specification;
}

/** Whether a direction was switched on or off. */
function isSwitched(before: LinkSpecification, after: LinkSpecification): boolean {
  return Object.keys(after.ends).some((end) => (before.flows[`to-${end}`] === 'off') !== (after.flows[`to-${end}`] === 'off'));
}

/** Why the records of a link are concerned by what changes in its specifications. */
function causeOf(desired: DesiredState, state: State, source: LinkSource): LinkCause {
  const stored = state.specifications[source.address];
  if (stored === undefined) return 'new';
  const before = stored.specification as unknown as LinkSpecification;
  const mappingBefore = mappingOf(before, (address) => state.specifications[address]?.specification);
  if (mappingBefore === undefined) return 'scope';
  if (digestOf(mappingBefore['match'] ?? null) !== digestOf(source.mapping['match'] ?? null)) return 'key';
  if (digestOf(before.ends) !== digestOf(source.link.ends) || isSwitched(before, source.link)) return 'scope';
  const wanted = mappingOf(source.link, (address) => specificationOf(desired, address))!;
  const isDecidedAnew = digestOf(before.conflicts) !== digestOf(source.link.conflicts);
  if (digestOf(mappingBefore) !== digestOf(wanted) || source.renewed.length > 0 || isDecidedAnew) return 'mapping';
  return 'none';
}

/** What a person does to make a field that is declared as expected. */
function expectedSteps(desired: DesiredState): (integration: string, object: string, path: string) => readonly string[] {
  return (integration, object, path) => {
    for (const { mode, type, attributes, integration: owner } of desired.resources.values()) {
      const provided = mode === 'expected' && owner === integration ? type.field?.(attributes) : undefined;
      if (provided?.object === object && [provided.field, ...(provided.also ?? [])].some((field) => field.path === path))
        return type.steps(attributes);
    }
    return [];
  };
}

/** Fields that this plan would provide: those that do not exist yet, and those that have another name. */
function plannedFields(
  desired: DesiredState,
  changes: readonly ResourceChange[],
): (integration: string, object: string) => readonly PlannedField[] {
  const provided = changes.flatMap((change) => {
    const resource = desired.resources.get(change.address);
    const made = resource?.type.field?.(resource.attributes);
    if (resource === undefined || made === undefined) return [];
    const place = { integration: resource.integration, object: made.object };
    const fields = [made.field, ...(made.also ?? [])];
    if (change.action === 'create' || change.action === 'replace')
      return fields.map((field) => ({ ...place, field, formerPath: undefined }));
    if (change.action !== 'update') return [];
    const before = resource.type.field?.({ ...resource.attributes, ...change.before });
    const former = before === undefined ? [] : [before.field, ...(before.also ?? [])];
    return fields.flatMap((field, index) => {
      const formerPath = former[index]?.path;
      return formerPath === field.path ? [] : [{ ...place, field, formerPath }];
    });
  });
  return (integration, object) => provided.filter((one) => one.integration === integration && one.object === object);
}

function summarize(changes: readonly ResourceChange[]): PlanSummary {
  const count = (...actions: readonly ResourceChange['action'][]): number =>
    changes.filter((change) => actions.includes(change.action)).length;
  // As in Terraform, a replaced object counts as one added and one destroyed.
  return {
    add: count('create', 'replace'),
    change: count('update'),
    replace: count('replace'),
    destroy: count('delete', 'replace'),
    import: count('import'),
    forget: count('forget'),
  };
}
