/**
 * The journal: what was written to the records of an end, by which run, from where and why. `history`
 * reads it, `why` names its newest entries, and `undo` takes a run back by it.
 */
import type { FieldValues } from '../model/value.ts';

export interface JournalEntry {
  readonly person: string;
  /** The end that was written. */
  readonly end: string;
  readonly remoteId: string;
  readonly action: 'create' | 'update' | 'delete' | 'unlink';
  readonly at: string;
  /** The generation of the link that wrote: which version of its configuration. */
  readonly generation: number;
  /** By written path. */
  readonly fields: Readonly<Record<string, JournalField>>;
  /** What the written paths held, as far as that was known; `undefined` where the link keeps hashes only. */
  readonly before: FieldValues | undefined;
  /** What the end reported after the write. */
  readonly after: FieldValues | undefined;
  /** Why the record was written, as a whole. */
  readonly reason: string;
}

export interface JournalField {
  /** As plans name it. */
  readonly field: string;
  readonly reason: string;
  /** The end whose value it is; `undefined` where it came from no end: a constant, the suppression list, an undo. */
  readonly origin: string | undefined;
}

export interface HistoryEntry extends JournalEntry {
  readonly link: string;
  readonly run: string;
  /** Orders entries: a later one has a higher number. */
  readonly sequence: number;
  /** The command of the run. */
  readonly command: string;
}

/** How many records of one end a run wrote in one way. */
export interface RunWrites {
  readonly link: string;
  readonly end: string;
  readonly action: JournalEntry['action'];
  readonly records: number;
}
