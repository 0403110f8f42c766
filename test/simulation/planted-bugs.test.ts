import { describe, expect, test } from 'vitest';
import { PLAIN } from './directed.ts';
import { PLANTED_BUGS, type PlantedBug } from './planted-bugs.ts';
import { violationsOf } from './shrink.ts';
import type { Sabotage } from './installation.ts';

function violations({ events, script = [], crm, mail }: PlantedBug, sabotage: Sabotage): Promise<readonly string[]> {
  const design = { ...PLAIN, crm: { ...PLAIN.crm, ...crm }, mail: { ...PLAIN.mail, ...mail } };
  return violationsOf({ seed: 1, mode: 'liveness', events, script, design, sabotage });
}

describe('the simulation is tested itself: a planted fault is caught', { timeout: 120_000 }, () => {
  test.each(PLANTED_BUGS)('$name', async (bug) => {
    expect(await violations(bug, {})).toEqual([]);
    expect(await violations(bug, bug.plant())).toContainEqual(expect.stringMatching(`^${bug.breaks}`));
  });
});
