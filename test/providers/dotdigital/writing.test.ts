import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Connection, RecordClient, WriteRequest } from '../../../src/providers/provider.ts';
import { Account, applied, clientOf, collect, create, noJob, people, readAll } from './connected.ts';

const PATHS = [
  'email',
  'optInType',
  'status',
  'field/FIRSTNAME',
  'field/LASTNAME',
  'member/Newsletter',
  'book/Newsletter',
  'member/Customers',
];

let account: Account;
let connection: Connection;
let client: RecordClient;

beforeAll(async () => {
  account = await Account.start();
});
afterAll(() => account.close());

beforeEach(async () => {
  await account.reset();
  connection = account.connect();
  client = await clientOf(connection, PATHS);
  return () => connection.close();
});

/** The outcome of one request. */
async function write(request: WriteRequest) {
  const [outcome] = await client.write([request], noJob);
  return outcome!;
}

async function stored(id: string) {
  const [record] = await collect(client.readByIds([id]));
  return record?.values;
}

describe('writing few Dotdigital contacts', () => {
  it('creates one by its address, in lower case, and a second time finds it', async () => {
    const request = create('Zoë.New@Example.NET', { 'field/FIRSTNAME': 'Zoë', 'member/Newsletter': true, optInType: 'Double' });

    const first = applied(await write(request));
    const second = applied(await write(request));

    expect(first.created).toBe(true);
    expect(first.record.values).toMatchObject({
      email: 'zoë.new@example.net',
      'field/FIRSTNAME': 'Zoë',
      'member/Newsletter': true,
      optInType: 'Double',
      status: 'subscribed',
    });
    expect(second).toMatchObject({ id: first.id, created: false });
  });

  it('writes the fields given and none besides, clears with null, and moves the address', async () => {
    const { id } = applied(await write(create('one@example.net', { 'field/FIRSTNAME': 'A', 'field/LASTNAME': 'B' })));

    const outcome = applied(await write({ action: 'update', id, values: { 'field/FIRSTNAME': null, email: 'Two@example.net' } }));

    expect(outcome.record.values).toMatchObject({ 'field/FIRSTNAME': null, 'field/LASTNAME': 'B', email: 'two@example.net' });
    expect(await stored(id)).toMatchObject({ 'field/FIRSTNAME': null, 'field/LASTNAME': 'B', email: 'two@example.net' });
  });

  it('needs one call for a change of fields, and one more to see who was put into a book', async () => {
    const { id } = applied(await write(create('calls@example.net')));
    const changes: readonly WriteRequest['values'][] = [{ 'field/FIRSTNAME': 'x' }, { 'member/Newsletter': true }];
    for (const values of changes) {
      const before = await account.calls();
      const { record } = applied(await write({ action: 'update', id, values }));
      const price = client.price.write([{ action: 'update', count: 1, paths: Object.keys(values), fills: Object.keys(values) }]);

      expect(record.values).toMatchObject({ ...values, email: 'calls@example.net' });
      expect([(await account.calls()) - before, price]).toEqual(changes.indexOf(values) === 0 ? [1, 1] : [2, 2]);
    }
  });

  it('asks again for a write whose answer was lost, and makes no second contact', async () => {
    await account.control('faults', [{ match: { method: 'PATCH', path: '/contacts/v3/*' }, kind: 'lost-response' }]);

    const outcome = applied(await write(create('lost@example.net')));

    expect(outcome.created).toBe(true);
    expect(await collect(client.readByKey('email', ['lost@example.net']))).toHaveLength(1);
  });

  it('says who holds an address that a contact was to get', async () => {
    const holder = applied(await write(create('taken@example.net')));
    const { id } = applied(await write(create('mover@example.net')));

    const outcome = await write({ action: 'update', id, values: { email: 'taken@example.net' } });

    expect(outcome).toMatchObject({ status: 'failed', code: 'PROVIDER_DUPLICATE_RECORD', duplicateOf: holder.id });
  });

  it('tells that a contact to be changed is gone, and takes its removal for done', async () => {
    const { id } = applied(await write(create('gone@example.net')));
    expect(await write({ action: 'delete', id, values: {} })).toMatchObject({ status: 'applied' });

    expect(await write({ action: 'update', id, values: { 'field/FIRSTNAME': 'x' } })).toMatchObject({
      status: 'failed',
      gone: true,
    });
    expect(await write({ action: 'delete', id, values: {} })).toMatchObject({ status: 'applied' });
  });

  it('refuses what a field cannot hold before anything is sent', async () => {
    const before = await account.calls();
    expect(await write(create('x@example.net', { 'field/FIRSTNAME': ['a', 'b'] }))).toMatchObject({
      code: 'PROVIDER_INVALID_VALUE',
      fields: ['field/FIRSTNAME'],
    });
    expect(await write({ action: 'create', values: { 'field/FIRSTNAME': 'a' } })).toMatchObject({ fields: ['email'] });
    expect(await account.calls()).toBe(before);
  });
});

