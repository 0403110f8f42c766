/** What became of writes. */
import type { DiagnosticCode } from '../../model/diagnostics/codes.ts';
import type { WriteOutcome } from '../provider.ts';

export type Failed = Extract<WriteOutcome, { status: 'failed' }>;

export function failed(code: DiagnosticCode, message: string, fields: readonly string[] = []): Failed {
  return { status: 'failed', code, message, retryable: false, ...(fields.length === 0 ? {} : { fields }) };
}

export function unknown(message: string): WriteOutcome {
  return { status: 'unknown', message };
}

export function missing(): Failed {
  return { ...failed('PROVIDER_RECORD_MISSING', 'The Dotdigital contact does not exist any more.'), gone: true };
}
