/**
 * Single sign-on to the web application. The vendor documents no call that these tokens would authorise.
 * @source developer.dotdigital.com/docs/using-oauth-20-with-dotdigital; the paths are those of the public CRM bundle's client
 */
import { createCallMeter } from '../../http/call-meter.ts';
import { createHttpClient, type HttpAnswer, type Refusal } from '../../http/client.ts';
import { ProviderError } from '../../model/errors.ts';
import type { SignOn, SignOnOptions, SignOnTokens } from '../sign-on.ts';
import { isRegion, normalizeEndpoint } from './region.ts';

/** UNVERIFIED: public clients know these hosts under the vendor's former domain; an account with one of its own names it as its portal. */
const LOGIN_PORTAL = 'https://login.dotdigital.com';
const TOKEN_PORTAL = 'https://r1-app.dotdigital.com';

const AUTHORISE_PATH = '/OAuth2/authorise.aspx';
const TOKEN_PATH = '/OAuth2/Tokens.ashx';
const SCOPE = 'Account';

export function createSignOn(options: SignOnOptions): SignOn {
  const { integration, clientId, clientSecret } = options;
  const given = normalizeEndpoint(options.endpoint);
  // Outside of the vendor's regions, as in a rehearsal, everything is in one place.
  const own = options.portal?.replace(/\/$/, '') ?? (isRegion(given) ? undefined : given);
  const client = createHttpClient({
    integration,
    label: 'Dotdigital',
    endpoint: own ?? TOKEN_PORTAL,
    clock: options.clock,
    random: options.random,
    settings: options.http,
    meter: createCallMeter(integration),
    interpret: refusalOf,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });

  async function tokens(grant: Readonly<Record<string, string>>): Promise<SignOnTokens> {
    const form = { ...grant, client_id: clientId.reveal(), client_secret: clientSecret.reveal() };
    const { json } = await client.call({ method: 'POST', path: TOKEN_PATH, form });
    const { access_token: accessToken, refresh_token: refreshToken } = (json ?? {}) as Readonly<Record<string, unknown>>;
    if (typeof accessToken !== 'string' || typeof refreshToken !== 'string' || accessToken === '' || refreshToken === '')
      throw new ProviderError('PROVIDER_UNEXPECTED_ANSWER', 'Dotdigital gave no tokens.', { integration });
    return { accessToken, refreshToken };
  }

  return {
    authorisesCalls: false,
    address(redirect, state) {
      const page = new URL(`${own ?? LOGIN_PORTAL}${AUTHORISE_PATH}`);
      page.searchParams.set('redirect_uri', redirect);
      page.searchParams.set('response_type', 'code');
      page.searchParams.set('scope', SCOPE);
      page.searchParams.set('state', state);
      page.searchParams.set('client_id', clientId.reveal());
      return page.href;
    },
    exchange: (code, redirect) => tokens({ grant_type: 'authorization_code', code, redirect_uri: redirect }),
    refresh: (refreshToken) => tokens({ grant_type: 'refresh_token', refresh_token: refreshToken }),
    close: () => client.close(),
  };
}

/** Whatever the status is, a body that names an error is one. */
function refusalOf({ json }: HttpAnswer): Refusal | undefined {
  const { error, error_description: description } = (json ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof error !== 'string') return undefined;
  return {
    code: 'PROVIDER_AUTHENTICATION_FAILED',
    vendorCode: error,
    words: typeof description === 'string' ? description : error,
    retryable: false,
    nothingHappened: true,
  };
}
