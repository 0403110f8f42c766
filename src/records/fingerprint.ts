import { createHash } from 'node:crypto';
import { isBlank, sortedSet } from '../mapping/equality.ts';
import type { CompiledConsent, CompiledMapping, EndName } from '../mapping/mapping.ts';
import type { FieldValue, FieldValues } from '../model/value.ts';
import type { ElementHashes, FieldHashes } from '../storage/ledger.ts';
import type { KeyRing } from '../storage/keys.ts';
import { consentField, isOptedOut } from './consent.ts';

/** Keyed hashes of a record's mapped fields, by which changes are told without keeping the values. */
export interface Fingerprint {
  /** By field tag; consent fields too. */
  readonly fields: FieldHashes;
  /** The elements of sets that are merged one by one. */
  readonly elements: ElementHashes;
  /** Over all fields and match keys: equal means that nothing mapped has changed. */
  readonly record: Buffer;
  /** The first match key, hashed alike at both ends; `undefined` where the record has none. */
  readonly matchKey: Buffer | undefined;
}

export interface Fingerprints {
  /** The short name under which the ledger keeps a field's hash. */
  tag(fieldId: string): string;
  /** The tags of all fields and consents of the mapping. */
  readonly tags: readonly string[];
  element(end: EndName, fieldId: string, element: string): Buffer;
  of(end: EndName, values: FieldValues): Fingerprint;
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
export function createFingerprints(mapping: CompiledMapping, keys: KeyRing): Fingerprints {
  const tags = new Map([...mapping.fields, ...mapping.consent.map(consentField)].map(({ id }) => [id, tagOf(id)]));
  if (new Set(tags.values()).size !== tags.size)
    throw new Error('Two fields share a tag. This is a bug in Syncline, please report it.');

  const sorted = [...tags].toSorted(([, one], [, other]) => (one < other ? -1 : 1));

  const sets = mapping.fields.filter((field) => field.set);
  const fieldsById = new Map(mapping.fields.map((field) => [field.id, field]));
  const consentById = new Map(mapping.consent.map((consent) => [consentField(consent).id, consent]));
  // Values belong to one record of one end and never change, so what is made of them is kept with them.
  const cache = new WeakMap<FieldValues, Fingerprint>();

  function textOf(end: EndName, id: string, values: FieldValues): string {
    const field = fieldsById.get(id);
    if (field !== undefined) return JSON.stringify(field.read[end]!.map((path) => asHashed(values[path])));
    return isOptedOut(consentById.get(id)!.state(end, values)) ? 'out' : 'in';
  }

  function matchKeyText(end: EndName, values: FieldValues): string | undefined {
    for (const [index, match] of mapping.match.entries()) {
      const key = match.key(end, values);
      if (key !== undefined) return `${index}:${key}`;
    }
    return undefined;
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
    mapping.ends.some((end) => addressPath[end] !== mapping.match[0]?.read[end]),
  );

  return {
    tags: sorted.map(([, tag]) => tag),
    element,
    tag(fieldId) {
      const tag = tags.get(fieldId);
      if (tag === undefined) throw new Error(`Unknown field ${fieldId}. This is a bug in Syncline, please report it.`);
      return tag;
    },
    of(end, values) {
      const known = cache.get(values);
      if (known !== undefined) return known;
      const keyText = matchKeyText(end, values);
      let fields: FieldHashes | undefined;
      let elements: ElementHashes | undefined;
      const fingerprint: Fingerprint = {
        record: keys.hash(
          'record',
          end,
          JSON.stringify([
            keyText ?? null,
            addressed.map((consent) => consent.address(end, values) ?? null),
            sorted.map(([id, tag]) => [tag, textOf(end, id, values)]),
          ]),
        ),
        matchKey: keyText === undefined ? undefined : keys.hash('match', keyText),
        // One hash a field costs more than all the rest, and unchanged records never need them. Nor are
        // the texts kept: thousands of records wait in memory for the call that they go out with.
        get fields() {
          fields ??= new Map(sorted.map(([id, tag]) => [tag, keys.hash('field', end, id, textOf(end, id, values))]));
          return fields;
        },
        get elements() {
          elements ??= elementsOf(end, values);
          return elements;
        },
      };
      cache.set(values, fingerprint);
      return fingerprint;
    },
    matchKeys(text) {
      const keyTexts = mapping.match.flatMap((match, index) =>
        mapping.ends.flatMap((end) => {
          const key = match.key(end, { [match.read[end]!]: text });
          return key === undefined ? [] : [`${index}:${key}`];
        }),
      );
      return [...new Set(keyTexts)].map((keyText) => keys.hash('match', keyText));
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
