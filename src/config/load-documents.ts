/**
 * Reads files of YAML into validated documents: decode, parse, pick those that are Syncline's, and
 * validate each by its schema. What documents say of each other is `load-configuration.ts`'s business.
 */
import type { DiagnosticCode } from '../model/diagnostics/codes.ts';
import type { Diagnostic, SourceRange } from '../model/diagnostics/diagnostic.ts';
import { decode } from './decode.ts';
import { DocumentSource, declaredVersion } from './document-source.ts';
import type { ConfigurationFileSystem } from './file-system.ts';
import { systemReason } from './find-files.ts';
import type { FoundFile } from './find-files.ts';
import { MAX_DEPTH, parseDocuments, syntaxProblem } from './parse-documents.ts';
import { knownKinds } from './schema-validator.ts';
import { SourceFile } from './source-file.ts';
import { codePoint, nearest } from './suggestion.ts';
import { validateDocument } from './validate-document.ts';
import type { ValidatedDocument } from './validate-document.ts';

export interface LeftAlone {
  readonly file: string;
  /** 1-based line where the document begins. */
  readonly line: number;
  readonly reason: string;
}

/** A larger file is refused before it is read. */
const MAX_FILE_BYTES = 1024 * 1024;

/** Tells a file of Syncline's that cannot be parsed from a file of anybody else's. */
const OURS = /apiVersion["']?\s*:\s*["']?syncline\//;

/** Reads one file into what has been found so far; whatever is at fault becomes a diagnostic. */
export async function loadFile(
  { absolute, path }: FoundFile,
  fileSystem: ConfigurationFileSystem,
  loading: LoadedDocuments,
): Promise<void> {
  const start: SourceRange = { file: path, line: 1, column: 1, endLine: 1, endColumn: 1 };
  let bytes: Uint8Array;
  try {
    const { bytes: size } = await fileSystem.status(absolute);
    if (size > MAX_FILE_BYTES) {
      loading.refuse('CONFIG_FILE_TOO_LARGE', start, tooLarge(size), SPLIT_FILE);
      return;
    }
    bytes = await fileSystem.readFile(absolute, MAX_FILE_BYTES);
  } catch (error) {
    loading.refuse('CONFIG_FILE_UNREADABLE', start, `The file cannot be read: ${systemReason(error)}.`);
    return;
  }
  if (bytes.length > MAX_FILE_BYTES) {
    loading.refuse('CONFIG_FILE_TOO_LARGE', start, tooLarge(bytes.length), SPLIT_FILE);
    return;
  }
  const decoded = decode(bytes);
  if ('problem' in decoded) {
    if (!OURS.test(decoded.rough)) {
      loading.leaveAlone(path, 1, 'it is no text that YAML could be');
      return;
    }
    const { line, column } = decoded;
    loading.refuse(
      'CONFIG_INVALID_ENCODING',
      { file: path, line, column, endLine: line, endColumn: column + 1 },
      decoded.problem,
      decoded.hint,
    );
    return;
  }
  loadText(new SourceFile(path, decoded.text), loading);
}

const SPLIT_FILE = 'split it, or move it out of the folder';

function tooLarge(bytes: number): string {
  return `The file has ${(bytes / MAX_FILE_BYTES).toFixed(1)} MiB; 1 MiB is the most.`;
}

/** Reads the text of a file into what has been found so far. */
export function loadText(file: SourceFile, loading: LoadedDocuments): void {
  const parsed = parseDocuments(file.text);
  if ('problem' in parsed) {
    const range = file.range(parsed.offset, parsed.offset + 1);
    if (!OURS.test(file.text)) loading.leaveAlone(file.path, 1, 'it cannot be read as YAML and names no apiVersion of Syncline');
    else if (parsed.problem === 'too-deep')
      loading.refuse('CONFIG_TOO_DEEP', range, `Values are nested more than ${MAX_DEPTH} levels deep.`);
    else loading.refuse('CONFIG_INVALID_YAML', range, 'The YAML cannot be read from here on.');
    return;
  }
  for (const document of parsed.documents) {
    const version = declaredVersion(document);
    const [fault] = document.errors.toSorted((one, other) => one.pos[0] - other.pos[0]);
    if (fault !== undefined && (version?.startsWith('syncline/') || OURS.test(file.text))) {
      // Masks what would be a secret, and knows the name that other documents may refer to.
      const source = document.contents === null ? undefined : new DocumentSource(file, document);
      const { detail, hint } = syntaxProblem(fault);
      const range = rangeOf(file, fault);
      loading.refuse('CONFIG_INVALID_YAML', range, detail, foreignBlank(range) ?? hint, source?.address);
    } else if (fault !== undefined) {
      loading.leaveAlone(
        file.path,
        lineOf(file, document.range[0]),
        'it cannot be read as YAML and names no apiVersion of Syncline',
      );
    } else if (!isEmpty(document)) {
      loadDocument(file, document, version, loading);
    }
  }
}

/** Names a blank in the line at fault that looks like a space, and is none to YAML. */
function foreignBlank({ text }: SourceRange): string | undefined {
  const [blank] = /(?! )\p{Zs}/u.exec(text ?? '') ?? [];
  return blank === undefined ? undefined : `one blank of the line is ${codePoint(blank)}: write an ordinary space`;
}

/** Where the parser found something, one character long at least. */
function rangeOf(file: SourceFile, { pos: [from, to] }: { readonly pos: readonly [number, number] }) {
  return file.range(from, Math.max(to, from + 1));
}

function loadDocument(
  file: SourceFile,
  document: Parameters<typeof declaredVersion>[0],
  version: string | undefined,
  loading: LoadedDocuments,
): void {
  const ours = version !== undefined && (version.startsWith('syncline/') || nearest(version, ['syncline/v1']) !== undefined);
  if (!ours) {
    const line = lineOf(file, document.contents!.range[0]);
    loading.leaveAlone(
      file.path,
      line,
      version === undefined ? 'it has no apiVersion' : `its apiVersion is "${version.slice(0, 80)}"`,
    );
    if (version === undefined) warnAboutLookalike(file, document, loading);
    return;
  }
  const source = new DocumentSource(file, document);
  const directive = document.directives?.yaml;
  if (directive?.explicit === true && directive.version !== '1.2') {
    loading.refuse(
      'CONFIG_INVALID_YAML',
      source.keyRange([]),
      `The document asks for YAML ${directive.version}; Syncline reads YAML 1.2.`,
      'remove the %YAML line',
      source.address,
    );
    return;
  }
  for (const warning of document.warnings) {
    // Unknown tags are found, with all others, when the value is read.
    if (warning.code === 'TAG_RESOLVE_FAILED') continue;
    const { detail, hint } = syntaxProblem(warning);
    loading.add('CONFIG_INVALID_YAML', rangeOf(file, warning), detail, hint, source.address);
  }
  loading.accept(validateDocument(source));
}

/** A document of one of our kinds that would silently be ignored. */
function warnAboutLookalike(file: SourceFile, document: Parameters<typeof declaredVersion>[0], loading: LoadedDocuments): void {
  const source = new DocumentSource(file, document);
  const { kind } = source;
  if (kind === undefined || !knownKinds().includes(kind) || !source.hasKey(['spec'])) return;
  loading.warn(
    'CONFIG_MISSING_VERSION',
    source.valueRange(['kind']),
    `This ${kind} is left alone, because it has no apiVersion.`,
    'add apiVersion: syncline/v1',
  );
}

/** Whether there is nothing between two separators, comments aside. */
function isEmpty({ contents }: Parameters<typeof declaredVersion>[0]): boolean {
  return contents === null || (contents.range[0] === contents.range[1] && contents.tag === undefined);
}

function lineOf(file: SourceFile, offset: number): number {
  return file.range(offset, offset).line;
}

/** What has been found so far. */
export class LoadedDocuments {
  readonly diagnostics: Diagnostic[] = [];
  readonly leftAlone: LeftAlone[] = [];
  readonly #documents: ValidatedDocument[] = [];
  #incomplete = false;

  /** Whether documents may be missing, because a file or a document could not be read. */
  get incomplete(): boolean {
    return this.#incomplete;
  }

  /** Files that hold documents of Syncline, relative to the root. */
  get files(): readonly string[] {
    return [...new Set(this.#documents.map((document) => document.source.file.path))];
  }

  leaveAlone(file: string, line: number, reason: string): void {
    this.leftAlone.push({ file, line, reason });
  }

  add(code: DiagnosticCode, source: SourceRange, detail: string, hint?: string, address?: string): void {
    this.#push('error', code, source, detail, hint, address);
  }

  warn(code: DiagnosticCode, source: SourceRange, detail: string, hint?: string): void {
    this.#push('warning', code, source, detail, hint);
  }

  /** Reports a file or document that could not be read, so that documents may be missing. */
  refuse(code: DiagnosticCode, source: SourceRange, detail: string, hint?: string, address?: string): void {
    this.#incomplete = true;
    this.add(code, source, detail, hint, address);
  }

  accept(document: ValidatedDocument): void {
    this.#documents.push(document);
    this.diagnostics.push(...document.diagnostics);
    // It may be the one that others refer to.
    if (document.source.address === undefined || !knownKinds().includes(document.source.kind!)) this.#incomplete = true;
  }

  #push(
    severity: Diagnostic['severity'],
    code: DiagnosticCode,
    source: SourceRange,
    detail: string,
    hint?: string,
    address?: string,
  ): void {
    this.diagnostics.push({
      severity,
      code,
      detail,
      source,
      ...(hint === undefined ? {} : { hint }),
      ...(address === undefined ? {} : { address }),
    });
  }

  /** Every document but those that are declared a second time, which is reported. */
  withoutDuplicates(): readonly ValidatedDocument[] {
    const first = new Map<string, ValidatedDocument>();
    return this.#documents.filter((document) => {
      const { address } = document.source;
      if (address === undefined) return true;
      const earlier = first.get(address);
      if (earlier === undefined) {
        first.set(address, document);
        return true;
      }
      const { file, line, column } = earlier.source.valueRange(['metadata', 'name']);
      const detail = `${address} is declared at ${file}:${line}:${column} already.`;
      this.add(
        'CONFIG_DUPLICATE_ADDRESS',
        document.source.valueRange(['metadata', 'name']),
        detail,
        'give one of them another name',
        address,
      );
      return false;
    });
  }
}
