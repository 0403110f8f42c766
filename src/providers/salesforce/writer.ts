/**
 * Writing records through sObject collections: up to 200 a call, each row with an answer of its own.
 *
 * A batch is grouped by what it does (update, upsert by external id, insert, delete), what names the
 * same record twice is merged, rows that another transaction held are sent again, and what Salesforce
 * made of the values is read back in one call. Updates, upserts and deletes may be sent twice; an
 * insert never is, unless it is certain that nothing happened.
 */
import { ProviderError } from '../../model/errors.ts';
import type { FieldDescription, FieldValues, RemoteRecord } from '../../model/value.ts';
import type { ObjectDescription, RecordClient, WriteOutcome, WriteRequest, WriteShape } from '../provider.ts';
import type { ApiClient, ApiRequest } from './client.ts';
import { readValue, writeValue } from './record-values.ts';
import { toLongId } from './record-id.ts';
import { judgeRow } from './row-result.ts';
import type { RowRequest, RowResult } from './row-result.ts';
import { toRecord } from './rows.ts';
import type { Row } from './rows.ts';
import { checkName } from './soql.ts';
import { RETRIEVE_RECORDS, retrieveRows } from './stream.ts';

/** The most records of one collections call. */
export const CALL_RECORDS = 200;
/** One read-back covers this many, so that a full batch costs ten calls and one. */
export const MAX_BATCH_RECORDS = RETRIEVE_RECORDS;
/** How often a row is sent while another transaction holds it. */
const ROW_ATTEMPTS = 4;
/** The most calls that are spent on finding the rows for which a whole call is refused. */
const SPLIT_CALLS = 40;

/** Groups in the order in which they are sent; deletes last. */
const ACTIONS = ['update', 'upsert', 'insert', 'delete'] as const;

interface PlannedRow extends RowRequest {
  /** Requests that this row stands for; several where they name the same record. */
  readonly requests: number[];
  readonly externalId: string | undefined;
  values: FieldValues;
}

interface Run {
  readonly results: Map<PlannedRow, RowResult>;
  /** The failure that ended the sending. */
  stopped: ProviderError | undefined;
  splitsLeft: number;
  readonly signal: AbortSignal | undefined;
}

type Writer = Pick<RecordClient, 'write'> & { readonly price: Pick<RecordClient['price'], 'write'> };

