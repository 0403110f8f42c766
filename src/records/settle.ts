/** Settling a round: outcomes become agreed values, quarantine, or open questions. */
import { createHash } from 'node:crypto';
import { sameValue } from '../mapping/equality.ts';
import type { CompiledField, EndName } from '../mapping/mapping.ts';
import type { ProviderError } from '../model/errors.ts';
import { toInstant } from '../model/time.ts';
import type { RemoteRecord } from '../model/value.ts';
import type { WriteOutcome } from '../providers/provider.ts';
import type { JournalEntry } from '../storage/journal.ts';
import type { Settlement, StagedRow } from '../storage/ledger.ts';
import type { QuarantineEntry } from '../storage/quarantine.ts';
import type { SuppressionEntry } from '../storage/suppression.ts';
import { listedBits, stageByIds, stageRead, tombstone } from './detect.ts';
import { consentField, isOptedOut } from './consent.ts';
import { swingHorizon, swingsAfter } from './flapping.ts';
import { landedWrite } from './landed-write.ts';
import { endOf, otherEnd, type ActiveLink, type LinkEnd } from './link.ts';
import { settleMet, type Met } from './met.ts';
import { parkingOf, waitingConflicts, type Parking } from './parked.ts';
import type { PushCounts } from './push.ts';
import { heldEntry, refusedEntry, type Failure, type Quarantined } from './refusal.ts';
import { optOutEntries, releaseEntries } from './suppression.ts';
import { settlementOf } from './settlement.ts';
import { displayKey, stagedRows, type Side, type WriteWork } from './work.ts';

/** What one end answered, by item. Items that the end was not asked to write are absent. */
export interface Sent {
  readonly outcomes: ReadonlyMap<WriteWork, WriteOutcome>;
  readonly intents: ReadonlyMap<WriteWork, number>;
  /** What became of the opt-outs of refused updates, sent once more by themselves. */
  readonly alone: ReadonlyMap<WriteWork, SentAlone>;
  /** What ended the sending before its end. */
  readonly failure: ProviderError | undefined;
}

export interface SentAlone {
  /** The item with its opt-outs only. */
  readonly item: WriteWork;
  /** `undefined` where no answer came. */
  readonly outcome: WriteOutcome | undefined;
  readonly intent: number;
}

const NOTHING_PARKED: Parking = { parked: [], asked: 0, voided: 0 };

/**
 * @param sent answers by end; an end that is absent failed as a whole and is treated as unanswered
 */
