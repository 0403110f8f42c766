import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonLines, lineOf, Rehearsal, type Loose } from './harness.ts';

let rehearsal: Rehearsal;

beforeAll(async () => {
  rehearsal = await Rehearsal.start({ people: 6 });
  await rehearsal.edit(
    'resources.yaml',
    'metadata: { name: ac-tag }\nspec:',
    'metadata: { name: helpers }\nspec: { integration: salesforce, type: salesforce/permission-set, attributes: { name: Helpers } }\n---\napiVersion: syncline/v1\nkind: Resource\nmetadata: { name: ac-tag }\nspec:\n  preventDestroy: true',
  );
  const applied = await rehearsal.syncline('apply', '-y');
  expect(applied.code, applied.stderr).toBe(0);
  // What was applied is enough: no file of a checkout is read.
  for (const file of ['resources.yaml', 'link.yaml', 'person.test.yaml', 'integrations.yaml', 'stacks.yaml'])
    await rm(join(rehearsal.folder, file));
});

afterAll(() => rehearsal.close());

const records = async () => [
  await rehearsal.dumpText('salesforce', 'Contact'),
  await rehearsal.dumpText('activecampaign', 'contact'),
];
const listed = async () => (await rehearsal.syncline('state', 'list')).stdout.trim();
const titles = async () => (await rehearsal.dump('activecampaign', 'field')).map((row) => row['title']);

describe('E5 destroy', () => {
  it('E5 asks first, and shows what goes and what only is forgotten', async () => {
    const before = [await rehearsal.writes(), await listed(), await titles()];

    const declined = await rehearsal.synclineIn({ answer: 'y' }, 'destroy');
    const unasked = await rehearsal.syncline('destroy', '--json');

    expect(declined.code).toBe(1);
    expect(declined.stdout).toContain('Do you really want to destroy this?');
    expect(declined.stdout).toMatch(/^Apply cancelled\.$/m);
    expect(declined.stdout).toContain('# Resource/ac-city will be forgotten');
    expect(declined.stdout).toContain('# Resource/helpers will be destroyed');
    expect(declined.stdout).toContain('# Link/contacts will be destroyed');
    expect(declined.stdout).toMatch(/^Plan: 0 to add, 0 to change, 5 to destroy, 13 to forget\.$/m);
    expect(unasked.code).toBe(1);
    expect([await rehearsal.writes(), await listed(), await titles()]).toEqual(before);
  });

  it('E5 of a target takes along what needs it, and nothing else', async () => {
    const before = await records();

    const outcome = await rehearsal.syncline('destroy', '-y', '--target', 'Mapping/person', '--json');

    expect(outcome.code, outcome.stdout).toBe(0);
    const completed = jsonLines(outcome).filter((line) => line.type === 'apply_complete');
    expect(completed.map((line: Loose) => line.hook.resource.addr)).toEqual(['Link/contacts', 'Mapping/person']);
    expect(lineOf(outcome, 'change_summary').changes).toMatchObject({ add: 0, change: 0, remove: 2 });
    expect(await records()).toEqual(before);
    expect(await listed()).toContain('Resource/ac-city');
  });

  it('E5 is refused where something has preventDestroy', async () => {
    const writes = await rehearsal.writes();

    const refused = await rehearsal.syncline('destroy', '-y', '--with-data');

    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('RESOURCE_PREVENT_DESTROY');
    expect(await rehearsal.writes()).toBe(writes);
  });

  it('E5 deletes what holds people’s data only where that is said', async () => {
    await rehearsal.syncline('destroy', '-y', '--target', 'Resource/ac-city', '--with-data');
    expect(await titles()).not.toContain('City');
    const kept = await titles();
    const before = await records();

    const interrupted = await rehearsal.synclineIn({ interruptAt: 1 }, 'destroy', '-y');
    const outcome = await rehearsal.syncline('destroy', '-y');
    const again = await rehearsal.syncline('destroy', '-y');

    expect(interrupted.code).toBe(130);
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(outcome.stdout).toMatch(/^Apply complete! Resources: 0 added, 0 changed, [1-3] destroyed\.$/m);
    expect(await listed()).toBe('');
    expect(JSON.parse((await rehearsal.syncline('state', 'pull')).stdout).accounts).toEqual({});
    expect(await titles()).toEqual(kept);
    expect(await rehearsal.dumpText('salesforce', 'PermissionSet')).not.toContain('Helpers');
    expect(await records()).toEqual(before);
    expect(again.stdout).toMatch(/^No changes\./m);
    expect((await rehearsal.syncline('audit', 'log')).stdout).toContain('destroy');
    expect((await rehearsal.syncline('audit', 'verify')).code).toBe(0);
  });
});
