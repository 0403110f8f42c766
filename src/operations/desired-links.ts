/** Links as the configuration wants them, why a plan concerns their records, and which fields it makes for them. */
import type { MappingSpecification } from '../mapping/specification.ts';
import { addressOf, isLinkKind, type Address } from '../model/address.ts';
import type { Attributes, LinkCause, ResourceChange } from '../model/plan.ts';
import type { State } from '../model/state.ts';
import type { FieldDescription } from '../model/value.ts';
import type { ProvidedField } from '../providers/provider.ts';
import type { RenewedField } from '../storage/ledger.ts';
import { concerns, pathsOfEnd, type LinkSource, type LinkSpecification } from './active-links.ts';
import { digestOf } from '../storage/canonical-json.ts';
import type { DesiredState } from './desired-state.ts';
import type { PlannedField } from './former-names.ts';
import { mappingOf } from './link-mapping.ts';
import { mappingPaths } from './mapping-paths.ts';
import type { KnownField } from './missing-fields.ts';
import { withoutOwnedElsewhere } from './owned-fields.ts';

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
      : fieldsOf(provided).map(({ path }) => ({
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
export function causeOf(desired: DesiredState, state: State, source: LinkSource): LinkCause {
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

/** What the configuration and the state know of fields of a link. */
export function knownFields(
  desired: DesiredState,
  state: State,
  { address, link }: LinkSource,
): (end: string, path: string) => KnownField {
  const stored = state.specifications[address]?.specification as unknown as LinkSpecification | undefined;
  return (end, path) => {
    const mapping = stored && mappingOf(stored, (named) => state.specifications[named]?.specification);
    const paths = mapping === undefined ? {} : mappingPaths(mapping as unknown as MappingSpecification);
    return { steps: expectedSteps(desired, link.ends[end]!, path), applied: paths[end]?.includes(path) ?? false };
  };
}

/** What a person does to make a field that is declared as expected. */
function expectedSteps(
  desired: DesiredState,
  { integration, object }: { readonly integration: string; readonly object: string },
  path: string,
): readonly string[] {
  for (const { mode, type, attributes, integration: owner } of desired.resources.values()) {
    const provided = mode === 'expected' && owner === integration ? type.field?.(attributes) : undefined;
    if (provided?.object === object && fieldsOf(provided).some((field) => field.path === path)) return type.steps(attributes);
  }
  return [];
}

/**
 * Fields of a link that nobody may see until this plan is applied: they hold what people wrote, so that they can neither be
 * read as empty nor count as made anew.
 */
export function hiddenFields(desired: DesiredState, changes: readonly ResourceChange[], source: LinkSource): readonly string[] {
  return changes.flatMap((change) => {
    const { action, address, provider, before, after } = change;
    const resource = desired.resources.get(address);
    const access = resource?.type.access;
    if (access === undefined || (action !== 'update' && action !== 'import')) return [];
    const provided = before?.[access] === false && after?.[access] === true ? resource!.type.field?.(after) : undefined;
    if (provided === undefined) return [];
    const place = { integration: resource!.integration, object: provided.object };
    const asked = Object.entries(source.link.ends).flatMap(([name, end]) =>
      end.integration === place.integration && end.object === place.object ? pathsOfEnd(source, name, provider) : [],
    );
    return fieldsOf(provided)
      .filter(({ path }) => asked.includes(path))
      .map(({ path }) => `${place.object} ${path} of ${addressOf('Integration', place.integration)}`);
  });
}

function fieldsOf({ field, also = [] }: ProvidedField): readonly FieldDescription[] {
  return [field, ...also];
}

/** Fields that this plan would provide: those that do not exist yet, and those that have another name. */
export function plannedFields(
  desired: DesiredState,
  changes: readonly ResourceChange[],
): (integration: string, object: string) => readonly PlannedField[] {
  const provided = changes.flatMap((change) => {
    const resource = desired.resources.get(change.address);
    const made = resource?.type.field?.(resource.attributes);
    if (resource === undefined || made === undefined) return [];
    const place = { integration: resource.integration, object: made.object };
    const fields = fieldsOf(made);
    if (change.action === 'create' || change.action === 'replace')
      return fields.map((field) => ({ ...place, field, formerPath: undefined }));
    if (change.action !== 'update') return [];
    const before = resource.type.field?.({ ...resource.attributes, ...change.before });
    const former = before === undefined ? [] : fieldsOf(before);
    return fields.flatMap((field, index) => {
      const formerPath = former[index]?.path;
      return formerPath === field.path ? [] : [{ ...place, field, formerPath }];
    });
  });
  return (integration, object) => provided.filter((one) => one.integration === integration && one.object === object);
}
