import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dotdigitalSandboxWith } from '../../src/sandbox/dotdigital/sandbox.ts';
import { oroSandboxWith } from '../../src/sandbox/orocrm/sandbox.ts';
import { lineOf, Rehearsal, type Loose, type Outcome } from './harness.ts';

const LINK = 'AddressBookLink/newsletter';

let rehearsal: Rehearsal;
/** Runs that stopped for ever in the middle of a call: what a killed process leaves behind. */
const dead: Promise<Outcome>[] = [];

beforeEach(async () => {
  // The importer passes over whoever bounced: so many that by themselves they would make an import.
  const vendors = [dotdigitalSandboxWith({ bouncing: 60 }), oroSandboxWith({ exposesMarketingLists: true })];
  rehearsal = await Rehearsal.start({ people: 60, example: 'oro-dotdigital', vendors });
  // Campaigns are read back by a document of their own.
  await rm(join(rehearsal.folder, 'campaigns.yaml'));
});

afterEach(async () => {
  await rehearsal.close();
  await Promise.allSettled(dead.splice(0));
});

/** Runs an apply that gets no further than this call, and gives its lock away, as that of a dead process is. */
async function killedAt(path: string, moment: 'effect' | 'answer'): Promise<void> {
  await new Promise<void>((reached, failed) => {
    rehearsal.hold(
      path,
      () => {
        reached();
        return new Promise(() => undefined);
      },
      moment,
    );
    const run = rehearsal.syncline('apply', '-y');
    dead.push(run);
    run.then((outcome) => failed(new Error(`${path} was not called: ${outcome.stdout}${outcome.stderr}`)), failed);
  });
  const { id } = JSON.parse(await readFile(join(rehearsal.folder, 'state', 'syncline.lock'), 'utf8')) as { id: string };
  expect((await rehearsal.syncline('force-unlock', id)).code).toBe(0);
}

/** The call that is held up keeps virtual time from passing by itself. */
async function passingTime(...argv: readonly string[]): Promise<Outcome> {
  const moving = setInterval(() => rehearsal.sandbox.clock.advance(1_000), 2);
  try {
    return await rehearsal.syncline(...argv);
  } finally {
    clearInterval(moving);
  }
}

/** Calls of Dotdigital that were sent, one that never arrived included. */
async function callsTo(method: string, path: string): Promise<number> {
  const calls = (await rehearsal.calls('dotdigital')).filter((call) => call.method === method && call.route === path);
  return calls.reduce((sum, { count }) => sum + count, 0);
}

const imports = (): Promise<number> => callsTo('PUT', '/contacts/v3/import');

async function expectAgreement(): Promise<void> {
  const verified = await passingTime('verify');
  expect(verified.code, verified.stdout).toBe(0);
  const writes = await rehearsal.writes();
  await passingTime('sync');
  expect(await rehearsal.writes()).toBe(writes);
}

describe('C2 C14 C15 an export whose process is killed', () => {
  it.each([
    ['before the answer to the upload', 'PUT /contacts/v3/import', 'answer'],
    ['while the job runs', 'GET /contacts/v3/import/', 'effect'],
    ['before its faults are read', 'GET /contacts/v3/import/', 'answer'],
  ] as const)('%s is continued by the next without a second import', async (_, path, moment) => {
    await killedAt(path, moment);

    const next = await passingTime('sync', LINK, '--until-converged', '--json');

    expect(lineOf(next, 'cycle_summary'), next.stderr).toMatchObject({ converged: true, quarantined: 0 });
    expect(await imports()).toBe(1);
    // Whoever bounced is written one by one.
    expect(await callsTo('PATCH', '/contacts/v3/*/*')).toBeGreaterThan(10);
    await expectAgreement();
  });

  it('before the upload arrived sends it once, when it can arrive no more', async () => {
    await killedAt('PUT /contacts/v3/import', 'effect');

    const early: Loose = lineOf(await passingTime('sync', LINK, '--json'), 'cycle_summary');
    await rehearsal.advance('PT15M');
    const late: Loose = lineOf(await passingTime('sync', LINK, '--until-converged', '--json'), 'cycle_summary');

    expect(early.pending).toBeGreaterThan(10);
    expect(late).toMatchObject({ converged: true });
    expect(await imports()).toBe(2);
    await expectAgreement();
  });
});
