import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadConfiguration } from '../../src/config/load-configuration.ts';
import { printDocuments } from '../../src/config/print-documents.ts';
import { ROOT, memoryFileSystem } from './memory-file-system.ts';

const RESOURCE = { integration: 'activecampaign', type: 'activecampaign/field' };

/** Names as accounts have them, and those that YAML, terminals and readers stumble over. */
const title = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
  fc.constantFrom(
    'yes',
    '~',
    '007',
    '1e3',
    '- a',
    '# b',
    'a: b',
    '{x}',
    '&a',
    '*a',
    '!t',
    '|',
    '>',
    '%x',
    '@x',
    "'",
    '"',
    '---',
    'a\n\nb',
    ' ',
    '\t',
    'a\u202Eb',
    '\u2028',
    '<<',
  ),
);

test('E15 whatever an object is called, what is printed loads as the same, and shows what is in it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(title, { minLength: 1, maxLength: 4 }), async (titles) => {
      const documents = titles.map((text, index) => ({
        kind: 'Resource',
        name: `field-${index}`,
        spec: { ...RESOURCE, attributes: { title: text, type: 'dropdown', options: [text] } },
      }));

      const text = printDocuments(documents);
      const loaded = await loadConfiguration(ROOT, memoryFileSystem({ [`${ROOT}/a.yaml`]: text }));

      const found = [...loaded.configuration.resources.values()].map(({ spec }) => spec.attributes);
      expect(found).toEqual(documents.map(({ spec }) => spec.attributes));
      expect(text).not.toMatch(/[\p{Cf}\p{Zl}\p{Zp}]/u);
    }),
    { numRuns: 100 },
  );
});
