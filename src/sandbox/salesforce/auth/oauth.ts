/** `/services/oauth2/…` and the identity address. */
import { plainText } from '../data/plain-text.ts';
import { createHmac, createVerify } from 'node:crypto';
import { formatInstant } from '../data/instants.ts';
import type { Organization } from '../data/organization.ts';
import type { Answer } from '../rest/call.ts';
import { verificationKey } from './jwt-key.ts';
import { bearerOf } from './sessions.ts';
import type { Sessions } from './sessions.ts';

const CLIENT_ID = 'sandbox';
const CLIENT_SECRET = 'sandbox';
export const USERNAME = 'admin@example.com';
const PASSWORD = 'sandbox';

const JWT_GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const LOGIN_HOSTS = ['https://login.salesforce.com', 'https://test.salesforce.com'];

export interface OAuthCall {
  readonly method: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly origin: string;
}

export class OAuth {
  readonly #org: Organization;
  readonly #sessions: Sessions;

  constructor(org: Organization, sessions: Sessions) {
    this.#org = org;
    this.#sessions = sessions;
  }

  /** `/services/oauth2/{name}`; `undefined` for names that do not exist. */
  answer(name: string, call: OAuthCall): Answer | undefined {
    switch (name) {
      case 'token':
        return this.#token(call);
      case 'authorize':
        return this.#authorize(call);
      case 'revoke':
        return this.#revoke(call);
      case 'introspect':
        return this.#introspect(call);
      case 'userinfo':
        return this.#userInfo(call);
      default:
        return undefined;
    }
  }

  /** Whether a user name and password are the sandbox's; a security token may follow the password. */
  static isLogin(username: string, password: string): boolean {
    return username.toLowerCase() === USERNAME && password.startsWith(PASSWORD);
  }

