/** `composite/sobjects`: up to 200 records in one call, each with its own outcome. */
import { plainText } from '../data/plain-text.ts';
import { collectionError, Refusal, refuseWith } from '../api-error.ts';
import type { ApiError } from '../api-error.ts';
import { canonicalId } from '../data/ids.ts';
import { deleteRecord, insertRecord, keyField, rowsOfKey, updateRecord } from '../data/records.ts';
import type { Organization } from '../data/organization.ts';
import type { Table } from '../data/table.ts';
import type { Field } from '../schema/field.ts';
import { fieldColumn, renderRecord } from '../soql/select.ts';
import { allowsDuplicates, isObject, jsonBody, locateIn } from './call.ts';
import type { Answer, Call, JsonObject, Workspace } from './call.ts';
import { methodNotAllowed, namedFields } from './records-resource.ts';

const MAXIMUM_RECORDS = 200;
const MAXIMUM_RUNS = 10;
/** UNVERIFIED: the limit of retrieving. */
const MAXIMUM_IDS = 2_000;

interface Outcome {
  readonly id?: string;
  readonly error?: ApiError;
  /** Only upserts tell. */
  readonly created?: boolean;
}

/** Saves one record of a call and answers its id, and whether it was created. @throws Refusal */
type SaveOne = (record: JsonObject, index: number) => { id: string; created: boolean };

/** `POST|PATCH|DELETE composite/sobjects` */
export function collection(workspace: Workspace, call: Call): Answer {
  const { org } = workspace;
  if (call.method === 'DELETE') return deleteMany(org, call);
  const options = { allowSave: allowsDuplicates(call), locate: locateIn(call.text) };
  if (call.method === 'POST') {
    return saveMany(org, call, false, (record) => {
      const id = insertRecord(org, tableOfRecord(org, record), withoutAttributes(record), options);
      return { id, created: true };
    });
  }
  if (call.method !== 'PATCH') return methodNotAllowed(call.method);
  return saveMany(org, call, false, (record) => {
    const table = tableOfRecord(org, record);
    const [idKey, id] = Object.entries(record).find(([key]) => key.toLowerCase() === 'id') ?? ['id', undefined];
    if (id === undefined || id === null || id === '')
      return refuseWith(400, 'MISSING_ARGUMENT', 'Id not specified in an update call');
    const { [idKey]: _id, ...fields } = withoutAttributes(record);
    const row = rowOfCollectionId(table, plainText(id));
    updateRecord(org, table, row, fields, options);
    return { id: table.ids[row] ?? '', created: false };
  });
}

function rowOfCollectionId(table: Table, text: string): number {
  const id = canonicalId(text);
  if (id === null)
    return refuseWith(400, 'MALFORMED_ID', `${table.schema.label} ID: id value of incorrect type: ${text}`, ['Id']);
  return table.rowOf(id) ?? refuseWith(400, 'INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id', []);
}

/** `PATCH composite/sobjects/{object}/{field}` */
export function upsertMany({ org }: Workspace, call: Call, objectName: string, fieldName: string): Answer {
  const table = org.tableOfPath(objectName);
  const field = keyField(org, table, fieldName);
  const options = { allowSave: allowsDuplicates(call), locate: locateIn(call.text) };
  const repeated = repeatedKeys(call, field);
  return saveMany(org, call, true, (record) => {
    const type = tableOfRecord(org, record);
    if (type !== table) refuseWith(400, 'INVALID_TYPE', `All records must be of type ${table.schema.name}`);
    const [keyName, key] = keyOf(record, field);
    if (keyName !== null && repeated.has(foldKey(field, key))) {
      refuseWith(400, 'DUPLICATE_VALUE', `Duplicate external id specified: ${String(key)}`, [field.name]);
    }
    const empty = key === undefined || key === null || key === '';
    const { [keyName ?? '']: _key, ...fields } = withoutAttributes(record);
    if (empty) {
      if (field.name !== 'Id') refuseWith(400, 'MISSING_ARGUMENT', `${field.name} not specified`, [field.name]);
      return { id: insertRecord(org, table, fields, options), created: true };
    }
    const row = rowToUpdate(table, field, plainText(key));
    if (row === undefined) return { id: insertRecord(org, table, { ...fields, [field.name]: key }, options), created: true };
    updateRecord(org, table, row, fields, options);
    return { id: table.ids[row] ?? '', created: false };
  });
}

