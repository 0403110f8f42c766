/** Attributes as lines of a plan: a symbol, the name, and what it becomes, the signs of one object aligned. */
import { structuredPatch } from 'diff';
import { own, differencesOf, isObject, type AttributeDifference } from './attribute-difference.ts';
import { counted, pad } from './layout.ts';
import { paintSymbol, type Palette } from './palette.ts';
import { safe } from './safe.ts';
import { isLong, linesOf, nameText, valueText } from './value-text.ts';

/** One attribute of an object. `block` follows on lines of its own. */
export interface AttributeLine {
  readonly symbol: '+' | '-' | '~' | ' ';
  readonly name: string;
  readonly value: string;
  readonly note?: string;
  readonly block?: readonly string[];
}

const UNCUT = Number.POSITIVE_INFINITY;
const MOST_EDITS = 2000;
/** A name that is longer pushes its own sign aside, not those of all others. */
const MOST_ALIGNED = 40;

export function addedLine(name: string, value: unknown, symbol: '+' | ' ' = '+'): AttributeLine {
  if (typeof value === 'string' && isLong(value)) {
    return {
      symbol,
      name,
      value: '<<-EOT',
      block: [...linesOf(value).map((line) => `    ${safe(line, UNCUT)}`.trimEnd()), 'EOT'],
    };
  }
  return { symbol, name, value: valueText(value, UNCUT) };
}

export function removedLine(name: string, value: unknown): AttributeLine {
  const line = addedLine(name, value);
  return { ...line, symbol: '-', ...(line.block === undefined ? { value: `${line.value} -> null` } : { note: '-> null' }) };
}

/** Nested attributes that differ, each under its whole path. */
export function differenceLines(before: unknown, after: unknown, path: string): AttributeLine[] {
  return differencesOf(before, after, path).map(differenceLine);
}

function differenceLine(difference: AttributeDifference): AttributeLine {
  switch (difference.kind) {
    case 'added':
      return addedLine(difference.path, difference.after);
    case 'removed':
      return removedLine(difference.path, difference.before);
    case 'elements':
      return {
        symbol: '~',
        name: difference.path,
        value: '[',
        block: [
          ...difference.elements.map(({ symbol, value }) => `  ${symbol} ${valueText(value, UNCUT)}`),
          ...(difference.unchanged === 0 ? [] : [`    # (${counted(difference.unchanged, 'unchanged element')} hidden)`]),
          ']',
        ],
      };
    case 'changed':
      return changedLine(difference);
  }
}

function changedLine({ path, before, after, within }: Extract<AttributeDifference, { kind: 'changed' }>): AttributeLine {
  const note = within === undefined || Object.keys(within).length === 0 ? undefined : withinText(within);
  if (typeof before === 'string' && typeof after === 'string' && (isLong(before) || isLong(after))) {
    const block = unifiedDifference(before, after);
    if (block.length > 0)
      return { symbol: '~', name: path, value: '<<-EOT', block: [...block, 'EOT'], ...(note === undefined ? {} : { note }) };
  }
  return {
    symbol: '~',
    name: path,
    value: `${valueText(before, UNCUT)} -> ${valueText(after, UNCUT)}`,
    ...(note === undefined ? {} : { note }),
  };
}

function unifiedDifference(before: string, after: string): string[] {
  const [old, wanted] = [linesOf(before), linesOf(after)];
  const patch = structuredPatch('', '', `${old.join('\n')}\n`, `${wanted.join('\n')}\n`, '', '', {
    context: 3,
    maxEditLength: MOST_EDITS,
  });
  const lines = patch?.hunks.flatMap((hunk) => [
    `  @@ -${hunk.oldStart},${hunk.oldLines} +${hunk.newStart},${hunk.newLines} @@`,
    ...hunk.lines.map((line) => `${line.startsWith(' ') ? '   ' : `  ${line[0]}`} ${safe(line.slice(1), UNCUT)}`.trimEnd()),
  ]);
  return lines ?? [...old.map((line) => `  - ${safe(line, UNCUT)}`), ...wanted.map((line) => `  + ${safe(line, UNCUT)}`)];
}

function withinText(within: Readonly<Record<string, unknown>>): string {
  const named = Object.entries(within).filter(([, value]) => typeof value === 'string');
  const said = named.slice(0, 3).map(([name, value]) => `${nameText(name)}: ${valueText(value, 40)}`);
  return said.length === 0 ? '' : `# ${said.join(', ')}`;
}

/** Lines with their symbols painted and their `=` under each other, indented by `indent` blanks. */
export function attributeLines(lines: readonly AttributeLine[], indent: number, palette: Palette): string[] {
  const width = Math.min(MOST_ALIGNED, Math.max(0, ...lines.map((line) => line.name.length)));
  const blanks = ' '.repeat(indent);
  return lines.flatMap((line) => {
    const note =
      line.note === undefined || line.note === '' ? '' : ` ${line.note.startsWith('#') ? palette.destroy(line.note) : line.note}`;
    const first = `${blanks}${paintSymbol(line.symbol, palette)} ${pad(line.name, width)} = ${line.value}`;
    const block = (line.block ?? []).map((text) => `${blanks}  ${paintBlock(text, palette)}`.trimEnd());
    if (block.length === 0) return [`${first}${note}`];
    return [first, ...block.slice(0, -1), `${block.at(-1)!}${note}`];
  });
}

function paintBlock(text: string, palette: Palette): string {
  const symbol = /^ {2}([+-]) /.exec(text)?.[1];
  return symbol === undefined ? text : `  ${paintSymbol(symbol, palette)} ${text.slice(4)}`;
}

/** A specification in the manner of YAML: what fits on the line stays on it. */
export function nestedLines(
  value: Readonly<Record<string, unknown>>,
  indent: number,
  width: number,
  symbol: '+' | '-' | ' ',
  palette: Palette,
): string[] {
  const start = (depth: number): string => `${' '.repeat(indent + depth * 2)}${paintSymbol(symbol, palette)} `;
  const write = (label: string, nested: unknown, depth: number): string[] => {
    const flow = plainValue(nested);
    const fits = indent + depth * 2 + 2 + label.length + 1 + flow.length <= width;
    const entries: readonly (readonly [string, unknown])[] = Array.isArray(nested)
      ? nested.map((element): [string, unknown] => ['-', element])
      : isObject(nested)
        ? Object.keys(nested)
            .sort()
            .map((name) => [`${nameText(name)}:`, own(nested, name)])
        : [];
    if (fits || entries.length === 0) return [`${start(depth)}${label} ${flow}`];
    return [`${start(depth)}${label}`, ...entries.flatMap(([name, entry]) => write(name, entry, depth + 1))];
  };
  return Object.keys(value)
    .sort()
    .flatMap((name) => write(`${nameText(name)}:`, own(value, name), 0));
}

function plainValue(value: unknown): string {
  if (typeof value === 'string')
    return /^[A-Za-z_][\w./-]*$/.test(value) && !/^(?:true|false|null|yes|no|on|off)$/i.test(value)
      ? value
      : valueText(value, UNCUT);
  if (Array.isArray(value)) return `[${value.map(plainValue).join(', ')}]`;
  if (!isObject(value)) return valueText(value, UNCUT);
  const entries = Object.keys(value)
    .sort()
    .map((name) => `${nameText(name)}: ${plainValue(own(value, name))}`);
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}
