import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lineOf, Rehearsal } from './harness.ts';
import { ActiveCampaignAccount, SalesforceAccount } from './vendor-accounts.ts';

let rehearsal: Rehearsal;

beforeEach(async () => {
  rehearsal = await Rehearsal.start({ people: 12 });
});

afterEach(() => rehearsal.close());

describe('the lines for which pipelines search', () => {
  it('count what a plan does to resources and records', async () => {
    const { stdout } = await rehearsal.syncline('plan');

    expect(stdout).toMatch(
      /^Plan: 16 to add, 0 to change, 0 to destroy\.\nRecords: activecampaign \d+ to create, \d+ to update, 0 to delete; salesforce \d+ to create, \d+ to update, 0 to delete$/m,
    );
  });

  it('start with "No changes." where there is nothing to do', async () => {
    await rehearsal.syncline('apply', '-y');

    expect((await rehearsal.syncline('plan')).stdout).toMatch(/^No changes\. /m);
    expect((await rehearsal.syncline('apply', '-y')).stdout).toMatch(/^No changes\. /m);
  });

  it('tell of what an apply imports and forgets', async () => {
    await rehearsal.edit('resources.yaml', '  type: activecampaign/tag\n', '  type: activecampaign/tag\n  adopt: true\n');
    const activecampaign = rehearsal.sandbox.origins['activecampaign']!;
    const tag = { tag: { tag: 'synced-with-salesforce', tagType: 'contact', description: 'Made by hand' } };
    await fetch(`${activecampaign}/api/3/tags`, {
      method: 'POST',
      headers: { 'api-token': 'sandbox' },
      body: JSON.stringify(tag),
    });

    const adopting = await rehearsal.syncline('plan');
    await rehearsal.syncline('apply', '-y');
    const text = await readFile(join(rehearsal.folder, 'resources.yaml'), 'utf8');
    await writeFile(
      join(rehearsal.folder, 'resources.yaml'),
      text.replace(/---\napiVersion: syncline\/v1\nkind: Resource\nmetadata: \{ name: ac-tag \}[\s\S]*?\n(?=---)/, ''),
    );
    const forgetting = await rehearsal.syncline('plan');

    expect(adopting.stdout).toMatch(/^Plan: 1 to import, 15 to add, 0 to change, 0 to destroy\.$/m);
    expect(forgetting.stdout).toMatch(/^Plan: 0 to add, 0 to change, 0 to destroy, 1 to forget\.$/m);
  });

  it('say that an unsaved plan may differ from the next apply', async () => {
    expect((await rehearsal.syncline('plan')).stdout).toMatch(/not saved.*next apply may differ/);
    expect((await rehearsal.syncline('plan', '--out', 'plan.json')).stdout).not.toContain('may differ');
  });

  it('end an apply that a person did not approve', async () => {
    for (const answer of ['no', 'y', 'Yes', 'YES', ' yes', '']) {
      const outcome = await rehearsal.synclineIn({ answer }, 'apply');

      expect(outcome.stdout.trimEnd().split('\n').at(-1), answer).toBe('Apply cancelled.');
      expect(outcome.code).toBe(1);
    }
    expect(await rehearsal.writes()).toBe(0);
  });

  it('end an apply that a person approved with yes', async () => {
    const outcome = await rehearsal.synclineIn({ answer: 'yes' }, 'apply');

    expect(outcome.code).toBe(0);
    expect(outcome.stdout).toContain("Only 'yes' will be accepted to approve.");
    expect(outcome.stdout).toMatch(/^Apply complete! Resources: 16 added, 0 changed, 0 destroyed\.$/m);
  });
});

