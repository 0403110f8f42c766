import { createHash } from 'node:crypto';
import { isBlank, sortedSet } from '../mapping/equality.ts';
import type { CompiledConsent, CompiledMapping, EndName } from '../mapping/mapping.ts';
import type { Scope } from '../mapping/scope.ts';
import type { FieldValue, FieldValues } from '../model/value.ts';
import type { ElementHashes, FieldHashes, MatchKeys } from '../storage/person.ts';
import type { KeyRing } from '../storage/keys.ts';
import { consentField, isOptedOut } from './consent.ts';

/** Keyed hashes of a record's mapped fields, by which changes are told without keeping the values. */
export interface Fingerprint {
  /** By field tag; consent fields too. */
  readonly fields: FieldHashes;
  /** The elements of sets that are merged one by one. */
  readonly elements: ElementHashes;
  /** Over all fields that are tracked and match keys: equal means that nothing mapped has changed that counts by itself. */
  readonly record: Buffer;
  /** The match keys, hashed alike at both ends. */
  readonly matchKeys: MatchKeys;
}

export interface Fingerprints {
  /** The short name under which the ledger keeps a field's hash. */
  tag(fieldId: string): string;
  /** The tags of all fields and consents of the mapping. */
  readonly tags: readonly string[];
  element(end: EndName, fieldId: string, element: string): Buffer;
  of(end: EndName, values: FieldValues): Fingerprint;
  /** Fields of which a value may move at an end without a change of its record: it is carried along with others, or by a refresh. */
  readonly untracked: ReadonlySet<string>;
  /** Match keys that a text may stand for, hashed as those of records are. */
  matchKeys(text: string): readonly Buffer[];
  /** The suppression list's name for the address that a consent is about; `undefined` where the record has none. */
  address(consent: CompiledConsent, end: EndName, values: FieldValues): Buffer | undefined;
}

/**
 * Makes the fingerprints of one mapping.
 *
 * Values are hashed as each end reports them, so that a vendor that trims or lowers a value does
 * not look changed for ever. Consent is reduced to "opted out or not": a vendor's bulk listing
 * often cannot tell `unknown` from `subscribed`, and that is no change.
 */
