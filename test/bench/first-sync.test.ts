/**
 * Calls of a first sync, counted by the sandbox, held against the fewest possible and against the plan.
 *
 * What is compared: a saved plan is applied with `--no-sync`, which provisions and reads no records, so
 * that `sync` alone is the whole first sync, from log-in to the last value read back. `apply -y` does
 * the same in one process: of its calls, those that provision are taken off, which are the calls of
 * `apply PLAN --no-sync` but for opening the connections.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { Rehearsal, type Loose, type Outcome, type VendorName } from '../cli/harness.ts';
import { callsDuring, totalOf, VENDORS, type CountedCalls } from './counted-calls.ts';
import { activeCampaignMinimum, salesforceMinimum } from './minimum-calls.ts';
import { activeCampaignWork, salesforceWork, takeSnapshot } from './work-done.ts';

/** Calls that open a connection: a token and whose org it is; whose account it is. */
const OPENING: Readonly<Record<VendorName, number>> = { salesforce: 2, activecampaign: 1 };

/** Enough for several pages and batches of everything; `npm run bench` counts the same for more. */
const CASES = [
  { people: 300, seed: 1 },
  { people: 600, seed: 7 },
];

const rehearsals: Rehearsal[] = [];

afterEach(async () => {
  for (const rehearsal of rehearsals.splice(0)) await rehearsal.close();
});

async function start(people: number, seed: number): Promise<Rehearsal> {
  const rehearsal = await Rehearsal.start({ people, seed });
  rehearsals.push(rehearsal);
  return rehearsal;
}

/** Runs a command that has to end well; conflicts that are left for a person (3) are a good end of `sync`. */
async function run(rehearsal: Rehearsal, ...argv: readonly string[]): Promise<Outcome> {
  const outcome = await rehearsal.syncline(...argv);
  expect([0, 3], `${argv.join(' ')}\n${outcome.stderr}`).toContain(outcome.code);
  return outcome;
}

/** Plans, and tells the estimate of the example's only link. */
async function plan(
  rehearsal: Rehearsal,
  ...argv: readonly string[]
): Promise<Readonly<Record<VendorName, { planned: number; minimum: number }>>> {
  const outcome = await run(rehearsal, 'plan', '--json', ...argv);
  return (JSON.parse(outcome.stdout) as Loose).links[0].calls;
}

function expectEstimate(planned: number, counted: number): void {
  // Where there are fewer than ten calls in all, one of them is more than a tenth.
  expect(Math.abs(planned - counted), `${planned} planned, ${counted} counted`).toBeLessThanOrEqual(Math.max(1, counted / 10));
}

