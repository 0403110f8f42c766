import { describe, expect, test } from 'vitest';
import { createSalesforceSandbox } from '../../../src/sandbox/salesforce/sandbox.ts';
import { EXTERNAL_ID, ORIGIN, Org, person, seedOf } from './org.ts';
import type { Body } from './org.ts';

function fieldNames(org: Org, object = 'Contact'): string[] {
  return org.data('GET', `sobjects/${object}/describe`).body.fields.map((field: Body) => field['name']);
}

describe('a custom field', () => {
  test('is invisible until field permissions on an assigned set show it, and again without them', () => {
    const org = new Org();
    const made = org.data('POST', 'tooling/sobjects/CustomField', { FullName: 'Contact.Ext__c', Metadata: EXTERNAL_ID });
    expect(made).toMatchObject({ status: 201, body: { success: true, errors: [], warnings: [], infos: [] } });
    const set = org.create('PermissionSet', { Name: 'Sync', Label: 'Sync' });
    const permission = { ParentId: set, SobjectType: 'Contact', Field: 'Contact.Ext__c', PermissionsRead: true };
    const permissions = org.create('FieldPermissions', permission);
    expect(fieldNames(org)).not.toContain('Ext__c');
    expect(org.query('SELECT Ext__c FROM Contact').body[0].errorCode).toBe('INVALID_FIELD');
    expect(org.data('POST', 'sobjects/Contact', { LastName: 'L', Ext__c: 'x' }).body[0].errorCode).toBe('INVALID_FIELD');

    const assignment = org.create('PermissionSetAssignment', { PermissionSetId: set, AssigneeId: org.userId() });
    expect(fieldNames(org)).toContain('Ext__c');
    expect(org.data('POST', 'sobjects/Contact', { LastName: 'L', Ext__c: 'x' }).body[0].errorCode).toBe(
      'INVALID_FIELD_FOR_INSERT_UPDATE',
    );
    org.data('PATCH', `sobjects/FieldPermissions/${permissions}`, { PermissionsEdit: true });
    expect(org.data('POST', 'sobjects/Contact', { LastName: 'L', Ext__c: 'x' }).status).toBe(201);

    org.data('DELETE', `sobjects/PermissionSetAssignment/${assignment}`);
    expect(fieldNames(org)).not.toContain('Ext__c');
    org.create('PermissionSetAssignment', { PermissionSetId: set, AssigneeId: org.userId() });
    org.data('PATCH', `sobjects/FieldPermissions/${permissions}`, { PermissionsEdit: false, PermissionsRead: false });
    expect(org.rows('SELECT Id FROM FieldPermissions')).toEqual([]);
    expect(fieldNames(org)).not.toContain('Ext__c');
  });

  test('is read, changed and deleted through Tooling', () => {
    const org = new Org();
    const id = org.customField('Contact.Ext__c', EXTERNAL_ID);
    const soql = "SELECT Id, FullName, Metadata FROM CustomField WHERE DeveloperName = 'Ext' AND TableEnumOrId = 'Contact'";
    const read = (): Body => org.data('GET', `tooling/query?q=${encodeURIComponent(soql)}`).body;
    expect(read()).toMatchObject({
      totalSize: 1,
      records: [{ Id: id, FullName: 'Contact.Ext__c', Metadata: { length: 36, unique: true } }],
    });
    const url = `/services/data/v62.0/tooling/sobjects/CustomField/${id}`;
    expect(org.data('GET', `tooling/sobjects/CustomField/${id}`).body).toMatchObject({
      attributes: { type: 'CustomField', url },
    });
    expect(org.data('PATCH', `tooling/sobjects/CustomField/${id}`, { Metadata: { ...EXTERNAL_ID, label: 'New' } }).status).toBe(
      204,
    );
    expect(read()['records'][0].Metadata.label).toBe('New');
    const contact = org.create('Contact', { LastName: 'L', Ext__c: 'long enough' });
    const shorter = { Metadata: { ...EXTERNAL_ID, length: 3 } };
    expect(org.data('PATCH', `tooling/sobjects/CustomField/${id}`, shorter).body[0].errorCode).toBe('FIELD_INTEGRITY_EXCEPTION');
    const other = { Metadata: { type: 'Checkbox', label: 'x', defaultValue: 'false' } };
    expect(org.data('PATCH', `tooling/sobjects/CustomField/${id}`, other).body[0].errorCode).toBe('FIELD_INTEGRITY_EXCEPTION');

    expect(org.data('DELETE', `tooling/sobjects/CustomField/${id}`).status).toBe(204);
    expect(read()['totalSize']).toBe(0);
    expect(org.data('GET', `tooling/sobjects/CustomField/${id}`).status).toBe(404);
    expect(Object.keys(org.data('GET', `sobjects/Contact/${contact}`).body)).not.toContain('Ext__c');
    org.customField('Contact.Ext__c', EXTERNAL_ID);
    expect(org.data('GET', `sobjects/Contact/${contact}?fields=Ext__c`).body.Ext__c).toBeNull();
  });

  test.each<[string, string, Body, string]>([
    ['of a name that exists', 'Contact.Ext__c', EXTERNAL_ID, 'DUPLICATE_DEVELOPER_NAME'],
    ['without suffix', 'Contact.Other', EXTERNAL_ID, 'FIELD_INTEGRITY_EXCEPTION'],
    ['of no object', 'Nothing.Other__c', EXTERNAL_ID, 'FIELD_INTEGRITY_EXCEPTION'],
    ['of no type', 'Contact.Other__c', { type: 'Nonsense', label: 'x' }, 'FIELD_INTEGRITY_EXCEPTION'],
    ['without length', 'Contact.Other__c', { type: 'Text', label: 'x' }, 'REQUIRED_FIELD_MISSING'],
    ['as a key of a type that cannot be one', 'Contact.Other__c', { ...EXTERNAL_ID, type: 'Phone' }, 'FIELD_INTEGRITY_EXCEPTION'],
    ['as a checkbox without default', 'Contact.Other__c', { type: 'Checkbox', label: 'x' }, 'FIELD_INTEGRITY_EXCEPTION'],
  ])('%s is refused', (_what, FullName, Metadata, code) => {
    const org = new Org();
    org.customField('Contact.Ext__c', EXTERNAL_ID);
    const answer = org.data('POST', 'tooling/sobjects/CustomField', { FullName, Metadata });
    expect([answer.status, answer.body[0].errorCode]).toEqual([400, code]);
  });

  test('that is the 26th key of its object is refused', () => {
    const org = new Org();
    for (let number = 1; number <= 25; number += 1) org.customField(`Contact.Ext${number}__c`, EXTERNAL_ID);
    const answer = org.data('POST', 'tooling/sobjects/CustomField', { FullName: 'Contact.Ext26__c', Metadata: EXTERNAL_ID });
    expect(answer.status).toBe(400);
  });

  test('moves the stamp of the description, which permissions do not', () => {
    const org = new Org();
    const since = (header: string | undefined): number =>
      org.data('GET', 'sobjects/Contact/describe', undefined, { headers: { 'if-modified-since': header ?? '' } }).status;
    const first = org.data('GET', 'sobjects/Contact/describe').headers['Last-Modified'];
    expect(since(first)).toBe(304);
    org.data('POST', 'tooling/sobjects/CustomField', { FullName: 'Contact.Ext__c', Metadata: EXTERNAL_ID });
    expect(since(first)).toBe(200);
    const second = org.data('GET', 'sobjects/Contact/describe').headers['Last-Modified'];
    org.showField('Contact.Ext__c');
    expect(since(second)).toBe(304);
  });
});

