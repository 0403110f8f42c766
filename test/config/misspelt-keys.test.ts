import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { loadConfiguration } from '../../src/config/load-configuration.ts';
import { ROOT, memoryFileSystem } from './memory-file-system.ts';

const EXAMPLES = new URL('../../examples/', import.meta.url);

describe.each(['activecampaign-salesforce', 'oro-dotdigital'])(
  'E1: a misspelt key of %s is one mistake, wherever it stands and whatever needs it',
  (example) => {
    const folder = new URL(`${example}/`, EXAMPLES);
    const names = readdirSync(folder).filter((name) => name.endsWith('.yaml') && !name.endsWith('.test.yaml'));
    const files = Object.fromEntries(names.map((name) => [`${ROOT}/${name}`, readFileSync(new URL(name, folder), 'utf8')]));

    test.each(misspellings(files))('$key, $file:$line', async ({ file, line, text }) => {
      const { diagnostics } = await loadConfiguration(ROOT, memoryFileSystem({ ...files, [`${ROOT}/${file}`]: text }));

      expect(diagnostics.map(({ severity, source }) => `${severity} ${source?.file}:${source?.line}`)).toEqual([
        `error ${file}:${line}`,
      ]);
    });
  },
);

/** The first place of every key that is long enough to be recognised with two letters swapped. */
function misspellings(files: Readonly<Record<string, string>>) {
  const found = new Map<string, { key: string; file: string; line: number; text: string }>();
  for (const [path, text] of Object.entries(files)) {
    for (const { 1: key = '', index } of text
      .replaceAll(/#.*/g, (comment) => '.'.repeat(comment.length))
      .matchAll(/\b([A-Za-z]{4,}): /g)) {
      const swapped = key[0]! + key[2]! + key[1]! + key.slice(3);
      if (found.has(key) || swapped === key) continue;
      const line = text.slice(0, index).split('\n').length;
      const broken = text.slice(0, index) + swapped + text.slice(index + key.length);
      found.set(key, { key, file: path.slice(ROOT.length + 1), line, text: broken });
    }
  }
  return [...found.values()];
}
