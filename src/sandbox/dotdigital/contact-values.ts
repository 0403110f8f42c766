/** What a v2 request wants a contact to hold, checked against the account's data fields. */
import { EMAIL_TYPES, OPT_IN_TYPES, isEmail, type FieldValue } from './contact.ts';
import { fitValue } from './data-field.ts';
import { invalidEmail, PARAMETER_INVALID, refusedV2, type Answer } from './errors.ts';
import { Members, wordOf } from './request-body.ts';
import type { ContactValues, Store } from './store.ts';

export function valuesOf(store: Store, body: Members): ContactValues | Answer {
  const email = body.text('email');
  if (!isEmail(email.trim())) return invalidEmail();
  const optInType = body.any('optInType') == null ? undefined : wordOf(body.any('optInType'), OPT_IN_TYPES);
  const emailType = body.any('emailType') == null ? undefined : wordOf(body.any('emailType'), EMAIL_TYPES);
  if ((body.any('optInType') != null && optInType === undefined) || (body.any('emailType') != null && emailType === undefined))
    return refusedV2(PARAMETER_INVALID);
  const fields = fieldsOf(store, body.list('dataFields'));
  if (!(fields instanceof Map)) return fields;
  return {
    email,
    fields,
    ...(optInType === undefined ? {} : { optInType }),
    ...(emailType === undefined ? {} : { emailType }),
  };
}

function fieldsOf(store: Store, entries: readonly unknown[]): Map<string, FieldValue> | Answer {
  const fields = new Map<string, FieldValue>();
  for (const entry of entries) {
    const pair = new Members(entry);
    const field = store.fields.get(pair.text('key').toUpperCase());
    if (field === undefined) return refusedV2('ERROR_DATAFIELD_NOTFOUND');
    if (field.readOnly) continue;
    const fitted = fitValue(field, pair.any('value'));
    if ('fault' in fitted)
      return refusedV2(fitted.fault === 'overflow' ? 'ERROR_DATAFIELD_VALUE_OVERFLOW' : 'ERROR_DATAFIELD_INVALID');
    fields.set(field.name, fitted.value);
  }
  return fields;
}
