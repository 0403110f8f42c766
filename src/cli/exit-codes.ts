import type { DiagnosticCode } from '../model/diagnostics/codes.ts';

/** What pipelines branch on; `cli.md` of the project's contract fixes them. */
export const EXIT = {
  success: 0,
  error: 1,
  difference: 2,
  waiting: 3,
  refused: 4,
  locked: 5,
  interrupted: 130,
} as const;

const REFUSED: ReadonlySet<DiagnosticCode> = new Set<DiagnosticCode>([
  'RECORD_GUARD',
  'RECORD_CEILING',
  'RECORD_WRONG_ACCOUNT',
  'RECORD_EMPTY_END',
  'POLICY_REFUSED',
  'PLAN_STALE',
  'PLAN_TAMPERED',
  'STATE_STALE_SERIAL',
  'STATE_FORKED',
  'STATE_ROLLED_BACK',
]);

const LOCKED: ReadonlySet<DiagnosticCode> = new Set<DiagnosticCode>(['STORAGE_LOCKED']);

export function exitCodeOf(code: DiagnosticCode): number {
  return REFUSED.has(code) ? EXIT.refused : LOCKED.has(code) ? EXIT.locked : EXIT.error;
}
