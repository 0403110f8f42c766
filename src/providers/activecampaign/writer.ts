/** Writes batches of contacts: to the bulk importer or one by one, whatever takes fewer calls. */
import { createHash } from 'node:crypto';
import { ProviderError } from '../../model/errors.ts';
import type { JobHandle, RecordClient, WriteOutcome, WriteRequest, WriterTraits } from '../provider.ts';
import type { Api } from './api.ts';
import type { Account, Known } from './completion.ts';
import {
  awaitImports,
  chunkImports,
  decodeHandle,
  encodeHandle,
  IMPORT_CONTACTS,
  LATER_PATIENCE_MS,
  submitImport,
  type ImportBatch,
  type ImportResult,
} from './import-job.ts';
import { readBackImports, type Imported } from './import-read-back.ts';
import { inParallel } from '../../http/parallel.ts';
import { writeSingle } from './single-writes.ts';
import { countValues } from './value-listing.ts';
import { chooseImports, groupOf, listsViaImport, loadsOf, mustCountValues, writeCalls } from './write-costs.ts';
import { canImport, planWrite, type PlannedWrite } from './write-plan.ts';
import { allAtOnce } from '../request-pages.ts';

const WRITER_TRAITS: WriterTraits = {
  maxBatchRecords: 5_000,
  callRecords: IMPORT_CONTACTS,
  requiredOnCreate: ['email'],
  // Both ways of creating find a contact by its address.
  createIsUpsert: true,
  overwritesBy: 'email',
  // Imports are worked off in turn, yet what is written one by one would overtake them.
  jobs: { blocks: 'object' },
};

/** Stamps have whole seconds: two of them later, no other change can share the stamp of an import. */
const READ_BACK_AFTER_MS = 2_000;

export type ContactWriter = Pick<RecordClient, 'writer' | 'write' | 'resume'> & {
  readonly price: Pick<RecordClient['price'], 'write'>;
};

export function createWriter(
  api: Api,
  open: () => Promise<Account>,
  known: () => Known,
  listId: (path: string) => string,
): ContactWriter {
  return {
    writer: WRITER_TRAITS,
    async write(requests, onJob, signal) {
      return writeBatch(api, await open(), requests, onJob, signal);
    },
    resume: (handle, requests, signal) => allAtOnce(requests, async (all) => resumeBatch(api, await open(), handle, all, signal)),
    price: { write: (shapes) => writeCalls(shapes, listId, known().totals) },
  };
}

