/** The routes of JSON:API: collections, items, relationships and what hangs on them. */
import type { SandboxRequest } from '../vendor.ts';
import { batchOf, writeAtOnce, writeIncluded, writeResource, type Batches } from './batch.ts';
import { documentOf, listDocumentOf, pageLinks, resourceForm, shownOf, type Shown } from './documents.ts';
import {
  isObject,
  JSON_API,
  notAllowed,
  notFound,
  parameterFault,
  pointerFault,
  refusal,
  type Answer,
  type Fault,
  type JsonObject,
  type Reference,
} from './json-api.ts';
import { includedOf, unrelatedFaults, withIncluded } from './included.ts';
import { listQueryOf, pageOf } from './query.ts';
import type { Action, ResourceType } from './resource-type.ts';
import type { Entity, Related, Store } from './store.ts';
import { change, wantedOf } from './writing.ts';

const MOST_DELETED = 100;

export interface Call {
  readonly store: Store;
  readonly batches: Batches;
  readonly request: SandboxRequest;
  /** Of the path below `/api/`. */
  readonly segments: readonly string[];
  readonly isExposed: (type: string) => boolean;
  /** In ms. */
  readonly now: number;
}

interface Resource extends Call {
  readonly type: ResourceType;
  readonly shown: Shown;
  readonly payload: unknown;
}

/** Without JSON:API's own content type the platform silently answers in a plain format. */
function speaksJsonApi({ method, headers }: SandboxRequest): boolean {
  const declared = ['GET', 'HEAD', 'OPTIONS'].includes(method.toUpperCase()) ? headers['accept'] : headers['content-type'];
  return declared === JSON_API;
}

export function answerResource(call: Call): Answer {
  const answer = answerJsonApi(call);
  return speaksJsonApi(call.request) || answer.status === 204 ? answer : plain(answer);
}

function answerJsonApi(call: Call): Answer {
  const { segments, request, store } = call;
  const method = request.method.toUpperCase();
  const [name, id, third, fourth] = segments.filter((segment) => segment !== '');
  if (name === undefined) return notFound();
  if (name === 'asyncoperations') return answerOperation(call, method, id, third);
  const type = store.types.get(name);
  if (type === undefined || !call.isExposed(name)) return notFound();
  const shown = shownOf(store, request.query, request.headers);
  if (Array.isArray(shown)) return refusal(...(shown as Fault[]));
  const payload = parsed(request.body);
  if (payload instanceof SyntaxError)
    return refusal({
      status: 400,
      title: 'bad request http exception',
      detail: 'Invalid json message received.',
    });
  const resource: Resource = { ...call, type, shown: shown as Shown, payload };
  if (id === undefined) return answerCollection(resource, method);
  if (type.namedIds !== true && !/^\d+$/.test(id))
    return refusal({
      status: 400,
      title: 'entity identifier constraint',
      detail: `Expected integer value. Given "${id}".`,
    });
  if (third === undefined) return answerItem(resource, method, id);
  const entity = store.get(name, id);
  if (entity === undefined) return notFound();
  if (third === 'relationships') return answerRelationship(resource, method, entity, fourth ?? '');
  return method === 'GET' ? subresource(resource, entity, third) : notAllowed(['GET']);
}

function allowed(type: ResourceType, actions: Readonly<Record<string, Action>>): string[] {
  return Object.entries(actions)
    .filter(([, action]) => type.actions.has(action))
    .map(([method]) => method);
}

const ON_COLLECTION = {
  GET: 'list',
  PATCH: 'updateList',
  POST: 'create',
  DELETE: 'deleteList',
} as const;
const ON_ITEM = { GET: 'get', PATCH: 'update', DELETE: 'delete' } as const;

function answerCollection(resource: Resource, method: string): Answer {
  const methods = allowed(resource.type, ON_COLLECTION);
  if (!methods.includes(method)) return notAllowed(methods);
  switch (method) {
    case 'GET':
      return list(resource);
    case 'POST':
      return post(resource);
    case 'PATCH':
      return updateList(resource);
    default:
      return deleteList(resource);
  }
}

function rootOf({ request }: Call): string {
  return request.origin;
}

function list(resource: Resource): Answer {
  const { store, type, request, shown } = resource;
  const query = listQueryOf(store, type, request.query);
  if (!('keep' in query)) return refusal(...query);
  const page = pageOf(store, type, query);
  const sized = request.query.has('page[size]');
  const links = pageLinks(`${rootOf(resource)}/api/${type.type}`, query.number, query.size, page.hasMore, sized);
  return listDocumentOf(store, { ...page, links }, shown, rootOf(resource));
}

/** The primary resource of a document, or what is wrong with its frame. */
function primaryOf(payload: unknown): JsonObject | Fault {
  const data = isObject(payload) ? payload['data'] : undefined;
  if (isObject(data)) return data;
  return pointerFault('request data constraint', '/data', 'The primary data object should exist');
}

