/**
 * A compiled mapping: what the record loop asks of a `Mapping` document.
 *
 * Compiling resolves paths, transforms and expressions once; everything here is pure and works on
 * values that a provider has already translated. `compile.ts` makes it, `check.ts` judges it against
 * field descriptions.
 */
import type { ConsentState, FieldDescription, FieldValue, FieldValues } from '../model/value.ts';

/** The name that a mapping and a link give to one of their two ends: `sf`, `ac`. */
export type EndName = string;

export interface CompiledMapping {
  readonly name: string;
  readonly ends: readonly [EndName, EndName];
  readonly match: readonly CompiledMatch[];
  readonly fields: readonly CompiledField[];
  readonly consent: readonly CompiledConsent[];
  /** Every path that has to be read at an end, sorted, without duplicates: fields, match keys and consent. */
  readonly paths: Readonly<Record<EndName, readonly string[]>>;
}

export type Carried = { readonly value: FieldValue } | { readonly problem: string };

export interface CompiledField {
  /**
   * Identifies the field in the ledger. It changes when the meaning changes (paths, transform,
   * expression), so that values agreed under another meaning are never compared.
   */
  readonly id: string;
  /** How the field is named in plans and history: the path at the end that is written. */
  readonly name: string;
  /** Ends that this field may be written to: both, or one. */
  readonly targets: readonly EndName[];
  /** Written when a record is created and never afterwards. */
  readonly createOnly: boolean;
  /** The end that wins where both changed the field, whatever a link prefers. */
  readonly owner: EndName | undefined;
  /** Whether both ends hold a set, so that changes are merged element by element. Elements are carried over as they are. */
  readonly set: boolean;
  /** Paths whose raw values make up this field at an end. Empty where an end contributes nothing (constants). */
  readonly read: Readonly<Record<EndName, readonly string[]>>;
  /** The path that is written at an end; absent where the end is never written. */
  readonly write: Readonly<Record<EndName, string | undefined>>;
  /** The value to write at `to`, from the other end's values. Never throws. */
  carry(to: EndName, source: FieldValues): Carried;
  /** Whether the two ends already say the same, by the meaning of their types. */
  agrees(values: Readonly<Record<EndName, FieldValues>>): boolean;
  /** Whether an end holds no value for this field. */
  blank(end: EndName, values: FieldValues): boolean;
}

export interface CompiledMatch {
  /** Identifies the key in the ledger: another field or another normalisation is another key, another rank is not. */
  readonly id: string;
  /** The fields that make up the key at an end, in the same order at both. */
  readonly read: Readonly<Record<EndName, readonly string[]>>;
  /** The normalised key; `undefined` where one of its fields holds nothing, so that the record matches nobody by it. */
  key(end: EndName, values: FieldValues): string | undefined;
}

export interface CompiledConsent {
  readonly purpose: string;
  readonly channel: 'email';
  /** The field at each end; the account-wide purpose may have one at a single end. */
  readonly path: Readonly<Record<EndName, string>>;
  /** Ends to which consent flows: both, or one. */
  readonly targets: readonly EndName[];
  /** The end whose newer, explicit opt-in is believed. */
  readonly authority: EndName;
  state(end: EndName, values: FieldValues): ConsentState;
  /** Whether the end says so itself: a recorded subscription, or a flag that is set or cleared. */
  stated(end: EndName, values: FieldValues): boolean;
  /** The value that records a state at an end. */
  value(end: EndName, state: ConsentState): FieldValue;
  /** The field of each end that holds the address. */
  readonly addressPath: Readonly<Record<EndName, string>>;
  /** The normalised address that the consent is about; `undefined` where the record has none. */
  address(end: EndName, values: FieldValues): string | undefined;
}

/** Field descriptions by end and path, as far as they are known (offline, declared as resources, or asked for). */
export type KnownFields = Readonly<Record<EndName, ReadonlyMap<string, FieldDescription>>>;
