/** Which entity a resource of a request means: none yet, one by its id, or one found by a unique field. */
import { isObject, pointerFault, type Fault, type JsonObject } from './json-api.ts';
import type { ResourceType } from './resource-type.ts';
import type { Entity, Store } from './store.ts';

export type Target = { readonly entity: Entity | undefined } | Fault;

function refused(pointer: string, detail: string): Fault {
  return pointerFault('value constraint', `${pointer}/meta/upsert`, detail);
}

/** @param pointer where the resource stands */
export function targetOf(store: Store, type: ResourceType, resource: JsonObject, pointer: string): Target {
  const meta = isObject(resource['meta']) ? resource['meta'] : {};
  if (meta['update'] === true) {
    const entity = store.get(type.type, String(resource['id']));
    if (entity !== undefined) return { entity };
    return { status: 404, title: 'not found http exception', detail: 'The entity does not exist.', pointer };
  }
  const upsert = meta['upsert'];
  if (upsert === undefined || upsert === false) return { entity: undefined };
  if (upsert !== true && !Array.isArray(upsert)) return refused(pointer, 'The value should be a boolean or an array of strings.');
  const fields = upsert === true ? ['id'] : upsert.map(String);
  if (fields.length === 1 && fields[0] === 'id')
    return refused(pointer, 'The upsert operation cannot use the entity identifier to find an entity.');
  if (!fields.every((field) => type.attributes[field]?.unique === true))
    return refused(
      pointer,
      `The upsert operation cannot use ${fields.length === 1 ? 'this field' : 'these fields'} to find an entity.`,
    );
  const attributes = isObject(resource['attributes']) ? resource['attributes'] : {};
  const found = [...store.all(type.type)].filter((entity) =>
    fields.every((field) => attributes[field] !== undefined && entity.attributes[field] === attributes[field]),
  );
  if (found.length > 1)
    return { status: 409, title: 'conflict constraint', detail: 'The upsert operation founds more than one entity.' };
  return { entity: found[0] };
}
