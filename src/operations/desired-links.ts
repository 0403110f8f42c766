/** Links as the configuration wants them, why a plan concerns their records, and which fields it makes for them. */
import { isLinkKind, type Address } from '../model/address.ts';
import type { Attributes, LinkCause, ResourceChange } from '../model/plan.ts';
import type { State } from '../model/state.ts';
import type { RenewedField } from '../storage/ledger.ts';
import { concerns, type LinkSource, type LinkSpecification } from './active-links.ts';
import { digestOf } from '../storage/canonical-json.ts';
import type { DesiredState } from './desired-state.ts';
import type { PlannedField } from './former-names.ts';
import { mappingOf } from './link-mapping.ts';
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

/** What a person does to make a field that is declared as expected. */
export function expectedSteps(desired: DesiredState): (integration: string, object: string, path: string) => readonly string[] {
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
export function plannedFields(
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
