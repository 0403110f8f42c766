/**
 * A file of resolutions, as it comes with a pull request:
 *
 *     resolutions:
 *       - { link: Link/contacts, conflict: c3f0a9c1be2d47a55, take: sf }
 *       - { link: Link/contacts, key: ada@example.com, field: MailingCity, take: ac }
 *       - { link: Link/contacts, key: twin@example.com, partner: 003Kj00000AbCdE }
 *
 * It is no configuration: it has no apiVersion, says what to do once, and is left alone by everything
 * but `conflicts resolve`. Diagnostics show no line of it, since a key is personal data.
 */
import { parseAddress, type Address } from '../model/address.ts';
import type { DiagnosticCode } from '../model/diagnostics/codes.ts';
import type { Diagnostic, SourceRange } from '../model/diagnostics/diagnostic.ts';
import { decode } from './decode.ts';
import { DocumentSource } from './document-source.ts';
import { parseDocuments, syntaxProblem } from './parse-documents.ts';
import { SourceFile } from './source-file.ts';
import { didYouMean } from './suggestion.ts';
import type { ValuePath } from './value-reader.ts';

/** What a person has decided about one conflict, about all conflicts of one record, or about an ambiguous match. */
export interface ResolutionEntry {
  readonly link: Address;
  /** The end whose value is taken. */
  readonly take: string | undefined;
  /** In place of `take`, of an ambiguous match: the id of the record at the other end that is the same person. */
  readonly partner: string | undefined;
  /** The conflict as a listing names it: it changes when one of the two values moves. */
  readonly conflict: string | undefined;
  /** An id at either end, or the match key; in place of the conflict. Personal data. */
  readonly key: string | undefined;
  /** One field of the record; all of them without it. */
  readonly field: string | undefined;
  /** Where a setting of the entry stands; `undefined` where it was given on the command line. */
  readonly source: ((setting: string) => SourceRange) | undefined;
}

export interface ResolutionFile {
  readonly entries: readonly ResolutionEntry[];
  readonly diagnostics: readonly Diagnostic[];
}

export const MAX_RESOLUTION_BYTES = 1024 * 1024;
const SETTINGS = ['link', 'conflict', 'key', 'field', 'take', 'partner'] as const;

/** Reads every entry, or says of each that cannot be understood what is wrong with it. Never throws. */
export function readResolutions(path: string, bytes: Uint8Array): ResolutionFile {
  const diagnostics: Diagnostic[] = [];
  const start: SourceRange = { file: path, line: 1, column: 1, endLine: 1, endColumn: 1 };
  const refuse = (code: DiagnosticCode, source: SourceRange, detail: string, hint?: string): ResolutionFile => {
    const { text: _, ...place } = source;
    diagnostics.push({ severity: 'error', code, detail, source: place, ...(hint === undefined ? {} : { hint }) });
    return { entries: [], diagnostics };
  };

  if (bytes.length > MAX_RESOLUTION_BYTES)
    return refuse('CONFIG_FILE_TOO_LARGE', start, 'A file of resolutions may have 1 MiB.', 'split it');
  const decoded = decode(bytes);
  if ('problem' in decoded)
    return refuse(
      'CONFIG_INVALID_ENCODING',
      { ...start, line: decoded.line, column: decoded.column },
      decoded.problem,
      decoded.hint,
    );
  const file = new SourceFile(path, decoded.text);
  const parsed = parseDocuments(file.text);
  if ('problem' in parsed)
    return refuse('CONFIG_INVALID_YAML', file.range(parsed.offset, parsed.offset + 1), 'The YAML cannot be read from here on.');
  const [document, second] = parsed.documents;
  if (document === undefined || document.contents === null)
    return refuse('CONFIG_MISSING_KEY', start, 'The file holds no resolutions.', 'begin it with "resolutions:"');
  const [fault] = [...document.errors, ...(second?.errors ?? [])];
  if (fault !== undefined) {
    const { detail, hint } = syntaxProblem(fault);
    return refuse('CONFIG_INVALID_YAML', file.range(fault.pos[0], fault.pos[0] + 1), detail, hint);
  }
  if (second !== undefined)
    return refuse(
      'CONFIG_INVALID_YAML',
      file.range(second.range[0], second.range[0] + 1),
      'A file of resolutions is one document.',
    );

  const source = new DocumentSource(file, document);
  for (const { code, detail, hint, start: from, end } of source.problems) refuse(code, file.range(from, end), detail, hint);
  if (source.problems.length > 0) return { entries: [], diagnostics };
  const list = isMap(source.value) ? source.value['resolutions'] : undefined;
  if (!Array.isArray(list))
    return refuse(
      'CONFIG_MISSING_KEY',
      source.keyRange([]),
      'The file names no list of resolutions.',
      'begin it with "resolutions:"',
    );
  const entries = list.flatMap((entry: unknown, index) => readEntry(entry, ['resolutions', index], source, refuse) ?? []);
  return { entries: diagnostics.length > 0 ? [] : entries, diagnostics };
}

