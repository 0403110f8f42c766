/**
 * Imports of more contacts than can be held at once: requests are gone through page by page, to be handed over and to be
 * told what became of them. Between the two only ids and addresses are known.
 */
import { outcomeOf } from '../outcomes.ts';
import type { JobHandle, RequestPages, WriteOutcome, WriteRequest } from '../provider.ts';
import type { Api } from './api.ts';
import { ChangedContacts } from './changed-contacts.ts';
import {
  awaitImports,
  chunkImports,
  decodeHandle,
  encodeHandle,
  IMPORT_BYTES,
  importBody,
  importPart,
  LATER_PATIENCE_MS,
  submitImport,
  type ImportJob,
  type ImportResult,
} from './import-job.ts';
import type { Layout } from './layout.ts';
import { unknown } from './outcomes.ts';
import { readBack, type Expected } from './read-back.ts';
import type { Learned } from './stream.ts';
import { canImport, planWrite, type PlannedWrite } from './write-plan.ts';
import {
  Batch,
  goesByImport,
  isPassedOver,
  isRepeat,
  leave,
  takeResult,
  upsertEach,
  waiting,
  writeBooks,
  writeRepeat,
} from './writer.ts';

/** Which of these the importer can express, and would not pass over. */
export function takesOf(learned: Learned, layout: Layout, requests: readonly WriteRequest[]): readonly boolean[] {
  return requests.map((request) => {
    const plan = planWrite(layout, request, 0);
    // Those who leave a book are taken out by one call for all of a batch.
    return !('status' in plan) && goesByImport(learned, plan) && plan.leaves.length === 0;
  });
}

/** A page of requests on its way. */
class Page extends Batch {
  readonly #places: readonly number[];
  /** What goes to a contact that an earlier request goes to as well. */
  readonly repeats: readonly PlannedWrite[];

  constructor(places: readonly number[], plans: readonly PlannedWrite[], repeats: readonly PlannedWrite[]) {
    super(plans);
    this.#places = places;
    this.repeats = repeats;
  }

  answers(): readonly WriteOutcome[] {
    return this.#places.map((index) => this.outcome(index));
  }
}

async function* pagesOf(layout: Layout, requests: RequestPages, told: Told): AsyncGenerator<Page, void> {
  let from = 0;
  const seen = new Set<string>();
  const found = new Set<number>();
  const isAgain = (plan: PlannedWrite): boolean => told.repeats?.has(plan.index) ?? isRepeat(plan, seen);
  for await (const page of requests()) {
    const plans = page.map((request, offset) => planWrite(layout, request, from + offset));
    const writes = plans.filter((plan): plan is PlannedWrite => !('status' in plan) && plan.request.action !== 'delete');
    const repeats = new Set(writes.filter(isAgain));
    for (const { index } of repeats) found.add(index);
    const batch = new Page(
      page.map((_, offset) => from + offset),
      writes.filter((plan) => !repeats.has(plan)),
      [...repeats],
    );
    for (const [offset, plan] of plans.entries()) {
      const outcome = 'status' in plan ? plan : told.outcomes.get(from + offset);
      if (outcome !== undefined) batch.outcomes.set(from + offset, outcome);
    }
    from += page.length;
    yield batch;
  }
  told.repeats ??= found;
}

/** What is known of single requests, by their place, before the outcomes are given. */
interface Told {
  readonly outcomes: Map<number, WriteOutcome>;
  /** Contacts that were written by calls of their own. */
  readonly expected: Map<number, Expected>;
  /** Places of what goes to a contact that an earlier request goes to, once all were gone through. */
  repeats?: ReadonlySet<number>;
}

