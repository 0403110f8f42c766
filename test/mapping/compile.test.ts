import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { MappingSpec } from '../../src/config/generated/documents.ts';
import { compileMapping } from '../../src/mapping/compile.ts';
import type { MappingSpecification } from '../../src/mapping/specification.ts';
import { compiled, compileOne, field, known, onlyField, specificationOf, verdict } from './known-fields.ts';

const EXAMPLE = new URL('../../examples/activecampaign-salesforce/link.yaml', import.meta.url);

function exampleSpecification(): MappingSpecification {
  const documents = parseAllDocuments(readFileSync(EXAMPLE, 'utf8')).map(
    (document) => document.toJS() as { kind: string; spec: MappingSpec },
  );
  const mapping = documents.find(({ kind }) => kind === 'Mapping');
  if (mapping === undefined) throw new Error('The example has no mapping.');
  return mapping.spec;
}

describe('the example mapping', () => {
  const compilation = compileMapping('person', exampleSpecification(), {});
  const mapping = compiled(compilation);

  test('compiles without a word where nothing is known of the fields', () => {
    expect(compilation.diagnostics).toEqual([]);
  });

  test('reads every path once, sorted, match keys and consent included', () => {
    expect(mapping.paths).toEqual({
      sf: 'Account.Name,Birthdate,Email,FirstName,HasOptedOutOfEmail,LastName,LeadSource,Loyalty_Number__c,MailingCity,Phone,Title,VIP__c'.split(
        ',',
      ),
      ac: (
        'email,field/Birthday,field/City,field/Company,field/Full Name,field/Job Title,field/Lead Source,' +
        'field/Loyalty Number,field/VIP,firstName,lastName,list/Newsletter,phone,tag/synced-with-salesforce'
      ).split(','),
    });
  });

  test('names fields and keys alike in whichever order the ends are named: hashes are made with these names', () => {
    const { between, ...rest } = exampleSpecification();
    const turned = compiled(
      compileMapping('person', { ...rest, between: Object.fromEntries(Object.entries(between).toReversed()) }, {}),
    );

    expect(turned.ends).toEqual(mapping.ends.toReversed());
    expect(turned.match.map(({ id }) => id)).toEqual(mapping.match.map(({ id }) => id));
    expect(turned.fields.map(({ id }) => id)).toEqual(mapping.fields.map(({ id }) => id));
  });

  test('a computed field is written at one end and reads what its expression names', () => {
    const fullName = mapping.fields.find((item) => item.name === 'field/Full Name');

    expect(fullName).toMatchObject({
      targets: ['ac'],
      read: { sf: ['FirstName', 'LastName'], ac: ['field/Full Name'] },
      write: { ac: 'field/Full Name' },
    });
    expect(fullName?.write['sf']).toBeUndefined();
    expect(fullName?.carry('ac', { FirstName: null, LastName: 'Lee' })).toEqual({ value: 'Lee' });
    expect(fullName?.carry('sf', { 'field/Full Name': 'Ann Lee' })).toHaveProperty('problem');
  });

  test('a constant reads nothing at its source', () => {
    const tag = mapping.fields.find((item) => item.name === 'tag/synced-with-salesforce');

    expect(tag?.read).toEqual({ sf: [], ac: ['tag/synced-with-salesforce'] });
    expect(tag?.carry('ac', {})).toEqual({ value: true });
    expect(tag?.agrees({ sf: {}, ac: { 'tag/synced-with-salesforce': null } })).toBe(false);
    expect(tag?.blank('sf', {})).toBe(false);
    expect(tag?.blank('ac', { 'tag/synced-with-salesforce': null })).toBe(true);
  });

  test('a field of a parent record flows away from it', () => {
    expect(mapping.fields.find((item) => item.name === 'field/Company')).toMatchObject({
      targets: ['ac'],
      read: { sf: ['Account.Name'] },
    });
  });
});

