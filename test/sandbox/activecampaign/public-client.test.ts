/** A published client of the vendor's API, not ours, drives the stand-in over HTTP as it would the vendor. */
import ActiveCampaign, { type Client, type ClientReply } from 'active-campaign-api-node';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createActiveCampaignSandbox } from '../../../src/sandbox/activecampaign/sandbox.ts';
import { startSandbox, type RunningSandbox } from '../../../src/sandbox/server.ts';

let sandbox: RunningSandbox;
let client: Client;

/** One call of the client, after time enough for a token. */
async function call(section: string, part: string, name: string, ...parameters: unknown[]): Promise<ClientReply> {
  sandbox.clock.advance(1000);
  const target = client[section]?.[part];
  const reply = await target?.[name]?.(...parameters);
  if (reply === undefined) throw new Error(`The client has no ${section}.${part}.${name}`);
  return reply;
}

beforeEach(async () => {
  sandbox = await startSandbox({ vendors: [createActiveCampaignSandbox], basePort: 0, seed: 5, records: 60, virtualTime: true });
  const { ACTIVECAMPAIGN_URL, ACTIVECAMPAIGN_TOKEN } = sandbox.environment;
  client = new ActiveCampaign({ apiUrl: ACTIVECAMPAIGN_URL ?? '', apiKey: ACTIVECAMPAIGN_TOKEN ?? '' });
});

afterEach(() => sandbox.close());

