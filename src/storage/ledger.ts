/**
 * The ledger: what the record loop remembers.
 *
 * It knows persons (any object, in truth) with their references, the values last agreed on for each
 * link and end, cursors, changes that were detected and are not settled yet, intents of calls whose
 * outcome is open, quarantine, the journal of writes and the suppression list. It decides nothing.
 *
 * Everything that could identify a person is a keyed hash or encrypted. All methods that write are
 * one transaction each. Methods are asynchronous because one implementation is a database elsewhere.
 */
import type { EndCeiling, LinkCause } from '../model/plan.ts';
import type { FieldValues } from '../model/value.ts';
import type { CampaignImportLedger } from './campaign-import.ts';
import type { Lock } from './lock.ts';
import type { KeyRotation, RotatedKey } from './key-rotation.ts';
import type { KeyRing } from './keys.ts';
import type { HistoryEntry, JournalEntry, RunWrites } from './journal.ts';
import type { ConflictLedger, ParkedConflict } from './conflicts.ts';
import type { IntentLedger } from './intents.ts';
import type { MatchEnd, MatchingLedger } from './matching.ts';
import type { ElementHashes, FieldHashes, MatchKeys, PersonId } from './person.ts';
import type { QuarantineLedger } from './quarantine.ts';
import type { SuppressionEntry, SuppressionLedger } from './suppression.ts';
import type { LedgerTransfer } from './transfer.ts';

/** What was last agreed on for one person at one end of one link. */
export interface AgreedRow {
  readonly person: PersonId;
  readonly end: string;
  readonly remoteId: string;
  /**
   * `left`: not kept in step until it enters again, with everything that was agreed. `unlinked`: the
   * record is there and its partner is not. `gone`: the record itself was deleted; what was agreed on
   * is kept for the case that it comes back.
   */
  readonly state: 'linked' | 'unlinked' | 'left' | 'gone';
  readonly matchKeys: MatchKeys;
  readonly recordHash: Buffer;
  readonly fields: FieldHashes;
  readonly elements: ElementHashes;
  /** The values themselves; absent where the link keeps hashes only. */
  readonly values: FieldValues | undefined;
  /** Bit n is set where the n-th listed field of the stream held the listed value. */
  readonly listed: number;
  /** Whether the record met the rule by which records enter from its end. */
  readonly entered: boolean;
  /**
   * The vendor's stamp of the version that these values are, where that version was read in full and
   * nothing can hide behind an equal stamp. Absent where the next change has to be read in any case.
   */
  readonly version?: string | undefined;
}

export interface MovedRecord {
  readonly how: 'merged' | 'converted';
  /** The object of the record that it became. */
  readonly object: string;
  readonly id: string;
}

/** A change that was detected and is not settled: the whole record, or the fact that it is gone. */
export interface StagedRow {
  readonly end: string;
  readonly remoteId: string;
  readonly kind: 'record' | 'deleted';
  /** Where a record that is gone went: it was merged into, or converted to, another one. */
  readonly moved?: MovedRecord | undefined;
  /** Set where the record is known to this link. */
  readonly person: PersonId | undefined;
  readonly matchKeys: MatchKeys;
  readonly recordHash: Buffer;
  readonly values: FieldValues;
  readonly evidence: Readonly<Record<string, string>>;
  readonly modifiedAt: string | undefined;
  /** As in an agreed row. */
  readonly version?: string | undefined;
  /** As in an agreed row. */
  readonly listed: number;
  readonly status: StagedStatus;
  readonly reason: string | undefined;
}

/** `held`: waits for a person or for another record; `quarantined`: the remote refused it. */
export type StagedStatus = 'new' | 'held' | 'quarantined';

/** Everything that is known of one person, or of records that match each other, at both ends. */
export interface Subject {
  /** Orders subjects; pass it back to continue after this one. */
  readonly position: string;
  readonly person: PersonId | undefined;
  readonly staged: Readonly<Record<string, StagedRow>>;
  readonly agreed: Readonly<Record<string, AgreedRow>>;
  readonly parked: readonly ParkedConflict[];
}

/** A record that was read and is as it was last agreed, or one that is unlinked. */
export interface UnchangedRecord {
  readonly remoteId: string;
  /** As in an agreed row; an absent one leaves what the row has. */
  readonly version?: string | undefined;
  /** What its row is to hold of an unlinked record from now on, by which it is told and found again. */
  readonly now?: Pick<AgreedRow, 'matchKeys' | 'recordHash' | 'listed'>;
}

