import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_HTTP_SETTINGS } from '../../../src/http/settings.ts';
import { activeCampaignProvider } from '../../../src/providers/activecampaign/provider.ts';
import type { Connection, RecordClient, WriteRequest } from '../../../src/providers/provider.ts';
import { createActiveCampaignSandbox } from '../../../src/sandbox/activecampaign/sandbox.ts';
import { startSandbox, type RunningSandbox } from '../../../src/sandbox/server.ts';
import { collect, readAll } from './connected.ts';

const PATHS = [
  'email',
  'firstName',
  'lastName',
  'phone',
  'field/Shoe Size',
  'field/Member',
  'field/Interests',
  'tag/synced',
  'list/Newsletter',
];

let sandbox: RunningSandbox;
let origin: string;
let connection: Connection;

beforeAll(async () => {
  sandbox = await startSandbox({ vendors: [createActiveCampaignSandbox], basePort: 0, seed: 7, records: 400, virtualTime: true });
  origin = sandbox.origins['activecampaign']!;
});

afterAll(async () => sandbox.close());

beforeEach(async () => {
  await control('reset', { seed: 7, records: 400 });
  await control('faults', []);
  connection = activeCampaignProvider.connect({
    integration: 'activecampaign',
    endpoint: origin,
    authentication: { method: 'api-token', token: 'sandbox' },
    clock: sandbox.clock,
    random: () => 0.5,
    http: DEFAULT_HTTP_SETTINGS,
  });
  return () => connection.close();
});

async function control(path: string, body?: unknown): Promise<string> {
  const init =
    body === undefined ? {} : { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const response = await fetch(`${origin}/__sandbox/${path}`, init);
  expect(response.ok).toBe(true);
  return response.text();
}

async function dump(object: string): Promise<Record<string, string>[]> {
  const lines = (await control(`dump/${object}`)).split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, string>);
}

async function sandboxCalls(): Promise<number> {
  const { calls } = JSON.parse(await control('calls')) as { calls: { count: number }[] };
  return calls.reduce((sum, call) => sum + call.count, 0);
}

async function provisioned(): Promise<RecordClient> {
  const fields = connection.resources('activecampaign/field');
  await fields.create({ title: 'Shoe Size', type: 'text', description: '', visible: true });
  await fields.create({ title: 'Member', type: 'checkbox', options: ['true'], description: '', visible: true });
  await fields.create({ title: 'Interests', type: 'listbox', options: ['sea', 'sun'], description: '', visible: true });
  const tags = connection.resources('activecampaign/tag');
  if ((await tags.find({ tag: 'synced' })) === undefined)
    await tags.create({ tag: 'synced', description: '', tagType: 'contact' });
  const description = await connection.describe('contact', PATHS);
  expect(description.missing).toEqual([]);
  return connection.records(description);
}

const newPeople = (count: number): WriteRequest[] =>
  Array.from({ length: count }, (_, index) => ({
    action: 'create',
    values: {
      email: `new${index}@example.com`,
      firstName: `N${index}`,
      'field/Shoe Size': String(index),
      'field/Member': index % 2 === 0,
      'field/Interests': ['sea', 'sun'],
      'tag/synced': true,
      'list/Newsletter': 'subscribed',
    },
  }));

