/**
 * Detection: streams an end's changes since its cursor into the ledger.
 *
 * A record whose fingerprint is the agreed one is no change, which is also how our own writes are
 * recognised when they come back. Nothing beyond a page is in memory.
 */
import type { ChangePage, Cursor, KnownVersions } from '../providers/provider.ts';
import type { FieldValues, RemoteRecord } from '../model/value.ts';
import type { AgreedRow, LedgerCursor, MovedRecord, StagedRow, UnchangedRecord } from '../storage/ledger.ts';
import type { MatchKeys, PersonId } from '../storage/person.ts';
import { UNSETTLED } from '../storage/person.ts';
import { withoutErased } from './erasure.ts';
import type { Fingerprint } from './fingerprint.ts';
import { readsEverything } from './following.ts';
import type { ActiveLink, LinkEnd } from './link.ts';
import { rememberOptOuts } from './seen-opt-outs.ts';
import { provenVersion } from './version.ts';

export interface Detection {
  /** Records that the end listed, and how many of them differ from what was agreed. */
  readonly read: number;
  readonly changed: number;
  readonly deleted: number;
  /** Whether the end was read from the start. */
  readonly full: boolean;
}

/** Whether an end has to be read in full: it never was, or by another specification, or a field of the link was made anew. */
export async function needsFullRead(link: ActiveLink, end: LinkEnd): Promise<boolean> {
  return (await usableCursor(link, end)) === undefined;
}

async function usableCursor(link: ActiveLink, end: LinkEnd): Promise<Cursor | undefined> {
  const cursor = await link.ledger.cursor(end.name);
  const usable = cursor !== undefined && cursor.specification === link.readSpecification && link.renewed.size === 0;
  return usable ? (cursor.position as Cursor) : undefined;
}

/**
 * Reads what changed at one end and stages it. The cursor moves in the transaction of the page that proves it.
 *
 * @param refresh whether everything is read, and compared field by field, tracked or not
 * @param moved what a sweep has staged; what the changes show is taken out, whether it is read for it or known already
 */
export async function detect(
  link: ActiveLink,
  end: LinkEnd,
  refresh = false,
  moved: Map<string, unknown> = new Map(),
): Promise<Detection> {
  const since = await usableCursor(link, end);
  const full = since === undefined;
  // What an earlier read staged may be gone by now, and a full read shows no deletions.
  if (full) await link.ledger.clearStaged(end.name);
  const listings = end.client.stream.listed.map(() => new Set<string>());
  let [read, changed, deleted] = [0, 0, 0];

  const known: KnownVersions = (versions) => {
    for (const { id } of versions) moved.delete(id);
    return link.ledger.knownVersions(end.name, versions);
  };
  const everything = !full && (refresh || (await readsEverything(end)));
  /** Whom a listing shows otherwise than they are known, and no page shows in full. */
  const unread = new Set<string>();
  for await (const page of end.client.read(since, link.signal, refresh ? undefined : known, everything)) {
    const deletions = await deletionsOf(link, end, page);
    for (const id of await changedInListing(link, end, page, listings)) unread.add(id);
    for (const { id } of [...page.records, ...page.deletions, ...(page.conversions ?? [])]) {
      moved.delete(id);
      unread.delete(id);
    }
    const cursor = page.cursor === undefined ? undefined : { position: page.cursor, specification: link.readSpecification };
    changed += await stageRecords(link, end, page.records, deletions, cursor, refresh);
    deleted += deletions.known.length;
    read += page.records.length;
    link.onProgress({ stage: 'detect', end: end.name, done: read });
  }
  for (const id of await leftListing(link, end, listings)) unread.add(id);
  for (const id of unread) moved.delete(id);
  changed += await stageByIds(link, end, [...unread]);
  return { read, changed, deleted, full };
}

/**
 * Those of these records that are not as they were last read, be it staged or agreed on, or of which that is not known. Who has
 * left the link is no news.
 */
