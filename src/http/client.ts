/**
 * The one HTTP client of all providers that speak JSON over HTTP, on undici.
 *
 * A request enters at `call`: it waits for the rate limiter, is counted, sent and read, and sent
 * again where that is safe. It never follows a redirect, never sends the authorization anywhere but
 * to its base address, and its errors hold neither headers nor bodies. What a vendor's answers
 * mean is told by the provider through `interpret`.
 */
import { Agent, type Dispatcher } from 'undici';
import { ProviderError } from '../model/errors.ts';
import type { Clock } from '../model/time.ts';
import type { DiagnosticCode } from '../model/diagnostics/codes.ts';
import { baseAddress, requestAddress, type QueryParameters } from './address.ts';
import { sendOnce, type WireAnswer, type WireBody, type WireFailure } from './exchange.ts';
import { parseHttpDate, parseRetryAfter } from './retry-after.ts';
import type { CallMeter } from './call-meter.ts';
import type { RateLimiter } from './rate-limiter.ts';
import type { HttpSettings } from './settings.ts';
import { vendorWords } from './vendor-words.ts';

export interface HttpClientOptions {
  readonly integration: string;
  /** The vendor's name as people write it, for messages. */
  readonly label: string;
  /** Base address; the paths of requests are put behind it. */
  readonly endpoint: string;
  /** Headers that prove who we are, asked for once per attempt. Their values never reach a message. */
  readonly authorize?: () => Promise<Readonly<Record<string, string>>> | Readonly<Record<string, string>>;
  /** Called once per call on 401: makes `authorize` give fresh headers. `false` where it cannot. */
  readonly renewAuthorization?: () => Promise<boolean>;
  readonly clock: Clock;
  /** A number in [0, 1), for jitter. */
  readonly random: () => number;
  readonly settings: HttpSettings;
  readonly meter: CallMeter;
  readonly limiter?: RateLimiter;
  readonly signal?: AbortSignal;
  /** Asked before each attempt of a call that is no GET; what it throws keeps the call from being sent. */
  readonly beforeWrite?: (() => Promise<void>) | undefined;
  /** What the vendor says in an answer that refuses something, `undefined` where it refuses nothing. Asked for 2xx answers too. */
  readonly interpret?: (answer: HttpAnswer, request: HttpRequest) => Refusal | undefined;
  /** Replaces the connection pool, in tests. */
  readonly dispatcher?: Dispatcher;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Begins with a slash; no query. */
  readonly path: string;
  readonly query?: QueryParameters;
  /** At most one of the three bodies. */
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  readonly content?: { readonly type: string; readonly body: string | Uint8Array };
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether sending it twice does what sending it once does. GET always is. */
  readonly idempotent?: boolean;
  /** Statuses besides 2xx that are handed back instead of thrown, unless the vendor's reading is that a later attempt may succeed. */
  readonly accept?: readonly number[];
  /** `json` by default. With `text`, `answer.text` is set and nothing is parsed. */
  readonly expect?: 'json' | 'text';
  /** Waited for besides the limiter of the client. */
  readonly limiter?: RateLimiter;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  /** Lower-case names; of repeated headers the first value. */
  readonly headers: Readonly<Record<string, string>>;
  /** The parsed body; `undefined` where it is empty, or no JSON in an answer that is not 2xx. */
  readonly json: unknown;
  /** The body as text; empty unless the request expects text. */
  readonly text: string;
  /** The vendor's present, from the `Date` header: ms since the epoch. */
  readonly date: number | undefined;
  /** Whether an earlier attempt of this call may have taken effect although no answer came. */
  readonly repeated: boolean;
}

/** A provider's reading of an answer that refuses something. What is absent is decided by the status. */
export interface Refusal {
  readonly code?: DiagnosticCode;
  /** The vendor's own words; cleaned before they are shown. */
  readonly words?: string;
  readonly vendorCode?: string;
  readonly retryable?: boolean;
  /** The answer proves that nothing was changed, so that a write may be sent again. */
  readonly nothingHappened?: boolean;
  /** At most this many attempts in all for this kind of refusal. */
  readonly attempts?: number;
  /** Waited for as a `Retry-After` would be. */
  readonly retryAfterMs?: number;
}

export interface HttpClient {
  /**
   * @throws ProviderError when the call failed for good (see its flags); the signal's reason when it was aborted
   *   before a call left, or while one was read
   */
  call(request: HttpRequest): Promise<HttpAnswer>;
  readonly meter: CallMeter;
  close(): Promise<void>;
}

