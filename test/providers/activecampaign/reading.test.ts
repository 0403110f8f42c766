import { describe, expect, it } from 'vitest';
import { collect, connectTo, readAll, recordsOf, startAccount } from './connected.ts';
import type { StubAccount } from './stub-account.ts';

/** An account of `contacts` people, each with a value in every mapped field, one tag and one list. */
async function peopled(contacts: number): Promise<StubAccount & { tag: number; list: number }> {
  const account = await startAccount();
  const title = account.addField('Job Title', 'text').id;
  const vip = account.addField('VIP', 'checkbox', ['true']).id;
  const tag = account.addTag('synced');
  const list = account.addList('Newsletter');
  for (let index = 1; index <= contacts; index += 1) {
    const { id } = account.addContact(`p${index}@example.com`, { firstName: `First${index}` });
    account.setValue(id, title, `Job ${index}`);
    account.setValue(id, vip, index % 2 === 0 ? '||true||' : '');
  }
  account.clock.advance(3_600_000);
  return Object.assign(account, { tag, list });
}

const PATHS = ['email', 'firstName', 'field/Job Title', 'field/VIP', 'tag/synced', 'list/Newsletter'];

describe('a full read', () => {
  it('gives complete records, merged from listings', async () => {
    const account = await peopled(130);
    account.setTag(7, account.tag);
    account.setStatus(8, account.list, 2);
    account.setStatus(9, account.list, 1);
    const client = await recordsOf(account, PATHS);

    const { records, listed, cursor } = await readAll(client.read(undefined));

    expect(records).toHaveLength(130);
    expect(records[6]).toEqual({
      id: '7',
      values: {
        email: 'p7@example.com',
        firstName: 'First7',
        'field/Job Title': 'Job 7',
        'field/VIP': false,
        'tag/synced': true,
        'list/Newsletter': 'unknown',
      },
      modifiedAt: '2026-03-01T10:00:00.000Z',
      readAt: expect.stringMatching(/^2026-03-01T1.:..:..\.000Z$/) as string,
    });
    expect(records[7]?.values).toMatchObject({ 'field/VIP': true, 'tag/synced': false, 'list/Newsletter': 'unsubscribed' });
    expect(records[8]?.values['list/Newsletter']).toBe('unknown');
    expect(listed).toEqual([{ id: '8', values: { 'list/Newsletter': 'unsubscribed' } }]);
    // The first answer's Date, a minute back; the virtual clock moved on while the pages were read.
    expect(JSON.parse(cursor!)).toEqual({ position: expect.stringMatching(/^2026-03-01T09:59:0\d\.000Z$/) as string });
  });

  it.each([0, 1, 99, 100, 101, 250])('of %i contacts costs what its price says', async (contacts) => {
    const account = await peopled(contacts);
    for (const id of account.contacts.keys()) account.setTag(id, account.tag);
    const client = await recordsOf(account, PATHS);
    const price = client.price.read(contacts, true);

    await readAll(client.read(undefined));

    expect(account.calls()).toHaveLength(price);
  });

  it('knows its price exactly once it has read', async () => {
    const account = await peopled(120);
    account.addField('Unmapped', 'text');
    const client = await recordsOf(account, PATHS);
    await readAll(client.read(undefined));
    account.server.requests.length = 0;
    const price = client.price.read(120, true);

    await readAll(client.read(undefined));

    // Nobody carries the tag, so its listing takes one page where the price allows for two.
    expect(account.calls()).toHaveLength(price - 1);
  });

  it('reads field by field where most of the values are of other fields', async () => {
    const account = await startAccount();
    const wanted = account.addField('Wanted', 'text').id;
    const others = Array.from({ length: 5 }, (_, index) => account.addField(`Other ${index}`, 'text').id);
    for (let index = 1; index <= 120; index += 1) {
      const { id } = account.addContact(`p${index}@example.com`);
      for (const field of others) account.setValue(id, field, 'x');
      if (index <= 50) account.setValue(id, wanted, `w${index}`);
    }
    const client = await recordsOf(account, ['email', 'field/Wanted']);

    const { records } = await readAll(client.read(undefined));

    expect(records[49]?.values['field/Wanted']).toBe('w50');
    expect(records[50]?.values['field/Wanted']).toBeNull();
    expect(account.calls().filter((call) => call === 'GET /fieldValues')).toHaveLength(2);
  });

  it('misses no value when rows vanish between two pages', async () => {
    const account = await peopled(250);
    const doomed = account.values.slice(0, 30);
    let pages = 0;
    account.onRequest = (request) => {
      if (request.path === '/api/3/fieldValues' && (pages += 1) === 3)
        account.values = account.values.filter((row) => !doomed.includes(row));
    };
    const client = await recordsOf(account, PATHS);

    const { records } = await readAll(client.read(undefined));

    const without = new Set(doomed.map((row) => row.contact));
    for (const record of records)
      if (!without.has(Number(record.id))) expect(record.values['field/Job Title']).toBe(`Job ${record.id}`);
  });

  it('refuses contacts that are not in the order asked for', async () => {
    const account = await startAccount();
    account.onRequest = (request, response) => {
      if (request.path !== '/api/3/contacts') return false;
      account.reply(response, 200, { contacts: [{ id: '2' }, { id: '1' }], meta: { total: '2' } });
      return true;
    };
    const client = await recordsOf(account, ['email']);

    await expect(readAll(client.read(undefined))).rejects.toMatchObject({ code: 'PROVIDER_UNEXPECTED_ANSWER' });
  });

  it('does not believe a listing of everybody for the listing of who opted out', async () => {
    const account = await peopled(3);
    account.ignored.add('listid');
    const client = await recordsOf(account, ['email', 'list/Newsletter']);

    await expect(readAll(client.read(undefined))).rejects.toMatchObject({ code: 'PROVIDER_UNEXPECTED_ANSWER' });
  });

  it('counts contacts in one call', async () => {
    const account = await peopled(21);
    const client = await recordsOf(account, PATHS);

    expect(await client.count()).toBe(21);
    expect(account.calls()).toEqual(['GET /contacts']);
  });
});

