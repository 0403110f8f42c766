import { hasErrors } from '../../model/diagnostics/diagnostic.ts';
import { validate } from '../../operations/validate.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandModule } from '../program.ts';
import { printDiagnostics } from './configuration.ts';
import { exitCodeHelp } from './help.ts';

export const validateCommand: CommandModule = {
  register(program, action) {
    program
      .command('validate')
      .description("check schemas, references and mappings' types; asks no vendor")
      .option('--verbose', 'also list documents that are not Syncline’s and are left alone')
      .addHelpText(
        'after',
        exitCodeHelp({ 0: 'the configuration is valid', 1: 'it is not' }, [
          'syncline validate',
          'syncline validate -C environments/prod --json',
        ]),
      )
      .action(
        action(async (context, _parameters, options) => {
          const { loaded, diagnostics } = await validate(context.root);
          const valid = !hasErrors(diagnostics);
          printDiagnostics(context, diagnostics);
          if (options['verbose'] === true && !context.json) {
            for (const { file, line, reason } of loaded.leftAlone) context.print(`${file}:${line} left alone: ${reason}`);
          }
          if (context.json) {
            const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error').length;
            context.print(
              JSON.stringify({
                type: 'validation',
                valid,
                error_count: errors,
                warning_count: diagnostics.length - errors,
                files: loaded.files,
              }),
            );
          } else if (valid) context.print(`Success! The configuration is valid (${loaded.files.length} files).`);
          return valid ? EXIT.success : EXIT.error;
        }),
      );
  },
};