function readEntry(
  entry: unknown,
  path: ValuePath,
  source: DocumentSource,
  refuse: (code: DiagnosticCode, place: SourceRange, detail: string, hint?: string) => void,
): ResolutionEntry | undefined {
  if (!isMap(entry)) {
    refuse(
      'CONFIG_WRONG_TYPE',
      source.valueRange(path),
      'A resolution is a map.',
      'write { link: ..., conflict: ..., take: ... }',
    );
    return undefined;
  }
  for (const key of Object.keys(entry)) {
    if ((SETTINGS as readonly string[]).includes(key)) continue;
    refuse(
      'CONFIG_UNKNOWN_KEY',
      source.keyRange([...path, key]),
      `A resolution has no setting "${key.slice(0, 80)}".`,
      didYouMean(key, SETTINGS),
    );
    return undefined;
  }
  // An id may be all digits, which YAML reads as a number.
  const text = (setting: string): string | undefined => {
    const value = entry[setting];
    return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined;
  };
  const wrong = Object.keys(entry).find((setting) => (text(setting) ?? '') === '');
  if (wrong !== undefined) {
    refuse('CONFIG_WRONG_TYPE', source.valueRange([...path, wrong]), `"${wrong}" must be text.`);
    return undefined;
  }
  const [link, take, conflict, key, field] = [text('link'), text('take'), text('conflict'), text('key'), text('field')];
  const partner = text('partner');
  const isNamed = key !== undefined || (conflict !== undefined && partner === undefined);
  if (link === undefined || (take ?? partner) === undefined || !isNamed) {
    const name = partner === undefined ? 'conflict' : 'key';
    const missing = link === undefined ? 'link' : (take ?? partner) === undefined ? 'take' : name;
    refuse('CONFIG_MISSING_KEY', source.keyRange(path), `The resolution needs "${missing}".`, MISSING_HINTS[missing]);
    return undefined;
  }
  const values =
    partner === undefined ? undefined : (['take', 'conflict', 'field'] as const).find((one) => text(one) !== undefined);
  if (values !== undefined) {
    const detail = `"partner" decides who is one person, and "${values}" whose value is taken.`;
    refuse('CONFIG_UNEXPECTED_KEY', source.keyRange([...path, values]), detail, 'keep one of the two');
    return undefined;
  }
  const second = conflict === undefined ? undefined : key === undefined ? (field === undefined ? undefined : 'field') : 'key';
  if (second !== undefined) {
    const detail = `"conflict" names one field of one record already, so that "${second}" is one name too many.`;
    refuse('CONFIG_UNEXPECTED_KEY', source.keyRange([...path, second]), detail, 'keep one of the two');
    return undefined;
  }
  if (parseAddress(link) === undefined) {
    refuse('CONFIG_INVALID_VALUE', source.valueRange([...path, 'link']), 'The link is no address.', 'write Link/name');
    return undefined;
  }
  const place = (setting: string): SourceRange => {
    const { text: _, ...range } = source.valueRange([...path, setting]);
    return range;
  };
  return { link: link as Address, take, partner, conflict, key, field, source: place };
}

const MISSING_HINTS: Readonly<Record<string, string>> = {
  link: 'add link: Link/name',
  take: 'add take: END, the end whose value is taken, or partner: ID, who is the same person',
  key: 'add key: KEY, an id at either end or the match key',
  conflict: 'add conflict: ID, as "syncline conflicts list" names it, or key: KEY',
};

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
