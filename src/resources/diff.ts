/**
 * The difference of configuration: desired × state × remote. Pure.
 *
 * Only declared attributes are compared: what the configuration does not say is the vendor's and the
 * users' own.
 */
import canonicalize from 'canonicalize';
import type { Address } from '../model/address.ts';
import type { Diagnostic } from '../model/diagnostics/diagnostic.ts';
import type { ActionReason, Attributes, ResourceChange } from '../model/plan.ts';
import type { State, StateResource } from '../model/state.ts';
import type { ResourceObject } from '../providers/provider.ts';
import type { DesiredResource, DesiredSpecification } from './desired.ts';
import type { RemoteObjects } from './refresh.ts';

export interface ResourceDifference {
  readonly change: ResourceChange;
  /** What somebody else changed since the last apply. */
  readonly drift: ResourceChange | undefined;
  readonly diagnostic: Omit<Diagnostic, 'source'> | undefined;
}

/**
 * Compares one declared resource. `remote` is `undefined` where the vendor is not asked (`--offline`).
 * @param importing the id of the object that an `Import` document says it is
 */
export function diffResource(
  desired: DesiredResource,
  stored: StateResource | undefined,
  remote: RemoteObjects | undefined,
  importing?: string,
): ResourceDifference {
  const key = desired.type.key(desired.attributes);
  const id = stored?.id ?? importing;
  const object = remote === undefined ? undefined : id === undefined ? remote.byKey(key) : remote.byId(id);
  const base = {
    address: desired.address,
    provider: desired.type.type.split('/')[0]!,
    type: desired.type.type,
    sensitive: desired.type.sensitive,
    dependsOn: desired.dependsOn,
    integration: desired.integration,
  };
  const after = desired.attributes;
  const change = (fields: Pick<ResourceChange, 'action' | 'reason'> & Partial<ResourceChange>): ResourceChange => ({
    ...base,
    before: null,
    after,
    afterUnknown: [],
    replacePaths: [],
    ...(object === undefined ? {} : { id: object.id }),
    ...fields,
  });
  const none = { drift: undefined, diagnostic: undefined };

  if (desired.mode === 'expected') return { ...none, change: diffExpected(desired, object, remote, change) };

  const created = change({ action: 'create', reason: 'not_in_state', afterUnknown: desired.type.computed });
  if (stored === undefined || stored.id === null) {
    if (importing !== undefined) return diffImported(desired, importing, remote, object, change);
    if (object === undefined) return { ...none, change: created };
    if (stored?.pending?.action === 'create') {
      return {
        ...none,
        change: change({ action: 'create', reason: 'interrupted', before: null, afterUnknown: desired.type.computed }),
      };
    }
    if (desired.adopt) return diffImported(desired, object.id, remote, object, change);
    return {
      drift: undefined,
      change: change({ action: 'no-op', reason: null, before: declared(object, after) }),
      diagnostic: {
        severity: 'error',
        code: 'RESOURCE_EXISTS',
        address: desired.address,
        detail: `${desired.integration} already holds ${desired.type.type} "${key}" (id ${object.id}), which Syncline did not create.`,
        hint: 'Set "adopt: true" on the resource to take it over, or "mode: expected" to leave it alone.',
      },
    };
  }
  if (remote === undefined) {
    const before = pick(stored.attributes, after);
    return { ...none, change: change({ ...withSettings(desired, stored, compare(desired, before)), id: stored.id }) };
  }
  if (object === undefined) {
    const gone = change({ action: 'delete', reason: 'gone_from_remote', before: stored.attributes, after: null, id: stored.id });
    return { ...none, drift: gone, change: { ...created, reason: 'gone_from_remote' } };
  }
  const before = declared(object, after, stored);
  const recorded = pick(stored.attributes, before);
  const drift = same(recorded, before)
    ? undefined
    : change({ action: 'update', reason: driftReason(desired, recorded, before), before: recorded, after: before });
  const difference = compare(desired, before);
  return {
    drift,
    change: change(withSettings(desired, stored, difference)),
    diagnostic: refusedReplacement(desired, difference),
  };
}

/** An object whose access was taken away is there, with all that people hold in it. */
function driftReason({ type: { access } }: DesiredResource, recorded: Attributes, now: Attributes): ActionReason {
  return access !== undefined && recorded[access] === true && now[access] === false
    ? 'hidden_from_credentials'
    : 'changed_outside';
}

