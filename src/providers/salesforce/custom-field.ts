/**
 * The resource type `salesforce/custom-field`: its attributes, their defaults, what each field type
 * takes, and the Metadata that the Tooling API reads and writes for them. Offline.
 */
import type { Diagnostic } from '../../model/diagnostics/diagnostic.ts';
import type { FieldDescription, FieldType } from '../../model/value.ts';
import type { ResourceAttributes, ResourceType } from '../provider.ts';
import type { VendorField } from './describe.ts';
import { textOr } from './rows.ts';
import { STANDARD_OBJECTS } from './standard-fields.ts';

type CustomFieldType = keyof typeof FIELD_TYPES;

export interface CustomField {
  readonly object: string;
  /** With `__c`. */
  readonly name: string;
  readonly label: string;
  readonly type: CustomFieldType;
  readonly length?: number;
  readonly precision?: number;
  readonly scale?: number;
  readonly visibleLines?: number;
  readonly options?: readonly string[];
  readonly restricted?: boolean;
  readonly defaultValue?: boolean;
  readonly unique?: boolean;
  readonly caseSensitive?: boolean;
  readonly externalId?: boolean;
  readonly required?: boolean;
  readonly description: string;
  readonly inlineHelpText: string;
  /** Whether the integration's user can see the field: a new field is hidden from everybody until a permission set grants it. */
  readonly visible: boolean;
}

interface FieldTypeTraits {
  readonly values: FieldType;
  /** The attributes besides the common ones, with their defaults. */
  readonly defaults: Readonly<Record<string, unknown>>;
}

const KEYS = { unique: false, externalId: false };
const NUMBER = { precision: 18, scale: 0 };
const AMOUNT = { precision: 18, scale: 2 };
const LIST = { options: [], restricted: true };

const FIELD_TYPES = {
  Text: { values: 'string', defaults: { length: 255, ...KEYS, caseSensitive: false, required: false } },
  TextArea: { values: 'text', defaults: { required: false } },
  LongTextArea: { values: 'text', defaults: { length: 32_768, visibleLines: 3 } },
  Email: { values: 'email', defaults: { ...KEYS, required: false } },
  Phone: { values: 'phone', defaults: { required: false } },
  Url: { values: 'url', defaults: { required: false } },
  Checkbox: { values: 'boolean', defaults: { defaultValue: false } },
  Number: { values: 'decimal', defaults: { ...NUMBER, ...KEYS, required: false } },
  Currency: { values: 'decimal', defaults: { ...AMOUNT, required: false } },
  Percent: { values: 'decimal', defaults: { ...AMOUNT, required: false } },
  Date: { values: 'date', defaults: { required: false } },
  DateTime: { values: 'datetime', defaults: { required: false } },
  Picklist: { values: 'picklist', defaults: { ...LIST, required: false } },
  MultiselectPicklist: { values: 'set', defaults: { ...LIST, visibleLines: 4 } },
} as const satisfies Record<string, FieldTypeTraits>;

/** Lengths of types that have a fixed one. */
const FIXED_LENGTHS: Partial<Record<CustomFieldType, number>> = { TextArea: 255, Email: 80, Phone: 40, Url: 255 };

export const customFieldType: ResourceType = {
  type: 'salesforce/custom-field',
  replaceOn: ['object', 'name', 'type'],
  access: 'visible',
  computed: [],
  sensitive: [],
  create: true,
  update: true,
  delete: true,
  holdsData: true,
  key: (attributes) => `${String(attributes['object'])}.${String(attributes['name'])}`,
  normalize: (attributes) => ({ ...normalizeCustomField(attributes) }),
  validate: (attributes) => faultsOf(normalizeCustomField(attributes), attributes),
  field(attributes) {
    const field = normalizeCustomField(attributes);
    return { object: field.object, field: describeCustomField(field) };
  },
  steps(attributes) {
    const field = normalizeCustomField(attributes);
    return [
      `In Setup, open Object Manager, ${field.object}, Fields & Relationships, and choose New.`,
      `Make a field of type ${field.type} with the label "${field.label}" and the name "${field.name.replace(/__c$/, '')}".`,
      ...(field.externalId === true ? ['Tick External ID and Unique.'] : []),
      'Grant read and edit access to the user of the integration, in a permission set or its profile.',
    ];
  },
};

