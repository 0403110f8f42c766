/** What applying a campaign import would do, told like that of a link. */
import type { Configuration } from '../config/configuration.ts';
import type { Address } from '../model/address.ts';
import type { Diagnostic } from '../model/diagnostics/diagnostic.ts';
import type { LinkCause, LinkPlan, RecordChange, ResourceChange, SkippedRecords } from '../model/plan.ts';
import type { State } from '../model/state.ts';
import type { ActiveCampaignImport } from '../records/campaign-import/active-import.ts';
import { assess, descriptionOf, sentAtOf, type ImportAssessment } from '../records/campaign-import/assess.ts';
import { ACTIVITIES, CAMPAIGNS, LIST } from '../records/campaign-import/carry-out.ts';
import { gather, priceOfReading } from '../records/campaign-import/gather.ts';
import type { ImportedCampaign } from '../storage/campaign-import.ts';
import { digestOf } from '../storage/canonical-json.ts';
import type { Ledger } from '../storage/ledger.ts';
import {
  activate,
  isCampaignImport,
  plannedImport,
  type CampaignImportRun,
  type CampaignImportSpecification,
  type PreparedImport,
} from './campaign-imports.ts';
import { countCalls, type Connections } from './connections.ts';
import type { Runtime } from './runtime.ts';

/** Why the records of an import are concerned by what changes in its specification. */
function causeOf(state: State, { address, specification }: CampaignImportRun): LinkCause {
  const before = state.specifications[address]?.specification as CampaignImportSpecification | undefined;
  if (before === undefined) return 'new';
  const scope = ({ source, destination, merge }: CampaignImportSpecification): string => digestOf([source, destination, merge]);
  return scope(before) === scope(specification) ? 'none' : 'scope';
}

/** Those of the lists, as a plan counts them beside the ends. */
const PEOPLE = 'people';

interface ImportPlanning {
  readonly plan: LinkPlan;
  readonly diagnostics: readonly Diagnostic[];
  readonly prepared: PreparedImport;
}

export interface ImportPlanOptions {
  readonly connections: Connections;
  readonly maxCalls: number;
  readonly samples: number;
  readonly isPaused: (address: Address) => boolean;
  /** Added to, as are the imports. */
  readonly diagnostics: Diagnostic[];
  readonly imports: Map<Address, PreparedImport>;
}

/** Plans of all campaign imports among the changes of a plan. */
export async function planImports(
  runtime: Runtime,
  input: { readonly configuration: Configuration; readonly state: State; readonly storage: { readonly ledger: Ledger } },
  changes: readonly ResourceChange[],
  options: ImportPlanOptions,
): Promise<readonly LinkPlan[]> {
  const plans: LinkPlan[] = [];
  for (const change of changes) {
    if (!isCampaignImport(change) || change.after === null) continue;
    const { ledger } = input.storage;
    const planning = await planImport(runtime, ledger, input.state, plannedImport(input.state, change), options);
    const document = input.configuration.campaignImports.get(change.address.split('/')[1]!);
    options.diagnostics.push(
      ...planning.diagnostics.map((found) => (document === undefined ? found : { ...found, source: document.source(['spec']) })),
    );
    plans.push(planning.plan);
    options.imports.set(change.address, planning.prepared);
  }
  return plans;
}

/**
 * What applying an import would do. One whose records are not concerned is left to its next run: what has happened at the
 * source meanwhile is nothing that a plan would change.
 */
async function planImport(
  runtime: Runtime,
  ledger: Ledger,
  state: State,
  importRun: CampaignImportRun,
  options: ImportPlanOptions,
): Promise<ImportPlanning> {
  const unfinished = await ledger.link(importRun.address).unfinishedApply();
  const cause = unfinished === undefined ? causeOf(state, importRun) : 'new';
  const { connections } = options;
  const empty = { ...emptyPlan(importRun, cause), paused: options.isPaused(importRun.address) };
  if (cause === 'none') return { plan: empty, diagnostics: [], prepared: { spent: {}, active: undefined } };
  const count = await countCalls(importRun.specification, connections);
  const { active, diagnostics } = await activate(runtime, connections, ledger, importRun);
  const price = Number.isFinite(options.maxCalls) ? await priceOfReading(active) : 0;
  if (price > options.maxCalls) {
    const leftOut = { reason: 'Reading the campaigns would cost more calls than --max-calls allows.', calls: price };
    return { plan: { ...empty, leftOut }, diagnostics, prepared: { spent: count(), active: undefined } };
  }
  await gather(active);
  const spent = count();
  const assessment = await assess(active);
  const { lacks } = active.destination.client;
  const kept: Diagnostic = {
    severity: 'warning',
    code: 'CAMPAIGN_PARTS_KEPT',
    address: importRun.address,
    detail: `${connections.provider(active.destination.integration).label} has no place for ${lacks.join(' and ')}: Syncline keeps what belongs there, and writes the totals of a campaign into its description.`,
  };
  return {
    plan: {
      ...empty,
      ...planned(active, assessment, options.samples),
      calls: await estimatedCalls(active, connections, spent, assessment),
    },
    diagnostics: [...diagnostics, ...(lacks.length === 0 ? [] : [kept])],
    // A book that is made by the same apply was not there to be read.
    prepared: { spent, active: isComplete(active, importRun.specification) ? active : undefined },
  };
}

