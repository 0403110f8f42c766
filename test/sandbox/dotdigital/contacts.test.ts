import { describe, expect, test } from 'vitest';
import { Account, peopled } from './account.ts';

describe('contacts of v2', () => {
  test('are kept in lower case, by address once, and listed without data fields unless asked', async () => {
    const account = new Account();
    const id = await account.contact('Ada@Example.com', { FIRSTNAME: 'Ada' });

    const again = await account.post('/v2/contacts', { email: 'ada@example.com', dataFields: [{ key: 'lastname', value: 'L' }] });
    const plain = await account.get('/v2/contacts');
    const full = await account.get('/v2/contacts?withFullData=true');

    expect(again).toMatchObject({ status: 201, body: { id, email: 'ada@example.com' } });
    expect(plain.body).toEqual([
      { id, email: 'ada@example.com', optInType: 'Unknown', emailType: 'Html', dataFields: null, status: 'Subscribed' },
    ]);
    expect(full.body[0].dataFields).toContainEqual({ key: 'FIRSTNAME', value: 'Ada' });
    expect(full.body[0].dataFields).toContainEqual({ key: 'LASTNAME', value: 'L' });
    expect(full.body[0].dataFields).toContainEqual({ key: 'GENDER', value: null });
  });

  test('an opt-out hides by id, shows by address, refuses an update and is listed since', async () => {
    const account = new Account();
    const id = await account.contact('ada@example.com');
    account.advance(1000);
    await account.post('/v2/contacts/unsubscribe', { email: 'ada@example.com' });

    expect(await account.get(`/v2/contacts/${id}`)).toMatchObject({
      status: 404,
      body: { message: 'Error: ERROR_CONTACT_NOT_FOUND' },
    });
    expect((await account.get('/v2/contacts/ada%40example.com')).body.status).toBe('Unsubscribed');
    expect(await account.post('/v2/contacts', { email: 'ada@example.com' })).toMatchObject({
      status: 400,
      body: { message: 'Contact is suppressed. ERROR_CONTACT_SUPPRESSED' },
    });
    const since = await account.get('/v2/contacts/suppressed-since/2026-11-22T05:00:00Z');
    expect(since.body).toMatchObject([{ suppressedContact: { id }, reason: 'Unsubscribed' }]);
  });

  test.each(['select=0', 'select=1001', 'skip=-1', 'select=x'])('a page of %s is refused', async (query) => {
    expect(await new Account().get(`/v2/contacts?${query}`)).toMatchObject({
      status: 400,
      body: { message: 'Error: ERROR_PARAMETER_INVALID' },
    });
  });
});

test('the same seed gives the same account', () => {
  const objects = ['contact', 'addressBookContact', 'addressBook', 'dataField', 'campaign', 'campaignActivity', 'suppression'];
  const [one, other] = [peopled(300), peopled(300)];

  for (const object of objects) {
    expect(one.dump(object).length, object).toBeGreaterThan(0);
    expect(one.dump(object), object).toEqual(other.dump(object));
  }
  expect(one.sandbox.dump('nothing')).toBeUndefined();
});
