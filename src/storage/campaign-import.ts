/**
 * What the ledger keeps of one campaign import: campaigns with the ids that they got, activities that were
 * recorded or wait, the people of the lists, and the addresses that the destination knows.
 *
 * Activities are appended and never changed: a key, made of what the source names them by, tells that one was
 * recorded before, for ever. Addresses are keyed hashes of the suppression list's kind; everything else that tells
 * of a person is encrypted.
 */
import type { CampaignTotals } from '../model/campaign.ts';

export interface ImportedCampaign {
  /** Of the source's campaign, or of the merge that it went into. */
  readonly id: string;
  readonly name: string;
  /** By which the destination finds it. */
  readonly key: string;
  /** The source's campaigns by id, several where they were merged, each as it was last read. */
  readonly sources: Readonly<Record<string, { readonly name: string; readonly summary: CampaignTotals }>>;
  /** The description that the destination holds as far as is known. */
  readonly described?: string;
  /** Its id at the destination, once it is there. */
  readonly remoteId: string | undefined;
  /** Set where it was there before: then activities may be there as well, and are looked up before any is recorded. */
  readonly adopted?: boolean;
}

/** Which runs wrote a campaign, and how its activities stand. */
export interface CampaignTrace {
  readonly id: string;
  readonly createdBy: string | undefined;
  readonly describedBy: string | undefined;
  /** `waiting` includes those that were sent and not answered; `kept` are of kinds that the destination has no place for. */
  readonly activities: Readonly<Record<'recorded' | 'waiting' | 'refused' | 'kept', number>>;
}

export interface ImportedActivity {
  readonly key: Buffer;
  /** Of an `ImportedCampaign`. */
  readonly campaign: string;
  readonly address: Buffer;
  readonly kind: string;
  readonly at: string;
  readonly details: string;
}

/** An activity whose person the destination knows. */
export interface RecordableActivity extends ImportedActivity {
  readonly record: string;
}

export interface ImportedPerson {
  readonly id: string;
  readonly address: Buffer;
  readonly email: string;
}

/** A record of the destination, with every address that it has. */
export interface AddressedRecord {
  readonly remoteId: string;
  readonly addresses: readonly Buffer[];
}

export interface ImportCounts {
  /** Activities that wait and whose person the destination knows, by campaign. */
  readonly recordable: Readonly<Record<string, number>>;
  /** Activities that wait since the destination does not know the person, or knows several by the address. */
  readonly unknown: number;
  readonly ambiguous: number;
  /** Activities of kinds that the destination has no place for. */
  readonly kept: number;
  /** Activities that the destination refused. */
  readonly refused: number;
  /** Records that are to be unsubscribed from the list. */
  readonly optOuts: number;
  readonly people: number;
  /** People of the lists whom the destination does not know. */
  readonly peopleUnknown: number;
}

export interface CampaignImportLedger {
  /**
   * Goes on under a specification. Under another one than before, everything is read anew, and what waits and was
   * never sent is forgotten.
   */
  begin(specification: string): Promise<void>;
  cursor(name: string): Promise<string | undefined>;
  moveCursor(name: string, position: string): Promise<void>;
  campaigns(): Promise<readonly ImportedCampaign[]>;
  traces(): Promise<readonly CampaignTrace[]>;
  /** @param run the run that created or described it at the destination, where one did */
  putCampaign(
    campaign: ImportedCampaign,
    written?: { readonly run: string; readonly action: 'create' | 'update' },
  ): Promise<void>;
  /**
   * Adds those that are not known yet.
   * @param state whether they wait to be recorded, or are of a kind that the destination has no place for
   * @returns how many they are
   */
  addActivities(activities: readonly ImportedActivity[], state: 'waiting' | 'kept'): Promise<number>;
  putPeople(people: readonly ImportedPerson[]): Promise<void>;
  putRecords(records: readonly AddressedRecord[]): Promise<void>;
  /** Ids of other records that have an address in common with these. */
  sharers(remoteIds: readonly string[]): Promise<readonly string[]>;
  /** @param scope who left the account counts where they were in a list or were written to */
  addOptOuts(addresses: readonly Buffer[], scope: 'list' | 'account'): Promise<void>;
  counts(): Promise<ImportCounts>;
  /** Activities of a campaign that can be recorded, in the order of their keys. */
  recordable(campaign: string, after: Buffer | undefined, limit: number): Promise<readonly RecordableActivity[]>;
  /** Notes before a call leaves what it is about to record. */
  send(batch: string, run: string, activities: readonly RecordableActivity[]): Promise<void>;
  /** Batches of which nobody knows whether they were recorded, by campaign. */
  openBatches(): Promise<readonly { readonly campaign: string; readonly activities: readonly RecordableActivity[] }[]>;
  /** Ids of those that are recorded; where there is none, the activity was not, and waits again. */
  settle(activities: readonly { readonly key: Buffer; readonly remoteId: string | undefined }[]): Promise<void>;
  /** Keeps what the destination refused apart, until it is settled as waiting again. */
  refuse(key: Buffer): Promise<void>;
  /** Records to unsubscribe from the list, in the order of their ids. */
  recordsToUnsubscribe(after: string | undefined, limit: number): Promise<readonly string[]>;
  /** @param run which unsubscribed them; absent where they were before */
  noteUnsubscribed(remoteIds: readonly string[], run: string | undefined): Promise<void>;
}