export async function settleRound(
  link: ActiveLink,
  run: string,
  items: readonly WriteWork[],
  sent: ReadonlyMap<EndName, Sent>,
  attempts: ReadonlyMap<string, QuarantineEntry>,
  counts: PushCounts,
): Promise<void> {
  const written: string[] = [counts.digest];
  const settlements: Settlement[] = [];
  const journal: JournalEntry[] = [];
  const closed: number[] = [];
  const quarantine: Quarantined[] = [];
  const suppressions: SuppressionEntry[] = [];
  const restage: { readonly end: LinkEnd; readonly row: StagedRow }[] = [];
  const edited = new Map<LinkEnd, RemoteRecord[]>();
  const reread = new Map<LinkEnd, string[]>();
  const met: Met[] = [];
  const updated: { readonly item: WriteWork; readonly end: EndName }[] = [];

  for (const item of items) {
    const result = settleItem(link, item, sent);
    closed.push(...result.closed);
    for (const [end, outcome] of result.failed) {
      if (outcome.gone === true && item.createAt !== end.name) {
        restage.push({ end, row: tombstone(end, item.sides[end.name]!.remoteId, item.person, undefined) });
        continue;
      }
      quarantine.push(refusedEntry(link, item, result.settlement !== undefined, end, outcome, attempts));
      if (outcome.duplicateOf !== undefined) reread.set(end, [...(reread.get(end) ?? []), outcome.duplicateOf]);
    }
    for (const { end, outcome, landed } of result.met) {
      reread.set(end, [...(reread.get(end) ?? []), outcome.id]);
      written.push(`${end.name}|${outcome.id}|${link.fingerprints.of(end.name, landed.side.values).record.toString('hex')}`);
      counts.ends[end.name]!.updated += 1;
    }
    met.push(...result.met);
    counts.quarantined += result.failed.length;
    // Where the opt-outs are open or were refused, they are tried again, and the rest is held by then.
    if (isHeld(item) && result.failed.length + result.unknown + result.pending === 0) {
      quarantine.push(heldEntry(link, item));
      counts.quarantined += 1;
    }
    counts.unknown += result.unknown;
    counts.pending += result.pending;
    if (result.settlement === undefined) continue;
    settlements.push(result.settlement);
    journal.push(...result.journal);
    for (const row of result.settlement.agreed) written.push(`${row.end}|${row.remoteId}|${row.recordHash.toString('hex')}`);
    suppressions.push(...result.suppressions);
    restage.push(...result.restage);
    for (const [end, record] of result.edited) edited.set(end, [...(edited.get(end) ?? []), record]);
    counts.asked += result.parking.asked;
    counts.voided += result.parking.voided;
    counts.resolved += item.decision.conflicts.length - waitingConflicts(item).length;
    for (const { carriedOut, end, action } of result.applied) if (action === 'update') updated.push({ item: carriedOut, end });
    for (const { end, action } of result.applied) counts.ends[end]![action === 'create' ? 'created' : 'updated'] += 1;
  }

  counts.digest = createHash('sha256').update(written.join('\n')).digest('hex');
  // The suppression list comes first: a crash in between must not forget an opt-out.
  await link.ledger.suppress(suppressions);
  await link.ledger.settle(run, settlements, journal, closed);
  await settleMet(link, run, met);
  await noteSwings(link, updated);
  for (const { end, row } of restage) await link.ledger.stage(end.name, [row], [], undefined);
  for (const [end, records] of edited) await stageRead(link, end, records);
  await link.ledger.quarantine(quarantine, []);
  for (const [end, ids] of reread) await stageByIds(link, end, ids);
  link.onProgress({ stage: 'settle', done: settlements.length, total: items.length });
}

async function noteSwings(
  link: ActiveLink,
  updated: readonly { readonly item: WriteWork; readonly end: EndName }[],
): Promise<void> {
  if (updated.length === 0) return;
  const before = Map.groupBy(await link.ledger.swings(updated.map(({ item }) => item.person)), ({ person }) => person);
  const after = updated.flatMap(({ item, end }) => swingsAfter(link, item, end, before.get(item.person) ?? []));
  await link.ledger.noteSwings(after, swingHorizon(link));
}

interface ItemResult {
  readonly settlement: Settlement | undefined;
  readonly parking: Parking;
  readonly journal: readonly JournalEntry[];
  readonly suppressions: readonly SuppressionEntry[];
  readonly restage: readonly { readonly end: LinkEnd; readonly row: StagedRow }[];
  /** Records that somebody edited between their reading and the read-back of a write, as they are by now. */
  readonly edited: readonly (readonly [LinkEnd, RemoteRecord])[];
  readonly closed: readonly number[];
  readonly failed: readonly (readonly [LinkEnd, Failure])[];
  /** Creates that found a record to exist already: it is read, and decided on anew. */
  readonly met: readonly Met[];
  readonly unknown: number;
  /** Writes that went to a job which still runs. */
  readonly pending: number;
  readonly applied: readonly Applied[];
}

interface Applied {
  /** The item, or the part of it that was carried out. */
  readonly carriedOut: WriteWork;
  readonly end: EndName;
  readonly action: 'create' | 'update';
}

