import { describe, expect, test } from 'vitest';
import { Account } from './account.ts';

const CSV = 'Email,FIRSTNAME,UNKNOWN\nann@example.com,Ann,x\nnobody,Bo,x\nANN@example.com,Twice,x\n';

function file(text: string): Readonly<Record<string, string>> {
  return { fileName: 'contacts.csv', data: Buffer.from(text).toString('base64') };
}

function rows(...emails: readonly string[]): Readonly<Record<string, unknown>> {
  return {
    contacts: emails.map((email) => ({ matchIdentifier: 'email', identifiers: { email }, dataFields: { FIRSTNAME: 'New' } })),
  };
}

describe('imports of v2', () => {
  test('wait, then tell by row what was not taken, for a week', async () => {
    const account = new Account();
    const book = await account.book('News');
    const { body } = await account.post(`/v2/address-books/${book}/contacts/import`, file(CSV));
    const at = `/v2/contacts/import/${body.id}`;

    expect(body.status).toBe('NotFinished');
    expect((await account.get('/v2/contacts/count')).body).toBe('0');
    expect((await account.get(`${at}/report`)).status).toBe(404);
    account.advance(20_000);
    expect((await account.get(at)).body.status).toBe('Finished');
    expect((await account.get(`${at}/report`)).body).toMatchObject({ newContacts: 1, invalidEntries: 1, duplicateEmails: 1 });
    const faults = await account.get(`${at}/report-faults`);
    expect(faults.body).toBe(
      '\uFEFFReason,Email,FIRSTNAME,UNKNOWN\nInvalid Email,nobody,Bo,x\nDuplicate,ANN@example.com,Twice,x\n',
    );
    expect((await account.get(`/v2/address-books/${book}/contacts`)).body).toMatchObject([{ email: 'ann@example.com' }]);
    account.advance(7 * 24 * 3_600_000);
    expect((await account.get(`${at}/report-faults`)).status).toBe(404);
  });

  test.each([
    [0, 'Ann', null],
    [1, 'Ann', 'Lee'],
    [2, 'Old', 'Lee'],
  ])('merge option %d leaves %s %s', async (option, first, last) => {
    const account = new Account();
    const id = await account.contact('ann@example.com', { FIRSTNAME: 'Old', LASTNAME: 'Lee' });
    const text = 'Email,FIRSTNAME,LASTNAME\nann@example.com,Ann,\n';
    await account.post(`/v2/contacts/import/with-merge-option/${option}`, file(text));
    account.advance(20_000);

    const { body } = await account.get(`/v2/contacts/${id}`);

    expect(body.dataFields).toEqual(
      expect.arrayContaining([
        { key: 'FIRSTNAME', value: first },
        { key: 'LASTNAME', value: last },
      ]),
    );
  });

  test('the watchdog may refuse a whole import, of which nothing is done', async () => {
    const account = new Account({ isRejected: (_, number) => number === 2 });
    const [first, second] = [
      await account.post('/v2/contacts/import', file('Email\na@example.com\n')),
      await account.post('/v2/contacts/import', file('Email\nb@example.com\n')),
    ];
    account.advance(20_000);

    expect((await account.get(`/v2/contacts/import/${first.body.id}`)).body.status).toBe('Finished');
    expect((await account.get(`/v2/contacts/import/${second.body.id}`)).body.status).toBe('RejectedByWatchdog');
    expect(account.dump('contact').map(({ email }) => email)).toEqual(['a@example.com']);
  });

  test('25 may wait at once', async () => {
    const account = new Account();
    for (let count = 0; count < 25; count += 1) await account.post('/v2/contacts/import', file('Email\n'));

    expect((await account.post('/v2/contacts/import', file('Email\n'))).body.message).toContain(
      'ERROR_IMPORT_TOOMANYACTIVEIMPORTS',
    );
    expect((await account.put('/contacts/v3/import', rows('a@example.com'))).status).toBe(429);
  });

  test('a file needs an address in each row, and a form one file', async () => {
    const account = new Account();
    const form = (parts: number): string =>
      `${'--x\r\nContent-Disposition: form-data; name="f"; filename="a.csv"\r\n\r\nEmail\n\r\n'.repeat(parts)}--x--\r\n`;
    const headers = { 'content-type': 'multipart/form-data; boundary=x' };

    expect((await account.post('/v2/contacts/import', file('Name\nx\n'))).body.message).toContain('ERROR_NO_EMAIL_COLUMN');
    expect((await account.call('POST', '/v2/contacts/import', form(2), { headers })).body.message).toContain('MULTI_FILE');
    expect((await account.call('POST', '/v2/contacts/import', form(0), { headers })).body.message).toBe('file must be valid');
  });
});

