/** Runs the cases that users wrote for their mappings. Offline: no vendor, no state, no secret. */
import { loadMappingTests, type MappingTest } from '../config/mapping-tests.ts';
import { nodeConfigurationFileSystem } from '../config/node-file-system.ts';
import { hasErrors, type Diagnostic, type SourceRange } from '../model/diagnostics/diagnostic.ts';
import type { DiagnosticCode } from '../model/diagnostics/codes.ts';
import type { FieldValue, FieldValues } from '../model/value.ts';
import { compileMapping } from '../mapping/compile.ts';
import { convert } from '../mapping/conversion.ts';
import { isBlank, sameValue, valueAt } from '../mapping/equality.ts';
import { otherEnd } from '../mapping/field.ts';
import type { CompiledMapping, EndName, KnownFields } from '../mapping/mapping.ts';
import { roundTrip } from '../mapping/round-trip.ts';
import type { MappingSpecification } from '../mapping/specification.ts';
import { composeNew } from '../records/reconcile.ts';
import { knownFields, validate } from './validate.ts';

export interface MappingTestRun {
  readonly cases: readonly CaseResult[];
  readonly roundTrips: readonly FieldRoundTrips[];
  /** What is wrong with the configuration or with the tests themselves; then cases may be missing. */
  readonly diagnostics: readonly Diagnostic[];
}

export interface CaseResult {
  readonly test: string;
  readonly name: string;
  readonly source: SourceRange;
  /** What is not as the case says; none where it passed. */
  readonly mismatches: readonly Mismatch[];
}

export interface Mismatch {
  readonly end: EndName;
  readonly path: string;
  readonly source: SourceRange;
  /** `undefined` where a refusal was expected. */
  readonly expected: FieldValue | undefined;
  /** `undefined` where the value was refused. */
  readonly actual: FieldValue | undefined;
  /** Words that were expected of a refusal. */
  readonly expectedProblem: string | undefined;
  readonly problem: string | undefined;
}

/** The round-trip law of one two-way field, over all cases of its mapping that hold a value of it. */
export interface FieldRoundTrips {
  readonly mapping: string;
  readonly field: string;
  readonly values: number;
  /** The first value for which the law does not hold to the letter. */
  readonly exception: RoundTripException | undefined;
}

export interface RoundTripException {
  /**
   * `respelt` where another spelling comes back that counts as the same, so that nothing more is
   * written; `broken` where the ends would write to each other again and again.
   */
  readonly result: 'respelt' | 'broken';
  readonly given: FieldValue;
  readonly carried: FieldValue;
  readonly back: FieldValue;
}

interface FieldTrip {
  readonly mapping: string;
  readonly field: string;
  readonly exception: RoundTripException | undefined;
}

/** Whether every case passed, every two-way field keeps its values, and nothing was at fault. */
export function hasPassed({ cases, roundTrips, diagnostics }: MappingTestRun): boolean {
  const isBroken = roundTrips.some(({ exception }) => exception?.result === 'broken');
  return !isBroken && !hasErrors(diagnostics) && cases.every(({ mismatches }) => mismatches.length === 0);
}

/**
 * @param root absolute path of the configuration's folder
 * @param files files of tests, as a person names them; all below the folder where there are none
 */
export async function testMappings(root: string, files: readonly string[]): Promise<MappingTestRun> {
  const { loaded, diagnostics } = await validate(root);
  if (hasErrors(diagnostics)) return { cases: [], roundTrips: [], diagnostics };
  const { configuration } = loaded;
  const found = await loadMappingTests(root, nodeConfigurationFileSystem(), configuration, files);
  const faults: Diagnostic[] = [...found.diagnostics];
  const cases: CaseResult[] = [];
  const trips: FieldTrip[] = [];
  for (const test of found.tests) {
    const specification = test.mapping.spec as unknown as MappingSpecification;
    const known = knownFields(configuration, specification);
    // Valid, or validation would have said so.
    const mapping = compileMapping(test.mapping.name, specification, known).mapping!;
    for (const index of test.cases.keys()) {
      const wrong = faultsOf(test, index, mapping, known);
      faults.push(...wrong);
      if (wrong.length > 0) continue;
      const { end, values } = recordOf(test, index, mapping);
      cases.push(runCase(test, index, mapping, known));
      trips.push(...tripsOf(mapping, end, values, known));
    }
  }
  return { cases, roundTrips: byField(trips), diagnostics: faults };
}

function recordOf(test: MappingTest, index: number, mapping: CompiledMapping): { end: EndName; values: FieldValues } {
  const [[end, given]] = Object.entries(test.cases[index]!.given) as [[EndName, FieldValues]];
  return { end, values: { ...Object.fromEntries(mapping.paths[end]!.map((path) => [path, null])), ...given } };
}

