import { accountTime } from './account-time.ts';
import { created, missingAttribute, noResult, ok, unprocessable, type Answer } from './answers.ts';
import { linksTo, route, type Exchange, type Route } from './exchange.ts';
import { fieldForm, fieldLinks, fieldOptionForm, fieldRelationForm } from './field-form.ts';
import { flagOf, idOf, integerOf, isObject, objectAt, textOf, type JsonObject } from './json.ts';
import { ordered, pageOf } from './paging.ts';
import { passes } from './query-parameters.ts';
import type { FieldRow } from './rows.ts';
import type { Store } from './store.ts';

const TYPES = new Set([
  'text',
  'textarea',
  'date',
  'datetime',
  'dropdown',
  'radio',
  'checkbox',
  'listbox',
  'hidden',
  'NULL',
  'number',
  'currency',
  'multiselect',
]);

const FIELD_FILTERS: Readonly<Record<string, (row: FieldRow) => string>> = {
  perstag: (row) => row.personalization,
  title: (row) => row.title,
  type: (row) => row.type,
};

/** An explicit tag loses what is no letter or digit; one made from the title has `_` in its place (both recorded). */
function personalizationOf(store: Store, sent: unknown, title: string): string {
  const explicit = textOf(sent)
    .replace(/[^\p{L}\p{N}_]/gu, '')
    .toUpperCase();
  const wanted = explicit === '' ? title.replace(/[^\p{L}\p{N}]+/gu, '_').toUpperCase() : explicit;
  const taken = new Set(store.fields.rows.map((row) => row.personalization));
  let tag = wanted;
  // UNVERIFIED: a taken tag gets a number, as those of deal fields do.
  for (let number = 1; taken.has(tag); number += 1) tag = `${wanted}_${number}`;
  return tag;
}

function titleTaken(title: string): Answer {
  return unprocessable(
    'There is already a field with this title',
    'duplicate',
    undefined,
    `There is already a field named '${title}' -- choose another name`,
  );
}

function fieldTitled(store: Store, title: string): FieldRow | undefined {
  const wanted = title.toLowerCase();
  return store.fields.rows.find((row) => row.title.toLowerCase() === wanted);
}

function listFields(exchange: Exchange): Answer {
  const { store, query, api } = exchange;
  const tests = query.filters.flatMap((test) => {
    const get = Object.hasOwn(FIELD_FILTERS, test.field) ? FIELD_FILTERS[test.field] : undefined;
    return get === undefined ? [] : [(row: FieldRow) => passes(get(row), test)];
  });
  const found = store.fields.rows.filter((row) => tests.every((test) => test(row)));
  const page = pageOf(
    exchange,
    ordered(query, found, { id: (row) => row.id, title: (row) => row.title, ordernum: (row) => row.order }),
  );
  return ok({
    ...partsOf(store, page, api),
    fields: page.map((row) => fieldForm(row, store, api)),
    meta: { total: String(found.length), selected: null },
  });
}

function partsOf(store: Store, fields: readonly FieldRow[], api: string): JsonObject {
  return {
    fieldOptions: fields.flatMap(({ id }) => store.fieldOptionsByField.get(id).map((option) => fieldOptionForm(option, api))),
    fieldRels: fields.flatMap(({ id }) => store.fieldRelationsByField.get(id).map(fieldRelationForm)),
  };
}

const OPTIONAL_ECHOES = ['descript', 'isrequired', 'perstag', 'defval', 'show_in_list', 'visible', 'rows', 'cols'] as const;

