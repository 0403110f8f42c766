import { describe, expect, it } from 'vitest';
import { activeCampaignProvider } from '../../../src/providers/activecampaign/provider.ts';
import type { ResourceAttributes, ResourceType } from '../../../src/providers/provider.ts';
import { collect, connectTo, startAccount } from './connected.ts';

function typeOf(name: string): ResourceType {
  return activeCampaignProvider.resourceTypes[`activecampaign/${name}`]!;
}

function normal(name: string, attributes: ResourceAttributes): ResourceAttributes {
  return typeOf(name).normalize(attributes);
}

const LEAD_SOURCE = normal('field', { title: 'Lead Source', type: 'dropdown', options: ['Web', 'Phone', 'Other'] });

describe('a custom field', () => {
  it('is created shown on all lists, with its options, as the plan shows it', async () => {
    const account = await startAccount();
    const client = connectTo(account).resources('activecampaign/field');

    const created = await client.create(LEAD_SOURCE);

    expect(created.attributes).toMatchObject({ ...LEAD_SOURCE, perstag: 'LEAD_SOURCE' });
    expect(account.fields[0]).toMatchObject({ onAllLists: true, visible: 1 });
    expect(account.calls()).toEqual(['POST /fields', 'POST /fieldRels', 'POST /fieldOption/bulk', 'GET /fields/*']);
    expect(await client.read(created.id)).toMatchObject({ id: created.id, attributes: created.attributes });
  });

  it.each([0, 1, 2])('whose creation broke off after %i calls is finished by finding and updating it', async (callsBefore) => {
    const account = await startAccount();
    const client = connectTo(account).resources('activecampaign/field');
    let calls = 0;
    account.onRequest = (_request, response) => {
      if ((calls += 1) <= callsBefore + 1) return false;
      response.writeHead(500);
      response.end();
      return true;
    };
    await expect(client.create(LEAD_SOURCE)).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
    account.onRequest = () => false;

    const found = await client.find(LEAD_SOURCE);
    const finished = await client.update(found!.id, found!.attributes, LEAD_SOURCE);

    expect(finished.attributes).toMatchObject(LEAD_SOURCE);
    expect(account.fields).toHaveLength(1);
    expect(account.fields[0]?.onAllLists).toBe(true);
  });

  it('is found by its exact title, beyond the first page', async () => {
    const account = await startAccount();
    for (let index = 0; index < 120; index += 1) account.addField(`Field ${index}`, 'text');
    const client = connectTo(account).resources('activecampaign/field');

    expect((await client.find({ title: 'Field 110' }))?.attributes['title']).toBe('Field 110');
    expect(await client.find({ title: 'field 110' })).toBeUndefined();
    expect(await collect(client.list())).toHaveLength(120);
  });

  it('gets new options at the end and keeps the others', async () => {
    const account = await startAccount();
    const field = account.addField('Lead Source', 'dropdown', ['Web', 'Phone']);
    const kept = field.options.map((option) => option.id);
    const client = connectTo(account).resources('activecampaign/field');

    const updated = await client.update(String(field.id), {}, LEAD_SOURCE);

    expect(updated.attributes['options']).toEqual(['Web', 'Phone', 'Other']);
    expect(field.options.slice(0, 2).map((option) => option.id)).toEqual(kept);
    expect(account.calls()).not.toContain('PUT /fields/*');
  });

  it('has its options put in another order by making those behind the first difference anew', async () => {
    const account = await startAccount();
    const field = account.addField('Lead Source', 'dropdown', ['Web', 'Other', 'Phone', 'Gone']);
    const client = connectTo(account).resources('activecampaign/field');

    const updated = await client.update(String(field.id), {}, LEAD_SOURCE);

    expect(updated.attributes['options']).toEqual(['Web', 'Phone', 'Other']);
  });

  it('is changed by one call, and by none where nothing differs', async () => {
    const account = await startAccount();
    const field = account.addField('Company', 'text');
    field.defval = 'kept';
    const client = connectTo(account).resources('activecampaign/field');
    const wanted = normal('field', { title: 'Company', type: 'text', description: 'Where they work', visible: false });

    expect((await client.update(String(field.id), {}, wanted)).attributes).toMatchObject({ ...wanted, defaultValue: 'kept' });
    account.server.requests.length = 0;
    await client.update(String(field.id), {}, wanted);

    expect(account.calls()).toEqual(['GET /fields/*']);
  });

  it('is removed, also when it is gone already', async () => {
    const account = await startAccount();
    const field = account.addField('Company', 'text');
    const client = connectTo(account).resources('activecampaign/field');

    await client.delete(String(field.id));
    await client.delete(String(field.id));

    expect(await client.read(String(field.id))).toBeUndefined();
  });

  it('tells mappings what it will hold', () => {
    const field = (attributes: ResourceAttributes): unknown => typeOf('field').field?.(attributes)?.field;

    expect(field(LEAD_SOURCE)).toMatchObject({ path: 'field/Lead Source', type: 'picklist', options: ['Web', 'Phone', 'Other'] });
    expect(field({ title: 'VIP', type: 'checkbox', options: ['true'] })).toMatchObject({ type: 'boolean' });
    expect(field({ title: 'Birthday', type: 'date' })).toMatchObject({ type: 'date' });
  });

  it.each([
    [{ title: 'A', type: 'dropdown' }, 'needs options'],
    [{ title: 'A', type: 'text', options: ['a'] }, 'has no options'],
    [{ title: 'A', type: 'listbox', options: ['a', 'a'] }, 'listed twice'],
    [{ title: 'A', type: 'listbox', options: ['a||b'] }, 'told apart'],
  ])('is refused as %j', (attributes, words) => {
    expect(
      typeOf('field')
        .validate(attributes)
        .map((fault) => fault.detail)
        .join(),
    ).toContain(words);
  });
});

