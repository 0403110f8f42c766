/** Tokens of the back office. @source oroinc/oauth2-server, functional tests */
import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { SandboxRequest } from '../vendor.ts';
import { isObject, type Answer } from './json-api.ts';

export const TOKEN_PATH = '/oauth2-token';

const CLIENT = { id: 'sandbox', secret: 'sandbox' };
const USER = { name: 'admin', password: 'sandbox' };
/** A user who may not log in any more. */
const DISABLED = 'disabled';
const ACCESS_LIVES_SECONDS = 3_600;
const REFRESH_LIVES_SECONDS = 2_592_000;

let signingKey: KeyObject | undefined;

export class Tokens {
  readonly #access = new Map<string, number>();
  readonly #refresh = new Map<string, number>();
  #issued = 0;

  /** @param now in ms */
  answer(request: SandboxRequest, now: number): Answer {
    const given = parametersOf(request);
    if (given === undefined) return refused(400, 'invalid_request', MALFORMED, 'Check the `grant_type` parameter');
    if (!['client_credentials', 'password', 'refresh_token'].includes(given('grant_type'))) {
      return refused(
        400,
        'unsupported_grant_type',
        'The authorization grant type is not supported by the authorization server.',
        'Check that all required parameters have been provided',
      );
    }
    for (const name of ['client_id', 'client_secret'])
      if (!given.has(name)) return refused(400, 'invalid_request', MALFORMED, `Check the \`${name}\` parameter`);
    if (given('client_id') !== CLIENT.id || given('client_secret') !== CLIENT.secret)
      return refused(401, 'invalid_client', 'Client authentication failed');
    switch (given('grant_type')) {
      case 'password':
        if (given('username') === DISABLED)
          return refused(400, 'invalid_grant', 'The user credentials were incorrect.', 'Account is disabled.');
        if (given('username') !== USER.name || given('password') !== USER.password)
          return refused(400, 'invalid_grant', 'The user credentials were incorrect.');
        return this.#grant(now, true);
      case 'refresh_token': {
        const lives = this.#refresh.get(given('refresh_token'));
        this.#refresh.delete(given('refresh_token'));
        if (lives === undefined || lives < now)
          return refused(401, 'invalid_request', 'The refresh token is invalid.', 'Cannot decrypt the refresh token');
        return this.#grant(now, true);
      }
      default:
        // Client credentials are asked for anew: there is no token to renew with.
        return this.#grant(now, false);
    }
  }

  holds(token: string, now: number): boolean {
    return (this.#access.get(token) ?? 0) > now;
  }

  /** All tokens are as if they had expired. */
  expire(): void {
    this.#access.clear();
  }

  #grant(now: number, renewable: boolean): Answer {
    const access = this.#jwt(now);
    this.#access.set(access, now + ACCESS_LIVES_SECONDS * 1000);
    const refresh = createHash('sha512')
      .update(`refresh ${(this.#issued += 1)} ${now}`)
      .digest('hex');
    if (renewable) this.#refresh.set(refresh, now + REFRESH_LIVES_SECONDS * 1000);
    return {
      status: 200,
      headers: { 'Content-Type': 'application/json; charset=UTF-8' },
      body: {
        token_type: 'Bearer',
        expires_in: ACCESS_LIVES_SECONDS,
        access_token: access,
        ...(renewable ? { refresh_token: refresh } : {}),
      },
    };
  }

  #jwt(now: number): string {
    signingKey ??= generateKeyPairSync('rsa', {
      modulusLength: 2048,
    }).privateKey;
    const issued = Math.floor(now / 1000);
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const id = createHash('md5')
      .update(`${(this.#issued += 1)} ${now}`)
      .digest('hex');
    const text = `${part({ typ: 'JWT', alg: 'RS256' })}.${part({ aud: CLIENT.id, jti: id, iat: issued, nbf: issued, exp: issued + ACCESS_LIVES_SECONDS, sub: '', scopes: ['all'] })}`;
    return `${text}.${sign('RSA-SHA256', Buffer.from(text), signingKey).toString('base64url')}`;
  }
}

const MALFORMED =
  'The request is missing a required parameter, includes an invalid parameter value, includes a parameter more than once, or is otherwise malformed.';

interface Parameters {
  (name: string): string;
  has(name: string): boolean;
}

/** From JSON or a form; the client also as HTTP Basic beside a form. */
function parametersOf(request: SandboxRequest): Parameters | undefined {
  const text = request.body.toString('utf8');
  const values = new Map<string, string>();
  if (/json/i.test(request.headers['content-type'] ?? '') || text.trimStart().startsWith('{')) {
    try {
      const body = JSON.parse(text) as unknown;
      if (isObject(body))
        for (const [name, value] of Object.entries(body)) values.set(name, typeof value === 'string' ? value : '');
    } catch {
      return undefined;
    }
  } else for (const [name, value] of new URLSearchParams(text)) values.set(name, value);
  const basic = /^Basic (.+)$/i.exec(request.headers['authorization'] ?? '')?.[1];
  if (basic !== undefined) {
    const [id, ...secret] = Buffer.from(basic, 'base64').toString('utf8').split(':');
    if (!values.has('client_id')) values.set('client_id', id ?? '');
    if (!values.has('client_secret')) values.set('client_secret', secret.join(':'));
  }
  return Object.assign((name: string) => values.get(name) ?? '', {
    has: (name: string) => values.has(name),
  });
}

function refused(status: number, error: string, description: string, hint?: string): Answer {
  return {
    status,
    headers: { 'Content-Type': 'application/json' },
    body: {
      error,
      error_description: description,
      ...(hint === undefined ? {} : { hint }),
      message: description,
    },
  };
}
