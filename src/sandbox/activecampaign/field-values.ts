import { accountTime } from './account-time.ts';
import { missingAttribute, noResult, ok, unsavableValue, type Answer } from './answers.ts';
import { contactForm } from './contact-form.ts';
import { route, type Exchange, type Route } from './exchange.ts';
import { normalizeFieldValue } from './field-types.ts';
import { fieldValueForm, fieldValueLinks } from './field-value-form.ts';
import { idOf, objectAt, textOf, type JsonObject } from './json.ts';
import { ordered, pageOf } from './paging.ts';
import type { ContactRow, FieldValueRow } from './rows.ts';

function listFieldValues(exchange: Exchange): Answer {
  const { store, query, api } = exchange;
  const field = query.filter('fieldid');
  const value = query.filter('val');
  let rows = field === undefined ? store.fieldValues.rows : store.fieldValuesByField.get(idOf(field));
  if (value !== undefined) rows = rows.filter((row) => row.value === value);
  return ok({
    fieldValues: pageOf(exchange, ordered(query, rows, { id: (row) => row.id })).map((row) => fieldValueForm(row, api)),
    meta: { total: String(rows.length) },
  });
}

function writtenAnswer(exchange: Exchange, contact: ContactRow, fieldValue: JsonObject): JsonObject {
  return { contacts: [contactForm(contact, exchange.api)], fieldValue };
}

function setFieldValue(exchange: Exchange): Answer {
  const { store, now, api } = exchange;
  const body = objectAt(exchange.body, 'fieldValue');
  for (const attribute of ['contact', 'field']) {
    if (textOf(body[attribute]) === '') return missingAttribute(attribute);
  }
  const contact = store.contacts.get(idOf(body['contact']));
  if (contact === undefined) return noResult('Subscriber', idOf(body['contact']));
  const field = store.fields.get(idOf(body['field']));
  if (field === undefined) return noResult('Field', idOf(body['field']));
  const value = normalizeFieldValue(field.type, textOf(body['value']));
  if (value === undefined) return unsavableValue(textOf(body['value']), field.type);
  const present = store.fieldValue(contact.id, field.id);
  const row = store.setFieldValue(contact, field.id, value, now);
  store.events.push({ type: 'update', contact: contact.id });
  // UNVERIFIED: a pair that exists is overwritten, and the answer is that of an update.
  if (present !== undefined) return ok(writtenAnswer(exchange, contact, fieldValueForm(row, api)));
  return {
    status: 201,
    body: writtenAnswer(exchange, contact, {
      contact: body['contact'],
      field: body['field'],
      value: row.value,
      cdate: accountTime(row.created),
      udate: accountTime(row.updated),
      links: fieldValueLinks(api, row.id),
      owner: String(contact.id),
      id: String(row.id),
    }),
  };
}

function onFieldValue(exchange: Exchange, answer: (row: FieldValueRow, contact: ContactRow) => Answer): Answer {
  const id = idOf(exchange.parameters[0]);
  const row = exchange.store.fieldValues.get(id);
  const contact = row === undefined ? undefined : exchange.store.contacts.get(row.contact);
  return row === undefined || contact === undefined ? noResult('FieldValue', id) : answer(row, contact);
}

function updateFieldValue(exchange: Exchange): Answer {
  const { store, now, api } = exchange;
  return onFieldValue(exchange, (row, contact) => {
    const body = objectAt(exchange.body, 'fieldValue');
    if ('value' in body) {
      const type = store.fields.get(row.field)?.type ?? 'text';
      const value = normalizeFieldValue(type, textOf(body['value']));
      if (value === undefined) return unsavableValue(textOf(body['value']), type);
      store.setFieldValue(contact, row.field, value, now);
      store.events.push({ type: 'update', contact: contact.id });
    }
    return ok(writtenAnswer(exchange, contact, fieldValueForm(row, api)));
  });
}

function deleteFieldValue(exchange: Exchange): Answer {
  return onFieldValue(exchange, (row, contact) => {
    exchange.store.fieldValues.remove([row]);
    contact.updated = exchange.now;
    return ok({});
  });
}

export const fieldValueRoutes: readonly Route[] = [
  ...route('GET', 'fieldValues', listFieldValues),
  ...route('POST', 'fieldValues', setFieldValue),
  ...route('GET', 'fieldValues/*', (exchange) =>
    onFieldValue(exchange, (row) => ok({ fieldValue: fieldValueForm(row, exchange.api) })),
  ),
  ...route('PUT PATCH', 'fieldValues/*', updateFieldValue),
  ...route('DELETE', 'fieldValues/*', deleteFieldValue),
];