function settleItem(link: ActiveLink, item: WriteWork, sent: ReadonlyMap<EndName, Sent>): ItemResult {
  const sides: Record<EndName, Side> = { ...item.sides };
  const open = new Set<EndName>();
  /** Paths of the opt-outs that went through although the rest of the update did not. */
  const through: Record<EndName, readonly string[]> = {};
  const closed: number[] = [];
  const failed: [LinkEnd, Failure][] = [];
  const met: Met[] = [];
  const journal: JournalEntry[] = [];
  const applied: Applied[] = [];
  const edited: [LinkEnd, RemoteRecord][] = [];
  let [unknown, pending] = [0, 0];

  for (const end of link.ends) {
    const writes = item.decision.writes[end.name]!;
    if (Object.keys(writes).length === 0) continue;
    const outcome = sent.get(end.name)?.outcomes.get(item);
    const intent = sent.get(end.name)?.intents.get(item);
    if (outcome === undefined || outcome.status === 'unknown' || outcome.status === 'pending') {
      open.add(end.name);
      if (outcome?.status === 'pending') pending += 1;
      else unknown += 1;
      continue;
    }
    if (outcome.status === 'applied' && item.createAt === end.name && !outcome.created) {
      open.add(end.name);
      met.push({ end, item, outcome, intent: intent!, landed: landedWrite(link, item, end, outcome) });
      continue;
    }
    closed.push(intent!);
    if (outcome.status === 'failed') {
      open.add(end.name);
      failed.push([end, outcome]);
      const alone = sent.get(end.name)?.alone.get(item);
      if (alone?.outcome === undefined || alone.outcome.status === 'unknown' || alone.outcome.status === 'pending') {
        if (alone?.outcome?.status === 'pending') pending += 1;
        else if (alone !== undefined) unknown += 1;
        continue;
      }
      closed.push(alone.intent);
      if (alone.outcome.status === 'failed') continue;
      const landed = landedWrite(link, alone.item, end, alone.outcome);
      through[end.name] = Object.keys(alone.item.decision.writes[end.name]!);
      sides[end.name] = { ...landed.side, version: undefined };
      applied.push({ carriedOut: alone.item, end: end.name, action: landed.entry.action });
      journal.push(landed.entry);
      continue;
    }
    const landed = landedWrite(link, item, end, outcome);
    sides[end.name] = landed.side;
    if (landed.edited !== undefined) edited.push([end, landed.edited]);
    applied.push({ carriedOut: item, end: end.name, action: landed.entry.action });
    journal.push(landed.entry);
  }

  if (item.createAt !== undefined && open.has(item.createAt)) {
    return {
      settlement: undefined,
      parking: NOTHING_PARKED,
      journal,
      suppressions: [],
      restage: [],
      edited: [],
      closed,
      failed,
      met,
      unknown,
      pending,
      applied,
    };
  }
  const unsettled = unsettledFields(link, item, open, through);
  const [{ name: first }] = link.ends;
  const key = displayKey(link, first, sides[first]!.values, sides[first]!.remoteId);
  const parking = parkingOf(link, item, key, sides, unsettled);
  for (const { field } of parking.parked) unsettled.add(field);
  const restage = [
    ...oneWayLeftovers(link, item, sides, applied, unsettled),
    ...(open.size === 0 ? [] : writtenMeanwhile(link, item, sides, applied)),
  ];
  return {
    settlement: settlementOf(link, item, sides, unsettled, parking, open),
    parking,
    journal,
    suppressions: suppressionsOf(link, item, sides, unsettled),
    restage,
    edited,
    closed,
    failed,
    met,
    unknown,
    pending,
    applied,
  };
}

function isHeld(item: WriteWork): item is WriteWork & { readonly held: NonNullable<WriteWork['held']> } {
  return item.held !== undefined;
}

/** Fields whose write is open, was refused, is withheld or waits: what was agreed on before stays agreed. */
function unsettledFields(
  link: ActiveLink,
  item: WriteWork,
  open: ReadonlySet<EndName>,
  through: Readonly<Record<EndName, readonly string[]>>,
): Set<string> {
  const unsettled = new Set([...item.withheld.keys(), ...(item.held?.fields ?? [])].map((id) => link.fingerprints.tag(id)));
  for (const end of open) {
    for (const [path, { fieldId }] of Object.entries(item.decision.reasons[end]!))
      if (through[end]?.includes(path) !== true) unsettled.add(link.fingerprints.tag(fieldId));
  }
  return unsettled;
}

/**
 * A record that was just written may hold other values than those sent (defaults, normalised ones),
 * and fields that flow one way from it were decided without them: it is staged once more. Where the
 * other end was sent what the record asks for, any difference is that end's own spelling of it.
 */