export async function movedAmong(link: ActiveLink, end: LinkEnd, records: readonly RemoteRecord[]): Promise<readonly Moved[]> {
  const ids = records.map(({ id }) => id);
  const agreed = await link.ledger.agreedByRemoteId(end.name, ids);
  const staged = await link.ledger.stagedByRemoteId(end.name, ids);
  return records.flatMap((read): Moved[] => {
    const before = agreed.get(read.id);
    const known = staged.get(read.id) ?? before;
    if (known === undefined) return [{ read, listed: undefined, isOpen: false }];
    if ('state' in known ? known.state !== 'linked' : known.kind === 'deleted') return [];
    const fingerprint = link.fingerprints.of(end.name, completeValues(link, end, read.values));
    if (known.recordHash.equals(fingerprint.record)) return [];
    const isOpen = known.recordHash.equals(UNSETTLED);
    if (isOpen && before !== undefined && holdsAgreedFields(before, fingerprint)) return [];
    return [{ read, listed: known.listed, isOpen: isOpen || before?.recordHash.equals(fingerprint.record) === true }];
  });
}

/** A record that differs from what was known of it. */
export interface Moved {
  readonly read: RemoteRecord;
  /** Which listed values it was known with; `undefined` where nothing at all was known of it. */
  readonly listed: number | undefined;
  /** Whether it waited to be settled anyway, so that no read of changes has missed it. */
  readonly isOpen: boolean;
}

/**
 * Stages what a sweep found to have moved. What a listing shows is left to it to tell of, as if it had not been read.
 */
export async function stageMoved(link: ActiveLink, end: LinkEnd, moved: readonly Moved[]): Promise<void> {
  const listed = new Map(moved.flatMap(({ read, listed: before }) => (before === undefined ? [] : [[read.id, before]])));
  const reads = moved.map(({ read }) => read);
  await stageRecords(link, end, reads, NO_DELETIONS, undefined, false, listed);
}

/** Stages records that were read for another reason than a change: to recover, or to follow a listing. */
export async function stageByIds(link: ActiveLink, end: LinkEnd, ids: readonly string[]): Promise<number> {
  if (ids.length === 0) return 0;
  let staged = 0;
  for await (const records of end.client.readByIds(ids, link.signal)) staged += await stageRead(link, end, records);
  return staged;
}

/** Stages records as they were read just now. */
export function stageRead(link: ActiveLink, end: LinkEnd, records: readonly RemoteRecord[]): Promise<number> {
  return stageRecords(link, end, records, NO_DELETIONS, undefined);
}

/** Mapped fields that the account does not have yet (a plan creates them) hold no value. */
export function completeValues(link: ActiveLink, end: LinkEnd, values: FieldValues): FieldValues {
  const paths = link.mapping.paths[end.name]!;
  if (paths.every((path) => values[path] !== undefined)) return values;
  return Object.fromEntries(paths.map((path) => [path, values[path] ?? null]));
}

/** Which listed values a record holds, as the ledger's bits. */
export function listedBits(end: LinkEnd, record: Pick<RemoteRecord, 'values'>): number {
  return end.client.stream.listed.reduce(
    (bits, { path, value }, bit) => (record.values[path] === value ? bits | (1 << bit) : bits),
    0,
  );
}

interface Deletions {
  readonly known: readonly StagedRow[];
  /** Ids that the link never linked: what was staged of them is forgotten. */
  readonly unknown: readonly string[];
}

const NO_DELETIONS: Deletions = { known: [], unknown: [] };
const NOBODY: ReadonlySet<string> = new Set();

