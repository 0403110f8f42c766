import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { loadConfiguration } from '../../src/config/load-configuration.ts';
import type { LoadedConfiguration } from '../../src/config/load-configuration.ts';
import { DIAGNOSTIC_CODES } from '../../src/model/diagnostics/codes.ts';
import { ROOT, memoryFileSystem } from './memory-file-system.ts';

/**
 * Every file of `broken/` begins with the diagnostics that it must cause, no more and no fewer:
 * `# expect CODE line:column`, and `# beside complete` where it is loaded together with `complete/`.
 */
const FOLDER = new URL('broken/', import.meta.url);
const COMPLETE = readFileSync(new URL('complete/configuration.yaml', import.meta.url), 'utf8');
const NAMES = readdirSync(FOLDER).toSorted();

/** No literal secret of the fixtures may come back in any part of a diagnostic. */
const CANARY = /canary|987654321/;

const cache = new Map<string, Promise<LoadedConfiguration>>();

function load(name: string): { readonly text: string; readonly loaded: Promise<LoadedConfiguration> } {
  const text = readFileSync(new URL(name, FOLDER), 'utf8');
  const beside = text.startsWith('# beside complete\n') ? { [`${ROOT}/complete.yaml`]: COMPLETE } : {};
  const loaded = cache.get(name) ?? loadConfiguration(ROOT, memoryFileSystem({ [`${ROOT}/broken.yaml`]: text, ...beside }));
  cache.set(name, loaded);
  return { text, loaded };
}

describe('a broken file is reported where it is broken, once for every mistake', () => {
  test.each(NAMES)('%s', async (name) => {
    const { text, loaded } = load(name);
    const expected = [...text.matchAll(/^# expect (CONFIG_[A-Z_]+ \d+:\d+)$/gm)].map((match) => match[1]);
    const { diagnostics } = await loaded;

    expect(diagnostics.map(({ code, source }) => `${code} ${source!.line}:${source!.column}`)).toEqual(expected);
    expect(expected).not.toEqual([]);
  });

  test.each(NAMES)('%s is explained in sentences, with the line and without any secret', async (name) => {
    const { text, loaded } = load(name);
    const lines = text.split('\n');
    for (const { code, detail, source, hint } of (await loaded).diagnostics) {
      expect(DIAGNOSTIC_CODES).toHaveProperty(code);
      expect(detail).toMatch(/^["A-Z].*\.$/s);
      expect(hint ?? '').not.toMatch(/undefined|\[object|^[A-Z]\w+ is.*\.$/);
      expect(detail).not.toMatch(/undefined|\[object/);
      expect(source!.file).toBe('broken.yaml');
      expect(`${detail} ${hint} ${source!.text}`).not.toMatch(CANARY);
      expect(source!.endLine).toBe(source!.line);
      expect(source!.endColumn).toBeGreaterThanOrEqual(source!.column);
      if (!source!.text?.includes('(sensitive value)') && lines[source!.line - 1]!.length < 400)
        expect(source!.text).toBe(lines[source!.line - 1]);
    }
  });
});

test('there are at least 100 broken files, and every code of documents is caused by one', () => {
  const caused = new Set(
    NAMES.flatMap((name) => [...load(name).text.matchAll(/^# expect (CONFIG_[A-Z_]+)/gm)].map((match) => match[1])),
  );
  const elsewhere = [
    'CONFIG_FILE_TOO_LARGE',
    'CONFIG_TOO_MANY_FILES',
    'CONFIG_FILE_UNREADABLE',
    'CONFIG_OUTSIDE_ROOT',
    'CONFIG_INVALID_ENCODING',
    'CONFIG_NO_STACK',
    'CONFIG_UNKNOWN_STACK',
    'CONFIG_STACK_NOT_CHOSEN',
    'CONFIG_MISSING_SECRET',
    'CONFIG_READABLE_SECRET_FILE',
  ];
  const declared = Object.keys(DIAGNOSTIC_CODES).filter((code) => code.startsWith('CONFIG_'));

  expect(NAMES.length).toBeGreaterThanOrEqual(100);
  expect(declared.filter((code) => !caused.has(code) && !elsewhere.includes(code))).toEqual([]);
});
