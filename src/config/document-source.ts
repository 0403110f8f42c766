import { isMap, isScalar, isSeq } from 'yaml';
import type { Document, ParsedNode, YAMLMap } from 'yaml';
import { addressOf } from '../model/address.ts';
import type { SourceRange } from '../model/diagnostics/diagnostic.ts';
import type { SourceFile } from './source-file.ts';
import { nearest } from './suggestion.ts';
import { ValueReader } from './value-reader.ts';
import type { ReadProblem, ValuePath } from './value-reader.ts';

export const API_VERSION = 'syncline/v1';

const NAME = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/;

/** One document of a file with its value, and the places of everything in it. */
export class DocumentSource {
  readonly file: SourceFile;
  readonly value: unknown;
  readonly problems: readonly ReadProblem[];
  readonly #contents: ParsedNode;
  readonly #reader: ValueReader;

  constructor(file: SourceFile, document: Document.Parsed) {
    this.file = file;
    this.#contents = document.contents!;
    maskSecrets(file, this.#contents);
    this.#reader = new ValueReader(file.text);
    const value = this.#reader.read(this.#contents);
    this.value = this.#reader.exhausted ? {} : value;
    this.problems = this.#reader.problems;
  }

  /** What the document says is its kind, whether there is such a kind or not. */
  get kind(): string | undefined {
    const kind = this.#top('kind');
    return typeof kind === 'string' ? kind : undefined;
  }

  /** The document's name, where it has one that is well formed. */
  get name(): string | undefined {
    const metadata = this.#top('metadata');
    const name =
      typeof metadata === 'object' && metadata !== null && Object.hasOwn(metadata, 'name')
        ? (metadata as { name: unknown }).name
        : undefined;
    return typeof name === 'string' && name.length <= 63 && NAME.test(name) ? name : undefined;
  }

  /** Whether the document could not be read to its end, so that its value is empty. */
  get unreadable(): boolean {
    return this.#reader.exhausted;
  }

  get address(): string | undefined {
    return this.kind === undefined || this.name === undefined ? undefined : addressOf(this.kind, this.name);
  }

  /** The range of the value at a path; of its key where there is no value; of what surrounds it where there is neither. */
  valueRange(path: ValuePath): SourceRange {
    const found = this.#reader.find(this.#contents, path);
    if (found === undefined) return path.length === 0 ? this.#start() : this.keyRange(path.slice(0, -1));
    const value = found.value;
    if (value === null || (isScalar(value) && value.range[0] === value.range[1])) return this.keyRange(path);
    return this.file.range(value.range[0], value.range[1]);
  }

  /** The range of the key at a path; of the value where it stands in a list; of the document's first key for the whole. */
  keyRange(path: ValuePath): SourceRange {
    if (path.length === 0) return this.#start();
    const found = this.#reader.find(this.#contents, path);
    if (found === undefined) return this.keyRange(path.slice(0, -1));
    const node = found.key ?? found.value;
    return node === null ? this.keyRange(path.slice(0, -1)) : this.file.range(node.range[0], node.range[1]);
  }

  /** Whether the document has something at a path, valid or not. */
  hasKey(path: ValuePath): boolean {
    return this.#reader.find(this.#contents, path) !== undefined;
  }

  /** Whether the document has something at a path, or a key that was probably meant for it: a misspelt key is one mistake. */
  intends(path: ValuePath): boolean {
    const missing = path.findIndex((_step, index) => !this.hasKey(path.slice(0, index + 1)));
    if (missing < 0) return true;
    const beside = valueAt(this.value, path.slice(0, missing));
    return Object.keys(Object(beside)).some((key) => nearest(key, [String(path[missing])]) !== undefined);
  }

  #start(): SourceRange {
    const first = isMap(this.#contents) ? (this.#contents as YAMLMap.Parsed).items[0]?.key : undefined;
    const node = first ?? this.#contents;
    return this.file.range(node.range[0], node.range[1]);
  }

  #top(key: string): unknown {
    return typeof this.value === 'object' && this.value !== null && Object.hasOwn(this.value, key)
      ? (this.value as Record<string, unknown>)[key]
      : undefined;
  }
}

/** What stands at a path of a value; `undefined` where nothing does. */
export function valueAt(root: unknown, path: ValuePath): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

/**
 * The `apiVersion` of a document, read without reading anything else of it. A misspelt key counts where its value can only
 * be a version of ours.
 */
export function declaredVersion(document: Document.Parsed): string | undefined {
  const { contents } = document;
  if (!isMap(contents)) return undefined;
  const versions = (contents as YAMLMap.Parsed).items.flatMap(({ key, value }) =>
    isScalar(key) && isScalar(value) ? [{ key: String(key.value), version: String(value.value) }] : [],
  );
  const declared = versions.find(({ key }) => key === 'apiVersion');
  const misspelt = versions.find(
    ({ key, version }) => version.startsWith('syncline/') && nearest(key, ['apiVersion']) !== undefined,
  );
  return (declared ?? misspelt)?.version;
}

const SHOWN_IN_AUTHENTICATION = new Set(['method', 'username', 'file']);
const ENVIRONMENT_VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Keeps whatever may be a literal secret out of the lines that diagnostics show. */
function maskSecrets(file: SourceFile, node: ParsedNode | null, inside = false, key = ''): void {
  if (isMap(node)) {
    for (const pair of (node as YAMLMap.Parsed).items) {
      const name = isScalar(pair.key) ? String(pair.key.value) : '';
      maskSecrets(file, pair.value, inside || name === 'authentication', name);
    }
  } else if (isSeq(node)) {
    for (const item of node.items) maskSecrets(file, item as ParsedNode, inside, key);
  } else if (inside && isScalar(node) && node.range !== undefined && node.range !== null) {
    if (SHOWN_IN_AUTHENTICATION.has(key) || (key === 'env' && ENVIRONMENT_VARIABLE.test(String(node.value)))) return;
    if (node.range[1] > node.range[0]) file.mask(node.range[0], node.range[1]);
  }
}
