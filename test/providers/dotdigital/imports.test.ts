import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Connection, JobHandle, RecordClient } from '../../../src/providers/provider.ts';
import { Account, applied, clientOf, collect, create, noJob, people } from './connected.ts';
import { resumed } from '../resumed.ts';

const PATHS = ['email', 'status', 'field/FIRSTNAME', 'member/Newsletter'];

let account: Account;
let connection: Connection;
let client: RecordClient;

beforeAll(async () => {
  account = await Account.start();
});
afterAll(() => account.close());

beforeEach(async () => {
  await account.reset();
  connection = account.connect();
  client = await clientOf(connection, PATHS);
  return () => connection.close();
});

describe('importing many Dotdigital contacts', () => {
  it('creates them by one import, hands the job over first, and reads them back in one listing', async () => {
    const handles: JobHandle[] = [];
    const requests = people(300, { 'member/Newsletter': true });
    const outcomes = await client.write(requests, async (handle) => void handles.push(handle));

    expect(handles).toHaveLength(1);
    for (const [index, outcome] of outcomes.entries()) {
      const { created, record } = applied(outcome);
      expect(created).toBe(true);
      expect(record.values).toMatchObject({ ...requests[index]!.values, status: 'subscribed' });
    }
    expect(await account.callsTo(/^PUT \/contacts\/v3\/import/)).toBe(1);
    expect(await account.callsTo(/^GET \/contacts\/v3$/)).toBe(1);
    expect(await account.callsTo(/^PATCH/)).toBe(0);
  });

  it('changes by id, so that a moved address makes no second contact, and clears with null', async () => {
    const ids = (await client.write(people(15), noJob)).map((outcome) => applied(outcome).id);
    const updates = ids.map((id, index) => ({
      action: 'update' as const,
      id,
      values: { email: `moved${index}@example.net`, 'field/FIRSTNAME': null },
    }));

    const outcomes = await client.write(updates, noJob);

    for (const [index, outcome] of outcomes.entries()) {
      expect(applied(outcome)).toMatchObject({
        id: ids[index],
        created: false,
        record: { values: { email: `moved${index}@example.net`, 'field/FIRSTNAME': null } },
      });
    }
    expect(await collect(client.readByKey('email', ['person0@example.net']))).toEqual([]);
  });

  it('sends no second import where the answer to the first was lost', async () => {
    await account.control('faults', [{ match: { method: 'PUT', path: '/contacts/v3/import' }, kind: 'lost-response' }]);

    const outcomes = await client.write(people(20), noJob);

    expect(outcomes.map(({ status }) => status)).toEqual(people(20).map(() => 'unknown'));
    expect(await account.callsTo(/^PUT \/contacts\/v3\/import/)).toBe(1);
    expect(client.writer.jobs).toMatchObject({ blocks: 'integration', unanswered: { from: 11 } });
  });

  it('finds an import again after a restart, and writes nothing', async () => {
    const requests = people(20);
    let handle: JobHandle | undefined;
    await expect(
      client.write(requests, (job) => {
        handle = job;
        return Promise.reject(new Error('killed'));
      }),
    ).rejects.toThrow('killed');
    const later = account.connect();
    const again = await clientOf(later, PATHS);
    const puts = await account.callsTo(/^PUT/);

    const outcomes = await resumed(again, handle, requests);

    for (const outcome of outcomes) expect(applied(outcome).created).toBe(true);
    expect(await account.callsTo(/^PUT/)).toBe(puts);
    await later.close();
  });

  it('maps what was refused to the rows, and nobody else is held up', async () => {
    const known = (await client.write(people(12), noJob)).map((outcome) => applied(outcome).id);
    const requests = [
      ...known.map((id, index) => ({ action: 'update' as const, id, values: { 'field/FIRSTNAME': `Q${index}` } })),
      { action: 'update' as const, id: '987654', values: { 'field/FIRSTNAME': 'x' } },
      create('no-address', {}),
    ];

    const outcomes = await client.write(requests, noJob);

    expect(outcomes[12]).toMatchObject({ status: 'failed', gone: true });
    expect(outcomes[13]).toMatchObject({ status: 'failed', code: 'PROVIDER_INVALID_VALUE', fields: ['email'] });
    for (const outcome of outcomes.slice(0, 12)) applied(outcome);
  });

  it('finds whom it wrote one by one in the listing of the others', async () => {
    const ids = (await client.write(people(30), noJob)).map((outcome) => applied(outcome).id);
    // The importer passes over whoever is suppressed.
    const suppressed = ids.slice(0, 12).map((id) => ({ id: Number(id) }));
    await account.call('PUT', '/v2/contacts/suppress-contacts', suppressed);
    const lookups = await account.callsTo(/^GET \/contacts\/v3\/\*\/\*/);

    const outcomes = await client.write(
      ids.map((id) => ({ action: 'update' as const, id, values: { 'field/FIRSTNAME': 'New', 'member/Newsletter': true } })),
      noJob,
    );

    for (const outcome of outcomes) expect(applied(outcome).record.values).toMatchObject({ 'field/FIRSTNAME': 'New' });
    expect(await account.callsTo(/^PATCH/)).toBe(12);
    expect((await account.callsTo(/^GET \/contacts\/v3\/\*\/\*/)) - lookups).toBe(0);
  });

  it('sends no import of those whom it read and would pass over', async () => {
    const object = [...PATHS, 'status'];
    const reading = await clientOf(connection, object);
    const ids = (await client.write(people(12), noJob)).map((outcome) => applied(outcome).id);
    await account.call(
      'PUT',
      '/v2/contacts/suppress-contacts',
      ids.map((id) => ({ id: Number(id) })),
    );
    await collect(reading.readByIds(ids));
    const imports = await account.callsTo(/^PUT \/contacts\/v3\/import/);
    const requests = ids.map((id) => ({ action: 'update' as const, id, values: { 'field/FIRSTNAME': 'New' } }));

    expect(await reading.bulk!.takes(requests)).toEqual(ids.map(() => false));
    for (const outcome of await reading.write(requests, noJob)) applied(outcome);

    expect(await account.callsTo(/^PUT \/contacts\/v3\/import/)).toBe(imports);
  });

  it('costs what it was priced at, plus the polling', async () => {
    const requests = people(200);
    const before = await account.calls();
    await client.write(requests, noJob);
    const polls = await account.callsTo(/^GET \/contacts\/v3\/import/);
    const price = client.price.write([{ action: 'create', count: 200, paths: ['email', 'field/FIRSTNAME'] }]);
    expect((await account.calls()) - before).toBe(price - 1 + polls);
    expect(client.price.write([{ action: 'create', count: 100_000, paths: PATHS }])).toBeLessThan(30);
  });
});
