import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { byAddress, disagreements, pairsOf, populationOf } from './agreement.ts';
import { lineOf, Rehearsal, type Loose } from './harness.ts';
import { ActiveCampaignAccount, SalesforceAccount } from './vendor-accounts.ts';

const EMAIL = 'ann@example.com';

let rehearsal: Rehearsal;
let salesforce: SalesforceAccount;
let activecampaign: ActiveCampaignAccount;
let ann: { readonly sf: string; readonly ac: string };

beforeEach(async () => {
  rehearsal = await Rehearsal.start({ people: 20, seed: 2 });
  salesforce = new SalesforceAccount(rehearsal);
  activecampaign = new ActiveCampaignAccount(rehearsal);
  const sf = await salesforce.create({ FirstName: 'Ann', LastName: 'Example', Email: EMAIL });
  await rehearsal.syncline('apply', '-y');
  ann = { sf, ac: (await activecampaign.find(EMAIL)).id };
});

afterEach(() => rehearsal.close());

async function cycle(): Promise<Loose> {
  await rehearsal.advance('PT1H');
  const outcome = await rehearsal.syncline('sync', '--json');
  expect(outcome.code, outcome.stdout).toBe(0);
  expect((await rehearsal.syncline('verify')).code).toBe(0);
  expect(disagreements(await populationOf(rehearsal))).toEqual([]);
  return lineOf(outcome, 'cycle_summary');
}

/** Whether she is opted out in Salesforce and in ActiveCampaign. */
async function optedOut(): Promise<readonly boolean[]> {
  const { salesforce: sf, activecampaign: ac } = await populationOf(rehearsal);
  return [byAddress(sf).get(EMAIL)![0]!.optedOut, byAddress(ac).get(EMAIL)![0]!.optedOut];
}

/** Salesforce's value is what a person sees; the list's status tells more. */
async function subscription(): Promise<unknown> {
  const list = (await rehearsal.dump('activecampaign', 'list')).find((row) => row['name'] === 'Newsletter')!['id'];
  const found = (await rehearsal.dump('activecampaign', 'contactList')).find(
    (row) => row['contact'] === ann.ac && row['list'] === list,
  );
  return found?.['status'];
}

describe('E7 a bounce is deliverability, and no consent', () => {
  it('is shown as held, opts nobody out or in, and stays where it is through opt-ins and edits', async () => {
    await rehearsal.edit('link.yaml', 'authority: ac', 'authority: sf');
    expect((await rehearsal.syncline('apply', '-y')).code).toBe(0);
    const status = async (id: string) =>
      (await rehearsal.dump('activecampaign', 'contactList')).filter((row) => row['contact'] === id).map((row) => row['status']);
    const bouncing = (await rehearsal.dump('activecampaign', 'contact')).filter((row) => row['bounced_hard'] === '1');
    const pairs = pairsOf(await populationOf(rehearsal));
    const pair = pairs.find(({ ac }) => bouncing.some((row) => row['id'] === ac))!;
    expect(await status(pair.ac)).toContain('3');

    await salesforce.update(pair.sf, { MailingCity: 'Bergen' });
    await cycle();
    expect((await populationOf(rehearsal)).salesforce.find(({ id }) => id === pair.sf)!.optedOut).toBe(false);
    expect(await status(pair.ac)).toContain('3');
    const verified = JSON.parse((await rehearsal.syncline('verify', '--json', '--show-values')).stdout).links[0];
    const reason = 'mail bounces at ac, which is no consent and no opt-out';
    const keys = verified.held.filter((held: Loose) => held.reason === reason).map((held: Loose) => held.key.toLowerCase());
    expect(keys).toContain(pair.address);
    expect(keys).toHaveLength(bouncing.filter((row) => pairs.some(({ ac }) => ac === row['id'])).length);

    // An opt-out is recorded; consent that is given again does not mend an address that bounces.
    await salesforce.update(pair.sf, { HasOptedOutOfEmail: true });
    await cycle();
    expect(await status(pair.ac)).toContain('2');
    await salesforce.update(pair.sf, { HasOptedOutOfEmail: false });
    await rehearsal.advance('PT1H');
    expect((await rehearsal.syncline('sync')).code).toBe(3);
    expect(await status(pair.ac)).not.toContain('1');
    const again = JSON.parse((await rehearsal.syncline('verify', '--json', '--show-values')).stdout).links[0];
    expect(again.held).toContainEqual({ key: expect.any(String), reason: 'quarantined: PROVIDER_ADDRESS_SUPPRESSED' });
    expect(again.differing).toEqual([]);
  });
});