const RETRIED_STATUSES: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);
/** Answers after which nobody knows whether a write took effect. */
const UNDECIDED_STATUSES: ReadonlySet<number> = new Set([408, 500, 502, 503, 504]);

/** A failed attempt: the error to throw, and whether and when another attempt may be made. */
interface Failure {
  readonly error: ProviderError;
  readonly again: boolean;
  readonly attempts: number;
  readonly retryAfterMs: number | undefined;
  readonly throttled: boolean;
}

export function createHttpClient(options: HttpClientOptions): HttpClient {
  const { integration, label, settings, clock, random, meter } = options;
  const base = baseAddress(options.endpoint);
  const dispatcher =
    options.dispatcher ??
    new Agent({ connect: { timeout: settings.connectTimeoutMs }, connections: 8, pipelining: 1, keepAliveTimeout: 4_000 });

  async function call(request: HttpRequest): Promise<HttpAnswer> {
    const url = requestAddress(base, request.path, request.query);
    const body = wireBody(request);
    const signals = [options.signal, request.signal].filter((signal) => signal !== undefined);
    const signal = signals.length > 1 ? AbortSignal.any(signals) : signals[0];
    let renewed = false;
    let repeated = false;
    for (let attempt = 1; ; attempt += 1) {
      const authorization = (await options.authorize?.()) ?? {};
      const secrets = secretsOf(authorization);
      await request.limiter?.acquire(signal);
      await options.limiter?.acquire(signal);
      signal?.throwIfAborted();
      // Last of all: waiting for the limiter may have taken long enough for somebody to take over.
      if (request.method !== 'GET') await options.beforeWrite?.();
      meter.count();
      // What may change something is awaited once it has left: whoever interrupts us wants to know what became of it.
      const stop = request.method === 'GET' ? signal : undefined;
      const result = await sendOnce(dispatcher, url, {
        method: request.method,
        headers: { accept: 'application/json', ...request.headers, ...body?.headers, ...authorization },
        body: body?.body,
        settings,
        signal: stop,
      });
      stop?.throwIfAborted();
      const outcome: HttpAnswer | Failure =
        'failure' in result ? unanswered(request, result) : answered(request, result, repeated, secrets);
      if ('status' in outcome) return outcome;
      if (outcome.error.status === 401 && !renewed && options.renewAuthorization !== undefined) {
        renewed = true;
        if (await options.renewAuthorization()) continue;
      }
      if (!outcome.again || attempt >= outcome.attempts) throw outcome.error;
      repeated ||= outcome.error.outcomeUnknown;
      await pause(outcome, attempt, signal);
    }
  }

  /** Waits before the next attempt: full jitter, or what the vendor asks for with jitter after it. */
  async function pause(failure: Failure, attempt: number, signal: AbortSignal | undefined): Promise<void> {
    const { retryAfterMs } = failure;
    if (retryAfterMs !== undefined && retryAfterMs > settings.retryAfterCapMs) throw failure.error;
    const ceiling = Math.min(settings.retryCapMs, settings.retryBaseMs * 2 ** (attempt - 1));
    const waitMs = retryAfterMs === undefined ? random() * ceiling : retryAfterMs + random() * settings.retryBaseMs;
    // The limit is the account's, so that every other call of this connection waits as well.
    if (failure.throttled && retryAfterMs !== undefined) options.limiter?.hold(clock.now() + retryAfterMs);
    await clock.sleep(Math.ceil(waitMs), signal);
  }

  function unanswered(request: HttpRequest, result: WireFailure): Failure {
    const write = request.method !== 'GET';
    const unknown = write && result.mayHaveTakenEffect;
    const permanent = result.failure === 'certificate' || result.failure === 'too-large';
    const error = new ProviderError(
      result.failure === 'too-large' || result.failure === 'not-json' ? 'PROVIDER_UNEXPECTED_ANSWER' : 'PROVIDER_UNREACHABLE',
      `${label} ${failureWords(result, settings)} (${request.method} ${request.path}).`,
      {
        integration,
        retryable: !permanent,
        outcomeUnknown: unknown,
        ...(result.status === undefined ? {} : { status: result.status }),
      },
    );
    const safe = !write || request.idempotent === true || !unknown;
    return { error, again: safe && !permanent, attempts: settings.attempts, retryAfterMs: undefined, throttled: false };
  }

  function answered(request: HttpRequest, wire: WireAnswer, repeated: boolean, secrets: readonly string[]): HttpAnswer | Failure {
    const date = parseHttpDate(wire.headers['date']);
    const success = wire.status >= 200 && wire.status < 300;
    const expectText = request.expect === 'text';
    const json = expectText ? undefined : parseJson(wire.text);
    if (success && json === UNPARSABLE) {
      return unanswered(request, { failure: 'not-json', mayHaveTakenEffect: true, status: wire.status, reason: undefined });
    }
    const answer: HttpAnswer = {
      status: wire.status,
      headers: wire.headers,
      json: json === UNPARSABLE ? undefined : json,
      text: expectText ? wire.text : '',
      date,
      repeated,
    };
    const refusal = options.interpret?.(answer, request);
    const accepted = request.accept?.includes(wire.status) === true && refusal?.retryable !== true;
    if (accepted || (success && refusal === undefined)) return answer;
    return refused(request, answer, refusal ?? {}, secrets);
  }

  function refused(request: HttpRequest, answer: HttpAnswer, refusal: Refusal, secrets: readonly string[]): Failure {
    const { status } = answer;
    const write = request.method !== 'GET';
    const nothingHappened = refusal.nothingHappened ?? !UNDECIDED_STATUSES.has(status);
    const retryable = refusal.retryable ?? RETRIED_STATUSES.has(status);
    // Retry-After is believed on refusals only: some gateways send it with every answer.
    const retryAfterMs =
      refusal.retryAfterMs ??
      (retryable ? parseRetryAfter(answer.headers['retry-after'], answer.date ?? clock.now()) : undefined);
    const words = refusal.words === undefined ? '' : `: ${vendorWords(refusal.words, secrets)}`;
    const error = new ProviderError(
      refusal.code ?? codeOf(status),
      `${label} answered ${status} to ${request.method} ${request.path}${words}`,
      {
        integration,
        retryable,
        outcomeUnknown: write && !nothingHappened,
        retryAfterSeconds: retryAfterMs === undefined ? undefined : Math.ceil(retryAfterMs / 1000),
        vendorCode: refusal.vendorCode,
        status,
      },
    );
    const safe = !write || request.idempotent === true || (nothingHappened && retryable);
    return {
      error,
      again: retryable && safe,
      attempts: Math.min(settings.attempts, refusal.attempts ?? settings.attempts),
      retryAfterMs,
      throttled: status === 429,
    };
  }

  return { call, meter, close: () => dispatcher.close() };
}

