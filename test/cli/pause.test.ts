import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pairsOf, populationOf } from './agreement.ts';
import { jsonLines, Rehearsal, type Loose } from './harness.ts';
import { SalesforceAccount } from './vendor-accounts.ts';

let rehearsal: Rehearsal;

beforeEach(async () => {
  rehearsal = await Rehearsal.start({ people: 5 });
  expect((await rehearsal.syncline('apply', '-y')).code).toBe(0);
});

afterEach(() => rehearsal.close());

async function planJson(): Promise<Loose> {
  const outcome = await rehearsal.syncline('plan', '--json');
  expect(outcome.code, outcome.stdout).toBe(0);
  return JSON.parse(outcome.stdout);
}

function driftOf(plan: Loose): Loose {
  return plan.resource_drift.map(({ address, change }: Loose) => [address, change.before, change.after]);
}

async function editSomebody(city: string): Promise<void> {
  const [pair] = pairsOf(await populationOf(rehearsal));
  await new SalesforceAccount(rehearsal).update(pair!.sf, { MailingCity: city });
}

describe('E16 pause and resume', () => {
  it('stops a link at once, says so in every run, and shows as drift until it is resumed', async () => {
    const paused = await rehearsal.syncline('pause', 'Link/contacts');
    expect(paused).toMatchObject({ code: 0, stderr: '' });
    expect(paused.stdout).toContain('syncline resume Link/contacts');
    await editSomebody('Basel');

    const before = await rehearsal.writes();
    const synced = await rehearsal.syncline('sync');
    expect(synced.code, synced.stderr).toBe(0);
    expect(synced.stderr).toMatch(/Link\/contacts is left out.*paused since \d{4}-.* by ada@laptop/s);
    expect(await rehearsal.writes()).toBe(before);

    const plan = await planJson();
    expect(plan.links).toMatchObject([{ address: 'Link/contacts', paused: true }]);
    expect(driftOf(plan)).toMatchObject([['Link/contacts', { active: true }, { active: false, paused: { by: 'ada@laptop' } }]]);
    expect((await rehearsal.syncline('plan', '--detailed-exitcode')).code).toBe(0);

    const resumed = await rehearsal.syncline('resume', 'Link/contacts', '--json');
    expect(jsonLines(resumed)).toEqual([{ type: 'resume', address: 'Link/contacts', changed: true, links: ['Link/contacts'] }]);
    expect(driftOf(await planJson())).toEqual([]);
    expect((await rehearsal.syncline('sync')).code).toBe(0);
    expect(await rehearsal.writes()).toBeGreaterThan(before);

    const log = jsonLines(await rehearsal.syncline('audit', 'log', '--json'));
    expect(
      log.filter((event) => /paused|resumed/.test(event.type)).map(({ type, who, address }) => [type, who, address]),
    ).toEqual([
      ['resumed', 'ada@laptop', 'Link/contacts'],
      ['paused', 'ada@laptop', 'Link/contacts'],
    ]);
    expect((await rehearsal.syncline('audit', 'verify')).code).toBe(0);
  });

  it('of an integration stops all its links', async () => {
    const paused = await rehearsal.syncline('pause', 'Integration/salesforce', '--json');
    expect(jsonLines(paused)).toMatchObject([{ address: 'Integration/salesforce', changed: true, links: ['Link/contacts'] }]);

    const synced = await rehearsal.syncline('sync', '--json');

    expect(synced.code).toBe(0);
    expect(jsonLines(synced).filter((line) => line.type === 'cycle_start')).toEqual([]);
    expect(jsonLines(synced).find((line) => line.type === 'diagnostic').diagnostic).toMatchObject({
      code: 'LINK_PAUSED',
      severity: 'warning',
    });
    expect((await planJson()).links).toMatchObject([{ paused: true }]);
  });

  it('gives the YAML the next word once it says the same', async () => {
    expect((await rehearsal.syncline('pause', 'Link/contacts')).code).toBe(0);
    await rehearsal.edit('link.yaml', '  mapping: person', '  active: false\n  mapping: person');
    expect(driftOf(await planJson())).toEqual([]);
    const applied = await rehearsal.syncline('apply', '-y');
    expect(applied.code, applied.stderr).toBe(0);
    expect(applied.stderr).toContain('paused by its YAML');
    expect((await rehearsal.syncline('plan', '--detailed-exitcode')).code).toBe(0);

    // Resumed by command against the YAML, which is drift again.
    expect((await rehearsal.syncline('resume', 'Link/contacts')).code).toBe(0);
    expect(driftOf(await planJson())).toMatchObject([['Link/contacts', { active: false }, { active: true }]]);
    expect(jsonLines(await rehearsal.syncline('sync', '--json')).some((line) => line.type === 'cycle_summary')).toBe(true);

    await rehearsal.edit('link.yaml', '  active: false\n', '');
    expect((await rehearsal.syncline('apply', '-y')).code).toBe(0);
    const state = JSON.parse((await rehearsal.syncline('state', 'show', 'Link/contacts', '--json')).stdout);
    expect(state).not.toHaveProperty('paused');
    expect(state).not.toHaveProperty('resumed');
  });

  it('says what is so already, and refuses what was never applied', async () => {
    const again = await rehearsal.syncline('resume', 'Link/contacts');
    expect(again).toMatchObject({ code: 0, stdout: 'Link/contacts is active already.\n' });

    const unknown = await rehearsal.syncline('pause', 'Link/other');
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain('PAUSE_UNKNOWN_ADDRESS');
    expect(unknown.stderr).toContain('Link/contacts');
  });
});
