import type { Declaration } from '../config/configuration.ts';
import type { Diagnostic } from '../model/diagnostics/diagnostic.ts';
import type { State, StateResource } from '../model/state.ts';
import type { DesiredResource } from '../resources/desired.ts';

/** What keeps an object from being imported: its resource is another object already, or another resource is this object. */
export function importConflict(
  state: State,
  resource: DesiredResource,
  { spec: { id }, source }: Declaration<'Import'>,
): Diagnostic | undefined {
  const found = importedAlready(state, resource, id);
  return found === undefined
    ? undefined
    : {
        severity: 'error',
        code: 'RESOURCE_IMPORT_CONFLICT',
        address: resource.address,
        source: source(['spec', 'id']),
        ...found,
      };
}

/** What is in the way of an import, and how it can be taken out of it; `undefined` where nothing is. */
export function importedAlready(
  state: State,
  resource: DesiredResource,
  id: string,
): { readonly detail: string; readonly hint: string } | undefined {
  const stored = state.resources[resource.address];
  if (stored?.id === id) return undefined;
  const isSame = (other: StateResource): boolean =>
    other.id === id && other.type === resource.type.type && other.integration === resource.integration;
  const owner = stored?.id == null ? Object.entries(state.resources).find(([, other]) => isSame(other))?.[0] : resource.address;
  if (owner === undefined) return undefined;
  const detail =
    owner === resource.address
      ? `${owner} is the object with the id ${stored!.id} already.`
      : `The object with the id ${id} is ${owner} already.`;
  return { detail, hint: `If that is not meant any more, forget it first:\n  syncline state rm ${owner}` };
}
