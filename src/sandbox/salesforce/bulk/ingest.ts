/** Carries out the rows of an ingest job. */
import { Refusal, refuseWith } from '../api-error.ts';
import type { ApiError } from '../api-error.ts';
import { canonicalId } from '../data/ids.ts';
import { deleteRecord, insertRecord, PLAIN_SAVE, rowsOfKey, updateRecord } from '../data/records.ts';
import type { Organization } from '../data/organization.ts';
import type { Table } from '../data/table.ts';
import { fieldOf } from '../schema/object.ts';
import { DELIMITERS, LINE_ENDINGS, parseCsv } from './csv.ts';
import type { IngestJob, RowOutcome } from './job.ts';

/** Rows that Salesforce works on together; a key may stand only once among them. */
const BATCH_ROWS = 10_000;
/** Sets a field to null; an empty cell leaves it alone. */
const NULL_CELL = '#N/A';

/** Fills the job's outcomes, or fails it as a whole with its rows unprocessed. */
export function processIngest(org: Organization, job: IngestJob): void {
  const table = org.tableOfPath(job.object);
  const content = job.content ?? '';
  let lines: string[][];
  try {
    lines = parseCsv(content, DELIMITERS[job.columnDelimiter] ?? ',');
  } catch (error) {
    return fail(job, `InvalidBatch : ${error instanceof Error ? error.message : 'the CSV cannot be read'}`);
  }
  const [header = [], ...rows] = lines;
  job.header = header;
  job.unprocessed = rows;
  const firstEnd = /\r?\n/.exec(content)?.[0];
  if (firstEnd !== undefined && firstEnd !== LINE_ENDINGS[job.lineEnding]) {
    return fail(job, `LineEnding is invalid on user data. Current LineEnding setting is ${job.lineEnding}`);
  }
  const unknown = header.find((column) => !isColumn(org, table, column));
  if (unknown !== undefined) return fail(job, `InvalidBatch : Field name not found : ${unknown}`);
  const needed = job.operation === 'insert' ? null : job.operation === 'upsert' ? (job.externalIdFieldName ?? 'Id') : 'Id';
  if (needed !== null && !header.some((column) => column.toLowerCase() === needed.toLowerCase())) {
    return fail(job, `InvalidBatch : Field name not found : ${needed}`);
  }
  job.unprocessed = [];
  for (let from = 0; from < rows.length; from += BATCH_ROWS) processBatch(org, job, table, rows.slice(from, from + BATCH_ROWS));
  // The order of results is not that of the upload.
  job.outcomes.reverse();
  job.state = 'JobComplete';
}

function fail(job: IngestJob, message: string): void {
  job.errorMessage = message;
  job.state = 'Failed';
}

function isColumn(org: Organization, table: Table, column: string): boolean {
  const [relationship = '', name] = column.split('.');
  if (name === undefined) return org.visibleField(table.schema, column) !== undefined;
  const reference = table.schema.relationships.get(relationship.toLowerCase());
  const parent = reference === undefined ? undefined : org.table(table.schema.fields.get(reference)?.referenceTo[0] ?? '');
  return parent !== undefined && org.visibleField(parent.schema, name) !== undefined;
}

function processBatch(org: Organization, job: IngestJob, table: Table, rows: readonly (readonly string[])[]): void {
  const repeated = repeatedKeys(job, rows);
  for (const [index, cells] of rows.entries()) {
    const locked = job.partial && index % 2 === 1;
    job.outcomes.push(locked ? failure(cells, LOCKED) : processRow(org, job, table, cells, repeated));
  }
}

const LOCKED: ApiError = {
  status: 400,
  errorCode: 'UNABLE_TO_LOCK_ROW',
  message: 'unable to obtain exclusive access to this record',
  fields: [],
};

function repeatedKeys(job: IngestJob, rows: readonly (readonly string[])[]): Set<string> {
  const column = keyColumn(job);
  const seen = new Set<string>();
  const repeated = new Set<string>();
  if (job.operation !== 'upsert' || column < 0) return repeated;
  for (const cells of rows) {
    const key = (cells[column] ?? '').toLowerCase();
    if (key !== '' && seen.has(key)) repeated.add(key);
    seen.add(key);
  }
  return repeated;
}

function keyColumn(job: IngestJob): number {
  const name = (job.operation === 'upsert' ? (job.externalIdFieldName ?? 'Id') : 'Id').toLowerCase();
  return job.header.findIndex((column) => column.toLowerCase() === name);
}

