import { afterAll, beforeAll, expect, it } from 'vitest';
import { disagreements, populationOf } from './agreement.ts';
import { jsonLines, Rehearsal, type Outcome } from './harness.ts';
import { ActiveCampaignAccount, SalesforceAccount } from './vendor-accounts.ts';

const YEAR_MS = 365 * 86_400_000;

let rehearsal: Rehearsal;

beforeAll(async () => {
  rehearsal = await Rehearsal.start({ people: 4 });
  expect((await rehearsal.syncline('apply', '-y')).code).toBe(0);
});

afterAll(() => rehearsal.close());

/** A command of a machine whose clock was set back a year; the vendors know better. */
function yearAgo(...argv: readonly string[]): Promise<Outcome> {
  const { clock } = rehearsal.sandbox;
  return rehearsal.synclineIn(
    { clock: { now: () => clock.now() - YEAR_MS, sleep: (ms, signal) => clock.sleep(ms, signal) } },
    ...argv,
  );
}

it('E5 E16 a clock that is set back a year loses no edit, no lock, no line of the audit log, and no order of runs', async () => {
  const salesforce = new SalesforceAccount(rehearsal);
  const activecampaign = new ActiveCampaignAccount(rehearsal);
  const id = await salesforce.create({ LastName: 'Later', Email: 'later@example.com', MailingCity: 'Bergen' });
  await rehearsal.advance('PT1H');

  const sync = await yearAgo('sync');
  expect(sync.code, sync.stderr).toBe(0);
  const contact = await activecampaign.find('later@example.com');
  await salesforce.update(id, { FirstName: 'Lara' });
  await activecampaign.update(contact.id, { phone: '+47 1' });
  await rehearsal.advance('PT1H');
  expect((await yearAgo('sync')).code).toBe(0);
  expect((await yearAgo('apply', '-y')).stdout).toMatch(/^No changes\./m);
  expect((await yearAgo('verify')).code).toBe(0);

  const [listed] = jsonLines(await rehearsal.syncline('runs', '--json'));
  expect(listed.runs.map(({ command }: { command: string }) => command)).toEqual(['sync', 'sync', 'apply']);
  const [history] = jsonLines(await rehearsal.syncline('history', 'Link/contacts', 'later@example.com', '--json'));
  expect(history.changes.map(({ action }: { action: string }) => action).at(-1)).toBe('create');
  expect((await rehearsal.syncline('audit', 'verify')).code).toBe(0);

  // The clock is set right again, and nothing is repeated.
  const writes = await rehearsal.writes();
  await rehearsal.advance('PT1H');
  expect((await rehearsal.syncline('sync')).code).toBe(0);
  expect(await rehearsal.writes()).toBe(writes);
  expect(disagreements(await populationOf(rehearsal))).toEqual([]);
});
