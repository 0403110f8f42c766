import { describe, expect, test } from 'vitest';
import { makeSeed } from '../../../src/sandbox/people.ts';
import type { SeedPerson } from '../../../src/sandbox/vendor.ts';
import { Account, peopled, START_MS } from './account.ts';

describe('the seeded account', () => {
  const seed = makeSeed(3, 500);
  const account = new Account(seed);
  const contacts = account.dump('contact');

  test('has one contact for each person that marketing knows', () => {
    const known = seed.marketing.map(({ email, firstName, lastName, phone }) => ({
      email: email ?? '',
      firstName,
      lastName,
      phone: phone ?? '',
    }));

    expect(contacts.map(({ email, firstName, lastName, phone }) => ({ email, firstName, lastName, phone }))).toEqual(known);
  });

  test('dates them by the clock', () => {
    const [first] = seed.marketing;
    expect(Date.parse(String(contacts[0]?.['cdate']))).toBe(START_MS - first!.createdMsAgo);
    expect(Date.parse(String(contacts[0]?.['udate']))).toBe(START_MS - first!.changedMsAgo);
  });

  test('has no custom fields', () => {
    for (const object of ['field', 'fieldOption', 'fieldRel', 'fieldValue']) expect(account.dump(object)).toEqual([]);
  });

  test('has everybody who opted out on the newsletter as unsubscribed, and others in all other states', () => {
    const statusOf = new Map(
      account
        .dump('contactList')
        .filter(({ list }) => list === '1')
        .map(({ contact, status }) => [contact, status]),
    );
    const states = new Map<unknown, number>();
    seed.marketing.forEach((person, index) => {
      const status = statusOf.get(String(index + 1)) ?? 'not on it';
      expect(status === '2').toBe(person.optedOut);
      states.set(status, (states.get(status) ?? 0) + 1);
    });

    expect(new Set(states.keys())).toEqual(new Set(['1', '2', '3', 'not on it']));
    expect(states.get('1')).toBeGreaterThan(contacts.length / 2);
  });

  test('names lists and tags, all of which are used', async () => {
    expect(account.dump('list').map(({ name }) => name)).toEqual(['Newsletter', 'Product updates']);
    expect(account.dump('tag').map(({ tag }) => tag)).toEqual(['vip', 'lead', 'event-2025']);
    for (const { subscriber_count } of account.dump('tag')) expect(Number(subscriber_count)).toBeGreaterThan(0);
    expect((await account.get('lists/2')).body.list.active_subscribers).not.toBe('0');
  });
});

test('one seed gives the same account, however much happened in between', async () => {
  const account = peopled(60);
  const before = [account.dump('contact'), account.dump('contactList'), account.dump('contactTag'), account.dump('tag')];
  await account.contact('new@x.example');
  await account.call('DELETE', 'contacts/1');
  await account.call('POST', 'import/bulk_import', { contacts: [{ email: 'late@x.example' }] });
  account.sandbox.reset(makeSeed(7, 60));
  account.advance(0);

  expect([account.dump('contact'), account.dump('contactList'), account.dump('contactTag'), account.dump('tag')]).toEqual(before);
  account.nowMs += 10_000;
  expect(account.dump('contact')).toEqual(before[0]);
});

test('two people of one address are one contact; one without address is none the less there', () => {
  const person = (number: number, email: string | null): SeedPerson => ({
    number,
    firstName: 'A',
    lastName: 'B',
    email,
    phone: null,
    jobTitle: null,
    city: null,
    birthday: null,
    leadSource: null,
    company: null,
    optedOut: false,
    createdMsAgo: 2000,
    changedMsAgo: 1000,
  });
  const account = new Account({
    seed: 1,
    crm: [],
    marketing: [person(1, 'a@x.example'), person(2, 'A@X.example'), person(3, null), person(4, null)],
  });

  expect(account.dump('contact').map(({ email }) => email)).toEqual(['a@x.example', '', '']);
});

describe('dumps', () => {
  test('are flat, ascend by id as a number, and know no other objects', async () => {
    const account = peopled(40);
    for (const object of [
      'contact',
      'contactList',
      'contactTag',
      'list',
      'tag',
      'user',
      'automation',
      'dealGroup',
      'dealStage',
    ]) {
      const rows = account.dump(object);
      expect(rows.length).toBeGreaterThan(0);
      const ids = rows.map(({ id }) => Number(id));
      expect(ids).toEqual([...ids].sort((a, b) => a - b));
      for (const row of rows) expect(row).not.toHaveProperty('links');
    }
    expect(account.sandbox.dump('Contact')).toBeUndefined();
    expect(account.sandbox.dump('toString')).toBeUndefined();
  });
});
