import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ResourceAttributes, ResourceClient, ResourceType } from '../../../src/providers/provider.ts';
import { salesforceProvider } from '../../../src/providers/salesforce/provider.ts';
import { contactFields, describeField, described } from './describe-answers.ts';
import { collect, connectTo, page, refusal, soqlOf, startStubOrg, USER_ID } from './stub-org.ts';
import type { Connected, StubOrg } from './stub-org.ts';

const FIELD_ID = '00N5f00000fieldEAA';
const SET_ID = '0PS5f00000permiEAA';
const type = salesforceProvider.resourceTypes['salesforce/custom-field'] as ResourceType;
const loyalty: ResourceAttributes = {
  object: 'Contact',
  name: 'Loyalty_Number__c',
  label: 'Loyalty Number',
  type: 'Text',
  length: 20,
};
let org: StubOrg;

beforeEach(async () => {
  org = await startStubOrg();
});

afterEach(async () => {
  expect(org.unexpected).toEqual([]);
  await org.close();
});

const clientOf = ({ connection }: Connected, name = 'salesforce/custom-field'): ResourceClient => connection.resources(name);
const bodies = (path: string): unknown[] =>
  org.calls.filter((call) => call.method !== 'GET' && call.path.endsWith(path)).map((call) => JSON.parse(call.body));
const shown = (...names: string[]) =>
  described('Contact', [...contactFields, ...names.map((name) => describeField(name, 'string', { length: 20 }))]);

/** An org where the field can be made and granted, and shows after two looks. */
function orgWithField(metadata: Record<string, unknown> = {}): void {
  org.on('POST', '/tooling/sobjects/CustomField', {
    status: 201,
    body: { id: FIELD_ID, success: true, errors: [], warnings: [], infos: [] },
  });
  org.on('GET', '/query', (request) =>
    /FROM PermissionSet /.test(soqlOf(request)) ? page([{ Id: SET_ID }]) : page([{ Id: '0Pa5f00000000001AA' }]),
  );
  org.on('POST', '/sobjects/FieldPermissions', { status: 201, body: { id: '01k5f00000000001AA', success: true, errors: [] } });
  org.on('GET', '/sobjects/Contact/describe', shown(), shown('Loyalty_Number__c'));
  org.on(
    'GET',
    '/tooling/query',
    page([
      {
        Id: FIELD_ID,
        DeveloperName: 'Loyalty_Number',
        TableEnumOrId: 'Contact',
        NamespacePrefix: null,
        FullName: 'Contact.Loyalty_Number__c',
        Metadata: {
          type: 'Text',
          label: 'Loyalty Number',
          length: 20,
          unique: false,
          externalId: false,
          required: false,
          description: null,
          inlineHelpText: null,
          ...metadata,
        },
      },
    ]),
  );
}

