import { generateKeyPairSync, createPublicKey, verify } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProviderError } from '../../../src/model/errors.ts';
import { Secret } from '../../../src/model/secret.ts';
import type { Connection, ObjectDescription } from '../../../src/providers/provider.ts';
import { API, connectTo, ORGANIZATION_ID, page, refusal, startStubOrg, TOKEN_PATH, tokenAnswer } from './stub-org.ts';
import type { StubOrg } from './stub-org.ts';

const CONTACT: ObjectDescription = { object: 'Contact', fields: [], missing: [] };
const count = { body: { totalSize: 7, done: true, records: [] } };
let org: StubOrg;

beforeEach(async () => {
  org = await startStubOrg();
});

afterEach(async () => {
  expect(org.unexpected).toEqual([]);
  await org.close();
});

const countContacts = (connection: Connection): Promise<number> => connection.records(CONTACT).count();

async function failureOf(action: Promise<unknown>): Promise<ProviderError> {
  const error: unknown = await action.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ProviderError);
  return error as ProviderError;
}

describe('loading jsforce', () => {
  it('happens with the first call, never with the import of the provider', () => {
    const script = `
      import { createRequire } from 'node:module';
      const require = createRequire(import.meta.url);
      const { salesforceProvider } = await import('./src/providers/salesforce/provider.ts');
      salesforceProvider.catalog.field('Contact', 'Email');
      salesforceProvider.connect({ integration: 'crm', endpoint: 'http://127.0.0.1:1', authentication: {}, http: {}, clock: {}, random: () => 0 });
      const loaded = Object.keys(require.cache).filter((file) => file.includes('/jsforce/'));
      process.stdout.write(String(loaded.length));`;
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      cwd: new URL('../../..', import.meta.url),
    });
    expect(output).toBe('0');
  });
});

