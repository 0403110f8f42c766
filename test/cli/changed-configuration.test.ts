import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { disagreements, pairsOf, populationOf } from './agreement.ts';
import { lineOf, Rehearsal, type Loose, type Outcome } from './harness.ts';
import { ActiveCampaignAccount, SalesforceAccount } from './vendor-accounts.ts';

let rehearsal: Rehearsal;
let salesforce: SalesforceAccount;
let activecampaign: ActiveCampaignAccount;

beforeEach(async () => {
  rehearsal = await Rehearsal.start({ people: 12 });
  salesforce = new SalesforceAccount(rehearsal);
  activecampaign = new ActiveCampaignAccount(rehearsal);
  expect((await rehearsal.syncline('apply', '-y')).code).toBe(0);
});

afterEach(() => rehearsal.close());

async function planJson(...argv: readonly string[]): Promise<Loose> {
  const outcome = await rehearsal.syncline('plan', '--json', ...argv);
  expect(outcome.code, outcome.stdout).toBe(0);
  return JSON.parse(outcome.stdout);
}

/** Applies, and leaves nothing to do and nobody who differs. */
async function applyAndVerify(): Promise<Outcome> {
  const outcome = await rehearsal.syncline('apply', '-y', '--json');
  expect(outcome.code, outcome.stdout.slice(-2000)).toBe(0);
  const again = await rehearsal.syncline('plan', '--detailed-exitcode');
  expect(again.code, again.stdout + again.stderr).toBe(0);
  const verified = await rehearsal.syncline('verify');
  expect(verified.code, verified.stdout + verified.stderr).toBe(0);
  return outcome;
}

/** Takes one document, found by its name, out of a file. */
async function removeDocument(file: string, name: string): Promise<void> {
  const path = join(rehearsal.folder, file);
  const documents = (await readFile(path, 'utf8')).split(/^---\n/m);
  const left = documents.filter((document) => !document.includes(`name: ${name} }`));
  expect(left).toHaveLength(documents.length - 1);
  await writeFile(path, left.join('---\n'));
}

