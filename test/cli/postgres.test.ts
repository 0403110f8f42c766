/** E12: state, ledger, locks and audit log in PostgreSQL, for runners that keep nothing on their disks. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
    mkdtemp(join(tmpdir(), 'syncline-runner-')),
  ]);
  backend = server.newSchema();
}, 60_000);

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

  it('takes a state from a folder and gives it back', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'syncline-moved-'));
    const pulled = await otherRunner('state', 'pull');
    const file = join(folder, 'state.json');
    await writeFile(file, pulled.stdout);
    const local = (...argv: readonly string[]) => rehearsal.synclineIn({ environment: { SYNCLINE_KEY: KEY }, folder }, ...argv);

    const pushed = await local('state', 'push', file, '--stack', 'sandbox');
    const backend2 = { SYNCLINE_BACKEND: server.newSchema(), SYNCLINE_KEY: KEY };
    await writeFile(file, (await local('state', 'pull', '--stack', 'sandbox')).stdout);
    const back = await rehearsal.synclineIn({ environment: backend2, folder: bare }, 'state', 'push', file, '--stack', 'sandbox');
    const again = await rehearsal.synclineIn({ environment: backend2, folder: bare }, 'state', 'pull');

    expect(pushed.code, pushed.stderr).toBe(0);
    expect(back.code, back.stderr).toBe(0);
    expect(JSON.parse(again.stdout)).toMatchObject({
      lineage: JSON.parse(pulled.stdout).lineage,
      serial: JSON.parse(pulled.stdout).serial,
      resources: JSON.parse(pulled.stdout).resources,
    });
    await rm(folder, { recursive: true });
  });

  it('says what to do where it cannot be reached, and prints no password', async () => {
    const url = 'postgres://ada:s3cret-word@127.0.0.1:1/syncline';
    const outcome = await rehearsal.synclineIn({ environment: { SYNCLINE_KEY: KEY } }, 'plan', '--backend', url, '--json');

    expect(outcome.code).toBe(1);
    expect(JSON.stringify(jsonLines(outcome).at(-1))).toContain('STORAGE_UNREACHABLE');
    expect(outcome.stdout + outcome.stderr).not.toContain('s3cret-word');
  });
});
