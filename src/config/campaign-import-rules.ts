import type { DraftConfiguration, DraftDeclaration, Findings } from './draft.ts';
import { didYouMean } from './suggestion.ts';
import type { ValuePath } from './value-reader.ts';

/** Rules of campaign imports: that what they name exists, and that nothing is imported twice. */
export function checkCampaignImports(configuration: DraftConfiguration, findings: Findings): void {
  const books = new Map<string, DraftDeclaration<'CampaignImport'>>();
  for (const document of configuration.campaignImports.values()) {
    checkEnds(document, configuration, findings);
    checkMerges(document, findings);
    for (const { place, book, path } of importedBooks(document, configuration)) {
      const other = books.get(place);
      if (other !== undefined) {
        const detail = `${other.address} imports what is sent to "${book}" already: activities would be recorded twice.`;
        findings.atValue(document, path, 'CONFIG_IMPORTED_TWICE', detail);
      } else books.set(place, document);
    }
  }
}

function importedBooks(
  { spec }: DraftDeclaration<'CampaignImport'>,
  configuration: DraftConfiguration,
): readonly { readonly place: string; readonly book: string; readonly path: ValuePath }[] {
  const placeOf = (from: string | undefined, book: string, to: string | undefined): string => JSON.stringify([from, book, to]);
  const link = configuration.addressBookLinks.get(spec.link ?? '')?.spec;
  const linked = link?.addressBook?.name;
  if (linked !== undefined) {
    const place = placeOf(link?.addressBook?.integration, linked, link?.list?.integration);
    return [{ place, book: linked, path: ['spec', 'link'] }];
  }
  return (spec.source?.addressBooks ?? []).flatMap((book, index) => {
    if (book === undefined) return [];
    const place = placeOf(spec.source?.integration, book, spec.destination?.integration);
    return [{ place, book, path: ['spec', 'source', 'addressBooks', index] }];
  });
}

function checkEnds(document: DraftDeclaration<'CampaignImport'>, configuration: DraftConfiguration, findings: Findings): void {
  const { spec, source } = document;
  const refer = (path: ValuePath, kind: string, name: string | undefined, known: ReadonlyMap<string, unknown>): void => {
    if (name === undefined || known.has(name) || configuration.incomplete) return;
    const hint = didYouMean(name, known.keys());
    findings.atValue(document, path, 'CONFIG_UNKNOWN_REFERENCE', `There is no ${kind} named "${name}".`, hint);
  };
  const isLinked = source.intends(['spec', 'link']);
  refer(['spec', 'link'], 'AddressBookLink', spec.link, configuration.addressBookLinks);
  for (const end of ['source', 'destination'] as const) {
    refer(['spec', end, 'integration'], 'Integration', spec[end]?.integration, configuration.integrations);
    if (isLinked && source.hasKey(['spec', end])) {
      const detail = `What "${end}" says is said by the link already.`;
      findings.atKey(document, ['spec', end], 'CONFIG_UNKNOWN_KEY', detail, `leave out ${end}, or the link`);
    } else if (!isLinked && !source.intends(['spec', end])) {
      const detail = `The import has no "${end}", and names no link.`;
      findings.atKey(document, ['spec'], 'CONFIG_MISSING_KEY', detail, 'name an AddressBookLink: link: NAME');
    }
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
