import { describe, expect, it } from 'vitest';
import type { KnownVersions, RecordVersion, WriteRequest } from '../../../src/providers/provider.ts';
import { connectTo, readAll, recordsOf, startAccount } from './connected.ts';
import { applied, create, noJob, prepared } from './prepared-account.ts';

const PATHS = ['email', 'firstName', 'field/Job Title', 'tag/synced', 'list/Newsletter'];

/** Knows every version but those of some contacts; keeps what it was asked. */
function knowingAllBut(...unknown: readonly string[]): KnownVersions & { readonly asked: RecordVersion[] } {
  const asked: RecordVersion[] = [];
  const known: KnownVersions = (versions) => {
    asked.push(...versions);
    return Promise.resolve(new Set(versions.map(({ id }) => id).filter((id) => !unknown.includes(id))));
  };
  return Object.assign(known, { asked });
}

describe('contacts whose version is known', () => {
  it('are listed and read no further: what remains costs what it would cost alone', async () => {
    const account = await prepared();
    for (let index = 1; index <= 350; index += 1)
      account.setValue(account.addContact(`p${index}@example.com`).id, account.title, 'x');
    const client = await recordsOf(account, PATHS);
    const { cursor } = await readAll(client.read(undefined));
    const known = knowingAllBut('7', '301');
    account.server.requests.length = 0;

    const { records } = await readAll(client.read(cursor, undefined, known));

    expect(records.map((record) => record.id)).toEqual(['7', '301']);
    expect(records[0]!.values['field/Job Title']).toBe('x');
    expect(known.asked).toHaveLength(350);
    expect(known.asked[0]).toEqual({ id: '1', modifiedAt: expect.stringMatching(/^2026-.*Z$/) as string });
    // Four pages of contacts, the opt-outs, and two contacts one by one with their tags.
    expect(account.calls().filter((call) => call === 'GET /contacts')).toHaveLength(5);
    expect(account.calls().filter((call) => call === 'GET /contacts/*')).toHaveLength(2);
    expect(account.calls()).toHaveLength(5 + 2 + 2);
  });

  it('are read all the same without a cursor', async () => {
    const account = await prepared();
    account.addContact('ada@example.com');
    const client = await recordsOf(account, PATHS);

    const { records } = await readAll(client.read(undefined, undefined, knowingAllBut()));

    expect(records).toHaveLength(1);
  });

  it('do not hide who opted out', async () => {
    const account = await prepared();
    account.addContact('ada@example.com');
    const client = await recordsOf(account, PATHS);
    const { cursor } = await readAll(client.read(undefined));
    account.setStatus(1, account.list, 2);

    const { records, listed } = await readAll(client.read(cursor, undefined, knowingAllBut()));

    expect(records).toEqual([]);
    expect(listed).toEqual([{ id: '1', values: { 'list/Newsletter': 'unsubscribed' } }]);
  });
});

describe('an import', () => {
  const requests = Array.from({ length: 20 }, (_, index) =>
    create(`new${index}@example.com`, { firstName: `N${index}`, 'field/Job Title': 'Chief', 'tag/synced': true }),
  );

  it('is read back in full, two seconds after the last contact was written at the earliest', async () => {
    const account = await prepared();
    const client = await recordsOf(account, PATHS);
    await readAll(client.read(undefined));

    const outcomes = await client.write(requests, noJob);

    for (const outcome of outcomes) {
      const { values, modifiedAt, readAt } = applied(outcome).record;
      expect(values).toMatchObject({ 'field/Job Title': 'Chief', 'tag/synced': true });
      expect(Object.keys(values).toSorted()).toEqual(PATHS.filter((path) => path !== 'list/Newsletter').toSorted());
      expect(Date.parse(readAt!) - Date.parse(modifiedAt!)).toBeGreaterThanOrEqual(2_000);
    }
  });

  it('shows what somebody changed beside it', async () => {
    const account = await prepared();
    account.addField('City', 'text');
    const client = await recordsOf(account, [...PATHS, 'field/City']);
    await readAll(client.read(undefined));
    account.onRequest = ({ path }) => {
      const contact = account.byEmail('new3@example.com');
      if (path === '/api/3/contacts' && contact !== undefined) account.setValue(contact.id, account.fields.at(-1)!.id, 'Bern');
    };

    const outcomes = await client.write(requests, noJob);

    expect(applied(outcomes[3]).record.values['field/City']).toBe('Bern');
    expect(applied(outcomes[4]).record.values['field/City']).toBeNull();
  });

  it('is not read back in full where tags that it does not write are mapped', async () => {
    const account = await prepared();
    const client = await recordsOf(account, [...PATHS, 'tag/vip']);
    await readAll(client.read(undefined));

    const [outcome] = await client.write(requests, noJob);

    expect(applied(outcome).record.readAt).toBeUndefined();
    expect(Object.keys(applied(outcome).record.values)).not.toContain('tag/vip');
  });
});

