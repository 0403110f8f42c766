/** A copy of what a clone holds after `npm ci`, in which the commands of a document run as they are written. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../free-ports.ts';

export const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));

/** Longer than any document takes, and shorter than a test waits, so that one that hangs shows how far it came. */
const LONGEST_MS = 200_000;

export interface ScriptOutcome {
  /** `null` where the script had to be ended. */
  readonly code: number | null;
  /** Both streams, as a terminal would show them. */
  readonly output: string;
}

/**
 * Runs a shell script, ending at the first command that fails, in a clone of its own that is gone afterwards.
 * No variable of this process reaches it but what finds the programs, and npm stays off the network.
 */
export async function runInClone(script: string): Promise<ScriptOutcome> {
  const parent = await mkdtemp(join(tmpdir(), 'syncline-docs-'));
  const clone = join(parent, 'syncline');
  try {
    await mkdir(clone);
    for (const name of ['src', 'schemas', 'examples', 'package.json'])
      await cp(join(REPOSITORY, name), join(clone, name), { recursive: true });
    await symlink(join(REPOSITORY, 'node_modules'), join(clone, 'node_modules'));
    return await runScript(withOneStartOfNpm(await withFreePorts(script)), clone, parent);
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
}

async function runScript(script: string, folder: string, home: string): Promise<ScriptOutcome> {
  const shell = spawn('sh', ['-eu', '-c', script], {
    cwd: folder,
    env: {
      PATH: [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter),
      HOME: home,
      npm_config_cache: join(home, 'npm'),
      npm_config_offline: 'true',
      npm_config_loglevel: 'error',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that a sandbox which a failing script leaves behind can be ended with it.
    detached: true,
  });
  let output = '';
  for (const stream of [shell.stdout, shell.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const late = setTimeout(() => endGroup(shell.pid!), LONGEST_MS);
  try {
    const [code] = (await once(shell, 'exit')) as [number | null];
    return { code, output };
  } finally {
    clearTimeout(late);
    endGroup(shell.pid!);
  }
}

function endGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** npm takes longer to start than Syncline does: that it finds the command is shown once. */
function withOneStartOfNpm(script: string): string {
  const [before, ...after] = script.split('npx syncline ');
  return [before, after.join('node src/cli/syncline.mjs ')].join('npx syncline ');
}

/** Documents use the ports that people know; tests run beside other tests. */
async function withFreePorts(script: string): Promise<string> {
  return script.replaceAll(/\bsyncline\.mjs sandbox\b/g, `syncline.mjs sandbox --base-port ${await freePorts()}`);
}
