/**
 * The contract of a provider: code that speaks to one vendor.
 *
 * A provider reads pages, writes batches and describes what its vendor can do. It knows no other
 * provider, no storage, no plan and no mapping. Capabilities are data: the engine asks and never
 * switches on a vendor's name. Each vendor folder holds the same files: `provider.ts` (what is
 * exported), `connection.ts` (authentication, check, account), `fields.ts` (what is known of fields),
 * `stream.ts` (reading), `writer.ts` (writing), `resources.ts` (provisioning).
 *
 * Laws that every provider keeps:
 * - Every request is answered by exactly one outcome, in the order of the requests.
 *   A row that is missing in the vendor's answer is `unknown`, never `applied`.
 * - A read that ends normally was complete. A page that cannot be read throws.
 * - Writing the same create request twice never makes two records, where the vendor has any key for it.
 * - Only the fields given are written, none besides.
 * - Cursors come from the vendor's clock and never pass a record that was not returned.
 */
import type { Diagnostic } from '../model/diagnostics/diagnostic.ts';
import type { FieldDescription, FieldValue, FieldValues, RemoteRecord } from '../model/value.ts';
import type { Secret } from '../model/secret.ts';
import type { Clock } from '../model/time.ts';
import type { HttpSettings } from '../http/settings.ts';
import type { CampaignDestination, CampaignRoles, CampaignSource } from './campaigns.ts';
import type { SignOn, SignOnOptions } from './sign-on.ts';

export interface Provider {
  /** The word of the YAML's `provider`, and the first part of its resource types. */
  readonly name: string;
  /** The vendor's name as people write it. */
  readonly label: string;
  /** What is known of objects and their fields without asking the vendor, for `validate`. */
  readonly catalog: ProviderCatalog;
  readonly resourceTypes: Readonly<Record<string, ResourceType>>;
  /** Absent where the vendor has nothing to do with campaigns. */
  readonly campaigns?: CampaignRoles;
  connect(options: ConnectOptions): Connection;
  /** Signing on to the vendor's web application, by a person in a browser; absent where there is none. */
  signOn?(options: SignOnOptions): SignOn;
}

export interface ProviderCatalog {
  /** Objects that a link may name, in the vendor's canonical spelling. */
  readonly objects: readonly string[];
  /**
   * A field that every account has, `'account'` where only the account can tell (custom fields,
   * lists, tags), or `undefined` where there can be no such field.
   */
  field(object: string, path: string): FieldDescription | 'account' | undefined;
  /** The field that tells when a record was created, where the vendor has one that can be read. */
  createdPath?(object: string): string | undefined;
  /** Known paths of an object, for "did you mean". */
  paths(object: string): readonly string[];
  /** How mappings speak of lists that the records of an object are members of; `undefined` where there are none. */
  memberships?(object: string): MembershipTraits | undefined;
}

/** Named lists of people, as the paths of their records spell them. */
export interface MembershipTraits {
  /** `list`: the vendor's own rules say who is a member. `book`: who is put into it. */
  readonly role: 'list' | 'book';
  /** The field that holds the e-mail address. */
  readonly email: string;
  /** The fields of a person's first, last and full name; those that there are not are computed elsewhere. */
  readonly names: { readonly first: string; readonly last: string; readonly full?: string };
  /** The boolean that tells who is a member of a list. */
  member(name: string): string;
  /** The list that a path speaks of, and whether it tells who is a member; `undefined` for any other path. */
  listOf(path: string): { readonly name: string; readonly isMembership: boolean } | undefined;
  /** The consent to the mail of one list alone. */
  consent(name: string): string;
  /** The consent that stands above all lists, where the vendor keeps one. */
  readonly accountConsent?: string;
  /** The path of a field by the name that people know it under. */
  field(name: string): string;
  /** Lists that every account has and nobody may link. */
  isBuiltIn(name: string): boolean;
}

/** Plain settings of an `Integration`, its secrets resolved. */
export interface ConnectOptions {
  readonly integration: string;
  /** Base address, without a slash at the end. */
  readonly endpoint: string;
  /** The `authentication` block as validated by the schema, every secret resolved. */
  readonly authentication: Readonly<Record<string, string | Secret>>;
  readonly clock: Clock;
  /** A number in [0, 1), for jitter. */
  readonly random: () => number;
  readonly http: HttpSettings;
  /** At most this many calls may be sent; the next one throws PROVIDER_DAILY_LIMIT. */
  readonly callBudget?: number;
  /**
   * Asked before each call that may change something is sent; throws where the right to write was lost.
   * What it throws ends the operation: no outcome stands for it.
   */
  readonly beforeWrite?: () => Promise<void>;
  readonly signal?: AbortSignal;
}

