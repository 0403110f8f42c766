/**
 * Calls to the REST API of one org, through jsforce: session and its renewal, retries, the call
 * meter and the budget. Everything that is sent goes through here, token requests included.
 *
 * jsforce is loaded by the first call: importing it takes half a second that `validate` must not
 * wait for. It renews the session and reads errors; what is under it is replaced, for its own
 * transport ends the process when an answer breaks off half-way (its stream has no error listener),
 * sends the token wherever a redirect points, and retries by its own clock, without jitter or
 * Retry-After and without a notion of which POST may be repeated.
 */
import { PassThrough } from 'node:stream';
import type { Connection as JsforceConnection, HttpRequest as JsforceRequest, HttpResponse as JsforceResponse } from 'jsforce';
import type { HttpApi } from 'jsforce/lib/http-api.js';
import { createCallMeter } from '../../http/call-meter.ts';
import { createHttpClient } from '../../http/client.ts';
import type { HttpAnswer, HttpClient, HttpRequest } from '../../http/client.ts';
import { parseRetryAfter } from '../../http/retry-after.ts';
import { ProviderError } from '../../model/errors.ts';
import type { CallUsage, ConnectOptions } from '../provider.ts';
import { refusalToError, unexpectedAnswer } from './failure.ts';
import { parseSession, tokenForm } from './session.ts';
import type { Session } from './session.ts';

export const API_VERSION = '62.0';
export const API_ROOT = `/services/data/v${API_VERSION}`;

/** More renewals than this within a minute mean that new tokens are refused as well. */
const REFRESHES_PER_MINUTE = 3;
const MINUTE_MS = 60_000;
/** jsforce judges the status, so that all of them are handed on. */
const EVERY_STATUS: readonly number[] = Array.from({ length: 300 }, (_, index) => 300 + index);

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below the API's root (`/sobjects/...`), or from the host's root (`/services/...`). */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * What the call changes: nothing; something that a second call leaves as it is; or something that
   * a second call would do again, so that it is repeated only if the first had no effect for sure.
   */
  readonly effect: 'none' | 'repeatable' | 'once';
  readonly signal?: AbortSignal | undefined;
}

export interface ApiAnswer {
  readonly status: number;
  /** Parsed JSON; `undefined` where there is no content. */
  readonly body: unknown;
  /** The server's clock when it answered, in ms since the epoch. */
  readonly dateMs: number | undefined;
}

export interface ApiClient {
  readonly integration: string;
  /** @throws ProviderError after all retries; the signal's reason when it aborts */
  call(request: ApiRequest): Promise<ApiAnswer>;
  /** The session as the token endpoint last described it; authenticates if that has not been done. */
  session(): Promise<Session>;
  /** Waits by the connection's clock for the `attempt`th time, with full jitter. */
  backoff(attempt: number, signal?: AbortSignal): Promise<void>;
  usage(): CallUsage;
  close(): Promise<void>;
}

interface Jsforce {
  readonly connection: JsforceConnection;
  readonly HttpApi: typeof HttpApi;
}

