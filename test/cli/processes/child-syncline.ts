/** Commands in processes of their own, as people and pipelines start them. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Outcome, Rehearsal } from '../harness.ts';

const NODE = fileURLToPath(new URL('../../../node_modules/.bin/node', import.meta.url));
/** What people run. */
export const SYNCLINE = fileURLToPath(new URL('../../../src/cli/syncline.mjs', import.meta.url));
/** The same, in the virtual time of the rehearsal's sandbox. */
export const QUICK_SYNCLINE = fileURLToPath(new URL('./quick-syncline.ts', import.meta.url));

export interface ChildOutcome extends Outcome {
  readonly signal: NodeJS.Signals | null;
}

export interface Child {
  readonly pid: number;
  readonly ended: Promise<ChildOutcome>;
  kill(signal: NodeJS.Signals): void;
}

export function startChild(program: string, rehearsal: Rehearsal, argv: readonly string[], options: { readonly environment?: Record<string, string>; readonly node?: readonly string[] } = {}): Child {
  const environment = { PATH: process.env['PATH'], HOME: process.env['HOME'], ...rehearsal.environment, ...options.environment };
  const child = spawn(NODE, [...(options.node ?? []), program, ...argv], { cwd: rehearsal.folder, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  const written = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (written.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (written.stderr += text));
  const ended = new Promise<ChildOutcome>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code: code ?? -1, signal, ...written }));
  });
  return { pid: child.pid!, ended, kill: (signal) => void child.kill(signal) };
}

/** Kills the process the moment a vendor has been called so often: before the call takes effect, or when it has. */
export function killAtCall(rehearsal: Rehearsal, child: Child, call: number, taken: boolean, signal: NodeJS.Signals = 'SIGKILL'): () => void {
  let calls = 0;
  return rehearsal.onCall((seen) => {
    if (seen.taken !== taken) return;
    calls += 1;
    if (calls === call) child.kill(signal);
  });
}
