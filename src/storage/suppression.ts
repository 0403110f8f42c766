/** Opt-outs by the keyed hash of an address, which outlive records and persons. */

export interface SuppressionEntry {
  readonly address: Buffer;
  readonly channel: string;
  readonly purpose: string;
  readonly state: 'erased' | 'complained' | 'unsubscribed' | 'released';
  readonly at: string;
}

/** The suppression list, which all links share. */
export interface SuppressionLedger {
  suppressed(addresses: readonly Buffer[], channel: string, purpose: string): Promise<ReadonlyMap<string, SuppressionEntry>>;
  suppress(entries: readonly SuppressionEntry[]): Promise<void>;
  /** Whether anybody was forgotten at all. */
  hasErased(): Promise<boolean>;
}
