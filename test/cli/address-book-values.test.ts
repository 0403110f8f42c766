import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lineOf, Rehearsal, type Loose } from './harness.ts';
import { DotdigitalAccount, OroInstallation } from './marketing-accounts.ts';

interface Person {
  readonly id: string;
  readonly email: string;
}

let rehearsal: Rehearsal;
let oro: OroInstallation;
let dotdigital: DotdigitalAccount;
let people: readonly [Person, Person, Person];

beforeAll(async () => {
  rehearsal = await Rehearsal.start({ people: 60, example: 'oro-dotdigital' });
  oro = new OroInstallation(rehearsal);
  dotdigital = new DotdigitalAccount(rehearsal);
  expect((await rehearsal.syncline('apply', '-y')).code).toBe(0);
  const subscribers = await oro.subscribers();
  const members = await dotdigital.members('Newsletter');
  const rows = await rehearsal.dump('orocrm', 'contacts');
  people = rows
    .filter((row) => subscribers.has(String(row['id'])) && members.get(row['primaryEmail']) === 'subscribed')
    .filter((row) => rows.filter((other) => other['primaryEmail'] === row['primaryEmail']).length === 1)
    .filter((row) => row['firstName'] !== null && row['lastName'] !== null)
    .map((row) => ({ id: String(row['id']), email: String(row['primaryEmail']) })) as unknown as typeof people;
});

afterAll(() => rehearsal.close());

async function cycle(): Promise<Loose> {
  await rehearsal.advance('PT20M');
  const outcome = await rehearsal.syncline('sync', 'AddressBookLink/newsletter', '--json');
  expect(outcome.code, outcome.stdout).toBe(0);
  return lineOf(outcome, 'cycle_summary');
}

/** What both ends hold of somebody's names: first and last in the CRM, then in the address book. */
async function names({ id, email }: Person): Promise<readonly Loose[]> {
  const [contact, member] = [await oro.contact(id), await dotdigital.find(email)];
  return [contact.firstName, contact.lastName, member.FIRSTNAME, member.LASTNAME];
}

describe('C9 values that flow both ways', () => {
  it('are carried from whichever end changed, a clear like any other value', async () => {
    const [one, two, three] = people;
    await dotdigital.setField(one.email, 'FIRSTNAME', 'Booked');
    await oro.update(two.id, { lastName: null });
    await cycle();
    await dotdigital.setField(three.email, 'LASTNAME', null);
    await cycle();

    const [listFirst, , bookFirst] = await names(one);
    expect([listFirst, bookFirst]).toEqual(['Booked', 'Booked']);
    expect((await names(two)).filter((_, index) => index % 2 === 1)).toEqual([null, null]);
    expect((await names(three)).filter((_, index) => index % 2 === 1)).toEqual([null, null]);
    // The full name goes along, in one direction.
    expect((await dotdigital.find(two.email)).FULLNAME).toBe((await names(two))[0]);
  });

  it('that both ends changed are decided by the policy, and anew by another one, also of whoever opted out', async () => {
    const [one, two] = people;
    const editBoth = async (person: Person, list: string | null, book: string | null): Promise<void> => {
      await oro.update(person.id, { firstName: list });
      await dotdigital.setField(person.email, 'FIRSTNAME', book);
    };
    await editBoth(one, 'List', 'Book');
    const first = await cycle();
    const byList = await names(one);
    await rehearsal.edit('link.yaml', 'conflicts: { prefer: list }', 'conflicts: { policy: oro-compatible }');
    expect((await rehearsal.syncline('apply', '-y')).code).toBe(0);
    await cycle();
    await editBoth(one, 'Later list', 'Later book');
    await editBoth(two, 'Kept', null);
    const second = await cycle();
    const verified = await rehearsal.syncline('verify');

    expect([byList[0], byList[2]]).toEqual(['List', 'List']);
    expect([(await names(one))[0], (await names(one))[2]]).toEqual(['Later book', 'Later book']);
    expect([(await names(two))[0], (await names(two))[2]]).toEqual(['Kept', 'Kept']);
    expect([first.resolved, second.resolved]).toEqual([1, 2]);
    expect(verified.code, verified.stdout).toBe(0);
  });
});
