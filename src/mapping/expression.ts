/**
 * Computed fields: CEL expressions, parsed and type-checked when a mapping is compiled, evaluated
 * for each record without ever throwing and within a bounded number of steps.
 *
 * The only place that knows the CEL library. An expression sees the fields of a record under the name
 * of its end. A blank is `null`, except that a blank boolean is `false` and a blank set is empty.
 */
import { Environment, EvaluationError } from '@marcbachmann/cel-js';
import type { ASTNode } from '@marcbachmann/cel-js';
import type { FieldDescription, FieldType, FieldValue, FieldValues } from '../model/value.ts';
import { isBlank, sortedSet, valueAt } from './equality.ts';
import { inspect, print } from './expression-syntax.ts';
import type { ExpressionFault, FieldReading } from './expression-syntax.ts';
import type { Carried } from './mapping.ts';

const MAX_SOURCE_LENGTH = 2_000;
/** The most elements of a list, and the most steps that all loops of one evaluation take together. */
const MAX_LIST_ELEMENTS = 1_000;
const MAX_LOOP_STEPS = 10_000;
/** The longest text that an expression takes in, in UTF-16 code units. */
const MAX_TEXT_LENGTH = 32_768;

/** What an expression may read: the known fields of each variable; `undefined` where nothing is known. */
export type ExpressionScope = Readonly<Record<string, ReadonlyMap<string, FieldDescription> | undefined>>;

export interface CompiledExpression {
  /** The expression independent of its formatting. */
  readonly canonical: string;
  /** The paths read of each variable, sorted. */
  readonly reads: Readonly<Record<string, readonly string[]>>;
  readonly resultKind: ResultKind;
  /** What is read and must not be blank, as far as one sample of each type can tell. */
  readonly needs: readonly FieldReading[];
  /** Computes the value for a record under each variable. Never throws; problems name no values. */
  evaluate(records: Readonly<Record<string, FieldValues>>): Carried;
}

export type ResultKind = 'text' | 'boolean' | 'integer' | 'decimal' | 'set' | 'blank' | 'unknown';

export type ExpressionCompilation = { readonly expression: CompiledExpression } | { readonly faults: readonly ExpressionFault[] };

const LOOP_GUARD = 'guarded__';

/** Steps of the evaluation under way. Evaluation is synchronous, so there is one at a time. */
let stepsTaken = 0;

/** Built once: an environment is expensive, its clones are not. */
const BASE = baseEnvironment();

/** Parses and checks an expression. Never throws. */
export function compileExpression(source: string, scope: ExpressionScope): ExpressionCompilation {
  if (source.length > MAX_SOURCE_LENGTH) {
    return {
      faults: [
        {
          code: 'MAPPING_EXPRESSION_LIMIT',
          detail: `The expression has ${source.length} characters; at most ${MAX_SOURCE_LENGTH} are allowed.`,
        },
      ],
    };
  }
  const variables = Object.keys(scope);
  const parsed = attempt(() => BASE.parse(source).ast);
  if ('fault' in parsed) return { faults: [parsed.fault] };
  const { faults, reads } = inspect(parsed.result, variables);
  if (faults.length > 0) return { faults };
  return link(parsed.result, scope, variables, reads);
}

