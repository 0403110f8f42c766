/** Completion and validation in editors: what the YAML language server makes of the schemas. */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseAllDocuments, isMap, isScalar, type Document, type Pair, type Scalar, type YAMLMap } from 'yaml';
import { getLanguageService, TextDocument, type LanguageService } from 'yaml-language-server';
import { afterAll, describe, expect, it } from 'vitest';
import { init } from '../../src/operations/init.ts';

const ROOT = new URL('../../', import.meta.url);
const EXAMPLES = fileURLToPath(new URL('examples/', ROOT));
const SCHEMAS = fileURLToPath(new URL('schemas/', ROOT));
const FILES = readdirSync(EXAMPLES, { recursive: true, encoding: 'utf8' })
  // Dot-folders hold no configuration.
  .filter((file) => file.endsWith('.yaml') && !/(^|\/)\./.test(file) && !file.endsWith('resolutions.yaml'))
  .toSorted();

/** @param mapped the schema of every file, as the settings of an editor give it; none leaves it to the first line */
function languageService(mapped?: string): LanguageService {
  const service = getLanguageService({
    schemaRequestService: (uri) => readFile(fileURLToPath(uri), 'utf8'),
    workspaceContext: { resolveRelativePath: (path, resource) => new URL(path, resource).href },
  });
  const schemas = mapped === undefined ? [] : [{ fileMatch: ['*.yaml'], uri: mapped }];
  service.configure({ validate: true, hover: true, completion: true, yamlVersion: '1.2', schemas });
  return service;
}

const byModeline = languageService();
const byMapping = languageService(pathToFileURL(join(SCHEMAS, 'syncline.schema.json')).href);

type EditedDocument = Parameters<LanguageService['doValidation']>[0];

let version = 0;

/** What was parsed of a file is kept for as long as its version is the same. */
function documentOf(path: string, text: string): EditedDocument {
  version += 1;
  return TextDocument.create(pathToFileURL(path).href, 'yaml', version, text) as EditedDocument;
}

interface Complaint {
  readonly line: number;
  readonly message: string;
}

async function complaints(service: LanguageService, path: string, text: string): Promise<readonly Complaint[]> {
  const found = await service.doValidation(documentOf(path, text), false);
  return found.map(({ range, message }) => ({
    line: range.start.line + 1,
    message: typeof message === 'string' ? message : message.value,
  }));
}

describe('E1 every example, in an editor', () => {
  it.each(FILES)('%s is valid, by its first line and by a mapping', async (file) => {
    const path = join(EXAMPLES, file);
    const text = readFileSync(path, 'utf8');

    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=../../schemas/syncline.schema.json');
    expect(await complaints(byModeline, path, text)).toEqual([]);
    expect(await complaints(byMapping, path, text)).toEqual([]);
  });
});

interface Broken {
  readonly name: string;
  readonly path: string;
  readonly text: string;
  /** Where the fault is: the editor must say something of this line. */
  readonly line: number;
}

