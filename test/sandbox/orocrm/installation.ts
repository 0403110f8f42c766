import { makeSeed } from '../../../src/sandbox/people.ts';
import { oroSandboxWith, type OroSettings } from '../../../src/sandbox/orocrm/sandbox.ts';
import type { Seed, VendorSandbox } from '../../../src/sandbox/vendor.ts';

export const START_MS = Date.UTC(2026, 10, 22, 5, 0, 0);
export const ORIGIN = 'http://127.0.0.1:4706';
export const JSON_API = 'application/vnd.api+json';

const NOBODY: Seed = { seed: 1, crm: [], marketing: [] };

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** What JSON makes of the body; `undefined` for an empty one. */
  // oxlint-disable-next-line no-explicit-any -- tests look into answers of every shape
  readonly body: any;
  readonly writes: number;
}

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly partial?: boolean;
  /** No token is sent along. */
  readonly anonymous?: boolean;
}

/** One stand-in without a server around it, on a clock that the test moves. */
export class Installation {
  readonly sandbox: VendorSandbox;
  nowMs = START_MS;
  #token: string | undefined;

  constructor(settings: Partial<OroSettings> = {}, seed: Seed = NOBODY) {
    this.sandbox = oroSandboxWith(settings)({
      now: () => this.nowMs,
      rateNow: () => this.nowMs,
      realNow: () => this.nowMs,
    });
    this.sandbox.reset(seed);
  }

  async call(method: string, path: string, sent?: unknown, options: CallOptions = {}): Promise<Reply> {
    const url = new URL(path, ORIGIN);
    const authorization = options.anonymous === true ? {} : { authorization: `Bearer ${await this.token()}` };
    const headers = {
      accept: JSON_API,
      'content-type': JSON_API,
      ...authorization,
      ...options.headers,
    };
    // What a client's own library would fold away in a path is left as it is.
    return this.#send(method, url, sent, headers, options.partial ?? false, path.replace(/\?.*$/, ''));
  }

  async token(): Promise<string> {
    if (this.#token !== undefined) return this.#token;
    const { body } = await this.authenticate({
      grant_type: 'client_credentials',
      client_id: 'sandbox',
      client_secret: 'sandbox',
    });
    this.#token = body.access_token as string;
    return this.#token;
  }

  authenticate(
    sent: unknown,
    headers: Readonly<Record<string, string>> = {
      'content-type': 'application/json',
    },
  ): Promise<Reply> {
    return this.#send('POST', new URL('/oauth2-token', ORIGIN), sent, headers, false);
  }

  forgetToken(): void {
    this.#token = undefined;
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    return this.call('GET', path, undefined, { headers });
  }

  post(path: string, body: unknown): Promise<Reply> {
    return this.call('POST', path, body);
  }

  patch(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    return this.call('PATCH', path, body, { headers });
  }

  delete(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    return this.call('DELETE', path, undefined, { headers });
  }

  /** Makes an entity, and says its id. */
  async make(type: string, attributes: Readonly<Record<string, unknown>>, relationships = {}): Promise<string> {
    const { status, body } = await this.post(`/api/${type}`, {
      data: { type, attributes, relationships },
    });
    if (status !== 201) throw new Error(`POST ${type}: ${status} ${JSON.stringify(body)}`);
    return body.data.id as string;
  }

  advance(ms: number): void {
    this.nowMs += ms;
  }

  dump(object: string): Record<string, unknown>[] {
    return [...(this.sandbox.dump(object) ?? [])];
  }

  async #send(
    method: string,
    url: URL,
    sent: unknown,
    headers: Readonly<Record<string, string>>,
    partial: boolean,
    path = url.pathname,
  ): Promise<Reply> {
    const response = await this.sandbox.handle({
      method,
      path,
      query: url.searchParams,
      rawQuery: url.search.slice(1),
      headers,
      body: sent === undefined ? Buffer.alloc(0) : Buffer.from(typeof sent === 'string' ? sent : JSON.stringify(sent)),
      origin: url.origin,
      partial,
    });
    return {
      status: response.status,
      headers: response.headers ?? {},
      body: response.body === undefined ? undefined : (JSON.parse(JSON.stringify(response.body)) as unknown),
      writes: response.writes,
    };
  }
}

export function peopled(records: number, settings: Partial<OroSettings> = {}): Installation {
  return new Installation(settings, makeSeed(7, records));
}
