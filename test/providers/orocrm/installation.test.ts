import { describe, expect, it } from 'vitest';
import { oroCrmProvider } from '../../../src/providers/orocrm/provider.ts';
import { collect, idOf, noJob, readAll, startInstallation } from './connected.ts';

describe('an installation', () => {
  it('is known by its host and organisation', async () => {
    const oro = await startInstallation(1);

    expect(await oro.connect().account()).toEqual({ id: '127.0.0.1/1', label: 'Example at 127.0.0.1' });
  });

  it('says which way of marketing lists it has, and why it lets nobody in', async () => {
    const stock = await startInstallation(1);
    const exposing = await startInstallation(1, { exposesMarketingLists: true });
    const authentication = { method: 'client-credentials', clientId: 'sandbox', clientSecret: 'wrong' };

    const findings = await stock.connect().check();
    const refused = await stock.connect({ authentication }).check();

    expect(findings).toMatchObject([{ severity: 'warning', what: expect.stringContaining('does not expose marketing lists') }]);
    expect(await exposing.connect().check()).toMatchObject([
      { severity: 'note', what: expect.stringContaining('exposes marketing lists') },
    ]);
    expect(refused).toMatchObject([{ severity: 'error', what: expect.stringContaining('Client authentication failed') }]);
    expect(JSON.stringify(refused)).not.toContain('wrong');
  });

  it('reads who is in a marketing list and who left it, and records an opt-out', async () => {
    const oro = await startInstallation(60, { exposesMarketingLists: true });
    const client = await oro.records('contact', ['lastName', 'list/Newsletter', 'unsubscribed/Newsletter']);
    const { records, listed } = await readAll(client.read(undefined));
    const subscribed = records.find(({ values }) => values['unsubscribed/Newsletter'] === 'subscribed')!;
    const outside = records.find(({ values }) => values['list/Newsletter'] === false)!;
    const { id } = subscribed;

    const outcomes = await client.write([{ action: 'update', id, values: { 'unsubscribed/Newsletter': 'unsubscribed' } }], noJob);
    const [left] = await collect(client.readByIds([id]));
    const again = await readAll(client.read(undefined));
    const back = await client.write(
      [{ action: 'update', id, values: { lastName: 'Back', 'unsubscribed/Newsletter': 'subscribed' } }],
      noJob,
    );
    const [returned] = await collect(client.readByIds([id]));

    const marking = { match: { method: 'POST', path: '*/unsubscribe/*' }, kind: '429', times: 99 };
    await oro.control('faults', [marking]);
    const mark = { 'unsubscribed/Newsletter': 'unsubscribed' };
    const half = await client.write([{ action: 'update', id, values: { lastName: 'Half', ...mark } }], noJob);
    const rest = await client.write([{ action: 'update', id, values: mark }], noJob);
    const [written] = await collect(client.readByIds([id]));

    expect(half).toMatchObject([{ status: 'unknown' }]);
    expect(rest).toMatchObject([{ status: 'failed', fields: ['unsubscribed/Newsletter'] }]);
    expect(written!.values).toMatchObject({ lastName: 'Half', 'unsubscribed/Newsletter': 'subscribed' });
    expect(client.stream.listed).toEqual([
      { path: 'list/Newsletter', value: true },
      { path: 'unsubscribed/Newsletter', value: 'unsubscribed' },
    ]);
    expect(outside.values['unsubscribed/Newsletter']).toBe('unknown');
    expect(listed.some((record) => record.id === id && record.values['list/Newsletter'] === true)).toBe(true);
    expect(outcomes).toMatchObject([{ status: 'applied', record: { values: { 'unsubscribed/Newsletter': 'unsubscribed' } } }]);
    expect(left!.values['unsubscribed/Newsletter']).toBe('unsubscribed');
    expect(again.listed).toContainEqual({ id, values: { 'unsubscribed/Newsletter': 'unsubscribed' } });
    expect(back.map(idOf)).toEqual([id]);
    expect(returned!.values).toMatchObject({ lastName: 'Back', 'unsubscribed/Newsletter': 'subscribed' });
  });

  it('makes, renames and removes contact groups, and expects marketing lists', async () => {
    const oro = await startInstallation(5, { exposesMarketingLists: true });
    const connection = oro.connect();
    const groups = connection.resources('orocrm/contact-group');
    const lists = connection.resources('orocrm/marketing-list');

    const made = await groups.create({ label: 'Friends' });
    const described = await connection.describe('contact', ['groups']);
    const renamed = await groups.update(made.id, made.attributes, { label: 'Good Friends' });
    await groups.delete(made.id);
    await groups.delete(made.id);
    const list = await lists.find({ name: 'Newsletter' });

    expect(described.fields[0]!.options).toEqual(['Friends', 'Newsletter', 'Partners']);
    expect(renamed).toEqual({ id: made.id, attributes: { label: 'Good Friends' } });
    expect(await groups.read(made.id)).toBeUndefined();
    expect(await groups.find({ label: 'Newsletter' })).toMatchObject({ attributes: { label: 'Newsletter' } });
    expect(list).toMatchObject({ attributes: { name: 'Newsletter', object: 'contact' } });
    expect(await lists.read(list!.id)).toEqual(list);
    await expect(lists.create({ name: 'Other' })).rejects.toMatchObject({ code: 'PROVIDER_REFUSED' });
  });

  it('tells a person how to expose a marketing list', () => {
    const type = oroCrmProvider.resourceTypes['orocrm/marketing-list']!;

    expect(type.create).toBe(false);
    expect(type.normalize({ name: 'VIP' })).toEqual({ object: 'contact', name: 'VIP' });
    expect(type.steps({ name: 'VIP' }).join('\n')).toMatch(/api\.yml[\s\S]*"VIP"/);
    expect(type.field?.({ name: 'VIP' })).toMatchObject({ object: 'contact', field: { path: 'list/VIP', type: 'boolean' } });
  });
});
