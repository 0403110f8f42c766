import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  byAddress,
  changedRows,
  disagreements,
  duplicates,
  MAPPED_SALESFORCE_FIELDS,
  pairsOf,
  populationOf,
  unambiguousAddresses,
  type Population,
} from './agreement.ts';
import { lineOf, Rehearsal, type Loose, type Row } from './harness.ts';
import { ActiveCampaignAccount, SalesforceAccount } from './vendor-accounts.ts';

const STAMPS = ['LastModifiedDate', 'LastModifiedById', 'SystemModstamp'];
const ACTIVECAMPAIGN_STAMPS = ['udate', 'updated_utc_timestamp', 'updated_timestamp', 'updated_by'];
/** Nobody's values: ActiveCampaign shows them as null until a contact is touched, and as their defaults from then on. */
const ACTIVECAMPAIGN_DEFAULTS = ['ua', 'created_by', 'best_send_hour', 'sms_consent', 'sms_consent_updated_at'];
const ACTIVECAMPAIGN_MAPPED = ['email', 'email_domain', 'firstName', 'lastName', 'phone'];

describe.each([1, 2026])('D7 D8 E6 the first sync of 200 people (seed %i)', (seed) => {
  let rehearsal: Rehearsal;
  let before: Population;
  let after: Population;
  let rows: Record<string, { before: readonly Row[]; after: readonly Row[] }>;
  let planned: Loose;
  let done: Loose;

  beforeAll(async () => {
    rehearsal = await Rehearsal.start({ people: 200, seed });
    const read = async () => ({
      Contact: await rehearsal.dump('salesforce', 'Contact'),
      Account: await rehearsal.dump('salesforce', 'Account'),
      contact: await rehearsal.dump('activecampaign', 'contact'),
      contactTag: await rehearsal.dump('activecampaign', 'contactTag'),
      contactList: await rehearsal.dump('activecampaign', 'contactList'),
    });
    before = await populationOf(rehearsal);
    const first = await read();
    planned = JSON.parse((await rehearsal.syncline('plan', '--json')).stdout);
    const outcome = await rehearsal.syncline('apply', '-y', '--json');
    expect(outcome.code, outcome.stdout.slice(-2000)).toBe(0);
    done = lineOf(outcome, 'cycle_summary');
    after = await populationOf(rehearsal);
    const second = await read();
    rows = Object.fromEntries(
      Object.entries(first).map(([name, value]) => [name, { before: value, after: second[name as keyof typeof second] }]),
    );
  });

  afterAll(() => rehearsal.close());

  it('ends with both ends agreeing on all twelve fields of everybody', () => {
    expect(unambiguousAddresses(after).length).toBeGreaterThan(170);
    expect(disagreements(after)).toEqual([]);
  });

  it('leaves everybody with an address of their own at both ends exactly once', () => {
    for (const address of unambiguousAddresses(before)) {
      expect(byAddress(after.salesforce).get(address), address).toHaveLength(1);
      expect(byAddress(after.activecampaign).get(address), address).toHaveLength(1);
    }
    expect(duplicates(after.salesforce)).toEqual(duplicates(before.salesforce));
    expect(duplicates(after.activecampaign)).toEqual([]);
  });

  it('changes no field that is not mapped', () => {
    expect(
      changedRows(rows['Contact']!.before, rows['Contact']!.after, 'Id', [...MAPPED_SALESFORCE_FIELDS, 'Name', ...STAMPS]),
    ).toEqual([]);
    expect(rows['Account']!.after).toEqual(rows['Account']!.before);
    const stamps = [...ACTIVECAMPAIGN_MAPPED, ...ACTIVECAMPAIGN_STAMPS, ...ACTIVECAMPAIGN_DEFAULTS];
    expect(changedRows(rows['contact']!.before, rows['contact']!.after, 'id', stamps)).toEqual([]);
    expect(rows['contactTag']!.after.filter((row) => Number(row['id']) <= rows['contactTag']!.before.length)).toEqual(
      rows['contactTag']!.before,
    );
    const present = rows['Contact']!.before;
    for (const name of ['Fax', 'AssistantName', 'Description'])
      expect(present.filter((row) => row[name] !== null).length, name).toBeGreaterThan(20);
  });

  it('touches nobody without an address, and nobody whose address is not their own', () => {
    const ambiguous = new Set(duplicates(before.salesforce));
    const left = rows['Contact']!.before.filter(
      (row) => row['Email'] === null || ambiguous.has(String(row['Email']).toLowerCase()),
    );
    const partners = rows['contact']!.before.filter((row) => ambiguous.has(String(row['email']).toLowerCase()));
    expect(left.length).toBeGreaterThan(3);
    expect(ambiguous.size).toBeGreaterThan(0);

    expect(changedRows(left, rows['Contact']!.after, 'Id', [])).toEqual([]);
    expect(changedRows(partners, rows['contact']!.after, 'id', [])).toEqual([]);
    const ids = new Set(partners.map((row) => row['id']));
    const tagged = after.activecampaign.filter((person) => ids.has(person.id) && person.tagged);
    expect(tagged).toEqual([]);
  });

  it('carries an opt-out of either end to both, and opts nobody in', () => {
    const outs = (population: Population): Set<string> =>
      new Set(
        [...population.salesforce, ...population.activecampaign]
          .filter((person) => person.optedOut)
          .map((person) => person.email.toLowerCase()),
      );
    const expected = outs(before);
    expect(expected.size).toBeGreaterThan(5);

    for (const address of unambiguousAddresses(after)) {
      for (const end of ['salesforce', 'activecampaign'] as const) {
        expect(byAddress(after[end]).get(address)![0]!.optedOut, `${address} at ${end}`).toBe(expected.has(address));
      }
    }
  });

  it('subscribes nobody to anything, and leaves other lists alone', () => {
    const statuses = (memberships: readonly Row[]) =>
      new Map(memberships.map((row) => [`${row['contact']} of list ${row['list']}`, row['status']]));
    const was = statuses(rows['contactList']!.before);
    const is = statuses(rows['contactList']!.after);

    expect([...was.keys()].filter((membership) => !is.has(membership))).toEqual([]);
    const changed = [...is].filter(([membership, status]) => was.get(membership) !== status);
    expect(changed.length).toBeGreaterThan(0);
    // The first list is the newsletter, and 2 is unsubscribed.
    for (const [membership, status] of changed) expect(`${membership}: ${status}`).toMatch(/ of list 1: 2$/);
  });

  it('does what the plan said, by the numbers', () => {
    const [link] = planned.links;
    const ends = (name: string) => ({
      created: link.ends[name].create,
      updated: link.ends[name].update,
      deleted: link.ends[name].delete,
    });
    expect(done.ends).toEqual({ ac: ends('ac'), sf: ends('sf') });
    expect(done.resolved).toBe(link.conflict_count);
    expect(after.salesforce.length - before.salesforce.length).toBe(link.ends.sf.create);
    expect(after.activecampaign.length - before.activecampaign.length).toBe(link.ends.ac.create);
  });

  it('changes as many records as the plan said and no other', () => {
    const [link] = planned.links;
    const changed = changedRows(rows['Contact']!.before, rows['Contact']!.after, 'Id', []).map((line) => line.split(' ')[0]);
    expect(new Set(changed).size).toBe(link.ends.sf.update);
  });

  it('lists each record of the plan with what it became', async () => {
    const outcome = await rehearsal.syncline('verify', '--json');
    const [link] = JSON.parse(outcome.stdout).links;
    expect(outcome.code).toBe(0);
    expect(link).toMatchObject({
      persons: unambiguousAddresses(after).length,
      agreeing: unambiguousAddresses(after).length,
      differing: [],
      only: { ac: [], sf: [] },
    });
  });

  it('takes Salesforce’s value where both ends held another one', () => {
    const [sf, ac] = [byAddress(before.salesforce), byAddress(before.activecampaign)];
    const conflicts = unambiguousAddresses(before).filter((address) => {
      const [one, other] = [sf.get(address)?.[0]?.fields['FirstName'], ac.get(address)?.[0]?.fields['FirstName']];
      return one !== undefined && other !== undefined && one !== '' && other !== '' && one !== other;
    });
    expect(conflicts.length).toBeGreaterThan(2);
    for (const address of conflicts) {
      expect(byAddress(after.activecampaign).get(address)![0]!.fields['FirstName']).toBe(
        sf.get(address)![0]!.fields['FirstName'],
      );
    }
  });
});

