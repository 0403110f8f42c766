import { importResource } from '../../operations/import-resource.ts';
import { safe } from '../../report/safe.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandModule } from '../program.ts';
import { printEvent } from './apply.ts';
import { printDiagnostics, readConfiguration } from './configuration.ts';
import { exitCodeHelp } from './help.ts';
import { toAddress } from './sync.ts';

export const importCommand: CommandModule = {
  register(program, action) {
    program
      .command('import')
      .description('take over an object that exists already, as a resource that the configuration declares')
      .argument('<address>', 'Resource/name')
      .argument('<id>', "the object's id at the vendor")
      .addHelpText(
        'after',
        exitCodeHelp(
          {
            0: 'imported',
            1: 'no such object, or not declared',
            4: 'refused: the credentials belong to another account',
            5: 'locked by somebody else',
          },
          ['syncline import Resource/ac-birthday 7', 'syncline import Resource/sf-vip 00NSb000000AbCdEAM --json'],
        ),
      )
      .action(
        action(async (context, [address, id]) => {
          const runtime = context.runtime((event) => printEvent(context, event));
          const selected = await readConfiguration(context, runtime);
          if (selected === undefined) return EXIT.error;
          const { configuration, stack } = selected;
          if (!context.json) printDiagnostics(context, selected.warnings);
          const imported = await importResource(runtime, configuration, stack, toAddress(address!), id!);
          const said = `${imported.address}: Import complete [id=${safe(imported.id)}]\n\nImport successful! What differs from the configuration is told by:\n  syncline plan`;
          context.print(context.json ? JSON.stringify({ ...imported, resource_type: imported.type, type: 'import' }) : said);
          return EXIT.success;
        }),
      );
  },
};
