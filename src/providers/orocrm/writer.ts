/**
 * Writes batches of contacts or leads. Updates, creations and deletions are sent apart, so that what
 * may safely be sent twice is; each in synchronous batches of a hundred, one by one where there is but
 * one, and updates in thousands as an asynchronous operation where that takes fewer calls.
 *
 * A synchronous batch is all or nothing: records that an error points at are taken out and the others
 * sent again. What takes too long falls back to an operation, which the answer's type shows.
 */
import { createHash } from 'node:crypto';
import { ProviderError } from '../../model/errors.ts';
import { toInstant } from '../../model/time.ts';
import type { RemoteRecord } from '../../model/value.ts';
import type { JobHandle, RecordClient, WriteOutcome, WriteRequest, WriterTraits } from '../provider.ts';
import { needsHeld, readHeld } from './addresses.ts';
import { chunkList, listPages, type Api } from './api.ts';
import { EXTERNAL_ID } from './catalog.ts';
import { deleteAll } from './deletes.ts';
import { documentOf, parseBody, type Entity } from './documents.ts';
import { modifiedAt, ownValues, type Layout } from './layout.ts';
import { setMarks } from './mark-writes.ts';
import { membersOf, outcomesOf, possibleMembers } from './operation-outcomes.ts';
import { awaitOperations, decodeHandle, encodeHandle, LATER_PATIENCE_MS, operationOf, type Operation } from './operations.ts';
import { failureOf, placeOf, refusesUpsert } from './record-errors.ts';
import { errorsOf, type VendorError } from './refusals.ts';
import type { Directories } from './stream.ts';
import { goesToOperation, MAX_BATCH_RECORDS, SYNC_RECORDS, writeCalls } from './write-costs.ts';
import { planWrite, type PlannedWrite } from './write-plan.ts';
import { markUnknown, refusedAsAWhole, REFUSAL_STATUSES, type Run } from './write-run.ts';
import { allAtOnce } from '../request-pages.ts';

/** A record made so shortly before the answer was made by the call, or by an earlier attempt of it. */
const JUST_NOW_MS = 60_000;

/** What one connection has learned of its installation. */
export interface WriterMemory {
  /** UNVERIFIED: whether an upsert may find a record by its external id. `undefined` until it was tried. */
  upserts: boolean | undefined;
}

export type Writer = Pick<RecordClient, 'writer' | 'write' | 'resume'> & {
  readonly price: Pick<RecordClient['price'], 'write'>;
};

