import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Rehearsal } from './harness.ts';
import { ActiveCampaignAccount, SalesforceAccount } from './vendor-accounts.ts';

let rehearsal: Rehearsal;

beforeAll(async () => {
  rehearsal = await Rehearsal.start({ people: 4, example: 'manual-conflicts' });
});

afterAll(() => rehearsal.close());

describe('E6 E17 the example of conflicts that a person decides', () => {
  it('is valid, lets the owner decide its field, parks the other one, and carries the file of decisions out', async () => {
    const salesforce = new SalesforceAccount(rehearsal);
    const activecampaign = new ActiveCampaignAccount(rehearsal);
    const sf = await salesforce.create({ FirstName: 'Ada', LastName: 'Example', Email: 'ada@example.com', Phone: '1' });
    expect((await rehearsal.syncline('validate')).code).toBe(0);
    const planned = await rehearsal.syncline('plan');
    expect(planned.code, planned.stderr).toBe(0);
    expect(planned.stdout).toContain('Policies: 1 of 2 passed');
    expect(planned.stdout).toContain('Policy/calm is not satisfied: Mapping/person has no label owner.');
    expect((await rehearsal.syncline('apply', '-y')).code).toBe(0);
    const ac = (await activecampaign.find('ada@example.com')).id;
    await salesforce.update(sf, { FirstName: 'Adele', Phone: '2' });
    await activecampaign.update(ac, { firstName: 'Adah', phone: '3' });
    await rehearsal.advance('PT1H');

    expect((await rehearsal.syncline('sync')).code).toBe(3);
    expect(await activecampaign.find('ada@example.com')).toMatchObject({ firstName: 'Adah', phone: '2' });
    expect(await salesforce.find('ada@example.com')).toMatchObject({ FirstName: 'Adele', Phone: '2' });

    const recorded = await rehearsal.syncline('conflicts', 'resolve', '-f', 'resolutions.yaml');
    expect(recorded.code, recorded.stderr).toBe(0);
    expect((await rehearsal.syncline('sync')).code).toBe(0);
    expect(await salesforce.find('ada@example.com')).toMatchObject({ FirstName: 'Adah' });
    expect((await rehearsal.syncline('plan', '--detailed-exitcode')).code).toBe(0);
  });
});