export function createFingerprints(
  mapping: CompiledMapping,
  keys: KeyRing,
  scopes: Readonly<Record<EndName, Scope>> = {},
  untrackedPaths: Readonly<Record<EndName, ReadonlySet<string>>> = {},
): Fingerprints {
  const tags = new Map([...mapping.fields, ...mapping.consent.map(consentField)].map(({ id }) => [id, tagOf(id)]));
  if (new Set(tags.values()).size !== tags.size)
    throw new Error('Two fields share a tag. This is a bug in Syncline, please report it.');

  const sorted = [...tags].toSorted(([, one], [, other]) => (one < other ? -1 : 1));

  const trackedPaths = (end: EndName, read: readonly string[]): readonly string[] =>
    read.filter((path) => untrackedPaths[end]?.has(path) !== true);

  /** What counts of a field when its record is compared as a whole; `undefined` where nothing of it does. */
  function trackedText(end: EndName, id: string, values: FieldValues): string | undefined {
    const read = fieldsById.get(id)?.read[end] ?? [];
    const tracked = trackedPaths(end, read);
    if (tracked.length === read.length) return textOf(end, id, values);
    return tracked.length === 0 ? undefined : JSON.stringify(tracked.map((path) => asHashed(values[path])));
  }

  const sets = mapping.fields.filter((field) => field.set);
  const fieldsById = new Map(mapping.fields.map((field) => [field.id, field]));
  const consentById = new Map(mapping.consent.map((consent) => [consentField(consent).id, consent]));
  const cache = recentlyMade();

  function textOf(end: EndName, id: string, values: FieldValues): string {
    const field = fieldsById.get(id);
    if (field !== undefined) return JSON.stringify(field.read[end]!.map((path) => asHashed(values[path])));
    return isOptedOut(consentById.get(id)!.state(end, values)) ? 'out' : 'in';
  }

  function element(end: EndName, fieldId: string, text: string): Buffer {
    return keys.hash('element', end, fieldId, text);
  }

  function elementsOf(end: EndName, values: FieldValues): ElementHashes {
    return new Map(
      sets.map(({ id, read }) => {
        const value = values[read[end]![0]!];
        return [tags.get(id)!, Array.isArray(value) ? sortedSet(value).map((text) => element(end, id, text)) : []];
      }),
    );
  }

  // Whoever takes over an address is looked at anew. Most often it is the match key, which is hashed in any case.
  const addressed = mapping.consent.filter(({ addressPath }) =>
    mapping.ends.some((end) => !mapping.match.some(({ read }) => read[end]!.length === 1 && read[end]![0] === addressPath[end])),
  );

  return {
    tags: sorted.map(([, tag]) => tag),
    untracked: new Set(
      mapping.fields
        .filter(({ read }) => mapping.ends.some((end) => trackedPaths(end, read[end]!).length < read[end]!.length))
        .map(({ id }) => id),
    ),
    element,
    tag(fieldId) {
      const tag = tags.get(fieldId);
      if (tag === undefined) throw new Error(`Unknown field ${fieldId}. This is a bug in Syncline, please report it.`);
      return tag;
    },
    of(end, values) {
      const known = cache.find(values);
      if (known !== undefined) return known;
      const matchKeys = mapping.match.map((match) => {
        const key = match.key(end, values);
        return key === undefined ? undefined : keys.hash('match', match.id, key);
      });
      let fields: FieldHashes | undefined;
      let elements: ElementHashes | undefined;
      const fingerprint: Fingerprint = {
        record: keys.hash(
          'record',
          end,
          JSON.stringify([
            matchKeys.map((key) => key?.toString('hex') ?? null),
            addressed.map((consent) => consent.address(end, values) ?? null),
            sorted.flatMap(([id, tag]) => {
              const text = trackedText(end, id, values);
              return text === undefined ? [] : [[tag, text]];
            }),
            // Entering and leaving are changes, whatever the fields of the mapping hold.
            ...(scopes[end]?.conditional === true ? [String(scopes[end].admits(values))] : []),
          ]),
        ),
        matchKeys,
        // One hash a field costs more than all the rest, and unchanged records never need them.
        get fields() {
          fields ??= new Map(sorted.map(([id, tag]) => [tag, keys.hash('field', end, id, textOf(end, id, values))]));
          return fields;
        },
        get elements() {
          elements ??= elementsOf(end, values);
          return elements;
        },
      };
      cache.keep(values, fingerprint);
      return fingerprint;
    },
    matchKeys(text) {
      const found = mapping.match.flatMap((match) =>
        mapping.ends.flatMap((end) => {
          const [path, ...more] = match.read[end]!;
          const key = more.length === 0 ? match.key(end, { [path!]: text }) : undefined;
          return key === undefined ? [] : [keys.hash('match', match.id, key)];
        }),
      );
      return found.filter((key, index) => found.findIndex((other) => other.equals(key)) === index);
    },
    address(consent, end, values) {
      const address = consent.address(end, values);
      return address === undefined ? undefined : keys.keyHash('suppression', address);
    },
  };
}

/** A field that has just been made reads `false` or blank where it was read as missing before: nobody edited that. */
function asHashed(value: FieldValue | undefined): FieldValue {
  return isBlank(value) || value === false ? null : value!;
}

function tagOf(fieldId: string): string {
  return createHash('sha256').update(fieldId).digest('hex').slice(0, 8);
}

/** As many as a page of subjects has records, twice. */
const MOST_RECENT = 2_000;

/**
 * Values belong to one record of one end and never change, so what is made of them can be kept. But not
 * for as long as the values: thousands of records wait in memory for the call that they go out with, and
 * their hashes take more of it than they do.
 */
function recentlyMade(): {
  find(values: FieldValues): Fingerprint | undefined;
  keep(values: FieldValues, fingerprint: Fingerprint): void;
} {
  let recent = new Map<FieldValues, Fingerprint>();
  let before = new Map<FieldValues, Fingerprint>();
  return {
    find: (values) => recent.get(values) ?? before.get(values),
    keep(values, fingerprint) {
      if (recent.size >= MOST_RECENT / 2) [before, recent] = [recent, new Map()];
      recent.set(values, fingerprint);
    },
  };
}
