/** `tooling/sobjects/CustomField`: creating, reading, changing and deleting custom fields. */
import { plainText } from '../data/plain-text.ts';
import { refuseWith } from '../api-error.ts';
import { shortId } from '../data/ids.ts';
import { notFound, rowOfId, stampValues } from '../data/records.ts';
import type { Organization } from '../data/organization.ts';
import type { Table } from '../data/table.ts';
import { completeMetadata, fieldFromMetadata } from '../schema/custom-field.ts';
import type { FieldMetadata } from '../schema/custom-field.ts';
import type { Field, StoredValue } from '../schema/field.ts';
import { formulaField } from '../schema/formula.ts';
import { fieldOf, putField, removeField } from '../schema/object.ts';
import type { ObjectSchema } from '../schema/object.ts';
import { parseSoql } from '../soql/query.ts';
import { fieldColumn, renderRecord } from '../soql/select.ts';
import { isObject, jsonBody } from './call.ts';
import type { Answer, Call, JsonObject, Workspace } from './call.ts';
import { query } from './query-resource.ts';
import { methodNotAllowed } from './records-resource.ts';

const MAXIMUM_EXTERNAL_IDS = 25;

/** `GET tooling/query`: `Metadata` and `FullName` only of one row. */
export function toolingQuery(workspace: Workspace, call: Call): Answer {
  const answer = query(workspace, call, { tooling: true, includeDeleted: false });
  const selected = (parseSoql(call.query.get('q') ?? '').fields ?? []).map((item) =>
    'field' in item ? item.field.toLowerCase() : '',
  );
  const size = isObject(answer.body) ? Number(answer.body['totalSize']) : 0;
  if (size > 1 && (selected.includes('metadata') || selected.includes('fullname'))) {
    const message = `When retrieving results with Metadata or FullName fields, the query qualifications must specify no more than one row for retrieval. Result size: ${size}`;
    refuseWith(400, 'MALFORMED_QUERY', message);
  }
  return answer;
}

/** `POST tooling/sobjects/CustomField` */
export function createCustomField({ org }: Workspace, call: Call): Answer {
  const body = jsonBody(call);
  const [objectName = '', name = '', ...more] = plainText(body['FullName']).split('.');
  const target = org.table(objectName);
  const metadata = body['Metadata'];
  if (target === undefined || more.length > 0) {
    return refuseWith(
      400,
      'FIELD_INTEGRITY_EXCEPTION',
      `Entity Enumeration Or ID: bad value for restricted picklist field: ${objectName}`,
      ['FullName'],
    );
  }
  if (!isObject(metadata))
    return refuseWith(400, 'REQUIRED_FIELD_MISSING', 'Required fields are missing: [Metadata]', ['Metadata']);
  const developerName = name.replace(/__c$/, '');
  if (!name.endsWith('__c') || developerName.length > 40 || !/^[A-Za-z](?:_?[A-Za-z0-9])*$/.test(developerName)) {
    const message =
      'Field Name: The Name can only contain underscores and alphanumeric characters. It must be unique, begin with a letter, not include spaces, not end with an underscore, and not contain two consecutive underscores.';
    refuseWith(400, 'FIELD_INTEGRITY_EXCEPTION', message, ['FullName']);
  }
  if (fieldOf(target.schema, name) !== undefined) {
    const message = `There is already a field named ${developerName} on ${target.schema.label}.`;
    refuseWith(400, 'DUPLICATE_DEVELOPER_NAME', message, ['DeveloperName']);
  }
  const field = definedField(org, target.schema, name, metadata);
  checkExternalIds(target.schema, field);
  putField(target.schema, field);
  schemaChanged(org, target.schema);
  const table = org.tableOfPath('CustomField', true);
  const row = table.insert(org.newId('00N'));
  const stamp = org.stamp();
  table.set(row, 'TableEnumOrId', target.schema.name);
  table.set(row, 'DeveloperName', developerName);
  table.set(row, 'ManageableState', 'unmanaged');
  table.set(row, 'CreatedDate', stamp);
  table.set(row, 'CreatedById', org.userId);
  writeDefinition(org, table, row, `${target.schema.name}.${name}`, field, metadata);
  return { status: 201, body: { id: table.ids[row], success: true, errors: [], warnings: [], infos: [] } };
}

function definedField(org: Organization, schema: ObjectSchema, name: string, metadata: FieldMetadata): Field {
  const { formula } = metadata;
  if (typeof formula !== 'string') return fieldFromMetadata(name, metadata);
  return formulaField(org, schema, fieldFromMetadata(name, { length: 255, ...metadata }), formula);
}

