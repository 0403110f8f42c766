import { describe, expect, test } from 'vitest';
import type { FieldDescription, FieldType, FieldValue } from '../../src/model/value.ts';
import type { CompiledField } from '../../src/mapping/mapping.ts';
import type { FieldSpecification } from '../../src/mapping/specification.ts';
import { compileOne, field, onlyField } from './known-fields.ts';

function mapped(
  sf: FieldType | FieldDescription,
  ac: FieldType | FieldDescription,
  entry: Partial<FieldSpecification> = {},
): CompiledField {
  const describe = (path: string, type: FieldType | FieldDescription): FieldDescription =>
    typeof type === 'string' ? field(path, type) : type;
  return onlyField(
    compileOne({ sf: 'X', ac: 'x', flow: 'both', ...entry }, { sf: [describe('X', sf)], ac: [describe('x', ac)] }),
  );
}

function agree(compiledField: CompiledField, sf: FieldValue, ac: FieldValue): boolean {
  return compiledField.agrees({ sf: { X: sf }, ac: { x: ac } });
}

describe('agreement by type', () => {
  test.each<[FieldType, FieldType, FieldValue, FieldValue, boolean]>([
    ['string', 'string', 'Ann', 'Ann', true],
    ['string', 'string', 'Ann', 'ann', false],
    ['string', 'string', 'Ann', 'Ann ', false],
    ['string', 'string', null, '', true],
    ['string', 'string', null, ' ', false],
    ['email', 'email', 'Ann@Example.com', 'ann@example.COM', true],
    ['email', 'string', 'Ann@Example.com', 'ann@example.COM', true],
    ['email', 'email', 'ann@example.com', 'ann+x@example.com', false],
    ['phone', 'phone', '+1 555 0100', '+15550100', false],
    ['boolean', 'boolean', false, null, true],
    ['boolean', 'boolean', true, null, false],
    ['integer', 'decimal', 3, 3.0, true],
    ['decimal', 'decimal', 0, -0, true],
    ['decimal', 'decimal', 0, null, false],
    ['date', 'date', '2024-02-29', '2024-02-29', true],
    ['datetime', 'datetime', '2024-02-29T10:00:00.000Z', '2024-02-29T12:00:00+02:00', true],
    ['set', 'set', ['b', 'a'], ['a', 'b', 'b'], true],
    ['set', 'set', ['a'], ['a', 'b'], false],
    ['set', 'set', [], null, true],
    ['picklist', 'string', 'Web', 'web', false],
  ])('%s and %s: %j and %j', (sf, ac, left, right, expected) => {
    expect(agree(mapped(sf, ac), left, right)).toBe(expected);
    expect(agree(mapped(ac, sf), right, left)).toBe(expected);
  });

  test('an address is compared as one where only its source is known to be one', () => {
    const copy = mapped('email', 'string', { flow: 'to-ac', whenBlank: { ac: '-' } });

    expect(agree(copy, 'Ann@Example.com', 'ann@example.com')).toBe(true);
    expect(agree(copy, 'Ann@Example.com', 'bob@example.com')).toBe(false);
  });

  test('an instant is compared as one, however the target spells it', () => {
    const copy = mapped('datetime', 'datetime', { flow: 'to-ac', whenBlank: { ac: '1900-01-01T00:00:00.000Z' } });

    expect(agree(copy, '2024-02-29T10:00:00.000Z', '2024-02-29T12:00:00+02:00')).toBe(true);
    expect(agree(copy, '2024-02-29T10:00:00.000Z', '2024-02-29T12:00:00+01:00')).toBe(false);
  });

  test('an instant agrees with its day, and keeps its time of day', () => {
    const day = mapped('datetime', 'date', { as: 'datetime-date' });

    expect(agree(day, '2024-02-29T15:30:00.000Z', '2024-02-29')).toBe(true);
    expect(agree(day, '2024-02-29T15:30:00.000Z', '2024-03-01')).toBe(false);
  });

  test('digits agree with their number, however they are written', () => {
    const number = mapped('decimal', 'string', { as: 'number-text' });

    expect(agree(number, 1.5, '1.50')).toBe(true);
    expect(agree(number, 1.5, '1.51')).toBe(false);
  });

  test('a one-way field agrees when its target holds what is written', () => {
    const lower = mapped('string', 'string', { flow: 'to-ac', as: 'lowercase' });

    expect(agree(lower, 'ANN', 'ann')).toBe(true);
    expect(agree(lower, 'ANN', 'ANN')).toBe(false);
  });
});

