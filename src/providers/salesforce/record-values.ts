/** Between Salesforce's spelling of values and the types that travel through Syncline. */
import { toInstant } from '../../model/time.ts';
import type { FieldDescription, FieldValue } from '../../model/value.ts';

/**
 * A value as Salesforce reports it. No value and the empty string are `null`; a multi-select `a;b`
 * becomes a sorted set, `2026-01-31T09:15:08.000+0000` an instant in UTC.
 */
export function readValue(field: Pick<FieldDescription, 'type'>, raw: unknown): FieldValue {
  if (raw === null || raw === undefined || raw === '') return null;
  switch (field.type) {
    case 'boolean':
      return raw === true || raw === 'true';
    case 'integer':
    case 'decimal':
      return typeof raw === 'number' ? raw : Number(raw);
    case 'set':
      return [
        ...new Set(
          textOf(raw)
            .split(';')
            .filter((part) => part !== ''),
        ),
      ].sort();
    case 'date':
      return textOf(raw).slice(0, 10);
    case 'datetime':
      return readInstant(textOf(raw));
    case 'id':
    case 'string':
    case 'text':
    case 'email':
    case 'phone':
    case 'url':
    case 'picklist':
    case 'consent':
      return textOf(raw);
  }
}

/** Salesforce writes its zone without a colon (`+0000`), which not every parser of ISO 8601 reads. */
export function readInstant(text: string): string {
  const ms = Date.parse(text.replace(/([+-]\d{2})(\d{2})$/, '$1:$2'));
  return Number.isNaN(ms) ? text : toInstant(ms);
}

/** A value as Salesforce takes it in JSON. */
export function writeValue(field: FieldDescription | undefined, value: FieldValue): string | number | boolean | null {
  if (Array.isArray(value)) return value.length === 0 ? null : value.join(';');
  // A checkbox is never empty: clearing it unticks it. Not so one that records an opt-out, for which
  // "no value" would be read as an opt-in: that is left for Salesforce to refuse.
  if (value === null && field?.type === 'boolean' && field.optedOutWhen === undefined) return false;
  return value as string | number | boolean | null;
}

function textOf(raw: unknown): string {
  return typeof raw === 'object' ? JSON.stringify(raw) : String(raw as string | number | boolean);
}