function rowToUpdate(table: Table, field: Field, key: string): number | undefined {
  if (field.name === 'Id') return rowOfCollectionId(table, key);
  const rows = rowsOfKey(table, field, key);
  if (rows.length > 1) {
    // UNVERIFIED: wording; the single call answers 300.
    refuseWith(
      400,
      'DUPLICATE_EXTERNAL_ID',
      `${field.name}: more than one record found for external id field: [${rows.map((row) => table.ids[row]).join(', ')}]`,
      [],
    );
  }
  return rows[0];
}

function keyOf(record: JsonObject, field: Field): [string | null, unknown] {
  return Object.entries(record).find(([name]) => name.toLowerCase() === field.name.toLowerCase()) ?? [null, undefined];
}

function foldKey(field: Field, key: unknown): string {
  return field.caseSensitive ? String(key) : String(key).toLowerCase();
}

function repeatedKeys(call: Call, field: Field): Set<string> {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const record of recordsOf(call)) {
    const [, key] = isObject(record) ? keyOf(record, field) : [null, null];
    if (key === undefined || key === null || key === '') continue;
    const folded = foldKey(field, key);
    if (seen.has(folded)) repeated.add(folded);
    seen.add(folded);
  }
  return repeated;
}

function recordsOf(call: Call): readonly unknown[] {
  const { records } = jsonBody(call);
  return Array.isArray(records) ? records : [];
}

function tableOfRecord(org: Organization, record: JsonObject): Table {
  const { attributes } = record;
  if (!isObject(attributes) || typeof attributes['type'] !== 'string') {
    const message = 'Nested object for polymorphic foreign key must have an attributes field before any other fields.';
    return refuseWith(400, 'JSON_PARSER_ERROR', message);
  }
  const type = attributes['type'];
  return org.table(type) ?? refuseWith(400, 'INVALID_TYPE', `sObject type '${type}' is not supported.`);
}

function withoutAttributes(record: JsonObject): JsonObject {
  const { attributes: _attributes, ...fields } = record;
  return fields;
}

function saveMany(org: Organization, call: Call, tellsCreated: boolean, save: SaveOne): Answer {
  const body = jsonBody(call);
  const records = recordsOf(call);
  checkCount(records.length, MAXIMUM_RECORDS);
  checkRuns(records);
  const outcomes = runEach(org, records, body['allOrNone'] === true || call.allOrNone === true, call.partial, (record, index) => {
    if (!isObject(record)) return refuseWith(400, 'JSON_PARSER_ERROR', 'Unexpected value in records');
    const { id, created } = save(record, index);
    return tellsCreated ? { id, created } : { id };
  });
  return { status: 200, body: outcomes.map((outcome) => render(outcome, tellsCreated)) };
}

function checkCount(count: number, maximum: number): void {
  if (count === 0) refuseWith(400, 'REQUIRED_FIELD_MISSING', 'At least 1 record is required');
  if (count <= maximum) return;
  refuseWith(400, 'EXCEEDED_ID_LIMIT', `record limit reached. cannot submit more than ${maximum} records in this call`);
}

/** UNVERIFIED: code and wording. Records of several types are saved in runs of one type. */
function checkRuns(records: readonly unknown[]): void {
  const types = records.map((record) =>
    isObject(record) && isObject(record['attributes']) ? plainText(record['attributes']['type']).toLowerCase() : '',
  );
  if (types.filter((type, index) => type !== types[index - 1]).length > MAXIMUM_RUNS)
    refuseWith(400, 'INVALID_INPUT', `Records of several types make more than ${MAXIMUM_RUNS} chunks: sort them by type`);
}

const ROLLED_BACK: ApiError = {
  status: 400,
  errorCode: 'ALL_OR_NONE_OPERATION_ROLLED_BACK',
  message: 'Record rolled back because not all records were valid and the request was using AllOrNone header',
};

