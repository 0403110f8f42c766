import { appliedStack } from '../../operations/applied-stack.ts';
import { forget } from '../../operations/forget.ts';
import { FORGET_CANCELLED, FORGOTTEN, forgetJson, renderForgetPlan } from '../../report/forget-text.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandModule } from '../program.ts';
import { printEvent } from './apply.ts';
import { askApproval, inAdvance } from './approval.ts';
import { exitCodeHelp } from './help.ts';

export const forgetCommand: CommandModule = {
  register(program, action) {
    program
      .command('forget')
      .description('erase a person from ledger, journal and quarantine; the suppression stays')
      .argument('<key>', 'an id at either end, or the match key')
      .option('--end <name>', 'take the key for an id of this end')
      .option('-y, --auto-approve', 'do not ask')
      .addHelpText(
        'after',
        exitCodeHelp({ 0: 'erased', 1: 'an error, not approved, or nobody goes by this key', 5: 'locked by somebody else' }, [
          'syncline forget ada@example.com',
          'syncline forget 0035g00000ABCDeAAO --end sf --auto-approve --json',
        ]),
      )
      .action(
        action(async (context, [key], options) => {
          const runtime = context.runtime((event) => {
            if (event.type === 'diagnostic' || event.type === 'waiting_for_lock') printEvent(context, event);
          });
          const result = await forget(runtime, await appliedStack(runtime), {
            key: key!,
            end: options['end'] as string | undefined,
            async approve(plan) {
              if (!context.json) context.print(renderForgetPlan(plan, context.showValues));
              return (
                options['autoApprove'] === true ||
                (await askApproval(context, 'Do you want to forget this person?', inAdvance('syncline forget KEY')))
              );
            },
          });
          if (context.json) context.print(JSON.stringify(forgetJson(result, context.showValues)));
          else context.print(result.outcome === 'declined' ? FORGET_CANCELLED : FORGOTTEN);
          return result.outcome === 'declined' ? EXIT.error : EXIT.success;
        }),
      );
  },
};
