import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Alias, Pair, ParsedNode, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import type { DiagnosticCode } from '../model/diagnostics/codes.ts';
import { MAX_DEPTH } from './parse-documents.ts';

/** Aliases of one document, and values that are reached through them. */
const MAX_ALIASES = 50;
const MAX_ALIASED_VALUES = 10_000;

/** A document with more faults is not read further into detail: nobody reads the list. */
const MAX_PROBLEMS = 100;

/** Keys that have a meaning for JavaScript's objects. No setting is called that. */
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/** Tags that only spell out what a value is anyway. All others belong to other programs. */
const PLAIN_TAGS: ReadonlySet<string> = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((tag) => `tag:yaml.org,2002:${tag}`),
);

export type ValuePath = readonly (string | number)[];

export interface ReadProblem {
  readonly code: DiagnosticCode;
  readonly detail: string;
  readonly hint?: string;
  readonly start: number;
  readonly end: number;
  /** Where the value would have been: nothing more is said of it. */
  readonly path: ValuePath;
  /** Whether settings of `path` may be missing because they were not read. */
  readonly incomplete?: boolean;
}

/**
 * Turns one parsed document into plain values, and reports what YAML lets through although it is
 * hardly ever meant: numbers that lose digits, tags, merge keys, duplicate keys, alias bombs.
 */
export class ValueReader {
  readonly problems: ReadProblem[] = [];
  readonly #reported = new Set<string>();
  readonly #anchors = new Map<string, ParsedNode>();
  /** What each alias stood for where it was read. */
  readonly #targets = new Map<Alias, ParsedNode>();
  readonly #pairs = new Map<YAMLMap.Parsed, ReadonlyMap<unknown, Pair<ParsedNode, ParsedNode | null>>>();
  readonly #open = new Set<ParsedNode>();
  #aliases = 0;
  #aliasedValues = 0;
  /** The outermost alias whose value is being read. */
  #alias: Alias.Parsed | undefined;
  #exhausted = false;
  readonly #text: string;

  /** @param text the file that the nodes were parsed from */
  constructor(text: string) {
    this.#text = text;
  }

  /** Whether reading was given up, so that the value means nothing. */
  get exhausted(): boolean {
    return this.#exhausted;
  }

  /** The value of a node. Values with a problem are left out, or read as well as possible. */
  read(node: ParsedNode | null, path: ValuePath = []): unknown {
    if (node === null || this.#exhausted) return null;
    if (this.#alias !== undefined && (this.#aliasedValues += 1) > MAX_ALIASED_VALUES) {
      this.#exhaust(this.#alias, `Aliases unfold into more than ${MAX_ALIASED_VALUES} values.`);
      return null;
    }
    if (path.length > MAX_DEPTH) {
      this.#report(node, path, 'CONFIG_TOO_DEEP', `Values are nested more than ${MAX_DEPTH} levels deep.`);
      return null;
    }
    if (isAlias(node)) return this.#readAlias(node, path);
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    if (node.tag !== undefined && !PLAIN_TAGS.has(node.tag)) this.#reportTag(node, path);
    if (isScalar(node)) return this.#readScalar(node as Scalar.Parsed, path);
    this.#open.add(node);
    const value = isMap(node) ? this.#readMap(node as YAMLMap.Parsed, path) : this.#readList(node as YAMLSeq.Parsed, path);
    this.#open.delete(node);
    return value;
  }

  /** The node that a path leads to, with its key where it is a setting of a map. Aliases are followed. */
  find(root: ParsedNode | null, path: ValuePath): { readonly key?: ParsedNode; readonly value: ParsedNode | null } | undefined {
    let found: { key?: ParsedNode; value: ParsedNode | null } = { value: root };
    for (const step of path) {
      const node = this.#follow(found.value);
      if (isMap(node)) {
        const pair = this.#pairsOf(node as YAMLMap.Parsed).get(step);
        if (pair === undefined) return undefined;
        found = { key: pair.key, value: pair.value };
      } else if (isSeq(node) && typeof step === 'number' && step < node.items.length) {
        found = { value: node.items[step] as ParsedNode };
      } else {
        return undefined;
      }
    }
    return found;
  }

  /** The first pair of every key, indexed once a map: a file may hold a hundred thousand keys. */
  #pairsOf(map: YAMLMap.Parsed): ReadonlyMap<unknown, Pair<ParsedNode, ParsedNode | null>> {
    let pairs = this.#pairs.get(map);
    if (pairs === undefined) {
      pairs = new Map(map.items.toReversed().flatMap((pair) => (isScalar(pair.key) ? [[pair.key.value, pair] as const] : [])));
      this.#pairs.set(map, pairs);
    }
    return pairs;
  }