describe('an import of values where there were none', () => {
  const update = (id: number): WriteRequest => ({
    action: 'update',
    id: String(id),
    values: { 'field/Job Title': 'Chief', 'tag/synced': true },
    before: { email: `p${id}@example.com`, firstName: null, 'field/Job Title': null, 'field/City': null, 'tag/synced': false },
  });
  const range = (from: number, to: number): WriteRequest[] =>
    Array.from({ length: to - from + 1 }, (_, index) => update(from + index));

  /** 300 contacts with a title, 60 without any value; read once, as a cycle does. */
  async function largeAccount() {
    const account = await prepared();
    account.addField('City', 'text');
    for (let index = 1; index <= 360; index += 1) {
      const { id } = account.addContact(`p${index}@example.com`);
      if (index <= 300) account.setValue(id, account.title, 'x');
    }
    account.setValue(305, account.fields.at(-1)!.id, '');
    account.clock.advance(60_000);
    const client = await recordsOf(account, [...PATHS, 'field/City']);
    await readAll(client.read(undefined));
    account.server.requests.length = 0;
    return { account, client };
  }

  it('is read back from the end of the listing, at its price', async () => {
    const { account, client } = await largeAccount();
    const paths = ['field/Job Title', 'tag/synced'];
    const price = client.price.write([{ action: 'update', count: 30, paths, fills: paths }]);

    const outcomes = await client.write(range(301, 330), noJob);

    expect(account.calls()).toEqual(['POST /import/bulk_import', 'GET /import/info', 'GET /contacts', 'GET /fieldValues']);
    expect(price).toBe(4);
    for (const outcome of outcomes) expect(applied(outcome).record.values['field/Job Title']).toBe('Chief');
  });

  it('is known in full but for contacts that had a blank row, which somebody may have filled', async () => {
    const { client } = await largeAccount();

    const outcomes = await client.write(range(301, 330), noJob);

    const known = outcomes.map((outcome) => applied(outcome)).filter(({ record }) => record.readAt !== undefined);
    expect(known).toHaveLength(29);
    expect(known.map(({ id }) => id)).not.toContain('305');
  });

  it('does not take a contact for known of whom somebody else added a value that an earlier import skipped over', async () => {
    const { account, client } = await largeAccount();
    account.setValue(340, account.fields.at(-1)!.id, 'Bern');
    await client.write(range(301, 330), noJob);

    const outcomes = await client.write(range(331, 360), noJob);

    const unknown = outcomes.map((outcome) => applied(outcome)).filter(({ record }) => record.readAt === undefined);
    expect(unknown.map(({ id }) => id)).toEqual(['340']);
  });

  it('reads everybody where new values are not listed last', async () => {
    const { account, client } = await largeAccount();
    account.values.reverse();
    account.onRequest = ({ path }) => {
      if (path === '/api/3/import/info') queueMicrotask(() => account.values.sort((one, other) => other.id - one.id));
    };

    const outcomes = await client.write(range(301, 330), noJob);

    for (const outcome of outcomes) expect(applied(outcome).record.values['field/Job Title']).toBe('Chief');
    expect(account.calls().filter((call) => call === 'GET /contacts/*')).toHaveLength(0);
  });
});

describe('a description', () => {
  it('serves again for some minutes', async () => {
    const account = await prepared();
    const connection = connectTo(account);
    await connection.describe('contact', PATHS);
    account.server.requests.length = 0;

    account.clock.advance(4 * 60_000);
    await connection.describe('contact', ['email', 'tag/synced']);
    expect(account.calls()).toEqual([]);

    account.clock.advance(2 * 60_000);
    await connection.describe('contact', ['tag/synced']);
    expect(account.calls()).toEqual(['GET /tags']);
  });

  it('knows what was made since, and is asked for again when something was changed', async () => {
    const account = await startAccount();
    const connection = connectTo(account);
    const fields = connection.resources('activecampaign/field');
    expect((await connection.describe('contact', ['field/Rank', 'tag/vip'])).missing).toHaveLength(2);
    const { id } = await fields.create({ title: 'Rank', type: 'dropdown', options: ['a', 'b'] });
    await connection.resources('activecampaign/tag').create({ tag: 'vip' });
    account.server.requests.length = 0;

    const described = await connection.describe('contact', ['field/Rank', 'tag/vip']);

    expect(account.calls()).toEqual([]);
    expect(described).toMatchObject({ missing: [], fields: [{ type: 'picklist', options: ['a', 'b'] }, { type: 'boolean' }] });
    expect((await readAll(connection.records(described).read(undefined))).records).toEqual([]);

    await fields.update(id, {}, { title: 'Rank', type: 'dropdown', options: ['a', 'b', 'c'] });
    account.server.requests.length = 0;
    expect((await connection.describe('contact', ['field/Rank'])).fields[0]).toMatchObject({ options: ['a', 'b', 'c'] });
    expect(account.calls()).toEqual(['GET /fields']);
  });
});