describe('E7 an opt-out is never undone by a sync', () => {
  it('reaches ActiveCampaign from Salesforce', async () => {
    await salesforce.update(ann.sf, { HasOptedOutOfEmail: true });

    await cycle();

    expect(await optedOut()).toEqual([true, true]);
  });

  it('reaches Salesforce from ActiveCampaign', async () => {
    await activecampaign.setSubscription(ann.ac, 1);
    await cycle();
    await activecampaign.setSubscription(ann.ac, 2);

    await cycle();

    expect(await optedOut()).toEqual([true, true]);
  });

  it('survives a newer edit of the profile at the other end', async () => {
    await activecampaign.setSubscription(ann.ac, 2);
    await rehearsal.advance('PT10M');
    await salesforce.update(ann.sf, { Title: 'Edited later', HasOptedOutOfEmail: false });

    await cycle();

    expect(await optedOut()).toEqual([true, true]);
  });

  it('is put back where Salesforce, which is not the authority, subscribes again', async () => {
    await salesforce.update(ann.sf, { HasOptedOutOfEmail: true });
    await cycle();
    await salesforce.update(ann.sf, { HasOptedOutOfEmail: false });

    await cycle();

    expect(await optedOut()).toEqual([true, true]);
    expect(await cycle()).toMatchObject({ ends: { ac: { updated: 0 }, sf: { updated: 0 } } });
  });

  it('ends where ActiveCampaign, the authority, subscribes again', async () => {
    await activecampaign.setSubscription(ann.ac, 2);
    await cycle();
    await rehearsal.advance('PT1H');
    await activecampaign.setSubscription(ann.ac, 1);

    await cycle();

    expect(await optedOut()).toEqual([false, false]);
    expect(await subscription()).toBe('1');
  });

  it('can be given again after it was taken back', async () => {
    for (const step of [2, 1, 2] as const) {
      await activecampaign.setSubscription(ann.ac, step);
      await cycle();
      expect(await optedOut(), String(step)).toEqual([step === 2, step === 2]);
    }
    await salesforce.update(ann.sf, { HasOptedOutOfEmail: false });
    await cycle();
    expect(await optedOut()).toEqual([true, true]);
  });

  it('wins where one end opts out and the other subscribes at the same time', async () => {
    await salesforce.update(ann.sf, { HasOptedOutOfEmail: true });
    await activecampaign.setSubscription(ann.ac, 1);

    await cycle();

    expect(await optedOut()).toEqual([true, true]);
  });

  it('outlives the person: whoever comes back with the address is opted out', async () => {
    await salesforce.update(ann.sf, { HasOptedOutOfEmail: true });
    await cycle();
    await salesforce.delete(ann.sf);
    await activecampaign.delete(ann.ac);
    for (const _sweep of [1, 2]) await rehearsal.syncline('sync', '--sweep');
    await salesforce.create({ FirstName: 'Ann', LastName: 'Again', Email: 'Ann@example.com' });

    await rehearsal.syncline('sync', '--until-converged');

    expect(await optedOut()).toEqual([true, true]);
  });

  it('stays with an address that somebody else takes over', async () => {
    await salesforce.update(ann.sf, { HasOptedOutOfEmail: true });
    await cycle();
    await salesforce.update(ann.sf, { Email: 'ann.moved@example.com' });
    await cycle();
    await salesforce.create({ FirstName: 'Ben', LastName: 'Next', Email: EMAIL });

    await rehearsal.syncline('sync', '--until-converged');

    expect(await optedOut()).toEqual([true, true]);
  });

  it('is never given to a new record that the other end does not know to be subscribed', async () => {
    await salesforce.create({ LastName: 'Open', Email: 'open@example.com' });

    await cycle();

    const open = (await activecampaign.find('open@example.com')).id as string;
    expect((await rehearsal.dump('activecampaign', 'contactList')).filter((row) => row['contact'] === open)).toEqual([]);
  });
});
