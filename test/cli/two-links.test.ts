import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Rehearsal, type Loose, type Outcome } from './harness.ts';
import { ActiveCampaignAccount, SalesforceAccount } from './vendor-accounts.ts';

const LEADS = `---
apiVersion: syncline/v1
kind: Mapping
metadata: { name: lead }
spec:
  between: { sf: salesforce/Lead, ac: activecampaign/contact }
  match:
    - { sf: Email, ac: email, normalize: email }
  fields:
    - { sf: FirstName, ac: firstName, flow: both }
    - { sf: LastName, ac: lastName, flow: both, whenBlank: { sf: '-' } }
    - { sf: Email, ac: email, flow: both }
    - { sf: Rating, ac: field/Rating, flow: to-ac }
---
apiVersion: syncline/v1
kind: Link
metadata: { name: leads }
spec:
  ends:
    sf: { integration: salesforce, object: Lead, enter: everyone }
    ac: { integration: activecampaign, object: contact, enter: nobody }
  mapping: lead
  flows: { to-sf: { every: PT10M }, to-ac: { every: PT10M } }
  conflicts: { prefer: sf }
  onDelete: { sf: unlink, ac: unlink }
`;

const RATING = `---
apiVersion: syncline/v1
kind: Resource
metadata: { name: ac-rating }
spec:
  integration: activecampaign
  type: activecampaign/field
  attributes: { title: Rating, type: text }
`;

const OWNED = 'owns: { ac: [email, firstName, lastName] }';

let rehearsal: Rehearsal;
let salesforce: SalesforceAccount;
let activecampaign: ActiveCampaignAccount;

beforeAll(async () => {
  rehearsal = await Rehearsal.start({ people: 4 });
  salesforce = new SalesforceAccount(rehearsal);
  activecampaign = new ActiveCampaignAccount(rehearsal);
  await appendFile(join(rehearsal.folder, 'link.yaml'), LEADS);
  await appendFile(join(rehearsal.folder, 'resources.yaml'), RATING);
});

afterAll(() => rehearsal.close());

async function records(vendor: 'salesforce' | 'activecampaign', object: string, email: string): Promise<readonly Loose[]> {
  const rows = await rehearsal.dump(vendor, object);
  return rows.filter((row) => String(row['Email'] ?? row['email']).toLowerCase() === email && row['IsDeleted'] !== true);
}

async function settled(): Promise<void> {
  await rehearsal.advance('PT20M');
  const outcome = await rehearsal.syncline('sync', '--until-converged');
  expect(outcome.code, outcome.stdout + outcome.stderr).toBe(0);
}

describe('E6 two links that meet in one record', () => {
  it('need one writer a field: refused until one of them owns what both write', async () => {
    const refused = await rehearsal.syncline('validate');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('CONFIG_CONTESTED_FIELD');

    await rehearsal.edit('link.yaml', '  guards: { deletes: 10 }', `  guards: { deletes: 10 }\n  ${OWNED}`);
    expect((await rehearsal.syncline('validate')).code).toBe(0);
  });

  it('keep one person through the conversion of a lead, and make nobody twice', async () => {
    const lead = await salesforce.create(
      { FirstName: 'Lena', LastName: 'Lead', Company: 'Leads', Email: 'lena@example.com', Rating: 'Hot' },
      'Lead',
    );
    const applied = await rehearsal.syncline('apply', '-y');
    expect(applied.code, applied.stdout + applied.stderr).toBe(0);
    await settled();
    const [made] = await records('activecampaign', 'contact', 'lena@example.com');
    expect(made).toMatchObject({ firstName: 'Lena', lastName: 'Lead' });
    expect(await records('salesforce', 'Contact', 'lena@example.com')).toEqual([]);

    const contact = await salesforce.convertLead(lead);
    await settled();
    await settled();
    expect(await records('salesforce', 'Contact', 'lena@example.com')).toMatchObject([{ Id: contact }]);
    expect(await records('activecampaign', 'contact', 'lena@example.com')).toMatchObject([{ id: made.id }]);

    await salesforce.update(contact, { FirstName: 'Helena', Email: 'helena@example.com' });
    await settled();
    expect(await activecampaign.find('lena@example.com')).toBeUndefined();
    expect(await activecampaign.find('helena@example.com')).toMatchObject({ id: made.id, firstName: 'Helena' });
    const [of, as] = await Promise.all([
      rehearsal.syncline('history', 'Link/leads', made.id, '--end', 'ac', '--json'),
      rehearsal.syncline('history', 'Link/contacts', contact, '--json'),
    ]);
    expect([of.code, as.code]).toEqual([0, 0]);
    const verified = await rehearsal.syncline('verify', '--json');
    expect(verified.code, verified.stdout).toBe(0);
  });

  it('E4 hold one lease on it: whoever comes second is refused or waits, and whose lease was taken writes no more', async () => {
    await salesforce.create({ LastName: 'First', Email: 'first@example.com' });
    await salesforce.create({ LastName: 'Second', Company: 'Leads', Email: 'second@example.com' }, 'Lead');
    await rehearsal.advance('PT20M');
    const others: Outcome[] = [];
    let writes = 0;
    rehearsal.hold('/contact/sync', async () => {
      others.push(await rehearsal.syncline('sync', 'Link/leads'));
      expect(await activecampaign.find('second@example.com')).toBeUndefined();
      const { id } = JSON.parse(await readFile(join(rehearsal.folder, 'state', 'syncline.lock'), 'utf8')) as { id: string };
      expect((await rehearsal.syncline('force-unlock', id)).code).toBe(0);
      // A held call holds up virtual time as well: it is moved by hand for the run that takes over.
      const moving = setInterval(() => rehearsal.sandbox.clock.advance(500), 5);
      others.push(await rehearsal.syncline('sync', 'Link/leads'));
      clearInterval(moving);
      writes = await rehearsal.writes();
    });

    const robbed = await rehearsal.syncline('sync', 'Link/contacts');

    expect(others.map(({ code }) => code)).toEqual([5, 0]);
    expect(others[0]!.stderr).toContain('Error acquiring the state lock');
    expect(robbed.code).toBe(1);
    expect(robbed.stderr).toContain('State lock lost');
    expect(await rehearsal.writes()).toBeLessThanOrEqual(writes + 1);
    await settled();
    for (const email of ['first@example.com', 'second@example.com'])
      expect(await records('activecampaign', 'contact', email)).toHaveLength(1);
    expect((await rehearsal.syncline('verify')).code).toBe(0);
  });
});