describe('a tag', () => {
  it('is created, found by its exact name, described anew, and removed', async () => {
    const account = await startAccount();
    account.addTag('synced-with');
    const client = connectTo(account).resources('activecampaign/tag');
    const attributes = normal('tag', { tag: 'synced' });

    const created = await client.create(attributes);
    expect(created.attributes).toEqual({ tag: 'synced', description: '', tagType: 'contact' });
    expect((await client.find(attributes))?.id).toBe(created.id);
    expect(await client.find({ tag: 'sync' })).toBeUndefined();

    const updated = await client.update(created.id, created.attributes, { ...attributes, description: 'By Syncline' });
    expect(updated.attributes['description']).toBe('By Syncline');

    await client.delete(created.id);
    await client.delete(created.id);
    expect(await client.read(created.id)).toBeUndefined();
  });
});

describe('a list', () => {
  it('is created with a group that sees it, and removed though the vendor answers 403 the second time', async () => {
    const account = await startAccount();
    const connection = connectTo(account);
    await connection.account();
    const client = connection.resources('activecampaign/list');
    const attributes = {
      name: 'News',
      stringid: 'news',
      senderUrl: 'https://x.dev',
      senderReminder: 'You asked',
      channel: 'email',
    };

    const created = await client.create(attributes);
    expect(created.attributes).toEqual(attributes);
    expect(account.listGroups).toEqual([{ listid: Number(created.id), groupid: 1 }]);
    expect((await client.find({ name: 'News' }))?.id).toBe(created.id);

    await client.delete(created.id);
    await client.delete(created.id);
    expect(await client.read(created.id)).toBeUndefined();
  });

  it('without what the vendor needs is refused before any call', async () => {
    const account = await startAccount();
    const client = connectTo(account).resources('activecampaign/list');

    await expect(client.create({ name: 'News', channel: 'email' })).rejects.toThrow('stringid, senderUrl, senderReminder');

    expect(account.calls()).toEqual([]);
  });

  it('that a person makes comes with steps', () => {
    expect(typeOf('list').steps({ name: 'Newsletter' }).join('\n')).toContain('"Newsletter"');
  });
});

describe('the catalog', () => {
  const { catalog } = activeCampaignProvider;

  it('knows what every contact has, what only the account can tell, and what cannot be', () => {
    expect(catalog.field('contact', 'email')).toMatchObject({ type: 'email', required: true, unique: true });
    expect(catalog.field('contact', 'field/Any')).toBe('account');
    expect(catalog.field('contact', 'tag/any')).toBe('account');
    expect(catalog.field('contact', 'list/Any')).toBe('account');
    expect(catalog.field('contact', catalog.createdPath!('contact')!)).toMatchObject({ type: 'datetime', updateable: false });
    for (const path of ['Email', 'field/', 'deal/x', '', 'toString']) expect(catalog.field('contact', path)).toBeUndefined();
    expect(catalog.field('deal', 'email')).toBeUndefined();
    expect(catalog.paths('contact')).toEqual(['email', 'firstName', 'lastName', 'phone', 'cdate']);
  });
});
