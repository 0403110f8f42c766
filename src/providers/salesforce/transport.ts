/**
 * One HTTP exchange with Salesforce, below jsforce.
 *
 * jsforce takes a transport of one's own. Its built-in one does not survive a body that breaks off
 * (the stream's error has no listener and ends the process), follows redirects with the token, has
 * no limit on what it reads and no way to be stopped. This one ends every exchange with an answer
 * or a TransportFailure that says whether the request can have reached the server.
 */
import http from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { HttpSettings } from '../../http/settings.ts';

export interface TransportRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface TransportAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** No answer, or none that could be read to its end. */
export class TransportFailure extends Error {
  /** Whether the request may have reached the server, so that a change may have been made. */
  readonly sent: boolean;
  /** `ECONNREFUSED`, `ETIMEDOUT`, `BODY_TOO_LARGE` ... */
  readonly reason: string;

  constructor(reason: string, sent: boolean, detail: string, cause?: unknown) {
    super(detail, cause === undefined ? undefined : { cause });
    this.name = 'TransportFailure';
    this.reason = reason;
    this.sent = sent;
  }
}

export interface Transport {
  /** @throws TransportFailure; the signal's reason when it aborts */
  send(request: TransportRequest, signal?: AbortSignal): Promise<TransportAnswer>;
  close(): void;
}

export function createTransport(settings: HttpSettings): Transport {
  const plain = new http.Agent({ keepAlive: true });
  const secure = new https.Agent({ keepAlive: true, minVersion: 'TLSv1.2' });
  return {
    send: (request, signal) => exchange(request, settings, { plain, secure }, signal),
    close() {
      plain.destroy();
      secure.destroy();
    },
  };
}

async function exchange(
  request: TransportRequest,
  settings: HttpSettings,
  agents: { plain: http.Agent; secure: https.Agent },
  signal?: AbortSignal,
): Promise<TransportAnswer> {
  signal?.throwIfAborted();
  const url = new URL(request.url);
  const encrypted = url.protocol === 'https:';
  const body = request.body === undefined ? undefined : Buffer.from(request.body, 'utf8');
  const deadline = AbortSignal.timeout(settings.callTimeoutMs);
  const progress = { sent: false };

  try {
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      const outgoing = (encrypted ? https : http).request(url, {
        method: request.method,
        agent: encrypted ? agents.secure : agents.plain,
        headers: requestHeaders(request.headers, body),
        timeout: settings.connectTimeoutMs,
        signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
      });
      outgoing.once('socket', (socket) => {
        const connected = (): void => {
          progress.sent = true;
          outgoing.setTimeout(settings.headersTimeoutMs);
        };
        if (socket.connecting) socket.once(encrypted ? 'secureConnect' : 'connect', connected);
        else connected();
      });
      outgoing.on('timeout', () => outgoing.destroy(Object.assign(new Error('time limit'), { code: 'ETIMEDOUT' })));
      outgoing.on('error', reject);
      outgoing.once('response', (incoming) => {
        outgoing.setTimeout(settings.bodyTimeoutMs);
        resolve(incoming);
      });
      outgoing.end(body);
    });
    return { status: response.statusCode ?? 0, headers: flatHeaders(response.headers), body: await readBody(response, settings.maxBodyBytes) };
  } catch (error) {
    if (signal?.aborted === true) throw signal.reason;
    if (error instanceof TransportFailure) throw error;
    const reason = deadline.aborted ? 'ETIMEDOUT' : codeOf(error);
    const detail = reason === 'ETIMEDOUT' ? 'no complete answer within the time limit' : `the connection failed (${reason})`;
    throw new TransportFailure(reason, progress.sent, detail, error);
  }
}

function requestHeaders(given: Readonly<Record<string, string>>, body: Buffer | undefined): Record<string, string> {
  const headers: Record<string, string> = { accept: 'application/json', 'accept-encoding': 'gzip' };
  for (const [name, value] of Object.entries(given)) headers[name.toLowerCase()] = value;
  if (body !== undefined) headers['content-length'] = String(body.byteLength);
  return headers;
}

function flatHeaders(headers: http.IncomingHttpHeaders): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}

async function readBody(response: http.IncomingMessage, maxBodyBytes: number): Promise<string> {
  const compressed = /\bgzip\b/i.test(response.headers['content-encoding'] ?? '');
  // The callback takes the error that the loop below throws as well; without it the error would have no listener.
  const source: Readable = compressed ? pipeline(response, createGunzip(), () => undefined) : response;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > maxBodyBytes) {
      response.destroy();
      throw new TransportFailure('BODY_TOO_LARGE', true, `the answer is larger than ${String(maxBodyBytes)} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string') return error.code;
  return 'UNKNOWN';
}
