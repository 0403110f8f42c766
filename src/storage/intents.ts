/** Calls that were about to be sent, and what became of them is not known yet. */
import type { FieldValues } from '../model/value.ts';
import type { JournalEntry } from './journal.ts';
import type { ElementHashes, FieldHashes, PersonId } from './person.ts';

export interface Intent {
  readonly id: number;
  readonly end: string;
  readonly action: 'create' | 'update' | 'delete';
  readonly person: PersonId;
  readonly remoteId: string | undefined;
  readonly externalId: string | undefined;
  readonly values: FieldValues;
  readonly job: string | undefined;
  /** When it was written down, by the clock of this machine. */
  readonly at: string;
  readonly decided: IntentDecision;
}

/** What a later process needs to settle an intent as the process that made it would have. */
export interface IntentDecision {
  /** The journal entry that the write will get. */
  readonly journal: Pick<JournalEntry, 'generation' | 'fields' | 'before' | 'reason'>;
  /** The subject as quarantine knows it, and the key by which people recognise it. */
  readonly subject: string;
  readonly key: string;
  /** The rows that were decided on. */
  readonly staged: readonly { readonly end: string; readonly remoteId: string }[];
  /** The record at the other end, and its hashes of the fields that are written, as they were decided on. */
  readonly source: { readonly remoteId: string; readonly fields: FieldHashes; readonly elements: ElementHashes } | undefined;
}

/** Where and when intents are sent. */
export interface IntentPlace {
  readonly integration: string;
  readonly object: string;
  readonly at: string;
}

/** Intents that were sent together, or go together into one job, and whose outcome is open. */
export interface OpenBatch {
  readonly batch: string;
  readonly end: string;
  readonly job: string | undefined;
  /** When the last of them was written down. */
  readonly at: string;
  readonly requests: number;
}

/** Intents of some batches that follow an id, in the order in which they were noted. */
export interface IntentPage {
  readonly batches: readonly string[];
  readonly after: number;
  readonly limit: number;
}

/** An asynchronous job that is not known to have ended, or a batch that may have gone to one. */
export interface OpenJob extends IntentPlace {
  readonly link: string;
  /** How many requests it was made for. */
  readonly requests: number;
  /** Whether the vendor is known to have taken it. */
  readonly isAnswered: boolean;
}

/** The intents of one link. */
export interface IntentLedger {
  openIntents(
    run: string,
    batch: string,
    place: IntentPlace,
    intents: readonly Omit<Intent, 'id' | 'job' | 'at'>[],
  ): Promise<readonly number[]>;
  intentJob(ids: readonly number[], job: string): Promise<void>;
  /** Batches that have open intents, the oldest first. */
  openBatches(): Promise<readonly OpenBatch[]>;
  /** Open intents in the order in which they were noted: a page of them, or all. */
  pendingIntents(page?: IntentPage): Promise<readonly Intent[]>;
  closeIntents(ids: readonly number[]): Promise<void>;
  /** Jobs of other links that are not known to have ended, and batches of theirs that nobody answered. */
  jobsElsewhere(): Promise<readonly OpenJob[]>;
}
