import type { Diagnostic } from '../model/diagnostics/diagnostic.ts';
import type { DocumentSource } from './document-source.ts';
import { API_VERSION } from './document-source.ts';
import { explainErrors } from './schema-diagnostics.ts';
import type { Finding } from './schema-diagnostics.ts';
import { knownKinds, validateKind } from './schema-validator.ts';
import { didYouMean, nearest } from './suggestion.ts';
import type { ValuePath } from './value-reader.ts';

/** The value of a document after validation, everything that is not valid left out of it. */
export interface ValidatedDocument {
  readonly source: DocumentSource;
  readonly diagnostics: readonly Diagnostic[];
  /** Whether the value satisfies its schema; then nothing is missing from it and defaults are filled in. */
  readonly valid: boolean;
  readonly value: Readonly<Record<string, unknown>>;
}

/** Further faults of one document are counted, not listed. */
const MAX_LISTED = 100;
/** A document with more faults is hostile, or none of ours. */
const MAX_EXPLAINED = 1_000;

export function validateDocument(source: DocumentSource): ValidatedDocument {
  const findings: Finding[] = source.problems.map((problem) => ({
    ...problem,
    source: source.file.range(problem.start, problem.end),
  }));
  const value = structuredClone(source.value) as Record<string, unknown>;
  const { kind } = source;
  if (source.unreadable) return { source, diagnostics: toDiagnostics(source, findings), valid: false, value: {} };
  if (value['apiVersion'] === undefined) {
    // Only a misspelt one can have brought the document here.
    findings.push(...explainMisspelt(source, value, 'apiVersion'));
  } else if (value['apiVersion'] !== API_VERSION) {
    findings.push({
      code: 'CONFIG_UNSUPPORTED_VERSION',
      detail: `This release does not read ${JSON.stringify(value['apiVersion']).slice(0, 80)}.`,
      hint: `it reads ${API_VERSION}`,
      source: source.valueRange(['apiVersion']),
      path: ['apiVersion'],
    });
  } else if (kind === undefined || !knownKinds().includes(kind)) {
    if (!source.problems.some((problem) => problem.path.length === 0 && problem.incomplete))
      findings.push(explainKind(source, value));
  } else {
    const errors = validateKind(kind, value);
    findings.push(...explainErrors(source, errors.slice(0, MAX_EXPLAINED)));
    for (const finding of findings) remove(value, finding.path);
    // Then some of what is wrong is still in the value.
    if (errors.length > MAX_EXPLAINED) return { source, diagnostics: toDiagnostics(source, findings), valid: false, value: {} };
    return {
      source,
      diagnostics: toDiagnostics(source, findings),
      valid: errors.length === 0 && source.problems.length === 0,
      value,
    };
  }
  return { source, diagnostics: toDiagnostics(source, findings), valid: false, value: {} };
}

function explainKind(source: DocumentSource, value: Readonly<Record<string, unknown>>): Finding {
  const kinds = knownKinds();
  const kind = value['kind'];
  if (typeof kind === 'string') {
    const detail = `There is no kind "${kind.slice(0, 80)}".`;
    return { code: 'CONFIG_UNKNOWN_KIND', detail, hint: didYouMean(kind, kinds), source: source.valueRange(['kind']), path: [] };
  }
  if (kind !== undefined) {
    return {
      code: 'CONFIG_WRONG_TYPE',
      detail: '"kind" must be text.',
      hint: `it is one of ${kinds.join(', ')}`,
      source: source.valueRange(['kind']),
      path: [],
    };
  }
  const missing = {
    code: 'CONFIG_MISSING_KEY',
    detail: 'The document needs "kind".',
    hint: `it is one of ${kinds.join(', ')}`,
    source: source.keyRange([]),
    path: [],
  } as const;
  return explainMisspelt(source, value, 'kind')[0] ?? missing;
}

/** What was probably meant for a key at the top, where there is such a key. */
function explainMisspelt(source: DocumentSource, value: Readonly<Record<string, unknown>>, name: string): readonly Finding[] {
  const misspelt = Object.keys(value).find((key) => nearest(key, [name]) !== undefined);
  if (misspelt === undefined) return [];
  const detail = `The document has no setting named "${misspelt}".`;
  const hint = `did you mean "${name}"?`;
  return [{ code: 'CONFIG_UNKNOWN_KEY', detail, hint, source: source.keyRange([misspelt]), path: [] }];
}

function toDiagnostics(source: DocumentSource, findings: readonly Finding[]): readonly Diagnostic[] {
  const { address } = source;
  const listed = findings.toSorted(
    (one, other) => one.source.line - other.source.line || one.source.column - other.source.column,
  );
  return listed.slice(0, MAX_LISTED).map(({ code, detail, hint, source: range }, index) => ({
    severity: 'error',
    code,
    detail:
      index === MAX_LISTED - 1 && listed.length > MAX_LISTED
        ? `${detail} ${listed.length - MAX_LISTED} more faults of this document are not listed.`
        : detail,
    ...(address === undefined ? {} : { address }),
    source: range,
    ...(hint === undefined ? {} : { hint }),
  }));
}

/** Takes a value out; in a list it leaves a gap, so that the others keep their places. */
function remove(root: Record<string, unknown>, path: ValuePath): void {
  let parent: unknown = root;
  for (const step of path.slice(0, -1)) {
    if (typeof parent !== 'object' || parent === null) return;
    parent = (parent as Record<string | number, unknown>)[step];
  }
  const last = path.at(-1);
  if (last === undefined || typeof parent !== 'object' || parent === null) return;
  if (Array.isArray(parent)) parent[Number(last)] = undefined;
  else delete (parent as Record<string, unknown>)[last];
}
