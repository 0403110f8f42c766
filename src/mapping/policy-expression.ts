/**
 * Conditions of policies: CEL over the JSON of a plan, under the name `plan`. None can hang a plan: loops
 * are counted, and whatever else takes long is ended by a clock.
 */
import { runInNewContext } from 'node:vm';
import { Environment, EvaluationError, type ASTNode } from '@marcbachmann/cel-js';
import { childrenOf, print } from './expression-syntax.ts';

const MAX_SOURCE_LENGTH = 4_000;
const MAX_DEPTH = 64;
const MAX_LOOP_DEPTH = 3;
/** The most steps that all loops of one evaluation take together. */
const MAX_LOOP_STEPS = 1_000_000;
const TIME_LIMIT_MS = 5_000;

const LOOPS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'filter', 'map']);
const CALLS: ReadonlySet<string> = new Set(
  'has size string int double bool dyn contains startsWith endsWith indexOf lastIndexOf substring lowerAscii upperAscii trim split join timestamp duration'.split(
    ' ',
  ),
);

/** What an evaluation came to: whether the condition holds, or why nobody can tell. */
export type PolicyOutcome = { readonly holds: boolean } | { readonly problem: string };

export interface PolicyCondition {
  /** @param plan the plan as JSON */
  evaluate(plan: unknown, timeLimitMs?: number): PolicyOutcome;
}

const LOOP_GUARD = 'guarded__';

/** Steps of the evaluation under way. Evaluation is synchronous, so there is one at a time. */
let stepsTaken = 0;

const ENVIRONMENT = policyEnvironment();

/** Parses and checks a condition; a fault is told in sentences. Never throws. */
export function compilePolicyCondition(source: string): PolicyCondition | { readonly fault: string } {
  if (source.length > MAX_SOURCE_LENGTH)
    return { fault: `The expression has ${source.length} characters; at most ${MAX_SOURCE_LENGTH} are allowed.` };
  try {
    const { ast } = ENVIRONMENT.parse(source);
    const refused = refusedPart(ast, 1, 0);
    if (refused !== undefined) return { fault: refused };
    const program = ENVIRONMENT.parse(print(ast, [], { field: ({ path }) => path, loopGuard: LOOP_GUARD }));
    const checked = program.check();
    if (!checked.valid) return { fault: invalid(checked.error) };
    if (checked.type !== 'bool' && !(checked.type ?? 'dyn').startsWith('dyn'))
      return { fault: `The expression gives ${checked.type}; a condition is true or false.` };
    return { evaluate: (plan, timeLimitMs = TIME_LIMIT_MS) => evaluate(program, plan, timeLimitMs) };
  } catch (error) {
    return { fault: invalid(error) };
  }
}

function evaluate(program: (context: Record<string, unknown>) => unknown, plan: unknown, timeLimitMs: number): PolicyOutcome {
  stepsTaken = 0;
  const context = { plan: celValue(plan) };
  try {
    // Its clock ends whatever runs beneath it, also what belongs to this side.
    const result: unknown = runInNewContext('run()', { run: () => program(context) }, { timeout: timeLimitMs });
    return typeof result === 'boolean' ? { holds: result } : { problem: 'it is neither true nor false for this plan' };
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT')
      return { problem: `it takes more than ${timeLimitMs / 1000} seconds` };
    if (stepsTaken > MAX_LOOP_STEPS) return { problem: `it takes more than ${MAX_LOOP_STEPS} steps` };
    return { problem: error instanceof EvaluationError ? error.summary : 'it fails' };
  }
}

/** Whole numbers are CEL's `int`, so that they can be added to those of the expression. */
function celValue(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(celValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, celValue(part)]));
}

function policyEnvironment(): Environment {
  const environment = new Environment({ homogeneousAggregateLiterals: false });
  environment.registerVariable('plan', 'map<string, dyn>');
  environment.registerFunction(`${LOOP_GUARD}(list<T>): list<T>`, countSteps);
  environment.registerFunction(`${LOOP_GUARD}(map<K, V>): map<K, V>`, countSteps);
  return environment;
}

function countSteps(elements: readonly unknown[] | Readonly<Record<string, unknown>>): unknown {
  stepsTaken += Array.isArray(elements) ? elements.length : Object.keys(elements).length;
  if (stepsTaken > MAX_LOOP_STEPS) throw new EvaluationError({ code: 'too_many_steps', message: 'too many steps' });
  return elements;
}

/** What may not be written, in a sentence. */
function refusedPart(node: ASTNode, depth: number, loops: number): string | undefined {
  if (depth > MAX_DEPTH) return `The expression is nested more than ${MAX_DEPTH} deep.`;
  const name = node.op === 'call' || node.op === 'rcall' ? node.args[0] : undefined;
  const isLoop = node.op === 'rcall' && LOOPS.has(node.args[0]);
  if (name === 'matches') return 'Regular expressions are not allowed; contains, startsWith and endsWith are.';
  if (name !== undefined && !isLoop && !CALLS.has(name)) return `There is no function "${name}".`;
  if (isLoop && loops === MAX_LOOP_DEPTH) return `Loops are nested more than ${MAX_LOOP_DEPTH} deep.`;
  const children = node.op === 'call' ? node.args[1] : node.op === 'rcall' ? [node.args[1], ...node.args[2]] : childrenOf(node);
  for (const child of children) {
    const found = refusedPart(child, depth + 1, isLoop && child !== children[0] ? loops + 1 : loops);
    if (found !== undefined) return found;
  }
  return undefined;
}

function invalid(error: unknown): string {
  const { summary } = (error ?? {}) as { readonly summary?: string };
  return `The expression is not valid: ${summary === undefined || summary === '' ? 'it cannot be read' : summary}.`;
}
