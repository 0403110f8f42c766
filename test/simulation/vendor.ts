/**
 * A vendor in memory with the habits of the real ones: a feed whose rows arrive late, listings in
 * place of stamps for memberships, values trimmed and lowered, addresses that may exist once, jobs
 * that write later, and every fault that a network knows.
 */
import { ProviderError } from '../../src/model/errors.ts';
import type { Clock } from '../../src/model/time.ts';
import { toInstant } from '../../src/model/time.ts';
import type { FieldDescription, FieldValue, FieldValues, RemoteRecord } from '../../src/model/value.ts';
import type {
  ChangePage,
  Cursor,
  Deletion,
  JobHandle,
  KnownVersions,
  RecordClient,
  RequestPages,
  StreamTraits,
  WriteOutcome,
  WriteRequest,
} from '../../src/providers/provider.ts';
import type { Chronicle } from './chronicle.ts';
import type { Faults } from './faults.ts';

export interface VendorTraits {
  readonly name: string;
  readonly fields: readonly FieldDescription[];
  /** Fields that the link does not map. */
  readonly unmapped: readonly string[];
  readonly emailPath: string;
  readonly consentPath: string;
  readonly requiredOnCreate: readonly string[];
  readonly stream: StreamTraits;
  readonly pageRecords: number;
  readonly batchRecords: number;
  readonly callRecords: number;
  /** What an address that exists already does to a create. */
  readonly sameAddress: 'allowed' | 'refused' | 'upsert';
  /** Rows show in the feed up to this much later than their stamp says. */
  readonly lagMs: number;
  /** Batches of more requests than this are written by a job, later. */
  readonly jobsAbove: number;
  /** How many requests go together by a job of any size; 0 where there is no such job. */
  readonly bulkRequests: number;
  /** When the opt-in or opt-out was recorded, as the vendor tells it. */
  readonly evidence: boolean;
  /** Whether answers tell when a record was read, so that a later read may pass over it. */
  readonly versions: boolean;
  normalise(path: string, value: FieldValue): FieldValue;
}

interface Stored {
  values: Record<string, FieldValue>;
  stampMs: number;
  visibleMs: number;
  deleted: boolean;
  addressBy: 'person' | 'product';
  consentMs: number;
  /** When the product read it, by the chronicle; the last time, and each time. */
  readAt: number;
  readonly reads: number[];
}

interface Shown {
  readonly record: Stored;
  readonly at: number;
}

interface Job {
  readonly requests: readonly WriteRequest[];
  readonly dueMs: number;
  outcomes: readonly WriteOutcome[] | undefined;
}

/** Told of every moment at which something else may happen: before a call, and after its effect. */
export type Moment = (place: string, isDistinct?: boolean) => void;

const CALL_MS = 40;
const OVERLAP_MS = 5 * 60_000;

export class Vendor {
  readonly traits: VendorTraits;
  readonly records = new Map<string, Stored>();
  readonly #clock: Clock & { advance(ms: number): void };
  readonly #chronicle: Chronicle;
  readonly #faults: Faults;
  #moment: Moment = () => undefined;
  readonly #jobs = new Map<string, Job>();
  #nextId = 1;
  /** What the call under way shows. */
  #shown: Shown[] | undefined;
  /** What the last answer showed. It is read once the product asks for more: killed before, it had no time to note it. */
  #arrived: readonly Shown[] = [];
  calls = 0;
  /** Records that the product asked to write, be they written or not. */
  requests = 0;
  writes = 0;

  constructor(
    traits: VendorTraits,
    world: { readonly clock: Clock & { advance(ms: number): void }; readonly chronicle: Chronicle },
    faults: Faults,
  ) {
    this.traits = traits;
    this.#clock = world.clock;
    this.#chronicle = world.chronicle;
    this.#faults = faults;
  }

  get fields(): readonly FieldDescription[] {
    return this.traits.fields;
  }

  get name(): string {
    return this.traits.name;
  }

  // --- people ------------------------------------------------------------------------------