function checkExternalIds(schema: ObjectSchema, field: Field): void {
  const others = [...schema.fields.values()].filter((one) => one.externalId && one.name !== field.name).length;
  if (!field.externalId || others < MAXIMUM_EXTERNAL_IDS) return;
  refuseWith(
    400,
    'FIELD_INTEGRITY_EXCEPTION',
    `You have reached the limit of ${MAXIMUM_EXTERNAL_IDS} external ids on ${schema.label}.`,
    ['Metadata.externalId'],
  );
}

function schemaChanged(org: Organization, schema: ObjectSchema): void {
  schema.schemaChangedAt = org.stamp();
  org.permissionsChanged();
}

function writeDefinition(
  org: Organization,
  table: Table,
  row: number,
  fullName: string,
  field: Field,
  metadata: FieldMetadata,
): void {
  const values = new Map<string, StoredValue>([
    ['FullName', fullName],
    ['Metadata', JSON.stringify(completeMetadata(metadata))],
    ['Description', typeof metadata['description'] === 'string' ? metadata['description'] : null],
    ['InlineHelpText', field.inlineHelpText],
    ['Length', field.length === 0 ? null : field.length],
    ['Precision', field.precision === 0 ? null : field.precision],
    ['Scale', field.precision === 0 ? null : field.scale],
  ]);
  stampValues(org, table, values, org.stamp());
  for (const [name, value] of values) table.set(row, name, value);
}

/** `GET|PATCH|DELETE tooling/sobjects/CustomField/{id}` */
export function customFieldById({ org }: Workspace, call: Call, id: string): Answer {
  const table = org.tableOfPath('CustomField', true);
  const row = rowOfId(table, id, notFound);
  if (call.method === 'GET') {
    const columns = [...table.schema.fields.values()].map((field) => fieldColumn(table, field));
    return { status: 200, body: renderRecord(table, row, columns, call) };
  }
  const fullName = String(table.get(row, 'FullName'));
  const [objectName = '', name = ''] = fullName.split('.');
  const target = org.tableOfPath(objectName);
  if (call.method === 'DELETE') {
    removeField(target.schema, name);
    target.drop(name);
    table.remove(row);
    removePermissions(org, fullName);
    schemaChanged(org, target.schema);
    return { status: 204 };
  }
  if (call.method !== 'PATCH') return methodNotAllowed(call.method);
  const body: JsonObject = jsonBody(call);
  const metadata = body['Metadata'];
  if (!isObject(metadata))
    return refuseWith(400, 'REQUIRED_FIELD_MISSING', 'Required fields are missing: [Metadata]', ['Metadata']);
  const field = definedField(org, target.schema, name, metadata);
  checkChange(target, field);
  checkExternalIds(target.schema, field);
  putField(target.schema, field);
  schemaChanged(org, target.schema);
  writeDefinition(org, table, row, fullName, field, metadata);
  return { status: 204 };
}

/** UNVERIFIED: the wording. A type that changes, a length that cuts values, or a `unique` that values break is refused. */
function checkChange(target: Table, field: Field): void {
  const before = target.schema.fields.get(field.name);
  if (before !== undefined && before.type !== field.type) {
    refuseWith(400, 'FIELD_INTEGRITY_EXCEPTION', `Cannot change the type of ${field.name} from ${before.type} to ${field.type}`, [
      'Metadata.type',
    ]);
  }
  const seen = new Map<string, string>();
  for (const [row, value] of target.column(field.name).entries()) {
    if (typeof value !== 'string' || target.present[row] !== true) continue;
    if (field.length > 0 && value.length > field.length) {
      refuseWith(400, 'FIELD_INTEGRITY_EXCEPTION', `Length: values of ${field.name} are longer than ${field.length}`, [
        'Metadata.length',
      ]);
    }
    if (!field.unique || target.isDeleted(row)) continue;
    const key = field.caseSensitive ? value : value.toLowerCase();
    const other = seen.get(key);
    const id = target.ids[row] ?? '';
    if (other !== undefined)
      refuseWith(
        400,
        'DUPLICATE_VALUE',
        `duplicate value found: ${field.name} duplicates value on record with id: ${shortId(other)}`,
        [],
      );
    seen.set(key, id);
  }
}

function removePermissions(org: Organization, fullName: string): void {
  const permissions = org.tableOfPath('FieldPermissions');
  for (let row = 0; row < permissions.length; row += 1) {
    if (permissions.present[row] === true && permissions.get(row, 'Field') === fullName) permissions.remove(row);
  }
}
