/** Records that an end refused, until they are tried again. */
import type { PersonId } from './person.ts';

export type QuarantineKey = Pick<QuarantineEntry, 'end' | 'subject'>;

export interface QuarantineEntry {
  /** `person:ID`, or `record:END:ID` for a record that has no partner yet. */
  readonly subject: string;
  /** The end that refused. */
  readonly end: string;
  /** The record at the end that was to be written; absent on create. */
  readonly remoteId: string | undefined;
  readonly person: PersonId | undefined;
  readonly key: string;
  readonly code: string;
  readonly message: string;
  readonly attempts: number;
  readonly since: string;
  readonly nextAt: string;
}

/** The quarantine of one link. */
export interface QuarantineLedger {
  quarantine(
    entries: readonly (QuarantineEntry & { readonly staged: readonly { readonly end: string; readonly remoteId: string }[] })[],
    intents: readonly number[],
  ): Promise<void>;
  quarantined(): Promise<readonly QuarantineEntry[]>;
  /** Makes entries due at `now`, also those that only an edit would have made due. */
  retryQuarantined(entries: readonly QuarantineKey[], now: string): Promise<void>;
  /** Gives entries up: what is staged of them waits for an edit of one of its ends, and is not listed any more. */
  dropQuarantined(entries: readonly QuarantineKey[]): Promise<void>;
}
