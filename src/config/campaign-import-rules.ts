import type { DraftConfiguration, DraftDeclaration, Findings } from './draft.ts';
import { didYouMean } from './suggestion.ts';

/** Rules of campaign imports: that their integrations exist, and that nothing is imported twice. */
export function checkCampaignImports(configuration: DraftConfiguration, findings: Findings): void {
  const books = new Map<string, DraftDeclaration<'CampaignImport'>>();
  for (const document of configuration.campaignImports.values()) {
    checkIntegrations(document, configuration, findings);
    checkMerges(document, findings);
    const { source, destination } = document.spec;
    for (const [index, book] of (source?.addressBooks ?? []).entries()) {
      const place = JSON.stringify([source?.integration, book, destination?.integration]);
      const other = books.get(place);
      if (book !== undefined && other !== undefined) {
        const detail = `${other.address} imports what is sent to "${book}" already: activities would be recorded twice.`;
        findings.atValue(document, ['spec', 'source', 'addressBooks', index], 'CONFIG_IMPORTED_TWICE', detail);
      } else books.set(place, document);
    }
  }
}

function checkIntegrations(
  document: DraftDeclaration<'CampaignImport'>,
  configuration: DraftConfiguration,
  findings: Findings,
): void {
  for (const end of ['source', 'destination'] as const) {
    const integration = document.spec[end]?.integration;
    if (integration === undefined || configuration.integrations.has(integration) || configuration.incomplete) continue;
    const detail = `There is no Integration named "${integration}".`;
    const hint = didYouMean(integration, configuration.integrations.keys());
    findings.atValue(document, ['spec', end, 'integration'], 'CONFIG_UNKNOWN_REFERENCE', detail, hint);
  }
}

function checkMerges(document: DraftDeclaration<'CampaignImport'>, findings: Findings): void {
  const merged = new Map<string, string>();
  const names = new Set<string>();
  for (const [index, merge] of (document.spec.merge ?? []).entries()) {
    if (merge?.name !== undefined && names.has(merge.name)) {
      const detail = `There is a merge named "${merge.name}" already.`;
      findings.atValue(document, ['spec', 'merge', index, 'name'], 'CONFIG_IMPORTED_TWICE', detail, 'put its campaigns there');
    }
    if (merge?.name !== undefined) names.add(merge.name);
    for (const [place, campaign] of (merge?.campaigns ?? []).entries()) {
      if (campaign === undefined) continue;
      const other = merged.get(campaign);
      if (other !== undefined) {
        const detail = `"${campaign}" is merged into "${other}" already.`;
        findings.atValue(document, ['spec', 'merge', index, 'campaigns', place], 'CONFIG_IMPORTED_TWICE', detail);
      } else merged.set(campaign, merge?.name ?? '');
    }
  }
}
