import { beforeEach, describe, expect, test } from 'vitest';
import { Account } from './account.ts';

let account: Account;
let contact: string;

beforeEach(async () => {
  account = new Account();
  contact = await account.contact('ada@x.example', { firstName: 'Ada' });
});

describe('tags', () => {
  test('the search contains, filters[search][eq] is exact', async () => {
    await account.make('tags', 'tag', { tag: 'vip-gold', tagType: 'contact' });
    const found = async (query: string): Promise<string[]> =>
      (await account.get(`tags?${query}`)).body.tags.map(({ tag }: { tag: string }) => tag);

    expect(await found('')).toEqual(['vip', 'lead', 'event-2025', 'vip-gold']);
    expect(await found('search=vip')).toEqual(['vip', 'vip-gold']);
    expect(await found('filters[search][eq]=vip')).toEqual(['vip']);
    expect(await found('filters[search][starts_with]=event')).toEqual(['event-2025']);
    expect(await found('filters[search][neq]=vip&filters[search][contains]=vip')).toEqual(['vip-gold']);
  });

  test('a name that is taken is refused', async () => {
    const { status, body } = await account.post('tags', { tag: { tag: 'VIP', tagType: 'contact', description: '' } });

    expect([status, body.errors[0].code]).toEqual([422, 'duplicate']);
  });

  test('a tag goes with its uses', async () => {
    await account.post('contactTags', { contactTag: { contact, tag: '1' } });
    expect((await account.get('tags/1')).body.tag.subscriber_count).toBe('1');
    expect((await account.call('DELETE', 'tags/1')).body).toEqual({});

    expect(account.dump('contactTag')).toEqual([]);
    expect((await account.get('tags/1')).body).toEqual({ message: 'No Result found for Tag with id 1' });
  });
});

describe('tagging', () => {
  test('answers 201 the first time and 200 with the same id after', async () => {
    const first = await account.post('contactTags', { contactTag: { contact, tag: '2' } });
    const second = await account.post('contactTags', { contactTag: { contact: Number(contact), tag: 2 } });

    expect(first.status).toBe(201);
    expect(first.body.contacts[0]).toMatchObject({ id: contact, email_empty: false });
    expect(Object.keys(first.body.contactTag)).toEqual(['contact', 'tag', 'cdate', 'links', 'id']);
    expect(second.status).toBe(200);
    expect(second.body).toEqual({
      contactTag: expect.objectContaining({
        contact,
        tag: '2',
        id: first.body.contactTag.id,
        created_by: null,
        created_timestamp: '2026-11-21 23:00:00',
      }),
    });
  });

  test('is refused without a contact, without a tag, and for people or tags that are gone', async () => {
    expect((await account.post('contactTags', { contactTag: { tag: '1' } })).body).toEqual({
      errors: [{ status: 422, title: 'Missing attribute', source: { pointer: '/data/attributes/contact' } }],
    });
    expect((await account.post('contactTags', { contactTag: { contact } })).body.errors[0].source.pointer).toBe(
      '/data/attributes/tag',
    );
    expect((await account.post('contactTags', { contactTag: { contact: '999', tag: '1' } })).body).toEqual({
      errors: [{ status: 404, title: 'Not Found', detail: 'Contact not found' }],
    });
    expect((await account.post('contactTags', { contactTag: { contact, tag: '999' } })).status).toBe(404);
  });

  test('is undone by the id of the pair', async () => {
    const id = await account.make('contactTags', 'contactTag', { contact, tag: '2' });

    expect((await account.call('DELETE', `contactTags/${id}`)).body).toEqual({});
    expect((await account.call('DELETE', `contactTags/${id}`)).body).toEqual({
      message: `No Result found for SubscriberTag with id ${id}`,
    });
    expect((await account.get(`contacts/${contact}/contactTags`)).body).toEqual({ contactTags: [] });
  });
});

