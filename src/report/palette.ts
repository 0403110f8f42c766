/** The colours of terminal output. They only repeat what a symbol or a word says already. */
import { Chalk } from 'chalk';

export interface Palette {
  readonly create: Paint;
  readonly update: Paint;
  readonly destroy: Paint;
  readonly read: Paint;
  readonly strong: Paint;
  readonly faint: Paint;
}

type Paint = (text: string) => string;

export function paletteOf(colour: boolean): Palette {
  const chalk = new Chalk({ level: colour ? 1 : 0 });
  return {
    create: (text) => chalk.green(text),
    update: (text) => chalk.yellow(text),
    destroy: (text) => chalk.red(text),
    read: (text) => chalk.cyan(text),
    strong: (text) => chalk.bold(text),
    faint: (text) => chalk.dim(text),
  };
}

/** Colours the symbol at the start of a line by what it stands for. */
export function paintSymbol(symbol: string, palette: Palette): string {
  switch (symbol.trim()) {
    case '+':
      return palette.create(symbol);
    case '~':
    case '?':
      return palette.update(symbol);
    case '-':
    case '!':
      return palette.destroy(symbol);
    case '-/+':
      return `${palette.destroy('-')}/${palette.create('+')}`;
    case '<=':
      return palette.read(symbol);
    default:
      return symbol;
  }
}
