import { describe, expect, test } from 'vitest';
import { compileMapping } from '../../src/mapping/compile.ts';
import { compileOne, field, known, specificationOf, verdict } from './known-fields.ts';

const string = (path: string, traits = {}) => field(path, 'string', traits);

describe('fields that may not be written', () => {
  const computed = { createable: false, updateable: false };
  const parent = { ...computed, parent: 'Account' };

  test('a field of a parent record is refused as a target and welcome as a source', () => {
    const fields = { sf: [string('Account.Name', parent)], ac: [string('field/Company')] };
    const both = compileOne({ sf: 'Account.Name', ac: 'field/Company', flow: 'both' }, fields);

    expect(verdict(both)).toEqual(['error MAPPING_READ_ONLY_TARGET']);
    expect(both.diagnostics[0]?.hint).toBe('let it flow to-ac');
    expect(verdict(compileOne({ sf: 'Account.Name', ac: 'field/Company', flow: 'to-ac' }, fields))).toEqual([]);
  });

  test('a field that its vendor computes is refused, computed by us or not', () => {
    const fields = { sf: [string('X')], ac: [string('x', computed)] };

    expect(verdict(compileOne({ sf: 'X', ac: 'x', flow: 'to-ac' }, fields))).toEqual(['error MAPPING_READ_ONLY_TARGET']);
    expect(verdict(compileOne({ ac: 'x', flow: 'to-ac', value: '"a"' }, fields))).toEqual(['error MAPPING_READ_ONLY_TARGET']);
  });

  test('a field that is given on creation needs createOnly', () => {
    const fields = { sf: [string('X')], ac: [string('x', { updateable: false })] };
    const always = compileOne({ sf: 'X', ac: 'x', flow: 'to-ac' }, fields);

    expect(always.diagnostics[0]).toMatchObject({
      code: 'MAPPING_READ_ONLY_TARGET',
      hint: 'a value can be given on creation: createOnly: true',
    });
    expect(verdict(compileOne({ sf: 'X', ac: 'x', flow: 'to-ac', createOnly: true }, fields))).toEqual([]);
  });

  test('createOnly needs a field that can be given on creation', () => {
    const fields = { sf: [string('X')], ac: [string('x', { createable: false })] };

    expect(verdict(compileOne({ sf: 'X', ac: 'x', flow: 'to-ac', createOnly: true }, fields))).toEqual([
      'error MAPPING_READ_ONLY_TARGET',
    ]);
  });
});

describe('targets that cannot hold every value', () => {
  test('a shorter target is a warning in that direction only', () => {
    const fields = { sf: [string('X', { maxLength: 40 })], ac: [string('x', { maxLength: 255 })] };
    const both = compileOne({ sf: 'X', ac: 'x', flow: 'both' }, fields);

    expect(both.diagnostics.map(({ code, detail }) => [code, detail])).toEqual([
      ['MAPPING_SHORTER_TARGET', 'ac.x stores 255 characters, sf.X only 40.'],
    ]);
    expect(verdict(compileOne({ sf: 'X', ac: 'x', flow: 'to-ac' }, fields))).toEqual([]);
  });

  test('options missing at the target are named, ten of them', () => {
    const options = Array.from({ length: 12 }, (_, index) => `Option ${index}`);
    const fields = {
      sf: [field('X', 'picklist', { options: ['Web', ...options] })],
      ac: [field('x', 'picklist', { options: ['Web'] })],
    };
    const both = compileOne({ sf: 'X', ac: 'x', flow: 'both' }, fields);

    expect(verdict(both)).toEqual(['warning MAPPING_MISSING_OPTIONS']);
    expect(both.diagnostics[0]?.detail).toContain('"Option 0", "Option 1"');
    expect(both.diagnostics[0]?.detail).toContain('"Option 9" and 2 more');
  });

  test('words that a transform writes have to be options', () => {
    const fields = { sf: [field('X', 'boolean')], ac: [field('x', 'picklist', { options: ['Yes', 'no'] })] };

    expect(compileOne({ sf: 'X', ac: 'x', flow: 'both', as: 'yes-no' }, fields).diagnostics[0]).toMatchObject({
      code: 'MAPPING_MISSING_OPTIONS',
      detail: 'sf.X can be "No", which ac.x does not offer.',
    });
  });
});

