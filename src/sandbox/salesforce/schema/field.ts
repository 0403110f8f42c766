/** What a field of an object is, and short ways to write one down. */

export type FieldType =
  | 'id'
  | 'string'
  | 'textarea'
  | 'email'
  | 'phone'
  | 'url'
  | 'boolean'
  | 'int'
  | 'double'
  | 'currency'
  | 'percent'
  | 'date'
  | 'datetime'
  | 'picklist'
  | 'multipicklist'
  | 'reference'
  | 'address'
  | 'complexvalue';

/** How a value lies in a table: datetimes as ms, dates as `YYYY-MM-DD`, ids with 18 characters. */
export type StoredValue = string | number | boolean | null;

/** Reads another field of the row at hand. */
export type ReadField = (name: string) => StoredValue;

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly type: FieldType;
  readonly length: number;
  readonly precision: number;
  readonly scale: number;
  readonly digits: number;
  readonly createable: boolean;
  readonly updateable: boolean;
  readonly nillable: boolean;
  readonly defaultedOnCreate: boolean;
  readonly defaultValue: string | number | boolean | null;
  /** What a new record gets although describe tells no default. */
  readonly initialValue: string | null;
  readonly permissionable: boolean;
  readonly unique: boolean;
  readonly externalId: boolean;
  readonly idLookup: boolean;
  readonly caseSensitive: boolean;
  readonly custom: boolean;
  readonly nameField: boolean;
  readonly autoNumber: boolean;
  readonly picklist: readonly string[];
  readonly restrictedPicklist: boolean;
  readonly referenceTo: readonly string[];
  readonly relationshipName: string | null;
  /** Name of the list of children on the other side, `Contacts`. */
  readonly childRelationshipName: string | null;
  readonly cascadeDelete: boolean;
  readonly compoundFieldName: string | null;
  readonly extraTypeInfo: string | null;
  readonly inlineHelpText: string | null;
  readonly searchPrefilterable: boolean;
  readonly filterable: boolean;
  readonly sortable: boolean;
  readonly groupable: boolean;
  readonly aggregatable: boolean;
  /** The text of a formula field. */
  readonly formula?: string;
  /** Present for fields that are not stored but made from others. */
  readonly derive?: (read: ReadField) => unknown;
}

const TEXT_LENGTHS: Partial<Record<FieldType, number>> = { id: 18, reference: 18, email: 80, phone: 40, url: 255, picklist: 255 };

/** A field with everything that its type implies, and what is said about it. */
export function field(name: string, label: string, type: FieldType, facts: Partial<Field> = {}): Field {
  const length = facts.length ?? TEXT_LENGTHS[type] ?? 0;
  const long = type === 'textarea' && length > 255;
  const compound = type === 'address' || type === 'complexvalue';
  const number = type === 'double' || type === 'currency' || type === 'percent';
  return {
    name,
    label,
    type,
    length,
    precision: number ? 18 : 0,
    scale: 0,
    digits: type === 'int' ? 8 : 0,
    createable: !compound,
    updateable: !compound,
    nillable: type !== 'boolean',
    defaultedOnCreate: type === 'boolean',
    defaultValue: type === 'boolean' ? false : null,
    initialValue: null,
    permissionable: true,
    unique: false,
    externalId: false,
    idLookup: false,
    caseSensitive: false,
    custom: false,
    nameField: false,
    autoNumber: false,
    picklist: [],
    restrictedPicklist: false,
    referenceTo: [],
    relationshipName: null,
    childRelationshipName: null,
    cascadeDelete: false,
    compoundFieldName: null,
    extraTypeInfo: type === 'textarea' ? 'plaintextarea' : null,
    inlineHelpText: null,
    searchPrefilterable: false,
    filterable: !long && type !== 'complexvalue',
    sortable: !long && !compound,
    groupable: !long && !compound && !number && type !== 'datetime' && type !== 'multipicklist',
    aggregatable: !long && !compound && type !== 'boolean',
    ...facts,
  };
}

/** Facts of a field that only the platform writes. */
export const READ_ONLY: Partial<Field> = { createable: false, updateable: false, permissionable: false };

