/** Conflicts that wait for a person: what they are, and what a person has decided. */
import { resolve } from 'node:path';
import type { Address } from '../model/address.ts';
import type { Diagnostic } from '../model/diagnostics/diagnostic.ts';
import { toInstant } from '../model/time.ts';
import type { FieldValue, FieldValues } from '../model/value.ts';
import { nodeConfigurationFileSystem } from '../config/node-file-system.ts';
import { MAX_RESOLUTION_BYTES, readResolutions, type ResolutionEntry } from '../config/resolution-file.ts';
import { SynclineError } from '../model/errors.ts';
import { displayKey } from '../records/work.ts';
import type { HistoryEntry } from '../storage/journal.ts';
import type { ConflictResolution, ParkedConflict } from '../storage/conflicts.ts';
import { createStateWriter } from './state-writer.ts';
import type { StackPlace } from './applied-stack.ts';
import { ledgerLink, personsOf, type LedgerLink } from './known-person.ts';
import {
  chooseMatch,
  decidedPartners,
  goesBy,
  isAmbiguous,
  matchEnds,
  placesOf,
  type ChosenMatch,
  type RecordPlace,
} from './match-decision.ts';
import type { Runtime } from './runtime.ts';
import { knownLinks } from './sync.ts';
import { lockWorkspace, openLedger, openPreviewLedger, openWorkspace } from './workspace.ts';

export type WaitingConflict = FieldInConflict | AmbiguousMatch;

/** A field that both ends changed. */
export interface FieldInConflict {
  readonly kind: 'field';
  readonly link: Address;
  /** The match key, or `#` and the id of a record. Personal data: masked when printed. */
  readonly key: string;
  /** Names this field of this person with these two values, and nothing of it in clear. */
  readonly conflict: string;
  readonly field: string;
  /** By end. Absent where the link keeps hashes only. */
  readonly values: Readonly<Record<string, FieldValue>> | undefined;
  readonly since: string;
  /** A decision that the next cycle carries out. */
  readonly resolution: ConflictResolution | undefined;
  /** The end that was to be taken by a decision that a later edit made void. */
  readonly voided: string | undefined;
  /** What Syncline wrote to the field, the newest first. */
  readonly history: readonly FieldWrite[];
}

export interface FieldWrite {
  readonly at: string;
  readonly run: string;
  readonly end: string;
  readonly reason: string;
  /** Absent where the link keeps hashes only. */
  readonly values: { readonly before: FieldValue; readonly after: FieldValue } | undefined;
}

/** A record with several candidates for a partner, or with one that is linked already. */
export interface AmbiguousMatch extends CandidateRecord {
  readonly kind: 'match';
  readonly link: Address;
  /** The other records that share a key with it: at most `SHOWN_CANDIDATES`. */
  readonly candidates: readonly (CandidateRecord & { readonly linked: boolean })[];
  readonly hasMoreCandidates: boolean;
  /** Who is the same person, as somebody has decided; the next cycle links the two. */
  readonly partner: RecordPlace | undefined;
  /** By end, the fields whose values make the records alike. */
  readonly keyFields: Readonly<Record<string, readonly string[]>>;
}

export interface CandidateRecord extends RecordPlace {
  /** The match key, or `#` and the id of the record. Personal data: masked when printed. */
  readonly key: string;
  /** The mapped fields by path. Absent where the link keeps hashes only. */
  readonly values: FieldValues | undefined;
}

const SHOWN_CANDIDATES = 10;

/** Fields in conflict first, oldest first; then ambiguous matches. Writes nothing, asks no vendor. */
export async function listConflicts(
  runtime: Runtime,
  stack: StackPlace,
  addresses: readonly Address[],
): Promise<readonly WaitingConflict[]> {
  const workspace = await openWorkspace(runtime, stack);
  const { ledger } = await openPreviewLedger(workspace);
  try {
    const waiting: WaitingConflict[] = [];
    for (const source of knownLinks(workspace.state, addresses)) {
      const link = ledgerLink(ledger, source);
      for (const conflict of await link.ledger.parked()) waiting.push(await fieldInConflict(link, conflict));
      waiting.push(...(await ambiguousMatches(link)));
    }
    return waiting;
  } finally {
    await ledger.close();
  }
}

