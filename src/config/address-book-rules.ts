import type { DraftConfiguration, Findings } from './draft.ts';
import { didYouMean } from './suggestion.ts';

/** Rules of address book links that need no knowledge of vendors: that the integrations exist, and that the policy is one. */
export function checkAddressBookLinks(configuration: DraftConfiguration, findings: Findings): void {
  for (const link of configuration.addressBookLinks.values()) {
    for (const end of ['list', 'addressBook'] as const) {
      const integration = link.spec[end]?.integration;
      if (integration === undefined || configuration.incomplete || configuration.integrations.has(integration)) continue;
      const detail = `There is no Integration named "${integration}".`;
      const hint = didYouMean(integration, configuration.integrations.keys());
      findings.atValue(link, ['spec', end, 'integration'], 'CONFIG_UNKNOWN_REFERENCE', detail, hint);
    }
    const { policy } = link.spec.conflicts ?? {};
    if (policy === undefined || policy === 'prefer') continue;
    for (const setting of ['prefer', 'unlessBlank'] as const) {
      if (!link.source.hasKey(['spec', 'conflicts', setting])) continue;
      const detail = `With policy: ${policy}, ${setting} says nothing.`;
      findings.atKey(link, ['spec', 'conflicts', setting], 'CONFIG_CONFLICT_POLICY', detail, 'remove it, or use policy: prefer');
    }
  }
}
