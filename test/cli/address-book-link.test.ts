import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lineOf, Rehearsal, type Loose, type Row } from './harness.ts';
import { DotdigitalAccount, OroInstallation } from './marketing-accounts.ts';

let rehearsal: Rehearsal;
let oro: OroInstallation;
let dotdigital: DotdigitalAccount;

beforeAll(async () => {
  rehearsal = await Rehearsal.start({ people: 24, example: 'oro-dotdigital' });
  oro = new OroInstallation(rehearsal);
  dotdigital = new DotdigitalAccount(rehearsal);
  await rehearsal.edit('link.yaml', 'createEntities: false', 'createEntities: true');
  expect((await rehearsal.syncline('apply', '-y')).code).toBe(0);
  await cycle();
});

afterAll(() => rehearsal.close());

async function cycle(...options: readonly string[]): Promise<Loose> {
  await rehearsal.advance('PT20M');
  const outcome = await rehearsal.syncline('sync', 'AddressBookLink/newsletter', '--json', ...options);
  expect([0, 3], outcome.stdout).toContain(outcome.code);
  return lineOf(outcome, 'cycle_summary');
}

/** People of both ends who may be written to, by the address that nobody shares with them. */
async function subscribed(): Promise<readonly { readonly id: string; readonly email: string }[]> {
  const members = await dotdigital.members('Newsletter');
  const subscribers = await oro.subscribers();
  const people = await rehearsal.dump('orocrm', 'contacts');
  const shared = (row: Row): boolean => people.filter((one) => one['primaryEmail'] === row['primaryEmail']).length > 1;
  return people
    .filter((row) => subscribers.has(String(row['id'])) && members.get(row['primaryEmail']) === 'subscribed' && !shared(row))
    .map((row) => ({ id: String(row['id']), email: String(row['primaryEmail']) }));
}

