/**
 * What truly happened at the vendors, in order: who changed which field of which record from what to
 * what. The vendors of a simulation write it; only the oracle reads it. The product never sees it.
 */
import type { FieldValue } from '../../src/model/value.ts';

export interface Change {
  readonly at: number;
  readonly by: 'person' | 'product';
  readonly end: string;
  readonly id: string;
  readonly path: string;
  readonly before: FieldValue;
  readonly after: FieldValue;
  /** For a product's write: when the product last read this record. Its own answers count as reads. */
  readonly readAt: number;
  readonly created: boolean;
  /** A create that met a record with the address, and was written over it. */
  readonly met: boolean;
}

export interface Deletion {
  readonly at: number;
  readonly end: string;
  readonly id: string;
}

export interface Refusal {
  readonly at: number;
  readonly end: string;
  readonly id: string | undefined;
  readonly key: string | undefined;
  readonly code: string;
}

export class Chronicle {
  /** Counts everything that happens anywhere; later is larger. */
  now = 0;
  readonly changes: Change[] = [];
  readonly deletions: Deletion[] = [];
  readonly refusals: Refusal[] = [];
  /** When the cycle that runs, or ran last, began. */
  cycleBegunMs = 0;
  /** When cycles came to a good end: from then on the product knows what it did. */
  readonly completed: number[] = [];
  /** Faults of the product that a vendor saw at once. */
  readonly violations: string[] = [];

  step(): number {
    this.now += 1;
    return this.now;
  }
}
