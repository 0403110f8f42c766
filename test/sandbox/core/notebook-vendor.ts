import { connect } from 'node:net';
import { request as httpRequest } from 'node:http';
import type { RunningSandbox } from '../../../src/sandbox/server.ts';
import type {
  RefusalFault,
  SandboxClock,
  SandboxRequest,
  SandboxResponse,
  Seed,
  VendorSandbox,
} from '../../../src/sandbox/vendor.ts';

/** A made-up vendor that keeps notes: just enough to see what the server hands over and sends back. */
export class NotebookVendor implements VendorSandbox {
  readonly name: string;
  readonly defaultPort: number;
  readonly contentType = 'application/json';
  readonly received: SandboxRequest[] = [];
  notes: { id: string; text: string }[] = [];
  readonly #clock: SandboxClock;

  constructor(clock: SandboxClock, name = 'notebook', defaultPort = 4701) {
    this.#clock = clock;
    this.name = name;
    this.defaultPort = defaultPort;
  }

  reset(seed: Seed): void {
    this.notes = seed.crm.map((person) => ({ id: String(person.number), text: person.lastName }));
  }

  handle(request: SandboxRequest): SandboxResponse {
    this.received.push(request);
    if (request.path === '/time') return { status: 200, body: { now: this.#clock.now() }, writes: 0 };
    if (request.path === '/text') return { status: 200, headers: { 'Content-Type': 'text/csv' }, body: 'a,b\n1,ü\n', writes: 0 };
    if (request.path === '/nothing') return { status: 204, writes: 0 };
    if (request.path === '/own-date')
      return { status: 200, headers: { date: 'Thu, 01 Jan 1970 00:00:00 GMT' }, body: {}, writes: 0 };
    if (request.path === '/limited') return { status: 429, headers: { 'Retry-After': '30' }, body: {}, writes: 0 };
    if (request.path === '/broken') throw new Error('the notebook fell apart');
    if (this.isWrite(request)) {
      this.notes.push({ id: String(this.notes.length + 1), text: request.body.toString('utf8') });
      return { status: request.partial ? 207 : 201, body: { notes: this.notes.length }, writes: 1 };
    }
    return { status: 200, body: { notes: this.notes.length }, writes: 0 };
  }

  isWrite(request: SandboxRequest): boolean {
    return request.method !== 'GET';
  }

  refuse(fault: RefusalFault, retryAfterSeconds: number): SandboxResponse {
    const status = fault === 'expired-token' ? 401 : Number(fault);
    return { status, headers: { 'Retry-After': String(retryAfterSeconds) }, body: { refused: fault }, writes: 0 };
  }

  dump(object: string): Iterable<Readonly<Record<string, unknown>>> | undefined {
    return object === 'note' ? this.notes.values() : undefined;
  }

  environment(origin: string): Readonly<Record<string, string>> {
    return { [`${this.name.toUpperCase()}_URL`]: origin };
  }

  route(path: string): string {
    return path.replace(/\/\d+/g, '/*');
  }
}

/** The first answer on a connection of its own, or what ended it. */
export interface RawAnswer {
  readonly text: string;
  /** `end` where the server closed in order, an error's code where it did not. */
  readonly ended: string;
}

/** Sends bytes as they are and reads until the server lets go. */
export function exchangeRaw(origin: string, bytes: string | Buffer): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect(Number(new URL(origin).port), '127.0.0.1');
    const finish = (ended: string): void => resolve({ text: Buffer.concat(chunks).toString('utf8'), ended });
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('end', () => finish('end'));
    socket.on('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
    socket.write(bytes);
  });
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** One call with any body on any method, and the path exactly as given. */
export function call(
  origin: string,
  method: string,
  path: string,
  options: { headers?: Record<string, string>; body?: string | Buffer } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(origin);
    const outgoing = httpRequest(
      { host: '127.0.0.1', port, method, path, headers: options.headers, agent: false },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () =>
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text: Buffer.concat(chunks).toString('utf8') }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(options.body);
  });
}

export interface ControlAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** One control call, its JSON answer read. */
export async function control(origin: string, method: string, action: string, body?: unknown): Promise<ControlAnswer> {
  const answer = await call(origin, method, `/__sandbox/${action}`, body === undefined ? {} : { body: JSON.stringify(body) });
  return { status: answer.status, body: JSON.parse(answer.text) as unknown };
}

/** The origin of the only or the first vendor. */
export function originOf(sandbox: RunningSandbox, name = 'notebook'): string {
  const origin = sandbox.origins[name];
  if (origin === undefined) throw new Error(`${name} is not running`);
  return origin;
}
