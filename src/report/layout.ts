/** Columns and counted words of terminal output. */
import stringWidth from 'string-width';

export type Alignment = 'left' | 'right';

/** Rows of cells as lines, each column as wide as its widest cell. Cells are safe already. */
export function table(rows: readonly (readonly string[])[], alignment: readonly Alignment[], indent: string): string[] {
  const widths = alignment.map((_, column) => Math.max(...rows.map((row) => stringWidth(row[column] ?? ''))));
  return rows.map((row) => {
    const cells = widths.map((width, column) => pad(row[column] ?? '', width, alignment[column]!));
    return `${indent}${cells.join('  ')}`.trimEnd();
  });
}

export function pad(text: string, width: number, alignment: Alignment = 'left'): string {
  const blanks = ' '.repeat(Math.max(0, width - stringWidth(text)));
  return alignment === 'left' ? text + blanks : blanks + text;
}

/** `1 person`, `2 persons`. */
export function counted(count: number, one: string, many: string = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
