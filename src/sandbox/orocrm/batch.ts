/** Many entities in one call: at once and all or nothing, or queued and each for itself. */
import { resourceForm, type Shown } from './documents.ts';
import {
  isObject,
  JSON_API,
  notFound,
  pointerFault,
  refusal,
  type Answer,
  type Fault,
  type JsonObject,
  type Reference,
} from './json-api.ts';
import { nameOf } from './included.ts';
import type { ResourceType } from './resource-type.ts';
import type { Entity, Store } from './store.ts';
import { targetOf } from './upsert.ts';
import { moment } from './values.ts';
import { change, create, wantedOf } from './writing.ts';

const SYNC_RECORDS = 100;
const SYNC_INCLUDED = 50;
/** The answer of a batch at once comes within this time, here without any. @source documentation, sync-batch-api */
const SYNC_MS = 25_000;
const CHUNK = 100;

export interface BatchRequest {
  readonly data: readonly JsonObject[];
  readonly included: readonly JsonObject[];
}

/** The resources of a batch, or what is wrong with its frame. */
export function batchOf(payload: unknown): BatchRequest | Fault {
  if (!isObject(payload) || Object.keys(payload).length === 0)
    return {
      status: 400,
      title: 'request data constraint',
      detail: 'The request data should not be empty.',
    };
  const data = payload['data'];
  if (!Array.isArray(data))
    return pointerFault('request data constraint', '/data', 'The primary data object collection should not be empty');
  if (data.length === 0)
    return pointerFault('request data constraint', '/data', 'The primary data object collection should not be empty');
  const included = Array.isArray(payload['included']) ? payload['included'] : [];
  return { data: data.filter(isObject), included: included.filter(isObject) };
}

interface Done {
  readonly entity: Entity;
  readonly created: boolean;
}

/** Writes one resource; the faults point into the document. */
export function writeResource(
  store: Store,
  type: ResourceType,
  resource: JsonObject,
  pointer: string,
  now: number,
  resolve: (reference: Reference) => Reference | undefined,
): Done | readonly Fault[] {
  if (resource['type'] !== type.type) {
    return [
      pointerFault(
        'request data constraint',
        `${pointer}/type`,
        "The 'type' property of the primary data object should match the requested resource",
      ),
    ];
  }
  if (Array.isArray(resource['attributes']) && resource['attributes'].length === 0)
    return [pointerFault('request data constraint', `${pointer}/attributes`, "The 'attributes' property should not be empty")];
  const target = targetOf(store, type, resource, pointer);
  if ('title' in target) return [target];
  const wanted = wantedOf(store, type, resource, pointer, target.entity, resolve);
  if (!('attributes' in wanted)) return wanted;
  if (target.entity === undefined) return { entity: create(store, type, wanted, now), created: true };
  change(store, target.entity, wanted, now);
  return { entity: target.entity, created: false };
}

/** Writes what comes along first, so that the rest can refer to it. */
export function writeIncluded(
  store: Store,
  included: readonly JsonObject[],
  now: number,
): {
  readonly written: ReadonlyMap<string, Done>;
  readonly faults: readonly Fault[];
  readonly resolve: (reference: Reference) => Reference;
} {
  const written = new Map<string, Done>();
  const faults: Fault[] = [];
  const resolve = (reference: Reference): Reference => {
    const found = written.get(`${reference.type} ${reference.id}`)?.entity;
    return found === undefined ? reference : { type: found.type, id: found.id };
  };
  for (const [index, resource] of included.entries()) {
    const type = store.types.get(String(resource['type']));
    const pointer = `/included/${index}`;
    if (type === undefined) {
      faults.push(pointerFault('entity type constraint', `${pointer}/type`, `Unknown entity type: ${String(resource['type'])}.`));
      continue;
    }
    const done = writeResource(store, type, resource, pointer, now, resolve);
    if ('entity' in done) written.set(nameOf(resource), done);
    else faults.push(...done);
  }
  return { written, faults, resolve };
}

interface Operation {
  readonly id: string;
  readonly entityType: string;
  readonly createdAt: number;
  readonly batch: BatchRequest;
  readonly type: ResourceType;
  readonly partial: boolean;
  status: 'new' | 'running' | 'success' | 'failed';
  counts: { create: number; update: number; error: number };
  errors: { readonly id: string; readonly fault: Fault }[];
}

export class Batches {
  readonly #operations = new Map<string, Operation>();
  readonly #operationMs: number;
  readonly #syncRecordMs: number;

  /** How long a queued operation takes, and a record of a batch at once. */
  constructor({ operationMs, syncRecordMs }: { readonly operationMs: number; readonly syncRecordMs: number }) {
    this.#operationMs = operationMs;
    this.#syncRecordMs = syncRecordMs;
  }

  /** Whether a batch at once would take too long, and goes on as an operation. */
  fallsBack({ data, included }: BatchRequest): boolean {
    return data.length <= SYNC_RECORDS && included.length <= SYNC_INCLUDED && data.length * this.#syncRecordMs > SYNC_MS;
  }

