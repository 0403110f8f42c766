/** The laws of the record loop name their tests: here it is seen to that they exist. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const ROOT = new URL('../../', import.meta.url);
const LAYERS = ['1. When nothing goes wrong', '2. When something goes wrong in the middle', '3. Bookkeeping'];

interface Law {
  readonly layer: string;
  readonly sentence: string;
  readonly tests: { readonly file: string; readonly title: string }[];
}

function readLaws(): { readonly laws: readonly Law[]; readonly strayLines: readonly string[] } {
  const laws: Law[] = [];
  const strayLines: string[] = [];
  let layer = '';
  const lines = read('src/records/LAWS.md').split('\n');
  for (const line of lines.slice(lines.findIndex((one) => one.startsWith('## ')))) {
    const heading = /^## (.+)$/.exec(line);
    const sentence = /^\d+\. (.+)$/.exec(line);
    const check = /^ +- (\S+) — (.+)$/.exec(line);
    if (heading !== null) layer = heading[1]!;
    else if (sentence !== null) laws.push({ layer, sentence: sentence[1]!, tests: [] });
    else if (check !== null) laws.at(-1)?.tests.push({ file: check[1]!, title: check[2]! });
    else if (line.trim() !== '') strayLines.push(line);
  }
  return { laws, strayLines };
}

function read(path: string): string {
  return readFileSync(new URL(path, ROOT), 'utf8');
}

/** A title opens the call of `test`, of `it`, or of what their `each` returned, or is a name in the table of that. */
function isTitle(title: string, source: string): boolean {
  const place = source.indexOf(`'${title}'`);
  return place >= 0 && /(\(|\bname:)\s*$/.test(source.slice(0, place));
}

describe('the laws of the record loop', () => {
  const { laws, strayLines } = readLaws();

  test('stand in three layers, each a sentence with the tests that check it', () => {
    expect([...new Set(laws.map((law) => law.layer))]).toEqual(LAYERS);
    expect(laws.filter((law) => law.tests.length === 0 || !law.sentence.endsWith('.')).map((law) => law.sentence)).toEqual([]);
    expect(strayLines).toEqual([]);
  });

  test('name tests that there are, by file and title', () => {
    const missing = laws
      .flatMap((law) => law.tests)
      .filter(({ file, title }) => !isTitle(title, read(file)))
      .map(({ file, title }) => `${file} — ${title}`);
    expect(missing).toEqual([]);
  });
});
