/** Connections to the accounts of a stack, each made once and closed with the operation. */
import type { Authentication } from '../config/generated/documents.ts';
import { nodeConfigurationFileSystem } from '../config/node-file-system.ts';
import { resolveSecrets } from '../config/secrets.ts';
import { addressOf, type Address } from '../model/address.ts';
import { ProviderError, SynclineError } from '../model/errors.ts';
import { toInstant } from '../model/time.ts';
import type { Attributes } from '../model/plan.ts';
import type { Secret } from '../model/secret.ts';
import type { State, StateAccount } from '../model/state.ts';
import type { Connection, Provider } from '../providers/provider.ts';
import { PROVIDERS } from '../providers/registry.ts';
import type { Ledger } from '../storage/ledger.ts';
import type { Lock } from '../storage/lock.ts';
import { holdingsOf, type AccountHoldings } from './account-holdings.ts';
import type { Runtime } from './runtime.ts';

/** Resources can be hundreds; the state lists them. */
const LISTED_COMMANDS = 20;

/** An `Integration` as it is stored: endpoint and declared account included, secrets as references. */
export interface IntegrationSpecification {
  readonly provider: string;
  readonly endpoint: string;
  readonly authentication: Authentication;
  readonly account: string | null;
  readonly active: boolean;
  readonly callBudget?: { readonly perDay?: number; readonly share: number };
  readonly signOn?: { readonly clientId: object; readonly clientSecret: object; readonly portal?: string };
}

export interface Connections {
  provider(integration: string): Provider;
  specification(integration: string): IntegrationSpecification;
  /**
   * @throws SynclineError RECORD_WRONG_ACCOUNT where the account is not the one declared or used before,
   *   and what the provider throws while it authenticates
   */
  connect(integration: string): Promise<Connection>;
  /** Calls that were sent to an integration so far. */
  calls(integration: string): number;
  /** Calls that opening the connection took, told once: to whoever accounts for them. */
  takeOpeningCalls(integration: string): number;
  /**
   * Refuses to go on where an integration has used its share of the vendor's daily limit.
   * @throws ProviderError PROVIDER_DAILY_LIMIT
   */
  assertBudget(integration: string): Promise<void>;
  /** Notes the calls that were sent, for the budget of the day. */
  recordCalls(ledger: Ledger): Promise<void>;
  /** Accounts that were reached so far, by integration. */
  accounts(): Readonly<Record<string, StateAccount>>;
  close(): Promise<void>;
}

/**
 * @param specifications integrations as desired (plan, apply) or as applied (sync), by name
 * @param state remembers the accounts, and what belongs to them
 * @param ledger knows what was spent of the day's budget, and who is linked
 * @param lock of a run that writes: no call that could change something leaves once it is lost
 */
export function createConnections(
  runtime: Runtime,
  specifications: ReadonlyMap<string, Attributes>,
  state: State | undefined,
  ledger?: Ledger,
  lock?: Lock,
): Connections {
  const open = new Map<string, Promise<Connection>>();
  const accounts: Record<string, StateAccount> = {};
  const connected = new Map<string, Connection>();
  const opening = new Map<string, number>();

  function specification(integration: string): IntegrationSpecification {
    return specifications.get(integration) as unknown as IntegrationSpecification;
  }

  const today = (): string => toInstant(runtime.clock.now()).slice(0, 10);

  async function connect(integration: string): Promise<Connection> {
    const { provider, endpoint, authentication, account: declared, callBudget } = specification(integration);
    const spent = callBudget?.perDay === undefined ? 0 : ((await ledger?.callsOfDay(integration, today())) ?? 0);
    const address = addressOf('Integration', integration);
    const resolved = await secretsOf(runtime, address, authentication);
    const connection = PROVIDERS[provider]!.connect({
      integration,
      endpoint,
      authentication: resolved,
      clock: runtime.clock,
      random: runtime.random,
      http: runtime.http,
      signal: runtime.signal,
      ...(lock === undefined ? {} : { beforeWrite: () => lock.assertHeld() }),
      ...(callBudget?.perDay === undefined ? {} : { callBudget: Math.max(0, callBudget.perDay - spent) }),
    });
    const account = await connection.account(state?.accounts[integration]);
    const used = state?.accounts[integration]?.id;
    if (used !== undefined && used !== account.id) {
      await connection.close();
      const holdings = ledger === undefined ? undefined : await holdingsOf(state!, ledger, integration);
      throw anotherAccount(address, account, used, holdings);
    }
    if (declared != null && declared !== account.id) {
      await connection.close();
      throw new SynclineError('RECORD_WRONG_ACCOUNT', `${leadsTo(address, account)}, not to ${declared}.`, {
        address,
        hint: 'Correct the endpoint, the secrets, or the account of the stack.',
      });
    }
    accounts[integration] = account;
    connected.set(integration, connection);
    opening.set(integration, connection.usage().calls);
    return connection;
  }

  return {
    provider: (integration) => PROVIDERS[specification(integration).provider]!,
    specification,
    connect(integration) {
      const connection = open.get(integration) ?? connect(integration);
      open.set(integration, connection);
      return connection;
    },
    calls: (integration) => connected.get(integration)?.usage().calls ?? 0,
    takeOpeningCalls(integration) {
      const calls = opening.get(integration) ?? 0;
      opening.delete(integration);
      return calls;
    },
    async assertBudget(integration) {
      const { dailyUsed, dailyLimit } = (await this.connect(integration)).usage();
      const share = specification(integration).callBudget?.share ?? 1;
      if (dailyUsed === undefined || dailyLimit === undefined || dailyUsed < dailyLimit * share) return;
      const address = addressOf('Integration', integration);
      throw new ProviderError(
        'PROVIDER_DAILY_LIMIT',
        `${address} has used ${dailyUsed} of ${dailyLimit} calls of the day; its budget is a share of ${share}.`,
        {
          integration,
          address,
          hint: 'Run again when the limit has rolled over; the run continues. Or raise callBudget.share of the integration.',
        },
      );
    },
    async recordCalls(ledgerOfRun) {
      for (const [integration, connection] of open) {
        const { calls } = (await connection.catch(() => undefined))?.usage() ?? { calls: 0 };
        if (calls > 0) await ledgerOfRun.addCalls(integration, today(), calls);
      }
    },
    accounts: () => accounts,
    async close() {
      for (const connection of await Promise.allSettled(open.values())) {
        if (connection.status === 'fulfilled') await connection.value.close();
      }
    },
  };
}

