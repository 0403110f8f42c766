/**
 * What may be written in an expression, and what it reads.
 *
 * The parsed tree is walked once: it is measured against the limits, every function is looked up in
 * the list of those that are safe and independent of the machine, and every chain such as
 * `sf.Account.Name` becomes one path. The tree is then printed again, once in a form that does not
 * depend on formatting, once in the form that is evaluated.
 */
import type { ASTNode } from '@marcbachmann/cel-js';
import type { DiagnosticCode } from '../model/diagnostics/codes.ts';
import { didYouMean } from '../config/suggestion.ts';

const MAX_DEPTH = 32;
const MAX_LOOP_DEPTH = 2;

/** Loops, each over the elements of a list. The first argument names the element. */
const LOOPS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'filter', 'map']);
const FUNCTIONS: ReadonlySet<string> = new Set(['size', 'string', 'int', 'double', 'bool', 'dyn']);
const METHODS: ReadonlySet<string> = new Set(
  'size contains startsWith endsWith indexOf lastIndexOf substring lowerAscii upperAscii trim split join'.split(' '),
);

export interface ExpressionFault {
  readonly code: DiagnosticCode;
  readonly detail: string;
  readonly hint?: string;
}

/** A field that an expression reads: the variable (the name of an end) and the path. */
export interface FieldReading {
  readonly variable: string;
  readonly path: string;
}

/** Judges a parsed expression over the given variables. */
export function inspect(
  ast: ASTNode,
  variables: readonly string[],
): { readonly faults: readonly ExpressionFault[]; readonly reads: readonly FieldReading[] } {
  const faults: ExpressionFault[] = [];
  const reads: FieldReading[] = [];
  visit(ast, 1, 0, new Set());
  return { faults, reads };

  function invalid(detail: string, hint?: string): void {
    faults.push({ code: 'MAPPING_EXPRESSION_INVALID', detail, ...(hint === undefined ? {} : { hint }) });
  }

  function visit(node: ASTNode, depth: number, loops: number, elements: ReadonlySet<string>): void {
    if (depth > MAX_DEPTH) {
      if (depth === MAX_DEPTH + 1)
        faults.push({ code: 'MAPPING_EXPRESSION_LIMIT', detail: `The expression is nested more than ${MAX_DEPTH} deep.` });
      return;
    }
    const reading = fieldReading(node, variables);
    if (reading !== undefined) {
      if (!reads.some((read) => read.variable === reading.variable && read.path === reading.path)) reads.push(reading);
      return;
    }
    switch (node.op) {
      case 'value':
        if (typeof node.args === 'object' && node.args !== null)
          invalid('Bytes and unsigned numbers cannot be stored in a field.');
        return;
      case 'id':
        return visitName(node.args, elements);
      case 'call':
        return FUNCTIONS.has(node.args[0]) ? visitAll(node.args[1]) : refuseFunction(node.args[0], FUNCTIONS);
      case 'rcall':
        return visitMethod(node.args[0], node.args[1], node.args[2]);
      default:
        return visitAll(childrenOf(node));
    }

    function visitAll(children: readonly ASTNode[]): void {
      for (const child of children) visit(child, continuesChain(node, child) ? depth : depth + 1, loops, elements);
    }

    function visitMethod(name: string, receiver: ASTNode, args: readonly ASTNode[]): void {
      if (!LOOPS.has(name) && !METHODS.has(name)) return refuseFunction(name, new Set([...METHODS, ...LOOPS]));
      visit(receiver, depth + 1, loops, elements);
      if (!LOOPS.has(name)) return visitAll(args);
      if (loops === MAX_LOOP_DEPTH) {
        faults.push({ code: 'MAPPING_EXPRESSION_LIMIT', detail: `Loops are nested more than ${MAX_LOOP_DEPTH} deep.` });
        return;
      }
      const [element, ...bodies] = args;
      if (element?.op !== 'id' || bodies.length === 0)
        return invalid(
          `"${name}" takes the name of the element and an expression over it.`,
          'for instance sf.Tags.filter(tag, tag != "test")',
        );
      if (variables.includes(element.args))
        return invalid(`"${element.args}" names an end and cannot name the element of a loop.`);
      for (const body of bodies) visit(body, depth + 1, loops + 1, new Set([...elements, element.args]));
    }
  }

  function visitName(name: string, elements: ReadonlySet<string>): void {
    if (elements.has(name)) return;
    if (variables.includes(name)) {
      invalid(
        `"${name}" is a record, of which only named fields can be used.`,
        `write ${name}.Field, or ${name}["field/Name"] where the path holds blanks or slashes`,
      );
    } else {
      invalid(
        `There is no "${name}" in this expression; it can use the fields of ${variables.map((variable) => `"${variable}"`).join(' and ')}.`,
        didYouMean(name, variables),
      );
    }
  }

  function refuseFunction(name: string, known: ReadonlySet<string>): void {
    if (name === 'matches') {
      faults.push({
        code: 'MAPPING_EXPRESSION_LIMIT',
        detail: 'Regular expressions are not allowed: on some texts they run for ever.',
        hint: 'use contains, startsWith or endsWith',
      });
    } else if (name === 'has') {
      invalid('"has" is always true: every field of the record is there, blank or not.', 'compare the field with null');
    } else {
      invalid(`There is no function "${name}".`, didYouMean(name, known));
    }
  }
}

