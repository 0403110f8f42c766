import { createSign } from 'node:crypto';
import { Connection } from 'jsforce';
import type { TokenResponse } from 'jsforce';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createSalesforceSandbox, sandboxJwtKey } from '../../../src/sandbox/salesforce/sandbox.ts';
import { startSandbox } from '../../../src/sandbox/server.ts';
import type { RunningSandbox } from '../../../src/sandbox/server.ts';

const RECORDS = 3_200;
let sandbox: RunningSandbox;
let origin: string;
let connection: Connection;

beforeAll(async () => {
  sandbox = await startSandbox({ vendors: [createSalesforceSandbox], basePort: 0, seed: 7, records: RECORDS });
  origin = sandbox.origins['salesforce'] ?? '';
});

afterAll(async () => {
  await sandbox.close();
});

beforeEach(async () => {
  await fetch(`${origin}/__sandbox/reset`, { method: 'POST', body: JSON.stringify({ seed: 7, records: RECORDS }) });
  connection = connect();
  await connection.authorize({ grant_type: 'client_credentials' });
});

function connect(): Connection {
  const oauth2 = { clientId: 'sandbox', clientSecret: 'sandbox', loginUrl: origin };
  return new Connection({ version: '62.0', oauth2, refreshFn: refreshByCredentials });
}

function refreshByCredentials(
  one: Connection,
  done: (error: Error | null, accessToken?: string, answer?: TokenResponse) => void,
): void {
  one.oauth2.requestToken({ grant_type: 'client_credentials' }).then(
    (answer) => done(null, answer.access_token, answer),
    (error: Error) => done(error),
  );
}

