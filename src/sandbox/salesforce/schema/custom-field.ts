/** Custom fields: from the metadata of the Tooling API to a field, and back in the form that it reads. */
import { plainText } from '../data/plain-text.ts';
import { refuseWith } from '../api-error.ts';
import { field } from './field.ts';
import type { Field, FieldType } from './field.ts';

export type FieldMetadata = Readonly<Record<string, unknown>>;

const TYPES: Readonly<Record<string, FieldType>> = {
  Text: 'string',
  TextArea: 'textarea',
  LongTextArea: 'textarea',
  Email: 'email',
  Phone: 'phone',
  Url: 'url',
  Number: 'double',
  Currency: 'currency',
  Percent: 'percent',
  Checkbox: 'boolean',
  Date: 'date',
  DateTime: 'datetime',
  Picklist: 'picklist',
  MultiselectPicklist: 'multipicklist',
  Lookup: 'reference',
};

/** Types that may be external ids. */
const EXTERNAL_ID_TYPES = ['Text', 'Number', 'Email'];

/**
 * The field that metadata describe. UNVERIFIED: the wording of refusals, and which of two codes each has.
 *
 * @throws Refusal FIELD_INTEGRITY_EXCEPTION or REQUIRED_FIELD_MISSING
 */
export function fieldFromMetadata(name: string, metadata: FieldMetadata): Field {
  const kind = plainText(metadata['type']);
  const type = TYPES[kind];
  if (type === undefined) return refuse(`Type: bad value for restricted picklist field: ${kind}`, 'Metadata.type');
  const label = text(metadata, 'label') ?? missing('Metadata.label');
  const externalId = metadata['externalId'] === true;
  if (externalId && !EXTERNAL_ID_TYPES.includes(kind))
    refuse(`External ID is not allowed for a field of type ${kind}`, 'Metadata.externalId');
  const required = metadata['required'] === true;
  const isBoolean = type === 'boolean';
  return field(name, label, type, {
    ...sizeOf(kind, type, metadata),
    custom: true,
    externalId,
    idLookup: externalId,
    unique: metadata['unique'] === true,
    caseSensitive: metadata['unique'] === true && metadata['caseSensitive'] === true,
    nillable: !required && !isBoolean,
    permissionable: !required,
    inlineHelpText: text(metadata, 'inlineHelpText'),
    defaultValue: isBoolean ? checkboxDefault(metadata) : null,
    ...picklistOf(type, metadata),
    ...referenceOf(name, type, metadata),
  });
}

function sizeOf(kind: string, type: FieldType, metadata: FieldMetadata): Partial<Field> {
  if (kind === 'Text' || kind === 'LongTextArea') {
    const length = whole(metadata, 'length');
    const maximum = kind === 'Text' ? 255 : 131_072;
    if (length < 1 || length > maximum) refuse(`Length: must be between 1 and ${maximum}`, 'Metadata.length');
    if (kind === 'LongTextArea') whole(metadata, 'visibleLines');
    return { length };
  }
  if (kind === 'TextArea') return { length: 255 };
  if (type === 'multipicklist') return { length: 4_099 };
  if (type === 'double' || type === 'currency' || type === 'percent') {
    const precision = whole(metadata, 'precision');
    const scale = whole(metadata, 'scale');
    if (precision > 18 || scale > precision)
      refuse('Precision: must be 18 or less and not below the scale', 'Metadata.precision');
    return { precision, scale };
  }
  return {};
}

function checkboxDefault(metadata: FieldMetadata): boolean {
  const value = metadata['defaultValue'];
  if (value === undefined || value === null)
    return refuse('Must specify defaultValue for a field of type Checkbox', 'Metadata.defaultValue');
  return plainText(value) === 'true';
}

function picklistOf(type: FieldType, metadata: FieldMetadata): Partial<Field> {
  if (type !== 'picklist' && type !== 'multipicklist') return {};
  const valueSet = objectAt(metadata, 'valueSet') ?? missing('Metadata.valueSet');
  const definition = objectAt(valueSet, 'valueSetDefinition') ?? valueSet;
  const values = definition['value'];
  const entries = Array.isArray(values)
    ? values.filter((one): one is FieldMetadata => typeof one === 'object' && one !== null)
    : [];
  if (entries.length === 0) return missing('Metadata.valueSet.valueSetDefinition.value');
  const chosen = entries.find((one) => one['default'] === true);
  return {
    picklist: entries.map((one) => plainText(one['fullName'] ?? one['valueName'])),
    restrictedPicklist: valueSet['restricted'] === true,
    defaultValue: chosen === undefined ? null : String(chosen['fullName']),
  };
}

function referenceOf(name: string, type: FieldType, metadata: FieldMetadata): Partial<Field> {
  if (type !== 'reference') return {};
  const target = text(metadata, 'referenceTo') ?? missing('Metadata.referenceTo');
  const children = text(metadata, 'relationshipName');
  return {
    referenceTo: [target],
    relationshipName: name.replace(/__c$/, '__r'),
    childRelationshipName: children === null ? null : `${children}__r`,
  };
}

/** Metadata as the Tooling API reads them back: what was given, and null for the rest. UNVERIFIED: the list of keys. */
export function completeMetadata(metadata: FieldMetadata): FieldMetadata {
  const flag = (name: string): boolean => metadata[name] === true;
  return {
    caseSensitive: null,
    defaultValue: null,
    deleteConstraint: null,
    description: null,
    displayFormat: null,
    formula: null,
    formulaTreatBlanksAs: null,
    inlineHelpText: null,
    length: null,
    precision: null,
    referenceTo: null,
    relationshipLabel: null,
    relationshipName: null,
    scale: null,
    valueSet: null,
    visibleLines: null,
    ...metadata,
    externalId: flag('externalId'),
    required: flag('required'),
    trackFeedHistory: flag('trackFeedHistory'),
    trackTrending: flag('trackTrending'),
    unique: flag('unique'),
  };
}

function text(metadata: FieldMetadata, name: string): string | null {
  const value = metadata[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

function objectAt(metadata: FieldMetadata, name: string): FieldMetadata | null {
  const value = metadata[name];
  return typeof value === 'object' && value !== null ? (value as FieldMetadata) : null;
}

function whole(metadata: FieldMetadata, name: string): number {
  const value = Number(metadata[name] ?? Number.NaN);
  return Number.isInteger(value) ? value : missing(`Metadata.${name}`);
}

function refuse(message: string, where: string): never {
  return refuseWith(400, 'FIELD_INTEGRITY_EXCEPTION', message, [where]);
}

function missing(where: string): never {
  return refuseWith(400, 'REQUIRED_FIELD_MISSING', `Required fields are missing: [${where}]`, [where]);
}
