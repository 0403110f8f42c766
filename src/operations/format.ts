/** `fmt`: puts the files of a configuration, and its tests, into their canonical form. */
import { randomUUID } from 'node:crypto';
import { chmod, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { decode } from '../config/decode.ts';
import { findFiles, type FoundFile } from '../config/find-files.ts';
import { formatText } from '../config/format-documents.ts';
import { LoadedDocuments, loadFile } from '../config/load-documents.ts';
import { nodeConfigurationFileSystem } from '../config/node-file-system.ts';
import type { DiagnosticCode } from '../model/diagnostics/codes.ts';
import type { Diagnostic } from '../model/diagnostics/diagnostic.ts';

export interface Formatting {
  /** Relative to the root, in order. */
  readonly files: readonly string[];
  /** Those that are not, or were not, in their canonical form. */
  readonly changed: readonly string[];
  /** Files that cannot be read; they are left as they are. */
  readonly diagnostics: readonly Diagnostic[];
}

/** What keeps a file from being printed anew; whether its documents are valid is not asked. */
const UNREADABLE: ReadonlySet<DiagnosticCode> = new Set<DiagnosticCode>([
  'CONFIG_INVALID_YAML',
  'CONFIG_TOO_DEEP',
  'CONFIG_INVALID_ENCODING',
  'CONFIG_FILE_TOO_LARGE',
  'CONFIG_FILE_UNREADABLE',
]);

/** @param write false only tells which files would change */
export async function formatFiles(root: string, write: boolean): Promise<Formatting> {
  const fileSystem = nodeConfigurationFileSystem();
  const found = await Promise.all([findFiles(root, fileSystem), findFiles(root, fileSystem, 'tests')]);
  const problems = found[0].problems.map(({ code, path, detail, hint }): Diagnostic => ({
    severity: 'error',
    code,
    detail,
    source: { file: path, line: 1, column: 1, endLine: 1, endColumn: 1 },
    ...(hint === undefined ? {} : { hint }),
  }));
  const diagnostics: Diagnostic[] = problems;
  const files: string[] = [];
  const changed: string[] = [];
  for (const file of found.flatMap((one) => one.files).toSorted((one, other) => (one.path < other.path ? -1 : 1))) {
    const loading = new LoadedDocuments();
    await loadFile(file, fileSystem, loading);
    const faults = loading.diagnostics.filter(({ code }) => UNREADABLE.has(code));
    diagnostics.push(...faults);
    // A file that holds something of somebody else's is not ours to print.
    if (faults.length > 0 || loading.files.length === 0 || loading.leftAlone.length > 0) continue;
    files.push(file.path);
    if (await formatFile(file, write)) changed.push(file.path);
  }
  return { files, changed, diagnostics };
}

async function formatFile({ absolute }: FoundFile, write: boolean): Promise<boolean> {
  const bytes = await readFile(absolute);
  const decoded = decode(bytes);
  const formatted = 'text' in decoded ? formatText(decoded.text) : undefined;
  if (formatted === undefined || bytes.equals(Buffer.from(formatted))) return false;
  if (write) await replace(absolute, formatted);
  return true;
}

/** Whole or not at all: it is somebody's only copy. */
async function replace(path: string, text: string): Promise<void> {
  const beside = `${path}.${randomUUID()}`;
  try {
    await writeFile(beside, text, { flag: 'wx' });
    await chmod(beside, (await stat(path)).mode & 0o7777);
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
