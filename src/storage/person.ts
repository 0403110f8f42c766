/** Who persons are to a ledger, and how what is known of their records is kept. */

export type PersonId = string;

/** A record's fields as hashes: by field id, 8 bytes each. */
export type FieldHashes = ReadonlyMap<string, Buffer>;

/**
 * Stands for the hash of a record of which something is not settled. Never equal to a real record's hash, so
 * that it is never taken for unchanged.
 */
export const UNSETTLED = Buffer.alloc(8);

/** The elements of a record's sets as hashes: by field, 8 bytes an element. */
export type ElementHashes = ReadonlyMap<string, readonly Buffer[]>;

/** Hashes of the keys by which a record finds its partner, in the order of their declaration: `undefined` where it has none. */
export type MatchKeys = readonly (Buffer | undefined)[];
