/** Takes an object over at once: it is noted in the state as the resource that the configuration declares. */
import { addressOf, type Address } from '../model/address.ts';
import type { Configuration } from '../config/configuration.ts';
import { SynclineError } from '../model/errors.ts';
import type { StateResource } from '../model/state.ts';
import { toInstant } from '../model/time.ts';
import type { DesiredResource } from '../resources/desired.ts';
import type { OperatedStack } from './applied-stack.ts';
import { createConnections } from './connections.ts';
import { desiredState } from './desired-state.ts';
import { importedAlready } from './import-conflict.ts';
import type { Runtime } from './runtime.ts';
import { underLock } from './under-lock.ts';

export interface ImportedResource {
  readonly address: Address;
  readonly type: string;
  readonly integration: string;
  readonly id: string;
}

/**
 * Nothing is changed at the vendor: where the object differs from its declaration, the next plan says so.
 * @throws SynclineError RESOURCE_IMPORT_UNDECLARED, RESOURCE_IMPORT_CONFLICT, RESOURCE_IMPORT_MISSING
 */
export function importResource(
  runtime: Runtime,
  configuration: Configuration,
  stack: OperatedStack,
  address: Address,
  id: string,
): Promise<ImportedResource> {
  return underLock(runtime, stack, 'import', async ({ workspace, ledger, lock, writer }) => {
    const desired = desiredState(configuration, stack, {});
    const resource = managedResource(desired.resources.get(address), address);
    const conflict = importedAlready(workspace.state, resource, id);
    if (conflict !== undefined)
      throw new SynclineError('RESOURCE_IMPORT_CONFLICT', conflict.detail, { address, hint: conflict.hint });
    const integration = addressOf('Integration', resource.integration);
    const { specification } = desired.specifications.find((one) => one.address === integration)!;
    const connections = createConnections(
      runtime,
      new Map([[resource.integration, specification]]),
      workspace.state,
      ledger,
      lock,
    );
    try {
      const connection = await connections.connect(resource.integration);
      const object = await connection.resources(resource.type.type).read(id);
      if (object === undefined) {
        throw new SynclineError(
          'RESOURCE_IMPORT_MISSING',
          `${resource.integration} has no ${resource.type.type} with the id ${id}.`,
          { address, hint: `Write down what there is, with its ids:\n  syncline generate ${resource.integration} --managed` },
        );
      }
      await writer.audit('imported', null, { address, id });
      await writer.update((state) => ({
        ...state,
        accounts: { ...state.accounts, ...connections.accounts() },
        resources: { ...state.resources, [address]: imported(resource, object, toInstant(runtime.clock.now())) },
      }));
      await ledger.bind(writer.state().lineage);
      return { address, type: resource.type.type, integration: resource.integration, id: object.id };
    } finally {
      await connections.recordCalls(ledger);
      await connections.close();
    }
  });
}

function managedResource(resource: DesiredResource | undefined, address: Address): DesiredResource {
  if (resource?.mode === 'managed') return resource;
  const detail =
    resource === undefined
      ? `The configuration declares no ${address}.`
      : `${address} is only expected: Syncline manages nothing of it.`;
  throw new SynclineError('RESOURCE_IMPORT_UNDECLARED', detail, {
    address,
    hint: 'Declare the object first, as it is or as it is to be, without "mode: expected".',
  });
}

function imported(
  { type, integration, attributes, preventDestroy, dependsOn }: DesiredResource,
  object: { readonly id: string; readonly attributes: Readonly<Record<string, unknown>> },
  at: string,
): StateResource {
  const valueOf = (name: string) => [name, object.attributes[name] ?? null] as const;
  return {
    type: type.type,
    integration,
    mode: 'managed',
    id: object.id,
    attributes: Object.fromEntries(
      Object.keys(attributes)
        .filter((name) => !type.sensitive.includes(name))
        .map(valueOf),
    ),
    computed: Object.fromEntries(type.computed.map(valueOf)),
    created_by_syncline: false,
    prevent_destroy: preventDestroy,
    depends_on: dependsOn,
    applied_at: at,
  };
}
