import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Connection } from '../../../src/providers/provider.ts';
import { Account, clientOf, collect, readAll } from './connected.ts';

const PATHS = ['email', 'emailType', 'status', 'field/FIRSTNAME', 'member/Newsletter', 'book/Newsletter'];

let account: Account;
let connection: Connection;

beforeAll(async () => {
  account = await Account.start();
});
afterAll(() => account.close());

beforeEach(async () => {
  await account.reset();
  connection = account.connect();
  return () => connection.close();
});

describe('reading Dotdigital contacts', () => {
  it('reads everybody, each mapped field of each, in the calls that it priced', async () => {
    const client = await clientOf(connection, PATHS);
    const count = await client.count();
    const before = await account.calls();

    const { records, pages, cursor } = await readAll(client);

    expect(await account.calls()).toBe(before + client.price.read(count, true));
    expect(records.size).toBeGreaterThanOrEqual(count);
    for (const record of records.values()) {
      expect(Object.keys(record.values).toSorted()).toEqual(PATHS.toSorted());
      expect(record.values['email']).toBe(String(record.values['email']).toLowerCase());
      expect(record.readAt).toBeDefined();
    }
    expect(cursor).toBeDefined();
    const members = pages.flatMap((page) => page.listed ?? []).filter((record) => record.values['member/Newsletter'] === true);
    const inBook = [...records.values()].filter((record) => record.values['member/Newsletter'] === true);
    expect(members.map((record) => record.id).toSorted()).toEqual(inBook.map((record) => record.id).toSorted());
    expect(inBook.length).toBeGreaterThan(0);
  });

  it('reads what changed since a cursor, and a suppression that somebody else recorded', async () => {
    const client = await clientOf(connection, PATHS);
    const { cursor, records } = await readAll(client);
    const [changed, left] = [...records.values()].filter((record) => record.values['status'] === 'subscribed');
    await account.control('clock', { advance: 'PT1H' });
    await account.call('PATCH', `/contacts/v3/contactId/${changed!.id}`, { dataFields: { FIRSTNAME: 'Changed' } });
    await account.call('POST', '/v2/contacts/unsubscribe', { email: left!.values['email'] });
    const next = await readAll(client, cursor);
    const refreshed = await readAll(client, cursor, true);

    expect(next.records.get(changed!.id)?.values['field/FIRSTNAME']).toBe('Changed');
    expect(next.records.get(left!.id)?.values['status']).toBe('unsubscribed');
    expect(next.records.get(left!.id)?.evidence?.['status']).toBeDefined();
    expect(next.records.size).toBe(2);
    expect([...refreshed.records.keys()].toSorted()).toEqual([...records.keys()].toSorted());
    expect(refreshed.records.get(left!.id)).toMatchObject({
      values: next.records.get(left!.id)!.values,
      evidence: { status: expect.any(String) },
    });
  });

  it('lists memberships and opt-outs of a book anew, since nothing tells of leaving it', async () => {
    const client = await clientOf(connection, PATHS);
    const { cursor, records } = await readAll(client);
    const members = [...records.values()].filter((record) => record.values['member/Newsletter'] === true);
    await account.control('clock', { advance: 'PT1H' });
    const books = (await account.call('GET', '/v2/address-books')) as { id: number; name: string }[];
    const book = books.find((one) => one.name === 'Newsletter')!.id;
    await account.call('DELETE', `/v2/address-books/${book}/contacts/${members[0]!.id}`);
    await account.call('POST', `/v2/address-books/${book}/contacts/unsubscribe`, { email: members[1]!.values['email'] });
    const { pages } = await readAll(client, cursor);

    const listed = pages.flatMap((page) => page.listed ?? []);
    const stillIn = listed.filter((record) => record.values['member/Newsletter'] === true).map((record) => record.id);
    expect(stillIn).toHaveLength(members.length - 2);
    expect(stillIn).not.toContain(members[0]!.id);
    expect(listed.filter((record) => record.values['book/Newsletter'] === 'unsubscribed').map((record) => record.id)).toContain(
      members[1]!.id,
    );
    const [again] = await collect(client.readByIds([members[1]!.id]));
    expect(again?.values).toMatchObject({ 'book/Newsletter': 'unsubscribed', 'member/Newsletter': false, status: 'subscribed' });
  });

  it('finds contacts by id and by address in any case, and leaves out who is not there', async () => {
    const client = await clientOf(connection, PATHS);
    const [one, two] = [...(await readAll(client)).records.values()];

    const byIds = await collect(client.readByIds([one!.id, '999999', 'no-id']));
    const byKey = await collect(client.readByKey('email', [String(two!.values['email']).toUpperCase(), 'nobody@example.net']));

    expect(byIds.map((record) => record.id)).toEqual([one!.id]);
    expect(byKey.map((record) => record.id)).toEqual([two!.id]);
    expect(byKey[0]?.values).toEqual(two!.values);
  });

  it('lists everybody where many are asked for, although nobody counted the account yet', async () => {
    const client = await clientOf(connection, PATHS);
    const all = (await readAll(client)).records;
    const later = await clientOf(account.connect(), PATHS);
    const lookups = await account.callsTo(/^GET \/contacts\/v3\/\*\/\*/);

    const byIds = await collect(later.readByIds([...all.keys()]));
    const byKey = await collect(
      later.readByKey(
        'email',
        [...all.values()].map(({ values }) => String(values['email'])),
      ),
    );

    expect(byIds).toHaveLength(all.size);
    expect(byKey).toHaveLength(all.size);
    expect(await account.callsTo(/^GET \/contacts\/v3\/\*\/\*/)).toBe(lookups);
    expect(await account.callsTo(/^GET \/v2\/contacts\/count/)).toBe(1);
  });

  it('shows nobody who was deleted in a read of everybody', async () => {
    const client = await clientOf(connection, ['email']);
    const { records } = await readAll(client);
    const [gone] = records.keys();
    await account.call('DELETE', `/contacts/v3/contactId/${gone}`);

    const left = (await readAll(client)).records;

    expect([...left.keys()].toSorted()).toEqual([...records.keys()].filter((id) => id !== gone).toSorted());
  });

  it('refuses a cursor that it did not make', async () => {
    const client = await clientOf(connection, ['email']);
    await expect(readAll(client, 'nonsense' as never)).rejects.toMatchObject({ code: 'PROVIDER_INVALID_CURSOR' });
  });
});
