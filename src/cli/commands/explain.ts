import { describeSetting } from '../../config/describe-setting.ts';
import { DIAGNOSTIC_CODES, type CodeDeclaration } from '../../model/diagnostics/codes.ts';
import { SynclineError } from '../../model/errors.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandModule } from '../program.ts';
import { exitCodeHelp } from './help.ts';

export const explainCommand: CommandModule = {
  register(program, action) {
    program
      .command('explain')
      .description('what an error code means and what to do, or what a setting means')
      .argument('<subject>', 'a code such as RECORD_GUARD, or a setting such as Link.spec.ends')
      .addHelpText('after', exitCodeHelp({ 0: 'explained', 1: 'unknown code or setting' }, ['syncline explain RECORD_AMBIGUOUS_MATCH', 'syncline explain Link.spec.conflicts']))
      .action(
        action(async (context, [subject]) => {
          const code = (DIAGNOSTIC_CODES as Readonly<Record<string, CodeDeclaration>>)[subject!];
          const text = code === undefined ? describeSetting(subject!) : `${code.summary}\n\n${code.explanation}`;
          if (text === undefined) {
            throw new SynclineError('EXPLAIN_UNKNOWN', `Nothing is known of "${subject}".`, { hint: 'Give a code as messages print it, or a setting such as Link.spec.ends.' });
          }
          context.print(context.json ? JSON.stringify({ subject, text }) : String(text));
          return EXIT.success;
        }),
      );
  },
};
