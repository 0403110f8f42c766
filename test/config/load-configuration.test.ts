import { mkdtemp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { afterEach, describe, expect, test } from 'vitest';
import { loadConfiguration } from '../../src/config/load-configuration.ts';
import { nodeConfigurationFileSystem } from '../../src/config/node-file-system.ts';
import { ROOT, memoryFileSystem, oneFile } from './memory-file-system.ts';
import type { Content } from './memory-file-system.ts';

const STACK = 'apiVersion: syncline/v1\nkind: Stack\nmetadata: { name: NAME }\nspec: { integrations: {} }\n';
const stack = (name: string) => STACK.replace('NAME', name);

function load(files: Readonly<Record<string, Content>>) {
  return loadConfiguration(
    ROOT,
    memoryFileSystem(Object.fromEntries(Object.entries(files).map(([path, content]) => [`${ROOT}/${path}`, content]))),
  );
}

async function codes(files: Readonly<Record<string, Content>>): Promise<string[]> {
  const { diagnostics } = await load(files);
  return diagnostics.map(({ code, source }) => `${code} ${source!.file}:${source!.line}:${source!.column}`);
}

describe('finding files', () => {
  test('YAML is found in every folder but state, node_modules and those with a dot', async () => {
    const loaded = await load({
      'a.yaml': stack('a'),
      'deep/er/b.yml': stack('b'),
      'state/c.yaml': stack('c'),
      'deep/state/d.yaml': stack('d'),
      'node_modules/package/e.yaml': stack('e'),
      '.github/f.yaml': stack('f'),
      'cases.test.yaml': stack('g'),
      'cases.test.yml': stack('g'),
      'notes.txt': 'apiVersion: syncline/v1',
      'data.json': '{"apiVersion": "syncline/v1"}',
    });

    expect([...loaded.configuration.stacks.keys()]).toEqual(['a', 'b']);
    expect(loaded.diagnostics).toEqual([]);
    expect(loaded.files).toEqual(['a.yaml', 'deep/er/b.yml']);
  });

  test('an empty folder is an empty configuration', async () => {
    const loaded = await load({ 'notes.txt': '' });

    expect(loaded).toMatchObject({ diagnostics: [], leftAlone: [], files: [] });
  });

  test('a folder that does not exist is reported', async () => {
    const loaded = await loadConfiguration('/nowhere', memoryFileSystem({ [`${ROOT}/a.yaml`]: stack('a') }));

    expect(loaded.diagnostics).toMatchObject([
      { code: 'CONFIG_FILE_UNREADABLE', detail: 'It cannot be read: it does not exist.' },
    ]);
  });

  test('more than 500 files are refused, and none is read', async () => {
    const files = Object.fromEntries(Array.from({ length: 501 }, (_, index) => [`${ROOT}/${index}.yaml`, stack(`s${index}`)]));
    const fileSystem = memoryFileSystem(files);
    const loaded = await loadConfiguration(ROOT, fileSystem);

    expect(loaded.diagnostics.map(({ code }) => code)).toEqual(['CONFIG_TOO_MANY_FILES']);
    expect(fileSystem.reads).toEqual([]);
  });

  test('a file that cannot be read does not hide the others', async () => {
    expect(await codes({ 'a.yaml': { fails: 'EACCES' }, 'b.yaml': stack('B') })).toEqual([
      'CONFIG_FILE_UNREADABLE a.yaml:1:1',
      'CONFIG_INVALID_NAME b.yaml:3:19',
    ]);
  });
});

describe('symbolic links', () => {
  test('one that leaves the folder is refused, to a file or to a folder', async () => {
    const fileSystem = memoryFileSystem({
      [`${ROOT}/a.yaml`]: stack('a'),
      [`${ROOT}/outside.yaml`]: { linkTo: '../elsewhere/secret.yaml' },
      [`${ROOT}/folder`]: { linkTo: '/elsewhere' },
      '/elsewhere/secret.yaml': stack('stolen'),
    });
    const { diagnostics, configuration } = await loadConfiguration(ROOT, fileSystem);

    expect(diagnostics.map(({ code, source }) => `${code} ${source!.file}`)).toEqual([
      'CONFIG_OUTSIDE_ROOT folder',
      'CONFIG_OUTSIDE_ROOT outside.yaml',
    ]);
    expect([...configuration.stacks.keys()]).toEqual(['a']);
    expect(fileSystem.reads).toEqual([`${ROOT}/a.yaml`]);
  });

  test('one that stays inside adds nothing, since its target is found anyway', async () => {
    const loaded = await load({ 'real/a.yaml': stack('a'), 'again.yaml': { linkTo: 'real/a.yaml' }, loop: { linkTo: '.' } });

    expect(loaded.diagnostics).toEqual([]);
    expect(loaded.files).toEqual(['real/a.yaml']);
  });

  test('one that leads nowhere is reported when it would be configuration', async () => {
    expect(
      await codes({ 'a.yaml': { linkTo: 'gone.yaml' }, '.#b.yaml': { linkTo: 'me@host.123' }, notes: { linkTo: 'gone' } }),
    ).toEqual(['CONFIG_FILE_UNREADABLE a.yaml:1:1']);
    expect(await codes({ 'a.yaml': { linkTo: 'a.yaml' } })).toEqual(['CONFIG_FILE_UNREADABLE a.yaml:1:1']);
  });
});

describe('files that are not read to their end', () => {
  test('a file of 50 MB is refused without being read', async () => {
    const fileSystem = memoryFileSystem({ [`${ROOT}/huge.yaml`]: { bytes: 50_000_000 }, [`${ROOT}/a.yaml`]: stack('a') });
    const { diagnostics } = await loadConfiguration(ROOT, fileSystem);

    expect(diagnostics).toMatchObject([
      { code: 'CONFIG_FILE_TOO_LARGE', detail: 'The file has 47.7 MiB; 1 MiB is the most.', source: { file: 'huge.yaml' } },
    ]);
    expect(fileSystem.reads).toEqual([`${ROOT}/a.yaml`]);
  });

  test('a file that grew past the limit since it was looked at is refused too', async () => {
    const grown = memoryFileSystem({ [`${ROOT}/a.yaml`]: '#'.repeat(1024 * 1024 + 1) });
    const small = { ...grown, status: async (path: string) => ({ ...(await grown.status(path)), bytes: 10 }) };
    const { diagnostics } = await loadConfiguration(ROOT, small);

    expect(diagnostics.map(({ code }) => code)).toEqual(['CONFIG_FILE_TOO_LARGE']);
  });

  test.each([
    ['brackets', (levels: number) => `spec: ${'['.repeat(levels)}${']'.repeat(levels)}\n`, 100_000],
    ['braces', (levels: number) => `spec: ${'{a: '.repeat(levels)}${'}'.repeat(levels)}\n`, 100_000],
    ['braces on lines of their own', (levels: number) => `spec:\n  ${'{a:\n  '.repeat(levels)}${'}'.repeat(levels)}\n`, 100_000],
    [
      'indentation',
      (levels: number) => `spec:\n${Array.from({ length: levels }, (_, level) => `${' '.repeat(level + 1)}a:\n`).join('')}`,
      1_400,
    ],
    ['dashes', (levels: number) => `spec:\n  ${'- '.repeat(levels)}a\n`, 100_000],
    ['question marks', (levels: number) => `spec:\n  ${'? '.repeat(levels)}a\n`, 100_000],
    ['brackets that are never closed', (levels: number) => `spec: ${'['.repeat(levels)}`, 100_000],
  ] as const)('1,000 levels and more of %s are one diagnostic', async (_, nested, more) => {
    const head = 'apiVersion: syncline/v1\nkind: Stack\nmetadata: { name: a }\n';
    for (const levels of [1_000, more]) {
      const { diagnostics } = await load({ 'a.yaml': head + nested(levels) });
      expect(diagnostics.map(({ code }) => code)).toEqual(['CONFIG_TOO_DEEP']);
    }
  });
});

describe('encodings', () => {
  const bytes = (...parts: readonly (string | number)[]) =>
    Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.of(part))));

  test('a byte order mark is tolerated, and columns do not count it', async () => {
    expect(await codes({ 'a.yaml': bytes(0xef, 0xbb, 0xbf, stack('a')) })).toEqual([]);
    expect(await codes({ 'a.yaml': bytes(0xef, 0xbb, 0xbf, 'kind: Stack\napiVersion: syncline/v2\n') })).toEqual([
      'CONFIG_UNSUPPORTED_VERSION a.yaml:2:13',
    ]);
  });

  test('lines may end in CR LF', async () => {
    expect(await codes({ 'a.yaml': stack('a').replaceAll('\n', '\r\n') })).toEqual([]);
    const { diagnostics } = await load({ 'a.yaml': stack('B').replaceAll('\n', '\r\n') });

    expect(diagnostics[0]!.source).toMatchObject({ line: 3, column: 19, endColumn: 20, text: 'metadata: { name: B }' });
  });

  test('the first byte that is not UTF-8 is named', async () => {
    const { diagnostics } = await load({ 'a.yaml': bytes(stack('a'), '# caf', 0xe9, ' latin\n') });

    expect(diagnostics).toMatchObject([
      {
        code: 'CONFIG_INVALID_ENCODING',
        source: { line: 5, column: 6 },
        detail: 'The file is not UTF-8: byte 90 (0xE9) begins no character.',
      },
    ]);
  });

  test.each([
    ['an overlong sequence', bytes(stack('a'), '# ', 0xc0, 0xaf)],
    ['a surrogate', bytes(stack('a'), '# ', 0xed, 0xa0, 0x80)],
    ['a character cut in two', bytes(stack('a'), '# ', 0xe2, 0x82)],
    ['a null character', bytes(stack('a'), '# \0')],
    ['a control character', bytes(stack('a'), '# \u001b[31m')],
  ])('%s is refused', async (_, content) => {
    const { diagnostics } = await load({ 'a.yaml': content });

    expect(diagnostics).toMatchObject([{ code: 'CONFIG_INVALID_ENCODING', source: { line: 5, column: 3 } }]);
  });

  test('UTF-16 is recognised', async () => {
    const { diagnostics } = await load({ 'a.yaml': bytes(0xff, 0xfe, Buffer.from(stack('a'), 'utf16le').toString('latin1')) });

    expect(diagnostics).toMatchObject([{ code: 'CONFIG_INVALID_ENCODING', detail: 'The file is encoded in UTF-16.' }]);
  });

  test.each([
    ['little-endian', Buffer.from(stack('a'), 'utf16le')],
    ['big-endian', Buffer.from(stack('a'), 'utf16le').swap16()],
    ['beyond ASCII', Buffer.from(`# caf\u00e9 \ud83d\ude00\n${stack('a')}`, 'utf16le')],
  ])('UTF-16 without a byte order mark is recognised too: %s', async (_, content) => {
    const { diagnostics } = await load({ 'a.yaml': content });

    expect(diagnostics).toMatchObject([{ code: 'CONFIG_INVALID_ENCODING', detail: 'The file is encoded in UTF-16.' }]);
  });

  test.each([
    ['every line', stack('a').replaceAll('\n', '\r'), { line: 1, column: 24 }],
    ['a comment, which would swallow the rest of its line', `# note\r${stack('a')}`, { line: 1, column: 7 }],
  ])('a carriage return alone is refused, for YAML takes it as the end of a line: after %s', async (_, content, place) => {
    const { diagnostics } = await load({ 'a.yaml': content });

    expect(diagnostics).toMatchObject([{ code: 'CONFIG_INVALID_ENCODING', source: place }]);
    expect(diagnostics[0]!.detail).toBe('A line ends in a carriage return alone.');
  });

  test('binary files of other programs are left alone', async () => {
    const loaded = await load({ 'a.yaml': bytes(0x1f, 0x8b, 0x08, 0x00, 'garbage') });

    expect(loaded.diagnostics).toEqual([]);
    expect(loaded.leftAlone).toEqual([{ file: 'a.yaml', line: 1, reason: 'it is no text that YAML could be' }]);
  });
});