describe('E3 a mapping that changes after the first sync', () => {
  const DEPARTMENT = `apiVersion: syncline/v1
kind: Resource
metadata: { name: ac-department }
spec:
  integration: activecampaign
  type: activecampaign/field
  attributes: { title: Department, type: text }
---
`;

  async function mapDepartment(): Promise<void> {
    await rehearsal.edit('resources.yaml', 'apiVersion', `${DEPARTMENT}apiVersion`);
    await rehearsal.edit(
      'link.yaml',
      '    - { sf: VIP__c,',
      '    - { sf: Department, ac: field/Department, flow: both }\n    - { sf: VIP__c,',
    );
  }

  it('is told with its consequences, and converges', async () => {
    const pairs = pairsOf(await populationOf(rehearsal));
    for (const pair of pairs.slice(0, 7)) await salesforce.update(pair.sf, { Department: `Department of ${pair.sf}` });
    expect((await rehearsal.syncline('sync')).code).toBe(0);
    await mapDepartment();

    const planned = await planJson();
    const text = (await rehearsal.syncline('plan')).stdout;
    const applied = await applyAndVerify();

    const [link] = planned.links;
    expect(link).toMatchObject({ cause: 'mapping', ends: { ac: { create: 0, update: 7 }, sf: { create: 0, update: 0 } } });
    expect(planned.summary).toMatchObject({ add: 1, change: 1, destroy: 0 });
    expect(text).toContain('its mapping or its policy for conflicts changed');
    expect(lineOf(applied, 'cycle_summary').ends).toMatchObject({ ac: { updated: 7 }, sf: { updated: 0 } });
    const field = (await rehearsal.dump('activecampaign', 'field')).find((row) => row['title'] === 'Department')!['id'];
    const values = (await rehearsal.dump('activecampaign', 'fieldValue')).filter(
      (row) => row['field'] === field && row['value'] !== '',
    );
    expect(values.map((row) => `${row['contact']} ${row['value']}`).toSorted()).toEqual(
      pairs
        .slice(0, 7)
        .map((pair) => `${pair.ac} Department of ${pair.sf}`)
        .toSorted(),
    );
  });

  it('keeps what waits for the next cycle apart from its own consequences', async () => {
    const pairs = pairsOf(await populationOf(rehearsal));
    await salesforce.update(pairs[0]!.sf, { Department: 'Sales' });
    expect((await rehearsal.syncline('sync')).code).toBe(0);
    await activecampaign.update(pairs[1]!.ac, { phone: '+41 44 2' });
    await mapDepartment();

    const [link] = (await planJson()).links;

    expect(link.ends).toMatchObject({ ac: { update: 1 }, sf: { update: 0 } });
    expect(link.backlog).toEqual({ ac: 0, sf: 1 });
    await applyAndVerify();
    expect(disagreements(await populationOf(rehearsal))).toEqual([]);
  });

  it('writes nothing where a field is taken out', async () => {
    await rehearsal.edit('link.yaml', '    - { sf: Phone, ac: phone, flow: both }\n', '');
    const before = await populationOf(rehearsal);

    const [link] = (await planJson()).links;
    await applyAndVerify();

    expect(link).toMatchObject({ cause: 'mapping', ends: { ac: { create: 0, update: 0 }, sf: { create: 0, update: 0 } } });
    expect(await populationOf(rehearsal)).toEqual(before);
    const [pair] = pairsOf(before);
    await salesforce.update(pair!.sf, { Phone: '+1 555 0' });
    expect(lineOf(await rehearsal.syncline('sync', '--json'), 'cycle_summary').ends.ac.updated).toBe(0);
  });

  it('carries a new computed field to everybody', async () => {
    await rehearsal.edit('link.yaml', `.join(" ")'`, `.join("_")'`);

    const [link] = (await planJson()).links;
    await applyAndVerify();

    expect(link.cause).toBe('mapping');
    expect(link.ends.ac.update).toBeGreaterThan(10);
    const [person] = (await populationOf(rehearsal)).activecampaign.filter((one) => one.fields['Full Name']!.includes('_'));
    expect(person!.fields['Full Name']).toBe(`${person!.fields['FirstName']}_${person!.fields['LastName']}`);
  });

  it('finds the values again under the new name of a field', async () => {
    const [pair, other] = pairsOf(await populationOf(rehearsal));
    await activecampaign.update(pair!.ac, { phone: '+41 44 3' });
    await rehearsal.edit('resources.yaml', 'title: City', 'title: Town');
    await rehearsal.edit('link.yaml', 'field/City', 'field/Town');
    const cities = async () => (await rehearsal.dump('salesforce', 'Contact')).map((row) => [row['Id'], row['MailingCity']]);
    const before = await cities();

    const planned = await planJson();
    await applyAndVerify();

    expect(planned.summary).toMatchObject({ add: 0, change: 2, destroy: 0 });
    expect(planned.links[0]).toMatchObject({ ends: { ac: { update: 0 }, sf: { update: 0 } }, backlog: { ac: 0, sf: 1 } });
    expect(await cities()).toEqual(before);
    const titles = (await rehearsal.dump('activecampaign', 'field')).map((row) => row['title']);
    expect(titles).toContain('Town');
    expect(titles).not.toContain('City');
    await salesforce.update(other!.sf, { MailingCity: 'Edited later' });
    await rehearsal.syncline('sync');
    expect((await rehearsal.dump('activecampaign', 'fieldValue')).filter((row) => row['value'] === 'Edited later')).toHaveLength(
      1,
    );
  });

  it('tells what a changed policy decides of the conflicts that wait, and holds the ceiling', async () => {
    await rehearsal.edit('link.yaml', 'prefer: sf, while: pending, unit: record', 'policy: manual');
    await applyAndVerify();
    const pairs = pairsOf(await populationOf(rehearsal));
    for (const pair of pairs.slice(0, 3)) {
      await salesforce.update(pair.sf, { MailingCity: 'Basel' });
      await activecampaign.setField(pair.ac, 'City', 'Bern');
    }
    expect((await rehearsal.syncline('sync')).code).toBe(3);
    await salesforce.update(pairs[4]!.sf, { Phone: '+41 44 4' });
    await rehearsal.edit('link.yaml', 'policy: manual', 'prefer: ac');

    const planned = await planJson();
    const [link] = planned.links;
    expect(planned.summary).toMatchObject({ add: 0, change: 1, destroy: 0 });
    expect(link).toMatchObject({
      cause: 'mapping',
      ends: { sf: { update: 3, fields: { MailingCity: { write: 3 } } }, ac: { update: 0 } },
      ceiling: { sf: { update: 13, create: 10, delete: 0 } },
      conflict_count: 3,
      backlog: { sf: 0, ac: 1 },
    });
    expect(link.conflicts.map(({ winner }: Loose) => winner)).toEqual(['ac', 'ac', 'ac']);
    expect((await rehearsal.syncline('plan')).stdout).toContain('its mapping or its policy for conflicts changed');
    const applied = await applyAndVerify();
    expect(lineOf(applied, 'cycle_summary').ends).toMatchObject({ sf: { updated: 3 }, ac: { updated: 1 } });
    const state = await rehearsal.syncline('state', 'show', 'Link/contacts', '--json');
    expect(JSON.parse(state.stdout).generation).toBe(3);
  });
});

