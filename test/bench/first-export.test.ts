import { expect, it } from 'vitest';
import { Rehearsal } from '../cli/harness.ts';
import { callsOf, totalOf } from './counted-calls.ts';
import { dotdigitalMinimum, oroMinimum } from './minimum-calls.ts';
import { dotdigitalWork, oroWork, takeExportSnapshot } from './work-exported.ts';

const VENDORS = ['dotdigital', 'orocrm'] as const;

it('C14 the first export of a list costs what it must, but for looks at its import', async () => {
  const rehearsal = await Rehearsal.start({ people: 150, example: 'oro-dotdigital' });
  try {
    await rehearsal.syncline('plan', '--no-data', '--out', 'plan.json');
    expect((await rehearsal.syncline('apply', 'plan.json', '--no-sync')).code).toBe(0);
    const dump = rehearsal.dump.bind(rehearsal);
    const before = await takeExportSnapshot(dump);

    const counted = await callsOf(VENDORS, rehearsal, () => rehearsal.syncline('sync', 'AddressBookLink/newsletter'));

    const after = await takeExportSnapshot(dump);
    const minimum = {
      dotdigital: dotdigitalMinimum(dotdigitalWork(before, after)),
      orocrm: oroMinimum(oroWork(before, after)),
    };
    for (const vendor of VENDORS) {
      const { total, terms } = minimum[vendor];
      const calls = totalOf(counted[vendor]) - (counted[vendor].get('GET /contacts/v3/import/*') ?? 0);
      const told = `${vendor}: ${JSON.stringify(terms)}, counted ${JSON.stringify([...counted[vendor]])}`;
      expect(calls, told).toBeLessThanOrEqual(1.1 * total);
      // Nobody does it in fewer: else the formula misses a way.
      expect(calls, told).toBeGreaterThanOrEqual(total);
    }
  } finally {
    await rehearsal.close();
  }
});
