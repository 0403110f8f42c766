import { appliedStack } from '../../operations/applied-stack.ts';
import { why } from '../../operations/why.ts';
import { renderWhy, whyJson } from '../../report/why-text.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandModule } from '../program.ts';
import { exitCodeHelp } from './help.ts';
import { toAddress } from './sync.ts';

export const whyCommand: CommandModule = {
  register(program, action) {
    program
      .command('why')
      .description('the rule and the evidence behind what the records of a person hold now')
      .argument('<address>', 'the link')
      .argument('<key>', 'an id at either end, or the match key')
      .argument('[field]', 'only this field, by its path at either end')
      .option('--end <name>', 'take the key for an id of this end')
      .addHelpText(
        'after',
        exitCodeHelp({ 0: 'explained, or told that the record waits in quarantine', 1: 'an error, or nobody goes by this key' }, [
          'syncline why Link/contacts ada@example.com',
          'syncline why Link/contacts 0035g00000ABCDeAAO Phone --end sf --show-values',
        ]),
      )
      .action(
        action(async (context, [address, key, field], options) => {
          const runtime = context.runtime(() => undefined);
          const end = options['end'] as string | undefined;
          const found = await why(runtime, await appliedStack(runtime), toAddress(address!), { key: key!, end }, field);
          context.print(context.json ? JSON.stringify(whyJson(found, context.showValues)) : renderWhy(found, context.showValues));
          return EXIT.success;
        }),
      );
  },
};