describe('C4 C5 C14 C15 a marketing list and its address book', () => {
  it('exports who enters, takes out who leaves and creates who is in the book alone', async () => {
    const id = await oro.create({
      firstName: 'Ann',
      lastName: 'Enters',
      primaryEmail: 'Ann.Enters@Example.com',
      emails: [{ email: 'Ann.Enters@Example.com' }],
    });
    const outside = await cycle();
    const unlisted = await dotdigital.find('ann.enters@example.com');
    await oro.enlist(id);
    await dotdigital.create('bob.book@example.com', { FIRSTNAME: 'Bob', LASTNAME: 'Book' }, 'Newsletter');

    const entered = await cycle();
    const ann = await dotdigital.find('ann.enters@example.com');
    const inBook = (await dotdigital.members('Newsletter')).get('ann.enters@example.com');
    await oro.takeOut(id);
    const left = await cycle();
    const afterLeaving = await dotdigital.members('Newsletter');
    await oro.putBack(id);
    await cycle();

    expect([outside.ends.book.created, unlisted]).toEqual([0, undefined]);
    expect([entered.ends.book.created, entered.ends.list.created]).toEqual([1, 1]);
    expect([ann, inBook]).toEqual([expect.objectContaining({ FIRSTNAME: 'Ann', FULLNAME: 'Ann Enters' }), 'subscribed']);
    const made = (await rehearsal.dump('orocrm', 'contacts')).find((row) => row['primaryEmail'] === 'bob.book@example.com');
    expect(made).toMatchObject({ firstName: 'Bob', lastName: 'Book' });
    // Leaving the list is no unsubscription, and the contact stays in the account.
    expect([left.left, afterLeaving.has('ann.enters@example.com')]).toEqual([1, false]);
    expect(await dotdigital.find('ann.enters@example.com')).toMatchObject({ status: 'Subscribed' });
    expect((await dotdigital.members('Newsletter')).get('ann.enters@example.com')).toBe('subscribed');
  });

  it('an unsubscription at either end outlives every later export, forced refresh and import', async () => {
    const [atList, atBook, everywhere] = await subscribed();
    await oro.unsubscribe(atList!.id);
    await dotdigital.unsubscribe(atBook!.email, 'Newsletter');
    await dotdigital.unsubscribe(everywhere!.email);
    await cycle();

    // Each is exported again, once by a change at either end, once by a refresh, once by leaving the list and coming back.
    for (const person of [atList!, atBook!, everywhere!]) await oro.update(person.id, { firstName: 'Again' });
    await cycle();
    for (const person of [atList!, atBook!]) await dotdigital.setField(person.email, 'LASTNAME', 'Again');
    await cycle('--refresh-values');
    for (const person of [atList!, atBook!, everywhere!]) await oro.takeOut(person.id);
    await cycle('--sweep');
    for (const person of [atList!, atBook!, everywhere!]) await oro.putBack(person.id);
    await cycle('--refresh-values', '--sweep');
    await cycle();

    const members = await dotdigital.members('Newsletter');
    const subscribers = await oro.subscribers();
    expect([members.get(atList!.email), members.get(atBook!.email)]).toEqual(['unsubscribed', 'unsubscribed']);
    expect(await dotdigital.find(everywhere!.email)).toMatchObject({ status: 'Unsubscribed' });
    for (const person of [atList!, atBook!, everywhere!]) expect(subscribers.has(person.id), person.email).toBe(false);
    const verified = await rehearsal.syncline('verify');
    expect(verified.code, verified.stdout).toBe(0);
  });

  it('exports nothing to whoever may not be mailed, no membership to whoever left the book, and catches up later', async () => {
    const [leftAll, leftBook] = await subscribed();
    await dotdigital.unsubscribe(leftAll!.email);
    await dotdigital.unsubscribe(leftBook!.email, 'Newsletter');
    await cycle();
    const sent: Loose[] = [];
    const stop = rehearsal.onCall(({ vendor, request, taken }) => {
      if (vendor === 'dotdigital' && taken && request.method !== 'GET')
        sent.push([request.method, JSON.parse(request.body.toString())]);
    });
    for (const person of [leftAll!, leftBook!]) await oro.update(person.id, { jobTitle: 'Held' });

    const planned = await rehearsal.syncline('plan', '--json');
    await cycle();
    await cycle('--refresh-values');
    stop();
    const verified = await rehearsal.syncline('verify', '--json');
    const withheld = await dotdigital.find(leftAll!.email);
    await dotdigital.resubscribe(leftAll!.email);
    await cycle();

    expect(sent).toEqual([['PATCH', { dataFields: { JOB_TITLE: 'Held' } }]]);
    expect(JSON.parse(planned.stdout).links[0].skipped).toContainEqual(
      expect.objectContaining({ end: 'book', reason: 'opted-out' }),
    );
    expect(verified.code, verified.stdout).toBe(0);
    expect(JSON.parse(verified.stdout).links[0].held).toContainEqual(expect.objectContaining({ reason: 'opted-out' }));
    expect(withheld.JOB_TITLE).not.toBe('Held');
    expect((await dotdigital.find(leftAll!.email)).JOB_TITLE).toBe('Held');
    expect((await dotdigital.find(leftBook!.email)).JOB_TITLE).toBe('Held');
    await cycle();
  });

  it('E7 tells the address book nothing that the account says already, and does once the account opens again', async () => {
    const [atList, everywhere] = await subscribed();
    await oro.unsubscribe(atList!.id);
    await dotdigital.unsubscribe(atList!.email);
    await dotdigital.unsubscribe(everywhere!.email);
    const told: string[] = [];
    const stop = rehearsal.onCall(({ vendor, request, taken }) => {
      if (vendor === 'dotdigital' && taken && request.path.endsWith('/contacts/unsubscribe'))
        told.push(JSON.parse(request.body.toString()).email);
    });

    await cycle();
    await oro.update(everywhere!.id, { firstName: 'Covered' });
    await cycle('--refresh-values', '--sweep');
    const [whileClosed, subscribers] = [[...told], await oro.subscribers()];
    const verified = await rehearsal.syncline('verify');
    for (const { email } of [atList!, everywhere!]) await dotdigital.resubscribe(email);
    await cycle();
    stop();
    const members = await dotdigital.members('Newsletter');

    // Whoever left this one list by a word of their own is told for it as well.
    expect(whileClosed).toEqual([atList!.email]);
    expect([subscribers.has(atList!.id), subscribers.has(everywhere!.id)]).toEqual([false, false]);
    expect(verified.code, verified.stdout).toBe(0);
    // Back in the account is not back in the list that they left with it.
    expect(told).toEqual([atList!.email, everywhere!.email]);
    expect([members.get(atList!.email), members.get(everywhere!.email)]).toEqual(['unsubscribed', 'unsubscribed']);
    expect((await oro.subscribers()).has(everywhere!.id)).toBe(false);
  });

  it('exports many in one job, and asks for no more than an idle cycle, the job and one listing', async () => {
    const calls = async (): Promise<number> =>
      (await rehearsal.calls('dotdigital'))
        .filter(({ route }) => !route.startsWith('/contacts/v3/import/'))
        .reduce((sum, { count }) => sum + count, 0);
    await cycle();
    const before = await calls();
    await cycle();
    const idle = (await calls()) - before;
    for (let number = 0; number < 30; number += 1) {
      const email = `many${number}@example.com`;
      await oro.enlist(await oro.create({ firstName: `Many${number}`, primaryEmail: email, emails: [{ email }] }));
    }
    const start = await calls();

    const exported = await cycle();

    expect(exported.ends.book.created).toBe(30);
    expect((await calls()) - start).toBeLessThanOrEqual(Math.floor(1.1 * (idle + 2)));
    await cycle();
  });

  it('sends nothing when nothing changed', async () => {
    const writes = await rehearsal.writes();

    expect(await cycle()).toMatchObject({ converged: true });
    expect(await rehearsal.writes()).toBe(writes);
  });

  it('stops before the first write where a list was emptied by mistake, until exactly that is allowed', async () => {
    const many = (await rehearsal.dump('orocrm', 'contacts')).filter((row) => String(row['firstName']).startsWith('Many'));
    for (const row of many) await oro.takeOut(String(row['id']));
    await rehearsal.advance('PT20M');
    const writes = await rehearsal.writes();

    const stopped = await rehearsal.syncline('sync', '--json');
    const written = (await rehearsal.writes()) - writes;
    const digest = /--allow (deletes=\w+)/.exec(stopped.stdout)![1]!;
    const allowed = await cycle('--allow', digest);

    expect([stopped.code, written], stopped.stdout).toEqual([4, 0]);
    expect(stopped.stdout).toContain('deletes: 30 found, 10 allowed');
    expect(allowed.left).toBe(30);
    expect([...(await dotdigital.members('Newsletter')).keys()].filter((email) => email.startsWith('many'))).toEqual([]);
  });
});
