import { SynclineError } from '../../model/errors.ts';
import type { Address } from '../../model/address.ts';
import { appliedStack } from '../../operations/applied-stack.ts';
import { openWorkspace } from '../../operations/workspace.ts';
import { renderStateEntry } from '../../report/state-text.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandModule } from '../program.ts';
import { exitCodeHelp } from './help.ts';

export const stateCommand: CommandModule = {
  register(program, action) {
    const state = program
      .command('state')
      .description('read the state')
      .addHelpText(
        'after',
        exitCodeHelp({ 0: 'read', 1: 'an error' }, ['syncline state list', 'syncline state show Link/contacts']),
      );
    state
      .command('list')
      .description('list every address that the state holds')
      .addHelpText(
        'after',
        exitCodeHelp({ 0: 'listed', 1: 'an error' }, ['syncline state list', 'syncline state list --stack production']),
      )
      .action(
        action(async (context) => {
          const runtime = context.runtime(() => undefined);
          const { state: content } = await openWorkspace(runtime, appliedStack(runtime));
          const addresses = [...Object.keys(content.resources), ...Object.keys(content.specifications)].sort();
          context.print(context.json ? JSON.stringify(addresses) : addresses.join('\n'));
          return EXIT.success;
        }),
      );
    state
      .command('show')
      .description('show what the state holds under an address')
      .argument('<address>', 'Kind/name')
      .addHelpText(
        'after',
        exitCodeHelp({ 0: 'shown', 1: 'no such address' }, [
          'syncline state show Link/contacts',
          'syncline state show Resource/ac-birthday --json',
        ]),
      )
      .action(
        action(async (context, [address]) => {
          const runtime = context.runtime(() => undefined);
          const { state: content } = await openWorkspace(runtime, appliedStack(runtime));
          const entry = content.resources[address as Address] ?? content.specifications[address as Address];
          if (entry === undefined) {
            throw new SynclineError('STATE_UNKNOWN_ADDRESS', `The state holds nothing under ${address}.`, {
              hint: 'List what it holds:\n  syncline state list',
            });
          }
          context.print(
            context.json ? JSON.stringify({ address, ...entry }) : renderStateEntry(address as Address, entry, context.colour),
          );
          return EXIT.success;
        }),
      );
  },
};
