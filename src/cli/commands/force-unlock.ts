import { appliedStack } from '../../operations/applied-stack.ts';
import { forceUnlock } from '../../operations/force-unlock.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandModule } from '../program.ts';
import { printEvent } from './apply.ts';
import { exitCodeHelp } from './help.ts';

export const forceUnlockCommand: CommandModule = {
  register(program, action) {
    program
      .command('force-unlock')
      .description('remove a lock whose holder is gone for good')
      .argument('<lock-id>', 'the id that the refusal printed')
      .addHelpText(
        'after',
        exitCodeHelp({ 0: 'removed', 1: 'no lock of this id is held' }, [
          'syncline force-unlock 0f7d7a0e-7e4a-4b52-9f5e-0c7f6f3b2f11',
          'syncline force-unlock 0f7d7a0e-7e4a-4b52-9f5e-0c7f6f3b2f11 --stack production',
        ]),
      )
      .action(
        action(async (context, [id]) => {
          const runtime = context.runtime((event) => printEvent(context, event));
          const removed = await forceUnlock(runtime, await appliedStack(runtime), id!);
          context.print(
            context.json
              ? JSON.stringify({ type: 'force_unlock', lock: removed })
              : `The lock of ${removed.who} (${removed.operation}, since ${removed.created}) was removed.`,
          );
          return EXIT.success;
        }),
      );
  },
};
