/**
 * The stand-in for one Salesforce org, written from the vendor's documentation alone.
 *
 * A call enters in `handle`: log-in and SOAP paths are answered outright, everything below
 * `/services/data/vNN.0/` is checked for its token, counted against the daily limit and routed by
 * `rest/router.ts`. `data/` holds the rows and the rules of writing, `schema/` the objects, `soql/`
 * the query language, `bulk/` the jobs, `auth/` the tokens.
 */
import { decodeSegment } from '../request.ts';
import type { RefusalFault, SandboxClock, SandboxRequest, SandboxResponse, Seed, VendorSandbox } from '../vendor.ts';
import { errorBody } from './api-error.ts';
import type { ApiError } from './api-error.ts';
import { OAuth } from './auth/oauth.ts';
import { bearerOf, Sessions } from './auth/sessions.ts';
import { Jobs } from './bulk/jobs.ts';
import { mergeRecords, undeleteRecord } from './data/records.ts';
import { DEFAULT_SETTINGS, Organization } from './data/organization.ts';
import type { SalesforceSettings } from './data/organization.ts';
import { seedPeople, seedSetup } from './data/seed.ts';
import type { Table } from './data/table.ts';
import { ApiUsage } from './rest/limits.ts';
import type { Answer, Call, Workspace } from './rest/call.ts';
import { dispatch } from './rest/router.ts';
import { apiVersions, FIRST_VERSION, LAST_VERSION, OLDEST_KNOWN_VERSION } from './rest/versions.ts';
import { isWriteCall } from './rest/writes.ts';
import { answerSoap } from './soap/soap.ts';
import { Cursors } from './soql/cursors.ts';
import { fieldColumn, renderValue } from './soql/select.ts';

export { sandboxJwtKey } from './auth/jwt-key.ts';

/** What tests in the same process may do beside calling it. */
export interface SalesforceSandbox extends VendorSandbox {
  /** Kept over a reset. */
  readonly settings: SalesforceSettings;
  /** Merges records of one object into the first, as a person does in the user interface. */
  merge(object: string, ids: readonly string[]): void;
  /** Brings a record back from the recycle bin. */
  undelete(object: string, id: string): void;
  /** Marks an address as bounced. Only the system stamp moves. */
  bounce(object: string, id: string, reason: string): void;
}

const CONTENT_TYPE = 'application/json;charset=UTF-8';
/** UNVERIFIED: the length of an address that Salesforce refuses. */
const MAXIMUM_URI_BYTES = 16_384;
const DATA_PATH = /^\/services\/data\/v(\d+)\.0(?:\/(.*))?$/;

/** The stand-in for Salesforce. `clock` is the sandbox's own. */
export function createSalesforceSandbox(clock: SandboxClock): SalesforceSandbox {
  return new Sandbox(clock);
}

class Sandbox implements SalesforceSandbox {
  readonly name = 'salesforce';
  readonly defaultPort = 4701;
  readonly contentType = CONTENT_TYPE;
  readonly settings: SalesforceSettings = { ...DEFAULT_SETTINGS };
  readonly #clock: SandboxClock;
  #workspace: Workspace;
  #sessions: Sessions;
  #oauth: OAuth;

  constructor(clock: SandboxClock) {
    this.#clock = clock;
    const org = new Organization(clock, this.settings);
    this.#workspace = workspaceOf(org);
    this.#sessions = new Sessions(org);
    this.#oauth = new OAuth(org, this.#sessions);
    seedSetup(org);
  }

