/** E4: what was approved is not exceeded, whichever command carries it out, and whenever. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lineOf, Rehearsal, type Outcome } from './harness.ts';
import { ActiveCampaignAccount, SalesforceAccount } from './vendor-accounts.ts';

let rehearsal: Rehearsal;

beforeEach(async () => {
  rehearsal = await Rehearsal.start({ people: 8 });
});

afterEach(() => rehearsal.close());

async function crowd(size: number, from = 0): Promise<void> {
  const salesforce = new SalesforceAccount(rehearsal);
  for (let number = from; number < from + size; number += 1)
    await salesforce.create({ LastName: 'Crowd', Email: `crowd${number}@example.com` });
}

function activeCampaignContacts(): Promise<string> {
  return rehearsal.dumpText('activecampaign', 'contact');
}

/** Applies the plan of now, and loses its lock while its first contact is on its way. */
async function applyInterrupted(): Promise<Outcome> {
  await rehearsal.syncline('plan', '--out', 'plan.json');
  rehearsal.hold('/contact/sync', async () => {
    const { id } = JSON.parse(await readFile(join(rehearsal.folder, 'state', 'syncline.lock'), 'utf8')) as { id: string };
    expect((await rehearsal.syncline('force-unlock', id)).code).toBe(0);
  });
  return rehearsal.syncline('apply', 'plan.json');
}

describe('E4 the ceiling of an approved plan', () => {
  it('holds for the sync that an apply leaves the first cycle to, and a new plan raises it', async () => {
    await rehearsal.syncline('plan', '--out', 'plan.json');
    const applied = await rehearsal.syncline('apply', 'plan.json', '--no-sync');
    expect(applied.code, applied.stderr).toBe(0);
    await crowd(15);
    const before = await activeCampaignContacts();

    const refused = await rehearsal.syncline('sync');

    expect(refused.code, refused.stderr).toBe(4);
    expect(refused.stderr).toMatch(/ac: \d+ to create, at most \d+ planned/);
    expect(await activeCampaignContacts()).toBe(before);

    const [, command] = /\n\s+syncline (plan [^\n]+)/.exec(refused.stderr)!;
    expect((await rehearsal.syncline(...command!.split(' '), '--detailed-exitcode')).code).toBe(2);
    const again = await rehearsal.syncline('apply', 'plan.json');

    expect(again.code, again.stderr).toBe(0);
    expect((await rehearsal.syncline('verify')).code).toBe(0);
    await crowd(15, 15);
    await rehearsal.advance('PT10M');
    const free = await rehearsal.syncline('sync', '--json');
    expect(lineOf(free, 'cycle_summary').ends.ac.created).toBe(15);
  });

  it('holds for the sync that goes on with an apply that ended before its first cycle', async () => {
    const failed = await applyInterrupted();
    // With who was created before, one more than the margin of ten.
    await crowd(11);
    const before = await activeCampaignContacts();

    const refused = await rehearsal.syncline('sync');

    expect(failed.code, failed.stderr).toBe(1);
    expect(refused.code, refused.stderr).toBe(4);
    expect(refused.stderr).toContain('beyond the plan');
    expect(await activeCampaignContacts()).toBe(before);
    expect((await rehearsal.syncline('apply', '-y')).code).toBe(0);
    expect((await rehearsal.syncline('verify')).code).toBe(0);
  });

  it('lets a sync go on with what was planned', async () => {
    const failed = await applyInterrupted();
    await crowd(10);

    const continued = await rehearsal.syncline('sync', '--until-converged');

    expect(failed.code, failed.stderr).toBe(1);
    expect(continued.code, continued.stderr).toBe(0);
    expect((await rehearsal.syncline('verify')).code).toBe(0);
  });

  it('sets no limit to what was approved unseen', async () => {
    await rehearsal.syncline('apply', '-y', '--no-sync');
    await crowd(15);

    expect((await rehearsal.syncline('sync')).code).toBe(0);
  });
});

describe('E14 a mandatory policy on records', () => {
  const POLICY = `apiVersion: syncline/v1
kind: Policy
metadata: { name: mobile }
spec: { rules: { protectedFields: [{ integration: salesforce, object: Contact, field: MobilePhone }] } }
`;

  it('is asked again about what a plan brings when that is carried out, by apply and by sync, and not about edits', async () => {
    await writeFile(join(rehearsal.folder, 'policies.yaml'), POLICY);
    await rehearsal.edit('link.yaml', 'sf: Phone,', 'sf: MobilePhone,');
    const activecampaign = new ActiveCampaignAccount(rehearsal);
    for (const row of await rehearsal.dump('activecampaign', 'contact')) await activecampaign.update(row['id'], { phone: '' });
    const planned = await rehearsal.syncline('plan', '--out', 'plan.json');
    expect(planned.code, planned.stdout).toBe(0);
    await activecampaign.create({ email: 'mobile@example.com', lastName: 'Mobile', phone: '0123' });
    const writes = await rehearsal.writes();

    const refused = await rehearsal.syncline('apply', 'plan.json');

    expect(refused.code).toBe(4);
    expect(refused.stderr).toContain('Link/contacts writes Contact.MobilePhone of 1 records at salesforce.');
    expect(await rehearsal.writes()).toBe(writes);

    expect((await rehearsal.syncline('apply', 'plan.json', '--no-sync')).code).toBe(0);
    const contacts = await rehearsal.dumpText('salesforce', 'Contact');
    const synced = await rehearsal.syncline('sync');
    expect(synced.code).toBe(4);
    expect(synced.stderr).toContain('POLICY_REFUSED');
    expect(await rehearsal.dumpText('salesforce', 'Contact')).toBe(contacts);

    const found = await activecampaign.find('mobile@example.com');
    await activecampaign.update(found.id, { phone: '' });
    expect((await rehearsal.syncline('sync')).code).toBe(0);
    await activecampaign.update(found.id, { phone: '0456' });
    await rehearsal.advance('PT10M');
    const edited = await rehearsal.syncline('sync', '--json');
    expect(edited.code, edited.stderr).toBe(0);
    expect(lineOf(edited, 'cycle_summary').ends.sf.updated).toBe(1);
  });
});