describe('creating a custom field', () => {
  it('makes it, grants it, and waits until it shows', async () => {
    orgWithField();
    const connected = connectTo(org);

    const created = await clientOf(connected).create(type.normalize(loyalty));

    expect(created).toEqual({ id: FIELD_ID, attributes: type.normalize(loyalty) });
    expect(bodies('/tooling/sobjects/CustomField')).toEqual([
      {
        FullName: 'Contact.Loyalty_Number__c',
        Metadata: {
          type: 'Text',
          label: 'Loyalty Number',
          length: 20,
          unique: false,
          externalId: false,
          required: false,
          description: null,
          inlineHelpText: null,
        },
      },
    ]);
    expect(bodies('/sobjects/FieldPermissions')).toEqual([
      {
        ParentId: SET_ID,
        SobjectType: 'Contact',
        Field: 'Contact.Loyalty_Number__c',
        PermissionsRead: true,
        PermissionsEdit: true,
      },
    ]);
    expect(connected.clock.slept).toEqual([2000]);
  });

  it('makes the permission set and assigns it where the org has none, once for many fields', async () => {
    orgWithField();
    org.on('GET', '/query', page([]));
    org.on('POST', '/sobjects/PermissionSet', { status: 201, body: { id: SET_ID, success: true, errors: [] } });
    org.on('POST', '/sobjects/PermissionSetAssignment', {
      status: 201,
      body: { id: '0Pa5f00000000001AA', success: true, errors: [] },
    });
    org.on('GET', '/sobjects/Contact/describe', shown('Loyalty_Number__c'));
    const client = clientOf(connectTo(org));

    await Promise.all([client.create(loyalty), client.create(loyalty)]);

    expect(bodies('/sobjects/PermissionSet')).toEqual([{ Name: 'Syncline', Label: 'Syncline' }]);
    expect(bodies('/sobjects/PermissionSetAssignment')).toEqual([{ PermissionSetId: SET_ID, AssigneeId: USER_ID }]);
  });

  it('takes an assignment and a grant that exist already as made', async () => {
    orgWithField();
    let asked = 0;
    org.on('GET', '/query', (request) => {
      const soql = soqlOf(request);
      if (/FROM PermissionSetAssignment /.test(soql)) return page((asked += 1) === 1 ? [] : [{ Id: '0Pa5f00000000001AA' }]);
      return page([{ Id: /FROM FieldPermissions /.test(soql) ? '01k5f00000000001AA' : SET_ID }]);
    });
    org.on('POST', '/sobjects/PermissionSetAssignment', {
      status: 400,
      body: refusal('DUPLICATE_VALUE', 'Duplicate PermissionSetAssignment.', ['AssigneeId', 'PermissionSetId']),
    });
    org.on('POST', '/sobjects/FieldPermissions', { status: 400, body: refusal('DUPLICATE_VALUE', 'duplicate value found') });
    org.on('PATCH', '/sobjects/FieldPermissions/01k5f00000000001AA', { status: 204 });

    expect(await clientOf(connectTo(org)).create(loyalty)).toMatchObject({ id: FIELD_ID });
    expect(bodies('/FieldPermissions/01k5f00000000001AA')).toEqual([{ PermissionsRead: true, PermissionsEdit: true }]);
  });

  it('finds the field by its name where the answer was lost, and does not make it twice', async () => {
    orgWithField();
    org.on('POST', '/tooling/sobjects/CustomField', { raw: (response) => response.destroy() });
    expect(await clientOf(connectTo(org)).create(loyalty)).toMatchObject({ id: FIELD_ID });
    expect(org.calls.filter((call) => call.method === 'POST' && call.path.endsWith('/CustomField'))).toHaveLength(1);
  });

  it('does not take over a field of that name that somebody else made', async () => {
    orgWithField();
    org.on('POST', '/tooling/sobjects/CustomField', {
      status: 400,
      body: refusal('DUPLICATE_DEVELOPER_NAME', 'There is already a field named Loyalty_Number on Contact.'),
    });
    await expect(clientOf(connectTo(org)).create(loyalty)).rejects.toMatchObject({
      code: 'PROVIDER_REFUSED',
      vendorCode: 'DUPLICATE_DEVELOPER_NAME',
    });
  });

  it('grants nothing for a required field, which everybody sees', async () => {
    orgWithField({ required: true });
    const created = await clientOf(connectTo(org)).create({ ...loyalty, required: true });
    expect(created.attributes).toMatchObject({ required: true, visible: true });
    expect(bodies('/sobjects/FieldPermissions')).toEqual([]);
  });

  it('says so where the field stays hidden', async () => {
    orgWithField();
    org.on('GET', '/sobjects/Contact/describe', shown());
    await expect(clientOf(connectTo(org)).create(loyalty)).rejects.toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
      retryable: true,
    });
  });

  it.each([
    [
      { type: 'Checkbox', defaultValue: true },
      { type: 'Checkbox', defaultValue: 'true' },
    ],
    [
      { type: 'Text', length: 36, unique: true, externalId: true },
      { type: 'Text', length: 36, unique: true, externalId: true, caseSensitive: false },
    ],
    [
      { type: 'Currency', precision: 10, scale: 2 },
      { type: 'Currency', precision: 10, scale: 2 },
    ],
    [
      { type: 'LongTextArea', length: 1000, visibleLines: 5 },
      { type: 'LongTextArea', length: 1000, visibleLines: 5 },
    ],
    [
      { type: 'Picklist', options: ['Gold'], restricted: false },
      {
        type: 'Picklist',
        valueSet: {
          restricted: false,
          valueSetDefinition: { sorted: false, value: [{ fullName: 'Gold', default: false, label: 'Gold' }] },
        },
      },
    ],
  ])('writes and reads back the metadata of %j', async (attributes, expected) => {
    const declared = type.normalize({ object: 'Contact', name: 'Loyalty_Number__c', label: 'Loyalty Number', ...attributes });
    orgWithField();
    const connected = connectTo(org);
    await clientOf(connected).create(declared);
    const [{ Metadata }] = bodies('/tooling/sobjects/CustomField') as [{ Metadata: Record<string, unknown> }];
    expect(Metadata).toMatchObject(expected);

    orgWithField({ length: undefined, unique: undefined, externalId: undefined, required: undefined, ...Metadata });
    expect((await clientOf(connected).read(FIELD_ID))!.attributes).toEqual(declared);
  });
});

