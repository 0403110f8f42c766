import type { ServerResponse } from 'node:http';
import { NO_ANSWER } from './calls.ts';
import type { SandboxResponse } from './vendor.ts';

/** How much of an answer reaches the client. */
export type Delivery = 'whole' | 'truncated';

/** What every answer of one server carries. */
export interface AnswerContext {
  /** Content type of object bodies. */
  readonly contentType: string;
  /** The sandbox's present, for the `Date` header. */
  readonly nowMs: number;
}

/**
 * Sends a vendor's answer. `truncated` sends the headers with the true length and half of the body,
 * and then drops the connection; an answer without a body has nothing to cut, so none of it is sent.
 *
 * @returns the status that the client sees, or `NO_ANSWER`
 */
export function sendAnswer(
  outgoing: ServerResponse,
  answer: SandboxResponse,
  context: AnswerContext,
  delivery: Delivery,
): number {
  const { body, type } = encode(answer.body, context.contentType);
  if (delivery === 'truncated' && body.length === 0) {
    outgoing.destroy();
    return NO_ANSWER;
  }
  writeHead(outgoing, answer, context, type, body.length);
  if (delivery === 'whole') {
    outgoing.end(body);
    return answer.status;
  }
  outgoing.flushHeaders();
  outgoing.write(body.subarray(0, Math.floor(body.length / 2)));
  outgoing.socket?.destroySoon();
  return answer.status;
}

function writeHead(
  outgoing: ServerResponse,
  answer: SandboxResponse,
  context: AnswerContext,
  type: string | undefined,
  length: number,
): void {
  outgoing.sendDate = false;
  outgoing.statusCode = answer.status;
  outgoing.setHeader('Date', new Date(context.nowMs).toUTCString());
  if (type !== undefined) outgoing.setHeader('Content-Type', type);
  for (const [name, value] of Object.entries(answer.headers ?? {})) outgoing.setHeader(name, value);
  if (answer.status !== 204 && answer.status !== 304) outgoing.setHeader('Content-Length', length);
}

function encode(body: unknown, contentType: string): { readonly body: Buffer; readonly type: string | undefined } {
  if (body === undefined) return { body: Buffer.alloc(0), type: undefined };
  if (Buffer.isBuffer(body)) return { body, type: undefined };
  if (typeof body === 'string') return { body: Buffer.from(body, 'utf8'), type: undefined };
  return { body: Buffer.from(JSON.stringify(body), 'utf8'), type: contentType };
}