describe('what changed since a cursor', () => {
  it('is read contact by contact where few did, with exact subscriptions and their evidence', async () => {
    const account = await peopled(300);
    const client = await recordsOf(account, PATHS);
    const { cursor } = await readAll(client.read(undefined));
    account.clock.advance(3_600_000);
    account.setValue(5, account.fields[0]!.id, 'Chief');
    account.setStatus(5, account.list, 1);
    account.server.requests.length = 0;

    const delta = await readAll(client.read(cursor));

    expect(delta.records.map((record) => record.id)).toEqual(['5']);
    expect(delta.records[0]?.values).toMatchObject({ 'field/Job Title': 'Chief', 'list/Newsletter': 'subscribed' });
    expect(Object.keys(delta.records[0]!.evidence!)).toEqual(['list/Newsletter']);
    expect(account.calls()).toEqual(['GET /contacts', 'GET /contacts', 'GET /contacts/*', 'GET /contacts/*/contactTags']);
    expect(account.calls()).toHaveLength(client.price.read(1, false));
  });

  it('is read in bulk where many did', async () => {
    const account = await peopled(300);
    const client = await recordsOf(account, PATHS);
    const { cursor } = await readAll(client.read(undefined));
    account.clock.advance(3_600_000);
    for (let id = 1; id <= 150; id += 1) account.setTag(id, account.tag);
    account.server.requests.length = 0;
    const price = client.price.read(150, false);

    const delta = await readAll(client.read(cursor));

    expect(delta.records).toHaveLength(150);
    expect(delta.records[0]?.values).toMatchObject({ 'field/Job Title': 'Job 1', 'tag/synced': true });
    expect(account.calls()).toHaveLength(price);
    expect(price).toBeLessThan(20);
  });

  it('is nothing but the listings when nobody did', async () => {
    const account = await peopled(50);
    const client = await recordsOf(account, PATHS);
    const { cursor } = await readAll(client.read(undefined));
    account.clock.advance(3_600_000);
    account.server.requests.length = 0;

    const delta = await readAll(client.read(cursor));

    expect(delta.records).toEqual([]);
    expect(account.calls()).toEqual(['GET /contacts', 'GET /contacts']);
  });

  it('is still right where the vendor ignores the filter', async () => {
    const account = await peopled(120);
    account.ignored.add('filters[updated_after]');
    const client = await recordsOf(account, PATHS);
    const { cursor } = await readAll(client.read(undefined));
    account.clock.advance(3_600_000);
    account.setValue(110, account.fields[0]!.id, 'Chief');

    const delta = await readAll(client.read(cursor));

    expect(delta.records.map((record) => [record.id, record.values['field/Job Title']])).toEqual([['110', 'Chief']]);
  });

  it('lists opt-outs anew each time, whose contacts did not move', async () => {
    const account = await peopled(10);
    const client = await recordsOf(account, PATHS);
    const { cursor } = await readAll(client.read(undefined));
    account.clock.advance(3_600_000);
    account.setStatus(3, account.list, 2);

    const delta = await readAll(client.read(cursor));

    expect(client.stream.listed).toEqual([{ path: 'list/Newsletter', value: 'unsubscribed' }]);
    expect(delta.records).toEqual([]);
    expect(delta.listed).toEqual([{ id: '3', values: { 'list/Newsletter': 'unsubscribed' } }]);
  });

  it('begins before the cursor, and the cursor before the read: an edit during the read is found', async () => {
    const account = await peopled(2);
    const client = await recordsOf(account, PATHS);
    let edited = false;
    account.onRequest = (request) => {
      if (request.path === '/api/3/fieldValues' && !edited)
        edited = account.setValue(1, account.fields[0]!.id, 'Edited') !== undefined;
    };
    const { cursor } = await readAll(client.read(undefined));

    const delta = await readAll(client.read(cursor));

    expect(delta.records.find((record) => record.id === '1')?.values['field/Job Title']).toBe('Edited');
  });

  it('refuses a cursor that it did not make', async () => {
    const account = await peopled(1);
    const client = await recordsOf(account, PATHS);

    await expect(readAll(client.read('rubbish' as never))).rejects.toMatchObject({ code: 'PROVIDER_INVALID_CURSOR' });
  });
});

