/**
 * The canonical text of a file of documents: two spaces of indentation, no line folded, single quotes where
 * quotes are needed, `apiVersion`, `kind`, `metadata`, `spec` in this order. Comments stay where they are, and so
 * do flow collections, anchors and empty lines between entries. Pure.
 */
import { isDeepStrictEqual } from 'node:util';
import {
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  Parser,
  Scalar,
  visit,
  type Document,
  type Pair,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { parseDocuments } from './parse-documents.ts';

/** @returns `undefined` for a text that cannot be parsed, or that cannot be printed without losing something */
export function formatText(text: string): string | undefined {
  const documents = parsed(text);
  if (documents === undefined || documents.some((document) => aliasesOf(document) > MAX_ALIASES)) return undefined;
  const printed = documents.map(printCanonical).join('');
  const again = parsed(printed)?.map(({ contents }) => contentOf(contents));
  const isWhole =
    isDeepStrictEqual(
      again,
      documents.map(({ contents }) => contentOf(contents)),
    ) && isDeepStrictEqual(commentsOf(text), commentsOf(printed));
  return isWhole ? printed : undefined;
}

/** To print an alias, the library looks through the whole document: many of them take for ever. */
const MAX_ALIASES = 100;

function aliasesOf(document: Document.Parsed): number {
  let count = 0;
  visit(document, { Alias: () => void (count += 1) });
  return count;
}

function parsed(text: string): readonly Document.Parsed[] | undefined {
  const result = parseDocuments(text);
  return 'documents' in result && result.documents.every(({ errors }) => errors.length === 0) ? result.documents : undefined;
}

const KEY_ORDER: readonly unknown[] = ['apiVersion', 'kind', 'metadata', 'spec'];

function printCanonical(document: Document.Parsed, index: number): string {
  const { contents } = document;
  if (isMap(contents)) {
    const [first] = contents.items;
    contents.items.sort((one, other) => rankOf(one) - rankOf(other));
    // An empty line before the first entry would stand for the one that was moved there.
    if (contents.items[0] !== first && isScalar(contents.items[0]?.key)) contents.items[0].key.spaceBefore = false;
  }
  visit(document, {
    Seq: (_, sequence) => withPadding(sequence, ''),
    Map: (_, map) => withPadding(map, ' '),
    Scalar(_, scalar) {
      if (scalar.type === Scalar.QUOTE_DOUBLE && isPlainText(scalar.value)) scalar.type = Scalar.QUOTE_SINGLE;
    },
  });
  document.directives.docStart = index > 0 ? true : null;
  return document.toString({ lineWidth: 0, indent: 2, indentSeq: true, verifyAliasOrder: false });
}

/** `[one, two]`, but `{ name: one }`: the library knows one way for both. */
function withPadding(collection: YAMLSeq | YAMLMap, flowCollectionPadding: string): void {
  const print = collection.toString.bind(collection);
  collection.toString = (context, ...others) => print(context && { ...context, flowCollectionPadding }, ...others);
}

function rankOf({ key }: Pair): number {
  const rank = isScalar(key) ? KEY_ORDER.indexOf(key.value) : -1;
  return rank < 0 ? KEY_ORDER.length : rank;
}

/** Whether single quotes say the same without a doubled quote or an escape. */
function isPlainText(value: unknown): boolean {
  return typeof value === 'string' && /^[^\p{C}'\p{Zl}\p{Zp}]*$/u.test(value);
}

/** Aliases stay what they are: to follow them may take for ever. */
function contentOf(node: unknown): unknown {
  if (isAlias(node)) return ['alias', node.source];
  if (isPair(node)) return ['pair', contentOf(node.key), contentOf(node.value)];
  if (isCollection(node)) return ['collection', node.tag, node.anchor, ...node.items.map(contentOf)];
  return isScalar(node) ? ['scalar', node.tag, node.anchor, node.value] : node;
}

function commentsOf(text: string): readonly string[] {
  const comments: string[] = [];
  const collect = (token: unknown): void => {
    if (Array.isArray(token)) token.forEach(collect);
    else if (typeof token === 'object' && token !== null) {
      const { type, source } = token as { readonly type?: unknown; readonly source?: unknown };
      if (type === 'comment') comments.push(String(source).trim());
      else Object.values(token).forEach(collect);
    }
  };
  for (const token of new Parser().parse(text)) collect(token);
  return comments.sort();
}
