/** Tags of contacts, found by their exact name: the vendor's search matches parts of it. */
import { pathSegment } from '../../http/address.ts';
import type { ResourceAttributes, ResourceClient, ResourceObject } from '../provider.ts';
import type { Api } from './api.ts';
import { findObject } from '../find-object.ts';
import { deleteObject, listObjects, readObject } from './resource-rows.ts';
import { textOf } from './resource-types.ts';
import { idOf, rowOf, text, unexpected, type Row } from './rows.ts';

const PATH = '/tags';

export function createTagClient(api: Api): ResourceClient {
  const toObject = (row: Row): ResourceObject => ({
    id: idOf(api, row),
    attributes: { tag: text(row['tag']), description: text(row['description']), tagType: text(row['tagType']) },
  });
  const read = (id: string): Promise<ResourceObject | undefined> => readObject(api, PATH, id, 'tag', toObject);
  return {
    list: () => listObjects(api, PATH, 'tags', toObject),
    read,
    find(attributes) {
      const { tag, tagType } = bodyOf(attributes);
      const pages = listObjects(api, PATH, 'tags', toObject, { search: tag });
      return findObject(pages, (object) => object.attributes['tag'] === tag && object.attributes['tagType'] === tagType);
    },
    async create(attributes) {
      const answer = await api.client.call({ method: 'POST', path: PATH, json: { tag: bodyOf(attributes) } });
      return existing(api, await read(idOf(api, rowOf(api, answer, 'tag'))));
    },
    async update(id, before, after) {
      const wanted = bodyOf(after);
      if (same(bodyOf(before), wanted)) return existing(api, await read(id));
      await api.client.call({ method: 'PUT', path: `${PATH}/${pathSegment(id)}`, json: { tag: wanted }, idempotent: true });
      return existing(api, await read(id));
    },
    delete: (id) => deleteObject(api, PATH, id),
  };
}

interface TagBody {
  readonly tag: string;
  readonly tagType: string;
  readonly description: string;
}

function bodyOf(attributes: ResourceAttributes): TagBody {
  const tagType = textOf(attributes, 'tagType');
  return {
    tag: textOf(attributes, 'tag'),
    tagType: tagType === '' ? 'contact' : tagType,
    description: textOf(attributes, 'description'),
  };
}

function same(a: TagBody, b: TagBody): boolean {
  return a.tag === b.tag && a.tagType === b.tagType && a.description === b.description;
}

function existing(api: Api, tag: ResourceObject | undefined): ResourceObject {
  if (tag === undefined) throw unexpected(api, 'no tag although it was there a moment ago');
  return tag;
}
