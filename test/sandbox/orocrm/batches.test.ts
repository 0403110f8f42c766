import { describe, expect, test } from 'vitest';
import { Installation, JSON_API, ORIGIN, peopled } from './installation.ts';

const SYNC = { 'x-mode': 'sync' };

function contact(firstName: string | null, rest: object = {}): object {
  return { type: 'contacts', attributes: { firstName }, ...rest };
}

describe('queued batches', () => {
  test('answer with an operation, are worked off later, and succeed with errors', async () => {
    const oro = new Installation();
    const queued = await oro.patch('/api/contacts', {
      data: [contact('Ann'), contact(null)],
    });
    const at = `/api/asyncoperations/${queued.body.data.id}`;

    expect(queued).toMatchObject({
      status: 202,
      headers: { 'Content-Location': `${ORIGIN}${at}` },
      body: { data: { attributes: { status: 'new' } } },
    });
    expect(oro.dump('contacts')).toEqual([]);
    oro.advance(1_500);
    expect((await oro.get(at)).body.data.attributes.status).toBe('running');
    oro.advance(1_500);
    expect((await oro.get(at)).body.data.attributes).toMatchObject({
      status: 'success',
      progress: 1,
      summary: { readCount: 2, writeCount: 1, errorCount: 1, createCount: 1 },
    });
    expect((await oro.get(`${at}/errors`)).body.data).toMatchObject([
      {
        attributes: {
          status: 400,
          title: 'has contact information constraint',
          source: { pointer: '/data/1' },
        },
      },
    ]);
  });

  test('a partial fault fails every second record', async () => {
    const oro = new Installation();
    const data = ['A', 'B', 'C'].map((name) => contact(name));
    await oro.call('PATCH', '/api/contacts', { data }, { partial: true });
    oro.advance(3_000);

    expect(oro.dump('contacts').map(({ firstName }) => firstName)).toEqual(['A', 'C']);
    expect((await oro.call('POST', '/api/contacts', { data: contact('D') }, { partial: true })).status).toBe(503);
  });

  test('cannot be listed, made or changed, and are not offered for every type', async () => {
    const oro = new Installation();

    expect((await oro.get('/api/asyncoperations')).status).toBe(404);
    expect(await oro.delete('/api/asyncoperations/1')).toMatchObject({
      status: 405,
      headers: { Allow: 'OPTIONS, GET' },
    });
    for (const type of ['b2bcustomers', 'contactgroups', 'campaigns', 'marketingactivities', 'marketinglistitems']) {
      expect(await new Installation({ exposesMarketingLists: true }).patch(`/api/${type}`, { data: [] }), type).toMatchObject({
        status: 405,
        headers: { Allow: 'OPTIONS, GET, POST, DELETE' },
      });
    }
  });
});

