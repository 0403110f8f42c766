/** Commands in processes of their own, as people and pipelines start them. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Outcome, Rehearsal } from '../harness.ts';

const NODE = fileURLToPath(new URL('../../../node_modules/.bin/node', import.meta.url));
/** Starting costs half as much where what was compiled once is kept. */
const COMPILED = fileURLToPath(new URL('../../../node_modules/.cache/compiled', import.meta.url));
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
  /** What it has printed when that matches; fails where it ends before. */
  until(pattern: RegExp): Promise<string>;
  /** The same of what it tells on standard error. */
  untilNoted(pattern: RegExp): Promise<string>;
  kill(signal: NodeJS.Signals): void;
  /** Reads nothing of it any more, as `| head` does. */
  leave(): void;
}

export function startChild(
  program: string,
  rehearsal: Rehearsal,
  argv: readonly string[],
  options: { readonly environment?: Record<string, string>; readonly node?: readonly string[] } = {},
): Child {
  const environment = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    NODE_COMPILE_CACHE: COMPILED,
    ...rehearsal.environment,
    ...options.environment,
  };
  const child = spawn(NODE, [...(options.node ?? []), program, ...argv], {
    cwd: rehearsal.folder,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const written = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (written.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (written.stderr += text));
  const ended = new Promise<ChildOutcome>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code: code ?? -1, signal, ...written }));
  });
  const untilOn = (stream: 'stdout' | 'stderr', pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (pattern.test(written[stream])) resolve(written[stream]);
      };
      child[stream].on('data', look);
      child.on('close', () => reject(new Error(`It ended without a word of ${String(pattern)}: ${written.stderr}`)));
      look();
    });
  const until = (pattern: RegExp): Promise<string> => untilOn('stdout', pattern);
  const untilNoted = (pattern: RegExp): Promise<string> => untilOn('stderr', pattern);
  const leave = (): void => [child.stdout, child.stderr].forEach((stream) => void stream.destroy());
  return { pid: child.pid!, until, untilNoted, ended, kill: (signal) => void child.kill(signal), leave };
}

/** A call to a vendor: the n-th of a method to a path of which this is a part. */
export interface Moment {
  readonly method: string;
  readonly path: string;
  readonly nth?: number;
  /** Whether the call has taken effect already. */
  readonly taken: boolean;
}

/** Signals the process at one moment of its life. */
export function signalAt(rehearsal: Rehearsal, child: Child, moment: Moment, signal: NodeJS.Signals): () => void {
  let calls = 0;
  return rehearsal.onCall(({ request, taken }) => {
    if (taken !== moment.taken || request.method !== moment.method || !request.path.includes(moment.path)) return;
    calls += 1;
    if (calls === (moment.nth ?? 1)) child.kill(signal);
  });
}
