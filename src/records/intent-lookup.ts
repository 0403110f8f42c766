/** Looking up the records that open intents were about: by id, by the vendor's own answer, by an id of ours, by key. */
import { isBlank } from '../mapping/equality.ts';
import type { FieldValues, RemoteRecord } from '../model/value.ts';
import type { WriteOutcome } from '../providers/provider.ts';
import type { Intent } from '../storage/intents.ts';
import { completeValues } from './detect.ts';
import type { ActiveLink, LinkEnd } from './link.ts';
import { recordsById } from './records-by-id.ts';
import { isAsSent } from './version.ts';

/** A record that an intent was about, and whether the vendor itself said that the write took effect as it was meant. */
export interface Found {
  readonly record: RemoteRecord;
  readonly confirmed: boolean;
  /** Whether the vendor said that a create was written over this record, which was there before. */
  readonly met: boolean;
  /** What the vendor's answer showed, where the record was read later: in between, people may have edited it. */
  readonly answered?: FieldValues;
}

/** Paths at which a record holds what was sent, as its vendor spells it. */
export function landedPaths(end: LinkEnd, sent: FieldValues, now: FieldValues): readonly string[] {
  const types = new Map(end.client.object.fields.map(({ path, type }) => [path, type]));
  return Object.keys(sent).filter((path) => isAsSent(sent[path], now[path], types.get(path)));
}

/** Records of intents that can be told for certain: by id, by the vendor's own answer, by an id of ours. */
export async function findRecords(
  link: ActiveLink,
  end: LinkEnd,
  intents: readonly Intent[],
  outcomes: ReadonlyMap<Intent, WriteOutcome>,
): Promise<ReadonlyMap<Intent, Found>> {
  const found = new Map<Intent, Found>();
  const wanted = new Map<string, Omit<Found, 'record'> & { readonly intent: Intent }>();
  const metBy = Map.groupBy(intents, (intent) => metId(intent, outcomes));
  const updated = new Set(intents.map(({ remoteId }) => remoteId));
  for (const intent of intents) {
    const outcome = outcomes.get(intent);
    const applied = outcome?.status === 'applied' ? outcome : undefined;
    const id = metId(intent, outcomes);
    const met = id !== undefined;
    // Whose record it is that several wrote to, its keys tell.
    if (met && (metBy.get(id)!.length > 1 || updated.has(id))) continue;
    const answer = { confirmed: applied !== undefined && !met, met };
    if (applied !== undefined && isComplete(end, applied.record)) found.set(intent, { record: applied.record, ...answer });
    else if (applied !== undefined) wanted.set(applied.id, { intent, ...answer, answered: applied.record.values });
    // Of two updates the later counts: opt-outs are sent by themselves only once the vendor refused the whole.
    else if (intent.remoteId !== undefined) wanted.set(intent.remoteId, { intent, ...answer });
  }
  for (const [id, record] of await recordsById(link, end, [...wanted.keys()])) {
    const { intent, ...answer } = wanted.get(id)!;
    found.set(intent, { ...answer, record });
  }
  const ours = new Map(
    intents.flatMap((intent) => (intent.externalId === undefined || found.has(intent) ? [] : [[intent.externalId, intent]])),
  );
  if (end.externalId === undefined || ours.size === 0) return found;
  for await (const page of end.client.readByKey(end.externalId, [...ours.keys()], link.signal)) {
    for (const record of page) {
      const intent = ours.get(String(record.values[end.externalId]));
      // Nobody else knows the id, so whoever carries it was made by this very request.
      if (intent !== undefined) found.set(intent, { record, confirmed: true, met: false });
    }
  }
  return found;
}

/** The record that a create was written over, by the vendor's own answer. */
function metId(intent: Intent, outcomes: ReadonlyMap<Intent, WriteOutcome>): string | undefined {
  const outcome = outcomes.get(intent);
  return intent.action === 'create' && outcome?.status === 'applied' && !outcome.created ? outcome.id : undefined;
}

/** Whether an answer shows every field, so that nothing has to be read a second time. */
function isComplete(end: LinkEnd, record: RemoteRecord): boolean {
  return record.readAt !== undefined && end.client.stream.listed.length === 0;
}

/**
 * The record of a create that nothing names for certain: the one that holds the key which was sent, whatever
 * its source is called by now; among several, the only one that holds all the rest of it as well. As in matching,
 * the first key that anybody holds decides.
 *
 * @returns also others with such a key, where more than one may be meant: they are matched like any other
 */
export async function findByKey(
  link: ActiveLink,
  end: LinkEnd,
  creates: readonly Intent[],
): Promise<{ readonly found: ReadonlyMap<Intent, RemoteRecord>; readonly others: readonly string[] }> {
  const found = new Map<Intent, RemoteRecord>();
  const others = new Set<string>();
  let open = creates;
  for (const match of link.mapping.match) {
    const path = match.read[end.name]![0]!;
    const values = open.map((intent) => intent.values[path]).filter((value): value is string => typeof value === 'string');
    if (values.length === 0) continue;
    const holders = Map.groupBy(await recordsByKey(link, end, path, [...new Set(values)]), (record) =>
      match.key(end.name, completeValues(link, end, record.values)),
    );
    const sent = Map.groupBy(open, (intent) => match.key(end.name, intent.values));
    for (const [key, intents] of sent) {
      const records = key === undefined ? [] : (holders.get(key) ?? []);
      if (records.length === 0) continue;
      open = open.filter((intent) => !intents.includes(intent));
      const [intent, ...more] = intents;
      const alike = records.length === 1 ? records : records.filter((record) => holdsTheRest(link, end, intent!, record));
      const isTaken = [...found.values()].some(({ id }) => id === alike[0]?.id);
      if (alike.length === 1 && more.length === 0 && !isTaken) found.set(intent!, alike[0]!);
      else for (const { id } of records) others.add(id);
    }
  }
  return { found, others: [...others] };
}

/** Whether a record holds what was sent besides its keys, and it was anything at all. Consent may have moved since. */
function holdsTheRest(link: ActiveLink, end: LinkEnd, { values }: Intent, record: RemoteRecord): boolean {
  const { match, consent } = link.mapping;
  const told = new Set([...match.flatMap(({ read }) => read[end.name]!), ...consent.map(({ path }) => path[end.name])]);
  const rest = Object.entries(values).filter(([path, value]) => !told.has(path) && !isBlank(value));
  return rest.length > 0 && landedPaths(end, Object.fromEntries(rest), record.values).length === rest.length;
}

async function recordsByKey(
  link: ActiveLink,
  end: LinkEnd,
  path: string,
  values: readonly string[],
): Promise<readonly RemoteRecord[]> {
  const records = new Map<string, RemoteRecord>();
  for await (const page of end.client.readByKey(path, values, link.signal))
    for (const record of page) records.set(record.id, record);
  return [...records.values()];
}
