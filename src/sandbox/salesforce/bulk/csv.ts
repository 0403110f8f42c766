/** CSV as the bulk resources read and write it. */
import { parse } from 'csv-parse/sync';

export const DELIMITERS: Readonly<Record<string, string>> = {
  BACKQUOTE: '`',
  CARET: '^',
  COMMA: ',',
  PIPE: '|',
  SEMICOLON: ';',
  TAB: '\t',
};

export const LINE_ENDINGS: Readonly<Record<string, string>> = { LF: '\n', CRLF: '\r\n' };

/** Cells of all lines, the header first. Values are not trimmed. @throws Error of the parser */
export function parseCsv(text: string, delimiter: string): string[][] {
  return parse(text, {
    delimiter,
    bom: true,
    relax_column_count: true,
    skip_empty_lines: true,
    record_delimiter: ['\r\n', '\n'],
  });
}

/** One cell in quotes, which are doubled inside. */
export function quoted(value: string): string {
  return `"${value.replaceAll('"', '""')}"`;
}

export function quotedLine(cells: readonly string[], delimiter: string): string {
  return cells.map((cell) => quoted(cell)).join(delimiter);
}
