import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createDotdigitalSandbox } from '../../src/sandbox/dotdigital/sandbox.ts';
import { oroSandboxWith } from '../../src/sandbox/orocrm/sandbox.ts';
import { lineOf, Rehearsal, type Loose } from './harness.ts';
import { DotdigitalAccount, OroInstallation } from './marketing-accounts.ts';

it('C4 E7 a list that a condition describes holds no opt-outs, and never puts anybody back into a book that they left', async () => {
  const stock = [createDotdigitalSandbox, oroSandboxWith({})];
  const rehearsal = await Rehearsal.start({ people: 24, example: 'oro-dotdigital', vendors: stock });
  try {
    const [oro, dotdigital] = [new OroInstallation(rehearsal), new DotdigitalAccount(rehearsal)];
    const cycle = async (...options: readonly string[]): Promise<Loose> => {
      await rehearsal.advance('PT20M');
      const outcome = await rehearsal.syncline('sync', '--json', ...options);
      expect(outcome.code, outcome.stdout).toBe(0);
      return lineOf(outcome, 'cycle_summary');
    };
    const resources = join(rehearsal.folder, 'resources.yaml');
    const text = await readFile(resources, 'utf8');
    await writeFile(resources, text.slice(text.indexOf('\n---\n') + 5));
    await rm(join(rehearsal.folder, 'campaigns.yaml'));
    const criteria = `    name: Newsletter\n    criteria: '"Newsletter" in list.groups'\n`;
    await rehearsal.edit('link.yaml', '    name: Newsletter\n', criteria);
    const applied = await rehearsal.syncline('apply', '-y');
    const members = await dotdigital.members('Newsletter');
    const people = await rehearsal.dump('orocrm', 'contacts');
    const [leaver] = people.filter((row) => members.get(row['primaryEmail']) === 'subscribed') as [Loose];

    await dotdigital.unsubscribe(leaver.primaryEmail, 'Newsletter');
    const idle = await cycle();
    const sent: string[] = [];
    const stop = rehearsal.onCall(({ vendor, request, taken }) => {
      if (vendor === 'dotdigital' && taken && request.method !== 'GET') sent.push(request.body.toString());
    });
    await oro.update(leaver.id, { jobTitle: 'Changed' });
    const edited = await cycle('--refresh-values');
    stop();
    const verified = await rehearsal.syncline('verify');

    expect(applied.code, applied.stderr).toBe(0);
    expect([idle.ends.book.updated, edited.ends.book.updated]).toEqual([0, 1]);
    expect(sent).toEqual([JSON.stringify({ dataFields: { JOB_TITLE: 'Changed' } })]);
    expect((await dotdigital.members('Newsletter')).get(leaver.primaryEmail)).toBe('unsubscribed');
    expect(verified.code, verified.stdout).toBe(0);
  } finally {
    await rehearsal.close();
  }
});