describe('asking', () => {
  it.each([
    ['SYNCLINE_INPUT=0', { environment: { SYNCLINE_INPUT: '0' }, answer: 'yes' }, ['apply']],
    ['--no-input', { answer: 'yes' }, ['apply', '--no-input']],
    ['-input=false', { answer: 'yes' }, ['apply', '-input=false']],
    ['no terminal', {}, ['apply']],
  ] as const)('never happens with %s', async (_, options, argv) => {
    const outcome = await rehearsal.synclineIn(options, ...argv);

    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toMatch(/^Error: Approval needed$/m);
    expect(outcome.stderr).toContain('syncline apply --auto-approve');
    expect(await rehearsal.writes()).toBe(0);
  });

  it('is not needed for a saved plan', async () => {
    await rehearsal.syncline('plan', '-o', 'plan.json');

    expect((await rehearsal.syncline('apply', 'plan.json')).code).toBe(0);
  });

  it('is not needed, and nothing is taken for approved, where there is nothing to do', async () => {
    await rehearsal.syncline('apply', '-y');

    expect((await rehearsal.syncline('apply')).code).toBe(0);
  });
});

describe('the lines of a plan whose cycle is owed', () => {
  it('count its records, and never say that there are no changes', async () => {
    await rehearsal.edit('link.yaml', 'guards: { deletes: 10 }', 'guards: { creates: 0 }');
    expect((await rehearsal.syncline('apply', '-y')).code).toBe(4);

    const planned = await rehearsal.syncline('plan', '--detailed-exitcode', '--out', 'plan.json');

    expect(planned.code).toBe(2);
    expect(planned.stdout).not.toContain('No changes.');
    expect(planned.stdout).toMatch(/^Plan: 0 to add, 0 to change, 0 to destroy\.\nRecords: activecampaign [1-9]\d* to create/m);
    const shown = await rehearsal.syncline('show', 'plan.json', '--format', 'markdown');
    expect(shown.stdout).not.toMatch(/no changes/i);
  });
});

describe('exit codes', () => {
  it('are 0 for an apply that leaves somebody in quarantine, and it says so', async () => {
    await enterSomebodyTooLong('first@example.com');

    const outcome = await rehearsal.syncline('apply', '-y');

    expect(outcome.code).toBe(0);
    expect(outcome.stdout).toMatch(/^1 record in quarantine/m);
  });

  it('are 3 for a sync that puts somebody in quarantine, and 0 for the next', async () => {
    await rehearsal.syncline('apply', '-y');
    await enterSomebodyTooLong('second@example.com');

    expect((await rehearsal.syncline('sync')).code).toBe(3);
    expect((await rehearsal.syncline('sync')).code).toBe(0);
    expect((await rehearsal.syncline('verify')).code).toBe(0);
  });

  it('are 3 for a sync in which a match became ambiguous, and 0 again in the next', async () => {
    await rehearsal.syncline('apply', '-y');
    const salesforce = new SalesforceAccount(rehearsal);
    await salesforce.create({ LastName: 'Twin', Email: 'twin@example.com' });
    await salesforce.create({ LastName: 'Twin', Email: 'Twin@example.com' });

    const first = await rehearsal.syncline('sync', '--json');
    const second = await rehearsal.syncline('sync');

    expect(first.code).toBe(3);
    expect(second.code).toBe(0);
  });

  it('are 0 for a sync that reads everything anew and finds ambiguous what was so before', async () => {
    await rehearsal.syncline('apply', '-y');
    const salesforce = new SalesforceAccount(rehearsal);
    await salesforce.create({ LastName: 'Twin', Email: 'twin@example.com' });
    await salesforce.create({ LastName: 'Twin', Email: 'Twin@example.com' });
    expect((await rehearsal.syncline('sync')).code).toBe(3);

    await rehearsal.edit('link.yaml', '    - { sf: Phone, ac: phone, flow: both }\n', '');
    await rehearsal.syncline('apply', '-y', '--no-sync');
    expect((await rehearsal.syncline('sync')).code).toBe(0);
    // An apply has read everything while it planned, and does so once more for the field that it made anew.
    await new ActiveCampaignAccount(rehearsal).deleteField('VIP');
    await salesforce.create({ LastName: 'Twin', Email: 'TWIN@example.com' });
    expect(lineOf(await rehearsal.syncline('apply', '-y', '--json'), 'cycle_summary').conflicts).toBe(1);
  });

  it('are 1 for a command line that makes no sense, with a message', async () => {
    for (const argv of [
      [],
      ['no-such-command'],
      ['plan', '--no-such-flag'],
      ['plan', '--records', 'many'],
      ['sync', 'nonsense'],
      ['state', 'show'],
      ['plan', '--target', 'x'],
      ['apply', '--allow', 'x'],
    ]) {
      const outcome = await rehearsal.syncline(...argv);
      expect(outcome.code, argv.join(' ')).toBe(1);
      expect(outcome.stderr.length, argv.join(' ')).toBeGreaterThan(10);
      expect(outcome.stderr).not.toMatch(/\n\s+at /);
    }
  });

  it('are 1 for an account that cannot be reached, with the address and no stack trace', async () => {
    const outcome = await rehearsal.synclineIn({ environment: { ACTIVECAMPAIGN_URL: 'http://127.0.0.1:9' } }, 'plan');

    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain('ActiveCampaign could not be reached');
    expect(outcome.stderr).not.toMatch(/\n\s+at /);
  });
});

