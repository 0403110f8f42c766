import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileMapping } from '../../src/mapping/compile.ts';
import type { CompiledField } from '../../src/mapping/mapping.ts';
import { roundTrip } from '../../src/mapping/round-trip.ts';
import type { FieldSpecification } from '../../src/mapping/specification.ts';
import { TRANSFORM_NAMES } from '../../src/mapping/transform.ts';
import type { FieldType, FieldValue, FieldValues } from '../../src/model/value.ts';
import { compiled, compileOne, field, known, onlyField, specificationOf } from './known-fields.ts';

const TYPES: readonly FieldType[] = 'id string text email phone url boolean integer decimal date datetime picklist set'.split(
  ' ',
) as FieldType[];

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.emailAddress(),
  fc.constantFrom('Yes', 'no', 'TRUE', '-', '', '12.50', '1e9', ' x ', '__proto__'),
);
const date = fc
  .date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  .map((value) => value.toISOString().slice(0, 10));
const instant = fc
  .date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  .map((value) => value.toISOString());
const anything: fc.Arbitrary<FieldValue> = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.double(),
  fc.integer(),
  text,
  date,
  instant,
  fc.array(text, { maxLength: 4 }),
);

/** Values that a provider reports for a field of a type. */
const VALUES: Readonly<Partial<Record<FieldType, fc.Arbitrary<FieldValue>>>> = {
  boolean: fc.boolean(),
  integer: fc.maxSafeInteger(),
  decimal: fc.double({ noNaN: true, noDefaultInfinity: true }),
  date,
  datetime: instant,
  set: fc.uniqueArray(fc.string({ minLength: 1, maxLength: 5 }), { maxLength: 4 }).map((elements) => elements.toSorted()),
};
const valueOf = (type: FieldType): fc.Arbitrary<FieldValue> =>
  fc.option(VALUES[type] ?? text.filter((value) => value !== ''), { freq: 4 });

const DEFAULTS: Readonly<Partial<Record<FieldType, unknown>>> = {
  boolean: true,
  integer: 7,
  decimal: 7.5,
  date: '1900-01-01',
  datetime: '1900-01-01T00:00:00.000Z',
};

interface Pair {
  readonly entry: FieldSpecification;
  readonly sf: FieldType;
  readonly ac: FieldType;
}

/** Every field that compiles: all pairs of types, transforms, directions, with and without values for a blank. */
const PAIRS: readonly Pair[] = TYPES.flatMap((sf) => TYPES.map((ac) => ({ sf, ac }))).flatMap(({ sf, ac }) =>
  [undefined, ...TRANSFORM_NAMES].flatMap((as) =>
    ['both', 'to-ac', 'to-sf'].flatMap((flow) =>
      [undefined, ...(DEFAULTS[ac] === undefined && ac !== 'set' ? [{ ac: '-' }] : [{ ac: DEFAULTS[ac] }])]
        .filter((whenBlank) => whenBlank === undefined || (flow !== 'to-sf' && whenBlank.ac !== undefined))
        .map((whenBlank) => ({
          sf,
          ac,
          entry: {
            sf: 'X',
            ac: 'x',
            flow,
            ...(as === undefined ? {} : { as }),
            ...(whenBlank === undefined ? {} : { whenBlank }),
          },
        })),
    ),
  ),
);
const COMPILED: readonly { readonly pair: Pair; readonly mapped: CompiledField; readonly mirrored: CompiledField }[] =
  PAIRS.flatMap((pair) => {
    const mapping = compileOne(pair.entry, { sf: [field('X', pair.sf)], ac: [field('x', pair.ac)] }).mapping;
    const mirror = compileMapping(
      'person',
      specificationOf([pair.entry], { between: { ac: 'activecampaign/contact', sf: 'salesforce/Contact' } }),
      known({ sf: [field('X', pair.sf)], ac: [field('x', pair.ac)] }),
    );
    return mapping === undefined ? [] : [{ pair, mapped: mapping.fields[0]!, mirrored: compiled(mirror).fields[0]! }];
  });
const anyField = fc.constantFrom(...COMPILED);
const UNKNOWN = onlyField(compileOne({ sf: 'X', ac: 'x', flow: 'both' }));

const pathOf = (end: string): string => (end === 'sf' ? 'X' : 'x');
const other = (end: string): string => (end === 'sf' ? 'ac' : 'sf');
const holding = (end: string, value: FieldValue): FieldValues => ({ [pathOf(end)]: value });

