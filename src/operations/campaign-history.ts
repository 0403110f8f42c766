/** What a campaign import has made and kept, as the ledger has it. Writes nothing, asks no vendor. */
import type { Address } from '../model/address.ts';
import type { CampaignTotals } from '../model/campaign.ts';
import { SynclineError } from '../model/errors.ts';
import { sentAtOf, totalsOf } from '../records/campaign-import/assess.ts';
import type { CampaignTrace, ImportedCampaign } from '../storage/campaign-import.ts';
import type { StackPlace } from './applied-stack.ts';
import { CAMPAIGN_IMPORT } from './campaign-imports.ts';
import { appliedFlows } from './sync.ts';
import type { Runtime } from './runtime.ts';
import { openPreviewLedger, openWorkspace } from './workspace.ts';

export interface CampaignHistory {
  readonly address: Address;
  readonly campaigns: readonly (ImportedCampaign & CampaignTrace & { readonly totals: CampaignTotals })[];
}

export function isImportAddress(address: string): boolean {
  return address.startsWith(`${CAMPAIGN_IMPORT}/`);
}

/**
 * @param name of one campaign, or its id at the source; all of them where it is absent
 * @throws SynclineError SYNC_UNKNOWN_ADDRESS, CAMPAIGN_UNKNOWN
 */
export async function campaignHistory(
  runtime: Runtime,
  stack: StackPlace,
  address: Address,
  name: string | undefined,
): Promise<CampaignHistory> {
  const workspace = await openWorkspace(runtime, stack);
  appliedFlows(workspace.state, [address]);
  const { ledger } = await openPreviewLedger(workspace);
  try {
    const imports = ledger.campaignImport(address);
    const traces = new Map((await imports.traces()).map((trace) => [trace.id, trace]));
    const found = (await imports.campaigns()).filter(
      (campaign) => name === undefined || [campaign.name, campaign.id, ...Object.keys(campaign.sources)].includes(name),
    );
    if (name !== undefined && found.length === 0) {
      throw new SynclineError('CAMPAIGN_UNKNOWN', `${address} knows no campaign of this name.`, {
        address,
        hint: `Of single people it keeps no history. Its campaigns are listed by:\n  syncline history ${address}`,
      });
    }
    const bySending = (campaign: ImportedCampaign): string => sentAtOf(campaign) ?? '';
    return {
      address,
      campaigns: found
        .map((campaign) => ({ ...campaign, ...traces.get(campaign.id)!, totals: totalsOf(campaign) }))
        .toSorted((one, other) => bySending(one).localeCompare(bySending(other))),
    };
  } finally {
    await ledger.close();
  }
}
