/**
 * A campaign import that is ready to run: what was sent to lists at the source becomes campaigns and activities at the
 * destination, and who left the lists is unsubscribed there. Everything flows in this one direction.
 *
 * `gather.ts` reads what is new into the ledger, `assess.ts` counts what would be done, `carry-out.ts` does it.
 */
import type { Address } from '../../model/address.ts';
import type { CampaignTotals } from '../../model/campaign.ts';
import type { Clock } from '../../model/time.ts';
import type { ActivityKind, CampaignDestination, CampaignSource, SentCampaign } from '../../providers/campaigns.ts';
import type { RecordClient } from '../../providers/provider.ts';
import type { CampaignImportLedger } from '../../storage/campaign-import.ts';
import type { KeyRing } from '../../storage/keys.ts';
import type { LinkLedger } from '../../storage/ledger.ts';

export interface CampaignMerge {
  readonly name: string;
  /** Names of the source's campaigns. */
  readonly campaigns: readonly string[];
}

export interface ActiveCampaignImport {
  readonly address: Address;
  readonly generation: number;
  /** Everything that decides what is read: under another one, all is read anew. */
  readonly specification: string;
  readonly source: {
    readonly integration: string;
    readonly client: CampaignSource;
    /** Ids of the lists by name. */
    readonly lists: ReadonlyMap<string, string>;
  };
  readonly destination: {
    readonly integration: string;
    readonly object: string;
    readonly client: CampaignDestination;
    /** Reads the addresses of the destination's records. */
    readonly records: RecordClient;
    readonly kinds: ReadonlySet<ActivityKind>;
    /** The list whose states are written; absent where there is none that can be. */
    readonly listState: { readonly path: string; readonly client: RecordClient } | undefined;
  };
  readonly merges: readonly CampaignMerge[];
  /** Under which purpose opt-outs of a list are remembered, by its id. */
  readonly purposes: ReadonlyMap<string, string>;
  readonly ledger: CampaignImportLedger;
  /** The suppression list, and the quarantine of this import. */
  readonly common: Pick<
    LinkLedger,
    'suppress' | 'suppressed' | 'hasErased' | 'quarantine' | 'quarantined' | 'dropQuarantined' | 'noteUnfinishedApply'
  >;
  readonly keys: KeyRing;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly assertBudget: (integration: string) => Promise<void>;
  /** What this process has read already: a plan tells the price of a reading before it reads. */
  readonly memory: { sent: Promise<readonly SentCampaign[]> | undefined; readonly summaries: Map<string, CampaignTotals> };
}
