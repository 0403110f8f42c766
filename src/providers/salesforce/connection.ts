/**
 * One integration, connected: authentication on the first call, then records and resources over one
 * client and one cache of descriptions.
 */
import type { ConnectOptions, Connection, ObjectDescription, RecordClient } from '../provider.ts';
import { fieldAbsences } from './absences.ts';
import { checkConnection } from './check.ts';
import { createApiClient } from './client.ts';
import type { ApiClient } from './client.ts';
import { createDescribeCache, describeObject, requiredOnCreate } from './describe.ts';
import type { DescribeCache } from './describe.ts';
import { queryRows } from './query.ts';
import { createResourceClients } from './resources.ts';
import { createReader } from './stream.ts';
import { CALL_RECORDS, createWriter, MAX_BATCH_RECORDS } from './writer.ts';
import { allAtOnce } from '../request-pages.ts';

export function createConnection(options: ConnectOptions): Connection {
  const client = createApiClient(options);
  const cache = createDescribeCache(client, options.clock);
  const resources = createResourceClients(client, cache, options.clock);
  return {
    async account(known) {
      const { organizationId } = await client.session();
      if (known?.id === organizationId) return known;
      const [organization] = await queryRows(client, 'SELECT Id, Name FROM Organization');
      const name = organization?.['Name'];
      return { id: organizationId, label: typeof name === 'string' ? name : organizationId };
    },
    check: () => checkConnection(client, cache),
    describe: (object, paths) => describeObject(cache, object, paths),
    absences: (object, missing) => fieldAbsences(client, cache, object, missing),
    records: (object, settings) => createRecordClient(client, cache, object, settings?.externalId),
    resources: (type) => {
      const provisioned = resources(type);
      return {
        ...provisioned,
        update: (...parameters) => provisioned.update(...parameters).finally(() => cache.forget()),
        delete: (id) => provisioned.delete(id).finally(() => cache.forget()),
      };
    },
    usage: () => client.usage(),
    close: () => client.close(),
  };
}

function createRecordClient(
  client: ApiClient,
  cache: DescribeCache,
  object: ObjectDescription,
  externalId: string | undefined,
): RecordClient {
  const reader = createReader(client, object);
  const writer = createWriter(client, object, externalId);
  const described = cache.known(object.object);
  const required =
    described === undefined
      ? object.fields.filter((field) => field.required).map((field) => field.path)
      : requiredOnCreate(described);
  return {
    object,
    writer: {
      maxBatchRecords: MAX_BATCH_RECORDS,
      callRecords: CALL_RECORDS,
      requiredOnCreate: required,
      createIsUpsert: externalId !== undefined,
    },
    ...reader,
    ...writer,
    // Collections answer at once: there are no jobs to find again.
    resume: (_handle, requests) =>
      allAtOnce(requests, async (all) =>
        all.map(() => ({ status: 'unknown', message: 'Salesforce writes are answered at once and leave no job.' })),
      ),
    price: { ...reader.price, ...writer.price },
  };
}