export interface Connection {
  /**
   * The account's own id, as the vendor tells it; compared with the one that the stack declares.
   * @param known what it was before: its label need not be asked for again where the id is the same
   */
  account(known?: { readonly id: string; readonly label: string }): Promise<{ readonly id: string; readonly label: string }>;
  /** Tries credentials and permissions; writes nothing. An empty list means that all is well. */
  check(): Promise<readonly CheckFinding[]>;
  /**
   * Asks the vendor for fields of an object. Paths that the account does not have are listed as missing.
   * An answer of the last minutes that has all of them, with nothing provisioned since, serves again.
   */
  describe(object: string, paths: readonly string[]): Promise<ObjectDescription>;
  /**
   * Why paths are missing, of those of which the vendor tells: there is no such field, or these credentials may not see
   * it. Absent where no vendor's answer tells the two apart.
   */
  absences?(object: string, missing: readonly string[]): Promise<ReadonlyMap<string, 'gone' | 'hidden'>>;
  /**
   * Reads and writes the records of one object, restricted to these fields.
   * @param options.externalId a unique field of ours by which creates are sent as upserts
   */
  records(object: ObjectDescription, options?: { readonly externalId?: string }): RecordClient;
  /** Reads and writes provisioned objects of one resource type. */
  resources(type: string): ResourceClient;
  /** Where campaigns are read from; absent where the vendor's role has no source. */
  campaignSource?(): CampaignSource;
  /** Where campaigns and activities on records of this object are recorded. */
  campaignDestination?(object: string): CampaignDestination;
  /** Calls sent by this connection so far, and what the vendor says of its daily limit, where it has one. */
  usage(): CallUsage;
  close(): Promise<void>;
}

export interface CheckFinding {
  /** A note is nothing that anybody need do something about. */
  readonly severity: 'error' | 'warning' | 'note';
  readonly what: string;
  readonly hint: string;
}

export interface CallUsage {
  readonly calls: number;
  readonly dailyUsed?: number;
  readonly dailyLimit?: number;
}

export interface ObjectDescription {
  readonly object: string;
  readonly fields: readonly FieldDescription[];
  /** Paths asked for that this account does not have (or hides from these credentials). */
  readonly missing: readonly string[];
}

// --- records ---------------------------------------------------------------------------------

/** An opaque position in a stream. Only the provider that made it reads it. */
export type Cursor = string & { readonly __cursor: unique symbol };

/** A field whose value can move although nothing of its record does. */
export interface Dependency {
  readonly path: string;
  /** Parent records whose changes move the value, and which the feed watches. */
  readonly watched: readonly string[];
  /** What else moves it, in words; only a read of everything shows that. */
  readonly unwatched: readonly string[];
}

export interface StreamTraits {
  /** `feed`: the vendor tells what changed. `scan`: every read lists everything. */
  readonly changes: 'feed' | 'scan';
  /** Whether deleted records show in the stream, or only by their absence from a complete listing. */
  readonly deletions: 'feed' | 'sweep';
  /**
   * Fields whose changes do not move the record's stamp and which the stream therefore lists anew
   * on every read, complete, for one value: whoever was known with that value and is not in the
   * listing any more has changed and is read by id.
   */
  readonly listed: readonly { readonly path: string; readonly value: FieldValue }[];
  /** Whether `modifiedAt` moves by edits of people alone, so that a policy may compare it. */
  readonly humanTime: boolean;
  /** Set where an id may name somebody else once the record that had it was deleted. */
  readonly idsReused?: boolean;
  /** Fields of the client that other things than their record move; absent where there are none. */
  readonly dependencies?: readonly Dependency[];
}

export interface Deletion {
  readonly id: string;
  readonly at?: string;
  /** The record that this one was merged into. */
  readonly mergedInto?: string;
}

/** A record that became another one, of another object: a lead that is a contact from now on. */
export interface Conversion {
  readonly id: string;
  readonly at?: string;
  readonly into: { readonly object: string; readonly id: string };
}

export interface ChangePage {
  /** Complete records: every field of the client, `null` where there is no value. */
  readonly records: readonly RemoteRecord[];
  /** Records of a `listed` field: only that path is present in `values`. */
  readonly listed?: readonly RemoteRecord[];
  readonly deletions: readonly Deletion[];
  /** Records that are not to be read or written any more, though they may still exist. */
  readonly conversions?: readonly Conversion[];
  /** Where the next read may begin once this page and all before it are stored. Set on the last page at least. */
  readonly cursor?: Cursor;
}