const UNPARSABLE = Symbol('no JSON');

function parseJson(text: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return UNPARSABLE;
  }
}

function wireBody(request: HttpRequest): WireBody | undefined {
  if (request.json !== undefined) return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(request.json) };
  if (request.form !== undefined) {
    return {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(request.form).toString(),
    };
  }
  if (request.content !== undefined) return { headers: { 'content-type': request.content.type }, body: request.content.body };
  return undefined;
}

/** Header values, and the parts of `Bearer x` and `Basic x`, so that no echo of them is shown. */
function secretsOf(headers: Readonly<Record<string, string>>): string[] {
  return Object.values(headers).flatMap((value) => [value, ...value.split(' ').slice(1)]);
}

function codeOf(status: number): DiagnosticCode {
  if (status === 401) return 'PROVIDER_AUTHENTICATION_FAILED';
  if (status === 403) return 'PROVIDER_PERMISSION_DENIED';
  if (status === 429) return 'PROVIDER_RATE_LIMITED';
  if (status >= 500 || status === 408 || status === 425) return 'PROVIDER_UNAVAILABLE';
  if (status >= 400) return 'PROVIDER_REFUSED';
  return 'PROVIDER_UNEXPECTED_ANSWER';
}

function failureWords(result: WireFailure, settings: HttpSettings): string {
  const reason = result.reason === undefined ? '' : ` (${result.reason})`;
  switch (result.failure) {
    case 'not-connected':
      return `could not be reached${reason}`;
    case 'certificate':
      return `could not be trusted: its certificate was not accepted${reason}`;
    case 'timeout':
      return `did not answer in time${reason}`;
    case 'broken-off':
      return `broke off the connection${reason}`;
    case 'too-large':
      return `answered with more than ${settings.maxBodyBytes} bytes`;
    case 'not-json':
      return 'answered with a body that is no complete JSON';
  }
}
