import type { Command } from 'commander';
import { appliedStack } from '../../operations/applied-stack.ts';
import { listConflicts } from '../../operations/waiting.ts';
import { renderWaiting, waitingJson } from '../../report/waiting-text.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandAction, CommandModule } from '../program.ts';
import { exitCodeHelp } from './help.ts';
import { toAddress } from './sync.ts';

export const conflictsCommand: CommandModule = {
  register(program, action) {
    const conflicts = program
      .command('conflicts')
      .description('matches that a person has to decide')
      .addHelpText(
        'after',
        exitCodeHelp({ 0: 'listed', 1: 'an error' }, ['syncline conflicts list', 'syncline conflicts list --json']),
      );
    registerList(
      conflicts,
      action,
      'list records with several candidates for a partner',
      'conflicts',
      async (context, addresses) => {
        const runtime = context.runtime(() => undefined);
        const records = await listConflicts(runtime, appliedStack(runtime), addresses.map(toAddress));
        context.print(
          context.json
            ? JSON.stringify(waitingJson(records, context.showValues))
            : renderWaiting(records, context.showValues, 'No conflict waits for a person.'),
        );
        return EXIT.success;
      },
    );
  },
};

/** The `list` of what waits, for one command or the other. */
export function registerList(
  parent: Command,
  action: (run: CommandAction) => (...parameters: unknown[]) => Promise<void>,
  description: string,
  name: string,
  run: CommandAction,
): void {
  parent
    .command('list')
    .description(description)
    .argument('[addresses...]', 'only these links')
    .addHelpText(
      'after',
      exitCodeHelp({ 0: 'listed', 1: 'an error' }, [
        `syncline ${name} list`,
        `syncline ${name} list Link/contacts --show-values`,
      ]),
    )
    .action(action(run));
}
