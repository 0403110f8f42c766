/**
 * One request on the wire and its answer, without retries and without judgement: what is known
 * afterwards is either a complete answer, or why there is none and whether it may have taken effect.
 */
import { request as send, type Dispatcher } from 'undici';
import type { HttpSettings } from './settings.ts';

export interface WireBody {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

export interface WireRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
  readonly settings: HttpSettings;
  readonly signal: AbortSignal | undefined;
}

export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

export interface WireFailure {
  readonly failure: 'not-connected' | 'certificate' | 'timeout' | 'broken-off' | 'too-large' | 'not-json';
  /** Whether the request may have reached the vendor. */
  readonly mayHaveTakenEffect: boolean;
  /** Set where the headers of an answer came. */
  readonly status: number | undefined;
  /** The error's code (`ECONNRESET`), which says nothing of the contents. */
  readonly reason: string | undefined;
}

/** Errors that are raised before a connection exists: the vendor has seen nothing. */
const NOT_CONNECTED: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)|ERR_TLS|ERR_SSL/;
const TIMEOUTS: ReadonlySet<string> = new Set([
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_ABORTED',
  'ETIMEDOUT',
]);

class TooLargeError extends Error {}

/**
 * Sends one request and reads its answer to the end.
 *
 * The time limits bound real input and output, so they run on real time and not on the injected clock.
 * @returns also on abort by the signal: the caller looks at its signal first
 */
export async function sendOnce(dispatcher: Dispatcher, url: URL, wire: WireRequest): Promise<WireAnswer | WireFailure> {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const deadline = AbortSignal.timeout(wire.settings.callTimeoutMs);
  const stops = wire.signal === undefined ? [deadline] : [deadline, wire.signal];
  for (const stop of stops) stop.addEventListener('abort', abort);
  let status: number | undefined;
  try {
    if (wire.signal?.aborted === true) abort();
    const response = await send(url, {
      dispatcher,
      method: wire.method,
      headers: wire.headers,
      body: wire.body ?? null,
      signal: controller.signal,
      headersTimeout: wire.settings.headersTimeoutMs,
      bodyTimeout: wire.settings.bodyTimeoutMs,
    });
    status = response.statusCode;
    return { status, headers: firstValues(response.headers), text: await readText(response.body, wire.settings.maxBodyBytes) };
  } catch (error) {
    return failureOf(error, status);
  } finally {
    for (const stop of stops) stop.removeEventListener('abort', abort);
  }
}

async function readText(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop by an error destroys the body and with it the connection.
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new TooLargeError();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function firstValues(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const first = Array.isArray(value) ? value[0] : value;
    if (first !== undefined) result[name] = first;
  }
  return result;
}

function failureOf(error: unknown, status: number | undefined): WireFailure {
  if (error instanceof TooLargeError) return { failure: 'too-large', mayHaveTakenEffect: true, status, reason: undefined };
  const reason = codeOf(error);
  if (reason !== undefined && NOT_CONNECTED.has(reason))
    return { failure: 'not-connected', mayHaveTakenEffect: false, status, reason };
  if (reason !== undefined && CERTIFICATE.test(reason))
    return { failure: 'certificate', mayHaveTakenEffect: false, status, reason };
  if (reason !== undefined && TIMEOUTS.has(reason)) return { failure: 'timeout', mayHaveTakenEffect: true, status, reason };
  return { failure: 'broken-off', mayHaveTakenEffect: true, status, reason };
}

/** The code of an error, or of the first of several that were gathered while connecting. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as Error & { code?: unknown };
  if (typeof code === 'string') return code;
  if (error instanceof AggregateError) return error.errors.map(codeOf).find((found) => found !== undefined);
  return error.name === 'AbortError' ? 'UND_ERR_ABORTED' : undefined;
}
