import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SandboxError } from '../../../src/sandbox/sandbox-error.ts';
import { startSandbox, type RunningSandbox } from '../../../src/sandbox/server.ts';
import type { CreateVendorSandbox, SandboxClock } from '../../../src/sandbox/vendor.ts';
import { freePorts } from '../../free-ports.ts';
import { call, exchangeRaw, NotebookVendor, originOf } from './notebook-vendor.ts';

let sandbox: RunningSandbox;
let vendor: NotebookVendor;
let origin: string;

beforeEach(async () => {
  sandbox = await startSandbox({ vendors: [(clock) => new NotebookVendor(clock)], basePort: 0, seed: 1, records: 20 });
  vendor = sandbox.vendor('notebook') as NotebookVendor;
  origin = originOf(sandbox);
});

afterEach(() => sandbox.close());

describe('what a vendor is handed', () => {
  test('path, query, headers and origin as the client sent them', async () => {
    await call(origin, 'GET', '/api/3/contacts/a%20b?filters[x]=1%2B1&y', { headers: { 'Api-Token': 'sandbox' } });

    const [request] = vendor.received;
    expect(request).toMatchObject({
      method: 'GET',
      path: '/api/3/contacts/a%20b',
      rawQuery: 'filters[x]=1%2B1&y',
      partial: false,
    });
    expect(request?.query.get('filters[x]')).toBe('1+1');
    expect(request?.headers['api-token']).toBe('sandbox');
    expect(request?.origin).toBe(origin);
  });

  test('a path with doubled leading slashes as one with a single slash', async () => {
    await call(origin, 'GET', '//services/data/v62.0//x/');

    expect(vendor.received[0]?.path).toBe('/services/data/v62.0//x/');
  });

  test('a path with a malformed percent-encoding', async () => {
    const answer = await call(origin, 'GET', '/api/3/100%/x');

    expect(answer.status).toBe(200);
    expect(vendor.received[0]?.path).toBe('/api/3/100%/x');
  });

  test.each(['GET', 'DELETE', 'POST', 'PUT', 'PATCH'])('the body of %s, whatever its media type', async (method) => {
    const length = { 'Content-Length': '5' };
    await call(origin, method, '/x', { body: 'a=b&c', headers: { ...length, 'Content-Type': 'application/json' } });
    await call(origin, method, '/x', { body: 'a=b&c', headers: { ...length, 'Content-Type': 'not a media type' } });
    await call(origin, method, '/x', { body: 'a=b&c', headers: length });

    expect(vendor.received.map((request) => request.body.toString('utf8'))).toEqual(['a=b&c', 'a=b&c', 'a=b&c']);
  });

  test.each(['HEAD', 'OPTIONS', 'PROPFIND', 'MERGE'])("the method %s, which is the vendor's to refuse", async (method) => {
    await call(origin, method, '/x');

    expect(vendor.received.map((request) => request.method)).toEqual([method]);
  });

  test.each(['GET', 'DELETE', 'POST'])('%s with a JSON content type and no body', async (method) => {
    const answer = await call(origin, method, '/x', { headers: { 'Content-Type': 'application/json' } });

    expect(answer.status).toBeLessThan(300);
    expect(vendor.received[0]?.body.length).toBe(0);
  });

  test.each(['GET', 'POST', 'PUT'])('a chunked body of %s in one piece', async (method) => {
    const answer = await exchangeRaw(
      origin,
      `${method} /upload HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n`,
    );

    expect(answer.text).toMatch(/^HTTP\/1\.1 20[01]/);
    expect(vendor.received[0]?.body.toString('utf8')).toBe('abcdefg');
  });

  test('a body of several megabytes, byte for byte', async () => {
    const body = Buffer.alloc(5 * 1024 * 1024, 'ü\n');

    await call(origin, 'PUT', '/upload', { body });

    expect(vendor.received[0]?.body.equals(body)).toBe(true);
  });

  test('nothing where the body is longer than the sandbox takes', async () => {
    const answer = await exchangeRaw(origin, 'PUT /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 300000000\r\n\r\n');

    expect(answer.text).toMatch(/^HTTP\/1\.1 413/);
    expect(vendor.received).toEqual([]);
  });

  test('a host that could break out of an address is not believed', async () => {
    await exchangeRaw(origin, 'GET /x HTTP/1.1\r\nHost: evil"<b>\r\nConnection: close\r\n\r\n');

    expect(vendor.received[0]?.origin).toBe(origin);
  });
});