export function createWriter(
  api: Api,
  layout: Layout,
  directories: Directories,
  externalId: string | undefined,
  memory: WriterMemory,
): Writer {
  const { collection } = layout.kind;
  const traits: WriterTraits = {
    maxBatchRecords: MAX_BATCH_RECORDS,
    callRecords: SYNC_RECORDS,
    requiredOnCreate: [...layout.kind.attributes.values()].filter((field) => field.required).map((field) => field.path),
    createIsUpsert: externalId !== undefined,
    jobs: { blocks: 'object' },
  };

  async function write(
    requests: readonly WriteRequest[],
    onJob: (handle: JobHandle) => Promise<void>,
    signal?: AbortSignal,
  ): Promise<readonly WriteOutcome[]> {
    const outcomes = new Map<number, WriteOutcome>();
    const operations: Operation[] = [];
    const fingerprint = fingerprintOf(requests);
    const plans = await planAll(requests, outcomes, signal);
    const run: Run = {
      outcomes,
      operations,
      plans: new Map(plans.map((plan) => [plan.index, plan])),
      onJob: () => onJob(encodeHandle(operations, fingerprint)),
      stopped: undefined,
      signal,
    };
    for (const round of roundsOf(plans)) {
      for (const action of ['update', 'create', 'delete'] as const)
        await sendGroup(
          round.filter((plan) => plan.action === action),
          run,
        );
      await settleOperations(run);
    }
    await setMarks(layout, directories.lists, plans, run);
    const told = [...outcomes.values()].some(({ status }) => status !== 'failed');
    // Thrown only where that tells all there is to tell.
    if (run.stopped !== undefined && !told) throw run.stopped;
    return inOrder(requests, outcomes, run.stopped);
  }

  async function planAll(
    requests: readonly WriteRequest[],
    outcomes: Map<number, WriteOutcome>,
    signal: AbortSignal | undefined,
  ): Promise<PlannedWrite[]> {
    const unknown = requests.filter(needsHeld).flatMap(({ id }) => (id === undefined ? [] : [id]));
    const held = await readHeld(api, layout.kind, unknown, signal);
    const plans: PlannedWrite[] = [];
    for (const [index, request] of requests.entries()) {
      const plan = await planWrite(layout, directories, request, index, held);
      if ('status' in plan) outcomes.set(index, plan);
      else plans.push(plan);
    }
    return plans;
  }

  async function sendGroup(plans: readonly PlannedWrite[], run: Run): Promise<void> {
    const [first] = plans;
    if (first === undefined) return;
    if (first.action === 'delete') return deleteAll(api, collection, plans, run);
    // A record of which nothing but marks is written is not touched itself.
    const bare = plans.filter((plan) => plan.action === 'update' && plan.written.length === 0);
    for (const { index, id } of bare)
      run.outcomes.set(index, { status: 'applied', id: id!, created: false, record: { id: id!, values: {} } });
    const rest = plans.filter((plan) => !bare.includes(plan));
    if (first.action === 'update' && goesToOperation(rest.length)) return sendOperation(rest, run);
    for (let start = 0; start < rest.length; start += SYNC_RECORDS) await sendSync(rest.slice(start, start + SYNC_RECORDS), run);
  }

  /** Sends up to a hundred records of one action, at once. */
  async function sendSync(plans: readonly PlannedWrite[], run: Run): Promise<void> {
    let rest = plans;
    while (rest.length > 0 && run.stopped === undefined) {
      const lookedUp = await withKnownIds(rest, run);
      if (run.stopped !== undefined) return;
      const errors = await sendOnce(lookedUp, run);
      if (errors === undefined) return;
      if (memory.upserts !== false && refusesUpsert(errors)) {
        memory.upserts = false;
        continue;
      }
      const refused = new Map<PlannedWrite, VendorError[]>();
      for (const error of errors) {
        // An error that names no place of a single record is about that record.
        const plan = lookedUp.length === 1 ? lookedUp[0] : lookedUp[placeOf(error) ?? -1];
        if (plan !== undefined) refused.set(plan, [...(refused.get(plan) ?? []), error]);
      }
      if (refused.size === 0) {
        const middle = Math.ceil(lookedUp.length / 2);
        await sendSync(lookedUp.slice(0, middle), run);
        await sendSync(lookedUp.slice(middle), run);
        return;
      }
      for (const [plan, own] of refused) run.outcomes.set(plan.index, failureOf(plan, own));
      rest = lookedUp.filter((plan) => !refused.has(plan));
    }
  }

  /** @returns the errors of a refusal that concerns records; `undefined` where everything is told */
  async function sendOnce(plans: readonly PlannedWrite[], run: Run): Promise<readonly VendorError[] | undefined> {
    const single = plans.length === 1 ? plans[0]! : undefined;
    // An update may be sent twice; so may a creation that finds what an earlier attempt has made.
    const idempotent = plans.every((plan) => plan.id !== undefined || isUpsert(plan));
    try {
      const answer = await api.send({
        method: single !== undefined && single.id === undefined ? 'POST' : 'PATCH',
        path: single?.id === undefined ? `/${collection}` : `/${collection}/${single.id}`,
        body: { data: single === undefined ? plans.map((plan) => entityOf(plan, true)) : entityOf(single, false) },
        headers: single === undefined ? { 'x-mode': 'sync' } : {},
        idempotent,
        accept: REFUSAL_STATUSES,
        signal: run.signal,
      });
      if (answer.status >= 400) {
        const errors = errorsOf(parseBody(answer.text));
        if (errors.length > 0 && concernsRecords(errors, plans.length)) return errors;
        throw refusedAsAWhole(api, answer.status, errors);
      }
      const document =
        answer.status === 204 && single?.id !== undefined
          ? await api.call({ method: 'GET', path: `/${collection}/${single.id}`, signal: run.signal })
          : documentOf(api.integration, answer);
      const operation = operationOf(document);
      if (operation === undefined) await takeAnswers(plans, document.data, document.date, answer.status, run);
      else await accept(operation, plans, document.date, run);
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      if (error.outcomeUnknown) markUnknown(run, plans, error);
      // What may have been made was sent once; all other failures have outlasted every retry.
      if (!error.outcomeUnknown || idempotent) run.stopped = error;
    }
    return undefined;
  }

  /** Without upserts, those that an earlier attempt has made are looked up before anything is made. */
  async function withKnownIds(plans: readonly PlannedWrite[], run: Run): Promise<readonly PlannedWrite[]> {
    const keyed = plans.filter((plan) => plan.id === undefined && plan.externalId !== undefined);
    if (memory.upserts !== false || keyed.length === 0) return plans;
    const ids = new Map<string, string>();
    try {
      for (const chunk of chunkList(keyed.map((plan) => plan.externalId!))) {
        const query = { [`filter[${EXTERNAL_ID}]`]: chunk.join(','), [`fields[${collection}]`]: EXTERNAL_ID };
        for await (const { rows } of listPages(api, collection, query, { signal: run.signal }))
          for (const { id, attributes } of rows) ids.set(String(attributes[EXTERNAL_ID]), id);
      }
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      run.stopped = error;
      return [];
    }
    return plans.map((plan) => {
      const id = plan.externalId === undefined ? undefined : ids.get(plan.externalId);
      return id === undefined ? plan : { ...plan, id };
    });
  }

  function isUpsert(plan: PlannedWrite): boolean {
    return plan.id === undefined && plan.externalId !== undefined && memory.upserts !== false;
  }

  function entityOf(plan: PlannedWrite, inBatch: boolean): object {
    const meta = isUpsert(plan) ? { upsert: [EXTERNAL_ID] } : inBatch && plan.id !== undefined ? { update: true } : undefined;
    return {
      ...(meta === undefined ? {} : { meta }),
      type: collection,
      ...(plan.id === undefined ? {} : { id: plan.id }),
      ...plan.body,
    };
  }

  /** Records are answered in the order in which they were sent. */
  async function takeAnswers(
    plans: readonly PlannedWrite[],
    entities: readonly Entity[],
    date: number | undefined,
    status: number,
    run: Run,
  ): Promise<void> {
    const complete = entities.length === plans.length;
    for (const [place, plan] of plans.entries()) {
      const entity = complete ? entities[place] : entities.find(({ id }) => id === plan.id);
      if (entity === undefined || entity.type !== collection || (plan.id !== undefined && plan.id !== entity.id)) {
        run.outcomes.set(plan.index, { status: 'unknown', message: 'OroCRM did not answer for this record.' });
        continue;
      }
      if (isUpsert(plan)) memory.upserts = true;
      const isFound = plan.id !== undefined || (isUpsert(plan) && !(status === 201 || isNew(entity, date ?? api.clock.now())));
      const record = await recordOf(plan, entity, date);
      run.outcomes.set(plan.index, { status: 'applied', id: entity.id, created: plan.action === 'create' && !isFound, record });
    }
  }

  async function recordOf(plan: PlannedWrite, entity: Entity, date: number | undefined): Promise<RemoteRecord> {
    const values = await ownValues(layout, entity, directories.groups);
    // An answer shows all that a record holds itself, but neither its account's name nor its marks.
    const complete = layout.account === undefined && layout.marks.length === 0 && date !== undefined;
    return {
      id: entity.id,
      values: complete ? values : Object.fromEntries(plan.written.map((path) => [path, values[path] ?? null])),
      ...modifiedAt(entity),
      ...(complete ? { readAt: toInstant(date) } : {}),
    };
  }

  /** Hands all of it to one asynchronous operation. */
  async function sendOperation(plans: readonly PlannedWrite[], run: Run): Promise<void> {
    if (run.stopped !== undefined) return;
    try {
      const document = await api.call({
        method: 'PATCH',
        path: `/${collection}`,
        body: { data: plans.map((plan) => entityOf(plan, true)) },
        // The same values a second time change nothing more.
        idempotent: true,
        signal: run.signal,
      });
      const operation = operationOf(document);
      if (operation === undefined) await takeAnswers(plans, document.data, document.date, document.status, run);
      else await accept(operation, plans, document.date, run);
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      if (error.outcomeUnknown) markUnknown(run, plans, error);
      run.stopped = error;
    }
  }

  async function accept(id: string, plans: readonly PlannedWrite[], date: number | undefined, run: Run): Promise<void> {
    run.operations.push({ id, acceptedAt: date ?? api.clock.now(), members: plans.map(({ index }) => index) });
    await run.onJob();
  }

  async function settleOperations(run: Run): Promise<void> {
    const open = run.operations.filter(({ members }) => members.some((index) => !run.outcomes.has(index)));
    if (open.length === 0) return;
    try {
      const results = await awaitOperations(api, open, { signal: run.signal });
      const members = membersOf(open, results, run.plans);
      for (const [index, outcome] of await outcomesOf(api, layout, directories, members, run.signal))
        run.outcomes.set(index, outcome);
    } catch (error) {
      // The operations were accepted; only what became of them could not be learned.
      if (!(error instanceof ProviderError)) throw error;
      for (const index of open.flatMap(({ members }) => members))
        if (!run.outcomes.has(index)) run.outcomes.set(index, { status: 'unknown', message: error.message });
    }
  }

  async function resume(
    handle: JobHandle,
    requests: readonly WriteRequest[],
    signal?: AbortSignal,
  ): Promise<readonly WriteOutcome[]> {
    const job = decodeHandle(api, handle);
    const outcomes = new Map<number, WriteOutcome>();
    const plans: PlannedWrite[] = [];
    for (const [index, request] of requests.entries()) {
      // Nothing is written here, so that what the addresses were before does not matter.
      const plan = await planWrite(layout, directories, request, index, new Map());
      if ('status' in plan) outcomes.set(index, plan);
      else plans.push(plan);
    }
    const results = await awaitOperations(api, job.operations, { patienceMs: LATER_PATIENCE_MS, firstLookMs: 0, signal });
    const members =
      job.fingerprint === fingerprintOf(requests)
        ? membersOf(job.operations, results, new Map(plans.map((plan) => [plan.index, plan])))
        : possibleMembers(job.operations, results, plans);
    for (const [index, outcome] of await outcomesOf(api, layout, directories, members, signal)) {
      // Marks were to follow once the operation had ended: whether they did is to be looked up.
      const open = plans.find((plan) => plan.index === index)?.marks.length !== 0 && outcome.status === 'applied';
      outcomes.set(index, open ? { status: 'unknown', message: 'The record is written; its marks are not known.' } : outcome);
    }
    return inOrder(requests, outcomes, undefined);
  }

  return {
    writer: traits,
    write,
    resume: (handle, requests, signal) => allAtOnce(requests, (all) => resume(handle, all, signal)),
    price: { write: (shapes) => writeCalls(layout, shapes) },
  };
}

