/** E12: state, ledger, locks and audit log in PostgreSQL, for runners that keep nothing on their disks. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { QUICK_FOLDER } from '../quick-folder.ts';
import { startPostgres, type PostgresServer } from '../storage/postgres-server.ts';
import { disagreements, populationOf } from './agreement.ts';
import { jsonLines, Rehearsal, type Outcome } from './harness.ts';
import { QUICK_SYNCLINE, startChild } from './processes/child-syncline.ts';
import { SalesforceAccount } from './vendor-accounts.ts';

const KEY = Buffer.alloc(32, 7).toString('base64');

let server: PostgresServer;
let rehearsal: Rehearsal;
let environmentKey = KEY;
/** A machine that has no file of the configuration. */
let bare: string;
let backend: string;

beforeAll(async () => {
  [server, rehearsal, bare] = await Promise.all([
    startPostgres(),
    Rehearsal.start({ people: 20 }),
    mkdtemp(join(QUICK_FOLDER, 'syncline-runner-')),
  ]);
  backend = server.newSchema();
});

afterAll(async () => {
  await rehearsal.close();
  await rm(bare, { recursive: true });
  await server.stop();
});

const environment = () => ({ SYNCLINE_BACKEND: backend, SYNCLINE_KEY: environmentKey });

function runner(...argv: readonly string[]): Promise<Outcome> {
  return rehearsal.synclineIn({ environment: environment() }, ...argv);
}

/** As a pipeline's next job does: on another machine, without a checkout. */
function otherRunner(...argv: readonly string[]): Promise<Outcome> {
  return rehearsal.synclineIn({ environment: environment(), folder: bare }, ...argv);
}

function schemaOf(url: string): string {
  return new URL(url).searchParams.get('schema')!;
}

