import { afterEach, expect } from 'vitest';
import { DEFAULT_HTTP_SETTINGS } from '../../../src/http/settings.ts';
import { Secret } from '../../../src/model/secret.ts';
import type { RemoteRecord } from '../../../src/model/value.ts';
import { oroCrmProvider } from '../../../src/providers/orocrm/provider.ts';
import type { ChangePage, ConnectOptions, Connection, RecordClient, WriteOutcome } from '../../../src/providers/provider.ts';
import { oroSandboxWith, type OroSettings } from '../../../src/sandbox/orocrm/sandbox.ts';
import { startSandbox, type RunningSandbox } from '../../../src/sandbox/server.ts';

export interface Installation {
  readonly sandbox: RunningSandbox;
  readonly origin: string;
  connect(options?: Partial<ConnectOptions>): Connection;
  /** A record client for these paths, all of them there. */
  records(object: string, paths: readonly string[], settings?: { readonly externalId?: string }): Promise<RecordClient>;
  control(path: string, body?: unknown): Promise<unknown>;
  dump(object: string): Promise<Record<string, unknown>[]>;
  /** Calls by method and route since the last time that this was asked. */
  newCalls(): Promise<Record<string, number>>;
  /** A call as any other client would make it. */
  elsewhere(method: string, path: string, body?: unknown): Promise<Record<string, unknown>>;
}

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

export async function startInstallation(records = 40, settings: Partial<OroSettings> = {}): Promise<Installation> {
  const sandbox = await startSandbox({ vendors: [oroSandboxWith(settings)], basePort: 0, seed: 7, records, virtualTime: true });
  closers.push(() => sandbox.close());
  const origin = sandbox.origins['orocrm']!;
  let counted: Record<string, number> = {};

  const control = async (path: string, body?: unknown): Promise<unknown> => {
    const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    const response = await fetch(`${origin}/__sandbox/${path}`, init);
    const text = await response.text();
    expect(response.status, text).toBe(200);
    return text === '' ? undefined : path.startsWith('dump/') ? text : (JSON.parse(text) as unknown);
  };
  const connect = (options: Partial<ConnectOptions> = {}): Connection => {
    const connection = oroCrmProvider.connect({
      integration: 'oro',
      endpoint: origin,
      authentication: { method: 'client-credentials', clientId: 'sandbox', clientSecret: new Secret('sandbox') },
      clock: sandbox.clock,
      random: () => 0.5,
      http: DEFAULT_HTTP_SETTINGS,
      ...options,
    });
    closers.push(() => connection.close());
    return connection;
  };
  const token = async (): Promise<string> => {
    const body = JSON.stringify({ grant_type: 'client_credentials', client_id: 'sandbox', client_secret: 'sandbox' });
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${origin}/oauth2-token`, { method: 'POST', headers, body });
    return ((await answer.json()) as { access_token: string }).access_token;
  };
  return {
    sandbox,
    origin,
    connect,
    control,
    async records(object, paths, settingsOfClient) {
      const connection = connect();
      const description = await connection.describe(object, paths);
      expect(description.missing).toEqual([]);
      return connection.records(description, settingsOfClient);
    },
    async dump(object) {
      const text = (await control(`dump/${object}`)) as string | undefined;
      return (text ?? '')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    },
    async newCalls() {
      const { calls } = (await control('calls')) as { calls: { method: string; route: string; count: number }[] };
      const now: Record<string, number> = {};
      for (const { method, route, count } of calls) now[`${method} ${route}`] = (now[`${method} ${route}`] ?? 0) + count;
      const grown = Object.entries(now).map(([call, count]) => [call, count - (counted[call] ?? 0)] as const);
      counted = now;
      return Object.fromEntries(grown.filter(([call, count]) => count > 0 && !call.includes('oauth2-token')));
    },
    async elsewhere(method, path, body) {
      const type = 'application/vnd.api+json';
      const headers = { accept: type, 'content-type': type, authorization: `Bearer ${await token()}` };
      const answer = await fetch(`${origin}${path}`, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      expect(answer.status, text).toBeLessThan(300);
      return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
    },
  };
}

export const noJob = (): Promise<void> => Promise.resolve();

export async function readAll(
  pages: AsyncIterable<ChangePage>,
): Promise<{ records: RemoteRecord[]; listed: RemoteRecord[]; cursor: ChangePage['cursor'] }> {
  const records: RemoteRecord[] = [];
  const listed: RemoteRecord[] = [];
  let cursor: ChangePage['cursor'];
  for await (const page of pages) {
    records.push(...page.records);
    listed.push(...(page.listed ?? []));
    cursor = page.cursor ?? cursor;
  }
  return { records, listed, cursor };
}

export async function collect<T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const page of pages) all.push(...page);
  return all;
}

export function idOf(outcome: WriteOutcome | undefined): string {
  if (outcome?.status !== 'applied') throw new Error(`not applied: ${JSON.stringify(outcome)}`);
  return outcome.id;
}
