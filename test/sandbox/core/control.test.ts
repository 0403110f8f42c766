import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startSandbox, type RunningSandbox } from '../../../src/sandbox/server.ts';
import { call, control, exchangeRaw, NotebookVendor, originOf } from './notebook-vendor.ts';

let sandbox: RunningSandbox;
let one: NotebookVendor;
let two: NotebookVendor;
let origin: string;
let otherOrigin: string;

beforeEach(async () => {
  sandbox = await startSandbox({
    vendors: [(clock) => new NotebookVendor(clock, 'one', 4701), (clock) => new NotebookVendor(clock, 'two', 4702)],
    basePort: 0,
    seed: 1,
    records: 20,
  });
  one = sandbox.vendor('one') as NotebookVendor;
  two = sandbox.vendor('two') as NotebookVendor;
  origin = originOf(sandbox, 'one');
  otherOrigin = originOf(sandbox, 'two');
});

afterEach(() => sandbox.close());

describe('reset', () => {
  test("puts this vendor's data, calls and faults and the clock back, and leaves the other vendor alone", async () => {
    const seeded = structuredClone(one.notes);
    for (const each of [origin, otherOrigin]) {
      await call(each, 'POST', '/notes', { body: 'note' });
      await control(each, 'POST', 'faults', [{ match: { path: '*' }, kind: '500' }]);
    }
    await control(origin, 'POST', 'clock', { advance: 'P1D' });

    const answer = await control(origin, 'POST', 'reset', { seed: 1, records: 20 });

    expect(answer).toEqual({ status: 200, body: { seed: 1, records: 20 } });
    expect(one.notes).toEqual(seeded);
    expect((await control(origin, 'GET', 'calls')).body).toEqual({ calls: [] });
    expect((await control(origin, 'GET', 'faults')).body).toEqual([]);
    expect(Math.abs(sandbox.clock.now() - sandbox.clock.realNow())).toBeLessThan(1_000);
    expect(two.notes).toHaveLength(seeded.length + 1);
    expect((await control(otherOrigin, 'GET', 'faults')).body).toHaveLength(1);
  });

  test('one seed gives both vendors the same people', async () => {
    await control(origin, 'POST', 'reset', { seed: 5, records: 40 });
    expect(one.notes).not.toEqual(two.notes);

    await control(otherOrigin, 'POST', 'reset', { seed: 5, records: 40 });

    expect(one.notes).toEqual(two.notes);
  });

  test('what is not said is as the sandbox was started', async () => {
    await control(origin, 'POST', 'reset', { seed: 9, records: 3 });

    expect((await control(origin, 'POST', 'reset')).body).toEqual({ seed: 1, records: 20 });
    expect((await control(origin, 'POST', 'reset', { records: 0 })).body).toEqual({ seed: 1, records: 0 });
    expect(one.notes).toEqual([]);
  });

  test.each([[[]], [{ seed: '1' }], [{ records: -1 }], [{ records: 1e9 }], [{ rows: 5 }]])(
    'refuses %j and changes nothing',
    async (body) => {
      const before = structuredClone(one.notes);

      const answer = await control(origin, 'POST', 'reset', body);

      expect(answer.status).toBe(400);
      expect(one.notes).toEqual(before);
    },
  );
});

