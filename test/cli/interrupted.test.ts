import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { populationOf } from './agreement.ts';
import { expectConverged } from './fault-cases.ts';
import { Rehearsal } from './harness.ts';
import { killAtCall, QUICK_SYNCLINE, startChild } from './processes/child-syncline.ts';
import { ActiveCampaignAccount, SalesforceAccount } from './vendor-accounts.ts';

/** Calls of an apply for so many people are some eighty: planning, provisioning, reading, writing, reading back. */
const PEOPLE = 20;

let rehearsal: Rehearsal;

beforeEach(async () => {
  rehearsal = await Rehearsal.start({ people: PEOPLE });
});

afterEach(() => rehearsal.close());

describe('E4 an apply whose process is killed', () => {
  it.each([
    [5, false],
    [22, true],
    [30, true],
    [45, false],
    [58, true],
    [64, true],
    [70, true],
    [72, false],
    [72, true],
    [74, true],
    [76, true],
    [78, true],
  ])('at call %i (taken: %s) is continued by the next, without a duplicate', async (call, taken) => {
    const before = await populationOf(rehearsal);
    const child = startChild(QUICK_SYNCLINE, rehearsal, ['apply', '-y']);
    const stop = killAtCall(rehearsal, child, call, taken);
    const killed = await child.ended;
    stop();

    const next = await rehearsal.syncline('apply', '-y');

    expect(killed.signal).toBe('SIGKILL');
    expect(next.code, next.stderr).toBe(0);
    expect(next.stderr).toMatch(call < 10 ? /^$/ : /STORAGE_LOCK_TAKEN_OVER/);
    expect((await rehearsal.syncline('verify')).code).toBe(0);
    await expectConverged(rehearsal, before);
    expect((await rehearsal.dump('activecampaign', 'field')).length).toBe(8);
    expect((await rehearsal.syncline('plan', '--detailed-exitcode')).code).toBe(0);
  });
});

describe('E6 a sync whose process is killed', () => {
  it.each([
    [12, true],
    [16, true],
    [20, true],
    [24, false],
  ])('at call %i (taken: %s) is continued by the next, without a lost edit', async (call, taken) => {
    await rehearsal.syncline('apply', '-y');
    const [salesforce, activecampaign] = [new SalesforceAccount(rehearsal), new ActiveCampaignAccount(rehearsal)];
    for (let number = 0; number < 4; number += 1) {
      await salesforce.create({ LastName: `New ${number}`, Email: `sf${number}@example.com`, HasOptedOutOfEmail: number === 0 });
      await activecampaign.create({ lastName: `New ${number}`, email: `ac${number}@example.com` });
      await activecampaign.update(String(number + 2), { firstName: `Edited ${number}` });
    }
    const before = await populationOf(rehearsal);
    const child = startChild(QUICK_SYNCLINE, rehearsal, ['sync']);
    const stop = killAtCall(rehearsal, child, call, taken);
    const killed = await child.ended;
    stop();

    const next = await rehearsal.syncline('sync', '--until-converged');

    expect(killed.signal, killed.stdout).toBe('SIGKILL');
    expect(next.code, next.stderr).toBe(0);
    expect((await rehearsal.syncline('verify')).code).toBe(0);
    await expectConverged(rehearsal, before);
    const names = (await populationOf(rehearsal)).salesforce.map((person) => person.fields['FirstName']);
    for (let number = 0; number < 4; number += 1) expect(names).toContain(`Edited ${number}`);
  });
});

describe('E4 an interrupted command', () => {
  it.each([3, 15, 30, 60, 75])('saves its state and is continued by the next (Ctrl-C at call %i)', async (interruptAt) => {
    const before = await populationOf(rehearsal);

    const interrupted = await rehearsal.synclineIn({ interruptAt }, 'apply', '-y');
    const next = await rehearsal.syncline('apply', '-y');

    expect(interrupted.code).toBe(130);
    expect(interrupted.stderr).toContain('SIGINT received');
    expect(interrupted.stderr).toMatch(/saved, run the same command again/);
    expect(next.code, next.stderr).toBe(0);
    expect(next.stderr).not.toContain('TAKEN_OVER');
    expect((await rehearsal.syncline('verify')).code).toBe(0);
    await expectConverged(rehearsal, before);
  });

  it('ends with 130 in a process of its own, too', async () => {
    const child = startChild(QUICK_SYNCLINE, rehearsal, ['apply', '-y', '--json']);
    const stop = killAtCall(rehearsal, child, 40, true, 'SIGINT');
    const outcome = await child.ended;
    stop();

    expect(outcome).toMatchObject({ code: 130, signal: null });
    for (const line of outcome.stdout.trimEnd().split('\n')) expect(JSON.parse(line)).toHaveProperty('type');
    expect((await rehearsal.syncline('apply', '-y')).code).toBe(0);
  });

  it('is continued by sync where its resources were done', async () => {
    const before = await populationOf(rehearsal);

    expect((await rehearsal.synclineIn({ interruptAt: 75 }, 'apply', '-y')).code).toBe(130);
    expect((await rehearsal.syncline('sync', '--until-converged')).code).toBe(0);

    expect((await rehearsal.syncline('verify')).code).toBe(0);
    await expectConverged(rehearsal, before);
  });
});
