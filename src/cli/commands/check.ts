import { check } from '../../operations/check.ts';
import { renderChecks, checksJson } from '../../report/check-text.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandModule } from '../program.ts';
import { printEvent } from './apply.ts';
import { printDiagnostics, readConfiguration } from './configuration.ts';
import { exitCodeHelp } from './help.ts';

export const checkCommand: CommandModule = {
  register(program, action) {
    program
      .command('check')
      .description('try credentials and permissions, and tell what is missing; writes nothing')
      .argument('[integration]', 'only this integration')
      .addHelpText(
        'after',
        exitCodeHelp({ 0: 'everything that links need is granted', 1: 'something is missing' }, [
          'syncline check',
          'syncline check salesforce --stack production',
        ]),
      )
      .action(
        action(async (context, [integration]) => {
          const runtime = context.runtime((event) => printEvent(context, event));
          const selected = await readConfiguration(context, runtime);
          if (selected === undefined) return EXIT.error;
          if (!context.json) printDiagnostics(context, selected.warnings);
          const results = await check(runtime, selected.configuration, selected.stack, integration);
          context.print(context.json ? JSON.stringify(checksJson(results)) : renderChecks(results, context.colour));
          return results.every(({ findings }) => findings.every(({ severity }) => severity !== 'error'))
            ? EXIT.success
            : EXIT.error;
        }),
      );
  },
};
