/**
 * Writes batches of contacts: by the importer where there are many, one by one where there are few,
 * with calls of their own for what only version 2 can do. Who leaves goes first.
 */
import { ProviderError } from '../../model/errors.ts';
import type { ConsentState } from '../../model/value.ts';
import { inParallel } from '../../http/parallel.ts';
import type { JobHandle, WriteOutcome, WriteRequest } from '../provider.ts';
import type { Api } from './api.ts';
import { removeMembers, resubscribeToBook, unsubscribeFromBook } from './book-writes.ts';
import { readContact } from './contact-listing.ts';
import { failureOf, isSuppression, rejected } from './import-failures.ts';
import {
  awaitImports,
  chunkImports,
  encodeHandle,
  importBody,
  importPart,
  keysOf,
  submitImport,
  type ImportJob,
  type ImportResult,
} from './import-job.ts';
import type { Layout } from './layout.ts';
import { outcomeOf, partlyApplied } from '../outcomes.ts';
import { missing, unknown } from './outcomes.ts';
import { readBack, type Expected } from './read-back.ts';
import { remove, upsert } from './single-writes.ts';
import type { Learned } from './stream.ts';
import { IMPORT_FROM } from './write-costs.ts';
import { canImport, planWrite, writesContact, type PlannedWrite } from './write-plan.ts';

/** A batch on its way: what has an outcome, and what is still to be read back. */
export class Batch {
  readonly outcomes = new Map<number, WriteOutcome>();
  /** Contacts that were written, by the index of their request. */
  readonly expected = new Map<number, Expected>();
  /** Indexes of requests of which something was written, whatever becomes of the rest. */
  readonly begun = new Set<number>();
  readonly plans: readonly PlannedWrite[];

  constructor(plans: readonly PlannedWrite[]) {
    this.plans = plans;
  }

  isOpen(plan: PlannedWrite): boolean {
    return !this.outcomes.has(plan.index);
  }

  outcome(index: number): WriteOutcome {
    const outcome = this.outcomes.get(index) ?? untold();
    return this.begun.has(index) ? partlyApplied(outcome) : outcome;
  }

  /** Runs a step for each plan that has no outcome yet; a failure is the outcome of that plan alone. */
  async each(plans: readonly PlannedWrite[], step: (plan: PlannedWrite) => Promise<void>): Promise<void> {
    await inParallel(
      plans.filter((plan) => this.isOpen(plan)),
      async (plan) => {
        try {
          await step(plan);
        } catch (error) {
          this.outcomes.set(plan.index, outcomeOf(error, 'email'));
        }
      },
    );
  }
}

