/**
 * The two schemes of the vendor, counted per account: tiers by the minute, or (legacy) calls by the hour.
 * Of the numbers only 35 a minute for the low tier has been seen; the others are this account's own.
 * @source Dotdigital, call rate limits; support article 8592585
 */
import type { Tier } from './exchange.ts';

export type RateScheme = 'tiered' | 'flat';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const A_MINUTE: Readonly<Record<Exclude<Tier, 'unlimited'>, number>> = { low: 35, medium: 150, high: 300 };
const AN_HOUR = 2_000;

export interface RateState {
  readonly allowed: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly waitMs: number;
}

export class RateLimits {
  readonly #scheme: RateScheme;
  readonly #windows = new Map<Tier, { startedAt: number; used: number }>();
  readonly #hour: number[] = [];

  constructor(scheme: RateScheme) {
    this.#scheme = scheme;
  }

  /** Calls of the last hour, and how many more the legacy scheme takes. */
  hour(now: number): { readonly lastHour: number; readonly remaining: number } {
    while (this.#hour.length > 0 && this.#hour[0]! <= now - HOUR_MS) this.#hour.shift();
    return { lastHour: this.#hour.length, remaining: Math.max(0, AN_HOUR - this.#hour.length) };
  }

  /** @param now in ms, of the clock by which limits refill; @param shown the moment that headers tell of */
  take(tier: Tier, now: number, shown: number): RateState {
    const { lastHour } = this.hour(now);
    if (this.#scheme === 'flat') {
      const allowed = lastHour < AN_HOUR;
      if (allowed) this.#hour.push(now);
      return { allowed, headers: {}, waitMs: allowed ? 0 : this.#hour[0]! + HOUR_MS - now };
    }
    this.#hour.push(now);
    if (tier === 'unlimited') return { allowed: true, headers: {}, waitMs: 0 };
    const limit = A_MINUTE[tier];
    let window = this.#windows.get(tier);
    if (window === undefined || now - window.startedAt >= MINUTE_MS) {
      window = { startedAt: now, used: 0 };
      this.#windows.set(tier, window);
    }
    const allowed = window.used < limit;
    if (allowed) window.used += 1;
    const waitMs = window.startedAt + MINUTE_MS - now;
    const headers = {
      'X-RateLimit-Limit': String(limit),
      'X-RateLimit-Remaining': String(limit - window.used),
      'X-RateLimit-Reset': String(Math.ceil((shown + waitMs) / 1000)),
      'X-RateLimit-Scope': `${tier}CallRate`,
    };
    return { allowed, headers, waitMs: allowed ? 0 : waitMs };
  }
}