describe('authentication', () => {
  it('sends the client credentials grant once and the token with every call', async () => {
    org.on('GET', '/query', count);
    const { connection } = connectTo(org);

    expect(await Promise.all([countContacts(connection), countContacts(connection)])).toEqual([7, 7]);

    expect(org.tokenForms.map((form) => Object.fromEntries(form))).toEqual([
      { grant_type: 'client_credentials', client_id: 'app', client_secret: 'app-secret-value' },
    ]);
    expect(org.calls[0]!.headers.authorization).toBe(`Bearer ${ORGANIZATION_ID.slice(0, 15)}!token1`);
    expect(org.calls[0]!.headers['sforce-call-options']).toBe('client=syncline');
  });

  it('signs a JWT that expires three minutes from now, in seconds', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    org.on('GET', '/query', count);
    const { connection, clock } = connectTo(org, {
      authentication: {
        method: 'jwt-bearer',
        clientId: new Secret('app'),
        username: 'sync@example.com',
        privateKey: new Secret(pem.replaceAll('\n', '\\n')),
      },
    });

    await countContacts(connection);

    const form = org.tokenForms[0]!;
    expect(form.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer');
    const [header, claims, signature] = form.get('assertion')!.split('.') as [string, string, string];
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({ alg: 'RS256', typ: 'JWT' });
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toEqual({
      iss: 'app',
      sub: 'sync@example.com',
      aud: org.origin,
      exp: clock.now() / 1000 + 180,
    });
    const key = createPublicKey(publicKey.export({ type: 'spki', format: 'pem' }));
    expect(verify('RSA-SHA256', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url'))).toBe(true);
  });

  it('sends user name and password, the security token behind it', async () => {
    org.on('GET', '/query', count);
    const { connection } = connectTo(org, {
      authentication: {
        method: 'password',
        clientId: 'app',
        clientSecret: 's',
        username: 'admin@example.com',
        password: new Secret('pass'),
        securityToken: 'T1',
      },
    });
    await countContacts(connection);
    expect(Object.fromEntries(org.tokenForms[0]!)).toEqual({
      grant_type: 'password',
      client_id: 'app',
      client_secret: 's',
      username: 'admin@example.com',
      password: 'passT1',
    });
  });

  it('uses a rotated refresh token for the next renewal', async () => {
    org.on('POST', TOKEN_PATH, { body: { ...tokenAnswer(org.origin, 'one'), refresh_token: 'rotated' } });
    org.on('GET', '/query', { status: 401, body: refusal('INVALID_SESSION_ID', 'Session expired or invalid') }, count);
    const { connection } = connectTo(org, {
      authentication: { method: 'refresh-token', clientId: 'app', refreshToken: new Secret('first') },
    });
    await countContacts(connection);
    expect(org.tokenForms.map((form) => form.get('refresh_token'))).toEqual(['first', 'rotated']);
    expect(org.tokenForms[0]!.has('client_secret')).toBe(false);
  });

  it('reports refused credentials without repeating them, and does not try again', async () => {
    org.on('POST', TOKEN_PATH, { status: 400, body: { error: 'invalid_grant', error_description: 'authentication failure' } });
    const { connection } = connectTo(org);
    const failure = await failureOf(countContacts(connection));
    expect(failure).toMatchObject({ code: 'PROVIDER_AUTHENTICATION_FAILED', vendorCode: 'invalid_grant', retryable: false });
    expect(failure.message).not.toContain('app-secret-value');
    expect(org.tokenForms).toHaveLength(1);
  });

  it('tries a token endpoint that is down again', async () => {
    org.on('POST', TOKEN_PATH, { status: 503, body: '<html>down</html>' }, { body: tokenAnswer(org.origin, 'one') });
    org.on('GET', '/query', count);
    const { connection, clock } = connectTo(org);
    expect(await countContacts(connection)).toBe(7);
    expect(clock.slept).toEqual([250]);
  });

  it('refuses an API address that is neither encrypted nor the host logged in to', async () => {
    org.on('POST', TOKEN_PATH, { body: tokenAnswer('http://elsewhere.example.com', 'one') });
    expect(await failureOf(countContacts(connectTo(org).connection))).toMatchObject({ code: 'PROVIDER_UNEXPECTED_ANSWER' });
  });

  it('names the account by its 18-character id and its name', async () => {
    org.on('POST', TOKEN_PATH, {
      body: {
        ...tokenAnswer(org.origin, 'one'),
        id: `https://login.salesforce.com/id/${ORGANIZATION_ID.slice(0, 15)}/0055f000007wxyz`,
      },
    });
    org.on('GET', '/query', page([{ Id: ORGANIZATION_ID, Name: 'Acme' }]));
    expect(await connectTo(org).connection.account()).toEqual({ id: ORGANIZATION_ID, label: 'Acme' });
  });
});

describe('an expired session', () => {
  const expired = { status: 401, body: refusal('INVALID_SESSION_ID', 'Session expired or invalid') };

  it('is renewed, and the call sent again', async () => {
    org.on('GET', '/query', expired, count);
    const { connection } = connectTo(org);
    expect(await countContacts(connection)).toBe(7);
    expect(org.calls.map((call) => call.headers.authorization!.split('!')[1])).toEqual(['token1', 'token2']);
  });

  it('is renewed once for calls that fail together', async () => {
    const seen = new Set<string>();
    org.on('GET', '/query', (request) => {
      const token = request.headers.authorization!;
      seen.add(token);
      return token.endsWith('token1') ? expired : count;
    });
    const { connection } = connectTo(org);
    await connection.account().catch(() => undefined);
    org.tokenForms.length = 0;
    expect(await Promise.all([countContacts(connection), countContacts(connection), countContacts(connection)])).toEqual([
      7, 7, 7,
    ]);
    expect(seen.size).toBe(2);
    expect(org.tokenForms.length).toBeLessThanOrEqual(1);
  });

  it('moves to the instance that the renewal names', async () => {
    const other = await startStubOrg();
    org.on('POST', TOKEN_PATH, { body: tokenAnswer(org.origin, 'one') }, { body: tokenAnswer(other.origin, 'two') });
    org.on('GET', '/query', expired);
    other.on('GET', '/query', count);
    const { connection } = connectTo(org);

    expect(await countContacts(connection)).toBe(7);

    expect(other.calls.map((call) => call.headers.authorization)).toEqual(['Bearer two']);
    await other.close();
  });

  it('ends after three renewals within a minute where every token is refused', async () => {
    org.on('GET', '/query', expired);
    const { connection, clock } = connectTo(org);

    const failure = await failureOf(countContacts(connection));

    expect(failure.code).toBe('PROVIDER_AUTHENTICATION_FAILED');
    expect(org.tokenForms).toHaveLength(4);
    expect(org.calls).toHaveLength(4);
    clock.advance(61_000);
    expect((await failureOf(countContacts(connection))).code).toBe('PROVIDER_AUTHENTICATION_FAILED');
    expect(org.tokenForms).toHaveLength(7);
  });

  it('keeps the reason where the renewal is refused', async () => {
    org.on(
      'POST',
      TOKEN_PATH,
      { body: tokenAnswer(org.origin, 'one') },
      { status: 400, body: { error: 'inactive_user', error_description: 'user is inactive' } },
    );
    org.on('GET', '/query', expired);
    const failure = await failureOf(countContacts(connectTo(org).connection));
    expect(failure).toMatchObject({ code: 'PROVIDER_AUTHENTICATION_FAILED', vendorCode: 'inactive_user' });
  });
});

describe('retries', () => {
  it('repeat a read with full jitter by the injected clock', async () => {
    org.on(
      'GET',
      '/query',
      { status: 503, body: refusal('SERVER_UNAVAILABLE', 'maintenance') },
      { status: 500, body: '<html>oops</html>' },
      count,
    );
    const { connection, clock } = connectTo(org);
    expect(await countContacts(connection)).toBe(7);
    expect(clock.slept).toEqual([250, 500]);
    expect(connection.usage().calls).toBe(4);
  });

  it('wait as long as something in front of Salesforce asks', async () => {
    org.on('GET', '/query', { status: 429, body: '', headers: { 'retry-after': '7' } }, count);
    const { connection, clock } = connectTo(org);
    await countContacts(connection);
    expect(clock.slept).toEqual([7000]);
  });

  it('give up where more is asked than the cap allows', async () => {
    org.on('GET', '/query', { status: 429, body: '', headers: { 'retry-after': '100000' } });
    const { connection, clock } = connectTo(org);
    expect(await failureOf(countContacts(connection))).toMatchObject({
      code: 'PROVIDER_RATE_LIMITED',
      retryAfterSeconds: 100_000,
    });
    expect(clock.slept).toEqual([]);
  });

  it('survive a body that breaks off, one that is cut short and one that is no JSON', async () => {
    org.on(
      'GET',
      '/query',
      {
        raw: (response) =>
          void (response.writeHead(200, { 'content-length': '500' }).write('{"total'), setTimeout(() => response.destroy(), 5)),
      },
      { body: '{"totalSize":7,"do' },
      { body: '<html>not json</html>', headers: { 'content-type': 'text/html' } },
      count,
    );
    const { connection, clock } = connectTo(org);
    expect(await countContacts(connection)).toBe(7);
    expect(clock.slept).toHaveLength(3);
  });

  it('end with the last failure when all attempts are used', async () => {
    org.on('GET', '/query', {
      status: 503,
      body: '<html><h1>Down for maintenance</h1></html>',
      headers: { 'content-type': 'text/html' },
    });
    const { connection } = connectTo(org, { settings: { attempts: 3 } });
    const failure = await failureOf(countContacts(connection));
    expect(failure).toMatchObject({ code: 'PROVIDER_UNAVAILABLE', status: 503, retryable: true, outcomeUnknown: false });
    expect(org.calls).toHaveLength(3);
  });

  it('are not made for what will not pass', async () => {
    org.on('GET', '/query', {
      status: 400,
      body: refusal('INVALID_FIELD', "No such column 'Foo__c' on sobject of type Contact"),
    });
    const failure = await failureOf(countContacts(connectTo(org).connection));
    expect(failure).toMatchObject({ code: 'PROVIDER_REFUSED', vendorCode: 'INVALID_FIELD', retryable: false });
    expect(failure.hint).toContain('field-level security');
    expect(org.calls).toHaveLength(1);
  });

  it('stop when the run is stopped', async () => {
    org.on('GET', '/query', { status: 503, body: '' });
    const stop = new AbortController();
    stop.abort(new Error('stopped by the user'));
    const { connection } = connectTo(org, { signal: stop.signal });
    await expect(countContacts(connection)).rejects.toThrow('stopped by the user');
    expect(org.calls).toHaveLength(0);
  });

  it('never follow a redirect, which would carry the token elsewhere', async () => {
    org.on('GET', '/query', { status: 302, body: '', headers: { location: 'http://127.0.0.1:1/steal' } });
    const failure = await failureOf(countContacts(connectTo(org, { settings: { attempts: 1 } }).connection));
    expect(failure).toMatchObject({ code: 'PROVIDER_UNEXPECTED_ANSWER', status: 302 });
  });
});

describe('limits', () => {
  it('tell the daily limit from the concurrent one, which share a code', async () => {
    org.on('GET', '/query', { status: 403, body: refusal('REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.') });
    const { connection } = connectTo(org);
    expect((await failureOf(countContacts(connection))).code).toBe('PROVIDER_DAILY_LIMIT');
    expect(org.calls).toHaveLength(1);

    org.on(
      'GET',
      '/query',
      { status: 403, body: refusal('REQUEST_LIMIT_EXCEEDED', 'ConcurrentPerOrgLongTxn Limit exceeded.') },
      count,
    );
    expect(await countContacts(connection)).toBe(7);
  });

  it('count every call that is sent, retries and tokens included, and show what Salesforce says', async () => {
    org.on(
      'GET',
      '/query',
      { status: 500, body: '' },
      { status: 401, body: refusal('INVALID_SESSION_ID', 'Session expired or invalid') },
      count,
    );
    const { connection } = connectTo(org);
    expect(connection.usage()).toEqual({ calls: 0 });
    await countContacts(connection);
    expect(connection.usage()).toEqual({ calls: 5, dailyUsed: 105, dailyLimit: 15_000 });
    expect(org.calls.length + org.tokenForms.length).toBe(5);
  });

  it('stop before the call that is over the budget', async () => {
    org.on('GET', '/query', count);
    const { connection } = connectTo(org, { callBudget: 2 });
    await countContacts(connection);
    const failure = await failureOf(countContacts(connection));
    expect(failure.code).toBe('PROVIDER_DAILY_LIMIT');
    expect(org.calls).toHaveLength(1);
    expect(connection.usage().calls).toBe(2);
  });

  it('name a missing permission as one', async () => {
    org.on('GET', '/query', {
      status: 403,
      body: refusal('API_DISABLED_FOR_ORG', 'API is not enabled for this Organization or Partner'),
    });
    expect(await failureOf(countContacts(connectTo(org).connection))).toMatchObject({
      code: 'PROVIDER_PERMISSION_DENIED',
      vendorCode: 'API_DISABLED_FOR_ORG',
    });
  });
});

describe('a connection', () => {
  it('asks for the name of its org once: an id that is known already comes with the token', async () => {
    org.on('GET', '/query', { body: { totalSize: 1, done: true, records: [{ Id: '00D', Name: 'Acme' }] } });
    const account = await connectTo(org).connection.account();
    expect(account.label).toBe('Acme');
    org.calls.length = 0;

    expect(await connectTo(org).connection.account(account)).toEqual(account);
    expect(org.calls).toEqual([]);
    expect((await connectTo(org).connection.account({ id: 'another', label: 'Other' })).label).toBe('Acme');
  });

  it('speaks one fixed version of the API', async () => {
    org.on('GET', '/query', count);
    await countContacts(connectTo(org).connection);
    expect(org.calls[0]!.path).toBe(`${API}/query`);
    expect(org.calls[0]!.query.get('q')).toBe('SELECT COUNT() FROM Contact');
  });
});
