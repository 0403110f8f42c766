import { createHash } from 'node:crypto';
import { accountTime } from './account-time.ts';
import { ok, type Answer } from './answers.ts';
import { isEmail } from './contact-writing.ts';
import { route, type Exchange, type Route } from './exchange.ts';
import { applyImport, type ImportOutcome } from './import-effects.ts';
import { isObject, textOf, type JsonObject } from './json.ts';
import { ImportQuota } from './rate-limits.ts';
import type { Store } from './store.ts';
import { deliverCallback } from './webhook-delivery.ts';

const MAXIMUM_CONTACTS = 250;
const MAXIMUM_BYTES = 400_000;
/** When, in ms after queueing, an import gets its next status. */
const WAITING_AT_MS = 1000;
const ACTIVE_AT_MS = 1400;
const COMPLETED_AT_MS = 2000;

interface Batch {
  readonly id: string;
  readonly queuedAt: number;
  readonly size: number;
  /** Let go once they are carried out. */
  contacts: readonly JsonObject[];
  readonly callback: unknown;
  /** Whether a fault was asked for that fails every second contact. */
  readonly partial: boolean;
  outcome: ImportOutcome | null;
}

/** The bulk importer: accepts or refuses a batch at once, and carries it out some two seconds later. */
export class Importer {
  readonly #batches = new Map<string, Batch>();
  readonly #pending: Batch[] = [];
  readonly #quota = new ImportQuota();

  /** Carries out what is due at `now` (ms of the sandbox's clock), in the order of queueing. Tells whether anything was. */
  settle(store: Store, now: number): boolean {
    let settled = false;
    while (this.#pending.length > 0 && this.#pending[0]!.queuedAt + COMPLETED_AT_MS <= now) {
      const batch = this.#pending.shift()!;
      const at = Math.floor((batch.queuedAt + COMPLETED_AT_MS) / 1000);
      batch.outcome = applyImport(store, batch.contacts, at, batch.partial);
      batch.contacts = [];
      deliverCallback(batch.callback, batch.id, batch.outcome);
      settled = true;
    }
    return settled;
  }

  /** `POST /import/bulk_import`; `nowMs` and `rateNowMs` are the clock's two readings. */
  queue({ body, request }: Exchange, nowMs: number, rateNowMs: number): Answer {
    if (request.body.length >= MAXIMUM_BYTES) {
      return refusal([{ contact: 0, failureReason: `Payload exceeds ${MAXIMUM_BYTES} bytes` }]);
    }
    const contacts = body['contacts'];
    if (!Array.isArray(contacts) || contacts.length === 0) {
      return refusal([{ contact: 0, failureReason: "Field 'contacts' not found" }]);
    }
    if (contacts.length > MAXIMUM_CONTACTS) {
      return refusal([{ contact: 0, failureReason: `Up to ${MAXIMUM_CONTACTS} contacts may be imported per request` }]);
    }
    const failures = contacts.flatMap((contact, index) => {
      const failureReason = fault(contact);
      return failureReason === undefined ? [] : [{ contact: index + 1, failureReason }];
    });
    if (failures.length > 0) return refusal(failures);
    const limit = this.#quota.take(contacts.length, rateNowMs);
    if (limit !== undefined) return tooMany(limit);
    const id = batchId(this.#batches.size + 1, nowMs);
    const batch: Batch = {
      id,
      queuedAt: nowMs,
      size: contacts.length,
      contacts: contacts as JsonObject[],
      callback: body['callback'],
      partial: request.partial && contacts.length > 1,
      outcome: null,
    };
    this.#batches.set(id, batch);
    this.#pending.push(batch);
    // The vendor's page spells the key `Success`; a write-up of live calls of 2026 has it in lower case.
    return ok({ success: 1, queued_contacts: contacts.length, batchId: id, message: 'Contact import queued' });
  }

  /** `GET /import/info?batchId=`. The status is `false` in the first second. */
  information({ query }: Exchange, nowMs: number): Answer {
    const id = query.text('batchId');
    if (!id) return { status: 400, body: { success: 0, message: "'batchId' is a required field." } };
    const batch = this.#batches.get(id);
    // UNVERIFIED: a batch that never was looks like one that has not been picked up.
    if (batch === undefined) return ok({ status: false, success: [], failure: [] });
    return ok({ status: statusOf(batch, nowMs), success: batch.outcome?.created ?? [], failure: batch.outcome?.failed ?? [] });
  }

  /** `GET /import/bulk_import`: batches and contacts by day, those that wait and those that are done. */
  overview(nowMs: number): Answer {
    const outstanding: Batch[] = [];
    const completed: Batch[] = [];
    for (const batch of this.#batches.values()) (batch.outcome === null ? outstanding : completed).push(batch);
    return ok({ outstanding: byDay(outstanding, nowMs), recentlyCompleted: byDay(completed, nowMs) });
  }
}

function statusOf(batch: Batch, nowMs: number): string | false {
  const age = nowMs - batch.queuedAt;
  if (batch.outcome !== null) return 'completed';
  if (age < WAITING_AT_MS) return false;
  return age < ACTIVE_AT_MS ? 'waiting' : 'active';
}

function byDay(batches: readonly Batch[], nowMs: number): JsonObject[] {
  const recent = batches.filter(({ queuedAt }) => queuedAt > nowMs - 7 * 24 * 3_600_000);
  const days = Map.groupBy(recent, ({ queuedAt }) => accountTime(Math.floor(queuedAt / 1000)).slice(0, 10));
  return [...days].map(([forDate, ofDay]) => ({
    forDate,
    batches: String(ofDay.length),
    contacts: String(ofDay.reduce((sum, { size }) => sum + size, 0)),
  }));
}

/** Why a contact of a payload cannot be queued. */
function fault(contact: unknown): string | undefined {
  if (!isObject(contact) || textOf(contact['email']).trim() === '') return "Field 'email' not found";
  if (!isEmail(textOf(contact['email']).trim())) return "Field 'email' incorrect format";
  for (const key of ['tags', 'fields', 'subscribe', 'unsubscribe']) {
    if (key in contact && !Array.isArray(contact[key])) return `Field '${key}' incorrect format`;
  }
  return undefined;
}

/** All or nothing: one bad contact and the batch is not queued. Contacts count from 1. */
function refusal(failureReasons: readonly JsonObject[]): Answer {
  const message =
    'JSON payload did not pass validation. Please fix failureReasons and retry. The import was not queued for processing.';
  return { status: 400, body: { success: 0, message, failureReasons } };
}

/** The importer's own limit comes as a 400 that may be tried again. */
function tooMany(limit: number): Answer {
  const reason = `Up to ${limit} imports may be requested per minute.Please batch contacts into larger requests, or retry this request in a minute.`;
  return { status: 400, body: { success: 0, message: 'Rate limit exceeded.', failureReasons: [reason] } };
}

function batchId(number: number, nowMs: number): string {
  const hex = createHash('md5').update(`import ${number} ${nowMs}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** The importer's routes; the clock's readings come from outside, in ms. */
export function importRoutes(importer: Importer, nowMs: () => number, rateNowMs: () => number): Route[] {
  return [
    ...route('POST', 'import/bulk_import', (exchange) => importer.queue(exchange, nowMs(), rateNowMs())),
    ...route('GET', 'import/bulk_import', () => importer.overview(nowMs())),
    ...route('GET', 'import/info', (exchange) => importer.information(exchange, nowMs())),
  ];
}
