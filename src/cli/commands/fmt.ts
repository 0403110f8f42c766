import { hasErrors } from '../../model/diagnostics/diagnostic.ts';
import { formatFiles } from '../../operations/format.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandModule } from '../program.ts';
import { printDiagnostics } from './configuration.ts';
import { exitCodeHelp } from './help.ts';

export const fmtCommand: CommandModule = {
  register(program, action) {
    program
      .command('fmt')
      .description('put every file of the configuration into its canonical form; comments are kept')
      .option('--check', 'write nothing, and only tell which files would change')
      .addHelpText(
        'after',
        exitCodeHelp(
          {
            0: 'formatted; with --check: and nothing to do',
            1: 'a file cannot be read, and is left as it is',
            2: '--check: files would change',
          },
          ['syncline fmt', 'syncline fmt --check --json'],
        ),
      )
      .action(
        action(async (context, _parameters, options) => {
          const check = options['check'] === true;
          const { files, changed, diagnostics } = await formatFiles(context.root, !check);
          printDiagnostics(context, diagnostics);
          if (context.json) context.print(JSON.stringify({ type: 'formatting', check, files, changed }));
          else if (changed.length > 0) context.print(changed.join('\n'));
          if (hasErrors(diagnostics)) return EXIT.error;
          return check && changed.length > 0 ? EXIT.difference : EXIT.success;
        }),
      );
  },
};