  #token(call: OAuthCall): Answer {
    const form = formOf(call);
    const grant = form.get('grant_type') ?? '';
    if (grant === JWT_GRANT) return this.#jwtGrant(form, call);
    const refused = checkClient(form, call, grant);
    if (refused !== null) return refused;
    switch (grant) {
      case 'client_credentials':
        return this.#granted(call, { api_instance_url: call.origin });
      case 'password': {
        if (OAuth.isLogin(form.get('username') ?? '', form.get('password') ?? '')) return this.#granted(call, {});
        return oauthError('invalid_grant', 'authentication failure - Invalid Password');
      }
      case 'refresh_token': {
        if (this.#sessions.isRefreshToken(form.get('refresh_token') ?? '')) return this.#granted(call, {});
        return oauthError('invalid_grant', 'expired access/refresh token');
      }
      case 'authorization_code': {
        if (!this.#sessions.redeemCode(form.get('code') ?? '')) return oauthError('invalid_grant', 'expired authorization code');
        return this.#granted(call, { refresh_token: this.#sessions.newRefreshToken() });
      }
      default:
        return oauthError('unsupported_grant_type', 'grant type not supported');
    }
  }

  #granted(call: OAuthCall, more: Readonly<Record<string, string>>): Answer {
    const id = `${call.origin}/id/${this.#org.id}/${this.#org.userId}`;
    const issuedAt = String(this.#org.clock.now());
    const body = {
      access_token: this.#sessions.newAccessToken(),
      ...more,
      signature: createHmac('sha256', CLIENT_SECRET)
        .update(id + issuedAt)
        .digest('base64'),
      scope: 'api',
      instance_url: call.origin,
      id,
      token_type: 'Bearer',
      issued_at: issuedAt,
    };
    return { status: 200, headers: { 'Cache-Control': 'no-cache, no-store' }, body };
  }

  #jwtGrant(form: URLSearchParams, call: OAuthCall): Answer {
    const claims = claimsOf(form.get('assertion') ?? '');
    if (claims === null) return oauthError('invalid_grant', 'invalid assertion');
    if (claims['iss'] !== CLIENT_ID) return oauthError('invalid_client_id', 'client identifier invalid');
    if (plainText(claims['sub']).toLowerCase() !== USERNAME)
      return oauthError('invalid_grant', "user hasn't approved this consumer");
    const audiences = [claims['aud']].flat().map((one) => String(one).replace(/\/+$/, ''));
    if (!audiences.some((one) => one === call.origin || LOGIN_HOSTS.includes(one)))
      return oauthError('invalid_grant', 'audience is invalid');
    // Some clients write ms here: a far future is let pass, only the past is refused, by the client's own clock.
    const expiresMs = Number(claims['exp']) * 1000;
    if (!(expiresMs > this.#org.clock.realNow())) return oauthError('invalid_grant', 'expired authorization code');
    const id = `${call.origin}/id/${this.#org.id}/${this.#org.userId}`;
    const body = {
      access_token: this.#sessions.newAccessToken(),
      scope: 'api',
      instance_url: call.origin,
      id,
      token_type: 'Bearer',
    };
    return { status: 200, headers: { 'Cache-Control': 'no-cache, no-store' }, body };
  }

  /** Approves at once what a person would be asked. */
  #authorize(call: OAuthCall): Answer {
    const form = formOf(call);
    const redirect = form.get('redirect_uri');
    if (form.get('client_id') !== CLIENT_ID) return oauthError('invalid_client_id', 'client identifier invalid');
    if (redirect === null || !URL.canParse(redirect)) return oauthError('redirect_uri_missing', 'redirect_uri not provided');
    const target = new URL(redirect);
    target.searchParams.set('code', this.#sessions.newCode());
    const state = form.get('state');
    if (state !== null) target.searchParams.set('state', state);
    return { status: 302, headers: { Location: target.href } };
  }

  #revoke(call: OAuthCall): Answer {
    if (this.#sessions.revoke(formOf(call).get('token') ?? '')) return { status: 200 };
    return oauthError('unsupported_token_type', 'this token type is not supported');
  }

  #introspect(call: OAuthCall): Answer {
    const form = formOf(call);
    const refused = checkClient(form, call, 'introspect');
    if (refused !== null) return refused;
    const token = form.get('token') ?? '';
    const active = this.#sessions.isLive(token) || this.#sessions.isRefreshToken(token);
    const more = {
      scope: 'api',
      client_id: CLIENT_ID,
      username: USERNAME,
      sub: `${call.origin}/id/${this.#org.id}/${this.#org.userId}`,
    };
    return { status: 200, body: active ? { active, ...more, token_type: 'access_token' } : { active } };
  }

  #userInfo(call: OAuthCall): Answer {
    const refused = this.#checkToken(call);
    if (refused !== null) return refused;
    const { org, user } = this.#user();
    return {
      status: 200,
      body: {
        sub: `${call.origin}/id/${org.id}/${org.userId}`,
        user_id: org.userId,
        organization_id: org.id,
        preferred_username: USERNAME,
        nickname: 'admin',
        name: user.name,
        email: USERNAME,
        email_verified: true,
        given_name: user.firstName,
        family_name: user.lastName,
        zoneinfo: 'GMT',
        urls: urlsOf(call.origin),
        active: true,
        user_type: 'STANDARD',
        language: 'en_US',
        locale: 'en_US',
        utcOffset: 0,
        updated_at: formatInstant(org.clock.now()),
      },
    };
  }