async function tables(): Promise<readonly string[]> {
  const rows = await server.query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = $1 and table_type = 'BASE TABLE'`,
    [schemaOf(backend)],
  );
  return rows.map(({ name }) => name);
}

describe('E12 storage in PostgreSQL', () => {
  it('is not made by a plan', async () => {
    const planned = await runner('plan');

    expect(planned.code, planned.stderr).toBe(0);
    expect(planned.stdout).toContain('\nRecords: ');
    expect(await tables()).toEqual([]);
  });

  it('needs a key that no disk holds', async () => {
    const outcome = await rehearsal.synclineIn({ environment: { SYNCLINE_BACKEND: backend } }, 'apply', '-y');

    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain('SYNCLINE_KEY');
  });

  it('carries plan, apply, sync and verify, and leaves nothing on the disk', async () => {
    const before = [...(await rehearsal.files()).keys()];

    const applied = await runner('apply', '-y');
    expect(applied.code, applied.stderr).toBe(0);
    const again = await runner('plan', '--detailed-exitcode');
    const contact = (await rehearsal.dump('salesforce', 'Contact')).find((row) => row['IsDeleted'] === false)!;
    await new SalesforceAccount(rehearsal).update(String(contact['Id']), { FirstName: 'Renamed' });
    await rehearsal.advance('PT10M');
    const synced = await otherRunner('sync', '--until-converged');
    const verified = await otherRunner('verify');

    expect(again.code, again.stdout + again.stderr).toBe(0);
    expect(synced.code, synced.stderr).toBe(0);
    expect(verified.code, verified.stdout + verified.stderr).toBe(0);
    expect(disagreements(await populationOf(rehearsal))).toEqual([]);
    expect([...(await rehearsal.files()).keys()]).toEqual(before);
  });

  it('answers history, runs and audit on another machine', async () => {
    const contact = (await rehearsal.dump('salesforce', 'Contact')).find((row) => row['FirstName'] === 'Renamed')!;

    const history = await otherRunner('history', 'Link/contacts', String(contact['Id']), '--show-values');
    const runs = await otherRunner('runs');
    const audit = await otherRunner('audit', 'verify');

    expect(history.stdout, history.stderr).toContain('Renamed');
    expect(runs.stdout).toContain('apply');
    expect(audit.code, audit.stdout + audit.stderr).toBe(0);
  });

  it('holds nobody’s data in clear', async () => {
    for (const table of await tables()) {
      const [found] = await server.query<{ n: string }>(
        `select count(*) as n from ${schemaOf(backend)}.${table} kept where encode(convert_to(kept::text, 'UTF8'), 'escape') ~* 'example\\.(com|org|net)|Renamed'`,
      );
      if (table === 'state' || table === 'audit') continue;
      expect(Number(found!.n), table).toBe(0);
    }
  });

  it('lets one of two runners in, and tells the other who it is', async () => {
    let refused: Outcome | undefined;
    rehearsal.hold('/query', async () => {
      refused = await otherRunner('sync');
    });

    const first = await runner('sync');

    expect(first.code, first.stderr).toBe(0);
    expect(refused?.code, refused?.stderr).toBe(5);
    expect(refused!.stderr).toMatch(/^Error: Error acquiring the state lock$/m);
    expect(refused!.stderr).toMatch(/\S+@\S+ has held the lock since \d{4}-\d\d-\d\dT\d\d:\d\d/);
  });

  it('is free at once when a runner is killed, and the next one finishes its work', async () => {
    const contact = (await rehearsal.dump('salesforce', 'Contact')).find((row) => row['FirstName'] === 'Renamed')!;
    await new SalesforceAccount(rehearsal).update(String(contact['Id']), { FirstName: 'Killed' });
    await rehearsal.advance('PT10M');
    const killed = startChild(QUICK_SYNCLINE, rehearsal, ['sync'], { environment: environment() });
    rehearsal.hold('/query', async () => {
      killed.kill('SIGKILL');
      await killed.ended;
    });
    const ended = await killed.ended;
    expect(ended.signal, `${ended.code} ${ended.stderr} ${ended.stdout}`).toBe('SIGKILL');

    const again = ['sync', '--until-converged', '--lock-timeout', '30s'];
    const next = await startChild(QUICK_SYNCLINE, rehearsal, again, { environment: environment() }).ended;

    expect(next.code, next.stderr).toBe(0);
    expect(next.stderr).toContain('was taken over');
    expect(disagreements(await populationOf(rehearsal))).toEqual([]);
  });

  it('ends a run whose lock is taken by force', async () => {
    let id = '';
    rehearsal.hold('/query', async () => {
      const refused = await otherRunner('sync');
      id = /lock ([0-9a-f-]{36})/.exec(refused.stderr)![1]!;
      const unlocked = await otherRunner('force-unlock', id);
      expect(unlocked.code, unlocked.stderr).toBe(0);
    });

    const first = await runner('sync');

    expect(first.code).toBe(1);
    expect(first.stderr).not.toMatch(/\n\s+at |This is a bug/);
    expect((await otherRunner('sync')).code).toBe(0);
    expect((await otherRunner('audit', 'log')).stdout).toMatch(new RegExp(`force_unlock {2}from=\\S+ lock=${id} operation=sync`));
    expect((await otherRunner('audit', 'verify')).code).toBe(0);
  });

  it('keeps several stacks apart in one schema', async () => {
    const other = await otherRunner('state', 'list', '--stack', 'nowhere');
    expect(other.stdout).not.toContain('Link/contacts');
    expect((await otherRunner('state', 'list')).stdout).toContain('Link/contacts');
  });

  it('E8 goes on under another key, which every runner then needs', async () => {
    const fresh = Buffer.alloc(32, 8).toString('base64');
    const key = { SYNCLINE_BACKEND: backend, SYNCLINE_KEY: `${fresh},${KEY}` };
    const withKeys = (...argv: readonly string[]) => rehearsal.synclineIn({ environment: key, folder: bare }, ...argv);
    const refused = await otherRunner('key', 'rotate');

    const rotated = await withKeys('key', 'rotate', '--json');

    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('NEW,OLD') as string });
    expect(rotated.code, rotated.stderr).toBe(0);
    expect(jsonLines(rotated)[0]).toMatchObject({ source: 'environment' });
    const without = await otherRunner('sync');
    expect(without).toMatchObject({ code: 1, stderr: expect.stringContaining('STORAGE_KEY_MISSING') as string });
    const contact = (await rehearsal.dump('salesforce', 'Contact')).find((row) => row['FirstName'] === 'Killed')!;
    const history = await withKeys('history', 'Link/contacts', String(contact['Id']), '--show-values');
    expect(history.stdout, history.stderr).toContain('Renamed');
    const quiet = await withKeys('sync', '--refresh-values', '--json');
    expect(jsonLines(quiet).at(-1)).toMatchObject({ type: 'cycle_summary', converged: true });
    expect(JSON.stringify(jsonLines(quiet).at(-1)!['ends'])).not.toMatch(/":[1-9]/);
    expect((await withKeys('verify')).code).toBe(0);
    environmentKey = key.SYNCLINE_KEY;
  });

  describe('E12 a move to another backend', () => {
    let folder: string;

    beforeAll(async () => {
      folder = await mkdtemp(join(QUICK_FOLDER, 'syncline-moved-'));
    });

    afterAll(() => rm(folder, { recursive: true }));

    const local = (...argv: readonly string[]) =>
      rehearsal.synclineIn({ environment: { SYNCLINE_KEY: environmentKey, SYNCLINE_BACKEND: `file:${folder}` } }, ...argv);

    /** Everything is known there as it was here. */
    async function expectInUse(place: typeof local): Promise<void> {
      const planned = await place('plan', '--detailed-exitcode');
      expect(planned.code, planned.stdout + planned.stderr).toBe(0);
      const contact = (await rehearsal.dump('salesforce', 'Contact')).find((row) => row['FirstName'] === 'Killed')!;
      expect((await place('history', 'Link/contacts', String(contact['Id']), '--show-values')).stdout).toContain('Renamed');
      const quiet = await place('sync', '--json');
      expect(quiet.code, quiet.stdout).toBe(0);
      expect(JSON.stringify(jsonLines(quiet).at(-1)!['ends'])).not.toMatch(/":[1-9]/);
      expect((await place('audit', 'verify')).code).toBe(0);
      expect((await place('audit', 'log')).stdout).toContain('backend_changed');
    }

    async function expectLeft(place: typeof local): Promise<void> {
      for (const argv of [['plan'], ['sync'], ['apply', '-y'], ['pause', 'Link/contacts']]) {
        const outcome = await place(...argv);
        expect(outcome.code, argv.join(' ')).toBe(1);
        expect(outcome.stderr).toContain('STATE_MOVED');
      }
    }

    it('takes state, ledger and audit log along, and leaves nothing behind that could be used', async () => {
      const pulled = JSON.parse((await otherRunner('state', 'pull')).stdout);

      const moved = await local('state', 'push', '--from', backend);

      expect(moved.code, moved.stderr).toBe(0);
      expect(moved.stdout).toContain('no longer at');
      expect(JSON.parse((await local('state', 'pull')).stdout)).toMatchObject({
        lineage: pulled.lineage,
        serial: pulled.serial,
        resources: pulled.resources,
        specifications: pulled.specifications,
      });
      await expectInUse(local);
      await expectLeft(runner);
      const twice = await local('state', 'push', '--from', backend);
      expect(twice).toMatchObject({ code: 4, stderr: expect.stringContaining('it was moved there before') as string });
    });

    it('goes on where it was interrupted: one of the two places is whole, and no half is ever used', async () => {
      const back = (...argv: readonly string[]) => otherRunner('state', 'push', '--from', `file:${folder}`, ...argv);
      // Killed while it copied: the old place goes on, the new one refuses.
      await server.query(
        `update ${schemaOf(backend)}.ledger_meta set key = 'arriving' where stack = 'sandbox' and key = 'moved'`,
      );
      await server.query(`delete from ${schemaOf(backend)}.ledger_agreed where stack = 'sandbox'`);
      await expectLeft(runner);
      await expectInUse(local);

      // Killed before the new place had its state, or knew that it is whole.
      expect((await back()).code).toBe(0);
      await server.query(`delete from ${schemaOf(backend)}.state where stack = 'sandbox'`);
      await server.query(
        `insert into ${schemaOf(backend)}.ledger_meta (stack, key, value) values ('sandbox', 'arriving', 'there')`,
      );
      await expectLeft(local);
      const unfinished = await runner('sync');
      expect(unfinished.code).toBe(1);
      const finished = await rehearsal.synclineIn(
        { environment: environment(), folder: bare },
        'state',
        'push',
        '--from',
        `file:${folder}`,
      );

      expect(finished.code, finished.stderr).toBe(0);
      await expectInUse(runner);
      await expectLeft(local);
    });

    it('is refused before anything is copied where the key is missing, and stays where it is by force', async () => {
      const SYNCLINE_KEY = Buffer.alloc(32, 9).toString('base64');
      const refused = await rehearsal.synclineIn(
        { environment: { SYNCLINE_KEY, SYNCLINE_BACKEND: server.newSchema() }, folder: bare },
        'state',
        'push',
        '--from',
        backend,
      );
      expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('STORAGE_KEY_MISSING') as string });

      const file = join(folder, 'pulled.json');
      await writeFile(file, (await local('state', 'pull')).stdout);
      const alone = { SYNCLINE_BACKEND: server.newSchema(), SYNCLINE_KEY: environmentKey };
      const pushed = await rehearsal.synclineIn(
        { environment: alone, folder: bare },
        'state',
        'push',
        file,
        '--stack',
        'sandbox',
      );
      expect(pushed.stdout, pushed.stderr).toContain('There is no ledger here');
      const unknown = await rehearsal.synclineIn({ environment: alone, folder: bare }, 'sync');
      expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('state push --from BACKEND') as string });
      const forced = await local('state', 'push', '--force', file);
      expect(forced.code, forced.stderr).toBe(0);
      expect((await local('plan', '--detailed-exitcode')).code).toBe(0);
    });
  });

  it('says what to do where it cannot be reached, and prints no password', async () => {
    const url = 'postgres://ada:s3cret-word@127.0.0.1:1/syncline';
    const outcome = await rehearsal.synclineIn({ environment: { SYNCLINE_KEY: KEY } }, 'plan', '--backend', url, '--json');

    expect(outcome.code).toBe(1);
    expect(JSON.stringify(jsonLines(outcome).at(-1))).toContain('STORAGE_UNREACHABLE');
    expect(outcome.stdout + outcome.stderr).not.toContain('s3cret-word');
  });
});
