import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskPlan, maskText, maskValue, maskVerification } from '../../src/report/mask.ts';
import { conflicts, newStack } from './plans.ts';

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
    expect([maskValue(null), maskValue(true), maskValue(false)]).toEqual([null, true, false]);
    expect([maskValue(12), maskValue(['Gold', 'VIP member'])]).toEqual(['***', ['G***', 'V***']]);
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
