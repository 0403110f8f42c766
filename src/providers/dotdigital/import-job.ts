/**
 * The importer of version 3: contacts are handed over in one request, queued behind the vendor's Data
 * Watchdog, and worked off later. Its status tells who was made, changed and refused.
 * @source the contacts service's specification, importContacts and getImportStatus
 */
import { pathSegment } from '../../http/address.ts';
import { ProviderError } from '../../model/errors.ts';
import type { JobHandle } from '../provider.ts';
import type { Api } from './api.ts';
import { idOf, isRow, rowOf, text, type Row } from './rows.ts';
import { identifiersOf, type PlannedWrite } from './write-plan.ts';

/** The vendor takes bodies of 50 MB. */
export const IMPORT_BYTES = 48 * 1024 * 1024;
/** Some hundred bytes each: so many fill half of an import. */
export const IMPORT_CONTACTS = 50_000;
/** How long a `write` waits for its imports; the vendor may hold them for hours. */
export const PATIENCE_MS = 15 * 60_000;
/** How long a later run waits for imports that it finds again. */
export const LATER_PATIENCE_MS = 60_000;
/** UNVERIFIED: how long the status is kept. The faults of version 2 are, for a week; nobody waits for an older import. */
const GIVEN_UP_MS = 7 * 24 * 60 * 60_000;

/** The vendor's advice for polling: every 5 s at first, then every 30 s, then every 5 minutes. */
const POLLS: readonly { readonly untilMs: number; readonly everyMs: number }[] = [
  { untilMs: 30_000, everyMs: 5_000 },
  { untilMs: 5 * 60_000, everyMs: 30_000 },
  { untilMs: Number.POSITIVE_INFINITY, everyMs: 5 * 60_000 },
];

export interface ImportJob {
  readonly id: string;
  /** When it was first sent, by the vendor's clock, in ms. */
  readonly sentAt: number;
}

export type ImportState = 'finished' | 'pending' | 'rejected' | 'failed' | 'lost';

export interface ImportResult {
  readonly state: ImportState;
  /** The vendor's word for the state. */
  readonly status: string;
  /** Ids of the contacts that were made, and of all that were made or changed. */
  readonly made: ReadonlySet<string>;
  readonly done: ReadonlySet<string>;
  /** Ids by address, in lower case, of those made or changed. */
  readonly byEmail: ReadonlyMap<string, string>;
  /** Codes of what was refused, in lower case, by `keyOf` its contact. */
  readonly failures: ReadonlyMap<string, readonly string[]>;
}

/** By what a contact of an import is found in its status: its id, else its address. */
export function keysOf(plan: PlannedWrite): readonly string[] {
  const { id } = plan.request;
  return [...(id === undefined ? [] : [`#${id}`]), ...(plan.email === undefined ? [] : [`@${plan.email}`])];
}

/** Splits into as few requests as the vendor's limit on their size allows. */
export function chunkImports(plans: readonly PlannedWrite[]): PlannedWrite[][] {
  const chunks: PlannedWrite[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const plan of plans) {
    const own = Buffer.byteLength(JSON.stringify(importContact(plan)), 'utf8') + 1;
    if (bytes + own > IMPORT_BYTES) {
      chunks.push([plan]);
      bytes = own;
    } else {
      chunks.at(-1)!.push(plan);
      bytes += own;
    }
  }
  return chunks;
}

/** Imports that contacts of so many mapped fields take, by a guess of their size. */
export function importsFor(contacts: number, fields: number): number {
  return Math.ceil(Math.max(contacts / IMPORT_CONTACTS, (contacts * (120 + 60 * fields)) / IMPORT_BYTES));
}

/** Hands contacts over. Not sent again where no answer came: the import may be there, and nothing would tell of it. */
export async function submitImport(api: Api, body: Buffer, signal?: AbortSignal): Promise<ImportJob> {
  const startedAt = api.clock.now();
  const answer = await api.call({
    tier: 'low',
    method: 'PUT',
    path: '/contacts/v3/import',
    content: { type: 'application/json', body },
    signal,
  });
  const id = text(isRow(answer.json) ? answer.json['importId'] : undefined);
  if (id === '') {
    throw new ProviderError('PROVIDER_UNEXPECTED_ANSWER', 'Dotdigital took an import and gave no id for it.', {
      integration: api.integration,
      outcomeUnknown: true,
    });
  }
  return { id, sentAt: (answer.date ?? api.clock.now()) - (api.clock.now() - startedAt) };
}

// A field that is given is written, `null` clears it; what is left out stays.
const BODY_BEGIN = Buffer.from('{"mergeOption":"overwrite","contacts":[');
const BODY_END = Buffer.from(']}');
const COMMA = Buffer.from(',');

/** What is handed over. Made of parts that nobody keeps: a body of full size is held once. */
export function importBody(parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat([BODY_BEGIN, ...parts.flatMap(separated), BODY_END]);
}

function separated(part: Uint8Array, index: number): readonly Uint8Array[] {
  return index === 0 ? [part] : [COMMA, part];
}

/** Contacts as they stand in the body of an import: a part of it. */
export function importPart(plans: readonly PlannedWrite[]): Buffer {
  return Buffer.from(plans.map((plan) => JSON.stringify(importContact(plan))).join(','));
}

