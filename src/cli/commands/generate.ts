import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { printDocuments } from '../../config/print-documents.ts';
import { SynclineError } from '../../model/errors.ts';
import { generate } from '../../operations/generate.ts';
import { generatedText } from '../../report/generated-text.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandModule } from '../program.ts';
import { printEvent } from './apply.ts';
import { readConfiguration } from './configuration.ts';
import { exitCodeHelp } from './help.ts';

export const generateCommand: CommandModule = {
  register(program, action) {
    program
      .command('generate')
      .description('write the YAML of what an account holds already; what is declared or applied is left out')
      .argument('<integration>', 'an integration of the configuration')
      .option('-o, --out <file>', 'write to this new file, not to standard output')
      .option('--managed', 'let Syncline manage the objects: the next apply imports them (otherwise they are only expected)')
      .addHelpText(
        'after',
        exitCodeHelp({ 0: 'written', 1: 'an error', 4: 'refused: the credentials belong to another account' }, [
          'syncline generate activecampaign --out existing.yaml',
          'syncline generate salesforce --managed > existing.yaml',
        ]),
      )
      .action(
        action(async (context, [integration], options) => {
          const runtime = context.runtime((event) => printEvent(context, event));
          const selected = await readConfiguration(context, runtime);
          if (selected === undefined) return EXIT.error;
          const out = options['out'] as string | undefined;
          const generated = await generate(runtime, selected.configuration, selected.stack, {
            integration: integration!,
            managed: options['managed'] === true,
          });
          const text = printDocuments(generated.documents);
          if (out !== undefined) await writeNew(resolve(context.root, out), out, text);
          if (context.json) {
            const { known, leftOut, documents } = generated;
            context.print(JSON.stringify({ type: 'generated', documents, known, left_out: leftOut, file: out ?? null }));
            return EXIT.success;
          }
          if (out === undefined && text !== '') context.print(text);
          context.note(generatedText(generated, out));
          return EXIT.success;
        }),
      );
  },
};

/** What somebody wrote by hand is never written over. */
async function writeNew(path: string, file: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx' });
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST';
    throw new SynclineError('GENERATE_FILE', `${file} ${isThere ? 'is there already' : 'cannot be written'}.`, {
      hint: 'Give another name with --out.',
      cause: error,
    });
  }
}
