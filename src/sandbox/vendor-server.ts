/**
 * The HTTP server of one vendor: receives every call, counts it, lets a fault strike it or hands it to
 * the vendor's stand-in, and sends what comes back. It knows no vendor, and no path but the control paths.
 */
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { sendAnswer, type Delivery } from './answer.ts';
import { CallLog, NO_ANSWER, type ArrivedCall } from './calls.ts';
import { MACHINE_TIME, type RunningClock } from './clock.ts';
import { answerControl, CONTROL_PREFIX, type ControlTarget, type SeedChoice } from './control.ts';
import { FaultList, type FaultKind } from './faults.ts';
import { BodyTooLarge, readRequest } from './request.ts';
import { SandboxError } from './sandbox-error.ts';
import type { RefusalFault, SandboxRequest, SandboxResponse, Seed, VendorSandbox } from './vendor.ts';

const HOST = '127.0.0.1';
/** Above the 60 s after which clients let go of an idle connection, so that it is never the server who does. */
const KEEP_ALIVE_TIMEOUT_MS = 72_000;
/** Room for an address that the vendor, not the server, is to refuse as too long. */
const MAX_HEADER_BYTES = 128 * 1024;
/** The router's only path: it would refuse a malformed percent-encoding before the vendor sees it. */
const ONE_ROUTE = '/';

export interface VendorServerOptions {
  readonly vendor: VendorSandbox;
  readonly clock: RunningClock;
  /** `0` picks a free port. */
  readonly port: number;
  readonly startedWith: SeedChoice;
  readonly makeSeed: (choice: SeedChoice) => Seed;
}

/** A vendor's stand-in behind a port of loopback. */
export class VendorServer {
  readonly vendor: VendorSandbox;
  readonly #options: VendorServerOptions;
  readonly #app;
  readonly #faults = new FaultList();
  readonly #control: ControlTarget;
  readonly #closing = new AbortController();
  #calls = new CallLog();
  #origin = '';

  /** @throws SandboxError SANDBOX_PORT_IN_USE */
  static async start(options: VendorServerOptions): Promise<VendorServer> {
    const server = new VendorServer(options);
    options.vendor.reset(options.makeSeed(options.startedWith));
    await server.#listen();
    return server;
  }