function oneWayLeftovers(
  link: ActiveLink,
  item: WriteWork,
  sides: Readonly<Record<EndName, Side>>,
  applied: readonly { readonly end: EndName }[],
  unsettled: Set<string>,
): { end: LinkEnd; row: StagedRow }[] {
  const [left, right] = link.mapping.ends;
  const values = { [left]: sides[left]!.values, [right]: sides[right]!.values };
  return applied.flatMap(({ end: name }) => {
    const source = endOf(link, name);
    const target = otherEnd(link, name).name;
    if (link.closed.has(target)) return [];
    const isSent = (field: CompiledField): boolean => {
      const path = field.write[target]!;
      const carried = field.carry(target, values[name]!);
      const sent = item.decision.writes[target]!;
      return Object.hasOwn(sent, path) && 'value' in carried && sameValue(sent[path], carried.value, undefined);
    };
    const leftovers = link.mapping.fields.filter(
      (field) =>
        field.targets.length === 1 &&
        field.targets[0] === target &&
        !field.createOnly &&
        !unsettled.has(link.fingerprints.tag(field.id)) &&
        !field.agrees(values) &&
        !isSent(field),
    );
    if (leftovers.length === 0) return [];
    for (const field of leftovers) unsettled.add(link.fingerprints.tag(field.id));
    return [{ end: source, row: stagedAgain(link, name, sides[name]!, item.person) }];
  });
}

/**
 * Where the other end's write is open, what was detected stays staged, to be decided once more. A record that
 * was written meanwhile must not stay staged as it was before: its old values would look like a newer edit.
 */
function writtenMeanwhile(
  link: ActiveLink,
  item: WriteWork,
  sides: Readonly<Record<EndName, Side>>,
  applied: readonly { readonly end: EndName }[],
): { end: LinkEnd; row: StagedRow }[] {
  return applied.flatMap(({ end }) => {
    const staged = item.subject.staged[end];
    if (staged === undefined) return [];
    return [{ end: endOf(link, end), row: { ...stagedAgain(link, end, sides[end]!, item.person), evidence: staged.evidence } }];
  });
}

function stagedAgain(link: ActiveLink, end: EndName, side: Side, person: string): StagedRow {
  const fingerprint = link.fingerprints.of(end, side.values);
  return {
    end,
    remoteId: side.remoteId,
    kind: 'record',
    person,
    matchKeys: fingerprint.matchKeys,
    recordHash: fingerprint.record,
    values: side.values,
    evidence: {},
    modifiedAt: side.modifiedAt,
    listed: listedBits(endOf(link, end), side),
    status: 'new',
    reason: undefined,
  };
}

/** Opt-outs outlive the person; an opt-in on the authority's evidence releases the address once it is settled. */
function suppressionsOf(
  link: ActiveLink,
  item: WriteWork,
  sides: Readonly<Record<EndName, Side>>,
  unsettled: ReadonlySet<string>,
): readonly SuppressionEntry[] {
  const records = Object.fromEntries(Object.entries(sides).map(([end, side]) => [end, side.values]));
  return link.mapping.consent.flatMap((consent) => {
    const { purpose } = consent;
    const { id } = consentField(consent);
    const isSettled = !unsettled.has(link.fingerprints.tag(id));
    if (item.decision.optIns.includes(purpose)) return isSettled ? releaseEntries(link, consent, records) : [];
    const reopened = item.decision.ownReleased.find((own) => own.purpose === purpose);
    if (reopened !== undefined) return releaseEntries(link, consent, records, reopened.end);
    // A read shows an opt-out for the address of one end; the other end may hold the person under another.
    const writtenNow = link.ends.some((end) => item.decision.reasons[end.name]![consent.path[end.name]!]?.fieldId === id);
    const source = consent.targets.length === 1 ? [partner(link, consent.targets[0]!)] : link.ends.map(({ name }) => name);
    const isOut = source.some((end) => sides[end] !== undefined && isOptedOut(consent.state(end, sides[end].values)));
    if (!writtenNow || !isOut) return [];
    const stamps = stagedRows(item.subject).map((row) => row.modifiedAt);
    const at = stamps.filter((stamp) => stamp !== undefined).sort()[0] ?? toInstant(link.clock.now());
    return optOutEntries(link, consent, records, { state: 'unsubscribed', at });
  });
}

function partner(link: ActiveLink, end: EndName): EndName {
  return otherEnd(link, end).name;
}
