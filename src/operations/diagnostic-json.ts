/** Diagnostics as machine output. Every key is always there; what does not apply is `null`. */
import { DIAGNOSTIC_CODES } from '../model/diagnostics/codes.ts';
import type { Diagnostic } from '../model/diagnostics/diagnostic.ts';
import { SynclineError } from '../model/errors.ts';

export interface DiagnosticJson {
  readonly severity: 'error' | 'warning';
  /** `null` for a failure that is none of ours to name: a bug, or the operating system. */
  readonly code: string | null;
  readonly summary: string;
  readonly detail: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
  readonly address: string | null;
  readonly hint: string | null;
}

export function diagnosticJson(diagnostic: Diagnostic): DiagnosticJson {
  return {
    severity: diagnostic.severity,
    code: diagnostic.code,
    summary: DIAGNOSTIC_CODES[diagnostic.code].summary,
    detail: diagnostic.detail,
    file: diagnostic.source?.file ?? null,
    line: diagnostic.source?.line ?? null,
    column: diagnostic.source?.column ?? null,
    address: diagnostic.address ?? null,
    hint: diagnostic.hint ?? null,
  };
}

/** What stopped a run, as a diagnostic. */
export function errorJson(error: unknown): DiagnosticJson {
  const nowhere = { severity: 'error' as const, file: null, line: null, column: null };
  if (error instanceof SynclineError) {
    const { summary } = DIAGNOSTIC_CODES[error.code];
    return {
      ...nowhere,
      code: error.code,
      summary,
      detail: [error.message, ...error.facts].join(' '),
      address: error.address ?? null,
      hint: error.hint ?? null,
    };
  }
  const system = systemError(error);
  const detail = error instanceof Error ? error.message : String(error);
  return {
    ...nowhere,
    code: null,
    summary: system ? 'Operating system error' : 'Unexpected failure',
    detail,
    address: null,
    hint: system ? null : BUG,
  };
}

export const BUG = 'This is a bug in Syncline, please report it.';

/** Whether the operating system refused something, as `ENOENT` or `EACCES` do. */
export function systemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && typeof error.syscall === 'string';
}
