import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { describe, expect, it } from 'vitest';
import { formatText } from '../../src/config/format-documents.ts';

const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url));
const BROKEN = fileURLToPath(new URL('broken/', import.meta.url));

const examples = readdirSync(EXAMPLES).flatMap((folder) =>
  readdirSync(join(EXAMPLES, folder)).flatMap((name) => (name.endsWith('.yaml') ? [`${folder}/${name}`] : [])),
);

describe('E1 the canonical form of a file', () => {
  it.each(examples)('is that of %s', (name) => {
    const text = readFileSync(join(EXAMPLES, name), 'utf8');
    expect(formatText(text)).toBe(text);
  });

  it('is its own, whatever is in the file, and nothing throws', () => {
    for (const name of readdirSync(BROKEN)) {
      const formatted = formatText(readFileSync(join(BROKEN, name), 'utf8'));
      if (formatted !== undefined) expect(formatText(formatted), name).toBe(formatted);
    }
  });

  it('does not depend on how the same was written', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('yes', '012', 'a: b', '# no', ' ', 'x\ny\n'),
    );
    const name = fc.stringMatching(/^[a-z]{1,9}$/);
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 3 }, text, fc.integer(), fc.boolean(), fc.constant(null), tie('list'), tie('map')),
      list: fc.array(tie('value'), { maxLength: 4 }),
      map: fc.dictionary(name, tie('value'), { maxKeys: 4 }),
    }));
    const layout = fc.record({
      indent: fc.integer({ min: 2, max: 6 }),
      indentSeq: fc.boolean(),
      lineWidth: fc.constantFrom(0, 20, 80),
    });
    fc.assert(
      fc.property(fc.dictionary(name, value, { maxKeys: 4 }), layout, (spec, options) => {
        const document = { kind: 'Link', spec, apiVersion: 'syncline/v1' };
        const formatted = formatText(stringify(document, options));
        expect(formatted).toBe(formatText(stringify(document)));
        expect(formatText(formatted!)).toBe(formatted);
        expect(Object.keys(parse(formatted!) as object)).toEqual(['apiVersion', 'kind', 'spec']);
        expect(parse(formatted!)).toEqual(document);
      }),
    );
  });
});
