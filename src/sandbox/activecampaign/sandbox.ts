import type {
  CreateVendorSandbox,
  RefusalFault,
  SandboxClock,
  SandboxRequest,
  SandboxResponse,
  Seed,
  VendorSandbox,
} from '../vendor.ts';
import { accountRoutes } from './accounts.ts';
import type { Answer } from './answers.ts';
import { automationRoutes } from './automations.ts';
import { ContactListings } from './contact-query.ts';
import { contactRoutes } from './contacts.ts';
import { customFieldRoutes } from './custom-fields.ts';
import { dealRoutes } from './deals.ts';
import { dumpOf } from './dump.ts';
import type { Exchange, Route } from './exchange.ts';
import { fieldValueRoutes } from './field-values.ts';
import { fieldRoutes } from './fields.ts';
import { Importer, importRoutes } from './imports.ts';
import { isObject } from './json.ts';
import { listRoutes } from './lists.ts';
import { noteRoutes } from './notes.ts';
import { pipelineRoutes } from './pipelines.ts';
import { QueryParameters } from './query-parameters.ts';
import { CALLS_PER_SECOND, TokenBucket } from './rate-limits.ts';
import { RouteTable } from './route-table.ts';
import { seedStore } from './seeding.ts';
import { Store } from './store.ts';
import { tagRoutes } from './tags.ts';
import { userRoutes } from './users.ts';
import { webhookRoutes, deliverEvents } from './webhooks.ts';

const PREFIX = '/api/3/';
const TOKEN = 'sandbox';
const DEFAULT_PORT = 4702;
const READING_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

const STATIC_ROUTES: readonly Route[] = [
  ...fieldRoutes,
  ...fieldValueRoutes,
  ...tagRoutes,
  ...listRoutes,
  ...userRoutes,
  ...accountRoutes,
  ...customFieldRoutes,
  ...dealRoutes,
  ...pipelineRoutes,
  ...noteRoutes,
  ...automationRoutes,
  ...webhookRoutes,
];

/** UNVERIFIED: the body of a refused token is taken from the documented refusals for lack of permission. */
function forbidden(): Answer {
  return { status: 403, body: { message: 'Forbidden' } };
}

function isWriting(request: SandboxRequest): boolean {
  return !READING_METHODS.has(request.method.toUpperCase());
}

/** The stand-in for one ActiveCampaign account. Its token is `sandbox`; its zone is America/Chicago. */
class ActiveCampaignSandbox implements VendorSandbox {
  readonly name = 'activecampaign';
  readonly defaultPort = DEFAULT_PORT;
  readonly contentType = 'application/json';

  readonly #clock: SandboxClock;
  #store = new Store();
  #importer = new Importer();
  #bucket = new TokenBucket();
  #routes = new RouteTable([]);

  constructor(clock: SandboxClock) {
    this.#clock = clock;
    this.#start(new Store());
  }

  reset(seed: Seed): void {
    const store = new Store();
    seedStore(store, seed, this.#clock.now());
    this.#start(store);
  }

  #start(store: Store): void {
    this.#store = store;
    this.#importer = new Importer();
    this.#bucket = new TokenBucket();
    const ownRoutes = [
      ...contactRoutes(new ContactListings()),
      ...importRoutes(
        this.#importer,
        () => this.#clock.now(),
        () => this.#clock.rateNow(),
      ),
    ];
    this.#routes = new RouteTable([...ownRoutes, ...STATIC_ROUTES]);
  }