  /** `/id/{organization}/{user}` */
  identity(call: OAuthCall, organizationId: string, userId: string): Answer {
    const refused = this.#checkToken(call);
    if (refused !== null) return refused;
    const { org, user } = this.#user();
    if (organizationId !== org.id || userId !== org.userId) return { status: 404, headers: TEXT, body: 'Bad_Id' };
    return {
      status: 200,
      body: {
        id: `${call.origin}/id/${org.id}/${org.userId}`,
        asserted_user: true,
        user_id: org.userId,
        organization_id: org.id,
        username: USERNAME,
        nick_name: 'admin',
        display_name: user.name,
        email: USERNAME,
        email_verified: true,
        first_name: user.firstName,
        last_name: user.lastName,
        timezone: 'GMT',
        photos: {},
        addr_street: null,
        mobile_phone: null,
        mobile_phone_verified: false,
        is_lightning_login_user: false,
        status: { created_date: null, body: null },
        urls: urlsOf(call.origin),
        active: true,
        user_type: 'STANDARD',
        language: 'en_US',
        locale: 'en_US',
        utcOffset: 0,
        last_modified_date: formatInstant(org.stamp()),
        is_app_installed: true,
      },
    };
  }

  #user(): { org: Organization; user: { name: string; firstName: string; lastName: string } } {
    const users = this.#org.tableOfPath('User');
    const row = users.rowOf(this.#org.userId) ?? 0;
    const text = (name: string): string => String(users.get(row, name) ?? '');
    return { org: this.#org, user: { name: text('Name'), firstName: text('FirstName'), lastName: text('LastName') } };
  }

  #checkToken(call: OAuthCall): Answer | null {
    const form = formOf(call);
    const token = bearerOf(call.headers) ?? form.get('oauth_token') ?? form.get('access_token') ?? undefined;
    if (token === undefined) return { status: 403, headers: TEXT, body: 'Missing_OAuth_Token' };
    return this.#sessions.isLive(token) ? null : { status: 403, headers: TEXT, body: 'Bad_OAuth_Token' };
  }
}

const TEXT = { 'Content-Type': 'text/html;charset=UTF-8' };

function urlsOf(origin: string): Record<string, string> {
  const data = `${origin}/services/data/v{version}/`;
  return {
    enterprise: `${origin}/services/Soap/c/{version}/`,
    metadata: `${origin}/services/Soap/m/{version}/`,
    partner: `${origin}/services/Soap/u/{version}/`,
    rest: data,
    sobjects: `${data}sobjects/`,
    search: `${data}search/`,
    query: `${data}query/`,
    recent: `${data}recent/`,
    tooling_rest: `${data}tooling/`,
  };
}

/** Parameters of the form and of the query. */
function formOf(call: OAuthCall): URLSearchParams {
  const form = new URLSearchParams(call.query);
  for (const [name, value] of new URLSearchParams(call.text)) form.set(name, value);
  return form;
}

function checkClient(form: URLSearchParams, call: OAuthCall, grant: string): Answer | null {
  const basic = /^Basic\s+(.+)$/i.exec(call.headers['authorization'] ?? '')?.[1];
  const [basicId, basicSecret] = basic === undefined ? [] : Buffer.from(basic, 'base64').toString('utf8').split(':');
  const id = form.get('client_id') ?? basicId;
  const secret = form.get('client_secret') ?? basicSecret;
  if (id !== CLIENT_ID) return oauthError('invalid_client_id', 'client identifier invalid');
  const isPublicClient = (grant === 'refresh_token' || grant === 'authorization_code') && secret === undefined;
  if (secret !== CLIENT_SECRET && !isPublicClient) return oauthError('invalid_client', 'invalid client credentials');
  return null;
}

function oauthError(error: string, description: string): Answer {
  return { status: 400, body: { error, error_description: description } };
}

/** The claims of a JWT with a good RS256 signature, or `null`. */
function claimsOf(assertion: string): Readonly<Record<string, unknown>> | null {
  const [header = '', payload = '', signature = '', ...more] = assertion.split('.');
  if (signature === '' || more.length > 0) return null;
  const verify = createVerify('RSA-SHA256').update(`${header}.${payload}`);
  if (!verify.verify(verificationKey(), signature, 'base64url')) return null;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    const { alg } = JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as { alg?: unknown };
    return typeof claims === 'object' && claims !== null && alg === 'RS256' ? (claims as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
