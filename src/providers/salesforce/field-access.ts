/**
 * Access to custom fields.
 *
 * A field made through the API is hidden from everybody, its maker included, until a permission set
 * (or profile) grants it; until then describe leaves it out and writing it is refused. Syncline
 * grants its fields in one permission set of its own, assigned to the integration's user.
 */
import { ProviderError } from '../../model/errors.ts';
import type { ApiClient } from './client.ts';
import { queryRows } from './query.ts';
import { createRecord } from './record-call.ts';
import { rowId } from './rows.ts';
import { quote } from './soql.ts';

const PERMISSION_SET_NAME = 'Syncline';

export interface FieldAccess {
  /** Grants reading and editing of one field to the integration's user. May be repeated. */
  grant(object: string, field: string): Promise<void>;
}

export function createFieldAccess(client: ApiClient): FieldAccess {
  let ready: Promise<string> | undefined;

  /** The permission set, made and assigned once a connection; many fields are granted at the same time. */
  function permissionSet(): Promise<string> {
    ready ??= preparePermissionSet(client).catch((error: unknown) => {
      ready = undefined;
      throw error;
    });
    return ready;
  }

  return {
    async grant(object, field) {
      const parentId = await permissionSet();
      const access = { PermissionsRead: true, PermissionsEdit: true };
      const name = `${object}.${field}`;
      try {
        await createRecord(client, 'FieldPermissions', { ParentId: parentId, SobjectType: object, Field: name, ...access });
      } catch (error) {
        if (!(error instanceof ProviderError) || (error.vendorCode !== 'DUPLICATE_VALUE' && !error.outcomeUnknown)) throw error;
        const [existing] = await queryRows(
          client,
          `SELECT Id FROM FieldPermissions WHERE ParentId = ${quote(parentId)} AND SobjectType = ${quote(object)} AND Field = ${quote(name)}`,
        );
        if (existing === undefined) throw error;
        await client.call({
          method: 'PATCH',
          path: `/sobjects/FieldPermissions/${rowId(existing)}`,
          body: access,
          effect: 'repeatable',
        });
      }
    },
  };
}

async function preparePermissionSet(client: ApiClient): Promise<string> {
  const { userId } = await client.session();
  const findSet = async (): Promise<string | undefined> => {
    const [row] = await queryRows(client, `SELECT Id FROM PermissionSet WHERE Name = ${quote(PERMISSION_SET_NAME)}`);
    return row === undefined ? undefined : rowId(row);
  };
  const found = await findSet();
  const id =
    found ?? (await createOrFind(client, 'PermissionSet', { Name: PERMISSION_SET_NAME, Label: PERMISSION_SET_NAME }, findSet));

  const findAssignment = async (): Promise<string | undefined> => {
    const [row] = await queryRows(
      client,
      `SELECT Id FROM PermissionSetAssignment WHERE PermissionSetId = ${quote(id)} AND AssigneeId = ${quote(userId)}`,
    );
    return row === undefined ? undefined : rowId(row);
  };
  if (found === undefined || (await findAssignment()) === undefined) {
    await createOrFind(client, 'PermissionSetAssignment', { PermissionSetId: id, AssigneeId: userId }, findAssignment);
  }
  return id;
}

/** Creates what does not exist, and finds it where somebody was faster or the answer to the creation was lost. */
async function createOrFind(
  client: ApiClient,
  object: string,
  values: Readonly<Record<string, unknown>>,
  find: () => Promise<string | undefined>,
): Promise<string> {
  try {
    return await createRecord(client, object, values);
  } catch (error) {
    const exists =
      error instanceof ProviderError && (error.outcomeUnknown || error.vendorCode?.startsWith('DUPLICATE_') === true);
    const id = exists ? await find() : undefined;
    if (id === undefined) throw error;
    return id;
  }
}
