/**
 * The composition root: parses arguments, calls an operation, renders what it returns and turns it
 * into an exit code. One file a command under `commands/`.
 */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { SynclineError } from '../model/errors.ts';
import { toInstant } from '../model/time.ts';
import { renderError } from '../report/diagnostic-text.ts';
import { errorLine } from '../report/run-json.ts';
import { normalizeArguments } from './arguments.ts';
import { COMMANDS } from './commands/index.ts';
import { createContext, type CommandContext } from './context.ts';
import { EXIT, exitCodeOf } from './exit-codes.ts';
import { SYNCLINE_VERSION } from './version.ts';
import type { World } from './world.ts';

/** A command: what commander needs to know of it, and what it does. */
export interface CommandModule {
  register(program: Command, action: (run: CommandAction) => (...parameters: unknown[]) => Promise<void>): void;
}

export type CommandAction = (
  context: CommandContext,
  parameters: readonly string[],
  options: Readonly<Record<string, unknown>>,
) => Promise<number>;

/**
 * Runs one command line.
 * @returns the exit code; nothing is thrown and the process is not ended
 */
export async function run(argv: readonly string[], world: World): Promise<number> {
  const interruption = new AbortController();
  const stopListening = world.onInterrupt((signal) => {
    if (interruption.signal.aborted) process.exit(EXIT.interrupted);
    world.errors.write(`\n${signal} received: finishing what is under way. Once more stops at once.\n`);
    interruption.abort(new DOMException('Interrupted', 'AbortError'));
  });
  let exitCode: number = EXIT.success;
  let context: CommandContext | undefined;

  const program = createProgram(world);
  const action =
    (command: CommandAction) =>
    async (...parameters: unknown[]): Promise<void> => {
      const invoked = parameters.at(-1) as Command;
      context = createContext(world, invoked, interruption.signal);
      exitCode = await command(
        context,
        parameters
          .slice(0, -2)
          .flat()
          .filter((value) => value !== undefined) as string[],
        invoked.opts(),
      );
    };
  try {
    const words = normalizeArguments(argv);
    for (const command of await commandsFor(words)) command.register(program, action);
    await program.parseAsync(words, { from: 'user' });
    return exitCode;
  } catch (error) {
    return fail(error, world, context, interruption.signal.aborted, argv.includes('--json') || argv.includes('-json'));
  } finally {
    stopListening();
  }
}

const VALUE_OPTIONS = new Set(['-C', '--chdir', '--log-level', '--lock-timeout', '--stack', '--backend']);

/** Those that pipelines set out of habit are taken; only the first two say more. */
const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error'];

/** Commands that need to know all the others. */
const OF_ALL = new Set(['completion']);

/** The command that is called; all of them where none is, for the help and for "did you mean". */
async function commandsFor(words: readonly string[]): Promise<readonly CommandModule[]> {
  const called = words.find((word, index) => !word.startsWith('-') && !VALUE_OPTIONS.has(words[index - 1] ?? ''));
  const isOne = called !== undefined && Object.hasOwn(COMMANDS, called) && !OF_ALL.has(called);
  const load = isOne ? COMMANDS[called] : undefined;
  return load === undefined ? Promise.all(Object.values(COMMANDS).map((each) => each())) : [await load()];
}

function createProgram(world: World): Command {
  const program = new Command('syncline');
  program
    .description('Terraform for the links between a CRM and the marketing systems around it')
    .version(SYNCLINE_VERSION, '-V, --version')
    .option('-C, --chdir <folder>', 'work in this folder')
    .option('--json', 'machine output on standard output, and nothing else there')
    .option('--no-color', 'no colours')
    .addOption(new Option('--log-level <level>', 'debug also prints where an error came from').choices(LOG_LEVELS))
    .option('--lock-timeout <duration>', 'how long to wait for a lock: 0s, 30s, 5m')
    .option('--stack <name>', 'the stack to work on')
    .option('--backend <url>', 'where state and ledger are kept: file:FOLDER or postgres://USER:PASSWORD@HOST/DATABASE')
    .option('--show-values', 'print personal data instead of masking it')
    .option('--no-input', 'never ask')
    .configureOutput({
      writeOut: (text) => world.output.write(text),
      writeErr: (text) => world.errors.write(text),
      getOutHelpWidth: () => 80,
    })
    .showSuggestionAfterError()
    .exitOverride();
  return program;
}

function fail(error: unknown, world: World, context: CommandContext | undefined, interrupted: boolean, json: boolean): number {
  if (error instanceof CommanderError) return misused(error, world, json);
  if (interrupted || (error instanceof DOMException && error.name === 'AbortError')) {
    world.errors.write('Interrupted. What was done is saved; run the same command again to continue.\n');
    return EXIT.interrupted;
  }
  if (json) world.output.write(`${JSON.stringify(errorLine(error, toInstant(world.clock.now())))}\n`);
  else world.errors.write(renderError(error, { colour: context?.colour ?? false }));
  const level = context?.options.logLevel ?? world.environment['SYNCLINE_LOG']?.toLowerCase();
  if ((level === 'trace' || level === 'debug') && error instanceof Error) world.errors.write(`${error.stack}\n`);
  return error instanceof SynclineError ? exitCodeOf(error.code) : EXIT.error;
}

/** What was typed is no command line of ours: help and versions asked for end here as well. */
function misused(error: CommanderError, world: World, json: boolean): number {
  if (error.exitCode === 0) return EXIT.success;
  const message = error.message.replace(/^error: /, '');
  if (json)
    world.output.write(
      `${JSON.stringify(errorLine(new SynclineError('COMMAND_LINE_INVALID', message), toInstant(world.clock.now())))}\n`,
    );
  // Commander has told people of everything that it found by itself.
  else if (error instanceof InvalidArgumentError) world.errors.write(`error: ${message}\n`);
  return EXIT.error;
}
