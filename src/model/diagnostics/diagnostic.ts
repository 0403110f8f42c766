import type { DiagnosticCode } from './codes.ts';

/** A place in a configuration file: 1-based lines and columns, path relative to the working folder. */
export interface SourceRange {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  /** The source line itself, for display under the message. */
  readonly text?: string;
}

/** A located error or warning for a person. Collected and returned, so that one run reports every fault. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  readonly code: DiagnosticCode;
  /** Full sentences: what is wrong, with names and values; why, if that is not plain. Secrets never. */
  readonly detail: string;
  readonly address?: string;
  readonly source?: SourceRange;
  readonly hint?: string;
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === 'error');
}