  /** What a person enters; `undefined` where the vendor refuses it. */
  enter(values: FieldValues): string | undefined {
    const email = this.#normalised(values)[this.traits.emailPath];
    if (this.traits.sameAddress !== 'allowed' && this.#holderOf(email, undefined) !== undefined) return undefined;
    return this.#create(values, 'person');
  }

  edit(id: string, values: FieldValues): boolean {
    const record = this.records.get(id);
    if (record === undefined || record.deleted) return false;
    const changed = this.#normalised(values);
    const email = changed[this.traits.emailPath];
    if (this.traits.sameAddress !== 'allowed' && this.#holderOf(email, id) !== undefined) return false;
    if (this.traits.requiredOnCreate.some((path) => path in changed && changed[path] === null)) return false;
    this.#change(id, values, 'person', 'updated');
    return true;
  }

  remove(id: string): boolean {
    const record = this.records.get(id);
    if (record === undefined || record.deleted) return false;
    record.deleted = true;
    this.#stamp(record);
    this.#chronicle.deletions.push({ at: this.#chronicle.step(), end: this.name, id });
    return true;
  }

  live(): readonly { readonly id: string; readonly values: FieldValues }[] {
    return [...this.records].filter(([, record]) => !record.deleted).map(([id, { values }]) => ({ id, values }));
  }

  /** From now on calls come from another process. */
  attend(moment: Moment): void {
    this.#moment = moment;
    this.#arrived = [];
  }

  /** The process has noted all that it was shown. */
  noteArrived(): void {
    for (const one of this.#arrived) noteRead(one);
    this.#arrived = [];
  }

  // --- the product -------------------------------------------------------------------------

  client(): RecordClient {
    const traits = this.traits;
    return {
      object: { object: 'thing', fields: traits.fields, missing: [] },
      stream: traits.stream,
      writer: {
        maxBatchRecords: traits.batchRecords,
        callRecords: traits.callRecords,
        requiredOnCreate: traits.requiredOnCreate,
        createIsUpsert: traits.sameAddress === 'upsert',
        ...(traits.sameAddress === 'upsert' ? { overwritesBy: traits.emailPath } : {}),
      },
      count: () => Promise.resolve(this.#call('count', false, () => this.live().length)),
      read: (since, _signal, known) => this.#read(since, known),
      readByIds: (ids) => this.#readByIds(ids),
      readByKey: (path, values) => this.#readByKey(path, values),
      write: (requests, onJob) => this.#write(requests, onJob),
      ...(traits.bulkRequests === 0
        ? {}
        : {
            bulk: {
              mostRequests: traits.bulkRequests,
              // Who only says something of consent is written by a call of its own.
              takes: async (requests) =>
                requests.map(({ values }) => Object.keys(values).some((path) => path !== traits.consentPath)),
              write: (requests, onJob) => this.#writeBulk(requests, onJob),
            },
          }),
      resume: (handle, requests) => this.#resume(handle, requests),
      price: {
        read: (records) => Math.max(1, Math.ceil(records / traits.pageRecords)) + traits.stream.listed.length + 1,
        readByIds: (records) => Math.ceil(records / traits.pageRecords),
        write: (shapes) => {
          const count = shapes.reduce((sum, shape) => sum + shape.count, 0);
          // The last of several jobs may hold a single request, and is asked for as often as a larger one.
          return count * 3 + (count > traits.bulkRequests && traits.bulkRequests > 0 ? 2 : 0);
        },
      },
    };
  }

  async *#read(since: Cursor | undefined, known: KnownVersions | undefined): AsyncGenerator<ChangePage> {
    const { traits } = this;
    const begunMs = this.#clock.now();
    const fromMs = since === undefined || traits.stream.changes === 'scan' ? undefined : Number(since) - OVERLAP_MS;
    const nowMs = this.#clock.now();
    const shown = [...this.records].filter(
      ([, record]) => fromMs === undefined || (record.stampMs >= fromMs && record.visibleMs <= nowMs),
    );
    const present = shown.filter(([, record]) => !record.deleted).map(([id]) => id);
    const deletions: Deletion[] =
      fromMs === undefined || traits.stream.deletions === 'sweep'
        ? []
        : shown.filter(([, record]) => record.deleted).map(([id, record]) => ({ id, at: toInstant(record.stampMs) }));
    const cursor = String(begunMs - traits.lagMs - 1_000) as Cursor;
    const passed =
      known === undefined || since === undefined || !traits.versions
        ? new Set<string>()
        : await known(present.map((id) => ({ id, modifiedAt: this.#modifiedAt(this.records.get(id)!) })));
    const ids = present.filter((id) => !passed.has(id));
    const pages = Math.max(1, Math.ceil(ids.length / traits.pageRecords));
    for (let page = 0; page < pages; page += 1) {
      const slice = ids.slice(page * traits.pageRecords, (page + 1) * traits.pageRecords);
      const records = this.#call('read', false, () => this.#show(slice, begunMs));
      const last = page === pages - 1 && traits.stream.listed.length === 0;
      yield { records, deletions: page === 0 ? deletions : [], ...(last ? { cursor } : {}) };
    }
    for (const [index, { path, value }] of traits.stream.listed.entries()) {
      const listed = this.#call('list', false, () =>
        this.live()
          .filter((record) => record.values[path] === value)
          .map((record): RemoteRecord => ({ id: record.id, values: { [path]: value } })),
      );
      const last = index === traits.stream.listed.length - 1;
      yield { records: [], listed, deletions: [], ...(last ? { cursor } : {}) };
    }
  }

  async *#readByIds(ids: readonly string[]): AsyncGenerator<readonly RemoteRecord[]> {
    for (let start = 0; start < ids.length; start += this.traits.pageRecords) {
      const slice = ids.slice(start, start + this.traits.pageRecords);
      yield this.#call('read-ids', false, () => this.#show(slice, this.#clock.now()));
    }
  }

  async *#readByKey(path: string, values: readonly string[]): AsyncGenerator<readonly RemoteRecord[]> {
    const wanted = new Set(values.map((value) => value.trim().toLowerCase()));
    yield this.#call('read-key', false, () => {
      const ids = this.live().filter((record) => wanted.has(String(record.values[path]).trim().toLowerCase()));
      return this.#show(
        ids.map(({ id }) => id),
        this.#clock.now(),
      );
    });
  }

  async #write(requests: readonly WriteRequest[], onJob: (handle: JobHandle) => Promise<void>): Promise<readonly WriteOutcome[]> {
    for (const request of requests) this.#inspect(request);
    this.requests += requests.length;
    if (requests.length > this.traits.jobsAbove) return this.#runJob(requests, onJob);
    const outcomes: WriteOutcome[] = [];
    for (let start = 0; start < requests.length; start += this.traits.callRecords) {
      const chunk = requests.slice(start, start + this.traits.callRecords);
      try {
        outcomes.push(...this.#call('write', true, () => this.#carryOut(chunk, true)));
      } catch (error) {
        if (!(error instanceof ProviderError)) throw error;
        if (start === 0 && chunk.length === requests.length) throw error;
        const { message, outcomeUnknown } = error;
        const rest: WriteOutcome = { status: 'failed', code: 'UNAVAILABLE', message, retryable: true };
        outcomes.push(...chunk.map((): WriteOutcome => (outcomeUnknown ? { status: 'unknown', message } : rest)));
      }
    }
    return outcomes;
  }

  async *#writeBulk(
    requests: RequestPages,
    onJob: (handle: JobHandle) => Promise<void>,
  ): AsyncGenerator<readonly WriteOutcome[]> {
    const all: WriteRequest[] = [];
    for await (const page of requests()) all.push(...page);
    for (const request of all) this.#inspect(request);
    this.requests += all.length;
    if (all.length > this.traits.bulkRequests)
      this.#chronicle.violations.push(`bulk: ${this.name} was given ${all.length} requests together`);
    const outcomes = await this.#runJob(all, onJob);
    for (let start = 0; start < all.length; start += 2) yield outcomes.slice(start, start + 2);
  }

