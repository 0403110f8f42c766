/**
 * The bulk importer: contacts are handed over in requests of up to 250, queued, and worked off later.
 * @source developers.activecampaign.com/reference/bulk-import-contacts and /bulk-import-status-info
 */
import { ProviderError } from '../../model/errors.ts';
import { awaitJobs } from '../await-jobs.ts';
import type { JobHandle, WriteOutcome } from '../provider.ts';
import type { Api } from './api.ts';
import { outcomeOf } from '../outcomes.ts';
import type { PlannedWrite } from './write-plan.ts';

export const IMPORT_CONTACTS = 250;
/** The vendor takes less than 400,000 bytes. */
const IMPORT_BYTES = 399_000;
/** How often an import that the vendor finds faults in is sent again without the contacts it named. */
const REFUSALS_TAKEN = 3;
const FIRST_LOOK_MS = 2_500;
const LONGEST_PAUSE_MS = 30_000;
/** How long a `write` waits for its imports. */
const PATIENCE_MS = 30 * 60_000;
/** How long a later run waits for imports that it finds again. */
export const LATER_PATIENCE_MS = 60_000;
/** UNVERIFIED: no document says when an import is given up; one of yesterday is not waited for any more. */
const GIVEN_UP_MS = 24 * 60 * 60_000;

export interface ImportBatch {
  readonly id: string;
  /** When the vendor accepted it, by the vendor's clock, in ms. */
  readonly acceptedAt: number;
  /** Indexes of its requests in the batch that was written. */
  readonly members: readonly number[];
}

type ImportState = 'completed' | 'ended' | 'pending' | 'lost';

export interface ImportResult {
  readonly state: ImportState;
  /** Ids of contacts that the import made, as far as the vendor lists them. */
  readonly made: ReadonlySet<string>;
  /** Addresses that the importer refused, in lower case. */
  readonly failures: ReadonlySet<string>;
}

/** Splits into requests of like size: one contact alone would fall under a stricter limit of the vendor. */
export function chunkImports(plans: readonly PlannedWrite[], viaImport: ReadonlySet<string>): PlannedWrite[][] {
  const size = Math.ceil(plans.length / Math.max(1, Math.ceil(plans.length / IMPORT_CONTACTS)));
  const chunks: PlannedWrite[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const plan of plans) {
    const own = Buffer.byteLength(JSON.stringify(importContact(plan, viaImport)), 'utf8') + 1;
    const current = chunks.at(-1);
    if (current === undefined || current.length >= size || bytes + own > IMPORT_BYTES) {
      chunks.push([plan]);
      bytes = own;
    } else {
      current.push(plan);
      bytes += own;
    }
  }
  return chunks;
}

/** @param viaImport ids of the lists whose opt-outs the import carries; the others are recorded by calls of their own */
function importContact(plan: PlannedWrite, viaImport: ReadonlySet<string>): unknown {
  const { natives } = plan;
  const ids = (state: string): { listid: number }[] =>
    plan.consents
      .filter((consent) => consent.state === state && (state === 'subscribed' || viaImport.has(consent.list.id)))
      .map((consent) => ({ listid: Number(consent.list.id) }));
  const subscribe = ids('subscribed');
  const unsubscribe = ids('unsubscribed');
  return {
    email: plan.request.action === 'create' ? natives.email : plan.email,
    ...(natives.firstName === undefined ? {} : { first_name: natives.firstName }),
    ...(natives.lastName === undefined ? {} : { last_name: natives.lastName }),
    ...(natives.phone === undefined ? {} : { phone: natives.phone }),
    ...(plan.addTags.length === 0 ? {} : { tags: plan.addTags.map((tag) => tag.name) }),
    ...(plan.fields.length === 0 ? {} : { fields: plan.fields.map(({ id, value }) => ({ id: Number(id), value })) }),
    ...(subscribe.length === 0 ? {} : { subscribe }),
    ...(unsubscribe.length === 0 ? {} : { unsubscribe }),
    // The documentation has it beside the contacts, its example inside each: automations must not start either way.
    exclude_automations: true,
  };
}

export interface Submission {
  readonly batch: ImportBatch | undefined;
  /** Requests whose contacts the importer would not take; to be written one by one, for a definite answer. */
  readonly singly: readonly PlannedWrite[];
  readonly outcomes: ReadonlyMap<number, WriteOutcome>;
}

/**
 * Hands one request to the importer. All of it is refused when one contact is malformed; then it is
 * sent again without the contacts that the vendor names.
 */
export async function submitImport(
  api: Api,
  plans: readonly PlannedWrite[],
  viaImport: ReadonlySet<string>,
  signal?: AbortSignal,
): Promise<Submission> {
  let rest = [...plans];
  const singly: PlannedWrite[] = [];
  for (let round = 0; rest.length > 0 && round < REFUSALS_TAKEN; round += 1) {
    let answer;
    try {
      answer = await api.client.call({
        method: 'POST',
        path: '/import/bulk_import',
        json: { contacts: rest.map((plan) => importContact(plan, viaImport)), exclude_automations: true },
        // Contacts are upserted by address: queueing the same values a second time changes nothing more.
        idempotent: true,
        accept: [400],
        limiter: api.importLimiter,
        signal,
      });
    } catch (error) {
      const outcome = outcomeOf(error, 'email');
      return { batch: undefined, singly, outcomes: new Map(rest.map((plan) => [plan.index, outcome])) };
    }
    if (answer.status !== 400) {
      const id = (answer.json as { batchId?: unknown } | undefined)?.batchId;
      if (typeof id !== 'string' || id === '') {
        const message = 'ActiveCampaign took an import and gave no batch id for it.';
        const outcome: WriteOutcome = { status: 'unknown', message };
        return { batch: undefined, singly, outcomes: new Map(rest.map((plan) => [plan.index, outcome])) };
      }
      const batch = { id, acceptedAt: answer.date ?? api.clock.now(), members: rest.map((plan) => plan.index) };
      return { batch, singly, outcomes: new Map() };
    }
    const refused = refusedIndexes(answer.json, rest.length);
    if (refused.size === 0) break;
    singly.push(...rest.filter((_, index) => refused.has(index)));
    rest = rest.filter((_, index) => !refused.has(index));
  }
  return { batch: undefined, singly: [...singly, ...rest], outcomes: new Map() };
}

