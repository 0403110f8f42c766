/**
 * Giving a ledger another key: everything that is encrypted is encrypted anew, and every hash whose
 * value is known is made anew. A hash whose value nobody knows any more (of the suppression list, and
 * of links that keep hashes only) stays as it is; the ledger names its key, so that the ring must go
 * on holding it and nothing ever looks changed.
 */
import type { ParkedConflict, Swing } from './conflicts.ts';
import type { AgreedRow, StagedRow } from './ledger.ts';
import type { FieldValues } from '../model/value.ts';
import type { KeyRing } from './keys.ts';

/** What a link knows of one person, or of one record that is nobody's yet. */
export interface HashedRows {
  readonly agreed: readonly AgreedRow[];
  readonly staged: readonly StagedRow[];
  readonly parked: readonly Pick<ParkedConflict, 'person' | 'field' | 'hash'>[];
  readonly swings: readonly Swing[];
}

/** The same rows with their hashes made anew; `undefined` where the values do not prove the hashes that stand. */
export type Rehash = (rows: HashedRows, journalled: () => readonly JournalledValues[]) => HashedRows | undefined;

/** Values of a record's paths that were once written, or written over. */
export interface JournalledValues {
  readonly end: string;
  readonly values: FieldValues;
}

export interface KeyRotation {
  /** The id of the new key, which the ring of the ledger holds. */
  readonly keyId: string;
  /**
   * How the hashes of a link are made anew from the ring that made them; `undefined` for one that keeps
   * no values to make them from.
   */
  readonly rehash: (link: string, from: KeyRing, to: KeyRing) => Rehash | undefined;
}

export interface RotatedKey {
  readonly formerId: string;
  readonly keyId: string;
  /** Values that were encrypted anew. */
  readonly resealed: number;
  /** Keys that the ring must go on holding, and what for: addresses of links, or the suppression list. */
  readonly kept: readonly { readonly keyId: string; readonly use: string }[];
}

/** How the suppression list is named where its key is. */
export const SUPPRESSION_LIST = 'suppression list';
