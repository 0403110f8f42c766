/**
 * Single sign-on in the browser: it opens the web application and authorises no call of the interface.
 * @source Dotdigital, using OAuth 2.0; the paths are those of the public CRM bundle's client
 */
import { createHash } from 'node:crypto';
import type { SandboxRequest } from '../vendor.ts';
import type { Answer } from './errors.ts';

export const AUTHORISE_PATH = '/OAuth2/authorise.aspx';
export const TOKEN_PATH = '/OAuth2/Tokens.ashx';

const CLIENT = { id: 'sandbox', secret: 'sandbox' };
const CODE_LIVES_MS = 10 * 60_000;
/** UNVERIFIED: "short" is all that the vendor says. */
const TOKEN_LIVES_SECONDS = 3_600;

export class SignOn {
  readonly #codes = new Map<string, { readonly redirect: string; readonly at: number }>();
  /** The refresh token that holds now: each use makes a new one. */
  readonly #refreshTokens = new Set<string>();
  #issued = 0;

  /** The page where the account's owner agrees: here at once. */
  authorise({ query }: SandboxRequest, now: number): Answer {
    const redirect = query.get('redirect_uri');
    if (query.get('client_id') !== CLIENT.id || redirect === null || !URL.canParse(redirect))
      return { status: 400, headers: { 'Content-Type': 'text/plain' }, body: 'Invalid client or redirect address.' };
    const target = new URL(redirect);
    const state = query.get('state');
    if (state !== null) target.searchParams.set('state', state);
    if (query.get('response_type') !== 'code') target.searchParams.set('error', 'unsupported_response_type');
    else {
      const code = this.#issue('code', now);
      this.#codes.set(code, { redirect, at: now });
      target.searchParams.set('code', code);
    }
    return { status: 302, headers: { Location: target.href } };
  }

  exchange(request: SandboxRequest, now: number): Answer {
    const form = new URLSearchParams(request.body.toString('utf8'));
    if (form.get('client_id') !== CLIENT.id || form.get('client_secret') !== CLIENT.secret)
      return refused('invalid_client', 'The client could not be authenticated.');
    switch (form.get('grant_type')) {
      case 'authorization_code': {
        const code = this.#codes.get(form.get('code') ?? '');
        this.#codes.delete(form.get('code') ?? '');
        if (code === undefined || code.redirect !== form.get('redirect_uri') || now - code.at > CODE_LIVES_MS)
          return refused('invalid_grant', 'The authorisation code is invalid or has expired.');
        return this.#tokens(now);
      }
      case 'refresh_token':
        if (!this.#refreshTokens.delete(form.get('refresh_token') ?? ''))
          return refused('invalid_grant', 'The refresh token is invalid.');
        return this.#tokens(now);
      default:
        return refused('unsupported_grant_type', 'The grant type is not supported.');
    }
  }

  #tokens(now: number): Answer {
    const refresh = this.#issue('refresh', now);
    this.#refreshTokens.add(refresh);
    return {
      status: 200,
      body: {
        access_token: this.#issue('access', now),
        refresh_token: refresh,
        token_type: 'bearer',
        expires_in: TOKEN_LIVES_SECONDS,
      },
    };
  }

  #issue(kind: string, now: number): string {
    this.#issued += 1;
    return createHash('sha256').update(`${kind} ${this.#issued} ${now}`).digest('base64url');
  }
}

function refused(error: string, description: string): Answer {
  return { status: 400, body: { error, error_description: description } };
}