describe('a custom field that exists', () => {
  it('is found by object and name, its namespace included', async () => {
    orgWithField();
    const client = clientOf(connectTo(org));
    await client.find(loyalty);
    await client.find({ ...loyalty, name: 'ns__Loyalty__c' });
    const queries = org.calls.map(soqlOf).filter((soql) => soql.includes('FROM CustomField'));
    expect(queries[0]).toMatch(
      /WHERE DeveloperName = 'Loyalty_Number' AND TableEnumOrId = 'Contact' AND NamespacePrefix = null$/,
    );
    expect(queries[1]).toMatch(/WHERE DeveloperName = 'Loyalty' AND TableEnumOrId = 'Contact' AND NamespacePrefix = 'ns'$/);
  });

  it('is read as hidden after a creation that was interrupted, and an update completes it', async () => {
    orgWithField();
    const client = clientOf(connectTo(org));
    const found = (await client.find(loyalty))!;
    expect(found.attributes['visible']).toBe(false);

    const completed = await client.update(found.id, found.attributes, type.normalize(loyalty));

    expect(completed.attributes).toEqual(type.normalize(loyalty));
    expect(bodies('/sobjects/FieldPermissions')).toHaveLength(1);
    expect(org.calls.some((call) => call.method === 'PATCH')).toBe(false);
  });

  it('is changed in place, and what is not declared stays as it is', async () => {
    orgWithField({ trackHistory: true });
    org.on('PATCH', `/tooling/sobjects/CustomField/${FIELD_ID}`, { status: 204 });
    const before = type.normalize(loyalty);
    await clientOf(connectTo(org)).update(
      FIELD_ID,
      before,
      type.normalize({ ...loyalty, label: 'Card', length: 40, description: 'The number on the card' }),
    );
    expect(bodies(`/CustomField/${FIELD_ID}`)).toMatchObject([
      {
        FullName: 'Contact.Loyalty_Number__c',
        Metadata: { trackHistory: true, label: 'Card', length: 40, description: 'The number on the card' },
      },
    ]);
  });

  it('is never made smaller', async () => {
    const update = clientOf(connectTo(org)).update(FIELD_ID, type.normalize(loyalty), type.normalize({ ...loyalty, length: 10 }));
    await expect(update).rejects.toMatchObject({ code: 'PROVIDER_REFUSED' });
    expect(org.calls).toEqual([]);
  });

  it('is deleted, and deleting it again does no harm', async () => {
    org.on(
      'DELETE',
      `/tooling/sobjects/CustomField/${FIELD_ID}`,
      { status: 204 },
      { status: 404, body: refusal('ENTITY_IS_DELETED', 'entity is deleted') },
    );
    const client = clientOf(connectTo(org));
    await client.delete(FIELD_ID);
    await client.delete(FIELD_ID);
    expect(org.calls).toHaveLength(2);
  });

  it('is absent where the org does not know it', async () => {
    org.on('GET', '/tooling/query', page([]));
    const client = clientOf(connectTo(org));
    expect(await client.read(FIELD_ID)).toBeUndefined();
    expect(await client.find(loyalty)).toBeUndefined();
    expect(await client.read("x' OR Id != '")).toBeUndefined();
    expect(org.calls).toHaveLength(2);
  });

  it('is listed with all others in two calls an object, without Metadata', async () => {
    org.on('GET', '/tooling/query', (request) =>
      page(
        soqlOf(request).includes("'Contact'")
          ? ['Level', 'Interests', 'Score', 'Syncline_Id', 'Anything', 'Hidden'].map((name, index) => ({
              Id: `00N5f0000000000${String(index)}AAA`.slice(-18),
              DeveloperName: name,
              TableEnumOrId: 'Contact',
              NamespacePrefix: null,
            }))
          : [],
      ),
    );
    org.on('GET', '/sobjects/Contact/describe', described('Contact', contactFields));

    const listed = await collect(clientOf(connectTo(org)).list());

    expect(listed.map((one) => [one.attributes['name'], one.attributes['type']])).toEqual([
      ['Level__c', 'Picklist'],
      ['Interests__c', 'MultiselectPicklist'],
      ['Score__c', 'Number'],
      ['Syncline_Id__c', 'Text'],
      ['Hidden__c', undefined],
    ]);
    expect(listed[4]!.attributes).toEqual({ object: 'Contact', name: 'Hidden__c', visible: false });
    expect(listed[0]!.attributes).toMatchObject({ options: ['Gold', 'Silver'], restricted: true });
    expect(listed[3]!.attributes).toMatchObject({ length: 36, unique: true, externalId: true });
    expect(org.calls.some((call) => soqlOf(call).includes('Metadata'))).toBe(false);
    expect(org.calls).toHaveLength(5);
  });
});

