import type { DraftConfiguration, DraftDeclaration, Findings } from './draft.ts';
import { entriesOf } from './draft.ts';
import { judgeEndpoint } from './endpoint.ts';
import { valueAt } from './document-source.ts';
import { didYouMean } from './suggestion.ts';

/** Rules of stacks, and of the endpoints that integrations name themselves. */
export function checkStacks(configuration: DraftConfiguration, findings: Findings): void {
  const defaults = configuration.stacks.filter((stack) => stack.spec.default === true);
  for (const stack of defaults.slice(1)) {
    const detail = `${defaults[0]!.address} is the default already.`;
    findings.atValue(stack, ['spec', 'default'], 'CONFIG_SEVERAL_DEFAULT_STACKS', detail, 'keep default: true in one of them');
  }
  for (const integration of configuration.integrations.values()) checkOwnEndpoint(integration, findings);
  for (const stack of configuration.stacks) {
    checkEntries(stack, configuration, findings);
    checkMissingEndpoints(stack, configuration, findings);
  }
}

function checkOwnEndpoint(integration: DraftDeclaration<'Integration'>, findings: Findings): void {
  const { endpoint, provider } = integration.spec;
  if (endpoint === undefined || provider === undefined) return;
  const judged = judgeEndpoint(endpoint, provider, false);
  if ('problem' in judged)
    findings.atValue(integration, ['spec', 'endpoint'], 'CONFIG_INVALID_ENDPOINT', judged.problem, judged.hint);
}

function checkEntries(stack: DraftDeclaration<'Stack'>, configuration: DraftConfiguration, findings: Findings): void {
  const isMisspelt = stack.source.intends(['spec', 'rehearsal']) && !stack.source.hasKey(['spec', 'rehearsal']);
  const rehearsal = isMisspelt ? undefined : stack.spec.rehearsal;
  for (const [name, entry] of entriesOf(stack.spec.integrations)) {
    const integration = configuration.integrations.get(name);
    if (integration === undefined && !configuration.incomplete) {
      const detail = `There is no Integration named "${name}".`;
      const hint = didYouMean(name, configuration.integrations.keys());
      findings.atKey(stack, ['spec', 'integrations', name], 'CONFIG_UNKNOWN_REFERENCE', detail, hint);
    }
    for (const setting of ['endpoint', 'account'] as const) {
      const value = entry[setting];
      const path = ['spec', 'integrations', name, setting];
      if (typeof value === 'object' && rehearsal === false) {
        const detail = `"${setting}" comes from the environment, but the stack is not for rehearsal.`;
        findings.atValue(
          stack,
          path,
          'CONFIG_ENVIRONMENT_VALUE',
          detail,
          'write the value itself, or add rehearsal: true to the stack',
        );
      } else if (setting === 'endpoint' && value !== undefined && rehearsal !== undefined) {
        const text = typeof value === 'object' ? value.default : value;
        const provider = integration?.spec.provider;
        if (text === undefined || provider === undefined) continue;
        const judged = judgeEndpoint(text, provider, rehearsal);
        const at = typeof value === 'object' ? [...path, 'default'] : path;
        if ('problem' in judged) findings.atValue(stack, at, 'CONFIG_INVALID_ENDPOINT', judged.problem, judged.hint);
      }
    }
  }
}

function checkMissingEndpoints(stack: DraftDeclaration<'Stack'>, configuration: DraftConfiguration, findings: Findings): void {
  const { integrations } = stack.spec;
  if (integrations === undefined) return;
  const misnamed = Object.keys(integrations).some((name) => !configuration.integrations.has(name));
  for (const [name, { spec }] of configuration.integrations) {
    if (spec.active !== true || spec.endpoint !== undefined || spec.provider === undefined) continue;
    const path = ['spec', 'integrations', name];
    const listed = stack.source.hasKey(path);
    // An entry under a wrong name or with faults of its own is reported already.
    if (listed ? integrations[name]?.endpoint !== undefined || isFaulty(stack, name) : misnamed) continue;
    const detail = `The stack does not say where Integration/${name} is reached, and neither does the integration.`;
    findings.atKey(
      stack,
      listed ? path : path.slice(0, 2),
      'CONFIG_MISSING_ENDPOINT',
      detail,
      `add endpoint to ${name} under integrations`,
    );
  }
}

/** Whether anything of an entry was taken out because it is not valid. */
function isFaulty(stack: DraftDeclaration<'Stack'>, name: string): boolean {
  const written = valueAt(stack.source.value, ['spec', 'integrations', name]);
  const valid = stack.spec.integrations?.[name];
  if (typeof written !== 'object' || written === null || valid === undefined) return true;
  return Object.keys(written).some((key) => !Object.hasOwn(valid, key));
}
