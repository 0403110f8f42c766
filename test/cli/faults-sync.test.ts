import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pairsOf, populationOf, type Pair, type Population } from './agreement.ts';
import { expectConverged, expectHonest, FAULT_CASES, lasting } from './fault-cases.ts';
import { Rehearsal, type VendorName } from './harness.ts';
import { ActiveCampaignAccount, SalesforceAccount } from './vendor-accounts.ts';

describe.each(['salesforce', 'activecampaign'] as const)('E6 a sync that %s fails', (vendor: VendorName) => {
  let rehearsal: Rehearsal;
  let salesforce: SalesforceAccount;
  let activecampaign: ActiveCampaignAccount;
  let pairs: readonly Pair[];
  let edits = 0;

  beforeAll(async () => {
    rehearsal = await Rehearsal.start({ people: 12 });
    salesforce = new SalesforceAccount(rehearsal);
    activecampaign = new ActiveCampaignAccount(rehearsal);
    expect((await rehearsal.syncline('apply', '-y')).code).toBe(0);
    pairs = pairsOf(await populationOf(rehearsal));
  });

  afterAll(() => rehearsal.close());

  beforeEach(() => rehearsal.advance('PT1H'));

  /** Somebody edited at each end, somebody new at each end, and an opt-out: something to write everywhere. */
  async function edit(): Promise<Population> {
    edits += 1;
    await salesforce.update(pairs[0]!.sf, { Title: `Title ${edits}`, HasOptedOutOfEmail: true });
    await activecampaign.update(pairs[1]!.ac, { firstName: `Name ${edits}` });
    await salesforce.create({ LastName: `New ${edits}`, Email: `new.sf.${edits}@example.com` });
    await activecampaign.create({ lastName: `New ${edits}`, email: `new.ac.${edits}@example.com` });
    return populationOf(rehearsal);
  }

  /** The ends may not agree by having lost what people typed. */
  async function expectEdits(): Promise<void> {
    const after = await populationOf(rehearsal);
    for (const end of ['salesforce', 'activecampaign'] as const) {
      const record = (pair: Pair) => after[end].find(({ id }) => id === (end === 'salesforce' ? pair.sf : pair.ac))!;
      expect(record(pairs[0]!).fields['Title']).toBe(`Title ${edits}`);
      expect(record(pairs[0]!).optedOut).toBe(true);
      expect(record(pairs[1]!).fields['FirstName']).toBe(`Name ${edits}`);
    }
  }

  it.each(FAULT_CASES.filter((fault) => fault.vendor === vendor && (fault.calls !== 'read-backs' || fault.kind !== 'slow')))(
    'converges when it is run again after $kind at $calls',
    async (fault) => {
      const before = await edit();
      await rehearsal.faults(fault.vendor, lasting(fault, 0));

      const first = await rehearsal.syncline('sync');
      await rehearsal.faults(fault.vendor, []);
      await rehearsal.advance('PT1H');
      const second = await rehearsal.syncline('sync', '--until-converged');

      expectHonest(first);
      expect(second.code, second.stderr).toBe(0);
      await expectConverged(rehearsal, before);
      await expectEdits();
    },
  );

  it.each([0, 2])('loses no edit where every call fails once from call %i on', async (after) => {
    const before = await edit();
    const kinds = ['reset', '503', 'lost-response', 'expired-token', 'truncate', '500'];
    await rehearsal.faults(
      vendor,
      kinds.map((kind) => ({
        match: { method: '*', path: vendor === 'salesforce' ? '/services/data/*' : '/api/3/*' },
        kind,
        after,
      })),
    );

    const first = await rehearsal.syncline('sync');
    await rehearsal.faults(vendor, []);
    await rehearsal.advance('PT1H');
    const second = await rehearsal.syncline('sync', '--until-converged');

    expectHonest(first);
    expect(second.code, second.stderr).toBe(0);
    expect((await rehearsal.syncline('verify')).code).toBe(0);
    await expectConverged(rehearsal, before);
    await expectEdits();
  });
});

describe('E6 a write of which the vendor refuses the last call', () => {
  let rehearsal: Rehearsal;
  afterAll(() => rehearsal.close());

  it('is not taken for the edit of a person, who went on editing where it came from', async () => {
    rehearsal = await Rehearsal.start({ people: 3 });
    const salesforce = new SalesforceAccount(rehearsal);
    const activecampaign = new ActiveCampaignAccount(rehearsal);
    await rehearsal.edit('link.yaml', 'prefer: sf, while: pending, unit: record', 'prefer: ac, unit: field');
    const ann = await salesforce.create({ FirstName: 'Ann', LastName: 'Example', Email: 'ann@example.com' });
    expect((await rehearsal.syncline('apply', '-y')).code).toBe(0);
    await activecampaign.removeTags((await activecampaign.find('ann@example.com')).id);
    await salesforce.update(ann, { FirstName: 'Anna' });
    await rehearsal.advance('PT1H');
    await rehearsal.faults('activecampaign', [{ match: { method: 'POST', path: '/api/3/contactTags' }, kind: '429', times: 20 }]);

    const first = await rehearsal.syncline('sync');
    await rehearsal.faults('activecampaign', []);
    expect((await activecampaign.find('ann@example.com')).firstName).toBe('Anna');
    await salesforce.update(ann, { FirstName: 'Annabel' });
    await rehearsal.advance('PT1H');
    const second = await rehearsal.syncline('sync');

    expect(first.stdout).toContain('1 without an answer');
    expect(second.code, second.stderr).toBe(0);
    expect((await salesforce.find('ann@example.com')).FirstName).toBe('Annabel');
    expect((await activecampaign.find('ann@example.com')).firstName).toBe('Annabel');
  });
});