/** Fills in what Salesforce takes for attributes that are left out; attributes that the type does not have are dropped. */
export function normalizeCustomField(attributes: ResourceAttributes): CustomField {
  const name = String(attributes['name']);
  const type = String(attributes['type']) as CustomFieldType;
  const given = Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined && value !== null));
  const own = Object.entries((FIELD_TYPES[type] ?? { defaults: {} }).defaults).map(([key, value]) => [key, given[key] ?? value]);
  return {
    object: String(attributes['object']),
    name,
    label: textOr(given['label'], name.replace(/__c$/, '').replaceAll('_', ' ')),
    type,
    ...(Object.fromEntries(own) as Partial<CustomField>),
    description: textOr(given['description'], ''),
    inlineHelpText: textOr(given['inlineHelpText'], ''),
    visible: given['visible'] !== false,
  };
}

function faultsOf(field: CustomField, given: ResourceAttributes): Omit<Diagnostic, 'source'>[] {
  const faults: Omit<Diagnostic, 'source'>[] = [];
  const fault = (severity: Diagnostic['severity'], detail: string, hint?: string): void => {
    faults.push({ severity, code: 'PROVIDER_INVALID_ATTRIBUTE', detail, ...(hint === undefined ? {} : { hint }) });
  };
  if (STANDARD_OBJECTS.get(field.object)?.linkable !== true) {
    fault('error', `Custom fields can be declared on ${[...supportedObjects()].join(', ')}, not on ${field.object}.`);
  }
  if (field.precision !== undefined && field.scale !== undefined && field.scale > field.precision) {
    fault(
      'error',
      `A scale of ${String(field.scale)} digits is more than the ${String(field.precision)} digits of the whole number.`,
    );
  }
  if (field.externalId === true && field.unique !== true) {
    fault(
      'warning',
      `${field.object}.${field.name} is an external id but not unique: an upsert that finds two records with one id is refused.`,
      'Set unique: true as well.',
    );
  }
  if (field.caseSensitive === true && field.unique !== true) {
    fault('error', `caseSensitive says how values are compared, so that it needs unique: true on ${field.object}.${field.name}.`);
  }
  if (field.required === true && given['visible'] === false) {
    fault('error', `A required field is visible to everybody, so that ${field.object}.${field.name} cannot have visible: false.`);
  }
  const options = (field.options ?? []).map((option) => option.toLowerCase());
  const repeated = options.find((option, index) => options.indexOf(option) !== index);
  if (repeated !== undefined)
    fault('error', `The option "${repeated}" stands twice; Salesforce compares options without regard to case.`);
  if (field.type === 'MultiselectPicklist' && options.some((option) => option.includes(';'))) {
    fault('error', 'An option of a multi-select picklist cannot hold a semicolon, which separates the chosen ones.');
  }
  return faults;
}

export function supportedObjects(): readonly string[] {
  return [...STANDARD_OBJECTS].filter(([, object]) => object.linkable).map(([name]) => name);
}

function describeCustomField(field: CustomField): FieldDescription {
  const maxLength = field.length ?? FIXED_LENGTHS[field.type];
  const closedList = field.options !== undefined && field.restricted === true;
  return {
    path: field.name,
    label: field.label,
    type: FIELD_TYPES[field.type]?.values ?? 'string',
    createable: true,
    updateable: true,
    required: field.required === true,
    unique: field.unique === true,
    ...(maxLength === undefined ? {} : { maxLength }),
    ...(closedList ? { options: field.options } : {}),
  };
}

