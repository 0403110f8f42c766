/** Turns what a request gives for a field into what the table keeps, or says why not. */
import { plainText } from './plain-text.ts';
import { Refusal, refuseWith } from '../api-error.ts';
import type { Field, StoredValue } from '../schema/field.ts';
import { canonicalId } from './ids.ts';
import { isDate, parseInstant } from './instants.ts';

/** Where a value stands in the body, for the messages of the JSON parser: 1-based. */
export type Locate = (fieldName: string, value: unknown) => { line: number; column: number };

export const NOWHERE: Locate = () => ({ line: 1, column: 1 });

const LOCAL = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
const EMAIL = new RegExp(
  `^${LOCAL}(?:\\.${LOCAL})*@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+$`,
);

/**
 * Converts and checks one value by the field's type. An empty text is null.
 *
 * @throws Refusal with the code that Salesforce gives for this type
 */
export function toStored(field: Field, value: unknown, locate: Locate): StoredValue {
  if (field.type === 'boolean') return toBoolean(field, value, locate);
  if (value === null || value === undefined || value === '') return null;
  switch (field.type) {
    case 'int':
    case 'double':
    case 'currency':
    case 'percent':
      return toNumber(field, value, locate);
    case 'date':
      return toDate(field, value, locate);
    case 'datetime': {
      const ms = typeof value === 'string' ? parseInstant(value) : null;
      return ms ?? cannotDeserialize('datetime', field, value, locate);
    }
    case 'reference':
    case 'id':
      return toReference(field, value, locate);
    case 'string':
    case 'textarea':
    case 'email':
    case 'phone':
    case 'url':
    case 'picklist':
    case 'multipicklist':
    case 'address':
    case 'complexvalue':
      return toText(field, value, locate);
  }
}

function toBoolean(field: Field, value: unknown, locate: Locate): boolean {
  if (typeof value === 'boolean') return value;
  if (value === null || value === undefined || value === '') return field.defaultValue === true;
  const text = plainText(value).toLowerCase();
  if (text === 'true' || text === '1') return true;
  if (text === 'false' || text === '0') return false;
  return cannotDeserialize('boolean', field, value, locate);
}

function toNumber(field: Field, value: unknown, locate: Locate): number {
  const text = plainText(value).trim();
  if (typeof value !== 'number' && !/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) {
    return cannotDeserialize(field.type === 'int' ? 'int' : 'double', field, value, locate);
  }
  const number = Number(text);
  if (!Number.isFinite(number)) return cannotDeserialize('double', field, value, locate);
  if (field.type === 'int') {
    if (!Number.isInteger(number)) return cannotDeserialize('int', field, value, locate);
    if (String(Math.abs(number)).length > field.digits) return outOfRange(field, number);
    return number;
  }
  // Numbers round half up to the field's scale; what the integer part cannot hold is refused.
  const rounded = Number(`${Math.round(Number(`${number}e${field.scale}`))}e-${field.scale}`);
  const stored = Number.isNaN(rounded) ? number : rounded;
  if (Math.abs(stored) >= 10 ** (field.precision - field.scale)) return outOfRange(field, stored);
  return stored;
}

function outOfRange(field: Field, value: number): never {
  return refuseWith(
    400,
    'NUMBER_OUTSIDE_VALID_RANGE',
    `${field.label}: value outside of valid range on numeric field: ${value}`,
    [field.name],
  );
}

function toDate(field: Field, value: unknown, locate: Locate): string {
  if (typeof value !== 'string') return cannotDeserialize('date', field, value, locate);
  if (isDate(value)) return value;
  const ms = parseInstant(value);
  return ms === null ? cannotDeserialize('date', field, value, locate) : new Date(ms).toISOString().slice(0, 10);
}

function toReference(field: Field, value: unknown, locate: Locate): string {
  if (typeof value !== 'string') return cannotDeserialize('reference', field, value, locate);
  const id = canonicalId(value);
  if (id !== null) return id;
  return refuseWith(400, 'MALFORMED_ID', `${field.label}: id value of incorrect type: ${value}`, [field.name]);
}

function toText(field: Field, value: unknown, locate: Locate): string {
  if (typeof value === 'object') return cannotDeserialize('string', field, value, locate);
  const text = plainText(value);
  if (field.type === 'multipicklist') return toMultiPicklist(field, text);
  if (field.type === 'email' && !EMAIL.test(text)) {
    return refuseWith(400, 'INVALID_EMAIL_ADDRESS', `${field.label}: invalid email address: ${text}`, [field.name]);
  }
  if (field.length > 0 && text.length > field.length) {
    return refuseWith(400, 'STRING_TOO_LONG', `${field.label}: data value too large: ${text} (max length=${field.length})`, [
      field.name,
    ]);
  }
  if (field.type !== 'picklist') return text;
  return pick(field, text);
}

/** A picklist value in the spelling of its definition, or as given where the list is open. */
function pick(field: Field, text: string): string {
  const defined =
    field.picklist.find((one) => one === text) ?? field.picklist.find((one) => one.toLowerCase() === text.toLowerCase());
  if (defined !== undefined) return defined;
  if (!field.restrictedPicklist) return text;
  return refuseWith(
    400,
    'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
    `${field.label}: bad value for restricted picklist field: ${text}`,
    [field.name],
  );
}

/** Multi-select values come back in the order of the definition, each once. */
function toMultiPicklist(field: Field, text: string): string {
  const chosen = new Set(
    text
      .split(';')
      .filter((one) => one !== '')
      .map((one) => pick(field, one)),
  );
  const defined = field.picklist.filter((one) => chosen.has(one));
  const others = [...chosen].filter((one) => !field.picklist.includes(one));
  return [...defined, ...others].join(';');
}

function cannotDeserialize(type: string, field: Field, value: unknown, locate: Locate): never {
  const { line, column } = locate(field.name, value);
  const token =
    typeof value === 'string'
      ? `VALUE_STRING value ${value}`
      : typeof value === 'number'
        ? `${Number.isInteger(value) ? 'VALUE_NUMBER_INT' : 'VALUE_NUMBER_FLOAT'} value ${value}`
        : typeof value === 'boolean'
          ? `VALUE_${String(value).toUpperCase()} value ${String(value)}`
          : `${Array.isArray(value) ? 'START_ARRAY' : 'START_OBJECT'} value ${Array.isArray(value) ? '[' : '{'}`;
  const at = `at [line:${line}, column:${column}]`;
  throw new Refusal({
    status: 400,
    errorCode: 'JSON_PARSER_ERROR',
    message: `Cannot deserialize instance of ${type} from ${token} ${at}`,
  });
}
