/**
 * Inserts, updates, deletes and finds records under the rules of the platform. Every refusal is
 * thrown as a `Refusal`; nothing is written before all checks of the record have passed.
 */
import { NOT_FOUND, Refusal, refuseWith } from '../api-error.ts';
import type { Field, StoredValue } from '../schema/field.ts';
import { fieldOf } from '../schema/object.ts';
import { canonicalId, shortId } from './ids.ts';
import { wholeSeconds } from './instants.ts';
import type { Organization } from './organization.ts';
import { afterSave, checkBeforeSave } from './rules.ts';
import type { Table } from './table.ts';
import { NOWHERE, toStored } from './values.ts';
import type { Locate } from './values.ts';

export interface SaveOptions {
  /** `Sforce-Duplicate-Rule-Header: allowSave=true`. */
  readonly allowSave: boolean;
  readonly locate: Locate;
}

export const PLAIN_SAVE: SaveOptions = { allowSave: false, locate: NOWHERE };

type Values = Map<string, StoredValue>;

/** Creates a record. @returns its id @throws Refusal */
export function insertRecord(
  org: Organization,
  table: Table,
  input: Readonly<Record<string, unknown>>,
  options: SaveOptions,
): string {
  const { schema } = table;
  if (!schema.createable)
    return refuseWith(400, 'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY', `entity type cannot be inserted: ${schema.label}`);
  const values = valuesOf(org, table, input, 'insert', options.locate);
  for (const field of schema.fields.values()) {
    const initial = field.initialValue ?? field.defaultValue;
    // A column without values is false already.
    if (field.derive === undefined && !values.has(field.name) && initial !== null && initial !== false)
      values.set(field.name, initial);
  }
  const missing = [...schema.fields.values()].filter((field) => isMissing(field, values)).map((field) => field.name);
  if (missing.length > 0)
    refuseWith(400, 'REQUIRED_FIELD_MISSING', `Required fields are missing: [${missing.join(', ')}]`, missing);
  checkValues(org, table, null, values, options);
  const id = org.newId(schema.keyPrefix);
  const row = table.insert(id);
  if (schema.fields.get('OwnerId') !== undefined && !values.has('OwnerId')) values.set('OwnerId', org.userId);
  if (schema.fields.get('CaseNumber') !== undefined)
    values.set('CaseNumber', String(999 + org.nextNumber('Case')).padStart(8, '0'));
  const stamp = org.stamp();
  if (schema.fields.has('CreatedDate')) {
    values.set('CreatedDate', stamp);
    values.set('CreatedById', org.userId);
  }
  stampValues(org, table, values, stamp);
  for (const [name, value] of values) table.set(row, name, value);
  org.wrote(table, row, null);
  afterSave(org, table, row);
  return id;
}

function isMissing(field: Field, values: Values): boolean {
  if (!field.createable || field.nillable || field.type === 'boolean') return false;
  const given = values.get(field.name);
  return (given === undefined && !field.defaultedOnCreate) || given === null;
}

/** Changes a record that lives. @throws Refusal */
export function updateRecord(
  org: Organization,
  table: Table,
  row: number,
  input: Readonly<Record<string, unknown>>,
  options: SaveOptions,
): void {
  const { schema } = table;
  if (table.isDeleted(row)) refuseWith(404, 'ENTITY_IS_DELETED', 'entity is deleted', []);
  if (schema.name === 'Lead' && table.get(row, 'IsConverted') === true) {
    refuseWith(400, 'CANNOT_UPDATE_CONVERTED_LEAD', 'cannot reference converted lead', []);
  }
  if (!schema.updateable)
    refuseWith(400, 'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY', `entity type cannot be updated: ${schema.label}`);
  const values = valuesOf(org, table, input, 'update', options.locate);
  const emptied = [...values]
    .filter(([name, value]) => value === null && schema.fields.get(name)?.nillable === false)
    .map(([name]) => name);
  if (emptied.length > 0)
    refuseWith(400, 'REQUIRED_FIELD_MISSING', `Required fields are missing: [${emptied.join(', ')}]`, emptied);
  checkValues(org, table, row, values, options);
  // Bounce flags belong to the address: another address starts without them.
  const email = values.get('Email');
  if (schema.fields.has('EmailBouncedReason') && email !== undefined && email !== table.get(row, 'Email')) {
    values.set('EmailBouncedReason', null);
    values.set('EmailBouncedDate', null);
  }
  stampValues(org, table, values, org.stamp());
  write(org, table, row, values);
  afterSave(org, table, row);
}

/** Writes values as they are, and remembers what readers still see. */
export function write(org: Organization, table: Table, row: number, values: ReadonlyMap<string, StoredValue>): void {
  const before = new Map([...values.keys()].map((name) => [name, table.get(row, name)]));
  for (const [name, value] of values) table.set(row, name, value);
  org.wrote(table, row, before);
}