function post(resource: Resource): Answer {
  return resource.store.atomically(
    () => createOne(resource),
    ({ status }) => status < 300,
  );
}

function createOne(resource: Resource): Answer {
  const { store, type, payload, now, shown } = resource;
  const data = primaryOf(payload);
  if ('title' in data && 'detail' in data) return refusal(data as unknown as Fault);
  const included = includedOf(payload);
  const unrelated = unrelatedFaults(data as JsonObject, included);
  if (unrelated.length > 0) return refusal(...unrelated);
  const { written, faults, resolve } = writeIncluded(store, included, now);
  if (faults.length > 0) return refusal(...faults);
  const done = writeResource(store, type, data as JsonObject, '/data', now, resolve);
  if (!('entity' in done)) return refusal(...done);
  const answer = documentOf(store, done.entity, shown, rootOf(resource), done.created ? 201 : 200);
  return withIncluded(answer, included, (one) => resourceForm(store, written.get(one)!.entity, shown, rootOf(resource)));
}

function updateList(resource: Resource): Answer {
  const { store, type, payload, request, now, shown, batches } = resource;
  const batch = batchOf(payload);
  if ('title' in batch) return refusal(batch);
  const atOnce = request.headers['x-mode']?.toLowerCase() === 'sync';
  if (atOnce && !batches.fallsBack(batch)) return writeAtOnce(store, type, batch, shown, now, rootOf(resource));
  return batches.queue(type, batch, request.partial && batch.data.length > 1, now, rootOf(resource));
}

function deleteList(resource: Resource): Answer {
  const { store, type, request } = resource;
  const query = listQueryOf(store, type, request.query);
  if (!('keep' in query)) return refusal(...query);
  if (!query.hasFilter)
    return refusal({
      status: 400,
      title: 'filter constraint',
      detail: 'At least one filter must be provided.',
    });
  const { entities: found, total } = pageOf(store, type, {
    ...query,
    number: 1,
    size: MOST_DELETED,
  });
  const asked = (request.headers['x-include'] ?? '').split(';').map((option) => option.trim());
  for (const entity of found) store.remove(entity);
  return {
    status: 204,
    headers: {
      ...(asked.includes('totalCount') ? { 'X-Include-Total-Count': String(total) } : {}),
      ...(asked.includes('deletedCount') ? { 'X-Include-Deleted-Count': String(found.length) } : {}),
    },
  };
}

function answerItem(resource: Resource, method: string, id: string): Answer {
  const { store, type, shown } = resource;
  const methods = allowed(type, ON_ITEM);
  if (!methods.includes(method)) return notAllowed(methods);
  const entity = store.get(type.type, id);
  if (entity === undefined) return notFound();
  if (method === 'GET') return documentOf(store, entity, shown, rootOf(resource));
  if (method === 'PATCH') return patch(resource, entity);
  store.remove(entity);
  return { status: 204 };
}

function patch(resource: Resource, entity: Entity): Answer {
  return resource.store.atomically(
    () => changeOne(resource, entity),
    ({ status }) => status < 300,
  );
}

function changeOne(resource: Resource, entity: Entity): Answer {
  const { store, type, payload, now, shown } = resource;
  const data = primaryOf(payload);
  if ('title' in data && 'detail' in data) return refusal(data as unknown as Fault);
  const sent = data as JsonObject;
  if (sent['type'] !== type.type || String(sent['id']) !== entity.id) {
    const name = sent['type'] === type.type ? 'id' : 'type';
    const detail = `The '${name}' property of the primary data object should match '${name}' parameter of the query sting`;
    return refusal({
      status: 409,
      title: 'conflict constraint',
      detail,
      pointer: `/data/${name}`,
    });
  }
  const upsert = isObject(sent['meta']) ? sent['meta']['upsert'] : undefined;
  if (Array.isArray(upsert) && (upsert.length !== 1 || upsert[0] !== 'id'))
    return refusal(
      pointerFault(
        'value constraint',
        '/meta/upsert',
        'Only the entity identifier can be used by the upsert operation to find an entity.',
      ),
    );
  const included = includedOf(payload);
  const unrelated = unrelatedFaults(sent, included);
  if (unrelated.length > 0) return refusal(...unrelated);
  const { written, faults, resolve } = writeIncluded(store, included, now);
  if (faults.length > 0) return refusal(...faults);
  const wanted = wantedOf(store, type, sent, '/data', entity, resolve);
  if (!('attributes' in wanted)) return refusal(...wanted);
  change(store, entity, wanted, now);
  const answer = documentOf(store, entity, shown, rootOf(resource));
  return withIncluded(answer, included, (one) => resourceForm(store, written.get(one)!.entity, shown, rootOf(resource)));
}

function referencesOf(related: Related): readonly Reference[] {
  if (related === null) return [];
  return 'id' in related ? [related] : related;
}

