import { beforeEach, describe, expect, test } from 'vitest';
import { Account } from './account.ts';

let account: Account;

beforeEach(() => {
  account = new Account();
});

describe('custom fields', () => {
  test('none are there before somebody makes one', async () => {
    expect((await account.get('fields')).body).toEqual({
      fieldOptions: [],
      fieldRels: [],
      fields: [],
      meta: { total: '0', selected: null },
    });
  });

  test('get their tag from the title, or keep a cleaned one of their own', async () => {
    await account.post('fields', { field: { title: 'Lead score', type: 'text' } });
    await account.post('fields', { field: { title: 'Other', type: 'text', perstag: 'My own tag' } });

    expect(account.dump('field').map(({ perstag }) => perstag)).toEqual(['LEAD_SCORE', 'MYOWNTAG']);
    expect(
      (await account.get('fields?filters[perstag]=lead_score')).body.fields.map(({ title }: { title: string }) => title),
    ).toEqual(['Lead score']);
  });

  test('refuse a title that is taken', async () => {
    await account.post('fields', { field: { title: 'City', type: 'text' } });
    const { status, body } = await account.post('fields', { field: { title: 'City', type: 'date' } });

    expect(status).toBe(422);
    expect(body).toEqual({
      errors: [
        {
          title: 'There is already a field with this title',
          detail: "There is already a field named 'City' -- choose another name",
          code: 'duplicate',
        },
      ],
    });
  });

  test('are changed in part', async () => {
    const id = await account.make('fields', 'field', { title: 'City', type: 'text', descript: 'Where' });
    const { status, body } = await account.call('PUT', `fields/${id}`, { field: { title: 'Town' } });

    expect(status).toBe(200);
    expect(body.field).toMatchObject({ title: 'Town', type: 'text', descript: 'Where', perstag: 'CITY' });
  });

  test('go with their options, relations and values', async () => {
    const contact = await account.contact('ada@x.example');
    const id = await account.make('fields', 'field', { title: 'Source', type: 'dropdown' });
    await account.post('fieldRels', { fieldRel: { field: id, relid: 0 } });
    await account.post('fieldOption/bulk', {
      fieldOptions: [{ orderid: 1, value: 'Web', label: 'Web', isdefault: false, field: id }],
    });
    await account.post('fieldValues', { fieldValue: { contact, field: id, value: 'Web' } });
    expect((await account.call('DELETE', `fields/${id}`)).body).toEqual({});

    for (const object of ['field', 'fieldOption', 'fieldRel', 'fieldValue']) expect(account.dump(object)).toEqual([]);
    expect((await account.call('DELETE', `fields/${id}`)).body).toEqual({ message: `No Result found for Field with id ${id}` });
  });
});

describe('options and relations', () => {
  test('options come back in the order sent, with the field id in the type sent', async () => {
    const field = await account.make('fields', 'field', { title: 'Source', type: 'dropdown' });
    const { status, body } = await account.post('fieldOption/bulk', {
      fieldOptions: ['Web', 'Phone'].map((value, index) => ({
        orderid: index + 1,
        value,
        label: value,
        isdefault: index === 1,
        field: Number(field),
      })),
    });

    expect(status).toBe(201);
    expect(body.fieldOptions.map((option: Record<string, unknown>) => [option['value'], option['field'], option['id']])).toEqual([
      ['Web', 1, '1'],
      ['Phone', 1, '2'],
    ]);
    const listed = (await account.get('fields')).body;
    expect(listed.fields[0].options).toEqual(['1', '2']);
    expect(listed.fieldOptions[1]).toMatchObject({ value: 'Phone', orderid: '2', isdefault: '1', field: '1' });
  });

  test('a body without options is refused with a text', async () => {
    const { status, body } = await account.post('fieldOption/bulk', {});

    expect([status, body]).toEqual([
      422,
      { errors: 'Bulk operation failed. Request must contain an array of fieldOption objects.' },
    ]);
  });

  test('deleting an option answers with an empty body', async () => {
    const field = await account.make('fields', 'field', { title: 'Source', type: 'dropdown' });
    await account.post('fieldOption/bulk', { fieldOptions: [{ value: 'Web', label: 'Web', field }] });
    const { status, body } = await account.call('DELETE', 'fieldOptions/1');

    expect([status, body]).toEqual([200, undefined]);
  });

  test.each([
    [8, 0],
    ['8', '0'],
  ])('a relation echoes %j and %j', async (_field, relid) => {
    const id = await account.make('fields', 'field', { title: 'City', type: 'text' });
    const field = typeof relid === 'number' ? Number(id) : id;
    const { status, body } = await account.post('fieldRels', { fieldRel: { field, relid } });

    expect(status).toBe(201);
    expect(body.fieldRel).toMatchObject({ field, relid, links: [] });
    expect((await account.get(`fields/${id}`)).body.fieldRels[0]).toMatchObject({ field: id, relid: '0', dorder: '0' });
  });
});