export async function writeBatch(
  api: Api,
  learned: Learned,
  layout: Layout,
  requests: readonly WriteRequest[],
  onJob: (handle: JobHandle) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<WriteOutcome[]> {
  const outcomes = new Map<number, WriteOutcome>();
  const plans: PlannedWrite[] = [];
  const repeats: PlannedWrite[] = [];
  const deletes: PlannedWrite[] = [];
  const seen = new Set<string>();
  for (const [index, request] of requests.entries()) {
    const plan = planWrite(layout, request, index);
    if ('status' in plan) outcomes.set(index, plan);
    else if (request.action === 'delete') deletes.push(plan);
    else (isRepeat(plan, seen) ? repeats : plans).push(plan);
  }
  const imports = new Set(plans.filter((plan) => goesByImport(learned, plan)));
  const batch = new Batch(plans);
  await leave(
    api,
    batch,
    plans.filter((plan) => plan.request.action === 'update'),
    signal,
  );
  const viaImport = imports.size >= IMPORT_FROM;
  if (viaImport) await importAll(api, batch, [...imports], onJob, signal);
  const isLeft = (plan: PlannedWrite): boolean => !imports.has(plan) || isPassedOver(batch, plan);
  await upsertEach(api, layout, batch, viaImport ? plans.filter(isLeft) : plans, signal);
  await settle(api, learned, layout, batch, signal);
  for (const index of batch.outcomes.keys()) outcomes.set(index, batch.outcome(index));

  const isRunning = [...outcomes.values()].some(({ status }) => status === 'pending');
  for (const plan of repeats)
    outcomes.set(plan.index, isRunning ? waiting() : await writeRepeat(api, learned, layout, plan, signal));
  await inParallel(deletes, async (plan) => outcomes.set(plan.index, await remove(api, plan.request.id!, signal)));
  return inOrder(requests, outcomes);
}

/** Writes what goes to the same contact a second time: in the order of the requests, after everything else. */
export async function writeRepeat(
  api: Api,
  learned: Learned,
  layout: Layout,
  plan: PlannedWrite,
  signal: AbortSignal | undefined,
): Promise<WriteOutcome> {
  const alone = new Batch([plan]);
  await leave(
    api,
    alone,
    alone.plans.filter(({ request }) => request.action === 'update'),
    signal,
  );
  await upsertEach(api, layout, alone, alone.plans, signal);
  await settle(api, learned, layout, alone, signal);
  return alone.outcome(plan.index);
}

/** Whether the importer can express a request, and is not known to pass over its contact. */
export function goesByImport({ unmailed }: Learned, plan: PlannedWrite): boolean {
  const { id } = plan.request;
  return canImport(plan) && (id === undefined || !unmailed.has(id));
}

/** The importer passes over whoever may not be mailed; what it knows of them can be written one by one all the same. */
export function isPassedOver(batch: Batch, plan: PlannedWrite): boolean {
  return plan.request.action === 'update' && batch.expected.get(plan.index)?.certainty === 'suppressed';
}

/** Everything that takes somebody out of a book. A person's word first: should the rest fail, it is kept. */
export async function leave(
  api: Api,
  batch: Batch,
  plans: readonly PlannedWrite[],
  signal: AbortSignal | undefined,
): Promise<void> {
  await batch.each(
    plans.filter((plan) => plan.unsubscribesFrom.length > 0),
    async (plan) => {
      const email = plan.knownEmail ?? (await addressOf(api, plan, signal));
      if (email === undefined) return void batch.outcomes.set(plan.index, missing());
      for (const { book } of plan.unsubscribesFrom) await unsubscribeFromBook(api, book.id, email, signal);
    },
  );
  const byBook = new Map<string, PlannedWrite[]>();
  for (const plan of plans.filter((one) => batch.isOpen(one))) {
    for (const { book } of plan.leaves) byBook.set(book.id, [...(byBook.get(book.id) ?? []), plan]);
  }
  for (const [book, leaving] of byBook) {
    const open = leaving.filter((plan) => batch.isOpen(plan));
    try {
      await removeMembers(
        api,
        book,
        open.map((plan) => plan.request.id!),
        signal,
      );
      for (const { index } of open) batch.begun.add(index);
    } catch (error) {
      for (const plan of open) batch.outcomes.set(plan.index, outcomeOf(error, 'email'));
    }
  }
}

async function importAll(
  api: Api,
  batch: Batch,
  plans: readonly PlannedWrite[],
  onJob: (handle: JobHandle) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const jobs: ImportJob[] = [];
  const members = new Map<string, readonly PlannedWrite[]>();
  for (const chunk of chunkImports(plans.filter((plan) => batch.isOpen(plan)))) {
    try {
      const job = await submitImport(api, importBody([importPart(chunk)]), signal);
      jobs.push(job);
      members.set(job.id, chunk);
    } catch (error) {
      for (const plan of chunk) batch.outcomes.set(plan.index, outcomeOf(error, 'email'));
      continue;
    }
    await onJob(encodeHandle(jobs));
  }
  try {
    const results = await awaitImports(api, jobs, signal);
    for (const job of jobs) takeResult(batch, members.get(job.id)!, job, results.get(job.id)!);
  } catch (error) {
    // The imports were accepted; only what became of them could not be learned.
    if (!(error instanceof ProviderError)) throw error;
    for (const plan of [...members.values()].flat()) {
      if (batch.isOpen(plan) && !batch.expected.has(plan.index)) batch.outcomes.set(plan.index, unknown(error.message));
    }
  }
}

/** What an import says of its contacts: refused, or to be read back. */
export function takeResult(batch: Batch, plans: readonly PlannedWrite[], job: ImportJob, result: ImportResult): void {
  for (const plan of plans) {
    const keys = keysOf(plan);
    const codes = keys.map((key) => result.failures.get(key)).find((found) => found !== undefined);
    const id = plan.request.id ?? result.byEmail.get(plan.email ?? '');
    const isDone = id !== undefined && result.done.has(id);
    if (codes !== undefined && isSuppression(codes)) {
      batch.expected.set(plan.index, { plan, id, created: false, since: job.sentAt, certainty: 'suppressed' });
    } else if (codes !== undefined) batch.outcomes.set(plan.index, failureOf(codes));
    else if (isDone) {
      batch.begun.add(plan.index);
      batch.expected.set(plan.index, { plan, id, created: result.made.has(id), since: job.sentAt, certainty: 'written' });
    } else if (result.state === 'pending') {
      batch.outcomes.set(plan.index, waiting());
    } else if (result.state === 'rejected') batch.outcomes.set(plan.index, rejected(result.status));
    else {
      const certainty = result.state === 'failed' ? 'failed' : 'unknown';
      batch.expected.set(plan.index, { plan, id, created: false, since: job.sentAt, certainty });
    }
  }
}

export async function upsertEach(
  api: Api,
  layout: Layout,
  batch: Batch,
  plans: readonly PlannedWrite[],
  signal: AbortSignal | undefined,
): Promise<void> {
  await batch.each(plans.filter(writesOrResubscribes), async (plan) => {
    try {
      const { id, created, since, seen } = await upsert(api, layout, plan, signal);
      batch.begun.add(plan.index);
      batch.expected.set(plan.index, {
        plan,
        id,
        created,
        since,
        certainty: 'written',
        seen: callsFollow(plan) ? undefined : seen,
      });
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      if (error.code === 'PROVIDER_ADDRESS_SUPPRESSED') {
        const { id } = plan.request;
        batch.expected.set(plan.index, { plan, id, created: false, since: undefined, certainty: 'suppressed' });
      } else if (error.code === 'PROVIDER_DUPLICATE_RECORD' && plan.email !== undefined) {
        const holder = await readContact(api, 'email', plan.email, signal);
        const duplicate = holder === undefined ? {} : { duplicateOf: holder.contact.id };
        batch.outcomes.set(plan.index, { ...outcomeOf(error, 'email'), ...duplicate } as WriteOutcome);
      } else throw error;
    }
  });
}

/** Whether the contact changes once more after the write, so that its answer is not the last word. */
function callsFollow(plan: PlannedWrite): boolean {
  return plan.resubscribesTo.length + (plan.request.action === 'create' ? plan.unsubscribesFrom.length : 0) > 0;
}

function writesOrResubscribes(plan: PlannedWrite): boolean {
  return writesContact(plan) || plan.resubscribes;
}

/**
 * What is left once the contacts are there: their consent of single books.
 * @returns by the index of the request and the path, what became of those that were asked to subscribe again
 */
export async function writeBooks(
  api: Api,
  batch: Batch,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<number, ReadonlyMap<string, ConsentState>>> {
  const asked = new Map<number, Map<string, ConsentState>>();
  const hasContact = (plan: PlannedWrite): boolean =>
    plan.request.action === 'update' || batch.expected.get(plan.index)?.certainty === 'written';
  await batch.each(
    batch.plans.filter((plan) => hasContact(plan) && plan.request.action === 'create' && plan.unsubscribesFrom.length > 0),
    async (plan) => {
      for (const { book } of plan.unsubscribesFrom) await unsubscribeFromBook(api, book.id, plan.email!, signal);
    },
  );
  await batch.each(
    batch.plans.filter((plan) => hasContact(plan) && plan.resubscribesTo.length > 0),
    async (plan) => {
      const email = plan.email ?? plan.knownEmail ?? (await addressOf(api, plan, signal));
      if (email === undefined) return void batch.outcomes.set(plan.index, missing());
      const states = new Map<string, ConsentState>();
      for (const { path, book } of plan.resubscribesTo) {
        states.set(path, await resubscribeToBook(api, book.id, email, signal));
      }
      asked.set(plan.index, states);
    },
  );
  return asked;
}

/** The consent of single books, and what the vendor made of it all. */
async function settle(api: Api, learned: Learned, layout: Layout, batch: Batch, signal: AbortSignal | undefined): Promise<void> {
  const asked = await writeBooks(api, batch, signal);
  const expected = [...batch.expected.values()].filter(({ plan }) => batch.isOpen(plan));
  try {
    for (const [index, outcome] of await readBack(api, learned, layout, expected, signal)) batch.outcomes.set(index, outcome);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    for (const { plan } of expected) if (batch.isOpen(plan)) batch.outcomes.set(plan.index, unknown(error.message));
  }
  for (const plan of batch.plans) {
    if (!batch.isOpen(plan) || plan.request.action !== 'update' || writesOrResubscribes(plan)) continue;
    batch.outcomes.set(plan.index, bookOutcome(plan, asked.get(plan.index)));
  }
}

/** Where only books were written, the vendor's answers said what holds. */
function bookOutcome(plan: PlannedWrite, asked: ReadonlyMap<string, ConsentState> | undefined): WriteOutcome {
  const id = plan.request.id!;
  const values: Record<string, boolean | ConsentState> = {};
  for (const { path } of plan.leaves) values[path] = false;
  for (const { path } of plan.unsubscribesFrom) values[path] = 'unsubscribed';
  for (const [path, state] of asked ?? []) values[path] = state;
  return { status: 'applied', id, created: false, record: { id, values } };
}

async function addressOf(api: Api, plan: PlannedWrite, signal: AbortSignal | undefined): Promise<string | undefined> {
  const found = await readContact(api, 'contactId', plan.request.id!, signal);
  return found === undefined || found.contact.email === '' ? undefined : found.contact.email;
}

/** Whether an earlier request of the batch concerns the same contact. */
export function isRepeat(plan: PlannedWrite, seen: Set<string>): boolean {
  const keys = [...keysOf(plan), ...(plan.knownEmail === undefined ? [] : [`@${plan.knownEmail}`])];
  const repeated = keys.some((key) => seen.has(key));
  for (const key of keys) seen.add(key);
  return repeated;
}

function inOrder(requests: readonly WriteRequest[], outcomes: ReadonlyMap<number, WriteOutcome>): WriteOutcome[] {
  return requests.map((_, index) => outcomes.get(index) ?? untold());
}

/** The outcome of what would overtake an import. */
export function waiting(): WriteOutcome {
  return { status: 'pending', message: 'The import has not ended yet.' };
}

export function untold(): WriteOutcome {
  return unknown('Nothing is known of what became of the request.');
}