describe('batches at once', () => {
  test('answer in order, with the ids that they were given for the time being', async () => {
    const oro = new Installation();
    const included = [{ type: 'accounts', id: 'acc', attributes: { name: 'Acme' } }];
    const relationships = {
      accounts: { data: [{ type: 'accounts', id: 'acc' }] },
    };

    const { status, body } = await oro.patch(
      '/api/contacts',
      {
        data: [contact('Ann', { id: 'a', relationships }), contact('Bo')],
        included,
      },
      SYNC,
    );

    expect(status).toBe(200);
    expect(body.data).toMatchObject([{ id: '1', meta: { dataId: 'a' } }, { id: '2' }]);
    expect(body.included).toMatchObject([{ type: 'accounts', meta: { includeId: 'acc' } }]);
    expect((await oro.get('/api/contacts?filter[accounts.name]=Acme')).body.data).toMatchObject([{ id: '1' }]);
    expect((await oro.get('/api/accounts/1/contacts')).body.data).toMatchObject([{ id: '1' }]);
  });

  test('change nothing where one is refused, included or not', async () => {
    const oro = new Installation();
    await oro.make('contacts', { firstName: 'Old' });
    const included = [{ type: 'accounts', id: 'acc', attributes: { name: 'Acme' } }];
    const update = contact('New', { id: '1', meta: { update: true } });

    const refused = await oro.patch('/api/contacts', { data: [update, contact('Ann'), contact(null)], included }, SYNC);

    expect(refused).toMatchObject({
      status: 400,
      body: { errors: [{ source: { pointer: '/data/2' } }] },
    });
    expect(oro.dump('contacts')).toMatchObject([{ id: '1', firstName: 'Old' }]);
    expect(oro.dump('accounts')).toEqual([]);
    expect(await oro.make('contacts', { firstName: 'Next' })).toBe('2');
  });

  test('that take longer than 25 seconds go on as an operation', async () => {
    const oro = new Installation({ syncRecordMs: 1_000 });
    const quick = await oro.patch('/api/contacts', { data: [contact('Ann')] }, SYNC);
    const slow = await oro.patch('/api/contacts', { data: Array.from({ length: 30 }, () => contact('Bo')) }, SYNC);
    const before = oro.dump('contacts').length;
    oro.advance(60_000);
    const ended = await oro.get(`/api/asyncoperations/${slow.body.data.id}`);

    expect(quick).toMatchObject({ status: 200, body: { data: [{ type: 'contacts' }] } });
    expect(slow).toMatchObject({ status: 202, body: { data: { type: 'asyncoperations' } } });
    expect(slow.headers['Content-Location']).toBe(`${ORIGIN}/api/asyncoperations/${slow.body.data.id}`);
    expect([before, ended.body.data.attributes.status, oro.dump('contacts').length]).toEqual([1, 'success', 31]);
  });

  test('hold a hundred', async () => {
    const data = Array.from({ length: 101 }, () => contact('Ann'));

    expect((await new Installation().patch('/api/contacts', { data }, SYNC)).body.errors[0].detail).toContain('is 100.');
  });
});

describe('upserts', () => {
  test('find by a unique field and nothing else', async () => {
    const oro = new Installation();
    const upsert = (fields: unknown) =>
      oro.post('/api/contacts', {
        data: {
          type: 'contacts',
          meta: { upsert: fields },
          attributes: { firstName: 'Ann', externalId: 'x1' },
        },
      });

    expect([(await upsert(['externalId'])).status, (await upsert(['externalId'])).status]).toEqual([201, 200]);
    expect((await upsert(true)).body.errors[0].detail).toBe(
      'The upsert operation cannot use the entity identifier to find an entity.',
    );
    expect((await upsert(['firstName'])).body.errors[0].source.pointer).toMatch(/\/meta\/upsert$/);
    expect(oro.dump('contacts')).toHaveLength(1);
  });
});

describe('access', () => {
  test('tokens end after an hour, stand in the header or in the body, and never in the query', async () => {
    const oro = new Installation();
    const token = await oro.token();
    const inBody = { access_token: token, data: contact('Ann') };

    expect((await oro.call('POST', '/api/contacts', inBody, { anonymous: true })).status).toBe(201);
    expect(
      await oro.call('GET', `/api/contacts?access_token=${token}`, undefined, {
        anonymous: true,
      }),
    ).toMatchObject({
      status: 401,
      headers: { 'WWW-Authenticate': 'Basic' },
      body: undefined,
    });
    oro.advance(3_600_000);
    expect((await oro.get('/api/contacts')).status).toBe(401);
  });

  test('client credentials are not renewed, passwords are, once a token', async () => {
    const oro = new Installation();
    const client = { client_id: 'sandbox', client_secret: 'sandbox' };
    const own = await oro.authenticate({
      grant_type: 'client_credentials',
      ...client,
    });
    const user = await oro.authenticate({
      grant_type: 'password',
      ...client,
      username: 'admin',
      password: 'sandbox',
    });
    const renew = () =>
      oro.authenticate({
        grant_type: 'refresh_token',
        ...client,
        refresh_token: user.body.refresh_token as string,
      });

    expect(Object.keys(own.body)).toEqual(['token_type', 'expires_in', 'access_token']);
    expect([(await renew()).status, (await renew()).status]).toEqual([200, 401]);
  });

  test.each([
    ['429', 429],
    ['500', 500],
    ['503', 503],
    ['expired-token', 401],
  ] as const)('the fault %s is worded as the platform or its proxy words it', async (kind, status) => {
    const oro = new Installation();
    await oro.token();
    const request = {
      method: 'POST',
      path: '/api/contacts',
      query: new URLSearchParams(),
      rawQuery: '',
      headers: {},
    };

    const refusal = oro.sandbox.refuse(kind, 7, {
      ...request,
      body: Buffer.alloc(0),
      origin: ORIGIN,
      partial: false,
    });

    expect(refusal).toMatchObject({ status, writes: 1 });
    expect(refusal.headers?.['Retry-After']).toBe(status === 429 || status === 503 ? '7' : undefined);
    expect((await oro.get('/api/contacts')).status).toBe(kind === 'expired-token' ? 401 : 200);
  });
});

