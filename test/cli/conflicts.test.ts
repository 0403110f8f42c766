import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jsonLines, lineOf, Rehearsal, type Loose } from './harness.ts';
import { ActiveCampaignAccount, SalesforceAccount } from './vendor-accounts.ts';

const POLICY = 'conflicts: { prefer: sf, while: pending, unit: record }';
let rehearsal: Rehearsal;
let salesforce: SalesforceAccount;
let activecampaign: ActiveCampaignAccount;
let ann: { readonly sf: string; readonly ac: string };

beforeEach(async () => {
  rehearsal = await Rehearsal.start({ people: 4 });
  salesforce = new SalesforceAccount(rehearsal);
  activecampaign = new ActiveCampaignAccount(rehearsal);
  const sf = await salesforce.create({ Email: 'ann@example.com', FirstName: 'Ann', LastName: 'Example', Title: 'Buyer' });
  expect((await rehearsal.syncline('apply', '-y')).code).toBe(0);
  await rehearsal.edit('link.yaml', POLICY, 'conflicts: { policy: manual }');
  expect((await rehearsal.syncline('apply', '-y')).code).toBe(0);
  ann = { sf, ac: (await activecampaign.find('ann@example.com')).id };
});

afterEach(() => rehearsal.close());

async function listed(): Promise<Loose[]> {
  return JSON.parse((await rehearsal.syncline('conflicts', 'list', '--json', '--show-values')).stdout).records;
}

async function names(): Promise<readonly unknown[]> {
  return [(await salesforce.find('ann@example.com')).FirstName, (await activecampaign.find('ann@example.com')).firstName];
}