/** Adds the stamps of a change by the user. */
export function stampValues(org: Organization, table: Table, values: Values, stamp: number): void {
  const { fields } = table.schema;
  if (fields.has('LastModifiedDate')) {
    values.set('LastModifiedDate', stamp);
    values.set('LastModifiedById', org.userId);
  }
  if (fields.has('SystemModstamp')) values.set('SystemModstamp', stamp);
}

/** Moves a record and what hangs on it to the recycle bin, or away for good where the object has none. @throws Refusal */
export function deleteRecord(org: Organization, table: Table, row: number): void {
  if (table.isDeleted(row)) refuseWith(404, 'ENTITY_IS_DELETED', 'entity is deleted', []);
  if (!table.schema.deletable) refuseWith(400, 'INSUFFICIENT_ACCESS_OR_READONLY', 'insufficient access rights on object id', []);
  removeChildren(org, table, row);
  if (table.schema.fields.has('IsDeleted')) {
    const values: Values = new Map([['IsDeleted', true]]);
    stampValues(org, table, values, org.stamp());
    write(org, table, row, values);
  } else {
    table.remove(row);
  }
  if (table.schema.name === 'PermissionSetAssignment' || table.schema.name === 'FieldPermissions') org.permissionsChanged();
}

function removeChildren(org: Organization, parent: Table, row: number): void {
  const id = parent.ids[row] ?? '';
  for (const table of org.tables.values()) {
    for (const field of table.schema.fields.values()) {
      if (field.type !== 'reference' || field.name === 'MasterRecordId' || !field.referenceTo.includes(parent.schema.name))
        continue;
      for (const child of table.lookup(field, id)) {
        if (table.isDeleted(child)) continue;
        if (field.cascadeDelete) deleteRecord(org, table, child);
        else if (field.nillable) write(org, table, child, new Map([[field.name, null]]));
      }
    }
  }
}

/** Brings a record back from the recycle bin. */
export function undeleteRecord(org: Organization, table: Table, row: number): void {
  if (!table.isDeleted(row)) refuseWith(400, 'UNDELETE_FAILED', 'Entity is not in the recycle bin', []);
  const values: Values = new Map<string, StoredValue>([['IsDeleted', false]]);
  if (table.schema.fields.has('MasterRecordId')) values.set('MasterRecordId', null);
  stampValues(org, table, values, org.stamp());
  write(org, table, row, values);
}

/** Merges records of one object into one: the losers go to the bin and name their master, their children move over. */
export function mergeRecords(org: Organization, table: Table, master: number, losers: readonly number[]): void {
  const masterId = table.ids[master] ?? '';
  for (const loser of losers) {
    const loserId = table.ids[loser] ?? '';
    for (const children of org.tables.values()) {
      for (const field of children.schema.fields.values()) {
        if (field.type !== 'reference' || field.name === 'MasterRecordId' || !field.referenceTo.includes(table.schema.name))
          continue;
        for (const child of children.lookup(field, loserId)) {
          const values: Values = new Map([[field.name, masterId]]);
          stampValues(org, children, values, org.stamp());
          write(org, children, child, values);
        }
      }
    }
    const values: Values = new Map<string, StoredValue>([
      ['IsDeleted', true],
      ['MasterRecordId', masterId],
    ]);
    stampValues(org, table, values, org.stamp());
    write(org, table, loser, values);
  }
  const touched: Values = new Map();
  stampValues(org, table, touched, org.stamp());
  write(org, table, master, touched);
}

/** The row that an id of a path or body names. @throws Refusal where the id is none, or of nothing */
export function rowOfId(table: Table, text: string, missing: () => never): number {
  const id = canonicalId(text);
  const row = id === null ? undefined : table.rowOf(id);
  return row === undefined ? missing() : row;
}

/** The field that may serve as an upsert key. @throws Refusal NOT_FOUND */
export function keyField(org: Organization, table: Table, name: string): Field {
  const field = org.visibleField(table.schema, name);
  if (field !== undefined && (field.externalId || field.idLookup)) return field;
  return refuseWith(404, 'NOT_FOUND', `Provided external ID field does not exist or is not accessible: ${name}`);
}

/** Living rows whose key field has a value. */
export function rowsOfKey(table: Table, field: Field, value: string): number[] {
  const wanted = field.name === 'Id' ? (canonicalId(value) ?? '') : value;
  return table.lookup(field, keyText(field, wanted)).filter((row) => !table.isDeleted(row));
}

function keyText(field: Field, value: string): string {
  const isNumber = field.type === 'double' || field.type === 'int';
  return isNumber && value.trim() !== '' && Number.isFinite(Number(value)) ? String(Number(value)) : value;
}

