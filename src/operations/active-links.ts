/** From a stored link to one that a cycle can run: ends connected, fields described, mapping compiled. */
import type { Address } from '../model/address.ts';
import { addressOf } from '../model/address.ts';
import { hasErrors, type Diagnostic, type SourceRange } from '../model/diagnostics/diagnostic.ts';
import { SynclineError } from '../model/errors.ts';
import { parseDuration } from '../model/time.ts';
import type { FieldDescription, FieldValues } from '../model/value.ts';
import type { Attributes } from '../model/plan.ts';
import { compileMapping } from '../mapping/compile.ts';
import type { MappingSpecification } from '../mapping/specification.ts';
import type { CompiledMapping } from '../mapping/mapping.ts';
import type { EnterRule, Scope } from '../mapping/scope.ts';
import type { ObjectDescription } from '../providers/provider.ts';
import { createFingerprints, type Fingerprints } from '../records/fingerprint.ts';
import type { GuardLimits } from '../records/guard.ts';
import type { ActiveLink, ConflictPolicy, CycleProgress, LinkEnd, PartnerRule } from '../records/link.ts';
import type { Ledger, RenewedField } from '../storage/ledger.ts';
import { checkArchiveValues } from './archive-values.ts';
import type { Connections } from './connections.ts';
import { digestOf } from '../storage/canonical-json.ts';
import { readingFormerNames, type PlannedField } from './former-names.ts';
import { mappingAddress } from './link-mapping.ts';
import type { LinkPlaces } from './link-places.ts';
import { untrackedPaths } from './tracked-fields.ts';
import { linkScope, scopePaths } from './link-scopes.ts';
import { mappingPaths } from './mapping-paths.ts';
import { missingField, type KnownField } from './missing-fields.ts';
import type { Runtime } from './runtime.ts';

/** A `Link`, or what stands for one, as it is stored. */
export interface LinkSpecification {
  readonly ends: Readonly<
    Record<
      string,
      {
        readonly integration: string;
        readonly object: string;
        readonly enter: EnterRule;
        readonly onLeave: PartnerRule;
        readonly externalId?: string;
        readonly archive?: FieldValues;
        readonly waitsFor?: 'link';
      }
    >
  >;
  /** The name of a `Mapping`, or the link's own. */
  readonly mapping: string | Attributes;
  readonly owns?: Readonly<Record<string, readonly string[]>>;
  readonly conflicts: {
    readonly policy: 'prefer' | 'newest' | 'manual';
    readonly prefer?: string;
    readonly unlessBlank: boolean;
    readonly unit: 'field' | 'record';
  };
  readonly onDelete: Readonly<Record<string, PartnerRule>>;
  readonly deleteBeatsEdit: boolean;
  readonly flows: Readonly<Record<string, unknown>>;
  /** Fields of an end whose changes count by themselves; all that are stored unless given. */
  readonly track?: readonly string[];
  readonly refresh?: { readonly end: string; readonly values: 'none' | 'virtual' | 'all'; readonly every: string };
  readonly guards: GuardLimits & { readonly allow?: Readonly<Record<string, string>> };
  readonly retain: 'values' | 'hashes';
  readonly active: boolean;
}

export interface LinkSource {
  readonly address: Address;
  readonly generation: number;
  readonly link: LinkSpecification;
  readonly mapping: Attributes;
  /** Fields that were made anew since the link last ran. */
  readonly renewed: readonly RenewedField[];
}

/** What the configuration says of a link besides what is stored. */
export interface ConfiguredLink {
  readonly known: (end: string, path: string) => KnownField;
  readonly places: LinkPlaces | undefined;
}

