import { describe, expect, it } from 'vitest';
import { collect, noJob, readAll, startInstallation } from './connected.ts';

const PATHS = ['firstName', 'lastName', 'primaryEmail', 'emails', 'birthday', 'groups', 'owner', 'createdAt'];

describe('reading contacts', () => {
  it('reads everybody, complete, in as many calls as there are pages', async () => {
    const oro = await startInstallation(60);
    const client = await oro.records('contact', PATHS);
    const held = await oro.dump('contacts');
    await oro.newCalls();

    const { records, cursor } = await readAll(client.read(undefined));

    expect(records.map(({ id }) => id)).toEqual(held.map((row) => String(row['id'])));
    expect(Object.keys(records[0]!.values).toSorted()).toEqual([...PATHS].toSorted());
    expect(records[0]).toMatchObject({
      values: { owner: '1', groups: ['Newsletter'] },
      modifiedAt: expect.stringMatching(/\.000Z$/),
    });
    expect(records[0]!.values['emails']).toEqual([records[0]!.values['primaryEmail']]);
    expect(cursor).toBeDefined();
    expect(await oro.newCalls()).toEqual({ 'GET /api/contacts': client.price.read(held.length, true) });
    expect(await client.count()).toBe(held.length);
  });

  it('reads again only what changed since, and never passes a change by', async () => {
    const oro = await startInstallation(60);
    const client = await oro.records('contact', PATHS);
    const first = await readAll(client.read(undefined));
    const { id } = first.records[3]!;
    oro.sandbox.clock.advance(3_600_000);
    const second = await readAll(client.read(first.cursor));
    await oro.elsewhere('PATCH', `/api/contacts/${id}`, { data: { type: 'contacts', id, attributes: { lastName: 'Moved' } } });

    const third = await readAll(client.read(second.cursor));

    expect(second.records).toEqual([]);
    expect(third.records).toMatchObject([{ id, values: { lastName: 'Moved' } }]);
    // A cursor stays behind the installation's clock, so that one that was stored meanwhile is seen twice rather than never.
    expect((await readAll(client.read(third.cursor))).records.map((record) => record.id)).toEqual([id]);
  });

  it('finds by id and by address, whatever the case of the letters, and reports two contacts of one address', async () => {
    const oro = await startInstallation(20);
    const client = await oro.records('contact', PATHS);
    const { records } = await readAll(client.read(undefined));
    const person = records.find(({ values }) => values['primaryEmail'] !== null)!;
    const email = String(person.values['primaryEmail']);
    const [twin] = await client.write([{ action: 'create', values: { firstName: 'Twin', primaryEmail: email } }], noJob);

    const byId = await collect(client.readByIds([person.id, '999999', 'nonsense']));
    const byEmail = await collect(client.readByKey('primaryEmail', [email.toUpperCase(), 'nobody@example.com']));
    const byName = await collect(client.readByKey('firstName', ['Twin']));

    expect(byId.map(({ id }) => id)).toEqual([person.id]);
    expect(byEmail.map(({ id }) => id).toSorted()).toEqual([person.id, (twin as { id: string }).id].toSorted());
    expect(byName).toMatchObject([{ values: { primaryEmail: email } }]);
  });

  it('follows the name of an account, whose changes leave its people alone', async () => {
    const oro = await startInstallation(20);
    const client = await oro.records('contact', ['lastName', 'accounts.name']);
    const { records } = await readAll(client.read(undefined));
    const { id } = records[0]!;
    const made = await oro.elsewhere('POST', '/api/accounts', { data: { type: 'accounts', attributes: { name: 'Acme' } } });
    const account = (made['data'] as { id: string }).id;
    const relationships = { accounts: { data: [{ type: 'accounts', id: account }] } };
    await oro.elsewhere('PATCH', `/api/contacts/${id}`, { data: { type: 'contacts', id, relationships } });
    const named = await readAll(client.read(undefined));
    oro.sandbox.clock.advance(3_600_000);
    const { cursor } = await readAll(client.read(named.cursor));
    await oro.elsewhere('PATCH', `/api/accounts/${account}`, {
      data: { type: 'accounts', id: account, attributes: { name: 'Apex' } },
    });

    const renamed = await readAll(client.read(cursor));

    expect(named.records.find((record) => record.id === id)?.values['accounts.name']).toBe('Acme');
    expect(renamed.records.map((record) => [record.id, record.values['accounts.name']])).toEqual([[id, 'Apex']]);
  });

  it('tells what it lacks, and reads leads by the same rules', async () => {
    const oro = await startInstallation(60);
    const connection = oro.connect();

    const contact = await connection.describe('contact', ['firstName', 'noSuchField', 'list/Newsletter', 'groups']);
    const lead = await oro.records('lead', ['name', 'companyName', 'primaryEmail', 'status']);
    const { records } = await readAll(lead.read(undefined));

    expect(contact.missing).toEqual(['noSuchField', 'list/Newsletter']);
    expect(contact.fields.at(-1)).toMatchObject({ path: 'groups', type: 'set', options: ['Newsletter', 'Partners'] });
    expect(lead.writer.requiredOnCreate).toEqual(['name']);
    expect(records[0]!.values).toMatchObject({ name: expect.stringMatching(/^Offer/), status: 'new' });
    expect(await collect(lead.readByKey('primaryEmail', [String(records[0]!.values['primaryEmail'])]))).toHaveLength(1);
  });

  it('refuses a cursor that it did not make', async () => {
    const oro = await startInstallation(5);
    const client = await oro.records('contact', ['lastName']);

    await expect(readAll(client.read('nonsense' as never))).rejects.toMatchObject({ code: 'PROVIDER_INVALID_CURSOR' });
  });
});