/** How a field is printed: as itself, or under the name of a variable that holds its value. */
type PrintField = (reading: FieldReading) => string;

interface PrintOptions {
  readonly field: PrintField;
  /** A function to wrap around the list of each loop. */
  readonly loopGuard?: string;
}

/** Prints an inspected expression with the fewest parentheses, independent of how it was formatted. */
export function print(ast: ASTNode, variables: readonly string[], options: PrintOptions): string {
  return text(ast);

  function text(node: ASTNode): string {
    const reading = fieldReading(node, variables);
    if (reading !== undefined) return options.field(reading);
    switch (node.op) {
      case 'value':
        return literal(node.args);
      case 'id':
        return node.args;
      case '.':
        return `${operand(node.args[0])}.${node.args[1]}`;
      case '[]':
        return `${operand(node.args[0])}[${text(node.args[1])}]`;
      case 'call':
        return `${node.args[0]}(${node.args[1].map(text).join(', ')})`;
      case 'rcall': {
        const [name, receiver, args] = node.args;
        const guard = LOOPS.has(name) ? options.loopGuard : undefined;
        return `${guard === undefined ? operand(receiver) : `${guard}(${text(receiver)})`}.${name}(${args.map(text).join(', ')})`;
      }
      case 'list':
        return `[${node.args.map(text).join(', ')}]`;
      case 'map':
        return `{${node.args.map(([key, value]) => `${text(key)}: ${text(value)}`).join(', ')}}`;
      case '!_':
      case '-_':
        return `${node.op[0]}${operand(node.args)}`;
      case '?:':
        return `${operand(node.args[0])} ? ${branch(node.args[1])} : ${branch(node.args[2])}`;
      default: {
        const [left, right] = node.args as [ASTNode, ASTNode];
        // The library compares a value with null, but not null with a value.
        if (isNull(left) && (node.op === '==' || node.op === '!=')) return `${operand(right)} ${node.op} null`;
        return `${continuesChain(node, left) ? text(left) : operand(left)} ${node.op} ${operand(right)}`;
      }
    }
  }

  /** A blank may stand beside a value of any type, which the library allows for dynamic values only. */
  function branch(node: ASTNode): string {
    return isNull(node) ? 'dyn(null)' : operand(node);
  }

  function operand(node: ASTNode): string {
    const printed = text(node);
    const negative = node.op === 'value' && printed.startsWith('-');
    return negative || (isOperator(node) && fieldReading(node, variables) === undefined) ? `(${printed})` : printed;
  }
}

/** The whole chain of names that leads from a variable to a value: `sf.Account.Name`, `ac["field/Job Title"]`. */
function fieldReading(node: ASTNode, variables: readonly string[]): FieldReading | undefined {
  const segments: string[] = [];
  let current = node;
  for (;;) {
    if (current.op === '.') {
      segments.unshift(current.args[1]);
      current = current.args[0];
    } else if (current.op === '[]' && current.args[1].op === 'value' && typeof current.args[1].args === 'string') {
      segments.unshift(current.args[1].args);
      current = current.args[0];
    } else {
      break;
    }
  }
  if (current.op !== 'id' || !variables.includes(current.args) || segments.length === 0) return undefined;
  return { variable: current.args, path: segments.join('.') };
}

export function childrenOf(node: ASTNode): readonly ASTNode[] {
  switch (node.op) {
    case 'value':
    case 'id':
      return [];
    case '.':
    case '.?':
      return [node.args[0]];
    case '!_':
    case '-_':
      return [node.args];
    case 'call':
      return node.args[1];
    case 'rcall':
      return [node.args[1], ...node.args[2]];
    case 'map':
      return node.args.flat();
    default:
      return node.args as readonly ASTNode[];
  }
}

const OPERATOR_RANKS: Readonly<Record<string, number>> = {
  '||': 1,
  '&&': 2,
  '==': 3,
  '!=': 3,
  '<': 4,
  '<=': 4,
  '>': 4,
  '>=': 4,
  in: 4,
  '+': 5,
  '-': 5,
  '*': 6,
  '/': 6,
  '%': 6,
};

/** Whether a child is the left part of a chain such as `a + b + c`, which nests in the tree only. */
function continuesChain(parent: ASTNode, child: ASTNode): boolean {
  const rank = OPERATOR_RANKS[parent.op];
  return rank !== undefined && rank === OPERATOR_RANKS[child.op] && (parent.args as readonly ASTNode[])[0] === child;
}

function isNull(node: ASTNode): boolean {
  return node.op === 'value' && node.args === null;
}

function isOperator(node: ASTNode): boolean {
  return node.op in OPERATOR_RANKS || node.op === '?:' || node.op === '!_' || node.op === '-_';
}

function literal(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return /[.e]/.test(String(value)) ? String(value) : `${value}.0`;
  return String(value);
}