type Difference = Pick<ResourceChange, 'action' | 'reason'> & Partial<ResourceChange>;

/** An object that exists already and is ours from now on: as declared, or changed so that it is. */
function diffImported(
  desired: DesiredResource,
  id: string,
  remote: RemoteObjects | undefined,
  object: ResourceObject | undefined,
  change: (fields: Difference) => ResourceChange,
): ResourceDifference {
  const { address, type, integration } = desired;
  const refused = (code: 'RESOURCE_IMPORT_MISSING' | 'RESOURCE_IMPORT_DIFFERS', detail: string, hint: string) => ({
    drift: undefined,
    change: change({ action: 'no-op', reason: null, id }),
    diagnostic: { severity: 'error' as const, code, address, detail, hint },
  });
  if (remote === undefined)
    return { drift: undefined, diagnostic: undefined, change: change({ action: 'import', reason: 'adopted', id }) };
  if (object === undefined) {
    const hint = `Correct the id, or write down what there is:\n  syncline generate ${integration}`;
    return refused('RESOURCE_IMPORT_MISSING', `${integration} has no ${type.type} with the id ${id}.`, hint);
  }
  const difference = compare(desired, declared(object, desired.attributes));
  if (difference.action === 'replace') {
    const detail = `The object with the id ${id} has another ${difference.replacePaths.join(', ')} than ${address}, which cannot be changed in place.`;
    return refused('RESOURCE_IMPORT_DIFFERS', detail, 'Declare it as it is.');
  }
  const imported = change({ action: 'import', reason: 'adopted', before: difference.before, id });
  return { drift: undefined, diagnostic: undefined, change: imported };
}

/** What the state keeps of a resource besides its object outlives the block: so a change of it is one to apply. */
function withSettings<Found extends Difference>(desired: DesiredResource, stored: StateResource, difference: Found): Found {
  if (difference.action === 'replace') return difference;
  const kept = { preventDestroy: stored.prevent_destroy, dependsOn: stored.depends_on };
  const wanted = { preventDestroy: desired.preventDestroy, dependsOn: desired.dependsOn };
  const differing = (['preventDestroy', 'dependsOn'] as const).filter((name) => !same(kept[name], wanted[name]));
  if (differing.length === 0) return difference;
  const settings = (values: Attributes) => Object.fromEntries(differing.map((name) => [name, values[name]]));
  return {
    ...difference,
    action: 'update',
    reason: difference.action === 'no-op' ? 'settings_changed' : difference.reason,
    before: { ...difference.before, ...settings(kept) },
    after: { ...desired.attributes, ...settings(wanted) },
  };
}

function refusedReplacement(
  desired: DesiredResource,
  { action, replacePaths }: Pick<ResourceChange, 'action' | 'replacePaths'>,
): ResourceDifference['diagnostic'] {
  if (action !== 'replace') return undefined;
  const { address, type, preventDestroy, allowReplace } = desired;
  const cause = `A change of ${replacePaths.join(', ')} replaces ${address}`;
  if (preventDestroy) {
    const hint = 'Take the change back, or say "preventDestroy: false".';
    return { severity: 'error', code: 'RESOURCE_PREVENT_DESTROY', address, detail: `${cause}, which has preventDestroy.`, hint };
  }
  if (type.replaceLoses === undefined || allowReplace) return undefined;
  const detail = `${cause}, and that loses ${type.replaceLoses}.`;
  const hint = 'Take the change back, or let it happen: allowReplace: true';
  return { severity: 'error', code: 'RESOURCE_REPLACE_LOSES_DATA', address, detail, hint };
}

function diffExpected(
  desired: DesiredResource,
  object: ResourceObject | undefined,
  remote: RemoteObjects | undefined,
  change: (fields: Pick<ResourceChange, 'action' | 'reason'> & Partial<ResourceChange>) => ResourceChange,
): ResourceChange {
  if (object !== undefined) return change({ action: 'no-op', reason: null, before: declared(object, desired.attributes) });
  return change({
    action: remote === undefined ? 'no-op' : 'read',
    reason: remote === undefined ? null : 'expected',
    steps: desired.type.steps(desired.attributes),
  });
}