describe('field values', () => {
  let contact: string;
  let field: string;

  beforeEach(async () => {
    contact = await account.contact('ada@x.example');
    field = await account.make('fields', 'field', { title: 'City', type: 'text' });
  });

  test('are made with 201 and overwritten with 200, one a pair', async () => {
    const made = await account.post('fieldValues', { fieldValue: { contact: 1, field: 1, value: 'Ulm' } });
    const again = await account.post('fieldValues', { fieldValue: { contact, field, value: 'Bonn' } });

    expect(made.status).toBe(201);
    expect(Object.keys(made.body)).toEqual(['contacts', 'fieldValue']);
    expect(Object.keys(made.body.fieldValue)).toEqual(['contact', 'field', 'value', 'cdate', 'udate', 'links', 'owner', 'id']);
    expect([again.status, again.body.fieldValue.id]).toEqual([200, made.body.fieldValue.id]);
    expect(account.dump('fieldValue')).toMatchObject([{ contact, field, value: 'Bonn', owner: contact }]);
  });

  test('are changed and deleted by their own id', async () => {
    const id = await account.make('fieldValues', 'fieldValue', { contact, field, value: 'Ulm' });
    const { status, body } = await account.call('PUT', `fieldValues/${id}`, { fieldValue: { value: 'Jena' } });

    expect([status, body.fieldValue.value, body.contacts[0].id]).toEqual([200, 'Jena', contact]);
    expect((await account.call('DELETE', `fieldValues/${id}`)).body).toEqual({});
    expect((await account.call('DELETE', `fieldValues/${id}`)).body).toEqual({
      message: `No Result found for FieldValue with id ${id}`,
    });
  });

  test('are found by field and value', async () => {
    const other = await account.make('fields', 'field', { title: 'Code', type: 'text' });
    const second = await account.contact('bob@x.example');
    for (const [who, which, value] of [
      [contact, field, 'x'],
      [second, field, 'y'],
      [contact, other, 'x'],
    ] as const) {
      await account.post('fieldValues', { fieldValue: { contact: who, field: which, value } });
    }
    const found = async (query: string): Promise<[string, string]> => {
      const { body } = await account.get(`fieldValues?${query}`);
      return [body.fieldValues.map(({ id }: { id: string }) => id).join(), body.meta.total];
    };

    expect(await found('')).toEqual(['1,2,3', '3']);
    expect(await found(`filters[fieldid]=${field}`)).toEqual(['1,2', '2']);
    expect(await found('filters[val]=x')).toEqual(['1,3', '2']);
    expect(await found(`filters[fieldid]=${other}&filters[val]=x`)).toEqual(['3', '1']);
    expect(await found('filters[updated_after]=2030-01-01')).toEqual(['1,2,3', '3']);
    expect(await found('limit=1&offset=1')).toEqual(['2', '3']);
  });

  test('keep the pipes of several options as sent', async () => {
    const many = await account.make('fields', 'field', { title: 'Hobbies', type: 'checkbox' });
    await account.post('contact/sync', {
      contact: { email: 'ada@x.example', fieldValues: [{ field: many, value: '||chess||go||' }] },
    });

    expect(account.dump('fieldValue')[0]).toMatchObject({ value: '||chess||go||' });
  });

  test.each([
    ['date', '2008-01-20', '2008-01-20'],
    ['date', '2008-01-20T10:00:00Z', '2008-01-20'],
    ['date', '', ''],
    ['date', '20.1.2008', null],
    ['datetime', '2020-05-19T02:45:00-05:00', '2020-05-19T02:45:00-05:00'],
    ['number', '4.5', '4.5'],
    ['number', 'four', null],
    ['text', 'four', 'four'],
  ])('a %s field makes %j into %j', async (type, sent, kept) => {
    const id = await account.make('fields', 'field', { title: 'Typed', type });
    const { status } = await account.post('fieldValues', { fieldValue: { contact, field: id, value: sent } });

    expect(status).toBe(kept === null ? 422 : 201);
    expect(account.dump('fieldValue').map(({ value }) => value)).toEqual(kept === null ? [] : [kept]);
  });
});