  handle(request: SandboxRequest): SandboxResponse {
    const writes = isWriting(request) ? 1 : 0;
    if (request.headers['api-token'] !== TOKEN) return { ...forbidden(), writes };
    const bucket = this.#bucket.take(this.#clock.rateNow());
    const headers: Record<string, string> = {
      'RateLimit-Limit': String(CALLS_PER_SECOND),
      'RateLimit-Remaining': String(bucket.remaining),
    };
    if (!bucket.allowed) return { ...this.refuse('429', bucket.retryAfterSeconds, request), writes };
    // Recorded: a good answer may carry this header too, and then it does not mean that the call was refused.
    if (bucket.remaining === 0) headers['Retry-After'] = '1';
    if (request.partial && !this.#isBatch(request)) return this.refuse('503', 1, request);
    return { ...this.#answer(request), headers, writes };
  }

  #answer(request: SandboxRequest): Answer {
    if (!request.path.startsWith(PREFIX)) return { status: 404, body: { message: 'Not Found' } };
    this.#settle();
    const found = this.#routes.find(request.method.toUpperCase(), request.path.slice(PREFIX.length));
    // UNVERIFIED: how the vendor answers an address that it does not know.
    if (found === undefined) return { status: 404, body: { message: `No route found for "${request.method} ${request.path}"` } };
    const payload = parsed(request.body);
    if (payload instanceof SyntaxError) return { status: 400, body: { message: 'The request body is not valid JSON.' } };
    if (isWriting(request)) this.#store.version += 1;
    const exchange: Exchange = {
      request,
      store: this.#store,
      parameters: found.parameters,
      query: new QueryParameters(request.query),
      body: isObject(payload) ? payload : {},
      payload,
      now: Math.floor(this.#clock.now() / 1000),
      api: `${request.origin}/api/3`,
    };
    const answer = found.handler(exchange);
    deliverEvents(exchange);
    return answer;
  }

  /** Carries out imports that have become due. */
  #settle(): void {
    if (this.#importer.settle(this.#store, this.#clock.now())) this.#store.version += 1;
  }

  /** Whether a `partial` fault can fail some records of the call and spare others. */
  #isBatch(request: SandboxRequest): boolean {
    if (request.method.toUpperCase() !== 'POST' || request.path !== `${PREFIX}import/bulk_import`) return false;
    const payload = parsed(request.body);
    return isObject(payload) && Array.isArray(payload['contacts']) && payload['contacts'].length > 1;
  }

  isWrite(request: SandboxRequest): boolean {
    return isWriting(request);
  }

  /** UNVERIFIED: the vendor documents the statuses and headers, not the bodies. */
  refuse(fault: RefusalFault, retryAfterSeconds: number, request: SandboxRequest): SandboxResponse {
    const writes = isWriting(request) ? 1 : 0;
    switch (fault) {
      case '429':
        return {
          status: 429,
          headers: {
            'RateLimit-Limit': String(CALLS_PER_SECOND),
            'RateLimit-Remaining': '0',
            'Retry-After': String(Math.max(0, Math.ceil(retryAfterSeconds))),
          },
          body: { message: 'Too Many Requests' },
          writes,
        };
      case '503':
        return { status: 503, body: { message: 'Service Unavailable' }, writes };
      case '500':
        return { status: 500, body: { message: 'Internal Server Error' }, writes };
      // There is nothing to renew: keys do not expire, and a refusal of a good one is known to pass by itself.
      case 'expired-token':
        return { ...forbidden(), writes };
    }
  }

  dump(object: string): Iterable<Readonly<Record<string, unknown>>> | undefined {
    this.#settle();
    return dumpOf(this.#store, object);
  }

  environment(origin: string): Readonly<Record<string, string>> {
    return { ACTIVECAMPAIGN_URL: origin, ACTIVECAMPAIGN_TOKEN: TOKEN };
  }

  route(path: string): string {
    if (!path.startsWith(PREFIX)) return path;
    const segments = path.slice(PREFIX.length).split('/');
    const named = segments[0] === 'users' && (segments[1] === 'email' || segments[1] === 'username');
    return PREFIX + segments.map((segment, index) => (/^\d+$/.test(segment) || (named && index === 2) ? '*' : segment)).join('/');
  }
}

function parsed(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch (error) {
    return error instanceof SyntaxError ? error : new SyntaxError('not JSON');
  }
}

/** Makes the ActiveCampaign stand-in; it is empty until `reset`. */
export const createActiveCampaignSandbox: CreateVendorSandbox = (clock) => new ActiveCampaignSandbox(clock);
