/** `composite`, `composite/batch`, `composite/graph` and `composite/tree`. */
import { decodeSegment } from '../../request.ts';
import { plainText } from '../data/plain-text.ts';
import { collectionError, errorBody, refuseWith } from '../api-error.ts';
import type { ApiError } from '../api-error.ts';
import { insertRecord } from '../data/records.ts';
import { allowsDuplicates, isObject, jsonBody, locateIn } from './call.ts';
import type { Answer, Call, Dispatch, JsonObject, Workspace } from './call.ts';
import { lockError, runOne } from './collections-resource.ts';

const MAXIMUM_SUBREQUESTS = 25;
const MAXIMUM_GRAPHS = 75;
const MAXIMUM_NODES = 500;
const MAXIMUM_FAILED_GRAPHS = 14;
const MAXIMUM_TREE_RECORDS = 200;
/** Queries and collections among the sub-requests of a composite. */
const MAXIMUM_HEAVY = 5;
const HEAVY = /\/(?:query|queryAll|composite\/sobjects)(?:[/?]|$)|\.nextRecordsUrl\}$/;
/** What a graph may be about: records of one object, one record, or one by its key. */
const RECORDS = /^\/*services\/data\/v\d+\.0\/sobjects\/[^/?]+(?:\/[^/?]+){0,2}\/?(?:\?.*)?$/;

interface SubResponse {
  readonly body: unknown;
  readonly httpHeaders: Readonly<Record<string, string>>;
  readonly httpStatusCode: number;
  readonly referenceId: string;
}

const HALTED: ApiError = {
  status: 400,
  errorCode: 'PROCESSING_HALTED',
  message: 'The transaction was rolled back since another operation in the same transaction failed.',
  codeFirst: true,
};

/** `POST composite`: sub-requests in order, which may use what earlier ones answered. */
export function composite(workspace: Workspace, call: Call, dispatch: Dispatch): Answer {
  const body = jsonBody(call);
  const requests = namedRequests(body['compositeRequest'], MAXIMUM_SUBREQUESTS);
  if (requests.filter((request) => HEAVY.test(plainText(request['url']))).length > MAXIMUM_HEAVY)
    refuseWith(400, 'LIMIT_EXCEEDED', `The number of queries and collections is more than the limit of ${MAXIMUM_HEAVY}`);
  const responses = runAll(workspace, call, dispatch, requests, body['allOrNone'] === true);
  return { status: 200, body: { compositeResponse: responses } };
}

/** `POST composite/graph`: each graph is one transaction. */
export function graph(workspace: Workspace, call: Call, dispatch: Dispatch): Answer {
  const { graphs } = jsonBody(call);
  if (!Array.isArray(graphs) || graphs.length === 0 || graphs.length > MAXIMUM_GRAPHS) {
    return refuseWith(400, 'INVALID_INPUT', `A request holds 1 to ${MAXIMUM_GRAPHS} graphs`);
  }
  const parsed = graphs
    .filter(isObject)
    .map((one) => ({ graphId: plainText(one['graphId']), requests: namedRequests(one['compositeRequest'], MAXIMUM_NODES) }));
  const nodes = parsed.flatMap(({ requests }) => requests);
  if (nodes.length > MAXIMUM_NODES)
    refuseWith(400, 'LIMIT_EXCEEDED', `The number of nodes is more than the limit of ${MAXIMUM_NODES}`);
  if (!nodes.every((request) => RECORDS.test(plainText(request['url']))))
    refuseWith(400, 'INVALID_INPUT', 'A graph holds requests for records only');
  let failed = 0;
  const answers = parsed.map(({ graphId, requests }) => {
    const compositeResponse =
      failed < MAXIMUM_FAILED_GRAPHS
        ? runAll(workspace, call, dispatch, requests, true)
        : requests.map((request) => halted(plainText(request['referenceId'])));
    const isSuccessful = compositeResponse.every((response) => response.httpStatusCode < 300);
    if (!isSuccessful) failed += 1;
    return { graphId, graphResponse: { compositeResponse }, isSuccessful };
  });
  return { status: 200, body: { graphs: answers } };
}

/** UNVERIFIED: code and wording of a list that is too long. */
function subRequests(list: unknown, maximum: number): JsonObject[] {
  const requests = Array.isArray(list) ? list.filter(isObject) : [];
  if (requests.length === 0) refuseWith(400, 'REQUIRED_FIELD_MISSING', 'At least 1 subrequest is required');
  if (requests.length > maximum)
    refuseWith(400, 'LIMIT_EXCEEDED', `The number of subrequests is more than the limit of ${maximum}`);
  return requests;
}

