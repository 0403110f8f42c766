import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonLines, Rehearsal, type Loose } from './harness.ts';
import { DotdigitalAccount, OroInstallation } from './marketing-accounts.ts';

const LINK = 'AddressBookLink/newsletter';

let rehearsal: Rehearsal;
let oro: OroInstallation;
let dotdigital: DotdigitalAccount;

beforeAll(async () => {
  rehearsal = await Rehearsal.start({ people: 5, example: 'oro-dotdigital' });
  await rm(join(rehearsal.folder, 'campaigns.yaml'));
  oro = new OroInstallation(rehearsal);
  dotdigital = new DotdigitalAccount(rehearsal);
  expect((await rehearsal.syncline('apply', '-y')).code).toBe(0);
});

afterAll(() => rehearsal.close());

async function cycle(later = 'PT20M'): Promise<number> {
  await rehearsal.advance(later);
  return (await rehearsal.syncline('sync', LINK)).code;
}

async function enlisted(firstName: string, email: string): Promise<string> {
  const id = await oro.create({ firstName, primaryEmail: email, emails: [{ email }] });
  await oro.enlist(id);
  return id;
}

async function quarantined(): Promise<Loose> {
  const { stdout } = await rehearsal.syncline('quarantine', 'list', '--json', '--show-values');
  return Object.fromEntries(JSON.parse(stdout).records.map((record: Loose) => [record.key, record]));
}

/** What is sent to Dotdigital while something runs, by method and address. */
async function sentDuring(run: () => Promise<unknown>): Promise<readonly string[]> {
  const sent: string[] = [];
  const stop = rehearsal.onCall(({ vendor, request, taken }) => {
    if (vendor === 'dotdigital' && taken && request.method !== 'GET') sent.push(`${request.method} ${request.path}`);
  });
  await run();
  stop();
  return sent;
}

describe('C14 C15 the result of an export', () => {
  it('is read back: the contact is known by its id from then on, in the spelling of the vendor', async () => {
    const id = await enlisted('Ann', 'Ann.Exported@Example.com');
    for (let number = 0; number < 12; number += 1) await enlisted(`Crowd${number}`, `crowd${number}@example.com`);
    expect(await sentDuring(cycle)).toEqual(['PUT /contacts/v3/import']);
    const contact = await dotdigital.find('ann.exported@example.com');

    const history = await rehearsal.syncline('history', LINK, String(contact.id), '--end', 'book', '--json', '--show-values');
    const settled = await sentDuring(cycle);
    await dotdigital.move('ann.exported@example.com', 'elsewhere@example.com');
    const putBack = await sentDuring(cycle);

    expect(history.stdout).toContain('Ann');
    expect(jsonLines(history).length, history.stdout).toBeGreaterThan(0);
    expect(settled).toEqual([]);
    expect(putBack).toEqual([`PATCH /contacts/v3/contactId/${contact.id}`]);
    expect(await dotdigital.find('ann.exported@example.com')).toMatchObject({ id: contact.id });
    expect((await oro.contact(id)).primaryEmail).toBe('Ann.Exported@Example.com');
  });

  it('keeps a duplicate and a suppression apart in quarantine, takes neither for an opt-out, and repeats no suppression', async () => {
    await dotdigital.create('holder@example.com', { FIRSTNAME: 'Holder' }, 'Customers');
    const people = await rehearsal.dump('orocrm', 'contacts');
    const crowd = people.filter((row) => String(row['primaryEmail']).startsWith('crowd'));
    for (const row of crowd) await oro.update(String(row['id']), { lastName: 'Edited' });
    const clash = String(crowd[0]!['id']);
    await oro.update(clash, { primaryEmail: 'holder@example.com', emails: [{ email: 'holder@example.com' }] });
    const blocked = await enlisted('Blocked', 'blocked@example.com');

    let code = 0;
    const sent = await sentDuring(async () => (code = await cycle()));
    const found = await quarantined();
    const later = await sentDuring(() => cycle('P2D'));

    expect(code).toBe(3);
    expect(sent).toEqual(['PUT /contacts/v3/import']);
    expect(Object.keys(found).toSorted()).toEqual(['blocked@example.com', 'holder@example.com']);
    expect(found['holder@example.com']).toMatchObject({ reason: 'PROVIDER_DUPLICATE_RECORD', end: 'book' });
    expect(found['blocked@example.com']).toMatchObject({ reason: 'PROVIDER_ADDRESS_SUPPRESSED', end: 'book' });
    const subscribers = await oro.subscribers();
    expect([subscribers.has(clash), subscribers.has(blocked)]).toEqual([true, true]);
    expect(await dotdigital.find('crowd1@example.com')).toMatchObject({ LASTNAME: 'Edited' });
    // The duplicate is tried again; of the other only the vendor can change the outcome.
    expect(
      later.every((call) => call.startsWith('PATCH /contacts/v3/contactId/')),
      later.join(),
    ).toBe(true);
    expect(later).toHaveLength(1);
  });
});
