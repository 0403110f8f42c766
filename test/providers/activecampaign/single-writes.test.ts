import { describe, expect, it } from 'vitest';
import type { WriteRequest } from '../../../src/providers/provider.ts';
import { recordsOf } from './connected.ts';
import { applied, create, noJob, PATHS, prepared } from './prepared-account.ts';

describe('a contact written by itself', () => {
  it('is created with fields, tags and subscription, and reported as the vendor holds it', async () => {
    const account = await prepared();
    const client = await recordsOf(account, PATHS);
    const values = {
      firstName: 'Ann',
      'field/Job Title': '  Chief ',
      'field/VIP': true,
      'field/Colours': ['blue', 'red'],
      'field/Birthday': null,
      'tag/synced': true,
      'tag/vip': false,
      'list/Newsletter': 'subscribed',
    };

    const [outcome] = await client.write([create('ann@example.com', values)], noJob);

    expect(applied(outcome)).toMatchObject({ created: true });
    expect(applied(outcome).record.values).toEqual({ email: 'ann@example.com', ...values, 'field/Job Title': 'Chief' });
    expect(applied(outcome).record.modifiedAt).toBeDefined();
    expect(applied(outcome).record.evidence).toHaveProperty('list/Newsletter');
    expect(account.values.find((row) => row.field === account.vip)?.value).toBe('||true||');
    expect(account.calls()).toEqual(['POST /contact/sync', 'POST /contactLists', 'POST /contactTags']);
    expect(JSON.parse(account.server.requests[1]!.body)).toEqual({
      contactList: { list: String(account.list), contact: '1', status: 1, sourceid: 4 },
    });
  });

  it('that exists already is found by its address, and twice is once', async () => {
    const account = await prepared();
    account.addContact('Ann@example.com', { firstName: 'Annie' });
    const client = await recordsOf(account, PATHS);

    const [first] = await client.write([create('ann@example.com', { 'field/Job Title': 'Chief' })], noJob);
    const [second] = await client.write([create('ann@example.com', { 'field/Job Title': 'Chief' })], noJob);

    expect(applied(first)).toMatchObject({ id: '1', created: false });
    expect(applied(second).id).toBe('1');
    expect(account.contacts.size).toBe(1);
  });

  it('whose create was answered only the second time counts as created', async () => {
    const account = await prepared();
    const client = await recordsOf(account, PATHS);
    let lost = false;
    account.onRequest = (request, response) => {
      if (lost || request.path !== '/api/3/contact/sync') return false;
      lost = true;
      account.addContact('ann@example.com');
      response.socket?.destroy();
      return true;
    };

    const [outcome] = await client.write([create('ann@example.com')], noJob);

    expect(applied(outcome).created).toBe(true);
    expect(account.contacts.size).toBe(1);
  });

  it('is never subscribed again by a create that finds it opted out', async () => {
    const account = await prepared();
    account.addContact('ann@example.com');
    account.setStatus(1, account.list, 2);
    const client = await recordsOf(account, PATHS);

    const [outcome] = await client.write([create('ann@example.com', { 'list/Newsletter': 'subscribed' })], noJob);

    expect(applied(outcome).record.values['list/Newsletter']).toBe('unsubscribed');
    expect(account.contactLists[0]?.status).toBe(2);
  });

  it('is updated in the given fields only', async () => {
    const account = await prepared();
    account.addContact('ann@example.com', { firstName: 'Ann', phone: '1' });
    account.setValue(1, account.title, 'Chief');
    account.setValue(1, account.vip, '||true||');
    const client = await recordsOf(account, PATHS);
    const request: WriteRequest = { action: 'update', id: '1', values: { firstName: null, 'field/VIP': false } };

    const [outcome] = await client.write([request], noJob);

    expect(applied(outcome)).toMatchObject({ created: false, record: { values: { firstName: null, 'field/VIP': false } } });
    expect(account.contacts.get(1)).toMatchObject({ email: 'ann@example.com', firstName: '', phone: '1' });
    expect(account.values.map((row) => row.value)).toEqual(['Chief', '']);
    expect(JSON.parse(account.server.requests[0]!.body)).toEqual({
      contact: { firstName: '', fieldValues: [{ field: String(account.vip), value: '' }] },
    });
    expect(account.calls()).toEqual(['PUT /contacts/*']);
  });

  it('gets and loses tags, and changes its subscription, without touching the contact', async () => {
    const account = await prepared();
    account.addContact('ann@example.com');
    account.setTag(1, account.vipTag);
    const client = await recordsOf(account, PATHS);
    const values = { 'tag/synced': true, 'tag/vip': false, 'list/Newsletter': 'unsubscribed' };

    const [outcome] = await client.write([{ action: 'update', id: '1', values }], noJob);

    expect(applied(outcome).record.values).toEqual(values);
    expect(account.contactTags.map((row) => row.tag)).toEqual([account.tag]);
    expect(account.contactLists[0]).toMatchObject({ contact: 1, status: 2 });
    expect(account.calls()).toEqual([
      'POST /contactLists',
      'GET /contacts/*/contactTags',
      'DELETE /contactTags/*',
      'POST /contactTags',
    ]);
  });

  it('leaves the subscription alone where it is not known', async () => {
    const account = await prepared();
    account.addContact('ann@example.com');
    const client = await recordsOf(account, PATHS);

    await client.write([{ action: 'update', id: '1', values: { firstName: 'A', 'list/Newsletter': 'unknown' } }], noJob);

    expect(account.calls()).toEqual(['PUT /contacts/*']);
  });

  it('is removed, also when it is gone already', async () => {
    const account = await prepared();
    account.addContact('ann@example.com');
    const client = await recordsOf(account, PATHS);
    const request: WriteRequest = { action: 'delete', id: '1', values: {} };

    expect(applied((await client.write([request], noJob))[0]).id).toBe('1');
    expect(applied((await client.write([request], noJob))[0]).id).toBe('1');
  });
});

