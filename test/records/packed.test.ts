import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Packed } from '../../src/records/packed.ts';

const item = fc.record({
  text: fc.option(fc.string({ unit: 'binary' }), { nil: null }),
  absent: fc.constant(undefined),
  hash: fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
  byTag: fc.array(fc.tuple(fc.string(), fc.integer())).map((entries) => new Map(entries)),
  tags: fc.array(fc.string()).map((values) => new Set(values)),
});

describe('E6 what is kept packed', () => {
  test('comes back as it was, in order, as often as it is asked for', () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 20 }), fc.integer({ min: 1, max: 40 }), (few, times) => {
        const packed = new Packed<(typeof few)[number]>();
        const all = Array.from({ length: times }, () => few).flat();
        for (const one of all) packed.add(one);

        for (const pages of [[...packed.pages()], [...packed.pages()]]) {
          expect(pages.flat()).toEqual(all);
          for (const { hash } of pages.flat()) expect(Buffer.isBuffer(hash)).toBe(true);
        }
        expect(packed.size).toBe(all.length);
      }),
      { numRuns: 15 },
    );
  });
});
