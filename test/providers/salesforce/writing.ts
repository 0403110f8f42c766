/** Write requests and the answers of collections calls, for the tests of the writer. */
import type { FieldDescription } from '../../../src/model/value.ts';
import type { ObjectDescription, RecordClient, WriteOutcome, WriteRequest } from '../../../src/providers/provider.ts';
import { salesforceProvider } from '../../../src/providers/salesforce/provider.ts';
import type { StubRequest } from '../../http/stub-server.ts';
import { connectTo, contactId } from './stub-org.ts';
import type { Answer, StubOrg } from './stub-org.ts';

export const EXTERNAL_ID = 'Syncline_Id__c';

type SentRecord = Record<string, unknown>;

export function sent(request: StubRequest): SentRecord[] {
  return (JSON.parse(request.body) as { records: SentRecord[] }).records;
}

/** The org lowers e-mails and trims names, as orgs with triggers do. */
export function reported(request: StubRequest): Answer {
  const { ids } = JSON.parse(request.body) as { ids: string[] };
  return {
    body: ids.map((id) => ({
      attributes: { type: 'Contact' },
      Id: id,
      SystemModstamp: '2026-01-31T10:00:00.000+0000',
      Email: 'lowered@x.com',
      LastName: 'Trimmed',
    })),
  };
}

export const saved = (id: string, extra: Record<string, unknown> = {}): SentRecord => ({
  id,
  success: true,
  errors: [],
  ...extra,
});
export const refused = (statusCode: string, message: string, fields: string[] = []): SentRecord => ({
  success: false,
  errors: [{ statusCode, message, fields }],
});

const descriptionOf = (object: string, ...paths: string[]): ObjectDescription => ({
  object,
  fields: paths.map((path) => salesforceProvider.catalog.field(object, path) as FieldDescription),
  missing: [],
});

export function recordsOf(
  org: StubOrg,
  options: { externalId?: string; object?: string; callBudget?: number; attempts?: number } = {},
): RecordClient {
  const { externalId, object = 'Contact', callBudget, attempts } = options;
  const { connection } = connectTo(org, {
    ...(callBudget === undefined ? {} : { callBudget }),
    ...(attempts === undefined ? {} : { settings: { attempts } }),
  });
  const description = descriptionOf(
    object,
    ...(object === 'Account' ? ['Name', 'Type'] : ['Email', 'LastName', 'HasOptedOutOfEmail']),
  );
  return connection.records(description, externalId === undefined ? {} : { externalId });
}

export const write = (client: RecordClient, requests: readonly WriteRequest[]): Promise<readonly WriteOutcome[]> =>
  client.write(requests, async () => undefined);
export const update = (number: number, values: WriteRequest['values'] = { Email: 'A@x.com' }): WriteRequest => ({
  action: 'update',
  id: contactId(number),
  values,
});
export const create = (number: number, values: WriteRequest['values'] = { LastName: 'New' }): WriteRequest => ({
  action: 'create',
  externalId: `person-${String(number)}`,
  values,
});
export const routes = (org: StubOrg): string[] =>
  org.calls.map((call) => `${call.method} ${call.path.replace('/services/data/v62.0', '')}`);
