/** Limits of the HTTP client; every integration may lower them. */
export interface HttpSettings {
  readonly connectTimeoutMs: number;
  readonly headersTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  /** One call, retries not included. */
  readonly callTimeoutMs: number;
  /** Attempts in all, the first included. */
  readonly attempts: number;
  /** First delay of the full-jitter backoff, and its cap. */
  readonly retryBaseMs: number;
  readonly retryCapMs: number;
  /** The longest `Retry-After` that is waited for; beyond it the run stops. */
  readonly retryAfterCapMs: number;
  /** The most bytes that are read of one answer. */
  readonly maxBodyBytes: number;
}

export const DEFAULT_HTTP_SETTINGS: HttpSettings = {
  connectTimeoutMs: 10_000,
  headersTimeoutMs: 60_000,
  bodyTimeoutMs: 30_000,
  callTimeoutMs: 120_000,
  attempts: 6,
  retryBaseMs: 500,
  retryCapMs: 60_000,
  retryAfterCapMs: 15 * 60_000,
  maxBodyBytes: 64 * 1024 * 1024,
};