describe('a request that cannot be carried out', () => {
  it.each([
    ['has no address', { action: 'create', values: { firstName: 'Ann' } }, 'PROVIDER_INVALID_VALUE', ['email']],
    ['loses its address', { action: 'update', id: '1', values: { email: null } }, 'PROVIDER_INVALID_VALUE', ['email']],
    [
      'has a field that is not mapped',
      { action: 'update', id: '1', values: { phone: '1' } },
      'PROVIDER_INVALID_VALUE',
      ['phone'],
    ],
    [
      'has a choice that hides the separator',
      { action: 'update', id: '1', values: { 'field/Colours': ['a||b'] } },
      'PROVIDER_INVALID_VALUE',
      ['field/Colours'],
    ],
    [
      'has no date where one belongs',
      { action: 'update', id: '1', values: { 'field/Birthday': 'soon' } },
      'PROVIDER_INVALID_VALUE',
      ['field/Birthday'],
    ],
    [
      'has a consent of another kind',
      { action: 'update', id: '1', values: { 'list/Newsletter': 'maybe' } },
      'PROVIDER_INVALID_VALUE',
      ['list/Newsletter'],
    ],
  ] as [string, WriteRequest, string, string[]][])('fails without a call where it %s', async (_name, request, code, fields) => {
    const account = await prepared();
    const client = await recordsOf(account, PATHS);

    expect((await client.write([request], noJob))[0]).toMatchObject({ status: 'failed', code, retryable: false, fields });
    expect(account.calls()).toEqual([]);
  });

  it('fails by itself, in the order of the requests, and without a person’s values in the message', async () => {
    const account = await prepared();
    account.addContact('ann@example.com');
    account.addContact('bob@example.com');
    const client = await recordsOf(account, PATHS);

    const outcomes = await client.write(
      [
        { action: 'update', id: '9', values: { firstName: 'X' } },
        { action: 'update', id: '1', values: { email: 'bob@example.com' } },
        { action: 'update', id: '2', values: { firstName: 'Bob' } },
        { action: 'update', id: '1', values: { 'field/Birthday': '2026-99-99' } },
      ],
      noJob,
    );

    expect(outcomes).toMatchObject([
      { status: 'failed', code: 'PROVIDER_RECORD_MISSING', retryable: false },
      { status: 'failed', code: 'PROVIDER_DUPLICATE_RECORD', retryable: false, fields: ['email'] },
      { status: 'applied', id: '2' },
      { status: 'failed', code: 'PROVIDER_INVALID_VALUE', retryable: false },
    ]);
    expect(JSON.stringify(outcomes)).not.toMatch(/2026-99-99|ann@|bob@/);
  });

  it('is no refusal where a part of it was carried out before', async () => {
    const account = await prepared();
    account.addContact('ann@example.com');
    account.onRequest = (request, response) => {
      if (request.path !== '/api/3/contactTags') return false;
      response.writeHead(403).end('{}');
      return true;
    };
    const client = await recordsOf(account, PATHS);
    const write = (values: WriteRequest['values']) => client.write([{ action: 'update', id: '1', values }], noJob);

    expect((await write({ firstName: 'Ann', 'tag/synced': true }))[0]).toMatchObject({ status: 'unknown' });
    expect(account.contacts.get(1)?.firstName).toBe('Ann');
    expect((await write({ 'tag/synced': true }))[0]).toMatchObject({ status: 'failed', code: 'PROVIDER_PERMISSION_DENIED' });
  });

  it('stays unknown where no answer ever came, and may be tried again where the budget ended', async () => {
    const account = await prepared();
    account.addContact('ann@example.com');
    account.onRequest = (request, response) => {
      if (request.method !== 'PUT') return false;
      response.socket?.destroy();
      return true;
    };
    const unreachable = await recordsOf(account, PATHS);
    const request: WriteRequest = { action: 'update', id: '1', values: { firstName: 'X' } };

    expect((await unreachable.write([request], noJob))[0]).toMatchObject({ status: 'unknown' });

    const poor = await recordsOf(account, PATHS, { callBudget: 3 });
    expect((await poor.write([request], noJob))[0]).toMatchObject({
      status: 'failed',
      code: 'PROVIDER_DAILY_LIMIT',
      retryable: true,
    });
  });
});
