import { describe, expect, test } from 'vitest';
import { Account, peopled } from './account.ts';

const ANN = { email: 'ann@example.com' };

async function member(account: Account): Promise<{ readonly book: number; readonly id: number }> {
  const book = await account.book('News');
  const { body } = await account.post(`/v2/address-books/${book}/contacts`, ANN);
  return { book, id: body.id as number };
}

describe('address books', () => {
  test('names are their own, not too long, and not those of the built-in books', async () => {
    const account = new Account();
    await account.book('News');
    const codes = await Promise.all(
      ['news', 'TEST', 'All Contacts', 'x'.repeat(129), 'No consent given'].map(
        async (name) => (await account.post('/v2/address-books', { name, visibility: 'Private' })).body.message,
      ),
    );

    expect(codes.map((text: string) => /_(\w+)$/.exec(text.replace('ERROR_ADDRESSBOOK', ''))?.[1])).toEqual([
      'DUPLICATE',
      'DUPLICATE',
      'DUPLICATE',
      'INVALID',
      'DUPLICATE',
    ]);
  });

  test('the built-in book is listed and refuses every write', async () => {
    const account = peopled(20);
    const refused = {
      status: 400,
      body: { message: 'Address book cannot be written to via the API. ERROR_ADDRESSBOOK_NOTWRITABLE' },
    };

    expect((await account.get('/v2/address-books')).body).toContainEqual({
      id: 1,
      name: 'Test',
      visibility: 'Private',
      contacts: 0,
    });
    expect(await account.delete('/v2/address-books/1')).toMatchObject(refused);
    expect(await account.put('/v2/address-books/1', { name: 'x' })).toMatchObject(refused);
    expect(await account.post('/v2/address-books/1/contacts', ANN)).toMatchObject(refused);
  });

  test('rows shift while somebody pages and others leave', async () => {
    const account = new Account();
    const book = await account.book('News');
    for (const name of ['a', 'b', 'c', 'd'])
      await account.post(`/v2/address-books/${book}/contacts`, { email: `${name}@example.com` });
    const page = (skip: number) => account.get(`/v2/address-books/${book}/contacts?select=2&skip=${skip}`);
    const first = await page(0);
    await account.delete(`/v2/address-books/${book}/contacts/${first.body[0].id}`);

    const second = await page(2);

    expect([...first.body, ...second.body].map(({ email }: { email: string }) => email)).toEqual([
      'a@example.com',
      'b@example.com',
      'd@example.com',
    ]);
  });

  test('a segment is read like a book, refreshed, and cannot be written to', async () => {
    const account = peopled(60);
    const [segment] = (await account.get('/v2/segments')).body;

    expect((await account.get(`/v2/address-books/${segment.id}/contacts`)).body).toHaveLength(segment.contacts);
    expect((await account.get(`/contacts/v3?~segmentId=${segment.id}`)).body._items).toHaveLength(segment.contacts);
    expect((await account.post(`/v2/address-books/${segment.id}/contacts`, ANN)).status).toBe(404);
    expect((await account.call('POST', `/v2/segments/refresh/${segment.id}`)).status).toBe(202);
    expect((await account.get(`/v2/segments/refresh/${segment.id}`)).body.status).toBe('NotFinished');
    account.advance(5_000);
    expect((await account.get(`/v2/segments/refresh/${segment.id}`)).body.status).toBe('Finished');
  });
});

