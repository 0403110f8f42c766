import { describe, expect, test } from 'vitest';
import { findTransform, TRANSFORM_NAMES } from '../../src/mapping/transform.ts';
import type { FieldType, FieldValue } from '../../src/model/value.ts';

const PROBLEM = Symbol('problem');

type Row = readonly [transform: string, value: FieldValue, to: FieldType | undefined, expected: FieldValue | typeof PROBLEM];

const ROWS: readonly Row[] = [
  ['date', '2024-02-29', 'date', '2024-02-29'],
  ['date', '2023-02-29', 'date', PROBLEM],
  ['date', '29.02.2024', 'date', PROBLEM],
  ['date', '2024-02-29T00:00:00Z', 'date', PROBLEM],
  ['datetime', '2024-02-29T12:30:00+02:00', 'datetime', '2024-02-29T10:30:00.000Z'],
  ['datetime', '2024-02-30T12:30:00Z', 'datetime', PROBLEM],
  ['datetime', '2024-02-29 12:30', 'datetime', PROBLEM],
  ['datetime', '9999-12-31T23:59:59-12:00', 'datetime', PROBLEM],
  ['datetime-date', '2024-02-29T23:59:59.999Z', 'date', '2024-02-29'],
  ['datetime-date', '2024-02-29T23:59:59-05:00', 'date', '2024-03-01'],
  ['datetime-date', '2024-02-29', 'datetime', '2024-02-29T00:00:00.000Z'],
  ['datetime-date', '2024-02-29', undefined, '2024-02-29T00:00:00.000Z'],
  ['datetime-date', '2024-02-29T01:00:00.000Z', undefined, '2024-02-29'],
  ['datetime-date', 'soon', 'date', PROBLEM],
  ['lowercase', 'ÄÖÜ Straße', 'string', 'äöü straße'],
  ['uppercase', 'straße', 'string', 'STRASSE'],
  ['trim', '  Ann \n', 'string', 'Ann'],
  ['trim', ' \t ', 'string', null],
  ['trim', true, 'string', PROBLEM],
  ['yes-no', true, 'string', 'Yes'],
  ['yes-no', false, 'picklist', 'No'],
  ['yes-no', ' YES ', 'boolean', true],
  ['yes-no', 'no', undefined, false],
  ['yes-no', 'maybe', 'boolean', PROBLEM],
  ['yes-no', null, 'boolean', false],
  ['yes-no', null, 'string', null],
  ['true-false-text', true, 'string', 'true'],
  ['true-false-text', 'False', 'boolean', false],
  ['true-false-text', 'Yes', 'boolean', PROBLEM],
  ['number-text', 12.5, 'string', '12.5'],
  ['number-text', -0, 'string', '0'],
  ['number-text', 1e21, 'string', PROBLEM],
  ['number-text', Number.NaN, 'string', PROBLEM],
  ['number-text', ' -012.50 ', 'decimal', -12.5],
  ['number-text', '0.30000000000000004', 'decimal', 0.1 + 0.2],
  ['number-text', '12345678901234567890', 'integer', PROBLEM],
  ['number-text', '1,000', 'decimal', PROBLEM],
  ['number-text', '0x10', 'decimal', PROBLEM],
  ['number-text', '1e3', 'decimal', PROBLEM],
  ['number-text', '', 'decimal', null],
  ['number-text', '0000', 'integer', 0],
  ['number-text', '7', undefined, 7],
];

describe('transforms', () => {
  test.each(ROWS)('%s turns %j for a field of type %s into %s', (name, value, to, expected) => {
    const carried = findTransform(name)!.apply(value, to);

    if (expected === PROBLEM) expect(carried).toHaveProperty('problem');
    else expect(carried).toEqual({ value: expected });
  });

  test('every transform has rows above', () => {
    expect(new Set(ROWS.map(([name]) => name))).toEqual(new Set(TRANSFORM_NAMES));
  });
});