export function createWriter(client: ApiClient, description: ObjectDescription, externalId: string | undefined): Writer {
  const object = checkName(description.object);
  const fields = new Map(description.fields.map((field) => [field.path, field]));

  async function write(requests: readonly WriteRequest[], signal?: AbortSignal): Promise<readonly WriteOutcome[]> {
    const rows = planRows(requests, externalId);
    const run: Run = { results: new Map(), stopped: undefined, splitsLeft: SPLIT_CALLS, signal };
    for (const action of ACTIONS) {
      await sendGroup(
        rows.filter((row) => row.action === action),
        run,
      );
    }
    const kinds = new Set([...run.results.values()].map((result) => result.kind));
    // Thrown only where that tells all there is to tell: nothing was written, or the error itself says that it is unknown.
    if (run.stopped !== undefined && !kinds.has('done') && (run.stopped.outcomeUnknown || !kinds.has('unknown')))
      throw run.stopped;
    return outcomesOf(requests.length, rows, run);
  }

  /** Sends the rows of one group in as few calls as they fit in, and those that were held again. */
  async function sendGroup(rows: readonly PlannedRow[], run: Run): Promise<void> {
    let pending = rows;
    for (let tried = 1; pending.length > 0; tried += 1) {
      for (let start = 0; start < pending.length; start += CALL_RECORDS) {
        await sendRows(pending.slice(start, start + CALL_RECORDS), run);
      }
      pending = pending.filter((row) => isWorthSendingAgain(run.results.get(row), tried));
      if (run.stopped !== undefined || pending.length === 0 || tried >= ROW_ATTEMPTS) return;
      await client.backoff(tried, run.signal);
    }
  }

  async function sendRows(rows: readonly PlannedRow[], run: Run): Promise<void> {
    if (run.stopped !== undefined) return;
    let body: unknown;
    try {
      ({ body } = await client.call(callFor(rows, run.signal)));
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      await refusedCall(rows, error, run);
      return;
    }
    const answers: unknown[] = Array.isArray(body) ? body : [];
    for (const [index, row] of rows.entries()) {
      // Rows are answered by place. Where some are missing, nobody knows which, except for those that say it themselves.
      const answer = answers.length === rows.length ? answers[index] : answers.find((one) => answersFor(one, row));
      run.results.set(row, judgeRow(row, answer, externalId));
    }
  }

  async function refusedCall(rows: readonly PlannedRow[], error: ProviderError, run: Run): Promise<void> {
    // One value that cannot be read makes Salesforce refuse all 200: the halves without it go through.
    const faulty = error.code === 'PROVIDER_REFUSED' && error.status === 400 && !error.retryable;
    if (faulty && rows.length > 1 && run.splitsLeft > 1) {
      run.splitsLeft -= 2;
      const middle = Math.ceil(rows.length / 2);
      await sendRows(rows.slice(0, middle), run);
      await sendRows(rows.slice(middle), run);
      return;
    }
    for (const row of rows) {
      if (error.outcomeUnknown) run.results.set(row, { kind: 'unknown', message: error.message });
      else if (faulty) {
        const failure = {
          status: 'failed',
          code: error.vendorCode ?? error.code,
          message: error.message,
          retryable: false,
        } as const;
        run.results.set(row, { kind: 'refused', failure });
      }
    }
    // An insert without an answer was sent once; all other failures have outlasted every retry.
    const goesOn = faulty || (error.outcomeUnknown && rows[0]!.action === 'insert');
    if (!goesOn) run.stopped = error;
  }

  function callFor(rows: readonly PlannedRow[], signal: AbortSignal | undefined): ApiRequest {
    const { action } = rows[0]!;
    if (action === 'delete') {
      const ids = rows.map((row) => row.id).join(',');
      return {
        method: 'DELETE',
        path: `/composite/sobjects?ids=${encodeURIComponent(ids)}&allOrNone=false`,
        effect: 'repeatable',
        signal,
      };
    }
    return {
      method: action === 'insert' ? 'POST' : 'PATCH',
      path: action === 'upsert' ? `/composite/sobjects/${object}/${checkName(externalId!)}` : '/composite/sobjects',
      body: { allOrNone: false, records: rows.map(recordOf) },
      // Assignment rules would hand new leads to somebody else; Salesforce applies them unless told not to.
      ...(object === 'Lead' ? { headers: { 'Sforce-Auto-Assign': 'FALSE' } } : {}),
      effect: action === 'insert' ? 'once' : 'repeatable',
      signal,
    };
  }

  function recordOf(row: PlannedRow): Record<string, unknown> {
    const values = Object.entries(row.values).map(([path, value]) => [path, writeValue(fields.get(path), value)] as const);
    return {
      // First: Salesforce refuses a record whose attributes come after a field.
      attributes: { type: object },
      ...Object.fromEntries(values),
      ...(row.action === 'update' ? { id: row.id } : {}),
      ...(row.action === 'upsert' ? { [externalId!]: row.externalId } : {}),
    };
  }

  async function outcomesOf(count: number, rows: readonly PlannedRow[], run: Run): Promise<readonly WriteOutcome[]> {
    const reported = await readBack(rows, run);
    const outcomes: WriteOutcome[] = [];
    for (const row of rows) {
      const outcome = outcomeOf(row, run, reported);
      for (const request of row.requests) outcomes[request] = outcome;
    }
    return Array.from(
      { length: count },
      (_, index) => outcomes[index] ?? { status: 'unknown', message: 'Salesforce was not asked.' },
    );
  }

  function outcomeOf(row: PlannedRow, run: Run, reported: ReadonlyMap<string, Row | null>): WriteOutcome {
    const result = run.results.get(row);
    // Left open rather than failed: the record is not at fault, and looking at it again costs next to nothing.
    if (result === undefined)
      return { status: 'unknown', message: `Not sent: ${run.stopped?.message ?? 'the batch was stopped.'}` };
    switch (result.kind) {
      case 'done':
        return {
          status: 'applied',
          id: result.id,
          created: result.created,
          record: recordAfter(row, result.id, reported.get(result.id)),
        };
      case 'unknown':
        return { status: 'unknown', message: result.message };
      case 'again':
        return { ...result.failure, retryable: true };
      case 'refused':
        return isMissing(row, result) && reported.get(toLongId(row.id!)) === null
          ? { ...result.failure, gone: true }
          : result.failure;
    }
  }

  /** What Salesforce made of the values. Where it could not be read back, what was sent: a difference shows in the next read. */
  function recordAfter(row: PlannedRow, id: string, reported: Row | null | undefined): RemoteRecord {
    if (row.action === 'delete') return { id, values: {} };
    const written = Object.keys(row.values).map((path): FieldDescription => fields.get(path) ?? untyped(path));
    if (reported !== undefined && reported !== null) return toRecord(reported, written);
    return {
      id,
      values: Object.fromEntries(
        written.map((field) => [field.path, readValue(field, writeValue(field, row.values[field.path]!))]),
      ),
    };
  }

  /** One call for the whole batch: only the fields that were written, and the stamp. */
  async function readBack(rows: readonly PlannedRow[], run: Run): Promise<ReadonlyMap<string, Row | null>> {
    const paths = new Set(['Id', 'SystemModstamp']);
    const ids = new Set<string>();
    for (const row of rows) {
      const result = run.results.get(row);
      if (result?.kind === 'done' && row.action !== 'delete') {
        ids.add(result.id);
        for (const path of Object.keys(row.values)) paths.add(path);
      } else if (result !== undefined && isMissing(row, result)) ids.add(toLongId(row.id!));
    }
    const reported = new Map<string, Row | null>();
    const wanted = run.stopped === undefined ? [...ids] : [];
    try {
      for (let start = 0; start < wanted.length; start += RETRIEVE_RECORDS) {
        const chunk = wanted.slice(start, start + RETRIEVE_RECORDS);
        const found = await retrieveRows(client, object, chunk, [...paths], run.signal);
        for (const [index, id] of chunk.entries()) reported.set(id, found[index]!);
      }
    } catch (error) {
      // The records are written all the same, and the caller has to learn that.
      if (!(error instanceof ProviderError)) throw error;
    }
    return reported;
  }

  return {
    write: (requests, _onJob, signal) => write(requests, signal),
    price: { write: (shapes) => priceOf(shapes) },
  };
}

