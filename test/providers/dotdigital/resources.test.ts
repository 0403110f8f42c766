import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dotdigitalProvider } from '../../../src/providers/dotdigital/provider.ts';
import type { Connection } from '../../../src/providers/provider.ts';
import { Account, collect } from './connected.ts';

const BOOK = 'dotdigital/address-book';
const FIELD = 'dotdigital/data-field';
const bookType = dotdigitalProvider.resourceTypes[BOOK]!;
const fieldType = dotdigitalProvider.resourceTypes[FIELD]!;

let account: Account;
let connection: Connection;

beforeAll(async () => {
  account = await Account.start(5);
});
afterAll(() => account.close());

beforeEach(async () => {
  await account.reset(5);
  connection = account.connect();
  return () => connection.close();
});

describe('address books', () => {
  it('are made, found, changed and removed', async () => {
    const books = connection.resources(BOOK);
    const made = await books.create(bookType.normalize({ name: 'Donors' }));
    expect(made.attributes).toEqual({ name: 'Donors', visibility: 'Private' });
    expect(await books.find({ name: 'Donors' })).toEqual(made);

    const changed = await books.update(made.id, made.attributes, { name: 'Givers', visibility: 'Public' });
    expect(changed).toEqual({ id: made.id, attributes: { name: 'Givers', visibility: 'Public' } });
    await books.delete(made.id);
    await books.delete(made.id);
    expect(await books.read(made.id)).toBeUndefined();
  });

  it('of every account are neither listed nor taken for ours', async () => {
    const books = connection.resources(BOOK);
    const names = (await collect(books.list())).map((book) => book.attributes['name']);
    expect(names).not.toContain('Test');
    expect(names).toContain('Newsletter');
    expect(await books.find({ name: 'Test' })).toBeUndefined();
    for (const name of ['Test', 'all contacts']) {
      expect(bookType.validate({ name })).toMatchObject([{ severity: 'error', code: 'PROVIDER_INVALID_ATTRIBUTE' }]);
      await expect(books.create({ name })).rejects.toMatchObject({ code: 'PROVIDER_INVALID_ATTRIBUTE' });
    }
  });

  it('that are made can be mapped at once', async () => {
    expect((await connection.describe('contact', ['member/Donors'])).missing).toEqual(['member/Donors']);
    await connection.resources(BOOK).create({ name: 'Donors', visibility: 'Private' });
    expect((await connection.describe('contact', ['member/Donors', 'book/Donors'])).missing).toEqual([]);
  });
});

it('an address book provides its membership and its consent to mappings', () => {
  expect(bookType.field!({ name: 'Donors' })).toMatchObject({
    object: 'contact',
    field: { path: 'member/Donors', type: 'boolean' },
    also: [{ path: 'book/Donors', type: 'consent' }],
  });
});

describe('data fields', () => {
  it('are made with their default values, whatever the case of the name, and removed', async () => {
    const fields = connection.resources(FIELD);
    const declared = fieldType.normalize({ name: 'birthday', type: 'Date', defaultValue: '2000-01-31T00:00:00Z' });
    expect(declared).toEqual({
      name: 'BIRTHDAY',
      type: 'Date',
      visibility: 'Private',
      defaultValue: '2000-01-31T00:00:00',
    });
    const made = await fields.create(declared);
    expect(made).toEqual({ id: 'BIRTHDAY', attributes: declared });
    expect(await fields.find({ name: 'Birthday' })).toEqual(made);
    expect(await connection.describe('contact', ['field/birthday'])).toMatchObject({
      fields: [{ path: 'field/birthday', type: 'datetime' }],
      missing: [],
    });
    await fields.delete(made.id);
    expect(await fields.read(made.id)).toBeUndefined();
  });

  it('cannot be changed: every change makes them anew, and loses what people hold in them', () => {
    expect(fieldType).toMatchObject({
      update: false,
      holdsData: true,
      replaceOn: ['name', 'type', 'visibility', 'defaultValue'],
    });
  });

  it('have names and default values that the vendor takes', () => {
    const faults = (attributes: Record<string, unknown>): number => fieldType.validate(attributes).length;
    expect(faults({ name: 'EMAIL', type: 'String' })).toBe(1);
    expect(faults({ name: 'SIZE', type: 'Numeric', defaultValue: 'Hello' })).toBe(1);
    expect(faults({ name: 'SIZE', type: 'Numeric', defaultValue: 4.5 })).toBe(0);
    expect(faults({ name: 'VIP', type: 'Boolean', defaultValue: true })).toBe(0);
    expect(faults({ name: 'SINCE', type: 'Date', defaultValue: 'yesterday' })).toBe(1);
  });
});

describe('the account', () => {
  it('is known by its id, and is fine', async () => {
    expect(await connection.account()).toEqual({ id: '1', label: 'Sandbox' });
    expect(await connection.check()).toEqual([]);
    expect(connection.usage().calls).toBe(await account.calls());
  });

  it('refuses another password, in words that do not show it', async () => {
    const stranger = account.connect({ method: 'basic', user: 'someone@example.com', password: 'wrong-password' });
    const findings = await stranger.check();
    expect(findings).toMatchObject([{ severity: 'error', what: 'The API user or its password was refused.' }]);
    expect(JSON.stringify(findings)).not.toContain('wrong-password');
    await stranger.close();
  });
});
