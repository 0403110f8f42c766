/**
 * Verification: reads both ends in full and compares every mapped field of every person. Trusts the
 * ledger for who belongs together, and for nothing else but values that an end normalised.
 */
import type { Cursor } from '../providers/provider.ts';
import { ACCOUNT_WIDE } from '../mapping/consent-entries.ts';
import type { CompiledField, EndName } from '../mapping/mapping.ts';
import type { FieldValue, FieldValues } from '../model/value.ts';
import type { StagedRow, Subject } from '../storage/ledger.ts';
import { UNSETTLED } from '../storage/person.ts';
import { stagedRow } from './detect.ts';
import { withoutErased } from './erasure.ts';
import { consentField, isOptedOut } from './consent.ts';
import type { ActiveLink, LinkEnd } from './link.ts';
import { pairRecords } from './pair.ts';
import { waitingConflicts } from './parked.ts';
import { hasLeft } from './scope.ts';
import type { WithheldReason } from './withheld.ts';
import { subjectPages } from './subject-pages.ts';
import { displayKey, workOf, type WorkItem } from './work.ts';

const PAGE_SUBJECTS = 1000;

export interface VerifyResult {
  /** Who is at both ends, but for those of whom all that differs is held. */
  readonly persons: number;
  readonly agreeing: number;
  readonly differing: readonly Difference[];
  /** Keys of records that the next cycle would create at the other end, by the end that has them. */
  readonly only: Readonly<Record<EndName, readonly string[]>>;
  readonly held: readonly { readonly key: string; readonly reason: string }[];
}

export interface Difference {
  readonly key: string;
  readonly field: string;
  readonly values: Readonly<Record<EndName, FieldValue>>;
}

/** The link's ledger must have been opened as a preview: everything is staged anew. */
export async function verify(link: ActiveLink): Promise<VerifyResult> {
  const quarantined = await link.ledger.quarantined();
  const inQuarantine = new Set(quarantined.map((entry) => entry.subject));
  const bounced = new Set((await Promise.all(link.ends.map((end) => stageEverything(link, end)))).flat());
  await pairRecords(link.ledger, link.ends);

  let [persons, agreeing] = [0, 0];
  const differing: Difference[] = [];
  const only: Record<EndName, string[]> = Object.fromEntries(link.ends.map((end) => [end.name, []]));
  const held = quarantined.map((entry) => ({ key: entry.key, reason: `quarantined: ${entry.code}` }));
  for (const row of await link.ledger.waiting())
    held.push({ key: displayKey(link, row.end, row.values, row.remoteId), reason: row.reason ?? row.status });

  for await (const subjects of subjectPages(link, PAGE_SUBJECTS)) {
    const items = await workOf(link, subjects);
    for (const [index, subject] of subjects.entries()) {
      const item = items[index]!;
      const rows = Object.values(subject.staged);
      const first = rows[0]!;
      const key = displayKey(link, first.end, first.values, first.remoteId);
      if (quarantineNames(subject).some((name) => inQuarantine.has(name))) continue;
      const reason = reasonApart(item, subject);
      if (reason !== undefined) {
        held.push({ key, reason });
        continue;
      }
      if (rows.length === 1) {
        only[first.end]!.push(key);
        continue;
      }
      const parked = item.kind === 'write' ? waitingConflicts(item).map(({ fieldId }) => fieldId) : [];
      const withheld = item.kind === 'write' ? [...item.withheld.keys()] : [];
      if (parked.length > 0) held.push({ key, reason: 'conflict' });
      for (const reason of withheldReasons(item)) held.push({ key, reason });
      for (const purpose of ownOptOuts(link, subject.staged))
        held.push({ key, reason: `opted out of ${purpose} at this end only` });
      for (const row of rows)
        if (bounced.has(placeOf(row)))
          held.push({ key, reason: `mail bounces at ${row.end}, which is no consent and no opt-out` });
      const { found, apart, untracked } = differences(link, subject, new Set([...parked, ...withheld]), key);
      if (untracked > 0) held.push({ key, reason: 'not tracked' });
      const isUndone = await areUndone(link, subject.person, apart);
      if (isUndone) held.push({ key, reason: 'undone' });
      const isHeld = isUndone || parked.length + withheld.length > 0 || untracked > 0;
      if (found.length > 0) differing.push(...found);
      else if (!isHeld) agreeing += 1;
      if (found.length > 0 || !isHeld) persons += 1;
    }
  }
  return { persons, agreeing, differing, only, held };
}

/** A person waits under one name; whoever is not linked yet, under that of whichever record was refused. */
function quarantineNames({ person, staged }: Subject): readonly string[] {
  if (person !== undefined) return [`person:${person}`];
  return Object.values(staged).map((row) => `record:${row.end}:${row.remoteId}`);
}

/** Why there is nothing to compare a subject with, other than that its partner is still to be made. */
function reasonApart(item: WorkItem, subject: Subject): string | undefined {
  if (hasLeft(subject)) return 'left';
  if (Object.values(subject.agreed).some((row) => row.state === 'unlinked')) return 'unlinked';
  const isAlone = Object.keys(subject.staged).length === 1;
  if (isAlone && subject.person !== undefined) return 'deleted';
  return item.kind === 'skip' && (isAlone || item.reason === 'not-entered') ? item.reason : undefined;
}

function withheldReasons(item: WorkItem): ReadonlySet<WithheldReason> {
  return new Set(item.kind === 'write' ? [...item.withheld.values()].map(({ reason }) => reason) : []);
}

