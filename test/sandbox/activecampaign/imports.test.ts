import { beforeEach, describe, expect, test } from 'vitest';
import { Account, type Reply } from './account.ts';

let account: Account;

beforeEach(() => {
  account = new Account();
});

function people(count: number): { email: string }[] {
  return Array.from({ length: count }, (_unused, index) => ({ email: `p${index}@x.example` }));
}

async function importing(contacts: unknown[], extra: Record<string, unknown> = {}, partial = false): Promise<Reply> {
  return account.call('POST', 'import/bulk_import', { contacts, ...extra }, { partial });
}

async function imported(contacts: unknown[], partial = false): Promise<Reply['body']> {
  const { status, body } = await importing(contacts, {}, partial);
  expect(status).toBe(200);
  account.advance(2000);
  return (await account.get(`import/info?batchId=${body.batchId}`)).body;
}

test('an import passes from false over waiting and active to completed in two seconds', async () => {
  const { status, body } = await importing(people(2));
  const seen: unknown[] = [];
  for (const step of [0, 999, 1, 399, 1, 599]) {
    account.advance(step);
    seen.push((await account.get(`import/info?batchId=${body.batchId}`)).body.status);
  }

  expect(status).toBe(200);
  expect(body).toEqual({
    success: 1,
    queued_contacts: 2,
    batchId: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
    message: 'Contact import queued',
  });
  expect(seen).toEqual([false, false, 'waiting', 'waiting', 'active', 'active']);
  expect(account.dump('contact')).toEqual([]);
  account.advance(1);
  expect((await account.get(`import/info?batchId=${body.batchId}`)).body).toEqual({
    status: 'completed',
    success: ['1', '2'],
    failure: [],
  });
  expect(account.dump('contact').map(({ email, udate }) => [email, udate])).toEqual([
    ['p0@x.example', '2026-11-21T23:00:02-06:00'],
    ['p1@x.example', '2026-11-21T23:00:02-06:00'],
  ]);
});

test('what is outstanding or done is counted by day', async () => {
  await importing(people(3));
  expect((await account.get('import/bulk_import')).body).toEqual({
    outstanding: [{ forDate: '2026-11-21', batches: '1', contacts: '3' }],
    recentlyCompleted: [],
  });
  account.advance(2000);
  expect((await account.get('import/bulk_import')).body).toEqual({
    outstanding: [],
    recentlyCompleted: [{ forDate: '2026-11-21', batches: '1', contacts: '3' }],
  });
});

test('success names the contacts that are new, not those that changed', async () => {
  await account.contact('p0@x.example', { firstName: 'Old', phone: '1' });
  const info = await imported([
    { email: 'P0@x.example', first_name: 'New' },
    { email: 'p1@x.example', last_name: 'Two' },
  ]);

  expect(info).toEqual({ status: 'completed', success: ['2'], failure: [] });
  expect(account.dump('contact')).toMatchObject([{ email: 'p0@x.example', firstName: 'New', phone: '1' }, { lastName: 'Two' }]);
});

test('tags, fields and an account are written; unknown tags and accounts are made', async () => {
  const city = await account.make('fields', 'field', { title: 'City', type: 'text' });
  const birthday = await account.make('fields', 'field', { title: 'Birthday', type: 'date' });
  await imported([
    {
      email: 'a@x.example',
      tags: ['VIP', 'brand new'],
      customer_acct_name: 'Acme',
      fields: [
        { id: Number(city), value: 'Ulm' },
        { id: birthday, value: 'never' },
        { id: 99, value: 'x' },
      ],
    },
  ]);

  expect(account.dump('tag').map(({ tag }) => tag)).toEqual(['vip', 'lead', 'event-2025', 'brand new']);
  expect(account.dump('contactTag').map(({ tag }) => tag)).toEqual(['1', '4']);
  expect(account.dump('fieldValue').map(({ field, value }) => [field, value])).toEqual([[city, 'Ulm']]);
  expect(account.dump('account')).toMatchObject([{ name: 'Acme' }]);
  expect(account.dump('accountContact')).toMatchObject([{ account: '1', contact: '1' }]);
});

