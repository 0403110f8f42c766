/** Calls to one Dotdigital account, at the region that it lives in. */
import { ProviderError, SynclineError } from '../../model/errors.ts';
import { Secret } from '../../model/secret.ts';
import type { Clock } from '../../model/time.ts';
import type { QueryParameters } from '../../http/address.ts';
import { createCallMeter } from '../../http/call-meter.ts';
import {
  createHttpClient,
  type HttpAnswer,
  type HttpClient,
  type HttpClientOptions,
  type HttpRequest,
} from '../../http/client.ts';
import { createRateLimiter, type RateLimiter } from '../../http/rate-limiter.ts';
import type { ConnectOptions } from '../provider.ts';
import { discoveryEndpoint, isRegion, normalizeEndpoint, regionEndpoint } from './region.ts';
import { readRefusal, untilReset } from './refusals.ts';

/**
 * The tiers in which an account's calls are counted, each in a window of a minute of its own: large
 * reads and imports, single writes, single look-ups.
 * @source marketing.developer.dotdigital.com/docs/call-rate-limits
 */
export type Tier = 'low' | 'medium' | 'high';

/** The vendor publishes no limit a second; its windows are kept by what its answers say is left. */
const CALLS_PER_SECOND = 50;

export interface DotdigitalRequest extends HttpRequest {
  readonly tier: Tier;
}

export interface Api {
  readonly integration: string;
  readonly clock: Clock;
  /** Calls sent so far. */
  readonly calls: number;
  call(request: DotdigitalRequest): Promise<HttpAnswer>;
  get(tier: Tier, path: string, query?: QueryParameters, signal?: AbortSignal): Promise<HttpAnswer>;
  /** `account-info` where any account may ask for it; sets the region of all further calls. */
  accountInfo(): Promise<unknown>;
  close(): Promise<void>;
}

/**
 * @param dispatcher replaces the connection pool, in tests
 * @throws SynclineError PROVIDER_AUTHENTICATION_FAILED without credentials, PROVIDER_INVALID_ENDPOINT
 */
export function createApi(options: ConnectOptions, dispatcher?: HttpClientOptions['dispatcher']): Api {
  const { integration, clock } = options;
  const authorization = basicAuthorization(options);
  const meter = createCallMeter(integration, options.callBudget);
  const limiters: Readonly<Record<Tier, RateLimiter>> = { low: limiter(), medium: limiter(), high: limiter() };
  const given = normalizeEndpoint(options.endpoint);
  const clients = new Map<string, HttpClient>();
  /** Where the account lives; asked for before the first call where the endpoint is one of several regions. */
  let home: string | undefined = isRegion(given) ? undefined : given;

  function limiter(): RateLimiter {
    return createRateLimiter({ ratePerSecond: CALLS_PER_SECOND, burst: CALLS_PER_SECOND, clock });
  }

  function clientAt(endpoint: string): HttpClient {
    const known = clients.get(endpoint);
    if (known !== undefined) return known;
    const client = createHttpClient({
      integration,
      label: 'Dotdigital',
      endpoint,
      authorize: () => ({ authorization }),
      clock,
      random: options.random,
      settings: options.http,
      meter,
      interpret(answer, request) {
        pace(answer, request);
        return readRefusal(answer, clock.now());
      },
      beforeWrite: options.beforeWrite,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(dispatcher === undefined ? {} : { dispatcher }),
    });
    clients.set(endpoint, client);
    return client;
  }

  /** Holds the calls of a tier back once its window has none left. Which tier a call counts in is the vendor's to say. */
  function pace(answer: HttpAnswer, request: HttpRequest): void {
    const remaining = answer.headers['x-ratelimit-remaining'];
    const waitMs = untilReset(answer, clock.now());
    if (waitMs === undefined || remaining === undefined || Number(remaining) > 0) return;
    const scope = /^(low|medium|high)/i.exec(answer.headers['x-ratelimit-scope'] ?? '')?.[1]?.toLowerCase();
    const concerned = scope === undefined ? request.limiter : limiters[scope as Tier];
    concerned?.hold(clock.now() + waitMs);
  }

  async function accountInfo(): Promise<unknown> {
    const answer = await clientAt(discoveryEndpoint(given)).call({
      method: 'GET',
      path: '/v2/account-info',
      limiter: limiters.high,
    });
    home = regionEndpoint(given, propertyOf(answer.json, 'ApiEndpoint'));
    return answer.json;
  }

  async function call({ tier, ...request }: DotdigitalRequest): Promise<HttpAnswer> {
    if (home === undefined) await accountInfo();
    const at = home!;
    const send = (): Promise<HttpAnswer> => clientAt(home!).call({ ...request, limiter: limiters[tier] });
    try {
      return await send();
    } catch (error) {
      // An account that was moved is refused by its former region, and nothing was done there.
      if (!isRegion(given) || !(error instanceof ProviderError) || error.status !== 403) throw error;
      await accountInfo();
      if (home === at) throw error;
      return send();
    }
  }

  return {
    integration,
    clock,
    get calls() {
      return meter.calls;
    },
    call,
    get: (tier, path, query, signal) => call({ tier, method: 'GET', path, signal, ...(query === undefined ? {} : { query }) }),
    accountInfo,
    async close() {
      for (const client of clients.values()) await client.close();
    },
  };
}

/** A property of `account-info`; all of them are texts, whatever type they name. */
export function propertyOf(info: unknown, name: string): string | undefined {
  const properties = (info as { properties?: unknown } | undefined)?.properties;
  const rows = Array.isArray(properties) ? (properties as { name?: unknown; value?: unknown }[]) : [];
  const value = rows.find((row) => row.name === name)?.value;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function basicAuthorization({ integration, authentication }: ConnectOptions): string {
  const [user, password] = [authentication['user'], authentication['password']].map((secret) =>
    secret instanceof Secret ? secret.reveal() : secret,
  );
  if (user === undefined || password === undefined) {
    throw new SynclineError('PROVIDER_AUTHENTICATION_FAILED', `Integration "${integration}" has no API user with a password.`, {
      hint: 'Give authentication.user and authentication.password, made in Dotdigital under Settings > Access > API users.',
    });
  }
  return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;
}