export type RecordedResolution = RecordedValue | RecordedMatch;

/** Two records that are one person. */
export interface RecordedMatch {
  readonly link: Address;
  /** Personal data: masked when printed. */
  readonly key: string;
  readonly records: readonly RecordPlace[];
}

/** The end whose value is taken. */
export interface RecordedValue {
  readonly link: Address;
  /** Personal data: masked when printed. */
  readonly key: string;
  readonly conflict: string;
  readonly field: string;
  readonly take: string;
}

export interface Resolving {
  /** Empty where anything is wrong: then nothing was recorded. */
  readonly recorded: readonly RecordedResolution[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * As `resolveConflicts`, from a file.
 * @param path relative to the working folder
 * @throws SynclineError RESOLUTION_FILE_UNREADABLE
 */
export async function resolveFromFile(runtime: Runtime, stack: StackPlace, path: string): Promise<Resolving> {
  const bytes = await nodeConfigurationFileSystem()
    .readFile(resolve(runtime.root, path), MAX_RESOLUTION_BYTES)
    .catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw new SynclineError('RESOLUTION_FILE_UNREADABLE', `${path} cannot be read: ${reason}`, {
        hint: 'Name a YAML file that begins with "resolutions:".',
      });
    });
  const { entries, diagnostics } = readResolutions(path, bytes);
  return diagnostics.length > 0 ? { recorded: [], diagnostics } : resolveConflicts(runtime, stack, entries);
}

/**
 * Records what a person decided; the next cycle carries it out, unless a value moves before. All of the
 * entries are recorded, or none.
 */
export async function resolveConflicts(
  runtime: Runtime,
  stack: StackPlace,
  entries: readonly ResolutionEntry[],
): Promise<Resolving> {
  const lock = await lockWorkspace(runtime, await openWorkspace(runtime, stack), 'conflicts resolve');
  try {
    const workspace = await openWorkspace(runtime, stack);
    const { ledger } = await openLedger(workspace, lock);
    try {
      const links = new Map(knownLinks(workspace.state, []).map((source) => [source.address, ledgerLink(ledger, source)]));
      const chosen: Chosen[] = [];
      const matches: ChosenMatch[] = [];
      const diagnostics: Diagnostic[] = [];
      for (const entry of entries) {
        const found = await choose(entry, links, chosen, matches);
        if ('detail' in found) diagnostics.push(found);
        else if ('records' in found) matches.push(found);
        else chosen.push(...found.chosen);
      }
      if (diagnostics.length > 0) return { recorded: [], diagnostics };
      const at = toInstant(runtime.clock.now());
      const writer = createStateWriter(runtime, workspace, lock);
      for (const [link, ofLink] of Map.groupBy(chosen, (each) => each.link)) {
        const decisions = ofLink.map(({ conflict, take }) => `${idOf(conflict)} ${take}`).join(', ');
        await writer.audit('conflicts_resolved', null, { link: link.source.address, decisions });
        await link.ledger.resolve(
          ofLink.map(({ conflict: { person, field, hash }, take }) => ({
            person,
            field,
            hash,
            resolution: { take, at, by: runtime.who },
          })),
        );
      }
      for (const { link, records } of matches) {
        const decisions = records.map(({ end, remoteId }) => `${end} #${remoteId}`).join(' = ');
        await writer.audit('conflicts_resolved', null, { link: link.source.address, decisions });
        await link.ledger.identify(runtime.newId(), placesOf(link, records));
      }
      return { recorded: [...chosen.map(recordedOf), ...matches.map(recordedMatch)], diagnostics: [] };
    } finally {
      await ledger.close();
    }
  } finally {
    await lock.release();
  }
}

interface Chosen {
  readonly link: LedgerLink;
  readonly conflict: ParkedConflict;
  readonly take: string;
}

