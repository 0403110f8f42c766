/** What the vendor documents and the stand-in cannot be brought to: refusals, limits, regions, jobs that end badly. */
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { DEFAULT_HTTP_SETTINGS } from '../../../src/http/settings.ts';
import { dotdigitalProvider } from '../../../src/providers/dotdigital/provider.ts';
import { discoveryEndpoint, regionEndpoint } from '../../../src/providers/dotdigital/region.ts';
import type { JobHandle, RecordClient } from '../../../src/providers/provider.ts';
import { startStub, type StubRequest, type StubServer } from '../../http/stub-server.ts';
import { createTestClock, type TestClock } from '../../http/test-clock.ts';
import { noJob, people } from './connected.ts';
import { resumed } from '../resumed.ts';

interface Answer {
  readonly status?: number;
  readonly json: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

let server: StubServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** An account that answers by the first key that a request's method and path begin with. */
async function stub(answers: Readonly<Record<string, (request: StubRequest) => Answer>>, clock: TestClock) {
  server = await startStub((request: StubRequest, response: ServerResponse) => {
    const key = Object.keys(answers).find((start) => `${request.method} ${request.path}`.startsWith(start));
    const { status = 200, json, headers = {} } = key === undefined ? { status: 404, json: {} } : answers[key]!(request);
    response.writeHead(status, { 'content-type': 'application/json', date: new Date(clock.now()).toUTCString(), ...headers });
    response.end(JSON.stringify(json));
  });
  return dotdigitalProvider.connect({
    integration: 'dotdigital',
    endpoint: server.origin,
    authentication: { method: 'basic', user: 'user', password: 'password' },
    clock,
    random: () => 0.5,
    http: DEFAULT_HTTP_SETTINGS,
  });
}

const IMPORT = { json: { importId: 'job-1' }, status: 202 };

async function importing(
  status: () => unknown,
  clock: TestClock,
  answers: Readonly<Record<string, () => Answer>> = {},
): Promise<RecordClient> {
  const connection = await stub(
    {
      ...answers,
      'PUT /contacts/v3/import': () => IMPORT,
      'GET /contacts/v3/import/': () => ({ json: status() }),
      'GET /contacts/v3/email/holder': () => ({ json: { contactId: 9, identifiers: { email: 'holder@example.net' } } }),
      'GET /contacts/v3/': () => ({ status: 404, json: { errorCode: 'contacts:contactNotFound', description: 'none' } }),
      'GET /contacts/v3': () => ({ json: { _items: [], _links: {} } }),
      'PATCH /contacts/v3': () => ({ status: 400, json: { message: 'Contact is suppressed. ERROR_CONTACT_SUPPRESSED' } }),
    },
    clock,
  );
  return connection.records(await connection.describe('contact', ['email']));
}

const requests = people(12).map(({ action, values }) => ({ action, values: { email: values['email']! } }));

describe('imports that end badly', () => {
  it.each(['RejectedByWatchdog', 'ExceedsAllowedContactLimit'])(
    '%s: nobody was written, and nobody is sent again',
    async (status) => {
      const client = await importing(() => ({ importId: 'job-1', status }), createTestClock());
      const outcomes = await client.write(requests, noJob);
      expect(outcomes).toHaveLength(12);
      for (const outcome of outcomes)
        expect(outcome).toMatchObject({ status: 'failed', code: 'PROVIDER_REFUSED', retryable: false });
    },
  );

  it('Failed: whoever does not hold what was sent is tried again later', async () => {
    const client = await importing(() => ({ importId: 'job-1', status: 'Failed' }), createTestClock());
    for (const outcome of await client.write(requests, noJob))
      expect(outcome).toMatchObject({ status: 'failed', retryable: true });
  });

  it('refuses a change that neither the import nor a call of its own takes, and tries no new contact a second time', async () => {
    const failures = ['person0', 'person1'].map((name) => ({
      matchIdentifier: 'email',
      identifiers: { email: `${name}@example.net` },
      failures: [{ failureCode: 'GloballySuppressed', description: 'refused' }],
    }));
    const client = await importing(() => ({ importId: 'job-1', status: 'Finished', failures }), createTestClock(), {
      'GET /contacts/v3/contactId/7': () => ({ json: { contactId: 7, identifiers: { email: 'former@example.net' } } }),
    });
    const update = { action: 'update' as const, id: '7', values: requests[0]!.values };

    const [changed, created] = await client.write([update, ...requests.slice(1)], noJob);

    expect([changed, created]).toMatchObject([
      { status: 'failed', code: 'PROVIDER_ADDRESS_SUPPRESSED' },
      { status: 'failed', code: 'PROVIDER_ADDRESS_SUPPRESSED' },
    ]);
    const patched = server!.requests.filter(({ method }) => method === 'PATCH').map(({ path }) => path);
    expect(patched).toEqual([expect.stringContaining('/contactId/7')]);
  });

  it('one that outlasts the patience is pending, asked after in growing intervals, and found again', async () => {
    const clock = createTestClock();
    const client = await importing(() => ({ importId: 'job-1', status: 'NotFinished' }), clock);
    let handle: JobHandle | undefined;
    const startedAt = clock.now();

    const outcomes = await client.write(requests, async (job) => void (handle = job));

    for (const outcome of outcomes) expect(outcome.status).toBe('pending');
    expect(clock.now() - startedAt).toBeLessThanOrEqual(16 * 60_000);
    expect(clock.slept.filter((ms) => ms === 5_000)).toHaveLength(6);
    expect(clock.slept).toContain(30_000);
    expect(clock.slept).toContain(300_000);
    expect(handle).not.toContain('example.net');
    for (const outcome of await resumed(client, handle, requests)) expect(outcome.status).toBe('pending');
    expect(server!.requests.filter((request) => request.method === 'PUT')).toHaveLength(1);
  });

  it('rows that were refused get the outcome of their reason, and a duplicate is no suppression', async () => {
    const codes = [
      'duplicateIdentifier',
      'GloballySuppressed',
      'invalidEmail',
      'Blocker',
      'ApiSchemaViolation',
      'InvalidAddressBookIds',
    ];
    const failures = codes.map((failureCode, index) => ({
      matchIdentifier: 'email',
      identifiers: { email: `Person${index}@example.net` },
      failures: [{ failureCode, description: 'refused' }],
    }));
    const client = await importing(() => ({ importId: 'job-1', status: 'Finished', failures }), createTestClock());

    const outcomes = await client.write(requests, noJob);

    expect(outcomes.slice(0, 6).map((outcome) => (outcome as { code?: string }).code)).toEqual([
      'PROVIDER_DUPLICATE_RECORD',
      'PROVIDER_ADDRESS_SUPPRESSED',
      'PROVIDER_INVALID_VALUE',
      'PROVIDER_INVALID_VALUE',
      'PROVIDER_INVALID_VALUE',
      'PROVIDER_REFUSED',
    ]);
    // Of the others the import says nothing, and they are not there.
    for (const outcome of outcomes.slice(6)) expect(outcome.status).toBe('unknown');
  });
});

describe('limits', () => {
  it('waits for the window of the tier that the vendor names, before and after it is used up', async () => {
    const clock = createTestClock();
    const reset = (seconds: number): string => String(Math.floor(clock.now() / 1000) + seconds);
    let calls = 0;
    const connection = await stub(
      {
        'GET /v2/contacts/count': () => {
          calls += 1;
          if (calls === 1)
            return { status: 429, json: {}, headers: { 'x-ratelimit-reset': reset(40), 'x-ratelimit-scope': 'highCallRate' } };
          const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset(20), 'x-ratelimit-scope': 'highCallRate' };
          return { json: 7, headers };
        },
      },
      clock,
    );
    const client = connection.records(await connection.describe('contact', ['email']));
    const startedAt = clock.now();

    expect(await client.count()).toBe(7);
    expect(clock.now() - startedAt).toBeGreaterThanOrEqual(40_000);
    const afterFirst = clock.now();
    await client.count();
    expect(clock.now() - afterFirst).toBeGreaterThanOrEqual(19_000);
    await connection.close();
  });

  it('waits where the flat limit of the hour answers 400', async () => {
    const clock = createTestClock();
    let calls = 0;
    const message = 'Your account has generated excess API activity and is being temporarily capped. ERROR_APIUSAGE_EXCEEDED';
    const connection = await stub(
      { 'GET /v2/contacts/count': () => ((calls += 1) < 3 ? { status: 400, json: { message } } : { json: 7 }) },
      clock,
    );
    const client = connection.records(await connection.describe('contact', ['email']));

    expect(await client.count()).toBe(7);
    expect(clock.slept.filter((ms) => ms >= 10 * 60_000)).toHaveLength(2);
    await connection.close();
  });

  it('sends no more calls than the budget', async () => {
    const clock = createTestClock();
    await stub({ 'GET /v2/contacts/count': () => ({ json: 7 }) }, clock);
    const connection = dotdigitalProvider.connect({
      integration: 'dotdigital',
      endpoint: server!.origin,
      authentication: { method: 'basic', user: 'user', password: 'password' },
      clock,
      random: () => 0.5,
      http: DEFAULT_HTTP_SETTINGS,
      callBudget: 1,
    });
    const client = connection.records(await connection.describe('contact', ['email']));
    await client.count();
    await expect(client.count()).rejects.toMatchObject({ code: 'PROVIDER_DAILY_LIMIT' });
    await connection.close();
  });
});

