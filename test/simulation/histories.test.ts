import { describe, expect, test } from 'vitest';
import type { Mode } from './history.ts';
import { keptSeeds } from './seeds.ts';
import { violationsOf } from './shrink.ts';

/** Histories of each mode; `npm run simulate` tells thousands more. */
const HISTORIES: Readonly<Record<Exclude<Mode, 'crash'>, number>> = { calm: 100, liveness: 120, safety: 80 };

async function failures(mode: Mode, seeds: readonly number[]): Promise<Readonly<Record<string, readonly string[]>>> {
  const found: Record<string, readonly string[]> = {};
  for (const seed of seeds) {
    const violations = await violationsOf({ seed, mode });
    if (violations.length > 0) found[`npm run simulate -- --tell --mode ${mode} --seed ${seed}`] = violations;
  }
  return found;
}

function seedsFrom(first: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}

describe('E4 E6 E7 E8 E9 histories of people, commands and faults keep the laws', { timeout: 900_000 }, () => {
  test('without faults, both ends converge and nobody loses anything', async () => {
    expect(await failures('calm', seedsFrom(1, HISTORIES.calm))).toEqual({});
  });

  test('with faults and killed commands that stop, three cycles converge', async () => {
    expect(await failures('liveness', seedsFrom(1, HISTORIES.liveness))).toEqual({});
  });

  test('with faults that never stop, nothing is ever done that may not be', async () => {
    expect(await failures('safety', seedsFrom(1, HISTORIES.safety))).toEqual({});
  });

  test('what once failed does not fail again', async () => {
    const failed = [];
    for (const kept of keptSeeds()) {
      const violations = await violationsOf(kept);
      if (violations.length > 0) failed.push([kept, violations]);
    }
    expect(failed).toEqual([]);
  });
});