/** Hands contacts over in as few imports as their size allows, and reads back what the vendor made of them. */
export async function* writeBulk(
  api: Api,
  learned: Learned,
  layout: Layout,
  requests: RequestPages,
  onJob: (handle: JobHandle) => Promise<void>,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly WriteOutcome[], void> {
  const told: Told = { outcomes: new Map(), expected: new Map() };
  const jobs = await handOver(api, layout, requests, told, onJob, signal);
  const result = mergeResults([...(await awaitImports(api, jobs, signal)).values()]);
  const since = earliest(jobs);
  for await (const page of pagesOf(layout, requests, told)) {
    takeOpen(page, since, result);
    const written = [...page.expected.values()];
    const passedOver = page.plans.filter((plan) => isPassedOver(page, plan));
    await upsertEach(api, layout, page, passedOver, signal);
    await writeBooks(api, page, signal);
    for (const { plan } of written) {
      if (!page.isOpen(plan)) told.outcomes.set(plan.index, page.outcome(plan.index));
      else if (passedOver.includes(plan)) told.expected.set(plan.index, page.expected.get(plan.index)!);
    }
  }
  for await (const page of outcomes(api, learned, layout, requests, told, since, result, signal)) {
    for (const plan of page.repeats)
      if (page.isOpen(plan)) page.outcomes.set(plan.index, await writeRepeat(api, learned, layout, plan, signal));
    yield page.answers();
  }
}

async function handOver(
  api: Api,
  layout: Layout,
  requests: RequestPages,
  told: Told,
  onJob: (handle: JobHandle) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<readonly ImportJob[]> {
  const jobs: ImportJob[] = [];
  const parts: Buffer[] = [];
  let bytes = 0;
  let members: number[] = [];
  const submit = async (): Promise<void> => {
    try {
      jobs.push(await submitImport(api, importBody(parts.splice(0)), signal));
    } catch (error) {
      const outcome = outcomeOf(error, 'email');
      for (const index of members) told.outcomes.set(index, outcome);
      return;
    } finally {
      bytes = 0;
      members = [];
    }
    await onJob(encodeHandle(jobs));
  };
  for await (const page of pagesOf(layout, requests, told)) {
    await leave(
      api,
      page,
      page.plans.filter(({ request }) => request.action === 'update'),
      signal,
    );
    for (const [index, outcome] of page.outcomes) told.outcomes.set(index, outcome);
    for (const chunk of chunkImports(page.plans.filter((plan) => page.isOpen(plan)))) {
      const part = importPart(chunk);
      if (bytes > 0 && bytes + part.length > IMPORT_BYTES) await submit();
      parts.push(part);
      bytes += part.length + 1;
      for (const { index } of chunk) members.push(index);
    }
  }
  if (members.length > 0) await submit();
  return jobs;
}

/**
 * What became of the requests of imports that were handed over earlier. Contacts are known by their ids and addresses;
 * one of which no import says anything may have been written by a call of its own, and counts as applied where it holds
 * exactly what was to be written. Writes nothing.
 */
export async function* importOutcomes(
  api: Api,
  learned: Learned,
  layout: Layout,
  handle: JobHandle,
  requests: RequestPages,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly WriteOutcome[], void> {
  const jobs = decodeHandle(api, handle);
  const result = mergeResults([...(await awaitImports(api, jobs, signal, LATER_PATIENCE_MS, true)).values()]);
  const told: Told = { outcomes: new Map(), expected: new Map() };
  // Calls that were to follow the import were not made, or nobody knows whether they were.
  const judge = (one: Expected): Expected | WriteOutcome => {
    if (one.certainty === 'suppressed' && one.plan.request.action === 'update')
      return unknown('The import passed over the contact, which may have been written by itself since.');
    return one.certainty === 'written' && needsBookCalls(one.plan) ? { ...one, certainty: 'unknown' } : one;
  };
  for await (const page of outcomes(api, learned, layout, requests, told, earliest(jobs), result, signal, judge))
    yield page.answers();
}

function needsBookCalls(plan: PlannedWrite): boolean {
  return plan.unsubscribesFrom.length + plan.resubscribesTo.length > 0;
}

async function* outcomes(
  api: Api,
  learned: Learned,
  layout: Layout,
  requests: RequestPages,
  told: Told,
  since: number,
  result: ImportResult | undefined,
  signal: AbortSignal | undefined,
  judge: (one: Expected) => Expected | WriteOutcome = (one) => one,
): AsyncGenerator<Page, void> {
  const alone = [...told.expected.values()].flatMap(({ id }) => id ?? []);
  const wanted =
    result?.state === 'finished'
      ? { ids: alone.length === 0 ? result.done : new Set([...result.done, ...alone]), emails: new Set<string>() }
      : undefined;
  const changed = new ChangedContacts(api, layout, since, wanted, signal);
  for await (const page of pagesOf(layout, requests, told)) {
    takeOpen(page, since, result);
    for (const [index, one] of page.expected) {
      const judged = told.expected.get(index) ?? judge(one);
      if ('status' in judged) page.outcomes.set(index, judged);
      else page.expected.set(index, judged);
    }
    const expected = [...page.expected.values()].filter(({ plan }) => page.isOpen(plan));
    for (const [index, outcome] of await readBack(api, learned, layout, expected, signal, changed))
      page.outcomes.set(index, outcome);
    yield page;
  }
}

function earliest(jobs: readonly ImportJob[]): number {
  return Math.min(...jobs.map(({ sentAt }) => sentAt));
}

/** Imports of one batch as one; it has ended when all of them have. */
function mergeResults(results: readonly ImportResult[]): ImportResult | undefined {
  const [first] = results;
  if (first === undefined || results.length === 1) return first;
  const open = results.find(({ state }) => state === 'pending') ?? results.find(({ state }) => state !== 'finished') ?? first;
  return {
    // A contact that no import names may be one of another import than the one that was refused as a whole.
    state: open.state === 'rejected' ? 'failed' : open.state,
    status: open.status,
    made: new Set(results.flatMap(({ made }) => [...made])),
    done: new Set(results.flatMap(({ done }) => [...done])),
    byEmail: new Map(results.flatMap(({ byEmail }) => [...byEmail])),
    failures: new Map(results.flatMap(({ failures }) => [...failures])),
  };
}

function takeOpen(page: Page, since: number, result: ImportResult | undefined): void {
  if (result === undefined) return;
  const open = page.plans.filter((plan) => page.isOpen(plan) && canImport(plan));
  takeResult(page, open, { id: '', sentAt: since }, result);
  if (result.state === 'pending') for (const { index } of page.repeats) page.outcomes.set(index, waiting());
}
