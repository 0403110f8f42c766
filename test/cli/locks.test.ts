import { readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { disagreements, populationOf } from './agreement.ts';
import { jsonLines, Rehearsal, type Outcome } from './harness.ts';
import { QUICK_SYNCLINE, startChild } from './processes/child-syncline.ts';

let rehearsal: Rehearsal;

beforeEach(async () => {
  rehearsal = await Rehearsal.start({ people: 20 });
});

afterEach(() => rehearsal.close());

/** Runs commands while an apply of somebody else holds the lock: in the middle of its work. */
async function duringAnApply(commands: () => Promise<void>): Promise<Outcome> {
  let started: (() => void) | undefined;
  let finish: (() => void) | undefined;
  const under = new Promise<void>((resolve) => (started = resolve));
  const waiting = new Promise<void>((resolve) => (finish = resolve));
  rehearsal.hold('/fieldRels', () => {
    started!();
    return waiting;
  });
  const applying = rehearsal.syncline('apply', '-y');
  await under;
  // A held call holds up virtual time as well: it is moved by hand for those who wait.
  const moving = setInterval(() => rehearsal.sandbox.clock.advance(500), 5);
  try {
    await commands();
  } finally {
    clearInterval(moving);
    finish!();
  }
  return applying;
}

describe('E5 the lock of the state', () => {
  it('is held by one apply; whoever comes second learns who holds it', async () => {
    const applied = await duringAnApply(async () => {
      for (const argv of [['apply', '-y'], ['plan'], ['sync']]) {
        const outcome = await rehearsal.syncline(...argv);
        if (argv[0] === 'sync' && outcome.code === 1) continue;
        expect(outcome.code, argv.join(' ')).toBe(5);
        expect(outcome.stderr).toMatch(/^Error: Error acquiring the state lock$/m);
        expect(outcome.stderr).toMatch(/\S+@\S+ has held the lock since \d{4}-\d\d-\d\dT\d\d:\d\d/);
        expect(outcome.stderr).toContain(`@${hostname()} has held`);
      }
    });

    expect(applied.code, applied.stderr).toBe(0);
    expect(disagreements(await populationOf(rehearsal))).toEqual([]);
  });

  it('is told in JSON, too', async () => {
    await duringAnApply(async () => {
      const outcome = await rehearsal.syncline('apply', '-y', '--json');
      expect(outcome.code).toBe(5);
      expect(jsonLines(outcome).at(-1)).toMatchObject({
        type: 'diagnostic',
        diagnostic: { severity: 'error', code: 'STORAGE_LOCKED' },
      });
    });
  });

  it('does not stand in the way of a plan without lock', async () => {
    await duringAnApply(async () => {
      expect((await rehearsal.syncline('plan', '--no-lock', '--no-data')).code).toBe(0);
    });
  });

  it('is waited for as long as --lock-timeout says', async () => {
    let waiting: Promise<Outcome> | undefined;
    await duringAnApply(async () => {
      waiting = rehearsal.syncline('apply', '-y', '--lock-timeout', '60m');
      await rehearsal.sandbox.clock.sleep(2000);
    });

    const second = await waiting!;
    expect(second.code, second.stderr).toBe(0);
    expect(second.stderr).toContain('Waiting for the state lock, held by ');
    expect(second.stdout).toMatch(/^No changes\./m);
  });

  it('is left by every command', async () => {
    for (const argv of [['plan'], ['apply', '-y'], ['sync'], ['verify'], ['plan', '--stack', 'nowhere']]) {
      await rehearsal.syncline(...argv);
      expect(
        [...(await rehearsal.files('state')).keys()].filter((path) => path.endsWith('lock.json') || path.endsWith('.lock')),
        argv.join(' '),
      ).toEqual([]);
    }
  });

  it('E4 that is taken from a run in the middle of its writes ends it: nothing more leaves, and the next run finishes', async () => {
    await rehearsal.syncline('apply', '-y', '--no-sync');
    let writesBefore = 0;
    let second: Outcome | undefined;
    rehearsal.hold('/import/bulk_import', async () => {
      const { id } = JSON.parse(await readFile(join(rehearsal.folder, 'state', 'syncline.lock'), 'utf8')) as { id: string };
      expect((await rehearsal.syncline('force-unlock', id)).code).toBe(0);
      // A held call holds up virtual time as well: it is moved by hand for the run that takes over.
      const moving = setInterval(() => rehearsal.sandbox.clock.advance(500), 5);
      second = await rehearsal.syncline('sync', '--until-converged');
      clearInterval(moving);
      writesBefore = await rehearsal.writes();
    });

    const first = await rehearsal.syncline('sync');

    expect(second?.code, second?.stderr).toBe(0);
    expect(first.code).toBe(1);
    expect(first.stderr).toContain('State lock lost');
    // The call that was on its way when the lock was taken arrives late; none follows it.
    expect(await rehearsal.writes()).toBeLessThanOrEqual(writesBefore + 1);
    expect((await rehearsal.syncline('sync', '--until-converged')).code).toBe(0);
    expect(disagreements(await populationOf(rehearsal))).toEqual([]);
    const logged = (await rehearsal.syncline('audit', 'log')).stdout;
    expect(logged).toMatch(/ {2}\S+@\S+ {2}force_unlock {2}from=\S+@\S+ lock=[0-9a-f-]{36} operation=sync since=\d{4}-/);
    expect((await rehearsal.syncline('audit', 'verify')).code).toBe(0);
  });

  it('is held between processes', async () => {
    const seen: Outcome[] = [];
    let second: Promise<Outcome> | undefined;
    rehearsal.hold('/fieldRels', async () => {
      second ??= startChild(QUICK_SYNCLINE, rehearsal, ['apply', '-y']).ended;
      seen.push(await second);
    });

    const first = await startChild(QUICK_SYNCLINE, rehearsal, ['apply', '-y']).ended;

    expect(first.code, first.stderr).toBe(0);
    expect(seen[0]!.code).toBe(5);
    expect(seen[0]!.stderr).toContain(hostname());
    expect(disagreements(await populationOf(rehearsal))).toEqual([]);
  });
});

describe('E5 the state', () => {
  it('that somebody changed by hand is refused', async () => {
    await rehearsal.syncline('apply', '-y');
    const path = join(rehearsal.folder, 'state', 'syncline.state.json');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace('Newsletter', 'Newspaper'), { mode: 0o600 });
    const writes = await rehearsal.writes();

    for (const argv of [['plan'], ['apply', '-y'], ['sync'], ['verify'], ['show']]) {
      const outcome = await rehearsal.syncline(...argv);
      expect(outcome.code, argv.join(' ')).not.toBe(0);
      expect(outcome.stderr).not.toMatch(/\n\s+at |This is a bug/);
    }
    expect(await rehearsal.writes()).toBe(writes);
  });

  it('lists what was applied', async () => {
    await rehearsal.syncline('apply', '-y');

    const listed = (await rehearsal.syncline('state', 'list')).stdout.trimEnd().split('\n');
    const shown = await rehearsal.syncline('state', 'show', 'Link/contacts', '--json');

    expect(listed).toEqual(
      expect.arrayContaining([
        'Integration/salesforce',
        'Link/contacts',
        'Mapping/person',
        'Resource/ac-newsletter',
        'Resource/sf-vip',
      ]),
    );
    expect(JSON.parse(shown.stdout)).toMatchObject({ address: 'Link/contacts', kind: 'Link', generation: 1 });
  });

  it('of another stack is kept apart', async () => {
    const stack = `---\napiVersion: syncline/v1\nkind: Stack\nmetadata: { name: other }\nspec:\n  rehearsal: true\n  integrations:\n    salesforce: { endpoint: { env: SALESFORCE_URL, default: 'http://127.0.0.1:4701' } }\n    activecampaign: { endpoint: { env: ACTIVECAMPAIGN_URL, default: 'http://127.0.0.1:4702' } }\n`;
    const path = join(rehearsal.folder, 'stacks.yaml');
    await writeFile(path, (await readFile(path, 'utf8')) + stack);

    await rehearsal.syncline('apply', '-y', '--no-sync', '--target', 'Resource/ac-tag');
    const planned = await rehearsal.syncline('plan', '--stack', 'other', '--target', 'Resource/ac-city');
    const environment = { SYNCLINE_STACK: 'other' };
    const applied = await rehearsal.synclineIn({ environment }, 'apply', '-y', '--no-sync', '--target', 'Resource/ac-city');

    expect(planned.stdout).toContain('on stack other');
    expect(applied.code, applied.stderr).toBe(0);
    expect((await rehearsal.syncline('state', 'list')).stdout.trim()).toBe('Resource/ac-tag');
    expect((await rehearsal.syncline('state', 'list', '--stack', 'other')).stdout.trim()).toBe('Resource/ac-city');
  });
});