function runCase(test: MappingTest, index: number, mapping: CompiledMapping, known: KnownFields): CaseResult {
  const { name, expect, refuse } = test.cases[index]!;
  const { end: from, values } = recordOf(test, index, mapping);
  const to = otherEnd(mapping.ends, from);
  const { writes, problems } = composeNew(mapping, to, values, {});
  const problemOf = (end: EndName, path: string): string | undefined =>
    problems.find((problem) => problem.end === end && problem.path === path)?.problem;
  const source = (place: readonly (string | number)[]): SourceRange => test.source(['cases', index, ...place]);
  const mismatches: Mismatch[] = [];
  for (const [end, fields] of Object.entries(expect)) {
    for (const [path, expected] of Object.entries(fields)) {
      const problem = problemOf(end, path);
      const actual = problem === undefined ? (writes[end]?.[path] ?? null) : undefined;
      if (problem === undefined && sameValue(expected, actual, known[end]?.get(path)?.type)) continue;
      const place = source(['expect', end, path]);
      mismatches.push({ end, path, source: place, expected, actual, expectedProblem: undefined, problem });
    }
  }
  for (const [end, fields] of Object.entries(refuse)) {
    for (const [path, words] of Object.entries(fields)) {
      const problem = problemOf(end, path);
      if (problem?.toLowerCase().includes(words.toLowerCase()) === true) continue;
      const actual = problem === undefined ? (writes[end]?.[path] ?? null) : undefined;
      const place = source(['refuse', end, path]);
      mismatches.push({ end, path, source: place, expected: undefined, actual, expectedProblem: words, problem });
    }
  }
  for (const { end, path, problem } of problems) {
    if (Object.hasOwn(expect[end] ?? {}, path) || Object.hasOwn(refuse[end] ?? {}, path)) continue;
    const place = source(['given', from]);
    mismatches.push({ end, path, source: place, expected: null, actual: undefined, expectedProblem: undefined, problem });
  }
  return { test: test.name, name, source: source(['name']), mismatches };
}

/** Ends and fields that the mapping does not have, and values that no record of the end could hold. */
function faultsOf(test: MappingTest, index: number, mapping: CompiledMapping, known: KnownFields): readonly Diagnostic[] {
  const faults: Diagnostic[] = [];
  const { given, expect, refuse } = test.cases[index]!;
  const written = (end: EndName): readonly string[] => [
    ...mapping.fields.flatMap((field) => field.write[end] ?? []),
    ...mapping.consent.flatMap(({ targets, path }) => (targets.includes(end) ? [path[end]!] : [])),
  ];
  const report = (code: DiagnosticCode, place: readonly (string | number)[], detail: string, hint?: string): void => {
    const source = test.source(['cases', index, ...place]);
    faults.push({
      severity: 'error',
      code,
      detail,
      address: `MappingTest/${test.name}`,
      source,
      ...(hint === undefined ? {} : { hint }),
    });
  };
  for (const [setting, ends] of Object.entries({ given, expect, refuse })) {
    for (const [end, fields] of Object.entries(ends)) {
      if (!mapping.ends.includes(end)) {
        report('CONFIG_UNKNOWN_END', [setting, end], `"${end}" is none of the ends ${mapping.ends.join(' and ')}.`);
        continue;
      }
      const paths = setting === 'given' ? mapping.paths[end]! : written(end);
      for (const [path, value] of Object.entries(fields)) {
        const place = [setting, end, path];
        if (!paths.includes(path)) {
          const verb = setting === 'given' ? 'reads' : 'writes';
          report(
            'CONFIG_UNKNOWN_REFERENCE',
            place,
            `The mapping ${verb} no field "${path}" at ${end}.`,
            `it ${verb} ${paths.join(', ')}`,
          );
        } else if (setting === 'given') {
          const converted = convert(value, known[end]?.get(path));
          if ('problem' in converted)
            report('CONFIG_INVALID_VALUE', place, `No record of ${end} holds this: ${converted.problem}`);
        }
      }
    }
  }
  return faults;
}

/** Carries each value of the record to the other end and back. What cannot be carried over comes to nothing, and is left out. */
function tripsOf(mapping: CompiledMapping, from: EndName, values: FieldValues, known: KnownFields): readonly FieldTrip[] {
  const to = otherEnd(mapping.ends, from);
  const twoWay = mapping.fields.filter(({ targets, createOnly }) => targets.length === 2 && !createOnly);
  return twoWay.flatMap((field): readonly FieldTrip[] => {
    const [path, target] = [field.write[from]!, field.write[to]!];
    const given = valueAt(values, path) ?? null;
    const trip = roundTrip(field, from, values);
    if (isBlank(given) || trip.status === 'stopped') return [];
    const base = { mapping: mapping.name, field: field.name };
    const [carried, back] = [trip.there[target]!, trip.back[path]!];
    if (trip.status === 'kept' && sameValue(given, back, known[from]?.get(path)?.type))
      return [{ ...base, exception: undefined }];
    return [{ ...base, exception: { result: trip.status === 'kept' ? 'respelt' : 'broken', given, carried, back } }];
  });
}

function byField(trips: readonly FieldTrip[]): readonly FieldRoundTrips[] {
  const groups = Map.groupBy(trips, ({ mapping, field }) => JSON.stringify([mapping, field]));
  return [...groups.values()].map((group) => {
    const exceptions = group.flatMap(({ exception }) => exception ?? []);
    const exception = exceptions.find(({ result }) => result === 'broken') ?? exceptions[0];
    return { mapping: group[0]!.mapping, field: group[0]!.field, values: group.length, exception };
  });
}
