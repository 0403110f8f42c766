/**
 * Campaigns as a provider reads or records them: what was sent to lists of people, what each of them did
 * with it, and who left. Both ends are optional parts of a `Connection`, so that any vendor may be either.
 *
 * Laws, besides those of `provider.ts`:
 * - A source names each activity by a key that never changes, however often and in whichever order it is read.
 * - A destination records all activities of one call or none of them, and finds again what it recorded.
 */
import type { CampaignTotals } from '../model/campaign.ts';
import type { Cursor } from './provider.ts';

/** What a vendor can be in a campaign import, told without asking the account. */
export interface CampaignRoles {
  readonly source: boolean;
  /** Objects whose records activities may be recorded on; none where the vendor cannot be the destination. */
  readonly objects: readonly string[];
}

export const ACTIVITY_KINDS = ['sent', 'opened', 'clicked', 'soft-bounced', 'hard-bounced', 'unsubscribed'] as const;

export type ActivityKind = (typeof ACTIVITY_KINDS)[number];

export interface SentCampaign {
  readonly id: string;
  readonly name: string;
  readonly subject: string;
}

export interface CampaignActivity {
  /** Within the account, for ever. */
  readonly key: string;
  readonly kind: ActivityKind;
  readonly person: string;
  /** The address that it was sent to. Personal data. */
  readonly email: string;
  readonly at: string;
  /** The address that was clicked, for instance; empty where there is nothing to tell. */
  readonly details: string;
}

export interface ListPerson {
  readonly id: string;
  readonly email: string;
}

export interface OptOut {
  readonly email: string;
  /** A mailbox that takes no mail has said nothing of what its owner wants. */
  readonly why: 'unsubscribed' | 'complained' | 'undeliverable';
  /** When, as far as the vendor tells. */
  readonly at: string | undefined;
}

/** Rows since a position, and the position from which the next read begins; set with the last page. */
export interface CampaignPage<Row> {
  readonly rows: readonly Row[];
  readonly cursor?: Cursor;
}

export interface CampaignSource {
  /** Ids of lists by name; those that the account does not have are left out. */
  findLists(names: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Campaigns that were really sent to a list, all of them. */
  sentTo(list: string, signal?: AbortSignal): AsyncIterable<readonly SentCampaign[]>;
  summary(campaign: string, signal?: AbortSignal): Promise<CampaignTotals>;
  /**
   * Campaigns of which something may have become known since a position; `undefined` for all of them, which is what
   * the first read answers. The cursor is where the next read begins once their activities are stored.
   */
  news(
    since: Cursor | undefined,
    signal?: AbortSignal,
  ): Promise<{ readonly campaigns: ReadonlySet<string> | undefined; readonly cursor: Cursor }>;
  /** Activities of one campaign since a position of `news`, or all of them. Repeats may occur. */
  activities(campaign: string, since: Cursor | undefined, signal?: AbortSignal): AsyncIterable<readonly CampaignActivity[]>;
  /** Calls that all activities of a campaign with these totals take, about. */
  price(summary: CampaignTotals): number;
  /** Who was put into a list, or changed, since a position; everybody without one. */
  people(list: string, since: Cursor | undefined, signal?: AbortSignal): AsyncIterable<CampaignPage<ListPerson>>;
  /** Who left a list, or, without one, the account, since a position; everybody who did without one. */
  optOuts(list: string | undefined, since: Cursor | undefined, signal?: AbortSignal): AsyncIterable<CampaignPage<OptOut>>;
}

export interface CampaignContent {
  /** Ours: the campaign is found by it. */
  readonly key: string;
  readonly name: string;
  readonly sentAt?: string | undefined;
  readonly description: string;
}

export interface StoredCampaign {
  readonly id: string;
  readonly description: string;
}

export interface ActivityRecord {
  readonly kind: ActivityKind;
  /** The record of the destination's object that it is about. */
  readonly record: string;
  readonly at: string;
  readonly details: string;
}

export type ActivityOutcome =
  | { readonly status: 'applied'; readonly ids: readonly string[] }
  /** None of them was recorded. */
  | { readonly status: 'failed'; readonly code: string; readonly message: string; readonly retryable: boolean }
  /** Sent, and nobody knows what became of it: looked up before anything is repeated. */
  | { readonly status: 'unknown'; readonly message: string };

export interface CampaignDestination {
  /** What belongs to campaigns and this vendor's interface has no place for, in words. */
  readonly lacks: readonly string[];
  /** Fields of a record that hold its addresses. */
  readonly addressPaths: readonly string[];
  /** The field by which a record is unsubscribed from a list of this name. */
  listStatePath(list: string): string;
  /** The most activities that one call records. */
  readonly maxBatchActivities: number;
  /** Kinds that the account knows; one call at most. */
  kinds(signal?: AbortSignal): Promise<ReadonlySet<ActivityKind>>;
  find(key: string, signal?: AbortSignal): Promise<StoredCampaign | undefined>;
  /** @throws ProviderError, with `outcomeUnknown` where it may be there all the same */
  create(campaign: CampaignContent, signal?: AbortSignal): Promise<StoredCampaign>;
  describe(id: string, description: string, signal?: AbortSignal): Promise<void>;
  /** @param activities of one campaign, no more than `maxBatchActivities` */
  record(campaign: string, activities: readonly ActivityRecord[], signal?: AbortSignal): Promise<ActivityOutcome>;
  /** Finds what an earlier call may have recorded: an id for each, `undefined` for what is not there. */
  recorded(
    campaign: string,
    activities: readonly ActivityRecord[],
    signal?: AbortSignal,
  ): Promise<readonly (string | undefined)[]>;
}
