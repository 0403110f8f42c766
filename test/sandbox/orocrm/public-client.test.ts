/** A published client of JSON:API, not ours, drives the stand-in over HTTP as it would an installation. */
import Kitsu from 'kitsu';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { oroSandboxWith } from '../../../src/sandbox/orocrm/sandbox.ts';
import { startSandbox, type RunningSandbox } from '../../../src/sandbox/server.ts';

let sandbox: RunningSandbox;
let client: Kitsu;

beforeAll(async () => {
  sandbox = await startSandbox({ vendors: [oroSandboxWith({})], basePort: 0, seed: 5, records: 60, virtualTime: true });
  const { OROCRM_URL, OROCRM_CLIENT_ID, OROCRM_CLIENT_SECRET } = sandbox.environment;
  const form = {
    grant_type: 'client_credentials',
    client_id: OROCRM_CLIENT_ID ?? '',
    client_secret: OROCRM_CLIENT_SECRET ?? '',
  };
  const answer = await fetch(`${OROCRM_URL}/oauth2-token`, { method: 'POST', body: new URLSearchParams(form) });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  client = new Kitsu({
    baseURL: `${OROCRM_URL}/api`,
    headers: { Authorization: `Bearer ${token}` },
    pluralize: false,
    camelCaseTypes: false,
    resourceCase: 'none',
  });
});

afterAll(() => sandbox.close());

describe('kitsu', () => {
  test('creates, finds, changes and deletes contacts with what they refer to', async () => {
    const account = await client.create('accounts', { name: 'Acme' });
    const accounts = { data: [{ type: 'accounts', id: account.data.id }] };
    const created = await client.create('contacts', { firstName: 'Jane', primaryEmail: 'jane@x.example', accounts });
    const { id } = created.data;
    const updated = await client.update('contacts', { id, lastName: 'Doe' });
    const found = await client.get('contacts', {
      params: { filter: { primaryEmail: 'jane@x.example' }, include: 'accounts', sort: '-id' },
    });
    const related = await client.get(`contacts/${id}/accounts`);
    await client.delete('contacts', id);

    expect(updated.data).toMatchObject({ id, firstName: 'Jane', lastName: 'Doe', emails: [{ email: 'jane@x.example' }] });
    expect(found.data).toMatchObject([{ id, accounts: { data: [{ id: account.data.id, name: 'Acme' }] } }]);
    expect(related.data).toMatchObject([{ name: 'Acme' }]);
    await expect(client.get(`contacts/${id}`)).rejects.toMatchObject({
      response: { status: 404 },
      errors: [{ status: '404', title: 'not found http exception' }],
    });
  });

  test('pages through everybody, each with the fields that are asked for', async () => {
    const ids: string[] = [];
    const shown = new Set<string>();
    for (let number = 1; ; number += 1) {
      const { data, links } = await client.get('contacts', {
        params: { page: { number, size: 10 }, sort: 'id', fields: { contacts: 'firstName' } },
      });
      for (const row of data) {
        ids.push(row.id);
        for (const name of Object.keys(row)) shown.add(name);
      }
      if (links.next === undefined) break;
    }

    const all = [...(sandbox.vendor('orocrm').dump('contacts') ?? [])];
    expect(ids).toEqual(all.map((row) => row['id']));
    expect([...shown].toSorted()).toEqual(['firstName', 'id', 'links', 'type']);
  });

  test('is told which attribute was refused', async () => {
    await expect(client.create('contacts', { description: 'Nobody' })).rejects.toMatchObject({
      response: { status: 400 },
      errors: [{ title: 'has contact information constraint', source: { pointer: '/data' } }],
    });
    await expect(client.get('contacts', { params: { filter: { shoeSize: '9' } } })).rejects.toMatchObject({
      errors: [{ title: 'filter constraint', source: { parameter: 'filter[shoeSize]' } }],
    });
  });
});
