/** Signing on to a vendor's web application, by the authorization code grant of OAuth 2 (RFC 6749, section 4.1). */
import type { Secret } from '../model/secret.ts';
import type { ConnectOptions } from './provider.ts';

export interface SignOnOptions extends Pick<ConnectOptions, 'integration' | 'endpoint' | 'clock' | 'random' | 'http' | 'signal'> {
  readonly clientId: Secret;
  readonly clientSecret: Secret;
  /** Where the web application is, where that is not what the vendor's documents say. */
  readonly portal: string | undefined;
}

export interface SignOnTokens {
  readonly accessToken: string;
  /** Each use makes another one, and ends this one. */
  readonly refreshToken: string;
}

export interface SignOn {
  /** Whether the tokens authorise calls of the vendor's interface as well. */
  readonly authorisesCalls: boolean;
  /**
   * The page where a person agrees.
   * @param redirect the address that the vendor sends the browser back to, with a code and the same state
   */
  address(redirect: string, state: string): string;
  /** @throws ProviderError PROVIDER_AUTHENTICATION_FAILED for a code that does not hold (any more) */
  exchange(code: string, redirect: string): Promise<SignOnTokens>;
  /** @throws ProviderError PROVIDER_AUTHENTICATION_FAILED for a token that does not hold (any more) */
  refresh(refreshToken: string): Promise<SignOnTokens>;
  close(): Promise<void>;
}
