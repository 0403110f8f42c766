import type { Clock } from '../model/time.ts';

/** Spaces calls out so that a vendor's limit is kept rather than run into. */
export interface RateLimiter {
  /** Resolves, in the order of the calls, when the next request may be sent. Rejects with the signal's reason. */
  acquire(signal?: AbortSignal): Promise<void>;
  /** Lets nothing pass before this instant (ms since the epoch, by the limiter's clock). */
  hold(untilMs: number): void;
}

/**
 * A token bucket on an injected clock: `burst` calls at once, then `ratePerSecond`.
 *
 * Waiting callers are served one after the other, so that a virtual clock is slept on by one
 * caller at a time and the order of requests stays that of the calls.
 */
export function createRateLimiter(options: {
  readonly ratePerSecond: number;
  readonly burst: number;
  readonly clock: Clock;
}): RateLimiter {
  const { ratePerSecond, burst, clock } = options;
  const millisecondsPerToken = 1000 / ratePerSecond;
  let tokens = burst;
  let refilledAt = clock.now();
  let heldUntil = Number.NEGATIVE_INFINITY;
  let lastTurn: Promise<void> = Promise.resolve();

  async function take(signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      signal?.throwIfAborted();
      const now = clock.now();
      tokens = Math.min(burst, tokens + Math.max(0, now - refilledAt) / millisecondsPerToken);
      refilledAt = now;
      // Refills are sums of fractions: the last of them must not cost another sleep of 0 ms.
      const untilToken = tokens > 1 - 1e-6 ? 0 : (1 - tokens) * millisecondsPerToken;
      const waitMs = Math.max(heldUntil - now, untilToken);
      if (waitMs <= 0) {
        tokens = Math.max(0, tokens - 1);
        return;
      }
      await clock.sleep(Math.ceil(waitMs), signal);
    }
  }

  return {
    acquire(signal) {
      const turn = lastTurn.then(() => take(signal));
      lastTurn = turn.catch(() => undefined);
      return turn;
    },
    hold(untilMs) {
      heldUntil = Math.max(heldUntil, untilMs);
    },
  };
}