describe('E6 a match key that changes after the first sync', () => {
  it('is planned with who would be joined, stays apart, or is ambiguous, and holds for those who come', async () => {
    const people: readonly (readonly [string, string, string])[] = [
      ['Uma', 'Twin', 'twin@example.com'],
      ['Vera', 'Twin', 'TWIN@example.com'],
      ['Same', 'Name', 'one@example.com'],
      ['Same', 'Name', 'One@example.com'],
      ['Anna', 'Solo', 'solo@example.com'],
    ];
    for (const [FirstName, LastName, Email] of people) await salesforce.create({ FirstName, LastName, Email });
    const only = await activecampaign.create({ email: 'twin@example.com', firstName: 'uma', lastName: 'TWIN' });
    await activecampaign.create({ email: 'blank@example.com', firstName: 'Blank' });
    expect((await rehearsal.syncline('sync')).code).toBe(3);
    const pairs = new Map(pairsOf(await populationOf(rehearsal)).map(({ sf, ac }) => [sf, ac]));
    await rehearsal.edit(
      'link.yaml',
      '- { sf: Email, ac: email, normalize: email }',
      '- { sf: [FirstName, LastName], ac: [firstName, lastName], normalizeEach: [text, text] }',
    );

    // A contact that is made under an address writes over whoever has it, so the address has to be a key as well.
    await rehearsal.edit('link.yaml', 'authority: ac }', 'authority: ac, address: { sf: Email, ac: email } }');
    const refused = await rehearsal.syncline('plan');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/RECORD_CREATE_OVERWRITES[\s\S]*link\.yaml:\d+:\d+/);
    await rehearsal.edit('link.yaml', 'object: Contact, enter: everyone', 'object: Contact, enter: nobody');
    expect((await rehearsal.syncline('plan')).code).toBe(0);

    const [link] = (await planJson()).links;
    expect(link.cause).toBe('key');
    expect(link.persons).toEqual(await counted(pairs));
    expect(link.persons).toMatchObject({ joined: 1, ambiguous: 2 });
    expect(link.persons.apart).toBeGreaterThan(0);
    const text = (await rehearsal.syncline('plan')).stdout;
    expect(text).toContain(`Persons: ${pairs.size} linked already; 1 to be joined`);
    expect(text).toContain(`${link.persons.apart} linked although their records share no key any more`);

    const applied = await rehearsal.syncline('apply', '-y', '--json');
    expect(applied.code, applied.stdout.slice(-1500)).toBe(0);
    expect((await rehearsal.syncline('verify')).code).toBe(0);
    expect((await rehearsal.syncline('history', 'Link/contacts', only)).code).toBe(0);
    // Whoever comes now is matched by the new key, also with those who were linked by the old one.
    await salesforce.create({ FirstName: 'anna', LastName: 'solo', Email: 'another@example.com' });
    expect((await rehearsal.syncline('sync')).code).toBe(3);
    expect((await rehearsal.syncline('conflicts', 'list', '--show-values')).stdout).toMatch(/anna solo {2}ambiguous: sf/);
  });

  /** The same counts from the dumps alone: who is linked, and the names that each record carries. */
  async function counted(pairs: ReadonlyMap<string, string>): Promise<Loose> {
    const nameOf = (first: string | null, last: string | null): string => {
      const names = [first, last].map((part) => (part ?? '').trim().toLowerCase());
      return names.includes('') ? '' : names.join(' ');
    };
    const sf = (await rehearsal.dump('salesforce', 'Contact'))
      .filter((row) => row['IsDeleted'] === false)
      .map((row) => ({ id: String(row['Id']), name: nameOf(row['FirstName'], row['LastName']) }));
    const ac = (await rehearsal.dump('activecampaign', 'contact')).map((row) => ({
      id: String(row['id']),
      name: nameOf(row['firstName'], row['lastName']),
    }));
    const nameAtAc = new Map(ac.map(({ id, name }) => [id, name]));
    const apart = sf.filter(({ id, name }) => pairs.has(id) && (name === '' || nameAtAc.get(pairs.get(id)!) !== name)).length;
    const linked = new Set(pairs.values());
    const isLinked = (end: 'sf' | 'ac', id: string): boolean => (end === 'sf' ? pairs.has(id) : linked.has(id));
    const records = [...sf.map((row) => ({ ...row, end: 'sf' as const })), ...ac.map((row) => ({ ...row, end: 'ac' as const }))];
    let [joined, ambiguous] = [0, 0];
    for (const row of records) {
      if (row.name === '' || isLinked(row.end, row.id)) continue;
      const others = records.filter((other) => other !== row && other.name === row.name);
      if (others.length === 0) continue;
      const isPair = others.length === 1 && others[0]!.end !== row.end && !isLinked(others[0]!.end, others[0]!.id);
      if (!isPair) ambiguous += 1;
      else if (row.end === 'sf') joined += 1;
    }
    return { known: pairs.size, joined, apart, ambiguous };
  }
});

