/** What became of writes. */
import { ProviderError } from '../../model/errors.ts';
import type { DiagnosticCode } from '../../model/diagnostics/codes.ts';
import type { WriteOutcome } from '../provider.ts';

export type Failed = Extract<WriteOutcome, { status: 'failed' }>;

/** Refusals that are not the record's fault: the same request may go through in a later run. */
const NOT_THE_RECORD: ReadonlySet<DiagnosticCode> = new Set<DiagnosticCode>([
  'PROVIDER_AUTHENTICATION_FAILED',
  'PROVIDER_DAILY_LIMIT',
  'PROVIDER_RATE_LIMITED',
  'PROVIDER_UNREACHABLE',
  'PROVIDER_UNAVAILABLE',
]);

/** The outcome that an error means for one request. Whatever is not the vendor's failure is thrown on. */
export function outcomeOf(error: unknown): WriteOutcome {
  if (!(error instanceof ProviderError)) throw error;
  if (error.outcomeUnknown) return { status: 'unknown', message: error.message };
  return {
    status: 'failed',
    code: error.code,
    message: error.message,
    retryable: error.retryable || NOT_THE_RECORD.has(error.code),
    ...(error.code === 'PROVIDER_RECORD_MISSING' ? { gone: true } : {}),
    ...(error.code === 'PROVIDER_DUPLICATE_RECORD' ? { fields: ['email'] } : {}),
  };
}

export function failed(code: DiagnosticCode, message: string, fields: readonly string[] = []): Failed {
  return { status: 'failed', code, message, retryable: false, ...(fields.length === 0 ? {} : { fields }) };
}

export function unknown(message: string): WriteOutcome {
  return { status: 'unknown', message };
}

export function missing(): Failed {
  return { ...failed('PROVIDER_RECORD_MISSING', 'The Dotdigital contact does not exist any more.'), gone: true };
}
