import { InvalidArgumentError } from 'commander';
import { SynclineError } from '../../model/errors.ts';
import { SandboxError } from '../../sandbox/sandbox-error.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandModule } from '../program.ts';
import { exitCodeHelp } from './help.ts';
import { wholeNumber } from './plan.ts';

export const sandboxCommand: CommandModule = {
  register(program, action) {
    program
      .command('sandbox')
      .description('start local stand-ins for the vendors, speaking their own protocols')
      .option('--base-port <port>', 'the first stand-in listens one above it', port, 4700)
      .option('--seed <n>', 'which people to make up', wholeNumber, 1)
      .option('--records <n>', 'how many people', wholeNumber, 2000)
      .option('--virtual-time', 'let time stand still but for waiting clients and POST /__sandbox/clock')
      .option('--print-keys', 'print the key by which the Salesforce stand-in accepts JWTs, and end')
      .addHelpText(
        'after',
        exitCodeHelp({ 0: 'ended by SIGTERM or Ctrl-C', 1: 'an error, for instance a port in use' }, [
          'syncline sandbox',
          'syncline sandbox --base-port 5700 --seed 7 --records 200',
        ]),
      )
      .action(
        action(async (context, _parameters, options) => {
          // The stand-ins are never part of a production run, so they are loaded only here.
          if (options['printKeys'] === true) {
            const { sandboxJwtKey } = await import('../../sandbox/salesforce/sandbox.ts');
            context.print(sandboxJwtKey());
            return EXIT.success;
          }
          const { startSandbox } = await import('../../sandbox/server.ts');
          const { signal } = context.runtime(() => undefined);
          const sandbox = await startSandbox({
            basePort: options['basePort'] as number,
            seed: options['seed'] as number,
            records: options['records'] as number,
            virtualTime: options['virtualTime'] === true,
          }).catch((error: unknown) => {
            if (error instanceof SandboxError) throw new SynclineError('SANDBOX_FAILED', error.message, { cause: error });
            throw error;
          });
          try {
            for (const [name, value] of Object.entries(sandbox.environment)) context.print(`export ${name}='${value}'`);
            context.print('ready');
            await new Promise<void>((done) => {
              if (signal.aborted) done();
              signal.addEventListener('abort', () => done(), { once: true });
              // npx does not hand a signal on: whoever ends it would leave the stand-ins behind.
              if (context.world.environment['npm_command'] === 'exec') whenOrphaned(done, signal);
            });
          } finally {
            await sandbox.close();
          }
          return EXIT.success;
        }),
      );
  },
};

function whenOrphaned(done: () => void, signal: AbortSignal): void {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent && !signal.aborted) return;
    clearInterval(watch);
    done();
  }, 500);
}

function port(text: string): number {
  const number = wholeNumber(text);
  if (number > 65_500) throw new InvalidArgumentError('A port below 65500 is expected.');
  return number;
}
