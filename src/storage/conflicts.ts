/** Fields that wait for a person to decide, and those that go back and forth. */
import type { FieldValue } from '../model/value.ts';
import type { PersonId } from './person.ts';

/** A field that both ends changed and that a person has to decide. */
export interface ParkedConflict {
  readonly person: PersonId;
  /** The field's tag, and its name as plans show it. */
  readonly field: string;
  readonly name: string;
  /** Over the person, the field and both values: names this conflict, and changes when a value moves. */
  readonly hash: Buffer;
  /** By what policy the field was left to a person; under another one it is decided anew. */
  readonly policy: string;
  readonly since: string;
  /** What a person has decided and no cycle has carried out yet. */
  readonly resolution: ConflictResolution | undefined;
  /** The end that was to be taken by a decision that is void, since a value moved before it was carried out. */
  readonly voided: string | undefined;
  /** The ids of the person's records, by end. */
  readonly remoteIds: Readonly<Record<string, string>>;
  /** The match key in clear, and the value of each end; no values where the link keeps hashes only. */
  readonly content: { readonly key: string; readonly values: Readonly<Record<string, FieldValue>> | undefined };
}

export interface ConflictResolution {
  readonly take: string;
  readonly at: string;
  readonly by: string;
}

/** What Syncline wrote to a field of one end of late, to tell one that goes back and forth. */
export interface Swing {
  readonly person: PersonId;
  readonly end: string;
  /** The field's tag. */
  readonly field: string;
  /** Keyed hashes of the value that was written last, and of the one before. */
  readonly latest: Buffer;
  readonly former: Buffer | undefined;
  /** How often one of the two was written again. */
  readonly returns: number;
  readonly since: string;
}

/** The conflicts of one link. */
export interface ConflictLedger {
  /** Fields that wait for a person to decide, oldest first. */
  parked(): Promise<readonly ParkedConflict[]>;
  /** Records what a person has decided; a conflict that is not parked under this hash any more is left alone. */
  resolve(
    resolutions: readonly {
      readonly person: PersonId;
      readonly field: string;
      readonly hash: Buffer;
      readonly resolution: ConflictResolution;
    }[],
  ): Promise<void>;
  swings(persons: readonly PersonId[]): Promise<readonly Swing[]>;
  /** Keeps these, and forgets those from before `horizon` whose field waits for nobody. */
  noteSwings(swings: readonly Swing[], horizon: string): Promise<void>;
}