describe('D7 D9 what people edit later', () => {
  let rehearsal: Rehearsal;
  let salesforce: SalesforceAccount;
  let activecampaign: ActiveCampaignAccount;
  let ann: { readonly email: string; readonly sf: string; readonly ac: string };

  beforeEach(async () => {
    rehearsal = await Rehearsal.start();
    salesforce = new SalesforceAccount(rehearsal);
    activecampaign = new ActiveCampaignAccount(rehearsal);
    const id = await salesforce.create({
      FirstName: 'Ann',
      LastName: 'Example',
      Email: 'ann@example.com',
      Phone: '+1 555 1',
      Title: 'Buyer',
      MailingCity: 'Berlin',
      Birthdate: '1980-02-29',
      LeadSource: 'Web',
      Fax: '+1 555 FAX',
    });
    const outcome = await rehearsal.syncline('apply', '-y');
    expect(outcome.code, outcome.stderr).toBe(0);
    ann = { email: 'ann@example.com', sf: id, ac: (await activecampaign.find('ann@example.com')).id };
  });

  afterEach(() => rehearsal.close());

  async function cycle(): Promise<Loose> {
    const outcome = await rehearsal.syncline('sync', '--json');
    expect(outcome.code, outcome.stdout).toBe(0);
    expect((await rehearsal.syncline('verify')).code).toBe(0);
    expect(disagreements(await populationOf(rehearsal))).toEqual([]);
    return lineOf(outcome, 'cycle_summary');
  }

  it('flow from ActiveCampaign to Salesforce where only ActiveCampaign was edited', async () => {
    await activecampaign.update(ann.ac, { firstName: 'Anna', phone: '+1 555 2' });
    await activecampaign.setField(ann.ac, 'Job Title', 'Head Buyer');
    await activecampaign.setField(ann.ac, 'Birthday', '1981-03-01');
    await activecampaign.setField(ann.ac, 'Lead Source', 'Other');
    await activecampaign.setField(ann.ac, 'VIP', '||true||');
    await activecampaign.setField(ann.ac, 'Loyalty Number', 'L-1');

    const summary = await cycle();

    expect(await salesforce.find(ann.email)).toMatchObject({
      FirstName: 'Anna',
      Phone: '+1 555 2',
      Title: 'Head Buyer',
      Birthdate: '1981-03-01',
      LeadSource: 'Other',
      VIP__c: true,
      Loyalty_Number__c: 'L-1',
      Fax: '+1 555 FAX',
      MailingCity: 'Berlin',
    });
    expect(summary).toMatchObject({ resolved: 0, conflicts: 0, ends: { sf: { updated: 1 } } });
  });

  it('flow from Salesforce to ActiveCampaign where only Salesforce was edited', async () => {
    await salesforce.update(ann.sf, { LastName: 'Sample', Birthdate: null, VIP__c: true, MailingCity: 'Köln' });

    const summary = await cycle();

    const after = await populationOf(rehearsal);
    expect(byAddress(after.activecampaign).get(ann.email)![0]!.fields).toMatchObject({
      LastName: 'Sample',
      Birthdate: '',
      VIP__c: 'true',
      MailingCity: 'Köln',
      'Full Name': 'Ann Sample',
    });
    expect(summary).toMatchObject({ resolved: 0, ends: { ac: { updated: 1 }, sf: { updated: 0 } } });
  });

  it('are won by Salesforce for the whole record where both edited the same person', async () => {
    await salesforce.update(ann.sf, { Title: 'Buyer of Salesforce' });
    await activecampaign.update(ann.ac, { firstName: 'Anna of ActiveCampaign', phone: '+1 555 99' });

    const summary = await cycle();

    const after = await populationOf(rehearsal);
    const expected = { FirstName: 'Ann', Phone: '+1 555 1', Title: 'Buyer of Salesforce' };
    expect(byAddress(after.salesforce).get(ann.email)![0]!.fields).toMatchObject(expected);
    expect(byAddress(after.activecampaign).get(ann.email)![0]!.fields).toMatchObject(expected);
    expect(summary.resolved).toBeGreaterThan(0);
  });

  it('are ActiveCampaign’s again once Salesforce’s own change has been carried over', async () => {
    await salesforce.update(ann.sf, { Title: 'First' });
    await cycle();
    await activecampaign.setField(ann.ac, 'Job Title', 'Second');

    await cycle();

    expect(await salesforce.find(ann.email)).toMatchObject({ Title: 'Second' });
  });

  it('are not mistaken for a conflict where both typed the same', async () => {
    await salesforce.update(ann.sf, { Phone: '+1 555 3' });
    await activecampaign.update(ann.ac, { phone: '+1 555 3' });

    expect(await cycle()).toMatchObject({ resolved: 0, conflicts: 0 });
  });

  it('put back what was changed at the end that is not the source of a field', async () => {
    await activecampaign.setField(ann.ac, 'Full Name', 'Somebody Else');

    await cycle();

    expect(byAddress((await populationOf(rehearsal)).activecampaign).get(ann.email)![0]!.fields['Full Name']).toBe('Ann Example');
  });

  it('carry a new address to the other end instead of making somebody new', async () => {
    await salesforce.update(ann.sf, { Email: 'ann.new@example.com' });
    await cycle();
    expect((await activecampaign.find('ann.new@example.com')).id).toBe(ann.ac);

    await activecampaign.update(ann.ac, { email: 'ann.newest@example.com' });
    await cycle();
    expect((await salesforce.find('ann.newest@example.com')).Id).toBe(ann.sf);
  });

  it('carry a new company of Salesforce’s account', async () => {
    const [account] = await rehearsal.dump('salesforce', 'Account');
    await salesforce.update(ann.sf, { AccountId: account!['Id'] });

    await cycle();

    expect(byAddress((await populationOf(rehearsal)).activecampaign).get(ann.email)![0]!.fields['Account.Name']).toBe(
      account!['Name'],
    );
  });

  it('bring newcomers of either end to the other', async () => {
    await salesforce.create({ LastName: 'Newcomer', Email: 'from.salesforce@example.com' });
    await activecampaign.create({ firstName: 'New', lastName: '', email: 'From.ActiveCampaign@example.com' });

    expect(await cycle()).toMatchObject({ ends: { sf: { created: 1 }, ac: { created: 1 } } });

    expect(await salesforce.find('from.activecampaign@example.com')).toMatchObject({ FirstName: 'New', LastName: '-' });
    expect(await activecampaign.find('from.salesforce@example.com')).toMatchObject({ lastName: 'Newcomer' });
  });

  it('all arrive, whoever was edited right after the first sync', async () => {
    const pairs = pairsOf(await populationOf(rehearsal));
    for (const [index, pair] of pairs.entries()) {
      if (index % 3 === 0) await salesforce.update(pair.sf, { MailingCity: `City ${index}` });
      else await activecampaign.update(pair.ac, { firstName: `Name ${index}` });
    }

    expect(await cycle()).toMatchObject({ resolved: 0 });

    const after = await populationOf(rehearsal);
    for (const [index, { address }] of pairs.entries()) {
      const expected = index % 3 === 0 ? { MailingCity: `City ${index}` } : { FirstName: `Name ${index}` };
      expect(byAddress(after.salesforce).get(address)![0]!.fields, address).toMatchObject(expected);
    }
  });

  it('survive that they were made while the sync was under way', async () => {
    const pairs = pairsOf(await populationOf(rehearsal));
    await salesforce.update(pairs[0]!.sf, { Title: 'Before' });
    await activecampaign.update(pairs[1]!.ac, { phone: '+41 44 1' });
    let edited: Promise<unknown> | undefined;
    const stop = rehearsal.onCall(({ request, taken }) => {
      if (!taken || edited !== undefined || request.method !== 'PATCH') return;
      edited = Promise.all([
        salesforce.update(pairs[0]!.sf, { MailingCity: 'Meanwhile' }),
        salesforce.update(pairs[2]!.sf, { MailingCity: 'Meanwhile' }),
        activecampaign.update(pairs[3]!.ac, { firstName: 'Meanwhile' }),
      ]);
    });

    await rehearsal.syncline('sync');
    stop();
    await edited;
    await cycle();

    expect(edited).toBeDefined();
    const people = byAddress((await populationOf(rehearsal)).activecampaign);
    expect(people.get(pairs[0]!.address)![0]!.fields).toMatchObject({ Title: 'Before', MailingCity: 'Meanwhile' });
    expect(people.get(pairs[2]!.address)![0]!.fields).toMatchObject({ MailingCity: 'Meanwhile' });
    expect(people.get(pairs[3]!.address)![0]!.fields).toMatchObject({ FirstName: 'Meanwhile' });
    expect(await salesforce.find(pairs[1]!.address)).toMatchObject({ Phone: '+41 44 1' });
  });

  it('unlink somebody who was deleted at one end, and bring nobody back', async () => {
    await salesforce.delete(ann.sf);
    const first = lineOf(await rehearsal.syncline('sync', '--json'), 'cycle_summary');
    const left = await activecampaign.find(ann.email);
    await activecampaign.update(ann.ac, { firstName: 'Still here' });
    const second = lineOf(await rehearsal.syncline('sync', '--json'), 'cycle_summary');

    expect(first.unlinked).toBe(1);
    expect(left).toBeDefined();
    expect(second.ends).toEqual({ ac: { created: 0, updated: 0, deleted: 0 }, sf: { created: 0, updated: 0, deleted: 0 } });
    expect(await salesforce.find(ann.email)).toBeUndefined();
    expect((await rehearsal.syncline('verify')).code).toBe(0);
  });

  it('find out by two sweeps who was deleted in ActiveCampaign', async () => {
    await activecampaign.delete(ann.ac);

    const first = lineOf(await rehearsal.syncline('sync', '--sweep', '--json'), 'cycle_summary');
    const second = lineOf(await rehearsal.syncline('sync', '--sweep', '--json'), 'cycle_summary');
    await rehearsal.syncline('sync');

    expect([first.unlinked, second.unlinked]).toEqual([0, 1]);

    expect(await activecampaign.find(ann.email)).toBeUndefined();
    expect(await salesforce.find(ann.email)).toBeDefined();
    expect((await rehearsal.syncline('verify')).code).toBe(0);
  });

  it('link who was ambiguous once one of the two has another address', async () => {
    const twin = await salesforce.create({ LastName: 'Twin', Email: 'twin@example.com' });
    await salesforce.create({ LastName: 'Other', Email: 'TWIN@example.com' });
    expect((await rehearsal.syncline('sync')).code).toBe(3);

    await salesforce.update(twin, { Email: 'twin.two@example.com' });

    expect(await cycle()).toMatchObject({ ends: { ac: { created: 2 } } });
  });
});
