import type { Address } from './address.ts';
import type { Diagnostic } from './diagnostics/diagnostic.ts';
import type { FieldValue } from './value.ts';

/**
 * A plan: what applying the configuration would do to resources and specifications, and what that
 * does to records. The JSON of `plan --json` is this value in the field's usual spelling
 * (`report/json.ts`); a saved plan is this value with its digest.
 */
export interface Plan {
  readonly synclineVersion: string;
  readonly timestamp: string;
  readonly configurationHash: string;
  readonly stack: string;
  readonly state: { readonly lineage: string; readonly serial: number };
  /** The addresses that were asked for by `--target`; absent where the plan is of everything. */
  readonly targets?: readonly Address[];
  /** Set where applying only takes the drift into the state, and changes no remote object. */
  readonly refreshOnly?: true;
  readonly resourceChanges: readonly ResourceChange[];
  readonly resourceDrift: readonly ResourceChange[];
  readonly links: readonly LinkPlan[];
  readonly diagnostics: readonly Diagnostic[];
  /** What became of each policy; absent where there is none. */
  readonly policies?: readonly PolicyResult[];
  readonly summary: PlanSummary;
}

export interface PolicyResult {
  readonly address: Address;
  /** A plan that breaks a mandatory policy cannot be applied. */
  readonly level: 'mandatory' | 'advisory';
  /** `unknown` where it judges records that were not read. */
  readonly result: 'passed' | 'failed' | 'unknown';
  /** What is wrong, in sentences; empty where it passed. */
  readonly message: string;
}

export interface PlanSummary {
  readonly add: number;
  readonly change: number;
  readonly replace: number;
  readonly destroy: number;
  readonly import: number;
  readonly forget: number;
}

export type Action = 'no-op' | 'create' | 'update' | 'delete' | 'replace' | 'read' | 'import' | 'forget';

/** A change of one resource or specification. Specifications have the provider `syncline`. */
export interface ResourceChange {
  readonly address: Address;
  readonly provider: string;
  readonly type: string;
  readonly action: Action;
  readonly before: Attributes | null;
  readonly after: Attributes | null;
  /** Attributes that only the vendor can tell once the change is applied. */
  readonly afterUnknown: readonly string[];
  readonly sensitive: readonly string[];
  /** Attributes whose change needs a new object. */
  readonly replacePaths: readonly string[];
  readonly reason: ActionReason | null;
  /** What a person has to do, for `mode: expected`. */
  readonly steps?: readonly string[];
  /** Addresses that have to be applied before this one. */
  readonly dependsOn: readonly Address[];
  readonly integration?: string;
  /** The remote id of what exists already. */
  readonly id?: string;
  /** The address under which it was applied, where a `Moved` document gives it another one. */
  readonly previousAddress?: Address;
  /** The labels of the document, where it has any. */
  readonly labels?: Readonly<Record<string, string>>;
}

/**
 * Whether applying the plan does anything. Objects that a person has to create and waiting edits do not count; a first
 * cycle that did not come to its end does, unless its link is paused.
 */
export function changesSomething(plan: Plan): boolean {
  if (plan.refreshOnly === true) return acceptedDrift(plan).length > 0;
  return plan.resourceChanges.some(isChange) || plan.links.some((link) => link.cause !== 'none' && !link.paused);
}

/** The drift that a refresh-only plan takes into the state. That a link is paused stands there already. */
export function acceptedDrift(plan: Plan): readonly ResourceChange[] {
  return plan.resourceDrift.filter(({ provider }) => provider !== 'syncline');
}

/** Whether a mandatory policy is broken, so that the plan cannot be applied. */
export function isRefused({ policies = [] }: Plan): boolean {
  return policies.some(({ level, result }) => level === 'mandatory' && result === 'failed');
}

/** Whether applying does something about it: objects that a person has to create do not count. */
export function isChange({ action, previousAddress }: ResourceChange): boolean {
  return (action !== 'no-op' && action !== 'read') || previousAddress !== undefined;
}

export type Attributes = Readonly<Record<string, unknown>>;

export type ActionReason =
  | 'not_in_state'
  | 'configuration_changed'
  | 'cannot_update'
  | 'gone_from_remote'
  | 'not_in_configuration'
  | 'adopted'
  | 'settings_changed'
  | 'removed'
  | 'destroy_requested'
  | 'interrupted'
  | 'expected'
  | 'changed_outside'
  | 'hidden_from_credentials';

/** Why records of a link are concerned by a plan. `none` leaves them to the next cycle. */
export type LinkCause = 'new' | 'mapping' | 'scope' | 'key' | 'none';