async function choose(
  entry: ResolutionEntry,
  links: ReadonlyMap<Address, LedgerLink>,
  chosen: readonly Chosen[],
  matches: readonly ChosenMatch[],
): Promise<{ readonly chosen: readonly Chosen[] } | ChosenMatch | Diagnostic> {
  const link = links.get(entry.link);
  if (link === undefined)
    return wrong(entry, 'link', `No link ${entry.link} was applied.`, `Applied links: ${[...links.keys()].join(', ')}.`);
  const { take } = entry;
  if (take === undefined) {
    const match = await chooseMatch(link, { key: entry.key!, partner: entry.partner! }, matches);
    return 'records' in match ? match : wrong(entry, 'partner', match.detail, match.hint);
  }
  const { ends } = link.mapping;
  if (!ends.includes(take))
    return wrong(entry, 'take', `"${take.slice(0, 80)}" is no end of ${entry.link}.`, `Take ${ends.join(' or ')}.`);
  const found = await conflictsOf(entry, link);
  if ('detail' in found) return found;
  const decided = found.conflicts.find(({ hash }) =>
    chosen.some((other) => other.link === link && other.conflict.hash.equals(hash)),
  );
  if (decided !== undefined) {
    const detail = `${idOf(decided)} (${decided.name}) is decided by an earlier entry already.`;
    return wrong(entry, entry.conflict === undefined ? 'key' : 'conflict', detail, 'Keep one of the two.');
  }
  return { chosen: found.conflicts.map((conflict) => ({ link, conflict, take })) };
}

async function conflictsOf(
  entry: ResolutionEntry,
  link: LedgerLink,
): Promise<{ readonly conflicts: readonly ParkedConflict[] } | Diagnostic> {
  const parked = await link.ledger.parked();
  if (entry.conflict !== undefined) {
    const conflicts = parked.filter((conflict) => idOf(conflict) === entry.conflict);
    if (conflicts.length > 0) return { conflicts };
    const detail = `No conflict ${entry.conflict.slice(0, 80)} waits: it was decided or lifted, or one of its values has moved.`;
    return wrong(entry, 'conflict', detail, LIST_HINT);
  }
  const key = entry.key!;
  const persons = new Set((await personsOf(link, { key, end: undefined })).map(({ person }) => person));
  if (persons.size > 1)
    return wrong(entry, 'key', 'Several persons go by this key.', 'Name the conflict instead, as the listing does.');
  const ofPerson = parked.filter(({ person }) => persons.has(person));
  const conflicts = ofPerson.filter((conflict) => entry.field === undefined || namesOf(link, conflict).includes(entry.field));
  if (conflicts.length > 0) return { conflicts };
  if (ofPerson.length > 0) {
    const names = ofPerson.map(({ name }) => name).join(', ');
    return wrong(entry, 'field', 'No conflict of this field waits for this person.', `What waits: ${names}.`);
  }
  if ((await link.ledger.waiting()).some((row) => isAmbiguous(row) && goesBy(link, row, key))) {
    const detail = 'Several records go by this key, so that there are no two values to choose from.';
    const hint = `Name who is the same person with --partner ID in place of --take. See who they are:\n  syncline conflicts list ${entry.link}`;
    return wrong(entry, 'key', detail, hint);
  }
  return wrong(entry, 'key', 'No conflict waits for a person of this key.', LIST_HINT);
}

const LIST_HINT = 'List what waits:\n  syncline conflicts list';

function wrong(entry: ResolutionEntry, setting: string, detail: string, hint: string): Diagnostic {
  const source = entry.source?.(setting);
  const place = source === undefined ? {} : { source };
  return { severity: 'error', code: 'RESOLUTION_INVALID', address: entry.link, detail, hint, ...place };
}

function idOf({ hash }: Pick<ParkedConflict, 'hash'>): string {
  // A letter in front, so that YAML never takes the digits for a number.
  return `c${hash.toString('hex')}`;
}

