import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Rehearsal } from './harness.ts';
import { ActiveCampaignAccount } from './vendor-accounts.ts';

const WAYS: readonly (readonly string[])[] = [
  ['plan'],
  ['plan', '--json'],
  ['plan', '--detailed-exitcode', '--records', '0'],
  ['plan', '--refresh-only'],
  ['plan', '--no-data'],
  ['plan', '--no-lock'],
  ['plan', '--offline'],
  ['plan', '--target', 'Resource/ac-tag'],
  ['plan', '--max-calls', '1'],
];

let rehearsal: Rehearsal;

beforeEach(async () => {
  rehearsal = await Rehearsal.start();
});

afterEach(() => rehearsal.close());

describe('E2 a plan writes nothing, remote or local', () => {
  it.each(WAYS)('before the first apply: %s %s %s', async (...argv) => {
    const before = await rehearsal.everything();

    const outcome = await rehearsal.syncline(...argv);

    expect(outcome.stderr).toBe('');
    expect([0, 2]).toContain(outcome.code);
    expect(await rehearsal.everything()).toEqual(before);
    expect(await rehearsal.writes()).toBe(0);
  });

  it('after an apply, while edits wait and the configuration has changed', async () => {
    await rehearsal.syncline('apply', '-y');
    const activecampaign = new ActiveCampaignAccount(rehearsal);
    await activecampaign.update('3', { firstName: 'Waiting' });
    await rehearsal.edit('resources.yaml', 'options: [Web,', 'options: [Fair, Web,');
    const before = await rehearsal.everything();
    const writes = await rehearsal.writes();

    for (const argv of WAYS) {
      const outcome = await rehearsal.syncline(...argv);
      expect([0, 2], `${argv.join(' ')}\n${outcome.stderr}`).toContain(outcome.code);
    }
    await rehearsal.syncline('verify');
    await rehearsal.syncline('check');
    await rehearsal.syncline('validate');
    await rehearsal.syncline('show');
    await rehearsal.syncline('state', 'list');

    expect(await rehearsal.everything()).toEqual(before);
    expect(await rehearsal.writes()).toBe(writes);
  });

  it('saves nothing but the plan that was asked for', async () => {
    const before = await rehearsal.everything();

    await rehearsal.syncline('plan', '-o', 'saved.json');

    const after = await rehearsal.everything();
    const saved = join(rehearsal.folder, 'saved.json');
    expect(Object.keys(after).filter((path) => !(path in before))).toEqual([saved]);
    delete (after as Record<string, string>)[saved];
    expect(after).toEqual(before);
    expect(await rehearsal.writes()).toBe(0);
  });

  it('asks no vendor for anything when it plans offline', async () => {
    const outcome = await rehearsal.synclineIn(
      { environment: { SALESFORCE_CLIENT_ID: undefined, SALESFORCE_CLIENT_SECRET: undefined, ACTIVECAMPAIGN_TOKEN: undefined } },
      'plan',
      '--offline',
      '--detailed-exitcode',
    );

    expect(outcome).toMatchObject({ code: 2, stderr: '' });
    expect(outcome.stdout).toMatch(/^Plan: \d+ to add, 0 to change, 0 to destroy\.$/m);
    expect(await rehearsal.calls('salesforce')).toEqual([]);
    expect(await rehearsal.calls('activecampaign')).toEqual([]);
  });

  it('says what it left out where reading would cost more calls than allowed', async () => {
    const outcome = await rehearsal.syncline('plan', '--max-calls', '0', '--json');

    const [link] = JSON.parse(outcome.stdout).links;
    expect(link.left_out).toEqual({ reason: expect.any(String), calls: expect.any(Number) });
    expect(link.left_out.calls).toBeGreaterThan(0);
    expect(link.records).toEqual([]);
  });
});

describe('E2 targets', () => {
  it('plans only what was named and what that needs', async () => {
    const outcome = await rehearsal.syncline('plan', '--target', 'Resource/ac-tag', '-target=Resource/ac-city', '--json');

    const changes = JSON.parse(outcome.stdout).resource_changes as { address: string }[];
    expect(changes.map((change) => change.address).toSorted()).toEqual(['Resource/ac-city', 'Resource/ac-tag']);
  });

  it('applies only what was named, and leaves the rest for the next plan', async () => {
    const applied = await rehearsal.syncline('apply', '-y', '--target', 'Resource/ac-tag');
    const planned = await rehearsal.syncline('plan', '--detailed-exitcode');

    expect(applied.stdout).toContain('Apply complete! Resources: 1 added, 0 changed, 0 destroyed.');
    expect(planned.code).toBe(2);
    expect(planned.stdout).toContain('Plan: 15 to add, 0 to change, 0 to destroy.');
  });

  it('refuses a target that the configuration and the state do not know', async () => {
    const outcome = await rehearsal.syncline('plan', '--target', 'Resource/no-such-thing');

    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain('Resource/no-such-thing');
  });
});

describe('E2 the plan of a folder without configuration', () => {
  it('is an error that says where it looked', async () => {
    const empty = join(rehearsal.folder, 'state');
    await writeFile(join(rehearsal.folder, 'nothing.txt'), '');

    const outcome = await rehearsal.syncline('plan', '-C', empty);

    expect(outcome.code).toBe(1);
    expect(outcome.stderr).not.toMatch(/\n\s+at /);
    expect(outcome.stderr).not.toContain('This is a bug');
  });
});
