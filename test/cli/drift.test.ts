import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pairsOf, populationOf, type Pair } from './agreement.ts';
import { Rehearsal, type Loose } from './harness.ts';
import { ActiveCampaignAccount, SalesforceAccount } from './vendor-accounts.ts';

let rehearsal: Rehearsal;
let salesforce: SalesforceAccount;
let pair: Pair;

beforeAll(async () => {
  rehearsal = await Rehearsal.start({ people: 5 });
  salesforce = new SalesforceAccount(rehearsal);
  expect((await rehearsal.syncline('apply', '-y')).code).toBe(0);
  pair = pairsOf(await populationOf(rehearsal))[0]!;
});

afterAll(() => rehearsal.close());

async function planJson(...argv: readonly string[]): Promise<Loose> {
  return JSON.parse((await rehearsal.syncline('plan', '--json', ...argv)).stdout);
}

async function storedField(): Promise<Loose> {
  return JSON.parse((await rehearsal.syncline('state', 'pull')).stdout).resources['Resource/sf-loyalty-number'];
}

const HIDDEN = {
  address: 'Resource/sf-loyalty-number',
  action_reason: 'hidden_from_credentials',
  change: { actions: ['update'], before: { visible: true }, after: { visible: false } },
};

describe('E2 drift, told apart by cause: permission', () => {
  it('a field that is hidden is not one that was deleted: it is granted again, and nothing of its people is guessed', async () => {
    await salesforce.hideField('Loyalty_Number__c');
    // What only the link itself needs, and no mapping names.
    await salesforce.hideField('Syncline_Id__c');
    await new ActiveCampaignAccount(rehearsal).setField(pair.ac, 'Loyalty Number', 'L-7');

    const planned = await rehearsal.syncline('plan', '--detailed-exitcode');
    expect(planned.code, planned.stderr).toBe(2);
    expect(planned.stdout).toContain('# Resource/sf-loyalty-number has been hidden from these credentials');
    expect(planned.stdout).toContain(
      'The records of Link/contacts were not read: what happens to them is not part of this plan.',
    );
    expect(planned.stdout).toContain('Plan: 0 to add, 2 to change, 0 to destroy.');
    const json = await planJson();
    expect(json.resource_drift).toMatchObject([HIDDEN, { ...HIDDEN, address: 'Resource/sf-syncline-id' }]);
    expect(json.links).toMatchObject([{ cause: 'none', left_out: { calls: 0 } }]);
    expect((await rehearsal.syncline('sync')).stderr).toContain('RECORD_FIELD_HIDDEN');

    expect((await rehearsal.syncline('apply', '-y')).code).toBe(0);
    expect((await rehearsal.syncline('sync')).code).toBe(0);
    expect(await salesforce.find(pair.address)).toMatchObject({ Loyalty_Number__c: 'L-7' });
    expect((await rehearsal.syncline('verify')).code).toBe(0);
    expect((await rehearsal.syncline('plan', '--detailed-exitcode')).code).toBe(0);
  });

  it('is accepted by --refresh-only, which keeps the field in the state', async () => {
    const before = await storedField();
    await salesforce.hideField('Loyalty_Number__c');

    expect((await planJson('--refresh-only')).resource_drift).toMatchObject([HIDDEN]);
    expect((await rehearsal.syncline('apply', '-y', '--refresh-only')).code).toBe(0);

    expect(await storedField()).toMatchObject({ id: before.id, attributes: { ...before.attributes, visible: false } });
    expect(await planJson()).toMatchObject({ resource_drift: [], summary: { add: 0, change: 1, destroy: 0 } });
    expect((await rehearsal.syncline('apply', '-y')).code).toBe(0);
  });

  it('an existing field that nobody may see is no field to create', async () => {
    expect((await rehearsal.syncline('state', 'rm', 'Resource/sf-loyalty-number')).code).toBe(0);
    await salesforce.hideField('Loyalty_Number__c');

    expect((await rehearsal.syncline('plan')).stderr).toContain('RESOURCE_EXISTS');
    const declared = '{ object: Contact, name: Loyalty_Number__c, label: Loyalty Number, type: Text, length: 20 }';
    await rehearsal.edit('resources.yaml', declared, `${declared}\n  adopt: true`);
    expect((await rehearsal.syncline('apply', '-y')).code).toBe(0);
    expect((await rehearsal.syncline('sync')).code).toBe(0);
  });
});

describe('E2 drift, told apart by cause: schema', () => {
  it('of a field that is mapped and not managed: hidden, deleted since, or never there', async () => {
    await rehearsal.edit('resources.yaml', '  adopt: true', '  mode: expected');
    expect((await rehearsal.syncline('apply', '-y')).code).toBe(0);

    await salesforce.hideField('Loyalty_Number__c');
    for (const command of ['plan', 'sync', 'verify']) {
      const hidden = (await rehearsal.syncline(command)).stderr;
      expect(hidden, command).toContain('RECORD_FIELD_HIDDEN');
      expect(hidden).toContain('(sf) hides the field "Loyalty_Number__c" from these credentials.');
    }
    await salesforce.deleteField('Loyalty_Number__c');
    for (const command of ['plan', 'sync', 'verify']) {
      const gone = (await rehearsal.syncline(command)).stderr;
      expect(gone, command).toContain('RECORD_FIELD_MISSING');
      expect(gone).toContain('has no field "Loyalty_Number__c". It was there when Link/contacts was last applied.');
    }
    await rehearsal.edit('link.yaml', 'sf: Loyalty_Number__c', 'sf: Loyality_Number__c');
    const misspelt = (await rehearsal.syncline('plan')).stderr;
    expect(misspelt).toMatch(/has no field "Loyality_Number__c"\.\n/);
    expect(misspelt).toMatch(/link\.yaml:\d+:13 {2}in Link\/contacts\n/);
  });

  it('of a type that only the account tells is shown where the field is mapped', async () => {
    await rehearsal.edit('resources.yaml', 'title: Loyalty Number, type: text', 'title: Loyalty, type: text');
    await rehearsal.edit('link.yaml', 'sf: Loyality_Number__c, ac: field/Loyalty Number', 'sf: Department, ac: field/Loyalty');
    await rehearsal.edit('link.yaml', 'sf: VIP__c, ac: field/VIP', 'sf: VIP__c, ac: field/Loyalty Number');
    expect((await rehearsal.syncline('validate')).code).toBe(0);
    expect((await rehearsal.syncline('plan')).stderr).toMatch(
      /^error MAPPING_INCOMPATIBLE_TYPES .*\n {2}link\.yaml:\d+:25 {2}in Mapping\/person\n/,
    );
  });
});
