import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { SynclineError } from '../../model/errors.ts';
import type { Address } from '../../model/address.ts';
import { appliedStack } from '../../operations/applied-stack.ts';
import { forgetAddress, moveAddress } from '../../operations/state-addresses.ts';
import { moveBackend } from '../../operations/backend-move.ts';
import { pullState, pushState, renewLedger } from '../../operations/state-transfer.ts';
import { openWorkspace } from '../../operations/workspace.ts';
import { backendMovedText, forgottenText, movedText, pushedText, renewedLedgerText } from '../../report/state-change-text.ts';
import { renderStateEntry } from '../../report/state-text.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandContext } from '../context.ts';
import type { CommandModule } from '../program.ts';
import { printEvent } from './apply.ts';
import { exitCodeHelp } from './help.ts';
import { toAddress } from './sync.ts';

export const stateCommand: CommandModule = {
  register(program, action) {
    const state = program
      .command('state')
      .description('read the state, and repair it by hand')
      .addHelpText(
        'after',
        exitCodeHelp({ 0: 'done', 1: 'an error' }, ['syncline state list', 'syncline state show Link/contacts']),
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
          const { state: content } = await openWorkspace(runtime, await appliedStack(runtime));
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
          const { state: content } = await openWorkspace(runtime, await appliedStack(runtime));
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
    registerChanges(state, action);
    registerTransfer(state, action);
  },
};

type Register = Parameters<CommandModule['register']>[1];

function registerChanges(state: Command, action: Register): void {
  state
    .command('mv')
    .description('give a resource, link or mapping another address: it keeps its id, its persons, all that is known of it')
    .argument('<from>', 'Kind/name as applied')
    .argument('<to>', 'Kind/name as the YAML calls it now')
    .addHelpText(
      'after',
      exitCodeHelp({ 0: 'moved', 1: 'no such address, or it cannot be moved', 5: 'locked by somebody else' }, [
        'syncline state mv Link/contacts Link/people',
        'syncline state mv Resource/ac-birthday Resource/birthday --json',
      ]),
    )
    .action(
      action(async (context, [from, to]) => {
        const runtime = context.runtime((event) => printEvent(context, event));
        const moved = await moveAddress(runtime, await appliedStack(runtime), toAddress(from!), toAddress(to!));
        context.print(context.json ? JSON.stringify({ type: 'state_mv', ...moved }) : movedText(moved));
        return EXIT.success;
      }),
    );
  state
    .command('rm')
    .description('forget an address; objects and records stay as they are')
    .argument('<address>', 'Kind/name')
    .option('--dry-run', 'only say what it would mean')
    .addHelpText(
      'after',
      exitCodeHelp({ 0: 'forgotten', 1: 'no such address, or something needs it', 5: 'locked by somebody else' }, [
        'syncline state rm Link/contacts --dry-run',
        'syncline state rm Resource/ac-birthday',
      ]),
    )
    .action(
      action(async (context, [address], options) => {
        const runtime = context.runtime((event) => printEvent(context, event));
        const forgotten = await forgetAddress(
          runtime,
          await appliedStack(runtime),
          toAddress(address!),
          options['dryRun'] === true,
        );
        context.print(context.json ? JSON.stringify({ type: 'state_rm', ...forgotten }) : forgottenText(forgotten));
        return EXIT.success;
      }),
    );
}

function registerTransfer(state: Command, action: Register): void {
  state
    .command('pull')
    .description('print the state as it is stored')
    .addHelpText(
      'after',
      exitCodeHelp({ 0: 'printed', 1: 'there is none, or it cannot be read' }, [
        'syncline state pull',
        'syncline state pull --stack production',
      ]),
    )
    .action(
      action(async (context) => {
        const runtime = context.runtime(() => undefined);
        context.print(await pullState(runtime, await appliedStack(runtime)));
        return EXIT.success;
      }),
    );
  state
    .command('push')
    .description('store a state: a rescued, restored or repaired one; or move state, ledger and audit log to another backend')
    .argument('[file]', 'a state, as state pull prints it; it is the state alone, without the ledger')
    .option('--from <backend>', 'move here, to --backend, all that a stack keeps there')
    .option('--edited', 'it was edited by hand, from the serial that is stored now')
    .option('--force', 'although it is older than what is stored, or another one of the same serial')
    .addHelpText(
      'after',
      exitCodeHelp(
        {
          0: 'stored, or the same already',
          1: 'no state, of another lineage or stack, or changed by hand',
          4: 'refused: older, or another one of the same serial; nothing was written',
          5: 'locked by somebody else',
        },
        ['syncline state push --edited repaired.json', 'syncline state push --from file:state --backend postgres://db/syncline'],
      ),
    )
    .action(
      action(async (context, [file], options) => {
        const runtime = context.runtime((event) => printEvent(context, event));
        const from = options['from'] as string | undefined;
        if ((from === undefined) === (file === undefined)) {
          throw new SynclineError('COMMAND_LINE_INVALID', 'Give either a file or --from.', {
            hint: 'Store a state:\n  syncline state push FILE\nor move everything here:\n  syncline state push --from BACKEND',
          });
        }
        if (from !== undefined) {
          const moved = await moveBackend(runtime, from);
          context.print(context.json ? JSON.stringify({ type: 'backend_changed', ...moved }) : backendMovedText(moved));
          return EXIT.success;
        }
        const pushed = await pushState(runtime, await appliedStack(runtime), await readText(context, file!), {
          source: file!,
          edited: options['edited'] === true,
          force: options['force'] === true,
        });
        const { changed, ledger } = pushed;
        context.print(
          context.json
            ? JSON.stringify({ type: 'state_push', serial: pushed.state.serial, changed, ledger })
            : pushedText(pushed),
        );
        return EXIT.success;
      }),
    );
  state
    .command('new-ledger')
    .description('put a damaged or foreign ledger aside and begin with an empty one')
    .addHelpText(
      'after',
      exitCodeHelp({ 0: 'begun', 1: 'an error', 5: 'locked by somebody else' }, [
        'syncline state new-ledger',
        'syncline state new-ledger --json',
      ]),
    )
    .action(
      action(async (context) => {
        const runtime = context.runtime((event) => printEvent(context, event));
        const { aside } = await renewLedger(runtime, await appliedStack(runtime));
        context.print(context.json ? JSON.stringify({ type: 'new_ledger', aside: aside ?? null }) : renewedLedgerText(aside));
        return EXIT.success;
      }),
    );
}

async function readText(context: CommandContext, file: string): Promise<string> {
  try {
    return await readFile(resolve(context.root, file), 'utf8');
  } catch (error) {
    throw new SynclineError('STORAGE_READ_FAILED', `${file} cannot be read.`, {
      hint: 'Give the path of a state, as state pull prints it.',
      cause: error,
    });
  }
}
