import { Argument } from 'commander';
import { completionScript, SHELLS, type Shell } from '../completion.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandModule } from '../program.ts';
import { exitCodeHelp } from './help.ts';

export const completionCommand: CommandModule = {
  register(program, action) {
    program
      .command('completion')
      .description('print the script by which a shell completes commands and options')
      .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
      .addHelpText(
        'after',
        exitCodeHelp({ 0: 'printed', 1: 'an unknown shell' }, [
          'syncline completion bash > /etc/bash_completion.d/syncline',
          'syncline completion fish > ~/.config/fish/completions/syncline.fish',
        ]),
      )
      .action(
        action(async (context, [shell]) => {
          const script = completionScript(program, shell as Shell);
          context.print(context.json ? JSON.stringify({ type: 'completion', shell, script }) : script);
          return EXIT.success;
        }),
      );
  },
};
