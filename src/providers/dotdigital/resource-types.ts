/** Resource types of an account: address books and data fields. What a type can do is said here, how in `resources.ts`. */
import type { Diagnostic } from '../../model/diagnostics/diagnostic.ts';
import type { ResourceAttributes, ResourceType } from '../provider.ts';
import { encodeValue } from './data-values.ts';
import { bookField, CONTACT, dataField, isBuiltInBook, type DataFieldType } from './fields.ts';
import { text } from './rows.ts';

type Fault = Omit<Diagnostic, 'source'>;

/** Names that the vendor keeps for itself. @source support.openmoves.com, creating and deleting contact data fields */
const RESERVED_NAMES: ReadonlySet<string> = new Set(
  (
    'account campaign campaignid contact contact_api_id contactid email hcontactid hemail hemail256 id messagecontent ' +
    'mobilenumberid notes unsubscribed uniquecontactid'
  ).split(' '),
);

const addressBook: ResourceType = {
  type: 'dotdigital/address-book',
  replaceOn: [],
  computed: [],
  sensitive: [],
  create: true,
  update: true,
  delete: true,
  holdsData: true,
  key: (attributes) => text(attributes['name']),
  normalize: (attributes) => ({ visibility: 'Private', ...attributes }),
  validate(attributes) {
    const name = text(attributes['name']);
    if (!isBuiltInBook(name)) return [];
    return [fault(`Every account has the address book "${name}" of its own; it can be neither made nor changed.`)];
  },
  field(attributes) {
    const name = text(attributes['name']);
    const also = [bookField(`book/${name}`, 'book', name)];
    return { object: CONTACT, field: bookField(`member/${name}`, 'member', name), also };
  },
  steps: (attributes) => [
    'In Dotdigital, open Audience > Lists and choose "New list".',
    `Name it "${text(attributes['name'])}", spelled exactly so, and make it ${text(attributes['visibility']).toLowerCase()}.`,
  ],
};

const dataFieldType: ResourceType = {
  type: 'dotdigital/data-field',
  // The vendor has no call to change a data field, and removing one loses its values at every contact.
  replaceOn: ['name', 'type', 'visibility', 'defaultValue'],
  replaceLoses: 'the value that every contact of the account has in the field',
  computed: [],
  sensitive: [],
  create: true,
  update: false,
  delete: true,
  holdsData: true,
  key: (attributes) => text(attributes['name']).toUpperCase(),
  normalize(attributes) {
    const type = text(attributes['type']) as DataFieldType;
    return {
      visibility: 'Private',
      ...attributes,
      // The vendor shows names in capitals and compares them without regard to case.
      name: text(attributes['name']).toUpperCase(),
      defaultValue: normalDefault(type, attributes['defaultValue']),
    };
  },
  validate(attributes) {
    const faults: Fault[] = [];
    const name = text(attributes['name']);
    const value = attributes['defaultValue'];
    const type = text(attributes['type']) as DataFieldType;
    if (RESERVED_NAMES.has(name.toLowerCase())) faults.push(fault(`Dotdigital keeps the name "${name}" for itself.`));
    if (value !== undefined && value !== null && !fits(type, value)) {
      faults.push(fault(`The default value of "${name}" is none that a field of type ${type} can hold.`));
    }
    return faults;
  },
  field(attributes) {
    const name = text(attributes['name']).toUpperCase();
    return { object: CONTACT, field: dataField(`field/${name}`, name, text(attributes['type']) as DataFieldType) };
  },
  steps: (attributes) => [
    'In Dotdigital, open Audience > Data fields and choose "New data field".',
    `Name it "${text(attributes['name'])}" and give it the type ${text(attributes['type'])}.`,
  ],
};

export const RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  [addressBook.type]: addressBook,
  [dataFieldType.type]: dataFieldType,
};

/** A default value as the vendor takes and reports it: dates without a zone. */
export function normalDefault(type: DataFieldType, value: unknown): string | number | boolean | null {
  if (value === undefined || value === null || value === '') return null;
  const encoded = encodeValue(type, value as string);
  return (type === 'Date' && typeof encoded === 'string' ? encoded.replace(/Z$/, '') : encoded) ?? null;
}

function fits(type: DataFieldType, value: unknown): boolean {
  if (type === 'Numeric') return typeof value === 'number' && encodeValue(type, value) !== undefined;
  if (type === 'Boolean') return typeof value === 'boolean';
  return typeof value === 'string' && value !== '' && encodeValue(type, value) !== undefined;
}

/** The attributes of a type as a row of the vendor has them. */
export function attributesOf(type: string, row: Readonly<Record<string, unknown>>): ResourceAttributes {
  const visibility = text(row['visibility']) || 'Private';
  if (type === addressBook.type) return { name: text(row['name']), visibility };
  const fieldType = text(row['type']) as DataFieldType;
  return {
    name: text(row['name']).toUpperCase(),
    type: fieldType,
    visibility,
    defaultValue: normalDefault(fieldType, row['defaultValue']),
  };
}

function fault(detail: string): Fault {
  return { severity: 'error', code: 'PROVIDER_INVALID_ATTRIBUTE', detail };
}
