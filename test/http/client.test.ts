import { afterEach, describe, expect, it } from 'vitest';
import { inspect } from 'node:util';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { ServerResponse } from 'node:http';
import { createCallMeter } from '../../src/http/call-meter.ts';
import { createHttpClient, type HttpClient, type HttpClientOptions } from '../../src/http/client.ts';
import { createRateLimiter } from '../../src/http/rate-limiter.ts';
import { DEFAULT_HTTP_SETTINGS } from '../../src/http/settings.ts';
import { ProviderError } from '../../src/model/errors.ts';
import { startStub, type StubRequest, type StubServer } from './stub-server.ts';
import { createTestClock, type TestClock } from './test-clock.ts';

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

type Step = (response: ServerResponse, request: StubRequest) => void;

/** A server that follows a script, one step a request; the last step is repeated. */
async function scripted(...steps: Step[]): Promise<StubServer> {
  let next = 0;
  const stub = await startStub((request, response) => {
    const step = steps[Math.min(next, steps.length - 1)]!;
    next += 1;
    step(response, request);
  });
  closers.push(() => stub.close());
  return stub;
}

function clientFor(
  stub: { readonly origin: string },
  options: Partial<HttpClientOptions> = {},
): HttpClient & { readonly clock: TestClock } {
  const clock = (options.clock as TestClock | undefined) ?? createTestClock();
  const client = createHttpClient({
    integration: 'crm',
    label: 'Vendor',
    endpoint: stub.origin,
    authorize: () => ({ 'api-token': 'top-secret-token' }),
    clock,
    random: () => 0.5,
    settings: DEFAULT_HTTP_SETTINGS,
    meter: createCallMeter('crm'),
    ...options,
  });
  closers.push(() => client.close());
  return { ...client, clock };
}

