import { SynclineError } from '../../model/errors.ts';
import { appliedStack } from '../../operations/applied-stack.ts';
import { campaignHistory, isImportAddress } from '../../operations/campaign-history.ts';
import { history } from '../../operations/history.ts';
import { campaignHistoryJson, renderCampaignHistory } from '../../report/campaign-history-text.ts';
import { historyJson, renderHistory } from '../../report/history-text.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandModule } from '../program.ts';
import { exitCodeHelp } from './help.ts';
import { toAddress } from './sync.ts';

export const historyCommand: CommandModule = {
  register(program, action) {
    program
      .command('history')
      .description(
        'every change of one person, newest first: what was written where, from which end, and why; or the campaigns of an import',
      )
      .argument('<address>', 'the link, or the campaign import')
      .argument('[key]', 'an id at either end, or the match key; of an import the name of a campaign, and without it all of them')
      .option('--end <name>', 'take the key for an id of this end')
      .addHelpText(
        'after',
        exitCodeHelp({ 0: 'listed', 1: 'an error, or nobody goes by this key' }, [
          'syncline history Link/contacts 0035g00000ABCDeAAO --end sf --show-values',
          'syncline history CampaignImport/newsletter',
        ]),
      )
      .action(
        action(async (context, [address, key], options) => {
          const runtime = context.runtime(() => undefined);
          const of = toAddress(address!);
          if (isImportAddress(of)) {
            const found = await campaignHistory(runtime, await appliedStack(runtime), of, key);
            context.print(context.json ? JSON.stringify(campaignHistoryJson(found)) : renderCampaignHistory(found));
            return EXIT.success;
          }
          if (key === undefined) {
            throw new SynclineError('HISTORY_KEY_MISSING', `${of} is a link: say whose history is meant.`, {
              hint: `syncline history ${of} KEY, where KEY is an id at either end, or the match key`,
            });
          }
          const found = await history(runtime, await appliedStack(runtime), of, {
            key,
            end: options['end'] as string | undefined,
          });
          context.print(
            context.json ? JSON.stringify(historyJson(found, context.showValues)) : renderHistory(found, context.showValues),
          );
          return EXIT.success;
        }),
      );
  },
};