/**
 * Indexes of the contacts named in `failureReasons`. The documentation counts from 0, probes from 1:
 * where the numbers do not tell which, both readings are taken out.
 */
function refusedIndexes(json: unknown, count: number): ReadonlySet<number> {
  const reasons = (json as { failureReasons?: unknown } | undefined)?.failureReasons;
  const numbers = (Array.isArray(reasons) ? reasons : [])
    .map((reason) => Number((reason as { contact?: unknown } | null)?.contact ?? Number.NaN))
    .filter((number) => Number.isInteger(number) && number >= 0 && number <= count);
  if (numbers.includes(0)) return new Set(numbers.filter((number) => number < count));
  if (numbers.includes(count)) return new Set(numbers.map((number) => number - 1));
  return new Set(numbers.flatMap((number) => [number - 1, number]));
}

/**
 * Asks after imports until each has ended, in growing intervals, the oldest first.
 *
 * @returns `pending` for those that have not ended after the patience (half an hour), `lost` for those that the
 *   vendor does not know, or works on since a day
 */
export async function awaitImports(
  api: Api,
  batches: readonly ImportBatch[],
  firstLookMs: number = FIRST_LOOK_MS,
  signal?: AbortSignal,
  patienceMs = PATIENCE_MS,
): Promise<Map<string, ImportResult>> {
  return awaitJobs(api.clock, batches, (batch) => lookAt(api, batch, signal), {
    firstLookMs,
    shortestPauseMs: FIRST_LOOK_MS,
    longestPauseMs: LONGEST_PAUSE_MS,
    patienceMs,
    signal,
  });
}

async function lookAt(api: Api, batch: ImportBatch, signal: AbortSignal | undefined): Promise<ImportResult> {
  const answer = await api.client.call({
    method: 'GET',
    path: '/import/info',
    query: { batchId: batch.id },
    accept: [400, 404],
    signal,
  });
  if (answer.status !== 200) return { state: 'lost', made: new Set(), failures: new Set() };
  const { status, success, failure } = (answer.json ?? {}) as { status?: unknown; success?: unknown; failure?: unknown };
  const addresses = Array.isArray(failure) ? failure.filter((address) => typeof address === 'string') : [];
  const made = new Set(Array.isArray(success) ? success.map(String) : []);
  const state = stateOf(status);
  const isGivenUp = state === 'pending' && (answer.date ?? api.clock.now()) - batch.acceptedAt > GIVEN_UP_MS;
  return { state: isGivenUp ? 'lost' : state, made, failures: new Set(addresses.map((address) => address.toLowerCase())) };
}

/** `status` is the boolean `false` in the first second; `failed` and `interrupted` are final and not tried again by the vendor. */
function stateOf(status: unknown): ImportState {
  if (status === 'completed') return 'completed';
  return status === 'failed' || status === 'interrupted' ? 'ended' : 'pending';
}

/** @param fingerprint of the requests that were written, so that others are not mistaken for them */
export function encodeHandle(batches: readonly ImportBatch[], fingerprint: string): JobHandle {
  const compact = batches.map(({ id, acceptedAt, members }) => ({ id, acceptedAt, members: toRanges(members) }));
  return JSON.stringify({ fingerprint, batches: compact }) as JobHandle;
}

/** @throws ProviderError PROVIDER_UNEXPECTED_ANSWER for text that is no handle */
export function decodeHandle(api: Api, handle: JobHandle): { readonly fingerprint: string; readonly batches: ImportBatch[] } {
  try {
    const { fingerprint, batches } = JSON.parse(handle) as {
      fingerprint: string;
      batches: { id: string; acceptedAt: number; members: number[][] }[];
    };
    return {
      fingerprint,
      batches: batches.map(({ id, acceptedAt, members }) => ({
        id,
        acceptedAt,
        members: members.flatMap(fromRange),
      })),
    };
  } catch {
    throw new ProviderError('PROVIDER_UNEXPECTED_ANSWER', 'The stored handle of an ActiveCampaign import cannot be read.', {
      integration: api.integration,
      fault: 'ours',
    });
  }
}

function toRanges(members: readonly number[]): number[][] {
  const ranges: number[][] = [];
  for (const member of members.toSorted((a, b) => a - b)) {
    const range = ranges.at(-1);
    if (range !== undefined && range[1] === member - 1) range[1] = member;
    else ranges.push([member, member]);
  }
  return ranges;
}

function fromRange(range: readonly number[]): number[] {
  const [first = 0, last = -1] = range;
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, offset) => first + offset);
}
