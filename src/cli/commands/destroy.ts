import { SynclineError } from '../../model/errors.ts';
import type { Address } from '../../model/address.ts';
import { toInstant } from '../../model/time.ts';
import { destroy } from '../../operations/destroy.ts';
import { versionLine } from '../../report/run-json.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandModule } from '../program.ts';
import { SYNCLINE_VERSION } from '../version.ts';
import { approve, conclude, printEvent } from './apply.ts';
import { inAdvance } from './approval.ts';
import { exitCodeHelp } from './help.ts';
import { collectAddress, positiveNumber } from './plan.ts';
import { createProgress } from './progress.ts';

export const destroyCommand: CommandModule = {
  register(program, action) {
    program
      .command('destroy')
      .description("remove all that the state holds; what holds people's data is forgotten and stays, and so do all records")
      .option('-y, --auto-approve', 'do not ask')
      .option('--with-data', "also delete the objects that hold people's data: every value in them is lost")
      .option('--parallelism <n>', 'how many resources are worked on at once', positiveNumber, 10)
      .option('--target <address>', 'only this address and what needs it (repeatable)', collectAddress)
      .option('--approved-by <who>', 'who approved it, for the audit log (a claim)')
      .addHelpText(
        'after',
        exitCodeHelp(
          {
            [EXIT.success]: 'destroyed, or nothing to do',
            [EXIT.error]: 'an error, or something that has preventDestroy; run again to continue',
            [EXIT.refused]: 'refused: a mandatory policy, or another account; nothing was changed',
            [EXIT.locked]: 'locked by somebody else',
            [EXIT.interrupted]: 'interrupted; run again to continue',
          },
          ['syncline destroy', 'syncline destroy --target Link/contacts --auto-approve'],
        ),
      )
      .action(
        action(async (context, _parameters, options) => {
          const automatic = options['autoApprove'] === true;
          const progress = createProgress(context);
          const runtime = context.runtime((event) => {
            progress.onEvent(event);
            printEvent(context, event);
          });
          if (context.json && !automatic) {
            throw new SynclineError('APPLY_NEEDS_APPROVAL', 'With --json nobody can be asked.', {
              hint: 'Approve in advance:\n  syncline destroy --auto-approve --json',
            });
          }
          if (context.json) context.printLines([versionLine(SYNCLINE_VERSION, toInstant(context.world.clock.now()))]);
          const question = 'Do you really want to destroy this? There is no undo.';
          const result = await destroy(runtime, {
            targets: (options['target'] as readonly Address[] | undefined) ?? [],
            withData: options['withData'] === true,
            parallelism: options['parallelism'] as number,
            approvedBy: options['approvedBy'] as string | undefined,
            approved: automatic,
            approve: (plan) => approve(context, plan, automatic, () => progress.end(), question, inAdvance('syncline destroy')),
          }).finally(() => progress.end());
          return conclude(context, result);
        }),
      );
  },
};
