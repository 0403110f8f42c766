import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { SandboxRequest } from './vendor.ts';

/** The most bytes of one request body: Salesforce takes bulk uploads of 150 MB. */
const MAX_BODY_BYTES = 200 * 1024 * 1024;

/** Thrown by {@link readRequest} where the body is longer than the sandbox takes. */
export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';

  constructor() {
    super(`The body is longer than ${MAX_BODY_BYTES} bytes.`);
  }
}

/**
 * Reads a whole request, whatever its method, media type and framing.
 *
 * @param serverOrigin taken for the origin where the client sent no usable `Host`
 * @throws BodyTooLarge; the error of the socket where the client goes away in the middle
 */
export async function readRequest(incoming: IncomingMessage, url: string, serverOrigin: string): Promise<SandboxRequest> {
  const queryAt = url.indexOf('?');
  const rawQuery = queryAt < 0 ? '' : url.slice(queryAt + 1);
  return {
    method: incoming.method ?? 'GET',
    path: collapseLeadingSlashes(queryAt < 0 ? url : url.slice(0, queryAt)),
    query: new URLSearchParams(rawQuery),
    rawQuery,
    headers: flatten(incoming.headers),
    body: await readBody(incoming),
    origin: originOf(incoming.headers.host, serverOrigin),
    partial: false,
  };
}

/** A part of a path as it was meant; one that cannot be decoded is taken as it is, and found nowhere. */
export function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function collapseLeadingSlashes(path: string): string {
  return path.replace(/^\/+/, '/');
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  if (Number(incoming.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw new BodyTooLarge();
  const chunks: Buffer[] = [];
  let length = 0;
  // Not destroyed on return: a body that is too large is still to be answered on this connection.
  for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw new BodyTooLarge();
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, length);
}

function flatten(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}

/** The host goes into addresses that vendors answer with, so only a plain one is believed. */
function originOf(host: string | undefined, serverOrigin: string): string {
  return host !== undefined && /^[A-Za-z0-9.:[\]-]+$/.test(host) ? `http://${host}` : serverOrigin;
}
