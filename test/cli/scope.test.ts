import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lineOf, Rehearsal, type Loose } from './harness.ts';
import { ActiveCampaignAccount, SalesforceAccount } from './vendor-accounts.ts';

let rehearsal: Rehearsal;
let salesforce: SalesforceAccount;
let activecampaign: ActiveCampaignAccount;

const ENDS = `    sf: { integration: salesforce, object: Contact, enter: everyone, externalId: Syncline_Id__c }
    ac: { integration: activecampaign, object: contact, enter: everyone }`;
const EMAIL = 'ann@example.com';

beforeEach(async () => {
  rehearsal = await Rehearsal.start({ people: 10 });
  salesforce = new SalesforceAccount(rehearsal);
  activecampaign = new ActiveCampaignAccount(rehearsal);
});

afterEach(() => rehearsal.close());

async function enterBy(rule: string): Promise<void> {
  await rehearsal.edit('link.yaml', ENDS, ENDS.replace('everyone', rule).replace('everyone }', 'nobody }'));
}

async function cycle(): Promise<Loose> {
  const outcome = await rehearsal.syncline('sync', '--json');
  expect([0, 3], outcome.stdout).toContain(outcome.code);
  return lineOf(outcome, 'cycle_summary');
}

describe('D4 D10 contacts that leave Salesforce by a flag', () => {
  it('are created, deleted where they leave, and come back, and the plan tells who', async () => {
    await enterBy('{ flag: DoNotCall }, onLeave: delete');
    const applied = await rehearsal.syncline('apply', '-y');
    const ann = await salesforce.create({ FirstName: 'Ann', LastName: 'Example', Email: EMAIL });
    const before = await cycle();
    const unflagged = await activecampaign.find(EMAIL);

    await salesforce.update(ann, { DoNotCall: true });
    const entered = await cycle();
    const contact = await activecampaign.find(EMAIL);
    await salesforce.update(ann, { DoNotCall: false });
    const left = await cycle();
    const gone = await activecampaign.find(EMAIL);
    await salesforce.update(ann, { DoNotCall: true });
    await cycle();
    const writes = await rehearsal.writes();
    await cycle();

    expect(applied.code, applied.stderr).toBe(0);
    expect([before.ends.ac.created, unflagged]).toEqual([0, undefined]);
    expect([entered.ends.ac.created, contact.firstName]).toEqual([1, 'Ann']);
    expect([left.ends.ac.deleted, left.left, gone]).toEqual([1, 1, undefined]);
    expect(await activecampaign.find(EMAIL)).toMatchObject({ firstName: 'Ann' });
    expect(await rehearsal.writes()).toBe(writes);
  });

  it('are refused by validate where the rule names no flag', async () => {
    await enterBy('{ flag: LastName }');

    const outcome = await rehearsal.syncline('validate');

    expect(outcome.code).toBe(1);
    expect(outcome.stdout + outcome.stderr).toMatch(
      /LINK_SCOPE_INVALID[\s\S]*link\.yaml:\d+:\d+[\s\S]*A flag is a boolean field, and "LastName"/,
    );
  });
});
