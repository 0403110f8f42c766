/** Something that registered webhooks may be told. */
export interface WebhookEvent {
  readonly type: string;
  /** The contact it happened to; 0 where it happened to none. */
  readonly contact: number;
  /** The tag's name, for the two tag events. */
  readonly tag?: string;
  /** The list, for list-scoped events. */
  readonly list?: number;
}
