import { decodeSegment } from '../request.ts';
import type {
  CreateVendorSandbox,
  RefusalFault,
  SandboxClock,
  SandboxRequest,
  SandboxResponse,
  Seed,
  VendorSandbox,
} from '../vendor.ts';
import { Batches } from './batch.ts';
import { isObject, JSON_API, type Answer } from './json-api.ts';
import { answerOld, OLD_PREFIX } from './marketing-lists.ts';
import { Tokens, TOKEN_PATH } from './oauth.ts';
import { answerResource } from './resources.ts';
import { MARKETING_LIST_TYPES, STOCK_TYPES } from './resource-type.ts';
import { seedStore } from './seeding.ts';
import { Store, type Entity } from './store.ts';

const PREFIX = '/api/';
const READING_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

export interface OroSettings {
  /** Whether an administrator has exposed marketing lists; a stock installation does not. */
  readonly exposesMarketingLists: boolean;
  /** How long a queued batch takes, in ms. */
  readonly operationMs: number;
  /** How long a record of a batch at once takes, in ms. */
  readonly syncRecordMs: number;
}

const DEFAULTS: OroSettings = { exposesMarketingLists: false, operationMs: 3_000, syncRecordMs: 0 };

/** The stand-in for one OroCRM installation. */
class OroSandbox implements VendorSandbox {
  readonly name = 'orocrm';
  readonly defaultPort = 4706;
  readonly contentType = JSON_API;

  readonly #clock: SandboxClock;
  readonly #settings: OroSettings;
  #store: Store;
  #batches: Batches;
  #tokens = new Tokens();

  constructor(clock: SandboxClock, settings: OroSettings) {
    this.#clock = clock;
    this.#settings = settings;
    this.#store = this.#emptyStore();
    this.#batches = new Batches(settings);
  }

  #emptyStore(): Store {
    // The old interface marks members of lists whether or not the new one shows them.
    return new Store([...STOCK_TYPES, ...MARKETING_LIST_TYPES]);
  }

  reset(seed: Seed): void {
    this.#store = this.#emptyStore();
    this.#batches = new Batches(this.#settings);
    this.#tokens = new Tokens();
    seedStore(this.#store, seed, this.#clock.now());
  }

  handle(request: SandboxRequest): SandboxResponse {
    const now = this.#clock.now();
    if (request.path === TOKEN_PATH) return { ...this.#tokens.answer(request, now), writes: 0 };
    const writes = isWriting(request) ? 1 : 0;
    if (!this.#isAuthorised(request, now)) return { ...unauthorised(), writes };
    if (request.partial && !isBatch(request)) return this.refuse('503', 1, request);
    this.#batches.settle(this.#store, now);
    return { ...this.#answer(request, now), writes };
  }

  #answer(request: SandboxRequest, now: number): Answer {
    const method = request.method.toUpperCase();
    if (request.path.startsWith(OLD_PREFIX)) {
      const answer = answerOld(this.#store, method, request.path.slice(OLD_PREFIX.length).replace(/\.json$/, ''), now);
      return { ...answer, headers: { 'Content-Type': 'application/json' } };
    }
    if (!request.path.startsWith(PREFIX)) return { status: 404, headers: { 'Content-Type': 'text/html' }, body: '<html></html>' };
    return answerResource({
      store: this.#store,
      batches: this.#batches,
      request,
      segments: request.path.slice(PREFIX.length).split('/').map(decodeSegment),
      isExposed: (type) => this.#settings.exposesMarketingLists || !MARKETING_LIST_TYPES.some((hidden) => hidden.type === type),
      now,
    });
  }

  #isAuthorised(request: SandboxRequest, now: number): boolean {
    const bearer = /^Bearer (.+)$/i.exec(request.headers['authorization'] ?? '')?.[1];
    if (bearer !== undefined) return this.#tokens.holds(bearer, now);
    // Recorded: the token may also stand in the body, and never in the query.
    if (request.body.length === 0) return false;
    try {
      const payload = JSON.parse(request.body.toString('utf8')) as unknown;
      return isObject(payload) && typeof payload['access_token'] === 'string' && this.#tokens.holds(payload['access_token'], now);
    } catch {
      return false;
    }
  }

  isWrite(request: SandboxRequest): boolean {
    return isWriting(request);
  }

  /** UNVERIFIED: the platform itself limits nothing; proxies before it do. */
  refuse(fault: RefusalFault, retryAfterSeconds: number, request: SandboxRequest): SandboxResponse {
    const writes = isWriting(request) ? 1 : 0;
    const page = (status: number, title: string): SandboxResponse => ({
      status,
      headers: {
        'Content-Type': 'text/html',
        ...(status === 429 || status === 503 ? { 'Retry-After': String(Math.max(0, Math.ceil(retryAfterSeconds))) } : {}),
      },
      body: `<html><head><title>${status} ${title}</title></head></html>`,
      writes,
    });
    switch (fault) {
      case '429':
        return page(429, 'Too Many Requests');
      case '503':
        return page(503, 'Service Temporarily Unavailable');
      case '500': {
        const errors = [{ status: '500', title: 'runtime exception', detail: 'Internal Server Error' }];
        return { status: 500, headers: { 'Content-Type': JSON_API }, body: { errors }, writes };
      }
      case 'expired-token':
        this.#tokens.expire();
        return { ...unauthorised(), writes };
    }
  }

  dump(object: string): Iterable<Readonly<Record<string, unknown>>> | undefined {
    this.#batches.settle(this.#store, this.#clock.now());
    if (!this.#store.types.has(object)) return undefined;
    return [...this.#store.all(object)].map(flat);
  }

  environment(origin: string): Readonly<Record<string, string>> {
    return { OROCRM_URL: origin, OROCRM_CLIENT_ID: 'sandbox', OROCRM_CLIENT_SECRET: 'sandbox' };
  }

  route(path: string): string {
    if (!path.startsWith(PREFIX)) return path;
    return (
      PREFIX +
      path
        .slice(PREFIX.length)
        .split('/')
        .map((segment, index) => (index > 0 && /^\d+(\.json)?$/.test(segment) ? '*' : segment))
        .join('/')
    );
  }
}

/** Attributes and relationships side by side. */
function flat({ id, attributes, relationships }: Entity): Readonly<Record<string, unknown>> {
  return { id, ...attributes, ...relationships };
}

function isWriting(request: SandboxRequest): boolean {
  return !READING_METHODS.has(request.method.toUpperCase()) && request.path !== TOKEN_PATH;
}

/** A collection is changed: many entities in one call. */
function isBatch({ method, path }: SandboxRequest): boolean {
  return method.toUpperCase() === 'PATCH' && /^\/api\/[a-z]+\/?$/.test(path);
}

function unauthorised(): Answer {
  return { status: 401, headers: { 'WWW-Authenticate': 'Basic' } };
}

/** Makes a stand-in for another installation; it is empty until `reset`. */
export function oroSandboxWith(settings: Partial<OroSettings>): CreateVendorSandbox {
  return (clock) => new OroSandbox(clock, { ...DEFAULTS, ...settings });
}
