/** Data fields: what every contact may hold besides its address. They are created and deleted, never changed. */
import type { FieldValue } from './contact.ts';

export const FIELD_TYPES = ['String', 'Numeric', 'Date', 'Boolean'] as const;
export type FieldType = (typeof FIELD_TYPES)[number];
export const VISIBILITIES = ['Private', 'Public'] as const;
export type Visibility = (typeof VISIBILITIES)[number];

export interface DataField {
  /** Upper case: names are compared without regard to case (INFERRED from the vendor's v3 samples). */
  readonly name: string;
  readonly type: FieldType;
  readonly visibility: Visibility;
  readonly defaultValue: FieldValue;
  /** Cannot be deleted. */
  readonly system: boolean;
  /** Set by the service, never by a request. */
  readonly readOnly: boolean;
}

export const MAX_NAME = 20;
const MAX_TEXT = 1000;
/** @source support.openmoves.com, creating and deleting contact data fields */
export const RESERVED_NAMES: ReadonlySet<string> = new Set(
  [
    'account campaign campaignid contact contact_api_id contactid email hcontactid hemail hemail256 id messagecontent',
    'mobilenumberid notes unsubscribed uniquecontactid',
  ]
    .join(' ')
    .toUpperCase()
    .split(' '),
);

export const DEFAULT_FIELDS: readonly DataField[] = [
  ...['FIRSTNAME', 'LASTNAME', 'FULLNAME', 'GENDER', 'POSTCODE'].map((name) => systemField(name, 'String', false)),
  systemField('LASTSUBSCRIBED', 'Date', true),
];

function systemField(name: string, type: FieldType, readOnly: boolean): DataField {
  return { name, type, visibility: 'Private', defaultValue: null, system: true, readOnly };
}

export type Fitted = { readonly value: FieldValue } | { readonly fault: 'invalid' | 'overflow' };

/** A value as the field keeps it. Texts come from CSV cells too, so numbers, dates and flags are read out of them. */
export function fitValue(field: Pick<DataField, 'type'>, given: unknown): Fitted {
  if (given === null || given === undefined || given === '') return { value: null };
  const text =
    typeof given === 'string' ? given : typeof given === 'number' || typeof given === 'boolean' ? String(given) : undefined;
  if (text === undefined) return { fault: 'invalid' };
  switch (field.type) {
    case 'String':
      return text.length > MAX_TEXT ? { fault: 'overflow' } : { value: text };
    case 'Numeric':
      return /^-?\d{1,18}(\.\d{1,9})?$/.test(text.trim()) ? { value: Number(text) } : { fault: 'invalid' };
    case 'Boolean': {
      const word = text.trim().toLowerCase();
      if (['true', 'yes', '1'].includes(word)) return { value: true };
      return ['false', 'no', '0'].includes(word) ? { value: false } : { fault: 'invalid' };
    }
    case 'Date': {
      const at = Date.parse(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?$/.test(text) ? `${text}Z` : text);
      return Number.isNaN(at) ? { fault: 'invalid' } : { value: new Date(at).toISOString().slice(0, 19) };
    }
  }
}
