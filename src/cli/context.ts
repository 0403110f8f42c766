/** What every command is given: its world, the global flags, and the ways to speak to people and pipelines. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { parseDuration } from '../model/time.ts';
import { DEFAULT_HTTP_SETTINGS } from '../http/settings.ts';
import type { OperationEvent, Runtime } from '../operations/runtime.ts';
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

export function createContext(world: World, command: Command, signal: AbortSignal): CommandContext {
  const options = command.optsWithGlobals<GlobalOptions>();
  const root = resolve(world.workingFolder, options.chdir ?? '.');
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

/** `3s`, `2m` as in Terraform, or an ISO 8601 duration. */
export function parseTimeout(text: string): number {
  const match = /^(\d+)(s|m|h)$/.exec(text);
  if (match === null) return parseDuration(text);
  return Number(match[1]) * { s: 1000, m: 60_000, h: 3_600_000 }[match[2] as 's' | 'm' | 'h'];
}
