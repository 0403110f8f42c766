import { appliedStack } from '../../operations/applied-stack.ts';
import { listRuns } from '../../operations/runs.ts';
import { renderRuns, runsJson } from '../../report/runs-text.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandModule } from '../program.ts';
import { exitCodeHelp } from './help.ts';
import { wholeNumber } from './plan.ts';

export const runsCommand: CommandModule = {
  register(program, action) {
    program
      .command('runs')
      .description('past runs, newest first: when, what, how it ended, which records it wrote')
      .option('--limit <n>', 'how many to list', wholeNumber, 50)
      .addHelpText('after', exitCodeHelp({ 0: 'listed', 1: 'an error' }, ['syncline runs', 'syncline runs --limit 200 --json']))
      .action(
        action(async (context, _parameters, options) => {
          const runtime = context.runtime(() => undefined);
          const runs = await listRuns(runtime, await appliedStack(runtime), options['limit'] as number);
          context.print(context.json ? JSON.stringify(runsJson(runs)) : renderRuns(runs));
          return EXIT.success;
        }),
      );
  },
};