/** Binds each field that is read to a typed variable of its own, and checks the whole. */
function link(
  ast: ASTNode,
  scope: ExpressionScope,
  variables: readonly string[],
  reads: readonly FieldReading[],
): ExpressionCompilation {
  const canonical = print(ast, variables, { field: ({ variable, path }) => `${variable}[${JSON.stringify(path)}]` });
  const prefix = unusedPrefix(canonical);
  const bindings = reads.map((reading, index) => ({
    ...reading,
    name: `${prefix}${index}`,
    type: scope[reading.variable]?.get(reading.path)?.type,
  }));
  const field = ({ variable, path }: FieldReading): string =>
    bindings.find((binding) => binding.variable === variable && binding.path === path)!.name;
  const linked = attempt(() => {
    const environment = BASE.clone();
    for (const binding of bindings) environment.registerVariable(binding.name, celType(binding.type));
    const program = environment.parse(print(ast, variables, { field, loopGuard: LOOP_GUARD }));
    const checked = program.check();
    if (!checked.valid) throw checked.error ?? new Error('The expression does not fit its fields.');
    return { program, resultKind: resultKind(checked.type ?? 'dyn') };
  });
  if ('fault' in linked) return { faults: [linked.fault] };
  const { program, resultKind: kind } = linked.result;

  function run(context: Readonly<Record<string, unknown>>): { readonly result: unknown } | { readonly error: unknown } {
    stepsTaken = 0;
    try {
      const result: unknown = program(context);
      return { result };
    } catch (error) {
      return { error };
    }
  }

  function evaluate(records: Readonly<Record<string, FieldValues>>): Carried {
    const context: Record<string, unknown> = {};
    const blanks: string[] = [];
    for (const { name, variable, path, type } of bindings) {
      const value = valueAt(records[variable] ?? {}, path);
      const operand = celValue(value, type);
      if ('problem' in operand) return { problem: `${variable}.${path}: ${operand.problem}` };
      if (operand.value === null) blanks.push(`${variable}.${path}`);
      context[name] = operand.value;
    }
    const outcome = run(context);
    if (stepsTaken > MAX_LOOP_STEPS)
      return { problem: `The expression takes more than ${MAX_LOOP_STEPS} steps for this record.` };
    return 'result' in outcome ? fieldValue(outcome.result) : { problem: evaluationProblem(outcome.error, blanks) };
  }

  const sample = Object.fromEntries(bindings.map(({ name, type }) => [name, sampleOperand(type)]));
  const trial = run(sample);
  if ('error' in trial && isTypeError(trial.error) && bindings.every((binding) => binding.type !== undefined)) {
    return { faults: [invalidExpression(trial.error.summary)] };
  }
  const needs = bindings.filter(
    ({ name, variable, path, type }) =>
      'result' in trial &&
      scope[variable]?.get(path)?.required !== true &&
      'error' in run({ ...sample, [name]: blankOperand(type) }),
  );
  const byVariable = variables.map(
    (variable) =>
      [
        variable,
        reads
          .filter((read) => read.variable === variable)
          .map((read) => read.path)
          .toSorted(),
      ] as const,
  );
  return {
    expression: {
      canonical,
      reads: Object.fromEntries(byVariable),
      resultKind: kind,
      needs: needs.map(({ variable, path }) => ({ variable, path })),
      evaluate,
    },
  };
}

function baseEnvironment(): Environment {
  const environment = new Environment({ homogeneousAggregateLiterals: false, limits: { maxListElements: MAX_LIST_ELEMENTS } });
  environment.registerFunction(`${LOOP_GUARD}(list<T>): list<T>`, countSteps);
  environment.registerFunction(`${LOOP_GUARD}(map<K, V>): map<K, V>`, countSteps);
  for (const type of ['bool', 'list']) environment.registerOperator(`${type} == null`, () => false);
  return environment;
}

/** Stands around the list of every loop, so that no record can make an expression run for long. */
function countSteps(elements: readonly unknown[] | Readonly<Record<string, unknown>>): unknown {
  const size = Array.isArray(elements) ? elements.length : Object.keys(elements).length;
  stepsTaken += size;
  if (size > MAX_LIST_ELEMENTS) throw new EvaluationError({ code: 'list_too_long', message: 'list too long' });
  if (stepsTaken > MAX_LOOP_STEPS) throw new EvaluationError({ code: 'too_many_steps', message: 'too many steps' });
  return elements;
}

function unusedPrefix(source: string): string {
  let prefix = 'field';
  while (source.includes(prefix)) prefix += '_';
  return prefix;
}

// --- values in -------------------------------------------------------------------------------

function celType(type: FieldType | undefined): string {
  switch (type) {
    case undefined:
      return 'dyn';
    case 'boolean':
      return 'bool';
    case 'integer':
      return 'dyn<int>';
    case 'decimal':
      return 'dyn<double>';
    case 'set':
      return 'list<string>';
    case 'id':
    case 'string':
    case 'text':
    case 'email':
    case 'phone':
    case 'url':
    case 'date':
    case 'datetime':
    case 'picklist':
    case 'consent':
      return 'dyn<string>';
  }
}

type Operand = { readonly value: unknown } | { readonly problem: string };

function celValue(value: FieldValue | undefined, type: FieldType | undefined): Operand {
  if (value === undefined) return { problem: 'the field was not read.' };
  if (isBlank(value)) return { value: Array.isArray(value) ? [] : blankOperand(type) };
  const wanted = celType(type);
  if (typeof value === 'string' && (wanted === 'dyn' || wanted === 'dyn<string>')) {
    return value.length <= MAX_TEXT_LENGTH
      ? { value }
      : { problem: `the text is longer than the ${MAX_TEXT_LENGTH} characters that an expression takes.` };
  }
  if (typeof value === 'boolean' && (wanted === 'dyn' || wanted === 'bool')) return { value };
  if (typeof value === 'number' && (wanted === 'dyn' || wanted === 'dyn<double>')) return { value };
  if (typeof value === 'number' && wanted === 'dyn<int>' && Number.isSafeInteger(value)) return { value: BigInt(value) };
  if (Array.isArray(value) && (wanted === 'dyn' || wanted === 'list<string>')) {
    return value.length <= MAX_LIST_ELEMENTS
      ? { value: [...value] }
      : { problem: `the set has more than the ${MAX_LIST_ELEMENTS} elements that an expression takes.` };
  }
  return { problem: `the value is not of the type ${type}.` };
}