/** The same record a second time: in the order of the requests, after everything else. */
function roundsOf(plans: readonly PlannedWrite[]): PlannedWrite[][] {
  const rounds: PlannedWrite[][] = [];
  const seen = new Map<string, number>();
  for (const plan of plans) {
    const key = plan.id ?? plan.externalId;
    const round = key === undefined ? 0 : (seen.get(key) ?? 0);
    if (key !== undefined) seen.set(key, round + 1);
    (rounds[round] ??= []).push(plan);
  }
  return rounds;
}

/**
 * Whether errors are about records rather than about the call. A right that is missing for one record is
 * told in words of its own; where it is missing for all, the account is at fault.
 */
function concernsRecords(errors: readonly VendorError[], count: number): boolean {
  return errors.every(
    (error) =>
      placeOf(error) !== undefined ||
      error.status === 400 ||
      error.status === 409 ||
      (count === 1 && (error.status !== 403 || /No access to the entity/i.test(error.detail))),
  );
}

function isNew(entity: Entity, nowMs: number): boolean {
  return Date.parse(String(entity.attributes['createdAt'])) >= nowMs - JUST_NOW_MS;
}

/** Tells whether a job was made of these requests, without holding anything about a person. */
function fingerprintOf(requests: readonly WriteRequest[]): string {
  const shapes = requests.map(({ action, id, values }) => [action, id ?? '', ...Object.keys(values).toSorted()]);
  return createHash('sha256').update(JSON.stringify(shapes)).digest('hex').slice(0, 16);
}

function inOrder(
  requests: readonly WriteRequest[],
  outcomes: ReadonlyMap<number, WriteOutcome>,
  stopped: ProviderError | undefined,
): WriteOutcome[] {
  const message = stopped === undefined ? 'Nothing is known of what became of the request.' : `Not sent: ${stopped.message}`;
  return requests.map((_, index) => outcomes.get(index) ?? { status: 'unknown', message });
}
