import { appliedStack } from '../../operations/applied-stack.ts';
import { undo } from '../../operations/undo.ts';
import { renderUndoPlan, UNDO_CANCELLED, undoCompleteText, undoPlanJson, undoResultJson } from '../../report/undo-text.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandModule } from '../program.ts';
import { printEvent } from './apply.ts';
import { askApproval, inAdvance } from './approval.ts';
import { exitCodeHelp } from './help.ts';
import { createProgress } from './progress.ts';

export const undoCommand: CommandModule = {
  register(program, action) {
    program
      .command('undo')
      .description('take back what a run wrote to records, where nobody has edited it since')
      .argument('<run>', 'the id of the run, or how it begins; see runs')
      .option('--delete-created', 'also delete records that the run created and nobody edited since')
      .option('-y, --auto-approve', 'do not ask')
      .addHelpText(
        'after',
        exitCodeHelp(
          {
            0: 'undone, or nothing to take back',
            1: 'an error, or not approved',
            4: 'refused: the credentials belong to another account',
            5: 'locked by somebody else',
            130: 'interrupted; run again to continue',
          },
          ['syncline undo 3f2b8c1e', 'syncline undo 3f2b8c1e --delete-created --auto-approve --json'],
        ),
      )
      .action(
        action(async (context, [run], options) => {
          const progress = createProgress(context);
          const runtime = context.runtime((event) => {
            progress.onEvent(event);
            if (event.type === 'diagnostic' || event.type === 'waiting_for_lock') printEvent(context, event);
          });
          const { colour, showValues } = context;
          const result = await undo(runtime, await appliedStack(runtime), {
            run: run!,
            deleteCreated: options['deleteCreated'] === true,
            async approve(plan) {
              progress.end();
              if (context.json) context.printLines([{ type: 'undo_plan', plan: undoPlanJson(plan, showValues) }]);
              else context.print(renderUndoPlan(plan, { colour, showValues }));
              return (
                options['autoApprove'] === true ||
                (await askApproval(context, 'Do you want to take this back?', inAdvance(`syncline undo ${run!}`)))
              );
            },
          }).finally(() => progress.end());
          if (context.json) {
            context.printLines([{ type: 'undo_summary', result: undoResultJson(result, showValues) }]);
          } else if (result.outcome === 'declined') context.print(`\n${UNDO_CANCELLED}`);
          else if (result.outcome === 'undone') context.print(`\n${undoCompleteText(result)}`);
          else context.print(`${renderUndoPlan(result.plan, { colour, showValues })}\nThere is nothing to take back.`);
          return result.outcome === 'declined' ? EXIT.error : EXIT.success;
        }),
      );
  },
};
