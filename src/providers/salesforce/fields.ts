/**
 * What is known of objects and fields without asking an org, for `validate`. Imports neither
 * jsforce nor the client: `validate` is offline and quick.
 */
import type { FieldDescription } from '../../model/value.ts';
import type { ProviderCatalog } from '../provider.ts';
import { STANDARD_OBJECTS } from './standard-fields.ts';
import type { StandardObject } from './standard-fields.ts';

/** Custom fields end in `__c`, fields of person accounts in `__pc`, custom relationships in `__r`. */
const CUSTOM_FIELD = /^[A-Za-z]\w*__p?c$/;
const CUSTOM_RELATIONSHIP = /^[A-Za-z]\w*__p?r$/;

export const salesforceCatalog: ProviderCatalog = {
  objects: [...STANDARD_OBJECTS.keys()].filter((name) => STANDARD_OBJECTS.get(name)!.linkable),

  field(object, path) {
    const known = STANDARD_OBJECTS.get(object);
    if (known === undefined) return object.endsWith('__c') ? 'account' : undefined;
    return fieldOf(known, path.split('.'), []);
  },

  // A system field of every object that a link may name.
  createdPath: () => 'CreatedDate',

  paths(object) {
    const known = STANDARD_OBJECTS.get(object);
    if (known === undefined) return [];
    const own = known.fields.map((field) => field.path);
    const parents = [...known.parents].flatMap(([relationship, parent]) =>
      STANDARD_OBJECTS.get(parent)!.fields.map((field) => `${relationship}.${field.path}`),
    );
    return [...own, ...parents];
  },
};

function fieldOf(
  object: StandardObject,
  steps: readonly string[],
  travelled: readonly string[],
): FieldDescription | 'account' | undefined {
  const [step, ...rest] = steps;
  if (step === undefined) return undefined;
  if (rest.length === 0) {
    if (CUSTOM_FIELD.test(step)) return 'account';
    const field = object.fields.find((candidate) => candidate.path === step);
    return field === undefined || travelled.length === 0 ? field : parentField(field, travelled, object.label);
  }
  // The types of custom parents, and so their fields, are known to the account alone.
  if (CUSTOM_RELATIONSHIP.test(step)) return 'account';
  const parent = object.parents.get(step);
  return parent === undefined ? undefined : fieldOf(STANDARD_OBJECTS.get(parent)!, rest, [...travelled, step]);
}

/** A field of a parent record, read through its child: never written, and its changes leave the child's stamp alone. */
export function parentField(field: FieldDescription, relationships: readonly string[], parentLabel: string): FieldDescription {
  const parent = relationships.join('.');
  const { optedOutWhen: _optedOutWhen, computed, ...rest } = field;
  return {
    ...rest,
    path: `${parent}.${field.path}`,
    label: field.label.startsWith(parentLabel) ? field.label : `${parentLabel} ${field.label}`,
    createable: false,
    updateable: false,
    required: false,
    unique: false,
    parent,
    ...(computed === undefined ? {} : { computed: { ...computed, parents: computed.parents.map((one) => `${parent}.${one}`) } }),
  };
}
