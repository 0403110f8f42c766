import { expect, test } from 'vitest';
import type { FieldDescription, FieldValue } from '../../src/model/value.ts';
import { checkArchiveValues } from '../../src/operations/archive-values.ts';
import { field } from './fake-end.ts';

function faultOf(value: FieldValue, overrides: Partial<FieldDescription>): string | undefined {
  const fields = new Map([['Archived', field('Archived', overrides)]]);
  return checkArchiveValues('Link/people', 'sf', { Archived: value }, fields)[0]?.detail;
}

test.each<[FieldValue, Partial<FieldDescription>]>([
  [true, { type: 'boolean' }],
  [null, { type: 'date' }],
  ['2026-01-31', { type: 'date' }],
  ['Gone', { type: 'picklist', options: ['Here', 'Gone'] }],
  ['unsubscribed', { type: 'consent' }],
  [true, { type: 'boolean', optedOutWhen: true }],
])('%j can be written to %j', (value, overrides) => {
  expect(faultOf(value, overrides)).toBeUndefined();
});

test.each<[FieldValue, Partial<FieldDescription>, string]>([
  ['yes', { type: 'boolean' }, 'archive.Archived of sf: The value is text; the target stores a boolean.'],
  [1.5, { type: 'integer' }, 'no whole number'],
  ['31.1.2026', { type: 'date' }, 'no date'],
  ['Away', { type: 'picklist', options: ['Here', 'Gone'] }, 'The field allows Here, Gone.'],
  ['too long', { maxLength: 3 }, 'the target stores 3'],
  [null, { required: true }, 'must have a value'],
  ['x', { updateable: false }, 'does not let this field be written'],
  ['subscribed', { type: 'consent' }, 'Archiving may withdraw consent (unsubscribed), and nothing else.'],
  [null, { type: 'consent' }, 'cannot be cleared'],
  [false, { type: 'boolean', optedOutWhen: true }, 'Archiving may withdraw consent (true), and nothing else.'],
])('C9 %j cannot be written to %j', (value, overrides, fault) => {
  expect(faultOf(value, overrides)).toContain(fault);
});