describe('the resource type salesforce/permission-set', () => {
  const attributes = { name: 'Sync', label: 'Sync rights' };

  it('is made, found, changed and deleted as a record', async () => {
    org.on('POST', '/sobjects/PermissionSet', { status: 201, body: { id: SET_ID, success: true, errors: [] } });
    org.on('PATCH', `/sobjects/PermissionSet/${SET_ID}`, { status: 204 });
    org.on('DELETE', `/sobjects/PermissionSet/${SET_ID}`, { status: 204 });
    org.on('GET', '/query', page([{ Id: SET_ID, Name: 'Sync', Label: 'Sync rights' }]));
    const client = clientOf(connectTo(org), 'salesforce/permission-set');

    expect(await client.create(attributes)).toEqual({ id: SET_ID, attributes });
    expect(await client.find(attributes)).toEqual({ id: SET_ID, attributes });
    expect(await client.read(SET_ID)).toEqual({ id: SET_ID, attributes });
    expect(await collect(client.list())).toEqual([{ id: SET_ID, attributes }]);
    expect(await client.update(SET_ID, attributes, { ...attributes, label: 'Other' })).toEqual({
      id: SET_ID,
      attributes: { name: 'Sync', label: 'Other' },
    });
    await client.delete(SET_ID);
    expect(bodies('/sobjects/PermissionSet')).toEqual([{ Name: 'Sync', Label: 'Sync rights' }]);
  });

  it('is found again where the answer to its creation was lost', async () => {
    org.on('POST', '/sobjects/PermissionSet', { raw: (response) => response.destroy() });
    org.on('GET', '/query', page([{ Id: SET_ID, Name: 'Sync', Label: 'Sync rights' }]));
    expect(await clientOf(connectTo(org), 'salesforce/permission-set').create(attributes)).toMatchObject({ id: SET_ID });
  });

  it('is the only other type', () => {
    expect(Object.keys(salesforceProvider.resourceTypes)).toEqual(['salesforce/custom-field', 'salesforce/permission-set']);
    expect(() => connectTo(org).connection.resources('salesforce/profile')).toThrow('salesforce/profile');
  });
});
