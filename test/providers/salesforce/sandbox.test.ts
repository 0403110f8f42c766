import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_HTTP_SETTINGS } from '../../../src/http/settings.ts';
import type { RemoteRecord } from '../../../src/model/value.ts';
import type { Connection, ConnectOptions, Cursor, Deletion, RecordClient } from '../../../src/providers/provider.ts';
import { salesforceProvider } from '../../../src/providers/salesforce/provider.ts';
import { createSalesforceSandbox } from '../../../src/sandbox/salesforce/sandbox.ts';
import { startSandbox } from '../../../src/sandbox/server.ts';
import type { RunningSandbox } from '../../../src/sandbox/server.ts';
import { collect } from './stub-org.ts';

let sandbox: RunningSandbox;
let connection: Connection;

function connect(options: Partial<ConnectOptions> = {}): Connection {
  return salesforceProvider.connect({
    integration: 'crm',
    endpoint: sandbox.origins['salesforce']!,
    authentication: { method: 'client-credentials', clientId: 'sandbox', clientSecret: 'sandbox' },
    clock: sandbox.clock,
    random: () => 0.5,
    http: DEFAULT_HTTP_SETTINGS,
    ...options,
  });
}

async function inject(...faults: Record<string, unknown>[]): Promise<void> {
  await fetch(`${sandbox.origins['salesforce']!}/__sandbox/faults`, { method: 'POST', body: JSON.stringify(faults) });
}

