/** Matching, as a ledger supports it: who holds the keys of records that are not linked. */

/** How many other records hold one key of a record. */
export interface KeyGroup {
  readonly key: string;
  /** Others at the end of the record. */
  readonly alike: number;
  /** Those at the other end. */
  readonly opposite: number;
  /** Whether one of them is linked to somebody. */
  readonly taken: boolean;
  /** The one at the other end, where there is one only. */
  readonly partner: string | undefined;
}

/** A record that is not linked, with the holders of each of its keys in order. */
export interface MatchCandidate {
  readonly end: string;
  readonly remoteId: string;
  readonly groups: readonly KeyGroup[];
}

/** What was decided of a record: whom it pairs with by which key, or nobody for certain. */
export interface MatchVerdict {
  readonly end: string;
  readonly remoteId: string;
  /** `undefined` for nobody: the record stands for itself. */
  readonly pair: { readonly partner: string; readonly key: string } | 'ambiguous' | undefined;
}

/** Another record that holds a key of a record which waits as ambiguous. */
export interface RivalRecord {
  readonly end: string;
  readonly remoteId: string;
  readonly linked: boolean;
}

/** An end as the references of persons name it. */
export interface MatchEnd {
  readonly name: string;
  readonly integration: string;
  readonly object: string;
}

/** The matching of one link. */
export interface MatchingLedger {
  /**
   * Begins matching: gathers who holds the keys of the records that are not linked. Those that share none
   * stand for themselves from now on; those without a key are held (`reason` "no-match-key").
   */
  gatherMatches(ends: readonly [MatchEnd, MatchEnd]): Promise<void>;
  /** A page of staged records that share a key with others, in order of end and id. */
  matchCandidates(after: MatchCandidate | undefined, limit: number): Promise<readonly MatchCandidate[]>;
  /** The same for records of an end by id, what is unlinked included. */
  matchCandidatesById(end: string, remoteIds: readonly string[]): Promise<ReadonlyMap<string, readonly KeyGroup[]>>;
  /**
   * Writes down what was decided: marks what is ambiguous as held (`reason` "ambiguous"), and whose
   * partner is another one than before as new. Returns the rows that became ambiguous now.
   */
  settleMatches(verdicts: readonly MatchVerdict[]): Promise<readonly MatchVerdict[]>;
  /** Records that are staged as ambiguous. */
  ambiguousRecords(): Promise<readonly { readonly end: string; readonly remoteId: string }[]>;
  /** Others that hold a key of a record, by the last gathering. */
  rivals(end: string, remoteId: string, limit: number): Promise<readonly RivalRecord[]>;
}
