import { describe, expect, test } from 'vitest';
import { createDotdigitalSandbox } from '../../../src/sandbox/dotdigital/sandbox.ts';
import { startSandbox } from '../../../src/sandbox/server.ts';
import { call, control } from '../core/notebook-vendor.ts';
import { Account } from './account.ts';

const DENIED = { status: 401, body: { message: 'Authorization has been denied for this request.' } };
const GOOD = { authorization: `Basic ${Buffer.from('apiuser-sandbox@apiconnector.com:sandbox').toString('base64')}` };

describe('access', () => {
  test.each([{ authorization: '' }, { authorization: 'Basic eDp5' }, { authorization: 'Bearer x' }])(
    '%j is denied',
    async (headers) => {
      expect(await new Account().call('GET', '/v2/account-info', undefined, { headers })).toMatchObject(DENIED);
    },
  );

  test('away from home only the account’s own description answers, and says where home is', async () => {
    const account = new Account({ homeEndpoint: 'https://r2-api.dotdigital.com/' });

    expect((await account.get('/v2/account-info')).body.properties).toContainEqual({
      name: 'ApiEndpoint',
      type: 'String',
      value: 'https://r2-api.dotdigital.com/',
    });
    expect((await account.get('/v2/contacts')).status).toBe(403);
    expect((await account.get('/contacts/v3')).status).toBe(403);
  });
});

describe('limits', () => {
  test('tiers count by themselves and refill after a minute', async () => {
    const account = new Account();
    account.unhurried = false;
    for (let calls = 0; calls < 35; calls += 1) await account.get('/v2/contacts');

    const over = await account.get('/v2/contacts');

    expect(over).toMatchObject({
      status: 429,
      headers: { 'X-RateLimit-Limit': '35', 'X-RateLimit-Remaining': '0', 'X-RateLimit-Scope': 'lowCallRate' },
    });
    expect(Number(over.headers['X-RateLimit-Reset']) * 1000).toBe(account.nowMs + 60_000);
    expect((await account.get('/v2/account-info')).status).toBe(200);
    account.advance(60_000);
    expect((await account.get('/v2/contacts')).status).toBe(200);
  });

  test('an account of old has 2,000 calls an hour, and says with 400 that they are spent', async () => {
    const account = new Account({ rateScheme: 'flat' });
    account.unhurried = false;
    for (let calls = 0; calls < 2000; calls += 1) await account.get('/v2/server-time');

    expect(await account.get('/v2/server-time')).toMatchObject({ status: 400, headers: {} });
    account.advance(3_600_000);
    expect((await account.get('/v2/server-time')).status).toBe(200);
  });
});

describe('faults, in the vendor’s words', () => {
  test.each([
    ['429', 429],
    ['500', 500],
    ['503', 503],
    ['expired-token', 401],
  ] as const)('%s', (kind, status) => {
    const account = new Account();
    const request = { method: 'POST', path: '/v2/contacts', query: new URLSearchParams(), rawQuery: '', headers: {} };

    const refusal = account.sandbox.refuse(kind, 7, { ...request, body: Buffer.alloc(0), origin: '', partial: false });

    expect(refusal).toMatchObject({ status, writes: 1 });
    if (kind === '429') expect(Number(refusal.headers?.['X-RateLimit-Reset']) * 1000).toBe(account.nowMs + 7_000);
  });

  test('partial fails every second row of a batch, and one call as a whole', async () => {
    const account = new Account();
    const contacts = ['a', 'b', 'c'].map((name) => ({ matchIdentifier: 'email', identifiers: { email: `${name}@example.com` } }));
    const { body } = await account.call('PUT', '/contacts/v3/import', { contacts }, { partial: true });
    account.advance(20_000);

    expect((await account.get(`/contacts/v3/import/${body.importId}`)).body.failures).toMatchObject([
      { identifiers: { email: 'b@example.com' } },
    ]);
    expect((await account.call('POST', '/v2/contacts', { email: 'd@example.com' }, { partial: true })).status).toBe(503);
    expect(account.dump('contact')).toHaveLength(2);
  });

  test('through a server: calls are counted by route, an answer is lost, a reset puts everything back', async () => {
    const sandbox = await startSandbox({
      vendors: [createDotdigitalSandbox],
      basePort: 0,
      seed: 1,
      records: 40,
      virtualTime: true,
    });
    const origin = sandbox.origins['dotdigital']!;
    const contacts = () => [...(sandbox.vendor('dotdigital').dump('contact') ?? [])].length;
    const before = contacts();
    const make = (email: string) =>
      call(origin, 'POST', '/v2/contacts', {
        body: JSON.stringify({ email }),
        headers: { ...GOOD, 'content-type': 'application/json' },
      });
    try {
      await control(origin, 'POST', 'faults', [{ match: { method: 'POST', path: '/v2/contacts' }, kind: 'lost-response' }]);
      await expect(make('lost@example.com')).rejects.toThrow();
      await make('ann@example.com');
      await call(origin, 'GET', '/v2/contacts/12', { headers: GOOD });

      expect(contacts()).toBe(before + 2);
      expect((await control(origin, 'GET', 'calls')).body).toMatchObject({
        calls: expect.arrayContaining([
          { method: 'POST', route: '/v2/contacts', status: 0, count: 1, writes: 1 },
          { method: 'POST', route: '/v2/contacts', status: 201, count: 1, writes: 1 },
          expect.objectContaining({ method: 'GET', route: '/v2/contacts/*', count: 1, writes: 0 }),
        ]),
      });
      await control(origin, 'POST', 'reset', {});
      expect(contacts()).toBe(before);
    } finally {
      await sandbox.close();
    }
  });
});
