import type { DraftDeclaration, Findings } from './draft.ts';

/** Rules of a link's conflict policy: each setting needs the policy that it says something about. */
export function checkConflictPolicy(link: DraftDeclaration<'Link'>, findings: Findings): void {
  const policy = link.spec.conflicts?.policy;
  const names = (setting: string): boolean => link.source.hasKey(['spec', 'conflicts', setting]);
  const path = (setting: string): string[] => ['spec', 'conflicts', setting];

  if (policy === 'prefer') {
    if (!link.source.intends(path('prefer'))) {
      const [end = 'END'] = Object.keys(link.spec.ends ?? {});
      const detail = 'The policy prefers one end, but does not say which.';
      findings.atKey(link, ['spec', 'conflicts'], 'CONFIG_MISSING_KEY', detail, `add prefer: ${end}`);
      return;
    }
    if (link.spec.conflicts?.unit === 'record' && !link.source.intends(path('while'))) {
      const detail = 'An end that is preferred for whole records without an end to it would leave the other nothing to change.';
      findings.atValue(link, path('unit'), 'CONFIG_CONFLICT_POLICY', detail, 'add while: pending');
    }
    return;
  }
  // A policy that is at fault itself says nothing about its other settings.
  if (policy === undefined) return;
  const foreign = ['unlessBlank', 'while', 'unit', ...(policy === 'manual' ? ['prefer'] : [])].filter(names);
  for (const setting of foreign) {
    const detail = `"${setting}" says how one end is preferred, but the policy is ${policy}.`;
    findings.atKey(link, path(setting), 'CONFIG_CONFLICT_POLICY', detail, `remove it, or write policy: prefer`);
  }
}
