import type { DiagnosticCode } from './diagnostics/codes.ts';

export interface ErrorOptions {
  /** What was found, a sentence a line. */
  readonly facts?: readonly string[];
  /** What to do next; a command stands alone on its line, ready to copy. */
  readonly hint?: string;
  /** Address, integration or record concerned. */
  readonly address?: string;
  readonly fault?: 'user' | 'vendor' | 'ours';
  readonly cause?: unknown;
}

/** What stops a run. Everything that can be reported beside other faults is a Diagnostic instead. */
export class SynclineError extends Error {
  readonly code: DiagnosticCode;
  readonly facts: readonly string[];
  readonly hint: string | undefined;
  readonly address: string | undefined;
  readonly fault: 'user' | 'vendor' | 'ours';

  constructor(code: DiagnosticCode, detail: string, options: ErrorOptions = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'SynclineError';
    this.code = code;
    this.facts = options.facts ?? [];
    this.hint = options.hint;
    this.address = options.address;
    this.fault = options.fault ?? 'user';
  }
}

/**
 * A vendor refused or did not answer. `retryable` says that the same call may succeed later;
 * `outcomeUnknown` that the call may have taken effect although no answer came.
 */
export class ProviderError extends SynclineError {
  readonly integration: string;
  readonly retryable: boolean;
  readonly outcomeUnknown: boolean;
  readonly retryAfterSeconds: number | undefined;
  /** The vendor's own code and HTTP status, where there were any. */
  readonly vendorCode: string | undefined;
  readonly status: number | undefined;

  constructor(
    code: DiagnosticCode,
    detail: string,
    options: ErrorOptions & {
      integration: string;
      retryable?: boolean;
      outcomeUnknown?: boolean;
      retryAfterSeconds?: number | undefined;
      vendorCode?: string | undefined;
      status?: number | undefined;
    },
  ) {
    super(code, detail, { fault: 'vendor', ...options });
    this.name = 'ProviderError';
    this.integration = options.integration;
    this.retryable = options.retryable ?? false;
    this.outcomeUnknown = options.outcomeUnknown ?? false;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.vendorCode = options.vendorCode;
    this.status = options.status;
  }
}
