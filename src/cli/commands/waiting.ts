import type { Command } from 'commander';
import type { CommandAction } from '../program.ts';
import { exitCodeHelp } from './help.ts';

/** The `list` of what waits, for one command or the other. */
export function registerList(
  parent: Command,
  action: (run: CommandAction) => (...parameters: unknown[]) => Promise<void>,
  description: string,
  name: string,
  run: CommandAction,
): void {
  parent
    .command('list')
    .description(description)
    .argument('[addresses...]', 'only these links')
    .addHelpText(
      'after',
      exitCodeHelp({ 0: 'listed', 1: 'an error' }, [
        `syncline ${name} list`,
        `syncline ${name} list Link/contacts --show-values`,
      ]),
    )
    .action(action(run));
}