describe('active-campaign-api-node', () => {
  test('creates, syncs, reads, updates, lists and deletes contacts', async () => {
    const created = await call('contacts', 'contact', 'create', { contact: { email: 'jane@x.example', firstName: 'Jane' } });
    const synced = await call('contacts', 'contact', 'createOrUpdate', { contact: { email: 'jane@x.example', lastName: 'Doe' } });
    const { id } = created.data.contact;
    await call('contacts', 'contact', 'update', id, { contact: { phone: '1' } });
    const read = await call('contacts', 'contact', 'retrieve', id);
    const listed = await call('contacts', 'contact', 'listAll', { email: 'jane@x.example' });

    expect([created.status, synced.status, synced.data.contact.id]).toEqual([201, 200, id]);
    expect(read.data.contact).toMatchObject({ firstName: 'Jane', lastName: 'Doe', phone: '1' });
    expect(listed.data).toMatchObject({ contacts: [{ id }], meta: { total: '1' } });
    expect((await call('contacts', 'contact', 'delete', id)).data).toEqual({});
    await expect(call('contacts', 'contact', 'retrieve', id)).rejects.toMatchObject({
      response: { status: 404, data: { message: `No Result found for Subscriber with id ${id}` } },
    });
  });

  test('pages through everybody', async () => {
    const ids: string[] = [];
    for (;;) {
      const { data } = await call('contacts', 'contact', 'listAll', {
        limit: 10,
        'orders[id]': 'ASC',
        id_greater: ids.at(-1) ?? 0,
      });
      ids.push(...data.contacts.map((contact: { id: string }) => contact.id));
      if (data.contacts.length < 10) break;
    }

    expect(ids).toEqual([...(sandbox.vendor('activecampaign').dump('contact') ?? [])].map((row) => row['id']));
  });

  test('makes fields with options and writes values', async () => {
    const field = await call('contacts', 'customField', 'create', { field: { title: 'Color', type: 'dropdown' } });
    const { id } = field.data.field;
    await call('contacts', 'customField', 'createRelationshipToList', { fieldRel: { field: id, relid: 0 } });
    const options = await call('contacts', 'customField', 'createOptions', {
      fieldOptions: [{ orderid: 1, value: 'Blue', label: 'Blue', isdefault: false, field: id }],
    });
    const value = await call('contacts', 'customFieldsValue', 'createCustomFieldValue', {
      fieldValue: { contact: 1, field: id, value: 'Blue' },
    });
    const found = await call('contacts', 'customFieldsValue', 'listAllCustomFieldValues', {
      'filters[fieldid]': id,
      'filters[val]': 'Blue',
    });

    expect([field.status, options.status, value.status]).toEqual([201, 201, 201]);
    expect(found.data.fieldValues.map((row: { contact: string }) => row.contact)).toEqual(['1']);
    expect((await call('contacts', 'customField', 'listAll', {})).data.fields).toHaveLength(1);
  });

  test('tags, subscribes, enrols and imports', async () => {
    const tag = await call('tags', 'tag', 'create', { tag: { tag: 'from-client', tagType: 'contact', description: '' } });
    const left = await call('contacts', 'contact', 'updateListStatus', { contactList: { list: 2, contact: 1, status: 2 } });
    const enrolled = await call('contacts', 'automation', 'addContactToAutomation', {
      contactAutomation: { contact: 1, automation: 1 },
    });
    const queued = await call('contacts', 'contact', 'bulkImport', {
      contacts: [{ email: 'x1@x.example' }, { email: 'x2@x.example', tags: ['from-client'] }],
    });
    sandbox.clock.advance(2000);

    expect([tag.status, left.status, enrolled.status, queued.status]).toEqual([201, 200, 201, 200]);
    expect((await call('tags', 'tag', 'retrieve', tag.data.tag.id)).data.tag.subscriber_count).toBe('1');
    expect((await call('contacts', 'contact', 'listAll', { email: 'x2@x.example' })).data.contacts).toHaveLength(1);
    expect((await call('contacts', 'contact', 'listAllAutomations', 1)).data.contactAutomations).toHaveLength(1);
  });

  test('keeps companies, deals, notes, users and webhooks', async () => {
    const company = await call('accounts', 'account', 'createAccount', { account: { name: 'Acme' } });
    const association = await call('accounts', 'accountContactAssociation', 'createAssociation', {
      accountContact: { contact: 1, account: 1 },
    });
    const pipeline = await call('deals', 'pipeline', 'create', { dealGroup: { title: 'Second', currency: 'usd' } });
    const deal = await call('deals', 'deal', 'create', {
      deal: { title: 'D', value: 100, currency: 'usd', contact: '1', group: '2', owner: '1' },
    });
    const note = await call('notes', 'note', 'create', { note: { note: 'Hi', relid: 1, reltype: 'Subscriber' } });
    const webhook = await call('webhooks', 'webhook', 'create', {
      webhook: { name: 'H', url: 'https://x.example/h', events: ['update'], sources: ['admin'] },
    });

    expect([company, association, pipeline, deal, note, webhook].map(({ status }) => status)).toEqual([
      201, 201, 201, 201, 201, 201,
    ]);
    expect((await call('accounts', 'account', 'listAllAccounts', { search: 'acm' })).data.accounts).toHaveLength(1);
    expect((await call('deals', 'deal', 'listAll', {})).data.meta.currencies.USD.value).toBe('100');
    expect((await call('webhooks', 'webhook', 'listAll', {})).data.webhooks).toMatchObject([{ name: 'H', listid: '0' }]);
    expect((await call('users', 'user', 'retrieveLoggedIn')).data.user.username).toBe('admin');
    expect((await call('users', 'user', 'retrieveByEmail', 'admin@example.com')).data.user.id).toBe('1');
    expect((await call('lists', 'list', 'listAll', {})).data.lists).toHaveLength(2);
  });

  test('meets the refusals that the vendor would give', async () => {
    const stranger = new ActiveCampaign({ apiUrl: sandbox.environment['ACTIVECAMPAIGN_URL'] ?? '', apiKey: 'wrong' });
    await expect(stranger['contacts']?.['contact']?.['listAll']?.({})).rejects.toMatchObject({ response: { status: 403 } });
    await expect(call('contacts', 'contact', 'create', { contact: { email: '' } })).rejects.toMatchObject({
      response: { status: 422 },
    });
  });
});
