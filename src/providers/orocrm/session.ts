/**
 * The access token of a client-credentials application: asked for before the first call, a minute
 * before it expires, and once more when an installation refuses it. There is no refresh token in this
 * grant. The password and authorization-code grants and the older WSSE headers are left out: the first
 * two stand for a person at a browser, the last is gone from current versions.
 */
import type { HttpClient } from '../../http/client.ts';
import { ProviderError } from '../../model/errors.ts';
import { Secret } from '../../model/secret.ts';
import type { Clock } from '../../model/time.ts';
import type { ConnectOptions } from '../provider.ts';

/** Asked for anew so long before the end, so that no call is sent with a token that expires on its way. */
const EARLY_MS = 60_000;
/** The installation's default, where the answer says nothing. */
const DEFAULT_LIFE_SECONDS = 3_600;
const TOKEN_PATH = '/oauth2-token';

export interface Session {
  /** The token in force, asked for where there is none. */
  token(): Promise<string>;
  /** Gives the token up, so that the next call asks for another. */
  expire(): void;
}

/**
 * @param login speaks to the root of the host, without authorization
 * @param prefix the path before `/api`, empty or beginning with a slash
 * @throws ProviderError PROVIDER_AUTHENTICATION_FAILED without the two settings
 */
export function createSession(
  login: HttpClient,
  prefix: string,
  clock: Clock,
  options: Pick<ConnectOptions, 'integration' | 'authentication'>,
): Session {
  const { integration } = options;
  const clientId = setting(options, 'clientId');
  const clientSecret = setting(options, 'clientSecret');
  let held: Promise<{ readonly token: string; readonly untilMs: number }> | undefined;

  async function request(): Promise<{ readonly token: string; readonly untilMs: number }> {
    const askedAt = clock.now();
    const body = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret };
    const ask = (path: string, accept: readonly number[]) =>
      login.call({ method: 'POST', path, json: body, idempotent: true, accept });
    // The documents name the root of the host. UNVERIFIED: whether an installation under a path answers there.
    let answer = await ask(TOKEN_PATH, prefix === '' ? [] : [404]);
    if (answer.status === 404) answer = await ask(`${prefix}${TOKEN_PATH}`, []);
    const { access_token: token, expires_in: seconds } = (answer.json ?? {}) as Record<string, unknown>;
    if (typeof token !== 'string' || token === '') {
      throw new ProviderError('PROVIDER_UNEXPECTED_ANSWER', 'OroCRM answered the request for a token without one.', {
        integration,
        hint: 'Check that the endpoint is the address of an OroCRM installation.',
      });
    }
    const lifeMs = (typeof seconds === 'number' && seconds > 0 ? seconds : DEFAULT_LIFE_SECONDS) * 1_000;
    return { token, untilMs: askedAt + lifeMs - Math.min(EARLY_MS, lifeMs / 2) };
  }

  async function current(): Promise<string> {
    const asked = (held ??= request());
    try {
      const { token, untilMs } = await asked;
      if (clock.now() < untilMs) return token;
    } catch (error) {
      if (held === asked) held = undefined;
      throw error;
    }
    // Of several callers that find it expired, the first asks for all.
    if (held === asked) held = undefined;
    return current();
  }

  return { token: current, expire: () => void (held = undefined) };
}

function setting({ integration, authentication }: Pick<ConnectOptions, 'integration' | 'authentication'>, name: string): string {
  const value = authentication[name];
  const text = value instanceof Secret ? value.reveal() : value;
  if (text === undefined || text === '') {
    throw new ProviderError('PROVIDER_AUTHENTICATION_FAILED', `Integration "${integration}" has no authentication.${name}.`, {
      integration,
      fault: 'user',
      hint: 'Create an application with the grant "client credentials" under System > User Management > OAuth Applications.',
    });
  }
  return text;
}