/** Sub-requests that later ones can refer to. UNVERIFIED: code and wording. */
function namedRequests(list: unknown, maximum: number): JsonObject[] {
  const requests = subRequests(list, maximum);
  if (!requests.every((request) => /^[A-Za-z0-9_]+$/.test(plainText(request['referenceId']))))
    refuseWith(400, 'INVALID_INPUT', 'A referenceId consists of letters, digits and underscores');
  return requests;
}

function halted(referenceId: string): SubResponse {
  return subResponse({ status: HALTED.status, body: errorBody(HALTED) }, referenceId);
}

/** Whether a sub-request failed, or a record of the collection that it saved. */
function hasFailed({ body, httpStatusCode }: SubResponse): boolean {
  return httpStatusCode >= 300 || (Array.isArray(body) && body.some((row) => isObject(row) && row['success'] === false));
}

function runAll(
  workspace: Workspace,
  call: Call,
  dispatch: Dispatch,
  requests: readonly JsonObject[],
  allOrNone: boolean,
): SubResponse[] {
  let responses: SubResponse[] = [];
  workspace.org.atomically(() => {
    const answered = new Map<string, unknown>();
    responses = requests.map((request, index) => {
      const referenceId = plainText(request['referenceId']);
      if (call.partial && index % 2 === 1) return subResponse({ status: 400, body: errorBody(lockError('')) }, referenceId);
      const answer = runSub(workspace, { ...call, allOrNone }, dispatch, request, answered);
      if (answer.status < 300) answered.set(referenceId, answer.body);
      return subResponse(answer, referenceId);
    });
    return !allOrNone || !responses.some(hasFailed);
  });
  if (!allOrNone || !responses.some(hasFailed)) return responses;
  return responses.map((response) => (hasFailed(response) ? response : halted(response.referenceId)));
}

function subResponse(answer: Answer, referenceId: string): SubResponse {
  const location = answer.headers?.['Location'];
  return {
    body: answer.body ?? null,
    httpHeaders: location === undefined ? {} : { Location: location },
    httpStatusCode: answer.status,
    referenceId,
  };
}

function runSub(
  workspace: Workspace,
  call: Call,
  dispatch: Dispatch,
  request: JsonObject,
  answered: ReadonlyMap<string, unknown>,
): Answer {
  let lacking: string | null = null;
  const resolved = resolveReferences(request, answered, (reference, name) => {
    lacking ??= `Invalid reference specified. No value for ${reference} found in ${name}`;
  }) as JsonObject;
  if (lacking !== null) return { status: 400, body: errorBody({ ...HALTED, message: lacking }) };
  const sub = subCall(call, plainText(resolved['method'], 'GET'), plainText(resolved['url']), resolved['body']);
  if (sub === null) return { status: 404, body: [{ errorCode: 'NOT_FOUND', message: 'The requested resource does not exist' }] };
  return dispatch(workspace, sub);
}

