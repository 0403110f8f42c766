/**
 * OAuth grants: what is sent to the token endpoint, and what is taken from its answer.
 *
 * @source Salesforce Help, OAuth 2.0 flows: no grant used here reports when a token expires, so that
 * expiry is only ever noticed by a 401.
 */
import { sign } from 'node:crypto';
import { ProviderError } from '../../model/errors.ts';
import { Secret } from '../../model/secret.ts';
import { toLongId } from './record-id.ts';

type Authentication = Readonly<Record<string, string | Secret>>;

export interface Session {
  readonly accessToken: string;
  /** Base of all API calls, without a slash at the end. It may differ from the login host and change on refresh. */
  readonly instanceUrl: string;
  /** 18 characters. */
  readonly organizationId: string;
  readonly userId: string;
  /** Set where the app rotates refresh tokens. */
  readonly refreshToken?: string;
}

/** A signed assertion is valid for three minutes from now. */
const ASSERTION_SECONDS = 180;

/**
 * The form of one token request.
 *
 * @param context.refreshToken the newest refresh token, where one was rotated
 * @throws ProviderError PROVIDER_AUTHENTICATION_FAILED for a missing setting or a key that cannot sign
 */
export function tokenForm(
  authentication: Authentication,
  context: {
    readonly integration: string;
    readonly endpoint: string;
    readonly nowMs: number;
    readonly refreshToken?: string | undefined;
  },
): URLSearchParams {
  const optional = (name: string): string | undefined => {
    const value = authentication[name];
    return value instanceof Secret ? value.reveal() : value;
  };
  const required = (name: string): string => {
    const value = optional(name);
    if (value === undefined || value === '') {
      throw refused(context.integration, `The authentication of this integration has no "${name}".`);
    }
    return value;
  };

  const method = required('method');
  switch (method) {
    case 'client-credentials':
      return new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: required('clientId'),
        client_secret: required('clientSecret'),
      });
    case 'password':
      return new URLSearchParams({
        grant_type: 'password',
        client_id: required('clientId'),
        client_secret: required('clientSecret'),
        username: required('username'),
        password: required('password') + (optional('securityToken') ?? ''),
      });
    case 'refresh-token': {
      const clientSecret = optional('clientSecret');
      return new URLSearchParams({
        grant_type: 'refresh_token',
        refresh_token: context.refreshToken ?? required('refreshToken'),
        client_id: required('clientId'),
        ...(clientSecret === undefined ? {} : { client_secret: clientSecret }),
      });
    }
    case 'jwt-bearer':
      return new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
        assertion: signAssertion(
          {
            iss: required('clientId'),
            sub: required('username'),
            aud: optional('audience') ?? new URL(context.endpoint).origin,
            exp: Math.floor(context.nowMs / 1000) + ASSERTION_SECONDS,
          },
          required('privateKey'),
          context.integration,
        ),
      });
    default:
      throw refused(context.integration, `Salesforce has no authentication method "${method}".`);
  }
}

function signAssertion(claims: Readonly<Record<string, string | number>>, privateKey: string, integration: string): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const unsigned = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(claims)}`;
  try {
    // Keys in environment variables often carry their line breaks as the two characters `\n`.
    const signature = sign('RSA-SHA256', Buffer.from(unsigned), privateKey.replaceAll('\\n', '\n'));
    return `${unsigned}.${signature.toString('base64url')}`;
  } catch {
    // The cause is left out on purpose: it may quote the key.
    throw refused(integration, 'The private key of this integration is not an RSA key in PEM form.');
  }
}

/**
 * Reads the answer of the token endpoint.
 *
 * @throws ProviderError PROVIDER_UNEXPECTED_ANSWER when a part is missing, or when the API's address
 * is not safe to send a token to.
 */
export function parseSession(body: unknown, integration: string, endpoint: string): Session {
  const answer = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const { access_token: accessToken, instance_url: instanceUrl, id, refresh_token: refreshToken } = answer;
  const identity = typeof id === 'string' ? /\/(00D[A-Za-z0-9]{12,15})\/(005[A-Za-z0-9]{12,15})$/.exec(id) : null;
  if (typeof accessToken !== 'string' || accessToken === '' || typeof instanceUrl !== 'string' || identity === null) {
    throw unexpected(integration, 'The token answer lacks access_token, instance_url or id.');
  }
  const base = URL.canParse(instanceUrl) ? new URL(instanceUrl) : undefined;
  const trusted = base !== undefined && base.username === '' && isTrusted(base, new URL(endpoint));
  if (base === undefined || !trusted) {
    throw unexpected(
      integration,
      `The token answer names the API address "${instanceUrl}", which is not safe to send a token to.`,
    );
  }
  return {
    accessToken,
    instanceUrl: base.origin,
    organizationId: toLongId(identity[1]!),
    userId: toLongId(identity[2]!),
    ...(typeof refreshToken === 'string' && refreshToken !== '' ? { refreshToken } : {}),
  };
}

/** A token goes where it is encrypted, back to the host that was logged in to, or between servers of this machine. */
function isTrusted(instance: URL, login: URL): boolean {
  const local = (url: URL): boolean => ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  return instance.protocol === 'https:' || instance.origin === login.origin || (local(instance) && local(login));
}

function refused(integration: string, detail: string): ProviderError {
  return new ProviderError('PROVIDER_AUTHENTICATION_FAILED', detail, {
    integration,
    address: `Integration/${integration}`,
    fault: 'user',
  });
}

function unexpected(integration: string, detail: string): ProviderError {
  return new ProviderError('PROVIDER_UNEXPECTED_ANSWER', detail, { integration });
}
