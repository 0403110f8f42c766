import type { DiagnosticCode } from '../model/diagnostics/codes.ts';
import type { Diagnostic, SourceRange } from '../model/diagnostics/diagnostic.ts';
import { addressOf } from '../model/address.ts';
import type { SpecificationPath } from './specification.ts';

/** Finds the place of a part of the specification in its file. */
export type Locate = (path: (string | number)[]) => SourceRange | undefined;

/** Collects the diagnostics of one mapping, each at its place. */
export interface Findings {
  readonly diagnostics: readonly Diagnostic[];
  error(code: DiagnosticCode, path: SpecificationPath, detail: string, hint?: string): void;
  warning(code: DiagnosticCode, path: SpecificationPath, detail: string, hint?: string): void;
}

export function collectFindings(mapping: string, locate?: Locate): Findings {
  const diagnostics: Diagnostic[] = [];

  function add(
    severity: Diagnostic['severity'],
    code: DiagnosticCode,
    path: SpecificationPath,
    detail: string,
    hint?: string,
  ): void {
    const source = locate?.([...path]);
    diagnostics.push({
      severity,
      code,
      detail,
      address: addressOf('Mapping', mapping),
      ...(source === undefined ? {} : { source }),
      ...(hint === undefined ? {} : { hint }),
    });
  }

  return {
    diagnostics,
    error: (...finding) => add('error', ...finding),
    warning: (...finding) => add('warning', ...finding),
  };
}