const ok =
  (body: unknown, headers: Record<string, string> = {}): Step =>
  (response) => {
    response.writeHead(200, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
const status =
  (code: number, headers: Record<string, string> = {}, body = '<html>broken</html>'): Step =>
  (response) => {
    response.writeHead(code, headers);
    response.end(body);
  };
const reset: Step = (response) => response.socket?.destroy();
const truncated: Step = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
  response.write('{"contact":{"email":"ann@', () => response.socket?.destroy());
};

async function errorOf(promise: Promise<unknown>): Promise<ProviderError> {
  const error = await promise.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(ProviderError);
  return error as ProviderError;
}

describe('E4 the right to write', () => {
  it('is asked for before each attempt that may change something, and nothing leaves without it', async () => {
    const stub = await scripted(status(503), ok({}));
    let held = true;
    let asked = 0;
    const client = clientFor(stub, {
      beforeWrite: () => {
        asked += 1;
        const lost = !held;
        held = false;
        return lost ? Promise.reject(new Error('the lock was lost')) : Promise.resolve();
      },
    });

    await client.call({ method: 'GET', path: '/reading' });
    const reads = stub.requests.length;
    held = true;
    stub.requests.length = 0;

    expect([asked, reads]).toEqual([0, 2]);
    await client.call({ method: 'POST', path: '/first', json: {} });
    await expect(client.call({ method: 'POST', path: '/second', json: {}, idempotent: true })).rejects.toThrow(
      'the lock was lost',
    );
    expect(stub.requests.map(({ path }) => path)).toEqual(['/first']);
  });
});

describe('a call', () => {
  it('carries JSON both ways under the base address, with the authorization and the query in brackets', async () => {
    const stub = await scripted(ok({ id: '1' }, { date: 'Sun, 01 Mar 2026 09:00:05 GMT' }));
    const client = clientFor({ origin: `${stub.origin}/api/3/` });

    const answer = await client.call({
      method: 'POST',
      path: '/contacts',
      query: { 'filters[updated_after]': '2026-03-01T00:00:00Z', 'ids[]': [1, 2], limit: 100, search: undefined },
      json: { contact: { email: 'ann@example.com' } },
    });

    expect(answer.json).toEqual({ id: '1' });
    expect(answer.date).toBe(Date.parse('2026-03-01T09:00:05Z'));
    const [request] = stub.requests;
    expect(request?.path).toBe('/api/3/contacts');
    expect([...request!.query]).toEqual([
      ['filters[updated_after]', '2026-03-01T00:00:00Z'],
      ['ids[]', '1'],
      ['ids[]', '2'],
      ['limit', '100'],
    ]);
    expect(request?.headers['api-token']).toBe('top-secret-token');
    expect(request?.headers['content-type']).toBe('application/json');
    expect(JSON.parse(request!.body)).toEqual({ contact: { email: 'ann@example.com' } });
  });

  it.each(['//evil.example/x', 'https://evil.example/x', '/a/../../b', '/a/%2e%2e/b', '/a?b=c', '/a#b', '/a\\b', 'relative'])(
    'is refused before it leaves the base address: %s',
    async (path) => {
      const stub = await scripted(ok({}));
      const client = clientFor({ origin: `${stub.origin}/api/3` });

      await expect(client.call({ method: 'GET', path })).rejects.toMatchObject({ code: 'PROVIDER_INVALID_ENDPOINT' });

      expect(stub.requests).toHaveLength(0);
    },
  );

  it.each(['ftp://host/x', 'https://user:password@host', 'no address'])(
    'is refused for the endpoint %s, which is not repeated',
    (endpoint) => {
      let message = '';
      try {
        clientFor({ origin: endpoint });
      } catch (error) {
        message = inspect(error);
      }
      expect(message).toContain('PROVIDER_INVALID_ENDPOINT');
      expect(message).not.toContain('password@');
    },
  );

  it('does not follow redirects', async () => {
    const elsewhere = await scripted(ok({}));
    const stub = await scripted(status(302, { location: `${elsewhere.origin}/x` }));
    const client = clientFor(stub);

    const error = await errorOf(client.call({ method: 'GET', path: '/x' }));

    expect(error.code).toBe('PROVIDER_UNEXPECTED_ANSWER');
    expect(elsewhere.requests).toHaveLength(0);
  });

  it('sends forms and other contents, and reads text', async () => {
    const stub = await scripted((response, request) => {
      response.writeHead(200);
      response.end(`${request.headers['content-type']}|${request.body}`);
    });
    const client = clientFor(stub);

    const form = await client.call({ method: 'POST', path: '/token', form: { grant_type: 'a b' }, expect: 'text' });
    const csv = await client.call({ method: 'PUT', path: '/file', content: { type: 'text/csv', body: 'a,b\n' }, expect: 'text' });

    expect(form.text).toBe('application/x-www-form-urlencoded|grant_type=a+b');
    expect(csv.text).toBe('text/csv|a,b\n');
  });
});

describe('retries', () => {
  it.each([408, 425, 429, 500, 502, 503, 504])('a GET after %i', async (code) => {
    const stub = await scripted(status(code), ok({ ok: true }));
    const client = clientFor(stub);

    const answer = await client.call({ method: 'GET', path: '/x' });

    expect(answer.json).toEqual({ ok: true });
    expect(client.meter.calls).toBe(2);
  });

  it.each([
    ['a reset', reset],
    ['a truncated answer', truncated],
    ['a body that is no JSON', status(200, { 'content-type': 'application/json' }, '{"a":')],
  ])('a GET after %s', async (_name, fault) => {
    const stub = await scripted(fault, ok({ ok: true }));
    const client = clientFor(stub);

    expect((await client.call({ method: 'GET', path: '/x' })).json).toEqual({ ok: true });
  });

  it('with full jitter, doubling up to the cap', async () => {
    const stub = await scripted(status(503));
    const client = clientFor(stub, { settings: { ...DEFAULT_HTTP_SETTINGS, retryCapMs: 3_000 } });

    const error = await errorOf(client.call({ method: 'GET', path: '/x' }));

    expect(error).toMatchObject({ code: 'PROVIDER_UNAVAILABLE', status: 503, retryable: true, outcomeUnknown: false });
    expect(client.clock.slept).toEqual([250, 500, 1000, 1500, 1500]);
    expect(stub.requests).toHaveLength(6);
  });

  it.each([500, 502, 503, 504, 408])('no plain write after %i, whose outcome is unknown', async (code) => {
    const stub = await scripted(status(code), ok({}));
    const client = clientFor(stub);

    const error = await errorOf(client.call({ method: 'POST', path: '/x', json: {} }));

    expect(error).toMatchObject({ outcomeUnknown: true, retryable: true, status: code });
    expect(stub.requests).toHaveLength(1);
  });

  it.each([
    ['a reset', reset],
    ['a truncated answer', truncated],
  ])('no plain write after %s, whose outcome is unknown', async (_name, fault) => {
    const stub = await scripted(fault, ok({}));
    const client = clientFor(stub);

    const error = await errorOf(client.call({ method: 'POST', path: '/x', json: {} }));

    expect(error).toMatchObject({ code: 'PROVIDER_UNREACHABLE', outcomeUnknown: true });
    expect(stub.requests).toHaveLength(1);
  });

  it('a plain write after 429, which proves that nothing happened', async () => {
    const stub = await scripted(status(429, { 'retry-after': '2' }), ok({ id: '1' }));
    const client = clientFor(stub);

    const answer = await client.call({ method: 'POST', path: '/x', json: {} });

    expect(answer).toMatchObject({ json: { id: '1' }, repeated: false });
  });

  it('a plain write whose connection was refused', async () => {
    const closed = await startStub(() => undefined);
    await closed.close();
    const client = clientFor(closed, { settings: { ...DEFAULT_HTTP_SETTINGS, attempts: 3 } });

    const error = await errorOf(client.call({ method: 'POST', path: '/x', json: {} }));

    expect(error).toMatchObject({ code: 'PROVIDER_UNREACHABLE', outcomeUnknown: false, retryable: true });
    expect(client.meter.calls).toBe(3);
  });

  it('an idempotent write after a lost answer, and says that it was repeated', async () => {
    const stub = await scripted(reset, ok({ id: '1' }));
    const client = clientFor(stub);

    const answer = await client.call({ method: 'PUT', path: '/x', json: {}, idempotent: true });

    expect(answer.repeated).toBe(true);
    expect(stub.requests).toHaveLength(2);
  });

  it('nothing after a refusal, of which accepted statuses are handed back', async () => {
    const stub = await scripted(status(422, {}, '{"errors":[]}'), status(404, {}, '{"message":"gone"}'));
    const client = clientFor(stub);

    const refused = await errorOf(client.call({ method: 'GET', path: '/x' }));
    const missing = await client.call({ method: 'GET', path: '/y', accept: [404] });

    expect(refused).toMatchObject({ code: 'PROVIDER_REFUSED', retryable: false, status: 422 });
    expect(missing).toMatchObject({ status: 404, json: { message: 'gone' } });
    expect(stub.requests).toHaveLength(2);
  });
});

describe('Retry-After', () => {
  it('is waited for, with jitter after it, and holds back the other calls too', async () => {
    const clock = createTestClock();
    const stub = await scripted(status(429, { 'retry-after': '30' }), ok({}));
    const client = clientFor(stub, { clock, limiter: createRateLimiter({ ratePerSecond: 5, burst: 5, clock }) });

    await client.call({ method: 'GET', path: '/x' });

    expect(client.clock.slept).toEqual([30_250]);
  });

  it("as an HTTP date is judged by the vendor's own clock", async () => {
    const stub = await scripted(
      status(503, { date: 'Sun, 01 Mar 2020 09:00:00 GMT', 'retry-after': 'Sun, 01 Mar 2020 09:00:10 GMT' }),
      ok({}),
    );
    const client = clientFor(stub);

    await client.call({ method: 'GET', path: '/x' });

    expect(client.clock.slept).toEqual([10_250]);
  });

  it('beyond the cap ends the call at once and tells how long', async () => {
    const stub = await scripted(status(429, { 'retry-after': '86400' }));
    const client = clientFor(stub);

    const error = await errorOf(client.call({ method: 'GET', path: '/x' }));

    expect(error).toMatchObject({ code: 'PROVIDER_RATE_LIMITED', retryAfterSeconds: 86_400, retryable: true });
    expect(stub.requests).toHaveLength(1);
  });

  it('on a success means nothing', async () => {
    const stub = await scripted(ok({}, { 'retry-after': '1' }));
    const client = clientFor(stub);

    await client.call({ method: 'GET', path: '/x' });

    expect(client.clock.slept).toEqual([]);
  });
});

describe('limits', () => {
  it('a body beyond the limit is not read to its end', async () => {
    const stub = await scripted(ok({ text: 'x'.repeat(5_000) }));
    const client = clientFor(stub, { settings: { ...DEFAULT_HTTP_SETTINGS, maxBodyBytes: 1_000 } });

    const error = await errorOf(client.call({ method: 'POST', path: '/x', json: {} }));

    expect(error).toMatchObject({ code: 'PROVIDER_UNEXPECTED_ANSWER', retryable: false, outcomeUnknown: true });
  });

  it('a call that is never answered ends in time', async () => {
    const stub = await scripted(() => undefined);
    const client = clientFor(stub, { settings: { ...DEFAULT_HTTP_SETTINGS, callTimeoutMs: 500, attempts: 2 } });

    const error = await errorOf(client.call({ method: 'GET', path: '/x' }));

    expect(error).toMatchObject({ code: 'PROVIDER_UNREACHABLE', retryable: true });
    expect(stub.requests).toHaveLength(2);
  });

  it('a peer that accepts and speaks no HTTP is a broken connection', async () => {
    const server = createServer((socket) => socket.resume().end('what?\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => new Promise((resolve) => server.close(() => resolve())));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const client = clientFor({ origin }, { settings: { ...DEFAULT_HTTP_SETTINGS, attempts: 1 } });

    const error = await errorOf(client.call({ method: 'GET', path: '/x' }));

    expect(error.code).toBe('PROVIDER_UNREACHABLE');
  });

  it('the budget ends calls before they are sent, retries included', async () => {
    const stub = await scripted(status(503), ok({}));
    const client = clientFor(stub, { meter: createCallMeter('crm', 1) });

    await expect(client.call({ method: 'GET', path: '/x' })).rejects.toMatchObject({ code: 'PROVIDER_DAILY_LIMIT' });

    expect(stub.requests).toHaveLength(1);
    expect(client.meter.calls).toBe(1);
  });

  it('an aborted signal ends the call with its reason', async () => {
    const controller = new AbortController();
    const stub = await scripted(() => controller.abort(new Error('interrupted')));
    const client = clientFor(stub, { signal: controller.signal });

    await expect(client.call({ method: 'GET', path: '/x' })).rejects.toThrow('interrupted');
    await expect(client.call({ method: 'GET', path: '/x' })).rejects.toThrow('interrupted');

    expect(stub.requests).toHaveLength(1);
  });

  it('a write that has left is awaited, and none follows it', async () => {
    const controller = new AbortController();
    const stub = await scripted((response, request) => {
      controller.abort(new Error('interrupted'));
      return ok({ id: 7 })(response, request);
    });
    const client = clientFor(stub, { signal: controller.signal });

    const answer = await client.call({ method: 'POST', path: '/x', json: {} });

    expect(answer.json).toEqual({ id: 7 });
    await expect(client.call({ method: 'POST', path: '/x', json: {} })).rejects.toThrow('interrupted');
    expect(stub.requests).toHaveLength(1);
  });
});

describe('what a vendor says', () => {
  it('decides by the provider’s reading, also on a success', async () => {
    const stub = await scripted(status(400, {}, '{"message":"Rate limit exceeded."}'), status(200, {}, '{"errors":"no"}'));
    const client = clientFor(stub, {
      interpret: (answer) =>
        answer.status === 400
          ? { code: 'PROVIDER_RATE_LIMITED', retryable: true, nothingHappened: true, retryAfterMs: 60_000 }
          : { code: 'PROVIDER_REFUSED', words: 'no' },
    });

    const error = await errorOf(client.call({ method: 'POST', path: '/import', json: {} }));

    expect(error.message).toBe('Vendor answered 200 to POST /import: no');
    expect(client.clock.slept).toEqual([60_250]);
  });

  it('reaches messages without secrets, addresses of people and control characters', async () => {
    const stub = await scripted((response, request) => {
      response.writeHead(403);
      response.end(JSON.stringify({ said: `token ${String(request.headers['api-token'])} for\u0007 ann@example.com\u202e` }));
    });
    const client = clientFor(stub, { interpret: (answer) => ({ words: (answer.json as { said: string }).said }) });

    const error = await errorOf(client.call({ method: 'GET', path: '/x', query: { email: 'ann@example.com' } }));

    expect(error.message).toBe('Vendor answered 403 to GET /x: token (sensitive value) for (address)');
    expect(inspect(error, { depth: 10 })).not.toMatch(/top-secret|ann@example/);
  });

  it('of an expired token is answered by renewing it once', async () => {
    const stub = await scripted((response, request) => {
      response.writeHead(request.headers['authorization'] === 'Bearer new' ? 200 : 401);
      response.end('{}');
    });
    let token = 'old';
    let renewals = 0;
    const client = clientFor(stub, {
      authorize: () => ({ authorization: `Bearer ${token}` }),
      renewAuthorization: () => {
        renewals += 1;
        token = renewals === 1 ? 'new' : token;
        return Promise.resolve(true);
      },
    });

    expect((await client.call({ method: 'GET', path: '/x' })).status).toBe(200);
    token = 'revoked';
    const error = await errorOf(client.call({ method: 'GET', path: '/x' }));

    expect(error.code).toBe('PROVIDER_AUTHENTICATION_FAILED');
    expect(renewals).toBe(2);
  });
});
