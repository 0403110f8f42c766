/** The vendor's two limits: five calls a second for everything, and a count of imports a minute. Times are in ms. */

/** Most calls that a rested account takes at once, and what it regains each second. */
export const CALLS_PER_SECOND = 5;
/** 5 a second, a call a piece. */
const REFILL_MS = 1000 / CALLS_PER_SECOND;
/** Timers and sockets jitter: a call that comes this little early is let through. */
const TOLERANCE = 0.05;
const MINUTE_MS = 60_000;
const SINGLE_IMPORTS_PER_MINUTE = 20;
const IMPORTS_PER_MINUTE = 100;

export interface BucketState {
  readonly allowed: boolean;
  readonly remaining: number;
  /** Whole seconds until a call is let through; at least 1. */
  readonly retryAfterSeconds: number;
}

export class TokenBucket {
  #tokens = CALLS_PER_SECOND;
  #filledAt: number | null = null;

  /** Takes one token at the time `now`, if there is one. */
  take(now: number): BucketState {
    const passed = this.#filledAt === null ? 0 : Math.max(0, now - this.#filledAt);
    this.#filledAt = now;
    this.#tokens = Math.min(CALLS_PER_SECOND, this.#tokens + passed / REFILL_MS);
    const allowed = this.#tokens >= 1 - TOLERANCE;
    if (allowed) this.#tokens -= 1;
    const missingMs = Math.max(0, 1 - this.#tokens) * REFILL_MS;
    return {
      allowed,
      remaining: Math.max(0, Math.floor(this.#tokens)),
      retryAfterSeconds: Math.max(1, Math.ceil(missingMs / 1000)),
    };
  }
}

/** Counts imports of the last minute: 20 that hold one contact, 100 of the others. */
export class ImportQuota {
  readonly #single: number[] = [];
  readonly #batches: number[] = [];

  /** The limit that a further import would break, or `undefined` after counting it. */
  take(contacts: number, now: number): number | undefined {
    const times = contacts === 1 ? this.#single : this.#batches;
    const limit = contacts === 1 ? SINGLE_IMPORTS_PER_MINUTE : IMPORTS_PER_MINUTE;
    while (times.length > 0 && times[0]! <= now - MINUTE_MS) times.shift();
    if (times.length >= limit) return limit;
    times.push(now);
    return undefined;
  }
}