/** Calls as an administrator makes them. */
function salesforceCalls(origin: string): (method: string, path: string, body?: unknown) => Promise<Record<string, unknown>> {
  return async (method, path, body) => {
    const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'sandbox', client_secret: 'sandbox' });
    const session = (await (await fetch(`${origin}/services/oauth2/token`, { method: 'POST', body: form })).json()) as {
      access_token: string;
    };
    const response = await fetch(`${origin}/services/data/v62.0${path}`, {
      method,
      headers: { authorization: `Bearer ${session.access_token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    expect(response.ok, text).toBe(true);
    return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  };
}

beforeAll(async () => {
  sandbox = await startSandbox({ vendors: [createSalesforceSandbox], basePort: 0, seed: 7, records: 4500, virtualTime: true });
  connection = connect();
});

afterAll(async () => {
  await connection.close();
  await sandbox.close();
});

const PATHS = ['FirstName', 'LastName', 'Email', 'Birthdate', 'HasOptedOutOfEmail', 'Syncline_Id__c', 'VIP__c'];

async function contacts(...more: string[]): Promise<RecordClient> {
  const description = await connection.describe('Contact', [...PATHS, ...more]);
  expect(description.missing).toEqual([]);
  return connection.records(description, { externalId: 'Syncline_Id__c' });
}

async function changes(
  client: RecordClient,
  since: Cursor | undefined,
): Promise<{ records: RemoteRecord[]; deletions: Deletion[]; cursor: Cursor }> {
  const all = { records: [] as RemoteRecord[], deletions: [] as Deletion[], cursor: undefined as Cursor | undefined };
  for await (const page of client.read(since)) {
    all.records.push(...page.records);
    all.deletions.push(...page.deletions);
    all.cursor = page.cursor ?? all.cursor;
  }
  return { ...all, cursor: all.cursor! };
}

describe('against the sandbox', () => {
  it('lets the integration in and provisions its fields', async () => {
    expect(await connection.check()).toEqual([]);
    expect((await connection.account()).id).toMatch(/^00D\w{15}$/);

    const fields = connection.resources('salesforce/custom-field');
    const type = salesforceProvider.resourceTypes['salesforce/custom-field']!;
    for (const attributes of [
      {
        object: 'Contact',
        name: 'Syncline_Id__c',
        label: 'Syncline Id',
        type: 'Text',
        length: 36,
        unique: true,
        externalId: true,
      },
      { object: 'Contact', name: 'VIP__c', label: 'VIP', type: 'Checkbox' },
      { object: 'Contact', name: 'Tier__c', label: 'Tier', type: 'Picklist', options: ['Gold', 'Silver'] },
    ]) {
      const declared = type.normalize(attributes);
      const created = (await fields.find(declared)) ?? (await fields.create(declared));
      expect(created.attributes).toEqual(declared);
      expect(await fields.read(created.id)).toEqual(created);
    }
  });

  it('reads, writes, sees its own changes and deletions, and counts its calls', async () => {
    const client = await contacts('Account.Name', 'Tier__c');
    const before = connection.usage().calls;
    const full = await changes(client, undefined);
    const count = await client.count();
    expect(full.records.length).toBe(count);
    expect(connection.usage().calls - before).toBe(client.price.read(count, true) + 1);

    const requests = [
      {
        action: 'create',
        externalId: 'p-1',
        values: { LastName: "O'Brien", Email: 'OB@example.com', Birthdate: '1980-02-29', VIP__c: true, Tier__c: 'Gold' },
      },
      { action: 'create', externalId: 'p-2', values: { LastName: 'Zoë 😀' } },
      { action: 'update', id: full.records[0]!.id, values: { FirstName: 'Changed' } },
    ] as const;
    const outcomes = await client.write(requests, async () => undefined);
    expect(outcomes).toMatchObject([
      {
        status: 'applied',
        created: true,
        record: { values: { LastName: "O'Brien", Birthdate: '1980-02-29', VIP__c: true, Tier__c: 'Gold' } },
      },
      { status: 'applied', created: true, record: { values: { LastName: 'Zoë 😀' } } },
      { status: 'applied', created: false, id: full.records[0]!.id, record: { values: { FirstName: 'Changed' } } },
    ]);
    const again = await client.write(requests.slice(0, 2), async () => undefined);
    expect(again.map((outcome) => outcome.status === 'applied' && [outcome.id, outcome.created])).toEqual(
      outcomes.slice(0, 2).map((outcome) => outcome.status === 'applied' && [outcome.id, false]),
    );

    const ids = outcomes.map((outcome) => (outcome.status === 'applied' ? outcome.id : ''));
    expect((await collect(client.readByKey('Email', ['ob@EXAMPLE.com']))).map((record) => record.id)).toEqual([ids[0]]);
    expect((await collect(client.readByKey('LastName', ["O'Brien"]))).map((record) => record.id)).toContain(ids[0]);
    expect((await collect(client.readByIds([...ids, '003000000000001AAA']))).map((record) => record.id).toSorted()).toEqual(
      ids.toSorted(),
    );

    const changed = await changes(client, full.cursor);
    expect(changed.records.map((record) => record.id)).toEqual(expect.arrayContaining(ids));

    await client.write([{ action: 'delete', id: ids[1]!, values: {} }], async () => undefined);
    expect((await changes(client, changed.cursor)).deletions.map((deletion) => deletion.id)).toEqual([ids[1]]);
    expect(await client.count()).toBe(count + 1);
  });

  it('makes no duplicate whatever becomes of the answers', async () => {
    const client = await contacts();
    const path = '/services/data/*/composite/sobjects*';
    await inject(
      { match: { method: 'PATCH', path }, kind: 'lost-response' },
      { match: { method: 'PATCH', path }, kind: 'truncate' },
      { match: { method: 'PATCH', path }, kind: '503' },
      { match: { method: 'PATCH', path }, kind: 'expired-token' },
      { match: { method: 'PATCH', path }, kind: 'partial' },
    );
    const before = await client.count();
    const requests = Array.from({ length: 5 }, (_, index) => ({
      action: 'create' as const,
      externalId: `q-${String(index)}`,
      values: { LastName: `Q${String(index)}` },
    }));

    const outcomes = await client.write(requests, async () => undefined);

    expect(outcomes.every((outcome) => outcome.status === 'applied')).toBe(true);
    expect(await client.count()).toBe(before + 5);
    await inject();
  });

  it('reads everything through truncated pages, resets and expired tokens', async () => {
    const client = await contacts();
    const expected = await client.count();
    await inject(
      ...['truncate', 'reset', '500', 'expired-token', '429'].map((kind, index) => ({
        match: { method: 'GET', path: '/services/data/*/query*' },
        kind,
        after: index % 2,
      })),
    );
    expect((await changes(client, undefined)).records).toHaveLength(expected);
    await inject();
  });

  it('E9 sees a formula over a parent, and one over the date, although no stamp of the contact moves', async () => {
    const call = salesforceCalls(sandbox.origins['salesforce']!);
    const [{ ParentId }] = (await call('GET', `/query?q=${encodeURIComponent('SELECT ParentId FROM FieldPermissions LIMIT 1')}`))
      .records as [{ ParentId: string }];
    const formulas = { Employer__c: '"of " & Account.Name', Today__c: 'TEXT(TODAY())' };
    for (const [name, formula] of Object.entries(formulas)) {
      const Metadata = { type: 'Text', label: name, formula };
      await call('POST', '/tooling/sobjects/CustomField', { FullName: `Contact.${name}`, Metadata });
      const permission = { ParentId, SobjectType: 'Contact', Field: `Contact.${name}`, PermissionsRead: true };
      await call('POST', '/sobjects/FieldPermissions', permission);
    }
    const account = String((await call('POST', '/sobjects/Account', { Name: 'Acme' })).id);
    const contact = String((await call('POST', '/sobjects/Contact', { LastName: 'Ann', AccountId: account })).id);
    const client = await contacts('Employer__c', 'Today__c');
    sandbox.clock.advance(3_600_000);
    const first = await changes(client, undefined);
    await call('PATCH', `/sobjects/Account/${account}`, { Name: 'Acme Ltd' });
    sandbox.clock.advance(86_400_000);

    const changed = await changes(client, first.cursor);
    const everything: RemoteRecord[] = [];
    for await (const page of client.read(first.cursor, undefined, undefined, true)) everything.push(...page.records);

    expect(client.stream.dependencies).toEqual([
      { path: 'Employer__c', watched: ['Account'], unwatched: [] },
      { path: 'Today__c', watched: [], unwatched: ['the current date'] },
    ]);
    expect(changed.records).toMatchObject([{ id: contact, values: { Employer__c: 'of Acme Ltd' } }]);
    expect(everything).toHaveLength(await client.count());
    expect(everything[0]!.values['Today__c']).toBe(new Date(sandbox.clock.now()).toISOString().slice(0, 10));
    expect(everything[0]!.values['Today__c']).not.toBe(first.records[0]!.values['Today__c']);
  });

  it('accepts the other grants', async () => {
    const other = connect({
      authentication: {
        method: 'password',
        clientId: 'sandbox',
        clientSecret: 'sandbox',
        username: 'admin@example.com',
        password: 'sandbox',
      },
    });
    expect(await other.account()).toEqual(await connection.account());
    await other.close();
    const refused = connect({ authentication: { method: 'client-credentials', clientId: 'sandbox', clientSecret: 'wrong' } });
    expect(await refused.check()).toMatchObject([{ severity: 'error' }]);
    await refused.close();
  });
});
