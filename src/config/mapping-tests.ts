/**
 * The cases that users write for their mappings: documents of kind `MappingTest` in files named
 * `*.test.yaml`, which are no part of the configuration and change nothing about a plan.
 */
import { relative, resolve, sep } from 'node:path';
import type { Diagnostic } from '../model/diagnostics/diagnostic.ts';
import type { Configuration, Declaration } from './configuration.ts';
import type { SourceRange } from '../model/diagnostics/diagnostic.ts';
import type { ConfigurationFileSystem } from './file-system.ts';
import { findFiles, type FoundFile } from './find-files.ts';
import type { MappingTestSpec } from './generated/documents.ts';
import { LoadedDocuments, loadFile } from './load-documents.ts';
import { didYouMean } from './suggestion.ts';
import type { ValidatedDocument } from './validate-document.ts';

export interface MappingTest {
  readonly name: string;
  readonly mapping: Declaration<'Mapping'>;
  readonly cases: MappingTestSpec['cases'];
  /** Where a setting stands, by its path below `spec`. */
  readonly source: (path: readonly (string | number)[]) => SourceRange;
}

export interface LoadedMappingTests {
  readonly tests: readonly MappingTest[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Loads every test below a folder, or those of some files. Never throws for what a file may hold.
 * @param root absolute path of the configuration's folder; `file` of diagnostics is relative to it
 * @param paths files to read in place of all, as a person names them in that folder
 */
export async function loadMappingTests(
  root: string,
  fileSystem: ConfigurationFileSystem,
  configuration: Configuration,
  paths: readonly string[],
): Promise<LoadedMappingTests> {
  const loaded = new LoadedDocuments();
  for (const file of paths.length > 0 ? named(root, paths) : await found(root, fileSystem, loaded))
    await loadFile(file, fileSystem, loaded);
  const tests = loaded.withoutDuplicates().flatMap((document) => testOf(document, configuration, loaded) ?? []);
  return { tests, diagnostics: loaded.diagnostics };
}

function named(root: string, paths: readonly string[]): readonly FoundFile[] {
  return paths.map((path) => {
    const absolute = resolve(root, path);
    return { absolute, path: relative(root, absolute).split(sep).join('/') };
  });
}

async function found(root: string, fileSystem: ConfigurationFileSystem, loaded: LoadedDocuments): Promise<readonly FoundFile[]> {
  const { files, problems } = await findFiles(root, fileSystem, 'tests');
  for (const { code, path, detail, hint } of problems) loaded.refuse(code, beginningOf(path), detail, hint);
  return files;
}

function beginningOf(file: string): SourceRange {
  return { file, line: 1, column: 1, endLine: 1, endColumn: 1 };
}

function testOf(
  { source, valid, value }: ValidatedDocument,
  configuration: Configuration,
  loaded: LoadedDocuments,
): MappingTest | undefined {
  if (source.kind !== 'MappingTest') {
    if (source.kind !== undefined && source.address !== undefined)
      loaded.add(
        'CONFIG_MISPLACED_DOCUMENT',
        source.valueRange(['kind']),
        `A file of tests holds no ${source.kind}: no plan would ever read it.`,
        'move it to a file that is not named *.test.yaml',
        source.address,
      );
    return undefined;
  }
  if (!valid) return undefined;
  const { mapping: name, cases } = value['spec'] as MappingTestSpec;
  const mapping = configuration.mappings.get(name);
  if (mapping === undefined) {
    loaded.add(
      'CONFIG_UNKNOWN_REFERENCE',
      source.valueRange(['spec', 'mapping']),
      `There is no Mapping named "${name}".`,
      didYouMean(name, configuration.mappings.keys()),
      source.address,
    );
    return undefined;
  }
  return { name: source.name!, mapping, cases, source: (path) => source.valueRange(['spec', ...path]) };
}
