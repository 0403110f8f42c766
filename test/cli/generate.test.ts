import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Rehearsal, type ExampleName, type Loose } from './harness.ts';
import { ActiveCampaignAccount } from './vendor-accounts.ts';

describe.each<readonly [ExampleName, readonly string[]]>([
  ['activecampaign-salesforce', ['salesforce', 'activecampaign']],
  ['oro-dotdigital', ['dotdigital', 'orocrm']],
])('E15 an account that is in use, as YAML: %s', (example, integrations) => {
  let rehearsal: Rehearsal;

  beforeAll(async () => {
    rehearsal = await Rehearsal.start({ example, people: 4 });
    // The example makes its objects; after that nobody knows of them any more.
    expect((await rehearsal.syncline('apply', '-y', '--no-sync')).code).toBe(0);
    for (const file of ['resources.yaml', 'link.yaml', 'person.test.yaml', 'campaigns.yaml', 'state'])
      await rm(join(rehearsal.folder, file), { recursive: true, force: true });
    expect((await rehearsal.syncline('apply', '-y')).code).toBe(0);
    if (example === 'activecampaign-salesforce') {
      const account = new ActiveCampaignAccount(rehearsal);
      for (const title of ['日本語', 'Yes: #no', 'Right\u202Eleft', 'it\'s "quoted"', '007', 'Job  Title'])
        await account.createField(title, 'text');
    }
  });

  afterAll(() => rehearsal.close());

  async function generated(...argv: readonly string[]): Promise<number> {
    let resources = 0;
    for (const integration of integrations) {
      const outcome = await rehearsal.syncline('generate', integration, ...argv);
      expect(outcome.code, outcome.stderr).toBe(0);
      expect(outcome.stderr).toContain(', 0 left out.');
      await writeFile(join(rehearsal.folder, `generated-${integration}.yaml`), outcome.stdout);
      resources += outcome.stdout.split('kind: Resource').length - 1;
    }
    return resources;
  }

  it('E15 is a configuration whose plan is empty', async () => {
    const writes = await rehearsal.writes();

    const resources = await generated();
    const plan = await rehearsal.syncline('plan', '--detailed-exitcode');

    expect(resources).toBeGreaterThan(3);
    expect(plan.code, plan.stdout + plan.stderr).toBe(0);
    expect(plan.stdout).toMatch(/^No changes\./m);
    expect(await rehearsal.writes()).toBe(writes);
    const again = await rehearsal.syncline('generate', integrations[0]!);
    expect(again.stdout).toBe('');
    expect(again.stderr).toMatch(/^0 resources written; \d+ known already, 0 left out\.$/m);
  });

  it('E15 managed, is taken over without a write, and then there is nothing to do', async () => {
    for (const integration of integrations) await rm(join(rehearsal.folder, `generated-${integration}.yaml`));
    const writes = await rehearsal.writes();

    await generated('--managed');
    const plan: Loose = JSON.parse((await rehearsal.syncline('plan', '--json')).stdout);
    const applied = await rehearsal.syncline('apply', '-y');
    const again = await rehearsal.syncline('plan', '--detailed-exitcode');

    expect(plan.summary).toMatchObject({ add: 0, change: 0, destroy: 0 });
    expect(plan.summary.import).toBeGreaterThan(2);
    const imports = plan.resource_changes.filter((change: Loose) => change.change.importing !== undefined);
    expect(imports.filter((change: Loose) => change.change.actions.join() !== 'no-op')).toEqual([]);
    expect(applied.code, applied.stderr).toBe(0);
    expect(again.code, again.stdout + again.stderr).toBe(0);
    expect(again.stdout).toMatch(/^No changes\./m);
    expect(await rehearsal.writes()).toBe(writes);
  });

  it('E15 writes over no file, and knows its integrations', async () => {
    const before = await readFile(join(rehearsal.folder, 'integrations.yaml'), 'utf8');

    const refused = await rehearsal.syncline('generate', integrations[0]!, '--out', 'integrations.yaml');
    const unknown = await rehearsal.syncline('generate', 'nobody');

    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('GENERATE_FILE');
    expect(await readFile(join(rehearsal.folder, 'integrations.yaml'), 'utf8')).toBe(before);
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain(integrations[0]!);
  });
});