function importContact(plan: PlannedWrite): unknown {
  const matchIdentifier = plan.request.id === undefined ? 'email' : 'contactId';
  return { matchIdentifier, identifiers: identifiersOf(plan), ...plan.body };
}

/**
 * Asks after imports until each has ended or the patience is over.
 *
 * @returns by id; `pending` for those that have not ended
 */
export async function awaitImports(
  api: Api,
  jobs: readonly ImportJob[],
  signal?: AbortSignal,
  patienceMs = PATIENCE_MS,
  lookFirst = false,
): Promise<Map<string, ImportResult>> {
  const results = new Map<string, ImportResult>();
  const waiting = [...jobs];
  const startedAt = api.clock.now();
  for (let isFirst = true; waiting.length > 0; isFirst = false) {
    if (!isFirst || !lookFirst) await pause(api, startedAt, patienceMs, signal);
    const isOver = api.clock.now() - startedAt >= patienceMs;
    for (let job = waiting[0]; job !== undefined; job = waiting[0]) {
      const result = await lookAt(api, job, signal);
      // They are worked off in turn: while one runs, those behind it need not be asked after.
      if (result.state === 'pending' && !isOver) break;
      results.set(job.id, result);
      waiting.shift();
    }
  }
  return results;
}

/** Sleeps until it is time to look again, and not beyond the patience. */
export async function pause(api: Api, startedAt: number, patienceMs: number, signal: AbortSignal | undefined): Promise<void> {
  const elapsed = api.clock.now() - startedAt;
  const { everyMs } = POLLS.find(({ untilMs }) => elapsed < untilMs)!;
  await api.clock.sleep(Math.max(1, Math.min(everyMs, patienceMs - elapsed)), signal);
}

async function lookAt(api: Api, job: ImportJob, signal: AbortSignal | undefined): Promise<ImportResult> {
  const path = `/contacts/v3/import/${pathSegment(job.id)}`;
  const answer = await api.call({ tier: 'high', method: 'GET', path, accept: [400, 404], signal });
  const row = answer.status === 200 ? rowOf(api, answer.json, 'an import') : {};
  const status = text(row['status']);
  const age = (answer.date ?? api.clock.now()) - job.sentAt;
  const running = status === 'NotFinished';
  return {
    state: answer.status !== 200 || (running && age > GIVEN_UP_MS) ? 'lost' : stateOf(status),
    status,
    ...contactsOf(api, row),
    failures: failuresOf(row['failures']),
  };
}

function stateOf(status: string): ImportState {
  switch (status) {
    case 'Finished':
      return 'finished';
    case 'NotFinished':
      return 'pending';
    case 'RejectedByWatchdog':
    case 'ExceedsAllowedContactLimit':
      return 'rejected';
    default:
      return 'failed';
  }
}

function contactsOf(api: Api, row: Row): Pick<ImportResult, 'made' | 'done' | 'byEmail'> {
  const made = new Set<string>();
  const done = new Set<string>();
  const byEmail = new Map<string, string>();
  for (const [list, isMade] of [['created', true] as const, ['updated', false] as const]) {
    const rows = row[list];
    for (const one of Array.isArray(rows) ? rows.filter(isRow) : []) {
      const id = idOf(api, one['contactId'], 'an imported contact');
      const email = emailOf(one);
      done.add(id);
      if (isMade) made.add(id);
      if (email !== '') byEmail.set(email, id);
    }
  }
  return { made, done, byEmail };
}

function failuresOf(rows: unknown): ReadonlyMap<string, readonly string[]> {
  const failures = new Map<string, readonly string[]>();
  for (const row of Array.isArray(rows) ? rows.filter(isRow) : []) {
    const reasons = Array.isArray(row['failures']) ? row['failures'].filter(isRow) : [];
    const codes = reasons.map((reason) => text(reason['failureCode']).toLowerCase()).filter((code) => code !== '');
    const identifiers = isRow(row['identifiers']) ? row['identifiers'] : {};
    const id = text(row['contactId']) || text(identifiers['contactId']);
    if (id !== '') failures.set(`#${id}`, codes);
    if (emailOf(row) !== '') failures.set(`@${emailOf(row)}`, codes);
  }
  return failures;
}

function emailOf(row: Row): string {
  const identifiers = isRow(row['identifiers']) ? row['identifiers'] : {};
  return text(identifiers['email']).toLowerCase();
}

export function encodeHandle(jobs: readonly ImportJob[]): JobHandle {
  return JSON.stringify({ imports: jobs }) as JobHandle;
}

/** @throws ProviderError PROVIDER_UNEXPECTED_ANSWER for text that is no handle */
export function decodeHandle(api: Api, handle: JobHandle): readonly ImportJob[] {
  try {
    const { imports } = JSON.parse(handle) as { imports: ImportJob[] };
    return imports.map(({ id, sentAt }) => ({ id, sentAt }));
  } catch {
    throw new ProviderError('PROVIDER_UNEXPECTED_ANSWER', 'The stored handle of a Dotdigital import cannot be read.', {
      integration: api.integration,
      fault: 'ours',
    });
  }
}
