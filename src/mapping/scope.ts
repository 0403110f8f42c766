/**
 * Who enters a link from an end: the `enter` of its YAML, compiled to a pure question.
 *
 * A flag and a criterion are about the record as it is now, so a record can stop to meet them and then
 * leaves. Everyone, nobody and a time of creation say who may enter, and nobody leaves by them.
 */
import type { DiagnosticCode } from '../model/diagnostics/codes.ts';
import type { FieldDescription, FieldValues } from '../model/value.ts';
import { compileExpression } from './expression.ts';
import type { EndName } from './mapping.ts';

export type EnterRule = 'everyone' | 'nobody' | EnterCondition;

export interface EnterCondition {
  /** A boolean field. */
  readonly flag?: string;
  /** A CEL expression over the fields of the end, under the end's name. */
  readonly criteria?: string;
  /** An instant: records that were created from then on. */
  readonly createdAfter?: string;
}

export interface Scope {
  /** Whether the rule looks at the record at all. */
  readonly conditional: boolean;
  /** Whether a record that met the rule can stop to. */
  readonly watched: boolean;
  /** Paths that are read for the rule. */
  readonly paths: readonly string[];
  /** Whether a record meets the rule; `undefined` where that cannot be told of its values. */
  admits(values: FieldValues): boolean | undefined;
}

export interface ScopeFault {
  readonly code: DiagnosticCode;
  /** The setting at fault. */
  readonly setting: keyof EnterCondition;
  readonly detail: string;
  readonly hint?: string;
}

export type ScopeCompilation = { readonly scope: Scope } | { readonly faults: readonly ScopeFault[] };

export const EVERYONE: Scope = { conditional: false, watched: false, paths: [], admits: () => true };
export const NOBODY: Scope = { conditional: false, watched: false, paths: [], admits: () => false };

/**
 * Compiles a rule. Never throws.
 *
 * @param fields what is known of the end's fields; what is not known is not judged
 * @param createdPath the field that tells when a record was created, where the vendor has one
 */
export function compileScope(
  enter: EnterRule,
  end: EndName,
  fields: ReadonlyMap<string, FieldDescription>,
  createdPath: string | undefined,
): ScopeCompilation {
  if (enter === 'everyone') return { scope: EVERYONE };
  if (enter === 'nobody') return { scope: NOBODY };
  if (enter.flag !== undefined) return flagScope(enter.flag, fields);
  if (enter.criteria !== undefined) return criteriaScope(enter.criteria, end, fields);
  return createdScope(enter.createdAfter!, createdPath);
}

function flagScope(path: string, fields: ReadonlyMap<string, FieldDescription>): ScopeCompilation {
  const type = fields.get(path)?.type;
  if (type !== undefined && type !== 'boolean') {
    const detail = `A flag is a boolean field, and "${path}" is of the type ${type}.`;
    return { faults: [{ code: 'LINK_SCOPE_INVALID', setting: 'flag', detail, hint: 'compare it in criteria instead' }] };
  }
  return { scope: { conditional: true, watched: true, paths: [path], admits: (values) => values[path] === true } };
}

function criteriaScope(source: string, end: EndName, fields: ReadonlyMap<string, FieldDescription>): ScopeCompilation {
  const compiled = compileExpression(source, { [end]: fields });
  if ('faults' in compiled) return { faults: compiled.faults.map((fault) => ({ ...fault, setting: 'criteria' })) };
  const { expression } = compiled;
  if (expression.resultKind !== 'boolean' && expression.resultKind !== 'unknown') {
    const detail = `A criterion is true or false; this one gives ${expression.resultKind}.`;
    return { faults: [{ code: 'LINK_SCOPE_INVALID', setting: 'criteria', detail }] };
  }
  return {
    scope: {
      conditional: true,
      watched: true,
      paths: expression.reads[end] ?? [],
      admits(values) {
        const result = expression.evaluate({ [end]: values });
        return 'value' in result && typeof result.value === 'boolean' ? result.value : undefined;
      },
    },
  };
}

function createdScope(instant: string, path: string | undefined): ScopeCompilation {
  const from = Date.parse(instant);
  if (path === undefined) {
    const detail = 'The vendor of this end does not tell in any field when a record was created.';
    return { faults: [{ code: 'LINK_SCOPE_INVALID', setting: 'createdAfter', detail, hint: 'use a flag or criteria' }] };
  }
  return {
    scope: {
      conditional: true,
      watched: false,
      paths: [path],
      admits(values) {
        const created = values[path];
        return typeof created === 'string' ? Date.parse(created) >= from : undefined;
      },
    },
  };
}
