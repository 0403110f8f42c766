import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FieldDescription } from '../../../src/model/value.ts';
import { accountFields, contactFields, describeField, described, userFields } from './describe-answers.ts';
import { connectTo, refusal, startStubOrg } from './stub-org.ts';
import type { StubOrg } from './stub-org.ts';

let org: StubOrg;

beforeEach(async () => {
  org = await startStubOrg();
  org.on('GET', '/sobjects/Contact/describe', described('Contact', contactFields));
  org.on('GET', '/sobjects/Account/describe', described('Account', accountFields));
  org.on('GET', '/sobjects/User/describe', described('User', userFields));
});

afterEach(async () => {
  expect(org.unexpected).toEqual([]);
  await org.close();
});

async function fieldsOf(...paths: string[]): Promise<Record<string, FieldDescription>> {
  const { fields } = await connectTo(org).connection.describe('Contact', paths);
  return Object.fromEntries(fields.map((field) => [field.path, field]));
}

describe('describing an object', () => {
  it('translates types, lengths and rights', async () => {
    const fields = await fieldsOf(
      'Id',
      'LastName',
      'Email',
      'MailingStreet',
      'MailingLatitude',
      'Turnover__c',
      'Visits__c',
      'AccountId',
      'Name',
    );
    expect(fields['LastName']).toEqual({
      path: 'LastName',
      label: 'Last Name',
      type: 'string',
      maxLength: 80,
      createable: true,
      updateable: true,
      required: true,
      unique: false,
    });
    expect(fields['Id']).toMatchObject({ type: 'id', unique: true, required: false });
    expect(fields['Email']).toMatchObject({ type: 'email', maxLength: 80 });
    expect(fields['MailingStreet']).toMatchObject({ type: 'text', maxLength: 255 });
    expect(fields['MailingLatitude']).toMatchObject({ type: 'decimal' });
    expect(fields['Turnover__c']).toMatchObject({ type: 'decimal' });
    expect(fields['Visits__c']).toMatchObject({ type: 'integer' });
    expect(fields['AccountId']).toMatchObject({ type: 'id', updateable: true });
    expect(fields['Name']).toMatchObject({ createable: false, required: false });
  });

  it('gives options to restricted picklists only, without the inactive ones', async () => {
    const fields = await fieldsOf('Salutation', 'Level__c', 'Interests__c');
    expect(fields['Salutation']).not.toHaveProperty('options');
    expect(fields['Salutation']).toMatchObject({ type: 'picklist', maxLength: 40 });
    expect(fields['Level__c']).toMatchObject({ type: 'picklist', options: ['Gold', 'Silver'] });
    expect(fields['Interests__c']).toMatchObject({ type: 'set', options: ['Golf', 'Art'] });
    expect(fields['Interests__c']).not.toHaveProperty('maxLength');
  });

  it('follows parents through their own descriptions, one call an object', async () => {
    const fields = await fieldsOf('Account.Name', 'Account.Industry', 'Account.Owner.Email');
    expect(fields['Account.Name']).toMatchObject({ parent: 'Account', updateable: false, required: false, type: 'string' });
    expect(fields['Account.Owner.Email']).toMatchObject({ parent: 'Account.Owner', type: 'email' });
    expect(org.calls).toHaveLength(3);
  });

  it('lists as missing what is hidden, unknown, compound, or behind a reference to several types', async () => {
    const paths = ['Email', 'Secret__c', 'MailingAddress', 'Photo__c', 'Anything__r.Name', 'Account.Secret__c', 'Owner.Nothing'];
    const description = await connectTo(org).connection.describe('Contact', paths);
    expect(description.fields.map((field) => field.path)).toEqual(['Email']);
    expect(description.missing).toEqual(paths.slice(1));
  });

  it('tells hidden fields from those that do not exist, as far as Salesforce does', async () => {
    const rows = [{ Id: '00N000000000001AAA', DeveloperName: 'Secret', NamespacePrefix: null }];
    org.on('GET', '/tooling/query', { status: 200, body: { totalSize: 1, done: true, records: rows } });
    const paths = ['Secret__c', 'ns__Secret__c', 'Gone__c', 'Fax', 'Faxx', 'MailingAddress', 'Photo__c', 'Account.Secret__c'];
    const { connection } = connectTo(org);
    expect(Object.fromEntries(await connection.absences!('Contact', paths))).toEqual({
      Secret__c: 'hidden',
      ns__Secret__c: 'gone',
      Gone__c: 'gone',
      // A standard field cannot be deleted.
      Fax: 'hidden',
    });
  });

  it('tells nothing of custom fields where the user may not read the set-up', async () => {
    const errors = [{ errorCode: 'INVALID_TYPE', message: "sObject type 'CustomField' is not supported." }];
    org.on('GET', '/tooling/query', { status: 400, body: errors });
    const absences = await connectTo(org).connection.absences!('Contact', ['Secret__c', 'Fax']);
    expect(Object.fromEntries(absences)).toEqual({ Fax: 'hidden' });
  });

  it('asks again each time, so that a field that was provisioned shows', async () => {
    org.on(
      'GET',
      '/sobjects/Contact/describe',
      described('Contact', []),
      described('Contact', [describeField('New__c', 'string')]),
    );
    const { connection } = connectTo(org);
    expect((await connection.describe('Contact', ['New__c'])).missing).toEqual(['New__c']);
    expect((await connection.describe('Contact', ['New__c'])).missing).toEqual([]);
  });

  it('serves again for some minutes what has all the paths', async () => {
    const { connection, clock } = connectTo(org);
    await connection.describe('Contact', ['Email', 'Account.Name']);
    await connection.describe('Contact', ['Account.Name']);
    expect(org.calls).toHaveLength(2);
    clock.advance(5 * 60_000);
    await connection.describe('Contact', ['Email', 'Account.Name']);
    expect(org.calls).toHaveLength(4);
  });

  it('knows which fields a new record needs, also those that are not mapped', async () => {
    const { connection } = connectTo(org);
    const description = await connection.describe('Contact', ['Email']);
    expect(connection.records(description).writer.requiredOnCreate).toEqual(['LastName']);
  });

  it('refuses an object that the org does not have', async () => {
    org.on('GET', '/sobjects/Nothing/describe', {
      status: 404,
      body: refusal('NOT_FOUND', 'The requested resource does not exist'),
    });
    await expect(connectTo(org).connection.describe('Nothing', ['Id'])).rejects.toMatchObject({
      code: 'PROVIDER_REFUSED',
      status: 404,
    });
    await expect(connectTo(org).connection.describe('../limits', ['Id'])).rejects.toMatchObject({ code: 'PROVIDER_REFUSED' });
  });
});