describe('imports of v3', () => {
  test('create, update and fail row by row; null empties a field', async () => {
    const account = new Account();
    await account.contact('old@example.com', { FIRSTNAME: 'Old' });
    await account.contact('gone@example.com');
    await account.post('/v2/contacts/unsubscribe', { email: 'gone@example.com' });
    const contacts = [
      { matchIdentifier: 'email', identifiers: { email: 'new@example.com' } },
      { matchIdentifier: 'email', identifiers: { email: 'old@example.com' }, dataFields: { FIRSTNAME: null } },
      { matchIdentifier: 'email', identifiers: { email: 'gone@example.com' } },
      { matchIdentifier: 'email', identifiers: { email: 'new@example.com' } },
      { matchIdentifier: 'email', identifiers: { email: 'list@example.com' }, lists: [99] },
      { matchIdentifier: 'mobileNumber', identifiers: { email: 'other@example.com' } },
    ];
    const { body } = await account.put('/contacts/v3/import', { contacts });
    account.advance(20_000);

    const status = (await account.get(`/contacts/v3/import/${body.importId}`)).body;

    expect(status.summary).toMatchObject({ newContacts: 1, updatedContacts: 1, duplicateIdentifiers: 1, invalidEntries: 3 });
    expect(status.failures.map((one: { failures: { failureCode: string }[] }) => one.failures[0]?.failureCode)).toEqual([
      'InvalidContactStatus',
      'Duplicate',
      'InvalidAddressBookIds',
      'InvalidMatchIdentifier',
    ]);
    const old = await account.get('/contacts/v3/email/old@example.com');
    expect(old.body.dataFields.FIRSTNAME).toBeNull();
  });

  test('find contacts by an identifier of the account’s own', async () => {
    const account = new Account();
    await account.post('/configuration/v3/customIdentifiers', { name: 'crm-id' });
    const identifiers = { email: 'ann@example.com', 'crm-id': '003' };
    await account.post('/contacts/v3', { identifiers });
    await account.put('/contacts/v3/import', {
      contacts: [{ matchIdentifier: 'crm-id', identifiers: { 'crm-id': '003', email: 'ann.lee@example.com' } }],
    });
    account.advance(20_000);

    const { body } = await account.get('/contacts/v3/crm-id/003');

    expect(body.identifiers).toEqual({ email: 'ann.lee@example.com', 'crm-id': '003' });
    expect((await account.post('/configuration/v3/customIdentifiers', { name: 'CRM-ID' })).status).toBe(409);
    expect((await account.post('/contacts/v3', { identifiers: { 'crm-id': '003' } })).status).toBe(409);
    expect((await account.get('/contacts/v3/other-id/003')).body.errorCode).toBe('contacts:invalidIdentifier');
    expect((await account.delete('/configuration/v3/customIdentifiers/crm-id')).status).toBe(204);
  });
});

describe('deletions in the background', () => {
  test('take contacts out of a book and leave them in the account', async () => {
    const account = new Account();
    const [book, id] = [await account.book('News'), await account.contact('ann@example.com')];
    await account.post(`/v2/address-books/${book}/contacts`, { email: 'ann@example.com' });
    const started = await account.post(`/v2/address-books/${book}/contacts/delete`, [id, 99]);

    expect(started).toMatchObject({ status: 202, body: { status: 'Started' } });
    expect((await account.get(`/v2/address-books/${book}/contacts`)).body).toHaveLength(1);
    account.advance(2_000);
    expect((await account.get(`/v2/contacts/deletion/${started.body.id}`)).body.status).toBe('Completed');
    expect((await account.get(`/v2/address-books/${book}/contacts`)).body).toEqual([]);
    expect((await account.get(`/v2/contacts/${id}`)).body.status).toBe('Subscribed');
  });

  test('of v3 take whole contacts, by any identifier', async () => {
    const account = new Account();
    const id = await account.contact('ann@example.com');
    await account.contact('bob@example.com');
    const { body } = await account.post('/contacts/v3/delete', [{ contactId: id }, { email: 'nobody@example.com' }]);
    account.advance(5_000);

    const status = (await account.get(`/contacts/v3/delete/${body.deleteId}`)).body;

    expect(status).toMatchObject({
      status: 'Finished',
      summary: { requestedContacts: 2, deletedContacts: 1, unknownContacts: 1 },
    });
    expect(account.dump('contact').map(({ email }) => email)).toEqual(['bob@example.com']);
    expect((await account.post('/contacts/v3/delete', [])).body.errorCode).toBe('contacts:noContactsSpecified');
    for (let count = 0; count < 5; count += 1) await account.post('/contacts/v3/delete', [{ contactId: 1 }]);
    expect((await account.post('/contacts/v3/delete', [{ contactId: 1 }])).status).toBe(429);
  });
});
