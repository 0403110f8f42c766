import { relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEFAULT_EXAMPLE, init } from '../../operations/init.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandModule } from '../program.ts';
import { exitCodeHelp } from './help.ts';

const PACKAGE = {
  examples: fileURLToPath(new URL('../../../examples/', import.meta.url)),
  schemas: fileURLToPath(new URL('../../../schemas/', import.meta.url)),
};

export const initCommand: CommandModule = {
  register(program, action) {
    program
      .command('init')
      .description('make a working folder that plans against the sandbox at once')
      .argument('[folder]', 'where to make it', '.')
      .option('--from <example>', 'the example to start from', DEFAULT_EXAMPLE)
      .addHelpText(
        'after',
        exitCodeHelp({ 0: 'made', 1: 'an error; nothing was overwritten' }, [
          'syncline init my-links',
          'syncline init my-links --from activecampaign-salesforce',
        ]),
      )
      .action(
        action(async (context, [folder], options) => {
          const target = resolve(context.root, folder!);
          const files = await init(target, options['from'] as string, PACKAGE);
          const place = relative(context.world.workingFolder, target) || '.';
          if (context.json) {
            context.print(JSON.stringify({ type: 'init', folder: target, files }));
            return EXIT.success;
          }
          const syncline = context.world.environment['npm_command'] === 'exec' ? 'npx syncline' : 'syncline';
          context.print(
            [
              `Made ${place}: ${files.join(', ')}.`,
              '',
              'Next, in another terminal, start the stand-ins of the vendors:',
              `  ${syncline} sandbox`,
              'Set the variables that it prints, then:',
              `  ${syncline} plan${place === '.' ? '' : ` -C ${place}`}`,
            ].join('\n'),
          );
          return EXIT.success;
        }),
      );
  },
};
