/** Values of data fields, between the vendor's spelling and ours. */
import type { FieldValue } from '../../model/value.ts';
import type { DataFieldType } from './fields.ts';
import { instantOf, text, vendorInstant } from './rows.ts';

/** Digits of a number before and behind the point. @source support.openmoves.com, creating and deleting contact data fields */
const NUMERIC = /^-?\d{1,18}(?:\.\d{1,9})?$/;

/** A value that cannot be understood is handed on as text, so that it is seen rather than lost. */
export function decodeValue(type: DataFieldType, value: unknown): FieldValue {
  if (value === null || value === undefined || value === '') return null;
  switch (type) {
    case 'String':
      return text(value) === '' ? null : text(value);
    case 'Numeric': {
      const number = typeof value === 'number' ? value : Number(text(value));
      return Number.isFinite(number) ? number : text(value);
    }
    case 'Date':
      return instantOf(value) ?? text(value);
    case 'Boolean':
      return typeof value === 'boolean' ? value : /^(?:true|yes|1)$/i.test(text(value));
  }
}

/** What is sent for a value: `null` clears the field; `undefined` where the field cannot hold it. */
export function encodeValue(type: DataFieldType, value: FieldValue): string | number | boolean | null | undefined {
  if (value === null || value === '') return null;
  if (typeof value === 'object') return undefined;
  switch (type) {
    case 'String':
      return String(value);
    case 'Numeric': {
      const number = typeof value === 'boolean' ? Number.NaN : Number(value);
      return NUMERIC.test(String(value)) && Number.isFinite(number) ? number : undefined;
    }
    case 'Date': {
      const instant = instantOf(value);
      return instant === undefined ? undefined : vendorInstant(Date.parse(instant));
    }
    case 'Boolean':
      return typeof value === 'boolean' ? value : undefined;
  }
}
