import type { CustomFieldTables } from './custom-field-tables.ts';
import { normalizeFieldValue } from './field-types.ts';
import { idOf, isObject, textOf, type JsonObject } from './json.ts';
import type { CustomFieldDatumRow, CustomFieldRow } from './rows.ts';

const MULTIPLE_TYPES = new Set(['multiselect', 'checkbox', 'listbox']);

/** `||a||b||` and arrays are the same value; it is kept as an array. */
function multiple(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.map(textOf);
  return textOf(value)
    .split('||')
    .filter((part) => part !== '');
}

/** A value as the field keeps it: `{kept}`, or `{refused}` with the text that it cannot hold. */
export function customValue(field: CustomFieldRow, value: unknown): { readonly kept: unknown } | { readonly refused: string } {
  if (value === null) return { kept: null };
  if (MULTIPLE_TYPES.has(field.type)) return { kept: multiple(value) };
  const text = textOf(value);
  const kept = normalizeFieldValue(field.type, text);
  if (kept === undefined) return { refused: text };
  // Currency is whole cents.
  return { kept: field.type === 'currency' && kept !== '' ? String(Math.trunc(Number(kept))) : kept };
}

/** Writes the one value of a field and its owner (a deal or an account). */
export function writeDatum(
  tables: CustomFieldTables,
  owner: number,
  field: CustomFieldRow,
  kept: unknown,
  currency: string | null,
  at: number,
): CustomFieldDatumRow {
  const present = tables.dataByOwner.get(owner).find((row) => row.field === field.id);
  if (present === undefined) {
    return tables.data.insert({
      id: tables.data.nextId(),
      owner,
      field: field.id,
      value: kept,
      currency: currencyOf(field, currency),
      original: '',
      created: at,
      updated: at,
    });
  }
  present.original = present.value;
  present.value = kept;
  present.currency = currencyOf(field, currency) ?? present.currency;
  present.updated = at;
  return present;
}

function currencyOf(field: CustomFieldRow, sent: string | null): string | null {
  return field.type === 'currency' ? (sent ?? field.defaultCurrency ?? 'USD') : null;
}

/**
 * Saves the `fields` of a deal's or account's body and tells, as the vendor does beside the record, how that went. A bad
 * value spoils the custom fields, never the record.
 */
export function saveCustomValues(tables: CustomFieldTables, owner: number, fields: unknown, at: number): JsonObject {
  const written: JsonObject[] = [];
  let failed: string | undefined;
  for (const entry of Array.isArray(fields) ? fields.filter(isObject) : []) {
    const field = tables.meta.get(idOf(entry['customFieldId']));
    if (field === undefined) {
      failed = `There is no custom field with id ${idOf(entry['customFieldId'])}.`;
      continue;
    }
    const value = customValue(field, entry['fieldValue']);
    if ('refused' in value) {
      failed = `The custom field value \`${value.refused}\` could not be saved to the custom field of type \`${field.type}\`.`;
      continue;
    }
    writeDatum(tables, owner, field, value.kept, textOf(entry['fieldCurrency']) || null, at);
    written.push({ customFieldId: field.id, fieldValue: value.kept });
  }
  return {
    customFieldSaveStatus: failed === undefined ? { status: 'success' } : { status: 'failed', message: failed },
    fields: written,
  };
}