  reset(seed: Seed): void {
    const org = new Organization(this.#clock, this.settings);
    this.#workspace = workspaceOf(org);
    this.#sessions = new Sessions(org);
    this.#oauth = new OAuth(org, this.#sessions);
    seedSetup(org);
    seedPeople(org, seed);
  }

  handle(request: SandboxRequest): SandboxResponse {
    this.#workspace.jobs.moveOn();
    const writes = this.isWrite(request) ? 1 : 0;
    if (request.partial && !(writes === 1 && takesPartial(request))) return this.refuse('503', 1, request);
    const { status, headers, body } = this.#answer(request);
    return { status, ...(headers === undefined ? {} : { headers }), ...(body === undefined ? {} : { body }), writes };
  }

  isWrite(request: SandboxRequest): boolean {
    return isWriteCall(request);
  }

  refuse(fault: RefusalFault, retryAfterSeconds: number, request: SandboxRequest): SandboxResponse {
    const writes = this.isWrite(request) ? 1 : 0;
    const { usage } = this.#workspace;
    const error = REFUSALS[fault];
    if (fault === 'expired-token') {
      const token = bearerOf(request.headers);
      if (token !== undefined) this.#sessions.revoke(token);
    }
    const headers = {
      'Sforce-Limit-Info': usage.header,
      ...(fault === '429' || fault === '503' ? { 'Retry-After': String(retryAfterSeconds) } : {}),
    };
    return { status: error.status, headers, body: errorBody(error), writes };
  }

  *#dump(table: Table): Iterable<Readonly<Record<string, unknown>>> {
    // An address as an object repeats its parts, and a dump is flat.
    const fields = [...table.schema.fields.values()].filter((field) => field.type !== 'address');
    const columns = fields.map((field) => fieldColumn(table, field));
    for (let row = 0; row < table.length; row += 1) {
      if (table.present[row] !== true) continue;
      const record: Record<string, unknown> = {};
      for (const column of columns) record[column.key] = renderValue(column.field, column.read(row));
      yield record;
    }
  }

  dump(object: string): Iterable<Readonly<Record<string, unknown>>> | undefined {
    const { org, jobs } = this.#workspace;
    jobs.moveOn();
    const table = org.table(object) ?? org.table(object, true);
    return table === undefined ? undefined : this.#dump(table);
  }

  environment(origin: string): Readonly<Record<string, string>> {
    return { SALESFORCE_URL: origin, SALESFORCE_CLIENT_ID: 'sandbox', SALESFORCE_CLIENT_SECRET: 'sandbox' };
  }