/** A record as it stood at one time, by the stamp that the vendor gave it then. */
export interface RecordVersion {
  readonly id: string;
  readonly modifiedAt: string;
}

/**
 * Tells which of these versions were read before, in full, and late enough that no other change can
 * share their stamp: ids whose details need not be read again.
 */
export type KnownVersions = (versions: readonly RecordVersion[]) => Promise<ReadonlySet<string>>;

export type JobHandle = string & { readonly __jobHandle: unique symbol };

export interface WriteRequest {
  readonly action: 'create' | 'update' | 'delete';
  /** The record's id; absent on create. */
  readonly id?: string;
  /** Our own unique value for the external id field, on create, where the client has one. */
  readonly externalId?: string;
  /** The fields to write, and only they. `null` clears. Consent fields carry a ConsentState. */
  readonly values: FieldValues;
  /** What the record held before, as far as it is known: lets a writer pick an endpoint keyed by e-mail. */
  readonly before?: FieldValues;
}

/** Requests in pages, from their beginning each time. They change no more before the first outcome is given. */
export type RequestPages = () => AsyncIterable<readonly WriteRequest[]>;

export type WriteOutcome =
  | {
      readonly status: 'applied';
      readonly id: string;
      /** False where an upsert found the record already there. */
      readonly created: boolean;
      /**
       * The written fields as the vendor now reports them. Where `readAt` is set, all other fields as
       * well, but for those that the stream lists anew on every read.
       */
      readonly record: RemoteRecord;
    }
  /** Refused, and nothing of it took effect. */
  | {
      readonly status: 'failed';
      readonly code: string;
      readonly message: string;
      readonly retryable: boolean;
      readonly fields?: readonly string[];
      /** Set where the vendor says that the record to be written does not exist any more. */
      readonly gone?: boolean;
      /** Set where the vendor says that another record already holds the key. */
      readonly duplicateOf?: string;
    }
  /** Sent, and nobody knows what became of it: it is looked up before anything is repeated. */
  | { readonly status: 'unknown'; readonly message: string }
  /** Handed to a job that goes on without us: the handle that `onJob` was told finds it again. */
  | { readonly status: 'pending'; readonly message: string };

export interface WriterTraits {
  /** The most requests that one `write` takes; the engine cuts batches to this size. */
  readonly maxBatchRecords: number;
  /** How many requests of one action one call takes: batches of a multiple of it waste no call. */
  readonly callRecords?: number;
  /** Whether a create needs one of these fields to have a value. */
  readonly requiredOnCreate: readonly string[];
  /** Whether a repeated create finds the record made before: by an external id, or by a key of the vendor. */
  readonly createIsUpsert: boolean;
  /** The field by which a create finds a record that is there already, and writes over it, whoever made it. */
  readonly overwritesBy?: string;
  /**
   * Set where a job may outlast a `write`, and what must not be written until it has ended: other
   * records of the object, or anything in the account.
   */
  readonly jobs?: {
    readonly blocks: 'object' | 'integration';
    /**
     * Set where nothing tells of a job whose handle was never received: that many requests at least go to one, and for so
     * long it may still take effect. Until then its records are looked for, and nothing is sent again.
     */
    readonly unanswered?: { readonly from: number; readonly forMs: number };
  };
}

export interface RecordClient {
  readonly object: ObjectDescription;
  readonly stream: StreamTraits;
  readonly writer: WriterTraits;
  /** The number of records that a full read lists. One call at most. */
  count(): Promise<number>;
  /**
   * Streams what changed since a cursor, or everything when there is none. Records may come more
   * than once and changes made while reading may be missing until the next read.
   * @param known with a cursor: versions that may be left out of the pages, where that saves calls
   * @param everything with a cursor: whether records that did not change are listed as well, for what moves without a
   *   change that the feed shows
   */
  read(since: Cursor | undefined, signal?: AbortSignal, known?: KnownVersions, everything?: boolean): AsyncIterable<ChangePage>;
  /** Complete records; ids that do not exist any more are left out. */
  readByIds(ids: readonly string[], signal?: AbortSignal): AsyncIterable<readonly RemoteRecord[]>;
  /** Complete records whose field holds one of these values, compared as the vendor compares. */
  readByKey(path: string, values: readonly string[], signal?: AbortSignal): AsyncIterable<readonly RemoteRecord[]>;
  /**
   * Sends one batch by the cheapest endpoint and reads back what the vendor made of it. A job is awaited
   * for minutes, not for hours: what has not ended by then is `pending`.
   * @param onJob called before an asynchronous job is awaited, so that the handle can be stored
   */
  write(
    requests: readonly WriteRequest[],
    onJob: (handle: JobHandle) => Promise<void>,
    signal?: AbortSignal,
  ): Promise<readonly WriteOutcome[]>;
  /** Set where more requests than a batch can go together, as a job. */
  readonly bulk?: BulkWriter;
  /**
   * Finds a job again, also in another process, and returns the outcomes of requests that it was made for, in
   * their order and cut anyhow. Writes nothing. `pending` while it runs; a job that can end no more is `unknown`.
   */
  resume(handle: JobHandle, requests: RequestPages, signal?: AbortSignal): AsyncIterable<readonly WriteOutcome[]>;
  /** What operations would cost, in calls, by the same rules by which they are carried out. */
  readonly price: {
    /** A read of `records` records: everything (`full`), or what changed. */
    read(records: number, full: boolean): number;
    readByIds(records: number): number;
    write(requests: readonly WriteShape[]): number;
  };
}

