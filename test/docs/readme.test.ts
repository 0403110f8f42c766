/** The documents, held against the product: what they show runs, and what they name exists. */
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { QUICK_FOLDER } from '../quick-folder.ts';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { run } from '../../src/cli/program.ts';
import type { World } from '../../src/cli/world.ts';
import { DIAGNOSTIC_CODES } from '../../src/model/diagnostics/codes.ts';
import { createActiveCampaignSandbox } from '../../src/sandbox/activecampaign/sandbox.ts';
import { createSalesforceSandbox } from '../../src/sandbox/salesforce/sandbox.ts';
import { startSandbox } from '../../src/sandbox/server.ts';
import { localPaths } from '../../src/storage/local/storage.ts';
import { REPOSITORY, runInClone } from './clone.ts';
import { blocksOf, codeSpansOf, linksOf, tableOf } from './markdown.ts';

const EXAMPLE = 'examples/activecampaign-salesforce';
const WALKS = ['README.md', `${EXAMPLE}/README.md`, 'examples/oro-dotdigital/README.md'] as const;
const DOCUMENTS = [...WALKS, 'ARCHITECTURE.md', 'CHANGELOG.md'] as const;
const texts = new Map<string, string>();

beforeAll(async () => {
  for (const document of DOCUMENTS) texts.set(document, await readFile(join(REPOSITORY, document), 'utf8'));
});

function textOf(document: (typeof DOCUMENTS)[number]): string {
  return texts.get(document)!;
}

/** Blocks that install from the network, or would run this test again, are left to the pipeline, which begins with them. */
function runnable(text: string): readonly string[] {
  return blocksOf(text, 'sh').filter((block) => !block.includes('npm '));
}

