import type {
  CreateVendorSandbox,
  RefusalFault,
  SandboxClock,
  SandboxRequest,
  SandboxResponse,
  Seed,
  VendorSandbox,
} from '../vendor.ts';
import { accountRoutes } from './account.ts';
import { addressBookRoutes } from './address-books.ts';
import { campaignRoutes } from './campaigns.ts';
import { consentRoutes } from './consent.ts';
import { contactRoutes } from './contacts.ts';
import { badJson, contactRoutesV3 } from './contacts-v3.ts';
import { dataFieldRoutes } from './data-fields.ts';
import { customIdentifierRoutes } from './custom-identifiers.ts';
import { DeletionJobs, deletionRoutes } from './deletions.ts';
import { BulkDeletions, bulkDeletionRoutes } from './deletions-v3.ts';
import { dumpOf } from './dump.ts';
import { Enrolments, enrolmentRoutes } from './enrolments.ts';
import { refusedV2, type Answer } from './errors.ts';
import { bodyOf, RouteTable, type FoundRoute } from './exchange.ts';
import { ImportQueue } from './import-job.ts';
import { importRoutes } from './imports.ts';
import { importRoutesV3 } from './imports-v3.ts';
import { preferenceRoutes } from './preferences.ts';
import { programRoutes } from './programs.ts';
import { RateLimits, type RateScheme } from './rate-limits.ts';
import { seedStore } from './seeding.ts';
import { segmentRoutes } from './segments.ts';
import { AUTHORISE_PATH, SignOn, TOKEN_PATH } from './sign-on.ts';
import { Store } from './store.ts';
import { subscriptionRoutes } from './subscriptions.ts';

const USER = 'apiuser-sandbox@apiconnector.com';
const PASSWORD = 'sandbox';
const READING_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Calls whose batches a `partial` fault can strike by row. */
const BATCHES = /\/import(-collection|\/with-merge-option\/\d)?$|^\/contacts\/v3\/delete$/;

/** What the vendor's documents leave open or tell in two ways: chosen here, once for the account. */
export interface DotdigitalSettings {
  readonly rateScheme: RateScheme;
  /** UNVERIFIED: whether the built-in book "Test" is listed; a public client's tests expect it. */
  readonly listsTestBook: boolean;
  /** How long an import takes, in ms. */
  readonly importMs: number;
  readonly isRejected: (rows: number, number: number) => boolean;
  /** Status of a deletion that something is in the way of: 200 by the documentation, 409 by the specification. */
  readonly blockedFieldStatus: 200 | 409;
  /** Code of v3 for an identifier that is taken: `identifierConflict` by public clients, `idAlreadyExists` by the specification. */
  readonly conflictCode: string;
  /** The address of the account's own region, where that is another one: here only account-info answers then. */
  readonly homeEndpoint: string | undefined;
  /** Whether the account's licence includes programs. */
  readonly hasPrograms: boolean;
  /** To how many contacts at most each campaign that the account starts with was sent. */
  readonly campaignRecipients: number;
  /** Of how many in a hundred contacts that the account starts with the address bounces for good. */
  readonly bouncing: number;
}

const DEFAULTS: DotdigitalSettings = {
  rateScheme: 'tiered',
  listsTestBook: true,
  importMs: 20_000,
  isRejected: () => false,
  blockedFieldStatus: 200,
  conflictCode: 'identifierConflict',
  homeEndpoint: undefined,
  hasPrograms: true,
  campaignRecipients: 500,
  bouncing: 2,
};

/** The stand-in for one Dotdigital account: v2 and v3 side by side, in one region. */
class DotdigitalSandbox implements VendorSandbox {
  readonly name = 'dotdigital';
  readonly defaultPort = 4703;
  readonly contentType = 'application/json; charset=utf-8';