function createField(exchange: Exchange): Answer {
  const { store, now, api } = exchange;
  const body = objectAt(exchange.body, 'field');
  const title = textOf(body['title']).trim();
  const type = textOf(body['type']);
  if (title === '') return missingAttribute('title');
  if (type === '') return missingAttribute('type');
  // UNVERIFIED wording.
  if (!TYPES.has(type)) return unprocessable('The field type is invalid', 'field_invalid', 'type');
  if (fieldTitled(store, title) !== undefined) return titleTaken(title);
  const row = store.fields.insert({
    id: store.fields.nextId(),
    title,
    type,
    description: 'descript' in body ? textOf(body['descript']) : null,
    required: flagOf(body['isrequired']),
    personalization: personalizationOf(store, body['perstag'], title),
    defaultValue: 'defval' in body ? textOf(body['defval']) : null,
    showInList: flagOf(body['show_in_list']),
    rows: integerOf(body['rows'], 0),
    columns: integerOf(body['cols'], 0),
    visible: 'visible' in body ? flagOf(body['visible']) : '1',
    order: integerOf(body['ordernum'], store.fields.rows.length + 1),
    created: now,
    updated: now,
  });
  const echo: JsonObject = { type: row.type, title: row.title };
  for (const key of OPTIONAL_ECHOES) {
    if (key in body) echo[key] = body[key];
  }
  return created({
    field: {
      ...echo,
      created_by: '1',
      updated_by: '1',
      perstag: row.personalization,
      ordernum: row.order,
      cdate: accountTime(row.created),
      udate: accountTime(row.updated),
      links: fieldLinks(api, row.id),
      id: String(row.id),
    },
  });
}

function onField(exchange: Exchange, answer: (row: FieldRow) => Answer): Answer {
  const id = idOf(exchange.parameters[0]);
  const row = exchange.store.fields.get(id);
  return row === undefined ? noResult('Field', id) : answer(row);
}

function updateField(exchange: Exchange): Answer {
  const { store, now, api } = exchange;
  return onField(exchange, (row) => {
    const body = objectAt(exchange.body, 'field');
    const title = 'title' in body ? textOf(body['title']).trim() : row.title;
    if (title === '') return missingAttribute('title');
    const type = 'type' in body ? textOf(body['type']) : row.type;
    if (!TYPES.has(type)) return unprocessable('The field type is invalid', 'field_invalid', 'type');
    const holder = fieldTitled(store, title);
    if (holder !== undefined && holder !== row) return titleTaken(title);
    row.title = title;
    row.type = type;
    if ('descript' in body) row.description = textOf(body['descript']);
    if ('isrequired' in body) row.required = flagOf(body['isrequired']);
    if ('defval' in body) row.defaultValue = textOf(body['defval']);
    if ('show_in_list' in body) row.showInList = flagOf(body['show_in_list']);
    if ('visible' in body) row.visible = flagOf(body['visible']);
    if ('ordernum' in body) row.order = integerOf(body['ordernum'], row.order);
    if ('perstag' in body && textOf(body['perstag']).toUpperCase() !== row.personalization) {
      row.personalization = personalizationOf(store, body['perstag'], row.title);
    }
    row.updated = now;
    return ok({ ...partsOf(store, [row], api), field: fieldForm(row, store, api) });
  });
}

function deleteField(exchange: Exchange): Answer {
  const { store } = exchange;
  return onField(exchange, (row) => {
    store.fieldValues.remove(store.fieldValuesByField.get(row.id));
    store.fieldOptions.remove(store.fieldOptionsByField.get(row.id));
    store.fieldRelations.remove(store.fieldRelationsByField.get(row.id));
    store.fields.remove([row]);
    return ok({});
  });
}

function createRelation({ store, body, now }: Exchange): Answer {
  const sent = objectAt(body, 'fieldRel');
  const field = store.fields.get(idOf(sent['field']));
  if (field === undefined) return noResult('Field', idOf(sent['field']));
  const list = idOf(sent['relid']);
  if (list !== 0 && store.lists.get(list) === undefined) return noResult('_List', list);
  const row = store.fieldRelations.insert({ id: store.fieldRelations.nextId(), field: field.id, list, order: 0, created: now });
  return created({
    fieldRel: { relid: sent['relid'] ?? 0, field: sent['field'], cdate: accountTime(row.created), links: [], id: String(row.id) },
  });
}

