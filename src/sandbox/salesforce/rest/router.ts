/** Finds the resource of a call below `/services/data/vNN.0/`. */
import { errorBody, NOT_FOUND, Refusal, refuseWith } from '../api-error.ts';
import { routeJobs } from '../bulk/jobs-resource.ts';
import type { Answer, Call, Workspace } from './call.ts';
import { collection, retrieveMany, upsertMany } from './collections-resource.ts';
import { batch, composite, graph, tree } from './composite-resource.ts';
import { describeBasic, describeGlobal, describeObject } from './describe-resource.ts';
import { limits, recordCount } from './limits.ts';
import { nextPage, query } from './query-resource.ts';
import { createByKey, createRecord, methodNotAllowed, recordById, recordByKey } from './records-resource.ts';
import { deletedRecords, updatedRecords } from './replication-resource.ts';
import { createCustomField, customFieldById, toolingQuery } from './tooling-resource.ts';

/** Answers a call; refusals become answers. */
export function dispatch(workspace: Workspace, call: Call): Answer {
  try {
    return route(workspace, overridden(call));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { status: error.error.status, body: errorBody(error.error) };
  }
}

/** `POST …?_HttpMethod=PATCH`, for clients that cannot send it. */
function overridden(call: Call): Call {
  const method = call.query.get('_HttpMethod');
  return call.method === 'POST' && method !== null ? { ...call, method: method.toUpperCase() } : call;
}

function route(workspace: Workspace, call: Call): Answer {
  const [head, ...rest] = call.segments;
  switch (head) {
    case undefined:
      return { status: 200, body: resourceMap(workspace, call) };
    case 'sobjects':
      return routeObjects(workspace, call, rest);
    case 'query':
    case 'queryAll':
      return routeQuery(workspace, call, rest, head === 'queryAll');
    case 'composite':
      return routeComposite(workspace, call, rest);
    case 'limits':
      return rest[0] === 'recordCount' ? recordCount(workspace, call) : limits(workspace.usage);
    case 'tooling':
      return routeTooling(workspace, call, rest);
    case 'jobs':
      return routeJobs(workspace, call, rest);
    case 'recent':
      return { status: 200, body: [] };
    default:
      throw new Refusal(NOT_FOUND);
  }
}

function resourceMap({ org }: Workspace, call: Call): unknown {
  const names = ['tooling', 'composite', 'limits', 'jobs', 'query', 'queryAll', 'recent', 'sobjects'];
  const root = call.base.slice(0, -1);
  return {
    ...Object.fromEntries(names.map((name) => [name, `${root}/${name}`])),
    identity: `${call.origin}/id/${org.id}/${org.userId}`,
  };
}

function routeObjects(workspace: Workspace, call: Call, [object, name, value, ...more]: readonly string[]): Answer {
  if (more.length > 0) throw new Refusal(NOT_FOUND);
  if (object === undefined) return describeGlobal(workspace, call, false);
  if (name === undefined) {
    if (call.method === 'POST') return createRecord(workspace, call, object);
    return call.method === 'GET' ? describeBasic(workspace, call, object, false) : methodNotAllowed(call.method);
  }
  if (value !== undefined) return recordByKey(workspace, call, object, name, value);
  if (call.method === 'POST') return createByKey(workspace, call, object, name);
  if (name === 'describe') return describeObject(workspace, call, object, false);
  if (name === 'updated') return updatedRecords(workspace, call, object);
  if (name === 'deleted') return deletedRecords(workspace, call, object);
  return recordById(workspace, call, object, name);
}

function routeQuery(workspace: Workspace, call: Call, [locator]: readonly string[], includeDeleted: boolean): Answer {
  if (call.method !== 'GET') return methodNotAllowed(call.method);
  if (locator !== undefined) return nextPage(workspace, call, locator);
  return query(workspace, call, { tooling: false, includeDeleted });
}

function routeComposite(workspace: Workspace, call: Call, [kind, object, field]: readonly string[]): Answer {
  if (kind === 'sobjects') {
    if (object === undefined) return collection(workspace, call);
    return field === undefined ? retrieveMany(workspace, call, object) : upsertMany(workspace, call, object, field);
  }
  if (call.method !== 'POST') return methodNotAllowed(call.method);
  if (kind === undefined) return composite(workspace, call, dispatch);
  if (kind === 'batch') return batch(workspace, call, dispatch);
  if (kind === 'graph') return graph(workspace, call, dispatch);
  if (kind === 'tree' && object !== undefined) return tree(workspace, call, object);
  throw new Refusal(NOT_FOUND);
}

function routeTooling(workspace: Workspace, call: Call, [kind, ...rest]: readonly string[]): Answer {
  if (kind === 'query') return rest[0] === undefined ? toolingQuery(workspace, call) : nextPage(workspace, call, rest[0]);
  if (kind !== 'sobjects') throw new Refusal(NOT_FOUND);
  const [object, id] = rest;
  if (object === undefined) return describeGlobal(workspace, call, true);
  if (id === 'describe') return describeObject(workspace, call, object, true);
  if (object.toLowerCase() !== 'customfield') throw new Refusal(NOT_FOUND);
  if (id !== undefined) return customFieldById(workspace, call, id);
  if (call.method === 'POST') return createCustomField(workspace, call);
  return call.method === 'GET'
    ? describeBasic(workspace, call, object, true)
    : refuseWith(405, 'METHOD_NOT_ALLOWED', 'HTTP Method not allowed');
}
