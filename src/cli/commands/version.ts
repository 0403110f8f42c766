import { EXIT } from '../exit-codes.ts';
import type { CommandModule } from '../program.ts';
import { SYNCLINE_VERSION } from '../version.ts';
import { exitCodeHelp } from './help.ts';

export const versionCommand: CommandModule = {
  register(program, action) {
    program
      .command('version')
      .description('print the version')
      .addHelpText('after', exitCodeHelp({ 0: 'printed' }, ['syncline version', 'syncline version --json']))
      .action(
        action(async (context) => {
          context.print(
            context.json
              ? JSON.stringify({ syncline_version: SYNCLINE_VERSION, node_version: process.version })
              : `Syncline ${SYNCLINE_VERSION}`,
          );
          return EXIT.success;
        }),
      );
  },
};
