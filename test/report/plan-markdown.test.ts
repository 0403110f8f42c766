import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ResourceChange } from '../../src/model/plan.ts';
import { MOST_CHARACTERS, renderPlanMarkdown } from '../../src/report/plan-markdown.ts';
import { changeOf, conflicts, linkOf, newStack, planOf } from './plans.ts';

const LONG = fc.string({ unit: fc.constantFrom('a', '`', '<', '\n', '|', '@', '😀', ' '), maxLength: 4_000, size: 'max' });
const CHANGE = fc
  .record({
    title: LONG,
    action: fc.constantFrom('create' as const, 'update' as const, 'delete' as const),
    count: fc.integer({ min: 1, max: 20 }),
  })
  .map(({ title, action, count }): ResourceChange[] =>
    Array.from({ length: count }, () =>
      changeOf({
        action,
        before: action === 'create' ? null : { title: 'old' },
        after: action === 'delete' ? null : { title, [title.slice(0, 300)]: title },
      }),
    ),
  );

describe('a plan as a comment', () => {
  it('fits, whatever the plan', () => {
    fc.assert(
      fc.property(fc.array(CHANGE, { maxLength: 4 }), LONG, fc.integer({ min: 0, max: 60 }), (changes, text, links) => {
        const plan = planOf({
          stack: text.slice(0, 500),
          resourceChanges: changes.flat(),
          resourceDrift: changes.flat(),
          links: Array.from({ length: links }, () =>
            linkOf({
              cause: 'new',
              guards: [{ guard: text, found: 2, limit: 1 }],
              ceiling: { sf: { create: 1, update: 1, delete: 1, fields: { [text]: { write: 1, clear: 1 } } } },
              records: [
                { key: text, end: 'sf', action: 'update', fields: { [text]: { before: text, after: text } }, reason: text },
              ],
            }),
          ),
        });
        const comment = renderPlanMarkdown(plan, { saved: text, digest: text });
        expect(comment.length).toBeLessThan(MOST_CHARACTERS);
        expect(balanced(comment)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it('fits where one value alone is longer', () => {
    const text = '`|<@'.repeat(50_000);
    const plan = planOf({
      resourceChanges: [
        changeOf({ after: { title: text } }),
        changeOf({ action: 'update', before: { title: text }, after: { title: `${text}.` } }),
      ],
    });

    expect(renderPlanMarkdown(plan).length).toBeLessThan(MOST_CHARACTERS);
    expect(balanced(renderPlanMarkdown(plan))).toBe(true);
  });

  it('says where the rest is when a part had to be left out', () => {
    const changes = (['create', 'update', 'delete', 'read'] as const).flatMap((action) =>
      Array.from({ length: 400 }, (_, index) =>
        changeOf({
          address: `Resource/${action}-${index}`,
          action,
          before: action === 'create' || action === 'read' ? null : { title: 'old' },
          after: action === 'delete' ? null : { title: 'new' },
        }),
      ),
    );

    const comment = renderPlanMarkdown(planOf({ resourceChanges: changes, resourceDrift: changes.slice(400, 800) }));
    expect(comment.length).toBeLessThan(MOST_CHARACTERS);
    expect(comment).toContain('more lines in the plan itself');
    expect(comment).toContain('Some parts are left out for their length');
    expect(comment).toContain('syncline apply');
  });

  it('names the risks before anything else', () => {
    const comment = renderPlanMarkdown(conflicts);

    expect(comment.indexOf('[!CAUTION]')).toBeGreaterThan(0);
    expect(comment.indexOf('12 records deleted')).toBeLessThan(comment.indexOf('| link |'));
    expect(comment.indexOf('Conflicts (7)')).toBeLessThan(comment.indexOf('Updated or imported'));
  });

  it('can be found again by the hidden line of its stack', () => {
    expect(renderPlanMarkdown(newStack).split('\n')[0]).toBe('<!-- syncline:plan stack=sandbox -->');
    expect(renderPlanMarkdown({ ...newStack, stack: 'a-->b' }).split('\n')[0]).toBe('<!-- syncline:plan stack=a%2D%2D%3Eb -->');
  });
});

/** Whether every block and every fold that is opened is closed, in order. */
function balanced(comment: string): boolean {
  let fence: string | undefined;
  let open = 0;
  for (const line of comment.split('\n')) {
    const run = /^(`{3,})/.exec(line)?.[1];
    if (fence !== undefined) {
      if (line === fence) fence = undefined;
    } else if (run !== undefined) fence = run;
    else if (line.startsWith('<details>')) open += 1;
    else if (line === '</details>') open -= 1;
  }
  return fence === undefined && open === 0;
}
