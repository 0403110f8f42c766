import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readResolutions } from '../../src/config/resolution-file.ts';

function read(text: string) {
  return readResolutions('r.yaml', new TextEncoder().encode(text));
}

describe('E17 a file of resolutions', () => {
  test('names a conflict, or a person with or without a field; an id of digits is text', () => {
    const { entries, diagnostics } = read(
      'resolutions:\n' +
        '  - { link: Link/contacts, conflict: c3f0a9c1be2d47a55, take: sf }\n' +
        '  - { link: Link/contacts, key: 42, take: ac }\n' +
        '  - { link: Link/contacts, key: ada@example.com, field: City, take: ac }\n' +
        '  - { link: Link/contacts, key: twin@example.com, partner: 7 }\n',
    );
    expect(diagnostics).toEqual([]);
    expect(entries).toMatchObject([
      { link: 'Link/contacts', conflict: 'c3f0a9c1be2d47a55', take: 'sf', key: undefined, field: undefined },
      { link: 'Link/contacts', conflict: undefined, take: 'ac', key: '42', field: undefined },
      { link: 'Link/contacts', conflict: undefined, take: 'ac', key: 'ada@example.com', field: 'City' },
      { link: 'Link/contacts', conflict: undefined, take: undefined, partner: '7', key: 'twin@example.com' },
    ]);
    expect(entries[2]!.source!('key')).toMatchObject({ line: 4, column: 33 });
  });

  test.each([
    ['', 'CONFIG_MISSING_KEY 1:1'],
    ['- { link: Link/x }\n', 'CONFIG_MISSING_KEY 1:1'],
    ['resolutions: [', 'CONFIG_INVALID_YAML 1:15'],
    ['resolutions: []\n---\nresolutions: []\n', 'CONFIG_INVALID_YAML 2:1'],
    ['resolutions:\n  - ada@example.com\n', 'CONFIG_WRONG_TYPE 2:5'],
    ['resolutions:\n  - { link: Link/x, conflict: c1, takes: sf }\n', 'CONFIG_UNKNOWN_KEY 2:35'],
    ['resolutions:\n  - { link: Link/x, conflict: c1, take: [sf] }\n', 'CONFIG_WRONG_TYPE 2:41'],
    ['resolutions:\n  - { link: Link/x, conflict: c1 }\n', 'CONFIG_MISSING_KEY 2:5'],
    ['resolutions:\n  - { conflict: c1, take: sf }\n', 'CONFIG_MISSING_KEY 2:5'],
    ['resolutions:\n  - { link: Link/x, take: sf }\n', 'CONFIG_MISSING_KEY 2:5'],
    ['resolutions:\n  - { link: Link/x, conflict: c1, key: ada@example.com, take: sf }\n', 'CONFIG_UNEXPECTED_KEY 2:35'],
    ['resolutions:\n  - { link: Link/x, conflict: c1, field: City, take: sf }\n', 'CONFIG_UNEXPECTED_KEY 2:35'],
    ['resolutions:\n  - { link: Link/x, partner: 7 }\n', 'CONFIG_MISSING_KEY 2:5'],
    ['resolutions:\n  - { link: Link/x, conflict: c1, partner: 7 }\n', 'CONFIG_MISSING_KEY 2:5'],
    ['resolutions:\n  - { link: Link/x, key: ada@example.com, partner: 7, take: sf }\n', 'CONFIG_UNEXPECTED_KEY 2:55'],
    ['resolutions:\n  - { link: contacts, conflict: c1, take: sf }\n', 'CONFIG_INVALID_VALUE 2:13'],
    ['resolutions:\n  - { link: Link/x, link: Link/y, conflict: c1, take: sf }\n', 'CONFIG_DUPLICATE_KEY 2:21'],
  ])('%j is refused at its place, and no key is shown', (text, expected) => {
    const { entries, diagnostics } = read(text);
    expect(diagnostics.map(({ code, source }) => `${code} ${source!.line}:${source!.column}`)).toEqual([expected]);
    expect(entries).toEqual([]);
    expect(JSON.stringify(diagnostics)).not.toContain('ada@');
  });

  test('whatever a file holds becomes entries or diagnostics, never an exception', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.string().map((text) => new TextEncoder().encode(`resolutions:\n  - ${text}`)),
        ),
        (bytes) => {
          const { entries, diagnostics } = readResolutions('r.yaml', bytes);
          expect(entries.length === 0 || diagnostics.length === 0).toBe(true);
        },
      ),
    );
  });
});
