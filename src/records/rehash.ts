/**
 * Makes the hashes of a link anew under another key, from the values that the ledger keeps. Pure.
 *
 * Only a hash that the former key proves is replaced. One of a value that is not known any more (a field
 * that waits for somebody keeps what was agreed before) is left: it equals no value under the new key
 * either, so the field goes on counting as changed.
 */
import type { CompiledMapping, EndName } from '../mapping/mapping.ts';
import type { FieldValues } from '../model/value.ts';
import type { HashedRows, JournalledValues, Rehash } from '../storage/key-rotation.ts';
import type { KeyRing } from '../storage/keys.ts';
import type { Swing } from '../storage/conflicts.ts';
import type { AgreedRow, StagedRow } from '../storage/ledger.ts';
import { UNSETTLED, type ElementHashes, type MatchKeys } from '../storage/person.ts';
import type { Fingerprint, Fingerprints } from './fingerprint.ts';
import { swingHash } from './flapping.ts';
import { conflictHash } from './parked.ts';

export interface Hashing {
  readonly keys: KeyRing;
  readonly fingerprints: Fingerprints;
}

/** @param from what made the hashes that stand, and `to` what makes the new ones, both of one mapping */
export function rehashing(mapping: CompiledMapping, from: Hashing, to: Hashing): Rehash {
  return (rows, journalled) => {
    const known = knownValues(rows, journalled);
    if (rows.agreed.some((row) => isUnproven(row, from.fingerprints.of(row.end, row.values!)))) return undefined;
    return {
      agreed: rows.agreed.map((row) => agreedAnew(mapping, from, to, row, known)),
      staged: rows.staged.map((row) => stagedAnew(from, to, row)),
      parked: rows.parked.map((conflict) => ({ ...conflict, hash: conflictAnew(mapping, from, to, conflict, rows) })),
      swings: rows.swings.flatMap((swing) => swingAnew(from, to, swing, known)),
    };
  };
}

/** Values that the record of an end is known to have held, the present ones first. */
type KnownValues = (end: EndName) => readonly FieldValues[];

function knownValues(rows: HashedRows, journalled: () => readonly JournalledValues[]): KnownValues {
  let written: readonly JournalledValues[] | undefined;
  return (end) => {
    written ??= journalled();
    const present = [...rows.agreed, ...rows.staged].filter((row) => row.end === end).map((row) => row.values!);
    const latest: FieldValues = present[0] ?? {};
    return [...present, ...written.filter((one) => one.end === end).map(({ values }) => ({ ...latest, ...values }))];
  };
}

/** A row whose fields were all agreed, and that its own values do not give: they would be hashed otherwise than by a cycle. */
function isUnproven(row: AgreedRow, before: Fingerprint): boolean {
  if (row.state !== 'linked' || row.recordHash.equals(UNSETTLED) || row.recordHash.equals(before.record)) return false;
  return [...row.fields].some(([tag, hash]) => before.fields.get(tag)?.equals(hash) !== true);
}

function agreedAnew(mapping: CompiledMapping, from: Hashing, to: Hashing, row: AgreedRow, known: KnownValues): AgreedRow {
  const before = from.fingerprints.of(row.end, row.values!);
  const after = to.fingerprints.of(row.end, row.values!);
  const fields = [...row.fields].map(([tag, hash]): [string, Buffer] => {
    if (before.fields.get(tag)?.equals(hash) === true) return [tag, after.fields.get(tag)!];
    const held = known(row.end).find((values) => from.fingerprints.of(row.end, values).fields.get(tag)?.equals(hash));
    return [tag, held === undefined ? hash : to.fingerprints.of(row.end, held).fields.get(tag)!];
  });
  return {
    ...row,
    matchKeys: matchKeysAnew(row.matchKeys, before, after),
    recordHash: before.record.equals(row.recordHash) ? after.record : UNSETTLED,
    fields: new Map(fields),
    elements: elementsAnew(mapping, from, to, row, known),
  };
}

function elementsAnew(
  mapping: CompiledMapping,
  from: Hashing,
  to: Hashing,
  { end, elements }: AgreedRow,
  known: KnownValues,
): ElementHashes {
  if ([...elements.values()].every((hashes) => hashes.length === 0)) return elements;
  const anew = new Map<string, Buffer>();
  for (const { id, read } of mapping.fields) {
    if ((elements.get(from.fingerprints.tag(id)) ?? []).length === 0) continue;
    // An element that is gone from this end may be known of the other one only.
    const texts = mapping.ends.flatMap((name) => known(name).flatMap((values) => read[name]!.flatMap((path) => values[path])));
    for (const text of new Set(texts)) {
      if (typeof text === 'string')
        anew.set(from.fingerprints.element(end, id, text).toString('hex'), to.fingerprints.element(end, id, text));
    }
  }
  return new Map([...elements].map(([tag, hashes]) => [tag, hashes.map((hash) => anew.get(hash.toString('hex')) ?? hash)]));
}

function stagedAnew(from: Hashing, to: Hashing, row: StagedRow): StagedRow {
  const before = from.fingerprints.of(row.end, row.values);
  const after = to.fingerprints.of(row.end, row.values);
  return {
    ...row,
    matchKeys: matchKeysAnew(row.matchKeys, before, after),
    recordHash: before.record.equals(row.recordHash) ? after.record : row.recordHash,
  };
}

function matchKeysAnew(keys: MatchKeys, before: Fingerprint, after: Fingerprint): MatchKeys {
  return keys.map((key, rank) =>
    key !== undefined && before.matchKeys[rank]?.equals(key) === true ? after.matchKeys[rank] : key,
  );
}

/** A conflict whose values are not the present ones any more keeps its hash: a decision on it is void in any case. */
function conflictAnew(
  mapping: CompiledMapping,
  from: Hashing,
  to: Hashing,
  { person, field, hash }: HashedRows['parked'][number],
  rows: HashedRows,
): Buffer {
  const id = mapping.fields.find((one) => from.fingerprints.tag(one.id) === field)?.id;
  if (id === undefined) return hash;
  for (const sources of [rows.agreed, [...rows.agreed, ...rows.staged]]) {
    const sides = Object.fromEntries(sources.map((row) => [row.end, { values: row.values! }]));
    if (mapping.ends.some((end) => sides[end] === undefined)) continue;
    if (conflictHash(from, mapping.ends, person, id, sides).equals(hash))
      return conflictHash(to, mapping.ends, person, id, sides);
  }
  return hash;
}

/** What was written is in the journal. Where it is not, the swing begins anew. */
function swingAnew(from: Hashing, to: Hashing, swing: Swing, known: KnownValues): readonly Swing[] {
  const { person, end, field } = swing;
  const values = known(end).flatMap((record) => Object.values(record));
  const anew = (hash: Buffer | undefined): Buffer | undefined => {
    if (hash === undefined) return undefined;
    const value = values.find((one) => swingHash(from.keys, person, end, field, one).equals(hash));
    return value === undefined ? undefined : swingHash(to.keys, person, end, field, value);
  };
  const latest = anew(swing.latest);
  return latest === undefined ? [] : [{ ...swing, latest, former: anew(swing.former) }];
}
