import type { DraftConfiguration, DraftDeclaration, Findings } from './draft.ts';
import { entriesOf } from './draft.ts';
import { didYouMean } from './suggestion.ts';
import type { ValuePath } from './value-reader.ts';

const RULES = ['spec', 'rules'] as const;

/** Rules of policies: that the integrations they speak of exist, and that their times are times. */
export function checkPolicies(configuration: DraftConfiguration, findings: Findings): void {
  for (const policy of configuration.policies.values()) {
    const { rules } = policy.spec;
    for (const [index, field] of (rules?.protectedFields ?? []).entries())
      refuseUnknown(field?.integration, configuration, (detail, hint) =>
        findings.atValue(policy, [...RULES, 'protectedFields', index, 'integration'], 'CONFIG_UNKNOWN_REFERENCE', detail, hint),
      );
    for (const [integration] of entriesOf(rules?.callBudget))
      refuseUnknown(integration, configuration, (detail, hint) =>
        findings.atKey(policy, [...RULES, 'callBudget', integration], 'CONFIG_UNKNOWN_REFERENCE', detail, hint),
      );
    checkFreeze(policy, findings);
  }
}

function refuseUnknown(
  integration: string | undefined,
  { integrations, incomplete }: DraftConfiguration,
  refuse: (detail: string, hint: string | undefined) => void,
): void {
  if (integration === undefined || integrations.has(integration) || incomplete) return;
  refuse(`There is no Integration named "${integration}".`, didYouMean(integration, integrations.keys()));
}

function checkFreeze(policy: DraftDeclaration<'Policy'>, findings: Findings): void {
  const { freeze } = policy.spec.rules ?? {};
  const invalid = (path: ValuePath, detail: string): void =>
    findings.atValue(policy, [...RULES, 'freeze', ...path], 'CONFIG_INVALID_VALUE', detail);
  for (const [index, window] of (freeze?.windows ?? []).entries()) {
    const { from, until } = window ?? {};
    if (from === undefined || until === undefined) continue;
    for (const [end, moment] of Object.entries({ from, until }))
      if (Number.isNaN(Date.parse(moment))) invalid(['windows', index, end], `There is no such moment as ${moment}.`);
    if (Date.parse(until) <= Date.parse(from))
      invalid(['windows', index, 'until'], `The window ends at ${until}, which is not after it begins.`);
  }
  if (freeze?.timeZone !== undefined && !isTimeZone(freeze.timeZone))
    invalid(['timeZone'], `There is no time zone named "${freeze.timeZone}".`);
}

function isTimeZone(name: string): boolean {
  try {
    return Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
