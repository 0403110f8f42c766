/**
 * What a failed call means: Salesforce's status and error code as a ProviderError.
 *
 * `retryable` says that the same call may succeed later; `outcomeUnknown` that a change may have
 * been made all the same. Whether it is repeated is decided by who sends it.
 */
import { ProviderError } from '../../model/errors.ts';
import type { DiagnosticCode } from '../../model/diagnostics/codes.ts';
import { vendorWords } from '../../http/vendor-words.ts';

/** Codes of refusals that clear by themselves, although their HTTP status says otherwise. */
const PASSING_CODES: ReadonlySet<string> = new Set(['UNABLE_TO_LOCK_ROW', 'QUERY_TIMEOUT']);

interface Refusal {
  readonly status: number;
  readonly code: string | undefined;
  readonly message: string;
  readonly retryAfterMs?: number | undefined;
}

/** The failure of a call that Salesforce answered with an error. */
export function refusalToError(refusal: Refusal, integration: string): ProviderError {
  const verdict = judge(refusal);
  const said = `${refusal.code ?? `HTTP ${String(refusal.status)}`}: ${vendorWords(withoutTags(refusal.message))}`;
  return new ProviderError(verdict.code, `Salesforce answered ${said}`, {
    integration,
    retryable: verdict.retryable ?? false,
    outcomeUnknown: verdict.outcomeUnknown ?? false,
    retryAfterSeconds: refusal.retryAfterMs === undefined ? undefined : Math.ceil(refusal.retryAfterMs / 1000),
    vendorCode: refusal.code,
    status: refusal.status,
    ...(verdict.hint === undefined ? {} : { hint: verdict.hint }),
  });
}

function judge({ status, code, message }: Refusal): {
  code: DiagnosticCode;
  retryable?: boolean;
  outcomeUnknown?: boolean;
  hint?: string;
} {
  if (status === 401) return { code: 'PROVIDER_AUTHENTICATION_FAILED' };
  if (code === 'REQUEST_LIMIT_EXCEEDED') {
    // One code for two limits. The concurrent one clears within seconds, the daily one within hours.
    return /concurrent/i.test(message)
      ? { code: 'PROVIDER_RATE_LIMITED', retryable: true }
      : { code: 'PROVIDER_DAILY_LIMIT', hint: 'The limit counts the last 24 hours. Run again later; the run continues.' };
  }
  if (status === 403) return { code: 'PROVIDER_PERMISSION_DENIED' };
  if (status === 429) return { code: 'PROVIDER_RATE_LIMITED', retryable: true };
  if (status === 420 || status >= 500) return { code: 'PROVIDER_UNAVAILABLE', retryable: true, outcomeUnknown: true };
  if (code !== undefined && PASSING_CODES.has(code)) return { code: 'PROVIDER_REFUSED', retryable: true };
  if (code === 'INVALID_FIELD') {
    return {
      code: 'PROVIDER_REFUSED',
      hint: 'A field that exists may still be hidden from this user: grant it in a permission set (field-level security).',
    };
  }
  return { code: 'PROVIDER_REFUSED' };
}

/** An answer of a shape that the documentation does not describe. It may be a body that was cut short. */
export function unexpectedAnswer(integration: string, detail: string, status?: number): ProviderError {
  return new ProviderError('PROVIDER_UNEXPECTED_ANSWER', detail, { integration, retryable: true, outcomeUnknown: true, status });
}

/** Maintenance pages come as HTML. */
function withoutTags(text: string): string {
  return text.replace(/<[^>]*>/g, ' ');
}