  async #runJob(
    requests: readonly WriteRequest[],
    onJob: (handle: JobHandle) => Promise<void>,
  ): Promise<readonly WriteOutcome[]> {
    const handle = `${this.name}-job-${this.#jobs.size + 1}` as JobHandle;
    const job: Job = { requests, dueMs: this.#clock.now() + 20_000 + requests.length * 1_000, outcomes: undefined };
    // The handle is ours, and stored before the vendor hears of the job: it is found again by it.
    await onJob(handle);
    this.#call('submit', true, () => this.#jobs.set(handle, job));
    return this.#awaitJob(handle);
  }

  async *#resume(handle: JobHandle, requests: RequestPages): AsyncGenerator<readonly WriteOutcome[]> {
    // Only those are asked for that nobody has heard of yet.
    const places = new Map(this.#jobs.get(handle)?.requests.map((request, place) => [nameOf(request), place]));
    const outcomes = await this.#awaitJob(handle);
    for await (const page of requests())
      yield page.map(
        (request): WriteOutcome =>
          outcomes[places.get(nameOf(request)) ?? -1] ?? { status: 'unknown', message: 'There is no such job.' },
      );
  }

  async #awaitJob(handle: JobHandle): Promise<readonly WriteOutcome[]> {
    for (;;) {
      const job = this.#jobs.get(handle);
      const outcomes = this.#call('poll', true, () => (job === undefined ? [] : job.outcomes));
      if (outcomes !== undefined) return outcomes;
      await this.#clock.sleep(10_000);
    }
  }

  /** Carries out jobs whose time has come, whoever waits for them or does not. */
  runJobs(): void {
    for (const job of this.#jobs.values()) {
      if (job.outcomes === undefined && job.dueMs <= this.#clock.now()) job.outcomes = this.#carryOut(job.requests, true);
    }
  }

  get jobsWaiting(): boolean {
    return [...this.#jobs.values()].some((job) => job.outcomes === undefined);
  }

  // --- one call ----------------------------------------------------------------------------

  /** One call to the vendor: what goes wrong before its effect, the effect, what goes wrong after it. */
  #call<Answer>(what: string, writes: boolean, effect: () => Answer): Answer {
    this.noteArrived();
    this.#moment(`${this.name} ${what} before`);
    this.calls += 1;
    this.#clock.advance(CALL_MS);
    const before = this.#faults.before(what);
    if (before === 'slow') this.#clock.advance(30_000);
    else if (before === 'expired-token') this.calls += 2;
    else if (before !== undefined) {
      throw new ProviderError(before === '429' ? 'PROVIDER_RATE_LIMITED' : 'PROVIDER_UNAVAILABLE', `${before} for ${what}`, {
        integration: this.name,
        retryable: true,
      });
    }
    const shown: Shown[] = [];
    this.#shown = shown;
    const answer = effect();
    this.#shown = undefined;
    this.#moment(`${this.name} ${what} after`);
    const after = this.#faults.after(what);
    if (after === undefined) {
      this.#arrived = shown;
      return answer;
    }
    throw new ProviderError('PROVIDER_UNREACHABLE', `${after} for ${what}`, {
      integration: this.name,
      retryable: true,
      outcomeUnknown: writes,
    });
  }

  #carryOut(requests: readonly WriteRequest[], mayBePartial: boolean): readonly WriteOutcome[] {
    const partial = mayBePartial && this.#faults.partial();
    const forgets = this.#faults.forgetsRow();
    return requests.map((request, index): WriteOutcome => {
      if (partial && index % 2 === 1)
        return { status: 'failed', code: 'UNABLE_TO_LOCK_ROW', message: 'try again', retryable: true };
      const forgotten = forgets && index === requests.length - 1;
      if (forgotten && this.#faults.forgetsEffect()) return { status: 'unknown', message: 'no row in the answer' };
      const outcome = this.#carryOutOne(request);
      return forgotten ? { status: 'unknown', message: 'no row in the answer' } : outcome;
    });
  }

  #carryOutOne(request: WriteRequest): WriteOutcome {
    const { traits } = this;
    const values = this.#normalised(request.values);
    const holder = this.#holderOf(values[traits.emailPath], request.id);
    const record = request.id === undefined ? undefined : this.records.get(request.id);
    const refuse = (code: string, more: Partial<Extract<WriteOutcome, { status: 'failed' }>> = {}): WriteOutcome => {
      const key = values[traits.emailPath];
      this.#chronicle.refusals.push({
        at: this.#chronicle.step(),
        end: this.name,
        id: request.id,
        key: typeof key === 'string' ? key.toLowerCase() : undefined,
        code,
      });
      return { status: 'failed', code, message: code, retryable: false, ...more };
    };
    if (request.action === 'delete') throw new Error('Nothing in these links deletes.');
    if (request.action === 'update' && (record === undefined || record.deleted)) return refuse('NOT_FOUND', { gone: true });
    const required = traits.requiredOnCreate.find((path) =>
      request.action === 'create' ? (values[path] ?? null) === null : path in values && values[path] === null,
    );
    if (required !== undefined) return refuse('REQUIRED_FIELD_MISSING', { fields: [required] });
    if (request.action === 'create') {
      if (holder !== undefined && traits.sameAddress === 'refused') return refuse('DUPLICATE', { duplicateOf: holder });
      if (holder !== undefined && traits.sameAddress === 'upsert') {
        this.#change(holder, request.values, 'product', 'met');
        return { status: 'applied', id: holder, created: false, record: this.#answer(holder, request.values) };
      }
      const id = this.#create(request.values, 'product');
      return { status: 'applied', id, created: true, record: this.#answer(id, request.values) };
    }
    if (holder !== undefined && traits.sameAddress !== 'allowed') return refuse('DUPLICATE');
    this.#change(request.id!, request.values, 'product', 'updated');
    return { status: 'applied', id: request.id!, created: false, record: this.#answer(request.id!, request.values) };
  }

  #answer(id: string, written: FieldValues): RemoteRecord {
    const record = this.records.get(id)!;
    const shown = this.#toRemote(id, record, this.traits.versions ? this.#clock.now() : undefined);
    if (this.traits.versions) {
      // The whole record is read back: whatever people did so far is seen.
      this.#noteRead(record);
      return shown;
    }
    const values = Object.fromEntries(Object.keys(written).map((path) => [path, shown.values[path]!]));
    return { ...shown, values };
  }

  /** What a request may never be. */
  #inspect(request: WriteRequest): void {
    for (const path of Object.keys(request.values)) {
      if (!this.traits.fields.some((field) => field.path === path) || this.traits.unmapped.includes(path))
        this.#chronicle.violations.push(`isolation: ${this.name} was asked to write ${path}, which is not mapped`);
    }
    if (request.action === 'create' && request.id !== undefined)
      this.#chronicle.violations.push(`a create at ${this.name} names the record ${request.id}`);
  }

  /** A second record of an address that the product had every chance to know of. */
  #inspectCreate(email: FieldValue | undefined): void {
    const holder = this.#holderOf(email, undefined);
    if (holder === undefined) return;
    const { visibleMs, addressBy } = this.records.get(holder)!;
    if (addressBy === 'product' || visibleMs + 2_000 < this.#chronicle.cycleBegunMs)
      this.#chronicle.violations.push(`duplicate: ${this.name} was given a second record of ${String(email)} beside ${holder}`);
  }

  // --- records -----------------------------------------------------------------------------

  #create(values: FieldValues, by: 'person' | 'product'): string {
    const id = `${this.name}${this.#nextId}`;
    this.#nextId += 1;
    const blank: Record<string, FieldValue> = Object.fromEntries(this.traits.fields.map(({ path }) => [path, null]));
    if (by === 'product') this.#inspectCreate(this.#normalised(values)[this.traits.emailPath]);
    const record: Stored = {
      values: blank,
      stampMs: 0,
      visibleMs: 0,
      deleted: false,
      addressBy: by,
      consentMs: this.#clock.now(),
      readAt: this.#chronicle.now,
      reads: [],
    };
    for (const path of Object.keys(blank)) blank[path] = this.traits.normalise(path, null);
    this.records.set(id, record);
    this.#stamp(record);
    this.#change(id, values, by, 'created');
    return id;
  }

  #change(id: string, values: FieldValues, by: 'person' | 'product', how: 'created' | 'updated' | 'met'): void {
    const record = this.records.get(id)!;
    const at = this.#chronicle.step();
    if (by === 'product') this.writes += 1;
    const listed = new Set(this.traits.stream.listed.map(({ path }) => path));
    let stamped = false;
    for (const [path, after] of Object.entries(this.#normalised(values))) {
      const before = record.values[path] ?? null;
      // That the product wrote what a person had just entered is worth a note: it cannot tell the two apart.
      const noted = by === 'product' && path === this.traits.consentPath;
      if (before === after && how !== 'created' && !noted) continue;
      record.values[path] = after;
      if (!listed.has(path)) stamped = true;
      if (path === this.traits.emailPath) record.addressBy = by;
      if (path === this.traits.consentPath) record.consentMs = this.#clock.now();
      this.#chronicle.changes.push({
        at,
        by,
        end: this.name,
        id,
        path,
        before,
        after,
        readAt: by === 'product' ? record.readAt : at,
        created: how === 'created',
        met: how === 'met',
      });
    }
    if (stamped) this.#stamp(record);
  }

  #stamp(record: Stored): void {
    const nowMs = this.#clock.now();
    record.stampMs = Math.floor(nowMs / 1_000) * 1_000;
    record.visibleMs = Math.max(record.visibleMs, nowMs + this.#faults.lag(this.traits.lagMs));
  }

  #show(ids: readonly string[], begunMs: number): readonly RemoteRecord[] {
    return ids.flatMap((id) => {
      const record = this.records.get(id);
      if (record === undefined || record.deleted) return [];
      this.#noteRead(record);
      return [this.#toRemote(id, record, this.traits.versions ? begunMs : undefined)];
    });
  }

  #noteRead(record: Stored): void {
    const one = { record, at: this.#chronicle.step() };
    if (this.#shown === undefined) noteRead(one);
    else this.#shown.push(one);
  }

  #toRemote(id: string, record: Stored, readMs: number | undefined): RemoteRecord {
    const mapped = Object.entries(record.values).filter(([path]) => !this.traits.unmapped.includes(path));
    return {
      id,
      values: Object.fromEntries(mapped),
      modifiedAt: this.#modifiedAt(record),
      ...(readMs === undefined ? {} : { readAt: toInstant(readMs) }),
      ...(this.traits.evidence ? { evidence: { [this.traits.consentPath]: toInstant(record.consentMs) } } : {}),
    };
  }

  #modifiedAt(record: Stored): string {
    return toInstant(record.stampMs);
  }

  #normalised(values: FieldValues): Record<string, FieldValue> {
    return Object.fromEntries(Object.entries(values).map(([path, value]) => [path, this.traits.normalise(path, value)]));
  }

  #holderOf(email: FieldValue | undefined, except: string | undefined): string | undefined {
    if (typeof email !== 'string') return undefined;
    const wanted = email.toLowerCase();
    return this.live().find(
      (record) => record.id !== except && String(record.values[this.traits.emailPath] ?? '').toLowerCase() === wanted,
    )?.id;
  }
}

function noteRead({ record, at }: Shown): void {
  record.readAt = at;
  record.reads.push(at);
}

/** Tells the requests of one batch apart. */
function nameOf({ id, values }: WriteRequest): string {
  return id ?? JSON.stringify(values);
}
