/** `jobs/ingest/…` and `jobs/query/…`. */
import { plainText } from '../data/plain-text.ts';
import { NOT_FOUND, Refusal, refuseWith } from '../api-error.ts';
import { jsonBody } from '../rest/call.ts';
import type { Answer, Call, JsonObject, Workspace } from '../rest/call.ts';
import { methodNotAllowed } from '../rest/records-resource.ts';
import { DELIMITERS, LINE_ENDINGS, quoted } from './csv.ts';
import { jobBody, listedJobBody, newJobBody, shortJobBody } from './job.ts';
import type { IngestJob, Job, QueryJob } from './job.ts';
import { multipartJob } from './multipart.ts';
import { checkBulkQuery, resultPage } from './query-job.ts';

const OPERATIONS = ['insert', 'update', 'upsert', 'delete', 'hardDelete'] as const;
const CSV = { 'Content-Type': 'text/csv' };
/** Rows of a result page where the client names no number. */
const PAGE_ROWS = 250_000;

export function routeJobs(workspace: Workspace, call: Call, [kind, id, part]: readonly string[]): Answer {
  workspace.jobs.moveOn();
  if (kind !== 'ingest' && kind !== 'query') throw new Refusal(NOT_FOUND);
  if (id === undefined) {
    if (call.method === 'GET') return listJobs(workspace, kind);
    if (call.method !== 'POST') return methodNotAllowed(call.method);
    return { status: 200, body: newJobBody(kind === 'ingest' ? openIngest(workspace, call) : createQuery(workspace, call)) };
  }
  const job = workspace.jobs.get(id);
  if (job === undefined || job.kind !== kind) throw new Refusal(NOT_FOUND);
  if (part === undefined) return oneJob(workspace, call, job);
  return job.kind === 'ingest' ? ingestPart(workspace, call, job, part) : queryPart(call, job, part);
}

function listJobs({ jobs }: Workspace, kind: Job['kind']): Answer {
  return { status: 200, body: { done: true, records: jobs.list(kind).map((job) => listedJobBody(job)), nextRecordsUrl: null } };
}

function oneJob({ jobs, org }: Workspace, call: Call, job: Job): Answer {
  if (call.method === 'GET') return { status: 200, body: jobBody(job) };
  if (call.method === 'DELETE') {
    if (job.state === 'Open' || job.state === 'InProgress')
      refuseWith(400, 'INVALIDJOBSTATE', `Cannot delete a job in state ${job.state}`);
    jobs.remove(job.id);
    return { status: 204 };
  }
  if (call.method !== 'PATCH') return methodNotAllowed(call.method);
  const { state } = jsonBody(call);
  if (state === 'Aborted') {
    if (job.state === 'JobComplete' || job.state === 'Failed')
      refuseWith(400, 'INVALIDJOBSTATE', `Cannot abort a job in state ${job.state}`);
    job.state = 'Aborted';
    job.changedAt = org.stamp();
    if (job.kind === 'ingest') leaveUnprocessed(job);
  } else if (state === 'UploadComplete' && job.kind === 'ingest') {
    if (job.state !== 'Open') refuseWith(400, 'INVALIDJOBSTATE', `Job is not open but ${job.state}`);
    jobs.start(job);
  } else {
    refuseWith(400, 'INVALIDJOBSTATE', `Invalid job state: ${String(state)}`);
  }
  return { status: 200, body: shortJobBody(job) };
}

function leaveUnprocessed(job: IngestJob): void {
  const [header = '', ...rows] = (job.content ?? '').split(/\r?\n/).filter((line) => line !== '');
  job.header = header === '' ? [] : header.split(DELIMITERS[job.columnDelimiter] ?? ',');
  job.unprocessed = rows.map((row) => [row]);
}