describe('a first sync', () => {
  it.each(CASES)('of $people people (seed $seed) costs what it must, and what the plan said', async ({ people, seed }) => {
    const rehearsal = await start(people, seed);
    const estimate = await plan(rehearsal, '--out', 'plan.json');
    await run(rehearsal, 'apply', 'plan.json', '--no-sync');
    const before = await takeSnapshot(rehearsal);

    const counted = await callsDuring(rehearsal, () => run(rehearsal, 'sync'));

    const after = await takeSnapshot(rehearsal);
    const minimum = {
      salesforce: salesforceMinimum(salesforceWork(before, after)),
      activecampaign: activeCampaignMinimum(activeCampaignWork(before, after)),
    };
    for (const vendor of VENDORS) {
      const calls = totalOf(counted[vendor]);
      const { total, terms } = minimum[vendor];
      expect(calls, `${vendor}: ${JSON.stringify(terms)}, counted ${JSON.stringify([...counted[vendor]])}`).toBeLessThanOrEqual(
        1.1 * total,
      );
      // Nobody does it in fewer: else the formula misses a way.
      expect(calls).toBeGreaterThanOrEqual(total);
      expectEstimate(estimate[vendor].planned, calls);
      expect(estimate[vendor].minimum).toBeLessThanOrEqual(estimate[vendor].planned);
    }
  });

  it.each([CASES[0]!])(
    'by apply -y ($people people, seed $seed) costs what the plan said, and says so and who waits',
    async ({ people, seed }) => {
      const provisioning = await provisioningCalls(seed);
      const rehearsal = await start(people, seed);
      const estimate = await plan(rehearsal);
      const outcomes: Outcome[] = [];

      const counted = await callsDuring(rehearsal, async () => outcomes.push(await run(rehearsal, 'apply', '-y', '--json')));

      const told = JSON.parse(outcomes[0]!.stdout.split('\n').find((line) => line.includes('"cycle_summary"'))!) as Loose;
      const waiting = JSON.parse((await run(rehearsal, 'conflicts', 'list', '--json')).stdout).records as readonly Loose[];
      expect(waiting.some(({ candidates }) => candidates !== undefined)).toBe(true);
      expect(told.conflicts).toBe(waiting.length);
      for (const vendor of VENDORS) {
        const calls = totalOf(counted[vendor]) - totalOf(provisioning[vendor]) + OPENING[vendor];
        expect(told.calls[vendor]).toBe(calls);
        expectEstimate(estimate[vendor].planned, calls);
      }
    },
  );

  it('that apply --no-sync leaves to sync reads nothing twice', async () => {
    const rehearsal = await start(600, 7);
    const read = await callsDuring(rehearsal, () => run(rehearsal, 'apply', '-y', '--no-sync'));
    const contactPages = read.activecampaign.get('GET /api/3/contacts')!;
    const before = await takeSnapshot(rehearsal);

    const counted = await callsDuring(rehearsal, () => run(rehearsal, 'sync'));

    const after = await takeSnapshot(rehearsal);
    const { terms, total } = activeCampaignMinimum(activeCampaignWork(before, after));
    const readTerms = terms['read contacts']! + terms['read values']! + terms['read tags']!;
    // Some 500 contacts and who opted out, when it was planned; then only what changed since, which is nothing.
    expect(contactPages).toBeGreaterThanOrEqual(terms['read contacts']! + terms['read opt-outs']!);
    expect(totalOf(counted.activecampaign)).toBeLessThanOrEqual(1.1 * (total - readTerms));
    expect(totalOf(counted.salesforce)).toBeLessThanOrEqual(salesforceMinimum(salesforceWork(before, after)).total);
  });
});

describe('a second sync', () => {
  it('right after a first one of 600 people lists contacts and opt-outs, and reads no details', async () => {
    const rehearsal = await start(600, 1);
    await run(rehearsal, 'apply', '-y');
    const written = (await rehearsal.dump('activecampaign', 'contact')).length;
    const optOuts = (await rehearsal.dump('activecampaign', 'contactList')).filter((row) => String(row['status']) === '2').length;

    const counted = await callsDuring(rehearsal, () => run(rehearsal, 'sync'));
    const again = await callsDuring(rehearsal, () => run(rehearsal, 'sync'));

    for (const { activecampaign, salesforce } of [counted, again]) {
      const contactPages = activecampaign.get('GET /api/3/contacts')!;
      expect(contactPages).toBeLessThanOrEqual(Math.floor(written / 100) + 1 + Math.floor(optOuts / 100) + 1);
      // Besides: whose account it is; custom fields, tags and lists by name.
      expect([...activecampaign.keys()].toSorted()).toEqual([
        'GET /api/3/contacts',
        'GET /api/3/fields',
        'GET /api/3/lists',
        'GET /api/3/tags',
        'GET /api/3/users/me',
      ]);
      expect(totalOf(activecampaign)).toBe(contactPages + 4);
      // A token, two descriptions, and one query for what changed or was deleted.
      expect(totalOf(salesforce)).toBe(4);
    }
  });
});

/** Calls of `apply` for everything but records, opening the connections included. The people make no difference. */
async function provisioningCalls(seed: number): Promise<CountedCalls> {
  const rehearsal = await start(10, seed);
  await run(rehearsal, 'plan', '--out', 'plan.json');
  return callsDuring(rehearsal, () => run(rehearsal, 'apply', 'plan.json', '--no-sync'));
}
