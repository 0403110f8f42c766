import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SandboxRequest } from '../../src/sandbox/vendor.ts';
import { lineOf, Rehearsal } from './harness.ts';
import { ActiveCampaignAccount, SalesforceAccount } from './vendor-accounts.ts';

let rehearsal: Rehearsal;
let salesforce: SalesforceAccount;
let activecampaign: ActiveCampaignAccount;
/** Whether the vendors answer as if nothing had changed, as where a row is stored without moving its stamp. */
let silent = false;

beforeAll(async () => {
  rehearsal = await Rehearsal.start({ people: 4, rewrite: withoutChanges });
  salesforce = new SalesforceAccount(rehearsal);
  activecampaign = new ActiveCampaignAccount(rehearsal);
  expect((await rehearsal.syncline('apply', '-y')).code).toBe(0);
});

afterAll(() => rehearsal.close());

function withoutChanges(request: SandboxRequest): SandboxRequest {
  const changed = new URLSearchParams(request.query);
  const query = request.query.get('q') ?? '';
  if (!silent) return request;
  if (query.includes('SystemModstamp >= '))
    changed.set('q', query.replaceAll(/SystemModstamp >= [0-9TZ:.+-]+/g, 'SystemModstamp >= 2999-01-01T00:00:00Z'));
  if (changed.has('filters[updated_after]')) changed.set('filters[updated_after]', '2999-01-01T00:00:00Z');
  return { ...request, query: changed };
}

describe('E16 a sweep counts what the changes never showed', () => {
  it('finds a row that was slipped in without moving a stamp, once, and carries it over', async () => {
    const clean = await rehearsal.syncline('sync', '--sweep', '--json');
    expect(lineOf(clean, 'cycle_summary').missed).toEqual({ ac: 0, sf: 0 });

    silent = true;
    await salesforce.create({ LastName: 'Slipped', FirstName: 'Ida', Email: 'ida@example.com' });
    expect(lineOf(await rehearsal.syncline('sync', '--json'), 'cycle_summary')).toMatchObject({ missed: {}, converged: true });
    // The next read reaches back a little, and would still find it.
    await rehearsal.advance('PT2H');
    expect((await rehearsal.syncline('sync')).code).toBe(0);
    silent = false;
    expect((await rehearsal.syncline('sync')).code).toBe(0);
    expect(await activecampaign.find('ida@example.com')).toBeUndefined();

    const swept = await rehearsal.syncline('sync', '--sweep');
    expect(swept).toMatchObject({ code: 0 });
    expect(swept.stdout).toContain('sf 1 found by the sweep only');
    expect(await activecampaign.find('ida@example.com')).toMatchObject({ firstName: 'Ida' });

    // Who came with the same cycle's changes was not missed.
    await salesforce.create({ LastName: 'Timely', Email: 'timely@example.com' });
    const again = await rehearsal.syncline('sync', '--sweep');
    expect(again.stdout).toContain('nothing missed');
    expect(await activecampaign.find('timely@example.com')).toBeDefined();
    expect((await rehearsal.syncline('verify')).code).toBe(0);
  });
});

describe('C11 sync --refresh-values', () => {
  it('compares the values of every record of both ends, also where neither feed shows that they moved', async () => {
    silent = true;
    await salesforce.update((await salesforce.find('timely@example.com')).Id, { MailingCity: 'Bergen' });
    await activecampaign.update((await activecampaign.find('ida@example.com')).id, { phone: '+47 55 00 00 00' });
    await rehearsal.advance('PT2H');
    expect(lineOf(await rehearsal.syncline('sync', '--json'), 'cycle_summary').ends).toMatchObject({ sf: { updated: 0 } });

    const refreshed = await rehearsal.syncline('sync', '--refresh-values', '--json');
    silent = false;

    expect(lineOf(refreshed, 'cycle_summary').ends).toMatchObject({ ac: { updated: 1 }, sf: { updated: 1 } });
    expect(await salesforce.find('ida@example.com')).toMatchObject({ Phone: '+47 55 00 00 00' });
    expect((await rehearsal.syncline('verify')).code).toBe(0);
  });
});
