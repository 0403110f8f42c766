import { describe, expect, test } from 'vitest';
import type { FieldType } from '../../src/model/value.ts';
import { TRANSFORM_NAMES } from '../../src/mapping/transform.ts';
import { compileOne, field, verdict } from './known-fields.ts';

const TYPES: readonly FieldType[] = [
  'id',
  'string',
  'text',
  'email',
  'phone',
  'url',
  'boolean',
  'integer',
  'decimal',
  'date',
  'datetime',
  'picklist',
  'set',
];

/** One row a source type: what becomes of its values in a field of each target type. `=` all, `~` some (a warning), `-` refused. */
const WITHOUT_TRANSFORM: Readonly<Record<string, string>> = {
  //        id string text email phone url boolean integer decimal date datetime picklist set
  id: '      =    =     =    -     -    -     -       -       -     -      -        -     -',
  string: '  ~    =     =    ~     =    ~     -       -       -     -      -        ~     -',
  text: '    ~    ~     =    ~     ~    ~     -       -       -     -      -        ~     -',
  email: '   -    =     =    =     -    -     -       -       -     -      -        ~     -',
  phone: '   -    =     =    -     =    -     -       -       -     -      -        ~     -',
  url: '     -    =     =    -     -    =     -       -       -     -      -        ~     -',
  boolean: ' -    -     -    -     -    -     =       -       -     -      -        -     -',
  integer: ' -    -     -    -     -    -     -       =       =     -      -        -     -',
  decimal: ' -    -     -    -     -    -     -       ~       =     -      -        -     -',
  date: '    -    =     =    -     -    -     -       -       -     =      =        -     -',
  datetime: '-    =     =    -     -    -     -       -       -     -      =        -     -',
  picklist: '-    =     =    ~     =    ~     -       -       -     -      -        =     -',
  set: '     -    -     -    -     -    -     -       -       -     -      -        -     =',
};

const VERDICTS: Readonly<Record<string, readonly string[]>> = {
  '=': [],
  '~': ['warning MAPPING_LOSSY_TYPES'],
  '-': ['error MAPPING_INCOMPATIBLE_TYPES'],
};

/** The pairs that each transform serves, in both directions where it can be inverted. */
const WITH_TRANSFORM: Readonly<Record<string, readonly (readonly [FieldType, FieldType])[]>> = {
  date: [
    ['date', 'string'],
    ['date', 'text'],
  ],
  datetime: [
    ['datetime', 'string'],
    ['datetime', 'text'],
  ],
  'datetime-date': [['datetime', 'date']],
  'yes-no': [
    ['boolean', 'string'],
    ['boolean', 'text'],
    ['boolean', 'picklist'],
  ],
  'true-false-text': [
    ['boolean', 'string'],
    ['boolean', 'text'],
    ['boolean', 'picklist'],
  ],
  'number-text': [
    ['integer', 'string'],
    ['integer', 'text'],
    ['decimal', 'string'],
    ['decimal', 'text'],
  ],
};
const TEXTS: readonly FieldType[] = ['string', 'text', 'email', 'phone', 'url', 'picklist'];
const ONE_WAY_TEXT: readonly string[] = ['lowercase', 'uppercase', 'trim'];

describe('types of a source and its target', () => {
  for (const [from, row] of Object.entries(WITHOUT_TRANSFORM)) {
    const marks = row.trim().split(/\s+/);

    test(`${from} to every type`, () => {
      const found = TYPES.map((to) =>
        verdict(compileOne({ sf: 'X', ac: 'x', flow: 'to-ac' }, { sf: [field('X', from as FieldType)], ac: [field('x', to)] })),
      );

      expect(found).toEqual(marks.map((mark) => VERDICTS[mark]));
    });
  }

  test('a two-way field is judged in both directions', () => {
    const found = compileOne({ sf: 'X', ac: 'x', flow: 'both' }, { sf: [field('X', 'picklist')], ac: [field('x', 'string')] });

    expect(found.diagnostics.map(({ code, detail }) => [code, detail])).toEqual([
      [
        'MAPPING_LOSSY_TYPES',
        'Values are carried from ac.x (string) to sf.X (picklist), but text that is none of the options may be refused.',
      ],
    ]);
  });

  test('a pair that fits in neither direction is one mistake', () => {
    const found = compileOne({ sf: 'X', ac: 'x', flow: 'both' }, { sf: [field('X', 'date')], ac: [field('x', 'boolean')] });

    expect(found.diagnostics.map(({ detail }) => detail)).toEqual([
      'Values cannot be carried from ac.x (boolean) to sf.X (date), nor back.',
    ]);
  });

  test('a pair that fits in one direction only is refused in the other', () => {
    const found = compileOne({ sf: 'X', ac: 'x', flow: 'both' }, { sf: [field('X', 'date')], ac: [field('x', 'string')] });

    expect(found.diagnostics.map(({ detail }) => detail)).toEqual([
      'Values cannot be carried from ac.x (string) to sf.X (date).',
    ]);
  });

  test('a refusal names the transforms that would help', () => {
    const found = compileOne({ sf: 'X', ac: 'x', flow: 'both' }, { sf: [field('X', 'boolean')], ac: [field('x', 'string')] });

    expect(found.diagnostics[0]?.hint).toBe('name a transform: as: yes-no, or as: true-false-text');
  });
});

describe('named transforms', () => {
  for (const name of TRANSFORM_NAMES) {
    test(`"${name}" serves its pairs and no others`, () => {
      const oneWay = ONE_WAY_TEXT.includes(name);
      const served = oneWay
        ? TEXTS.flatMap((from) => TEXTS.map((to) => [from, to] as const))
        : WITH_TRANSFORM[name]!.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]);
      const expected = new Set(served.map(([from, to]) => `${from} ${to}`));

      const found = TYPES.flatMap((from) => TYPES.map((to) => [from, to] as const)).filter(
        ([from, to]) =>
          verdict(compileOne({ sf: 'X', ac: 'x', flow: 'to-ac', as: name }, { sf: [field('X', from)], ac: [field('x', to)] }))
            .length === 0,
      );

      expect(new Set(found.map(([from, to]) => `${from} ${to}`))).toEqual(expected);
    });
  }

  test('a one-way transform does not flow both ways', () => {
    const found = compileOne(
      { sf: 'X', ac: 'x', flow: 'both', as: 'lowercase' },
      { sf: [field('X', 'string')], ac: [field('x', 'string')] },
    );

    expect(verdict(found)).toEqual(['error MAPPING_TRANSFORM_ONE_WAY']);
  });

  test('a misspelt transform is named with the one that was meant', () => {
    const found = compileOne({ sf: 'X', ac: 'x', flow: 'both', as: 'yes-on' });

    expect(found.diagnostics[0]).toMatchObject({ code: 'MAPPING_UNKNOWN_TRANSFORM', hint: 'did you mean "yes-no"?' });
  });
});
