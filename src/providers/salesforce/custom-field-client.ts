/**
 * Custom fields in an org: made through the Tooling API, granted, and awaited until they show.
 *
 * A creation is three steps (field, access, visible), each of which may be repeated. One that was
 * interrupted is found again with `visible: false`, which the next plan sees and `update` completes.
 */
import { ProviderError } from '../../model/errors.ts';
import type { Clock } from '../../model/time.ts';
import type { ResourceClient, ResourceObject } from '../provider.ts';
import type { ApiClient } from './client.ts';
import { fromDescribe, fromMetadata, normalizeCustomField, supportedObjects, toMetadata } from './custom-field.ts';
import type { CustomField } from './custom-field.ts';
import { apiName, splitName } from './custom-field-name.ts';
import type { DescribeCache } from './describe.ts';
import type { FieldAccess } from './field-access.ts';
import { queryRows } from './query.ts';
import { createRecord, deleteRecord, updateRecord } from './record-call.ts';
import { isRecordId } from './record-id.ts';
import { isRow, rowId } from './rows.ts';
import type { Row } from './rows.ts';
import { quote } from './soql.ts';

const TOOLING = '/tooling';
/** How long a new field is waited for: describe answers come from a cache that lags by seconds. */
const VISIBLE_ATTEMPTS = 10;
const VISIBLE_PAUSE_MS = 2000;
/** `Metadata` and `FullName` may be selected only by a query that finds one row. */
const DETAILS = 'Id, DeveloperName, TableEnumOrId, NamespacePrefix, FullName, Metadata';

interface Context {
  readonly client: ApiClient;
  readonly cache: DescribeCache;
  readonly access: FieldAccess;
  readonly clock: Clock;
}

export function createCustomFieldClient({ client, cache, access, clock }: Context): ResourceClient {
  async function isVisible(object: string, name: string): Promise<boolean> {
    const shows = (fields: readonly { readonly name: string }[]): boolean => fields.some((field) => field.name === name);
    // What was seen once is believed for the rest of the run; what was not is asked for again.
    const seen = cache.known(object);
    return (seen !== undefined && shows(seen.fields)) || shows((await cache.refresh(object)).fields);
  }

  async function toObject(row: Row): Promise<ResourceObject> {
    const object = String(row['TableEnumOrId']);
    const name = apiName(row);
    const metadata = isRow(row['Metadata']) ? row['Metadata'] : {};
    // A required field is visible to everybody and cannot be granted.
    const visible = metadata['required'] === true || (await isVisible(object, name));
    return { id: rowId(row), attributes: fromMetadata(object, name, metadata, visible) };
  }

  async function findRow(field: Pick<CustomField, 'object' | 'name'>): Promise<Row | undefined> {
    const { developerName, namespace } = splitName(field.name);
    const [row] = await queryRows(
      client,
      `SELECT ${DETAILS} FROM CustomField WHERE DeveloperName = ${quote(developerName)} AND TableEnumOrId = ${quote(field.object)} AND NamespacePrefix = ${namespace === undefined ? 'null' : quote(namespace)}`,
      TOOLING,
    );
    return row;
  }

  async function readRow(id: string): Promise<Row | undefined> {
    if (!isRecordId(id)) return undefined;
    const [row] = await queryRows(client, `SELECT ${DETAILS} FROM CustomField WHERE Id = ${quote(id)}`, TOOLING);
    return row;
  }

  async function makeVisible(field: CustomField): Promise<void> {
    if (!field.visible) return;
    if (field.required !== true) await access.grant(field.object, field.name);
    for (let tried = 1; tried <= VISIBLE_ATTEMPTS; tried += 1) {
      if ((await cache.refresh(field.object)).fields.some((shown) => shown.name === field.name)) return;
      if (tried < VISIBLE_ATTEMPTS) await clock.sleep(VISIBLE_PAUSE_MS);
    }
    throw new ProviderError(
      'PROVIDER_UNAVAILABLE',
      `${field.object}.${field.name} exists, but Salesforce does not show it to this user yet.`,
      {
        integration: client.integration,
        retryable: true,
        hint: 'Run again; the run continues. If it stays hidden, check the permission sets of the integration user.',
      },
    );
  }

  async function existing(id: string): Promise<ResourceObject> {
    const row = await readRow(id);
    if (row === undefined) {
      throw new ProviderError('PROVIDER_REFUSED', `The custom field ${id} does not exist any more.`, {
        integration: client.integration,
        status: 404,
      });
    }
    return toObject(row);
  }

  return {
    async *list() {
      for (const object of supportedObjects()) {
        const rows = await queryRows(
          client,
          `SELECT Id, DeveloperName, TableEnumOrId, NamespacePrefix FROM CustomField WHERE TableEnumOrId = ${quote(object)}`,
          TOOLING,
        );
        if (rows.length === 0) continue;
        const described = new Map((await cache.get(object)).fields.map((field) => [field.name, field]));
        const objects: ResourceObject[] = [];
        for (const row of rows) {
          const name = apiName(row);
          const field = described.get(name);
          // Whoever may not see a field is not told what it is.
          const attributes = field === undefined ? { object, name, visible: false } : fromDescribe(object, field);
          if (attributes !== undefined) objects.push({ id: rowId(row), attributes });
        }
        yield objects;
      }
    },

    async read(id) {
      const row = await readRow(id);
      return row === undefined ? undefined : toObject(row);
    },

    async find(attributes) {
      const row = await findRow(normalizeCustomField(attributes));
      return row === undefined ? undefined : toObject(row);
    },

    async create(attributes) {
      const field = normalizeCustomField(attributes);
      let id: string;
      try {
        id = await createRecord(
          client,
          'CustomField',
          { FullName: `${field.object}.${field.name}`, Metadata: toMetadata(field) },
          TOOLING,
        );
      } catch (error) {
        // The answer was lost: the name tells whether the field was made.
        const row = error instanceof ProviderError && error.outcomeUnknown ? await findRow(field) : undefined;
        if (row === undefined) throw error;
        id = rowId(row);
      }
      await makeVisible(field);
      return existing(id);
    },

    async update(id, before, after) {
      const [old, field] = [normalizeCustomField(before), normalizeCustomField(after)];
      const shrinks = (['length', 'precision', 'scale'] as const).find((key) => (field[key] ?? 0) < (old[key] ?? 0));
      if (shrinks !== undefined) {
        throw new ProviderError(
          'PROVIDER_REFUSED',
          `Making the ${shrinks} of ${field.object}.${field.name} smaller could cut values that exist.`,
          {
            integration: client.integration,
            fault: 'user',
            hint: 'Declare a new field and move the values, or change it in Setup, where Salesforce shows what would be lost.',
          },
        );
      }
      if (JSON.stringify(toMetadata(old)) !== JSON.stringify(toMetadata(field))) {
        const row = await readRow(id);
        // A PATCH replaces the Metadata as a whole: what is not declared here stays as it is.
        const kept = row !== undefined && isRow(row['Metadata']) ? row['Metadata'] : {};
        const metadata = { FullName: `${field.object}.${field.name}`, Metadata: { ...kept, ...toMetadata(field) } };
        await updateRecord(client, 'CustomField', id, metadata, TOOLING);
      }
      if (!old.visible) await makeVisible(field);
      return existing(id);
    },

    delete: (id) => deleteRecord(client, 'CustomField', id, TOOLING),
  };
}