describe('ids of fields', () => {
  const base = { sf: 'FirstName', ac: 'firstName', flow: 'both', whenBlank: { sf: '-', ac: '?' } };
  const idOf = (entry: Parameters<typeof compileOne>[0]): string => onlyField(compileOne(entry)).id;

  test('name the paths and a digest of the meaning', () => {
    expect(idOf(base)).toMatch(/^ac:firstName,sf:FirstName#[0-9a-f]{8}$/);
  });

  test('stay the same from one release to the next', () => {
    expect(idOf({ sf: 'FirstName', ac: 'firstName', flow: 'both' })).toBe('ac:firstName,sf:FirstName#fadbb3c3');
  });

  test('do not depend on the order of keys, of ends or of entries', () => {
    const reordered = compileMapping(
      'person',
      {
        fields: [
          { flow: 'to-sf', ac: 'lastName', sf: 'LastName' },
          { whenBlank: { ac: '?', sf: '-' }, ac: 'firstName', flow: 'both', sf: 'FirstName' },
        ],
        match: [{ ac: 'email', sf: 'Email' }],
        between: { ac: 'activecampaign/contact', sf: 'salesforce/Contact' },
      },
      {},
    );

    expect(compiled(reordered).fields[1]?.id).toBe(idOf(base));
  });

  test('do not depend on the direction, or on the formatting of an expression', () => {
    const computed = { ac: 'x', flow: 'to-ac', value: 'sf.FirstName + sf.LastName' };

    expect(idOf({ ...base, flow: 'to-ac', whenBlank: { ac: '?' } })).toBe(
      idOf({ ...base, flow: 'both', whenBlank: { ac: '?' } }),
    );
    expect(idOf({ ...computed, value: ' sf["FirstName"]  +\n (sf.LastName)' })).toBe(idOf(computed));
  });

  test.each([
    ['a path', { ...base, sf: 'LastName' }],
    ['the value for a blank at one end', { ...base, whenBlank: { sf: '-' } }],
    ['the value for a blank', { ...base, whenBlank: { sf: '.', ac: '?' } }],
  ])('change with %s', (_, changed) => {
    expect(idOf(changed)).not.toBe(idOf(base));
  });

  test('change with the transform', () => {
    const plain = { sf: 'FirstName', ac: 'firstName', flow: 'to-ac' };

    expect(new Set([idOf(plain), idOf({ ...plain, as: 'trim' }), idOf({ ...plain, as: 'lowercase' })]).size).toBe(3);
  });

  test('change with the expression and with the object', () => {
    expect(idOf({ ac: 'x', flow: 'to-ac', value: '"a"' })).not.toBe(idOf({ ac: 'x', flow: 'to-ac', value: '"b"' }));
    const lead = compileMapping(
      'person',
      specificationOf([base], { between: { sf: 'salesforce/Lead', ac: 'activecampaign/contact' } }),
      {},
    );
    expect(compiled(lead).fields[0]?.id).not.toBe(idOf(base));
  });
});

describe('diagnostics', () => {
  test('carry the address of the mapping and the place in its file', () => {
    const place = { file: 'link.yaml', line: 7, column: 3, endLine: 7, endColumn: 9 };
    const asked: unknown[] = [];
    const { diagnostics } = compileMapping('person', specificationOf([{ sf: 'A', ac: 'a', flow: 'to-acc' }]), {}, (path) => {
      asked.push(path);
      return place;
    });

    expect(asked).toEqual([['fields', 0, 'flow']]);
    expect(diagnostics).toEqual([
      {
        severity: 'error',
        code: 'MAPPING_UNKNOWN_END',
        detail: '"to-acc" is no flow of this mapping; known are both, to-sf, to-ac, off.',
        address: 'Mapping/person',
        source: place,
        hint: 'did you mean "to-ac"?',
      },
    ]);
  });

  test('report every fault at once, and then there is no mapping', () => {
    const compilation = compileMapping(
      'person',
      specificationOf([
        { sf: 'A', ac: 'a', flow: 'sideways' },
        { sf: 'B', flow: 'both' },
        { ac: 'c', flow: 'to-ac', value: 'sf.' },
        { sf: 'D', ac: 'd', flow: 'both', as: 'rot13' },
      ]),
      {},
    );

    expect(verdict(compilation)).toEqual(
      ['MAPPING_UNKNOWN_END', 'MAPPING_INVALID_ENTRY', 'MAPPING_EXPRESSION_INVALID', 'MAPPING_UNKNOWN_TRANSFORM'].map(
        (code) => `error ${code}`,
      ),
    );
    expect(compilation.mapping).toBeUndefined();
  });

  test.each([
    ['a computed field that flows both ways', { ac: 'x', flow: 'both', value: '"a"' }],
    ['a computed field with a path at its source', { sf: 'X', ac: 'x', flow: 'to-ac', value: '"a"' }],
    ['a computed field with a transform', { ac: 'x', flow: 'to-ac', as: 'trim', value: '"a"' }],
    ['a computed field without a target', { sf: 'X', flow: 'to-ac', value: '"a"' }],
    ['a field without a path', { ac: 'x', flow: 'to-ac' }],
  ])('%s is refused', (_, entry) => {
    expect(new Set(verdict(compileOne(entry)))).toEqual(new Set(['error MAPPING_INVALID_ENTRY']));
  });

  test.each([
    ['a misspelt end', { sf: 'X', acc: 'x', ac: 'y', flow: 'both' }],
    ['a default for an unknown end', { sf: 'X', ac: 'x', flow: 'both', whenBlank: { acc: '-' } }],
  ])('%s is refused', (_, entry) => {
    expect(verdict(compileOne(entry, {}, { exists: () => true }))).toEqual(['error MAPPING_UNKNOWN_END']);
  });

  test.each([
    ['a default where nothing is written', { flow: 'to-ac', whenBlank: { sf: '-' } }],
    ['a blank default', { flow: 'to-ac', whenBlank: { ac: '' } }],
    ['a default of the wrong type', { flow: 'to-ac', whenBlank: { ac: 7 } }],
    ['a default that is too long', { flow: 'to-ac', whenBlank: { ac: 'much too long' } }],
  ])('%s is refused', (_, entry) => {
    const found = compileOne(
      { sf: 'X', ac: 'x', ...entry },
      { sf: [field('X', 'string')], ac: [field('x', 'string', { maxLength: 5 })] },
    );

    expect(verdict(found)).toEqual(['error MAPPING_INVALID_DEFAULT']);
  });

  test('a mapping joins exactly two ends with usable names', () => {
    const between = (ends: Record<string, string>) =>
      verdict(compileMapping('person', specificationOf([], { between: ends }), {}));

    expect(between({ sf: 'salesforce/Contact' })).toEqual(['error MAPPING_INVALID_ENTRY']);
    expect(between({ a: 'x/A', b: 'x/B', c: 'x/C' })).toEqual(['error MAPPING_INVALID_ENTRY']);
    expect(between({ flow: 'x/A', b: 'x/B' })).toEqual(['error MAPPING_INVALID_ENTRY']);
    expect(between({ __proto__x: 'x/A', b: 'x/B' })).toEqual(['error MAPPING_INVALID_ENTRY']);
  });

  test('a field that is switched off is neither read nor judged', () => {
    const mapping = compiled(
      compileOne({ sf: 'X', ac: 'x', flow: 'off', as: 'nonsense' }, { sf: [field('X', 'boolean')], ac: [field('x', 'date')] }),
    );

    expect(mapping.fields).toEqual([]);
    expect(mapping.paths).toEqual({ sf: ['Email'], ac: ['email'] });
  });

  test('two entries that write one field are refused', () => {
    const twice = [
      { sf: 'A', ac: 'x', flow: 'to-ac' },
      { ac: 'x', flow: 'to-ac', value: '"a"' },
    ];

    expect(verdict(compileMapping('person', specificationOf(twice), {}))).toEqual(['error MAPPING_DUPLICATE_TARGET']);
    expect(verdict(compileMapping('person', specificationOf([twice[0]!, { sf: 'A', ac: 'y', flow: 'to-ac' }]), {}))).toEqual([]);
  });

  test('an unknown normalization is refused', () => {
    const found = compileMapping(
      'person',
      specificationOf([], { match: [{ sf: 'Email', ac: 'email', normalize: 'emial' }] }),
      {},
    );

    expect(verdict(found)).toEqual(['error MAPPING_INVALID_ENTRY']);
  });
});

test('no end of a compiled mapping is missing in what is known offline', () => {
  const offline = compileMapping('person', specificationOf([{ sf: 'A', ac: 'a', flow: 'both' }]), known({ sf: [] }));

  expect(offline.diagnostics).toEqual([]);
});