/** Reads the fields of a request into stored values. @throws Refusal */
function valuesOf(
  org: Organization,
  table: Table,
  input: Readonly<Record<string, unknown>>,
  mode: 'insert' | 'update',
  locate: Locate,
): Values {
  const { schema } = table;
  const values: Values = new Map();
  const readOnly: string[] = [];
  for (const [key, value] of Object.entries(input)) {
    if (key === 'attributes') continue;
    const field = org.visibleField(schema, key);
    if (field === undefined) {
      const reference = referenceByKey(org, table, key, value);
      if (reference === undefined) {
        refuseWith(400, 'INVALID_FIELD', `No such column '${key}' on sobject of type ${schema.name}`);
      } else if (reference !== null) {
        values.set(reference.name, reference.id);
      }
      continue;
    }
    if (field.name === 'Id') {
      if (value === null || value === '') continue;
      const message =
        mode === 'insert' ? 'cannot specify Id in an insert call' : 'The Id field should not be specified in the sobject data.';
      refuseWith(400, 'INVALID_FIELD_FOR_INSERT_UPDATE', message, ['Id']);
    }
    const writable = mode === 'insert' ? field.createable : field.updateable;
    if (!writable || !org.access(schema, field).edit) readOnly.push(field.name);
    else values.set(field.name, toStored(field, value, locate));
  }
  if (readOnly.length > 0) {
    const message = `Unable to create/update fields: ${readOnly.join(', ')}. Please check the security settings of this field and verify that it is read/write for your profile or permission set.`;
    refuseWith(400, 'INVALID_FIELD_FOR_INSERT_UPDATE', message, readOnly);
  }
  return values;
}

/** A parent named by its external id, `{"Account": {"AccExt__c": "a-1"}}`; `undefined` where the key names no relationship. */
function referenceByKey(
  org: Organization,
  table: Table,
  key: string,
  value: unknown,
): { name: string; id: string } | null | undefined {
  const name = table.schema.relationships.get(key.toLowerCase());
  const field = name === undefined ? undefined : table.schema.fields.get(name);
  if (field === undefined || !org.access(table.schema, field).read) return undefined;
  if (value === null || typeof value !== 'object') return null;
  const parent = org.table(field.referenceTo[0] ?? '');
  const entry = Object.entries(value).find(([one]) => one !== 'attributes');
  if (parent === undefined || entry === undefined) return null;
  const parentKey = org.visibleField(parent.schema, entry[0]);
  if (parentKey === undefined || !(parentKey.externalId || parentKey.idLookup)) {
    return refuseWith(400, 'INVALID_FIELD', `${entry[0]} is not an External ID or indexed field for ${parent.schema.name}`, [
      entry[0],
    ]);
  }
  const rows = rowsOfKey(parent, parentKey, String(entry[1]));
  const text = `Foreign key external ID: ${String(entry[1])} not found for field ${parentKey.name} in entity ${parent.schema.name}`;
  if (rows.length === 0) return refuseWith(400, 'INVALID_FIELD', text, []);
  if (rows.length > 1)
    return refuseWith(400, 'INVALID_FIELD', `More than one record found for external id: ${String(entry[1])}`, []);
  return { name: field.name, id: parent.ids[rows[0] ?? 0] ?? '' };
}

/** Checks that need other rows: references, unique values, duplicate rules, the object's own rules. */
function checkValues(org: Organization, table: Table, row: number | null, values: Values, options: SaveOptions): void {
  for (const [name, value] of values) {
    const field = fieldOf(table.schema, name);
    if (field === undefined || value === null) continue;
    if (field.type === 'reference') checkReference(org, field, String(value));
    if (field.unique) checkUnique(table, row, field, value);
  }
  checkBeforeSave(org, table, row, values, options.allowSave);
}

function checkReference(org: Organization, field: Field, id: string): void {
  const targets = field.referenceTo.map((name) => org.table(name)).filter((one) => one !== undefined);
  if (targets.length > 0 && !targets.some((one) => id.startsWith(one.schema.keyPrefix))) {
    refuseWith(400, 'FIELD_INTEGRITY_EXCEPTION', `${field.label}: id value of incorrect type: ${id}`, [field.name]);
  }
  const found = targets.some((target) => {
    const row = target.rowOf(id);
    return row !== undefined && !target.isDeleted(row);
  });
  if (found) return;
  refuseWith(
    400,
    'INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY',
    `insufficient access rights on cross-reference id: ${shortId(id)}`,
    [],
  );
}

function checkUnique(table: Table, row: number | null, field: Field, value: StoredValue): void {
  const other = table.lookup(field, String(value)).find((one) => one !== row && !table.isDeleted(one));
  if (other === undefined) return;
  const id = shortId(table.ids[other] ?? '');
  refuseWith(400, 'DUPLICATE_VALUE', `duplicate value found: ${field.name} duplicates value on record with id: ${id}`, []);
}

/** Thrown for a path that names no record. */
export function notFound(): never {
  throw new Refusal(NOT_FOUND);
}

/** Days that the recycle bin keeps a record. */
const BIN_MS = 15 * 86_400_000;

/** Whether a deleted row can still be seen by `queryAll`. */
export function isInBin(org: Organization, table: Table, row: number): boolean {
  return Number(table.get(row, 'SystemModstamp')) > wholeSeconds(org.clock.now()) - BIN_MS;
}
