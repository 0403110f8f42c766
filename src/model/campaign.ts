/** Totals of one campaign; people are counted once, whatever they did several times. */
export interface CampaignTotals {
  readonly sentAt?: string | undefined;
  readonly sent: number;
  readonly delivered: number;
  readonly opened: number;
  readonly clicked: number;
  readonly unsubscribed: number;
  readonly softBounced: number;
  readonly hardBounced: number;
}