describe('what the documents show', () => {
  it.concurrent.each(WALKS)(
    'runs as it is written: %s',
    async (document) => {
      const text = await readFile(join(REPOSITORY, document), 'utf8');
      const blocks = runnable(text);
      expect(blocks.join('\n')).toContain('syncline apply');

      const { code, output } = await runInClone(blocks.join('\n'));

      expect(code, output).toBe(0);
      expect(output).toContain('Apply complete!');
      expect(output).toContain('Both ends agree on every mapped field.');
    },
    // The stand-ins keep their rate limits in real time here.
    240_000,
  );

  it.concurrent.each(WALKS)('does not wait for stand-ins that did not start: %s', async (document) => {
    const lines = (await readFile(join(REPOSITORY, document), 'utf8')).split('\n');
    const start = lines.findIndex((line) => line.startsWith('node src/cli/syncline.mjs sandbox '));
    const [folder] = /\.\.\/[\w-]+/.exec(lines[start]!)!;
    const waiting = lines
      .slice(start, start + 4)
      .join('\n')
      .replace('syncline.mjs sandbox', '$& --seed none');

    const { output } = await runInClone(`mkdir ${folder}\n${waiting}\necho went on`);

    expect(output).toContain("'none'");
    expect(output).toContain('went on');
  });

  it('names scripts that the package has', async () => {
    const { scripts } = JSON.parse(await readFile(join(REPOSITORY, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const named = DOCUMENTS.flatMap((document) =>
      [...textOf(document).matchAll(/npm (?:run ([\w:-]+)|(test))/g)].map(([, script, test]) => script ?? test!),
    );

    expect(named).toEqual(expect.arrayContaining(['demo', 'test']));
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(named));
  });

  it('prints the plan that the README shows, but for numbers and people', async () => {
    const excerpt = blocksOf(textOf('README.md'), 'text').find((block) => block.includes('\nPlan: '))!;
    const printed = new Set((await printedPlan()).split('\n').map(skeleton));

    for (const line of excerpt.split('\n')) {
      // Which conflicts stand as examples depends on the key of the ledger, which every run makes anew.
      if (line.startsWith('      ? ')) {
        expect(line).toMatch(/^ {6}\? \S+ {2}\S.*: sf ".*", ac ".*"; (?:sf|ac) wins$/);
        continue;
      }
      const shown = skeleton(line.replace(/\.\.\.(?: and \d+ more)?$/, ''));
      if (line.endsWith('...'))
        expect(
          [...printed].some((candidate) => candidate.startsWith(shown)),
          line,
        ).toBe(true);
      else expect(printed, line).toContain(shown);
    }
  });
});

async function printedPlan(): Promise<string> {
  const folder = await mkdtemp(join(QUICK_FOLDER, 'syncline-docs-'));
  const vendors = [createSalesforceSandbox, createActiveCampaignSandbox];
  const sandbox = await startSandbox({ vendors, basePort: 0, seed: 1, records: 300, virtualTime: true });
  try {
    await cp(join(REPOSITORY, EXAMPLE), folder, { recursive: true });
    const { world, written } = captured({ workingFolder: folder, clock: sandbox.clock, environment: sandbox.environment });
    expect(await run(['plan', '--out', 'plan.json', '--records', '300'], world), written()).toBe(0);
    return written();
  } finally {
    await sandbox.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** A line without what differs from run to run: numbers, ids, masked values, the width of columns. */
function skeleton(line: string): string {
  return line
    .replaceAll(/#\w+/g, '#0')
    .replaceAll(/"[^"]*\*\*\*"/g, '"***"')
    .replaceAll(/\S*\*\*\*@\S*\*\*\*(?:\.\p{L}+)?/gu, '***')
    .replaceAll(/\d+/g, '0')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

function captured(part: Pick<World, 'workingFolder' | 'clock' | 'environment'>): {
  readonly world: World;
  readonly written: () => string;
} {
  let text = '';
  const stream = { isTerminal: false, columns: 100, write: (more: string) => void (text += more) };
  const world: World = {
    ...part,
    random: () => 0.5,
    newId: () => crypto.randomUUID(),
    who: 'ada@laptop',
    output: stream,
    errors: stream,
    ask: undefined,
    onInterrupt: () => () => undefined,
  };
  return { world, written: () => text };
}

async function helpOf(...command: readonly string[]): Promise<string> {
  const { world, written } = captured({
    workingFolder: REPOSITORY,
    clock: { now: () => 0, sleep: () => Promise.resolve() },
    environment: {},
  });
  expect(await run([...command, '--help'], world), command.join(' ')).toBe(0);
  return written();
}

/** Every command as it is typed, with its help: `state show`, `plan`. */
async function helpByCommand(path: readonly string[] = []): Promise<ReadonlyMap<string, string>> {
  const help = await helpOf(...path);
  const listed = /^Commands:\n((?: {2}.*\n)+)/m.exec(help)?.[1] ?? '';
  const names = [...listed.matchAll(/^ {2}([a-z][a-z-]*)/gm)].map(([, name]) => name!).filter((name) => name !== 'help');
  if (names.length === 0) return new Map([[path.join(' '), help]]);
  const parts = await Promise.all(names.map((name) => helpByCommand([...path, name])));
  return new Map(parts.flatMap((part) => [...part]));
}

describe('what the documents name', () => {
  it('is every command that there is, and no other', async () => {
    const commands = [...(await helpByCommand()).keys()].sort();
    const documented = tableOf(textOf('README.md'), 'command').map(([cell]) => /^`([a-z-]+(?: [a-z-]+)*)/.exec(cell!)![1]!);

    expect(commands.length).toBeGreaterThan(10);
    expect(documented.toSorted()).toEqual(commands);
  });

  it('are flags that some command has', async () => {
    const helps = [await helpOf(), ...(await helpByCommand()).values()].join('\n');
    const known = new Set(['--help', ...(helps.match(/--[a-z][a-z-]+/g) ?? [])]);
    const named = DOCUMENTS.flatMap((document) => textOf(document).match(/(?<![\w-])--[a-z][a-z-]+/g) ?? []);

    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((flag) => !known.has(flag))).toEqual([]);
  });

  it('is every exit code that there is, and no other', () => {
    const documented = tableOf(textOf('README.md'), 'code').map(([cell]) => Number(cell));

    expect(documented).toEqual(Object.values(EXIT));
  });

  it.each(DOCUMENTS)('are diagnostic codes that exist: %s', (document) => {
    const areas = new Set(Object.keys(DIAGNOSTIC_CODES).map((code) => code.split('_')[0]!));
    const named = (textOf(document).match(/\b[A-Z]+(?:_[A-Z]+)+\b/g) ?? []).filter((word) => areas.has(word.split('_')[0]!));

    expect(named.filter((code) => !Object.hasOwn(DIAGNOSTIC_CODES, code))).toEqual([]);
  });

  it.each(DOCUMENTS)('are files and folders that exist: %s', (document) => {
    const text = textOf(document);
    const inCode = codeSpansOf(text).filter((span) => /^(?:src|test|schemas|examples)\/[\w./-]+$/.test(span));
    const missing = [
      ...inCode.filter((path) => !existsSync(join(REPOSITORY, path))),
      ...linksOf(text).filter((target) => !existsSync(join(REPOSITORY, dirname(document), target))),
    ];

    expect(missing).toEqual([]);
  });

  it('are the layers that the source has', async () => {
    const layers = tableOf(textOf('ARCHITECTURE.md'), 'folder').map(([cell]) => cell!.replaceAll('`', ''));
    const folders = (await readdir(join(REPOSITORY, 'src'), { withFileTypes: true }))
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `src/${name}`);

    expect(layers.toSorted()).toEqual(folders.toSorted());
  });

  it('are all files that storage keeps', () => {
    const { folder: _, ...files } = localPaths('state');
    const names = Object.values(files).map((path) => basename(path));

    for (const document of ['README.md', 'ARCHITECTURE.md'] as const) {
      const documented = tableOf(textOf(document), document === 'README.md' ? 'file' : 'file (`src/storage/local/storage.ts`)');
      for (const name of names) expect(documented.map(([cell]) => cell).join(' '), document).toContain(`\`${name}\``);
    }
  });

  it('is the version that the package has', async () => {
    const { version } = JSON.parse(await readFile(join(REPOSITORY, 'package.json'), 'utf8')) as { version: string };

    expect(textOf('CHANGELOG.md')).toContain(version);
  });
});
