/**
 * Signing on to a vendor's web application in the browser, and keeping what it gives.
 *
 * The vendor sends the browser back to an address of this machine. Only an answer that carries the state of this very
 * attempt counts; any other is refused and waited past. Tokens are stored, encrypted, before anything uses them: a
 * refresh token that was exchanged for another one holds no more.
 */
import { randomBytes } from 'node:crypto';
import { ProviderError, SynclineError } from '../model/errors.ts';
import { addressOf } from '../model/address.ts';
import { Secret } from '../model/secret.ts';
import { toInstant } from '../model/time.ts';
import type { Configuration } from '../config/configuration.ts';
import type { SignOn } from '../providers/sign-on.ts';
import { PROVIDERS } from '../providers/registry.ts';
import type { OperatedStack } from './applied-stack.ts';
import { secretsOf, type IntegrationSpecification } from './connections.ts';
import { desiredState } from './desired-state.ts';
import type { Runtime } from './runtime.ts';
import { underLock } from './under-lock.ts';

/** What waits on this machine for the browser to come back. */
export interface Callback {
  /** The address to come back to. */
  readonly redirect: string;
  /**
   * The first answer that `judge` accepts; the others are refused.
   * @returns `undefined` where none came in time
   */
  answer(judge: (parameters: URLSearchParams) => boolean): Promise<URLSearchParams | undefined>;
  close(): Promise<void>;
}

export interface LoginPorts {
  listen(): Promise<Callback>;
  /** Shows a person the page where they agree. */
  show(page: string): Promise<void>;
}

export interface LoginResult {
  readonly integration: string;
  readonly provider: string;
  readonly who: string;
  /** `renewed`: an earlier sign-on still held. */
  readonly outcome: 'signed-on' | 'renewed';
  readonly authorisesCalls: boolean;
}

/** @throws SynclineError LOGIN_UNKNOWN_INTEGRATION, LOGIN_NOT_OFFERED, LOGIN_TIMED_OUT, LOGIN_REFUSED, CONFIG_MISSING_SECRET; ProviderError */
export async function login(
  runtime: Runtime,
  configuration: Configuration,
  stack: OperatedStack,
  integration: string,
  ports: LoginPorts,
): Promise<LoginResult> {
  const { provider, signOn } = await openSignOn(runtime, configuration, stack, integration);
  try {
    const told = { integration, provider, who: runtime.who, authorisesCalls: signOn.authorisesCalls };
    if (await renew(runtime, stack, integration, signOn)) return { ...told, outcome: 'renewed' };
    const callback = await ports.listen();
    try {
      const code = await agree(callback, ports, signOn);
      await underLock(runtime, stack, 'login', async ({ workspace, ledger, writer }) => {
        const tokens = await signOn.exchange(code, callback.redirect);
        await ledger.noteSignOn(integration, { who: runtime.who, at: toInstant(runtime.clock.now()), ...tokens });
        // Before anything was applied there is no state, and no log that belongs to it.
        if (workspace.state.serial > 0) await writer.audit('signed_on', null, { address: addressOf('Integration', integration) });
      });
      return { ...told, outcome: 'signed-on' };
    } finally {
      await callback.close();
    }
  } finally {
    await signOn.close();
  }
}

/** Whether somebody's earlier sign-on still holds; the token that comes of it is stored at once, and under the lock. */
function renew(runtime: Runtime, stack: OperatedStack, integration: string, signOn: SignOn): Promise<boolean> {
  return underLock(runtime, stack, 'login', async ({ ledger }) => {
    const known = (await ledger.signOns(integration)).find(({ who }) => who === runtime.who);
    if (known === undefined) return false;
    try {
      await ledger.noteSignOn(integration, { ...known, ...(await signOn.refresh(known.refreshToken)) });
      return true;
    } catch (error) {
      if (error instanceof ProviderError && error.code === 'PROVIDER_AUTHENTICATION_FAILED') return false;
      throw error;
    }
  });
}

/** @returns the code that the vendor gave for this attempt */
async function agree(callback: Callback, ports: LoginPorts, signOn: SignOn): Promise<string> {
  const state = randomBytes(32).toString('base64url');
  // The browser may come back before showing has ended.
  const [answer] = await Promise.all([
    callback.answer((parameters) => parameters.get('state') === state),
    ports.show(signOn.address(callback.redirect, state)),
  ]);
  if (answer === undefined) {
    throw new SynclineError('LOGIN_TIMED_OUT', 'Nobody came back from the browser in time.', {
      hint: 'Run it again; --timeout 10m waits longer.',
    });
  }
  const error = answer.get('error');
  const code = answer.get('code');
  if (error === null && code !== null && code !== '') return code;
  const words = answer.get('error_description') ?? error ?? 'it sent neither a code nor an error';
  throw new SynclineError('LOGIN_REFUSED', `The vendor refused to sign on: ${words}.`, { fault: 'vendor' });
}

async function openSignOn(
  runtime: Runtime,
  configuration: Configuration,
  stack: OperatedStack,
  integration: string,
): Promise<{ readonly provider: string; readonly signOn: SignOn }> {
  const address = addressOf('Integration', integration);
  const desired = desiredState(configuration, stack, {}).specifications.find((one) => one.address === address);
  if (desired === undefined) {
    throw new SynclineError('LOGIN_UNKNOWN_INTEGRATION', `There is no integration "${integration}".`, {
      hint: `Integrations: ${[...configuration.integrations.keys()].join(', ')}.`,
    });
  }
  const specification = desired.specification as unknown as IntegrationSpecification;
  const provider = PROVIDERS[specification.provider]!;
  if (provider.signOn === undefined) {
    throw new SynclineError('LOGIN_NOT_OFFERED', `${provider.label} is not signed on to in a browser.`, {
      address,
      hint: `Its credentials stand in the integration. Try them:\n  syncline check ${integration}`,
    });
  }
  if (specification.signOn === undefined) {
    throw new SynclineError('LOGIN_NOT_OFFERED', `${address} does not say by which OAuth client to sign on.`, {
      address,
      hint: 'Add signOn: { clientId: { env: NAME }, clientSecret: { env: NAME } } to the integration.',
    });
  }
  const { portal, ...secrets } = specification.signOn;
  const resolved = await secretsOf(runtime, address, secrets);
  const secretOf = (name: string): Secret => {
    const value = resolved[name]!;
    return value instanceof Secret ? value : new Secret(value);
  };
  return {
    provider: provider.label,
    signOn: provider.signOn({
      integration,
      endpoint: specification.endpoint,
      clientId: secretOf('clientId'),
      clientSecret: secretOf('clientSecret'),
      portal,
      clock: runtime.clock,
      random: runtime.random,
      http: runtime.http,
      signal: runtime.signal,
    }),
  };
}
