import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { disagreements, populationOf } from './agreement.ts';
import { Rehearsal } from './harness.ts';
import { ActiveCampaignAccount, SalesforceAccount } from './vendor-accounts.ts';

let rehearsal: Rehearsal;

beforeEach(async () => {
  rehearsal = await Rehearsal.start({ people: 20 });
});

afterEach(() => rehearsal.close());

describe('E4 a saved plan', () => {
  it('is applied as it was reviewed, without a question', async () => {
    await rehearsal.syncline('plan', '--out', 'plan.json');

    const outcome = await rehearsal.syncline('apply', 'plan.json');

    expect(outcome.code, outcome.stderr).toBe(0);
    expect(outcome.stdout).toContain('Apply complete! Resources: 16 added, 0 changed, 0 destroyed.');
    expect((await rehearsal.syncline('verify')).code).toBe(0);
    expect(disagreements(await populationOf(rehearsal))).toEqual([]);
  });

  it('can be shown as text, JSON, Markdown and HTML', async () => {
    await rehearsal.syncline('plan', '--out', 'plan.json');

    const shown = await Promise.all(
      ['text', 'json', 'markdown', 'html'].map((format) => rehearsal.syncline('show', 'plan.json', '--format', format)),
    );

    for (const outcome of shown) expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(shown[0]!.stdout).toContain('Plan: 16 to add, 0 to change, 0 to destroy.');
    expect(JSON.parse(shown[1]!.stdout).summary.add).toBe(16);
    expect(shown[2]!.stdout).toContain('Plan: 16 to add, 0 to change, 0 to destroy.');
    expect(shown[3]!.stdout).toMatch(/^<!doctype html>/i);
  });

  it('is readable by nobody else', async () => {
    await rehearsal.syncline('plan', '--out', 'plan.json');

    const { mode } = await import('node:fs/promises').then(({ stat }) => stat(join(rehearsal.folder, 'plan.json')));
    expect(mode & 0o077).toBe(0);
  });

  it.each([
    ['a count', (text: string) => text.replace('"add":16', '"add":1')],
    ['a ceiling', (text: string) => text.replace(/"create":\d+/, '"create":9999')],
    ['an attribute', (text: string) => text.replace('synced-with-salesforce', 'something-else')],
    ['the digest', (text: string) => text.replace(/"digest":"\w{8}/, '"digest":"00000000')],
  ])('in which somebody changed %s is refused', async (_, tamper) => {
    await rehearsal.syncline('plan', '--out', 'plan.json');
    const path = join(rehearsal.folder, 'plan.json');
    const text = await readFile(path, 'utf8');
    await writeFile(path, tamper(text));
    expect(tamper(text)).not.toBe(text);

    for (const argv of [
      ['apply', 'plan.json'],
      ['show', 'plan.json'],
    ]) {
      const outcome = await rehearsal.syncline(...argv);
      expect(outcome.code, argv.join(' ')).toBe(4);
      expect(outcome.stderr).toMatch(/^Error: Saved plan was changed$/m);
    }
    expect(await rehearsal.writes()).toBe(0);
  });

  it('that is no plan is refused', async () => {
    await writeFile(join(rehearsal.folder, 'text.json'), '{"a": 1}');
    await writeFile(join(rehearsal.folder, 'nothing.json'), 'nothing');

    for (const file of ['text.json', 'nothing.json', 'link.yaml', '.']) {
      const outcome = await rehearsal.syncline('apply', file);
      expect(outcome.code, file).toBe(1);
      expect(outcome.stderr).not.toMatch(/\n\s+at |This is a bug/);
    }
  });

  it('is stale once it was applied', async () => {
    await rehearsal.syncline('plan', '--out', 'plan.json');
    await rehearsal.syncline('apply', 'plan.json');
    const writes = await rehearsal.writes();

    const outcome = await rehearsal.syncline('apply', 'plan.json');

    expect(outcome.code).toBe(4);
    expect(outcome.stderr.split('\n').slice(0, 4)).toEqual([
      'Error: Saved plan is stale',
      expect.stringMatching(/^ {2}The state has serial \d+, the plan was made from 0\.$/),
      expect.stringMatching(/^ {2}Different now: Resource\/.* and \d+ more\.$/),
      expect.stringMatching(/^ {2}Since then: apply by \S+@\S+ at \S+Z\.$/),
    ]);
    expect(await rehearsal.writes()).toBe(writes);
  });

  it('is stale after a week', async () => {
    await rehearsal.syncline('plan', '--out', 'plan.json');
    await rehearsal.advance('P7DT1S');

    const outcome = await rehearsal.syncline('apply', 'plan.json');

    expect(outcome.code).toBe(4);
    expect(outcome.stderr).toMatch(/Saved plan is stale\n {2}The plan was made at \S+, and is valid for 7 days\./);
    expect(await rehearsal.writes()).toBe(0);
  });

  it('is stale once the configuration says something else', async () => {
    await rehearsal.syncline('plan', '--out', 'plan.json');
    await rehearsal.edit('resources.yaml', 'Set by Syncline', 'Put by Syncline');

    const outcome = await rehearsal.syncline('apply', 'plan.json');

    expect(outcome.code).toBe(4);
    expect(outcome.stderr.split('\n').slice(0, 4)).toEqual([
      'Error: Saved plan is stale',
      '  The configuration has changed since it was made.',
      '  Different now: Resource/ac-tag.',
      '  Since then: nothing was done by Syncline; the files, or the vendor, tell who it was.',
    ]);
    expect(await rehearsal.writes()).toBe(0);
  });

  it('is stale once somebody else made what it was to make', async () => {
    await rehearsal.syncline('plan', '--out', 'plan.json');
    const tag = { tag: { tag: 'synced-with-salesforce', tagType: 'contact', description: '' } };
    const origin = rehearsal.sandbox.origins['activecampaign']!;
    await fetch(`${origin}/api/3/tags`, { method: 'POST', headers: { 'api-token': 'sandbox' }, body: JSON.stringify(tag) });
    const writes = await rehearsal.writes();

    const outcome = await rehearsal.syncline('apply', 'plan.json');

    expect(outcome.code).toBe(4);
    expect(outcome.stderr).toContain('Saved plan is stale');
    expect(await rehearsal.writes()).toBe(writes);
  });

  it('is not made stale by cycles', async () => {
    await rehearsal.syncline('apply', '-y');
    await rehearsal.edit('resources.yaml', 'Set by Syncline', 'Put by Syncline');
    await rehearsal.syncline('plan', '--out', 'plan.json');
    await new ActiveCampaignAccount(rehearsal).update('3', { firstName: 'Edited' });
    await rehearsal.syncline('sync');

    expect((await rehearsal.syncline('apply', 'plan.json')).code).toBe(0);
  });

  it('lets records change up to its ceiling, and is refused beyond it', async () => {
    await rehearsal.syncline('plan', '--out', 'plan.json');
    const salesforce = new SalesforceAccount(rehearsal);
    for (let number = 0; number < 15; number += 1)
      await salesforce.create({ LastName: 'Crowd', Email: `crowd${number}@example.com` });
    const before = await rehearsal.dumpText('activecampaign', 'contact');

    const outcome = await rehearsal.syncline('apply', 'plan.json');

    expect(outcome.code).toBe(4);
    expect(outcome.stderr).toMatch(/beyond the plan/);
    expect(await rehearsal.dumpText('activecampaign', 'contact')).toBe(before);
  });

  it('lets a few more records change than it found', async () => {
    await rehearsal.syncline('plan', '--out', 'plan.json');
    await new SalesforceAccount(rehearsal).create({ LastName: 'Newcomer', Email: 'newcomer@example.com' });

    expect((await rehearsal.syncline('apply', 'plan.json')).code).toBe(0);
    expect((await rehearsal.syncline('verify')).code).toBe(0);
  });

  it('that clears phone numbers is refused for twice as many, and carried out two hours and 500 unrelated edits later', async () => {
    const salesforce = new SalesforceAccount(rehearsal);
    const byEmail = Map.groupBy(await rehearsal.dump('salesforce', 'Contact'), (row) => String(row['Email']).toLowerCase());
    const contacts = [...byEmail.values()].flatMap((rows) => (rows.length === 1 ? [String(rows[0]!['Id'])] : []));
    for (let number = contacts.length; number < 30; number += 1)
      contacts.push(await salesforce.create({ LastName: 'Crowd', Email: `crowd${number}@example.com` }));
    for (const [index, id] of contacts.entries())
      await salesforce.update(id, { Phone: `+47 100 ${index}`, Title: index < 12 ? 'Retired' : 'Engineer' });
    await rehearsal.syncline('apply', '-y');
    await rehearsal.edit(
      'link.yaml',
      '{ sf: Phone, ac: phone, flow: both }',
      `{ ac: phone, flow: to-ac, value: 'sf.Title == "Retired" ? null : sf.Phone' }`,
    );
    const planned = await rehearsal.syncline('plan', '--out', 'plan.json');
    expect(planned.stdout, planned.stderr).toMatch(/phone +12 written +12 cleared/);
    for (let edit = 0; edit < 500; edit += 1) {
      await salesforce.update(contacts[edit % contacts.length]!, { MailingCity: `City ${edit}` });
      if (edit % 200 !== 199) continue;
      await rehearsal.advance('PT1H');
      expect((await rehearsal.syncline('sync')).code).toBe(0);
    }
    for (const id of contacts.slice(12, 24)) await salesforce.update(id, { Title: 'Retired' });
    const before = await rehearsal.dumpText('activecampaign', 'contact');

    const refused = await rehearsal.syncline('apply', 'plan.json');

    expect(refused.code).toBe(4);
    expect(refused.stderr).toMatch(/phone cleared 24 times, at most 22 planned/);
    expect(await rehearsal.dumpText('activecampaign', 'contact')).toBe(before);

    for (const id of contacts.slice(12, 24)) await salesforce.update(id, { Title: 'Engineer' });

    const outcome = await rehearsal.syncline('apply', 'plan.json');

    expect(outcome.code, outcome.stderr).toBe(0);
    expect((await rehearsal.syncline('verify')).code).toBe(0);
  });

  it('is not made where the configuration is wrong', async () => {
    await rehearsal.edit('link.yaml', 'flow: both', 'flow: sideways');

    expect((await rehearsal.syncline('plan', '--out', 'plan.json')).code).toBe(1);
    expect([...(await rehearsal.files()).keys()].filter((path) => path.endsWith('plan.json'))).toEqual([]);
  });
});

describe('E6 guards', () => {
  it('stop an apply before it writes to any record, and let exactly this set of changes pass', async () => {
    await rehearsal.edit('link.yaml', 'guards: { deletes: 10 }', 'guards: { deletes: 10, creates: 1 }');
    const dumps = async () => [
      await rehearsal.dumpText('salesforce', 'Contact'),
      await rehearsal.dumpText('activecampaign', 'contact'),
      await rehearsal.dumpText('activecampaign', 'contactTag'),
    ];
    const before = await dumps();

    const refused = await rehearsal.syncline('apply', '-y');
    const after = await dumps();
    const [, allowance] = /syncline apply (--allow creates=[0-9a-f]{12})/.exec(refused.stderr) ?? [];
    const again = await rehearsal.syncline('apply', '-y');
    const other = await rehearsal.syncline('apply', '-y', '--allow', 'creates=000000000000');
    const allowed = await rehearsal.syncline('apply', '-y', ...allowance!.split(' '));

    expect(refused.code).toBe(4);
    expect(refused.stderr).toMatch(/creates: \d+ found, 1 allowed/);
    expect(stripNewFields(after)).toEqual(stripNewFields(before));
    expect([again.code, other.code]).toEqual([4, 4]);
    expect(allowed.code, allowed.stderr).toBe(0);
    expect((await rehearsal.syncline('verify')).code).toBe(0);
    expect(disagreements(await populationOf(rehearsal))).toEqual([]);
  });

  it('stop a sync, and name the command that lets it pass', async () => {
    await rehearsal.edit('link.yaml', 'guards: { deletes: 10 }', 'guards: { deletes: 10, updates: 30 }');
    await rehearsal.syncline('apply', '-y');
    await rehearsal.edit('link.yaml', 'updates: 30', 'updates: 0');
    await rehearsal.syncline('apply', '-y');
    await new ActiveCampaignAccount(rehearsal).update('2', { firstName: 'Guarded' });
    const writes = await rehearsal.writes();

    const refused = await rehearsal.syncline('sync');
    const [, command] = /\n\s+syncline (\w+ [^\n]*--allow updates=[0-9a-f]{12})/.exec(refused.stderr) ?? [];

    expect(refused.code).toBe(4);
    expect(await rehearsal.writes()).toBe(writes);
    expect(command).toMatch(/^sync /);
    expect((await rehearsal.syncline(...command!.split(' '))).code).toBe(0);
    expect(disagreements(await populationOf(rehearsal))).toEqual([]);
  });

  it('hold on when their line is gone, and the plan says so', async () => {
    await rehearsal.syncline('apply', '-y', '--no-sync');
    await rehearsal.edit('link.yaml', '  guards: { deletes: 10 }', '  guards: {}');
    const removed = await rehearsal.syncline('plan', '--no-data');
    await rehearsal.edit('link.yaml', '  guards: {}', '  guards: { deletes: none }');
    const loosened = await rehearsal.syncline('plan', '--no-data');

    expect(removed.stdout).toContain('No changes.');
    expect(removed.stdout + removed.stderr).toMatch(/The guard deletes: 10 is not declared any more,\s+and still holds/);
    expect(loosened.stdout).not.toContain('No changes.');
    expect(loosened.stdout).toMatch(/deletes.*none/);
  });

  it('are told by the plan', async () => {
    await rehearsal.edit('link.yaml', 'guards: { deletes: 10 }', 'guards: { deletes: 10, creates: 1 }');

    expect((await rehearsal.syncline('plan')).stdout).toMatch(/Guard creates: \d+ found, 1 allowed/);
  });
});

/** New custom fields show in the dump of every contact, blank, without anybody having written to it. */
function stripNewFields(dumps: readonly string[]): readonly string[] {
  return dumps.map((dump) => dump.replaceAll(/,"(Loyalty_Number__c|Syncline_Id__c|VIP__c)":(null|false)/g, ''));
}

describe('E4 the account of an integration', () => {
  it('must be the one that the stack declares', async () => {
    await rehearsal.edit('stacks.yaml', '    salesforce:\n', "    salesforce:\n      account: '00D000000000001AAA'\n");

    for (const argv of [['plan'], ['apply', '-y']]) {
      const outcome = await rehearsal.syncline(...argv);
      expect(outcome.code, argv.join(' ')).toBe(4);
      expect(outcome.stderr).toContain('00D000000000001AAA');
    }
    expect(await rehearsal.writes()).toBe(0);
  });

  it('is noted in the state with its first apply', async () => {
    await rehearsal.syncline('apply', '-y');
    const path = join(rehearsal.folder, 'state', 'syncline.state.json');
    const { accounts } = JSON.parse(await readFile(path, 'utf8'));
    expect(accounts.salesforce.id).toMatch(/^00D/);
    expect(accounts.activecampaign.id.length).toBeGreaterThan(2);
  });
});
