import { beforeEach, describe, expect, test } from 'vitest';
import type { RefusalFault, SandboxRequest } from '../../../src/sandbox/vendor.ts';
import { Account } from './account.ts';

let account: Account;

beforeEach(() => {
  account = new Account();
});

function request(method: string, path = '/api/3/contacts'): SandboxRequest {
  return {
    method,
    path,
    query: new URLSearchParams(),
    rawQuery: '',
    headers: {},
    body: Buffer.alloc(0),
    origin: 'http://127.0.0.1:4702',
    partial: false,
  };
}

test('any token but the one is refused with 403', async () => {
  for (const token of ['', 'Sandbox', 'other']) {
    const { status, body } = await account.call('POST', 'contacts', { contact: { email: 'a@x.example' } }, { token });
    expect([status, body]).toEqual([403, { message: 'Forbidden' }]);
  }
  expect(account.dump('contact')).toEqual([]);
});

describe('five calls a second', () => {
  beforeEach(() => {
    account.unhurried = false;
  });

  test('the sixth at once is refused, with the three headers', async () => {
    const answers = [];
    for (let count = 0; count < 6; count += 1) answers.push(await account.get('users/me'));

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 429]);
    expect(answers[5]).toMatchObject({
      headers: { 'RateLimit-Limit': '5', 'RateLimit-Remaining': '0', 'Retry-After': '1' },
      body: { message: 'Too Many Requests' },
    });
  });

  test('a token comes back every 200 ms and no more than five are kept', async () => {
    for (let count = 0; count < 5; count += 1) await account.get('users/me');
    account.rateNowMs += 200;
    expect((await account.get('users/me')).status).toBe(200);
    expect((await account.get('users/me')).status).toBe(429);
    account.rateNowMs += 3_600_000;
    const statuses = [];
    for (let count = 0; count < 6; count += 1) statuses.push((await account.get('users/me')).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
  });

  test('the time that tests advance does not refill', async () => {
    for (let count = 0; count < 5; count += 1) await account.get('users/me');
    account.nowMs += 600_000;

    expect((await account.get('users/me')).status).toBe(429);
  });

  test('a refused call has no effect', async () => {
    for (let count = 0; count < 5; count += 1) await account.get('users/me');
    const { status, writes } = await account.post('contacts', { contact: { email: 'a@x.example' } });

    expect([status, writes, account.dump('contact')]).toEqual([429, 1, []]);
  });

  test('a good answer may carry Retry-After too', async () => {
    const headers = [];
    for (let count = 0; count < 5; count += 1) headers.push((await account.get('users/me')).headers);

    expect(headers[0]).toEqual({ 'RateLimit-Limit': '5', 'RateLimit-Remaining': '4' });
    expect(headers[4]).toEqual({ 'RateLimit-Limit': '5', 'RateLimit-Remaining': '0', 'Retry-After': '1' });
  });
});

test.each<[RefusalFault, number, unknown]>([
  ['429', 429, { message: 'Too Many Requests' }],
  ['503', 503, { message: 'Service Unavailable' }],
  ['500', 500, { message: 'Internal Server Error' }],
  ['expired-token', 403, { message: 'Forbidden' }],
])('a fault %s is worded as the vendor does', (fault, status, body) => {
  expect(account.sandbox.refuse(fault, 7, request('GET'))).toMatchObject({ status, body, writes: 0 });
  expect(account.sandbox.refuse(fault, 7, request('PUT')).writes).toBe(1);
});

test('a 429 asks for the seconds that the fault names', () => {
  expect(account.sandbox.refuse('429', 7, request('GET')).headers).toMatchObject({ 'Retry-After': '7' });
});

test('what changes something is told by the method', () => {
  expect(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].map((method) => account.sandbox.isWrite(request(method)))).toEqual([
    false,
    true,
    true,
    true,
    true,
  ]);
});

test.each([
  ['/api/3/contacts/12', '/api/3/contacts/*'],
  ['/api/3/contacts/12/fieldValues', '/api/3/contacts/*/fieldValues'],
  ['/api/3/deals/1/notes/2', '/api/3/deals/*/notes/*'],
  ['/api/3/contact/sync', '/api/3/contact/sync'],
  ['/api/3/users/email/a@x.example', '/api/3/users/email/*'],
  ['/elsewhere/3', '/elsewhere/3'],
])('%s is logged as %s', (path, route) => {
  expect(account.sandbox.route(path)).toBe(route);
});

test('the environment names address and token', () => {
  expect(account.sandbox.environment('http://127.0.0.1:4702')).toEqual({
    ACTIVECAMPAIGN_URL: 'http://127.0.0.1:4702',
    ACTIVECAMPAIGN_TOKEN: 'sandbox',
  });
});

test('unknown addresses are 404, broken bodies 400', async () => {
  expect((await account.get('nonsense')).status).toBe(404);
  expect((await account.get('users/username/%zz')).status).toBe(404);
  expect((await account.call('PATCH', 'lists/1', {})).status).toBe(404);
  expect((await account.call('POST', 'contacts', '{"contact":')).status).toBe(400);
});

test('a deletion of nothing in particular misses id 0', async () => {
  expect((await account.call('DELETE', 'dealStages/')).body).toEqual({ message: 'No Result found for DealStage with id 0' });
});
