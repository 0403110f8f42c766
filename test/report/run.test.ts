import { describe, expect, it } from 'vitest';
import type { CycleSummary, OperationEvent } from '../../src/operations/runtime.ts';
import { advanceProgress, progressText } from '../../src/report/progress.ts';
import { applyCompleteLine, errorLine, eventLines, versionLine } from '../../src/report/run-json.ts';
import { APPLY_CANCELLED, applyCompleteText, eventText, syncCompleteText } from '../../src/report/run-text.ts';
import { SynclineError } from '../../src/model/errors.ts';
import { changeOf, drift, newStack, replace } from './plans.ts';

const AT = '2026-11-22T09:15:08.000Z';
const SUMMARY: CycleSummary = {
  link: 'Link/contacts',
  generation: 2,
  ends: { sf: { created: 3, updated: 12, deleted: 0 }, ac: { created: 0, updated: 1, deleted: 0 } },
  conflicts: 1,
  resolved: 2,
  quarantined: 1,
  unlinked: 0,
  left: 0,
  absent: 0,
  missed: {},
  unknown: 0,
  pending: 0,
  waiting: 0,
  moved: 0,
  calls: { salesforce: 12, activecampaign: 34 },
  converged: false,
};

function textOf(event: OperationEvent): string | undefined {
  return eventText(event, { colour: false });
}

describe('a run told to a person', () => {
  it('says what waits for a second sweep', () => {
    const text = syncCompleteText([{ ...SUMMARY, absent: 2 }]);

    expect(text).toContain(
      '2 records missing from a complete listing. Gone is what a second sweep misses as well:\n  syncline sync --sweep',
    );
  });

  it('names what is done and what came of it', () => {
    const change = changeOf({});

    expect(textOf({ type: 'apply_start', change })).toBe('Resource/ac-birthday: Creating...');
    expect(textOf({ type: 'apply_complete', change, id: '7' })).toBe('Resource/ac-birthday: Creation complete [id=7]');
    expect(textOf({ type: 'apply_complete', change: { ...change, action: 'update' }, id: undefined })).toBe(
      'Resource/ac-birthday: Modifications complete',
    );
    expect(textOf({ type: 'apply_errored', change, message: 'No\u001b[2J' })).toBe('Resource/ac-birthday: Failed: No\\x1b[2J');
    expect(textOf({ type: 'cycle_start', link: 'Link/contacts', generation: 2 })).toBe(
      'Link/contacts: Cycle started [generation=2]',
    );
    expect(textOf({ type: 'planned', plan: newStack })).toBeUndefined();
  });

  it('sums up a cycle', () => {
    expect(textOf({ type: 'cycle_summary', summary: SUMMARY })).toBe(
      'Link/contacts: Cycle complete: sf 3 created, 12 updated, 0 deleted; ac 0 created, 1 updated, 0 deleted; 1 conflict for a person, 2 conflicts resolved, 1 quarantined; calls: salesforce 12, activecampaign 34; not converged yet.',
    );
  });

  it('ends with the lines that pipelines search for', () => {
    expect(applyCompleteText({ added: 1, changed: 2, destroyed: 0 })).toBe(
      'Apply complete! Resources: 1 added, 2 changed, 0 destroyed.',
    );
    expect(APPLY_CANCELLED).toBe('Apply cancelled.');
  });

  it('says after a synchronisation what is left for a person', () => {
    const text = syncCompleteText([SUMMARY, { ...SUMMARY, conflicts: 0, quarantined: 0, converged: true }]);

    expect(text).toBe(
      [
        'Sync complete! 1 link, 2 cycles, 32 records written.',
        '1 record in quarantine:',
        '  syncline quarantine list',
        '1 conflict for a person to decide:',
        '  syncline conflicts list',
      ].join('\n'),
    );
    expect(syncCompleteText([SUMMARY])).toContain('Not converged yet: Link/contacts.');
  });
});

