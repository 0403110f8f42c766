import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Option } from 'commander';
import { SynclineError } from '../../model/errors.ts';
import { appliedStack } from '../../operations/applied-stack.ts';
import { parsePlanFile, planDigest } from '../../operations/plan-file.ts';
import { openWorkspace } from '../../operations/workspace.ts';
import { renderPlanHtml } from '../../report/plan-html.ts';
import { planJson } from '../../operations/plan-json.ts';
import { renderPlanMarkdown } from '../../report/plan-markdown.ts';
import { renderPlan } from '../../report/plan-text.ts';
import { renderState } from '../../report/state-text.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandModule } from '../program.ts';
import { exitCodeHelp } from './help.ts';

export const showCommand: CommandModule = {
  register(program, action) {
    program
      .command('show')
      .description('show a saved plan, or the state')
      .argument('[file]', 'a plan saved by plan --out; without one, the state')
      .addOption(new Option('--format <format>', 'how to show it').choices(['text', 'json', 'markdown', 'html']))
      .addHelpText(
        'after',
        exitCodeHelp({ 0: 'shown', 1: 'an error', 4: 'the plan was changed after it was saved' }, [
          'syncline show plan.json',
          'syncline show plan.json --format markdown',
        ]),
      )
      .action(
        action(async (context, [file], options) => {
          const format = (options['format'] as string | undefined) ?? (context.json ? 'json' : 'text');
          const runtime = context.runtime(() => undefined);
          if (file === undefined) {
            const { state } = await openWorkspace(runtime, await appliedStack(runtime));
            if (format !== 'text' && format !== 'json')
              throw new SynclineError('SHOW_STATE_FORMAT', `The state is shown as text or json, not as ${format}.`);
            context.print(format === 'json' ? JSON.stringify(state) : renderState(state, context.colour));
            return EXIT.success;
          }
          const path = resolve(context.root, file);
          const text = await readFile(path, 'utf8').catch((error: unknown) => {
            throw new SynclineError('PLAN_UNREADABLE', `${file} cannot be read.`, {
              hint: 'Make a plan with:\n  syncline plan --out plan.json',
              cause: error,
            });
          });
          const plan = parsePlanFile(text, file);
          const rendered: Record<string, () => string> = {
            json: () => JSON.stringify(planJson(plan)),
            markdown: () => renderPlanMarkdown(plan, { digest: planDigest(plan), saved: file }),
            html: () => renderPlanHtml(plan),
            text: () => renderPlan(plan, { colour: context.colour, width: context.width, saved: file }),
          };
          context.print(rendered[format]!());
          return EXIT.success;
        }),
      );
  },
};
