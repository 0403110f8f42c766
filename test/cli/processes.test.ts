import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { QUICK_FOLDER } from '../quick-folder.ts';
import { disagreements, populationOf, type Population } from './agreement.ts';
import { expectConverged } from './fault-cases.ts';
import { Rehearsal } from './harness.ts';
import { signalAt, startChild, SYNCLINE, type Child, type ChildOutcome, type Moment } from './processes/child-syncline.ts';

/** ActiveCampaign takes five calls a second, and here the seconds are real. */
const PEOPLE = 6;

async function inRealTime(work: (rehearsal: Rehearsal, before: Population) => Promise<void>): Promise<void> {
  const rehearsal = await Rehearsal.start({ people: PEOPLE, realTime: true });
  try {
    await work(rehearsal, await populationOf(rehearsal));
  } finally {
    await rehearsal.close();
  }
}

function syncline(rehearsal: Rehearsal, ...argv: readonly string[]): Promise<ChildOutcome> {
  return startChild(SYNCLINE, rehearsal, argv).ended;
}

function signalled(
  rehearsal: Rehearsal,
  moment: Moment,
  signal: NodeJS.Signals,
  ...argv: readonly string[]
): Promise<ChildOutcome> {
  const child: Child = startChild(SYNCLINE, rehearsal, argv);
  const stop = signalAt(rehearsal, child, moment, signal);
  return child.ended.finally(stop);
}

describe.concurrent('the command as people run it, in real time', () => {
  it('provisions, converges, agrees, and has nothing left to do', () =>
    inRealTime(async (rehearsal) => {
      const applied = await syncline(rehearsal, 'apply', '-auto-approve');
      const verified = await syncline(rehearsal, 'verify');
      const planned = await syncline(rehearsal, 'plan', '-detailed-exitcode');
      const writes = await rehearsal.writes();
      const synced = await syncline(rehearsal, 'sync', '--json');

      expect(applied.stderr).toBe('');
      expect(applied).toMatchObject({ code: 0, signal: null });
      expect(applied.stdout).toMatch(/^Apply complete! Resources: 16 added, 0 changed, 0 destroyed\.$/m);
      expect(verified).toMatchObject({ code: 0, stderr: '' });
      expect(planned).toMatchObject({ code: 0, stderr: '' });
      expect(synced).toMatchObject({ code: 0, stderr: '' });
      expect(await rehearsal.writes()).toBe(writes);
      expect(disagreements(await populationOf(rehearsal))).toEqual([]);
    }));

  it.for<readonly [string, Moment]>([
    ['while it writes records', { method: 'PATCH', path: '/composite/sobjects', nth: 1, taken: true }],
  ])('killed %s, is continued by the next run', ([, moment]) =>
    inRealTime(async (rehearsal, before) => {
      const killed = await signalled(rehearsal, moment, 'SIGKILL', 'apply', '-y');
      const next = await syncline(rehearsal, 'apply', '-y');

      expect(killed.signal).toBe('SIGKILL');
      expect(next.code, next.stderr).toBe(0);
      expect(next.stderr).toContain('Lock taken over');
      await expectConverged(rehearsal, before);
    }),
  );

  it('interrupted, ends with 130 and is continued by the next run', () =>
    inRealTime(async (rehearsal, before) => {
      const interrupted = await signalled(
        rehearsal,
        { method: 'POST', path: '/fieldRels', nth: 2, taken: true },
        'SIGINT',
        'apply',
        '-y',
      );
      const next = await syncline(rehearsal, 'apply', '-y');

      expect(interrupted).toMatchObject({ code: 130, signal: null });
      expect(interrupted.stderr).toContain('run the same command again to continue');
      expect(next.code, next.stderr).toBe(0);
      expect(next.stderr).toBe('');
      await expectConverged(rehearsal, before);
    }));

  it('brings its own stand-ins, tells how to reach them, and ends them when told to', async () => {
    const folder = await mkdtemp(join(QUICK_FOLDER, 'syncline-test-'));
    const place = { folder, environment: {} } as Rehearsal;
    const sandbox = startChild(SYNCLINE, place, ['sandbox', '--base-port', '0', '--records', '5', '--seed', '3']);
    try {
      const exported = await sandbox.until(/^ready$/m);
      const environment = Object.fromEntries(
        [...exported.matchAll(/^export (\w+)='(.*)'$/gm)].map(([, name, value]) => [name!, value!]),
      );
      const made = await startChild(SYNCLINE, place, ['init']).ended;
      const planned = await startChild(SYNCLINE, place, ['plan', '--detailed-exitcode'], { environment }).ended;
      sandbox.kill('SIGTERM');
      const ended = await sandbox.ended;

      expect(exported.split('\n').every((line) => /^(export [A-Z_]+='[^']*'|ready|)$/.test(line))).toBe(true);
      expect(Object.keys(environment)).toEqual(
        expect.arrayContaining(['SALESFORCE_URL', 'ACTIVECAMPAIGN_URL', 'ACTIVECAMPAIGN_TOKEN', 'DOTDIGITAL_URL', 'OROCRM_URL']),
      );
      expect(made.code, made.stderr).toBe(0);
      expect(planned.code, planned.stderr).toBe(2);
      expect(ended).toMatchObject({ code: 0, signal: null });
    } finally {
      sandbox.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('does not mind a reader that went away', async () => {
    const { execFile } = await import('node:child_process');
    const node = join(import.meta.dirname, '../../node_modules/.bin/node');
    const output = await new Promise<string>((resolve, reject) => {
      execFile(
        '/bin/sh',
        ['-c', `"${node}" "${SYNCLINE}" --help | head -1; "${node}" "${SYNCLINE}" explain Link.spec | head -1`],
        (error, stdout, stderr) => (error === null ? resolve(stdout + stderr) : reject(error)),
      );
    });

    expect(output.trimEnd().split('\n')).toHaveLength(2);
  });
});