  #follow(node: ParsedNode | null): ParsedNode | null {
    let followed = node;
    while (isAlias(followed)) followed = this.#targets.get(followed) ?? null;
    return followed;
  }

  #readAlias(alias: Alias.Parsed, path: ValuePath): unknown {
    this.#aliases += this.#alias === undefined ? 1 : 0;
    if (this.#aliases > MAX_ALIASES) {
      this.#exhaust(alias, `There are more than ${MAX_ALIASES} aliases.`);
      return null;
    }
    const target = this.#targets.get(alias) ?? this.#anchors.get(alias.source);
    if (target === undefined) {
      this.#report(
        alias,
        path,
        'CONFIG_INVALID_YAML',
        'An alias refers to no anchor before it.',
        'quote a value that begins with *',
      );
      return null;
    }
    if (this.#open.has(target)) {
      this.#report(
        alias,
        path,
        'CONFIG_CIRCULAR_ALIAS',
        'The alias stands inside the value that its anchor names.',
        'write the value out',
      );
      return null;
    }
    this.#targets.set(alias, target);
    const outer = this.#alias;
    this.#alias ??= alias;
    const value = this.read(target, path);
    this.#alias = outer;
    return value;
  }

  #readMap(map: YAMLMap.Parsed, path: ValuePath): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    const seen = new Set<string>();
    for (const pair of map.items) {
      const key = this.#readKey(pair, path);
      if (key === undefined) continue;
      if (seen.has(key)) {
        this.#report(
          pair.key,
          path,
          'CONFIG_DUPLICATE_KEY',
          `The key "${key}" stands twice in the same place.`,
          'keep one of the two',
        );
        continue;
      }
      seen.add(key);
      result[key] = this.read(pair.value, [...path, key]);
    }
    return result;
  }

  #readKey(pair: Pair<ParsedNode, ParsedNode | null>, path: ValuePath): string | undefined {
    const { key } = pair;
    if (!isScalar(key) || typeof key.value !== 'string') {
      const hint = isScalar(key) && key.source !== '' ? `quote it: "${key.source}"` : 'write a word before the colon';
      this.#report(key, path, 'CONFIG_WRONG_TYPE', 'A key must be text.', hint, true);
      return undefined;
    }
    if (key.anchor !== undefined) this.#anchors.set(key.anchor, key);
    if (key.value === '<<' && key.type === 'PLAIN') {
      this.#report(
        key,
        path,
        'CONFIG_MERGE_KEY',
        'Merge keys are not part of YAML 1.2 and are not supported.',
        'write the settings out',
        true,
      );
      return undefined;
    }
    if (FORBIDDEN_KEYS.has(key.value)) {
      this.#report(key, path, 'CONFIG_FORBIDDEN_KEY', `No setting may be called "${key.value}".`, undefined, true);
      return undefined;
    }
    return key.value;
  }

  #readList(list: YAMLSeq.Parsed, path: ValuePath): unknown[] {
    return list.items.map((item, index) => this.read(item as ParsedNode, [...path, index]));
  }

  #readScalar(scalar: Scalar.Parsed, path: ValuePath): unknown {
    const { value } = scalar;
    if (typeof value !== 'number') return value;
    const source = scalar.source;
    if (!keepsItsDigits(source, value)) {
      // Quoting keeps the spelling; whether it is a number at all is for its reader to say.
      this.#report(
        scalar,
        path,
        'CONFIG_AMBIGUOUS_NUMBER',
        `As a number, ${source.slice(0, 60)} is read as ${value}.`,
        `quote it: "${source.slice(0, 60)}"`,
      );
    }
    return value;
  }

  #exhaust(node: ParsedNode, detail: string): void {
    this.#exhausted = true;
    this.#report(node, [], 'CONFIG_TOO_MANY_ALIASES', detail, 'write the values out');
  }

  #reportTag(node: ParsedNode, path: ValuePath): void {
    // A node's range begins after its tag, but the tag is what is wrong.
    const before = this.#text.slice(Math.max(0, node.range[0] - 1_000), node.range[0]);
    const tag = /![^\s,[\]{}]*(?=(?:\s+&\S+)?\s*$)/.exec(before);
    const start = tag === null ? node.range[0] : node.range[0] - before.length + tag.index;
    const end = tag === null ? node.range[1] : start + tag[0].length;
    const hint = 'remove the word that begins with !';
    this.problems.push({
      code: 'CONFIG_UNKNOWN_TAG',
      detail: 'The value has a tag that Syncline does not know.',
      hint,
      start,
      end,
      path,
    });
  }

  #report(node: ParsedNode, path: ValuePath, code: DiagnosticCode, detail: string, hint?: string, incomplete?: boolean): void {
    const [start, end] = node.range;
    // What an alias repeats was reported where it stands.
    const fault = `${code} ${start}`;
    if (this.#reported.has(fault) || this.problems.length >= MAX_PROBLEMS) return;
    this.#reported.add(fault);
    this.problems.push({
      code,
      detail,
      start,
      end,
      path,
      ...(hint === undefined ? {} : { hint }),
      ...(incomplete === true ? { incomplete } : {}),
    });
  }
}

/** Whether a number in plain decimal spelling means the same digits after it was read. */
function keepsItsDigits(source: string, value: number): boolean {
  const decimal = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?$/.exec(source);
  if (decimal === null || !Number.isFinite(value)) return false;
  const fraction = (decimal[3] ?? '').replace(/0+$/, '');
  const spelled = `${decimal[1]}${decimal[2]}${fraction === '' ? '' : `.${fraction}`}`;
  return spelled === String(value) && (fraction !== '' || Number.isSafeInteger(value));
}