describe('E2 what is not in the configuration any more', () => {
  it('is destroyed or forgotten, as the plan said', async () => {
    await removeDocument('resources.yaml', 'ac-tag');
    await rehearsal.edit('link.yaml', `    - { ac: tag/synced-with-salesforce, flow: to-ac, value: 'true' }\n`, '');

    const planned = await planJson();
    await applyAndVerify();

    const change = planned.resource_changes.find((one: Loose) => one.address === 'Resource/ac-tag');
    expect(change).toMatchObject({ action_reason: 'not_in_configuration', change: { after: null } });
    const tags = (await rehearsal.dump('activecampaign', 'tag')).filter((row) => row['tag'] === 'synced-with-salesforce');
    expect(change.change.actions.join()).toMatch(/^(delete|forget)$/);
    expect(tags).toHaveLength(change.change.actions[0] === 'forget' ? 1 : 0);
    expect(planned.summary).toMatchObject(
      change.change.actions[0] === 'forget' ? { destroy: 0, forget: 1 } : { destroy: 1, forget: 0 },
    );
    expect((await rehearsal.syncline('state', 'list')).stdout).not.toContain('Resource/ac-tag');
  });

  it('leaves what holds people’s values where it is', async () => {
    await removeDocument('resources.yaml', 'ac-job-title');
    await rehearsal.edit('link.yaml', '    - { sf: Title, ac: field/Job Title, flow: both }\n', '');
    const values = (await rehearsal.dump('activecampaign', 'fieldValue')).length;

    const planned = await planJson();
    await applyAndVerify();

    expect(planned.summary).toMatchObject({ add: 0, destroy: 0, forget: 1 });
    expect((await rehearsal.dump('activecampaign', 'field')).map((row) => row['title'])).toContain('Job Title');
    expect((await rehearsal.dump('activecampaign', 'fieldValue')).length).toBe(values);
  });

  it('stops the cycles of a link, and touches none of its records', async () => {
    const text = await readFile(join(rehearsal.folder, 'link.yaml'), 'utf8');
    await writeFile(join(rehearsal.folder, 'link.yaml'), text.slice(0, text.lastIndexOf('---')));
    const before = await populationOf(rehearsal);

    const applied = await rehearsal.syncline('apply', '-y');

    expect(applied.stdout).toContain('Apply complete! Resources: 0 added, 0 changed, 1 destroyed.');
    expect(await populationOf(rehearsal)).toEqual(before);
    expect((await rehearsal.syncline('sync')).code).toBe(1);
  });
});

