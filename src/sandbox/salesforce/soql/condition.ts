/** The condition of a query as a tree; the parser gives a chain with counted parentheses. */
import type { Query, WhereClause } from '@jetstreamapp/soql-parser-js';
import { refuseQuery } from './soql-error.ts';

/** One comparison. `value` is as written; texts still have their quotes. */
export interface Comparison {
  readonly kind: 'comparison';
  readonly field: string;
  readonly operator: string;
  readonly literalType: string;
  readonly value: string | readonly string[];
  readonly subquery: Query | undefined;
}

export type Condition =
  | Comparison
  | { readonly kind: 'not'; readonly operand: Condition }
  | { readonly kind: 'and' | 'or'; readonly operands: readonly Condition[] };

type Token = '(' | ')' | 'AND' | 'OR' | 'NOT' | Comparison;

/** @throws Refusal MALFORMED_QUERY where AND and OR meet without parentheses, as in Salesforce */
export function conditionOf(where: WhereClause): Condition {
  const tokens = tokensOf(where);
  let at = 0;

  function expression(): Condition {
    const operands = [term()];
    const operator = tokens[at];
    while (tokens[at] === 'AND' || tokens[at] === 'OR') {
      if (tokens[at] !== operator) refuseQuery('MALFORMED_QUERY', `unexpected token: '${wordOf(tokens[at])}'`);
      at += 1;
      operands.push(term());
    }
    const [first] = operands;
    if (operands.length === 1 && first !== undefined) return first;
    return { kind: operator === 'AND' ? 'and' : 'or', operands };
  }

  function term(): Condition {
    const token = tokens[at];
    at += 1;
    if (token === 'NOT') return { kind: 'not', operand: term() };
    if (token === '(') {
      const inner = expression();
      if (tokens[at] !== ')') refuseQuery('MALFORMED_QUERY', "unexpected token: '<EOF>'");
      at += 1;
      return inner;
    }
    if (token === undefined || typeof token === 'string')
      return refuseQuery('MALFORMED_QUERY', `unexpected token: '${wordOf(token)}'`);
    return token;
  }

  const condition = expression();
  if (at < tokens.length) refuseQuery('MALFORMED_QUERY', `unexpected token: '${wordOf(tokens[at])}'`);
  return condition;
}

/** A token as a message shows it. */
function wordOf(token: Token | undefined): string {
  return typeof token === 'object' ? token.field : (token ?? '<EOF>');
}

function tokensOf(where: WhereClause): Token[] {
  const tokens: Token[] = [];
  let node: WhereClause | undefined = where;
  while (node !== undefined) {
    const operator: string | undefined = 'operator' in node ? node.operator : undefined;
    const left = node.left;
    for (let open = 0; open < (left?.openParen ?? 0); open += 1) tokens.push('(');
    if (operator === 'NOT') {
      tokens.push('NOT');
    } else {
      if (left === null || !('operator' in left)) return refuseQuery('MALFORMED_QUERY', 'unexpected token in condition');
      if ('fn' in left)
        return refuseQuery('MALFORMED_QUERY', `function ${left.fn.functionName ?? ''} is not supported in a condition here`);
      const literal = Array.isArray(left.literalType) ? left.literalType[0] : left.literalType;
      tokens.push({
        kind: 'comparison',
        field: left.field,
        operator: left.operator.toUpperCase(),
        literalType: literal ?? 'STRING',
        value: 'value' in left ? left.value : '',
        subquery: 'valueQuery' in left ? left.valueQuery : undefined,
      });
      for (let close = 0; close < (left.closeParen ?? 0); close += 1) tokens.push(')');
      if (operator === 'AND' || operator === 'OR') tokens.push(operator);
    }
    node = 'right' in node ? node.right : undefined;
  }
  return tokens;
}
