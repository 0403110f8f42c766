/**
 * Planning: what applying the configuration would do to resources and specifications, and what that
 * does to records. Writes nothing, remote or local.
 */
import type { Address } from '../model/address.ts';
import { hasErrors, type Diagnostic } from '../model/diagnostics/diagnostic.ts';
import type { Configuration } from '../config/configuration.ts';
import { configurationDigest, declarationsOf } from '../config/configuration.ts';
import type { Attributes, Plan, PlanSummary, ResourceChange } from '../model/plan.ts';
import type { State } from '../model/state.ts';
import { toInstant } from '../model/time.ts';
import { diffSpecifications } from '../resources/diff.ts';
import type { Ledger } from '../storage/ledger.ts';
import type { Lock } from '../storage/lock.ts';
import { activityDrift } from './activity.ts';
import type { OperatedStack } from './applied-stack.ts';
import { planImports } from './campaign-import-plans.ts';
import type { PreparedImport } from './campaign-imports.ts';
import type { BegunCycle } from './cycles.ts';
import { createConnections, type Connections } from './connections.ts';
import { desiredState, type DesiredState } from './desired-state.ts';
import { planMoves, readingMoved, withFormer } from './moves.ts';
import { renamedLinks } from './renamed-links.ts';
import { appliedPolicies, judgePolicies, policiesOf } from './policies.ts';
import { planResources } from './resource-plans.ts';
import type { Runtime } from './runtime.ts';
import { selectDestroyed, selectTargets } from './targets.ts';
import { isPaused, planLinks, UNLIMITED_CALLS } from './link-plans.ts';

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
  const connections = createConnections(runtime, integrationsOf(desired, state), state, ledger, input.lock);
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
