import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LinkLedger } from '../../src/storage/ledger.ts';
import { openLocalLedger } from '../../src/storage/local/ledger.ts';
import { openLocalStorage } from '../../src/storage/local/storage.ts';
import { jsonLines, lineOf, Rehearsal } from './harness.ts';
import { ActiveCampaignAccount, SalesforceAccount } from './vendor-accounts.ts';

let rehearsal: Rehearsal;
let activecampaign: ActiveCampaignAccount;
let ann: { readonly sf: string; readonly ac: string };

beforeAll(async () => {
  rehearsal = await Rehearsal.start({ people: 3 });
  const salesforce = new SalesforceAccount(rehearsal);
  activecampaign = new ActiveCampaignAccount(rehearsal);
  await rehearsal.edit('link.yaml', '  guards: { deletes: 10 }', '  guards: { deletes: 10 }\n  retain: hashes');
  const sf = await salesforce.create({ LastName: 'Example', Email: 'ann@example.com', Phone: '1' });
  expect((await rehearsal.syncline('apply', '-y')).code).toBe(0);
  ann = { sf, ac: (await activecampaign.find('ann@example.com')).id };
});

afterAll(() => rehearsal.close());

async function inLedger<Result>(use: (link: LinkLedger) => Promise<Result>): Promise<Result> {
  const folder = join(rehearsal.folder, 'state');
  const { clock } = rehearsal.sandbox;
  const storage = openLocalStorage({ folder, stack: 'default', synclineVersion: '0.0.0', clock });
  const ledger = openLocalLedger({ path: storage.paths.ledger, keys: storage.keys.open(), mode: 'write' });
  try {
    return await use(ledger.link('Link/contacts'));
  } finally {
    await ledger.close();
  }
}

/** Somebody else, whose id at the one vendor is the id that Ann has at the other. */
async function addNamesake(link: LinkLedger): Promise<void> {
  const none = { matchKeys: [], recordHash: Buffer.alloc(8, 1), fields: new Map(), elements: new Map(), values: undefined };
  const known = { ...none, state: 'linked', listed: 0, entered: true, createdBySyncline: false } as const;
  await link.settle(
    'run',
    [
      {
        person: 'namesake',
        subject: undefined,
        agreed: [
          { ...known, end: 'sf', integration: 'salesforce', object: 'Contact', remoteId: ann.ac },
          { ...known, end: 'ac', integration: 'activecampaign', object: 'contact', remoteId: '99999' },
        ],
        parked: undefined,
        settled: [],
      },
    ],
    [],
    [],
  );
}

describe('E8 E7 forget', () => {
  it('asks whose id it is where two vendors gave it to different people, and forgets only the one that is meant', async () => {
    await inLedger(addNamesake);

    const refused = await rehearsal.syncline('forget', ann.ac, '-y');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('LEDGER_AMBIGUOUS_KEY');
    expect(refused.stderr).toMatch(/It is the id of different people at (ac and sf|sf and ac)/);

    const done = await rehearsal.syncline('forget', ann.ac, '--end', 'ac', '-y', '--json');
    expect(done.code, done.stderr).toBe(0);
    expect(jsonLines(done)[0].records).toHaveLength(2);
    expect((await rehearsal.syncline('history', 'Link/contacts', ann.sf)).code).toBe(1);
    expect((await rehearsal.syncline('history', 'Link/contacts', '99999')).code).toBe(0);
  });

  it('needs the address where a link keeps hashes only, and then brings nobody of that address back', async () => {
    const salesforce = new SalesforceAccount(rehearsal);
    const bob = await salesforce.create({ LastName: 'Bob', Email: 'bob@example.com' });
    await rehearsal.advance('PT1H');
    expect((await rehearsal.syncline('sync')).code).toBe(0);

    const done = await rehearsal.syncline('forget', 'Bob@example.com', '-y', '--json');
    expect(jsonLines(done)[0]).toMatchObject({ outcome: 'forgotten', addresses: 1 });
    await salesforce.update(bob, { Phone: '2' });
    await activecampaign.delete((await activecampaign.find('bob@example.com')).id);
    await salesforce.create({ LastName: 'Bob', Email: 'bob@example.com' });
    await rehearsal.advance('PT1H');
    const cycle = await rehearsal.syncline('sync', '--json');

    expect(lineOf(cycle, 'cycle_summary').ends).toMatchObject({ ac: { created: 0, updated: 0 }, sf: { updated: 0 } });
    expect(await activecampaign.find('bob@example.com')).toBeUndefined();
  });

  it('takes along what was decided of them and not carried out', async () => {
    const salesforce = new SalesforceAccount(rehearsal);
    const twin = { LastName: 'Twin', Email: 'twin@example.com' };
    const [una] = [await salesforce.create(twin), await salesforce.create(twin)];
    const partner = await activecampaign.create({ email: twin.Email });
    await rehearsal.advance('PT1H');
    expect((await rehearsal.syncline('sync')).code).toBe(3);
    expect((await rehearsal.syncline('conflicts', 'resolve', 'Link/contacts', una, '--partner', partner)).code).toBe(0);
    const known = (link: LinkLedger) =>
      link.knownElsewhere({ name: 'sf', integration: 'salesforce', object: 'Contact' }, [una], 'activecampaign');
    expect((await inLedger(known)).size).toBe(1);

    expect((await rehearsal.syncline('forget', twin.Email, '-y')).code).toBe(0);

    expect((await inLedger(known)).size).toBe(0);
  });
});

describe('E3 a plan of a link that keeps hashes only', () => {
  it('counts what apply reads again to decide on a change of one end', async () => {
    const salesforce = new SalesforceAccount(rehearsal);
    // Another spelling of the same address is no difference, so that there is nothing to write.
    for (const row of await rehearsal.dump('salesforce', 'Contact'))
      if (row['Email'] !== null) await salesforce.update(String(row['Id']), { Email: String(row['Email']).toUpperCase() });
    await rehearsal.edit('link.yaml', 'prefer: sf, while: pending, unit: record', 'prefer: ac');

    const planned = JSON.parse((await rehearsal.syncline('plan', '--out', 'plan.json', '--json')).stdout).links[0];
    const applied = await rehearsal.syncline('apply', 'plan.json', '--json');

    const { calls, ends } = lineOf(applied, 'cycle_summary');
    expect(planned.calls.activecampaign.planned).toBeGreaterThan(planned.calls.activecampaign.minimum + 10);
    // A cycle asks besides what changed since it was planned.
    for (const vendor of ['activecampaign', 'salesforce']) expect(calls[vendor] - planned.calls[vendor].planned).toBeLessThan(3);
    expect(ends).toMatchObject({ ac: { updated: 0 }, sf: { updated: 0 } });
  });
});
