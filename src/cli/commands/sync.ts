import { InvalidArgumentError } from 'commander';
import { parseAddress, type Address } from '../../model/address.ts';
import { appliedStack } from '../../operations/applied-stack.ts';
import { sync } from '../../operations/sync.ts';
import { toInstant } from '../../model/time.ts';
import { versionLine } from '../../report/run-json.ts';
import { syncCompleteText, isUnfinished } from '../../report/run-text.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandModule } from '../program.ts';
import { SYNCLINE_VERSION } from '../version.ts';
import { collectAllowance, hasWaiting, printEvent } from './apply.ts';
import { exitCodeHelp } from './help.ts';
import { createProgress } from './progress.ts';

export const syncCommand: CommandModule = {
  register(program, action) {
    program
      .command('sync')
      .description('run one cycle of each link as last applied, at once')
      .argument('[addresses...]', 'only these links')
      .option('--until-converged', 'go on until a cycle writes nothing')
      .option('--sweep', 'also read both ends in full, to find what no feed shows: deletions, records, values')
      .option('--refresh-values', 'also compare the values of fields that are not tracked, or that move without their record')
      .option('--allow <guard=digest>', 'let one set of changes pass a guard (repeatable)', collectAllowance)
      .addHelpText(
        'after',
        exitCodeHelp(
          {
            0: 'finished',
            1: 'an error, or writes whose outcome is open; run again to continue',
            3: 'finished, and records were put into quarantine or left for a person',
            4: 'refused: a guard, a policy, the ceiling of a plan, or another account; nothing was written',
            5: 'locked by somebody else',
            130: 'interrupted; run again to continue',
          },
          ['syncline sync Link/contacts --until-converged --json', 'syncline sync AddressBookLink/newsletter --refresh-values'],
        ),
      )
      .action(
        action(async (context, parameters, options) => {
          const addresses = parameters.map(toAddress);
          const progress = createProgress(context);
          const runtime = context.runtime((event) => {
            progress.onEvent(event);
            printEvent(context, event);
          });
          if (context.json) context.printLines([versionLine(SYNCLINE_VERSION, toInstant(context.world.clock.now()))]);
          const cycles = await sync(runtime, await appliedStack(runtime), {
            addresses,
            untilConverged: options['untilConverged'] === true,
            sweep: options['sweep'] === true,
            refreshValues: options['refreshValues'] === true,
            allow: (options['allow'] as Readonly<Record<string, string>> | undefined) ?? {},
          }).finally(() => progress.end());
          if (!context.json) context.print(`\n${syncCompleteText(cycles)}`);
          if (isUnfinished(cycles)) return EXIT.error;
          return hasWaiting(cycles) ? EXIT.waiting : EXIT.success;
        }),
      );
  },
};

export function toAddress(text: string): Address {
  if (parseAddress(text) === undefined)
    throw new InvalidArgumentError(`"${text}" is no address; an address is Kind/name, for instance Link/contacts.`);
  return text as Address;
}
