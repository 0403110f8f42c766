/** Campaign imports as they are desired, planned and run. What they do to records is told like that of links. */
import { addressOf, type Address } from '../model/address.ts';
import type { Diagnostic } from '../model/diagnostics/diagnostic.ts';
import { SynclineError } from '../model/errors.ts';
import type { Attributes, LinkPlan, ResourceChange } from '../model/plan.ts';
import type { State } from '../model/state.ts';
import type { Configuration, Declaration } from '../config/configuration.ts';
import { canonicalSpecification } from '../config/configuration.ts';
import type { CampaignImportDestination, CampaignImportSource, CampaignImportSpec } from '../config/generated/documents.ts';
import type { Connection } from '../providers/provider.ts';
import { PROVIDERS } from '../providers/registry.ts';
import type { ActiveCampaignImport } from '../records/campaign-import/active-import.ts';
import {
  ACTIVITIES,
  CAMPAIGNS,
  carryOut,
  LIST,
  type ImportLimits,
  type ImportResult,
} from '../records/campaign-import/carry-out.ts';
import { gather } from '../records/campaign-import/gather.ts';
import { digestOf } from '../storage/canonical-json.ts';
import type { Ledger } from '../storage/ledger.ts';
import { purposeOf } from './address-book-links.ts';
import { countCalls, type Connections } from './connections.ts';
import type { CycleSummary, Runtime } from './runtime.ts';

export const CAMPAIGN_IMPORT = 'CampaignImport';

export function isCampaignImport({ type }: Pick<ResourceChange, 'type'>): boolean {
  return type === 'syncline/campaignimport';
}

/** What an import reads and where it records, whether its YAML says so or names a link. */
export interface CampaignPlaces {
  readonly source: CampaignImportSource;
  readonly destination: CampaignImportDestination;
  /** Under which purpose opt-outs are remembered; each address book has its own where it is absent. */
  readonly purpose?: string;
}

/** As it is stored: what its YAML says, and its ends under the names that every flow has. */
export interface CampaignImportSpecification extends Omit<CampaignImportSpec, keyof CampaignPlaces>, CampaignPlaces {
  readonly ends: {
    readonly source: { readonly integration: string };
    readonly destination: { readonly integration: string; readonly object: string };
  };
}

export interface CampaignImportRun {
  readonly address: Address;
  readonly generation: number;
  readonly specification: CampaignImportSpecification;
}

/** @param configuration a sound one: what the import names is there */
export function campaignPlaces(document: Declaration<'CampaignImport'>, configuration: Configuration): CampaignPlaces {
  const places = placesIn(document, configuration);
  if (places === undefined)
    throw new Error(`${document.address} was not validated. This is a bug in Syncline, please report it.`);
  return places;
}

/** `undefined` where something is missing that other messages tell of. */
function placesIn({ spec }: Declaration<'CampaignImport'>, configuration: Configuration): CampaignPlaces | undefined {
  const link = configuration.addressBookLinks.get(spec.link ?? '')?.spec;
  const purpose = spec.purpose ?? link?.consent.purpose;
  const named = purpose === undefined ? {} : { purpose };
  const { source, destination } = spec;
  if (link === undefined)
    return source === undefined || destination === undefined ? undefined : { source, destination, ...named };
  const { list, addressBook } = link;
  return {
    source: { integration: addressBook.integration, addressBooks: [addressBook.name] },
    destination: {
      integration: list.integration,
      object: list.object,
      // Who is in a list by a condition has no state in it.
      ...(list.criteria === undefined ? { marketingList: list.name } : {}),
    },
    ...named,
  };
}

export function storedImport(document: Declaration<'CampaignImport'>, places: CampaignPlaces): Attributes {
  const { source, destination } = places;
  return {
    ...(canonicalSpecification(document) as Attributes),
    ...(JSON.parse(JSON.stringify(places)) as Attributes),
    ends: {
      source: { integration: source.integration },
      destination: { integration: destination.integration, object: destination.object },
    },
  };
}

