/** The histories that are kept because they once failed. */
import { appendFileSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Mode } from './history.ts';

const FILE = fileURLToPath(new URL('./seeds.txt', import.meta.url));

export interface KeptSeed {
  readonly mode: Mode;
  readonly seed: number;
  readonly only?: readonly number[];
}

export function keptSeeds(): readonly KeptSeed[] {
  return readFileSync(FILE, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line): KeptSeed => {
      const [mode, seed, only] = line.split(' ');
      return { mode: mode as Mode, seed: Number(seed), ...(only === undefined ? {} : { only: only.split(',').map(Number) }) };
    });
}

/** Keeps a history, unless it is kept already. */
export function keepSeed({ mode, seed, only }: KeptSeed): void {
  if (keptSeeds().some((kept) => kept.mode === mode && kept.seed === seed)) return;
  appendFileSync(FILE, `${[mode, String(seed), ...(only === undefined ? [] : [only.join(',')])].join(' ')}\n`);
}