function formatOf(body: JsonObject): { lineEnding: string; columnDelimiter: string } {
  const lineEnding = plainText(body['lineEnding'], 'LF');
  const columnDelimiter = plainText(body['columnDelimiter'], 'COMMA');
  if (LINE_ENDINGS[lineEnding] === undefined) refuseWith(400, 'CLIENTINPUTERROR', `Unsupported lineEnding: ${lineEnding}`);
  if (DELIMITERS[columnDelimiter] === undefined)
    refuseWith(400, 'CLIENTINPUTERROR', `Unsupported columnDelimiter: ${columnDelimiter}`);
  return { lineEnding, columnDelimiter };
}

function newJob(
  { org }: Workspace,
  call: Call,
): Pick<Job, 'id' | 'createdById' | 'createdAt' | 'changedAt' | 'startedAt' | 'version'> {
  const now = org.stamp();
  return {
    id: org.newId('750'),
    createdById: org.userId,
    createdAt: now,
    changedAt: now,
    startedAt: null,
    version: call.version,
  };
}

/** Makes a job; one that comes with its content starts at once. */
function openIngest(workspace: Workspace, call: Call): Job {
  const parts = multipartJob(call.headers['content-type'] ?? '', call.text);
  if (parts === null) return createIngest(workspace, call);
  const job = createIngest(workspace, { ...call, text: parts.job });
  job.content = parts.content;
  workspace.jobs.start(job);
  return job;
}

function createIngest(workspace: Workspace, call: Call): IngestJob {
  const { org, jobs } = workspace;
  const body = jsonBody(call);
  const operation = OPERATIONS.find((one) => one === body['operation']);
  if (operation === undefined) return refuseWith(400, 'INVALIDOPERATION', `Invalid operation: ${String(body['operation'])}`);
  const table = org.table(plainText(body['object']));
  if (table === undefined)
    return refuseWith(400, 'INVALIDENTITY', `Entity '${String(body['object'])}' is not supported by the Bulk API.`);
  const key = operation === 'upsert' ? plainText(body['externalIdFieldName']) : null;
  if (key === '') refuseWith(400, 'INVALIDJOB', 'External ID field name is required for upsert');
  if (key !== null) {
    const field = org.visibleField(table.schema, key);
    if (field === undefined || !(field.externalId || field.idLookup))
      refuseWith(400, 'INVALIDJOB', `Invalid external id field: ${key}`);
  }
  const job: IngestJob = {
    ...newJob(workspace, call),
    ...formatOf(body),
    kind: 'ingest',
    object: table.schema.name,
    operation,
    externalIdFieldName: key,
    state: 'Open',
    content: null,
    partial: false,
    header: [],
    outcomes: [],
    unprocessed: [],
    errorMessage: null,
  };
  jobs.add(job);
  return job;
}

function createQuery(workspace: Workspace, call: Call): Job {
  const { org, jobs } = workspace;
  const body = jsonBody(call);
  const { operation, query } = body;
  if (operation !== 'query' && operation !== 'queryAll')
    return refuseWith(400, 'INVALIDOPERATION', `Invalid operation: ${String(operation)}`);
  const object = bulkObject(org, plainText(query));
  const job: QueryJob = {
    ...newJob(workspace, call),
    ...formatOf(body),
    kind: 'query',
    object,
    operation,
    query: plainText(query),
    state: 'UploadComplete',
    columns: [],
    rowCount: 0,
    cellsOf: () => [],
  };
  jobs.add(job);
  jobs.start(job);
  return job;
}

/** UNVERIFIED: a bad query is refused at once, as API_ERROR. */
function bulkObject(org: Workspace['org'], query: string): string {
  try {
    return checkBulkQuery(org, query);
  } catch (error) {
    if (error instanceof Refusal) refuseWith(400, 'API_ERROR', error.error.message);
    throw error;
  }
}