function blankOperand(type: FieldType | undefined): unknown {
  return type === 'boolean' ? false : type === 'set' ? [] : null;
}

/** A value of the type, by which an expression is tried when it is compiled. */
function sampleOperand(type: FieldType | undefined): unknown {
  switch (celType(type)) {
    case 'bool':
      return true;
    case 'dyn<int>':
      return 1n;
    case 'dyn<double>':
      return 1.5;
    case 'list<string>':
      return ['sample'];
    default:
      return type === 'date' ? '2000-01-31' : type === 'datetime' ? '2000-01-31T00:00:00.000Z' : 'sample';
  }
}

// --- values out ------------------------------------------------------------------------------

function resultKind(celTypeName: string): ResultKind {
  const name = /^dyn<(.*)>$/.exec(celTypeName)?.[1] ?? celTypeName;
  if (name.startsWith('list')) return 'set';
  switch (name) {
    case 'string':
      return 'text';
    case 'bool':
      return 'boolean';
    case 'int':
      return 'integer';
    case 'double':
      return 'decimal';
    case 'null':
    case 'null_type':
      return 'blank';
    default:
      return 'unknown';
  }
}

function fieldValue(result: unknown): Carried {
  if (result === null || result === '') return { value: null };
  if (typeof result === 'string' || typeof result === 'boolean') return { value: result };
  if (typeof result === 'number')
    return Number.isFinite(result) ? { value: result } : { problem: 'The expression gives no finite number.' };
  if (typeof result === 'bigint') {
    return Number.isSafeInteger(Number(result))
      ? { value: Number(result) }
      : { problem: 'The expression gives a number too large to be stored exactly.' };
  }
  if (Array.isArray(result)) {
    const elements = result.filter((element): element is string => typeof element === 'string');
    return elements.length === result.length
      ? { value: sortedSet(elements) }
      : { problem: 'The expression gives a list that does not hold text only.' };
  }
  return { problem: 'The expression gives something that no field can store.' };
}

/** What went wrong, by the library's code: its own words may hold values of the record. */
const EVALUATION_PROBLEMS: Readonly<Record<string, string>> = {
  no_such_overload: 'an operation is not defined for one of its values',
  no_matching_overload: 'a function is not defined for one of its values',
  no_such_key: 'a key is not in the map',
  index_out_of_range: 'a position lies outside the text',
  invalid_index: 'a position lies outside the list',
  division_by_zero: 'a number is divided by zero',
  modulo_by_zero: 'a number is divided by zero',
  numeric_overflow: 'a number is too large',
  int_conversion_error: 'a text is no whole number',
  double_conversion_error: 'a text is no number',
  bool_conversion_error: 'a text is neither true nor false',
  invalid_list_element_type: 'a list that is joined does not hold text only',
  list_too_long: `a loop runs over more than ${MAX_LIST_ELEMENTS} elements`,
  invalid_condition_type: 'a condition is neither true nor false',
};

function evaluationProblem(error: unknown, blanks: readonly string[]): string {
  const code = error instanceof EvaluationError ? error.code : '';
  const what = EVALUATION_PROBLEMS[code] ?? 'the expression fails';
  const blank = blanks.length === 0 ? '' : ` (blank: ${blanks.join(', ')})`;
  return `The value cannot be computed: ${what}${blank}.`;
}

/** Whether an operation or function is not defined for the types that it gets, whatever the values. */
function isTypeError(error: unknown): error is EvaluationError {
  return error instanceof EvaluationError && (error.code === 'no_such_overload' || error.code === 'no_matching_overload');
}

function attempt<T>(work: () => T): { readonly result: T } | { readonly fault: ExpressionFault } {
  try {
    return { result: work() };
  } catch (error) {
    const { code = '', summary = '' } = (error ?? {}) as { readonly code?: string; readonly summary?: string };
    if (code === 'limit_exceeded' || error instanceof RangeError) {
      return { fault: { code: 'MAPPING_EXPRESSION_LIMIT', detail: 'The expression is too large or nested too deep.' } };
    }
    return { fault: invalidExpression(summary === '' ? 'it cannot be read' : summary) };
  }
}

/** The library's words for a fault, with the types as they are written in an expression. */
function invalidExpression(summary: string): ExpressionFault {
  const words = summary.replaceAll(/\bdyn<([^<>]*)>/g, '$1');
  const mixesNumbers = /\bdouble\b/.test(words) && /\bint\b/.test(words);
  return {
    code: 'MAPPING_EXPRESSION_INVALID',
    detail: `The expression is not valid: ${words}.`,
    ...(mixesNumbers
      ? { hint: 'a decimal number is written with a point, such as 2.0; double(...) makes one of a whole number' }
      : {}),
  };
}
