/**
 * Parked conflicts: fields that both ends changed and that wait for a person.
 *
 * A parked field keeps what was agreed on before, so that it goes on counting as changed at both ends.
 * It is parked under a hash of both values: a decision of a person holds for exactly the values that
 * were shown, and is void when one of them has moved.
 */
import type { CompiledField, EndName } from '../mapping/mapping.ts';
import { toInstant } from '../model/time.ts';
import type { ParkedConflict } from '../storage/conflicts.ts';
import type { Settlement, Subject } from '../storage/ledger.ts';
import type { FieldConflict } from './conflict.ts';
import { stageByIds } from './detect.ts';
import type { ActiveLink } from './link.ts';
import type { Side, WriteWork } from './work.ts';

/** Reads anew whom a person has decided about, and whose fields another policy or mapping decides by now. */
export async function stageDecided(link: ActiveLink): Promise<void> {
  const policies = new Map(link.mapping.fields.map((field) => [link.fingerprints.tag(field.id), policyOf(link, field)]));
  const parked = await link.ledger.parked();
  const due = parked.filter(({ field, policy, resolution }) => resolution !== undefined || policies.get(field) !== policy);
  for (const end of link.ends) {
    const ids = new Set(due.flatMap(({ remoteIds }) => remoteIds[end.name] ?? []));
    await stageByIds(link, end, [...ids]);
  }
}

/** What the record loop is told of a subject's parked conflicts. */
export function parkedOf(
  link: ActiveLink,
  subject: Pick<Subject, 'parked'>,
  sides: Readonly<Record<string, Side>>,
): { readonly parked: ReadonlySet<string>; readonly resolved: Readonly<Record<string, string>> } {
  const parked = new Set<string>();
  const resolved: Record<string, string> = {};
  for (const conflict of subject.parked) {
    const field = link.mapping.fields.find(({ id }) => link.fingerprints.tag(id) === conflict.field);
    if (field === undefined) continue;
    parked.add(field.id);
    if (conflict.resolution !== undefined && conflict.hash.equals(hashOf(link, conflict.person, field.id, sides)))
      resolved[field.id] = conflict.resolution.take;
  }
  return { parked, resolved };
}

export interface Parking {
  /** Everything of the person that waits from now on. */
  readonly parked: NonNullable<Settlement['parked']>;
  /** How many of them a person has not been asked about yet, or has to be asked about again. */
  readonly asked: number;
  /** How many decisions are void, since a value moved before they were carried out. */
  readonly voided: number;
}

/**
 * @param key by which people recognise the person
 * @param unsettled tags of fields that keep what was agreed on before: also decisions whose write was refused
 */
export function parkingOf(
  link: ActiveLink,
  item: WriteWork,
  key: string,
  sides: Readonly<Record<string, Side>>,
  unsettled: ReadonlySet<string>,
): Parking {
  const before = new Map(item.subject.parked.map((conflict) => [conflict.field, conflict]));
  const waiting = waitingConflicts(item).map((conflict) => parkedConflict(link, item, key, conflict, sides, before));
  const fields = new Set(waiting.map(({ field }) => field));
  const kept = item.subject.parked.filter(({ field }) => !fields.has(field) && unsettled.has(field));
  const voided = waiting.filter(({ field }) => before.get(field)?.resolution !== undefined).length;
  return { parked: [...waiting, ...kept], asked: waiting.filter(({ field }) => !before.has(field)).length + voided, voided };
}

/** Conflicts of a decision that are left to a person. */
export function waitingConflicts({ decision }: Pick<WriteWork, 'decision'>): readonly FieldConflict[] {
  return decision.conflicts.filter(({ winner }) => winner === undefined);
}

function parkedConflict(
  link: ActiveLink,
  item: WriteWork,
  key: string,
  conflict: FieldConflict,
  sides: Readonly<Record<string, Side>>,
  parked: ReadonlyMap<string, ParkedConflict>,
): NonNullable<Settlement['parked']>[number] {
  const tag = link.fingerprints.tag(conflict.fieldId);
  const before = parked.get(tag);
  const field = link.mapping.fields.find(({ id }) => id === conflict.fieldId)!;
  return {
    field: tag,
    name: conflict.name,
    hash: hashOf(link, item.person, conflict.fieldId, sides),
    policy: policyOf(link, field),
    since: before?.since ?? toInstant(link.clock.now()),
    resolution: undefined,
    voided: before?.resolution?.take ?? before?.voided,
    content: { key, values: link.retain === 'values' ? conflict.values : undefined },
  };
}

/** What decides over a field, as text: by another one it is decided anew. */
function policyOf(link: ActiveLink, field: CompiledField): string {
  return JSON.stringify(field.owner === undefined ? link.conflicts : { owner: field.owner });
}

function hashOf(link: ActiveLink, person: string, fieldId: string, sides: Readonly<Record<string, Side>>): Buffer {
  const ends = link.ends.map(({ name }) => name);
  return conflictHash(link, ends, person, fieldId, sides);
}

/** Names a conflict by the person, the field and the values of both ends. */
export function conflictHash(
  { keys, fingerprints }: Pick<ActiveLink, 'keys' | 'fingerprints'>,
  ends: readonly EndName[],
  person: string,
  fieldId: string,
  sides: Readonly<Record<EndName, Pick<Side, 'values'>>>,
): Buffer {
  const tag = fingerprints.tag(fieldId);
  const hashes = ends.map((end) => fingerprints.of(end, sides[end]!.values).fields.get(tag)!.toString('hex'));
  return keys.hash('conflict', person, fieldId, ...hashes);
}
