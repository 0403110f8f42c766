import type { ResourceClient, ResourceObject, ResourceType } from '../providers/provider.ts';

/** All objects of one resource type of one integration, found by id and by natural key. */
export interface RemoteObjects {
  byId(id: string): ResourceObject | undefined;
  byKey(key: string): ResourceObject | undefined;
}

/** Lists a type once, whatever the number of resources: calls grow with the vendor's pages only. */
export async function listObjects(type: ResourceType, client: ResourceClient): Promise<RemoteObjects> {
  const byId = new Map<string, ResourceObject>();
  const byKey = new Map<string, ResourceObject>();
  for await (const page of client.list()) {
    for (const object of page) {
      byId.set(object.id, object);
      byKey.set(type.key(object.attributes), object);
    }
  }
  return { byId: (id) => byId.get(id), byKey: (key) => byKey.get(key) };
}