  readonly #clock: SandboxClock;
  readonly #settings: DotdigitalSettings;
  #store = new Store();
  #imports: ImportQueue;
  #deletions = new DeletionJobs();
  #bulkDeletions = new BulkDeletions();
  #limits: RateLimits;
  #signOn = new SignOn();
  #routes = new RouteTable([]);

  constructor(clock: SandboxClock, settings: DotdigitalSettings) {
    this.#clock = clock;
    this.#settings = settings;
    this.#imports = new ImportQueue(settings);
    this.#limits = new RateLimits(settings.rateScheme);
    this.#start();
  }

  reset(seed: Seed): void {
    this.#store = new Store();
    seedStore(this.#store, seed, this.#clock.now(), this.#settings);
    this.#start();
  }

  #start(): void {
    this.#imports = new ImportQueue(this.#settings);
    this.#deletions = new DeletionJobs();
    this.#bulkDeletions = new BulkDeletions();
    this.#limits = new RateLimits(this.#settings.rateScheme);
    this.#signOn = new SignOn();
    this.#routes = new RouteTable([
      ...accountRoutes(() => this.#limits.hour(this.#clock.rateNow()), this.#settings.homeEndpoint),
      ...addressBookRoutes,
      ...dataFieldRoutes(this.#settings.blockedFieldStatus),
      ...contactRoutes(this.#deletions),
      ...deletionRoutes(this.#deletions),
      ...subscriptionRoutes,
      ...importRoutes(this.#imports),
      ...campaignRoutes,
      ...programRoutes,
      ...enrolmentRoutes(new Enrolments()),
      ...segmentRoutes,
      ...consentRoutes,
      ...preferenceRoutes,
      ...customIdentifierRoutes,
      ...bulkDeletionRoutes(this.#bulkDeletions),
      ...importRoutesV3(this.#imports),
      ...contactRoutesV3(this.#settings.conflictCode),
    ]);
  }

  handle(request: SandboxRequest): SandboxResponse {
    const writes = isWriting(request) ? 1 : 0;
    const now = this.#clock.now();
    if (request.path === AUTHORISE_PATH) return { ...this.#signOn.authorise(request, now), writes: 0 };
    if (request.path === TOKEN_PATH) return { ...this.#signOn.exchange(request, now), writes: 0 };
    if (!isAuthorised(request)) return { ...unauthorised(), writes };
    const found = this.#routes.find(request.method.toUpperCase(), request.path);
    const limit = this.#limits.take(found?.route.tier ?? 'high', this.#clock.rateNow(), now);
    if (!limit.allowed) return { ...this.#overLimit(request, limit.headers), writes };
    if (request.partial && !BATCHES.test(request.path)) return this.refuse('503', 1, request);
    this.#settle(now);
    const answer = this.#carryOut(request, found, now);
    return { ...answer, writes, headers: { ...limit.headers, ...answer.headers } };
  }

  #carryOut(request: SandboxRequest, found: FoundRoute | undefined, now: number): Answer {
    // Seen with an empty or an HTML body: clients must bear both.
    if (found === undefined)
      return { status: 404, headers: { 'Content-Type': 'text/html' }, body: '<html><body>Not found</body></html>' };
    if (this.#settings.homeEndpoint !== undefined && found.route.pattern !== '/v2/account-info') return wrongRegion();
    if (!this.#settings.hasPrograms && found.route.pattern.startsWith('/v2/programs'))
      return refusedV2('ERROR_FEATURENOTACTIVE', 403);
    const payload = parsed(request);
    if (payload instanceof SyntaxError) return request.path.includes('/v3') ? badJson() : refusedV2('ERROR_BAD_REQUEST');
    const { parameters } = found;
    return found.route.handler({ request, store: this.#store, parameters, body: bodyOf(payload), payload, now });
  }

  #settle(now: number): void {
    this.#imports.settle(this.#store, now);
    this.#deletions.settle(now);
    this.#bulkDeletions.settle(this.#store, now);
  }

  #overLimit(request: SandboxRequest, headers: Readonly<Record<string, string>>): Answer {
    if (this.#settings.rateScheme === 'tiered') return { status: 429, headers, body: tooManyCalls(request) };
    return refusedV2(
      'ERROR_APIUSAGE_EXCEEDED',
      400,
      'Your account has generated excess API activity and is being temporarily capped. Please contact support.',
    );
  }

  isWrite(request: SandboxRequest): boolean {
    return isWriting(request);
  }

  refuse(fault: RefusalFault, retryAfterSeconds: number, request: SandboxRequest): SandboxResponse {
    const writes = isWriting(request) ? 1 : 0;
    switch (fault) {
      case '429': {
        const reset = String(Math.ceil(this.#clock.now() / 1000) + Math.max(0, Math.ceil(retryAfterSeconds)));
        const headers = {
          'X-RateLimit-Limit': '35',
          'X-RateLimit-Remaining': '0',
          'X-RateLimit-Reset': reset,
          'X-RateLimit-Scope': 'lowCallRate',
        };
        return { status: 429, headers, body: tooManyCalls(request), writes };
      }
      case '503':
        return { ...refusedV2('ERROR_SYSTEM_SERVICETEMPORARILYUNAVAILABLE', 503), writes };
      case '500':
        return { ...refusedV2('ERROR_UNKNOWN', 500), writes };
      // Passwords do not expire: a refusal of a good one is what a client sees while credentials are changed.
      case 'expired-token':
        return { ...unauthorised(), writes };
    }
  }

  dump(object: string): Iterable<Readonly<Record<string, unknown>>> | undefined {
    this.#settle(this.#clock.now());
    return dumpOf(this.#store, object, this.#clock.now());
  }

  environment(origin: string): Readonly<Record<string, string>> {
    return { DOTDIGITAL_URL: origin, DOTDIGITAL_USER: USER, DOTDIGITAL_PASSWORD: PASSWORD };
  }

  route(path: string): string {
    return this.#routes.starred(path);
  }
}

function isWriting(request: SandboxRequest): boolean {
  return !READING_METHODS.has(request.method.toUpperCase()) && request.path !== TOKEN_PATH;
}

function isAuthorised({ headers }: SandboxRequest): boolean {
  const encoded = /^Basic (.+)$/i.exec(headers['authorization'] ?? '')?.[1];
  return encoded !== undefined && Buffer.from(encoded, 'base64').toString('utf8') === `${USER}:${PASSWORD}`;
}

function unauthorised(): Answer {
  return { status: 401, body: { message: 'Authorization has been denied for this request.' } };
}

/** UNVERIFIED: the vendor documents the words, not the form of the body. */
function wrongRegion(): Answer {
  return { status: 403, body: { message: 'Forbidden: Access is denied' } };
}

/** UNVERIFIED: the vendor documents the status and the headers, not the body. */
function tooManyCalls({ path }: SandboxRequest): unknown {
  const description = 'Too many calls; wait for the limit to be reset.';
  return path.includes('/v3') ? { errorCode: 'rateLimitExceeded', description } : { message: description };
}

function parsed(request: SandboxRequest): unknown {
  const type = request.headers['content-type'] ?? '';
  if (request.body.length === 0 || /^multipart\//i.test(type)) return undefined;
  try {
    return JSON.parse(request.body.toString('utf8')) as unknown;
  } catch (error) {
    return error instanceof SyntaxError ? error : new SyntaxError('not JSON');
  }
}

/** Makes a stand-in for an account that does some things otherwise; it is empty until `reset`. */
export function dotdigitalSandboxWith(settings: Partial<DotdigitalSettings>): CreateVendorSandbox {
  return (clock) => new DotdigitalSandbox(clock, { ...DEFAULTS, ...settings });
}

/** Makes the Dotdigital stand-in; it is empty until `reset`. */
export const createDotdigitalSandbox: CreateVendorSandbox = dotdigitalSandboxWith({});