describe('opting out of one book', () => {
  test('leaves the account alone, refuses to be added again, and is listed for the book', async () => {
    const account = new Account();
    const { book, id } = await member(account);
    await account.post(`/v2/address-books/${book}/contacts/unsubscribe`, ANN);

    expect((await account.get(`/v2/contacts/${id}`)).body.status).toBe('Subscribed');
    expect((await account.get(`/v2/address-books/${book}/contacts`)).body).toEqual([]);
    expect((await account.post(`/v2/address-books/${book}/contacts`, ANN)).body.message).toContain(
      'ERROR_CONTACT_SUPPRESSEDFORADDRESSBOOK',
    );
    const listed = await account.get(`/v2/address-books/${book}/contacts/unsubscribed-since/2020-01-01`);
    expect(listed.body).toMatchObject([{ suppressedContact: { id }, reason: 'Unsubscribed' }]);
    expect((await account.get('/v2/contacts/unsubscribed-since/2020-01-01')).body).toEqual([]);
    expect((await account.get(`/contacts/v3/contactId/${id}`)).body.lists).toEqual([
      { id: book, name: 'News', status: 'suppressed' },
    ]);
  });

  test('an import does not undo it', async () => {
    const account = new Account();
    const { book } = await member(account);
    await account.post(`/v2/address-books/${book}/contacts/unsubscribe`, ANN);
    await account.put('/contacts/v3/import', { contacts: [{ matchIdentifier: 'email', identifiers: ANN, lists: [book] }] });
    account.advance(20_000);

    expect((await account.get(`/v2/address-books/${book}/contacts`)).body).toEqual([]);
  });
});

describe('opting in again', () => {
  test('asks the person by mail, unless the caller vouches for them', async () => {
    const account = new Account();
    const id = await account.contact(ANN.email);
    await account.post('/v2/contacts/unsubscribe', ANN);

    const challenged = await account.post('/v2/contacts/resubscribe', { unsubscribedContact: ANN });
    const before = (await account.get('/v2/contacts/ann@example.com')).body.status;
    const added = await account.post('/v2/contacts/resubscribe-with-no-challenge', { unsubscribedContact: ANN });

    expect([challenged.body.status, before, added.body.status]).toEqual(['ContactChallenged', 'Unsubscribed', 'ContactAdded']);
    expect((await account.get(`/v2/contacts/${id}`)).body.status).toBe('Subscribed');
  });

  test('is final for an address that is suppressed everywhere', async () => {
    const { body } = await peopled(20).post('/v2/contacts/resubscribe-with-no-challenge', {
      unsubscribedContact: { email: 'blocked@example.com' },
    });

    expect(body.status).toBe('ContactCannotBeUnsuppressed');
  });

  test('by v3 vouches for the person unless told not to', async () => {
    const account = new Account();
    await account.contact(ANN.email);
    await account.post('/v2/contacts/unsubscribe', ANN);
    const wanted = (options: object) => ({ channelProperties: { email: { status: 'subscribed', ...options } } });

    const asked = await account.patch(
      '/contacts/v3/email/ann@example.com',
      wanted({ resubscribeOptions: { resubscribeWithNoChallenge: false } }),
    );
    const vouched = await account.patch('/contacts/v3/email/ann@example.com', wanted({}));

    expect([asked.body.status, vouched.body.status]).toEqual(['unsubscribed', 'subscribed']);
  });
});

test('consent records and preferences stand beside the contact, in both frameworks', async () => {
  const account = peopled(20);
  const fields = [
    { key: 'TEXT', value: 'Yes' },
    { key: 'URL', value: 'https://www.example.com/' },
  ];
  const written = await account.post('/v2/contacts/with-consent-and-preferences', {
    contact: ANN,
    consentFields: [{ fields }],
    preferences: [{ id: 2, isOptedIn: true }],
  });

  expect(written).toMatchObject({ status: 201, body: { contact: ANN, consentFields: [{ fields }] } });
  expect((await account.get('/v2/contacts/ann@example.com/with-consent')).body.consentFields).toHaveLength(1);
  expect((await account.get('/v2/contacts/ann@example.com/preferences')).body[0].preferences).toMatchObject([
    { id: 2, isOptedIn: true },
    { id: 3, isOptedIn: false },
  ]);
  expect((await account.get('/contacts/v3/email/ann@example.com')).body.preferences).toMatchObject([{ id: 2, isOptedIn: true }]);
  expect(account.dump('consentRecord')).toMatchObject([{ TEXT: 'Yes' }]);
  expect((await account.delete('/v2/preferences/1')).status).toBe(200);
  expect(account.dump('preferenceChoice')).toEqual([]);
});
