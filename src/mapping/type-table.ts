/** How values of one field type fit another, as data. One row a source type, one entry a target type. */
import type { FieldType } from '../model/value.ts';

type Fit =
  /** The same type: every value is stored as it is. */
  | { readonly fit: 'exact' }
  /** Another type that can store every value. */
  | { readonly fit: 'lossless' }
  /** Another type that cannot store some values; `why` completes "but ...". */
  | { readonly fit: 'lossy'; readonly why: string }
  /** Values would have to be translated, or have no counterpart at all. */
  | { readonly fit: 'refused' };

const exact: Fit = { fit: 'exact' };
const lossless: Fit = { fit: 'lossless' };
const refused: Fit = { fit: 'refused' };
const lineBreaks = lossy('a value with line breaks may be refused or changed');
const addresses = lossy('text that is no e-mail address is refused');
const locations = lossy('text that is no web address may be refused');
const choices = lossy('text that is none of the options may be refused');
const fractions = lossy('a value with a fraction cannot be stored');
const identifiers = lossy('text that is no id of that system is refused');

function lossy(why: string): Fit {
  return { fit: 'lossy', why };
}

/** Pairs that are left out are refused. */
const TYPE_TABLE: Readonly<Record<FieldType, Readonly<Partial<Record<FieldType, Fit>>>>> = {
  id: { id: exact, string: lossless, text: lossless },
  string: {
    string: exact,
    text: lossless,
    email: addresses,
    phone: lossless,
    url: locations,
    picklist: choices,
    id: identifiers,
  },
  text: {
    text: exact,
    string: lineBreaks,
    email: addresses,
    phone: lineBreaks,
    url: locations,
    picklist: choices,
    id: identifiers,
  },
  email: { email: exact, string: lossless, text: lossless, picklist: choices },
  phone: { phone: exact, string: lossless, text: lossless, picklist: choices },
  url: { url: exact, string: lossless, text: lossless, picklist: choices },
  picklist: { picklist: exact, string: lossless, text: lossless, phone: lossless, email: addresses, url: locations },
  boolean: { boolean: exact },
  integer: { integer: exact, decimal: lossless },
  decimal: { decimal: exact, integer: fractions },
  date: { date: exact, datetime: lossless, string: lossless, text: lossless },
  datetime: { datetime: exact, string: lossless, text: lossless },
  set: { set: exact },
  consent: {},
};

/** How values of `from` fit a field of type `to` where no transform is named. */
export function fitOf(from: FieldType, to: FieldType): Fit {
  return TYPE_TABLE[from][to] ?? refused;
}

/** Types whose values are free or restricted text. */
export const TEXT_TYPES: ReadonlySet<FieldType> = new Set(['string', 'text', 'email', 'phone', 'url', 'picklist']);
