import { describe, expect, it } from 'vitest';
import type { JobHandle, WriteRequest } from '../../../src/providers/provider.ts';
import { readAll, recordsOf } from './connected.ts';
import { applied, create, noJob, PATHS, prepared } from './prepared-account.ts';
import type { StubAccount } from './stub-account.ts';
import { resumed } from '../resumed.ts';

describe('a large batch', () => {
  /** Reads first, as a cycle does, so that the size of the account is known. */
  async function afterReading(account: StubAccount): ReturnType<typeof recordsOf> {
    const client = await recordsOf(account, PATHS);
    await readAll(client.read(undefined));
    account.server.requests.length = 0;
    return client;
  }

  const people = (count: number, values: WriteRequest['values'] = {}): WriteRequest[] =>
    Array.from({ length: count }, (_, index) => create(`New${index}@example.com`, { firstName: `N${index}`, ...values }));

  it('of new contacts goes to the importer, at its price, and is read back', async () => {
    const account = await prepared();
    for (let index = 0; index < 300; index += 1)
      account.setValue(account.addContact(`old${index}@example.com`).id, account.title, 'x');
    account.clock.advance(3_600_000);
    const client = await afterReading(account);
    const requests = people(260, {
      'field/Job Title': ' Chief ',
      'tag/synced': true,
      'tag/vip': false,
      'list/Newsletter': 'subscribed',
    });
    const handles: JobHandle[] = [];
    const price = client.price.write([
      { action: 'create', count: 260, paths: ['email', 'firstName', 'field/Job Title', 'tag/synced', 'list/Newsletter'] },
    ]);

    const outcomes = await client.write(requests, (handle) => Promise.resolve(void handles.push(handle)));

    expect(outcomes.map((outcome) => outcome.status)).toEqual(Array.from({ length: 260 }, () => 'applied'));
    expect(applied(outcomes[259])).toMatchObject({
      id: '560',
      created: true,
      record: {
        values: {
          email: 'New259@example.com',
          firstName: 'N259',
          'field/Job Title': 'Chief',
          'tag/synced': true,
          'tag/vip': false,
          'list/Newsletter': 'subscribed',
        },
      },
    });
    expect(account.calls()).toHaveLength(price);
    expect(price).toBe(2 + 2 + 3 + 3);
    expect([...account.importer.jobs.values()].map((job) => job.contacts.length)).toEqual([130, 130]);
    expect(account.importer.jobs.get('batch-1')?.contacts[0]).toEqual({
      email: 'New0@example.com',
      first_name: 'N0',
      tags: ['synced'],
      fields: [{ id: account.title, value: ' Chief ' }],
      subscribe: [{ listid: account.list }],
      exclude_automations: true,
    });
    expect(JSON.parse(account.server.requests[0]!.body)).toMatchObject({ exclude_automations: true });
    expect(handles).toHaveLength(2);
    expect(handles.join()).not.toContain('@');
  });

  it('takes no address for two contacts, and no known contact for a new one', async () => {
    const account = await prepared();
    account.addContact('new3@example.com');
    account.setTag(1, account.vipTag);
    account.setStatus(1, account.list, 2);
    account.clock.advance(60_000);
    const client = await afterReading(account);
    const requests = [
      ...people(30, { 'tag/synced': true, 'tag/vip': false, 'list/Newsletter': 'subscribed' }),
      create('NEW5@example.com', { firstName: 'Again' }),
    ];

    const outcomes = await client.write(requests, noJob);

    expect(applied(outcomes[3])).toMatchObject({
      id: '1',
      created: false,
      record: { values: { 'tag/synced': true, 'tag/vip': true, 'list/Newsletter': 'unsubscribed' } },
    });
    expect(applied(outcomes[30])).toMatchObject({ id: applied(outcomes[5]).id, created: false });
    expect(account.contacts.size).toBe(30);
    expect(account.byEmail('new5@example.com')?.firstName).toBe('Again');
  });

  it('of updates goes to the importer where that is cheaper, and never changes who somebody is', async () => {
    const account = await prepared();
    for (let index = 1; index <= 120; index += 1) account.addContact(`p${index}@example.com`, { firstName: 'Old' });
    account.clock.advance(60_000);
    const client = await afterReading(account);
    const update = (id: number, values: WriteRequest['values']): WriteRequest => ({
      action: 'update',
      id: String(id),
      values,
      before: { email: `p${id}@example.com` },
    });
    const requests = Array.from({ length: 100 }, (_, index) => update(index + 1, { firstName: 'New' }));
    const singly = [
      update(101, { firstName: null }),
      update(102, { email: 'moved@example.com' }),
      update(103, { 'field/VIP': false }),
      update(104, { 'tag/vip': false }),
      update(105, { 'list/Newsletter': 'subscribed' }),
      { action: 'update', id: '106', values: { firstName: 'No address known' } } as WriteRequest,
    ];
    // Somebody changes an address between our reading and our writing.
    account.contacts.get(50)!.email = 'other@example.com';

    const outcomes = await client.write([...requests, ...singly], noJob);

    expect(outcomes.every((outcome) => outcome.status === 'applied')).toBe(true);
    expect(account.contacts.get(50)).toMatchObject({ email: 'other@example.com', firstName: 'New' });
    // What the importer made of the old address is gone again.
    expect(account.contacts.size).toBe(120);
    expect(account.contacts.get(102)?.email).toBe('moved@example.com');
    expect(account.calls().filter((call) => call.startsWith('POST /import'))).toHaveLength(1);
    expect(account.calls().filter((call) => call.startsWith('PUT'))).toHaveLength(5);
  });

  it('of updates of custom fields goes one by one where reading back would be dearer', async () => {
    const account = await prepared();
    for (let index = 1; index <= 600; index += 1)
      account.setValue(account.addContact(`p${index}@example.com`).id, account.title, 'x');
    account.clock.advance(60_000);
    const client = await afterReading(account);
    const updates = (count: number): WriteRequest[] =>
      Array.from({ length: count }, (_, index) => ({
        action: 'update',
        id: String(index + 1),
        values: { 'field/Job Title': 'Chief' },
        before: { email: `p${index + 1}@example.com` },
      }));
    const shape = (count: number) => [{ action: 'update' as const, count, paths: ['field/Job Title'] }];

    await client.write(updates(10), noJob);
    expect(account.calls()).toEqual(Array.from({ length: 10 }, () => 'PUT /contacts/*'));
    expect(client.price.write(shape(10))).toBe(10);

    account.server.requests.length = 0;
    account.clock.advance(60_000);
    const price = client.price.write(shape(300));
    const outcomes = await client.write(updates(300), noJob);

    expect(
      outcomes.every((outcome) => outcome.status === 'applied' && outcome.record.values['field/Job Title'] === 'Chief'),
    ).toBe(true);
    expect(account.calls()).toHaveLength(2 + 2 + 3 + 7);
    expect(price).toBe(2 + 2 + 3 + 7);
  });

  it('of opt-outs is proved by the listing of who opted out', async () => {
    const account = await prepared();
    for (let index = 1; index <= 150; index += 1) account.addContact(`p${index}@example.com`);
    account.clock.advance(60_000);
    const client = await afterReading(account);
    const requests = Array.from({ length: 150 }, (_, index) => ({
      action: 'update' as const,
      id: String(index + 1),
      values: { 'list/Newsletter': 'unsubscribed' },
      before: { email: `p${index + 1}@example.com` },
    }));
    const price = client.price.write([{ action: 'update', count: 150, paths: ['list/Newsletter'] }]);

    const outcomes = await client.write(requests, noJob);

    expect(
      outcomes.every((outcome) => outcome.status === 'applied' && outcome.record.values['list/Newsletter'] === 'unsubscribed'),
    ).toBe(true);
    expect(account.contactLists.every((row) => row.status === 2)).toBe(true);
    expect(account.calls()).toHaveLength(price);
  });

  it('waits for the importer with growing pauses, whichever way it answers', async () => {
    const account = await prepared();
    account.importer.looks = 3;
    account.importer.successKey = 'success';
    const client = await afterReading(account);
    const start = account.clock.now();

    const outcomes = await client.write(people(20), noJob);

    expect(outcomes.every((outcome) => outcome.status === 'applied')).toBe(true);
    expect(account.calls().filter((call) => call === 'GET /import/info')).toHaveLength(4);
    expect(account.clock.now() - start).toBeGreaterThan(2_500 + 4_000 + 6_400 + 10_240);
  });

  it('tells who was refused by the importer, and who was passed over without a word', async () => {
    const account = await prepared();
    account.importer.failures.add('New7@example.com');
    const client = await afterReading(account);
    account.onRequest = (request) => {
      if (request.path === '/api/3/contacts') account.contacts.delete(account.byEmail('new9@example.com')?.id ?? 0);
    };

    const outcomes = await client.write(people(20), noJob);

    expect(outcomes[7]).toMatchObject({ status: 'failed', code: 'PROVIDER_REFUSED', retryable: false, fields: ['email'] });
    expect(outcomes[9]).toMatchObject({ status: 'unknown' });
    expect(outcomes.filter((outcome) => outcome.status === 'applied')).toHaveLength(18);
  });

  it('goes on without the contacts that the importer calls malformed, which get a word of their own', async () => {
    const account = await prepared();
    const client = await afterReading(account);
    const requests = people(20);
    requests[4] = create('bad..address@example.com');

    const outcomes = await client.write(requests, noJob);

    expect(outcomes.every((outcome) => outcome.status === 'applied')).toBe(true);
    expect([...account.importer.jobs.values()].map((job) => job.contacts.length)).toEqual([18]);
    expect(account.calls().filter((call) => call === 'POST /contact/sync')).toHaveLength(2);
  });

  it('waits a minute where the importer has had enough, though it says so with a 400', async () => {
    const account = await prepared();
    const client = await afterReading(account);
    let refused = 0;
    account.onRequest = (request, response) => {
      if (request.path !== '/api/3/import/bulk_import' || refused > 0) return false;
      refused += 1;
      account.reply(response, 400, {
        success: 0,
        message: 'Rate limit exceeded.',
        failureReasons: ['Up to 100 imports may be requested per minute.'],
      });
      return true;
    };
    const start = account.clock.now();

    const outcomes = await client.write(people(20), noJob);

    expect(outcomes.every((outcome) => outcome.status === 'applied')).toBe(true);
    expect(account.clock.now() - start).toBeGreaterThan(60_000);
  });

  it('whose import was interrupted counts only where the contact holds what was sent', async () => {
    const account = await prepared();
    account.importer.endsAs = 'interrupted';
    for (let index = 1; index <= 30; index += 1) account.addContact(`p${index}@example.com`, { firstName: 'Old' });
    account.clock.advance(60_000);
    const client = await afterReading(account);
    account.importer.skips.add('p5@example.com');
    const requests = Array.from({ length: 30 }, (_, index) => ({
      action: 'update' as const,
      id: String(index + 1),
      values: { firstName: 'New' },
      before: { email: `p${index + 1}@example.com` },
    }));

    const outcomes = await client.write(requests, noJob);

    expect(outcomes.filter((outcome) => outcome.status === 'applied')).toHaveLength(29);
    expect(outcomes[4]).toMatchObject({ status: 'unknown' });
  });

  it('is found again after a crash between import and answer', async () => {
    const account = await prepared();
    const client = await afterReading(account);
    const requests = [...people(15, { 'field/Job Title': 'Chief' }), { action: 'delete', id: '77', values: {} } as WriteRequest];
    let handle: JobHandle | undefined;
    const crash = client.write(requests, (given) => {
      handle = given;
      throw new Error('killed');
    });
    await expect(crash).rejects.toThrow('killed');

    const next = await recordsOf(account, PATHS);
    const outcomes = await resumed(next, handle, requests);

    expect(outcomes.slice(0, 15).every((outcome) => outcome.status === 'applied' && outcome.created)).toBe(true);
    expect(applied(outcomes[3]).record.values).toEqual({
      email: 'New3@example.com',
      firstName: 'N3',
      'field/Job Title': 'Chief',
    });
    expect(outcomes[15]).toMatchObject({ status: 'unknown' });
    expect(account.calls().filter((call) => !call.startsWith('GET'))).toEqual([]);
    expect(account.contacts.size).toBe(15);
  });

  it('resumed with other requests counts only what the contacts hold', async () => {
    const account = await prepared();
    const client = await afterReading(account);
    const requests = people(15);
    let handle: JobHandle | undefined;
    await client.write(requests, (given) => Promise.resolve(void (handle = given)));

    const outcomes = await resumed(client, handle, [requests[2]!, create('new3@example.com', { firstName: 'Somebody else' })]);

    expect(outcomes.map((outcome) => outcome.status)).toEqual(['applied', 'unknown']);
    await expect(resumed(client, 'rubbish' as JobHandle, requests)).rejects.toMatchObject({ code: 'PROVIDER_UNEXPECTED_ANSWER' });
  });

  it('whose import does not end in half an hour is pending, is found again, and is given up after a day', async () => {
    const account = await prepared();
    const client = await afterReading(account);
    const requests = people(15);
    account.onRequest = (request, response) => {
      if (request.path !== '/api/3/import/info') return false;
      account.reply(response, 200, { status: 'active', success: [], failure: [] });
      return true;
    };
    let handle: JobHandle | undefined;
    const outcomes = await client.write(requests, (given) => Promise.resolve(void (handle = given)));
    const began = account.clock.now();

    const later = await resumed(client, handle, requests);
    const patience = account.clock.now() - began;
    const some = await resumed(client, handle, requests.slice(0, 3));
    account.clock.advance(24 * 60 * 60_000);
    account.contacts.clear();
    const nextDay = await resumed(client, handle, requests);

    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['pending']));
    expect(new Set(later.map(({ status }) => status))).toEqual(new Set(['pending']));
    expect(patience).toBeLessThan(5 * 60_000);
    expect(new Set(some.map(({ status }) => status))).toEqual(new Set(['pending']));
    expect(new Set(nextDay.map(({ status }) => status))).toEqual(new Set(['unknown']));
  });
});
