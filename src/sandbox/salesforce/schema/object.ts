/** What an object is, as describe tells it. */
import type { Field } from './field.ts';

export interface ObjectFlags {
  readonly createable: boolean;
  readonly updateable: boolean;
  readonly deletable: boolean;
  readonly undeletable: boolean;
  readonly mergeable: boolean;
  readonly replicateable: boolean;
  readonly searchable: boolean;
  readonly layoutable: boolean;
  readonly mruEnabled: boolean;
  readonly feedEnabled: boolean;
  readonly triggerable: boolean;
}

export interface ObjectSchema extends ObjectFlags {
  readonly name: string;
  readonly label: string;
  readonly labelPlural: string;
  readonly keyPrefix: string;
  /** Lives in the Tooling API instead of the data API. */
  readonly tooling: boolean;
  /** Canonical name -> field, in the order of describe; custom fields come and go. */
  readonly fields: Map<string, Field>;
  /** Lower-case name -> canonical name. */
  readonly names: Map<string, string>;
  /** Lower-case relationship name -> reference field, `account` -> `AccountId`. */
  readonly relationships: Map<string, string>;
  /** When fields last came, went or changed, in ms. */
  schemaChangedAt: number;
}

const STANDARD: ObjectFlags = {
  createable: true,
  updateable: true,
  deletable: true,
  undeletable: true,
  mergeable: false,
  replicateable: true,
  searchable: true,
  layoutable: true,
  mruEnabled: true,
  feedEnabled: true,
  triggerable: true,
};

/** Flags of objects of the set-up, which people do not see as records. */
export const SETUP: Partial<ObjectFlags> = {
  undeletable: false,
  replicateable: false,
  searchable: false,
  layoutable: false,
  mruEnabled: false,
  feedEnabled: false,
  triggerable: false,
};

interface ObjectHead extends Partial<ObjectFlags> {
  readonly name: string;
  readonly label: string;
  readonly labelPlural: string;
  readonly keyPrefix: string;
  readonly tooling?: boolean;
}

/** An object with its standard fields. */
export function objectSchema(head: ObjectHead, fields: readonly Field[]): ObjectSchema {
  const schema: ObjectSchema = {
    ...STANDARD,
    tooling: false,
    ...head,
    fields: new Map(),
    names: new Map(),
    relationships: new Map(),
    schemaChangedAt: 0,
  };
  for (const one of fields) putField(schema, one);
  return schema;
}

/** Adds a field or replaces the one of the same name. */
export function putField(schema: ObjectSchema, field: Field): void {
  schema.fields.set(field.name, field);
  schema.names.set(field.name.toLowerCase(), field.name);
  if (field.relationshipName !== null) schema.relationships.set(field.relationshipName.toLowerCase(), field.name);
}

export function removeField(schema: ObjectSchema, name: string): void {
  const field = schema.fields.get(name);
  if (field === undefined) return;
  schema.fields.delete(name);
  schema.names.delete(name.toLowerCase());
  if (field.relationshipName !== null) schema.relationships.delete(field.relationshipName.toLowerCase());
}

/** The field of a name in any letter case. */
export function fieldOf(schema: ObjectSchema, name: string): Field | undefined {
  const canonical = schema.names.get(name.toLowerCase());
  return canonical === undefined ? undefined : schema.fields.get(canonical);
}
