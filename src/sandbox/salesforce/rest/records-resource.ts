/** `sobjects/{object}/…`: single records by id or key. */
import { refuseWith } from '../api-error.ts';
import { looksLikeId } from '../data/ids.ts';
import type { Organization } from '../data/organization.ts';
import { deleteRecord, insertRecord, keyField, notFound, rowOfId, rowsOfKey, updateRecord } from '../data/records.ts';
import type { SaveOptions } from '../data/records.ts';
import type { Table } from '../data/table.ts';
import type { Field } from '../schema/field.ts';
import { fieldColumn, recordUrl, renderRecord } from '../soql/select.ts';
import { allowsDuplicates, jsonBody, locateIn } from './call.ts';
import { checkPrecondition, isUnchanged, versionHeaders } from './conditional.ts';
import type { Version } from './conditional.ts';
import type { Answer, Call, JsonObject, Workspace } from './call.ts';

/** `POST sobjects/{object}` */
export function createRecord(workspace: Workspace, call: Call, objectName: string): Answer {
  const table = workspace.org.tableOfPath(objectName);
  const id = insertRecord(workspace.org, table, jsonBody(call), saveOptions(call));
  return created(call, table, id, {});
}

function created(call: Call, table: Table, id: string, more: JsonObject): Answer {
  const location = `${call.base}sobjects/${table.schema.name}/${id}`;
  return { status: 201, headers: { Location: location }, body: { id, success: true, errors: [], ...more } };
}

function saveOptions(call: Call): SaveOptions {
  return { allowSave: allowsDuplicates(call), locate: locateIn(call.text) };
}

/** `GET|PATCH|DELETE sobjects/{object}/{id}` */
export function recordById(workspace: Workspace, call: Call, objectName: string, id: string): Answer {
  const { org } = workspace;
  const table = org.tableOfPath(objectName);
  if (!looksLikeId(id)) refuseWith(404, 'NOT_FOUND', `Provided external ID field does not exist or is not accessible: ${id}`);
  if (call.method === 'GET') return org.reading(() => readRecord(workspace, call, table, livingRow(table, id)));
  const row = rowOfId(table, id, notFound);
  return changeRecord(workspace, call, table, row);
}

function livingRow(table: Table, id: string): number {
  const row = rowOfId(table, id, notFound);
  return table.isDeleted(row) ? notFound() : row;
}

function changeRecord({ org }: Workspace, call: Call, table: Table, row: number): Answer {
  if (!table.isDeleted(row)) checkPrecondition(call, versionOf(table, row));
  if (call.method === 'PATCH') {
    updateRecord(org, table, row, jsonBody(call), saveOptions(call));
    return { status: 204 };
  }
  if (call.method === 'DELETE') {
    deleteRecord(org, table, row);
    return { status: 204 };
  }
  return methodNotAllowed(call.method);
}

export function methodNotAllowed(method: string): never {
  return refuseWith(405, 'METHOD_NOT_ALLOWED', `HTTP Method '${method}' not allowed. Allowed are HEAD,GET,PATCH,DELETE,POST`);
}

function readRecord({ org }: Workspace, call: Call, table: Table, row: number): Answer {
  const { schema } = table;
  const wanted = call.query.get('fields');
  const fields = wanted === null ? org.visibleFields(schema) : namedFields(org, table, wanted.split(','));
  const version = versionOf(table, row);
  const headers = versionHeaders(version);
  checkPrecondition(call, version);
  if (isUnchanged(call, version)) return { status: 304, headers };
  const columns = fields.map((field) => fieldColumn(table, field));
  return { status: 200, headers, body: renderRecord(table, row, columns, call) };
}

function versionOf(table: Table, row: number): Version {
  const changedAt = Number(table.get(row, 'LastModifiedDate') ?? table.get(row, 'SystemModstamp') ?? 0);
  if (table.schema.name !== 'Account') return { changedAt };
  return { changedAt, tag: Buffer.from(`${table.ids[row]}${changedAt}`).toString('base64') };
}

/** The fields of names in any case. @throws Refusal INVALID_FIELD */
export function namedFields(org: Organization, table: Table, names: readonly string[]): Field[] {
  return names.map((one) => {
    const name = one.trim();
    const field = org.visibleField(table.schema, name);
    return field ?? refuseWith(400, 'INVALID_FIELD', `No such column '${name}' on sobject of type ${table.schema.name}`);
  });
}

/** `GET|PATCH|DELETE|POST sobjects/{object}/{field}/{value}` */
export function recordByKey(workspace: Workspace, call: Call, objectName: string, fieldName: string, value: string): Answer {
  const { org } = workspace;
  const table = org.tableOfPath(objectName);
  const field = keyField(org, table, fieldName);
  if (call.method === 'PATCH') return upsertRecord(workspace, call, table, field, value);
  const find = (): number | readonly string[] => onlyRow(call, table, rowsOfKey(table, field, value));
  const found = call.method === 'GET' ? org.reading(find) : find();
  if (typeof found !== 'number') return { status: 300, body: found };
  if (call.method === 'GET') return org.reading(() => readRecord(workspace, call, table, found));
  return changeRecord(workspace, call, table, found);
}

/** The row, or the addresses of several. */
function onlyRow(call: Call, table: Table, rows: readonly number[]): number | readonly string[] {
  const [row] = rows;
  if (row === undefined) return notFound();
  return rows.length === 1 ? row : rows.map((one) => recordUrl(table, one, call));
}

/** `POST sobjects/{object}/Id`: a create in the form of an upsert. */
export function createByKey(workspace: Workspace, call: Call, objectName: string, fieldName: string): Answer {
  const table = workspace.org.tableOfPath(objectName);
  const field = keyField(workspace.org, table, fieldName);
  if (field.name !== 'Id') notFound();
  const id = insertRecord(workspace.org, table, jsonBody(call), saveOptions(call));
  return created(call, table, id, { created: true });
}

function upsertRecord({ org }: Workspace, call: Call, table: Table, field: Field, value: string): Answer {
  const body = jsonBody(call);
  for (const key of Object.keys(body)) {
    const named = key.toLowerCase();
    if (named !== 'id' && named !== field.name.toLowerCase()) continue;
    const message = `The ${named === 'id' ? 'Id' : field.name} field should not be specified in the sobject data.`;
    refuseWith(400, 'INVALID_FIELD', message, [named === 'id' ? 'Id' : field.name]);
  }
  const rows = rowsOfKey(table, field, value);
  const [row] = rows;
  if (rows.length > 1) return { status: 300, body: rows.map((one) => recordUrl(table, one, call)) };
  if (row !== undefined) {
    updateRecord(org, table, row, body, saveOptions(call));
    if (Number(call.version) < 46) return { status: 204 };
    const id = table.ids[row] ?? '';
    const headers = { Location: `${call.base}sobjects/${table.schema.name}/${id}` };
    return { status: 200, headers, body: { id, success: true, errors: [], created: false } };
  }
  if (field.name === 'Id') {
    // Leaves with the refusal of the deleted record; an unknown id is not found.
    updateRecord(org, table, rowOfId(table, value, notFound), body, saveOptions(call));
  }
  if (call.query.get('updateOnly') === 'true') return notFound();
  const id = insertRecord(org, table, { ...body, [field.name]: value }, saveOptions(call));
  return created(call, table, id, Number(call.version) < 46 ? {} : { created: true });
}
