import { InvalidArgumentError } from 'commander';
import { appliedStack } from '../../operations/applied-stack.ts';
import { listConflicts, resolveConflicts, resolveFromFile, type Resolving } from '../../operations/conflicts.ts';
import { conflictsJson, renderConflicts, renderResolutions, resolutionsJson } from '../../report/conflicts-text.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandModule } from '../program.ts';
import { printDiagnostics } from './configuration.ts';
import { exitCodeHelp } from './help.ts';
import { toAddress } from './sync.ts';

export const conflictsCommand: CommandModule = {
  register(program, action) {
    const conflicts = program
      .command('conflicts')
      .description('what a person has to decide: fields that both ends changed, and ambiguous matches')
      .addHelpText(
        'after',
        exitCodeHelp({ 0: 'listed, or recorded', 1: 'an error' }, [
          'syncline conflicts list --show-values',
          'syncline conflicts resolve Link/contacts ada@example.com --take sf',
        ]),
      );
    conflicts
      .command('list')
      .description('list conflicts with both values and what was written before, and ambiguous matches with their candidates')
      .argument('[addresses...]', 'only these links')
      .addHelpText(
        'after',
        exitCodeHelp({ 0: 'listed', 1: 'an error' }, [
          'syncline conflicts list',
          'syncline conflicts list Link/contacts --show-values',
        ]),
      )
      .action(
        action(async (context, addresses) => {
          const runtime = context.runtime(() => undefined);
          const found = await listConflicts(runtime, await appliedStack(runtime), addresses.map(toAddress));
          context.print(
            context.json ? JSON.stringify(conflictsJson(found, context.showValues)) : renderConflicts(found, context.showValues),
          );
          return EXIT.success;
        }),
      );
    conflicts
      .command('resolve')
      .description('record which value to take, or who is one person; the next cycle does it, unless a value moves before')
      .argument('[address]', 'the link')
      .argument('[key]', 'an id at either end, or the match key')
      .option('--take <end>', 'the end whose value is taken')
      .option('--partner <id>', 'of an ambiguous match: the record at the other end that is the same person')
      .option('--field <path>', 'only this field; all that wait without it')
      .option('-f, --file <file>', 'a YAML file of resolutions, as it comes with a pull request')
      .addHelpText(
        'after',
        exitCodeHelp({ 0: 'recorded', 1: 'an error; nothing was recorded', 5: 'locked by somebody else' }, [
          'syncline conflicts resolve Link/contacts ada@example.com --take sf --field MailingCity',
          'syncline conflicts resolve Link/contacts twin@example.com --partner 003Kj00000AbCdE',
        ]),
      )
      .action(
        action(async (context, [address, key], options) => {
          const runtime = context.runtime((event) => {
            if (event.type === 'diagnostic') printDiagnostics(context, [event.diagnostic]);
          });
          const { take, partner, field, file } = options as Partial<Record<'take' | 'partner' | 'field' | 'file', string>>;
          if (file !== undefined) {
            if ([address, take, partner, field].some((each) => each !== undefined))
              throw new InvalidArgumentError('The file says what is resolved: give --file alone, or ADDRESS KEY --take END.');
            return report(context, await resolveFromFile(runtime, await appliedStack(runtime), file));
          }
          if (address === undefined || key === undefined || (take ?? partner) === undefined)
            throw new InvalidArgumentError('Name what is resolved: ADDRESS KEY --take END or --partner ID, or --file FILE.');
          if (partner !== undefined && (take ?? field) !== undefined)
            throw new InvalidArgumentError(
              '--partner decides who is one person, --take whose value is taken: give one of the two.',
            );
          const entry = { link: toAddress(address), key, take, partner, field, conflict: undefined, source: undefined };
          return report(context, await resolveConflicts(runtime, await appliedStack(runtime), [entry]));
        }),
      );
  },
};

function report(context: CommandContext, { recorded, diagnostics }: Resolving): number {
  printDiagnostics(context, diagnostics);
  if (diagnostics.length > 0) return EXIT.error;
  if (context.json) context.print(JSON.stringify(resolutionsJson(recorded, context.showValues)));
  else context.print(renderResolutions(recorded, context.showValues));
  return EXIT.success;
}