/** Writes more than can be held at once. */
export interface BulkWriter {
  /** The most requests that it takes together. */
  readonly mostRequests: number;
  /** Which of these it takes; the others go in batches. */
  takes(requests: readonly WriteRequest[]): Promise<readonly boolean[]>;
  /** As `write` does for a batch. Outcomes come in the order of the requests, cut anyhow. */
  write(
    requests: RequestPages,
    onJob: (handle: JobHandle) => Promise<void>,
    signal?: AbortSignal,
  ): AsyncIterable<readonly WriteOutcome[]>;
}

/** Requests that cost the same: how many, and what they write. */
export interface WriteShape {
  readonly action: 'create' | 'update' | 'delete';
  readonly count: number;
  readonly paths: readonly string[];
  /** Those of the paths at which the record holds no value yet (a flag that is off counts as none). */
  readonly fills?: readonly string[];
}

// --- resources -------------------------------------------------------------------------------

export interface ResourceType {
  readonly type: string;
  /** Attributes whose change needs a new object, and what that loses. */
  readonly replaceOn: readonly string[];
  /** What a replacement loses, in words, where it is refused unless the resource allows it. */
  readonly replaceLoses?: string;
  /** Attributes that the vendor computes: `(known after apply)` in a plan. */
  readonly computed: readonly string[];
  readonly sensitive: readonly string[];
  /** The attribute that says whether these credentials see what the object holds, where that can be taken from them. */
  readonly access?: string;
  readonly create: boolean;
  readonly update: boolean;
  readonly delete: boolean;
  /** Whether the object holds people's data, so that removing it loses them. */
  readonly holdsData: boolean;
  /** The natural key by which an object of this type is found, from the declared attributes. */
  key(attributes: ResourceAttributes): string;
  /** Fills in the vendor's defaults, so that the plan shows each value that will be sent. */
  normalize(attributes: ResourceAttributes): ResourceAttributes;
  /** Faults of the attributes that the schema cannot express; offline. */
  validate(attributes: ResourceAttributes): readonly Omit<Diagnostic, 'source'>[];
  /** The field that the object will provide to mappings once it exists. */
  field?(attributes: ResourceAttributes): ProvidedField | undefined;
  /** What a person does where Syncline cannot create the object (`mode: expected`). */
  steps(attributes: ResourceAttributes): readonly string[];
}

export interface ProvidedField {
  readonly object: string;
  readonly field: FieldDescription;
  /** Where one object provides several fields, the others, always in the same order. */
  readonly also?: readonly FieldDescription[];
}

export type ResourceAttributes = Readonly<Record<string, unknown>>;

export interface ResourceObject {
  readonly id: string;
  /** Every attribute of the type, declared and computed, as the vendor reports it. */
  readonly attributes: ResourceAttributes;
}

export interface ResourceClient {
  /** All objects of the type, each page in full. */
  list(): AsyncIterable<readonly ResourceObject[]>;
  /** Returns `undefined` when the object does not exist (any more). */
  read(id: string): Promise<ResourceObject | undefined>;
  /** Finds an object by its natural key, for adoption and to settle an interrupted create. */
  find(attributes: ResourceAttributes): Promise<ResourceObject | undefined>;
  create(attributes: ResourceAttributes): Promise<ResourceObject>;
  update(id: string, before: ResourceAttributes, after: ResourceAttributes): Promise<ResourceObject>;
  delete(id: string): Promise<void>;
}
