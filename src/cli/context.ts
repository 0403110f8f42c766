/** What every command is given: its world, the global flags, and the ways to speak to people and pipelines. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { SynclineError } from '../model/errors.ts';
import { parseDuration } from '../model/time.ts';
import { DEFAULT_HTTP_SETTINGS } from '../http/settings.ts';
import type { OperationEvent, Runtime } from '../operations/runtime.ts';
import { systemErrorCode } from '../storage/file-system.ts';
import { selectColour } from './colour.ts';
import { SYNCLINE_VERSION } from './version.ts';
import type { World } from './world.ts';

export interface GlobalOptions {
  readonly chdir?: string;
  readonly json?: boolean;
  readonly color: boolean;
  readonly logLevel?: string;
  readonly lockTimeout?: string;
  readonly stack?: string;
  readonly backend?: string;
  readonly showValues?: boolean;
  readonly input: boolean;
}

export interface CommandContext {
  readonly world: World;
  readonly options: GlobalOptions;
  readonly root: string;
  readonly json: boolean;
  readonly colour: boolean;
  readonly width: number;
  readonly showValues: boolean;
  /** May a person be asked? */
  readonly interactive: boolean;
  /** Human text or machine output, to standard output. */
  print(text: string): void;
  /** JSON lines, to standard output. */
  printLines(lines: readonly object[]): void;
  /** Diagnostics and progress, to standard error. */
  note(text: string): void;
  runtime(emit: (event: OperationEvent) => void): Runtime;
}

/** @throws SynclineError FOLDER_UNUSABLE, where -C names what is no folder */
export function createContext(world: World, command: Command, signal: AbortSignal): CommandContext {
  const options = command.optsWithGlobals<GlobalOptions>();
  const root = resolve(world.workingFolder, options.chdir ?? '.');
  if (options.chdir !== undefined) refuseFile(root);
  const json = options.json === true;
  return {
    world,
    options,
    root,
    json,
    colour: !json && selectColour(options.color, world.environment, world.output.isTerminal),
    width: world.output.isTerminal ? world.output.columns : 100,
    showValues: options.showValues === true,
    interactive: options.input && world.environment['SYNCLINE_INPUT'] !== '0' && world.ask !== undefined,
    print: (text) => world.output.write(text.endsWith('\n') ? text : `${text}\n`),
    printLines(lines) {
      for (const line of lines) world.output.write(`${JSON.stringify(line)}\n`);
    },
    note: (text) => world.errors.write(text.endsWith('\n') ? text : `${text}\n`),
    runtime: (emit) => ({
      root,
      environment: world.environment,
      clock: world.clock,
      random: world.random,
      newId: world.newId,
      synclineVersion: SYNCLINE_VERSION,
      who: world.who,
      stack: options.stack ?? world.environment['SYNCLINE_STACK'],
      backend: options.backend ?? world.environment['SYNCLINE_BACKEND'] ?? 'file:state',
      lockTimeoutMs: options.lockTimeout === undefined ? 0 : parseTimeout(options.lockTimeout),
      machine: world.machine ?? {},
      http: DEFAULT_HTTP_SETTINGS,
      signal,
      emit,
    }),
  };
}

/** What is not there yet is left to the command: `init` makes it. */
function refuseFile(root: string): void {
  if (!isFile(root)) return;
  throw new SynclineError('FOLDER_UNUSABLE', `${root} is no folder.`, {
    hint: 'Name the folder that holds the configuration:\n  syncline plan -C FOLDER',
  });
}

/** Also of what would lie below a file. */
function isFile(path: string): boolean {
  try {
    return !statSync(path).isDirectory();
  } catch (error) {
    return systemErrorCode(error) === 'ENOTDIR';
  }
}

/** `3s`, `2m` as in Terraform, or an ISO 8601 duration. */
export function parseTimeout(text: string): number {
  const match = /^(\d+)(s|m|h)$/.exec(text);
  if (match === null) return parseDuration(text);
  return Number(match[1]) * { s: 1000, m: 60_000, h: 3_600_000 }[match[2] as 's' | 'm' | 'h'];
}
