/** The campaigns of an import with their totals: for a person to read, and as JSON. A campaign is nobody's personal data. */
import type { CampaignHistory } from '../operations/campaign-history.ts';
import { descriptionOf } from '../records/campaign-import/assess.ts';
import { safe } from './safe.ts';

const NOT_UNDONE = 'Nothing of it is taken back by undo: campaigns and activities are added only, and an opt-out stays.';

export function renderCampaignHistory({ address, campaigns }: CampaignHistory): string {
  if (campaigns.length === 0) return `${safe(address)}\n\nNothing was imported yet.\n`;
  return `${[safe(address), ...campaigns.map(campaignText), NOT_UNDONE].join('\n\n')}\n`;
}

function campaignText(campaign: CampaignHistory['campaigns'][number]): string {
  const { name, remoteId, createdBy, describedBy, activities } = campaign;
  const made = createdBy === undefined ? 'there before' : `created by run ${safe(createdBy)}`;
  const record = remoteId === undefined ? 'not recorded yet' : `recorded as #${safe(remoteId)}, ${made}`;
  const { recorded, waiting, refused, kept } = activities;
  const rest = [
    waiting === 0 ? [] : [`${waiting} wait`],
    refused === 0 ? [] : [`${refused} refused`],
    kept === 0 ? [] : [`${kept} kept by Syncline`],
  ].flat();
  return [
    `${safe(name)}  ${record}${describedBy === undefined ? '' : `, described anew by run ${safe(describedBy)}`}`,
    ...descriptionOf(campaign)
      .split('\n')
      .map((line) => `  ${safe(line)}`),
    `  Activities: ${[`${recorded} recorded`, ...rest].join(', ')}.`,
  ].join('\n');
}

export function campaignHistoryJson({ address, campaigns }: CampaignHistory): object {
  return {
    address,
    campaigns: campaigns.map(({ name, sources, remoteId, createdBy, describedBy, activities, totals }) => ({
      name,
      sources: Object.entries(sources).map(([id, source]) => ({ id, name: source.name })),
      record: remoteId ?? null,
      created_by: createdBy ?? null,
      described_by: describedBy ?? null,
      sent_at: totals.sentAt ?? null,
      totals: {
        sent: totals.sent,
        delivered: totals.delivered,
        opened: totals.opened,
        clicked: totals.clicked,
        unsubscribed: totals.unsubscribed,
        soft_bounced: totals.softBounced,
        hard_bounced: totals.hardBounced,
      },
      activities,
    })),
  };
}