export interface LinkPlan {
  readonly address: Address;
  readonly generation: number;
  readonly cause: LinkCause;
  readonly ends: Readonly<Record<string, EndPlan>>;
  /** The most that applying this plan may change: checked again against what is found then. */
  readonly ceiling: Readonly<Record<string, EndCeiling>>;
  /** How persons are matched; absent where the plan changes nothing about it, and where records were left out. */
  readonly persons?: PersonCounts;
  /** A sample; `conflictCount` tells how many there are in all. */
  readonly conflicts: readonly RecordConflict[];
  readonly conflictCount?: number;
  /** Of all conflicts, those that are left to a person. */
  readonly undecidedCount?: number;
  /** Guards of the link that would refuse what this plan does to records. */
  readonly guards?: readonly GuardBreach[];
  /** What guards count, over all records: `creates`, `deletes`, `optIns` ... */
  readonly counts?: Readonly<Record<string, number>>;
  readonly skipped: readonly SkippedRecords[];
  /** Edits that wait for the next cycle whatever becomes of this plan, by the end that will be written. */
  readonly backlog: Readonly<Record<string, number>>;
  readonly calls: Readonly<Record<string, CallEstimate>>;
  /** How the ends are read, where that is more than what changed at them; absent where the records were left out. */
  readonly reading?: readonly ReadingNote[];
  /** A sample, dearest first; `recordCount` tells how many there are in all. */
  readonly records: readonly RecordChange[];
  readonly recordCount: number;
  /** Set where the records were not read: it would take too many `calls`, or is not possible before the apply (0). */
  readonly leftOut?: { readonly reason: string; readonly calls: number };
  readonly paused: boolean;
}

export interface PersonCounts {
  /** Persons who are linked already: by this link, or by an earlier one of its name. */
  readonly known: number;
  /** Persons whose two records find each other now. */
  readonly joined: number;
  /** Of the linked persons, those whose two records share no match key. They stay linked. */
  readonly apart: number;
  /** Records with several candidates, or with one that is linked. */
  readonly ambiguous: number;
}

export interface GuardBreach {
  readonly guard: string;
  readonly found: number;
  readonly limit: number;
}

export interface EndPlan {
  readonly integration: string;
  readonly object: string;
  readonly create: number;
  readonly update: number;
  readonly delete: number;
  readonly unchanged: number;
  /** In how many records each field is written, and in how many of them it is cleared. */
  readonly fields: Readonly<Record<string, FieldCount>>;
}

export interface FieldCount {
  readonly write: number;
  readonly clear: number;
}

export interface EndCeiling {
  readonly create: number;
  readonly update: number;
  readonly delete: number;
  /** How many records may have this field written, and how many of them cleared. */
  readonly fields: Readonly<Record<string, FieldCount>>;
}

export interface CallEstimate {
  /** Calls that applying sends for these records. */
  readonly planned: number;
  /** The fewest calls by which the vendor's interface lets the same be done. */
  readonly minimum: number;
  readonly dailyLimit: number | null;
  readonly dailyUsed: number | null;
}

export interface ReadingNote {
  readonly end: string;
  /** The field that is concerned; `null` where it is the end as a whole. */
  readonly path: string | null;
  /**
   * `no-feed`: the vendor tells no changes. `dependency`: the field moves by other things than its record. `rule`: who
   * enters is found out here, so that a complete read lists everybody.
   */
  readonly about: 'no-feed' | 'dependency' | 'rule';
  /** Parent records, or words such as `the current date`. */
  readonly movedBy: readonly string[];
  /** Whether it shows among the changes, or when everything is read for it. */
  readonly read: 'changes' | 'every-cycle' | 'sweep';
  /** What reading everything takes. */
  readonly calls?: number;
}

export interface RecordChange {
  /** The match key, as it stands at the end that decides. Personal data: masked when printed. */
  readonly key: string;
  readonly end: string;
  readonly action: 'create' | 'update' | 'delete';
  readonly fields: Readonly<Record<string, { readonly before: FieldValue; readonly after: FieldValue }>>;
  readonly reason: string;
}

export interface RecordConflict {
  readonly key: string;
  readonly field: string;
  readonly values: Readonly<Record<string, FieldValue>>;
  /** The end whose value is taken; `null` where a person has to decide. */
  readonly winner: string | null;
  readonly reason: string;
}

export interface SkippedRecords {
  readonly end: string;
  readonly reason: SkipReason;
  readonly count: number;
  /** A few keys, where the records have one. */
  readonly keys: readonly string[];
}

export type SkipReason =
  | 'no-match-key'
  | 'known-elsewhere'
  | 'ambiguous'
  | 'not-entered'
  | 'required-field-blank'
  | 'invalid-value'
  | 'quarantined'
  | 'conflict'
  | 'unlinked'
  | 'left'
  | 'flow-off'
  | 'opted-out'
  | 'own-opt-out'
  | 'edited'
  | 'not-created-by-syncline'
  | 'unknown-person'
  | 'no-place';
