import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { hasErrors, type Diagnostic } from '../../model/diagnostics/diagnostic.ts';
import { changesSomething, isRefused } from '../../model/plan.ts';
import { parseAddress, type Address } from '../../model/address.ts';
import { printPlanFile } from '../../operations/plan-file.ts';
import { DEFAULT_PLAN_OPTIONS, makePlan, type PlanOptions } from '../../operations/plan.ts';
import { openPreviewLedger, openWorkspace } from '../../operations/workspace.ts';
import { maskPlan } from '../../operations/mask.ts';
import { planJson } from '../../operations/plan-json.ts';
import { renderPlan } from '../../report/plan-text.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandModule } from '../program.ts';
import { printDiagnostics, readConfiguration } from './configuration.ts';
import { exitCodeHelp } from './help.ts';
import { createProgress } from './progress.ts';

export const planCommand: CommandModule = {
  register(program, action) {
    program
      .command('plan')
      .description('show what applying would change, in the configuration and for the records; writes nothing')
      .option('-o, --out <file>', 'save the plan, to apply exactly this')
      .option('--detailed-exitcode', 'exit with 2 where there is something to apply')
      .option('--refresh-only', 'only look for what was changed outside of Syncline; applying that takes it into the state')
      .option('--target <address>', 'only this address and what it depends on (repeatable)', collectAddress)
      .option('--no-data', 'leave out the consequences for records')
      .option('--records <n>', 'how many records to list one by one', wholeNumber, DEFAULT_PLAN_OPTIONS.samples)
      .option(
        '--max-calls <n>',
        'the most calls that reading the records of one link may cost',
        wholeNumber,
        DEFAULT_PLAN_OPTIONS.maxCalls,
      )
      .option('--no-lock', 'plan although somebody else works on the state')
      .option('--offline', 'ask no vendor: schema, state and what changes')
      .addHelpText(
        'after',
        exitCodeHelp(
          {
            0: 'planned; with --detailed-exitcode: and nothing to do',
            1: 'an error',
            2: 'with --detailed-exitcode: there is something to apply',
            4: 'refused: a mandatory policy, which the plan names, or another account',
            5: 'locked by somebody else',
          },
          ['syncline plan --out plan.json', 'syncline plan --detailed-exitcode --json | jq .summary'],
        ),
      )
      .action(
        action(async (context, _parameters, options) => {
          const progress = createProgress(context);
          // `plan --json` prints one object, so what is told on the way becomes a part of it.
          const told: Diagnostic[] = [];
          const runtime = context.runtime((event) => {
            progress.onEvent(event);
            if (event.type === 'diagnostic') told.push(event.diagnostic);
          });
          const selected = await readConfiguration(context, runtime);
          if (selected === undefined) return EXIT.error;
          const { configuration, stack, warnings } = selected;
          const workspace = await openWorkspace(runtime, stack);
          const lock =
            options['lock'] === false
              ? undefined
              : await workspace.storage.locks.acquire({
                  operation: 'plan',
                  timeoutMs: runtime.lockTimeoutMs,
                  purpose: 'read',
                  signal: runtime.signal,
                });
          try {
            const storage = await openPreviewLedger(workspace);
            try {
              const planning = await makePlan(
                runtime,
                { configuration, stack, state: workspace.state, storage },
                planOptions(options),
              );
              await planning.connections.close();
              progress.end();
              const plan = { ...planning.plan, diagnostics: [...warnings, ...told, ...planning.plan.diagnostics] };
              const masked = maskPlan(plan, context.showValues);
              const out = options['out'] as string | undefined;
              if (out !== undefined && !hasErrors(plan.diagnostics))
                await writeFile(resolve(context.root, out), printPlanFile(maskPlan(plan, false)), { mode: 0o600 });
              if (context.json) context.print(JSON.stringify(planJson(masked)));
              else {
                printDiagnostics(context, plan.diagnostics);
                if (!hasErrors(plan.diagnostics)) {
                  context.print(
                    renderPlan(masked, {
                      colour: context.colour,
                      width: context.width,
                      ...(out === undefined ? {} : { saved: out }),
                    }),
                  );
                }
              }
              if (hasErrors(plan.diagnostics)) return EXIT.error;
              if (isRefused(plan)) return EXIT.refused;
              const different = options['refreshOnly'] === true ? plan.resourceDrift.length > 0 : changesSomething(plan);
              return options['detailedExitcode'] === true && different ? EXIT.difference : EXIT.success;
            } catch (error) {
              progress.end();
              printDiagnostics(context, told);
              throw error;
            } finally {
              await storage.ledger.close();
            }
          } finally {
            progress.end();
            await lock?.release();
          }
        }),
      );
  },
};

export function planOptions(options: Readonly<Record<string, unknown>>): PlanOptions {
  return {
    targets: (options['target'] as readonly Address[] | undefined) ?? [],
    data: options['data'] !== false,
    refreshOnly: options['refreshOnly'] === true,
    offline: options['offline'] === true,
    samples: (options['records'] as number | undefined) ?? DEFAULT_PLAN_OPTIONS.samples,
    maxCalls: (options['maxCalls'] as number | undefined) ?? DEFAULT_PLAN_OPTIONS.maxCalls,
  };
}

export function collectAddress(text: string, previous: readonly Address[] = []): readonly Address[] {
  if (parseAddress(text) === undefined) throw new InvalidArgumentError('An address is Kind/name, for instance Link/contacts.');
  return [...previous, text as Address];
}

/** For what needs at least one. */
export function positiveNumber(text: string): number {
  if (wholeNumber(text) === 0) throw new InvalidArgumentError('A whole number above 0 is expected.');
  return Number(text);
}

export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('A whole number is expected.');
  return Number(text);
}