describe('documents of other programs', () => {
  test('are left alone and listed, whatever YAML they are written in', async () => {
    const loaded = await load({
      'compose.yaml': 'x-base: &base { a: 1 }\nservices:\n  web:\n    <<: *base\n    mode: 0644\n',
      'gitlab.yaml': 'job:\n  script: !reference [.setup, script]\n',
      'helm.yaml': '{{- if .Values.enabled }}\nkind: Deployment\n{{- end }}\n',
      'kubernetes.yaml': 'apiVersion: v1\nkind: Service\nspec: {}\n---\napiVersion: apps/v1\nkind: Deployment\n',
      'deep.yaml': '['.repeat(1_000),
      'list.yaml': '- a\n- b\n',
      'comments.yaml': '# nothing here\n---\n# nor here\n',
      'mixed.yaml': `${stack('a')}---\nversion: 3\n`,
    });

    expect(loaded.diagnostics).toEqual([]);
    expect([...loaded.configuration.stacks.keys()]).toEqual(['a']);
    expect(loaded.leftAlone.map(({ file, line, reason }) => `${file}:${line} ${reason}`)).toEqual([
      'compose.yaml:1 it has no apiVersion',
      'deep.yaml:1 it cannot be read as YAML and names no apiVersion of Syncline',
      'gitlab.yaml:1 it has no apiVersion',
      'helm.yaml:1 it cannot be read as YAML and names no apiVersion of Syncline',
      'kubernetes.yaml:1 its apiVersion is "v1"',
      'kubernetes.yaml:5 its apiVersion is "apps/v1"',
      'list.yaml:1 it has no apiVersion',
      'mixed.yaml:6 it has no apiVersion',
    ]);
  });

  test('one that looks like ours but for its version is left alone with a warning', async () => {
    const { diagnostics, leftAlone } = await load({ 'a.yaml': 'kind: Link\nmetadata: { name: a }\nspec: {}\n' });

    expect(diagnostics).toMatchObject([{ severity: 'warning', code: 'CONFIG_MISSING_VERSION' }]);
    expect(leftAlone).toHaveLength(1);
  });
});