describe('consent and membership', () => {
  it('records an opt-out of the account, and a create that finds it leaves it', async () => {
    const { id } = applied(await write(create('out@example.net', { status: 'subscribed' })));
    const left = applied(await write({ action: 'update', id, values: { status: 'unsubscribed' } }));
    expect(left.record.values['status']).toBe('unsubscribed');

    const again = await write(create('out@example.net', { status: 'subscribed', 'field/FIRSTNAME': 'x' }));

    expect(again).toMatchObject({ status: 'applied', id, created: false, record: { values: { status: 'unsubscribed' } } });
    const crowd = [create('out@example.net', { status: 'subscribed' }), ...people(20)];
    const [imported] = await client.write(crowd, noJob);
    expect(imported).toMatchObject({ status: 'applied', id, created: false, record: { values: { status: 'unsubscribed' } } });
    expect((await stored(id))?.['status']).toBe('unsubscribed');
  });

  it('asks the person before anybody is subscribed to the account again', async () => {
    const { id } = applied(await write(create('back@example.net')));
    await write({ action: 'update', id, values: { status: 'unsubscribed' } });

    const outcome = await write({ action: 'update', id, values: { status: 'subscribed' }, before: { status: 'unsubscribed' } });

    applied(outcome);
    expect(await account.callsTo(/no-challenge/)).toBe(0);
  });

  it('takes somebody out of a book without unsubscribing, and unsubscribes from one book alone', async () => {
    const values = { 'member/Newsletter': true, 'member/Customers': true };
    const { id } = applied(await write(create('books@example.net', values)));

    const out = applied(await write({ action: 'update', id, values: { 'member/Customers': false } }));
    expect(out.record.values['member/Customers']).toBe(false);
    const left = applied(await write({ action: 'update', id, values: { 'book/Newsletter': 'unsubscribed' } }));
    expect(left.record.values['book/Newsletter']).toBe('unsubscribed');

    expect(await stored(id)).toMatchObject({
      'member/Customers': false,
      'member/Newsletter': false,
      'book/Newsletter': 'unsubscribed',
      status: 'subscribed',
    });
  });

  it('is not refused as a whole where somebody left a book before the rest was refused', async () => {
    const { id } = applied(await write(create('leaver@example.net', { 'member/Customers': true })));
    const holder = applied(await write(create('holder@example.net'))).id;

    const left = await write({ action: 'update', id, values: { 'member/Customers': false, email: 'holder@example.net' } });
    const rest = await write({ action: 'update', id, values: { email: 'holder@example.net' } });

    expect(left).toMatchObject({ status: 'unknown' });
    expect(await stored(id)).toMatchObject({ 'member/Customers': false, email: 'leaver@example.net' });
    expect(rest).toMatchObject({ status: 'failed', duplicateOf: holder });
  });

  it('adding to a book lifts no opt-out of it', async () => {
    const { id } = applied(await write(create('stays@example.net', { 'member/Newsletter': true })));
    await write({ action: 'update', id, values: { 'book/Newsletter': 'unsubscribed' } });

    const outcome = applied(await write({ action: 'update', id, values: { 'member/Newsletter': true, 'field/FIRSTNAME': 'y' } }));

    expect(outcome.record.values).toMatchObject({ 'book/Newsletter': 'unsubscribed', 'member/Newsletter': false });
  });

  it('removes many from a book by one job, and many contacts are read back from its end', async () => {
    const outcomes = await client.write(people(30, { 'member/Newsletter': true }), noJob);
    const ids = outcomes.map((outcome) => applied(outcome).id);
    const requests = ids.map((id): WriteRequest => ({ action: 'update', id, values: { 'member/Newsletter': false } }));
    const before = await account.callsTo(/^POST .*contacts\/delete/);

    for (const outcome of await client.write(requests, noJob)) {
      expect(applied(outcome).record.values['member/Newsletter']).toBe(false);
    }

    expect(await account.callsTo(/^POST .*contacts\/delete/)).toBe(before + 1);
    const { records } = await readAll(client);
    for (const id of ids) expect(records.get(id)?.values['member/Newsletter']).toBe(false);
  });
});
