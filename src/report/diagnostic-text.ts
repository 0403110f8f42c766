/** Diagnostics and errors for a person: what, where, why, and what to do. */
import stringWidth from 'string-width';
import { DIAGNOSTIC_CODES } from '../model/diagnostics/codes.ts';
import type { Diagnostic, SourceRange } from '../model/diagnostics/diagnostic.ts';
import { ProviderError, SynclineError } from '../model/errors.ts';
import { BUG, errorJson, systemError } from '../operations/diagnostic-json.ts';
import { paletteOf, type Palette } from './palette.ts';
import { safe } from './safe.ts';

export interface DiagnosticTextOptions {
  readonly colour: boolean;
}

const DETAIL_COLUMNS = 4000;
/** A longer source line is shown around the place that is meant. */
const SOURCE_COLUMNS = 120;

/** One diagnostic: code and summary, place, source line with carets, detail, hint. Newline at the end. */
export function renderDiagnostic(diagnostic: Diagnostic, { colour }: DiagnosticTextOptions): string {
  const palette = paletteOf(colour);
  const { severity, code, source, address, detail, hint } = diagnostic;
  const paint = severity === 'error' ? palette.destroy : palette.update;
  const place = [source === undefined ? '' : placeOf(source), address === undefined ? '' : `in ${safe(address)}`].filter(
    (part) => part !== '',
  );
  return linesToText([
    `${paint(severity)} ${palette.strong(code)}  ${DIAGNOSTIC_CODES[code].summary}`,
    ...(place.length === 0 ? [] : [`  ${place.join('  ')}`]),
    ...(source?.text === undefined ? [] : sourceLines(source, source.text, palette)),
    ...detailLines(detail),
    ...hintLines(hint, palette),
  ]);
}

/** Several diagnostics, errors first, a blank line between them; empty where there is none. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], options: DiagnosticTextOptions): string {
  const sorted = diagnostics.toSorted((one, other) => Number(other.severity === 'error') - Number(one.severity === 'error'));
  return sorted.map((diagnostic) => renderDiagnostic(diagnostic, options)).join('\n');
}

/**
 * What stopped a run. The first line is `Error: ` and the fixed summary of the code, and nothing
 * else; of anything that is no SynclineError only its message is shown.
 */
export function renderError(error: unknown, { colour }: DiagnosticTextOptions): string {
  const palette = paletteOf(colour);
  const { code, summary, address, hint, ...json } = errorJson(error);
  const facts = error instanceof SynclineError ? error.facts : [];
  const detail = error instanceof SynclineError ? error.message : json.detail;
  const said = detail.startsWith(`${summary}. `) ? detail.slice(summary.length + 2) : detail;
  const bug = error instanceof SynclineError ? error.fault === 'ours' && !said.endsWith(BUG) : !systemError(error);
  return linesToText([
    `${palette.destroy('Error:')} ${summary}`,
    ...(address === null || said.includes(address) ? [] : [`  in ${safe(address)}`]),
    ...[said, ...facts].flatMap(detailLines),
    ...(error instanceof ProviderError ? vendorLines(error) : []),
    ...(bug ? [`  ${BUG}`] : []),
    ...(error instanceof SynclineError ? hintLines(hint, palette) : []),
    ...(code === null ? [] : [`  ${palette.faint(`code: ${code} (syncline explain ${code})`)}`]),
  ]);
}

function placeOf({ file, line, column }: SourceRange): string {
  return `${safe(file, 1000)}:${line}:${column}`;
}

function sourceLines(source: SourceRange, text: string, palette: Palette): string[] {
  const start = Math.min(Math.max(0, source.column - 1), text.length);
  const end = source.endLine === source.line ? Math.min(Math.max(start + 1, source.endColumn - 1), text.length) : text.length;
  const from = start + 20 <= SOURCE_COLUMNS ? 0 : start - 20;
  const before = safe(text.slice(from, start), SOURCE_COLUMNS * 2);
  const meant = safe(text.slice(start, end), SOURCE_COLUMNS);
  const after = safe(text.slice(end, Math.max(end, from + SOURCE_COLUMNS)), SOURCE_COLUMNS);
  const number = String(source.line);
  const lead = from > 0 ? '…' : '';
  const blanks = ' '.repeat(stringWidth(lead + before));
  return [
    `  ${palette.faint(`${number} │`)} ${lead}${before}${meant}${after}`.trimEnd(),
    `  ${palette.faint(`${' '.repeat(number.length)} │`)} ${blanks}${palette.destroy('^'.repeat(Math.max(1, stringWidth(meant))))}`,
  ];
}

function detailLines(detail: string): string[] {
  return detail === '' ? [] : [`  ${safe(detail, DETAIL_COLUMNS)}`];
}

/** Commands in a hint stand on lines of their own, ready to copy. */
function hintLines(hint: string | undefined | null, palette: Palette): string[] {
  if (hint === undefined || hint === null || hint === '') return [];
  const [first = '', ...rest] = hint.split('\n');
  return [`  ${palette.read('hint:')} ${safe(first, DETAIL_COLUMNS)}`, ...rest.map((line) => `  ${safe(line, DETAIL_COLUMNS)}`)];
}

function vendorLines(error: ProviderError): string[] {
  const answer = [
    error.status === undefined ? '' : String(error.status),
    error.vendorCode === undefined ? '' : safe(error.vendorCode),
  ].filter((part) => part !== '');
  return [
    ...(answer.length === 0 ? [] : [`  ${safe(error.integration)} answered: ${answer.join(' ')}`]),
    ...(error.retryable ? ['  Running again continues where this run stopped.'] : []),
  ];
}

function linesToText(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
