import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FieldValue } from '../../src/model/value.ts';
import { maskPlan, maskVerification } from '../../src/operations/mask.ts';
import { conflicts, linkOf, newStack, planOf } from '../report/plans.ts';

/** What a plan shows of a record with this key and this value. */
function shownOf(key: string, after: FieldValue): { key: string; after: FieldValue } {
  const record = { key, end: 'sf', action: 'create' as const, fields: { Phone: { before: null, after } }, reason: '' };
  const masked = maskPlan(planOf({ links: [linkOf({ records: [record] })] }), false).links[0]!.records[0]!;
  return { key: masked.key, after: masked.fields['Phone']!.after };
}

function maskText(text: string): string {
  return shownOf('', text).after as string;
}

describe('masking', () => {
  it.each([
    ['jane@example.com', 'j***@e***.com'],
    ['Jane.Doe+news@mail.example.co.uk', 'J***@m***.uk'],
    ['j@x.io', '***@***.io'],
    ['ola@localhost', 'o***@l***'],
    ["o'brien@exämple.de", 'o***@e***.de'],
    ['Andersson', 'A***'],
    ['王小明', '王***'],
    ['王明', '***'],
    ['+46701234567', '***'],
    ['1990-01-31', '***'],
    ['2026-01-31T09:15:08.000Z', '***'],
    ['', ''],
  ])('shows %j as %s', (text, shown) => {
    expect(maskText(text)).toBe(shown);
  });

  it('leaves what says nothing of a person', () => {
    expect([null, true, false].map((value) => shownOf('', value).after)).toEqual([null, true, false]);
    expect([12, ['Gold', 'VIP member']].map((value) => shownOf('', value).after)).toEqual(['***', ['G***', 'V***']]);
  });

  it('keeps of any text at most three letters and the last label of an address', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'grapheme' }), fc.emailAddress()), (text) => {
        const kept = maskText(text)
          .replaceAll('***', '')
          .replace(/^(.?)@(.?)(\.\p{L}{2,12})?$/u, '$1$2');
        return Array.from(kept).length <= 2;
      }),
    );
  });

  it('changes nothing that is masked already', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.emailAddress()),
        (text) => maskText(maskText(text)) === maskText(text),
      ),
    );
  });

  it('leaves the id by which a record without a match key goes', () => {
    expect(shownOf('#003000000000001AAA', null).key).toBe('#003000000000001AAA');
    expect(shownOf('#jane@example.com', null).key).toBe('***@e***.com');
    expect(shownOf('jane@example.com', '#003').after).toBe('***');
  });

  it('covers every place of a plan that tells of a person', () => {
    const people = /jane|ola@|twin|0701234567|\+47|1990|003000/;

    expect(JSON.stringify([newStack.links, conflicts.links])).toMatch(people);
    expect(JSON.stringify([maskPlan(newStack, false).links, maskPlan(conflicts, false).links])).not.toMatch(people);
  });

  it('leaves a plan alone where values are asked for', () => {
    expect(maskPlan(newStack, true)).toBe(newStack);
  });

  it('covers a verification', () => {
    const masked = maskVerification(
      {
        address: 'Link/contacts',
        persons: 2,
        agreeing: 1,
        differing: [{ key: 'jane@example.com', field: 'Phone', values: { sf: '0701', ac: null } }],
        only: { sf: ['ola@example.no'], ac: [] },
        held: [{ key: 'twin@example.com', reason: 'ambiguous' }],
      },
      false,
    );

    expect(masked).toEqual({
      address: 'Link/contacts',
      persons: 2,
      agreeing: 1,
      differing: [{ key: 'j***@e***.com', field: 'Phone', values: { sf: '***', ac: null } }],
      only: { sf: ['o***@e***.no'], ac: [] },
      held: [{ key: 't***@e***.com', reason: 'ambiguous' }],
    });
  });
});
