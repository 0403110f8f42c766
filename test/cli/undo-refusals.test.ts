import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonLines, Rehearsal, type Outcome } from './harness.ts';
import { SalesforceAccount } from './vendor-accounts.ts';

let rehearsal: Rehearsal;
let salesforce: SalesforceAccount;
let contact: string;
/** The run that made everybody. */
let first: string;

beforeAll(async () => {
  rehearsal = await Rehearsal.start({ people: 3 });
  salesforce = new SalesforceAccount(rehearsal);
  contact = await salesforce.create({ LastName: 'Example', Email: 'ann@example.com', Phone: '1' });
  expect((await rehearsal.syncline('apply', '-y')).code).toBe(0);
  first = await newestRun();
});

afterAll(() => rehearsal.close());

async function newestRun(): Promise<string> {
  const [listed] = jsonLines(await rehearsal.syncline('runs', '--json', '--limit', '1'));
  return listed.runs[0].id as string;
}

/** An undo that has to be refused with this code, a next step, and nothing written. */
async function refused(code: string, run: string): Promise<Outcome> {
  const writes = await rehearsal.writes();
  const outcome = await rehearsal.syncline('undo', run, '-y');
  expect(outcome.code, outcome.stdout).toBe(1);
  expect(outcome.stderr).toContain(`code: ${code} `);
  expect(outcome.stderr).toContain('hint:');
  expect(await rehearsal.writes()).toBe(writes);
  return outcome;
}

describe('E8 an undo is refused', () => {
  it('while writes of the link are without an answer, and goes through once a cycle has read them back', async () => {
    await salesforce.update(contact, { Phone: '2' });
    await rehearsal.advance('PT1H');
    await rehearsal.faults('activecampaign', [
      { match: { method: 'PUT', path: '/api/3/contacts/*' }, kind: 'lost-response', times: 50 },
      { match: { method: 'POST', path: '/api/3/contact*' }, kind: 'lost-response', times: 50 },
    ]);
    const lost = await rehearsal.syncline('sync');
    expect(lost.stdout + lost.stderr).toContain('without an answer');
    await rehearsal.faults('activecampaign', []);

    const outcome = await refused('UNDO_UNFINISHED', first);
    expect(outcome.stderr).toContain('syncline sync Link/contacts');

    expect((await rehearsal.syncline('sync')).code).toBe(0);
    expect((await rehearsal.syncline('undo', first, '-y')).code).toBe(0);
  });

  it('where the link keeps hashes only', async () => {
    await rehearsal.edit('link.yaml', '  guards: { deletes: 10 }', '  guards: { deletes: 10 }\n  retain: hashes');
    expect((await rehearsal.syncline('apply', '-y')).code).toBe(0);
    await salesforce.update(contact, { Phone: '3' });
    await rehearsal.advance('PT1H');
    expect((await rehearsal.syncline('sync')).code).toBe(0);

    const outcome = await refused('UNDO_NO_VALUES', await newestRun());
    expect(outcome.stderr).toContain('syncline history Link/contacts KEY');
  });

  it('where the link that was written by is not applied any more', async () => {
    expect((await rehearsal.syncline('state', 'rm', 'Link/contacts')).code).toBe(0);

    const outcome = await refused('UNDO_LINK_UNKNOWN', first);
    expect(outcome.stderr).toContain('Link/contacts');
  });
});
