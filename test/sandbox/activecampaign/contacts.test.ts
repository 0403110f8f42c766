import { beforeEach, describe, expect, test } from 'vitest';
import { Account } from './account.ts';

let account: Account;

beforeEach(() => {
  account = new Account();
});

describe('creating a contact', () => {
  test('answers 201 with the keys as sent and empty text for what was not', async () => {
    const { status, body } = await account.post('contacts', { contact: { lastName: 'Lovelace', email: 'Ada@x.example' } });

    expect(status).toBe(201);
    expect(Object.keys(body)).toEqual(['contact']);
    expect(Object.keys(body.contact).slice(0, 2)).toEqual(['lastName', 'email']);
    expect(body.contact).toMatchObject({
      email: 'Ada@x.example',
      firstName: '',
      lastName: 'Lovelace',
      phone: '',
      orgid: '0',
      orgname: '',
      organization: null,
      id: '1',
      cdate: '2026-11-21T23:00:00-06:00',
      udate: '2026-11-21T23:00:00-06:00',
    });
  });

  test('brings fieldValues only when some were sent', async () => {
    const field = await account.make('fields', 'field', { title: 'City', type: 'text' });
    const { body } = await account.post('contacts', {
      contact: {
        email: 'a@x.example',
        fieldValues: [
          { field, value: 'Ulm' },
          { field: '99', value: 'nobody reads this' },
        ],
      },
    });

    expect(body.fieldValues).toHaveLength(1);
    expect(body.fieldValues[0]).toMatchObject({ contact: '1', field, value: 'Ulm', owner: '1' });
  });

  test('refuses an address that is taken, whatever its case', async () => {
    await account.contact('ada@x.example');
    const { status, body } = await account.post('contacts', { contact: { email: 'ADA@X.example' } });

    expect(status).toBe(422);
    expect(body).toEqual({
      errors: [
        {
          title: 'Email address already exists in the system',
          detail: '',
          code: 'duplicate',
          source: { pointer: '/data/attributes/email' },
        },
      ],
    });
  });

  test.each([{}, { email: '' }, { email: 'no address' }])('refuses %j', async (contact) => {
    const { status } = await account.post('contacts', { contact });

    expect(status).toBe(422);
    expect(account.dump('contact')).toEqual([]);
  });

  test('writes nothing when a custom field cannot hold its value', async () => {
    const field = await account.make('fields', 'field', { title: 'Birthday', type: 'date' });
    const { status, body } = await account.post('contacts', {
      contact: { email: 'a@x.example', fieldValues: [{ field, value: 'abc' }] },
    });

    expect(status).toBe(422);
    expect(body.errors[0].detail).toBe('The custom field value `abc` could not be saved to the custom field of type `date`.');
    expect(account.dump('contact')).toEqual([]);
  });
});

describe('contact/sync', () => {
  test('answers 201 for a new address and 200 with the full contact for a known one', async () => {
    const first = await account.post('contact/sync', { contact: { email: 'ada@x.example', firstName: 'Ada', phone: '1' } });
    account.advance(60_000);
    const second = await account.post('contact/sync', { contact: { email: 'ADA@x.example', firstName: 'Augusta' } });

    expect(first.status).toBe(201);
    expect(second.status).toBe(200);
    expect(second.body.contact).toMatchObject({
      id: first.body.contact.id,
      email: 'ada@x.example',
      firstName: 'Augusta',
      phone: '1',
      hash: expect.stringMatching(/^[0-9a-f]{32}$/),
      cdate: '2026-11-21T23:00:00-06:00',
      udate: '2026-11-21T23:01:00-06:00',
      created_utc_timestamp: '2026-11-21 23:00:00',
      updated_utc_timestamp: '2026-11-21 23:01:00',
    });
  });
});

describe('changing a contact', () => {
  test.each(['PUT', 'PATCH'])('%s keeps what the body leaves out and clears what it empties', async (method) => {
    const id = await account.contact('ada@x.example', { firstName: 'Ada', lastName: 'Lovelace', phone: '722' });
    account.advance(5000);
    const { status, body } = await account.call(method, `contacts/${id}`, { contact: { phone: '' } });

    expect(status).toBe(200);
    expect(body.contact).toMatchObject({ firstName: 'Ada', lastName: 'Lovelace', phone: '', udate: '2026-11-21T23:00:05-06:00' });
  });

  test('columns that were null are zero from the first update on', async () => {
    const id = await account.contact('ada@x.example');
    const before = (await account.get(`contacts/${id}`)).body.contact;
    await account.call('PUT', `contacts/${id}`, { contact: { firstName: 'Ada' } });
    const after = (await account.get(`contacts/${id}`)).body.contact;

    expect(before).toMatchObject({ ua: null, created_by: null, sms_consent_updated_at: null });
    expect(after).toMatchObject({ ua: '', created_by: '0', sms_consent_updated_at: '0000-00-00 00:00:00' });
  });

  test('a new address frees the old one', async () => {
    const id = await account.contact('old@x.example');
    await account.call('PUT', `contacts/${id}`, { contact: { email: 'new@x.example' } });

    expect((await account.get('contacts?email=old@x.example')).body.meta.total).toBe('0');
    expect((await account.get('contacts?email=NEW@x.example')).body.contacts[0].id).toBe(id);
    expect((await account.post('contacts', { contact: { email: 'old@x.example' } })).status).toBe(201);
  });

  test("another contact's address is refused", async () => {
    await account.contact('taken@x.example');
    const id = await account.contact('ada@x.example');
    const { status, body } = await account.call('PUT', `contacts/${id}`, {
      contact: { email: 'Taken@x.example', firstName: 'Ada' },
    });

    expect([status, body.errors[0].code]).toEqual([422, 'duplicate']);
    expect((await account.get(`contacts/${id}`)).body.contact).toMatchObject({ email: 'ada@x.example', firstName: '' });
  });
});