function answerRelationship(resource: Resource, method: string, entity: Entity, name: string): Answer {
  const { store, type, payload, now } = resource;
  const relationship = type.relationships[name];
  if (relationship === undefined) return notFound();
  const related = entity.relationships[name] ?? null;
  if (method === 'GET')
    return {
      status: 200,
      headers: { 'Content-Type': JSON_API },
      body: { data: related },
    };
  if (relationship.readOnly === true) return notAllowed(['GET']);
  const data = isObject(payload) ? payload['data'] : undefined;
  if (method === 'PATCH' && data === null && relationship.notNull === true)
    return refusal({
      status: 400,
      title: 'not null constraint',
      detail: 'This value should not be null.',
    });
  const given = (Array.isArray(data) ? data : [])
    .filter(isObject)
    .map(({ type: of, id }) => ({ type: String(of), id: String(id) }));
  const isGiven = (one: Reference): boolean => given.some(({ type: of, id }) => of === one.type && id === one.id);
  const others = referencesOf(related).filter((one) => !isGiven(one));
  const after = method === 'PATCH' ? data : method === 'POST' ? [...others, ...given] : method === 'DELETE' ? others : undefined;
  if (after === undefined || (method !== 'PATCH' && relationship.many !== true)) return notAllowed(['GET', 'PATCH']);
  const wanted = wantedOf(store, type, { relationships: { [name]: { data: after } } }, '/data', entity, (one) => one);
  if (!('attributes' in wanted)) return refusal(...wanted);
  change(store, entity, wanted, now);
  return { status: 204 };
}

function subresource(resource: Resource, entity: Entity, name: string): Answer {
  const { store, type, shown } = resource;
  const relationship = type.relationships[name];
  if (relationship === undefined) return notFound();
  const found = referencesOf(entity.relationships[name] ?? null).flatMap(({ type: of, id }) => store.get(of, id) ?? []);
  if (relationship.many === true) {
    const links = pageLinks(`${rootOf(resource)}/api/${type.type}/${entity.id}/${name}`, 1, -1, false, false);
    return listDocumentOf(store, { entities: found, total: found.length, links }, shown, rootOf(resource));
  }
  if (found[0] === undefined)
    return {
      status: 200,
      headers: { 'Content-Type': JSON_API },
      body: { data: null },
    };
  return documentOf(store, found[0], shown, rootOf(resource));
}

/** There is no list of operations, and nobody changes one. */
function answerOperation(call: Call, method: string, id: string | undefined, third: string | undefined): Answer {
  if (id === undefined) return notFound();
  if (method !== 'GET') return notAllowed(['GET']);
  if (third === undefined) return call.batches.get(id);
  if (third !== 'errors') return notFound();
  const { query, headers } = call.request;
  const number = Number(query.get('page[number]') ?? 1);
  const size = Number(query.get('page[size]') ?? 10);
  if (!Number.isInteger(number) || !Number.isInteger(size) || number < 1)
    return refusal(parameterFault('unexpected value exception', 'page[number]', 'Expected integer value.'));
  const found = call.batches.errors(id, number, size);
  if (found === undefined) return notFound();
  const links = pageLinks(
    `${rootOf(call)}/api/asyncoperations/${id}/errors`,
    number,
    size,
    found.hasMore,
    query.has('page[size]'),
  );
  const showsLinks = !(headers['x-include'] ?? '').includes('noHateoas');
  return {
    status: 200,
    headers: { 'Content-Type': JSON_API },
    body: { ...(showsLinks ? { links } : {}), data: found.rows },
  };
}

/** The platform's plain format: members side by side and numbers for ids. */
function plain(answer: Answer): Answer {
  const { body } = answer;
  const flatten = (data: unknown): unknown => {
    if (Array.isArray(data)) return data.map(flatten);
    if (!isObject(data)) return data;
    const { id, attributes, relationships } = data;
    const related = Object.entries(isObject(relationships) ? relationships : {}).map(([name, value]) => {
      const target = isObject(value) ? value['data'] : null;
      const idOf = (one: unknown): unknown => (isObject(one) ? asNumber(one['id']) : null);
      return [name, Array.isArray(target) ? target.map(idOf) : idOf(target)] as const;
    });
    return {
      id: asNumber(id),
      ...(isObject(attributes) ? attributes : {}),
      ...Object.fromEntries(related),
    };
  };
  const content = isObject(body) ? ('data' in body ? flatten(body['data']) : (body['errors'] ?? body)) : body;
  return {
    ...answer,
    headers: { ...answer.headers, 'Content-Type': 'application/json' },
    body: content,
  };
}

function asNumber(id: unknown): unknown {
  return typeof id === 'string' && /^\d+$/.test(id) ? Number(id) : id;
}

function parsed(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch (error) {
    return error instanceof SyntaxError ? error : new SyntaxError('not JSON');
  }
}