async function writeBatch(
  api: Api,
  account: Account,
  requests: readonly WriteRequest[],
  onJob: (handle: JobHandle) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<WriteOutcome[]> {
  const outcomes = new Map<number, WriteOutcome>();
  const plans: PlannedWrite[] = [];
  const repeats: PlannedWrite[] = [];
  const seen = new Set<string>();
  for (const [index, request] of requests.entries()) {
    const plan = planWrite(account.layout, request, index);
    if ('status' in plan) outcomes.set(index, plan);
    else (isRepeat(plan, seen) ? repeats : plans).push(plan);
  }

  const loads = loadsOf(plans);
  if (mustCountValues(loads, account.totals)) await countValues(api, account.totals, signal);
  const { groups } = chooseImports(loads, account.totals);
  const goesToImporter = (plan: PlannedWrite): boolean => canImport(plan) && groups.has(groupOf(plan));
  const imports = plans.filter(goesToImporter);
  const singles = plans.filter((plan) => !goesToImporter(plan));
  if (imports.length > 0) {
    const left = await writeByImport(account, imports, fingerprintOf(requests), onJob, outcomes, signal);
    singles.push(...left);
  }
  await inParallel(singles, async (plan) => outcomes.set(plan.index, await writeSingle(api, plan, signal)));
  // The same contact a second time: in the order of the requests, after everything else.
  for (const plan of repeats) outcomes.set(plan.index, await writeSingle(api, plan, signal));
  rememberGrowth(account, [...singles, ...repeats], outcomes);
  return inOrder(requests, outcomes);
}

/** Imports, waits and reads back; returns the requests that the importer would not take. */
async function writeByImport(
  account: Account,
  plans: readonly PlannedWrite[],
  fingerprint: string,
  onJob: (handle: JobHandle) => Promise<void>,
  outcomes: Map<number, WriteOutcome>,
  signal: AbortSignal | undefined,
): Promise<PlannedWrite[]> {
  const { api } = account;
  const viaImport = listsViaImport(plans);
  const batches: ImportBatch[] = [];
  const singly: PlannedWrite[] = [];
  for (const chunk of chunkImports(plans, viaImport)) {
    const submission = await submitImport(api, chunk, viaImport, signal);
    for (const [index, outcome] of submission.outcomes) outcomes.set(index, outcome);
    singly.push(...submission.singly);
    if (submission.batch === undefined) continue;
    batches.push(submission.batch);
    await onJob(encodeHandle(batches, fingerprint));
  }
  const byIndex = new Map(plans.map((plan) => [plan.index, plan]));
  try {
    const results = await awaitImports(api, batches, undefined, signal);
    // Read in a later second than the last contact was written in: what has its stamp by then keeps its values.
    await api.clock.sleep(READ_BACK_AFTER_MS, signal);
    const imported = membersOf(batches, results, byIndex);
    for (const [index, outcome] of await readBackImports(account, imported, viaImport, signal)) outcomes.set(index, outcome);
  } catch (error) {
    // The imports were accepted; only what became of them could not be learned.
    if (!(error instanceof ProviderError)) throw error;
    for (const index of batches.flatMap((batch) => batch.members)) {
      if (!outcomes.has(index)) outcomes.set(index, { status: 'unknown', message: error.message });
    }
  }
  return singly;
}

function membersOf(
  batches: readonly ImportBatch[],
  results: ReadonlyMap<string, ImportResult>,
  plans: ReadonlyMap<number, PlannedWrite>,
): Imported[] {
  return batches.flatMap((batch) => {
    const result = results.get(batch.id);
    const members = batch.members.map((index) => plans.get(index)).filter((plan) => plan !== undefined);
    return result === undefined ? [] : members.map((plan) => ({ plan, batch, result }));
  });
}

/**
 * Looks at imports again. Where the requests are those that the job was made of, its members are
 * known; of others, only those count as applied whose contact holds exactly what was to be written.
 * Requests that were to go one by one stay unknown: nothing tells whether they were sent. Writes nothing.
 */
async function resumeBatch(
  api: Api,
  account: Account,
  handle: JobHandle,
  requests: readonly WriteRequest[],
  signal: AbortSignal | undefined,
): Promise<WriteOutcome[]> {
  const job = decodeHandle(api, handle);
  const outcomes = new Map<number, WriteOutcome>();
  const plans = new Map<number, PlannedWrite>();
  for (const [index, request] of requests.entries()) {
    const plan = planWrite(account.layout, request, index);
    if ('status' in plan) outcomes.set(index, plan);
    else plans.set(index, plan);
  }
  const results = await awaitImports(api, job.batches, 0, signal, LATER_PATIENCE_MS);
  const sameRequests = job.fingerprint === fingerprintOf(requests);
  const imported = sameRequests
    ? membersOf(job.batches, results, plans)
    : possibleMembers(job.batches, results, [...plans.values()]);
  for (const [index, outcome] of await readBackImports(account, imported, undefined, signal)) outcomes.set(index, outcome);
  return inOrder(requests, outcomes);
}

function possibleMembers(
  batches: readonly ImportBatch[],
  results: ReadonlyMap<string, ImportResult>,
  plans: readonly PlannedWrite[],
): Imported[] {
  const first = batches.toSorted((a, b) => a.acceptedAt - b.acceptedAt)[0];
  if (first === undefined) return [];
  const failures = new Set([...results.values()].flatMap((result) => [...result.failures]));
  const made = new Set([...results.values()].flatMap((result) => [...result.made]));
  const state = [...results.values()].some((result) => result.state === 'pending') ? 'pending' : 'ended';
  return plans.filter(canImport).map((plan) => ({ plan, batch: first, result: { state, made, failures } }));
}

/** Tells whether a job was made of these requests, without holding anything about a person. */
function fingerprintOf(requests: readonly WriteRequest[]): string {
  const shapes = requests.map(({ action, id, values }) => [action, id ?? '', ...Object.keys(values).toSorted()]);
  return createHash('sha256').update(JSON.stringify(shapes)).digest('hex').slice(0, 16);
}

/** Whether an earlier request of the batch concerns the same contact. */
function isRepeat(plan: PlannedWrite, seen: Set<string>): boolean {
  const keys = [
    plan.request.id,
    plan.email === undefined ? undefined : `@${plan.email}`,
    plan.natives.email === undefined ? undefined : `@${plan.natives.email.toLowerCase()}`,
  ];
  const given = [...new Set(keys.filter((key) => key !== undefined))];
  const repeated = given.some((key) => seen.has(key));
  for (const key of given) seen.add(key);
  return repeated;
}

/** Keeps what is known of the account's size in step with what was added one by one. */
function rememberGrowth({ totals }: Account, plans: readonly PlannedWrite[], outcomes: ReadonlyMap<number, WriteOutcome>): void {
  for (const plan of plans) {
    const outcome = outcomes.get(plan.index);
    if (outcome?.status !== 'applied' || !outcome.created) continue;
    if (totals.values !== undefined && plan.fields.length > 0) {
      totals.values += plan.fields.length;
      // An estimate: rows may stand before it that nobody has read.
      totals.seen = undefined;
    }
    if (totals.contacts !== undefined) totals.contacts += 1;
  }
}

function inOrder(requests: readonly WriteRequest[], outcomes: ReadonlyMap<number, WriteOutcome>): WriteOutcome[] {
  return requests.map(
    (_, index) => outcomes.get(index) ?? { status: 'unknown', message: 'Nothing is known of what became of the request.' },
  );
}
