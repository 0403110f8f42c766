import { beforeEach, describe, expect, test } from 'vitest';
import { Account } from './account.ts';

let account: Account;

beforeEach(() => {
  account = new Account();
});

describe('accounts', () => {
  test('have a name, and one of their own', async () => {
    await account.make('accounts', 'account', { name: 'Acme' });

    expect((await account.post('accounts', { account: {} })).body.errors[0]).toEqual({
      title: 'The account name was not provided.',
      detail: '',
      code: 'field_missing',
      source: { pointer: '/data/attributes/name' },
    });
    expect((await account.post('accounts', { account: { name: 'ACME' } })).body.errors[0].code).toBe('duplicate');
  });

  test('are searched, counted, changed in part and deleted by the dozen', async () => {
    const ids = [];
    for (const name of ['Acme', 'Beta', 'Acme West'])
      ids.push(await account.make('accounts', 'account', { name, accountUrl: 'https://x.example' }));
    const person = await account.contact('ada@x.example');
    await account.post('accountContacts', { accountContact: { contact: person, account: ids[0] } });
    await account.call('PATCH', `accounts/${ids[1]}`, { account: { name: 'Gamma' } });

    const { body } = await account.get('accounts?search=acme&count_deals=true&orders[name]=DESC');
    expect(
      body.accounts.map(({ name, contactCount, dealCount }: Record<string, string>) => [name, contactCount, dealCount]),
    ).toEqual([
      ['Acme West', '0', '0'],
      ['Acme', '1', '0'],
    ]);
    expect((await account.get(`accounts/${ids[1]}`)).body.account).toMatchObject({
      name: 'Gamma',
      accountUrl: 'https://x.example',
    });
    expect((await account.call('DELETE', `accounts/bulk_delete?ids[]=${ids[0]}&ids[]=${ids[2]}`)).body).toEqual({
      meta: { success: true },
    });
    expect([account.dump('account').length, account.dump('accountContact').length]).toEqual([1, 0]);
    expect((await account.call('DELETE', `accounts/${ids[0]}`)).body).toEqual({
      message: 'No Result found for CustomerAccount with id 1',
    });
  });

  test('a contact belongs to one at most', async () => {
    const person = await account.contact('ada@x.example');
    for (const name of ['Acme', 'Beta']) await account.make('accounts', 'account', { name });
    await account.post('accountContacts', { accountContact: { contact: Number(person), account: 1, jobTitle: 'PM' } });
    const { status, body } = await account.post('accountContacts', { accountContact: { contact: person, account: 2 } });

    expect(status).toBe(422);
    expect(body.errors[0]).toMatchObject({ code: 'field_invalid', source: { pointer: '/data/attributes/account,contact' } });
    expect((await account.get('accountContacts?filters[account]=1')).body).toMatchObject({
      accountContacts: [{ contact: person, jobTitle: 'PM' }],
      meta: { total: '1' },
    });
    expect((await account.get('accountContacts?filters[account]=2')).body.meta.total).toBe('0');
  });

  test('custom fields: currency in whole cents, several options as a list, a bad value spoils only itself', async () => {
    const make = (fieldLabel: string, fieldType: string): Promise<string> =>
      account.make('accountCustomFieldMeta', 'accountCustomFieldMetum', { fieldLabel, fieldType });
    const revenue = await make('Revenue', 'currency');
    const kinds = await make('Kinds', 'multiselect');
    const founded = await make('Founded', 'date');
    const { body } = await account.post('accounts', {
      account: {
        name: 'Acme',
        fields: [
          { customFieldId: Number(revenue), fieldValue: 1234.5, fieldCurrency: 'GBP' },
          { customFieldId: kinds, fieldValue: '||a||b||' },
          { customFieldId: founded, fieldValue: 'long ago' },
        ],
      },
    });

    expect(body.account.customFieldSaveStatus.status).toBe('failed');
    expect(account.dump('accountCustomFieldDatum')).toMatchObject([
      { customFieldId: 1, customerAccountId: 1, fieldValue: '1234', fieldCurrency: 'GBP' },
      { customFieldId: 2, fieldValue: ['a', 'b'] },
    ]);
    expect((await account.get('accountCustomFieldData?filters[customerAccountId]=1')).body.meta.total).toBe('2');
    const refused = await account.post('accountCustomFieldData', {
      accountCustomFieldDatum: { accountId: 1, customFieldId: founded, fieldValue: 'abc' },
    });
    expect([refused.status, refused.body.errors[0].detail]).toEqual([
      422,
      'The custom field value `abc` could not be saved to the custom field of type `date`.',
    ]);
    expect(
      (
        await account.post('accountCustomFieldData/bulkCreate', [
          { customerAccountId: 1, customFieldId: founded, fieldValue: '1999-01-01' },
        ])
      ).body,
    ).toEqual({ message: 'the bulk insert was successful' });
  });
});

