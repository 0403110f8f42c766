import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { dotdigitalSandboxWith } from '../../src/sandbox/dotdigital/sandbox.ts';
import { oroSandboxWith } from '../../src/sandbox/orocrm/sandbox.ts';
import { jsonLines, Rehearsal, type Loose } from './harness.ts';

let rehearsal: Rehearsal;

afterEach(() => rehearsal.close());

const PARTNERS = (setting: string): string => `
apiVersion: syncline/v1
kind: AddressBookLink
metadata: { name: partners }
spec:
  list: { integration: orocrm, name: Partners, criteria: 'list.lastName != null && list.primaryEmail != null' }
  addressBook: { integration: dotdigital, name: Customers }
  ${setting}
`;

async function summaries(...argv: readonly string[]): Promise<Loose> {
  const lines = jsonLines(await rehearsal.syncline(...argv, '--json')).filter(({ type }) => type === 'cycle_summary');
  return Object.fromEntries(lines.map((line) => [line.link.split('/')[1], line]));
}

async function imports(): Promise<number> {
  const calls = await rehearsal.calls('dotdigital');
  return calls.filter(({ route }) => route === '/contacts/v3/import').reduce((sum, { count }) => sum + count, 0);
}

describe('C2 a running export', () => {
  it.each([
    ['blocks every other of the integration', '', 1],
    ['blocks that of its own address book where that is declared', 'exportWaitsFor: book', 2],
  ])('%s', async (_, setting, exports) => {
    const vendors = [dotdigitalSandboxWith({ importMs: 3 * 60 * 60_000 }), oroSandboxWith({ exposesMarketingLists: true })];
    rehearsal = await Rehearsal.start({ people: 40, example: 'oro-dotdigital', vendors });
    await rm(join(rehearsal.folder, 'campaigns.yaml'));
    await writeFile(join(rehearsal.folder, 'partners.yaml'), PARTNERS(setting));

    const first = await summaries('apply', '-y');
    const alone = await summaries('sync', 'AddressBookLink/partners');
    const running = await imports();
    await rehearsal.advance('PT3H');
    await rehearsal.syncline('sync', '--until-converged');
    await rehearsal.advance('PT3H');
    const last = await summaries('sync', '--until-converged');

    expect(first.newsletter.pending).toBeGreaterThan(10);
    expect(first.partners[exports === 1 ? 'waiting' : 'pending']).toBeGreaterThan(10);
    expect(alone.partners[exports === 1 ? 'waiting' : 'pending']).toBeGreaterThan(10);
    expect(running).toBe(exports);
    expect([last.newsletter.converged, last.partners.converged]).toEqual([true, true]);
    expect(await imports()).toBe(2);
    expect((await rehearsal.syncline('verify')).code).toBe(0);
  });
});