test('subscribing never brings back who left, and unsubscribing works', async () => {
  for (const email of ['left@x.example', 'on@x.example']) await account.contact(email);
  await account.post('contactLists', { contactList: { contact: 1, list: 1, status: 2 } });
  await account.post('contactLists', { contactList: { contact: 2, list: 1, status: 1 } });
  await imported([
    { email: 'left@x.example', subscribe: [{ listid: 1 }, { listid: 2 }] },
    { email: 'on@x.example', unsubscribe: [{ listid: 1 }] },
    { email: 'new@x.example', subscribe: [{ listid: 1 }, { listid: 99 }] },
  ]);

  expect(account.dump('contactList').map(({ contact, list, status }) => [contact, list, status])).toEqual([
    ['1', '1', '2'],
    ['2', '1', '2'],
    ['1', '2', '1'],
    ['3', '1', '1'],
  ]);
});

test('addresses on the exclusion list are skipped without a word', async () => {
  expect(await imported([{ email: 'blocked@example.com' }, { email: 'a@excluded.example' }, { email: 'b@x.example' }])).toEqual({
    status: 'completed',
    success: ['1'],
    failure: [],
  });
  expect(account.dump('contact')).toHaveLength(1);
});

test('a partial failure names every second address', async () => {
  expect(await imported(people(5), true)).toEqual({
    status: 'completed',
    success: ['1', '2', '3'],
    failure: ['p1@x.example', 'p3@x.example'],
  });
});

test('a partial failure of a single contact is a 503', async () => {
  expect((await importing(people(1), {}, true)).status).toBe(503);
  expect((await account.call('POST', 'contact/sync', { contact: { email: 'a@x.example' } }, { partial: true })).status).toBe(503);
  account.advance(2000);
  expect(account.dump('contact')).toEqual([]);
});

describe('refusals', () => {
  test('one bad contact and nothing is queued; contacts count from 1', async () => {
    const { status, body } = await importing([{ email: 'a@x.example' }, { first_name: 'No address' }, { email: 'not one' }]);
    account.advance(5000);

    expect(status).toBe(400);
    expect(body).toEqual({
      success: 0,
      message:
        'JSON payload did not pass validation. Please fix failureReasons and retry. The import was not queued for processing.',
      failureReasons: [
        { contact: 2, failureReason: "Field 'email' not found" },
        { contact: 3, failureReason: "Field 'email' incorrect format" },
      ],
    });
    expect(account.dump('contact')).toEqual([]);
  });

  test('more than 250 contacts, or 400,000 bytes', async () => {
    expect((await importing(people(250))).status).toBe(200);
    expect((await importing(people(251))).status).toBe(400);
    const long = (length: number): unknown => ({
      contacts: [{ email: 'a@x.example' }, { email: 'b@x.example', first_name: 'x'.repeat(length) }],
    });
    const rest = 400_000 - JSON.stringify(long(0)).length;
    expect((await account.post('import/bulk_import', long(rest - 1))).status).toBe(200);
    expect((await account.post('import/bulk_import', long(rest))).status).toBe(400);
  });

  test('the importer has a limit of its own, by the minute, and words it as a 400', async () => {
    for (let count = 0; count < 20; count += 1) expect((await importing(people(1))).status).toBe(200);
    const { status, body } = await importing(people(1));

    expect(status).toBe(400);
    expect(body).toMatchObject({
      success: 0,
      message: 'Rate limit exceeded.',
      failureReasons: [expect.stringContaining('20 imports may be requested per minute')],
    });
    expect((await importing(people(2))).status).toBe(200);
    account.advance(60_000);
    expect((await importing(people(1))).status).toBe(200);
  });

  test('larger batches may come a hundred a minute', async () => {
    account.unhurried = false;
    for (let count = 0; count < 100; count += 1) {
      account.advance(200);
      expect((await importing(people(2))).status).toBe(200);
    }
    account.advance(200);
    expect((await importing(people(2))).body.failureReasons[0]).toContain('Up to 100 imports');
  });

  test('info without a batch id', async () => {
    const { status, body } = await account.get('import/info');

    expect([status, body]).toEqual([400, { success: 0, message: "'batchId' is a required field." }]);
  });
});