/** Faults that only the vendors' capabilities tell; offline. */
export function checkCampaignRoles(configuration: Configuration): readonly Diagnostic[] {
  return [...configuration.campaignImports.values()].flatMap((document) => {
    const places = placesIn(document, configuration);
    if (places === undefined) return [];
    const { source, destination } = places;
    const rolesOf = (integration: string) => {
      const provider = PROVIDERS[configuration.integrations.get(integration)?.spec.provider ?? ''];
      return provider === undefined ? undefined : { label: provider.label, ...provider.campaigns };
    };
    const found: Diagnostic[] = [];
    const add = (path: readonly string[], detail: string, hint: string): void =>
      void found.push({
        severity: 'error',
        code: 'CAMPAIGN_NO_PART',
        address: document.address,
        source: document.source(['spec', ...(document.spec.link === undefined ? path : ['link'])]),
        detail,
        hint,
      });
    const [from, to] = [rolesOf(source.integration), rolesOf(destination.integration)];
    if (from !== undefined && from.source !== true) {
      const sources = Object.values(PROVIDERS).filter(({ campaigns }) => campaigns?.source === true);
      const hint = `integrations of these do: ${sources.map(({ label }) => label).join(', ')}`;
      add(['source', 'integration'], `${from.label} reports no campaigns.`, hint);
    }
    if (to !== undefined && to.objects?.includes(destination.object) !== true) {
      const objects = to.objects ?? [];
      const isPlace = objects.length > 0;
      const detail = isPlace
        ? `${to.label} records no activities on "${destination.object}".`
        : `${to.label} has no place for campaigns.`;
      const places = Object.values(PROVIDERS).filter(({ campaigns }) => (campaigns?.objects.length ?? 0) > 0);
      const hint = isPlace
        ? `it does on ${objects.join(', ')}`
        : `integrations of these do: ${places.map(({ label }) => label).join(', ')}`;
      add(['destination', isPlace ? 'object' : 'integration'], detail, hint);
    }
    return found;
  });
}

/** Imports of a state that are to run, whether paused or not. */
export function appliedImports(state: State): readonly CampaignImportRun[] {
  return Object.entries(state.specifications)
    .filter(([, stored]) => stored.kind === CAMPAIGN_IMPORT)
    .map(([address, { generation, specification }]) => ({
      address: address as Address,
      generation,
      specification: specification as unknown as CampaignImportSpecification,
    }));
}

/** The import that a change of a plan brings, with the generation that it will have. */
export function plannedImport(state: State, change: ResourceChange): CampaignImportRun {
  const stored = state.specifications[change.address];
  const generation = change.action === 'no-op' ? (stored?.generation ?? 1) : (stored?.generation ?? 0) + 1;
  return { address: change.address, generation, specification: change.after as unknown as CampaignImportSpecification };
}

/** Connects both ends and asks them what they have. */
export async function activate(
  runtime: Runtime,
  connections: Connections,
  ledger: Ledger,
  { address, generation, specification }: CampaignImportRun,
): Promise<{ readonly active: ActiveCampaignImport; readonly diagnostics: readonly Diagnostic[] }> {
  const { source, destination, merge, purpose } = specification;
  const [from, to] = [await connections.connect(source.integration), await connections.connect(destination.integration)];
  const [client, target] = [from.campaignSource?.(), to.campaignDestination?.(destination.object)];
  if (client === undefined || target === undefined) {
    const integration = client === undefined ? source.integration : destination.integration;
    throw new SynclineError('CAMPAIGN_NO_PART', `${addressOf('Integration', integration)} has no part in campaigns.`, {
      address,
    });
  }
  const lists = await client.findLists(source.addressBooks);
  const listState = await openListState(to, destination.object, destination.marketingList, (list) => target.listStatePath(list));
  const accounts = [source.integration, destination.integration].map((integration) => connections.accounts()[integration]?.id);
  const active: ActiveCampaignImport = {
    address,
    generation,
    specification: digestOf([source, destination, merge, accounts, [...lists.values()]]),
    source: { integration: source.integration, client, lists },
    destination: {
      integration: destination.integration,
      object: destination.object,
      client: target,
      records: to.records(await to.describe(destination.object, target.addressPaths)),
      kinds: await target.kinds(runtime.signal),
      listState,
    },
    merges: merge,
    purposes: new Map([...lists].map(([name, id]) => [id, purpose ?? purposeOf(name)])),
    ledger: ledger.campaignImport(address),
    common: ledger.link(address),
    keys: ledger.keys,
    clock: runtime.clock,
    signal: runtime.signal,
    assertBudget: (integration) => connections.assertBudget(integration),
    memory: { sent: undefined, summaries: new Map() },
  };
  return { active, diagnostics: noticesOf(active, specification) };
}

async function openListState(
  connection: Connection,
  object: string,
  list: string | undefined,
  pathOf: (list: string) => string,
): Promise<ActiveCampaignImport['destination']['listState']> {
  if (list === undefined) return undefined;
  const path = pathOf(list);
  const description = await connection.describe(object, [path]);
  return description.missing.length > 0 ? undefined : { path, client: connection.records(description) };
}