function jwt(claims: Record<string, unknown>): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg: 'RS256' })}.${part(claims)}`;
  return `${signed}.${createSign('RSA-SHA256').update(signed).sign(sandboxJwtKey(), 'base64url')}`;
}

function goodClaims(): Record<string, unknown> {
  return { iss: 'sandbox', sub: 'admin@example.com', aud: origin, exp: Math.floor(Date.now() / 1000) + 120 };
}

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

describe('jsforce logs in', () => {
  test('with client credentials, and asks who it is', async () => {
    const identity = await connection.identity();
    expect(identity.username).toBe('admin@example.com');
    expect(identity.user_id).toMatch(/^005\w{15}$/);
    expect(connection.instanceUrl).toBe(origin);
  });

  test('with a JWT that the sandbox key signed', async () => {
    const one = connect();
    await one.authorize({ grant_type: JWT_BEARER, assertion: jwt(goodClaims()) });
    expect((await one.query('SELECT COUNT() FROM User')).totalSize).toBe(1);
  });

  test.each([
    ['is past', { exp: 1_000 }, 'expired authorization code'],
    ['names another client', { iss: 'other' }, 'client identifier invalid'],
    ['names another audience', { aud: 'https://example.com' }, 'audience is invalid'],
    ['names a stranger', { sub: 'eve@example.com' }, "user hasn't approved this consumer"],
  ])('but not with a JWT that %s', async (_what, claims, message) => {
    const assertion = jwt({ ...goodClaims(), ...claims });
    await expect(connect().authorize({ grant_type: JWT_BEARER, assertion })).rejects.toThrow(message);
  });

  test('but not with a JWT signed by somebody else', async () => {
    const [header, payload] = jwt(goodClaims()).split('.');
    const assertion = `${header}.${payload}.${Buffer.from('forged').toString('base64url')}`;
    await expect(connect().authorize({ grant_type: JWT_BEARER, assertion })).rejects.toThrow('invalid assertion');
  });

  test('with a password over OAuth, which a wrong one fails', async () => {
    const one = connect();
    await one.loginByOAuth2('admin@example.com', 'sandboxSECURITYTOKEN');
    expect(one.userInfo?.id).toMatch(/^005/);
    await expect(connect().loginByOAuth2('admin@example.com', 'wrong')).rejects.toThrow('authentication failure');
  });

  test('with a password over SOAP', async () => {
    const one = new Connection({ loginUrl: origin, version: '62.0' });
    const user = await one.login('admin@example.com', 'sandbox');
    expect(user.organizationId).toMatch(/^00D\w{15}$/);
    expect((await one.query('SELECT Id FROM Organization')).totalSize).toBe(1);
    expect((await one.soap.getUserInfo()).userName).toBe('admin@example.com');
    await expect(new Connection({ loginUrl: origin }).login('admin@example.com', 'wrong')).rejects.toThrow('INVALID_LOGIN');
  });

  test('with a refresh token from an approved code', async () => {
    const address = connection.oauth2.getAuthorizationUrl({}).replace(/redirect_uri=[^&]*/, '');
    const approval = await fetch(`${address}&redirect_uri=http%3A%2F%2F127.0.0.1%2Fback`, { redirect: 'manual' });
    const code = new URL(approval.headers.get('location') ?? '').searchParams.get('code') ?? '';
    const granted = await connection.oauth2.requestToken({
      grant_type: 'authorization_code',
      code,
      redirect_uri: 'http://127.0.0.1/back',
    });
    const refreshed = await connection.oauth2.refreshToken(granted.refresh_token ?? '');
    expect(refreshed.access_token).not.toBe(granted.access_token);
    await expect(connection.oauth2.refreshToken('no such token')).rejects.toThrow('expired access/refresh token');
  });

  test('again when its session was ended', async () => {
    const before = connection.accessToken;
    await connection.oauth2.revokeToken(before ?? '');
    expect((await connection.query('SELECT Id FROM Account LIMIT 1')).records).toHaveLength(1);
    expect(connection.accessToken).not.toBe(before);
  });

  test('again when the session slept too long', async () => {
    const before = connection.accessToken;
    sandbox.clock.advance(3 * 3_600_000);
    await connection.query('SELECT Id FROM Account LIMIT 1');
    expect(connection.accessToken).not.toBe(before);
  });
});

describe('jsforce reads', () => {
  test('all pages of a query', async () => {
    const total = (await connection.query('SELECT COUNT() FROM Contact')).totalSize;
    const seen = new Set<string>();
    let page = await connection.query('SELECT Id, Account.Name FROM Contact ORDER BY SystemModstamp, Id', {
      headers: { 'Sforce-Query-Options': 'batchSize=500' },
    });
    expect(page.records).toHaveLength(500);
    for (;;) {
      for (const record of page.records) seen.add(String(record.Id));
      if (page.done) break;
      page = await connection.queryMore(page.nextRecordsUrl ?? '');
    }
    expect(seen.size).toBe(total);
    expect(total).toBeGreaterThan(2_000);
  });

  test('descriptions', async () => {
    const contact = await connection.describe('contact');
    const names = contact.fields.map((field) => field.name);
    expect(names).toEqual(
      expect.arrayContaining(['Id', 'Email', 'HasOptedOutOfEmail', 'Birthdate', 'MailingCity', 'SystemModstamp']),
    );
    expect(contact.fields.filter((field) => field.custom)).toEqual([]);
    const required = contact.fields.filter((field) => field.createable && !field.nillable && !field.defaultedOnCreate);
    expect(required.map((field) => field.name)).toEqual(['LastName']);
    expect(contact.fields.filter((field) => field.idLookup).map((field) => field.name)).toEqual(['Id', 'Email']);
    expect((await connection.describeGlobal()).sobjects.map((one) => one.name)).toContain('Contact');
  });

  test('limits, and notes the usage of each answer', async () => {
    const limits = await connection.limits();
    expect(limits['DailyApiRequests']).toMatchObject({ Max: 5_000_000 });
    expect(connection.limitInfo.apiUsage).toMatchObject({ limit: 5_000_000 });
    const used = connection.limitInfo.apiUsage?.used ?? 0;
    await connection.query('SELECT Id FROM Account LIMIT 1');
    expect(connection.limitInfo.apiUsage?.used).toBe(used + 1);
  });

  test('deleted rows with scanAll', async () => {
    const { records } = await connection.query('SELECT Id FROM Contact LIMIT 1');
    const id = String(records[0]?.Id);
    await connection.sobject('Contact').destroy(id);
    expect((await connection.query(`SELECT Id FROM Contact WHERE Id = '${id}'`)).totalSize).toBe(0);
    const all = await connection.query(`SELECT Id, IsDeleted FROM Contact WHERE Id = '${id}'`, { scanAll: true });
    expect(all.records[0]).toMatchObject({ Id: id, IsDeleted: true });
  });

  test('what was updated and deleted within a span', async () => {
    const contacts = connection.sobject('Contact');
    const { id: kept } = await contacts.create({ LastName: 'Kept' });
    const { id: gone } = await contacts.create({ LastName: 'Gone' });
    await contacts.destroy(gone ?? '');
    const start = new Date(sandbox.clock.now() - 600_000);
    const end = new Date(sandbox.clock.now() + 120_000);
    expect((await contacts.updated(start, end)).ids).toEqual([kept]);
    expect((await contacts.deleted(start, end)).deletedRecords.map((one) => one.id)).toEqual([gone]);
  });

  test('many records by id, with null where there is none', async () => {
    const { records } = await connection.query('SELECT Id FROM Contact LIMIT 2');
    const ids = [String(records[1]?.Id), '003000000000000AAA', String(records[0]?.Id)];
    const found = await connection.sobject('Contact').retrieve(ids, { fields: ['Id', 'LastName'] });
    expect(found.map((one) => one?.Id ?? null)).toEqual([ids[1] === null ? null : ids[0], null, ids[2]]);
  });
});

describe('jsforce writes', () => {
  test('single records', async () => {
    const contacts = connection.sobject('Contact');
    const created = await contacts.create({ LastName: 'Oberle', Email: 'Oberle@example.com' });
    const id = created.id ?? '';
    expect(await contacts.update({ Id: id, FirstName: 'Mara' })).toMatchObject({ id, success: true });
    expect(await contacts.retrieve(id)).toMatchObject({ Id: id, Name: 'Mara Oberle', FirstName: 'Mara', MailingAddress: null });
    expect(await contacts.upsert({ Email: 'oberle@EXAMPLE.com', Title: 'Chief' }, 'Email')).toMatchObject({ id, created: false });
    expect(await contacts.destroy(id)).toMatchObject({ success: true });
    await expect(contacts.retrieve(id)).rejects.toMatchObject({ errorCode: 'NOT_FOUND' });
    await expect(contacts.destroy(id)).rejects.toMatchObject({ errorCode: 'ENTITY_IS_DELETED' });
  });

  test('many records at once, each with its outcome', async () => {
    const contacts = connection.sobject('Contact');
    const created = await contacts.create([{ LastName: 'A' }, { FirstName: 'B' }, { LastName: 'C', Email: 'nonsense' }]);
    expect(created.map((one) => one.success)).toEqual([true, false, false]);
    expect(created[1]?.errors).toEqual([
      { statusCode: 'REQUIRED_FIELD_MISSING', message: 'Required fields are missing: [LastName]', fields: ['LastName'] },
    ]);
    const id = created[0]?.id ?? '';
    const updated = await contacts.update([
      { Id: id, Title: 'T' },
      { Id: '003000000000000AAA', Title: 'T' },
    ]);
    expect(updated.map((one) => one.success)).toEqual([true, false]);
    expect(await contacts.destroy([id])).toEqual([{ id, success: true, errors: [] }]);
  });

  test('upserts by a custom key that Tooling made', async () => {
    const field = {
      FullName: 'Contact.Ext__c',
      Metadata: { type: 'Text', label: 'Ext', length: 36, externalId: true, unique: true },
    };
    expect(await connection.tooling.sobject('CustomField').create(field as never)).toMatchObject({ success: true });
    expect((await connection.describe('Contact')).fields.some((one) => one.name === 'Ext__c')).toBe(false);
    await expect(connection.sobject('Contact').create({ LastName: 'X', Ext__c: 'x' })).rejects.toMatchObject({
      errorCode: 'INVALID_FIELD',
    });
    const permissions = { PermissionsRead: true, PermissionsEdit: true };
    const { id: ParentId } = await connection.sobject('PermissionSet').create({ Name: 'Sync', Label: 'Sync' });
    await connection
      .sobject('FieldPermissions')
      .create({ ParentId, SobjectType: 'Contact', Field: 'Contact.Ext__c', ...permissions });
    const AssigneeId = connection.userInfo?.id;
    await connection.sobject('PermissionSetAssignment').create({ PermissionSetId: ParentId, AssigneeId });
    const records = [
      { Ext__c: 'one', LastName: 'One' },
      { Ext__c: 'two', LastName: 'Two' },
    ];
    const contacts = connection.sobject('Contact');
    expect((await contacts.upsert(records, 'Ext__c')).map((one) => ('created' in one ? one.created : null))).toEqual([
      true,
      true,
    ]);
    expect((await contacts.upsert(records, 'Ext__c')).map((one) => ('created' in one ? one.created : null))).toEqual([
      false,
      false,
    ]);
  });

  test('merges, over SOAP', async () => {
    const contacts = connection.sobject('Contact');
    const [master, loser] = await contacts.create([{ LastName: 'Master' }, { LastName: 'Loser' }]);
    const request = { masterRecord: { type: 'Contact', Id: master?.id ?? '' }, recordToMergeIds: [loser?.id ?? ''] };
    await connection.soap.merge([request] as never);
    const { records } = await connection.query(`SELECT IsDeleted, MasterRecordId FROM Contact WHERE Id = '${loser?.id}'`, {
      scanAll: true,
    });
    expect(records[0]).toMatchObject({ IsDeleted: true, MasterRecordId: master?.id });
  });
});

describe('jsforce runs bulk jobs', () => {
  test('to insert, with the rows that failed', async () => {
    const job = connection.bulk2.createJob({ object: 'Contact', operation: 'insert' });
    await job.open();
    await job.uploadData(
      'LastName,Email\nBulk One,bulk1@example.com\n,bulk2@example.com\n"Bulk ""Three"", Inc","bulk3@example.com"\n',
    );
    await job.close();
    sandbox.clock.advance(60_000);
    await job.poll(10, 5_000);
    const done = (await job.getSuccessfulResults()) as unknown as Record<string, string>[];
    const failed = (await job.getFailedResults()) as unknown as Record<string, string>[];
    expect(new Set(done.map((row) => row['LastName']))).toEqual(new Set(['Bulk "Three", Inc', 'Bulk One']));
    expect(failed).toHaveLength(1);
    expect(failed[0]).toMatchObject({ sf__Error: 'REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --' });
    expect((await connection.query("SELECT Id FROM Contact WHERE LastName LIKE 'Bulk%'")).totalSize).toBe(2);
    expect(await job.check()).toMatchObject({ state: 'JobComplete', numberRecordsProcessed: 3, numberRecordsFailed: 1 });
  });

  test('to query', async () => {
    const total = (await connection.query('SELECT COUNT() FROM Contact')).totalSize;
    const job = new (await import('jsforce/lib/api/bulk2.js')).QueryJobV2(connection, {
      bodyParams: { query: 'SELECT Id, Account.Name, HasOptedOutOfEmail FROM Contact', operation: 'query' },
      pollingOptions: { pollInterval: 10, pollTimeout: 5_000 },
    });
    await job.open();
    sandbox.clock.advance(60_000);
    await job.poll();
    const rows: Record<string, string>[] = [];
    for await (const row of await job.result()) rows.push(row as Record<string, string>);
    expect(rows).toHaveLength(total);
    expect(Object.keys(rows[0] ?? {})).toEqual(['Id', 'Account.Name', 'HasOptedOutOfEmail']);
  });
});
