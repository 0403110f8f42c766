/**
 * The `spec` of a `Mapping` document, as the schema lets it through.
 *
 * Entries name their paths under the names of the ends, so the keys of an entry are known only
 * together with `between`. Whatever a schema cannot say about that is judged by `compile.ts`.
 */
import type { EndName } from './mapping.ts';

export interface MappingSpecification {
  /** End name to `provider/object`: `{ sf: 'salesforce/Contact' }`. Exactly two. */
  readonly between: Readonly<Record<EndName, string>>;
  readonly match: readonly MatchSpecification[];
  readonly fields: readonly FieldSpecification[];
  readonly consent?: readonly ConsentSpecification[];
}

export interface MatchSpecification {
  /** How the values of every field of the key are made comparable: `exact` unless given. */
  readonly normalize?: string;
  /** The same for each field of the key by itself, in their order. */
  readonly normalizeEach?: readonly string[];
  /** A path under each end's name, or several that make up the key together. */
  readonly [end: EndName]: unknown;
}

export interface FieldSpecification {
  /** `both`, `to-<end>` or `off`. */
  readonly flow: string;
  /** A named transform. */
  readonly as?: string;
  /** The value to write at an end where the other end is blank. It is not carried back. */
  readonly whenBlank?: Readonly<Record<EndName, unknown>>;
  /** A document says `true` or nothing. An end instead, where another link owns the field there. */
  readonly createOnly?: boolean | EndName;
  /** The end whose change wins, before any policy of a link. */
  readonly owner?: EndName;
  /** A CEL expression over the fields of the end that the value flows from. */
  readonly value?: string;
  /** A path under each end's name; for a computed field only at the end that is written. */
  readonly [end: EndName]: unknown;
}

export interface ConsentSpecification {
  readonly purpose: string;
  readonly channel: string;
  readonly authority: EndName;
  /** `both` (the default), or `to-<end>`. */
  readonly flow?: string;
  /** For ordinary booleans: which value means that the person opted out. */
  readonly optedOutWhen?: Readonly<Record<EndName, unknown>>;
  /** The field of each end that holds the address; by default the first match key that is compared as e-mail. */
  readonly address?: Readonly<Record<EndName, unknown>>;
  readonly [end: EndName]: unknown;
}

/** A place inside the specification: `['fields', 3, 'as']`. */
export type SpecificationPath = readonly (string | number)[];

const FIELD_KEYS = ['flow', 'as', 'whenBlank', 'createOnly', 'owner', 'value'] as const;
const MATCH_KEYS = ['normalize', 'normalizeEach'] as const;
const CONSENT_KEYS = ['purpose', 'channel', 'authority', 'flow', 'optedOutWhen', 'address'] as const;

/** Words that mean something else in an entry, and therefore cannot name an end. */
export const RESERVED_END_NAMES: ReadonlySet<string> = new Set([...FIELD_KEYS, ...MATCH_KEYS, ...CONSENT_KEYS, 'both', 'off']);

const KEYS = { match: MATCH_KEYS, fields: FIELD_KEYS, consent: CONSENT_KEYS } as const;

/** The path that an entry names at an end. */
export function pathAt(entry: Readonly<Record<string, unknown>>, end: EndName): string | undefined {
  const path = Object.hasOwn(entry, end) ? entry[end] : undefined;
  return typeof path === 'string' && path !== '' ? path : undefined;
}

/** The paths that a match key names at an end, one or several; `undefined` where it names none. */
export function pathsAt(entry: Readonly<Record<string, unknown>>, end: EndName): readonly string[] | undefined {
  const named = Object.hasOwn(entry, end) ? entry[end] : undefined;
  const paths: readonly unknown[] = Array.isArray(named) ? named : [named];
  return paths.length > 0 && paths.every((path) => typeof path === 'string' && path !== '') ? (paths as string[]) : undefined;
}

/** Keys of an entry that are neither settings nor names of ends. */
export function foreignKeys(list: keyof typeof KEYS, entry: object, ends: readonly EndName[]): string[] {
  return Object.keys(entry).filter((key) => !ends.includes(key) && !(KEYS[list] as readonly string[]).includes(key));
}

/** The ends that a flow writes to; `undefined` where the flow names no end of the mapping. */
export function flowTargets(flow: string, ends: readonly [EndName, EndName]): readonly EndName[] | undefined {
  if (flow === 'both') return ends;
  if (flow === 'off') return [];
  const end = flow.startsWith('to-') ? flow.slice(3) : undefined;
  return end !== undefined && ends.includes(end) ? [end] : undefined;
}
