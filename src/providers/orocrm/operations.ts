/**
 * Asynchronous operations: a batch of any size is taken with 202 and worked off in chunks, in any
 * order, by the installation's message queue. It tells counts and errors by place, and no ids.
 */
import { ProviderError } from '../../model/errors.ts';
import { awaitJobs } from '../await-jobs.ts';
import type { JobHandle } from '../provider.ts';
import { PAGE_SIZE, type Api } from './api.ts';
import type { Document } from './documents.ts';
import { toVendorError, type VendorError } from './refusals.ts';

const OPERATIONS = 'asyncoperations';
const FIRST_LOOK_MS = 2_000;
const LONGEST_PAUSE_MS = 30_000;
/** How long a `write` waits for its operations. */
const PATIENCE_MS = 30 * 60_000;
/** How long a later run waits for operations that it finds again. */
export const LATER_PATIENCE_MS = 60_000;
/** How often an operation of some thousand records is looked at, to tell what it costs. */
export const TYPICAL_LOOKS = 6;

export interface Operation {
  readonly id: string;
  /** When the installation took it, by its own clock, in ms. */
  readonly acceptedAt: number;
  /** Places of its requests in the batch that was written, in the order in which it holds them. */
  readonly members: readonly number[];
}

export interface OperationResult {
  /** `lost`: the installation does not know it any more. */
  readonly state: 'success' | 'failed' | 'pending' | 'lost';
  readonly errors: readonly VendorError[];
}

/** The operation that an answer hands out instead of records; `undefined` where the answer holds records. */
export function operationOf(document: Document): string | undefined {
  const [first] = document.data;
  if (first?.type === OPERATIONS) return first.id;
  const location = document.status === 202 ? document.headers['content-location'] : undefined;
  return location === undefined ? undefined : /\/asyncoperations\/([^/?#]+)$/.exec(location)?.[1];
}

/** Asks after operations in growing intervals until each has ended or the patience is over. */
export async function awaitOperations(
  api: Api,
  operations: readonly Operation[],
  settings: { readonly patienceMs?: number; readonly firstLookMs?: number; readonly signal?: AbortSignal | undefined } = {},
): Promise<ReadonlyMap<string, OperationResult>> {
  const { patienceMs = PATIENCE_MS, firstLookMs = FIRST_LOOK_MS, signal } = settings;
  return awaitJobs(api.clock, operations, (operation) => lookAt(api, operation, signal), {
    firstLookMs,
    shortestPauseMs: FIRST_LOOK_MS,
    longestPauseMs: LONGEST_PAUSE_MS,
    patienceMs,
    signal,
  });
}

async function lookAt(api: Api, { id }: Operation, signal: AbortSignal | undefined): Promise<OperationResult> {
  let document: Document;
  try {
    document = await api.call({ method: 'GET', path: `/${OPERATIONS}/${encodeURIComponent(id)}`, signal });
  } catch (error) {
    if (error instanceof ProviderError && error.code === 'PROVIDER_RECORD_MISSING') return { state: 'lost', errors: [] };
    throw error;
  }
  const { status, summary } = document.data[0]?.attributes ?? {};
  if (status !== 'success' && status !== 'failed' && status !== 'cancelled') return { state: 'pending', errors: [] };
  // Success says that it was worked off: errors of single records are counted apart.
  const count = Number((summary as { errorCount?: unknown } | null | undefined)?.errorCount ?? Number.NaN);
  const errors = status === 'success' && count === 0 ? [] : await readErrors(api, id, signal);
  return { state: status === 'success' ? 'success' : 'failed', errors };
}

async function readErrors(api: Api, id: string, signal: AbortSignal | undefined): Promise<readonly VendorError[]> {
  const errors: VendorError[] = [];
  for (let number = 1; ; number += 1) {
    const { data, headers } = await api.call({
      method: 'GET',
      path: `/${OPERATIONS}/${encodeURIComponent(id)}/errors`,
      query: { 'page[number]': number, 'page[size]': PAGE_SIZE },
      headers: { 'x-include': 'totalCount;noHateoas' },
      signal,
    });
    errors.push(...data.map(({ attributes }) => toVendorError(attributes)));
    const total = Number(headers['x-include-total-count'] ?? Number.NaN);
    if (data.length === 0 || errors.length >= total) return errors;
  }
}

/** @param fingerprint of the requests that were written, so that others are not mistaken for them */
export function encodeHandle(operations: readonly Operation[], fingerprint: string): JobHandle {
  return JSON.stringify({ fingerprint, operations }) as JobHandle;
}

/** @throws ProviderError PROVIDER_UNEXPECTED_ANSWER for text that is no handle */
export function decodeHandle(
  api: Api,
  handle: JobHandle,
): { readonly fingerprint: string; readonly operations: readonly Operation[] } {
  try {
    const { fingerprint, operations } = JSON.parse(handle) as { fingerprint: string; operations: readonly Operation[] };
    return {
      fingerprint,
      operations: operations.map(({ id, acceptedAt, members }) => ({ id, acceptedAt, members: [...members] })),
    };
  } catch {
    throw new ProviderError('PROVIDER_UNEXPECTED_ANSWER', 'The stored handle of an OroCRM operation cannot be read.', {
      integration: api.integration,
      fault: 'ours',
    });
  }
}
