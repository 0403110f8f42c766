import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Client } from 'undici';
import { startSandbox, type RunningSandbox } from '../../../src/sandbox/server.ts';
import { call, control, exchangeRaw, NotebookVendor, originOf } from './notebook-vendor.ts';

let sandbox: RunningSandbox;
let vendor: NotebookVendor;
let origin: string;
let notesBefore: number;

const ANY = { method: '*', path: '*' };
const POST_NOTE = 'POST /notes HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nnote';

beforeEach(async () => {
  sandbox = await startSandbox({ vendors: [(clock) => new NotebookVendor(clock)], basePort: 0, seed: 1, records: 20 });
  vendor = sandbox.vendor('notebook') as NotebookVendor;
  origin = originOf(sandbox);
  notesBefore = vendor.notes.length;
});

afterEach(() => sandbox.close());

async function arm(...faults: readonly unknown[]): Promise<void> {
  expect((await control(origin, 'POST', 'faults', faults)).status).toBe(200);
}

async function statuses(count: number, method = 'GET', path = '/notes'): Promise<number[]> {
  const seen: number[] = [];
  for (let index = 0; index < count; index += 1) seen.push((await call(origin, method, path)).status);
  return seen;
}

describe('kinds', () => {
  test.each([
    ['429', 429],
    ['500', 500],
    ['503', 503],
    ['expired-token', 401],
  ])('%s is worded by the vendor and has no effect', async (kind, status) => {
    await arm({ match: ANY, kind, retryAfter: 7 });

    const answer = await call(origin, 'POST', '/notes', { body: 'note' });

    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toEqual({ refused: kind });
    expect(answer.headers['retry-after']).toBe('7');
    expect(vendor.notes).toHaveLength(notesBefore);
    expect(await statuses(1)).toEqual([200]);
  });

  test('reset drops the connection before any effect', async () => {
    await arm({ match: ANY, kind: 'reset' });

    const answer = await exchangeRaw(origin, POST_NOTE);

    expect(answer).toEqual({ text: '', ended: 'ECONNRESET' });
    expect(vendor.notes).toHaveLength(notesBefore);
  });

  test('lost-response takes effect and never answers', async () => {
    await arm({ match: ANY, kind: 'lost-response' });

    const answer = await exchangeRaw(origin, POST_NOTE);

    expect(answer.text).toBe('');
    expect(vendor.notes).toHaveLength(notesBefore + 1);
  });

  test('truncate takes effect and sends the true length with half of the body', async () => {
    await arm({ match: ANY, kind: 'truncate' });

    const answer = await exchangeRaw(origin, POST_NOTE);

    const [head = '', body = ''] = answer.text.split('\r\n\r\n');
    const whole = JSON.stringify({ notes: notesBefore + 1 });
    expect(head).toMatch(/^HTTP\/1\.1 201/);
    expect(head).toContain(`Content-Length: ${whole.length}`);
    expect(body).toBe(whole.slice(0, Math.floor(whole.length / 2)));
    expect(vendor.notes).toHaveLength(notesBefore + 1);
  });

  test('a client notices that a truncated answer is not whole', async () => {
    await arm({ match: ANY, kind: 'truncate' });
    const client = new Client(origin);

    const { statusCode, body } = await client.request({ method: 'GET', path: '/text' });

    expect(statusCode).toBe(200);
    await expect(body.text()).rejects.toThrow();
    await client.close();
  });

  test('truncate of an answer without a body sends nothing', async () => {
    await arm({ match: ANY, kind: 'truncate' });

    expect((await exchangeRaw(origin, 'GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n')).text).toBe('');
  });

  test('slow takes effect at once and answers later', async () => {
    await arm({ match: ANY, kind: 'slow', ms: 60 });
    const started = performance.now();

    let answered = false;
    const answer = call(origin, 'POST', '/notes', { body: 'note' }).finally(() => (answered = true));
    while (vendor.notes.length === notesBefore) await new Promise((resolve) => setImmediate(resolve));
    expect(answered).toBe(false);

    expect((await answer).status).toBe(201);
    expect(performance.now() - started).toBeGreaterThanOrEqual(55);
  });

  test('partial is left to the vendor', async () => {
    await arm({ match: ANY, kind: 'partial' });

    expect(await statuses(2, 'POST')).toEqual([207, 201]);
    expect(vendor.received.map((request) => request.partial)).toEqual([true, false]);
  });
});

