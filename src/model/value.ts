/**
 * Values as they travel between providers, mapping and the record loop.
 *
 * A provider translates its vendor's spelling into these types at its edge: the empty string
 * and every "no value" spelling become `null`, a flag becomes a boolean, a set becomes a sorted
 * array without duplicates, a date `YYYY-MM-DD`, an instant `YYYY-MM-DDTHH:mm:ss.sssZ`.
 */
export type FieldValue = null | boolean | number | string | readonly string[];

/** Values of one record by field path. A path that was not read is absent; one without a value is `null`. */
export type FieldValues = Readonly<Record<string, FieldValue>>;

export type FieldType =
  | 'id'
  | 'string'
  | 'text'
  | 'email'
  | 'phone'
  | 'url'
  | 'boolean'
  | 'integer'
  | 'decimal'
  | 'date'
  | 'datetime'
  | 'picklist'
  | 'set'
  | 'consent';

/**
 * A person's permission for one purpose, most restrictive first. `unknown` is no record of
 * either: it is never read as `subscribed`.
 */
export type ConsentState = 'erased' | 'complained' | 'unsubscribed' | 'unknown' | 'subscribed';

/** What is known of one field of one object of one integration. */
export interface FieldDescription {
  /** The path as the mapping writes it, in the vendor's canonical spelling. */
  readonly path: string;
  readonly label: string;
  readonly type: FieldType;
  /** Whether a value may be given when a record is created, and changed afterwards. */
  readonly createable: boolean;
  readonly updateable: boolean;
  /** Whether a record cannot be created without a value. */
  readonly required: boolean;
  /** Whether no two records may share a value. */
  readonly unique: boolean;
  /** The longest value the vendor stores, in UTF-16 code units; absent where there is none. */
  readonly maxLength?: number;
  /** Allowed values of a picklist or a set; absent where any value is stored. */
  readonly options?: readonly string[];
  /** For a boolean that records consent: which value means that the person opted out. */
  readonly optedOutWhen?: boolean;
  /** Consents of the same record without which the vendor does not take the value. */
  readonly heldBy?: readonly string[];
  /** Set where the value belongs to a parent record, whose changes do not move this record's own stamp. */
  readonly parent?: string;
  /** Set where the vendor computes the value from more than the record's own stored fields, or may. */
  readonly computed?: {
    /** How: whoever changes it changes the values of all records. */
    readonly definition: string;
    /** Parent records whose changes move the value, spelt like `parent`. */
    readonly parents: readonly string[];
    /** What else moves it and no stamp tells, in words: `the current date`. */
    readonly others: readonly string[];
  };
}

/** One record of one object, as its vendor now reports it. */
export interface RemoteRecord {
  readonly id: string;
  readonly values: FieldValues;
  /** When the vendor says that the record last changed, by the vendor's clock. */
  readonly modifiedAt?: string;
  /**
   * When all of the record was read, by the vendor's clock; the beginning of the read where it took
   * several calls. Absent where the time is not known, or a part of the record was not read.
   */
  readonly readAt?: string;
  /** Set where mail to the person comes back. That is deliverability, and says nothing about consent. */
  readonly undeliverable?: true;
  /** When the vendor recorded a consent value, by field path: the evidence for an opt-in. */
  readonly evidence?: Readonly<Record<string, string>>;
}
