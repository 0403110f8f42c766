/** Data fields of contacts. They are made and removed, never changed; their id is their name. */
import { ProviderError } from '../../model/errors.ts';
import { pathSegment } from '../../http/address.ts';
import { vendorWords } from '../../http/vendor-words.ts';
import type { ResourceClient, ResourceObject } from '../provider.ts';
import { readDataFields } from './account-directory.ts';
import type { Api } from './api.ts';
import { attributesOf } from './resource-types.ts';
import { isRow, rowOf, text, unexpected, type Row } from './rows.ts';

const TYPE = 'dotdigital/data-field';
const PATH = '/v2/data-fields';
/** How many of the objects that use a field are named in a message. */
const NAMED = 10;

export function createDataFieldClient(api: Api): ResourceClient {
  const toObject = (row: Row): ResourceObject => ({ id: text(row['name']).toUpperCase(), attributes: attributesOf(TYPE, row) });
  const all = async (): Promise<ResourceObject[]> => (await readDataFields(api)).map(toObject);
  const read = async (name: string): Promise<ResourceObject | undefined> =>
    (await all()).find((field) => field.id === name.toUpperCase());
  return {
    async *list() {
      yield await all();
    },
    read,
    find: (attributes) => read(text(attributes['name'])),
    async create(attributes) {
      const json = {
        name: text(attributes['name']),
        type: text(attributes['type']),
        visibility: text(attributes['visibility']) || 'Private',
        defaultValue: attributes['defaultValue'] ?? null,
      };
      const answer = await api.call({ tier: 'medium', method: 'POST', path: PATH, json });
      return toObject(rowOf(api, answer.json, 'a data field'));
    },
    async update(id) {
      // Nothing of a data field can be changed; `update` only adopts what is there.
      const field = await read(id);
      if (field === undefined) throw unexpected(api, `no data field "${id}" although it was there a moment ago`);
      return field;
    },
    async delete(id) {
      // The documentation refuses with 200, the specification with 409; a field that is gone is removed as well.
      const path = `${PATH}/${pathSegment(id)}`;
      const answer = await api.call({ tier: 'medium', method: 'DELETE', path, accept: [404, 409], idempotent: true });
      const json = isRow(answer.json) ? answer.json : {};
      if (answer.status === 404 || (answer.status !== 409 && json['result'] !== false)) return;
      const users = dependenciesOf(json['dependencies']);
      throw new ProviderError(
        'PROVIDER_REFUSED',
        `Dotdigital does not remove the data field "${id}" while it is used${users === '' ? '' : `: ${users}`}.`,
        {
          integration: api.integration,
          status: answer.status,
          hint: 'Take the field out of these in Dotdigital, then plan again.',
        },
      );
    },
  };
}

/** Sentences in one form of the answer, objects of a type in the other. */
function dependenciesOf(dependencies: unknown): string {
  const all = Array.isArray(dependencies) ? dependencies : [];
  const named = all
    .slice(0, NAMED)
    .map((one) => (isRow(one) ? `${text(one['type'])} ${text(one['objectId'])}` : vendorWords(text(one))));
  return [...named, ...(all.length > NAMED ? [`${all.length - NAMED} more`] : [])].join('; ');
}