describe('deals', () => {
  let person: string;

  function deal(fields: Record<string, unknown> = {}): Promise<string> {
    return account.make('deals', 'deal', {
      title: 'Deal',
      value: 45600,
      currency: 'USD',
      contact: person,
      group: '1',
      owner: '1',
      ...fields,
    });
  }

  beforeEach(async () => {
    person = await account.contact('ada@x.example');
  });

  test('without any, the currencies are a list; with some, a map', async () => {
    expect((await account.get('deals')).body).toEqual({ deals: [], meta: { currencies: [], total: 0 } });
    await deal();
    await deal({ value: 99.9 });

    expect((await account.get('deals')).body.meta).toEqual({
      currencies: { USD: { total: '2', value: '45699', currency: 'USD', isDisabled: false } },
      total: 2,
    });
  });

  test('echo what was sent in its type, and are read as text with whole cents', async () => {
    const { body } = await account.post('deals', {
      deal: { title: 'D', value: 156.24, currency: 'eur', contact: person, group: '1', owner: '1', status: 0, percent: null },
    });

    expect(body.deal).toMatchObject({ value: 156.24, status: 0, nextdealid: '0', customFieldSaveStatus: { status: 'success' } });
    expect((await account.get('deals/1')).body.deal).toMatchObject({
      value: '156',
      status: '0',
      percent: '0',
      stage: '1',
      contact: person,
    });
  });

  test('are filtered by second (from the instant on), by money and by place', async () => {
    await deal({ title: 'Early', value: 100 });
    account.advance(60_000);
    await deal({ title: 'Late', value: 100_000, stage: '2' });
    const titles = async (query: string): Promise<string[]> =>
      (await account.get(`deals?${query}`)).body.deals.map(({ title }: { title: string }) => title);

    expect(await titles('filters[created_after]=2026-11-22T05:01:00Z')).toEqual(['Late']);
    expect(await titles('filters[created_before]=2026-11-22T05:01:00Z')).toEqual(['Early']);
    expect(await titles('filters[minimum_value]=10')).toEqual(['Late']);
    expect(await titles('filters[stage]=2')).toEqual(['Late']);
    expect(await titles('filters[status]=0&orders[value]=DESC')).toEqual(['Late', 'Early']);
    expect(await titles('filters[nonsense]=1')).toEqual(['Early', 'Late']);
  });

  test.each([
    [{ contact: '99' }, 404],
    [{ contact: null }, 422],
    [{ group: null }, 422],
    [{ owner: null }, 422],
    [{ stage: '99' }, 404],
    [{ title: '' }, 422],
  ])('refuse %j with %i', async (fields, status) => {
    const sent = { title: 'D', value: 1, currency: 'usd', contact: person, group: '1', owner: '1', ...fields };
    expect((await account.post('deals', { deal: sent })).status).toBe(status);
    expect(account.dump('deal')).toEqual([]);
  });

  test('move with their stage, and to the first stage of another pipeline', async () => {
    const id = await deal();
    const group = await account.make('dealGroups', 'dealGroup', { title: 'Second', currency: 'usd' });
    await account.call('PUT', `deals/${id}`, { deal: { group } });
    const moved = account.dump('deal')[0];
    await account.call('PATCH', `deals/${id}`, { deal: { stage: '2' } });

    expect(moved).toMatchObject({ group, stage: '4' });
    expect(account.dump('deal')).toMatchObject([{ group: '1', stage: '2' }]);
  });

  test('have further people, each once', async () => {
    const id = await deal();
    const other = await account.contact('bob@x.example');
    const first = await account.post('contactDeals', { contactDeal: { deal: id, contact: other, role: 1 } });
    const second = await account.post('contactDeals', { contactDeal: { deal: id, contact: other } });

    expect([first.status, second.status, second.body.errors[0].title]).toEqual([
      201,
      422,
      'The given contact is already associated to the deal',
    ]);
    expect((await account.get(`contacts/${other}/contactDeals`)).body.contactDeals).toHaveLength(1);
  });

  test('pipelines come with three stages and go with them', async () => {
    const group = await account.make('dealGroups', 'dealGroup', { title: 'Second', currency: 'usd' });
    const { body } = await account.get(`dealStages?filters[d_groupid]=${group}`);
    expect(body.dealStages.map(({ title, order }: Record<string, string>) => [title, order])).toEqual([
      ['To Contact', '1'],
      ['In Contact', '2'],
      ['Follow Up', '3'],
    ]);
    await account.call('DELETE', `dealGroups/${group}`);

    expect([account.dump('dealGroup').length, account.dump('dealStage').length]).toEqual([1, 3]);
  });
});

test("a note counts as a change of its contact, and as one of its deal's activities", async () => {
  const id = await account.contact('ada@x.example');
  await account.make('deals', 'deal', { title: 'D', value: 1, currency: 'usd', contact: id, group: 1, owner: 1 });
  account.advance(30_000);
  await account.post('notes', { note: { note: 'Called', relid: 1, reltype: 'Subscriber' } });
  await account.post('deals/1/notes', { note: { note: 'Offer sent' } });

  expect(account.dump('contact')[0]).toMatchObject({ udate: '2026-11-21T23:00:30-06:00' });
  expect(account.dump('deal')[0]).toMatchObject({ activitycount: '1' });
  expect((await account.get('notes')).body.meta).toEqual({ total: 2 });
  expect((await account.get(`contacts/${id}/notes`)).body.notes).toMatchObject([{ note: 'Called', relid: '1' }]);
  expect((await account.post('notes', { note: { note: 'Nobody', relid: 9, reltype: 'Subscriber' } })).status).toBe(404);
});
