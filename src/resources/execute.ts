/**
 * Carries out resource changes in order of their dependencies, several at once. The intent to make,
 * replace or remove an object is stored before the call, and its result right after it: a run that
 * is killed in between finds the object again by its natural key.
 */
import canonicalize from 'canonicalize';
import pLimit from 'p-limit';
import type { Address } from '../model/address.ts';
import { SynclineError } from '../model/errors.ts';
import type { ResourceChange } from '../model/plan.ts';
import type { StateResource } from '../model/state.ts';
import type { ResourceAttributes, ResourceClient, ResourceObject } from '../providers/provider.ts';
import type { DesiredResource } from './desired.ts';

export interface ExecuteOptions {
  readonly parallelism: number;
  readonly run: string;
  readonly now: () => string;
  readonly client: (change: ResourceChange) => ResourceClient;
  readonly desired: ReadonlyMap<Address, DesiredResource>;
  readonly stored: (address: Address) => StateResource | undefined;
  /** Stores the state of one resource durably; `undefined` removes it. */
  readonly checkpoint: (address: Address, resource: StateResource | undefined) => Promise<void>;
  readonly onStart: (change: ResourceChange) => void;
  readonly onComplete: (change: ResourceChange, id: string | undefined) => void;
  readonly onError: (change: ResourceChange, error: unknown) => void;
  readonly signal?: AbortSignal;
}

/**
 * @throws the first error, after everything that was under way has ended; what depends on a failed
 *   change is not tried
 */
export async function execute(changes: readonly ResourceChange[], options: ExecuteOptions): Promise<void> {
  const pending = new Map(changes.map((change) => [change.address, change]));
  const errors: unknown[] = [];
  const limit = pLimit(options.parallelism);
  while (pending.size > 0) {
    const ready = [...pending.values()].filter((change) => prerequisites(change, pending).length === 0);
    if (ready.length === 0) {
      if (errors.length > 0) break;
      throw new SynclineError(
        'CONFIG_CIRCULAR_DEPENDENCY',
        `These resources wait for each other: ${[...pending.keys()].join(', ')}.`,
      );
    }
    for (const change of ready) pending.delete(change.address);
    await Promise.all(
      ready.map((change) =>
        limit(async () => {
          if (options.signal?.aborted) throw options.signal.reason;
          options.onStart(change);
          try {
            const id = await executeChange(change, options);
            options.onComplete(change, id);
          } catch (error) {
            options.onError(change, error);
            errors.push(error);
            dropDependents(change.address, pending);
          }
        }),
      ),
    );
  }
  if (errors.length > 0) throw errors[0];
}

function prerequisites(change: ResourceChange, pending: ReadonlyMap<Address, ResourceChange>): readonly Address[] {
  if (change.action !== 'delete' && change.action !== 'forget') return change.dependsOn.filter((address) => pending.has(address));
  // Removal runs the other way round: first what depends on it.
  return [...pending.values()].filter((other) => other.dependsOn.includes(change.address)).map((other) => other.address);
}

function dropDependents(address: Address, pending: Map<Address, ResourceChange>): void {
  for (const other of pending.values()) {
    if (!other.dependsOn.includes(address)) continue;
    pending.delete(other.address);
    dropDependents(other.address, pending);
  }
}

async function executeChange(change: ResourceChange, options: ExecuteOptions): Promise<string | undefined> {
  const stored = options.stored(change.address);
  if (change.action === 'forget') {
    await options.checkpoint(change.address, undefined);
    return undefined;
  }
  const client = options.client(change);
  if (change.action === 'delete') {
    await options.checkpoint(change.address, intent(stored!, 'delete', options));
    await client.delete(change.id!);
    await options.checkpoint(change.address, undefined);
    return undefined;
  }
  const desired = options.desired.get(change.address)!;
  if (change.action === 'update') {
    if (change.reason === 'settings_changed') {
      await options.checkpoint(change.address, withSettings(stored!, desired, options));
      return change.id;
    }
    const object = await client.update(change.id!, attributesOf(change, desired), desired.attributes);
    await options.checkpoint(change.address, settled(desired, object, stored?.created_by_syncline ?? true, options));
    return object.id;
  }
  if (change.action === 'import') {
    const object = await adopt(client, change, desired);
    await options.checkpoint(change.address, settled(desired, object, false, options));
    return object.id;
  }
  if (change.action === 'no-op' || change.action === 'read') {
    await options.checkpoint(change.address, expected(desired, change, options));
    return change.id;
  }
  if (change.action === 'replace') {
    await options.checkpoint(change.address, intent(stored!, 'replace', options));
    await client.delete(change.id!);
  }
  await options.checkpoint(change.address, intent(blank(desired, options), 'create', options));
  // A half-made object may be hidden from listings, so that the plan did not see it; the stored intent tells.
  const begun = change.reason === 'interrupted' || stored?.pending?.action === 'create';
  const object = begun ? await complete(client, change, desired) : await client.create(desired.attributes);
  await options.checkpoint(change.address, settled(desired, object, true, options));
  return object.id;
}

/** The attributes that the object has, without what only the state keeps of it. */
function attributesOf(change: ResourceChange, desired: DesiredResource): ResourceAttributes {
  return Object.fromEntries(Object.entries(change.before!).filter(([name]) => Object.hasOwn(desired.attributes, name)));
}

/** Changes what differs from the declaration; where nothing does, the object is only read. */
async function adopt(client: ResourceClient, change: ResourceChange, desired: DesiredResource): Promise<ResourceObject> {
  if (canonicalize(change.before) !== canonicalize(desired.attributes))
    return client.update(change.id!, change.before!, desired.attributes);
  const object = await client.read(change.id!);
  if (object !== undefined) return object;
  const detail = `The ${change.type} with the id ${change.id!} was deleted while it was being imported.`;
  throw new SynclineError('RESOURCE_IMPORT_MISSING', detail, { address: change.address });
}

/** Finishes a create of which the first call went through and a later one did not. */
async function complete(client: ResourceClient, change: ResourceChange, desired: DesiredResource): Promise<ResourceObject> {
  const found = await client.find(desired.attributes);
  if (found === undefined) return client.create(desired.attributes);
  return client.update(found.id, found.attributes, change.after!);
}

function intent(resource: StateResource, action: 'create' | 'delete' | 'replace', options: ExecuteOptions): StateResource {
  return { ...resource, pending: { action, since: options.now(), run: options.run } };
}

function blank(desired: DesiredResource, options: ExecuteOptions): StateResource {
  return {
    type: desired.type.type,
    integration: desired.integration,
    mode: desired.mode,
    id: null,
    attributes: desired.attributes,
    computed: {},
    created_by_syncline: true,
    prevent_destroy: desired.preventDestroy,
    depends_on: desired.dependsOn,
    applied_at: options.now(),
  };
}

function withSettings(stored: StateResource, desired: DesiredResource, options: ExecuteOptions): StateResource {
  return {
    ...stored,
    prevent_destroy: desired.preventDestroy,
    depends_on: desired.dependsOn,
    applied_at: options.now(),
  };
}

function settled(
  desired: DesiredResource,
  object: ResourceObject,
  createdBySyncline: boolean,
  options: ExecuteOptions,
): StateResource {
  const computed = Object.fromEntries(desired.type.computed.map((name) => [name, object.attributes[name] ?? null]));
  return { ...blank(desired, options), id: object.id, computed, created_by_syncline: createdBySyncline };
}

function expected(desired: DesiredResource, change: ResourceChange, options: ExecuteOptions): StateResource {
  return { ...blank(desired, options), id: change.id ?? null, created_by_syncline: false };
}