describe('dump', () => {
  test('gives one JSON line a row', async () => {
    const answer = await call(origin, 'GET', '/__sandbox/dump/note');

    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toContain('application/x-ndjson');
    expect(answer.text.endsWith('\n')).toBe(true);
    expect(
      answer.text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(one.notes);
  });

  test('streams a hundred thousand rows', async () => {
    one.notes = Array.from({ length: 100_000 }, (_, index) => ({ id: String(index), text: 'x'.repeat(40) }));

    const answer = await call(origin, 'GET', '/__sandbox/dump/note');

    const lines = answer.text.trimEnd().split('\n');
    expect(lines).toHaveLength(100_000);
    expect(JSON.parse(lines.at(-1) ?? '')).toEqual(one.notes.at(-1));
    expect(answer.headers['transfer-encoding']).toBe('chunked');
  });

  test('an object without rows is an empty answer', async () => {
    one.notes = [];

    expect(await call(origin, 'GET', '/__sandbox/dump/note')).toMatchObject({ status: 200, text: '' });
  });

  test('survives a client that goes away in the middle', async () => {
    one.notes = Array.from({ length: 100_000 }, (_, index) => ({ id: String(index), text: 'x'.repeat(400) }));
    const aborted = new AbortController();
    const response = await fetch(`${origin}/__sandbox/dump/note`, { signal: aborted.signal });
    await response.body?.getReader().read();

    aborted.abort();

    expect((await call(origin, 'GET', '/notes')).status).toBe(200);
  });

  test.each(['nothing', '', '100%', 'note/1'])('404 for %j', async (object) => {
    expect((await call(origin, 'GET', `/__sandbox/dump/${object}`)).status).toBe(404);
  });
});

describe('calls', () => {
  async function counted(): Promise<unknown> {
    return (await control(origin, 'GET', 'calls')).body;
  }

  test('are counted by method, route and status, with what they asked to change', async () => {
    await call(origin, 'GET', '/notes/1?x=1');
    await call(origin, 'GET', '/notes/2');
    await call(origin, 'POST', '/notes', { body: 'note' });
    await call(origin, 'GET', '/limited');

    expect(await counted()).toEqual({
      calls: [
        { method: 'GET', route: '/limited', status: 429, count: 1, writes: 0 },
        { method: 'POST', route: '/notes', status: 201, count: 1, writes: 1 },
        { method: 'GET', route: '/notes/*', status: 200, count: 2, writes: 0 },
      ],
    });
  });

  test('count when a fault answers them, with status 0 where nothing was answered', async () => {
    const match = { path: '*' };
    await control(origin, 'POST', 'faults', [
      { match, kind: '503' },
      { match, kind: 'reset' },
      { match, kind: 'lost-response' },
      { match, kind: 'truncate' },
    ]);
    for (let index = 0; index < 4; index += 1) {
      await exchangeRaw(origin, 'POST /notes HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 4\r\n\r\nnote');
    }

    expect(await counted()).toEqual({
      calls: [
        { method: 'POST', route: '/notes', status: 0, count: 2, writes: 2 },
        { method: 'POST', route: '/notes', status: 201, count: 1, writes: 1 },
        { method: 'POST', route: '/notes', status: 503, count: 1, writes: 1 },
      ],
    });
  });

  test('leave out steering calls and requests that never arrived in full', async () => {
    await control(origin, 'GET', 'clock');
    const socket = exchangeRaw(origin, 'POST /notes HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nno');
    await call(origin, 'GET', '/notes');

    expect(await counted()).toEqual({ calls: [{ method: 'GET', route: '/notes', status: 200, count: 1, writes: 0 }] });
    await sandbox.close();
    await socket;
  });
});

describe('other control paths', () => {
  test.each([
    ['GET', 'reset', 405],
    ['DELETE', 'faults', 405],
    ['POST', 'calls', 405],
    ['POST', 'dump/note', 405],
    ['GET', 'nothing', 404],
    ['GET', '', 404],
  ])('%s %s is refused with %i', async (method, action, status) => {
    expect((await control(origin, method, action)).status).toBe(status);
  });

  test('are found behind doubled slashes', async () => {
    expect((await call(origin, 'GET', '//__sandbox/calls')).status).toBe(200);
    expect(one.received).toEqual([]);
  });

  test("carry the sandbox's time", async () => {
    const answer = await call(origin, 'GET', '/__sandbox/calls');

    expect(Math.abs(Date.parse(String(answer.headers['date'])) - sandbox.clock.now())).toBeLessThan(5_000);
  });
});