describe('reading by id and by key', () => {
  it('gives the exact subscription of each contact that exists', async () => {
    const account = await peopled(3);
    account.setStatus(1, account.list, 1);
    account.setStatus(2, account.list, 2);
    account.setStatus(3, account.list, 3);
    const client = await recordsOf(account, PATHS);
    const price = client.price.readByIds(4);

    const records = await collect(client.readByIds(['3', '1', '2', '99', '1', 'x']));

    expect(records.map((record) => [record.id, record.values['list/Newsletter']])).toEqual([
      ['1', 'subscribed'],
      ['2', 'unsubscribed'],
      ['3', 'unknown'],
    ]);
    expect(Object.keys(records[1]!.evidence!)).toEqual(['list/Newsletter']);
    // The missing contact is not asked for its tags.
    expect(account.calls()).toHaveLength(price - 1);
  });

  it('reads names of many in pages, and one by one where the vendor ignores the ids', async () => {
    const account = await peopled(250);
    const client = await recordsOf(account, ['email', 'firstName']);
    const ids = [...account.contacts.keys()].map(String);

    expect(await collect(client.readByIds(ids))).toHaveLength(250);
    expect(account.calls()).toHaveLength(client.price.readByIds(250));
    expect(client.price.readByIds(250)).toBe(3);

    account.ignored.add('ids[]');
    const records = await collect(client.readByIds(['2', '249']));
    expect(records.map((record) => record.values['email'])).toEqual(['p2@example.com', 'p249@example.com']);
  });

  it('finds by e-mail as the vendor compares it', async () => {
    const account = await peopled(3);
    const client = await recordsOf(account, PATHS);

    const records = await collect(client.readByKey('email', ['P2@Example.com', 'nobody@example.com', '']));

    expect(records.map((record) => record.id)).toEqual(['2']);
    expect(account.calls().filter((call) => call === 'GET /contacts')).toHaveLength(2);
  });

  it('finds many e-mails by one listing', async () => {
    const account = await peopled(150);
    const client = await recordsOf(account, ['email']);
    const keys = [...account.contacts.values()].slice(0, 60).map((contact) => contact.email);

    const records = await collect(client.readByKey('email', keys));

    expect(records).toHaveLength(60);
    expect(account.calls().length).toBeLessThan(5);
  });

  it('finds by custom field and by name', async () => {
    const account = await peopled(12);
    const client = await recordsOf(account, PATHS);

    expect((await collect(client.readByKey('field/Job Title', ['Job 4', 'Job 40']))).map((record) => record.id)).toEqual(['4']);
    expect((await collect(client.readByKey('firstName', ['First5']))).map((record) => record.id)).toEqual(['5']);
  });
});