/** A call from the address of a sub-request; `null` where it lies outside the data API. */
function subCall(call: Call, method: string, url: string, body: unknown): Call | null {
  const [path = '', ...query] = url.split('?');
  const match = /^\/*(?:services\/data\/)?v(\d+\.0)(?:\/(.*))?$/.exec(path);
  if (match === null) return null;
  const version = match[1] ?? '';
  return {
    ...call,
    method: method.toUpperCase(),
    segments: (match[2] ?? '')
      .split('/')
      .filter((one) => one !== '')
      .map((one) => decodeSegment(one)),
    query: new URLSearchParams(query.join('?')),
    text: body === undefined || body === null ? '' : JSON.stringify(body),
    version,
    base: `/services/data/v${version}/`,
    partial: false,
  };
}

const REFERENCE = /@\{([A-Za-z0-9_]+)((?:\.[A-Za-z0-9_]+|\[\d+\])*)\}/g;

type Lack = (reference: string, name: string) => void;

function resolveReferences(value: unknown, answered: ReadonlyMap<string, unknown>, lack: Lack): unknown {
  if (Array.isArray(value)) return value.map((one) => resolveReferences(one, answered, lack));
  if (isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, resolveReferences(one, answered, lack)]));
  }
  if (typeof value !== 'string') return value;
  return value.replaceAll(REFERENCE, (_whole, name: string, path: string) => {
    let found = answered.get(name);
    for (const step of path.match(/[A-Za-z0-9_]+/g) ?? []) {
      found = typeof found === 'object' && found !== null ? (found as Record<string, unknown>)[step] : undefined;
    }
    if (typeof found === 'string' || typeof found === 'number' || typeof found === 'boolean') return String(found);
    lack(`${name}${path}`, name);
    return '';
  });
}

/** `POST composite/batch`: independent requests. */
export function batch(workspace: Workspace, call: Call, dispatch: Dispatch): Answer {
  const body = jsonBody(call);
  const requests = subRequests(body['batchRequests'], MAXIMUM_SUBREQUESTS);
  let halted = false;
  const results = requests.map((request, index) => {
    if (halted)
      return { statusCode: 412, result: [{ errorCode: 'BATCH_PROCESSING_HALTED', message: 'Batch processing halted' }] };
    const sub = subCall(call, plainText(request['method'], 'GET'), plainText(request['url']), request['richInput']);
    const locked = call.partial && index % 2 === 1;
    const answer: Answer = locked
      ? { status: 400, body: errorBody(lockError('')) }
      : sub === null
        ? { status: 404, body: [{ errorCode: 'NOT_FOUND', message: 'The requested resource does not exist' }] }
        : dispatch(workspace, sub);
    if (answer.status >= 400 && body['haltOnError'] === true) halted = true;
    return { statusCode: answer.status, result: answer.body ?? null };
  });
  return { status: 200, body: { hasErrors: results.some((one) => one.statusCode >= 400), results } };
}

/** `POST composite/tree/{object}`: new records with their children, all or none. */
export function tree(workspace: Workspace, call: Call, objectName: string): Answer {
  const { org } = workspace;
  const root = org.tableOfPath(objectName);
  const { records } = jsonBody(call);
  const results: { referenceId: string; id: string }[] = [];
  const failures: { referenceId: string; errors: unknown[] }[] = [];
  const options = { allowSave: allowsDuplicates(call), locate: locateIn(call.text) };
  const insertAll = (list: readonly unknown[], fallback: string, parent: { field: string; id: string } | null): void => {
    for (const record of list.filter(isObject)) {
      const attributes = isObject(record['attributes']) ? record['attributes'] : {};
      const referenceId = plainText(attributes['referenceId']);
      const table = org.tableOfPath(plainText(attributes['type'], fallback));
      const entries = Object.entries(record).filter(([key]) => key !== 'attributes');
      const nested = entries.filter(([, value]) => isObject(value) && Array.isArray(value['records']));
      const fields = Object.fromEntries(entries.filter((entry) => !nested.includes(entry)));
      if (parent !== null) fields[parent.field] = parent.id;
      const outcome = runOne(org, () => ({ id: insertRecord(org, table, fields, options) }));
      if (outcome.error !== undefined) failures.push({ referenceId, errors: [collectionError(outcome.error)] });
      else results.push({ referenceId, id: outcome.id ?? '' });
      for (const [relationship, children] of outcome.id === undefined ? [] : nested) {
        const child = childReference(workspace, table.schema.name, relationship);
        const inner = isObject(children) && Array.isArray(children['records']) ? children['records'] : [];
        insertAll(inner, child.object, { field: child.field, id: outcome.id ?? '' });
      }
    }
  };
  const list = Array.isArray(records) ? records : [];
  if (list.length === 0 || list.length > MAXIMUM_TREE_RECORDS)
    refuseWith(400, 'INVALID_INPUT', `A tree holds 1 to ${MAXIMUM_TREE_RECORDS} records`);
  org.atomically(() => {
    insertAll(list, root.schema.name, null);
    return failures.length === 0;
  });
  if (failures.length > 0) return { status: 400, body: { hasErrors: true, results: failures } };
  return { status: 201, body: { hasErrors: false, results } };
}

function childReference({ org }: Workspace, parent: string, relationship: string): { object: string; field: string } {
  for (const { schema } of org.tables.values()) {
    for (const field of schema.fields.values()) {
      const fits =
        field.childRelationshipName?.toLowerCase() === relationship.toLowerCase() && field.referenceTo.includes(parent);
      if (fits) return { object: schema.name, field: field.name };
    }
  }
  return refuseWith(400, 'INVALID_FIELD', `No such column '${relationship}' on sobject of type ${parent}`);
}