describe('what a client is sent', () => {
  test("an object as JSON with the vendor's content type and a true length", async () => {
    const answer = await call(origin, 'GET', '/x', { headers: { 'Accept-Encoding': 'gzip, br' } });

    expect(answer.headers['content-type']).toBe('application/json');
    expect(answer.headers['content-encoding']).toBeUndefined();
    expect(answer.headers['content-length']).toBe(String(Buffer.byteLength(answer.text)));
    expect(JSON.parse(answer.text)).toEqual({ notes: vendor.notes.length });
  });

  test('a string as it is, with the headers that the vendor gave', async () => {
    const answer = await call(origin, 'GET', '/text');

    expect(answer.headers['content-type']).toBe('text/csv');
    expect(answer.text).toBe('a,b\n1,ü\n');
  });

  test('an answer without a body', async () => {
    const answer = await call(origin, 'GET', '/nothing');

    expect(answer).toMatchObject({ status: 204, text: '' });
    expect(answer.headers['content-length']).toBeUndefined();
  });

  test("the sandbox's time in the Date header, unless the vendor says otherwise", async () => {
    sandbox.clock.advance(86_400_000);

    const answer = await call(origin, 'GET', '/x');
    const own = await call(origin, 'GET', '/own-date');

    expect(Math.abs(Date.parse(String(answer.headers['date'])) - sandbox.clock.now())).toBeLessThan(5_000);
    expect(own.headers['date']).toBe('Thu, 01 Jan 1970 00:00:00 GMT');
  });

  test('a failure of the stand-in itself as 500 with its reason', async () => {
    const answer = await call(origin, 'GET', '/broken');

    expect(answer.status).toBe(500);
    expect(answer.text).toContain('the notebook fell apart');
  });

  test('answers on one connection that is kept open', async () => {
    const answer = await exchangeRaw(
      origin,
      'GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    );

    expect(answer.text.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
    expect(answer.text).toContain('Keep-Alive: timeout=72');
  });
});

describe('start and end', () => {
  test('each vendor has an origin and names the variables that the examples read', async () => {
    const two = await startSandbox({
      vendors: [(clock) => new NotebookVendor(clock, 'one', 4701), (clock) => new NotebookVendor(clock, 'two', 4702)],
      basePort: 0,
      seed: 1,
      records: 20,
    });

    expect(Object.keys(two.origins)).toEqual(['one', 'two']);
    expect(two.environment).toEqual({ ONE_URL: two.origins['one'], TWO_URL: two.origins['two'] });
    expect((two.vendor('two') as NotebookVendor).notes).toEqual((two.vendor('one') as NotebookVendor).notes);
    expect(() => two.vendor('three')).toThrow(SandboxError);
    await two.close();
  });

  test("the base port moves every vendor's port", async () => {
    const free = await freePorts();
    const vendors: readonly CreateVendorSandbox[] = [(clock) => new NotebookVendor(clock, 'notebook', 4703)];

    const moved = await startSandbox({ vendors, basePort: free - 3, seed: 1, records: 0 });

    expect(moved.origins).toEqual({ notebook: `http://127.0.0.1:${free}` });
    await moved.close();
  });

  test('a port that is taken stops the start and leaves nothing running', async () => {
    const free = await freePorts();
    const taken = free + 1;
    const first: CreateVendorSandbox = (clock) => new NotebookVendor(clock, 'first', free);
    const second: CreateVendorSandbox = (clock) => new NotebookVendor(clock, 'second', taken);
    const options = { basePort: 4700, seed: 1, records: 0 };
    const inTheWay = await startSandbox({ ...options, vendors: [second] });

    await expect(startSandbox({ ...options, vendors: [first, second] })).rejects.toMatchObject({ code: 'SANDBOX_PORT_IN_USE' });

    expect((await exchangeRaw(`http://127.0.0.1:${free}`, 'GET / HTTP/1.1\r\n\r\n')).ended).toBe('ECONNREFUSED');
    await inTheWay.close();
  });

  test('a base port that leaves no room is refused', async () => {
    const options = { vendors: [(clock: SandboxClock) => new NotebookVendor(clock)], basePort: 65_535, seed: 1, records: 0 };

    await expect(startSandbox(options)).rejects.toMatchObject({ code: 'SANDBOX_INVALID_OPTION' });
  });

  test.each([
    { seed: -1, records: 1 },
    { seed: 1.5, records: 1 },
    { seed: 1, records: Number.NaN },
    { seed: 1, records: 10_000_000 },
  ])('a seed of $seed with $records records is refused', async (numbers) => {
    await expect(startSandbox({ vendors: [], basePort: 0, ...numbers })).rejects.toBeInstanceOf(SandboxError);
  });

  test('close drops idle connections and slow answers at once', async () => {
    await call(origin, 'POST', '/__sandbox/faults', {
      body: JSON.stringify([{ match: { method: '*', path: '/slow' }, kind: 'slow', ms: 600_000 }]),
    });
    const idle = exchangeRaw(origin, 'GET /x HTTP/1.1\r\nHost: x\r\n\r\n');
    const slow = call(origin, 'GET', '/slow').catch((error: unknown) => error);
    while (vendor.received.length < 2) await delay(1);

    await sandbox.close();

    expect((await idle).text).toMatch(/^HTTP\/1\.1 200/);
    expect(await slow).toBeInstanceOf(Error);
  });

  test('after close nothing keeps the process alive', async () => {
    const script = `
      import { startSandbox } from ${JSON.stringify(new URL('../../../src/sandbox/server.ts', import.meta.url).href)};
      import { NotebookVendor } from ${JSON.stringify(new URL('notebook-vendor.ts', import.meta.url).href)};
      const sandbox = await startSandbox({ vendors: [(clock) => new NotebookVendor(clock)], basePort: 0, seed: 1, records: 5 });
      await (await fetch(sandbox.origins.notebook + '/notes')).text();
      await sandbox.close();
      process.stdout.write('closed');
    `;

    // A process that does not end by itself is killed, which rejects.
    const ended = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { timeout: 15_000 });

    await expect(ended).resolves.toMatchObject({ stdout: 'closed' });
  });
});
