import { describe, expect, it } from 'vitest';
import { ProviderError, SynclineError } from '../../src/model/errors.ts';
import type { Diagnostic } from '../../src/model/diagnostics/diagnostic.ts';
import { errorJson } from '../../src/operations/diagnostic-json.ts';
import { renderDiagnostic, renderDiagnostics, renderError } from '../../src/report/diagnostic-text.ts';

const PLAIN = { colour: false };

const UNKNOWN_FIELD: Diagnostic = {
  severity: 'error',
  code: 'MAPPING_UNKNOWN_FIELD',
  address: 'Mapping/person',
  detail: 'activecampaign/contact has no field "emial".',
  hint: 'did you mean "email"?',
  source: { file: 'links/mapping.yaml', line: 12, column: 9, endLine: 12, endColumn: 14, text: '    ac: emial' },
};

describe('a diagnostic', () => {
  it('says what, where, why and what to do', () => {
    expect(renderDiagnostic(UNKNOWN_FIELD, PLAIN)).toBe(
      [
        'error MAPPING_UNKNOWN_FIELD  Unknown field',
        '  links/mapping.yaml:12:9  in Mapping/person',
        '  12 │     ac: emial',
        '     │         ^^^^^',
        '  activecampaign/contact has no field "emial".',
        '  hint: did you mean "email"?',
        '',
      ].join('\n'),
    );
  });

  it('points at the right columns behind wide characters', () => {
    const source = { file: 'a.yaml', line: 1, column: 5, endLine: 1, endColumn: 7, text: '"李": xy' };

    const lines = renderDiagnostic({ ...UNKNOWN_FIELD, source }, PLAIN).split('\n');
    expect(lines.slice(2, 4)).toEqual(['  1 │ "李": xy', '    │      ^^']);
  });

  it('points into a line that is longer than the screen', () => {
    const source = {
      file: 'a.yaml',
      line: 1,
      column: 1001,
      endLine: 1,
      endColumn: 1005,
      text: `${'a'.repeat(1000)}here${'b'.repeat(1000)}`,
    };

    const [shown, carets] = renderDiagnostic({ ...UNKNOWN_FIELD, source }, PLAIN)
      .split('\n')
      .slice(2, 4) as [string, string];
    expect(shown.length).toBeLessThan(140);
    expect(shown.slice(carets.indexOf('^'), carets.lastIndexOf('^') + 1)).toBe('here');
  });

  it('stands behind errors where it is a warning', () => {
    const warning: Diagnostic = { severity: 'warning', code: 'MAPPING_UNKNOWN_FIELD', detail: 'Perhaps.' };

    expect(renderDiagnostics([warning, UNKNOWN_FIELD], PLAIN).match(/^(?:error|warning)/gm)).toEqual(['error', 'warning']);
  });
});

describe('what stopped a run', () => {
  it('is named by its fixed summary on the first line', () => {
    const text = renderError(
      new SynclineError('STORAGE_LOCKED', 'ada@host works on it since 09:15.', { hint: 'Wait, or:\n  syncline force-unlock 12' }),
      PLAIN,
    );

    expect(text).toBe(
      [
        'Error: Error acquiring the state lock',
        '  ada@host works on it since 09:15.',
        '  hint: Wait, or:',
        '    syncline force-unlock 12',
        '  code: STORAGE_LOCKED (syncline explain STORAGE_LOCKED)',
        '',
      ].join('\n'),
    );
  });

  it('does not say its summary twice', () => {
    const text = renderError(new SynclineError('PLAN_STALE', 'Saved plan is stale. The state has serial 4.'), PLAIN);

    expect(text.match(/Saved plan is stale/g)).toHaveLength(1);
    expect(text.split('\n').slice(0, 2)).toEqual(['Error: Saved plan is stale', '  The state has serial 4.']);
  });

  it('tells what the vendor answered', () => {
    const error = new ProviderError('PROVIDER_UNAVAILABLE', 'No luck.', {
      integration: 'salesforce',
      retryable: true,
      status: 503,
      vendorCode: 'SERVER\u001bUNAVAILABLE',
    });

    expect(renderError(error, PLAIN)).toContain('  salesforce answered: 503 SERVER\\x1bUNAVAILABLE\n  Running again continues');
  });

  it('asks for a report where it is our own fault', () => {
    expect(renderError(new TypeError('x is undefined'), PLAIN)).toBe(
      'Error: Unexpected failure\n  x is undefined\n  This is a bug in Syncline, please report it.\n',
    );
    expect(renderError(new SynclineError('PLAN_STALE', 'Odd.', { fault: 'ours' }), PLAIN)).toContain('please report it');
    expect(renderError(Object.assign(new Error('ENOSPC: no space left'), { syscall: 'write' }), PLAIN)).toBe(
      'Error: Operating system error\n  ENOSPC: no space left\n',
    );
  });

  it('has every key in JSON', () => {
    expect(errorJson(new SynclineError('PLAN_STALE', 'Odd.'))).toEqual({
      severity: 'error',
      code: 'PLAN_STALE',
      summary: 'Saved plan is stale',
      detail: 'Odd.',
      file: null,
      line: null,
      column: null,
      address: null,
      hint: null,
    });
  });
});
