import { createHash } from 'node:crypto';
import type { CompiledMapping, EndName } from '../mapping/mapping.ts';
import type { ConsentState, FieldValues } from '../model/value.ts';
import type { FieldHashes } from '../storage/ledger.ts';
import type { KeyRing } from '../storage/keys.ts';

/** Keyed hashes of a record's mapped fields, by which changes are told without keeping the values. */
export interface Fingerprint {
  /** By field tag; consent fields too. */
  readonly fields: FieldHashes;
  /** Over all fields and match keys: equal means that nothing mapped has changed. */
  readonly record: Buffer;
  /** The first match key, hashed alike at both ends; `undefined` where the record has none. */
  readonly matchKey: Buffer | undefined;
}

export interface Fingerprints {
  /** The short name under which the ledger keeps a field's hash. */
  tag(fieldId: string): string;
  of(end: EndName, values: FieldValues): Fingerprint;
  /** The suppression list's name for the address of a record; `undefined` where it has none. */
  address(end: EndName, values: FieldValues): Buffer | undefined;
}

export function isOptedOut(state: ConsentState): boolean {
  return state !== 'subscribed' && state !== 'unknown';
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
  if (new Set(tags.values()).size !== tags.size) throw new Error('Two fields share a tag. This is a bug in Syncline, please report it.');

  const sortedTags = [...tags.values()].sort();

  function matchKeyText(end: EndName, values: FieldValues): string | undefined {
    for (const [index, match] of mapping.match.entries()) {
      const key = match.key(end, values);
      if (key !== undefined) return `${index}:${key}`;
    }
    return undefined;
  }

  return {
    tag(fieldId) {
      const tag = tags.get(fieldId);
      if (tag === undefined) throw new Error(`Unknown field ${fieldId}. This is a bug in Syncline, please report it.`);
      return tag;
    },
    of(end, values) {
      const fields = new Map<string, Buffer>();
      for (const field of mapping.fields) {
        const raw = field.read[end]!.map((path) => values[path] ?? null);
        fields.set(tags.get(field.id)!, keys.hash('field', end, field.id, JSON.stringify(raw)));
      }
      for (const consent of mapping.consent) {
        const { id } = consentField(consent);
        fields.set(tags.get(id)!, keys.hash('field', end, id, isOptedOut(consent.state(end, values)) ? 'out' : 'in'));
      }
      const keyText = matchKeyText(end, values);
      const matchKey = keyText === undefined ? undefined : keys.hash('match', keyText);
      const record = createHash('sha256');
      for (const tag of sortedTags) record.update(tag).update(fields.get(tag)!);
      if (matchKey !== undefined) record.update(matchKey);
      return { fields, record: record.digest().subarray(0, 8), matchKey };
    },
    address(end, values) {
      const key = mapping.match[0]?.key(end, values);
      return key === undefined ? undefined : keys.keyHash('suppression', key);
    },
  };
}

/** Consent is reconciled by rules of its own, under an id of its own. */
export function consentField(consent: { readonly purpose: string; readonly channel: string }): { readonly id: string } {
  return { id: `consent:${consent.channel}:${consent.purpose}` };
}

function tagOf(fieldId: string): string {
  return createHash('sha256').update(fieldId).digest('hex').slice(0, 8);
}