/** Runs each record by itself, or all of them or none. */
function runEach<T>(
  org: Organization,
  items: readonly T[],
  allOrNone: boolean,
  partial: boolean,
  run: (item: T, index: number) => Outcome,
): Outcome[] {
  let outcomes: Outcome[] = [];
  org.atomically(() => {
    outcomes = items.map((item, index) => {
      if (partial && index % 2 === 1) return { error: lockError(item) };
      return runOne(org, () => run(item, index));
    });
    return !allOrNone || outcomes.every((outcome) => outcome.error === undefined);
  });
  const failed = outcomes.some((outcome) => outcome.error !== undefined);
  if (!allOrNone || !failed) return outcomes;
  return outcomes.map((outcome) => (outcome.error === undefined ? { error: ROLLED_BACK } : outcome));
}

/** Runs one record; a refusal takes its effects back and becomes its outcome. */
export function runOne(org: Organization, run: () => Outcome): Outcome {
  let outcome: Outcome = {};
  org.atomically(() => {
    try {
      outcome = run();
      return true;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      outcome = { error: error.error };
      return false;
    }
  });
  return outcome;
}

/** What a record that another transaction holds is answered. */
export function lockError(item: unknown): ApiError {
  const id = typeof item === 'string' ? item : isObject(item) ? (item['Id'] ?? item['id'] ?? '') : '';
  const named = typeof id === 'string' && id !== '' ? ` or 1 records: ${id}` : '';
  return {
    status: 400,
    errorCode: 'UNABLE_TO_LOCK_ROW',
    message: `unable to obtain exclusive access to this record${named}`,
    fields: [],
  };
}

function render(outcome: Outcome, tellsCreated: boolean): JsonObject {
  const { id, error } = outcome;
  if (error !== undefined) {
    const failed = { success: false, errors: [collectionError(error)] };
    return tellsCreated ? { ...failed, created: false } : failed;
  }
  const saved = { id, success: true, errors: [] };
  return tellsCreated ? { ...saved, created: outcome.created } : saved;
}

function deleteMany(org: Organization, call: Call): Answer {
  const ids = (call.query.get('ids') ?? '')
    .split(',')
    .map((id) => id.trim())
    .filter((id) => id !== '');
  checkCount(ids.length, MAXIMUM_RECORDS);
  const outcomes = runEach(org, ids, call.query.get('allOrNone') === 'true' || call.allOrNone === true, call.partial, (text) => {
    const id = canonicalId(text);
    if (id === null) return refuseWith(400, 'MALFORMED_ID', `malformed id ${text}`, []);
    const table = [...org.tables.values()].find((one) => !one.schema.tooling && one.schema.keyPrefix === id.slice(0, 3));
    const row = table?.rowOf(id);
    if (table === undefined || row === undefined)
      return refuseWith(400, 'INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id', []);
    deleteRecord(org, table, row);
    return { id };
  });
  return { status: 200, body: outcomes.map((outcome) => render(outcome, false)) };
}

/** `POST composite/sobjects/{object}` with ids and fields, or GET with both in the query. */
export function retrieveMany({ org }: Workspace, call: Call, objectName: string): Answer {
  const table = org.tableOfPath(objectName);
  const { ids, fields } = call.method === 'GET' ? retrieveQuery(call) : retrieveBody(call);
  checkCount(ids.length, MAXIMUM_IDS);
  const columns = namedFields(org, table, fields).map((field) => fieldColumn(table, field));
  const body = org.reading(() =>
    ids.map((text) => {
      const id = canonicalId(text);
      const row = id === null ? undefined : table.rowOf(id);
      return row === undefined || table.isDeleted(row) ? null : renderRecord(table, row, columns, call);
    }),
  );
  return { status: 200, body };
}

function retrieveQuery(call: Call): { ids: string[]; fields: string[] } {
  const list = (name: string): string[] => (call.query.get(name) ?? '').split(',').filter((one) => one !== '');
  return { ids: list('ids'), fields: list('fields') };
}

function retrieveBody(call: Call): { ids: string[]; fields: string[] } {
  const body = jsonBody(call);
  const list = (name: string): string[] => (Array.isArray(body[name]) ? body[name].map(String) : []);
  return { ids: list('ids'), fields: list('fields') };
}