/** @throws SynclineError CONFIG_MISSING_SECRET; each that is missing is told as an event */
export async function secretsOf(
  runtime: Runtime,
  address: Address,
  authentication: object,
): Promise<Readonly<Record<string, string | Secret>>> {
  const secrets = await resolveSecrets(
    { address, spec: { authentication } },
    runtime.environment,
    nodeConfigurationFileSystem(),
    runtime.root,
  );
  for (const diagnostic of secrets.diagnostics) runtime.emit({ type: 'diagnostic', diagnostic });
  if (secrets.authentication !== undefined) return secrets.authentication;
  const detail = `The credentials of ${address} are not complete: see the messages above.`;
  throw new SynclineError('CONFIG_MISSING_SECRET', detail, { address });
}

/**
 * Counts the calls that a link costs from now on, by integration. Opening a connection belongs to
 * the first link that uses it.
 */
export async function countCalls(
  link: { readonly ends: Readonly<Record<string, { readonly integration: string }>> },
  connections: Connections,
): Promise<() => Record<string, number>> {
  const integrations = [...new Set(Object.values(link.ends).map((end) => end.integration))];
  await Promise.all(integrations.map((integration) => connections.connect(integration)));
  const before = new Map(
    integrations.map((integration) => [integration, connections.calls(integration) - connections.takeOpeningCalls(integration)]),
  );
  return () =>
    Object.fromEntries(
      integrations.map((integration) => [integration, connections.calls(integration) - before.get(integration)!]),
    );
}

function leadsTo(address: Address, { id, label }: StateAccount): string {
  return `${address} leads to account ${id} (${label})`;
}

/** @param holdings what the account used before would be left with; `undefined` where nothing of it is touched */
function anotherAccount(
  address: Address,
  account: StateAccount,
  used: string,
  holdings: AccountHoldings | undefined,
): SynclineError {
  const { resources, links, imports } = holdings ?? { resources: [], links: [], imports: [] };
  const users = [...links.map((link) => link.address), ...imports, ...resources];
  const others = users.length - LISTED_COMMANDS;
  const forgetting = [
    `Where ${used} is gone for good, forget what belongs to it, in this order (--dry-run only counts). People are then matched anew, by their keys:`,
    ...users.slice(0, LISTED_COMMANDS).map((user) => `  syncline state rm ${user}`),
    ...(others > 0 ? [`and likewise the other ${others}, at last:`] : []),
    `  syncline state rm ${address}`,
  ];
  return new SynclineError(
    'RECORD_WRONG_ACCOUNT',
    `${leadsTo(address, account)}, not to ${used}, to which belongs what the state holds of it.`,
    {
      address,
      facts: [
        ...links.map((link) => `Persons whom ${link.address} has linked with records of ${used}: ${link.persons}.`),
        ...imports.map((campaigns) => `What ${campaigns} has recorded is of campaigns or people of ${used}.`),
        ...(resources.length === 0 ? [] : [`Resources that the state has with their ids of ${used}: ${resources.length}.`]),
      ],
      hint: [
        'Correct the endpoint and the secrets. Another account is another environment, and needs a stack of its own.',
        ...(holdings === undefined ? [] : forgetting),
      ].join('\n'),
    },
  );
}
