/** One account's API: the client with the vendor's limits, and how lists of rows are asked for. */
import { createCallMeter } from '../../http/call-meter.ts';
import { createHttpClient, type HttpAnswer, type HttpClient } from '../../http/client.ts';
import { createRateLimiter, type RateLimiter } from '../../http/rate-limiter.ts';
import type { QueryParameters } from '../../http/address.ts';
import { SynclineError } from '../../model/errors.ts';
import { Secret } from '../../model/secret.ts';
import type { Clock } from '../../model/time.ts';
import type { ConnectOptions } from '../provider.ts';
import { createRefusalReader } from './refusals.ts';

/** Rows a page may hold. @source developers.activecampaign.com/reference/pagination */
export const PAGE_SIZE = 100;

/**
 * Five requests a second for the whole account, no burst documented: spacing them evenly keeps the
 * limit whether the vendor counts by a bucket or by whole seconds.
 * @source developers.activecampaign.com/reference/rate-limits
 */
const REQUESTS_PER_SECOND = 5;

/** Half of the importer's 100 a minute at once and half spread over the minute never pass it. */
const IMPORT_BURST = 50;
const IMPORTS_PER_SECOND = 50 / 60;

export interface Api {
  readonly integration: string;
  readonly client: HttpClient;
  readonly clock: Clock;
  readonly importLimiter: RateLimiter;
  /** Host of the endpoint, without port. */
  readonly host: string;
  get(path: string, query?: QueryParameters, signal?: AbortSignal): Promise<HttpAnswer>;
}

/** The endpoint as people copy it from their account, with or without a slash and `/api/3`, in one form. */
function normalizeEndpoint(endpoint: string): string {
  return `${endpoint
    .trim()
    .replace(/\/+$/, '')
    .replace(/\/api\/3$/, '')}/api/3`;
}

/** @throws SynclineError PROVIDER_AUTHENTICATION_FAILED without a token, PROVIDER_INVALID_ENDPOINT */
export function createApi(options: ConnectOptions): Api {
  const { integration, clock } = options;
  const token = options.authentication['token'];
  if (token === undefined) {
    throw new SynclineError('PROVIDER_AUTHENTICATION_FAILED', `Integration "${integration}" has no API token.`, {
      hint: 'Give authentication.token, the key shown under Settings > Developer.',
    });
  }
  const endpoint = normalizeEndpoint(options.endpoint);
  const client = createHttpClient({
    integration,
    label: 'ActiveCampaign',
    endpoint,
    authorize: () => ({ 'api-token': token instanceof Secret ? token.reveal() : token }),
    clock,
    random: options.random,
    settings: options.http,
    meter: createCallMeter(integration, options.callBudget),
    limiter: createRateLimiter({ ratePerSecond: REQUESTS_PER_SECOND, burst: 1, clock }),
    interpret: createRefusalReader(),
    beforeWrite: options.beforeWrite,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  return {
    integration,
    client,
    clock,
    importLimiter: createRateLimiter({ ratePerSecond: IMPORTS_PER_SECOND, burst: IMPORT_BURST, clock }),
    host: new URL(endpoint).hostname,
    get: (path, query, signal) => client.call({ method: 'GET', path, signal, ...(query === undefined ? {} : { query }) }),
  };
}