export function createApiClient(options: ConnectOptions): ApiClient {
  const { integration, endpoint, http } = options;
  const meter = createCallMeter(integration, options.callBudget);
  const hosts = new Map<string, HttpClient>();
  let jsforce: Promise<Jsforce> | undefined;
  let session: Session | undefined;
  let authenticating: Promise<Session> | undefined;
  let refreshFailure: unknown;
  let refreshedAtMs: number[] = [];
  let rotatedRefreshToken: string | undefined;
  let daily: { used: number; limit: number } | undefined;

  function combined(signal: AbortSignal | undefined): AbortSignal | undefined {
    if (signal === undefined || options.signal === undefined) return signal ?? options.signal;
    return AbortSignal.any([signal, options.signal]);
  }

  /** The one door to the network: nothing passes it uncounted or over the budget. */
  async function send(origin: string, request: HttpRequest): Promise<HttpAnswer> {
    const host = hosts.get(origin) ?? createHost(origin);
    const answer = await host.call({ ...request, accept: EVERY_STATUS, expect: 'text' });
    const usage = /api-usage=(\d+)\/(\d+)/.exec(answer.headers['sforce-limit-info'] ?? '');
    if (usage !== null) daily = { used: Number(usage[1]), limit: Number(usage[2]) };
    return answer;
  }

  function createHost(origin: string): HttpClient {
    const { clock, random } = options;
    const host = createHttpClient({
      integration,
      label: 'Salesforce',
      endpoint: origin,
      clock,
      random,
      settings: { ...http, attempts: 1 },
      meter,
      beforeWrite: options.beforeWrite,
    });
    hosts.set(origin, host);
    return host;
  }

  function load(): Promise<Jsforce> {
    jsforce ??= (async () => {
      const [{ Connection }, { HttpApi: Api }] = await Promise.all([import('jsforce'), import('jsforce/lib/http-api.js')]);
      const connection = new Connection({
        version: API_VERSION,
        // Shows as `client=` in the org's change events: what Syncline wrote can be told from what people wrote.
        callOptions: { client: 'syncline' },
        refreshFn: (_connection, callback) => {
          refresh().then(
            (renewed) => {
              callback(null, renewed.accessToken);
            },
            (error: unknown) => {
              // jsforce keeps only the message of this error, so that the error itself is kept here.
              refreshFailure = error;
              callback(error instanceof Error ? error : new Error(String(error)));
            },
          );
        },
      });
      return { connection, HttpApi: Api };
    })();
    return jsforce;
  }

  /** jsforce would renew for ever where new tokens are refused too; this ends it. */
  async function refresh(): Promise<Session> {
    const nowMs = options.clock.now();
    refreshedAtMs = refreshedAtMs.filter((at) => nowMs - at < MINUTE_MS);
    if (refreshedAtMs.length >= REFRESHES_PER_MINUTE) {
      throw new ProviderError('PROVIDER_AUTHENTICATION_FAILED', 'Salesforce refuses access tokens that it has just issued.', {
        integration,
        address: `Integration/${integration}`,
        hint: "Check the app's session, IP and user policies in the org.",
        status: 401,
      });
    }
    refreshedAtMs.push(nowMs);
    return authenticate(options.signal);
  }

  async function authenticate(signal: AbortSignal | undefined): Promise<Session> {
    session = await retrying('none', signal, () => requestToken(signal));
    rotatedRefreshToken = session.refreshToken ?? rotatedRefreshToken;
    const { connection } = await load();
    connection.accessToken = session.accessToken;
    connection.instanceUrl = session.instanceUrl;
    return session;
  }

  async function requestToken(signal: AbortSignal | undefined): Promise<Session> {
    const form = tokenForm(options.authentication, {
      integration,
      endpoint,
      nowMs: options.clock.now(),
      refreshToken: rotatedRefreshToken,
    });
    const answer = await send(endpoint, {
      method: 'POST',
      path: '/services/oauth2/token',
      content: { type: 'application/x-www-form-urlencoded', body: form.toString() },
      signal,
    });
    const body = parseJson(answer.text);
    if (answer.status >= 400) {
      const { error, error_description: description } = (typeof body === 'object' && body !== null ? body : {}) as Record<
        string,
        unknown
      >;
      const refusal = {
        status: answer.status,
        code: typeof error === 'string' ? error : undefined,
        message: typeof description === 'string' ? description : answer.text,
        retryAfterMs: retryAfterOf(answer),
      };
      const asAnswered = refusalToError(refusal, integration);
      if (asAnswered.retryable) throw asAnswered;
      throw new ProviderError('PROVIDER_AUTHENTICATION_FAILED', asAnswered.message, {
        integration,
        address: `Integration/${integration}`,
        vendorCode: refusal.code,
        status: answer.status,
        fault: 'user',
        hint: 'Check the secrets of the integration, and that the app is approved for its user.',
      });
    }
    if (typeof body === 'string')
      throw unexpectedAnswer(integration, 'The token endpoint answered something that is not JSON.', answer.status);
    return parseSession(body, integration, endpoint);
  }

  /** Shared by all who wait for it, so that no single caller's signal may end it. */
  async function ensureSession(): Promise<Session> {
    if (session !== undefined) return session;
    authenticating ??= authenticate(options.signal).finally(() => {
      authenticating = undefined;
    });
    return authenticating;
  }

  async function attempt(request: ApiRequest, signal: AbortSignal | undefined): Promise<ApiAnswer> {
    const { connection, HttpApi: Api } = await load();
    const exchange: { answer: HttpAnswer | undefined } = { answer: undefined };
    const api = new Api(connection, {
      responseType: 'application/json',
      transport: {
        httpRequest(sent: JsforceRequest): Promise<JsforceResponse> & { stream(): PassThrough } {
          // The host is looked up here, for a renewed session may live on another instance.
          const answered = send(connection.instanceUrl, { ...wireRequest(sent), signal }).then((answer) => {
            exchange.answer = answer;
            return { statusCode: answer.status, headers: { ...answer.headers }, body: answer.text };
          });
          return Object.assign(answered, { stream: () => new PassThrough() });
        },
      },
    });

    let body: unknown;
    try {
      body = await api.request({
        method: request.method,
        url: request.path.startsWith('/services/') ? request.path : `${API_ROOT}${request.path}`,
        headers: { ...request.headers },
        ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      });
    } catch (error) {
      if (error instanceof ProviderError || signal?.aborted === true) throw error;
      if (exchange.answer?.status === 401 && refreshFailure !== undefined && !(error instanceof Error && 'errorCode' in error))
        throw refreshFailure;
      throw answerToError(error, exchange.answer);
    }
    const answer = exchange.answer!;
    if (typeof body === 'string' || answer.status >= 300) {
      throw unexpectedAnswer(
        integration,
        `Salesforce answered HTTP ${String(answer.status)} with something that is not JSON.`,
        answer.status,
      );
    }
    return { status: answer.status, body, dateMs: answer.date };
  }

  function answerToError(error: unknown, answer: HttpAnswer | undefined): unknown {
    if (!(error instanceof Error) || answer === undefined) return error;
    const code = 'errorCode' in error && typeof error.errorCode === 'string' ? error.errorCode : undefined;
    const several = 'data' in error && Array.isArray(error.data) ? (error.data as { message?: unknown }[]) : undefined;
    return refusalToError(
      {
        status: answer.status,
        code: code?.startsWith('ERROR_HTTP_') === true ? undefined : code,
        message: several === undefined ? error.message : several.map((one) => String(one.message)).join('; '),
        retryAfterMs: retryAfterOf(answer),
      },
      integration,
    );
  }

  function retryAfterOf(answer: HttpAnswer): number | undefined {
    return parseRetryAfter(answer.headers['retry-after'], answer.date ?? options.clock.now());
  }

  async function retrying<T>(
    effect: ApiRequest['effect'],
    signal: AbortSignal | undefined,
    action: () => Promise<T>,
  ): Promise<T> {
    for (let tried = 1; ; tried += 1) {
      try {
        return await action();
      } catch (error) {
        // Renewing the session has its own retries.
        if (!(error instanceof ProviderError) || error === refreshFailure) throw error;
        const failure = effect === 'none' ? withoutEffect(error) : error;
        const mayRepeat = failure.retryable && !(effect === 'once' && failure.outcomeUnknown);
        const waitMs = (failure.retryAfterSeconds ?? 0) * 1000;
        if (!mayRepeat || tried >= http.attempts || waitMs > http.retryAfterCapMs) throw failure;
        if (waitMs > 0) await options.clock.sleep(waitMs, signal);
        else await backoff(tried, signal);
      }
    }
  }

  async function backoff(tried: number, signal: AbortSignal | undefined): Promise<void> {
    const ceilingMs = Math.min(http.retryCapMs, http.retryBaseMs * 2 ** (tried - 1));
    await options.clock.sleep(Math.floor(options.random() * ceilingMs), signal);
  }

  return {
    integration,
    async call(request) {
      const signal = combined(request.signal);
      await ensureSession();
      return retrying(request.effect, signal, () => attempt(request, signal));
    },
    session: ensureSession,
    backoff: (tried, signal) => backoff(tried, combined(signal)),
    usage: () => ({ calls: meter.calls, ...(daily === undefined ? {} : { dailyUsed: daily.used, dailyLimit: daily.limit }) }),
    async close() {
      await Promise.all([...hosts.values()].map((host) => host.close()));
    },
  };
}

/** A read leaves nothing behind, answered or not. */
function withoutEffect(error: ProviderError): ProviderError {
  if (!error.outcomeUnknown) return error;
  return new ProviderError(error.code, error.message, {
    integration: error.integration,
    retryable: error.retryable,
    outcomeUnknown: false,
    retryAfterSeconds: error.retryAfterSeconds,
    vendorCode: error.vendorCode,
    status: error.status,
    cause: error.cause,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  });
}

/** What jsforce is about to send, with the query taken from its address. */
function wireRequest(sent: JsforceRequest): HttpRequest {
  const [path, query] = splitOnce(sent.url, '?');
  const { 'content-length': _counted, ...headers } = sent.headers ?? {};
  return {
    method: sent.method as HttpRequest['method'],
    path,
    headers,
    ...(query === undefined ? {} : { query: Object.fromEntries(new URLSearchParams(query)) }),
    ...(typeof sent.body === 'string' ? { content: { type: 'application/json; charset=UTF-8', body: sent.body } } : {}),
  };
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