describe('characters that look like others', () => {
  const withSpec = (line: string) => `apiVersion: syncline/v1\nkind: Stack\nmetadata: { name: a }\nspec:\n  ${line}\n`;

  test('a letter of another alphabet is named in the hint', async () => {
    const kind = await load({ 'a.yaml': stack('a').replace('Stack', 'St\u0430ck') });
    const key = await load({ 'a.yaml': withSpec('integr\u0430tions: {}') });

    expect(kind.diagnostics.map(({ hint }) => hint)).toEqual([
      'did you mean "Stack"? One character is U+0430, which only looks like it',
    ]);
    expect(key.diagnostics.map(({ hint }) => hint)).toContain(
      'did you mean "integrations"? One character is U+0430, which only looks like it',
    );
  });

  test.each(['\u00a0', '\u3000', '\u202f'])('a blank that YAML does not take for one is named: %j', async (blank) => {
    const { diagnostics } = await load({ 'a.yaml': withSpec(`default:${blank}true\n  integrations: {}`) });
    const name = `U+${blank.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;

    expect(diagnostics).toMatchObject([
      { code: 'CONFIG_INVALID_YAML', hint: `one blank of the line is ${name}: write an ordinary space` },
    ]);
  });
});

describe('all mistakes of all files come at once', () => {
  test('sorted by place', async () => {
    const link =
      'apiVersion: syncline/v1\nkind: Link\nmetadata: { name: x }\nspec: { mapping: nowhere, flows: {}, conflicts: { prefer: a } }\n';

    expect(await codes({ 'b.yaml': stack('B'), 'a.yaml': `${link}---\n${stack('A')}`, 'c.yaml': link })).toEqual([
      'CONFIG_MISSING_KEY a.yaml:4:1',
      'CONFIG_INVALID_VALUE a.yaml:4:27',
      'CONFIG_INVALID_NAME a.yaml:8:19',
      'CONFIG_INVALID_NAME b.yaml:3:19',
      'CONFIG_DUPLICATE_ADDRESS c.yaml:3:19',
      'CONFIG_MISSING_KEY c.yaml:4:1',
      'CONFIG_INVALID_VALUE c.yaml:4:27',
    ]);
  });

  test('a reference is not called unknown while a file that may hold it cannot be read', async () => {
    const stackWithUnknown =
      'apiVersion: syncline/v1\nkind: Stack\nmetadata: { name: a }\nspec: { integrations: { crm: { account: x } } }\n';

    expect(await codes({ 'a.yaml': stackWithUnknown })).toEqual(['CONFIG_UNKNOWN_REFERENCE a.yaml:4:25']);
    expect(await codes({ 'a.yaml': stackWithUnknown, 'b.yaml': 'apiVersion: syncline/v1\nkind: @\n' })).toEqual([
      'CONFIG_INVALID_YAML b.yaml:2:7',
    ]);
  });

  test('a document with thousands of mistakes lists the first hundred and counts the others', async () => {
    const labels = Array.from({ length: 5_000 }, (_, index) => `    l${index}: 1\n`).join('');
    const { diagnostics } = await load({
      'a.yaml': `apiVersion: syncline/v1\nkind: Stack\nmetadata:\n  name: a\n  labels:\n${labels}spec: { integrations: {} }\n`,
    });

    expect(diagnostics).toHaveLength(100);
    expect(diagnostics.at(-1)!.detail).toMatch(/ 900 more faults of this document are not listed\.$/);
  });
});

describe('large hostile files cost seconds at most', () => {
  const head = 'apiVersion: syncline/v1\nkind: Stack\nmetadata: { name: a }\n';
  const fill = (piece: (index: number) => string, length = 150_000) => {
    let text = '';
    for (let index = 0; text.length < length; index += 1) text += piece(index);
    return text;
  };

  test.each([
    ['distinct keys', `${head}spec:\n${fill((index) => `  k${index}: 1\n`)}`],
    ['one key over and over', `${head}spec:\n${fill(() => '  a: 1\n')}`],
    ['aliases', `${head}x: &a b\nspec: [${fill(() => '*a,')}]\n`],
    ['anchors', `${head}spec: [${fill((index) => `&a${index} x,`)}]\n`],
    ['documents', fill((index) => `${head.replace('{ name: a }', `{ name: a${index} }`)}---\n`)],
    ['separators', `${head}${fill(() => '---\n')}`],
    ['a single line', `${head}spec: { a: "${'x'.repeat(150_000)}" }\n`],
    ['line breaks', `${head}spec:${'\n'.repeat(150_000)} { integrations: [] }\n`],
    ['tags', `${head}spec: [${fill(() => '!a b,')}]\n`],
    ['quotes', `${head}spec: ${`'"`.repeat(150_000)}\n`],
    ['commas', `${head}spec: [${','.repeat(100_000)}]\n`],
    ['comments', `${head}spec: ${fill(() => '# x\n')}`],
    ['owned fields', `${head.replace('Stack', 'Link')}spec: { owns: { sf: [${fill((index) => `p${index},`)}] } }\n`],
  ])('%s', { timeout: 20_000 }, async (_, text) => {
    const { diagnostics } = await loadConfiguration(ROOT, oneFile(text));

    expect(diagnostics.length).toBeGreaterThan(0);
  });
});

describe('the file system of the machine', () => {
  const folders: string[] = [];
  afterEach(async () => {
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
  });

  async function temporaryFolder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'syncline-config-'));
    folders.push(folder);
    return folder;
  }

  test('is read as the one in memory is', async () => {
    const root = await temporaryFolder();
    const outside = await temporaryFolder();
    await mkdir(join(root, 'more'));
    await mkdir(join(root, 'state'));
    await writeFile(join(root, 'a.yaml'), stack('a'));
    await writeFile(join(root, 'more', 'b.yml'), stack('b'));
    await writeFile(join(root, 'state', 'c.yaml'), stack('c'));
    await writeFile(join(outside, 'd.yaml'), stack('d'));
    await symlink(join(outside, 'd.yaml'), join(root, 'd.yaml'));
    const loaded = await loadConfiguration(root, nodeConfigurationFileSystem());

    expect([...loaded.configuration.stacks.keys()]).toEqual(['a', 'b']);
    expect(loaded.diagnostics).toMatchObject([{ code: 'CONFIG_OUTSIDE_ROOT', source: { file: 'd.yaml' } }]);
  });

  test('a named pipe is refused rather than waited for', async () => {
    const root = await temporaryFolder();
    execFileSync('sh', ['-c', 'mkfifo "$0"', join(root, 'pipe.yaml')]);
    const { diagnostics } = await loadConfiguration(root, nodeConfigurationFileSystem());

    expect(diagnostics).toMatchObject([{ code: 'CONFIG_FILE_UNREADABLE', source: { file: 'pipe.yaml' } }]);
    await expect(nodeConfigurationFileSystem().readFile(join(root, 'pipe.yaml'), 10)).rejects.toThrow('not a regular file');
  });

  test('no more of a file is read than was asked for', async () => {
    const root = await temporaryFolder();
    await writeFile(join(root, 'a.yaml'), 'x'.repeat(100));

    expect(await nodeConfigurationFileSystem().readFile(join(root, 'a.yaml'), 10)).toHaveLength(11);
  });
});

describe('what is left of a configuration with mistakes', () => {
  const mapping = (name: string, field: string) =>
    `---\napiVersion: syncline/v1\nkind: Mapping\nmetadata: { name: ${name} }\nspec:\n  between: { sf: salesforce/Contact, ac: activecampaign/contact }\n  match: [{ sf: Email, ac: email }]\n  fields: [${field}]\n`;

  test('documents that are not valid and mappings that contradict themselves are absent, so that nobody finds their faults again', async () => {
    const { configuration, diagnostics } = await load({
      'a.yaml': [
        mapping('sound', '{ sf: A, ac: a, flow: both }'),
        mapping('invalid', '{ sf: A, ac: a, flow: bth }'),
        mapping('contradictory', '{ ac: a, flow: both, value: "1" }'),
      ].join(''),
    });

    expect(diagnostics.map(({ address }) => address)).toEqual(['Mapping/invalid', 'Mapping/contradictory']);
    expect([...configuration.mappings.keys()]).toEqual(['sound']);
  });
});