function deleteRelation({ store, parameters }: Exchange): Answer {
  const id = idOf(parameters[0]);
  const row = store.fieldRelations.get(id);
  if (row === undefined) return noResult('FieldRel', id);
  store.fieldRelations.remove([row]);
  return ok({});
}

function listRelations(exchange: Exchange): Answer {
  const { rows } = exchange.store.fieldRelations;
  return ok({ fieldRels: pageOf(exchange, rows).map(fieldRelationForm), meta: { total: String(rows.length) } });
}

function createOptions({ store, body, now, api }: Exchange): Answer {
  const sent = body['fieldOptions'];
  if (!Array.isArray(sent) || sent.length === 0 || !sent.every(isObject)) {
    return { status: 422, body: { errors: 'Bulk operation failed. Request must contain an array of fieldOption objects.' } };
  }
  for (const option of sent) {
    const field = idOf(option['field']);
    if (store.fields.get(field) === undefined) return noResult('Field', field);
  }
  const fieldOptions = sent.map((option) => {
    const value = textOf(option['value']);
    const field = idOf(option['field']);
    const row = store.fieldOptions.insert({
      id: store.fieldOptions.nextId(),
      field,
      order: integerOf(option['orderid'], store.fieldOptionsByField.get(field).length + 1),
      value,
      label: 'label' in option ? textOf(option['label']) : value,
      isDefault: flagOf(option['isdefault']),
      created: now,
      updated: now,
    });
    return {
      label: row.label,
      value: row.value,
      field: option['field'],
      cdate: accountTime(row.created),
      udate: accountTime(row.updated),
      links: linksTo(api, `fieldOptions/${row.id}`, ['field']),
      id: String(row.id),
    };
  });
  return created({ fieldOptions });
}

function getOption({ store, api, parameters }: Exchange): Answer {
  const id = idOf(parameters[0]);
  const row = store.fieldOptions.get(id);
  return row === undefined ? noResult('FieldOption', id) : ok({ fieldOption: fieldOptionForm(row, api) });
}

/** Recorded: this deletion answers with an empty body. */
function deleteOption({ store, parameters }: Exchange): Answer {
  const id = idOf(parameters[0]);
  const row = store.fieldOptions.get(id);
  if (row === undefined) return noResult('FieldOption', id);
  store.fieldOptions.remove([row]);
  return { status: 200 };
}

function listOptions(exchange: Exchange): Answer {
  const { rows } = exchange.store.fieldOptions;
  return ok({
    fieldOptions: pageOf(exchange, rows).map((row) => fieldOptionForm(row, exchange.api)),
    meta: { total: String(rows.length) },
  });
}

export const fieldRoutes: readonly Route[] = [
  ...route('GET', 'fields', listFields),
  ...route('POST', 'fields', createField),
  ...route('GET', 'fields/*', (exchange) =>
    onField(exchange, (row) =>
      ok({ ...partsOf(exchange.store, [row], exchange.api), field: fieldForm(row, exchange.store, exchange.api) }),
    ),
  ),
  ...route('PUT PATCH', 'fields/*', updateField),
  ...route('DELETE', 'fields/*', deleteField),
  ...route('GET', 'fields/*/options', (exchange) =>
    onField(exchange, ({ id }) =>
      ok({ fieldOptions: exchange.store.fieldOptionsByField.get(id).map((row) => fieldOptionForm(row, exchange.api)) }),
    ),
  ),
  ...route('GET', 'fields/*/relations', (exchange) =>
    onField(exchange, ({ id }) => ok({ fieldRels: exchange.store.fieldRelationsByField.get(id).map(fieldRelationForm) })),
  ),
  ...route('GET', 'fieldRels', listRelations),
  ...route('POST', 'fieldRels', createRelation),
  ...route('DELETE', 'fieldRels/*', deleteRelation),
  ...route('POST', 'fieldOption/bulk', createOptions),
  ...route('GET', 'fieldOptions', listOptions),
  ...route('GET', 'fieldOptions/*', getOption),
  ...route('DELETE', 'fieldOptions/*', deleteOption),
];