function processRow(
  org: Organization,
  job: IngestJob,
  table: Table,
  cells: readonly string[],
  repeated: ReadonlySet<string>,
): RowOutcome {
  let outcome: RowOutcome | null = null;
  org.atomically(() => {
    try {
      const { id, created } = saveRow(org, job, table, cells, repeated);
      outcome = { id, created, error: null, cells };
      return true;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      outcome = failure(cells, describeParserError(job, table, cells, error.error));
      return false;
    }
  });
  return outcome ?? failure(cells, LOCKED);
}

function failure(cells: readonly string[], error: ApiError): RowOutcome {
  const fields = (error.fields ?? []).join(', ');
  return { id: '', created: false, cells, error: `${error.errorCode}:${error.message}:${fields === '' ? '--' : `${fields} --`}` };
}

/** A value that cannot be read is told with its column instead of its place in JSON. */
function describeParserError(job: IngestJob, table: Table, cells: readonly string[], error: ApiError): ApiError {
  const type = /^Cannot deserialize instance of (\w+)/.exec(error.message)?.[1];
  if (error.errorCode !== 'JSON_PARSER_ERROR' || type === undefined) return error;
  const column = job.header.findIndex((name, at) => {
    const field = fieldOf(table.schema, name);
    return field !== undefined && error.message.includes(` value ${cells[at] ?? ''} at `) && cells[at] !== '';
  });
  const soapType = type === 'datetime' ? 'dateTime' : type;
  const name = job.header[column] ?? '';
  const message = `Failed to deserialize field at col ${column}. Due to, '${cells[column] ?? ''}' is not a valid value for the type xsd:${soapType}`;
  return { status: 400, errorCode: 'INVALID_FIELD', message, fields: [name] };
}

function saveRow(
  org: Organization,
  job: IngestJob,
  table: Table,
  cells: readonly string[],
  repeated: ReadonlySet<string>,
): { id: string; created: boolean } {
  const column = keyColumn(job);
  const key = column < 0 ? '' : (cells[column] ?? '');
  const input = inputOf(job, table, cells, job.operation === 'insert' ? -1 : column);
  if (job.operation === 'insert') return { id: insertRecord(org, table, input, PLAIN_SAVE), created: true };
  if (job.operation !== 'upsert') {
    const row = rowOf(table, key);
    const id = table.ids[row] ?? '';
    if (job.operation === 'update') updateRecord(org, table, row, input, PLAIN_SAVE);
    else remove(org, table, row, job.operation === 'hardDelete');
    return { id, created: false };
  }
  const field = org.visibleField(table.schema, job.externalIdFieldName ?? 'Id');
  if (field === undefined || key === '')
    return refuseWith(400, 'MISSING_ARGUMENT', `${job.externalIdFieldName ?? 'Id'} not specified`, []);
  if (repeated.has(key.toLowerCase()))
    refuseWith(400, 'DUPLICATE_VALUE', `Duplicate external id specified: ${key}`, [field.name]);
  const rows = rowsOfKey(table, field, key);
  if (rows.length > 1)
    refuseWith(400, 'DUPLICATE_EXTERNAL_ID', `${field.name}: more than one record found for external id field`, []);
  const [row] = rows;
  if (row === undefined) {
    if (field.name === 'Id') rowOf(table, key);
    return { id: insertRecord(org, table, { ...input, [field.name]: key }, PLAIN_SAVE), created: true };
  }
  updateRecord(org, table, row, input, PLAIN_SAVE);
  return { id: table.ids[row] ?? '', created: false };
}

function rowOf(table: Table, key: string): number {
  const id = canonicalId(key);
  if (id === null) return refuseWith(400, 'MALFORMED_ID', `${table.schema.label} ID: id value of incorrect type: ${key}`, ['Id']);
  return table.rowOf(id) ?? refuseWith(400, 'INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id', []);
}

function remove(org: Organization, table: Table, row: number, hard: boolean): void {
  deleteRecord(org, table, row);
  if (!hard) return;
  table.remove(row);
  table.purged.add(row);
}

/** The fields of one row. An empty cell says nothing about its field. */
function inputOf(job: IngestJob, table: Table, cells: readonly string[], skipped: number): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const [at, column] of job.header.entries()) {
    const cell = cells[at] ?? '';
    if (at === skipped || cell === '') continue;
    const value = cell === NULL_CELL ? null : cell;
    const [relationship = '', name] = column.split('.');
    if (name === undefined) input[fieldOf(table.schema, column)?.name ?? column] = value;
    else input[relationship] = { [name]: value };
  }
  return input;
}
