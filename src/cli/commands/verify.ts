import { appliedStack } from '../../operations/applied-stack.ts';
import { isVerified, verifyLinks } from '../../operations/verify.ts';
import { maskVerification } from '../../operations/mask.ts';
import { verifyJson } from '../../report/verify-json.ts';
import { renderVerification } from '../../report/verify-text.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandModule } from '../program.ts';
import { printEvent } from './apply.ts';
import { exitCodeHelp } from './help.ts';
import { createProgress } from './progress.ts';
import { toAddress } from './sync.ts';

export const verifyCommand: CommandModule = {
  register(program, action) {
    program
      .command('verify')
      .description('compare both ends in full on the mapped fields; writes nothing')
      .argument('[addresses...]', 'only these links')
      .addHelpText(
        'after',
        exitCodeHelp(
          {
            0: 'both ends agree',
            1: 'an error',
            2: 'somebody differs, or the next cycle would create somebody',
            4: 'refused: the credentials belong to another account',
          },
          ['syncline verify', 'syncline verify Link/contacts --json'],
        ),
      )
      .action(
        action(async (context, parameters) => {
          const progress = createProgress(context);
          const runtime = context.runtime((event) => {
            progress.onEvent(event);
            printEvent(context, event);
          });
          const results = await verifyLinks(runtime, await appliedStack(runtime), parameters.map(toAddress)).finally(() =>
            progress.end(),
          );
          const masked = results.map((result) => maskVerification(result, context.showValues));
          context.print(
            context.json ? JSON.stringify(verifyJson(masked)) : renderVerification(masked, { colour: context.colour }),
          );
          return results.every(isVerified) ? EXIT.success : EXIT.difference;
        }),
      );
  },
};
