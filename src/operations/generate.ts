/** Writes down what an account holds already, as resources: for whoever begins with an account that is in use. */
import { addressOf } from '../model/address.ts';
import type { Configuration } from '../config/configuration.ts';
import { faultsOfDocument, type PrintedDocument } from '../config/print-documents.ts';
import { schemaFiles } from '../config/schema-files.ts';
import { SynclineError } from '../model/errors.ts';
import type { ResourceAttributes, ResourceClient, ResourceObject, ResourceType } from '../providers/provider.ts';
import type { OperatedStack } from './applied-stack.ts';
import { createConnections } from './connections.ts';
import { desiredState } from './desired-state.ts';
import type { Runtime } from './runtime.ts';
import { openWorkspace } from './workspace.ts';

export interface GenerateOptions {
  readonly integration: string;
  /** Whether Syncline is to manage the objects, so that they are imported; otherwise they are only expected. */
  readonly managed: boolean;
}

export interface Generated {
  readonly documents: readonly PrintedDocument[];
  /** How many objects the configuration or the state has already. */
  readonly known: number;
  /** What no document can say, with the reason. */
  readonly leftOut: readonly { readonly type: string; readonly key: string; readonly reason: string }[];
}

/**
 * Asks the vendor for every object of every type. Writes nothing.
 * @throws SynclineError CHECK_UNKNOWN_INTEGRATION
 */
export async function generate(
  runtime: Runtime,
  configuration: Configuration,
  stack: OperatedStack,
  { integration, managed }: GenerateOptions,
): Promise<Generated> {
  if (!configuration.integrations.has(integration)) {
    throw new SynclineError('CHECK_UNKNOWN_INTEGRATION', `There is no integration "${integration}".`, {
      hint: `Integrations: ${[...configuration.integrations.keys()].join(', ')}.`,
    });
  }
  const { state } = await openWorkspace(runtime, stack);
  const desired = desiredState(configuration, stack, {});
  const specifications = desired.specifications.filter(({ kind }) => kind === 'Integration');
  const connections = createConnections(
    runtime,
    new Map(specifications.map(({ address, specification }) => [address.split('/')[1]!, specification])),
    state,
  );
  const documents: PrintedDocument[] = [];
  const leftOut: Generated['leftOut'][number][] = [];
  const taken = new Set(configuration.resources.keys());
  let known = 0;
  try {
    const connection = await connections.connect(integration);
    for (const type of Object.values(connections.provider(integration).resourceTypes)) {
      const client = connection.resources(type.type);
      const declared = new Set(
        [...desired.resources.values()]
          .filter((resource) => resource.integration === integration && resource.type.type === type.type)
          .map(({ attributes }) => type.key(attributes)),
      );
      const ids = new Set(
        Object.values(state.resources).flatMap((stored) =>
          stored.integration === integration && stored.type === type.type && stored.id !== null ? [stored.id] : [],
        ),
      );
      for await (const page of client.list()) {
        for (const listed of page) {
          const key = type.key(listed.attributes);
          if (declared.has(key) || ids.has(listed.id)) known += 1;
          else {
            declared.add(key);
            const object = managed ? await completed(client, type, listed) : listed;
            const made = describe(integration, type, object, managed, nameFor(type, listed, taken));
            if ('reason' in made) leftOut.push({ type: type.type, key, reason: made.reason });
            else {
              taken.add(made.documents[0]!.name);
              documents.push(...made.documents);
            }
          }
        }
      }
    }
  } finally {
    await connections.close();
  }
  return { documents, known, leftOut };
}

/** Reads an object whose listing does not show all that a document would say of it. */
async function completed(client: ResourceClient, type: ResourceType, listed: ResourceObject): Promise<ResourceObject> {
  const wanted = Object.keys(type.normalize(listed.attributes));
  if (wanted.every((name) => listed.attributes[name] !== undefined)) return listed;
  return (await client.read(listed.id)) ?? listed;
}

function describe(
  integration: string,
  type: ResourceType,
  { id, attributes }: ResourceObject,
  managed: boolean,
  name: string,
): { readonly documents: readonly PrintedDocument[] } | { readonly reason: string } {
  const isManaged = managed && type.create;
  if (!isManaged && type.access !== undefined && attributes[type.access] === false)
    return { reason: 'It is hidden from these credentials.' };
  const spec = {
    integration,
    type: type.type,
    ...(isManaged ? {} : { mode: 'expected' }),
    attributes: tellingAttributes(type, attributes),
  };
  const faults = [
    ...faultsOfDocument({ kind: 'Resource', name, spec }),
    ...type.validate(type.normalize(spec.attributes)).flatMap(({ severity, detail }) => (severity === 'error' ? [detail] : [])),
  ];
  if (faults.length > 0) return { reason: faults.join(' ') };
  const resource = { kind: 'Resource', name, spec };
  const imported = { kind: 'Import', name, spec: { to: addressOf('Resource', name), id } };
  return { documents: isManaged ? [resource, imported] : [resource] };
}

/** What has to be said: neither what the vendor computes, nor what would be the same unsaid. */
function tellingAttributes(type: ResourceType, attributes: ResourceAttributes): ResourceAttributes {
  const said = Object.entries(attributes).filter(
    ([name, value]) => value !== null && value !== undefined && value !== '' && !type.computed.includes(name),
  );
  const all = Object.fromEntries(said);
  const needed = schemaFiles().get(`resource-types/${type.type}.schema.json`)?.required ?? [];
  const isTelling = ([name, value]: readonly [string, unknown]): boolean => {
    if (needed.includes(name)) return true;
    const { [name]: _, ...others } = all;
    return JSON.stringify(type.normalize(others)[name]) !== JSON.stringify(value);
  };
  return Object.fromEntries(said.filter(isTelling));
}

/** A name for a document: from the object's own, which may be in any script and longer than a name can be. */
function nameFor(type: ResourceType, { id, attributes }: ResourceObject, taken: ReadonlySet<string>): string {
  const kind = type.type.slice(type.type.indexOf('/') + 1);
  const words = slugOf(type.key(attributes).replace(/__c$/, ''));
  const candidates = words === '' ? [] : [words, `${kind}-${words}`.slice(0, MAX_WORDS)];
  const base = candidates.at(-1) ?? slugOf(`${kind}-${id}`);
  for (let number = 2; ; number += 1) {
    const free = [...candidates, base].find((name) => !taken.has(name));
    if (free !== undefined) return free;
    candidates.push(`${base}-${number}`);
  }
}

/** Leaves room for what makes a name unique; names have 63 characters at most. */
const MAX_WORDS = 56;

function slugOf(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/([a-z])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_WORDS)
    .replaceAll(/^-+|-+$/g, '');
}
