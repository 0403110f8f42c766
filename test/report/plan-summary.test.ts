import { describe, expect, it } from 'vitest';
import { planJson } from '../../src/operations/plan-json.ts';
import { renderPlan } from '../../src/report/plan-text.ts';
import { changeOf, linkOf, newStack, noChangesWithBacklog, planOf, replace } from './plans.ts';

const TEXT = { colour: false, width: 100 };

function linesFrom(text: string, start: string): string[] {
  const lines = text.split('\n');
  return lines.slice(lines.findIndex((line) => line.startsWith(start)));
}

describe('the lines that pipelines search for', () => {
  it('count objects and then records', () => {
    expect(linesFrom(renderPlan(newStack, TEXT), 'Plan:').slice(0, 2)).toEqual([
      'Plan: 4 to add, 0 to change, 0 to destroy.',
      'Records: salesforce 3 to create, 12 to update, 0 to delete; activecampaign 5 to create, 2 to update, 0 to delete',
    ]);
  });

  it('name imports before and forgotten objects after, and the backlog last', () => {
    expect(linesFrom(renderPlan(replace, TEXT), 'Plan:').slice(0, 3)).toEqual([
      'Plan: 1 to import, 1 to add, 2 to change, 2 to destroy, 1 to forget.',
      'Records: salesforce 0 to create, 0 to update, 0 to delete; activecampaign 0 to create, 30 to update, 0 to delete',
      'Backlog: 1 edits wait for the next cycle.',
    ]);
  });

  it('say that nothing changes although edits wait', () => {
    expect(linesFrom(renderPlan(noChangesWithBacklog, TEXT), 'No changes.')).toEqual([
      'No changes. Your systems match the configuration.',
      'Backlog: 12 edits wait for the next cycle.',
      '',
    ]);
  });

  it('count no records of a link that is not concerned or was not read', () => {
    const counted = {
      sf: { integration: 'salesforce', object: 'Contact', create: 1, update: 0, delete: 0, unchanged: 0, fields: {} },
    };
    const plan = planOf({
      resourceChanges: [changeOf({})],
      links: [linkOf({ ends: counted }), linkOf({ ends: counted, cause: 'new', leftOut: { reason: 'dear', calls: 1 } })],
    });

    expect(renderPlan(plan, TEXT)).not.toContain('Records:');
  });

  it('do not depend on colours being there', () => {
    const coloured = renderPlan(replace, { ...TEXT, colour: true });

    expect(coloured).toContain('\u001b[');
    // eslint-disable-next-line no-control-regex
    expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(renderPlan(replace, TEXT));
  });
});

describe('what a plan says of applying it', () => {
  it('warns that the next apply may differ where the plan was not saved', () => {
    expect(renderPlan(newStack, TEXT)).toContain('the next apply may differ');
    expect(renderPlan(noChangesWithBacklog, TEXT)).not.toContain('the next apply may differ');
  });

  it('names the command that applies the saved plan', () => {
    expect(renderPlan(newStack, { ...TEXT, saved: 'plan.json' })).toMatch(/\n {2}syncline apply plan\.json\n$/);
  });

  it('says nothing of it while it is being applied', () => {
    expect(renderPlan(newStack, { ...TEXT, applying: true })).toMatch(/\nRecords: .*\n$/);
  });
});

describe('the JSON of a plan', () => {
  it('adopts an object as an update or as nothing besides, with its id', () => {
    const adopted = changeOf({ action: 'import', before: { title: 'Birthday', type: 'date' }, id: '11' });
    const plan = planOf({ resourceChanges: [adopted, { ...adopted, before: { title: 'birthday', type: 'date' } }] });

    const changes = planJson(plan).resource_changes.map(({ change }) => change);
    expect(changes.map(({ actions, importing }) => [actions, importing])).toEqual([
      [['no-op'], { id: '11' }],
      [['update'], { id: '11' }],
    ]);
  });

  it('holds no sensitive value', () => {
    const json = JSON.stringify(planJson(newStack));

    expect(json).toContain('"after_sensitive":{"token":true}');
    expect(json).not.toContain('hunter2');
    expect(renderPlan(newStack, TEXT)).not.toContain('hunter2');
  });

  it('says whether it can be applied', () => {
    const broken = planOf({
      resourceChanges: [changeOf({})],
      diagnostics: [{ severity: 'error', code: 'RESOURCE_EXISTS', detail: 'It exists.' }],
    });

    expect(
      [newStack, noChangesWithBacklog, broken]
        .map((plan) => planJson(plan))
        .map(({ applyable, errored }) => [applyable, errored]),
    ).toEqual([
      [true, false],
      [false, false],
      [false, true],
    ]);
  });
});