describe('against the sandbox', () => {
  it('reads everybody as the account holds them', async () => {
    const client = await provisioned();
    const expected = await dump('contact');

    const { records } = await readAll(client.read(undefined));

    expect(await client.count()).toBe(expected.length);
    expect(records.map((record) => [record.id, record.values['email'] ?? '', record.values['firstName'] ?? ''])).toEqual(
      expected.map((row) => [row['id'], row['email'], row['firstName']]),
    );
    expect(connection.usage().calls).toBe(await sandboxCalls());
  });

  it('writes one by one and in bulk to the same result', async () => {
    const client = await provisioned();
    await readAll(client.read(undefined));
    const before = (await dump('contact')).length;

    const single = await client.write(newPeople(3), () => Promise.resolve());
    const bulk = await client.write(newPeople(300), () => Promise.resolve());

    expect(single.map((outcome) => outcome.status)).toEqual(['applied', 'applied', 'applied']);
    expect(bulk.filter((outcome) => outcome.status === 'applied')).toHaveLength(300);
    expect(bulk.slice(0, 3).map((outcome) => outcome.status === 'applied' && outcome.created)).toEqual([false, false, false]);
    expect(bulk[299]).toMatchObject({ created: true, record: { values: newPeople(300)[299]!.values } });
    expect(await dump('contact')).toHaveLength(before + 300);
    const ids = bulk.map((outcome) => (outcome.status === 'applied' ? outcome.id : ''));
    const read = await collect(client.readByIds(ids));
    expect(read.map((record) => record.values['list/Newsletter'])).toEqual(ids.map(() => 'subscribed'));
    expect(read.every((record) => record.values['tag/synced'] === true)).toBe(true);
  });

  it('sees edits, tags and opt-outs of people in the next delta, and nothing besides', async () => {
    const client = await provisioned();
    const [first] = await client.write(newPeople(1), () => Promise.resolve());
    const id = first?.status === 'applied' ? first.id : '';
    await control('clock', { advance: 'PT1H' });
    const { cursor } = await readAll(client.read(undefined));
    await control('clock', { advance: 'PT1H' });

    expect((await readAll(client.read(cursor))).records).toEqual([]);
    await client.write(
      [
        {
          action: 'update',
          id,
          values: { 'field/Shoe Size': null, 'field/Member': false, 'tag/synced': false, 'list/Newsletter': 'unsubscribed' },
        },
      ],
      () => Promise.resolve(),
    );
    const delta = await readAll(client.read(cursor));

    expect(delta.records).toMatchObject([
      {
        id,
        values: {
          'field/Shoe Size': null,
          'field/Member': false,
          'field/Interests': ['sea', 'sun'],
          'tag/synced': false,
          'list/Newsletter': 'unsubscribed',
        },
      },
    ]);
    expect(delta.listed.map((record) => record.id)).toContain(id);
  });

  it.each(['429', '500', '503', 'reset', 'expired-token', 'lost-response', 'truncate'])(
    'survives %s on every kind of call',
    async (kind) => {
      const client = await provisioned();
      await readAll(client.read(undefined));
      const before = (await dump('contact')).length;
      const entries = [
        '/api/3/contacts*',
        '/api/3/contact/sync',
        '/api/3/contactTags*',
        '/api/3/contactLists',
        '/api/3/fieldValues*',
        '/api/3/import/*',
      ];
      await control(
        'faults',
        entries.map((path) => ({ match: { method: '*', path }, kind, times: 2 })),
      );

      const single = await client.write(newPeople(2), () => Promise.resolve());
      const bulk = await client.write(newPeople(40).slice(2), () => Promise.resolve());
      const { records } = await readAll(client.read(undefined));

      expect([...single, ...bulk].filter((outcome) => outcome.status !== 'applied' || !outcome.created)).toEqual([]);
      expect(records).toHaveLength(before + 40);
      expect(records.filter((record) => record.values['tag/synced'] === true).length).toBeGreaterThanOrEqual(40);
    },
  );

  it('adopts, changes and removes what it provisioned', async () => {
    await provisioned();
    for (const type of ['activecampaign/field', 'activecampaign/tag', 'activecampaign/list']) {
      const client = connection.resources(type);
      const objects = await collect(client.list());
      for (const object of objects) expect((await client.read(object.id))?.attributes).toEqual(object.attributes);
    }
    const fields = connection.resources('activecampaign/field');
    const interests = await fields.find({ title: 'Interests' });
    const wanted = { ...interests!.attributes, options: ['sun', 'sea', 'snow'], description: 'What they like' };

    expect((await fields.update(interests!.id, interests!.attributes, wanted)).attributes).toEqual(wanted);
    await fields.delete(interests!.id);
    expect(await fields.read(interests!.id)).toBeUndefined();
    expect(await connection.check()).toEqual([]);
  });
});
