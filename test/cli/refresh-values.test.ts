import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Rehearsal, type Loose, type Row } from './harness.ts';
import { DotdigitalAccount, OroInstallation } from './marketing-accounts.ts';

let rehearsal: Rehearsal;
let oro: OroInstallation;
let dotdigital: DotdigitalAccount;

beforeAll(async () => {
  rehearsal = await Rehearsal.start({ people: 20, example: 'oro-dotdigital' });
  oro = new OroInstallation(rehearsal);
  dotdigital = new DotdigitalAccount(rehearsal);
});

beforeEach(() => rehearsal.startAnew());

afterAll(() => rehearsal.close());

/** Somebody who is linked and may be written to. */
async function somebody(): Promise<Row> {
  const subscribers = await oro.subscribers();
  const contacts = await rehearsal.dump('dotdigital', 'contact');
  const people = await rehearsal.dump('orocrm', 'contacts');
  return people.find(
    (row) =>
      subscribers.has(String(row['id'])) &&
      people.filter((other) => other['primaryEmail'] === row['primaryEmail']).length === 1 &&
      contacts.some((contact) => contact['email'] === row['primaryEmail'] && contact['status'] === 'Subscribed'),
  )!;
}

async function lastName(person: Row): Promise<Loose> {
  return (await dotdigital.find(person['primaryEmail'])).LASTNAME;
}

/** A cycle after a while, so that no read reaches back to what was changed before. */
async function cycleLater(...options: readonly string[]): Promise<void> {
  await rehearsal.advance('PT20M');
  const outcome = await rehearsal.syncline('sync', ...options);
  expect([0, 3], outcome.stderr).toContain(outcome.code);
}

describe('C10 C11 fields that are not tracked', () => {
  it('are exported along with others, and when values are refreshed by hand', async () => {
    await rehearsal.edit(
      'link.yaml',
      '  every: PT4M\n',
      '  every: PT4M\n  track: [firstName, jobTitle]\n  refreshValues: none\n',
    );
    await rehearsal.syncline('apply', '-y');
    await cycleLater();
    const person = await somebody();
    const id = String(person['id']);

    await oro.update(id, { lastName: 'Untracked' });
    await cycleLater();
    const alone = await lastName(person);
    const verified = await rehearsal.syncline('verify', '--json');
    await cycleLater('AddressBookLink/newsletter', '--refresh-values');
    const refreshed = await lastName(person);
    await oro.update(id, { lastName: 'Along', firstName: 'Tracked' });
    await cycleLater();
    const writes = await rehearsal.writes();
    await cycleLater('--refresh-values');

    expect(alone).toBe(person['lastName'] ?? null);
    expect(verified.code, verified.stdout).toBe(0);
    expect(JSON.parse(verified.stdout).links[0].held).toContainEqual(expect.objectContaining({ reason: 'not tracked' }));
    expect(refreshed).toBe('Untracked');
    expect(await lastName(person)).toBe('Along');
    expect(await rehearsal.writes()).toBe(writes);
  });

  it('are refreshed once a day by themselves, unless the link says otherwise', async () => {
    await rehearsal.edit('link.yaml', '  every: PT4M\n', '  every: PT4M\n  track: [firstName]\n');
    await rehearsal.syncline('apply', '-y');
    await cycleLater();
    const person = await somebody();
    await oro.update(String(person['id']), { lastName: 'Daily' });

    await cycleLater();
    const early = await lastName(person);
    await rehearsal.advance('P1D');
    await cycleLater();

    expect(early).toBe(person['lastName'] ?? null);
    expect(await lastName(person)).toBe('Daily');
  });

  it('are named as the link maps them', async () => {
    await rehearsal.edit('link.yaml', '  every: PT4M\n', '  every: PT4M\n  track: [firstName, shoeSize]\n');

    const outcome = await rehearsal.syncline('validate');

    expect(outcome.code).toBe(1);
    expect(outcome.stdout + outcome.stderr).toMatch(
      /CONFIG_UNKNOWN_REFERENCE[\s\S]*link\.yaml:\d+:\d+[\s\S]*no field "shoeSize"/,
    );
  });
});
