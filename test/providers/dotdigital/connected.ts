import { expect } from 'vitest';
import { DEFAULT_HTTP_SETTINGS } from '../../../src/http/settings.ts';
import { dotdigitalProvider } from '../../../src/providers/dotdigital/provider.ts';
import type { Connection, RecordClient, WriteOutcome, WriteRequest } from '../../../src/providers/provider.ts';
import type { ChangePage, Cursor } from '../../../src/providers/provider.ts';
import type { RemoteRecord } from '../../../src/model/value.ts';
import { dotdigitalSandboxWith, type DotdigitalSettings } from '../../../src/sandbox/dotdigital/sandbox.ts';
import { startSandbox, type RunningSandbox } from '../../../src/sandbox/server.ts';
import { described } from '../../sandbox/dotdigital/described.ts';

export const USER = 'apiuser-sandbox@apiconnector.com';

/** The stand-in on virtual time, every exchange held against the vendor's descriptions, and what a test does to it besides. */
export class Account {
  readonly sandbox: RunningSandbox;
  readonly origin: string;
  readonly #departures: readonly string[];

  private constructor(sandbox: RunningSandbox, departures: readonly string[]) {
    this.sandbox = sandbox;
    this.#departures = departures;
    this.origin = sandbox.origins['dotdigital']!;
  }

  static async start(records = 40, settings: Partial<DotdigitalSettings> = {}): Promise<Account> {
    const departures: string[] = [];
    const vendors = [described(dotdigitalSandboxWith(settings), departures)];
    return new Account(await startSandbox({ vendors, basePort: 0, seed: 7, records, virtualTime: true }), departures);
  }

  async close(): Promise<void> {
    await this.sandbox.close();
    expect([...new Set(this.#departures)]).toEqual([]);
  }

  async reset(records = 40): Promise<void> {
    await this.control('reset', { seed: 7, records });
    await this.control('faults', []);
  }

  connect(authentication: Record<string, string> = { method: 'basic', user: USER, password: 'sandbox' }): Connection {
    return dotdigitalProvider.connect({
      integration: 'dotdigital',
      endpoint: this.origin,
      authentication,
      clock: this.sandbox.clock,
      random: () => 0.5,
      http: DEFAULT_HTTP_SETTINGS,
    });
  }

  async control(path: string, body?: unknown): Promise<string> {
    const init =
      body === undefined ? {} : { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    const response = await fetch(`${this.origin}/__sandbox/${path}`, init);
    const text = await response.text();
    expect(response.ok, text).toBe(true);
    return text;
  }

  /** A call as another program of the account would make it. */
  async call(method: string, path: string, body?: unknown): Promise<unknown> {
    const authorization = `Basic ${Buffer.from(`${USER}:sandbox`).toString('base64')}`;
    const response = await fetch(`${this.origin}${path}`, {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    expect(response.status, text).toBeLessThan(300);
    return text === '' ? undefined : JSON.parse(text);
  }

  async calls(): Promise<number> {
    const { calls } = JSON.parse(await this.control('calls')) as { calls: { count: number }[] };
    return calls.reduce((sum, call) => sum + call.count, 0);
  }

  async callsTo(route: RegExp): Promise<number> {
    const { calls } = JSON.parse(await this.control('calls')) as { calls: { method: string; route: string; count: number }[] };
    return calls.filter((call) => route.test(`${call.method} ${call.route}`)).reduce((sum, call) => sum + call.count, 0);
  }
}

export async function clientOf(connection: Connection, paths: readonly string[]): Promise<RecordClient> {
  const object = await connection.describe('contact', paths);
  expect(object.missing).toEqual([]);
  return connection.records(object);
}

export async function readAll(
  client: RecordClient,
  since?: Cursor,
  everything?: boolean,
): Promise<{ pages: ChangePage[]; records: Map<string, RemoteRecord>; cursor: Cursor }> {
  const pages: ChangePage[] = [];
  for await (const page of client.read(since, undefined, undefined, everything)) pages.push(page);
  const records = new Map(pages.flatMap((page) => page.records).map((record) => [record.id, record]));
  return { pages, records, cursor: pages.at(-1)!.cursor! };
}

export async function collect<Item>(pages: AsyncIterable<readonly Item[]>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const page of pages) items.push(...page);
  return items;
}

/** The outcome, which has to be `applied`. */
export function applied(outcome: WriteOutcome | undefined): Extract<WriteOutcome, { status: 'applied' }> {
  expect(outcome, JSON.stringify(outcome)).toMatchObject({ status: 'applied' });
  return outcome as Extract<WriteOutcome, { status: 'applied' }>;
}

export const noJob = (): Promise<void> => Promise.resolve();

export const create = (email: string, values: WriteRequest['values'] = {}): WriteRequest => ({
  action: 'create',
  values: { email, ...values },
});

export const people = (count: number, values: WriteRequest['values'] = {}): WriteRequest[] =>
  Array.from({ length: count }, (_, index) =>
    create(`person${index}@example.net`, { 'field/FIRSTNAME': `P${index}`, ...values }),
  );
