import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { normalizeEmail } from '../../src/mapping/match-key.ts';
import { compiled, compileOne } from './known-fields.ts';

describe('e-mail addresses as match keys', () => {
  test.each([
    ['Ann@Example.COM', 'ann@example.com'],
    ['  ann@example.com\n', 'ann@example.com'],
    ['a.n.n+news@gmail.com', 'a.n.n+news@gmail.com'],
    ['jörg@Bücher.example', 'jörg@xn--bcher-kva.example'],
    ['jo\u0308rg@bu\u0308cher.example', 'jörg@xn--bcher-kva.example'],
    ['ann@例え.jp', 'ann@xn--r8jz45g.jp'],
    ['ΑΣ@example.com', 'ας@example.com'],
    ["o'hara@example.com", "o'hara@example.com"],
  ])('%j is %s', (text, key) => {
    expect(normalizeEmail(text)).toBe(key);
  });

  test.each([
    '',
    '   ',
    'ann',
    '@example.com',
    'ann@',
    'ann@example.com, bob@example.com',
    'ann smith@example.com',
    'a@b@example.com',
    'ann@exam ple.com',
    'ann@example.com/path',
    'ann@example.com?x=1',
    'ann@example.com:80',
    'ann@ex%41mple.com',
    'ann\u0000@example.com',
    `${'a'.repeat(250)}@example.com`,
  ])('%j is no address', (text) => {
    expect(normalizeEmail(text)).toBeUndefined();
  });

  test('254 characters are an address, 255 are not', () => {
    const address = `${'a'.repeat(254 - '@example.com'.length)}@example.com`;

    expect(normalizeEmail(address)).toBe(address);
    expect(normalizeEmail(`a${address}`)).toBeUndefined();
  });

  test('normalising twice is normalising once', () => {
    const local = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
    const domain = fc.oneof(fc.domain(), fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.tuple(local, domain).map(([name, host]) => `${name}@${host}`),
          fc.emailAddress(),
        ),
        (text) => {
          const once = normalizeEmail(text);
          if (once !== undefined) expect(normalizeEmail(once)).toBe(once);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('addresses that differ in case only have one key', () => {
    fc.assert(
      fc.property(fc.emailAddress(), (address) => {
        expect(normalizeEmail(address.toUpperCase())).toBe(normalizeEmail(address));
      }),
    );
  });
});

describe('match keys of a mapping', () => {
  const { match } = compiled(compileOne({ sf: 'FirstName', ac: 'firstName', flow: 'both' }));
  const [key] = match;

  test('both ends give the same key for the same person', () => {
    expect(key?.key('sf', { Email: 'Ann@Example.com' })).toBe('ann@example.com');
    expect(key?.key('ac', { email: ' ann@example.com' })).toBe('ann@example.com');
  });

  test.each([[null], [''], [true], [['ann@example.com']]])('%j identifies nobody', (value) => {
    expect(key?.key('sf', { Email: value })).toBeUndefined();
  });

  test('a record whose key was not read identifies nobody', () => {
    expect(key?.key('sf', {})).toBeUndefined();
  });
});
