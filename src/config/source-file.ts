import { LineCounter } from 'yaml';
import type { SourceRange } from '../model/diagnostics/diagnostic.ts';

/** A longer line is not shown whole: nobody reads it, and it may be the whole file. */
const SHOWN_COLUMNS = 400;

/**
 * Keys whose values are secrets. Where a file cannot be parsed, this is all there is to keep a
 * literal secret out of the line that is shown.
 */
const SECRET_SETTING =
  /((?:token|clientId|clientSecret|password|privateKey|refreshToken|secret|api[-_ ]?key)["']?\s*:\s*)(?![\s{]|$)(?:"[^"]*"?|'[^']*'?|[^\s,}\]](?:[^,}\]]*[^\s,}\]])?)/gi;

const MASK = '(sensitive value)';

/** One configuration file: its text, positions in it, and what of it must not be shown. */
export class SourceFile {
  /** Relative to the configuration's folder, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly #lines = new LineCounter();
  readonly #masks: { readonly start: number; readonly end: number }[] = [];

  constructor(path: string, text: string) {
    this.path = path;
    this.text = text;
    this.#lines.addNewLine(0);
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#lines.addNewLine(at + 1);
  }

  /** Keeps part of the text out of every line that is shown from now on. */
  mask(start: number, end: number): void {
    this.#masks.push({ start, end });
  }

  /** The range between two offsets, its end exclusive. A range over several lines ends with its first line. */
  range(start: number, end: number): SourceRange {
    const from = this.#position(start);
    const lineEnd = this.#lineEnd(from.line);
    const to = this.#position(Math.max(start, Math.min(end, lineEnd)));
    const text = this.#shownLine(from.line, from.column);
    return {
      file: this.path,
      line: from.line,
      column: from.column,
      endLine: to.line,
      endColumn: to.column,
      ...(text === undefined ? {} : { text }),
    };
  }

  #position(offset: number): { line: number; column: number } {
    const { line, col } = this.#lines.linePos(Math.min(Math.max(offset, 0), this.text.length));
    return { line, column: col };
  }

  #lineEnd(line: number): number {
    const next = this.#lines.lineStarts[line];
    let end = next === undefined ? this.text.length : next - 1;
    if (this.text[end - 1] === '\r') end -= 1;
    return end;
  }

  #shownLine(line: number, column: number): string | undefined {
    if (column > SHOWN_COLUMNS) return undefined;
    const start = this.#lines.lineStarts[line - 1]!;
    const end = Math.min(this.#lineEnd(line), start + SHOWN_COLUMNS);
    let shown = '';
    let at = start;
    for (const mask of this.#masks.toSorted((one, other) => one.start - other.start)) {
      if (mask.end <= at || mask.start >= end) continue;
      shown += this.text.slice(at, Math.max(at, mask.start)) + MASK;
      at = Math.min(mask.end, end);
    }
    shown += this.text.slice(at, end);
    return shown.replaceAll(SECRET_SETTING, `$1${MASK}`);
  }
}
