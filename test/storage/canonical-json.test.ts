import canonicalize from 'canonicalize';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/model/secret.ts';
import { canonicalJson, digestOf, normalizeJson } from '../../src/storage/canonical-json.ts';

describe('canonical JSON', () => {
  it('is that of RFC 8785 for every JSON value', () => {
    const key = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.nat().map(String),
      fc.constantFrom('__proto__', '10', '9', '4294967295', '007'),
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.string({ unit: 'grapheme' }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('value')),
        fc.array(fc.tuple(key, tie('value'))).map((entries) => Object.fromEntries(entries) as object),
      ),
    }));
    fc.assert(
      fc.property(value, (json) => {
        expect(canonicalJson(json)).toBe(canonicalize(json));
      }),
    );
  });

  it('sorts keys by their characters, also where they look like numbers', () => {
    expect(canonicalJson({ b: 1, 9: 1, a: { 10: 1, 9: 1 }, 10: 1 })).toBe('{"10":1,"9":1,"a":{"10":1,"9":1},"b":1}');
  });

  it('leaves out what JSON leaves out, masks secrets and mends text', () => {
    expect(normalizeJson({ b: undefined, a: new Secret('canary'), c: 'x\udc00', 'k\ud800': 1 })).toEqual({
      a: '(sensitive value)',
      c: 'x\ufffd',
      'k\ufffd': 1,
    });
    expect(normalizeJson(undefined)).toBeNull();
  });

  it('has one digest whatever the order of keys', () => {
    expect(digestOf({ a: 1, b: [1, 2] })).toBe(digestOf({ b: [1, 2], a: 1 }));
    expect(digestOf({ a: 1, b: [1, 2] })).not.toBe(digestOf({ a: 1, b: [2, 1] }));
  });
});