function ingestPart({ org }: Workspace, call: Call, job: IngestJob, part: string): Answer {
  if (part === 'batches') {
    if (call.method !== 'PUT') return methodNotAllowed(call.method);
    if (job.state !== 'Open') refuseWith(400, 'INVALIDJOBSTATE', `Job is not open but ${job.state}`);
    if (job.content !== null) {
      const message = `Found multiple contents for job: <${job.id}>, please 'Close' / 'Abort' / 'Delete' the current Job then create a new Job and make sure you only do 'PUT' once on a given Job.`;
      refuseWith(400, 'CLIENTINPUTERROR', message);
    }
    job.content = call.text;
    job.partial = call.partial;
    job.changedAt = org.stamp();
    return { status: 201 };
  }
  if (call.method !== 'GET') return methodNotAllowed(call.method);
  const delimiter = DELIMITERS[job.columnDelimiter] ?? ',';
  const end = LINE_ENDINGS[job.lineEnding] ?? '\n';
  const file = (system: readonly string[], rows: readonly (readonly string[])[]): Answer => {
    const header = [...system.map((name) => quoted(name)), ...job.header].join(delimiter);
    const lines = rows.map((cells) => cells.map((cell) => quoted(cell)).join(delimiter));
    return { status: 200, headers: CSV, body: [header, ...lines, ''].join(end) };
  };
  const padded = (cells: readonly string[]): string[] => job.header.map((_, at) => cells[at] ?? '');
  if (part === 'successfulResults') {
    const done = job.outcomes.filter((one) => one.error === null);
    return file(
      ['sf__Id', 'sf__Created'],
      done.map((one) => [one.id, String(one.created), ...padded(one.cells)]),
    );
  }
  if (part === 'failedResults') {
    const failed = job.outcomes.filter((one) => one.error !== null);
    return file(
      ['sf__Id', 'sf__Error'],
      failed.map((one) => [one.id, one.error ?? '', ...padded(one.cells)]),
    );
  }
  if (part === 'unprocessedrecords')
    return file(
      [],
      job.unprocessed.map((cells) => padded(cells)),
    );
  throw new Refusal(NOT_FOUND);
}

const MOST_RESULT_PAGES = 5;

/** UNVERIFIED: the keys, and where pages are cut. Addresses of up to five pages, for parallel downloads. */
function resultPages(job: QueryJob, from: number): Answer {
  const starts: number[] = [];
  let at = from;
  do {
    starts.push(at);
    at += PAGE_ROWS;
  } while (at < job.rowCount && starts.length < MOST_RESULT_PAGES);
  const path = `/jobs/query/${job.id}`;
  const resultChunks = starts.map((start) => ({ resultLink: `${path}/results?locator=${locatorOf(start)}` }));
  const done = at >= job.rowCount;
  return {
    status: 200,
    body: { resultChunks, nextRecordsUrl: done ? null : `${path}/resultPages?locator=${locatorOf(at)}`, done },
  };
}

function locatorOf(index: number): string {
  return Buffer.from(String(index)).toString('base64').replaceAll('=', '');
}

function queryPart(call: Call, job: QueryJob, part: string): Answer {
  if (!['results', 'resultPages'].includes(part) || call.method !== 'GET') throw new Refusal(NOT_FOUND);
  if (call.version !== job.version) refuseWith(409, 'API_ERROR', `The job was made with version ${job.version}`);
  // UNVERIFIED: an older page of the documentation has this code and status.
  if (job.state !== 'JobComplete') refuseWith(412, 'JOB_NOT_COMPLETE', `The job is not complete but ${job.state}`);
  const locator = call.query.get('locator');
  const from = locator === null ? 0 : Number(Buffer.from(locator, 'base64').toString('utf8'));
  if (!Number.isInteger(from) || from < 0 || from > job.rowCount) refuseWith(400, 'INVALID_QUERY_LOCATOR', 'Invalid locator');
  if (part === 'resultPages') return resultPages(job, from);
  const wanted = Number(call.query.get('maxRecords') ?? PAGE_ROWS);
  const to = Math.min(job.rowCount, from + (Number.isInteger(wanted) && wanted > 0 ? wanted : PAGE_ROWS));
  const next = to < job.rowCount ? locatorOf(to) : 'null';
  const headers = { ...CSV, 'Sforce-Locator': next, 'Sforce-NumberOfRecords': String(to - from) };
  return { status: 200, headers, body: resultPage(job, from, to) };
}
