import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pairsOf, populationOf } from './agreement.ts';
import { expectConverged } from './fault-cases.ts';
import { Rehearsal } from './harness.ts';
import { QUICK_SYNCLINE, signalAt, startChild, type ChildOutcome, type Moment } from './processes/child-syncline.ts';
import { ActiveCampaignAccount, SalesforceAccount } from './vendor-accounts.ts';

let rehearsal: Rehearsal;

beforeEach(async () => {
  rehearsal = await Rehearsal.start({ people: 12 });
});

afterEach(() => rehearsal.close());

function killed(moment: Moment, ...argv: readonly string[]): Promise<ChildOutcome> {
  const child = startChild(QUICK_SYNCLINE, rehearsal, argv);
  const stop = signalAt(rehearsal, child, moment, 'SIGKILL');
  return child.ended.finally(stop);
}

const PROVISIONING: readonly Moment[] = [
  { method: 'POST', path: '/tooling/sobjects/CustomField', nth: 2, taken: true },
  { method: 'POST', path: '/fieldOption/bulk', nth: 2, taken: true },
  { method: 'POST', path: '/fieldRels', nth: 3, taken: false },
];

const WRITING: readonly Moment[] = [
  { method: 'PATCH', path: '/composite/sobjects/Contact/Syncline_Id__c', taken: true },
  { method: 'PATCH', path: '/composite/sobjects/Contact/Syncline_Id__c', taken: false },
  { method: 'POST', path: '/import/bulk_import', taken: true },
  { method: 'GET', path: '/import/info', taken: false },
];

describe('E4 an apply whose process is killed', () => {
  it.each([...PROVISIONING, ...WRITING])(
    'at $method $path (taken: $taken) is continued by the next, without a duplicate',
    async (moment) => {
      const before = await populationOf(rehearsal);
      const first = await killed(moment, 'apply', '-y');

      const next = await rehearsal.syncline('apply', '-y');

      expect(first.signal).toBe('SIGKILL');
      expect(next.code, next.stderr).toBe(0);
      expect(next.stderr).toMatch(/STORAGE_LOCK_TAKEN_OVER/);
      await expectConverged(rehearsal, before);
      expect((await rehearsal.dump('activecampaign', 'field')).length).toBe(8);
      expect((await rehearsal.syncline('plan', '--detailed-exitcode')).code).toBe(0);
    },
  );
});

describe('E6 a sync whose process is killed', () => {
  it.each([WRITING[0]!, WRITING[1]!, { method: 'POST', path: '/contactLists', taken: true }])(
    'at $method $path (taken: $taken) is continued by the next, without a lost edit',
    async (moment) => {
      await rehearsal.syncline('apply', '-y');
      const pairs = pairsOf(await populationOf(rehearsal));
      const [salesforce, activecampaign] = [new SalesforceAccount(rehearsal), new ActiveCampaignAccount(rehearsal)];
      for (let number = 0; number < 4; number += 1) {
        await salesforce.create({ LastName: `New ${number}`, Email: `sf${number}@example.com` });
        await activecampaign.create({ lastName: `New ${number}`, email: `ac${number}@example.com` });
        await activecampaign.update(pairs[number]!.ac, { firstName: `Edited ${number}` });
      }
      await salesforce.update(pairs[9]!.sf, { HasOptedOutOfEmail: true });
      const before = await populationOf(rehearsal);
      const first = await killed(moment, 'sync');

      const next = await rehearsal.syncline('sync', '--until-converged');

      expect(first.signal, first.stdout).toBe('SIGKILL');
      expect(next.code, next.stderr).toBe(0);
      expect((await rehearsal.syncline('verify')).code).toBe(0);
      await expectConverged(rehearsal, before);
      const names = (await populationOf(rehearsal)).salesforce.map((person) => person.fields['FirstName']);
      for (let number = 0; number < 4; number += 1) expect(names).toContain(`Edited ${number}`);
    },
  );
});

describe('E4 an interrupted command', () => {
  it.each([3, 30, 60])('saves its state and is continued by the next (Ctrl-C at call %i)', async (interruptAt) => {
    const before = await populationOf(rehearsal);

    const interrupted = await rehearsal.synclineIn({ interruptAt }, 'apply', '-y');
    const next = await rehearsal.syncline('apply', '-y');

    expect(interrupted.code).toBe(130);
    expect(interrupted.stderr).toContain('SIGINT received');
    expect(interrupted.stderr).toMatch(/saved; run the same command again/);
    expect(next.code, next.stderr).toBe(0);
    expect(next.stderr).not.toContain('TAKEN_OVER');
    expect((await rehearsal.syncline('verify')).code).toBe(0);
    await expectConverged(rehearsal, before);
  });

  it('ends with 130 in a process of its own, too, when its call was answered, though a terminal tells it twice', async () => {
    const held: { release?: () => void } = {};
    const order: string[] = [];
    rehearsal.hold('POST /api/3/fieldRels', () => {
      // Once by the terminal, and once more by a launcher that hands it on.
      child.kill('SIGINT');
      setImmediate(() => child.kill('SIGINT'));
      return new Promise((resolve) => (held.release = resolve));
    });
    const child = startChild(QUICK_SYNCLINE, rehearsal, ['apply', '-y', '--json']);
    const ended = child.ended.finally(() => order.push('ended'));
    await child.untilNoted(/finishing what is under way/);
    order.push('answered');
    held.release!();
    const outcome = await ended;

    expect(outcome).toMatchObject({ code: 130, signal: null });
    expect(outcome.stderr).toContain('What was done is saved');
    expect(order).toEqual(['answered', 'ended']);
    for (const line of outcome.stdout.trimEnd().split('\n')) expect(JSON.parse(line)).toHaveProperty('type');
    expect((await rehearsal.syncline('apply', '-y')).code).toBe(0);
  });

  it('stops at once where it is interrupted again', async () => {
    const held: { release?: () => void } = {};
    rehearsal.hold('POST /api/3/fieldRels', () => new Promise((resolve) => (held.release = resolve)));
    const child = startChild(QUICK_SYNCLINE, rehearsal, ['apply', '-y']);
    const stop = signalAt(rehearsal, child, { method: 'POST', path: '/fieldRels', taken: false }, 'SIGINT');
    await child.untilNoted(/Once more stops at once/);
    const pressing = setInterval(() => child.kill('SIGINT'), 100);
    const stopped = await child.ended;
    clearInterval(pressing);
    stop();
    held.release!();

    expect(stopped).toMatchObject({ code: 130, signal: null });
    expect(stopped.stderr).not.toContain('What was done is saved');
    const next = await rehearsal.syncline('apply', '-y');
    expect(next.code, next.stderr).toBe(0);
    expect(next.stderr).toContain('Lock taken over');
  });

  it('is continued by sync where its resources were done', async () => {
    const before = await populationOf(rehearsal);

    expect((await rehearsal.synclineIn({ interruptAt: 66 }, 'apply', '-y')).code).toBe(130);
    expect((await rehearsal.syncline('sync', '--until-converged')).code).toBe(0);

    expect((await rehearsal.syncline('verify')).code).toBe(0);
    await expectConverged(rehearsal, before);
  });
});