describe('a value that stands for a blank', () => {
  const last = mapped('string', 'string', { whenBlank: { sf: '-' } });

  test('is written where the source is blank', () => {
    expect(last.carry('sf', { x: null })).toEqual({ value: '-' });
    expect(last.carry('sf', { x: '' })).toEqual({ value: '-' });
    expect(last.carry('sf', { x: 'Lee' })).toEqual({ value: 'Lee' });
  });

  test('agrees with the blank and is not carried back', () => {
    expect(agree(last, '-', null)).toBe(true);
    expect(last.carry('ac', { X: '-' })).toEqual({ value: null });
    expect(last.blank('sf', { X: '-' })).toBe(true);
  });

  test('is an ordinary value at the other end', () => {
    expect(last.carry('ac', { X: null })).toEqual({ value: null });
    expect(last.blank('ac', { x: '-' })).toBe(false);
    expect(agree(last, '-', '-')).toBe(true);
    expect(agree(last, '-', 'Lee')).toBe(false);
  });

  test('is written where a transform leaves nothing', () => {
    const trimmed = mapped('string', 'string', { flow: 'to-ac', as: 'trim', whenBlank: { ac: '-' } });

    expect(trimmed.carry('ac', { X: '  ' })).toEqual({ value: '-' });
  });

  test('is written for a computed blank', () => {
    const computed = onlyField(
      compileOne(
        { ac: 'x', flow: 'to-ac', value: 'sf.X', whenBlank: { ac: '-' } },
        { sf: [field('X', 'string')], ac: [field('x', 'string')] },
      ),
    );

    expect(computed.carry('ac', { X: null })).toEqual({ value: '-' });
    expect(computed.blank('sf', { X: null })).toBe(false);
    expect(computed.blank('ac', { x: '-' })).toBe(true);
  });
});

describe('values that do not fit', () => {
  const short = field('x', 'string', { maxLength: 5 });

  test('a value is never cut off', () => {
    const name = mapped('string', short);

    expect(name.carry('ac', { X: 'Maria' })).toEqual({ value: 'Maria' });
    expect(name.carry('ac', { X: 'Marian' })).toEqual({ problem: 'The value has 6 characters; the target stores 5.' });
  });

  test('length is counted in UTF-16 code units, as vendors count it', () => {
    expect(mapped('string', short).carry('ac', { X: '👩‍👩‍👧' })).toHaveProperty('problem');
  });

  test('a computed value is measured too', () => {
    const computed = onlyField(
      compileOne(
        { ac: 'x', flow: 'to-ac', value: 'sf.X.upperAscii()' },
        { sf: [field('X', 'string', { required: true })], ac: [short] },
      ),
    );

    expect(computed.carry('ac', { X: 'maria' })).toEqual({ value: 'MARIA' });
    expect(computed.carry('ac', { X: 'mariana' })).toHaveProperty('problem');
    expect(computed.agrees({ sf: { X: 'maria' }, ac: { x: 'MARIA' } })).toBe(true);
  });

  test.each<[FieldType, FieldType, FieldValue]>([
    ['string', 'string', 5],
    ['string', 'string', true],
    ['string', 'string', ['a']],
    ['boolean', 'boolean', 'true'],
    ['decimal', 'decimal', Number.POSITIVE_INFINITY],
    ['decimal', 'integer', 1.5],
    ['date', 'date', '2024-02-30'],
    ['date', 'date', '0000-00-00'],
    ['datetime', 'datetime', '2024-02-29'.padEnd(30, 'x')],
    ['set', 'set', 'a'],
  ])('%s to %s: %j waits in quarantine', (sf, ac, value) => {
    expect(mapped(sf, ac).carry('ac', { X: value })).toHaveProperty('problem');
  });

  test('problems do not repeat the value', () => {
    expect(JSON.stringify(mapped('date', 'date').carry('ac', { X: 'Secretive' }))).not.toContain('Secretive');
  });

  test('a day is the first instant of its day', () => {
    expect(mapped('date', 'datetime', { flow: 'to-ac' }).carry('ac', { X: '2024-02-29' })).toEqual({
      value: '2024-02-29T00:00:00.000Z',
    });
  });

  test('a flag that was never set is carried as false', () => {
    expect(mapped('boolean', 'boolean').carry('sf', { x: null })).toEqual({ value: false });
  });
});

test('a record cannot be read through the prototype of its values', () => {
  const tricky = onlyField(compileOne({ sf: 'constructor', ac: 'toString', flow: 'both' }));

  expect(tricky.carry('ac', {})).toEqual({ problem: 'constructor was not read at "sf".' });
  expect(tricky.blank('sf', {})).toBe(true);
});
