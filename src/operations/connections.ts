/** Connections to the accounts of a stack, each made once and closed with the operation. */
import type { Authentication } from '../config/generated/documents.ts';
import { nodeConfigurationFileSystem } from '../config/node-file-system.ts';
import { resolveSecrets } from '../config/secrets.ts';
import { addressOf } from '../model/address.ts';
import { SynclineError } from '../model/errors.ts';
import type { Attributes } from '../model/plan.ts';
import type { StateAccount } from '../model/state.ts';
import type { Connection, Provider } from '../providers/provider.ts';
import { PROVIDERS } from '../providers/registry.ts';
import type { Runtime } from './runtime.ts';

/** An `Integration` as it is stored: endpoint and declared account included, secrets as references. */
export interface IntegrationSpecification {
  readonly provider: string;
  readonly endpoint: string;
  readonly authentication: Authentication;
  readonly account: string | null;
  readonly active: boolean;
  readonly callBudget?: { readonly perDay?: number; readonly share: number };
}

export interface Connections {
  provider(integration: string): Provider;
  specification(integration: string): IntegrationSpecification;
  /**
   * @throws SynclineError RECORD_WRONG_ACCOUNT where the account is not the one declared or used before,
   *   and what the provider throws while it authenticates
   */
  connect(integration: string): Promise<Connection>;
  /** Accounts that were reached so far, by integration. */
  accounts(): Readonly<Record<string, StateAccount>>;
  close(): Promise<void>;
}

/**
 * @param specifications integrations as desired (plan, apply) or as applied (sync), by name
 * @param known the accounts that the state remembers
 */
export function createConnections(
  runtime: Runtime,
  specifications: ReadonlyMap<string, Attributes>,
  known: Readonly<Record<string, StateAccount>>,
): Connections {
  const open = new Map<string, Promise<Connection>>();
  const accounts: Record<string, StateAccount> = {};

  function specification(integration: string): IntegrationSpecification {
    return specifications.get(integration) as unknown as IntegrationSpecification;
  }

  async function connect(integration: string): Promise<Connection> {
    const { provider, endpoint, authentication, account: declared, callBudget } = specification(integration);
    const address = addressOf('Integration', integration);
    const secrets = await resolveSecrets({ address, spec: { authentication } }, runtime.environment, nodeConfigurationFileSystem(), runtime.root);
    for (const diagnostic of secrets.diagnostics) runtime.emit({ type: 'diagnostic', diagnostic });
    if (secrets.authentication === undefined) {
      throw new SynclineError('CONFIG_MISSING_SECRET', `The credentials of ${address} are not complete: see the messages above.`, { address });
    }
    const connection = PROVIDERS[provider]!.connect({
      integration,
      endpoint,
      authentication: secrets.authentication,
      clock: runtime.clock,
      random: runtime.random,
      http: runtime.http,
      signal: runtime.signal,
      ...(callBudget?.perDay === undefined ? {} : { callBudget: callBudget.perDay }),
    });
    const account = await connection.account();
    const expected = declared ?? known[integration]?.id;
    if (expected !== undefined && expected !== account.id) {
      await connection.close();
      throw new SynclineError('RECORD_WRONG_ACCOUNT', `Integration/${integration} leads to account ${account.id} (${account.label}), not to ${expected}.`, {
        address,
        hint:
          declared === null
            ? 'The state belongs to the other account. Use another stack for this one, or correct the endpoint and the secrets.'
            : 'Correct the endpoint, the secrets, or the account of the stack.',
      });
    }
    accounts[integration] = account;
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
    accounts: () => accounts,
    async close() {
      for (const connection of await Promise.allSettled(open.values())) {
        if (connection.status === 'fulfilled') await connection.value.close();
      }
    },
  };
}
