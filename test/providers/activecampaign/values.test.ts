import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeValue, encodeValue, kindOf, type ValueKind } from '../../../src/providers/activecampaign/field-values.ts';
import { instantOf } from '../../../src/providers/activecampaign/rows.ts';
import { createValueSpool } from '../../../src/providers/activecampaign/value-spool.ts';
import { chooseImports, writeCalls } from '../../../src/providers/activecampaign/write-costs.ts';
import { createTotals, valuePages } from '../../../src/providers/activecampaign/value-listing.ts';

describe('custom field values', () => {
  it.each([
    ['text', 'Burger', 'Burger'],
    ['text', '', null],
    ['text', undefined, null],
    ['boolean', '||true||', true],
    ['boolean', 'true', true],
    ['boolean', '', false],
    ['boolean', undefined, false],
    ['set', '||b||a||a||', ['a', 'b']],
    ['set', 'a', ['a']],
    ['set', '', null],
    ['set', '||||', null],
    ['date', '2008-01-20', '2008-01-20'],
    ['date', '2008-01-20T00:00:00-05:00', '2008-01-20'],
    ['date', '0000-00-00', null],
    ['date', 'soon', 'soon'],
    ['datetime', '2020-05-19T02:45:00-05:00', '2020-05-19T07:45:00.000Z'],
    ['datetime', '0000-00-00 00:00:00', null],
    ['decimal', '12.50', 12.5],
    ['decimal', '', null],
    ['decimal', 'many', 'many'],
  ] as [ValueKind, string | undefined, unknown][])('%s %j is read as %j', (kind, stored, value) => {
    expect(decodeValue(kind, stored)).toEqual(value);
  });

  it.each([
    ['text', null, ''],
    ['text', 5, '5'],
    ['text', ['a'], undefined],
    ['boolean', false, ''],
    ['boolean', 'true', undefined],
    ['set', [], ''],
    ['set', ['a|'], undefined],
    ['set', ['|a'], undefined],
    ['date', '2026-1-1', undefined],
    ['datetime', '2026-03-01T09:00:00.500Z', '2026-03-01T09:00:00+00:00'],
    ['datetime', 'soon', undefined],
    ['decimal', 1e21, '1000000000000000000000'],
    ['decimal', 1.5e-7, '0.00000015'],
    ['decimal', Number.NaN, undefined],
  ] as [ValueKind, never, string | undefined][])('%s %j is written as %j', (kind, value, stored) => {
    expect(encodeValue(kind, value)).toBe(stored);
  });

  it('come back as they were written', () => {
    const choice = fc
      .string({ minLength: 1 })
      .filter((text) => !text.includes('||') && !text.startsWith('|') && !text.endsWith('|'));
    const choices = fc.uniqueArray(choice, { minLength: 1 }).map((values) => values.toSorted());
    const instant = fc.integer({ min: 0, max: 4e9 }).map((seconds) => new Date(seconds * 1000).toISOString());
    const samples = fc.oneof(
      fc.tuple(fc.constant<ValueKind>('text'), fc.string({ minLength: 1 })),
      fc.tuple(fc.constant<ValueKind>('set'), choices),
      fc.tuple(fc.constant<ValueKind>('boolean'), fc.boolean()),
      fc.tuple(fc.constant<ValueKind>('datetime'), instant),
      fc.tuple(
        fc.constant<ValueKind>('decimal'),
        fc
          .double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 })
          .map((value) => Math.round(value * 1e4) / 1e4 + 0),
      ),
    );
    fc.assert(
      fc.property(samples, ([kind, value]) => {
        expect(decodeValue(kind, encodeValue(kind, value))).toEqual(value);
      }),
      { numRuns: 1_000 },
    );
  });

  it('of a checkbox are a boolean only where its one option is "true"', () => {
    expect(kindOf('checkbox', ['true']).type).toBe('boolean');
    expect(kindOf('checkbox', ['true', 'false']).type).toBe('set');
    expect(kindOf('checkbox', []).type).toBe('set');
    expect(kindOf('NULL', []).type).toBe('string');
  });
});

describe('timestamps', () => {
  it.each([
    ['2026-05-28T03:05:54-05:00', '2026-05-28T08:05:54.000Z'],
    ['2026-05-28T03:05:54Z', '2026-05-28T03:05:54.000Z'],
    ['2026-05-28 03:05:54+0200', '2026-05-28T01:05:54.000Z'],
    ['2026-05-28 03:05:54', undefined],
    ['0000-00-00 00:00:00', undefined],
    ['0000-00-00', undefined],
    [null, undefined],
    ['2026-99-28T03:05:54Z', undefined],
  ])('%j is the instant %j', (text, instant) => {
    expect(instantOf(text)).toBe(instant);
  });
});

