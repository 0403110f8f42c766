import { describe, expect, it } from 'vitest';
import { emptyState, type State } from '../../src/model/state.ts';
import type { LinkVerification } from '../../src/operations/verify.ts';
import { renderState, renderStateEntry } from '../../src/report/state-text.ts';
import { verifyJson } from '../../src/report/verify-json.ts';
import { renderVerification } from '../../src/report/verify-text.ts';

const AGREEING: LinkVerification = {
  address: 'Link/contacts',
  persons: 40,
  agreeing: 40,
  differing: [],
  only: { sf: [], ac: [] },
  held: [],
};
const DIFFERING: LinkVerification = {
  ...AGREEING,
  agreeing: 39,
  differing: [{ key: 'j***@e***.com', field: 'Phone', values: { sf: '***', ac: null } }],
  only: { sf: Array.from({ length: 12 }, (_, index) => `p${index}***`), ac: [] },
  held: [
    { key: 't***@e***.com', reason: 'ambiguous' },
    { key: 'u***@e***.com', reason: 'ambiguous' },
  ],
};

const STATE: State = {
  ...emptyState({ synclineVersion: '0.1.0', lineage: '6f2b1c1e-0000-4000-8000-000000000001', stack: 'sandbox' }),
  serial: 3,
  accounts: { salesforce: { id: '00D000000000001EAA', label: 'Acme\u001b[2J' } },
  resources: {
    'Resource/ac-birthday': {
      type: 'activecampaign/field',
      integration: 'activecampaign',
      mode: 'managed',
      id: '7',
      attributes: { title: 'Birthday', type: 'date', options: null },
      computed: { perstag: 'BIRTHDAY' },
      created_by_syncline: true,
      prevent_destroy: true,
      depends_on: [],
      applied_at: '2026-11-22T09:15:08.000Z',
      pending: { action: 'update', since: '2026-11-22T09:16:00.000Z', run: 'r1' },
    },
  },
  specifications: {
    'Link/contacts': {
      kind: 'Link',
      generation: 2,
      digest: 'abc',
      specification: { active: true, ends: { sf: { object: 'Contact' } } },
      applied_at: '2026-11-22T09:15:08.000Z',
      paused: { since: '2026-11-22T10:00:00.000Z', by: 'ada@host' },
    },
  },
  guards: { 'Link/contacts': { deletes: 10 } },
};

describe('a verification', () => {
  it('says so where both ends agree', () => {
    expect(renderVerification([AGREEING], { colour: false })).toBe(
      `Link/contacts: 40 persons at both ends, 40 agreeing, 0 differing\n\nBoth ends agree on every mapped field.\n`,
    );
  });

  it('lists who differs, who would be created and who is held', async () => {
    await expect(renderVerification([DIFFERING], { colour: false, width: 100 })).toMatchFileSnapshot('golden/verification.txt');
  });

  it('has the shape that tools read', () => {
    expect(verifyJson([DIFFERING])).toEqual({ links: [DIFFERING] });
    expect(Object.keys(verifyJson([AGREEING]).links[0]!)).toEqual([
      'address',
      'persons',
      'agreeing',
      'differing',
      'only',
      'held',
    ]);
  });
});

describe('the state', () => {
  it('reads well', async () => {
    await expect(renderState(STATE, false)).toMatchFileSnapshot('golden/state.txt');
  });

  it('lists its addresses in one order', () => {
    expect(renderState(STATE, false).match(/^# [A-Z].*\/.*$/gm)).toEqual(['# Link/contacts', '# Resource/ac-birthday']);
  });

  it('shows one entry alone', () => {
    expect(renderStateEntry('Link/contacts', STATE.specifications['Link/contacts']!, false)).toBe(
      [
        '# Link/contacts',
        '# generation 2, applied at 2026-11-22T09:15:08.000Z, digest abc',
        '# paused since 2026-11-22T10:00:00.000Z by ada@host',
        'link "contacts" {',
        '  active: true',
        '  ends: { sf: { object: Contact } }',
        '}',
        '',
      ].join('\n'),
    );
  });

  it('says so where nothing was applied', () => {
    expect(renderState(emptyState({ synclineVersion: '0.1.0', lineage: 'l', stack: 'sandbox' }), false)).toContain(
      'Nothing was applied yet.',
    );
  });
});
