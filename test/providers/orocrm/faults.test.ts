import { describe, expect, it } from 'vitest';
import type { JobHandle, WriteRequest } from '../../../src/providers/provider.ts';
import { startStub } from '../../http/stub-server.ts';
import { idOf, noJob, readAll, startInstallation } from './connected.ts';
import { resumed } from '../resumed.ts';

const PATHS = ['firstName', 'lastName', 'primaryEmail'];
const BATCH = { method: 'PATCH', path: '/api/contacts' };

const newPeople = (count: number): WriteRequest[] =>
  Array.from({ length: count }, (_, index) => ({
    action: 'create',
    values: { firstName: `New ${index}`, primaryEmail: `new${index}@example.com` },
    externalId: `person-${index}`,
  }));

describe('when something goes wrong', () => {
  it('leaves a batch of new records open whose answer was lost, and sends it once', async () => {
    const oro = await startInstallation(5);
    const client = await oro.records('contact', PATHS);
    const held = (await oro.dump('contacts')).length;
    await oro.control('faults', [{ match: BATCH, kind: 'lost-response', times: 1 }]);
    const requests = newPeople(3).map(({ externalId: _externalId, ...request }) => request);

    const outcomes = await client.write(requests, noJob);

    expect(outcomes.map(({ status }) => status)).toEqual(['unknown', 'unknown', 'unknown']);
    expect(await oro.dump('contacts')).toHaveLength(held + 3);
  });

  it('sends a batch again whose records are found by an external id, and makes nobody twice', async () => {
    const oro = await startInstallation(5);
    const client = await oro.records('contact', [...PATHS, 'externalId'], { externalId: 'externalId' });
    const held = (await oro.dump('contacts')).length;
    await oro.control('faults', [{ match: BATCH, kind: 'lost-response', times: 1 }]);

    const outcomes = await client.write(newPeople(3), noJob);

    expect(outcomes.map(({ status }) => status)).toEqual(['applied', 'applied', 'applied']);
    expect(await oro.dump('contacts')).toHaveLength(held + 3);
  });

  it('asks for another token when one has expired, early or unexpectedly', async () => {
    const oro = await startInstallation(5);
    const client = await oro.records('contact', PATHS);
    await client.count();
    oro.sandbox.clock.advance(3_550_000);
    await client.count();
    const early = tokens(await oro.control('calls'));
    await oro.control('faults', [{ match: { method: 'GET', path: '/api/contacts' }, kind: 'expired-token', times: 1 }]);

    const { records } = await readAll(client.read(undefined));

    expect(early).toBe(2);
    expect(records).not.toEqual([]);
    expect(tokens(await oro.control('calls'))).toBe(3);
  });

  it('waits out a proxy that limits calls or is down, in pages of HTML', async () => {
    const oro = await startInstallation(5);
    const client = await oro.records('contact', PATHS);
    await oro.control('faults', [
      { match: { method: '*', path: '/api/contacts' }, kind: '429', times: 1, retryAfter: 20 },
      { match: { method: '*', path: '/api/contacts' }, kind: '503', times: 1, retryAfter: 5 },
    ]);
    const before = oro.sandbox.clock.now();

    const { records } = await readAll(client.read(undefined));

    expect(records).not.toEqual([]);
    expect(oro.sandbox.clock.now() - before).toBeGreaterThanOrEqual(25_000);
  });

  it('finds an operation again after a restart, and tells pending from ended', async () => {
    const oro = await startInstallation(2_200, { operationMs: 120_000 });
    const first = await oro.records('contact', ['lastName']);
    const { records } = await readAll(first.read(undefined));
    const requests = records.map(({ id }, index): WriteRequest => ({
      action: 'update',
      id,
      values: { lastName: `Name ${index}` },
    }));
    let handle: JobHandle | undefined;
    const killed = first.write(requests, (given) => {
      handle = given;
      return Promise.reject(new Error('killed'));
    });
    await expect(killed).rejects.toThrow('killed');
    const later = await oro.records('contact', ['lastName']);

    const pending = await resumed(later, handle, requests);
    oro.sandbox.clock.advance(120_000);
    const ended = await resumed(later, handle, requests);
    const some = await resumed(later, handle, requests.slice(5, 8));
    const lost = await resumed(later, handle!.replace(/"id":"[^"]*"/, '"id":"999999"') as JobHandle, [
      { action: 'update', id: records[0]!.id, values: { lastName: 'Never written' } },
    ]);

    expect(new Set(pending.map(({ status }) => status))).toEqual(new Set(['pending']));
    expect(new Set(ended.map(({ status }) => status))).toEqual(new Set(['applied']));
    expect(some.map(idOf)).toEqual(requests.slice(5, 8).map(({ id }) => id));
    expect(lost).toMatchObject([{ status: 'unknown' }]);
    expect((await oro.newCalls())['PATCH /api/contacts']).toBe(1);
  });

  it('names the address as wrong where something else than the API answers', async () => {
    const page = await startStub(({ path }, response) => {
      const isToken = path === '/admin/oauth2-token';
      if (path === '/oauth2-token') response.statusCode = 404;
      response.setHeader('content-type', isToken ? 'application/json' : 'text/html');
      response.end(isToken ? '{"token_type":"Bearer","expires_in":3600,"access_token":"x"}' : '<html>Log in</html>');
    });
    const oro = await startInstallation(1);
    const connection = oro.connect({ endpoint: `${page.origin}/admin/` });

    const account = connection.account();

    await expect(account).rejects.toMatchObject({
      code: 'PROVIDER_UNEXPECTED_ANSWER',
      message: expect.stringContaining('an answer of type text/html instead of application/vnd.api+json. Check the path'),
    });
    expect(page.requests.map(({ path }) => path)).toEqual(['/oauth2-token', '/admin/oauth2-token', '/admin/api/organizations']);
    await page.close();
  });
});

function tokens(answer: unknown): number {
  const { calls } = answer as { calls: { route: string; count: number }[] };
  return calls.filter(({ route }) => route === '/oauth2-token').reduce((sum, { count }) => sum + count, 0);
}
