import { assert, asyncProperty, constantFrom } from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { Account, peopled } from './account.ts';

let account: Account;

async function ids(query: string): Promise<number[]> {
  const { status, body } = await account.get(`contacts?${query}`);
  expect(status).toBe(200);
  return body.contacts.map(({ id }: { id: string }) => Number(id));
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

async function allIds(query: string): Promise<number[]> {
  const found: number[] = [];
  for (;;) {
    const page = await ids(`${query}&limit=100&orders[id]=ASC&id_greater=${found.at(-1) ?? 0}`);
    found.push(...page);
    if (page.length < 100) return found;
  }
}

describe('over seeded people', () => {
  let contacts: Record<string, unknown>[];

  beforeAll(() => {
    account = peopled(400);
    contacts = account.dump('contact');
  });

  test('pages hold 20 unless asked, 100 at most, and the total is text', async () => {
    expect(await ids('')).toHaveLength(20);
    expect(await ids('limit=1000')).toHaveLength(100);
    expect((await account.get('contacts?limit=7&offset=3')).body.meta).toEqual({
      page_input: {
        segmentid: null,
        formid: 0,
        listid: 0,
        tagid: 0,
        limit: 7,
        offset: 3,
        search: null,
        sort: null,
        seriesid: 0,
        waitid: 0,
        status: -1,
        forceQuery: 0,
        cacheid: expect.stringMatching(/^[0-9a-f]{32}$/),
      },
      total: String(contacts.length),
      sortable: true,
    });
  });

  test('keyset paging meets everybody once, ascending', async () => {
    expect(await allIds('')).toEqual(contacts.map(({ id }) => Number(id)));
  });

  test('the total under id_greater counts the rest', async () => {
    const { body } = await account.get('contacts?orders[id]=ASC&id_greater=300');

    expect(Number(body.meta.total)).toBe(contacts.filter(({ id }) => Number(id) > 300).length);
  });

  test('without an order the listing comes by address', async () => {
    const { body } = await account.get('contacts?limit=100');
    const emails = body.contacts.map(({ email }: { email: string }) => email.toLowerCase());

    expect(emails).toEqual([...emails].sort(byCodeUnit));
    expect(emails).not.toEqual(contacts.slice(0, 100).map(({ email }) => String(email).toLowerCase()));
  });

  test('orders apply one after the other', async () => {
    const { body } = await account.get('contacts?limit=100&orders[first_name]=DESC&orders[id]=DESC');
    const keys = body.contacts.map(
      (row: { firstName: string; id: string }) => [row.firstName.toLowerCase(), Number(row.id)] as const,
    );

    for (let index = 1; index < keys.length; index += 1) {
      const [before, after] = [keys[index - 1]!, keys[index]!];
      expect(before[0] > after[0] || (before[0] === after[0] && before[1] > after[1])).toBe(true);
    }
  });

  test('status and list pick the members with that status', async () => {
    const memberships = account.dump('contactList');
    for (const status of [1, 2, 3]) {
      const expected = memberships
        .filter((row) => row['list'] === '1' && row['status'] === String(status))
        .map((row) => Number(row['contact']));
      expect(expected.length).toBeGreaterThan(0);
      expect(await allIds(`listid=1&status=${status}`)).toEqual(expected.sort((a, b) => a - b));
    }
    expect(await allIds('listid=2&status=-1')).toHaveLength(memberships.filter((row) => row['list'] === '2').length);
    expect(await allIds('listid=77')).toEqual([]);
  });

  test('tagid picks the tagged, with other filters too', async () => {
    const tagged = account
      .dump('contactTag')
      .filter((row) => row['tag'] === '2')
      .map((row) => Number(row['contact']));
    const members = new Set(await allIds('listid=1&status=1'));

    expect(await allIds('tagid=2')).toEqual(tagged.sort((a, b) => a - b));
    expect(await allIds('tagid=2&listid=1&status=1')).toEqual(tagged.filter((id) => members.has(id)));
  });

  test('changes are picked by second, the named one left out, whatever way it is spelled', async () => {
    const stamps = contacts.map((row) => ({ id: Number(row['id']), at: Date.parse(String(row['udate'])) }));
    await assert(
      asyncProperty(constantFrom(...stamps), constantFrom('Z', 'millisecond', 'offset'), async ({ at }, spelling) => {
        const zulu = new Date(at).toISOString();
        const spelled =
          spelling === 'Z'
            ? zulu.replace('.000', '')
            : spelling === 'millisecond'
              ? zulu
              : new Date(at + 3_600_000).toISOString().replace('.000Z', '+01:00');
        const value = encodeURIComponent(spelled);
        expect(await allIds(`filters[updated_after]=${value}`)).toEqual(stamps.filter((row) => row.at > at).map(({ id }) => id));
        expect(await allIds(`filters[updated_before]=${value}`)).toEqual(stamps.filter((row) => row.at < at).map(({ id }) => id));
      }),
      { numRuns: 25, seed: 1 },
    );
  });

  test('a remembered listing does not outlive a change', async () => {
    const before = await allIds('search=zebra');
    const id = await account.contact('the.zebra@x.example');
    const after = await allIds('search=zebra');
    await account.call('DELETE', `contacts/${id}`);

    expect(before).toEqual([]);
    expect(after).toEqual([Number(id)]);
    expect(await allIds('search=zebra')).toEqual([]);
  });
});

describe('over a few known people', () => {
  beforeAll(async () => {
    account = new Account();
    await account.contact('ann@x.example', { firstName: 'Ann', lastName: 'Zorn', phone: '+49 30 1' });
    account.advance(60_000);
    await account.contact('bob@y.example', { firstName: 'Bob', lastName: 'Young', phone: '+49 40 2' });
    account.advance(60_000);
    await account.contact('Cid@x.example', { firstName: 'Cid', lastName: 'Ann', phone: '' });
    await account.post('contactLists', { contactList: { contact: 2, list: 1, status: 1 } });
    await account.post('contactAutomations', { contactAutomation: { contact: 3, automation: 1 } });
  });

  test.each([
    ['email=CID@X.example', [3]],
    ['email_like=x.example', [1, 3]],
    ['search=ann', [1, 3]],
    ['search=%2B49', [1, 2]],
    ['phone=%2B49%2030', [1]],
    ['ids[]=3&ids[]=1&ids[]=99', [1, 3]],
    ['ids[]=3&ids[]=1&email=ann@x.example', [1]],
    ['exclude=2', [1, 3]],
    ['id_less=3', [1, 2]],
    ['in_group_lists=true', [2]],
    ['seriesid=1', [3]],
    ['formid=4', []],
    ['segmentid=4&forceQuery=1', []],
    ['status=1', [2]],
    ['status=-1', [1, 2, 3]],
    ['filters[created_after]=2026-11-22T05:00:00Z', [2, 3]],
    ['filters[created_before]=2026-11-21 23:01:00', [1]],
    ['filters[created_before]=2026-11-23', [1, 2, 3]],
    ['filters[list]=1&filters[no_such]=2&whatever=3', [1, 2, 3]],
    ['filters[updated_after]=rubbish', [1, 2, 3]],
    ['email=nobody@x.example', []],
  ])('%s finds %j', async (query, expected) => {
    expect(await ids(`${query}&orders[id]=ASC`)).toEqual(expected);
  });

  test('descending ids, and id_greater under another order', async () => {
    expect(await ids('orders[id]=DESC')).toEqual([3, 2, 1]);
    expect(await ids('orders[last_name]=ASC')).toEqual([3, 2, 1]);
    expect(await ids('orders[name]=DESC&id_greater=1')).toEqual([3, 2]);
    expect(await ids('id_greater=1')).toEqual([2, 3]);
  });
});
