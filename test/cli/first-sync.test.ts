import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { disagreements, pairsOf, populationOf } from './agreement.ts';
import { Rehearsal, type Outcome } from './harness.ts';
import { ActiveCampaignAccount, SalesforceAccount } from './vendor-accounts.ts';

const EDITS = 50;

let rehearsal: Rehearsal;

beforeEach(async () => {
  rehearsal = await Rehearsal.start({ people: 100 });
});

afterEach(() => rehearsal.close());

/** A command of which success is expected; anything else fails with what it said. */
async function succeed(...argv: readonly string[]): Promise<Outcome> {
  const outcome = await rehearsal.syncline(...argv);
  expect(outcome.code, `${argv.join(' ')}\n${outcome.stdout.slice(-2000)}\n${outcome.stderr}`).toBe(0);
  return outcome;
}

describe('E2 E4 E6 E9 from YAML to agreement', () => {
  it('validates, plans, applies, verifies, and then finds nothing to do', async () => {
    await succeed('validate');

    const planned = await rehearsal.syncline('plan', '--detailed-exitcode');
    expect(planned.code).toBe(2);
    expect(planned.stdout).toContain('\nPlan: 16 to add, 0 to change, 0 to destroy.\nRecords: ');

    const applied = await succeed('apply', '-y');
    expect(applied.stdout).toMatch(/^Apply complete! Resources: 16 added, 0 changed, 0 destroyed\.$/m);
    await succeed('verify');
    expect(disagreements(await populationOf(rehearsal))).toEqual([]);

    const again = await succeed('plan', '--detailed-exitcode');
    expect(again.stdout).toMatch(/^No changes\./m);
    expect(again.stdout).not.toContain('Backlog:');
  });

  it('keeps edits of people out of the plan until the next cycle carries them over', async () => {
    await succeed('apply', '-y');
    await editPeople();

    const planned = await succeed('plan', '--detailed-exitcode');
    expect(planned.stdout).toMatch(/^No changes\.[^\n]*\nBacklog: 50 edits wait for the next cycle\.$/m);
    expect((await rehearsal.syncline('verify')).code).toBe(2);

    await succeed('sync');
    await succeed('verify');
    expect(disagreements(await populationOf(rehearsal))).toEqual([]);
    expect((await succeed('plan', '--detailed-exitcode')).stdout).not.toContain('Backlog:');
  });

  it('sends no write in a second sync, and none in a sync long after', async () => {
    await succeed('apply', '-y');
    await editPeople();
    await succeed('sync');
    const before = await rehearsal.writes();

    const second = await succeed('sync');
    await rehearsal.advance('P2D');
    await succeed('sync', '--sweep');

    expect(await rehearsal.writes()).toBe(before);
    expect(second.stdout).toMatch(/^Sync complete! 1 link, 1 cycle, 0 records written\.$/m);
  });

  it('goes on until a cycle writes nothing', async () => {
    await succeed('apply', '-y', '--no-sync');

    await succeed('sync', '--until-converged');

    await succeed('verify');
    expect(disagreements(await populationOf(rehearsal))).toEqual([]);
  });
});

/** Fifty people edited: half in Salesforce, half in ActiveCampaign, nobody at both ends. */
async function editPeople(): Promise<void> {
  const pairs = pairsOf(await populationOf(rehearsal)).slice(0, EDITS);
  const [salesforce, activecampaign] = [new SalesforceAccount(rehearsal), new ActiveCampaignAccount(rehearsal)];
  for (const [index, pair] of pairs.entries()) {
    if (index < EDITS / 2) await salesforce.update(pair.sf, { Title: `Promoted ${index}` });
    else await activecampaign.update(pair.ac, { phone: `+41 44 000 00 ${index}` });
  }
}