/** What an import cannot do here, though nothing is wrong with it. */
function noticesOf(active: ActiveCampaignImport, { source, destination }: CampaignImportSpecification): readonly Diagnostic[] {
  const notice = (code: 'CAMPAIGN_BOOK_MISSING' | 'CAMPAIGN_STATES_KEPT', detail: string, hint: string): Diagnostic => ({
    severity: 'warning',
    code,
    address: active.address,
    detail,
    hint,
  });
  const missing = source.addressBooks.filter((book) => !active.source.lists.has(book));
  const place = addressOf('Integration', source.integration);
  return [
    ...missing.map((book) =>
      notice(
        'CAMPAIGN_BOOK_MISSING',
        `${place} has no address book "${book}": nothing is imported of it.`,
        'Correct the name, or make it.',
      ),
    ),
    ...(destination.marketingList === undefined || active.destination.listState !== undefined
      ? []
      : [
          notice(
            'CAMPAIGN_STATES_KEPT',
            `${addressOf('Integration', destination.integration)} does not show a marketing list "${destination.marketingList}" of ${destination.object}: who leaves is remembered, and not unsubscribed there.`,
            `See what the installation lacks:\n  syncline check ${destination.integration}`,
          ),
        ]),
  ];
}

/** The most that a reviewed plan lets an import write. */
export function limitsOf(plan: Pick<LinkPlan, 'ceiling'>): ImportLimits | undefined {
  const { [CAMPAIGNS]: campaigns, [ACTIVITIES]: activities, [LIST]: list } = plan.ceiling;
  if (campaigns === undefined || activities === undefined || list === undefined) return undefined;
  return { campaigns: campaigns.create, activities: activities.create, optOuts: list.update };
}

/** What a plan has done for the run that follows it in the same process. */
export interface PreparedImport {
  /** Calls by integration that it took. */
  readonly spent: Readonly<Record<string, number>>;
  /** Set where what was gathered stands in the ledger already. */
  readonly active: ActiveCampaignImport | undefined;
}

/** One run of one import, with its events, its calls counted and its digest for the audit log. */
export async function cycleImport(
  runtime: Runtime,
  connections: Connections,
  ledger: Ledger,
  importRun: CampaignImportRun,
  run: string,
  limits?: ImportLimits,
  prepared?: PreparedImport,
): Promise<{ readonly summary: CycleSummary; readonly digest: string }> {
  const { address, generation, specification } = importRun;
  const count = await countCalls(specification, connections);
  runtime.emit({ type: 'cycle_start', link: address, generation });
  const active = prepared?.active ?? (await gathered(runtime, connections, ledger, importRun));
  const result = await carryOut(active, run, limits);
  if (result.gone > 0) runtime.emit({ type: 'diagnostic', diagnostic: goneNotice(active, result.gone) });
  const calls = Object.entries(count()).map(([name, sent]) => [name, sent + (prepared?.spent[name] ?? 0)] as const);
  const summary = summaryOf(importRun, result, Object.fromEntries(calls));
  runtime.emit({ type: 'cycle_summary', summary });
  return { summary, digest: digestOf([address, generation, run, result]) };
}

function goneNotice({ address, destination }: ActiveCampaignImport, gone: number): Diagnostic {
  const { integration, object } = destination;
  const records = gone === 1 ? `A ${object}` : `${gone} records of ${object}`;
  return {
    severity: 'warning',
    code: 'CAMPAIGN_RECORDS_GONE',
    address,
    detail: `${records} of ${addressOf('Integration', integration)} ${gone === 1 ? 'was' : 'were'} deleted there: Syncline keeps what these people did.`,
    hint: 'Nothing needs to be done. It is recorded once somebody there has the address again.',
  };
}

async function gathered(
  runtime: Runtime,
  connections: Connections,
  ledger: Ledger,
  importRun: CampaignImportRun,
): Promise<ActiveCampaignImport> {
  const { active, diagnostics } = await activate(runtime, connections, ledger, importRun);
  for (const diagnostic of diagnostics) runtime.emit({ type: 'diagnostic', diagnostic });
  await gather(active);
  return active;
}

function summaryOf(
  { address, generation }: CampaignImportRun,
  { campaigns, activities, optOuts, refused, unknown, converged }: ImportResult,
  calls: Readonly<Record<string, number>>,
): CycleSummary {
  return {
    link: address,
    generation,
    ends: {
      [CAMPAIGNS]: { ...campaigns, deleted: 0 },
      [ACTIVITIES]: { created: activities, updated: 0, deleted: 0 },
      [LIST]: { created: 0, updated: optOuts, deleted: 0 },
    },
    conflicts: 0,
    resolved: 0,
    quarantined: refused,
    unlinked: 0,
    left: 0,
    absent: 0,
    unknown,
    pending: 0,
    waiting: 0,
    moved: 0,
    missed: {},
    calls,
    converged,
  };
}
