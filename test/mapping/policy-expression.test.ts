import { describe, expect, it } from 'vitest';
import { compilePolicyCondition, type PolicyCondition } from '../../src/mapping/policy-expression.ts';

const PLAN = {
  summary: { add: 2, destroy: 1 },
  resource_changes: [
    { address: 'Resource/a', change: { actions: ['create'] }, labels: { owner: 'crm' } },
    { address: 'Resource/b', change: { actions: ['delete', 'create'] } },
  ],
  links: [{ address: 'Link/c', ends: { sf: { delete: 3 }, ac: { delete: 0 } } }],
};

function compiled(source: string): PolicyCondition {
  const condition = compilePolicyCondition(source);
  if ('fault' in condition) throw new Error(condition.fault);
  return condition;
}

describe('E14 a condition of a policy', () => {
  it.each([
    ['plan.summary.add + plan.summary.destroy == 3', true],
    ['plan.summary.add * 2 > 3.5', true],
    ['plan.resource_changes.all(c, !("delete" in c.change.actions))', false],
    ['plan.resource_changes.filter(c, has(c.labels) && has(c.labels.owner)).size() == 1', true],
    ['plan.links.exists(l, l.ends.exists(e, l.ends[e].delete > 2))', true],
    ['has(plan.nothing) || plan.summary.add == 2', true],
    ['plan.resource_changes.map(c, c.address).join(",") == "Resource/a,Resource/b"', true],
  ])('%s is %s', (source, holds) => {
    expect(compiled(source).evaluate(PLAN)).toEqual({ holds });
  });

  it.each([
    ['plan.summary', 'it is neither true nor false for this plan'],
    ['plan.nothing == 1', 'No such key: nothing'],
    ['plan.summary.add == 1 || plan.summary.nothing', 'No such key: nothing'],
  ])('%s cannot be told', (source, problem) => {
    expect(compiled(source).evaluate(PLAN)).toEqual({ problem });
  });

  it.each([
    [
      'plan.resource_changes.all(a, plan.links.all(b, plan.links.all(c, plan.links.all(d, true))))',
      'Loops are nested more than 3',
    ],
    ['plan.stack.matches("(a+)+b")', 'Regular expressions are not allowed'],
    ['process.exit(1) == 1', 'There is no function "exit"'],
    ['plan.?summary == 1', 'not valid'],
    [`${'('.repeat(70)}true${')'.repeat(70)} && ${'!'.repeat(70)}true`, 'nested'],
    ['"text"', 'a condition is true or false'],
    [`plan.a == "${'a'.repeat(4000)}"`, 'at most 4000'],
  ])('%s is refused', (source, words) => {
    expect(compilePolicyCondition(source)).toMatchObject({ fault: expect.stringContaining(words) });
  });

  it('is ended by the clock where its steps are few and each takes long', () => {
    const numbers = `[${Array.from({ length: 90 }, (_, number) => number).join(',')}]`;
    const large = { changes: Array.from({ length: 2000 }, (_, number) => ({ number, deep: { number } })) };
    const condition = compiled(`${numbers}.all(a, ${numbers}.all(b, ${numbers}.all(c, plan.changes == plan.changes)))`);

    expect(condition.evaluate(large, 40)).toEqual({ problem: 'it takes more than 0.04 seconds' });
    expect(compiled('plan.changes.size() == 2000').evaluate(large)).toEqual({ holds: true });
  });
});
