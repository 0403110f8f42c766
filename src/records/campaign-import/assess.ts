/** What carrying out an import would do now, by what was gathered. Pure but for reading the ledger. */
import type { CampaignTotals } from '../../model/campaign.ts';
import type { ImportCounts, ImportedCampaign } from '../../storage/campaign-import.ts';
import type { ActiveCampaignImport } from './active-import.ts';

export interface ImportAssessment {
  readonly campaigns: { readonly create: readonly ImportedCampaign[]; readonly update: readonly ImportedCampaign[] };
  /** Activities to record, of campaigns that are there and of those that will be. */
  readonly activities: number;
  readonly optOuts: number;
  readonly counts: ImportCounts;
  /** Calls to the destination. */
  readonly calls: number;
}

export async function assess({ ledger, destination }: ActiveCampaignImport): Promise<ImportAssessment> {
  const campaigns = await ledger.campaigns();
  const create = campaigns.filter(({ remoteId }) => remoteId === undefined);
  const update = campaigns.filter(
    (campaign) => campaign.remoteId !== undefined && campaign.described !== descriptionOf(campaign),
  );
  const counts = await ledger.counts();
  const recordable = Object.values(counts.recordable);
  const optOuts = destination.listState === undefined ? 0 : counts.optOuts;
  const batches = recordable.reduce((sum, count) => sum + Math.ceil(count / destination.client.maxBatchActivities), 0);
  const unsubscribing =
    destination.listState?.client.price.write([{ action: 'update', count: optOuts, paths: [destination.listState.path] }]) ?? 0;
  return {
    campaigns: { create, update },
    activities: recordable.reduce((sum, count) => sum + count, 0),
    optOuts,
    counts,
    // A description is looked at before it is written: somebody may have edited it.
    calls: create.length + update.length * 2 + batches + (optOuts === 0 ? 0 : unsubscribing),
  };
}

/** What a campaign's description says: its totals, added up over the campaigns that were merged into it. */
export function descriptionOf(campaign: Pick<ImportedCampaign, 'sources'>): string {
  const all = Object.values(campaign.sources);
  const totals = totalsOf(campaign);
  const dates = all.flatMap(({ summary }) => summary.sentAt?.slice(0, 10) ?? []).toSorted();
  const merged = all.length < 2 ? [] : [`Merged from ${all.map(({ name }) => name).join(', ')}.`];
  return [
    ...merged,
    `Sent to ${totals.sent}${dates[0] === undefined ? '' : ` on ${[...new Set(dates)].join(', ')}`}; delivered ${totals.delivered}.`,
    `Opened by ${totals.opened}, clicked by ${totals.clicked}, unsubscribed ${totals.unsubscribed}.`,
    `Bounced ${totals.hardBounced + totals.softBounced} (${totals.hardBounced} for good).`,
  ].join('\n');
}

/** Added up over the campaigns that were merged into it. */
export function totalsOf(campaign: Pick<ImportedCampaign, 'sources'>): CampaignTotals {
  const sum = (name: Exclude<keyof CampaignTotals, 'sentAt'>): number =>
    Object.values(campaign.sources).reduce((total, { summary }) => total + summary[name], 0);
  return {
    sentAt: sentAtOf(campaign),
    sent: sum('sent'),
    delivered: sum('delivered'),
    opened: sum('opened'),
    clicked: sum('clicked'),
    unsubscribed: sum('unsubscribed'),
    softBounced: sum('softBounced'),
    hardBounced: sum('hardBounced'),
  };
}

/** When the first of its campaigns was sent. */
export function sentAtOf({ sources }: Pick<ImportedCampaign, 'sources'>): string | undefined {
  return Object.values(sources)
    .flatMap(({ summary }) => summary.sentAt ?? [])
    .toSorted()[0];
}