/** An update of an id that Salesforce does not know is refused in the words of a bad lookup. */
function isMissing(row: PlannedRow, result: RowResult): boolean {
  return (
    row.action === 'update' &&
    result.kind === 'refused' &&
    result.failure.code === 'INVALID_CROSS_REFERENCE_KEY' &&
    result.failure.fields === undefined
  );
}

/** A lost race for a key is settled by the second attempt; waiting longer changes nothing. */
function isWorthSendingAgain(result: RowResult | undefined, tried: number): boolean {
  return result?.kind === 'again' && (result.failure.code !== 'DUPLICATE_VALUE' || tried === 1);
}

function planRows(requests: readonly WriteRequest[], externalId: string | undefined): PlannedRow[] {
  const rows = new Map<string, PlannedRow>();
  for (const [index, request] of requests.entries()) {
    const upsert = request.action === 'create' && externalId !== undefined && request.externalId !== undefined;
    const action = request.action === 'create' ? (upsert ? 'upsert' : 'insert') : request.action;
    const id = request.id === undefined ? undefined : toLongId(request.id);
    if (action !== 'insert' && action !== 'upsert' && id === undefined)
      throw new TypeError('A change of a Salesforce record has no id. This is a bug in Syncline, please report it.');
    // The same record twice in one call is refused; keys are compared without regard to case, as Salesforce does.
    const key = action === 'insert' ? `insert ${String(index)}` : `${action} ${id ?? request.externalId!.toLowerCase()}`;
    const known = rows.get(key);
    if (known === undefined)
      rows.set(key, { action, id, externalId: request.externalId, requests: [index], values: request.values });
    else {
      known.requests.push(index);
      known.values = { ...known.values, ...request.values };
    }
  }
  return [...rows.values()];
}

function answersFor(answer: unknown, row: PlannedRow): boolean {
  return (
    row.id !== undefined &&
    typeof answer === 'object' &&
    answer !== null &&
    'id' in answer &&
    toLongId(String(answer.id)) === row.id
  );
}

function untyped(path: string): FieldDescription {
  return { path, label: path, type: 'string', createable: true, updateable: true, required: false, unique: false };
}

/** Calls of the batches that these requests make when they are cut in their order. */
function priceOf(shapes: readonly WriteShape[]): number {
  let calls = 0;
  let batch = { create: 0, update: 0, delete: 0 };
  const close = (): void => {
    const { create, update, delete: deletes } = batch;
    for (const count of [create, update, deletes]) calls += Math.ceil(count / CALL_RECORDS);
    calls += Math.ceil((create + update) / RETRIEVE_RECORDS);
    batch = { create: 0, update: 0, delete: 0 };
  };
  for (const shape of shapes) {
    for (let left = shape.count; left > 0;) {
      const room = MAX_BATCH_RECORDS - batch.create - batch.update - batch.delete;
      const taken = Math.min(left, room);
      batch[shape.action] += taken;
      left -= taken;
      if (taken === room) close();
    }
  }
  close();
  return calls;
}