describe('lists', () => {
  test('are found by name and made with four attributes', async () => {
    const { status, body } = await account.post('lists', {
      list: {
        name: 'Events',
        stringid: 'events',
        sender_url: 'https://example.com',
        sender_reminder: 'You asked',
        user: 1,
        channel: 'email',
      },
    });

    expect([status, body.list.id, body.list.user]).toEqual([201, '3', '1']);
    expect((await account.get('lists?filters[name]=events')).body.lists.map(({ id }: { id: string }) => id)).toEqual(['3']);
    expect((await account.get('lists?filters[name][contains]=e')).body.meta.total).toBe('3');
    expect((await account.post('lists', { list: { name: 'Half' } })).status).toBe(422);
  });

  test('are shown to users by a list group', async () => {
    const { status, body } = await account.post('listGroups', { listGroup: { listid: 1, groupid: 1 } });

    expect([status, body.listGroup]).toEqual([201, expect.objectContaining({ listid: 1, groupid: 1, id: '1' })]);
  });

  test('one that is gone is missed with 404 when read and 403 when deleted', async () => {
    await account.post('contactLists', { contactList: { contact, list: 1, status: 1 } });
    expect((await account.call('DELETE', 'lists/1')).body).toEqual({});
    const again = await account.call('DELETE', 'lists/1');

    expect([again.status, again.body]).toEqual([403, { message: 'No Result found for _List with id 1' }]);
    expect((await account.get('lists/1')).status).toBe(404);
    expect(account.dump('contactList')).toEqual([]);
  });
});

describe('memberships', () => {
  test('a pair is made, then changed, always with 200 and the status in the type sent', async () => {
    const made = await account.post('contactLists', { contactList: { contact, list: 1, status: 1 } });
    account.advance(60_000);
    const left = await account.post('contactLists', { contactList: { contact, list: 1, status: '2' } });

    expect([made.status, Object.keys(made.body), made.body.contactList.status]).toEqual([200, ['contacts', 'contactList'], 1]);
    expect([left.status, Object.keys(left.body), left.body.contactList.status]).toEqual([200, ['contactList'], '2']);
    expect(account.dump('contactList')).toMatchObject([
      {
        id: '1',
        contact,
        list: '1',
        status: '2',
        sdate: '2026-11-21T23:00:00-06:00',
        udate: '2026-11-21T23:01:00-06:00',
        first_name: 'Ada',
        channel: 'email',
        sourceid: '4',
      },
    ]);
    expect((await account.get('lists/1')).body.list).toMatchObject({ active_subscribers: '0', non_deleted_subscribers: '1' });
  });

  test('who left can be put back through this call', async () => {
    for (const status of [1, 2, 1]) await account.post('contactLists', { contactList: { contact, list: 1, status } });

    expect(account.dump('contactList')).toMatchObject([{ status: '1', udate: null }]);
  });

  test.each([0, 3, 91, 'x'])('status %j cannot be written', async (status) => {
    expect((await account.post('contactLists', { contactList: { contact, list: 1, status } })).status).toBe(422);
    expect(account.dump('contactList')).toEqual([]);
  });

  test('the listing heeds no filter', async () => {
    await account.post('contactLists', { contactList: { contact, list: 1, status: 1 } });
    await account.post('contactLists', { contactList: { contact, list: 2, status: 1 } });

    expect((await account.get('contactLists?filters[list]=1&filters[listid]=1')).body.meta.total).toBe('2');
    expect(
      (await account.get('contactLists?limit=1&offset=1')).body.contactLists.map(({ list }: { list: string }) => list),
    ).toEqual(['2']);
  });
});

test('an automation is joined once, or as often as it allows', async () => {
  const join = (automation: number): Promise<number> =>
    account.post('contactAutomations', { contactAutomation: { contact, automation } }).then(({ status }) => status);

  expect([await join(1), await join(1), await join(2), await join(2)]).toEqual([201, 403, 201, 201]);
  expect((await account.post('contactAutomations', { contactAutomation: { contact: 99, automation: 1 } })).body).toEqual({
    message: 'Could not create SubscriberSeries',
  });
  expect((await account.get('automations')).body).toMatchObject({
    automations: [
      { name: 'Welcome series', entered: '1' },
      { name: 'Win back', entered: '2' },
    ],
    meta: { total: '2', filtered: false, smsLogs: [] },
  });
  expect((await account.call('DELETE', 'contactAutomations/1')).body).toEqual({});
  const again = await account.call('DELETE', 'contactAutomations/1');
  expect([again.status, again.body]).toEqual([403, { message: 'No Result found for SubscriberSeries with id 1' }]);
  expect((await account.get('contactAutomations/1')).status).toBe(404);
});