  queue(type: ResourceType, batch: BatchRequest, partial: boolean, now: number, root: string): Answer {
    const id = String(this.#operations.size + 1);
    const operation: Operation = {
      id,
      entityType: type.type,
      createdAt: now,
      batch,
      type,
      partial,
      status: 'new',
      counts: { create: 0, update: 0, error: 0 },
      errors: [],
    };
    this.#operations.set(id, operation);
    return {
      status: 202,
      headers: {
        'Content-Type': JSON_API,
        'Content-Location': `${root}/api/asyncoperations/${id}`,
      },
      body: { data: operationForm(operation) },
    };
  }

  /** Works off what is due at `now`. */
  settle(store: Store, now: number): void {
    for (const operation of this.#operations.values()) {
      if (operation.status === 'success' || operation.status === 'failed') continue;
      const age = now - operation.createdAt;
      if (age >= this.#operationMs) carryOut(store, operation, operation.createdAt + this.#operationMs);
      else if (age >= this.#operationMs / 2) operation.status = 'running';
    }
  }

  get(id: string): Answer {
    const operation = this.#operations.get(id);
    if (operation === undefined) return notFound();
    return {
      status: 200,
      headers: { 'Content-Type': JSON_API },
      body: { data: operationForm(operation) },
    };
  }

  /** @returns the rows of a page and whether more follow; `undefined` where there is no such operation */
  errors(
    id: string,
    number: number,
    size: number,
  ): { readonly rows: readonly JsonObject[]; readonly hasMore: boolean } | undefined {
    const operation = this.#operations.get(id);
    if (operation === undefined) return undefined;
    const start = size === -1 ? 0 : (number - 1) * size;
    const end = size === -1 ? undefined : start + size;
    const rows = operation.errors.slice(start, end).map(({ id: errorId, fault }) => ({
      type: 'asyncoperationerrors',
      id: errorId,
      attributes: {
        status: fault.status,
        title: fault.title,
        detail: fault.detail,
        ...(fault.pointer === undefined ? {} : { source: { pointer: fault.pointer } }),
      },
    }));
    return {
      rows,
      hasMore: end !== undefined && operation.errors.length > end,
    };
  }
}

function carryOut(store: Store, operation: Operation, now: number): void {
  const { batch, type } = operation;
  const { faults, resolve } = writeIncluded(store, batch.included, now);
  const addError = (index: number, fault: Fault): void => {
    const chunk = Math.floor(index / CHUNK) + 1;
    operation.errors.push({
      id: `${operation.id}-${chunk}-${operation.errors.length + 1}`,
      fault,
    });
  };
  for (const fault of faults) addError(0, fault);
  if (faults.length > 0) {
    // What refers to something that could not be written is not tried.
    operation.counts.error = batch.data.length;
    operation.status = 'success';
    return;
  }
  for (const [index, resource] of batch.data.entries()) {
    if (operation.partial && index % 2 === 1) {
      addError(index, {
        status: 500,
        title: 'runtime exception',
        detail: 'Internal Server Error',
        pointer: `/data/${index}`,
      });
      operation.counts.error += 1;
      continue;
    }
    const done = writeResource(store, type, resource, `/data/${index}`, now, resolve);
    if ('entity' in done) operation.counts[done.created ? 'create' : 'update'] += 1;
    else {
      operation.counts.error += 1;
      for (const fault of done) addError(index, fault);
    }
  }
  // Success is not the absence of errors.
  operation.status = 'success';
}

function operationForm(operation: Operation): JsonObject {
  const { create: createCount, update: updateCount, error: errorCount } = operation.counts;
  const ended = operation.status === 'success';
  const at = moment(operation.createdAt);
  return {
    type: 'asyncoperations',
    id: operation.id,
    attributes: {
      status: operation.status,
      progress: ended ? 1 : operation.status === 'running' ? 0.5 : null,
      elapsedTime: ended ? 1 : 0,
      entityType: operation.entityType,
      createdAt: at,
      updatedAt: at,
      summary: ended
        ? {
            aggregateTime: 10,
            readCount: operation.batch.data.length,
            writeCount: createCount + updateCount,
            errorCount,
            createCount,
            updateCount,
          }
        : null,
    },
    relationships: {
      owner: { data: { type: 'users', id: '1' } },
      organization: { data: { type: 'organizations', id: '1' } },
    },
  };
}

/** Ordered, all or nothing. */
export function writeAtOnce(
  store: Store,
  type: ResourceType,
  batch: BatchRequest,
  shown: Shown,
  now: number,
  root: string,
): Answer {
  const limits: Fault[] = [];
  if (batch.data.length > SYNC_RECORDS) {
    const detail = `The data limit for the synchronous operation exceeded. The maximum number of records that can be processed by the synchronous operation is ${SYNC_RECORDS}.`;
    limits.push({ status: 400, title: 'request data constraint', detail });
  }
  if (batch.included.length > SYNC_INCLUDED) {
    const detail = `The data limit for the synchronous operation exceeded for the section "included". The maximum number of included records that can be processed by the synchronous operation is ${SYNC_INCLUDED}.`;
    limits.push({ status: 400, title: 'request data constraint', detail });
  }
  if (limits.length > 0) return refusal(...limits);
  return store.atomically(
    () => writeAll(store, type, batch, shown, now, root),
    ({ status }) => status < 300,
  );
}

function writeAll(store: Store, type: ResourceType, batch: BatchRequest, shown: Shown, now: number, root: string): Answer {
  const { written, faults, resolve } = writeIncluded(store, batch.included, now);
  const done = batch.data.map((resource, index) => writeResource(store, type, resource, `/data/${index}`, now, resolve));
  const all = [...faults, ...done.flatMap((one) => ('entity' in one ? [] : one))];
  if (all.length > 0) return refusal(...all);
  const data = done.flatMap((one, index) => {
    if (!('entity' in one)) return [];
    const form = resourceForm(store, one.entity, shown, root);
    const id = batch.data[index]?.['id'];
    return typeof id === 'string' ? { ...form, meta: { dataId: id } } : form;
  });
  const included = batch.included.map((resource) => {
    const { entity } = written.get(nameOf(resource))!;
    return {
      ...resourceForm(store, entity, shown, root),
      meta: { includeId: String(resource['id']) },
    };
  });
  return {
    status: 200,
    headers: { 'Content-Type': JSON_API },
    body: { data, ...(included.length > 0 ? { included } : {}) },
  };
}
