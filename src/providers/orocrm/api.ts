/** One installation's JSON:API: the client with its token and media types, and how listings are paged. */
import { createCallMeter } from '../../http/call-meter.ts';
import { createHttpClient, type HttpAnswer, type HttpClient, type HttpRequest } from '../../http/client.ts';
import { baseAddress, type QueryParameters } from '../../http/address.ts';
import type { Clock } from '../../model/time.ts';
import type { ConnectOptions } from '../provider.ts';
import { documentOf, JSON_API, type Document, type Entity } from './documents.ts';
import { refusalOf, tokenRefusalOf } from './refusals.ts';
import { createSession } from './session.ts';

/**
 * Entities of a page. The platform sets no maximum unless an administrator does; then pages are
 * shorter, which `totalCount` shows.
 */
export const PAGE_SIZE = 1_000;
/** Entities of a page that shows next to nothing but ids. */
export const ID_PAGE_SIZE = 5_000;
/** The longest list of values that is put into a query; addresses of 8 KB pass the usual proxies. */
const MAX_LIST_CHARACTERS = 6_000;

export interface Api {
  readonly integration: string;
  readonly clock: Clock;
  /** Host of the endpoint, without port. */
  readonly host: string;
  readonly client: HttpClient;
  /** One call; `path` begins behind `/api`. The body is a JSON:API document. */
  call(request: ApiRequest): Promise<Document>;
  /** One call whose answer is handed over unread, where `accept` lets refusals through. */
  send(request: ApiRequest): Promise<HttpAnswer>;
  /** One call of the older REST interface, in plain JSON. */
  callOld(method: 'GET' | 'POST' | 'DELETE', path: string, accept?: readonly number[], signal?: AbortSignal): Promise<HttpAnswer>;
  close(): Promise<void>;
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: QueryParameters;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether sending it twice does what sending it once does. */
  readonly idempotent?: boolean;
  readonly accept?: readonly number[];
  readonly signal?: AbortSignal | undefined;
}

/** @throws SynclineError PROVIDER_INVALID_ENDPOINT; ProviderError PROVIDER_AUTHENTICATION_FAILED without credentials */
export function createApi(options: ConnectOptions): Api {
  const { integration, clock } = options;
  // People copy the address with `/api` at its end as well.
  const base = baseAddress(
    options.endpoint
      .trim()
      .replace(/\/+$/, '')
      .replace(/\/api$/, ''),
  );
  const prefix = base.pathname === '/' ? '' : base.pathname;
  const meter = createCallMeter(integration, options.callBudget);
  const shared = {
    integration,
    label: 'OroCRM',
    clock,
    random: options.random,
    settings: options.http,
    meter,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
  const login = createHttpClient({ ...shared, endpoint: base.origin, interpret: tokenRefusalOf });
  const session = createSession(login, prefix, clock, options);
  const authorized = {
    ...shared,
    authorize: async () => ({ authorization: `Bearer ${await session.token()}` }),
    renewAuthorization: () => {
      session.expire();
      return Promise.resolve(true);
    },
    beforeWrite: options.beforeWrite,
  };
  const client = createHttpClient({ ...authorized, endpoint: `${base.origin}${prefix}/api`, interpret: refusalOf });
  const old = createHttpClient({ ...authorized, endpoint: `${base.origin}${prefix}/api/rest/latest` });

  const send = (request: ApiRequest): Promise<HttpAnswer> => client.call(httpRequest(request));
  return {
    integration,
    clock,
    host: base.hostname,
    client,
    send,
    call: async (request) => documentOf(integration, await send(request)),
    callOld: (method, path, accept = [], signal) => old.call({ method, path, accept, idempotent: true, signal }),
    close: async () => {
      await Promise.all([client.close(), login.close(), old.close()]);
    },
  };
}

function httpRequest({ body, headers, ...request }: ApiRequest): HttpRequest {
  return {
    ...request,
    // The body is read here: a page of HTML is to be named as what it is, not as broken JSON.
    expect: 'text',
    headers: {
      accept: JSON_API,
      // Exactly so, on deletes without a body as well: any other type is answered in another format.
      ...(request.method === 'GET' ? {} : { 'content-type': JSON_API }),
      ...headers,
    },
    ...(body === undefined ? {} : { content: { type: JSON_API, body: JSON.stringify(body) } }),
  };
}

export interface ListingPage {
  readonly document: Document;
  readonly rows: readonly Entity[];
  /** How many entities there are from this page on. */
  readonly total: number;
  readonly last: boolean;
}

/**
 * Pages of a collection in the order of ids, each beginning behind the last id of the one before. A
 * row that appears, changes or goes while the pages are read shifts none of the others, as it would
 * with numbered pages.
 */
export async function* listPages(
  api: Api,
  collection: string,
  query: QueryParameters,
  settings: { readonly pageSize?: number; readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<ListingPage, void> {
  let after: string | undefined;
  for (;;) {
    const document = await api.call({
      method: 'GET',
      path: `/${collection}`,
      query: {
        ...query,
        ...(after === undefined ? {} : { 'filter[id][gt]': after }),
        sort: 'id',
        'page[size]': settings.pageSize ?? PAGE_SIZE,
      },
      headers: { 'x-include': 'totalCount;noHateoas' },
      signal: settings.signal,
    });
    const rows = document.data;
    const total = Number(document.headers['x-include-total-count'] ?? Number.NaN);
    // Without the count, only an empty page proves the end: a short one may be cut by the installation.
    const last = rows.length === 0 || rows.length >= total;
    yield { document, rows, total: Number.isNaN(total) ? rows.length : total, last };
    if (last) return;
    after = rows.at(-1)!.id;
  }
}

/** Cuts values into lists that fit into one address each. */
export function chunkList(values: readonly string[]): string[][] {
  const chunks: string[][] = [];
  let characters = Number.POSITIVE_INFINITY;
  for (const value of values) {
    const own = encodeURIComponent(`${value},`).length;
    if (characters + own > MAX_LIST_CHARACTERS || chunks.at(-1)!.length >= PAGE_SIZE) {
      chunks.push([value]);
      characters = own;
    } else {
      chunks.at(-1)!.push(value);
      characters += own;
    }
  }
  return chunks;
}

/** Calls of a listing of so many entities. */
export function pagesOf(count: number, pageSize: number = PAGE_SIZE): number {
  return Math.max(1, Math.ceil(count / pageSize));
}