function isComplete({ source }: ActiveCampaignImport, specification: CampaignImportSpecification): boolean {
  return specification.source.addressBooks.every((book) => source.lists.has(book));
}

function emptyPlan({ address, generation, specification }: CampaignImportRun, cause: LinkCause): LinkPlan {
  const { integration, object } = specification.destination;
  const none = { integration, create: 0, update: 0, delete: 0, unchanged: 0, fields: {} };
  return {
    address,
    generation,
    cause,
    ends: {
      [CAMPAIGNS]: { ...none, object: 'campaign' },
      [ACTIVITIES]: { ...none, object: 'activity' },
      [LIST]: { ...none, object },
    },
    ceiling: {},
    conflicts: [],
    skipped: [],
    backlog: {},
    calls: {},
    records: [],
    recordCount: 0,
    paused: false,
  };
}

function planned(
  active: ActiveCampaignImport,
  { campaigns, activities, optOuts, counts }: ImportAssessment,
  samples: number,
): Pick<LinkPlan, 'ends' | 'ceiling' | 'skipped' | 'records' | 'recordCount'> {
  const { integration, object } = active.destination;
  const end = (of: string, create: number, update: number) => ({
    integration,
    object: of,
    create,
    update,
    delete: 0,
    unchanged: 0,
    fields: {},
  });
  const limit = (create: number, update: number) => ({ create, update, delete: 0, fields: {} });
  const held = (of: string, reason: SkippedRecords['reason'], count: number): readonly SkippedRecords[] =>
    count === 0 ? [] : [{ end: of, reason, count, keys: [] }];
  const { create, update } = campaigns;
  return {
    ends: {
      [CAMPAIGNS]: end('campaign', create.length, update.length),
      [ACTIVITIES]: end('activity', activities, 0),
      [LIST]: end(object, 0, optOuts),
    },
    ceiling: {
      [CAMPAIGNS]: limit(create.length, update.length),
      [ACTIVITIES]: limit(activities, 0),
      [LIST]: limit(0, optOuts),
    },
    skipped: [
      ...held(PEOPLE, 'unknown-person', counts.peopleUnknown),
      ...held(ACTIVITIES, 'unknown-person', counts.unknown),
      ...held(ACTIVITIES, 'ambiguous', counts.ambiguous),
      ...held(ACTIVITIES, 'no-place', counts.kept),
      ...held(LIST, 'no-place', active.destination.listState === undefined ? counts.optOuts : 0),
    ],
    records: create.slice(0, samples).map(campaignSample),
    recordCount: create.length + update.length + activities + optOuts,
  };
}

/** A campaign is nobody's personal data: its name stands where it is not masked. */
function campaignSample(campaign: ImportedCampaign): RecordChange {
  const names = Object.values(campaign.sources).map(({ name }) => name);
  const merged = names.length === 1 && names[0] === campaign.name ? '' : `, merged from ${names.join(', ')}`;
  const day = sentAtOf(campaign)?.slice(0, 10);
  const totals = descriptionOf(campaign).split('\n').at(-2)!;
  return {
    key: `#${Object.keys(campaign.sources)[0]!}`,
    end: CAMPAIGNS,
    action: 'create',
    fields: {},
    reason: `${campaign.name}${merged}${day === undefined ? '' : `, sent ${day}`}. ${totals}`,
  };
}

async function estimatedCalls(
  { source, destination }: ActiveCampaignImport,
  connections: Connections,
  spent: Readonly<Record<string, number>>,
  assessment: ImportAssessment,
): Promise<LinkPlan['calls']> {
  const calls: Record<string, LinkPlan['calls'][string]> = {};
  for (const integration of new Set([source.integration, destination.integration])) {
    const { dailyLimit, dailyUsed } = (await connections.connect(integration)).usage();
    const total = (spent[integration] ?? 0) + (integration === destination.integration ? assessment.calls : 0);
    calls[integration] = { planned: total, minimum: total, dailyLimit: dailyLimit ?? null, dailyUsed: dailyUsed ?? null };
  }
  return calls;
}