export interface Settlement {
  readonly person: PersonId;
  /** Quarantine entries of this subject are lifted. */
  readonly subject: string | undefined;
  readonly agreed: readonly (Omit<AgreedRow, 'person'> & {
    readonly integration: string;
    readonly object: string;
    readonly createdBySyncline: boolean;
  })[];
  /**
   * Every field of the person that waits for somebody to decide; what waited before and is not named does
   * not any more. `undefined` leaves them as they are.
   */
  readonly parked: readonly Omit<ParkedConflict, 'person' | 'remoteIds'>[] | undefined;
  /** Staged rows that are dealt with. */
  readonly settled: readonly { readonly end: string; readonly remoteId: string; readonly recordHash: Buffer }[];
}

export interface LedgerCursor {
  readonly position: string;
  /** The specification by which the end was read; another one asks for a full read. */
  readonly specification: string;
}

export interface UnfinishedApply {
  readonly run: string;
  /** Fields that were made anew and are empty: what was agreed on for them says nothing any more. */
  readonly renewed: readonly RenewedField[];
}

/** A plan that somebody approved, as far as no cycle of the link has come to its end under it. */
export interface OwedPlan {
  readonly cause: LinkCause;
  readonly ceiling: Readonly<Record<string, EndCeiling>>;
  /** Runs that began to carry it out: what they wrote counts towards the ceiling. */
  readonly runs: readonly string[];
}

export interface RenewedField {
  readonly integration: string;
  readonly object: string;
  readonly path: string;
}

/** What a person goes by. */
export interface PersonKey {
  readonly remoteId: string;
  /** Only records of this end, where it is given. */
  readonly end: string | undefined;
  /** Hashes of what the key means as a match key; see `Fingerprints.matchKeys`. */
  readonly matchKeys: readonly Buffer[];
}

/** A record as the ledger has it: once as agreed, and once more where a change of it is staged. */
export interface PersonRecord {
  readonly end: string;
  readonly remoteId: string;
  readonly person: PersonId | undefined;
  readonly values: FieldValues | undefined;
}

/** People to forget, in all links. */
export interface Erasure {
  readonly persons: readonly PersonId[];
  readonly records: readonly { readonly link: string; readonly end: string; readonly remoteId: string }[];
  /** What is remembered of them, stored in the same transaction. */
  readonly suppressions: readonly SuppressionEntry[];
}

export interface FoundPerson {
  readonly person: PersonId;
  /** The end at which the key is the id of a record; absent where the match key was found. */
  readonly end: string | undefined;
}

