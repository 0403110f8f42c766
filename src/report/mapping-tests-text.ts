/** Results of mapping tests, for a person and as JSON. Values are those of the test files: nothing here came from a vendor. */
import type { FieldValue } from '../model/value.ts';
import {
  hasPassed,
  type CaseResult,
  type FieldRoundTrips,
  type MappingTestRun,
  type Mismatch,
} from '../operations/test-mappings.ts';
import { quote, safe } from './safe.ts';

export function renderMappingTests(run: MappingTestRun): string {
  const { cases, roundTrips } = run;
  const lines = cases.flatMap(caseLines);
  if (roundTrips.length > 0) lines.push('', ...roundTripLines(roundTrips));
  const failed = cases.filter(({ mismatches }) => mismatches.length > 0).length;
  const verdict = hasPassed(run) ? 'Success!' : 'Failure!';
  return [...lines, ...(lines.length > 0 ? [''] : []), `${verdict} ${cases.length - failed} passed, ${failed} failed.`].join(
    '\n',
  );
}

function caseLines({ test, name, mismatches }: CaseResult): readonly string[] {
  const mark = mismatches.length === 0 ? 'pass' : 'FAIL';
  return [`${mark}  ${safe(test)}: ${safe(name)}`, ...mismatches.flatMap(mismatchLines)];
}

function mismatchLines(mismatch: Mismatch): readonly string[] {
  const { end, path, source } = mismatch;
  return [
    `      ${safe(source.file)}:${source.line}:${source.column}  ${safe(end)} ${safe(path)}`,
    `        expected ${expectation(mismatch)}`,
    `        but      ${outcome(mismatch)}`,
  ];
}

function expectation({ expected, expectedProblem }: Mismatch): string {
  if (expectedProblem !== undefined) return `a refusal that says ${quote(expectedProblem)}`;
  return expected === undefined ? 'a refusal' : shown(expected);
}

function outcome({ actual, problem }: Mismatch): string {
  return problem === undefined ? shown(actual ?? null) : `it is refused: ${safe(problem)}`;
}

function roundTripLines(fields: readonly FieldRoundTrips[]): readonly string[] {
  const width = Math.max(...fields.map(({ field }) => safe(field).length));
  return [
    'Carried over and back, field by field:',
    ...fields.map(({ field, values, exception }) => {
      const name = safe(field).padEnd(width);
      if (exception === undefined) return `  ${name}  holds (${values === 1 ? '1 value' : `${values} values`})`;
      const { given, carried, back, result } = exception;
      const way = `${shown(given)} becomes ${shown(carried)} and comes back as ${shown(back)}`;
      return `  ${name}  ${result === 'respelt' ? `is respelt, and counts as the same: ${way}` : `BROKEN: ${way}`}`;
    }),
  ];
}

function shown(value: FieldValue): string {
  if (value === null) return 'nothing';
  return typeof value === 'string' ? quote(value) : safe(JSON.stringify(value));
}

export function mappingTestsJson({ cases, roundTrips }: MappingTestRun) {
  const failed = cases.filter(({ mismatches }) => mismatches.length > 0).length;
  return {
    type: 'mapping_tests',
    passed: cases.length - failed,
    failed,
    cases: cases.map(({ test, name, source, mismatches }) => ({
      test,
      name,
      file: source.file,
      line: source.line,
      column: source.column,
      passed: mismatches.length === 0,
      mismatches: mismatches.map(({ end, path, source: place, expected, actual, expectedProblem, problem }) => ({
        end,
        path,
        line: place.line,
        column: place.column,
        ...(expectedProblem === undefined ? { expected } : { expected_problem: expectedProblem }),
        ...(problem === undefined ? { actual } : { problem }),
      })),
    })),
    round_trips: roundTrips.map(({ mapping, field, values, exception }) => ({
      mapping,
      field,
      values,
      result: exception?.result ?? 'holds',
      ...(exception === undefined ? {} : { given: exception.given, carried: exception.carried, back: exception.back }),
    })),
  };
}