async function stageRecords(
  link: ActiveLink,
  end: LinkEnd,
  records: readonly RemoteRecord[],
  deletions: Deletions,
  cursor: LedgerCursor | undefined,
  thorough = false,
  listed: ReadonlyMap<string, number> = new Map(),
): Promise<number> {
  const agreed = await link.ledger.agreedByRemoteId(
    end.name,
    records.map((record) => record.id),
  );
  const rows: StagedRow[] = [...deletions.known];
  /** Whose partner is gone: what they are now is of interest for their opt-outs only. */
  const unlinked: StagedRow[] = [];
  const unchanged: UnchangedRecord[] = deletions.unknown.map((remoteId) => ({ remoteId }));
  const tombstones = end.client.stream.idsReused === true ? await tombstonesOf(link, end, deletions) : NOBODY;
  for (const record of records) {
    const values = completeValues(link, end, record.values);
    const fingerprint = link.fingerprints.of(end.name, values);
    const before = agreed.get(record.id);
    const another = before !== undefined && end.client.stream.idsReused === true && !shareKey(before, fingerprint.matchKeys);
    // Somebody else has the id of a record whose end is not settled yet: read again once it is.
    if (another && before.state !== 'gone' && tombstones.has(record.id)) continue;
    const isAgreed =
      before?.state === 'linked' &&
      before.recordHash.equals(fingerprint.record) &&
      (!thorough || holdsAgreedFields(before, fingerprint));
    if (isAgreed) {
      unchanged.push({ remoteId: record.id, version: provenVersion(record) });
      continue;
    }
    if (before?.state === 'unlinked') {
      const row = stagedRow(link, end, record, before.person);
      if (!before.recordHash.equals(row.recordHash)) unlinked.push(row);
      unchanged.push({ remoteId: record.id, version: row.version, now: row });
      continue;
    }
    rows.push(stagedRow(link, end, record, another && before.state === 'gone' ? undefined : before?.person));
  }
  // Remembered before anything is decided on it, also of who is held or refused later.
  const concerned = await rememberOptOuts(link, end, [...rows, ...unlinked], agreed);
  const concernedHere = records.filter(({ id }) => concerned.has(id));
  rows.push(...concernedHere.map((record) => stagedRow(link, end, record, concerned.get(record.id))));
  await stageAsTheyAre(link, end, new Map([...concerned].filter(([id]) => !agreed.has(id))));
  const settled = unchanged.filter(({ remoteId }) => !concerned.has(remoteId));
  const staged = rows.map((row) => ({ ...row, listed: listed.get(row.remoteId) ?? row.listed }));
  await link.ledger.stage(end.name, await withoutErased(link, end, staged), settled, cursor);
  if (deletions.unknown.length > 0) await link.ledger.unidentify(end, deletions.unknown);
  return rows.length - deletions.known.length;
}

/**
 * Stages records whatever they hold, so that they are decided on.
 * @param persons by the ids of their records
 */
async function stageAsTheyAre(link: ActiveLink, end: LinkEnd, persons: ReadonlyMap<string, PersonId>): Promise<void> {
  if (persons.size === 0) return;
  for await (const records of end.client.readByIds([...persons.keys()], link.signal)) {
    const rows = records.map((record) => stagedRow(link, end, record, persons.get(record.id)));
    await link.ledger.stage(end.name, rows, [], undefined);
  }
}

function holdsAgreedFields(before: AgreedRow, { fields }: Fingerprint): boolean {
  return [...fields].every(([tag, hash]) => before.fields.get(tag)?.equals(hash) ?? true);
}

async function tombstonesOf(link: ActiveLink, end: LinkEnd, deletions: Deletions): Promise<ReadonlySet<string>> {
  const staged = await link.ledger.tombstones(end.name);
  return new Set([...staged, ...deletions.known].map((row) => row.remoteId));
}

/** Whether a record holds a key that it had when it was last agreed on. */
function shareKey(before: AgreedRow, now: MatchKeys): boolean {
  return before.matchKeys.some((key, rank) => key !== undefined && now[rank]?.equals(key) === true);
}