describe('E17 parked conflicts on the command line', () => {
  it('wait for a person, are listed with their history, resolved, and carried out by the next cycle', async () => {
    await salesforce.update(ann.sf, { FirstName: 'Anna' });
    expect((await rehearsal.syncline('sync')).code).toBe(0);
    await salesforce.update(ann.sf, { FirstName: 'Anne', Title: 'Head Buyer' });
    await activecampaign.update(ann.ac, { firstName: 'Annie' });

    const parked = await rehearsal.syncline('sync', '--json');
    expect(parked.code).toBe(3);
    expect(lineOf(parked, 'cycle_summary')).toMatchObject({ conflicts: 1, resolved: 0, converged: true });
    const again = await rehearsal.syncline('sync', '--json');
    expect(again.code).toBe(0);
    expect(lineOf(again, 'cycle_summary')).toMatchObject({ conflicts: 0, ends: { sf: { updated: 0 }, ac: { updated: 0 } } });
    expect(await names()).toEqual(['Anne', 'Annie']);

    const [waiting] = await listed();
    expect(waiting).toMatchObject({ key: 'ann@example.com', field: 'firstName', values: { sf: 'Anne', ac: 'Annie' } });
    expect(waiting.history).toMatchObject([{ end: 'ac', before: 'Ann', after: 'Anna', reason: 'changed' }, { end: 'ac' }]);
    const masked = await rehearsal.syncline('conflicts', 'list', 'Link/contacts');
    expect(masked.stdout).toContain('Link/contacts  a***@e***.com  firstName: ac "A***", sf "A***"');
    expect(masked.stdout).not.toMatch(/Anne|Annie|ann@/);
    const verified = await rehearsal.syncline('verify', '--json');
    expect(verified.code).toBe(0);
    expect(JSON.parse(verified.stdout).links[0].held).toContainEqual({ key: 'a***@e***.com', reason: 'conflict' });

    const recorded = await rehearsal.syncline('conflicts', 'resolve', 'Link/contacts', 'Ann@example.com', '--take', 'ac');
    expect(recorded).toMatchObject({ code: 0, stderr: '' });
    expect(recorded.stdout).toContain('1 resolution recorded. The next cycle carries it out:\n  syncline sync\n');
    expect(await names()).toEqual(['Anne', 'Annie']);
    expect(await listed()).toMatchObject([{ resolution: { take: 'ac', by: 'ada@laptop' } }]);

    const done = await rehearsal.syncline('sync', '--json');
    expect(done.code).toBe(0);
    expect(lineOf(done, 'cycle_summary')).toMatchObject({ resolved: 1, ends: { sf: { updated: 1 } } });
    expect(await names()).toEqual(['Annie', 'Annie']);
    expect(await listed()).toEqual([]);
    const log = await rehearsal.syncline('audit', 'log', '--json');
    expect(jsonLines(log).filter(({ type }) => type === 'conflicts_resolved')).toMatchObject([
      { link: 'Link/contacts', decisions: `${waiting.conflict} ac` },
    ]);
    expect(log.stdout).not.toContain('ann@example.com');
  });

  it('are resolved by a file, of which nothing is done where one entry is at fault', async () => {
    await salesforce.update(ann.sf, { FirstName: 'Anne', Title: 'Head Buyer' });
    await activecampaign.update(ann.ac, { firstName: 'Annie' });
    await activecampaign.setField(ann.ac, 'Job Title', 'Chief Buyer');
    expect((await rehearsal.syncline('sync')).code).toBe(3);
    const first = (await listed()).find(({ field }) => field === 'firstName');

    const lines = (...entries: readonly string[]) =>
      writeFile(
        join(rehearsal.folder, 'resolutions.yaml'),
        ['resolutions:', ...entries.map((entry) => `  - { ${entry} }`), ''].join('\n'),
      );
    await lines(
      `link: Link/contacts, conflict: ${first.conflict}, take: sf`,
      `link: Link/contacts, conflict: ${first.conflict}, take: ac`,
      'link: Link/contacts, conflict: c0000000000000000, take: sf',
      'link: Link/contacts, key: ann@example.com, field: Phone, take: sf',
      'link: Link/contacts, key: nobody@example.com, take: sf',
      'link: Link/contact, key: ann@example.com, take: sf',
      'link: Link/contacts, key: ann@example.com, take: hubspot',
    );
    const refused = await rehearsal.syncline('conflicts', 'resolve', '-f', 'resolutions.yaml', '--json');
    expect(refused.code).toBe(1);
    const places = jsonLines(refused).map(
      ({ diagnostic }) => `${diagnostic.code} ${diagnostic.file}:${diagnostic.line}:${diagnostic.column}`,
    );
    expect(places).toEqual([
      'RESOLUTION_INVALID resolutions.yaml:3:38',
      'RESOLUTION_INVALID resolutions.yaml:4:38',
      'RESOLUTION_INVALID resolutions.yaml:5:57',
      'RESOLUTION_INVALID resolutions.yaml:6:33',
      'RESOLUTION_INVALID resolutions.yaml:7:13',
      'RESOLUTION_INVALID resolutions.yaml:8:56',
    ]);
    expect(refused.stdout).not.toMatch(/ann@|nobody@/);
    expect(await listed()).toMatchObject([{ resolution: null }, { resolution: null }]);

    await lines(
      `link: Link/contacts, conflict: ${first.conflict}, take: sf`,
      `link: Link/contacts, key: ${ann.sf}, field: field/Job Title, take: ac`,
    );
    expect((await rehearsal.syncline('conflicts', 'resolve', '-f', 'resolutions.yaml')).code).toBe(0);
    // Somebody edits one of the two before the cycle: that decision is void, and the other is carried out.
    await activecampaign.update(ann.ac, { firstName: 'Annika' });
    const cycle = await rehearsal.syncline('sync');
    expect(cycle.code).toBe(3);
    expect(`${cycle.stdout}${cycle.stderr}`).toContain('One resolution is void');
    expect(await names()).toEqual(['Anne', 'Annika']);
    expect(await salesforce.find('ann@example.com')).toMatchObject({ Title: 'Chief Buyer' });
    expect(await listed()).toMatchObject([{ field: 'firstName', voided: 'sf', resolution: null }]);

    // Back to a policy: what waits is decided by it.
    await rehearsal.edit('link.yaml', 'conflicts: { policy: manual }', POLICY);
    expect((await rehearsal.syncline('apply', '-y')).code).toBe(0);
    expect(await names()).toEqual(['Anne', 'Anne']);
    expect(await listed()).toEqual([]);
  });

  it('E6 ambiguous matches are listed with all their candidates and what to do at which end', async () => {
    const twins = [
      await salesforce.create({ LastName: 'Twin', FirstName: 'Uma', Email: 'twin@example.com' }),
      await salesforce.create({ LastName: 'Twin', FirstName: 'Vera', Email: 'TWIN@example.com' }),
    ];
    const partner = await activecampaign.create({ email: 'twin@example.com', firstName: 'Uma', lastName: 'Twin' });
    const late = await salesforce.create({ LastName: 'Late', FirstName: 'Xenia', Email: 'ann@example.com' });
    expect((await rehearsal.syncline('sync')).code).toBe(3);

    const masked = await rehearsal.syncline('conflicts', 'list', 'Link/contacts', '--json');
    expect(masked.stdout).not.toMatch(/twin@|Uma|Vera|Xenia/i);
    const found: Loose[] = JSON.parse(masked.stdout).records;
    const candidatesOf = (id: string): readonly string[] =>
      found
        .find(({ detail }) => detail === `#${id}`)
        .candidates.map((each: Loose) => `${each.end} ${each.id} ${each.linked}`)
        .toSorted();
    expect(found).toHaveLength(4);
    expect(candidatesOf(twins[0]!)).toEqual([`ac ${partner} false`, `sf ${twins[1]} false`]);
    expect(candidatesOf(partner)).toEqual(twins.map((id) => `sf ${id} false`).toSorted());
    expect(candidatesOf(late)).toEqual([`ac ${ann.ac} true`, `sf ${ann.sf} true`]);

    const clear = await rehearsal.syncline('conflicts', 'list', '--show-values');
    expect(clear.stdout).toMatch(new RegExp(`twin@example.com  ambiguous: ac #${partner} \\(.*"Uma"`));
    expect(clear.stdout).toMatch(new RegExp(`^ {4}like sf #${twins[0]} \\(.*"Uma"`, 'm'));
    expect(clear.stdout).toMatch(new RegExp(`^ {4}like sf #${ann.sf} \\(.*"Ann".*\\), linked already$`, 'm'));
    expect(clear.stdout).toContain('(ac email; sf Email). The next cycle links who is left:\n  syncline sync Link/contacts\n');
    const resolved = await rehearsal.syncline('conflicts', 'resolve', 'Link/contacts', 'twin@example.com', '--take', 'sf');
    expect(resolved.code).toBe(1);
    expect(resolved.stderr).toContain('syncline conflicts list Link/contacts');

    await salesforce.update(twins[1]!, { Email: 'vera@example.com' });
    await salesforce.delete(late);
    expect((await rehearsal.syncline('sync')).code).toBe(0);
    expect((await rehearsal.syncline('conflicts', 'list')).stdout).toBe('No conflict waits for a person.\n');
  });

  it('E6 E17 a person says which of two records is the partner, by a command or by a file', async () => {
    const twin = (FirstName: string, Email: string) => salesforce.create({ LastName: 'Twin', FirstName, Email });
    const [una, vera] = [await twin('Una', 'twin@example.com'), await twin('Vera', 'twin@example.com')];
    const [wim, xena] = [await twin('Wim', 'pair@example.com'), await twin('Xena', 'pair@example.com')];
    const partner = await activecampaign.create({ email: 'twin@example.com', firstName: 'Vera' });
    const other = await activecampaign.create({ email: 'pair@example.com', firstName: 'Xena' });
    const late = await salesforce.create({ LastName: 'Late', Email: 'ann@example.com' });
    expect((await rehearsal.syncline('sync')).code).toBe(3);
    const resolve = (...words: readonly string[]) => rehearsal.syncline('conflicts', 'resolve', 'Link/contacts', ...words);

    // Of two keys, of a record that is linked already, of another end's record by the same end, with --take.
    for (const [key, id] of [
      [una, other],
      [late, ann.ac],
      [una, vera],
    ] as const)
      expect(await resolve(key, '--partner', id)).toMatchObject({ code: 1, stderr: expect.stringContaining('conflicts list') });
    expect((await resolve(vera, '--partner', partner, '--take', 'sf')).code).toBe(1);
    const recorded = await resolve('Twin@example.com', '--partner', vera);
    expect(recorded).toMatchObject({ code: 0, stderr: '' });
    expect(recorded.stdout).toContain(`ac #${partner} and sf #${vera} are one person`);
    expect((await resolve(una, '--partner', partner)).stderr).toContain('an earlier decision');
    await writeFile(
      join(rehearsal.folder, 'resolutions.yaml'),
      `resolutions:\n  - { link: Link/contacts, key: "${other}", partner: ${wim} }\n`,
    );
    expect((await rehearsal.syncline('conflicts', 'resolve', '-f', 'resolutions.yaml')).code).toBe(0);
    expect((await rehearsal.syncline('conflicts', 'list')).stdout).toContain(`decided: the same person as ac #${partner};`);
    const decided = (await listed()).find(({ detail }) => detail === `#${wim}`);
    expect(decided.partner).toEqual({ end: 'ac', id: other });

    // Wim is gone before a cycle could link him, and leaves no doubt.
    await salesforce.delete(wim);
    await rehearsal.syncline('sync');
    await salesforce.update(vera, { FirstName: 'Veronica' });
    await salesforce.update(xena, { FirstName: 'Xenia' });
    await rehearsal.syncline('sync');
    expect((await activecampaign.find('twin@example.com')).firstName).toBe('Veronica');
    expect((await activecampaign.find('pair@example.com')).firstName).toBe('Xenia');
    // Una has the address of somebody who is linked: she is still nobody's partner.
    expect(new Set((await listed()).map(({ detail }) => detail))).toEqual(new Set([`#${una}`, `#${late}`]));
  });

  it('E6 newest is refused with its place, where an end tells no time of people alone', async () => {
    await rehearsal.edit('link.yaml', 'policy: manual', 'policy: newest');
    const refused = await rehearsal.syncline('plan');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/Newest edit cannot be told/);
    expect(refused.stderr).toMatch(/link\.yaml:\d+:24/);
  });
});
