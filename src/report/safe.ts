/**
 * Makes text from elsewhere harmless in a terminal, in Markdown and in HTML. Names, values and
 * messages of remote systems (and of files that a stranger may have sent) are untrusted: a renderer
 * passes each of them through here. JSON is not touched: its reader decides what to do with it.
 */

/** The most columns that one value takes, where the caller does not say otherwise. */
const MOST_COLUMNS = 200;

const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const RUNNER_COMMAND = /##(?=\w*\[)/g;

/**
 * One line that a terminal shows as it is: control characters become `\xNN`, format and bidirectional
 * ones `\u{...}`, a newline `⏎`; what is longer than `most` ends with `…`. It is no command to the
 * runner of a pipeline either, not even at the start of a line.
 */
export function safe(text: string, most: number = MOST_COLUMNS): string {
  return neutral(text, most).replace(/^(\s*)::/, '$1\\x3a:');
}

/** A value between double quotes. Quotes and backslashes in it are escaped, so no value imitates another. */
export function quote(text: string, most: number = MOST_COLUMNS): string {
  return `"${neutral(text.replace(/["\\]/g, '\\$&'), most)}"`;
}

/** A value for Markdown: code in which nothing is a link, a mention, a table's border or the end of anything. */
export function markdownCode(text: string, most: number = MOST_COLUMNS): string {
  const entities = neutral(text, most).replace(/[!-'*./:<>@[-`{-~]/g, (character) => `&#${character.charCodeAt(0)};`);
  return `<code>${entities}</code>`;
}

/** A fenced block of Markdown whose fence is longer than any run of backticks in it. */
export function markdownBlock(language: string, lines: readonly string[]): string {
  const body = lines.join('\n');
  const longest = Math.max(2, ...(body.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${body}\n${fence}`;
}

/** A value for the text or an attribute of HTML. */
export function escapeHtml(text: string, most: number = MOST_COLUMNS): string {
  return neutral(text, most).replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function neutral(text: string, most: number): string {
  // Each column needs two code units at the most, so the rest need not be looked at.
  const head = text.length > most * 2 ? text.slice(0, most * 2 + 2) : text;
  const visible = head.replace(UNSAFE, nameOf).replace(RUNNER_COMMAND, '\\x23#');
  if (visible.length <= most) return visible;
  const characters = Array.from(visible);
  return characters.length <= most && head === text ? visible : `${characters.slice(0, most - 1).join('')}…`;
}

function nameOf(character: string): string {
  if (character === '\n') return '⏎';
  const code = character.codePointAt(0)!;
  return code < 0x20 || (code >= 0x7f && code <= 0x9f) ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}