export interface LinkPreparation {
  /** Absent where there are errors. */
  readonly link: ActiveLink | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * @param planned fields that resources of this plan will provide, by integration and object, so that a
 *   plan can tell the consequences of a mapping whose fields do not exist yet
 */
export async function prepareLink(
  runtime: Runtime,
  connections: Connections,
  storage: { readonly ledger: Ledger },
  source: LinkSource,
  planned: (integration: string, object: string) => readonly PlannedField[],
  configured: ConfiguredLink | undefined,
  onProgress: (progress: CycleProgress) => void,
): Promise<LinkPreparation> {
  const specification = source.mapping as unknown as MappingSpecification;
  const names = Object.keys(specification.between);
  const places = configured?.places;
  const diagnostics: Diagnostic[] = [];

  const descriptions = new Map<string, ObjectDescription>();
  const plannedAt = new Map<string, readonly PlannedField[]>();
  const known: Record<string, ReadonlyMap<string, FieldDescription>> = {};
  for (const name of names) {
    const { integration, object } = source.link.ends[name]!;
    const connection = await connections.connect(integration);
    const wanted = pathsOfEnd(source, name, connections.provider(integration).name);
    const provided = planned(integration, object).filter(({ field }) => wanted.includes(field.path));
    const formerPaths = provided.flatMap(({ formerPath }) => (formerPath === undefined ? [] : [formerPath]));
    const description = await connection.describe(object, [...new Set([...wanted, ...formerPaths])]);
    const fields = new Map(description.fields.map((field) => [field.path, field]));
    // What the plan makes of a field counts, also of one that an interrupted run left half made.
    for (const { field } of provided) fields.set(field.path, field);
    const missing = description.missing.filter((path) => !fields.has(path) && wanted.includes(path));
    const causes = missing.length === 0 ? undefined : await connection.absences?.(object, missing);
    const place = `${object} of ${addressOf('Integration', integration)} (${name})`;
    for (const path of missing) {
      const before = configured?.known(name, path) ?? { steps: [], applied: true };
      const found = missingField(source.address, place, path, causes?.get(path), before);
      diagnostics.push(placed(found, places?.field(name, path)));
    }
    descriptions.set(name, description);
    plannedAt.set(name, provided);
    known[name] = fields;
  }
  if (diagnostics.length > 0) return { link: undefined, diagnostics };

  const compilation = compileMapping(mappingName(source), specification, known, places?.mapping, {
    creates: creatingEnds(source.link, names),
  });
  diagnostics.push(
    ...compilation.diagnostics.map((found) => ({ ...found, address: mappingAddress(source.link) ?? source.address })),
  );
  if (compilation.mapping === undefined) return { link: undefined, diagnostics };
  const scopes: Record<string, Scope> = {};
  for (const name of names) {
    const { integration, object, enter, archive } = source.link.ends[name]!;
    const place = { provider: connections.provider(integration).name, object };
    const { scope, diagnostics: faults } = linkScope(source.address, enter, name, place, known[name]!);
    diagnostics.push(
      ...faults.map((found) => placed(found, places?.end(name, 'enter'))),
      ...checkArchiveValues(source.address, name, archive, known[name]!).map((found) =>
        placed(found, places?.end(name, 'archive')),
      ),
    );
    if (scope !== undefined) scopes[name] = scope;
  }
  if (hasErrors(diagnostics)) return { link: undefined, diagnostics };
  const mapping = readingScopes(compilation.mapping, scopes);

  const keys = storage.ledger.keysOf(source.address);
  const untracked = untrackedPaths(source.link, mapping, scopes, known);
  const fingerprints = createFingerprints(mapping, keys, scopes, untracked);
  const ends = await Promise.all(
    names.map((name) =>
      connectEnd(name, source.link, mapping, scopes[name]!, descriptions.get(name)!, plannedAt.get(name)!, connections),
    ),
  );
  const link: ActiveLink = {
    address: source.address,
    generation: source.generation,
    readSpecification: readSpecification(mapping, source.link, connections, known, untracked),
    ends: [ends[0]!, ends[1]!],
    mapping,
    conflicts: conflictPolicy(source.link.conflicts),
    deleteBeatsEdit: source.link.deleteBeatsEdit,
    closed: closedEnds(source.link),
    guards: source.link.guards,
    allow: source.link.guards.allow ?? {},
    retain: source.link.retain,
    ledger: storage.ledger.link(source.address),
    keys,
    fingerprints,
    renewed: renewedTags(mapping, source, fingerprints),
    ...valueRefresh(source.link),
    clock: runtime.clock,
    newPersonId: runtime.newId,
    signal: runtime.signal,
    onProgress,
  };
  diagnostics.push(
    ...checkNewest(link).map((found) => placed(found, places?.policy)),
    ...checkCreates(link, creatingEnds(source.link, names)).map((found) => placed(found, places?.mapping(['match']))),
  );
  return { link: hasErrors(diagnostics) ? undefined : link, diagnostics };
}

function placed(diagnostic: Diagnostic, source: SourceRange | undefined): Diagnostic {
  return source === undefined ? diagnostic : { ...diagnostic, source };
}

/** Every path that a link asks for at an end: mapped, read for the rule of who enters, or its own. */
export function pathsOfEnd({ link, mapping }: LinkSource, name: string, provider: string): readonly string[] {
  const { object, enter, externalId, archive } = link.ends[name]!;
  const mapped = mappingPaths(mapping as unknown as MappingSpecification)[name]!;
  const ours = [...(externalId === undefined ? [] : [externalId]), ...Object.keys(archive ?? {})];
  return [...new Set([...mapped, ...ours, ...scopePaths(enter, name, provider, object)])];
}

/**
 * A link as it was applied, ready for a cycle; its warnings are emitted.
 * @throws {SynclineError} RECORD_LINK_INVALID where the remote no longer has what the link needs
 */
export async function requireLink(
  runtime: Runtime,
  connections: Connections,
  storage: { readonly ledger: Ledger },
  source: LinkSource,
  onProgress: (progress: CycleProgress) => void,
): Promise<ActiveLink> {
  const { link, diagnostics } = await prepareLink(runtime, connections, storage, source, () => [], undefined, onProgress);
  for (const diagnostic of diagnostics) runtime.emit({ type: 'diagnostic', diagnostic });
  if (link === undefined || hasErrors(diagnostics)) {
    throw new SynclineError('RECORD_LINK_INVALID', `${source.address} cannot run: see the messages above.`, {
      address: source.address,
    });
  }
  return link;
}

function valueRefresh({ refresh }: LinkSpecification): Pick<ActiveLink, 'refresh'> {
  if (refresh === undefined) return {};
  return { refresh: { end: refresh.end, values: refresh.values, everyMs: parseDuration(refresh.every) } };
}

/** By what messages about the mapping are told apart. */
export function mappingName({ address, link }: LinkSource): string {
  return typeof link.mapping === 'string' ? link.mapping : address;
}

function conflictPolicy({ policy, prefer, unlessBlank, unit }: LinkSpecification['conflicts']): ConflictPolicy {
  if (policy === 'manual') return { policy };
  // A policy that prefers an end names it, or the configuration was refused.
  return policy === 'newest' ? { policy, prefer } : { policy, prefer: prefer!, unlessBlank, unit };
}

/** The edit that was made last can be told only where no edit of ours moves the time. */
function checkNewest(link: ActiveLink): readonly Diagnostic[] {
  if (link.conflicts.policy !== 'newest') return [];
  const mute = link.ends.filter((end) => !end.client.stream.humanTime);
  if (mute.length === 0) return [];
  const places = mute.map(({ name, integration, object }) => `${object} of ${addressOf('Integration', integration)} (${name})`);
  return [
    {
      severity: 'error',
      code: 'RECORD_NEWEST_UNKNOWN',
      address: link.address,
      detail: `The newest edit cannot be told: the time of ${places.join(' and of ')} also moves when Syncline or the vendor writes.`,
      hint: `Prefer an end, or let a person decide:\n  conflicts: { prefer: ${link.ends[0].name} }\n  conflicts: { policy: manual }`,
    },
  ];
}

/** A vendor that writes over whoever has the key of a new record must not be asked to create what matching did not look up. */
function checkCreates(link: ActiveLink, creating: readonly string[]): readonly Diagnostic[] {
  return link.ends.flatMap(({ name, object, client }): Diagnostic[] => {
    const key = client.writer.overwritesBy;
    const isKey = link.mapping.match.some(({ read }) => read[name]!.length === 1 && read[name]![0] === key);
    if (key === undefined || isKey || !creating.includes(name) || link.closed.has(name)) return [];
    const other = link.ends.find((end) => end.name !== name)!.name;
    return [
      {
        severity: 'error',
        code: 'RECORD_CREATE_OVERWRITES',
        address: link.address,
        detail: `A new ${object} of ${name} would be written over whoever has its ${key} already, and ${key} is no match key.`,
        hint: `Match by it last, or create nothing there:\n  match: [ ..., { ${name}: ${key}, ${other}: PATH, normalize: email } ]\n  ends: { ${other}: { enter: nobody } }`,
      },
    ];
  });
}

/** Whether a field that was made anew is one of a link's. */
export function concerns(link: LinkSpecification, mapping: Attributes, renewed: RenewedField): boolean {
  const paths = mappingPaths(mapping as unknown as MappingSpecification);
  return Object.entries(link.ends).some(
    ([name, end]) =>
      end.integration === renewed.integration && end.object === renewed.object && (paths[name]?.includes(renewed.path) ?? false),
  );
}

function renewedTags(mapping: CompiledMapping, source: LinkSource, fingerprints: Fingerprints): ReadonlySet<string> {
  const isRenewed = (name: string, path: string | undefined): boolean => {
    const end = source.link.ends[name]!;
    return source.renewed.some(
      (renewed) => renewed.integration === end.integration && renewed.object === end.object && renewed.path === path,
    );
  };
  const fields = mapping.fields.filter((field) =>
    mapping.ends.some((name) => [field.write[name], ...field.read[name]!].some((path) => isRenewed(name, path))),
  );
  return new Set(fields.map((field) => fingerprints.tag(field.id)));
}

async function connectEnd(
  name: string,
  link: LinkSpecification,
  mapping: CompiledMapping,
  scope: Scope,
  description: ObjectDescription,
  planned: readonly PlannedField[],
  connections: Connections,
): Promise<LinkEnd> {
  const { integration, object, onLeave, externalId, archive, waitsFor } = link.ends[name]!;
  const connection = await connections.connect(integration);
  const present = externalId !== undefined && description.fields.some((field) => field.path === externalId);
  // The id of ours is read as well: it tells whose an interrupted create was.
  const ours = present ? [externalId] : [];
  const read = new Set([
    ...mapping.paths[name]!,
    ...Object.keys(archive ?? {}),
    ...planned.map(({ formerPath }) => formerPath),
    ...ours,
  ]);
  const records = connection.records(
    { ...description, fields: description.fields.filter((field) => read.has(field.path)), missing: [] },
    present ? { externalId } : {},
  );
  const client = readingFormerNames(records, planned);
  return {
    name,
    integration,
    object,
    scope,
    onLeave,
    client,
    externalId: present ? externalId : undefined,
    onDelete: link.onDelete[name] ?? 'unlink',
    archive: archive ?? {},
    ...(waitsFor === undefined ? {} : { waitsFor }),
    assertBudget: () => connections.assertBudget(integration),
  };
}

/** What is read for the rules of who enters is read like a mapped field, and never written. */
function readingScopes(mapping: CompiledMapping, scopes: Readonly<Record<string, Scope>>): CompiledMapping {
  const paths = mapping.ends.map((name) => [name, [...new Set([...mapping.paths[name]!, ...scopes[name]!.paths])].toSorted()]);
  return { ...mapping, paths: Object.fromEntries(paths) as CompiledMapping['paths'] };
}

/** Ends at which the link may create records: those whose other end lets records enter. */
export function creatingEnds(link: Pick<LinkSpecification, 'ends'>, names: readonly string[]): readonly string[] {
  return names.filter((name) => names.some((other) => other !== name && link.ends[other]!.enter !== 'nobody'));
}

/** Ends whose direction is switched off. */
function closedEnds({ ends, flows }: LinkSpecification): ReadonlySet<string> {
  return new Set(Object.keys(ends).filter((name) => flows[`to-${name}`] === 'off'));
}

/**
 * Everything that decides what a read returns and how it is hashed, or that lets go what waits: for a direction, or because
 * a vendor takes it of nobody who opted out. A file and the state that was stored of it name the ends in another order,
 * which decides nothing.
 */
function readSpecification(
  mapping: CompiledMapping,
  link: LinkSpecification,
  connections: Connections,
  known: Readonly<Record<string, ReadonlyMap<string, FieldDescription>>>,
  untracked: Readonly<Record<string, ReadonlySet<string>>>,
): string {
  const ends = mapping.ends.toSorted().map((name) => [
    name,
    link.ends[name]!.integration,
    link.ends[name]!.object,
    link.ends[name]!.enter,
    connections.accounts()[link.ends[name]!.integration]?.id,
    // A computed field that is defined anew moves in every record, and no stamp does.
    mapping.paths[name]!.flatMap((path) => known[name]!.get(path)?.computed?.definition ?? []),
  ]);
  // Under another key everybody is hashed anew, so that those who come find whom the former one linked.
  const keys = mapping.match.map(({ id }) => id);
  const hidden = Object.entries(untracked)
    .map(([end, paths]) => [end, [...paths].sort()] as const)
    .toSorted(([one], [other]) => one.localeCompare(other));
  // Under another policy the other end may win, which takes what this one does not.
  const mayWait = Object.values(known).some((fields) => [...fields.values()].some(({ heldBy = [] }) => heldBy.length > 0));
  const owners = mapping.fields.flatMap(({ id, owner }) => (owner === undefined ? [] : [`${id} ${owner}`])).sort();
  return digestOf([
    ends,
    [...closedEnds(link)].sort(),
    mapping.paths,
    mapping.fields.map((field) => field.id).sort(),
    keys,
    ...(hidden.length === 0 ? [] : [hidden]),
    ...(mayWait ? [link.conflicts, owners] : []),
  ]);
}