describe('which calls are struck', () => {
  test('after lets calls pass, times counts the strikes', async () => {
    await arm({ match: ANY, kind: '500', after: 1, times: 2 });

    expect(await statuses(5)).toEqual([200, 500, 500, 200, 200]);
  });

  test('one fault a call, in the order of the list', async () => {
    await arm({ match: ANY, kind: '500' }, { match: ANY, kind: '503' }, { match: ANY, kind: '429' });

    expect(await statuses(4)).toEqual([500, 503, 429, 200]);
  });

  test('an entry that lets calls pass keeps those behind it waiting', async () => {
    await arm({ match: ANY, kind: '500', after: 1 }, { match: ANY, kind: '503' });

    expect(await statuses(4)).toEqual([200, 500, 503, 200]);
  });

  test('only the method that is named', async () => {
    await arm({ match: { method: 'post', path: '*' }, kind: '500' });

    expect(await statuses(1, 'GET')).toEqual([200]);
    expect(await statuses(1, 'POST')).toEqual([500]);
  });

  test.each([
    ['/api/3/*', '/api/3/contacts/1', true],
    ['/api/3/*', '/api/3/contacts?filters=x', true],
    ['/api/3/*', '/api/4/contacts', false],
    ['/api/*/contacts', '/api/3/x/contacts', true],
    ['/api/*/contacts', '/api/3/contacts/1', false],
    ['*/query*', '/services/data/v62.0/query?q=x', true],
    ['/contacts', '/contacts', true],
    ['/contacts', '/contacts/', false],
    ['/a*a', '/a', false],
    ['/x?q=1', '/x?q=1', false],
    ['/services/*', '//services/data', true],
  ])('%s against %s: %s', async (pattern, path, struck) => {
    await arm({ match: { method: '*', path: pattern }, kind: '500' });

    expect(await statuses(1, 'GET', path)).toEqual([struck ? 500 : 200]);
  });

  test('never a control call', async () => {
    await arm({ match: ANY, kind: 'reset' });

    expect((await control(origin, 'GET', 'calls')).status).toBe(200);
    expect((await control(origin, 'GET', 'faults')).body).toHaveLength(1);
  });
});

describe('the list', () => {
  test('shows what is left, with the defaults filled in', async () => {
    await arm({ match: ANY, kind: '500', times: 2 }, { match: { path: '/x' }, kind: 'slow', after: 3 });
    await statuses(1);

    expect((await control(origin, 'GET', 'faults')).body).toEqual([
      { match: ANY, kind: '500', times: 1, after: 0, retryAfter: 1, ms: 500 },
      { match: { method: '*', path: '/x' }, kind: 'slow', times: 1, after: 3, retryAfter: 1, ms: 500 },
    ]);
  });

  test('is replaced as a whole, and emptied by an empty one', async () => {
    await arm({ match: ANY, kind: '500' }, { match: ANY, kind: '500' });
    await arm({ match: ANY, kind: '503' });
    expect(await statuses(2)).toEqual([503, 200]);

    await arm({ match: ANY, kind: '503' });
    await arm();
    expect(await statuses(1)).toEqual([200]);
  });

  test.each([
    [{}, 'array'],
    [['x'], 'faults[0]'],
    [[{ kind: '500' }], 'faults[0].match'],
    [[{ match: { method: '*' }, kind: '500' }], 'faults[0].match.path'],
    [[{ match: { path: 'x' }, kind: '500' }], 'faults[0].match.path'],
    [[{ match: { path: '*', method: 'a b' }, kind: '500' }], 'faults[0].match.method'],
    [[{ match: { path: '*', query: 'x' }, kind: '500' }], '"query"'],
    [
      [
        { match: ANY, kind: '500' },
        { match: ANY, kind: '418' },
      ],
      'faults[1].kind',
    ],
    [[{ match: ANY, kind: 500 }], 'faults[0].kind'],
    [[{ match: ANY, kind: '500', times: 0 }], 'faults[0].times'],
    [[{ match: ANY, kind: '500', after: -1 }], 'faults[0].after'],
    [[{ match: ANY, kind: '500', retryAfter: '1' }], 'faults[0].retryAfter'],
    [[{ match: ANY, kind: 'slow', ms: 1e9 }], 'faults[0].ms'],
    [[{ match: ANY, kind: '500', delay: 1 }], '"delay"'],
  ])('refuses %j and keeps what was there', async (body, reason) => {
    await arm({ match: ANY, kind: '500' });

    const answer = await control(origin, 'POST', 'faults', body);

    expect(answer.status).toBe(400);
    expect((answer.body as { error: string }).error).toContain(reason);
    expect((await control(origin, 'GET', 'faults')).body).toHaveLength(1);
  });

  test('refuses a body that is not JSON', async () => {
    expect((await call(origin, 'POST', '/__sandbox/faults', { body: '[' })).status).toBe(400);
  });
});
