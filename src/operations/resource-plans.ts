/** What planning says of resources: each declared one against the state and the vendor, and each that is declared no more. */
import type { Address } from '../model/address.ts';
import type { Configuration } from '../config/configuration.ts';
import type { Diagnostic } from '../model/diagnostics/diagnostic.ts';
import type { ResourceChange } from '../model/plan.ts';
import type { State } from '../model/state.ts';
import { PROVIDERS } from '../providers/registry.ts';
import { diffRemoved, diffResource } from '../resources/diff.ts';
import { listObjects, type RemoteObjects } from '../resources/refresh.ts';
import type { DesiredResource } from '../resources/desired.ts';
import type { Connections } from './connections.ts';
import type { PlanOptions } from './plan.ts';
import type { DesiredState } from './desired-state.ts';
import { importConflict } from './import-conflict.ts';

export async function planResources(
  configuration: Configuration,
  desired: DesiredState,
  state: State,
  connections: Connections,
  options: Pick<PlanOptions, 'offline' | 'destroy'>,
) {
  const changes: ResourceChange[] = [];
  const drift: ResourceChange[] = [];
  const diagnostics: Diagnostic[] = [];
  const listings = new Map<string, Promise<RemoteObjects>>();
  const remote = async (integration: string, type: string): Promise<RemoteObjects | undefined> => {
    if (options.offline) return undefined;
    const place = `${integration}|${type}`;
    const listing = listings.get(place) ?? listOf(connections, integration, type);
    listings.set(place, listing);
    return listing;
  };
  // One listing a type, all at once.
  await Promise.all([...desired.resources.values()].map(({ integration, type }) => remote(integration, type.type)));
  const imported = new Map([...configuration.imports.values()].map((document) => [document.spec.to, document]));
  for (const resource of desired.resources.values()) {
    const document = imported.get(resource.address);
    const stored = state.resources[resource.address];
    const listed = await remote(resource.integration, resource.type.type);
    const objects =
      listed === undefined || stored?.id != null ? listed : await completed(connections, resource, listed, document?.spec.id);
    const found = diffResource(resource, stored, objects, document?.spec.id);
    const conflict = document === undefined ? undefined : importConflict(state, resource, document);
    if (conflict !== undefined) diagnostics.push(conflict);
    changes.push(found.change);
    if (found.drift !== undefined) drift.push(found.drift);
    if (found.diagnostic !== undefined) diagnostics.push(found.diagnostic);
  }
  const removals = new Map([...configuration.removed.values()].map(({ spec }) => [spec.address, spec.destroy]));
  for (const [address, stored] of Object.entries(state.resources)) {
    if (desired.resources.has(address as Address)) continue;
    const type = PROVIDERS[stored.type.split('/')[0]!]?.resourceTypes[stored.type];
    const destroyed = options.destroy?.withData === true && stored.created_by_syncline && type?.delete === true;
    const found = diffRemoved(address as Address, stored, type, removals.get(address) ?? (destroyed ? true : undefined));
    changes.push(found.change);
    if (found.diagnostic !== undefined) diagnostics.push(found.diagnostic);
  }
  return { changes, drift, diagnostics };
}

async function listOf(connections: Connections, integration: string, type: string): Promise<RemoteObjects> {
  const connection = await connections.connect(integration);
  return listObjects(connections.provider(integration).resourceTypes[type]!, connection.resources(type));
}

/** What is about to be taken over is read in full, where its listing does not show all that is declared of it. */
async function completed(
  connections: Connections,
  { integration, type, attributes, adopt }: DesiredResource,
  listed: RemoteObjects,
  importing: string | undefined,
): Promise<RemoteObjects> {
  const object = importing !== undefined ? listed.byId(importing) : adopt ? listed.byKey(type.key(attributes)) : undefined;
  if (object === undefined || Object.keys(attributes).every((name) => object.attributes[name] !== undefined)) return listed;
  const full = await (await connections.connect(integration)).resources(type.type).read(object.id);
  return { byId: () => full, byKey: () => full };
}
