import { dotdigitalSandboxWith, type DotdigitalSettings } from '../../../src/sandbox/dotdigital/sandbox.ts';
import { makeSeed } from '../../../src/sandbox/people.ts';
import type { Seed, VendorSandbox } from '../../../src/sandbox/vendor.ts';
import { described } from './described.ts';

export const START_MS = Date.UTC(2026, 10, 22, 5, 0, 0);

const ORIGIN = 'http://127.0.0.1:4703';
const NOBODY: Seed = { seed: 1, crm: [], marketing: [] };
const GOOD = `Basic ${Buffer.from('apiuser-sandbox@apiconnector.com:sandbox').toString('base64')}`;

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** What JSON makes of the body, the text of one that is none; `undefined` for an empty one. */
  // oxlint-disable-next-line no-explicit-any -- tests look into answers of every shape
  readonly body: any;
  readonly writes: number;
}

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly partial?: boolean;
}

/** One stand-in without a server around it, on a clock that the test moves. Every exchange is held against the vendor's descriptions. */
export class Account {
  readonly sandbox: VendorSandbox;
  nowMs = START_MS;
  rateNowMs = START_MS;
  /** Whether each call is given time enough that the limits of a minute do not matter. */
  unhurried = true;
  /** How exchanges departed from the vendor's descriptions; a call that does so fails. */
  readonly #departures: string[] = [];

  /** @param isHeld whether exchanges are held against the descriptions, which takes long for pages of thousands */
  constructor(settings: Partial<DotdigitalSettings> = {}, seed: Seed = NOBODY, isHeld = true) {
    const createVendor = dotdigitalSandboxWith(settings);
    this.sandbox = (isHeld ? described(createVendor, this.#departures) : createVendor)({
      now: () => this.nowMs,
      rateNow: () => this.rateNowMs,
      realNow: () => this.nowMs,
    });
    this.sandbox.reset(seed);
  }

  async call(method: string, path: string, sent?: unknown, options: CallOptions = {}): Promise<Reply> {
    if (this.unhurried) this.rateNowMs += 60_000;
    const url = new URL(path, ORIGIN);
    const body = sent === undefined ? Buffer.alloc(0) : Buffer.from(typeof sent === 'string' ? sent : JSON.stringify(sent));
    const headers = {
      authorization: GOOD,
      ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
      ...options.headers,
    };
    const response = await this.sandbox.handle({
      method,
      path: url.pathname,
      query: url.searchParams,
      rawQuery: url.search.slice(1),
      headers,
      body,
      origin: url.origin,
      partial: options.partial ?? false,
    });
    const reply: Reply = {
      status: response.status,
      headers: response.headers ?? {},
      body: response.body === undefined ? undefined : (JSON.parse(JSON.stringify(response.body)) as unknown),
      writes: response.writes,
    };
    const [departure] = this.#departures.splice(0);
    if (departure !== undefined) throw new Error(departure);
    return reply;
  }

  get(path: string): Promise<Reply> {
    return this.call('GET', path);
  }

  post(path: string, body: unknown): Promise<Reply> {
    return this.call('POST', path, body);
  }

  put(path: string, body: unknown): Promise<Reply> {
    return this.call('PUT', path, body);
  }

  patch(path: string, body: unknown): Promise<Reply> {
    return this.call('PATCH', path, body);
  }

  delete(path: string): Promise<Reply> {
    return this.call('DELETE', path);
  }

  /** Makes a contact, and says its id. */
  async contact(email: string, dataFields: Readonly<Record<string, unknown>> = {}): Promise<number> {
    const fields = Object.entries(dataFields).map(([key, value]) => ({ key, value }));
    return idOf(await this.post('/v2/contacts', { email, dataFields: fields }));
  }

  async book(name: string, visibility = 'Private'): Promise<number> {
    return idOf(await this.post('/v2/address-books', { name, visibility }));
  }

  async field(name: string, type = 'String', defaultValue?: unknown): Promise<void> {
    idOf(
      await this.post('/v2/data-fields', {
        name,
        type,
        visibility: 'Private',
        ...(defaultValue === undefined ? {} : { defaultValue }),
      }),
    );
  }

  advance(ms: number): void {
    this.nowMs += ms;
    this.rateNowMs += ms;
  }

  dump(object: string): Record<string, unknown>[] {
    return [...(this.sandbox.dump(object) ?? [])];
  }
}

function idOf({ status, body }: Reply): number {
  if (status > 201) throw new Error(`${status} ${JSON.stringify(body)}`);
  return body.id as number;
}

export function peopled(records: number, settings: Partial<DotdigitalSettings> = {}): Account {
  return new Account(settings, makeSeed(7, records));
}
