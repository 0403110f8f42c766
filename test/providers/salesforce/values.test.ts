import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FieldDescription, FieldType, FieldValue } from '../../../src/model/value.ts';
import { isRecordId, toLongId } from '../../../src/providers/salesforce/record-id.ts';
import { readValue, writeValue } from '../../../src/providers/salesforce/record-values.ts';
import {
  chunkLiterals,
  instantLiteral,
  literalFor,
  MAX_URL_BYTES,
  quote,
  urlBytes,
} from '../../../src/providers/salesforce/soql.ts';

const field = (type: FieldType, traits: Partial<FieldDescription> = {}): FieldDescription => ({
  path: 'F',
  label: 'F',
  type,
  createable: true,
  updateable: true,
  required: false,
  unique: false,
  ...traits,
});

describe('values as they are read', () => {
  it.each<[FieldType, unknown, FieldValue]>([
    ['string', '', null],
    ['string', null, null],
    ['string', undefined, null],
    ['string', ' padded ', ' padded '],
    ['boolean', false, false],
    ['boolean', true, true],
    ['integer', 0, 0],
    ['decimal', 12.5, 12.5],
    ['date', '2026-01-31', '2026-01-31'],
    ['datetime', '2026-01-31T09:15:08.000+0000', '2026-01-31T09:15:08.000Z'],
    ['datetime', '2026-01-31T09:15:08.000+0230', '2026-01-31T06:45:08.000Z'],
    ['set', 'Golf;Art;Golf', ['Art', 'Golf']],
    ['set', '', null],
    ['picklist', 'Web', 'Web'],
  ])('%s %j is %j', (type, raw, expected) => {
    expect(readValue({ type }, raw)).toEqual(expected);
  });
});

describe('values as they are written', () => {
  it.each<[FieldDescription, FieldValue, unknown]>([
    [field('string'), null, null],
    [field('set'), ['Art', 'Golf'], 'Art;Golf'],
    [field('set'), [], null],
    [field('boolean'), false, false],
    [field('boolean'), null, false],
    [field('boolean', { optedOutWhen: true }), null, null],
    [field('boolean', { optedOutWhen: true }), true, true],
    [field('decimal'), 0, 0],
    [field('datetime'), '2026-01-31T09:15:08.000Z', '2026-01-31T09:15:08.000Z'],
  ])('%#', (description, value, expected) => {
    expect(writeValue(description, value)).toEqual(expected);
  });

  it('come back as they were', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.stringMatching(/^[^;]+$/), { minLength: 1 }), (options) => {
        const set = options.toSorted();
        expect(readValue({ type: 'set' }, writeValue(field('set'), set))).toEqual(set);
      }),
    );
  });
});

describe('SOQL', () => {
  it('escapes what would end a literal, and line breaks', () => {
    expect(quote("O'Brien \\ \n\r\t")).toBe("'O\\'Brien \\\\ \\n\\r\\t'");
    expect(quote('half a pair \ud83d')).toBe("'half a pair \ufffd'");
  });

  it('never lets a value out of its quotes', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("'", '\\', 'a', '\n', ')') }), (text) => {
        const inner = quote(text).slice(1, -1);
        expect(inner.replace(/\\./g, '')).not.toMatch(/['\\\n]/);
      }),
    );
  });

  it('writes literals by type, and none for text that no such field can hold', () => {
    expect(literalFor({ type: 'integer' }, '12')).toBe('12');
    expect(literalFor({ type: 'decimal' }, "1 OR Name != ''")).toBeUndefined();
    expect(literalFor({ type: 'date' }, '2026-01-31')).toBe('2026-01-31');
    expect(literalFor({ type: 'date' }, 'today')).toBeUndefined();
    expect(literalFor({ type: 'boolean' }, 'true')).toBe('true');
    expect(literalFor({ type: 'datetime' }, '2026-01-31T09:15:08.999Z')).toBe('2026-01-31T09:15:08Z');
    expect(literalFor({ type: 'email' }, 'a@x.com')).toBe("'a@x.com'");
    expect(instantLiteral(Date.parse('2026-01-31T09:15:08.999Z'))).toBe('2026-01-31T09:15:08Z');
  });

  it('cuts lists so that every query fits the address line and no value is lost', () => {
    const soql = (list: string): string => `SELECT Id FROM Contact WHERE Email IN (${list})`;
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 80 }), { maxLength: 600 }), (texts) => {
        const literals = texts.map(quote);
        const chunks = chunkLiterals(literals, soql);
        expect(chunks.flat()).toEqual(literals);
        for (const chunk of chunks) expect(urlBytes(soql(chunk.join(',')))).toBeLessThanOrEqual(MAX_URL_BYTES);
      }),
      { numRuns: 30 },
    );
  });
});

describe('record ids', () => {
  it('gain the checksum that makes case not matter', () => {
    expect(toLongId('00D5f000000abcD')).toBe('00D5f000000abcDEAQ');
    expect(toLongId('0055f000007wxyz')).toBe('0055f000007wxyzAAA');
    expect(toLongId('00D5f000000abcDEAQ')).toBe('00D5f000000abcDEAQ');
  });

  it('are told from other text', () => {
    expect(isRecordId('0035f00000aBcDe')).toBe(true);
    expect(isRecordId("003' OR Id != '")).toBe(false);
    expect(isRecordId('')).toBe(false);
  });
});