/** A ledger as one link sees it. */
export interface LinkLedger extends ConflictLedger, IntentLedger, MatchingLedger, QuarantineLedger, SuppressionLedger {
  cursor(end: string): Promise<LedgerCursor | undefined>;
  /** Known rows by remote id, for a page of detected records. */
  agreedByRemoteId(end: string, remoteIds: readonly string[]): Promise<ReadonlyMap<string, AgreedRow>>;
  /** Everything that was agreed on for these persons, by end. */
  agreedByPerson(persons: readonly PersonId[]): Promise<ReadonlyMap<PersonId, Readonly<Record<string, AgreedRow>>>>;
  /** Which listed values records are known with, as staged or else as linked; whoever is not known is left out. */
  knownListed(end: string, remoteIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Remote ids of records that are known with the bit of a listed field, as staged or else as linked, and that `seen` does not hold. */
  listedButNotSeen(end: string, bit: number, seen: ReadonlySet<string>): Promise<readonly string[]>;
  /** Remote ids of an end that are known to the link, unlinked ones too, and that `existing` does not hold. */
  linkedButNotListed(end: string, existing: ReadonlySet<string>): Promise<readonly string[]>;
  /**
   * Notes what a complete listing did not show, and forgets what it showed again.
   * @param absent everything known that the listing did not show
   * @param sweep names the listing
   * @returns those that an earlier listing did not show either, and nothing has shown since
   */
  confirmAbsences(end: string, absent: readonly string[], sweep: string): Promise<readonly string[]>;
  /** Tombstones of an end that are staged. */
  tombstones(end: string): Promise<readonly StagedRow[]>;
  /** Records that are staged, waiting ones included, as they were when they were read. */
  stagedByRemoteId(end: string, remoteIds: readonly string[]): Promise<ReadonlyMap<string, StagedRow>>;
  /**
   * Another record takes the place of one that was merged into it: its person, and what was agreed on.
   * In a preview the change is only staged.
   */
  succeed(end: MatchEnd, from: string, row: StagedRow & { readonly person: PersonId }): Promise<void>;
  /** Records are one person from now on, as somebody has decided, though no link knows them yet: the next matching pairs them. */
  identify(person: PersonId, records: readonly (MatchEnd & { readonly remoteId: string })[]): Promise<void>;
  /** Lets go of what was decided about records that are gone, and that no link ever linked. Not in a preview. */
  unidentify(end: MatchEnd, remoteIds: readonly string[]): Promise<void>;
  /** Of these records, those of whose person any link knows living records in an integration, with these records. */
  knownElsewhere(
    end: MatchEnd,
    remoteIds: readonly string[],
    integration: string,
  ): Promise<ReadonlyMap<string, readonly { readonly object: string; readonly remoteId: string }[]>>;
  /** Stores a page of detected changes and forgets staged rows that turned out unchanged; moves the cursor with it. */
  stage(
    end: string,
    rows: readonly StagedRow[],
    unchanged: readonly UnchangedRecord[],
    cursor: LedgerCursor | undefined,
  ): Promise<void>;
  /** Linked persons of whom a record holds one of these match keys, as it was agreed on. */
  linkedUnder(keys: readonly Buffer[]): Promise<readonly PersonId[]>;
  /** Takes what was agreed of records for unsettled: whatever a read shows of them is a change. A preview does not. */
  unsettle(end: string, remoteIds: readonly string[]): Promise<void>;
  /** Which of these records were last agreed in exactly this version. */
  knownVersions(
    end: string,
    versions: readonly { readonly id: string; readonly modifiedAt: string }[],
  ): Promise<ReadonlySet<string>>;
  /** A page of subjects that have something staged with status `new` (or quarantined and due). */
  subjects(ends: readonly [string, string], after: string | undefined, limit: number, now: string): Promise<readonly Subject[]>;
  countLinked(): Promise<number>;
  /** Linked persons in order of their id, with both agreed rows. */
  linked(
    after: PersonId | undefined,
    limit: number,
  ): Promise<readonly { readonly person: PersonId; readonly agreed: Readonly<Record<string, AgreedRow>> }[]>;
  settle(
    run: string,
    settlements: readonly Settlement[],
    journal: readonly JournalEntry[],
    intents: readonly number[],
  ): Promise<void>;
  /** Those of these records of an object that this link or another one created. */
  createdBySyncline(integration: string, object: string, remoteIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** Notes records that are gone, forgets what waits for them, and ends the connection of what is left of their persons. */
  unlink(
    run: string,
    persons: readonly {
      readonly person: PersonId;
      readonly gone: readonly MatchEnd[];
      /** What the person goes by instead, where a record was merged or converted. */
      readonly became?: readonly { readonly integration: string; readonly object: string; readonly remoteId: string }[];
    }[],
    journal: readonly JournalEntry[],
  ): Promise<void>;
  /** Persons that this link knows, or once knew, by the id of one of their records or by their match key. */
  findPersons(key: PersonKey): Promise<readonly FoundPerson[]>;
  /** What is agreed and staged of these persons, and what is staged under this key of nobody in particular. */
  recordsOfPersons(persons: readonly PersonId[], key: PersonKey): Promise<readonly PersonRecord[]>;
  /** Everything that was written for a person, newest first. */
  history(person: PersonId): Promise<readonly HistoryEntry[]>;
  /**
   * Persons who left the link at an end. What was agreed is kept, and what waits for them is held, so that
   * nothing is missing when they return. `listed` is what the listings show of their records now.
   */
  leave(
    run: string,
    persons: readonly {
      readonly person: PersonId;
      readonly end: string;
      readonly listed: readonly { readonly end: string; readonly bits: number }[];
    }[],
    journal: readonly JournalEntry[],
  ): Promise<void>;
  /**
   * What a run wrote to records that follow `after` in the order of end and id: everything that concerns
   * the next `limit` of them, record by record, the oldest first.
   */
  writtenBy(
    run: string,
    after: { readonly end: string; readonly remoteId: string } | undefined,
    limit: number,
  ): Promise<readonly HistoryEntry[]>;
  hold(
    rows: readonly { readonly end: string; readonly remoteId: string; readonly status: StagedStatus; readonly reason: string }[],
  ): Promise<void>;
  /**
   * Forgets what was agreed on for fields that are not among these any more, so that a field that is
   * taken up again later is met as if for the first time.
   */
  keepFields(tags: readonly string[]): Promise<void>;
  /** Everything staged that waits for a person, for another record or for a retry. */
  waiting(): Promise<readonly StagedRow[]>;
  /** When values were last compared anew; `undefined` where they never were. */
  valuesRefreshed(): Promise<string | undefined>;
  noteValuesRefreshed(at: string): Promise<void>;
  /** What an apply began for this link and did not finish; `undefined` where there is nothing. */
  unfinishedApply(): Promise<UnfinishedApply | undefined>;
  /** Noted before an apply changes anything, and taken back when the link's cycle has ended, with the plan that was owed. */
  noteUnfinishedApply(note: UnfinishedApply | undefined): Promise<void>;
  /** The plan under whose ceiling the next cycle of the link runs, whichever command runs it. */
  owedPlan(): Promise<OwedPlan | undefined>;
  noteOwedPlan(note: OwedPlan | undefined): Promise<void>;
  /** How many sets of changes were allowed to pass a guard so far. */
  guardPasses(): Promise<number>;
  /** Notes that one was: what allowed it allows nothing more. */
  noteGuardPass(): Promise<void>;
  /** Takes a mark off the specification of the cursors that carry it: what was read under it is good from now on. */
  confirmRead(mark: string): Promise<void>;
  /** Forgets every record that is staged at an end, also what waits: a full read is about to find it again. */
  clearStaged(end: string): Promise<void>;
}

export interface RunSummary {
  readonly id: string;
  readonly command: string;
  readonly startedAt: string;
  readonly endedAt: string | undefined;
  readonly outcome: string | undefined;
  readonly summary: string | undefined;
  /** What the journal has of it; what was forgotten since is not counted any more. */
  readonly writes: readonly RunWrites[];
}

/** Kept encrypted, whole. */
export interface SignOnRecord {
  /** `user@host`. */
  readonly who: string;
  readonly at: string;
  readonly accessToken: string;
  readonly refreshToken: string;
}

export interface Ledger extends LedgerTransfer {
  /** Its current key is the one by which this ledger was written, whichever comes first in the ring it was opened with. */
  readonly keys: KeyRing;
  /** The ring by which a link's hashes were made: a key rotation leaves those stand whose values nobody knows. */
  keysOf(address: string): KeyRing;
  link(address: string): LinkLedger;
  campaignImport(address: string): CampaignImportLedger;
  /**
   * Gives the ledger another key, whole or not at all. The ledger is closed after that and opened anew.
   * @throws SynclineError STORAGE_KEY_MISSING, STORAGE_DECRYPTION_FAILED, KEY_ROTATION_UNSETTLED where calls wait for an answer
   */
  rotateKey(rotation: KeyRotation): Promise<RotatedKey>;
  /** `undefined` for a ledger that was never written. */
  lineage(): Promise<string | undefined>;
  /** Binds a ledger that belongs to no state yet. */
  bind(lineage: string): Promise<void>;
  /** The highest serial of the state that a run with this ledger has seen; 0 before the first. */
  seenSerial(): Promise<number>;
  noteSerial(serial: number): Promise<void>;
  /** Notes that the state is about to give a link another address. */
  beginMove(from: string, to: string): Promise<void>;
  /** Moves a link as noted where the state has done so, and forgets the note in any case. */
  settleMove(isApplied: (address: string) => boolean): Promise<void>;
  /** Forgets all that is kept for a link: persons, agreed values, cursors, what waits. The journal and the opt-outs stay. */
  forgetLink(address: string): Promise<void>;
  /**
   * Claims the ledger for the run that holds this lock: from now on each write is refused with
   * STORAGE_LOCK_LOST once a later lock has claimed it.
   */
  claim(lock: Pick<Lock, 'id' | 'info' | 'assertHeld'>): Promise<void>;
  /** Who signed on to an integration's web application, and with what. */
  signOns(integration: string): Promise<readonly SignOnRecord[]>;
  noteSignOn(integration: string, record: SignOnRecord): Promise<void>;
  startRun(id: string, command: string, at: string): Promise<void>;
  endRun(id: string, at: string, outcome: string, summary: string): Promise<void>;
  /** Calls that runs of a day (`YYYY-MM-DD`) sent to an integration. */
  callsOfDay(integration: string, day: string): Promise<number>;
  addCalls(integration: string, day: string, calls: number): Promise<void>;
  /** How many rows campaign imports keep of addresses, by the suppression list's names for them. */
  importedRows(addresses: readonly Buffer[]): Promise<number>;
  /** Erases people from every table: what was agreed, staged, intended, journalled, quarantined and referenced. */
  erase(erasure: Erasure): Promise<void>;
  /** Runs whose ids begin like this, at most two: one that is meant, or more than one. */
  findRuns(idPrefix: string): Promise<readonly RunSummary[]>;
  /** The newest first. */
  runs(limit: number): Promise<readonly RunSummary[]>;
  close(): Promise<void>;
}