test('marketing lists are not shown by a stock installation; the old interface marks their members', async () => {
  const [stock, open] = [peopled(60), peopled(60, { exposesMarketingLists: true })];
  const [item] = (await open.get('/api/marketinglistitems')).body.data;
  const marked = await open.call('DELETE', `/api/rest/latest/marketinglist/1/remove/${item.attributes.entityId}.json`);

  expect((await stock.get('/api/marketinglists')).status).toBe(404);
  expect(marked).toMatchObject({ status: 200, body: { successful: true } });
  expect((await open.get('/api/marketinglistremoveditems')).body.data).toHaveLength(1);
  expect(open.sandbox.route('/api/rest/latest/marketinglist/1/remove/7.json')).toBe('/api/rest/latest/marketinglist/*/remove/*');
  expect(open.sandbox.route('/api/contacts/7')).toBe('/api/contacts/*');
  expect((await open.get('/api/contacts')).headers['Content-Type']).toBe(JSON_API);
});

test('addresses of leads are resources of their own, many in one call as those of contacts', async () => {
  const oro = peopled(20);
  const address = { type: 'leadaddresses', attributes: { city: 'Oslo' } };
  const owned = { ...address, relationships: { owner: { data: { type: 'leads', id: '1' } } } };
  const sent = await oro.patch('/api/leadaddresses', { data: [owned, owned] }, SYNC);

  expect(sent.status, JSON.stringify(sent.body)).toBe(200);
  expect(oro.dump('leadaddresses')).toMatchObject([{ city: 'Oslo', owner: { type: 'leads', id: '1' } }, { id: '2' }]);
  expect((await oro.post('/api/leadaddresses', { data: address })).status).toBe(400);
});

describe('resources that come along', () => {
  test('are made with the one that they refer to, named in the answer, or refused with it', async () => {
    const oro = peopled(2);
    const campaign = await oro.post('/api/campaigns', {
      data: { type: 'campaigns', attributes: { name: 'News', code: 'news-1' } },
    });
    const { id } = campaign.body.data;
    const activity = (name: string, relationships: object = {}) => ({
      type: 'marketingactivities',
      id: name,
      attributes: { actionDate: '2026-11-21T10:00:00Z' },
      relationships: {
        marketingActivityType: { data: { type: 'marketingactivitytypes', id: 'open' } },
        entity: { data: { type: 'contacts', id: '1' } },
        ...relationships,
      },
    });
    const related = { campaign: { data: { type: 'campaigns', id } } };
    const send = (included: readonly object[]) =>
      oro.patch(`/api/campaigns/${id}`, { data: { type: 'campaigns', id }, included });

    const done = await send([activity('a', related), activity('b', related)]);
    const unrelated = await send([activity('c', related), activity('d')]);

    expect(done.body.included).toMatchObject([{ meta: { includeId: 'a' } }, { meta: { includeId: 'b' } }]);
    expect(unrelated.body.errors).toMatchObject([{ title: 'request data constraint', source: { pointer: '/included/1' } }]);
    expect(oro.dump('marketingactivities')).toMatchObject([
      { id: '1', owner: { type: 'organizations' }, campaign: { id }, entity: { type: 'contacts', id: '1' } },
      { id: '2' },
    ]);
    expect((await oro.patch('/api/marketingactivities', { data: [] })).status).toBe(405);
    const odd = { data: { type: 'campaigns', attributes: { name: 'Odd', code: 'no spaces' } } };
    expect((await oro.post('/api/campaigns', odd)).body.errors[0]).toMatchObject({ title: 'regex constraint' });
  });
});
