import { hasPassed, testMappings } from '../../operations/test-mappings.ts';
import { mappingTestsJson, renderMappingTests } from '../../report/mapping-tests-text.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandModule } from '../program.ts';
import { printDiagnostics } from './configuration.ts';
import { exitCodeHelp } from './help.ts';

export const testCommand: CommandModule = {
  register(program, action) {
    program
      .command('test')
      .description('run the cases of *.test.yaml files against the mappings; asks no vendor')
      .argument('[files...]', 'only these files')
      .addHelpText(
        'after',
        exitCodeHelp(
          { 0: 'every case passed', 1: 'a case failed, a field breaks the round-trip law, or something is not valid' },
          ['syncline test', 'syncline test person.test.yaml --json'],
        ),
      )
      .action(
        action(async (context, files) => {
          const run = await testMappings(context.root, files);
          printDiagnostics(context, run.diagnostics);
          context.print(context.json ? JSON.stringify(mappingTestsJson(run)) : renderMappingTests(run));
          return hasPassed(run) ? EXIT.success : EXIT.error;
        }),
      );
  },
};