/** ActiveCampaign takes a first name of 60 characters, Salesforce one of 40 at the most. */
async function enterSomebodyTooLong(email: string): Promise<void> {
  const activecampaign = new ActiveCampaignAccount(rehearsal);
  await activecampaign.create({ firstName: 'x'.repeat(60), lastName: 'Long', email });
}

describe("Terraform's single-dash spellings", () => {
  it('are understood', async () => {
    const spellings: readonly (readonly [readonly string[], number])[] = [
      [['plan', '-detailed-exitcode'], 2],
      [['plan', '-json'], 0],
      [['plan', '-no-color'], 0],
      [['plan', '-lock-timeout=3s'], 0],
      [['plan', '-input=false'], 0],
      [['plan', '-refresh-only'], 0],
      [['plan', '-target=Resource/ac-tag'], 0],
      [['plan', '-target', 'Resource/ac-tag'], 0],
      [['plan', '-out=plan.json'], 0],
      [[`-chdir=${rehearsal.folder}`, 'validate'], 0],
      [['apply', '-auto-approve', '-parallelism=3', '-input=false'], 0],
      [['apply', '-auto-approve=true', '-json'], 0],
      [['plan', '-out', 'plan.json', '-detailed-exitcode'], 0],
    ];
    for (const [argv, code] of spellings) {
      const outcome = await rehearsal.syncline(...argv);
      expect(outcome.code, `${argv.join(' ')}\n${outcome.stderr}`).toBe(code);
    }
  });

  it('have the short ones beside them', async () => {
    await rm(join(rehearsal.folder, 'plan.json'), { force: true });

    expect((await rehearsal.synclineIn({ folder: '/' }, '-C', rehearsal.folder, 'plan', '-o', 'plan.json')).code).toBe(0);
    expect((await rehearsal.synclineIn({ folder: '/' }, 'apply', '-C', rehearsal.folder, '-y')).code).toBe(0);
    expect((await rehearsal.syncline('-V')).stdout).toMatch(/^\d+\.\d+\.\d+/);
    expect((await rehearsal.syncline('plan', '-h')).code).toBe(0);
  });
});

describe('colour', () => {
  it('is for terminals, and never with --no-color or NO_COLOR', async () => {
    const escape = /\u001b\[/;
    const environment = { TERM: 'xterm' };
    expect((await rehearsal.synclineIn({ terminal: true, environment }, 'plan')).stdout).toMatch(escape);
    expect((await rehearsal.synclineIn({ terminal: true, environment }, 'plan', '--no-color')).stdout).not.toMatch(escape);
    expect(
      (await rehearsal.synclineIn({ terminal: true, environment: { ...environment, NO_COLOR: '1' } }, 'plan')).stdout,
    ).not.toMatch(escape);
    expect((await rehearsal.syncline('plan')).stdout).not.toMatch(escape);
    expect((await rehearsal.synclineIn({ environment: { FORCE_COLOR: '1' } }, 'plan')).stdout).toMatch(escape);
  });

  it('leaves JSON alone', async () => {
    const outcome = await rehearsal.synclineIn({ terminal: true, environment: { FORCE_COLOR: '1' } }, 'plan', '--json');

    expect(outcome.stdout).not.toMatch(/\u001b/);
    expect(outcome.stderr).toBe('');
  });
});