interface Comparison {
  readonly found: readonly Difference[];
  /** How many fields differ that wait for a refresh, or for a change that counts. */
  readonly untracked: number;
  /** Fields that differ and yet count as agreed. */
  readonly apart: readonly CompiledField[];
}

function differences(link: ActiveLink, { staged: rows, agreed }: Subject, waiting: ReadonlySet<string>, key: string): Comparison {
  const [left, right] = link.mapping.ends;
  const values = { [left]: rows[left]!.values, [right]: rows[right]!.values };
  // What both ends still report as it was when it was settled is agreed, although an end spells it in its own way.
  const settled = (fieldId: string): boolean =>
    link.mapping.ends.every((end) => {
      const row = agreed[end];
      // What is not tracked may have moved although the record counts as unchanged.
      const isWhole = row !== undefined && !row.recordHash.equals(UNSETTLED) && !link.fingerprints.untracked.has(fieldId);
      if (row === undefined || isWhole) return row?.recordHash.equals(rows[end]!.recordHash) ?? false;
      const tag = link.fingerprints.tag(fieldId);
      return row.fields.get(tag)?.equals(link.fingerprints.of(end, values[end]!).fields.get(tag)!) ?? false;
    });
  const found: Difference[] = [];
  const apart: CompiledField[] = [];
  let untracked = 0;
  for (const field of link.mapping.fields) {
    if (waiting.has(field.id) || field.createOnly || field.agrees(values)) continue;
    if (settled(field.id)) {
      apart.push(field);
      continue;
    }
    if (link.fingerprints.untracked.has(field.id)) {
      untracked += 1;
      continue;
    }
    found.push({
      key,
      field: field.name,
      values: Object.fromEntries(
        link.mapping.ends.map((end) => [end, presentValue(rows[end]!, field.write[end] ?? field.read[end]![0])]),
      ),
    });
  }
  for (const consent of link.mapping.consent) {
    if (consent.path[left] === undefined || consent.path[right] === undefined) continue;
    if (waiting.has(consentField(consent).id)) continue;
    const out = [left, right].filter((end) => isOptedOut(consent.state(end, values[end]!)));
    if (out.length !== 1) continue;
    if (isOutOfEverything(link, out[0] === left ? right : left, values)) continue;
    // One way, the target may be more restrictive than its source: that is its own word, and listed as held.
    if (consent.targets.length === 1 && isOptedOut(consent.state(consent.targets[0]!, values[consent.targets[0]!]!))) continue;
    found.push({
      key,
      field: `consent ${consent.purpose}`,
      values: Object.fromEntries(link.mapping.ends.map((end) => [end, presentValue(rows[end]!, consent.path[end])])),
    });
  }
  return { found, apart, untracked };
}

/** Whether an end is out of everything by a field of its own that the other end has none of: no purpose need say so. */
function isOutOfEverything({ mapping }: ActiveLink, end: EndName, values: Readonly<Record<EndName, FieldValues>>): boolean {
  const accountWide = mapping.consent.find(({ purpose }) => purpose === ACCOUNT_WIDE);
  if (accountWide?.path[end] === undefined || mapping.ends.every((one) => accountWide.path[one] !== undefined)) return false;
  return isOptedOut(accountWide.state(end, values[end]!));
}

/** Whether one of these fields differs because its newest write that is known was taken back. */
async function areUndone(link: ActiveLink, person: string | undefined, fields: readonly CompiledField[]): Promise<boolean> {
  if (person === undefined || fields.length === 0) return false;
  const history = await link.ledger.history(person);
  return fields.some((field) => {
    const newest = history.find(({ end, fields: written }) => Object.hasOwn(written, field.write[end] ?? ''));
    return newest?.fields[field.write[newest.end]!]?.reason === 'undo';
  });
}

/** Purposes under which the end to which consent only flows is opted out and its source is not. */
function ownOptOuts(link: ActiveLink, rows: Readonly<Record<EndName, StagedRow>>): readonly string[] {
  return link.mapping.consent
    .filter((consent) => {
      const [target, ...more] = consent.targets;
      const source = link.mapping.ends.find((end) => end !== target)!;
      if (target === undefined || more.length > 0 || consent.path[source] === undefined) return false;
      return isOptedOut(consent.state(target, rows[target]!.values)) && !isOptedOut(consent.state(source, rows[source]!.values));
    })
    .map(({ purpose }) => purpose);
}

function presentValue(row: StagedRow, path: string | undefined): FieldValue {
  return path === undefined ? null : (row.values[path] ?? null);
}

/** Returns the places of records to which mail comes back, where the link carries consent at the end. */
async function stageEverything(link: ActiveLink, end: LinkEnd): Promise<readonly string[]> {
  await link.ledger.clearStaged(end.name);
  let read = 0;
  const bounced: string[] = [];
  const isMailed = link.mapping.consent.some(({ path }) => path[end.name] !== undefined);
  for await (const page of end.client.read(undefined as Cursor | undefined, link.signal)) {
    const known = await link.ledger.agreedByRemoteId(
      end.name,
      page.records.map((record) => record.id),
    );
    const rows = page.records.map((record) => stagedRow(link, end, record, known.get(record.id)?.person));
    await link.ledger.stage(end.name, await withoutErased(link, end, rows), [], undefined);
    for (const { id, undeliverable } of page.records)
      if (isMailed && undeliverable === true) bounced.push(placeOf({ end: end.name, remoteId: id }));
    read += page.records.length;
    link.onProgress({ stage: 'detect', end: end.name, done: read });
  }
  return bounced;
}

function placeOf({ end, remoteId }: Pick<StagedRow, 'end' | 'remoteId'>): string {
  return `${end} ${remoteId}`;
}