/** One fault each, put into each document of the examples: what people get wrong while they type. */
function* brokenFiles(): Generator<Broken> {
  for (const file of FILES) {
    const text = readFileSync(join(EXAMPLES, file), 'utf8').replace(/^# yaml-language-server.*\n/, '');
    for (const part of text.split(/^---\n/m)) {
      const [document] = parseAllDocuments(part) as [Document.Parsed<YAMLMap.Parsed>];
      const kind = String(document.get('kind'));
      const name = `${kind}/${String(document.getIn(['metadata', 'name']))}`;
      const path = join(EXAMPLES, file);
      const broken = (fault: string, start: number, end: number, replacement: string): Broken => ({
        name: `${name} with ${fault}`,
        path,
        text: part.slice(0, start) + replacement + part.slice(end),
        line: part.slice(0, start).split('\n').length,
      });
      const keyOf = (map: YAMLMap.Parsed, index: number) => (map.items[index] as Pair<Scalar.Parsed>).key.range;
      const spec = document.get('spec', true) as unknown as YAMLMap.Parsed;
      const [kindStart, kindEnd] = (document.get('kind', true) as unknown as Scalar.Parsed).range;
      yield broken('a kind that does not exist', kindStart, kindEnd, `${kind}x`);
      const [keyStart, keyEnd] = keyOf(spec, spec.items.length - 1);
      yield broken('a misspelt setting', keyStart, keyEnd, `${part.slice(keyStart, keyEnd)}x`);
      const metadata = document.get('metadata', true) as unknown as YAMLMap.Parsed;
      const [nameStart, nameEnd] = (metadata.get('name', true) as unknown as Scalar.Parsed).range;
      yield broken('a name in capitals', nameStart, nameEnd, 'NOT-A-NAME');
      const scalar = spec.items.find(({ value }) => isScalar(value));
      if (scalar !== undefined) {
        const [start, end] = (scalar.value as unknown as Scalar.Parsed).range;
        yield broken('a list where there is one value', start, end, '[1, 2]');
      }
      const attributes = spec.get('attributes', true) as unknown;
      if (isMap(attributes)) {
        const [start, end] = keyOf(attributes as YAMLMap.Parsed, 0);
        yield broken('an attribute of no such type', start, end, `${part.slice(start, end)}OfNoType`);
      }
    }
  }
}

const BROKEN = [...brokenFiles()];

describe('E1 broken files, in an editor', () => {
  it('there are at least a hundred, of every kind that the examples have', () => {
    expect(BROKEN.length).toBeGreaterThanOrEqual(100);
    expect(new Set(BROKEN.map(({ name }) => name.split('/')[0])).size).toBeGreaterThanOrEqual(8);
  });

  it('each is underlined where it is broken', async () => {
    const silent: string[] = [];
    for (const { name, path, text, line } of BROKEN) {
      const found = await complaints(byMapping, path, text);
      const near = found.filter((complaint) => complaint.line === line);
      if (near.length === 0) silent.push(`${name}, line ${line}: ${JSON.stringify(found)}`);
    }
    expect(silent).toEqual([]);
  });

  it('what is complained of is what the kind and the type of the resource say', async () => {
    const text = `apiVersion: syncline/v1
kind: Resource
metadata: { name: x }
spec:
  integration: activecampaign
  type: activecampaign/field
  attributes:
    titel: City
    type: txt
`;

    const found = await complaints(byMapping, join(EXAMPLES, 'x.yaml'), text);

    expect(found).toContainEqual({ line: 8, message: 'Property titel is not allowed.' });
    expect(found).toContainEqual({ line: 9, message: expect.stringContaining('"text", "textarea", "date"') });
  });
});

describe('E1 writing, in an editor', () => {
  it('settings are completed by kind and type, and explained', async () => {
    const text = `apiVersion: syncline/v1
kind: Resource
metadata: { name: x }
spec:
  integration: activecampaign
  type: activecampaign/field
  attributes:
    title: City
    
`;
    const document = documentOf(join(EXAMPLES, 'x.yaml'), text);

    const completed = await byMapping.doComplete(document, { line: 8, character: 4 }, false);
    const hovered = await byMapping.doHover(document, { line: 5, character: 3 });

    const labels = completed.items.map(({ label }) => label);
    expect(labels).toEqual(expect.arrayContaining(['type', 'options', 'description', 'visible']));
    expect(labels).not.toContain('visibility');
    expect(JSON.stringify(hovered)).toContain('The kind of remote object');
  });
});

describe('E1 init, and an editor', () => {
  const folder = mkdtemp(join(tmpdir(), 'syncline-editor-'));
  afterAll(async () => rm(await folder, { recursive: true }));

  it('leads to the schemas from wherever the folder is', async () => {
    const target = join(await folder, 'my-links');
    const files = await init(target, 'activecampaign-salesforce', { examples: EXAMPLES, schemas: SCHEMAS });
    const settings = JSON.parse(await readFile(join(target, '.vscode', 'settings.json'), 'utf8'));
    const [path] = Object.keys(settings['yaml.schemas']);

    expect(files).toContain(join('.vscode', 'settings.json'));
    expect(join(target, path!)).toBe(join(SCHEMAS, 'syncline.schema.json'));
    const broken = (await readFile(join(target, 'stacks.yaml'), 'utf8')).replace('kind: Stack', 'kind: Stak');
    expect(await complaints(byModeline, join(target, 'stacks.yaml'), broken)).not.toEqual([]);
  });
});