/** The Metadata of the Tooling API for a field. */
export function toMetadata(field: CustomField): Record<string, unknown> {
  const { type, label, length, precision, scale, visibleLines, unique, caseSensitive, externalId, required } = field;
  const taken = { length, precision, scale, visibleLines, unique, externalId, required };
  return {
    type,
    label,
    ...Object.fromEntries(Object.entries(taken).filter(([, value]) => value !== undefined)),
    // Only a unique field has a way of comparing; elsewhere Salesforce refuses the attribute.
    ...(unique === true && caseSensitive !== undefined ? { caseSensitive } : {}),
    ...(field.defaultValue === undefined ? {} : { defaultValue: String(field.defaultValue) }),
    ...(field.options === undefined ? {} : { valueSet: valueSet(field.options, field.restricted === true) }),
    description: field.description === '' ? null : field.description,
    inlineHelpText: field.inlineHelpText === '' ? null : field.inlineHelpText,
  };
}

function valueSet(options: readonly string[], restricted: boolean): Record<string, unknown> {
  const value = options.map((option) => ({ fullName: option, default: false, label: option }));
  return { restricted, valueSetDefinition: { sorted: false, value } };
}

/** The attributes of a field from its Metadata. */
export function fromMetadata(
  object: string,
  name: string,
  metadata: Readonly<Record<string, unknown>>,
  visible: boolean,
): ResourceAttributes {
  const set = metadata['valueSet'] as
    | {
        restricted?: boolean | null;
        valueSetDefinition?: { value?: { fullName?: string; valueName?: string; isActive?: boolean | null }[] };
      }
    | null
    | undefined;
  const values = set?.valueSetDefinition?.value?.filter((value) => value.isActive !== false);
  return {
    ...normalizeCustomField({
      ...metadata,
      object,
      name,
      visible,
      ...(set === null || set === undefined
        ? {}
        : { restricted: set.restricted === true, options: (values ?? []).map((value) => value.fullName ?? value.valueName) }),
      ...(metadata['type'] === 'Checkbox' ? { defaultValue: String(metadata['defaultValue']) === 'true' } : {}),
    }),
  };
}

const DESCRIBED_TYPES: Readonly<Record<string, CustomFieldType>> = {
  string: 'Text',
  email: 'Email',
  phone: 'Phone',
  url: 'Url',
  boolean: 'Checkbox',
  double: 'Number',
  currency: 'Currency',
  percent: 'Percent',
  date: 'Date',
  datetime: 'DateTime',
  picklist: 'Picklist',
  multipicklist: 'MultiselectPicklist',
};

/**
 * The attributes of a field as far as `describe` shows them: all but the description and the
 * visible lines, which are left out. `undefined` for kinds of fields that are not declared here
 * (lookups, formulas, auto-numbers).
 */
export function fromDescribe(object: string, field: VendorField): ResourceAttributes | undefined {
  if (field.calculated || field.autoNumber) return undefined;
  const type = field.type === 'textarea' ? (field.length > 255 ? 'LongTextArea' : 'TextArea') : DESCRIBED_TYPES[field.type];
  if (type === undefined) return undefined;
  const {
    description: _description,
    visibleLines: _visibleLines,
    ...shown
  } = normalizeCustomField({
    object,
    name: field.name,
    label: field.label,
    type,
    length: field.length,
    precision: field.precision,
    scale: field.scale,
    options: field.picklistValues.filter((value) => value.active).map((value) => value.value),
    restricted: field.restrictedPicklist,
    defaultValue: field.defaultValue === true,
    unique: field.unique,
    caseSensitive: field.caseSensitive && field.unique,
    externalId: field.externalId,
    required: !field.nillable && field.type !== 'boolean',
    inlineHelpText: field.inlineHelpText ?? '',
    visible: true,
  });
  return shown;
}