async function deletionsOf(link: ActiveLink, end: LinkEnd, page: ChangePage): Promise<Deletions> {
  const conversions = page.conversions ?? [];
  if (page.deletions.length + conversions.length === 0) return NO_DELETIONS;
  const moves = [
    ...page.deletions.map(({ id, at, mergedInto }): Move => {
      if (mergedInto === undefined) return { id, at, moved: undefined };
      return { id, at, moved: { how: 'merged', object: end.object, id: mergedInto } };
    }),
    ...conversions.map(({ id, at, into }): Move => ({ id, at, moved: { how: 'converted', ...into } })),
  ];
  const agreed = await link.ledger.agreedByRemoteId(
    end.name,
    moves.map(({ id }) => id),
  );
  const known: StagedRow[] = [];
  const unknown: string[] = [];
  for (const { id, at, moved } of moves) {
    const row = agreed.get(id);
    // Told late: the record was read since.
    if (row?.version !== undefined && at !== undefined && Date.parse(at) < Date.parse(row.version)) continue;
    const ignored = end.onDelete === 'ignore' && moved === undefined;
    if (row === undefined || row.state === 'gone') {
      // The way of a merge may lead over records that the link never knew.
      if (moved?.how === 'merged') known.push({ ...tombstone(end, id, undefined, at), moved });
      else unknown.push(id);
    } else if (!ignored) known.push({ ...tombstone(end, id, row.person, at), moved });
  }
  return { known, unknown };
}

/** The staged form of a record that was read in full. */
export function stagedRow(link: ActiveLink, end: LinkEnd, record: RemoteRecord, person: string | undefined): StagedRow {
  const values = completeValues(link, end, record.values);
  const fingerprint = link.fingerprints.of(end.name, values);
  return {
    end: end.name,
    remoteId: record.id,
    kind: 'record',
    person,
    matchKeys: fingerprint.matchKeys,
    recordHash: fingerprint.record,
    values,
    evidence: record.evidence ?? {},
    modifiedAt: record.modifiedAt,
    version: provenVersion(record),
    listed: listedBits(end, { values }),
    status: 'new',
    reason: undefined,
  };
}

interface Move {
  readonly id: string;
  readonly at: string | undefined;
  readonly moved: MovedRecord | undefined;
}

/** The staged form of "this record is gone". */
export function tombstone(end: LinkEnd, remoteId: string, person: string | undefined, at: string | undefined): StagedRow {
  return {
    end: end.name,
    remoteId,
    kind: 'deleted',
    person,
    matchKeys: [],
    recordHash: UNSETTLED,
    values: {},
    evidence: {},
    modifiedAt: at,
    listed: 0,
    status: 'new',
    reason: undefined,
  };
}

/** Records that a listing shows with a value that the ledger does not know of yet. */
async function changedInListing(
  link: ActiveLink,
  end: LinkEnd,
  page: ChangePage,
  listings: readonly Set<string>[],
): Promise<readonly string[]> {
  const listed = page.listed ?? [];
  if (listed.length === 0) return [];
  // What an earlier cycle staged and did not settle is what is known of a record. Who was outside of the
  // link when it was read may enter by the listing alone.
  const known = await link.ledger.knownListed(
    end.name,
    listed.map((record) => record.id),
  );
  return listed.flatMap((record) => {
    const bits = listedBits(end, record);
    for (const [bit, seen] of listings.entries()) if ((bits & (1 << bit)) !== 0) seen.add(record.id);
    const before = known.get(record.id);
    return before !== undefined && (bits & ~before) !== 0 ? [record.id] : [];
  });
}

/** Records that were known with a listed value and are not in the complete listing any more. */
async function leftListing(link: ActiveLink, end: LinkEnd, listings: readonly Set<string>[]): Promise<readonly string[]> {
  const left = new Set<string>();
  for (const [bit, seen] of listings.entries())
    for (const id of await link.ledger.listedButNotSeen(end.name, bit, seen)) left.add(id);
  return [...left];
}
