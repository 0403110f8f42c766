/** A bulk job and how answers show it. */
import { formatInstant } from '../data/instants.ts';
import type { JsonObject } from '../rest/call.ts';

type JobState = 'Open' | 'UploadComplete' | 'InProgress' | 'JobComplete' | 'Failed' | 'Aborted';

/** One row of an upload with its outcome. */
export interface RowOutcome {
  readonly id: string;
  readonly created: boolean;
  /** `CODE:message:fields --` of a row that failed. */
  readonly error: string | null;
  readonly cells: readonly string[];
}

interface JobBase {
  readonly id: string;
  readonly object: string;
  readonly createdById: string;
  readonly createdAt: number;
  changedAt: number;
  state: JobState;
  /** When the job was handed over for processing. */
  startedAt: number | null;
  readonly version: string;
  readonly lineEnding: string;
  readonly columnDelimiter: string;
}

export interface IngestJob extends JobBase {
  readonly kind: 'ingest';
  readonly operation: 'insert' | 'update' | 'upsert' | 'delete' | 'hardDelete';
  readonly externalIdFieldName: string | null;
  content: string | null;
  /** Every second row is to fail with a lock. */
  partial: boolean;
  header: readonly string[];
  outcomes: RowOutcome[];
  unprocessed: readonly (readonly string[])[];
  errorMessage: string | null;
}

export interface QueryJob extends JobBase {
  readonly kind: 'query';
  readonly operation: 'query' | 'queryAll';
  readonly query: string;
  columns: readonly string[];
  rowCount: number;
  /** Renders the cells of one row of the result. */
  cellsOf: (index: number) => string[];
}

export type Job = IngestJob | QueryJob;

function head(job: Job): JsonObject {
  return {
    id: job.id,
    operation: job.operation,
    object: job.object,
    createdById: job.createdById,
    createdDate: formatInstant(job.createdAt),
    systemModstamp: formatInstant(job.changedAt),
    state: job.state,
    ...(job.kind === 'ingest' && job.externalIdFieldName !== null ? { externalIdFieldName: job.externalIdFieldName } : {}),
    concurrencyMode: 'Parallel',
    contentType: 'CSV',
    apiVersion: Number(job.version),
  };
}

function contentUrl(job: Job): JsonObject {
  const open = job.kind === 'ingest' && job.state === 'Open';
  return open ? { contentUrl: `services/data/v${job.version}/jobs/ingest/${job.id}/batches` } : {};
}

function format(job: Job): JsonObject {
  return { lineEnding: job.lineEnding, columnDelimiter: job.columnDelimiter };
}

/** The answer to the call that makes a job. */
export function newJobBody(job: Job): JsonObject {
  return { ...head(job), ...contentUrl(job), ...format(job) };
}

/** The answer to a change of state: short. */
export function shortJobBody(job: Job): JsonObject {
  return head(job);
}

/** A row of the list of jobs. */
export function listedJobBody(job: Job): JsonObject {
  return { ...head(job), jobType: job.kind === 'ingest' ? 'V2Ingest' : 'V2Query', ...contentUrl(job), ...format(job) };
}

/** The answer to a poll. Counters of an ingest job appear with its content. */
export function jobBody(job: Job): JsonObject {
  const listed = listedJobBody(job);
  const finished = job.state === 'JobComplete' || job.state === 'Failed';
  if (job.kind === 'query') {
    return {
      ...listed,
      numberRecordsProcessed: finished ? job.rowCount : 0,
      retries: 0,
      totalProcessingTime: finished ? 100 + job.rowCount : 0,
    };
  }
  if (job.content === null && !finished) return listed;
  const processed = job.outcomes.length;
  return {
    ...listed,
    numberRecordsProcessed: processed,
    numberRecordsFailed: job.outcomes.filter((one) => one.error !== null).length,
    retries: 0,
    totalProcessingTime: finished ? 100 + processed : 0,
    apiActiveProcessingTime: finished ? 50 + processed : 0,
    apexProcessingTime: 0,
    ...(job.errorMessage === null ? {} : { errorMessage: job.errorMessage }),
  };
}