describe('describing', () => {
  it('finds fields by title and personalization tag, tags and lists by name, and says what is missing', async () => {
    const account = await startAccount();
    account.addField('Lead Source', 'dropdown', ['Web', 'Other']);
    account.addField('VIP', 'checkbox', ['true']);
    account.addField('Colours', 'listbox', ['red']);
    account.addField('Score', 'number');
    account.addTag('synced');
    account.addTag('synced-too');
    account.addList('Newsletter');
    const connection = connectTo(account);

    const { fields, missing } = await connection.describe('contact', [
      'email',
      'field/Lead Source',
      'field/LEAD_SOURCE',
      'field/VIP',
      'field/Colours',
      'field/Score',
      'field/Nope',
      'tag/synced',
      'tag/sync',
      'list/Newsletter',
      'list/Other',
      'rubbish',
    ]);

    expect(fields.map(({ path, type, options }) => [path, type, options])).toEqual([
      ['email', 'email', undefined],
      ['field/Lead Source', 'picklist', ['Web', 'Other']],
      ['field/LEAD_SOURCE', 'picklist', ['Web', 'Other']],
      ['field/VIP', 'boolean', undefined],
      ['field/Colours', 'set', ['red']],
      ['field/Score', 'decimal', undefined],
      ['tag/synced', 'boolean', undefined],
      ['list/Newsletter', 'consent', undefined],
    ]);
    expect(missing).toEqual(['field/Nope', 'tag/sync', 'list/Other', 'rubbish']);
    expect(account.calls()).toEqual(['GET /fields', 'GET /lists', 'GET /tags']);
  });

  it('asks again each time, and not for what no path needs', async () => {
    const account = await startAccount();
    const connection = connectTo(account);

    expect((await connection.describe('contact', ['field/Later'])).missing).toEqual(['field/Later']);
    account.addField('Later', 'text');
    expect((await connection.describe('contact', ['field/Later'])).missing).toEqual([]);
    await connection.describe('contact', ['email']);

    expect(account.calls()).toEqual(['GET /fields', 'GET /fields']);
  });

  it('searches for a tag by name where the account has thousands', async () => {
    const account = await startAccount();
    for (let index = 0; index < 900; index += 1) account.addTag(`t${index}`);
    const connection = connectTo(account);

    expect((await connection.describe('contact', ['tag/t850'])).missing).toEqual([]);

    expect(account.calls()).toHaveLength(2);
  });
});