describe('a run told to a machine', () => {
  it('begins with the versions', () => {
    expect(versionLine('0.1.0', AT)).toEqual({
      '@level': 'info',
      '@message': 'Syncline 0.1.0',
      '@module': 'syncline',
      '@timestamp': AT,
      type: 'version',
      syncline: '0.1.0',
      ui: '1.0',
    });
  });

  it('lists the planned changes and counts them', () => {
    const lines = eventLines({ type: 'planned', plan: replace }, AT);

    expect(lines.map(({ type }) => type)).toEqual([...Array.from({ length: 6 }, () => 'planned_change'), 'change_summary']);
    expect(lines[0]).toMatchObject({
      change: { resource: { addr: 'Resource/ac-birthday', resource_type: 'activecampaign/field' }, action: 'replace' },
    });
    expect(lines.at(-1)).toMatchObject({ changes: { add: 1, change: 2, import: 1, remove: 2, forget: 1, operation: 'plan' } });
    expect(eventLines({ type: 'planned', plan: drift }, AT).map(({ type }) => type)).toEqual([
      'resource_drift',
      'resource_drift',
      'planned_change',
      'planned_change',
      'change_summary',
    ]);
  });

  it('leaves out expected objects and those without a change', () => {
    const lines = eventLines({ type: 'planned', plan: newStack }, AT);

    expect(JSON.stringify(lines)).not.toContain('ac-newsletter');
  });

  it('hooks what is done to its resource', () => {
    const change = changeOf({});

    expect(eventLines({ type: 'apply_complete', change, id: '7' }, AT)).toMatchObject([
      {
        type: 'apply_complete',
        hook: { resource: { addr: 'Resource/ac-birthday' }, action: 'create', id_key: 'id', id_value: '7' },
      },
    ]);
    expect(eventLines({ type: 'apply_errored', change, message: 'No.' }, AT)).toMatchObject([
      { type: 'apply_errored', '@level': 'error', hook: { action: 'create' } },
    ]);
  });

  it('carries the whole summary of a cycle', () => {
    expect(eventLines({ type: 'cycle_summary', summary: SUMMARY }, AT)).toMatchObject([{ type: 'cycle_summary', ...SUMMARY }]);
  });

  it('ends an apply with its counts, and a failure with a diagnostic', () => {
    expect(applyCompleteLine({ added: 1, changed: 2, destroyed: 3 }, AT)).toMatchObject({
      type: 'change_summary',
      '@message': 'Apply complete! Resources: 1 added, 2 changed, 3 destroyed.',
      changes: { add: 1, change: 2, remove: 3, operation: 'apply' },
    });
    expect(errorLine(new SynclineError('PLAN_STALE', 'Odd.'), AT)).toMatchObject({
      type: 'diagnostic',
      '@level': 'error',
      '@message': 'Error: Saved plan is stale',
      diagnostic: { severity: 'error', code: 'PLAN_STALE' },
    });
  });

  it('tells how far a cycle is', () => {
    const progress = { stage: 'detect', end: 'sf', done: 10, total: 40 } as const;

    expect(eventLines({ type: 'cycle_progress', link: 'Link/contacts', progress }, AT)).toMatchObject([
      {
        type: 'cycle_progress',
        link: 'Link/contacts',
        stage: 'detect',
        end: 'sf',
        done: 10,
        total: 40,
        '@message': 'Link/contacts: reading sf, 10 of 40 (25 %)',
      },
    ]);
  });
});

describe('progress on a terminal', () => {
  it('shows how fast a stage is, and starts anew with the next', () => {
    const first = advanceProgress(undefined, 'Link/contacts', { stage: 'detect', end: 'sf', done: 0 }, 1000);
    const second = advanceProgress(first, 'Link/contacts', { stage: 'detect', end: 'sf', done: 500 }, 3000);
    const third = advanceProgress(second, 'Link/contacts', { stage: 'push', end: 'ac', done: 5, total: 10 }, 4000);

    expect([first, second, third].map((progress) => progressText(progress, 80))).toEqual([
      'Link/contacts: reading sf, 0',
      'Link/contacts: reading sf, 500, 250/s',
      'Link/contacts: writing ac, 5 of 10 (50 %)',
    ]);
    expect(progressText(second, 20)).toHaveLength(20);
  });
});
