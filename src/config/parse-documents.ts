import { Composer, Lexer, Parser } from 'yaml';
import type { Document, YAMLError } from 'yaml';

/** Deeper nesting is refused before anything recursive sees it. */
export const MAX_DEPTH = 64;

export type Parsed =
  | { readonly documents: readonly Document.Parsed[] }
  | { readonly problem: 'too-deep'; readonly offset: number }
  | { readonly problem: 'broken'; readonly offset: number };

/**
 * Parses every document of a file. Nothing is resolved and nothing is converted; faults stay in the
 * documents' `errors` and `warnings`.
 *
 * The parser keeps its open collections on a stack of its own and the composer recurses over what
 * it yields, so the depth is read off that stack token by token, and a file that is too deep is
 * given up before the composer gets it. The uniqueness of keys is checked by `ValueReader`: the
 * composer's own check costs the square of the number of keys.
 */
export function parseDocuments(text: string): Parsed {
  const parser = new Parser();
  const composer = new Composer({
    logLevel: 'silent',
    prettyErrors: false,
    strict: true,
    uniqueKeys: false,
    version: '1.2',
    merge: false,
  });
  const documents: Document.Parsed[] = [];
  let offset = 0;
  // A hostile file has a million faults, and the library makes an Error of each: their stacks,
  // which nobody reads, would cost most of the time.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    for (const lexeme of new Lexer().lex(text)) {
      offset = parser.offset;
      for (const token of parser.next(lexeme)) documents.push(...composer.next(token));
      if (parser.stack.length > MAX_DEPTH && openCollections(parser) > MAX_DEPTH) return { problem: 'too-deep', offset };
    }
    for (const token of parser.end()) documents.push(...composer.next(token));
    documents.push(...composer.end());
  } catch {
    // The library reports faults as values; what it throws nevertheless (RangeError, TypeError) has no place.
    return { problem: 'broken', offset };
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
  return { documents };
}

function openCollections(parser: Parser): number {
  return parser.stack.filter(
    (token) => token.type === 'block-map' || token.type === 'block-seq' || token.type === 'flow-collection',
  ).length;
}

/**
 * What a parser's error means, in words that quote nothing of the file: it may quote a secret.
 * The first error of a document is reported only, since the others tend to follow from it.
 */
export function syntaxProblem(error: YAMLError): { readonly detail: string; readonly hint?: string } {
  // oxlint-disable-next-line switch-exhaustiveness-check -- the others cannot come about here, or say nothing better
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return { detail: 'A tab is used for indentation.', hint: 'indent with spaces' };
    case 'BAD_INDENT':
      if (/end with a/.test(error.message)) return missingCharacter(error.message);
      return { detail: 'The indentation fits no level that is open here.', hint: 'align it with the keys of its level' };
    case 'MISSING_CHAR':
      return missingCharacter(error.message);
    case 'BAD_ALIAS':
      return { detail: 'An alias refers to no anchor before it.', hint: 'quote a value that begins with *' };
    case 'ALIAS_PROPS':
      return { detail: 'An alias can have neither an anchor nor a tag of its own.' };
    case 'BAD_DQ_ESCAPE':
      return { detail: 'This escape is unknown in double quotes.', hint: 'double the backslash, or use single quotes' };
    case 'BAD_SCALAR_START':
      return { detail: 'A value cannot begin with this character.', hint: 'quote the value' };
    case 'BAD_DIRECTIVE':
      return { detail: 'This directive (a line that begins with %) is not understood.', hint: 'remove the line' };
    case 'BLOCK_IN_FLOW':
      return {
        detail: 'A comma or bracket is missing before the colon, or an indented block stands inside brackets.',
        hint: 'separate the entries with commas',
      };
    case 'BLOCK_AS_IMPLICIT_KEY':
      return {
        detail: 'A nested mapping cannot begin on the line of its key.',
        hint: 'begin it on the next line, or quote a value that holds a colon',
      };
    case 'MULTILINE_IMPLICIT_KEY':
      return { detail: 'A key goes over several lines; a colon may be missing.', hint: 'write KEY: VALUE' };
    case 'KEY_OVER_1024_CHARS':
      return { detail: 'A key is longer than 1,024 characters.' };
    case 'MULTIPLE_ANCHORS':
      return { detail: 'A value has several anchors.' };
    case 'MULTIPLE_TAGS':
      return { detail: 'A value has several tags.' };
    case 'BAD_PROP_ORDER':
      return { detail: 'Anchors and tags stand before the indicator that they are for.' };
    case 'TAG_RESOLVE_FAILED':
      return { detail: 'The value does not fit its tag.', hint: 'remove the word that begins with !' };
    case 'UNEXPECTED_TOKEN':
      return {
        detail: 'Nothing can stand here: a quote, bracket or brace may be missing or superfluous.',
        hint: 'quote values that hold special characters',
      };
    default:
      return { detail: 'The YAML cannot be read from here on.' };
  }
}

function missingCharacter(message: string): { detail: string; hint?: string } {
  const character = /[Mm]issing (?:closing )?(['"\]}:,])|end with a ([\]}])/.exec(message);
  const missing = character?.[1] ?? character?.[2];
  return missing === undefined
    ? { detail: 'A character is missing here: a quote, bracket, brace, comma or colon.' }
    : { detail: `A ${missing} is missing.` };
}