  private constructor(options: VendorServerOptions) {
    this.vendor = options.vendor;
    this.#options = options;
    this.#control = {
      vendor: options.vendor,
      clock: options.clock,
      faults: this.#faults,
      startedWith: options.startedWith,
      calls: () => this.#calls,
      reset: (choice) => this.#reset(choice),
    };
    this.#app = fastify({
      forceCloseConnections: true,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      http: { maxHeaderSize: MAX_HEADER_BYTES },
      rewriteUrl: () => ONE_ROUTE,
    });
    // Taken over before the framework looks at the body: it ignores bodies of GET and refuses media types.
    const takeOver = (request: FastifyRequest, reply: FastifyReply): void => {
      reply.hijack();
      void this.#receive(request, reply.raw);
    };
    this.#app.addHook('onRequest', (request, reply, done) => {
      takeOver(request, reply);
      done();
    });
    this.#app.all(ONE_ROUTE, takeOver);
  }

  /** `http://127.0.0.1:PORT`. */
  get origin(): string {
    return this.#origin;
  }

  /** Drops open connections and waits for nobody. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#app.close();
  }

  async #listen(): Promise<void> {
    const { port, vendor } = this.#options;
    try {
      await this.#app.listen({ host: HOST, port });
    } catch (error) {
      await this.#app.close();
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      throw new SandboxError('SANDBOX_PORT_IN_USE', `Port ${port} of ${HOST}, meant for ${vendor.name}, is already in use.`, {
        cause: error,
      });
    }
    this.#origin = `http://${HOST}:${(this.#app.server.address() as AddressInfo).port}`;
  }

  #reset(choice: SeedChoice): void {
    this.#options.clock.reset();
    this.#faults.replace([]);
    this.#calls = new CallLog();
    this.vendor.reset(this.#options.makeSeed(choice));
  }

  async #receive(incoming: FastifyRequest, outgoing: ServerResponse): Promise<void> {
    try {
      const request = await readRequest(incoming.raw, incoming.originalUrl, this.#origin);
      if (request.path.startsWith(CONTROL_PREFIX)) await answerControl(this.#control, request, outgoing);
      else await this.#answerCall(request, outgoing);
    } catch (error) {
      // A client that went away in the middle of its own request is owed no answer.
      if (incoming.raw.destroyed && !incoming.raw.complete) return;
      sendFailure(outgoing, error);
    }
  }

  async #answerCall(request: SandboxRequest, outgoing: ServerResponse): Promise<void> {
    const call = this.#calls.arrive(request.method, this.vendor.route(request.path));
    // Where the client is already gone nothing will close any more, and nobody waits.
    if (!outgoing.destroyed) {
      this.#options.clock.callStarted();
      outgoing.once('close', () => this.#options.clock.callEnded());
    }
    try {
      await this.#strikeOrHandle(request, call, outgoing);
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      call.settle(500, 0);
      throw error;
    }
  }

  async #strikeOrHandle(request: SandboxRequest, call: ArrivedCall, outgoing: ServerResponse): Promise<void> {
    const fault = this.#faults.take(request.method, request.path);
    if (fault?.kind === 'reset') {
      call.settle(NO_ANSWER, this.#writes(request));
      outgoing.socket?.resetAndDestroy();
      return;
    }
    if (fault !== undefined && isRefusal(fault.kind)) {
      const refusal = this.vendor.refuse(fault.kind, fault.retryAfter, request);
      call.settle(this.#send(outgoing, refusal, 'whole'), this.#writes(request));
      return;
    }
    const answer = await this.vendor.handle(fault?.kind === 'partial' ? { ...request, partial: true } : request);
    if (fault?.kind === 'lost-response') {
      call.settle(NO_ANSWER, answer.writes);
      outgoing.destroy();
      return;
    }
    if (fault?.kind === 'slow') {
      call.settle(answer.status, answer.writes);
      await MACHINE_TIME.sleep(fault.ms, this.#closing.signal);
    }
    call.settle(this.#send(outgoing, answer, fault?.kind === 'truncate' ? 'truncated' : 'whole'), answer.writes);
  }

  /** @returns the status that the client sees, or `NO_ANSWER` */
  #send(outgoing: ServerResponse, answer: SandboxResponse, delivery: Delivery): number {
    const context = { contentType: this.vendor.contentType, nowMs: this.#options.clock.now() };
    const status = sendAnswer(outgoing, answer, context, delivery);
    const waitMs = toldToWaitMs(answer);
    if (waitMs > 0) this.#options.clock.clientToldToWait(waitMs);
    return status;
  }

  #writes(request: SandboxRequest): 0 | 1 {
    return this.vendor.isWrite(request) ? 1 : 0;
  }
}

function isRefusal(kind: FaultKind): kind is RefusalFault {
  return kind === '429' || kind === '500' || kind === '503' || kind === 'expired-token';
}

/** Only these two statuses ask for a pause; ActiveCampaign puts `Retry-After` on a 200 as well. */
function toldToWaitMs(answer: SandboxResponse): number {
  if (answer.status !== 429 && answer.status !== 503) return 0;
  const header = Object.entries(answer.headers ?? {}).find(([name]) => name.toLowerCase() === 'retry-after');
  const seconds = Number(header?.[1] ?? 0);
  return Number.isFinite(seconds) ? seconds * 1000 : 0;
}

/** What went wrong is the sandbox's own fault, except for a body that is too long. */
function sendFailure(outgoing: ServerResponse, error: unknown): void {
  if (outgoing.headersSent || outgoing.destroyed) {
    outgoing.destroy();
    return;
  }
  const tooLarge = error instanceof BodyTooLarge;
  const reason = error instanceof Error ? (tooLarge ? error.message : (error.stack ?? error.message)) : String(error);
  outgoing.writeHead(tooLarge ? 413 : 500, { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' });
  outgoing.end(tooLarge ? reason : `The sandbox failed: ${reason}`);
}
