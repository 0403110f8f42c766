import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { renderDiagnostics } from '../../src/report/diagnostic-text.ts';
import { maskPlan } from '../../src/operations/mask.ts';
import { renderPlanHtml } from '../../src/report/plan-html.ts';
import { planJson } from '../../src/operations/plan-json.ts';
import { renderPlanMarkdown } from '../../src/report/plan-markdown.ts';
import { renderPlan } from '../../src/report/plan-text.ts';
import { conflicts, drift, hostile, newStack, noChangesWithBacklog, replace } from './plans.ts';
import { SCENARIOS } from './scenarios.ts';

const PLANS: Readonly<Record<string, Plan>> = {
  'new-stack': newStack,
  'no-changes-with-backlog': noChangesWithBacklog,
  replace,
  drift,
  conflicts,
  ...SCENARIOS,
};

describe.each(Object.entries(PLANS))('the plan "%s"', (name, plan) => {
  const masked = maskPlan(plan, false);

  it('reads well at a terminal', async () => {
    await expect(renderPlan(masked, { colour: false, width: 100 })).toMatchFileSnapshot(`golden/${name}.txt`);
  });

  it('has the shape that tools read', async () => {
    await expect(`${JSON.stringify(planJson(masked), null, 2)}\n`).toMatchFileSnapshot(`golden/${name}.json`);
  });

  it('reads well as a comment', async () => {
    await expect(renderPlanMarkdown(masked, { digest: 'abc123', saved: 'plan.json' })).toMatchFileSnapshot(`golden/${name}.md`);
  });
});

it('E2 is tried on what a reviewer may meet', () => {
  expect(Object.keys(PLANS).length).toBeGreaterThanOrEqual(25);
});

describe('a plan with hostile strings', () => {
  const text = renderPlan(hostile, { colour: false, width: 100 }) + renderDiagnostics(hostile.diagnostics, { colour: false });

  it('is shown in the terminal as it is', async () => {
    await expect(text).toMatchFileSnapshot('golden/hostile.txt');
  });

  it('is shown in a comment as it is', async () => {
    await expect(renderPlanMarkdown(hostile)).toMatchFileSnapshot('golden/hostile.md');
  });

  it('sends nothing to the terminal or to the runner of a pipeline', () => {
    for (const line of text.split('\n')) {
      expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      expect(line).not.toMatch(/^\s*::/);
      expect(line).not.toMatch(/##\w*\[/);
    }
  });

  it('is no markup of a page', () => {
    const page = renderPlanHtml(hostile);

    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page).not.toContain('<script>alert');
    expect(page).not.toMatch(/[\p{Cf}]/u);
  });

  it('leaves JSON values as they are', () => {
    const read = JSON.parse(JSON.stringify(planJson(hostile))) as ReturnType<typeof planJson>;

    expect(read.links[0]!.records[0]!.key).toBe(hostile.links[0]!.records[0]!.key);
  });
});

describe('the page of a plan', () => {
  it('reads well', async () => {
    await expect(renderPlanHtml(maskPlan(newStack, false))).toMatchFileSnapshot('golden/new-stack.html');
  });
});