describe('a data field that is used', () => {
  it.each([
    ['200 and sentences', 200, ['Used in program 12345'], 'Used in program 12345'],
    ['409 and objects', 409, [{ type: 'Campaign', objectId: 7 }], 'Campaign 7'],
  ])('is not removed, and what uses it is named (%s)', async (_, status, dependencies, named) => {
    const connection = await stub(
      { 'DELETE /v2/data-fields/': () => ({ status, json: { dependencies, result: false } }) },
      createTestClock(),
    );
    await expect(connection.resources('dotdigital/data-field').delete('STORE')).rejects.toMatchObject({
      code: 'PROVIDER_REFUSED',
      message: expect.stringContaining(named) as string,
    });
    await connection.close();
  });
});

describe('regions', () => {
  it('credentials go to the region that the account names, and to no other host', () => {
    expect(regionEndpoint('https://r1-api.dotdigital.com/v2/', 'https://r2-api.dotdigital.com/')).toBe(
      'https://r2-api.dotdigital.com',
    );
    expect(regionEndpoint('https://r1-api.dotdigital.com', undefined)).toBe('https://r1-api.dotdigital.com');
    expect(regionEndpoint('https://r1-api.dotdigital.com', 'https://evil.example.com')).toBe('https://r1-api.dotdigital.com');
    expect(regionEndpoint('https://r1-api.dotdigital.com', 'http://r2-api.dotdigital.com')).toBe('https://r1-api.dotdigital.com');
    expect(discoveryEndpoint('https://r3-api.dotdigital.com/v2')).toBe('https://r1-api.dotdigital.com');
    expect(discoveryEndpoint('http://127.0.0.1:4703/')).toBe('http://127.0.0.1:4703');
    expect(regionEndpoint('http://127.0.0.1:4703', 'https://r2-api.dotdigital.com')).toBe('http://127.0.0.1:4703');
  });
});
