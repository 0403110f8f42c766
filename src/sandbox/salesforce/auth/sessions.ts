/** Access tokens, refresh tokens and authorization codes, made from a counter so that a reset repeats them. */
import { createHash } from 'node:crypto';
import type { Organization } from '../data/organization.ts';
import { shortId } from '../data/ids.ts';

/** A session ends after this much inactivity. UNVERIFIED: Salesforce's default. */
const SESSION_MS = 2 * 3_600_000;
const CODE_MS = 15 * 60_000;

export class Sessions {
  readonly #org: Organization;
  /** Access token -> when it was last used. */
  readonly #access = new Map<string, number>();
  readonly #refresh = new Set<string>();
  /** Authorization code -> when it was made. */
  readonly #codes = new Map<string, number>();
  #count = 0;

  constructor(org: Organization) {
    this.#org = org;
  }

  newAccessToken(): string {
    const token = `${shortId(this.#org.id)}!AQ${this.#letters(94)}`;
    this.#access.set(token, this.#org.clock.now());
    return token;
  }

  newRefreshToken(): string {
    const token = `5Aep8${this.#letters(82)}`;
    this.#refresh.add(token);
    return token;
  }

  newCode(): string {
    const code = `aPrx${this.#letters(60)}`;
    this.#codes.set(code, this.#org.clock.now());
    return code;
  }

  /** Whether a token opens the API now; using it keeps the session alive. */
  isLive(token: string | undefined): boolean {
    if (token === undefined) return false;
    const usedAt = this.#access.get(token);
    const now = this.#org.clock.now();
    if (usedAt === undefined || now - usedAt > SESSION_MS) return false;
    this.#access.set(token, now);
    return true;
  }

  isRefreshToken(token: string): boolean {
    return this.#refresh.has(token);
  }

  /** Takes a code, which works once. */
  redeemCode(code: string): boolean {
    const madeAt = this.#codes.get(code);
    this.#codes.delete(code);
    return madeAt !== undefined && this.#org.clock.now() - madeAt < CODE_MS;
  }

  revoke(token: string): boolean {
    const knew = this.#access.delete(token);
    return this.#refresh.delete(token) || knew;
  }

  #letters(length: number): string {
    this.#count += 1;
    let text = '';
    for (let part = 0; text.length < length; part += 1) {
      text += createHash('sha256')
        .update(`salesforce sandbox token ${this.#count}/${part}`)
        .digest('base64')
        .replaceAll(/[+/=]/g, '_');
    }
    return text.slice(0, length);
  }
}

/** The token of `Authorization: Bearer`, `OAuth`, or a Bulk client's own header. */
export function bearerOf(headers: Readonly<Record<string, string>>): string | undefined {
  const match = /^(?:Bearer|OAuth)\s+(.+)$/i.exec(headers['authorization'] ?? '');
  return match?.[1]?.trim() ?? headers['x-sfdc-session'];
}
