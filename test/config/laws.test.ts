import * as fc from 'fast-check';
import { readFileSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { configurationDigest } from '../../src/config/configuration.ts';
import { loadConfiguration } from '../../src/config/load-configuration.ts';
import { ROOT, memoryFileSystem, oneFile } from './memory-file-system.ts';
import { hasErrors } from '../../src/model/diagnostics/diagnostic.ts';

const EXAMPLE = new URL('../../examples/activecampaign-salesforce/', import.meta.url);
const NAMES = readdirSync(EXAMPLE).filter((name) => name.endsWith('.yaml') && !name.endsWith('.test.yaml'));
const FILES = NAMES.map((name) => readFileSync(new URL(name, EXAMPLE)));
const BROKEN = new URL('broken/', import.meta.url);
const WHOLE = Buffer.concat(FILES.flatMap((file) => [file, Buffer.from('\n---\n')]));

/** Pieces that mean something to YAML or to JavaScript, more likely to lead somewhere than random bytes. */
const PIECES = [
  '---',
  ': ',
  '- ',
  '? ',
  '{',
  '}',
  '[',
  ']',
  '&a ',
  '*a',
  '!t ',
  '<<: *a',
  '|',
  '>',
  "'",
  '"',
  '#',
  '\n',
  '\t',
  '  ',
  '%YAML 1.1\n',
  '\0',
  '\uFEFF',
  '0x1F',
  'null',
  '__proto__',
  'constructor: x',
  'true',
  '~',
  ',',
  '\\',
  '\u2028',
  '\u{1F600}',
  'kind',
  'spec',
];

const edit = fc.oneof(
  fc.record({ at: fc.nat(), remove: fc.nat(40), insert: fc.constantFrom(...PIECES).map((piece) => Buffer.from(piece)) }),
  fc.record({ at: fc.nat(), remove: fc.nat(3), insert: fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)) }),
);

function mutate(bytes: Uint8Array, edits: readonly { at: number; remove: number; insert: Uint8Array }[]): Buffer {
  let result = Buffer.from(bytes);
  for (const { at, remove, insert } of edits) {
    const start = at % (result.length + 1);
    result = Buffer.concat([result.subarray(0, start), insert, result.subarray(start + remove)]);
  }
  return result;
}

test('whatever is in a file becomes diagnostics with places in it, never an exception', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...FILES, WHOLE), fc.array(edit, { minLength: 1, maxLength: 6 }), async (file, edits) => {
      const bytes = mutate(file, edits);
      const lines = bytes.toString('utf8').split('\n').length;
      const { diagnostics } = await loadConfiguration(ROOT, oneFile(bytes));
      for (const { source, detail } of diagnostics) {
        expect(source!.line).toBeGreaterThanOrEqual(1);
        expect(source!.line).toBeLessThanOrEqual(lines);
        expect(source!.column).toBeGreaterThanOrEqual(1);
        expect(source!.endColumn).toBeGreaterThanOrEqual(source!.column);
        expect(detail).not.toMatch(/undefined|\[object/);
      }
    }),
    { numRuns: 400 },
  );
});

test('broken files stay harmless when they are broken further', async () => {
  const broken = readdirSync(BROKEN).map((name) => readFileSync(new URL(name, BROKEN)));
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...broken), fc.array(edit, { minLength: 1, maxLength: 4 }), async (file, edits) => {
      const { diagnostics } = await loadConfiguration(ROOT, oneFile(mutate(file, edits)));
      expect(Array.isArray(diagnostics)).toBe(true);
    }),
    { numRuns: 600 },
  );
});

test('any value in any place of a document is reported or accepted, never thrown at', async () => {
  const places = ['apiVersion', 'kind', 'metadata', 'spec'].map((key) => [key]);
  const example = (await loadConfiguration(ROOT, oneFile(WHOLE))).configuration;
  const documents = [example.stacks, example.integrations, example.resources, example.mappings, example.links].flatMap((map) =>
    [...map.values()].map(({ kind, name, spec }): unknown => ({ apiVersion: 'syncline/v1', kind, metadata: { name }, spec })),
  );
  const pathsOf = (value: unknown, path: readonly string[] = []): string[][] =>
    typeof value === 'object' && value !== null
      ? [[...path], ...Object.entries(value).flatMap(([key, entry]) => pathsOf(entry, [...path, key]))]
      : [[...path]];
  const values = fc.oneof(
    fc.json({ maxDepth: 3 }).map((text): unknown => JSON.parse(text)),
    fc.constantFrom<unknown>(null, '', 'both', 'to-sf', 'sf', 'Resource/ac-city', [null], { sf: null, ac: 1 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...documents), fc.nat(), values, async (document, at, value) => {
      const paths = [...pathsOf(document).filter((path) => path.length > 0), ...places];
      const path = paths[at % paths.length]!;
      const changed = structuredClone(document) as Record<string, unknown>;
      let parent = changed;
      for (const step of path.slice(0, -1)) parent = parent[step] as Record<string, unknown>;
      parent[path.at(-1)!] = value;
      // JSON is YAML; the unchanged documents stand beside, for references to lead somewhere.
      const { configuration, diagnostics } = await loadConfiguration(
        ROOT,
        memoryFileSystem({
          [`${ROOT}/a.yaml`]: JSON.stringify(changed),
          [`${ROOT}/b.yaml`]: documents
            .filter((other) => other !== document)
            .map((other) => JSON.stringify(other))
            .join('\n---\n'),
        }),
      );
      if (!hasErrors(diagnostics)) expect(configurationDigest(configuration)).toMatch(/^[0-9a-f]{64}$/);
    }),
    { numRuns: 150 },
  );
});

test('the order and the number of files make no difference', async () => {
  const documents = WHOLE.toString('utf8')
    .split(/^---\n/m)
    .filter((document) => document.trim() !== '');
  const expected = configurationDigest((await loadConfiguration(ROOT, oneFile(WHOLE))).configuration);
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray(documents, { minLength: documents.length }),
      fc.integer({ min: 1, max: 7 }),
      async (shuffled, size) => {
        const files: Record<string, string> = {};
        for (let start = 0; start < shuffled.length; start += size)
          files[`${ROOT}/${start}.yaml`] = shuffled.slice(start, start + size).join('---\n');
        const { configuration, diagnostics } = await loadConfiguration(ROOT, memoryFileSystem(files));
        expect(diagnostics).toEqual([]);
        expect(configurationDigest(configuration)).toBe(expected);
      },
    ),
    { numRuns: 8 },
  );
});
