/** The commands over the ledger, on one person of one rehearsal: each has its own laws in test/records. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonLines, Rehearsal } from './harness.ts';
import { ActiveCampaignAccount, SalesforceAccount } from './vendor-accounts.ts';

const EMAIL = 'ann@example.com';

let rehearsal: Rehearsal;
let salesforce: SalesforceAccount;
let activecampaign: ActiveCampaignAccount;
let ann: { readonly sf: string; readonly ac: string };

beforeAll(async () => {
  rehearsal = await Rehearsal.start({ people: 5 });
  salesforce = new SalesforceAccount(rehearsal);
  activecampaign = new ActiveCampaignAccount(rehearsal);
  const sf = await salesforce.create({ FirstName: 'Ann', LastName: 'Example', Email: EMAIL, Phone: '0100' });
  await rehearsal.syncline('apply', '-y');
  ann = { sf, ac: (await activecampaign.find(EMAIL)).id };
  await salesforce.update(sf, { Phone: '0200' });
  await rehearsal.advance('PT1H');
  await rehearsal.syncline('sync');
});

afterAll(() => rehearsal.close());

describe('E8 history', () => {
  it('shows what was written, masked unless values are asked for', async () => {
    const masked = await rehearsal.syncline('history', 'Link/contacts', EMAIL);
    const clear = await rehearsal.syncline('history', 'Link/contacts', ann.sf, '--show-values');

    expect(masked.code, masked.stderr).toBe(0);
    expect(masked.stdout).toContain('(from sf: edited there)');
    expect(masked.stdout).not.toMatch(/0200|ann@example/i);
    expect(clear.stdout).toContain('~ phone: "0100" -> "0200"  (from sf: edited there)');
    expect(clear.stdout.indexOf('updated')).toBeLessThan(clear.stdout.indexOf('created'));
  });

  it('is JSON where JSON is asked for', async () => {
    const [found] = jsonLines(await rehearsal.syncline('history', 'Link/contacts', EMAIL, '--json', '--show-values'));

    expect(found).toMatchObject({ address: 'Link/contacts', key: EMAIL });
    expect(found.changes[0]).toMatchObject({
      command: 'sync',
      end: 'ac',
      id: ann.ac,
      action: 'update',
      fields: { phone: { before: '0100', after: '0200', origin: 'sf', reason: 'changed' } },
    });
  });

  it('refuses a key of nobody without repeating it', async () => {
    const outcome = await rehearsal.syncline('history', 'Link/contacts', 'nobody@example.com');

    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain('LEDGER_UNKNOWN_PERSON');
    expect(outcome.stderr).not.toContain('nobody@');
  });
});

describe('E8 runs', () => {
  it('lists what ran and what it wrote', async () => {
    const [listed] = jsonLines(await rehearsal.syncline('runs', '--json'));
    const text = await rehearsal.syncline('runs', '--limit', '1');

    expect(listed.runs.map(({ command, outcome }: { command: string; outcome: string }) => [command, outcome])).toEqual([
      ['sync', 'synchronised'],
      ['apply', 'applied'],
    ]);
    expect(listed.runs[0].writes).toEqual([{ link: 'Link/contacts', end: 'ac', action: 'update', records: 1 }]);
    expect(text.stdout.trim().split('\n')).toHaveLength(1);
    expect(text.stdout).toContain('Link/contacts ac 1 updated');
  });
});
