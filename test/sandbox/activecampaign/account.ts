import { createActiveCampaignSandbox } from '../../../src/sandbox/activecampaign/sandbox.ts';
import { makeSeed } from '../../../src/sandbox/people.ts';
import type { Seed, VendorSandbox } from '../../../src/sandbox/vendor.ts';

/** Sunday, 22 November 2026, 05:00:00 UTC: 23:00 of the day before in the account's zone. */
export const START_MS = Date.UTC(2026, 10, 22, 5, 0, 0);

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
  readonly token?: string;
  readonly partial?: boolean;
}

/** One stand-in without a server around it, on a clock that the test moves. */
export class Account {
  readonly sandbox: VendorSandbox;
  nowMs = START_MS;
  rateNowMs = START_MS;
  /** Whether each call is given time enough that the five a second do not matter. */
  unhurried = true;

  constructor(seed: Seed = NOBODY) {
    this.sandbox = createActiveCampaignSandbox({
      now: () => this.nowMs,
      rateNow: () => this.rateNowMs,
      realNow: () => this.nowMs,
    });
    this.sandbox.reset(seed);
  }

  async call(method: string, path: string, body?: unknown, options: CallOptions = {}): Promise<Reply> {
    if (this.unhurried) this.rateNowMs += 1000;
    const url = new URL(`http://127.0.0.1:4702/api/3/${path}`);
    const response = await this.sandbox.handle({
      method,
      path: url.pathname,
      query: url.searchParams,
      rawQuery: url.search.slice(1),
      headers: { 'api-token': options.token ?? 'sandbox' },
      body: body === undefined ? Buffer.alloc(0) : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
      origin: url.origin,
      partial: options.partial ?? false,
    });
    return {
      status: response.status,
      headers: response.headers ?? {},
      body: response.body === undefined ? undefined : (JSON.parse(JSON.stringify(response.body)) as unknown),
      writes: response.writes,
    };
  }

  get(path: string): Promise<Reply> {
    return this.call('GET', path);
  }

  post(path: string, body: unknown): Promise<Reply> {
    return this.call('POST', path, body);
  }

  /** Makes a record and answers its id. */
  async make(path: string, key: string, fields: Record<string, unknown>): Promise<string> {
    const { status, body } = await this.post(path, { [key]: fields });
    if (status > 201) throw new Error(`POST ${path}: ${status} ${JSON.stringify(body)}`);
    return String(body[key].id);
  }

  contact(email: string, fields: Record<string, unknown> = {}): Promise<string> {
    return this.make('contacts', 'contact', { email, ...fields });
  }

  advance(ms: number): void {
    this.nowMs += ms;
    this.rateNowMs += ms;
  }

  dump(object: string): Record<string, unknown>[] {
    return [...(this.sandbox.dump(object) ?? [])];
  }
}

export function peopled(records: number): Account {
  return new Account(makeSeed(7, records));
}