describe('laws of compiled fields', () => {
  test('there are fields of every type, with every transform', () => {
    expect(new Set(COMPILED.flatMap(({ pair }) => [pair.sf, pair.ac]))).toEqual(new Set(TYPES));
    expect(new Set(COMPILED.map(({ pair }) => pair.entry.as))).toEqual(new Set([undefined, ...TRANSFORM_NAMES]));
  });

  test('what has been carried over agrees', () => {
    fc.assert(
      fc.property(
        fc
          .oneof(anyField, fc.constant({ mapped: UNKNOWN }))
          .chain(({ mapped }) => fc.tuple(fc.constant(mapped), fc.constantFrom(...mapped.targets), anything)),
        ([mapped, to, value]) => {
          const carried = mapped.carry(to, holding(other(to), value));
          if ('problem' in carried) return;
          expect(mapped.agrees({ [to]: holding(to, carried.value), [other(to)]: holding(other(to), value) })).toBe(true);
        },
      ),
      { numRuns: 3_000 },
    );
  });

  test('values of the right type are carried, and come back', () => {
    const twoWay = COMPILED.filter(({ mapped }) => mapped.targets.length === 2);
    let kept = 0;
    fc.assert(
      fc.property(
        fc
          .constantFrom(...twoWay)
          .chain(({ pair, mapped }) =>
            fc
              .constantFrom('sf' as const, 'ac' as const)
              .chain((start) => fc.tuple(fc.constant(mapped), fc.constant(start), valueOf(pair[start]))),
          ),
        ([mapped, start, value]) => {
          const result = roundTrip(mapped, start, holding(start, value));
          expect(result.status).not.toBe('changed');
          if (result.status === 'kept') kept += 1;
        },
      ),
      { numRuns: 3_000 },
    );
    expect(kept).toBeGreaterThan(1_000);
  });

  test('types that are the same store every value as it is', () => {
    const same = COMPILED.filter(
      ({ pair }) =>
        pair.sf === pair.ac && pair.entry.as === undefined && pair.entry.whenBlank === undefined && pair.entry.flow === 'both',
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...same).chain(({ pair, mapped }) =>
          fc.tuple(
            fc.constant(mapped),
            valueOf(pair.sf).filter((value) => value !== null),
          ),
        ),
        ([mapped, value]) => {
          expect(mapped.carry('ac', { X: value })).toEqual({ value });
        },
      ),
    );
    expect(same).toHaveLength(TYPES.length);
  });

  test('agreement does not depend on which end is named first', () => {
    fc.assert(
      fc.property(anyField, anything, anything, ({ mapped, mirrored }, sf, ac) => {
        const values = { sf: { X: sf }, ac: { x: ac } };
        expect(mirrored.agrees(values)).toBe(mapped.agrees(values));
      }),
      { numRuns: 3_000 },
    );
  });

  test('nothing throws, whatever a record holds', () => {
    const records = fc.oneof(
      fc.constant({}),
      anything.map((value) => ({ X: value, x: value })),
    );
    fc.assert(
      fc.property(
        fc.oneof(anyField, fc.constant({ mapped: UNKNOWN })),
        records,
        records,
        fc.constantFrom('sf', 'ac', 'zz', '__proto__'),
        ({ mapped }, sf, ac, end) => {
          const carried = mapped.carry(end, sf);
          expect('value' in carried || carried.problem !== '').toBe(true);
          expect(typeof mapped.agrees({ sf, ac })).toBe('boolean');
          expect(typeof mapped.agrees({})).toBe('boolean');
          expect(typeof mapped.blank(end, ac)).toBe('boolean');
        },
      ),
      { numRuns: 3_000 },
    );
  });

  test('a field that was not read is never written over', () => {
    for (const { mapped } of COMPILED) for (const to of mapped.targets) expect(mapped.carry(to, {})).toHaveProperty('problem');
  });

  test('a field is carried to its targets only', () => {
    fc.assert(
      fc.property(anyField, anything, ({ mapped }, value) => {
        for (const end of ['sf', 'ac']) {
          if (!mapped.targets.includes(end)) expect(mapped.carry(end, holding(other(end), value))).toHaveProperty('problem');
          expect(mapped.write[end]).toBe(mapped.targets.includes(end) ? pathOf(end) : undefined);
        }
      }),
    );
  });
});

describe('round trips', () => {
  test('a value that would come back changed is told apart', () => {
    const clumsy: CompiledField = { ...UNKNOWN, carry: (to) => ({ value: `for ${to}` }), agrees: () => false };

    expect(roundTrip(clumsy, 'sf', { X: 'a' })).toEqual({ status: 'changed', there: { x: 'for ac' }, back: { X: 'for sf' } });
  });

  test('a disagreement on the way there counts as much as one on the way back', () => {
    const silent: CompiledField = { ...UNKNOWN, agrees: ({ sf }) => sf?.['X'] !== 'a', carry: () => ({ value: 'b' }) };

    expect(roundTrip(silent, 'sf', { X: 'a' }).status).toBe('changed');
  });

  test('a one-way field has no way back', () => {
    expect(roundTrip(onlyField(compileOne({ sf: 'X', ac: 'x', flow: 'to-ac' })), 'sf', { X: 'a' })).toMatchObject({
      status: 'stopped',
      at: 'sf',
    });
  });
});
