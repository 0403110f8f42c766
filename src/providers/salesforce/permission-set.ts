/** The resource type `salesforce/permission-set`: a named set of rights that is assigned to users. */
import { ProviderError } from '../../model/errors.ts';
import type { ResourceAttributes, ResourceClient, ResourceObject, ResourceType } from '../provider.ts';
import type { ApiClient } from './client.ts';
import { queryRows } from './query.ts';
import { createRecord, deleteRecord, updateRecord } from './record-call.ts';
import { isRecordId } from './record-id.ts';
import { rowId } from './rows.ts';
import type { Row } from './rows.ts';
import { quote } from './soql.ts';

export const permissionSetType: ResourceType = {
  type: 'salesforce/permission-set',
  replaceOn: ['name'],
  computed: [],
  sensitive: [],
  create: true,
  update: true,
  delete: true,
  holdsData: false,
  key: (attributes) => String(attributes['name']),
  normalize: (attributes) => ({ name: attributes['name'], label: attributes['label'] ?? attributes['name'] }),
  validate: () => [],
  steps: (attributes) => [
    'In Setup, open Permission Sets and choose New.',
    `Make a permission set with the label "${String(attributes['label'] ?? attributes['name'])}" and the API name "${String(attributes['name'])}".`,
    'Assign it to the user of the integration.',
  ],
};

export function createPermissionSetClient(client: ApiClient): ResourceClient {
  // Profiles own permission sets too, which are not for anybody to change.
  const select = 'SELECT Id, Name, Label FROM PermissionSet WHERE IsOwnedByProfile = false';

  async function one(condition: string): Promise<ResourceObject | undefined> {
    const [row] = await queryRows(client, `SELECT Id, Name, Label FROM PermissionSet WHERE ${condition}`);
    return row === undefined ? undefined : toObject(row);
  }

  const read = async (id: string): Promise<ResourceObject | undefined> => (isRecordId(id) ? one(`Id = ${quote(id)}`) : undefined);
  const find = (attributes: ResourceAttributes): Promise<ResourceObject | undefined> =>
    one(`Name = ${quote(String(attributes['name']))}`);
  const values = (attributes: ResourceAttributes): Record<string, unknown> => ({
    Name: attributes['name'],
    Label: attributes['label'],
  });

  return {
    async *list() {
      yield (await queryRows(client, select)).map(toObject);
    },
    read,
    find,
    async create(attributes) {
      try {
        const id = await createRecord(client, 'PermissionSet', values(attributes));
        return { id, attributes: { name: attributes['name'], label: attributes['label'] } };
      } catch (error) {
        const found = error instanceof ProviderError && error.outcomeUnknown ? await find(attributes) : undefined;
        if (found === undefined) throw error;
        return found;
      }
    },
    async update(id, _before, after) {
      await updateRecord(client, 'PermissionSet', id, values(after));
      return { id, attributes: { name: after['name'], label: after['label'] } };
    },
    delete: (id) => deleteRecord(client, 'PermissionSet', id),
  };
}

function toObject(row: Row): ResourceObject {
  return { id: rowId(row), attributes: { name: row['Name'], label: row['Label'] } };
}