function compare(
  desired: DesiredResource,
  before: Attributes,
): Pick<ResourceChange, 'action' | 'reason' | 'before' | 'replacePaths' | 'afterUnknown'> {
  const differing = Object.keys(desired.attributes).filter((name) => !same(before[name], desired.attributes[name]));
  if (differing.length === 0) return { action: 'no-op', reason: null, before, replacePaths: [], afterUnknown: [] };
  const replacePaths = desired.type.update ? differing.filter((name) => desired.type.replaceOn.includes(name)) : differing;
  return replacePaths.length > 0
    ? { action: 'replace', reason: 'cannot_update', before, replacePaths, afterUnknown: desired.type.computed }
    : { action: 'update', reason: 'configuration_changed', before, replacePaths: [], afterUnknown: [] };
}

/**
 * A resource that the state holds and the configuration does not any more.
 * @param destroy what a `Removed` document says of it; without one, whatever holds people's data is forgotten, and so is
 *   what Syncline did not make
 */
export function diffRemoved(
  address: Address,
  stored: StateResource,
  type: { readonly holdsData: boolean; readonly delete: boolean } | undefined,
  destroy?: boolean,
): ResourceDifference {
  const isThere = stored.mode === 'managed' && stored.id !== null;
  const canBeDeleted = isThere && type?.delete === true;
  const forget = !canBeDeleted || !(destroy ?? (stored.created_by_syncline && !type.holdsData));
  const change: ResourceChange = {
    address,
    provider: stored.type.split('/')[0]!,
    type: stored.type,
    action: forget ? 'forget' : 'delete',
    before: stored.attributes,
    after: null,
    afterUnknown: [],
    sensitive: [],
    replacePaths: [],
    reason: destroy === undefined ? 'not_in_configuration' : 'removed',
    dependsOn: stored.depends_on,
    integration: stored.integration,
    ...(stored.id === null ? {} : { id: stored.id }),
  };
  return { change, drift: undefined, diagnostic: refusedRemoval(address, stored, forget, destroy === true && isThere) };
}

function refusedRemoval(
  address: Address,
  stored: StateResource,
  forget: boolean,
  toDestroy: boolean,
): ResourceDifference['diagnostic'] {
  if (forget && toDestroy) {
    const detail = `${stored.type} cannot be deleted through the vendor's interface: ${address} can only be forgotten.`;
    const hint = 'Say "destroy: false", and delete the object at the vendor.';
    return { severity: 'error', code: 'RESOURCE_CANNOT_DESTROY', address, detail, hint };
  }
  if (forget || !stored.prevent_destroy) return undefined;
  const detail = `${address} was declared with preventDestroy and is to be destroyed.`;
  const hint = 'Declare it again, or apply it once with "preventDestroy: false" before you remove it.';
  return { severity: 'error', code: 'RESOURCE_PREVENT_DESTROY', address, detail, hint };
}

/** Compares the specifications of a configuration with those that were applied. */
export function diffSpecifications(desired: readonly DesiredSpecification[], state: State): readonly ResourceChange[] {
  const changes = desired.map((specification): ResourceChange => {
    const stored = state.specifications[specification.address];
    const action = stored === undefined ? 'create' : stored.digest === specification.digest ? 'no-op' : 'update';
    return {
      ...specificationChange(specification.address, specification.kind, specification.dependsOn),
      action,
      before: stored?.specification ?? null,
      after: specification.specification,
      reason: action === 'create' ? 'not_in_state' : action === 'update' ? 'configuration_changed' : null,
    };
  });
  const wanted = new Set(desired.map((specification) => specification.address));
  for (const [address, stored] of Object.entries(state.specifications)) {
    if (wanted.has(address as Address)) continue;
    changes.push({
      ...specificationChange(address as Address, stored.kind, []),
      action: 'delete',
      before: stored.specification,
      after: null,
      reason: 'not_in_configuration',
    });
  }
  return changes;
}

function specificationChange(address: Address, kind: string, dependsOn: readonly Address[]) {
  return {
    address,
    provider: 'syncline',
    type: `syncline/${kind.toLowerCase()}`,
    afterUnknown: [],
    sensitive: [],
    replacePaths: [],
    dependsOn,
  };
}

/** The declared attributes as the vendor reports them; what its listing does not show, as last applied. */
function declared(object: ResourceObject, wanted: Attributes, stored?: StateResource): Attributes {
  return pick({ ...stored?.attributes, ...object.attributes }, wanted);
}

function pick(attributes: Attributes, names: Attributes): Attributes {
  return Object.fromEntries(Object.keys(names).map((name) => [name, attributes[name] ?? null]));
}

function same(left: unknown, right: unknown): boolean {
  return canonicalize(left ?? null) === canonicalize(right ?? null);
}
