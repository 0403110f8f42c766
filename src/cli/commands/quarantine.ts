import { appliedStack } from '../../operations/applied-stack.ts';
import { dropQuarantine, retryQuarantine, type ReleasedRecords } from '../../operations/quarantine.ts';
import { listQuarantine } from '../../operations/waiting.ts';
import { droppedText, releasedJson, renderWaiting, retriedText, waitingJson } from '../../report/waiting-text.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandModule } from '../program.ts';
import { printEvent } from './apply.ts';
import { exitCodeHelp } from './help.ts';
import { toAddress } from './sync.ts';
import { registerList } from './waiting.ts';

export const quarantineCommand: CommandModule = {
  register(program, action) {
    const quarantine = program
      .command('quarantine')
      .description('records that a remote refused')
      .addHelpText(
        'after',
        exitCodeHelp({ 0: 'done', 1: 'an error' }, ['syncline quarantine list', 'syncline quarantine retry Link/contacts']),
      );
    registerList(
      quarantine,
      action,
      'list records that wait in quarantine, with the reason',
      'quarantine',
      async (context, addresses) => {
        const runtime = context.runtime(() => undefined);
        const records = await listQuarantine(runtime, await appliedStack(runtime), addresses.map(toAddress));
        context.print(
          context.json
            ? JSON.stringify(waitingJson(records, context.showValues))
            : renderWaiting(records, context.showValues, 'Nothing is in quarantine.'),
        );
        return EXIT.success;
      },
    );
    quarantine
      .command('retry')
      .description('try quarantined records again with the next cycle, without waiting for their time')
      .argument('[address]', 'only this link')
      .argument('[key]', 'only this record: its match key, or its id at one of the ends')
      .addHelpText(
        'after',
        exitCodeHelp({ 0: 'due now, or nothing to retry', 1: 'no such link or record', 5: 'locked by somebody else' }, [
          'syncline quarantine retry',
          'syncline quarantine retry Link/contacts ada@example.com',
        ]),
      )
      .action(
        action(async (context, [address, key]) => {
          const runtime = context.runtime((event) => printEvent(context, event));
          const link = address === undefined ? undefined : toAddress(address);
          print(context, 'quarantine_retry', await retryQuarantine(runtime, await appliedStack(runtime), link, key), retriedText);
          return EXIT.success;
        }),
      );
    quarantine
      .command('drop')
      .description('give a quarantined record up, until somebody edits it at one of its ends')
      .argument('<address>', 'the link')
      .argument('<key>', 'the record: its match key, or its id at one of the ends')
      .addHelpText(
        'after',
        exitCodeHelp({ 0: 'given up', 1: 'no such link or record', 5: 'locked by somebody else' }, [
          'syncline quarantine drop Link/contacts ada@example.com',
          'syncline quarantine drop Link/contacts 003000000000001AAA --json',
        ]),
      )
      .action(
        action(async (context, [address, key]) => {
          const runtime = context.runtime((event) => printEvent(context, event));
          const dropped = await dropQuarantine(runtime, await appliedStack(runtime), toAddress(address!), key!);
          print(context, 'quarantine_drop', dropped, droppedText);
          return EXIT.success;
        }),
      );
  },
};

function print(
  context: CommandContext,
  type: string,
  released: ReleasedRecords,
  textOf: (released: ReleasedRecords) => string,
): void {
  context.print(context.json ? JSON.stringify(releasedJson(type, released)) : textOf(released));
}