describe('conditions on what is there', () => {
  const [DAY_BEFORE, DAY_AFTER] = ['Sat, 21 Nov 2026 00:00:00 GMT', 'Mon, 23 Nov 2026 00:00:00 GMT'];
  const status = (org: Org, resource: string, headers: Record<string, string>, method = 'GET', body?: Body): number =>
    org.data(method, resource, body, { headers }).status;

  test.each(['sobjects', 'sobjects/Contact/describe', 'sobjects/Account/ID'])('by tag or by time: %s', (named) => {
    const org = new Org();
    const resource = named.replace('ID', org.create('Account', { Name: 'A' }));
    const { ETag: tag = '' } = org.data('GET', resource).headers;
    expect(status(org, resource, { 'if-none-match': tag })).toBe(304);
    expect(status(org, resource, { 'if-none-match': tag.replace(/"$/, '--gzip"') })).toBe(304);
    expect(status(org, resource, { 'if-none-match': '"other"' })).toBe(200);
    expect(status(org, resource, { 'if-match': tag })).toBe(200);
    expect(status(org, resource, { 'if-match': '"other"' })).toBe(412);
    expect(status(org, resource, { 'if-unmodified-since': 'Sun, 22 Nov 2020 00:00:00 GMT' })).toBe(412);
    expect(status(org, resource, { 'if-unmodified-since': DAY_AFTER })).toBe(200);
  });

  test('hold back a write of a record that has moved on', () => {
    const org = new Org();
    const account = `sobjects/Account/${org.create('Account', { Name: 'A' })}`;
    const { ETag: tag = '' } = org.data('GET', account).headers;
    expect(status(org, account, { 'if-match': '"other"' }, 'PATCH', { Name: 'B' })).toBe(412);
    expect(status(org, account, { 'if-unmodified-since': DAY_BEFORE }, 'DELETE')).toBe(412);
    expect(org.data('GET', account).body).toMatchObject({ Name: 'A' });
    expect(status(org, account, { 'if-match': tag }, 'PATCH', { Name: 'B' })).toBe(204);
  });
});

describe('permissions', () => {
  test.each<[string, Body, string]>([
    ['editing without reading', { PermissionsRead: false, PermissionsEdit: true }, 'FIELD_INTEGRITY_EXCEPTION'],
    ['nothing', { PermissionsRead: false, PermissionsEdit: false }, 'FIELD_INTEGRITY_EXCEPTION'],
    [
      'a field that nobody may hide',
      { Field: 'Contact.LastName', PermissionsRead: true },
      'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
    ],
    ['a field of another object', { Field: 'Account.Ext__c', PermissionsRead: true }, 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST'],
    ['the same field again', { PermissionsRead: true }, 'DUPLICATE_VALUE'],
  ])('for %s are refused', (_what, permissions, code) => {
    const org = new Org();
    org.customField('Contact.Ext__c', EXTERNAL_ID);
    const [set] = org.rows("SELECT Id FROM PermissionSet WHERE Name = 'Sync'");
    const record = { ParentId: set?.['Id'], SobjectType: 'Contact', Field: 'Contact.Ext__c', ...permissions };
    expect(org.data('POST', 'sobjects/FieldPermissions', record).body[0].errorCode).toBe(code);
  });
});

describe('the door', () => {
  test('is shut without a live token, in the words of each resource', () => {
    const org = new Org();
    org.token = '00Dwrong!token';
    const expired = [{ message: 'Session expired or invalid', errorCode: 'INVALID_SESSION_ID' }];
    expect(org.data('GET', 'sobjects')).toMatchObject({ status: 401, body: expired });
    expect(org.send('GET', '/services/oauth2/userinfo')).toMatchObject({ status: 403, body: 'Bad_OAuth_Token' });
    expect(org.send('GET', '/services/data').status).toBe(200);
    const wrong = org.send(
      'POST',
      '/services/oauth2/token',
      'grant_type=client_credentials&client_id=sandbox&client_secret=wrong',
    );
    expect(wrong).toMatchObject({ status: 400, body: { error: 'invalid_client' } });
    const stranger = org.send(
      'POST',
      '/services/oauth2/token',
      'grant_type=client_credentials&client_id=other&client_secret=sandbox',
    );
    expect(stranger).toMatchObject({ status: 400, body: { error: 'invalid_client_id' } });
  });

  test('a struck token stays dead until the next log-in', () => {
    const org = new Org();
    const request = {
      method: 'GET',
      path: '/services/data/v62.0/sobjects',
      query: new URLSearchParams(),
      rawQuery: '',
      headers: { authorization: `Bearer ${org.token}` },
      body: Buffer.alloc(0),
      origin: ORIGIN,
      partial: false,
    };
    expect(org.sandbox.refuse('expired-token', 1, request)).toMatchObject({
      status: 401,
      body: [{ errorCode: 'INVALID_SESSION_ID' }],
    });
    expect(org.data('GET', 'sobjects').status).toBe(401);
    org.login();
    expect(org.data('GET', 'sobjects').status).toBe(200);
    expect(org.sandbox.refuse('503', 7, request)).toMatchObject({ status: 503, headers: { 'Retry-After': '7' } });
    expect(org.sandbox.refuse('429', 7, request)).toMatchObject({ status: 429, body: [{ errorCode: 'REQUEST_LIMIT_EXCEEDED' }] });
    expect(org.sandbox.refuse('500', 7, request)).toMatchObject({ status: 500, body: [{ errorCode: 'UNKNOWN_EXCEPTION' }] });
  });

  test('closes when the calls of 24 hours are used up', () => {
    const org = new Org();
    org.sandbox.settings.dailyApiRequests = 3;
    const used = [1, 2, 3].map(() => org.data('GET', 'limits').headers['Sforce-Limit-Info']);
    expect(used).toEqual(['api-usage=1/3', 'api-usage=2/3', 'api-usage=3/3']);
    const refused = [{ message: 'TotalRequests Limit exceeded.', errorCode: 'REQUEST_LIMIT_EXCEEDED' }];
    expect(org.data('GET', 'limits')).toMatchObject({ status: 403, body: refused });
    org.advance(25 * 3_600_000);
    org.login();
    expect(org.data('GET', 'limits').status).toBe(200);
  });

  test('leads to versions 31 to 68 and to nothing else', () => {
    const org = new Org();
    const versions = org.send('GET', '/services/data').body;
    expect(versions[0]).toEqual({ label: "Summer '14", url: '/services/data/v31.0', version: '31.0' });
    expect(versions.find((one: Body) => one['version'] === '62.0').label).toBe("Winter '25");
    expect(org.send('GET', '/services/data/v68.0/').status).toBe(200);
    expect(org.send('GET', '/services/data/v30.0/sobjects').status).toBe(410);
    expect(org.send('GET', '/services/data/v99.0/sobjects').status).toBe(404);
    expect(org.data('GET', `query?q=${'x'.repeat(17_000)}`).status).toBe(414);
    expect(org.data('GET', 'nothing')).toMatchObject({ status: 404, body: [{ errorCode: 'NOT_FOUND' }] });
  });
});

describe('the contract with the server', () => {
  test('one seed gives the same rows, ids and tokens again', () => {
    const org = new Org();
    const before = { token: org.token, contacts: org.dump('Contact') };
    org.create('Contact', { LastName: 'Gone after the reset' });
    org.sandbox.reset(seedOf([1, 2, 3].map((number) => person(number))));
    expect({ token: org.login(), contacts: org.dump('Contact') }).toEqual(before);
  });

  test('a dump is flat, has every field, and knows no strange object', () => {
    const org = new Org([person(1, { firstName: '', email: null })]);
    org.data('POST', 'tooling/sobjects/CustomField', {
      FullName: 'Contact.VIP__c',
      Metadata: { type: 'Checkbox', label: 'VIP', defaultValue: false },
    });
    const [row] = org.dump('contact');
    expect(row).toMatchObject({
      FirstName: null,
      Name: 'Last 1',
      Email: null,
      VIP__c: false,
      IsDeleted: false,
      MasterRecordId: null,
    });
    expect(Object.values(row ?? {}).filter((value) => typeof value === 'object' && value !== null)).toEqual([]);
    expect(org.dump('Account')).toHaveLength(1);
    expect(org.sandbox.dump('Nothing')).toBeUndefined();
  });

  test.each([
    ['/services/data/v62.0/sobjects/Contact/003Sb0000000001IAA', '/services/data/v62.0/sobjects/Contact/*'],
    ['/services/data/v62.0/sobjects/Contact/Ext__c/some%2Fkey', '/services/data/v62.0/sobjects/Contact/Ext__c/*'],
    ['/services/data/v62.0/sobjects/Contact/describe', '/services/data/v62.0/sobjects/Contact/describe'],
    ['/services/data/v62.0/query/0r8Sb0000000001IAA-2000', '/services/data/v62.0/query/*'],
    ['/services/data/v62.0/jobs/ingest/750Sb0000000001IAA/batches', '/services/data/v62.0/jobs/ingest/*/batches'],
    [
      '/services/data/v62.0/tooling/sobjects/CustomField/00NSb0000000001MAA',
      '/services/data/v62.0/tooling/sobjects/CustomField/*',
    ],
    ['/services/data/v62.0/composite/sobjects/Contact/Ext__c', '/services/data/v62.0/composite/sobjects/Contact/Ext__c'],
    ['/services/data/v62.0/sobjects/OpportunityContactRole', '/services/data/v62.0/sobjects/OpportunityContactRole'],
  ])('the route of %s is %s', (path, route) => {
    expect(createSalesforceSandbox({ now: () => 0, rateNow: () => 0, realNow: () => 0 }).route(path)).toBe(route);
  });

  test.each([
    ['GET', 'query?q=SELECT', 0],
    ['POST', 'jobs/query', 0],
    ['DELETE', 'jobs/query/750', 0],
    ['POST', 'composite/sobjects/Contact', 0],
    ['POST', 'sobjects/Contact', 1],
    ['PATCH', 'composite/sobjects/Contact/Ext__c', 1],
    ['POST', 'tooling/sobjects/CustomField', 1],
    ['PUT', 'jobs/ingest/750/batches', 1],
  ])('%s %s asks for %i changes', (method, resource, writes) => {
    expect(new Org().data(method, resource, {}).writes).toBe(writes);
  });
});