describe('computed fields and their targets', () => {
  const source = [
    string('FirstName'),
    field('Visits', 'integer'),
    field('Score', 'decimal'),
    field('VIP', 'boolean'),
    field('Tags', 'set'),
  ];
  const compileValue = (value: string, target: Parameters<typeof field>) =>
    compileOne({ ac: 'x', flow: 'to-ac', value }, { sf: source, ac: [field(...target)] });

  test.each<[string, Parameters<typeof field>[1]]>([
    ['sf.FirstName', 'picklist'],
    ['"2024-02-29"', 'date'],
    ['sf.VIP', 'boolean'],
    ['size(sf.Tags)', 'integer'],
    ['size(sf.Tags)', 'decimal'],
    ['sf.Score', 'decimal'],
    ['sf.Tags', 'set'],
    ['sf.FirstName == null ? null : "known"', 'string'],
  ])('%s fits a field of type %s', (value, type) => {
    expect(verdict(compileValue(value, ['x', type]))).toEqual([]);
  });

  test.each<[string, Parameters<typeof field>[1]]>([
    ['sf.FirstName', 'boolean'],
    ['sf.VIP', 'string'],
    ['sf.Visits', 'string'],
    ['sf.Score', 'integer'],
    ['sf.Tags', 'string'],
    ['"29.02.2024"', 'date'],
    ['"2024-02-30"', 'date'],
  ])('%s does not fit a field of type %s', (value, type) => {
    expect(verdict(compileValue(value, ['x', type]))).toEqual(['error MAPPING_INCOMPATIBLE_TYPES']);
  });

  test('a constant that is too long for its target is refused', () => {
    expect(verdict(compileValue('"Purchased"', ['x', 'string', { maxLength: 5 }]))).toEqual(['error MAPPING_INCOMPATIBLE_TYPES']);
  });

  test('a constant that is no option of its target is a warning', () => {
    expect(verdict(compileValue('"Purchased"', ['x', 'picklist', { options: ['Sold'] }]))).toEqual([
      'warning MAPPING_MISSING_OPTIONS',
    ]);
  });

  test('an expression that fails on a blank is a warning that names the field', () => {
    const found = compileValue('sf.FirstName + "!"', ['x', 'string']);

    expect(verdict(found)).toEqual(['warning MAPPING_EXPRESSION_NEEDS_VALUE']);
    expect(found.diagnostics[0]?.detail).toContain('sf.FirstName');
  });

  test('a field that the expression misspells is named', () => {
    const found = compileOne(
      { ac: 'x', flow: 'to-ac', value: 'sf.FistName' },
      { sf: source, ac: [string('x')] },
      { exists: () => false },
    );

    expect(found.diagnostics).toMatchObject([{ code: 'MAPPING_UNKNOWN_FIELD', hint: 'did you mean "FirstName"?' }]);
  });
});

describe('fields that are not known', () => {
  const fields = { sf: [string('FirstName')], ac: [string('firstName')] };
  const entry = { sf: 'FistName', ac: 'firstName', flow: 'both' };

  test('are a warning where only the account can tell', () => {
    const found = compileOne(entry, fields);

    expect(verdict(found)).toEqual(['warning MAPPING_UNKNOWN_FIELD']);
    expect(found.diagnostics[0]?.hint).toBe('did you mean "FirstName"?');
  });

  test('are an error where they cannot exist, and no word where they are to be asked for', () => {
    expect(verdict(compileOne(entry, fields, { exists: () => false }))).toEqual(['error MAPPING_UNKNOWN_FIELD']);
    expect(verdict(compileOne(entry, fields, { exists: () => true }))).toEqual([]);
  });
});

describe('match keys', () => {
  const compileKey = (type: Parameters<typeof field>[1], normalize: string) =>
    verdict(
      compileMapping(
        'person',
        specificationOf([], { match: [{ sf: 'Key', ac: 'key', normalize }] }),
        known({ sf: [field('Key', type)], ac: [field('key', 'email')] }),
      ),
    );

  test('that are compared as addresses but are no e-mail fields are a warning', () => {
    expect(compileKey('string', 'email')).toEqual(['warning MAPPING_MATCH_NOT_EMAIL']);
    expect(compileKey('email', 'email')).toEqual([]);
    expect(compileKey('string', 'exact')).toEqual([]);
  });

  test.each(['boolean', 'set', 'consent'] as const)('of type %s are refused', (type) => {
    expect(compileKey(type, 'exact')).toEqual(['error MAPPING_INCOMPATIBLE_TYPES']);
  });
});

describe('ends where records may be created', () => {
  const email = { sf: 'Email', ac: 'email', flow: 'both' };
  const last = { sf: 'LastName', ac: 'lastName', flow: 'both' };
  const fields = known({
    sf: [field('Email', 'email'), string('LastName', { required: true })],
    ac: [field('email', 'email', { required: true }), string('lastName')],
  });
  const compileWith = (entries: Parameters<typeof specificationOf>[0], creates: readonly string[]) =>
    compileMapping('person', specificationOf(entries), fields, undefined, { creates });

  test('a required field that nothing writes is an error', () => {
    expect(verdict(compileWith([email], ['sf']))).toEqual(['error MAPPING_REQUIRED_UNMAPPED']);
    expect(verdict(compileWith([email, { ...last, flow: 'to-ac' }], ['sf']))).toEqual(['error MAPPING_REQUIRED_UNMAPPED']);
    expect(verdict(compileWith([email], []))).toEqual([]);
    expect(verdict(compileWith([email], ['ac']))).toEqual([]);
  });

  test('a required field whose source may be blank is a warning, unless a value stands for the blank', () => {
    expect(verdict(compileWith([email, last], ['sf']))).toEqual(['warning MAPPING_REQUIRED_MAY_BE_BLANK']);
    expect(verdict(compileWith([email, { ...last, whenBlank: { sf: '-' } }], ['sf']))).toEqual([]);
    expect(verdict(compileWith([email, { sf: 'LastName', flow: 'to-sf', value: '"Unknown"' }], ['sf']))).toEqual([]);
  });

  test('a match key that is never written is a warning', () => {
    expect(verdict(compileWith([{ ...last, whenBlank: { sf: '-' } }], ['sf']))).toEqual(['warning MAPPING_KEY_NOT_WRITTEN']);
  });
});