describe('the account', () => {
  it("is told by the vendor's own links", async () => {
    const account = await startAccount();

    expect(await connectTo(account).account()).toEqual({ id: 'acme', label: 'acme.api-us1.com' });
  });

  it.each(['', '/', '/api/3', '/api/3/'])('is reached by an endpoint that ends in %j', async (ending) => {
    const account = await startAccount();

    await connectTo(account, { endpoint: `${account.server.origin}${ending}` }).account();

    expect(account.server.requests[0]?.path).toBe('/api/3/users/me');
  });

  it('passes the check, or says what the token lacks', async () => {
    const account = await startAccount();
    const connection = connectTo(account);
    expect(await connection.check()).toEqual([]);
    account.onRequest = (request, response) => {
      if (request.path !== '/api/3/lists') return false;
      account.reply(response, 403, {
        errors: [{ status: 403, title: 'Forbidden', detail: 'You do not have permission to view lists.' }],
      });
      return true;
    };

    const findings = await connection.check();

    expect(findings.map((finding) => finding.what)).toEqual(["The token's user may not read lists."]);
    expect(connection.usage().calls).toBe(account.calls().length);
  });

  it('refuses a wrong token at the first call, without trying again', async () => {
    const account = await startAccount();
    const connection = connectTo(account, { authentication: { method: 'api-token', token: 'wrong-token' } });

    expect((await connection.check()).map((finding) => finding.what)).toEqual(['The API token was refused.']);
    await expect(connection.account()).rejects.toMatchObject({
      code: 'PROVIDER_AUTHENTICATION_FAILED',
      message: expect.not.stringContaining('wrong-token') as string,
    });
    expect(account.calls()).toHaveLength(2);
  });

  it('tries a passing 403 again once the token has worked', async () => {
    const account = await startAccount();
    const connection = connectTo(account);
    await connection.account();
    let refusals = 2;
    account.onRequest = (_request, response) => {
      if (refusals-- <= 0) return false;
      account.reply(response, 403, { message: 'Forbidden' });
      return true;
    };

    expect((await connection.account()).id).toBe('acme');

    refusals = 99;
    await expect(connection.account()).rejects.toMatchObject({ code: 'PROVIDER_PERMISSION_DENIED', retryable: true });
    expect(account.calls()).toHaveLength(7);
  });

  it('is asked five times a second at most', async () => {
    const account = await startAccount();
    const connection = connectTo(account);
    const start = account.clock.now();

    for (let call = 0; call < 11; call += 1) await connection.account();

    expect(account.clock.now() - start).toBe(2_000);
  });
});

describe('a read while people sign up without end', () => {
  /** Each page of the listing that is asked for makes 150 contacts more, ten minutes on. */
  function keepSigningUp(account: StubAccount, most: number): () => number {
    let joined = 0;
    account.onRequest = ({ path, query }) => {
      if (!path.endsWith('/contacts') || !query.has('id_greater') || joined >= most) return;
      account.clock.advance(600_000);
      for (let index = 0; index < 150; index += 1) account.addContact(`late${(joined += 1)}@example.com`, {});
    };
    return () => joined;
  }

  it.each(['full', 'changes'] as const)('ends (%s), and the next one shows who came meanwhile', async (kind) => {
    const account = await peopled(250);
    const client = await recordsOf(account, ['email']);
    const since = kind === 'full' ? undefined : (await readAll(client.read(undefined))).cursor;
    account.clock.advance(3_600_000);
    for (const id of account.contacts.keys()) account.contacts.get(id)!.udate = account.clock.now();
    const joined = keepSigningUp(account, 9_000);

    const first = await readAll(client.read(since));
    account.onRequest = () => false;
    const second = await readAll(client.read(first.cursor));

    expect(joined()).toBeLessThan(2_000);
    const seen = new Set([...first.records, ...second.records].map(({ id }) => id));
    expect(seen.size).toBe(250 + joined());
  });
});
