/** Moving a ledger to another backend. */

/** Some rows of a table, by column. */
export interface TransferredRows {
  readonly table: string;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** What is said of a place from which, or to which, a ledger moves. */
export interface Whereabouts {
  /** Where it is copied from, while it is not known to be whole. */
  readonly arriving: string | undefined;
  /** Where it went, which is where it goes on. */
  readonly moved: string | undefined;
}

export interface LedgerTransfer {
  whereabouts(): Promise<Whereabouts>;
  /** All that it holds, in the order in which it can be taken in. */
  content(): AsyncIterable<TransferredRows>;
  /** Takes the place of all that it held. Until `noteArrived`, it counts as arriving. */
  receive(content: AsyncIterable<TransferredRows>, from: string): Promise<void>;
  noteArrived(): Promise<void>;
  noteMoved(to: string | undefined): Promise<void>;
}
