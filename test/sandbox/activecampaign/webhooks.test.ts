import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Account } from './account.ts';
import { loadRecording, recordingNames } from './recordings.ts';

interface Delivery {
  readonly contentType: string;
  readonly body: string;
}

let account: Account;
let receiver: Server;
let url: string;
let status: number;
let delivered: Delivery[];
let waiting: (() => void)[];

/** Resolves once `count` deliveries are there. */
async function deliveries(count: number): Promise<URLSearchParams[]> {
  while (delivered.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
  return delivered.map(({ body }) => new URLSearchParams(body));
}

beforeEach(async () => {
  account = new Account();
  delivered = [];
  waiting = [];
  status = 200;
  receiver = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      delivered.push({ contentType: request.headers['content-type'] ?? '', body: Buffer.concat(parts).toString() });
      response.writeHead(status).end(() => {
        for (const resolve of waiting.splice(0)) resolve();
      });
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
});

afterEach(() => {
  receiver.closeAllConnections();
  return new Promise((resolve) => receiver.close(resolve));
});

function hook(fields: Record<string, unknown> = {}): Promise<string> {
  return account.make('webhooks', 'webhook', {
    name: 'Hook',
    url,
    events: ['update', 'contact_tag_added', 'subscribe', 'unsubscribe'],
    sources: ['public', 'admin', 'api', 'system'],
    ...fields,
  });
}

describe('registration', () => {
  test('lists, changes and removes hooks', async () => {
    const id = await hook();
    await account.call('PUT', `webhooks/${id}`, { webhook: { events: ['update'] } });

    expect((await account.get('webhooks?filters[name]=Hook')).body).toMatchObject({
      webhooks: [{ id, listid: '0', events: ['update'], links: [] }],
      meta: { total: '1' },
    });
    expect((await account.get('webhooks?filters[name]=Other')).body.meta.total).toBe('0');
    expect((await account.call('DELETE', `webhooks/${id}`)).body).toEqual({});
    expect((await account.get(`webhooks/${id}`)).status).toBe(404);
  });

  test('knows its events by name and counts them as a number', async () => {
    const { body } = await account.get('webhook/events');

    expect(body.webhookEvents).toContain('contact_tag_added');
    expect(body.meta.total).toBe(body.webhookEvents.length);
    expect((await account.post('webhooks', { webhook: { name: 'x', url, events: ['deleted'], sources: ['api'] } })).status).toBe(
      422,
    );
  });
});

describe('delivery', () => {
  test('is a form, with custom fields by id and tags joined', async () => {
    const field = await account.make('fields', 'field', { title: 'City', type: 'text' });
    const id = await account.contact('ada@x.example', { firstName: 'Ada', fieldValues: [{ field, value: 'Ulm' }] });
    await account.post('contactTags', { contactTag: { contact: id, tag: 1 } });
    await hook();
    await account.call('PUT', `contacts/${id}`, { contact: { lastName: 'L' } });

    const [form] = await deliveries(1);
    expect(delivered[0]?.contentType).toBe('application/x-www-form-urlencoded');
    expect(Object.fromEntries(form ?? [])).toEqual({
      type: 'update',
      date_time: '2026-11-21T23:00:00-06:00',
      initiated_from: 'api',
      initiated_by: 'api',
      list: '0',
      'contact[id]': id,
      'contact[email]': 'ada@x.example',
      'contact[first_name]': 'Ada',
      'contact[last_name]': 'L',
      'contact[phone]': '',
      'contact[ip]': '127.0.0.1',
      'contact[tags]': 'vip',
      'contact[orgname]': '',
      'contact[customer_acct_name]': '',
      [`contact[fields][${field}]`]: 'Ulm',
    });
  });

  test.skipIf(recordingNames().length === 0)('of a tag has the keys of a captured one', async () => {
    await account.make('fields', 'field', { title: 'City', type: 'text' });
    const id = await account.contact('ada@x.example', { fieldValues: [{ field: 1, value: 'Ulm' }] });
    await hook();
    await account.post('contactTags', { contactTag: { contact: id, tag: 1 } });

    const keys = (form: URLSearchParams | undefined): string[] =>
      [...(form?.keys() ?? [])].map((key) => key.replace(/\d+/g, 'N'));
    const captured = new URLSearchParams(String(loadRecording('webhook-contact-tag-added-2ce9.json').request.body));
    const [form] = await deliveries(1);
    expect(keys(form)).toEqual(keys(captured));
    expect(form?.get('tag')).toBe('vip');
  });

  test('heeds the list of a hook', async () => {
    const id = await account.contact('ada@x.example');
    await hook({ listid: 2, events: ['subscribe', 'unsubscribe'] });
    await account.post('contactLists', { contactList: { contact: id, list: 1, status: 1 } });
    await account.post('contactLists', { contactList: { contact: id, list: 2, status: 2 } });

    const [form] = await deliveries(1);
    expect([form?.get('type'), form?.get('list'), form?.get('list[0][id]')]).toEqual(['unsubscribe', '2', '2']);
  });

  test('is not tried again, and a 410 ends it', async () => {
    const id = await account.contact('ada@x.example');
    const goneFor = await hook({ events: ['update'] });
    status = 410;
    await account.call('PUT', `contacts/${id}`, { contact: { firstName: '1' } });
    await deliveries(1);
    status = 200;
    await hook({ name: 'Second', events: ['update'] });
    // The first hook is disabled as soon as its answer is read: the second one's delivery shows when that has happened.
    await account.call('PUT', `contacts/${id}`, { contact: { firstName: '2' } });
    const total = (await deliveries(2)).length;
    await account.call('PUT', `contacts/${id}`, { contact: { firstName: '3' } });
    const names = (await deliveries(total + 1)).map((form) => form.get('contact[first_name]'));

    expect(names.filter((name) => name === '3')).toHaveLength(1);
    expect((await account.get(`webhooks/${goneFor}`)).status).toBe(200);
  });

  test('leaves out what the api did where a hook does not ask for it, and imports altogether', async () => {
    const id = await account.contact('ada@x.example');
    await hook({ sources: ['public', 'admin', 'system'] });
    await account.call('PUT', `contacts/${id}`, { contact: { firstName: 'unheard' } });
    await hook();
    await account.post('import/bulk_import', {
      contacts: [{ email: 'ada@x.example', first_name: 'unheard' }, { email: 'b@x.example' }],
    });
    account.advance(2000);
    await account.call('PUT', `contacts/${id}`, { contact: { firstName: 'heard' } });

    expect((await deliveries(1)).map((form) => form.get('contact[first_name]'))).toEqual(['heard']);
  });

  test('an import tells its callback how it went', async () => {
    await account.post('import/bulk_import', {
      contacts: [{ email: 'a@x.example' }, { email: 'b@x.example' }],
      callback: { url, requestType: 'POST', detailed_results: 'true', params: [{ key: 'run', value: '7' }], headers: [] },
    });
    account.advance(2000);
    await account.get('contacts');
    await deliveries(1);

    expect(JSON.parse(delivered[0]?.body ?? '')).toMatchObject({
      success: 2,
      failure: 0,
      errors: [],
      run: '7',
      batchId: expect.any(String),
    });
  });
});
