import { expect, test } from 'vitest';
import { differences, type ShapeOptions } from './recorded-shape.ts';

const SHAPE: ShapeOptions = { match: 'shape', error: false };
const RECORDED = { id: 1, at: '2020-01-01T09:40:18.527Z', key: '12', rows: [{ a: '1' }], nothing: null };

test.each([
  ['another type', { id: '1' }],
  ['another format', { at: 'yesterday' }],
  ['a number that became text', { key: 'twelve' }],
  ['an element like none', { rows: [{ a: '1' }, { b: '1' }] }],
  ['no element', { rows: [] }],
  ['a key more', { more: 1 }],
  ['a value for null', { nothing: 1 }],
])('a shape notices %s', (_, change) => {
  expect(differences({ ...RECORDED, ...change }, RECORDED, SHAPE).length).toBeGreaterThan(0);
  expect(differences({ ...RECORDED }, RECORDED, SHAPE)).toEqual([]);
});

test('a shape notices what is missing, and a subset only that', () => {
  expect(differences({ id: 1 }, { id: 2, name: 'x' }, { ...SHAPE, match: 'subset' })).toEqual(['/name: missing']);
  expect(differences({ id: 1, name: 'x', more: 1 }, { id: 2, name: 'y' }, { ...SHAPE, match: 'subset' })).toEqual([]);
});

test('errors are compared by their words', () => {
  const [one, other] = [{ message: 'Error: ERROR_A' }, { message: 'Error: ERROR_B' }];
  expect(differences(one, other, SHAPE)).toEqual([]);
  expect(differences(one, other, { ...SHAPE, error: true })).toHaveLength(1);
  expect(differences(one, other, { ...SHAPE, match: 'exact' })).toHaveLength(1);
});
