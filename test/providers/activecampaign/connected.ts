import { afterEach } from 'vitest';
import { DEFAULT_HTTP_SETTINGS } from '../../../src/http/settings.ts';
import { Secret } from '../../../src/model/secret.ts';
import type { RemoteRecord } from '../../../src/model/value.ts';
import { activeCampaignProvider } from '../../../src/providers/activecampaign/provider.ts';
import type { ChangePage, ConnectOptions, Connection, RecordClient } from '../../../src/providers/provider.ts';
import { createTestClock } from '../../http/test-clock.ts';
import { StubAccount } from './stub-account.ts';

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

export async function startAccount(): Promise<StubAccount> {
  const account = await new StubAccount(createTestClock()).start();
  closers.push(() => account.server.close());
  return account;
}

export function connectTo(account: StubAccount, options: Partial<ConnectOptions> = {}): Connection {
  const connection = activeCampaignProvider.connect({
    integration: 'activecampaign',
    endpoint: account.server.origin,
    authentication: { method: 'api-token', token: new Secret('good-token') },
    clock: account.clock,
    random: () => 0.5,
    http: DEFAULT_HTTP_SETTINGS,
    ...options,
  });
  closers.push(() => connection.close());
  return connection;
}

/** A record client for these paths; what describing them took is left out of the account's calls. */
export async function recordsOf(
  account: StubAccount,
  paths: readonly string[],
  options: Partial<ConnectOptions> = {},
): Promise<RecordClient> {
  const connection = connectTo(account, options);
  const client = connection.records(await connection.describe('contact', paths));
  account.server.requests.length = 0;
  return client;
}

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
