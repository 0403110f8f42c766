import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { populationOf } from './agreement.ts';
import { expectConverged, expectHonest, FAULT_CASES, KINDS, lasting } from './fault-cases.ts';
import { Rehearsal } from './harness.ts';

const PEOPLE = 10;

let rehearsal: Rehearsal;

beforeAll(async () => {
  rehearsal = await Rehearsal.start({ people: PEOPLE });
});

afterAll(() => rehearsal.close());

beforeEach(() => rehearsal.startAnew());

/** How many such calls a plan makes before the cycle makes its own. */
const CALLS_OF_THE_PLAN: Readonly<Record<string, number>> = {
  'reads of salesforce': 3,
  'reads of activecampaign': 3,
  'read-backs of activecampaign': 0,
};

/** A sync meets all of them; what an apply does otherwise is what it does after a failure. */
const CASES = FAULT_CASES.filter(({ calls, kind }) => calls === 'writes' || kind === '500');

describe('E4 an apply that a vendor fails', () => {
  it.each(CASES)('converges when it is run again after $kind at $calls of $vendor', async (fault) => {
    const before = await populationOf(rehearsal);
    await rehearsal.faults(fault.vendor, lasting(fault, CALLS_OF_THE_PLAN[`${fault.calls} of ${fault.vendor}`] ?? 0));

    const first = await rehearsal.syncline('apply', '-y');
    const struck = (await rehearsal.faultsLeft(fault.vendor)).some((left) => left.times! < 1000);
    await rehearsal.faults(fault.vendor, []);
    await rehearsal.advance('P1D');
    const second = await rehearsal.syncline('apply', '-y');

    expect(struck || fault.kind === 'slow').toBe(true);
    expectHonest(first);
    expect(second.code, second.stderr).toBe(0);
    await rehearsal.syncline('sync');
    await expectConverged(rehearsal, before);
  });

  it.each(['lost-response', 'truncate', '500'])(
    'provisions everything once although %s strikes every other call',
    async (kind) => {
      const before = await populationOf(rehearsal);
      for (const [vendor, path] of [
        ['salesforce', '/services/data/*'],
        ['activecampaign', '/api/3/*'],
      ] as const) {
        await rehearsal.faults(
          vendor,
          Array.from({ length: 30 }, () => ({ match: { method: 'POST', path }, kind, after: 1 })),
        );
      }

      let outcome = await rehearsal.syncline('apply', '-y');
      for (let run = 0; run < 20 && outcome.code !== 0; run += 1) {
        expectHonest(outcome);
        outcome = await rehearsal.syncline('apply', '-y');
      }

      expect(outcome.code, outcome.stderr).toBe(0);
      const titles = (await rehearsal.dump('activecampaign', 'field')).map((row) => String(row['title']));
      expect(titles.toSorted()).toEqual([
        'Birthday',
        'City',
        'Company',
        'Full Name',
        'Job Title',
        'Lead Source',
        'Loyalty Number',
        'VIP',
      ]);
      const options = (await rehearsal.dump('activecampaign', 'fieldOption')).map((row) => String(row['value']));
      expect(options.toSorted()).toEqual(['Other', 'Partner Referral', 'Phone Inquiry', 'Purchased List', 'Web', 'true']);
      expect((await rehearsal.dump('activecampaign', 'fieldRel')).length).toBe(8);
      expect(
        (await rehearsal.dump('activecampaign', 'tag')).filter((row) => row['tag'] === 'synced-with-salesforce'),
      ).toHaveLength(1);
      await rehearsal.faults('salesforce', []);
      await rehearsal.faults('activecampaign', []);
      await rehearsal.syncline('sync');
      expect((await rehearsal.syncline('plan', '--detailed-exitcode')).code).toBe(0);
      expect((await rehearsal.syncline('verify')).code).toBe(0);
      await expectConverged(rehearsal, before);
    },
  );

  it('gets over one fault of each kind at each vendor', async () => {
    const before = await populationOf(rehearsal);
    for (const vendor of ['salesforce', 'activecampaign'] as const) {
      await rehearsal.faults(
        vendor,
        // Salesforce says 429 where the day's calls are used up, which no patience gets over.
        KINDS.filter((kind) => vendor !== 'salesforce' || kind !== '429').map((kind) => ({
          match: { method: 'GET', path: '*' },
          kind,
          after: 1,
          ms: 20,
        })),
      );
    }

    const outcome = await rehearsal.syncline('apply', '-y');

    expect(outcome.code, outcome.stderr).toBe(0);
    expect((await rehearsal.syncline('verify')).code).toBe(0);
    await expectConverged(rehearsal, before);
  });

  it('goes on where it stopped, again and again', async () => {
    const before = await populationOf(rehearsal);
    let runs = 0;
    for (let after = 0; runs < 40; after += 3) {
      runs += 1;
      const match = { method: '*', path: '*' };
      await rehearsal.faults('activecampaign', [{ match, kind: 'reset', after, times: 1000 }]);
      await rehearsal.faults('salesforce', [{ match, kind: '503', after, times: 1000 }]);
      const outcome = await rehearsal.syncline('apply', '-y');
      expectHonest(outcome);
      if (outcome.code === 0) break;
    }
    await rehearsal.faults('activecampaign', []);
    await rehearsal.faults('salesforce', []);

    expect(runs).toBeGreaterThan(3);
    expect((await rehearsal.syncline('apply', '-y')).code).toBe(0);
    expect((await rehearsal.syncline('verify')).code).toBe(0);
    await expectConverged(rehearsal, before);
  });
});

describe('E4 credentials that are refused', () => {
  it.each([
    ['SALESFORCE_CLIENT_SECRET', 'salesforce'],
    ['SALESFORCE_CLIENT_ID', 'salesforce'],
    ['ACTIVECAMPAIGN_TOKEN', 'activecampaign'],
  ])('%s: nothing is written, and the message says which integration', async (name, integration) => {
    const outcome = await rehearsal.synclineIn({ environment: { [name]: 'wrong-one' } }, 'apply', '-y');

    expect(outcome.code).toBe(1);
    expect(outcome.stderr.toLowerCase()).toContain(integration);
    expect(outcome.stderr).toMatch(/Authentication|Permission/);
    expect(outcome.stderr).not.toContain('wrong-one');
    expect(await rehearsal.writes()).toBe(0);
  });

  it.each(['SALESFORCE_CLIENT_SECRET', 'ACTIVECAMPAIGN_TOKEN'])('%s missing: named, and nothing is written', async (name) => {
    const outcome = await rehearsal.synclineIn({ environment: { [name]: undefined } }, 'apply', '-y');

    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain(name);
    expect(await rehearsal.writes()).toBe(0);
  });
});
