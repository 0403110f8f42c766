import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { SynclineError } from '../../model/errors.ts';
import { changesSomething, type Plan } from '../../model/plan.ts';
import { toInstant } from '../../model/time.ts';
import { apply, type ApplyResult } from '../../operations/apply.ts';
import { parsePlanFile } from '../../operations/plan-file.ts';
import type { CycleSummary, OperationEvent } from '../../operations/runtime.ts';
import { maskPlan } from '../../operations/mask.ts';
import { renderPlan } from '../../report/plan-text.ts';
import { applyCompleteLine, eventLines, versionLine } from '../../report/run-json.ts';
import { APPLY_CANCELLED, applyCompleteText, eventText, leftForPeople, isUnfinished } from '../../report/run-text.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandModule } from '../program.ts';
import { SYNCLINE_VERSION } from '../version.ts';
import { askApproval } from './approval.ts';
import { printDiagnostics, readConfiguration } from './configuration.ts';
import { exitCodeHelp } from './help.ts';
import { collectAddress, planOptions, positiveNumber, wholeNumber } from './plan.ts';
import { createProgress } from './progress.ts';

export const applyCommand: CommandModule = {
  register(program, action) {
    program
      .command('apply')
      .description('carry out a plan: provision, activate, and run one cycle of each new or changed link')
      .argument('[planfile]', 'a plan saved by plan --out; without one, a plan is made, shown and has to be approved')
      .option('-y, --auto-approve', 'do not ask')
      .option('--parallelism <n>', 'how many resources are worked on at once', positiveNumber, 10)
      .option('--target <address>', 'only this address and what it depends on (repeatable)', collectAddress)
      .option('--refresh-only', 'only take what was changed outside of Syncline into the state; no remote object is changed')
      .option('--no-sync', 'leave the first cycle to sync or a worker')
      .option('--allow <guard=digest>', 'let one set of changes pass a guard (repeatable)', collectAllowance)
      .option('--approved-by <who>', 'who approved the plan, for the audit log (a claim)')
      .option('--records <n>', 'how many records to list one by one', wholeNumber, 20)
      .option('--max-calls <n>', 'the most calls that reading the records of one link may cost', wholeNumber, 1_000_000)
      .addHelpText(
        'after',
        exitCodeHelp(
          {
            0: 'applied, or nothing to do',
            1: 'an error; run again to continue',
            4: 'refused: stale plan, policy, guard, ceiling or another account; nothing was written to records',
            5: 'locked by somebody else',
            130: 'interrupted; run again to continue',
          },
          ['syncline apply', 'syncline apply plan.json --json'],
        ),
      )
      .action(
        action(async (context, [planFile], options) => {
          const progress = createProgress(context);
          const runtime = context.runtime((event) => {
            progress.onEvent(event);
            printEvent(context, event);
          });
          const saved =
            planFile === undefined ? undefined : parsePlanFile(await readPlanFile(resolve(context.root, planFile)), planFile);
          if (context.json && saved === undefined && options['autoApprove'] !== true) {
            throw new SynclineError('APPLY_NEEDS_APPROVAL', 'With --json nobody can be asked.', {
              hint: 'Add --auto-approve, or apply a saved plan:\n  syncline apply plan.json --json',
            });
          }
          if (context.json) context.printLines([versionLine(SYNCLINE_VERSION, toInstant(context.world.clock.now()))]);
          const selected = await readConfiguration(context, runtime);
          if (selected === undefined) return EXIT.error;
          printDiagnostics(context, selected.warnings);
          const result = await apply(runtime, selected.configuration, selected.stack, {
            ...planOptions(options),
            parallelism: options['parallelism'] as number,
            sync: options['sync'] !== false,
            allow: (options['allow'] as Readonly<Record<string, string>> | undefined) ?? {},
            approvedBy: options['approvedBy'] as string | undefined,
            saved,
            approved: options['autoApprove'] === true,
            approve: (plan) =>
              approve(
                context,
                plan,
                options['autoApprove'] === true,
                () => progress.end(),
                'Do you want to perform these actions?',
                REVIEW,
              ),
          }).finally(() => progress.end());
          return conclude(context, result);
        }),
      );
  },
};

const REVIEW =
  'Review a plan and apply it, or approve in advance:\n  syncline plan --out plan.json && syncline apply plan.json\n  syncline apply --auto-approve';

/**
 * Shows the plan and asks.
 * @throws SynclineError APPLY_NEEDS_APPROVAL where nobody can be asked
 */
export async function approve(
  context: CommandContext,
  plan: Plan,
  automatic: boolean,
  beforePrinting: () => void,
  question: string,
  hint: string,
): Promise<boolean> {
  beforePrinting();
  if (!context.json) {
    context.print(
      renderPlan(maskPlan(plan, context.showValues), { colour: context.colour, width: context.width, applying: true }),
    );
  }
  return automatic || askApproval(context, question, hint, 'The plan');
}

export function conclude(context: CommandContext, result: ApplyResult): number {
  if (result.outcome === 'invalid') {
    printDiagnostics(context, result.plan.diagnostics);
    return EXIT.error;
  }
  if (result.outcome === 'declined') {
    context.print(`\n${APPLY_CANCELLED}`);
    return EXIT.error;
  }
  if (context.json) {
    context.printLines([applyCompleteLine(result.summary, toInstant(context.world.clock.now()))]);
    return endOf(result);
  }
  if (result.outcome === 'nothing-to-do' && !changesSomething(result.plan)) {
    context.print(
      renderPlan(maskPlan(result.plan, context.showValues), { colour: context.colour, width: context.width, applying: true }),
    );
  }
  context.print(['', applyCompleteText(result.summary), ...leftForPeople(result.cycles)].join('\n'));
  return endOf(result);
}

/** Records that wait for a person do not redden a merge; writes of which nobody knows what became of them do. */
function endOf(result: ApplyResult): number {
  return isUnfinished(result.cycles) ? EXIT.error : EXIT.success;
}

export function printEvent(context: CommandContext, event: OperationEvent): void {
  if (event.type === 'plan_progress' || (event.type === 'cycle_progress' && !context.json)) return;
  if (event.type === 'diagnostic') {
    printDiagnostics(context, [event.diagnostic]);
    return;
  }
  if (context.json) {
    const masked = event.type === 'planned' ? { ...event, plan: maskPlan(event.plan, context.showValues) } : event;
    context.printLines(eventLines(masked, toInstant(context.world.clock.now())));
    return;
  }
  const text = eventText(event, { colour: context.colour });
  if (text === undefined) return;
  if (event.type === 'waiting_for_lock') context.note(text);
  else context.print(text);
}

export function hasWaiting(cycles: readonly CycleSummary[]): boolean {
  return cycles.some((cycle) => cycle.quarantined + cycle.conflicts > 0);
}

export function collectAllowance(
  text: string,
  previous: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const match = /^([A-Za-z]+)=([0-9a-f]{12})$/.exec(text);
  if (match === null) throw new InvalidArgumentError('Expected GUARD=DIGEST, as the refusal printed it.');
  return { ...previous, [match[1]!]: match[2]! };
}

async function readPlanFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new SynclineError('PLAN_UNREADABLE', `${path} cannot be read.`, {
      hint: 'Make a plan with:\n  syncline plan --out plan.json',
      cause: error,
    });
  }
}
