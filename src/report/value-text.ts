/** Values of attributes and of fields as text. */
import { quote, safe } from './safe.ts';

/** On one line: `"text"`, `12`, `["a", "b"]`, `{ a: 1, b: null }`. Strings are cut at `most` columns. */
export function valueText(value: unknown, most?: number): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return quote(value, most);
  if (Array.isArray(value)) return `[${value.map((element) => valueText(element, most)).join(', ')}]`;
  if (typeof value === 'object') {
    const entries = Object.entries(value).map(([name, entry]) => `${nameText(name)}: ${valueText(entry, most)}`);
    return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
  }
  return safe(JSON.stringify(value) ?? 'null', most);
}

/** The name of an attribute; quoted where it is more than a plain word. */
export function nameText(name: string): string {
  return /^[A-Za-z_][\w-]{0,79}$/.test(name) ? name : quote(name, 60);
}

/** Where an attribute stands in a nested one: `ends.sf.object`, `fields[3].flow`, `labels["a b"]`. */
export function joinPath(path: string, name: string): string {
  const text = nameText(name);
  if (path === '') return text;
  return text.startsWith('"') ? `${path}[${text}]` : `${path}.${text}`;
}

/** The field of a record, as a mapping writes it: `field/Job Title`. */
export function fieldText(name: string): string {
  return safe(name, 80);
}

const LINE_COLUMNS = 100;

/** Whether a text is shown as a block of lines rather than on one line. */
export function isLong(text: string): boolean {
  return text.length > LINE_COLUMNS || text.includes('\n');
}

/**
 * A long text in lines of at most 100 characters, broken between words where that is possible.
 * Nothing is left out; blanks that end a line of the text are shown as dots.
 */
export function linesOf(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const visible = line.replace(/ +$/, (blanks) => '·'.repeat(blanks.length));
    return visible === '' ? [''] : (visible.match(/.{1,99}(?:\s|$)|.{1,100}/gsu) ?? []);
  });
}
