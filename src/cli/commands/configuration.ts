/** What commands that read the configuration share: validating it, choosing the stack, printing what is wrong. */
import type { Configuration } from '../../config/configuration.ts';
import { resolveStack, selectStack } from '../../config/stack.ts';
import { hasErrors, type Diagnostic } from '../../model/diagnostics/diagnostic.ts';
import type { OperatedStack } from '../../operations/applied-stack.ts';
import type { Runtime } from '../../operations/runtime.ts';
import { validate } from '../../operations/validate.ts';
import { renderDiagnostics } from '../../report/diagnostic-text.ts';
import { eventLines } from '../../report/run-json.ts';
import { toInstant } from '../../model/time.ts';
import type { CommandContext } from '../context.ts';

export interface SelectedConfiguration {
  readonly configuration: Configuration;
  readonly stack: OperatedStack;
  readonly warnings: readonly Diagnostic[];
}

/** Prints every mistake and returns `undefined` where there are errors. */
export async function readConfiguration(context: CommandContext, runtime: Runtime): Promise<SelectedConfiguration | undefined> {
  const { loaded, diagnostics } = await validate(context.root);
  if (hasErrors(diagnostics)) {
    printDiagnostics(context, diagnostics);
    return undefined;
  }
  const selected = selectStack(loaded.configuration, runtime.stack);
  if ('diagnostics' in selected) {
    printDiagnostics(context, [...diagnostics, ...selected.diagnostics]);
    return undefined;
  }
  const { stacks } = loaded.configuration;
  const resolved = resolveStack(loaded.configuration, selected.stack, runtime.environment);
  const found = [...diagnostics, ...resolved.diagnostics];
  if (hasErrors(resolved.diagnostics)) {
    printDiagnostics(context, found);
    return undefined;
  }
  const isDefault = stacks.size === 1 || selected.stack.spec.default;
  return { configuration: loaded.configuration, stack: { ...resolved.stack, isDefault }, warnings: found };
}

export function printDiagnostics(context: CommandContext, diagnostics: readonly Diagnostic[]): void {
  if (diagnostics.length === 0) return;
  if (!context.json) {
    context.note(renderDiagnostics(diagnostics, { colour: context.colour }));
    return;
  }
  for (const diagnostic of diagnostics)
    context.printLines(eventLines({ type: 'diagnostic', diagnostic }, toInstant(context.world.clock.now())));
}