describe('deleting a contact', () => {
  test('takes all that hangs on it away', async () => {
    const id = await account.contact('ada@x.example');
    const field = await account.make('fields', 'field', { title: 'City', type: 'text' });
    await account.post('fieldValues', { fieldValue: { contact: id, field, value: 'Ulm' } });
    await account.post('contactTags', { contactTag: { contact: id, tag: '1' } });
    await account.post('contactLists', { contactList: { contact: id, list: 1, status: 1 } });
    await account.post('contactAutomations', { contactAutomation: { contact: id, automation: 1 } });
    const { status, body } = await account.call('DELETE', `contacts/${id}`);

    expect([status, body]).toEqual([200, {}]);
    for (const object of ['contact', 'fieldValue', 'contactTag', 'contactList', 'contactAutomation'])
      expect(account.dump(object)).toEqual([]);
    expect((await account.get('contacts')).body.meta.total).toBe('0');
  });

  test('ids are not used twice', async () => {
    const first = await account.contact('ada@x.example');
    await account.call('DELETE', `contacts/${first}`);

    expect(await account.contact('ada@x.example')).not.toBe(first);
  });
});

test('a contact that is gone is missed in three ways', async () => {
  expect((await account.get('contacts/9')).body).toEqual({ message: 'No Result found for Subscriber with id 9' });
  expect((await account.call('PUT', 'contacts/9', { contact: {} })).body).toEqual({
    message: 'No Result found for Subscriber with id 9',
  });
  expect((await account.call('DELETE', 'contacts/9')).body).toEqual({ message: 'No result found for contact with id 9' });
  expect((await account.get('contacts/100/fieldValues')).body).toEqual({ message: 'No Result found for Subscriber with id 100' });
});

test('one contact is read with what hangs on it, and its parts without meta', async () => {
  const id = await account.contact('ada@x.example', { firstName: 'Ada' });
  await account.post('contactLists', { contactList: { contact: id, list: 1, status: 1 } });
  await account.post('contactTags', { contactTag: { contact: id, tag: 2 } });
  const { body } = await account.get(`contacts/${id}`);

  expect(body.contact).toMatchObject({ contactLists: ['1'], fieldValues: [], deals: [] });
  expect(body.contactLists[0]).toMatchObject({ list: '1', status: '1', first_name: 'Ada' });
  expect(Object.keys((await account.get(`contacts/${id}/contactTags`)).body)).toEqual(['contactTags']);
  expect((await account.get(`contacts/${id}/contactLists`)).body.contactLists).toHaveLength(1);
  for (const part of [
    'bounceLogs',
    'contactData',
    'contactGoals',
    'contactLogs',
    'geoIps',
    'trackingLogs',
    'scoreValues',
    'plusAppend',
    'automationEntryCounts',
    'organization',
    'notes',
    'deals',
    'contactDeals',
    'accountContacts',
    'contactAutomations',
  ]) {
    const answer = await account.get(`contacts/${id}/${part}`);
    expect([part, answer.status, Object.keys(answer.body)]).toEqual([part, 200, [part]]);
  }
});

describe('what moves udate', () => {
  let id: string;

  async function udateAfter(act: () => Promise<unknown>): Promise<unknown> {
    account.advance(10_000);
    await act();
    return (await account.get(`contacts/${id}`)).body.contact.udate;
  }

  beforeEach(async () => {
    id = await account.contact('ada@x.example');
    await account.make('fields', 'field', { title: 'City', type: 'text' });
  });

  test('a tag added or removed does, the same tag again does not', async () => {
    expect(await udateAfter(() => account.post('contactTags', { contactTag: { contact: id, tag: 1 } }))).toBe(
      '2026-11-21T23:00:10-06:00',
    );
    expect(await udateAfter(() => account.post('contactTags', { contactTag: { contact: id, tag: 1 } }))).toBe(
      '2026-11-21T23:00:10-06:00',
    );
    expect(await udateAfter(() => account.call('DELETE', 'contactTags/1'))).toBe('2026-11-21T23:00:30-06:00');
  });

  test('a field value written or deleted does', async () => {
    expect(await udateAfter(() => account.post('fieldValues', { fieldValue: { contact: id, field: 1, value: 'Ulm' } }))).toBe(
      '2026-11-21T23:00:10-06:00',
    );
    expect(await udateAfter(() => account.call('DELETE', 'fieldValues/1'))).toBe('2026-11-21T23:00:20-06:00');
  });

  test('a list status does not', async () => {
    expect(await udateAfter(() => account.post('contactLists', { contactList: { contact: id, list: 1, status: 1 } }))).toBe(
      '2026-11-21T23:00:00-06:00',
    );
  });
});

test('times carry the offset of the account at their date', async () => {
  account.nowMs = Date.UTC(2026, 6, 1, 12);
  await account.contact('summer@x.example');
  account.nowMs = Date.UTC(2026, 10, 1, 6, 59, 59);
  await account.contact('last-second-of-summer@x.example');
  account.nowMs = Date.UTC(2026, 10, 1, 7, 0, 0);
  await account.contact('winter@x.example');

  expect(account.dump('contact').map(({ cdate }) => cdate)).toEqual([
    '2026-07-01T07:00:00-05:00',
    '2026-11-01T01:59:59-05:00',
    '2026-11-01T01:00:00-06:00',
  ]);
});