describe('E2 drift', () => {
  it('of a field that somebody renamed is told apart from changes, and set right', async () => {
    const [pair] = pairsOf(await populationOf(rehearsal));
    await activecampaign.setField(pair!.ac, 'City', 'Edited before');
    await activecampaign.renameField('City', 'Town');

    const planned = await rehearsal.syncline('plan', '--detailed-exitcode');
    const json = await planJson();
    const declined = await rehearsal.synclineIn({ answer: 'no' }, 'apply');
    await rehearsal.syncline('apply', '-y');
    const synced = lineOf(await rehearsal.syncline('sync', '--json'), 'cycle_summary');

    expect(declined.stdout).toContain('Apply cancelled.');
    expect(json.links[0].backlog).toEqual({ ac: 0, sf: 1 });
    expect(synced.ends).toMatchObject({ ac: { updated: 0 }, sf: { updated: 1 } });
    expect(await salesforce.find(pair!.address)).toMatchObject({ MailingCity: 'Edited before' });
    expect((await rehearsal.syncline('verify')).code).toBe(0);
    expect(planned.code, planned.stderr).toBe(2);
    expect(planned.stdout).toContain('Changes made outside of Syncline');
    expect(planned.stdout).toMatch(/Town/);
    expect(json.resource_drift).toMatchObject([
      {
        address: 'Resource/ac-city',
        action_reason: 'changed_outside',
        change: { before: { title: 'City' }, after: { title: 'Town' } },
      },
    ]);
    expect(json.summary).toMatchObject({ add: 0, change: 1, destroy: 0 });
    expect((await rehearsal.dump('activecampaign', 'field')).map((row) => row['title'])).not.toContain('Town');
    expect(disagreements(await populationOf(rehearsal))).toEqual([]);
  });

  it('alone is shown with --refresh-only', async () => {
    expect((await rehearsal.syncline('plan', '--refresh-only', '--detailed-exitcode')).code).toBe(0);
    await activecampaign.renameField('City', 'Town');

    const outcome = await rehearsal.syncline('plan', '--refresh-only', '--detailed-exitcode');

    expect(outcome.code).toBe(2);
    expect(outcome.stdout).toContain('Town');
    expect(outcome.stdout).toContain('takes these changes into the state');
  });

  it('is accepted by applying a plan of it, which changes no remote object', async () => {
    await activecampaign.renameField('City', 'Town');
    await activecampaign.deleteField('Company');
    await rehearsal.edit('resources.yaml', 'Set by Syncline', 'Put by Syncline');
    const writes = await rehearsal.writes();
    const planned = await rehearsal.syncline('plan', '--refresh-only', '--out', 'drift.json');
    const json = JSON.parse((await rehearsal.syncline('show', 'drift.json', '--format', 'json')).stdout) as Loose;

    const applied = await rehearsal.syncline('apply', 'drift.json');

    expect(planned.code, planned.stderr).toBe(0);
    expect(json).toMatchObject({ refresh_only: true, applyable: true, resource_changes: [], links: [] });
    expect(applied.code, applied.stderr).toBe(0);
    expect(applied.stdout).toContain('Apply complete! Resources: 0 added, 0 changed, 0 destroyed.');
    expect(await rehearsal.writes()).toBe(writes);
    expect((await rehearsal.syncline('plan', '--refresh-only', '--detailed-exitcode')).stdout).toMatch(/^No changes\./m);
    // What the configuration says still holds: it is a change now, and no drift.
    const next = await planJson();
    expect(next.resource_drift).toEqual([]);
    expect(next.resource_changes.filter(({ change }: Loose) => change.actions[0] !== 'no-op')).toMatchObject([
      { address: 'Resource/ac-city', change: { actions: ['update'], before: { title: 'Town' } } },
      { address: 'Resource/ac-company', change: { actions: ['create'] }, action_reason: 'not_in_state' },
      { change: { actions: ['update'] } },
    ]);
    expect((await rehearsal.syncline('apply', 'drift.json')).code).toBe(4);
  });

  it('of a field that somebody deleted is mended with its values', async () => {
    const before = await populationOf(rehearsal);
    await activecampaign.deleteField('City');

    const planned = await planJson();
    await applyAndVerify();

    expect(planned.resource_drift).toMatchObject([{ address: 'Resource/ac-city', change: { actions: ['delete'] } }]);
    const after = await populationOf(rehearsal);
    expect(disagreements(after)).toEqual([]);
    expect(after.salesforce.map((person) => person.fields['MailingCity'])).toEqual(
      before.salesforce.map((person) => person.fields['MailingCity']),
    );
  });

  it('is an error for a sync, which changes nothing', async () => {
    await activecampaign.deleteField('City');
    const writes = await rehearsal.writes();

    const outcome = await rehearsal.syncline('sync');

    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain('field/City');
    expect(await rehearsal.writes()).toBe(writes);
  });
});

describe('E2 an object that is only expected', () => {
  it('is shown with what a person has to do, and not counted as to add', async () => {
    await rehearsal.edit('resources.yaml', 'attributes: { name: Newsletter }', 'attributes: { name: Monthly letter }');
    await rehearsal.edit('link.yaml', 'list/Newsletter', 'list/Monthly letter');

    const outcome = await rehearsal.syncline('plan', '--no-data');

    expect(outcome.stdout).toContain('Monthly letter');
    expect(outcome.stdout).toMatch(/^Plan: 0 to add, 1 to change, 0 to destroy\.$/m);
  });
});
