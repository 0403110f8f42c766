import { appliedStack } from '../../operations/applied-stack.ts';
import { setActivity, type PauseResult } from '../../operations/pause.ts';
import { pauseJson, pauseText } from '../../report/pause-text.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandModule } from '../program.ts';
import { printEvent } from './apply.ts';
import { exitCodeHelp } from './help.ts';
import { toAddress } from './sync.ts';

export const pauseCommand = commandFor('pause', 'stop a link, or every link of an integration, at once');
export const resumeCommand = commandFor('resume', 'let a link, or every link of an integration, go on at once');

function commandFor(name: PauseResult['action'], description: string): CommandModule {
  return {
    register(program, action) {
      program
        .command(name)
        .description(description)
        .argument('<address>', 'Link/name or Integration/name')
        .addHelpText(
          'after',
          exitCodeHelp(
            { 0: `${name}d, now or before`, 1: 'no such link or integration was applied', 5: 'locked by somebody else' },
            [`syncline ${name} Link/contacts`, `syncline ${name} Integration/salesforce --lock-timeout 5m`],
          ),
        )
        .action(
          action(async (context, [address]) => {
            const runtime = context.runtime((event) => printEvent(context, event));
            const result = await setActivity(runtime, await appliedStack(runtime), toAddress(address!), name);
            context.print(context.json ? JSON.stringify(pauseJson(result)) : pauseText(result));
            return EXIT.success;
          }),
        );
    },
  };
}