describe('the value spool', () => {
  it('gives back what a map of maps would', () => {
    const rows = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 40 }), fc.constantFrom('1', '2', '30'), fc.string({ unit: 'grapheme' })),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(rows, (added) => {
        const spool = createValueSpool();
        const model = new Map<number, Map<string, string>>();
        for (const [contact, field, value] of added) {
          spool.add(contact, field, value);
          model.set(contact, (model.get(contact) ?? new Map<string, string>()).set(field, value));
        }
        spool.seal();
        for (let contact = 0; contact <= 41; contact += 1)
          expect(spool.valuesOf(contact)).toEqual(model.get(contact) ?? new Map());
      }),
      { numRuns: 200 },
    );
  });

  it('holds a text that is larger than a chunk, and refuses ids that it cannot sort', () => {
    const spool = createValueSpool();
    const long = 'ü'.repeat(3_000_000);

    expect([spool.add(1, '1', 'a'), spool.add(2, '1', long), spool.add(3, '1', 'b'), spool.add(2 ** 29, '1', 'c')]).toEqual([
      true,
      true,
      true,
      false,
    ]);
    spool.seal();

    expect([1, 2, 3].map((contact) => spool.valuesOf(contact).get('1')?.length)).toEqual([1, 3_000_000, 1]);
  });

  it('keeps 800,000 values of 100,000 contacts well below 120 MB', () => {
    const before = process.memoryUsage();
    const spool = createValueSpool();
    for (let row = 0; row < 800_000; row += 1)
      spool.add(1 + (row % 100_000), String(Math.floor(row / 100_000)), `value number ${row}`);
    spool.seal();
    const after = process.memoryUsage();

    expect(spool.valuesOf(77_777).get('7')).toBe('value number 777776');
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(80 * 1024 * 1024);
  });
});

describe('the choice between importer and single calls', () => {
  const load = (contacts: number, singleCalls: number, values: { added?: number; replaced?: number } = {}) => ({
    contacts,
    singleCalls,
    added: 0,
    replaced: 0,
    ...values,
    optOuts: new Map<string, number>(),
  });

  it('follows the calls, and the vendor’s advice below ten contacts', () => {
    expect(chooseImports({ create: load(9, 90) }, createTotals()).groups.size).toBe(0);
    expect(chooseImports({ create: load(10, 20) }, createTotals())).toEqual({ groups: new Set(['create']), calls: 3 });
    expect(chooseImports({}, createTotals())).toEqual({ groups: new Set(), calls: 0 });
  });

  it('separates what adds custom field values from what replaces them in a large account', () => {
    const totals = createTotals();
    totals.values = 1_000_000;

    const choice = chooseImports(
      {
        create: load(500, 1_000, { added: 500 }),
        update: load(250, 500, { added: 500 }),
        replace: load(500, 500, { added: 500, replaced: 500 }),
      },
      totals,
    );

    expect(choice.groups).toEqual(new Set(['create', 'update']));
    expect(choice.calls).toBe(500 + 3 + 3 + 8 + valuePages(1_000));
  });

  it('never prices a batch above its single calls and the one that counts the values', () => {
    const shapes = fc.array(
      fc.record({
        action: fc.constantFrom('create' as const, 'update' as const, 'delete' as const),
        count: fc.integer({ min: 1, max: 2_000 }),
        paths: fc.subarray(['email', 'firstName', 'field/A', 'field/B', 'tag/x', 'list/L']),
      }),
    );
    fc.assert(
      fc.property(shapes, fc.option(fc.nat(2_000_000), { nil: undefined }), (given, values) => {
        const totals = createTotals();
        if (values !== undefined) totals.values = values;
        const singles = given.reduce((sum, { action, count, paths }) => {
          const pairs = paths.filter((path) => /^(?:tag|list)/.test(path)).length;
          return sum + count * (action === 'delete' ? 1 : (action === 'create' || paths.length > pairs ? 1 : 0) + pairs);
        }, 0);
        expect(writeCalls(given, (path) => path, totals)).toBeLessThanOrEqual(singles + 1);
      }),
      { numRuns: 500 },
    );
  });
});