function recordedMatch({ link, records: [first, second] }: ChosenMatch): RecordedResolution {
  const { address } = link.source;
  const key = displayKey(link, first.end, first.values, first.remoteId);
  return { link: address, key, records: [first, second].map(({ end, remoteId }) => ({ end, remoteId })) };
}

function recordedOf({ link, conflict, take }: Chosen): RecordedResolution {
  return { link: link.source.address, key: conflict.content.key, conflict: idOf(conflict), field: conflict.name, take };
}

/** How a field may be called: as plans name it, or by its path at either end. */
function namesOf(link: LedgerLink, conflict: ParkedConflict): readonly string[] {
  const field = link.mapping.fields.find(({ id }) => link.fingerprints.tag(id) === conflict.field);
  return [conflict.name, ...Object.values(field?.write ?? {}).filter((path) => path !== undefined)];
}

async function fieldInConflict(link: LedgerLink, conflict: ParkedConflict): Promise<FieldInConflict> {
  const field = link.mapping.fields.find(({ id }) => link.fingerprints.tag(id) === conflict.field);
  const history = await link.ledger.history(conflict.person);
  return {
    kind: 'field',
    link: link.source.address,
    key: conflict.content.key,
    conflict: idOf(conflict),
    field: conflict.name,
    values: conflict.content.values,
    since: conflict.since,
    resolution: conflict.resolution,
    voided: conflict.voided,
    history: history.flatMap((entry) => fieldWrite(entry, field?.write[entry.end]) ?? []),
  };
}

function fieldWrite(entry: HistoryEntry, path: string | undefined): FieldWrite | undefined {
  const written = path === undefined ? undefined : entry.fields[path];
  if (path === undefined || written === undefined) return undefined;
  const { at, run, end, before, after } = entry;
  const values = after === undefined ? undefined : { before: before?.[path] ?? null, after: after[path] ?? null };
  return { at, run, end, reason: written.reason, values };
}

/** Gathers who shares a key with whom, so the ledger has to be one that is only looked at. */
async function ambiguousMatches(link: LedgerLink): Promise<readonly AmbiguousMatch[]> {
  const waiting = await link.ledger.waiting();
  const ambiguous = waiting.filter(isAmbiguous);
  if (ambiguous.length === 0) return [];
  const keyFields = Object.fromEntries(
    link.mapping.ends.map((end) => [end, [...new Set(link.mapping.match.flatMap(({ read }) => read[end]!))]]),
  );
  const staged = new Map(waiting.map((row) => [placeOf(row), row.values]));
  const partners = await decidedPartners(link, ambiguous);
  await link.ledger.gatherMatches(matchEnds(link));
  return Promise.all(
    ambiguous.map(async (row): Promise<AmbiguousMatch> => {
      const rivals = await link.ledger.rivals(row.end, row.remoteId, SHOWN_CANDIDATES + 1);
      const candidates = rivals.slice(0, SHOWN_CANDIDATES).map(async (rival) => {
        const values = staged.get(placeOf(rival)) ?? (await agreedValues(link, rival));
        return { ...candidateRecord(link, rival, values), linked: rival.linked };
      });
      return {
        kind: 'match',
        link: link.source.address,
        ...candidateRecord(link, row, row.values),
        candidates: await Promise.all(candidates),
        hasMoreCandidates: rivals.length > SHOWN_CANDIDATES,
        partner: partners.get(row),
        keyFields,
      };
    }),
  );
}

function candidateRecord(link: LedgerLink, { end, remoteId }: RecordPlace, values: FieldValues | undefined): CandidateRecord {
  return { end, remoteId, key: displayKey(link, end, values ?? {}, remoteId), values };
}

async function agreedValues(link: LedgerLink, { end, remoteId }: RecordPlace): Promise<FieldValues | undefined> {
  return (await link.ledger.agreedByRemoteId(end, [remoteId])).get(remoteId)?.values;
}

function placeOf({ end, remoteId }: RecordPlace): string {
  return `${end} ${remoteId}`;
}
