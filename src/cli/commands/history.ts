import { appliedStack } from '../../operations/applied-stack.ts';
import { history } from '../../operations/history.ts';
import { historyJson, renderHistory } from '../../report/history-text.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandModule } from '../program.ts';
import { exitCodeHelp } from './help.ts';
import { toAddress } from './sync.ts';

export const historyCommand: CommandModule = {
  register(program, action) {
    program
      .command('history')
      .description('every change of one person, newest first: what was written where, from which end, and why')
      .argument('<address>', 'the link')
      .argument('<key>', 'an id at either end, or the match key')
      .option('--end <name>', 'take the key for an id of this end')
      .addHelpText(
        'after',
        exitCodeHelp({ 0: 'listed', 1: 'an error, or nobody goes by this key' }, [
          'syncline history Link/contacts ada@example.com',
          'syncline history Link/contacts 0035g00000ABCDeAAO --end sf --show-values',
        ]),
      )
      .action(
        action(async (context, [address, key], options) => {
          const runtime = context.runtime(() => undefined);
          const found = await history(runtime, appliedStack(runtime), toAddress(address!), {
            key: key!,
            end: options['end'] as string | undefined,
          });
          context.print(
            context.json ? JSON.stringify(historyJson(found, context.showValues)) : renderHistory(found, context.showValues),
          );
          return EXIT.success;
        }),
      );
  },
};
