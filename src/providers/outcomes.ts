/** What an error means for a write, whoever the vendor is. */
import { ProviderError } from '../model/errors.ts';
import type { DiagnosticCode } from '../model/diagnostics/codes.ts';
import type { WriteOutcome } from './provider.ts';

/** Refusals that are not the record's fault: the same request may go through in a later run. */
const NOT_THE_RECORD: ReadonlySet<DiagnosticCode> = new Set<DiagnosticCode>([
  'PROVIDER_AUTHENTICATION_FAILED',
  'PROVIDER_DAILY_LIMIT',
  'PROVIDER_RATE_LIMITED',
  'PROVIDER_UNREACHABLE',
  'PROVIDER_UNAVAILABLE',
]);

/**
 * The outcome that an error means for one request. Whatever is not the vendor's failure is thrown on.
 * @param keyField the field that a duplicate has in common with another record
 */
export function outcomeOf(error: unknown, keyField: string): WriteOutcome {
  if (!(error instanceof ProviderError)) throw error;
  if (error.outcomeUnknown) return { status: 'unknown', message: error.message };
  return {
    status: 'failed',
    code: error.code,
    message: error.message,
    retryable: error.retryable || NOT_THE_RECORD.has(error.code),
    ...(error.code === 'PROVIDER_RECORD_MISSING' ? { gone: true } : {}),
    ...(error.code === 'PROVIDER_DUPLICATE_RECORD' ? { fields: [keyField] } : {}),
  };
}

/**
 * The outcome of a request of which a part took effect before the rest was refused. What stands there would pass for the
 * edit of a person if the whole counted as refused: it is looked up instead, and what is left is tried by itself.
 */
export function partlyApplied(outcome: WriteOutcome): WriteOutcome {
  return outcome.status === 'failed' && outcome.gone !== true ? { status: 'unknown', message: outcome.message } : outcome;
}