/** A required field of the platform: no permission hides it. */
export const REQUIRED: Partial<Field> = { nillable: false, permissionable: false };

/** A lookup to one object; the relationship is the name without `Id`. */
export function lookup(name: string, label: string, target: string, facts: Partial<Field> = {}): Field {
  return field(name, label, 'reference', { referenceTo: [target], relationshipName: name.replace(/Id$/, ''), ...facts });
}

/** `Id`, first of every object. */
export function idField(label: string): Field {
  return field('Id', label, 'id', { ...READ_ONLY, nillable: false, defaultedOnCreate: true, idLookup: true });
}

export function isDeletedField(): Field {
  return field('IsDeleted', 'Deleted', 'boolean', { ...READ_ONLY, defaultValue: false });
}

/** The stamps that every object carries. */
export function auditFields(): Field[] {
  const stamp: Partial<Field> = { ...READ_ONLY, nillable: false, defaultedOnCreate: true };
  return [
    field('CreatedDate', 'Created Date', 'datetime', stamp),
    lookup('CreatedById', 'Created By ID', 'User', stamp),
    field('LastModifiedDate', 'Last Modified Date', 'datetime', stamp),
    lookup('LastModifiedById', 'Last Modified By ID', 'User', stamp),
    field('SystemModstamp', 'System Modstamp', 'datetime', stamp),
  ];
}

export function ownerField(): Field {
  return lookup('OwnerId', 'Owner ID', 'User', { ...REQUIRED, defaultedOnCreate: true });
}

/** When the user last looked at the record; the sandbox leaves them empty. */
export function viewedFields(): Field[] {
  const facts: Partial<Field> = { ...READ_ONLY };
  return [
    field('LastViewedDate', 'Last Viewed Date', 'datetime', facts),
    field('LastReferencedDate', 'Last Referenced Date', 'datetime', facts),
  ];
}

const GEOCODE_ACCURACY = [
  'Address',
  'NearAddress',
  'Block',
  'Street',
  'ExtendedZip',
  'Zip',
  'Neighborhood',
  'City',
  'County',
  'State',
  'Unknown',
];

/** The parts of an address and the compound field that shows them as one object. */
export function addressFields(prefix: string): Field[] {
  const compoundFieldName = `${prefix}Address`;
  const part = (name: string, label: string, type: FieldType, facts: Partial<Field>): Field =>
    field(`${prefix}${name}`, `${prefix} ${label}`, type, { compoundFieldName, ...facts });
  return [
    part('Street', 'Street', 'textarea', { length: 255 }),
    part('City', 'City', 'string', { length: 40 }),
    part('State', 'State/Province', 'string', { length: 80 }),
    part('PostalCode', 'Zip/Postal Code', 'string', { length: 20 }),
    part('Country', 'Country', 'string', { length: 80 }),
    part('Latitude', 'Latitude', 'double', { precision: 18, scale: 15 }),
    part('Longitude', 'Longitude', 'double', { precision: 18, scale: 15 }),
    part('GeocodeAccuracy', 'Geocode Accuracy', 'picklist', { length: 40, picklist: GEOCODE_ACCURACY, restrictedPicklist: true }),
    field(compoundFieldName, `${prefix} Address`, 'address', { derive: (read) => addressOf(prefix, read) }),
  ];
}

function addressOf(prefix: string, read: ReadField): unknown {
  const address = {
    city: read(`${prefix}City`),
    country: read(`${prefix}Country`),
    geocodeAccuracy: read(`${prefix}GeocodeAccuracy`),
    latitude: read(`${prefix}Latitude`),
    longitude: read(`${prefix}Longitude`),
    postalCode: read(`${prefix}PostalCode`),
    state: read(`${prefix}State`),
    street: read(`${prefix}Street`),
  };
  return Object.values(address).every((part) => part === null) ? null : address;
}

/** `FirstName LastName`, as the compound `Name` of a person shows it. */
export function personName(read: ReadField): string {
  return [read('FirstName'), read('LastName')].filter((part) => part !== null).join(' ');
}