  route(path: string): string {
    return path
      .replace(/^(\/services\/data\/v\d+\.0\/sobjects\/[^/]+\/)(?!describe$|updated$|deleted$)([^/]+)\/([^/]+)$/, '$1$2/*')
      .replace(/^(\/services\/data\/v\d+\.0\/(?:tooling\/)?quer(?:y|yAll)\/).+$/, '$1*')
      .replaceAll(/\/[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?(?=\/|$)/g, (segment) => (/\d/.test(segment) ? '/*' : segment));
  }

  merge(object: string, ids: readonly string[]): void {
    const { org } = this.#workspace;
    const table = org.tableOfPath(object);
    const [master, ...losers] = ids.map((id) => table.rowOf(id) ?? missing(id));
    mergeRecords(org, table, master ?? missing('the first'), losers);
  }

  undelete(object: string, id: string): void {
    const { org } = this.#workspace;
    const table = org.tableOfPath(object);
    undeleteRecord(org, table, table.rowOf(id) ?? missing(id));
  }

  bounce(object: string, id: string, reason: string): void {
    const { org } = this.#workspace;
    const table = org.tableOfPath(object);
    const row = table.rowOf(id) ?? missing(id);
    table.set(row, 'EmailBouncedReason', reason);
    table.set(row, 'EmailBouncedDate', org.stamp());
    table.set(row, 'SystemModstamp', org.stamp());
  }

  #answer(request: SandboxRequest): Answer {
    const path = request.path.replace(/\/+$/, '') || '/';
    if (path.startsWith('/services/oauth2/')) {
      return this.#oauth.answer(path.slice('/services/oauth2/'.length), oauthCall(request)) ?? NOTHING;
    }
    const identity = /^\/id\/([^/]+)\/([^/]+)$/.exec(path);
    if (identity !== null) return this.#oauth.identity(oauthCall(request), identity[1] ?? '', identity[2] ?? '');
    if (path.startsWith('/services/Soap/')) return answerSoap({ org: this.#workspace.org, sessions: this.#sessions }, request);
    if (path === '/services/data') return { status: 200, body: apiVersions() };
    const data = DATA_PATH.exec(path);
    if (data === null) return NOTHING;
    return this.#data(request, Number(data[1]), data[2] ?? '');
  }

  #data(request: SandboxRequest, version: number, rest: string): Answer {
    const { usage } = this.#workspace;
    if (request.path.length + request.rawQuery.length > MAXIMUM_URI_BYTES) return refusal(URI_TOO_LONG);
    if (version < FIRST_VERSION || version > LAST_VERSION)
      return refusal(version < FIRST_VERSION && version >= OLDEST_KNOWN_VERSION ? GONE : UNKNOWN_VERSION);
    if (!this.#sessions.isLive(bearerOf(request.headers))) return refusal(REFUSALS['expired-token']);
    usage.count();
    const answer = usage.isExceeded ? refusal(LIMIT_EXCEEDED) : dispatch(this.#workspace, dataCall(request, version, rest));
    return { ...answer, headers: { 'Sforce-Limit-Info': usage.header, ...answer.headers } };
  }
}

function workspaceOf(org: Organization): Workspace {
  return { org, cursors: new Cursors(org), usage: new ApiUsage(org), jobs: new Jobs(org) };
}

function missing(id: string): never {
  throw new RangeError(`The sandbox has no record ${id}`);
}

function refusal(error: ApiError): Answer {
  return { status: error.status, body: errorBody(error) };
}

function oauthCall(request: SandboxRequest): Parameters<OAuth['identity']>[0] {
  const { method, query, headers, origin } = request;
  return { method, query, headers, origin, text: request.body.toString('utf8') };
}

function dataCall(request: SandboxRequest, version: number, rest: string): Call {
  const carriesBody = request.method !== 'GET' && request.method !== 'DELETE';
  return {
    method: request.method,
    segments: rest
      .split('/')
      .filter((one) => one !== '')
      .map((one) => decodeSegment(one)),
    query: request.query,
    headers: request.headers,
    text: carriesBody ? request.body.toString('utf8') : '',
    version: `${version}.0`,
    base: `/services/data/v${version}.0/`,
    origin: request.origin,
    partial: request.partial,
  };
}

/** Calls that name several records; others are answered as unavailable when half of them should fail. */
function takesPartial({ path }: SandboxRequest): boolean {
  return /\/composite(?:\/(?:sobjects|batch|graph)(?:\/|$)|\/?$)|\/jobs\/ingest\/[^/]+\/batches\/?$/.test(path);
}

const NOTHING: Answer = { status: 404, body: [{ errorCode: 'NOT_FOUND', message: 'The requested resource does not exist' }] };

const LIMIT_EXCEEDED: ApiError = { status: 403, errorCode: 'REQUEST_LIMIT_EXCEEDED', message: 'TotalRequests Limit exceeded.' };
/** UNVERIFIED: code and wording of these three. */
const URI_TOO_LONG: ApiError = { status: 414, errorCode: 'URI_TOO_LONG', message: 'URI Too Long' };
const GONE: ApiError = { status: 410, errorCode: 'UNSUPPORTED_API_VERSION', message: 'The requested API version is retired' };
const UNKNOWN_VERSION: ApiError = {
  status: 404,
  errorCode: 'NOT_FOUND',
  message: 'The requested resource does not exist',
  codeFirst: true,
};

const REFUSALS: Readonly<Record<RefusalFault, ApiError>> = {
  // Salesforce itself has no 429; a gateway in front of it has.
  '429': { status: 429, errorCode: 'REQUEST_LIMIT_EXCEEDED', message: 'TotalRequests Limit exceeded.' },
  '500': {
    status: 500,
    errorCode: 'UNKNOWN_EXCEPTION',
    message: 'An unexpected error occurred. Please include this ErrorId if you contact support: 1234567890-12345 (123456789)',
  },
  '503': { status: 503, errorCode: 'SERVER_UNAVAILABLE', message: 'The server is temporarily unavailable' },
  'expired-token': { status: 401, errorCode: 'INVALID_SESSION_ID', message: 'Session expired or invalid' },
};
