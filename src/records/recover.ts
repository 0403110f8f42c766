/**
 * Recovery: settles what an earlier process intended and did not finish.
 *
 * Nothing is repeated. The remote is asked what became of each intent: jobs are found again, records
 * are looked up. What turns out to be written becomes agreed, field by field, so that our own write
 * is never taken for a person's edit; the records are staged as they are now, at both ends, and the
 * cycle that follows decides the rest. A job that still runs is left to a later cycle.
 */
import type { EndName } from '../mapping/mapping.ts';
import type { FieldValues, RemoteRecord } from '../model/value.ts';
import type { JobHandle, WriteOutcome, WriteRequest } from '../providers/provider.ts';
import { inParts } from '../providers/request-pages.ts';
import type { Intent, OpenBatch } from '../storage/intents.ts';
import type { AgreedRow, Settlement } from '../storage/ledger.ts';
import { UNSETTLED, type ElementHashes, type FieldHashes } from '../storage/person.ts';
import type { QuarantineEntry } from '../storage/quarantine.ts';
import type { SuppressionEntry } from '../storage/suppression.ts';
import type { JournalEntry } from '../storage/journal.ts';
import { toInstant } from '../model/time.ts';
import { agreedKeys } from './agreed-keys.ts';
import { completeValues, listedBits, stageByIds, stagedRow, tombstone } from './detect.ts';
import { consentField } from './consent.ts';
import { toldApart } from './elsewhere.ts';
import { erasedAmong, holdAsErased, withoutErased } from './erasure.ts';
import { findByKey, findRecords, landedPaths, type Found } from './intent-lookup.ts';
import { recordsById } from './records-by-id.ts';
import { otherEnd, type ActiveLink, type LinkEnd } from './link.ts';
import { isEntered } from './scope.ts';
import { retryOf } from './refusal.ts';
import { kept, pickPresent } from './journal-entry.ts';
import { overwrittenEntry, restoringSettlements, type Overwritten } from './overwritten.ts';
import { mayStillRun } from './unanswered.ts';
import { withdrawnEntries } from './withdrawn.ts';

/** A call whose process was killed may still be on its way: so long after it was sent, it has arrived or never will. */
const IN_FLIGHT_MS = 5_000;
/** A job may be made for tens of thousands. */
const SETTLED_AT_ONCE = 2_000;

export interface Recovery {
  /** Ends at which jobs still run, with the number of records that wait for their outcome. */
  readonly running: ReadonlyMap<EndName, number>;
  readonly quarantined: number;
}

export async function recover(link: ActiveLink, run: string): Promise<Recovery> {
  const batches = await link.ledger.openBatches();
  const running = new Map<EndName, number>();
  const before = new Map((await link.ledger.quarantined()).map((entry) => [`${entry.end}|${entry.subject}`, entry]));
  let quarantined = 0;
  for (const end of link.ends) {
    const open = batches.filter((batch) => batch.end === end.name);
    if (open.length === 0) continue;
    const total = open.reduce((sum, { requests }) => sum + requests, 0);
    let done = 0;
    const settle = async (intents: readonly Intent[], outcomes: ReadonlyMap<Intent, WriteOutcome>): Promise<void> => {
      const ended = intents.filter((intent) => outcomes.get(intent)?.status !== 'pending');
      quarantined += await settleRefused(link, end, ended, outcomes, before);
      await settleOthers(link, run, end, ended, outcomes);
      if (ended.length < intents.length) running.set(end.name, (running.get(end.name) ?? 0) + intents.length - ended.length);
      done += ended.length;
      link.onProgress({ stage: 'recover', end: end.name, done, total });
    };
    const nameless = open.filter(({ job }) => job === undefined);
    await letArrive(link, nameless);
    for (const batch of open) if (batch.job !== undefined) await resumeJob(link, end, { ...batch, job: batch.job }, settle);
    const waiting = nameless.reduce((sum, { requests }) => sum + requests, 0);
    if (await mayStillRun(link, end, intentPages(link, nameless))) running.set(end.name, (running.get(end.name) ?? 0) + waiting);
    else for await (const intents of intentPages(link, nameless)) await settle(intents, new Map());
  }
  return { running, quarantined };
}

/** Looking too early would find nothing of a call that has its effect a moment later. */
async function letArrive(link: ActiveLink, nameless: readonly OpenBatch[]): Promise<void> {
  const youngest = Math.max(...nameless.map(({ at }) => Date.parse(at)));
  // A clock that was set back must not make anybody wait for a year.
  const left = Math.min(IN_FLIGHT_MS, youngest + IN_FLIGHT_MS - link.clock.now());
  if (left > 0) await link.clock.sleep(left, link.signal);
}

async function* intentPages(link: ActiveLink, batches: readonly OpenBatch[]): AsyncGenerator<readonly Intent[]> {
  const names = batches.map(({ batch }) => batch);
  for (let after = 0; names.length > 0;) {
    const page = await link.ledger.pendingIntents({ batches: names, after, limit: SETTLED_AT_ONCE });
    if (page.length === 0) return;
    after = page.at(-1)!.id;
    yield page;
  }
}

async function resumeJob(
  link: ActiveLink,
  end: LinkEnd,
  batch: OpenBatch & { readonly job: string },
  settle: (intents: readonly Intent[], outcomes: ReadonlyMap<Intent, WriteOutcome>) => Promise<void>,
): Promise<void> {
  async function* requests(): AsyncGenerator<readonly WriteRequest[]> {
    for await (const intents of intentPages(link, [batch])) yield intents.map(requestOf);
  }
  const take = inParts(end.client.resume(batch.job as JobHandle, requests, link.signal));
  for await (const intents of intentPages(link, [batch])) {
    const answers = await take(intents.length);
    await settle(intents, new Map(answers.map((answer, index) => [intents[index]!, answer])));
  }
}

function requestOf({ action, values, remoteId, externalId }: Intent): WriteRequest {
  return {
    action,
    values,
    ...(remoteId === undefined ? {} : { id: remoteId }),
    ...(externalId === undefined ? {} : { externalId }),
  };
}

/** What the vendor refused for certain waits in quarantine, as if the refusal had come at once. */
async function settleRefused(
  link: ActiveLink,
  end: LinkEnd,
  intents: readonly Intent[],
  outcomes: ReadonlyMap<Intent, WriteOutcome>,
  before: ReadonlyMap<string, QuarantineEntry>,
): Promise<number> {
  const entries: (QuarantineEntry & Pick<Intent['decided'], 'staged'>)[] = [];
  const closed: number[] = [];
  for (const intent of intents) {
    const outcome = outcomes.get(intent);
    if (outcome?.status !== 'failed') continue;
    closed.push(intent.id);
    if (outcome.gone === true && intent.remoteId !== undefined) {
      await link.ledger.stage(end.name, [tombstone(end, intent.remoteId, intent.person, undefined)], [], undefined);
      continue;
    }
    if (outcome.duplicateOf !== undefined) await stageByIds(link, end, [outcome.duplicateOf]);
    const { subject, key, staged } = intent.decided;
    entries.push({
      subject,
      end: end.name,
      remoteId: intent.remoteId,
      person: subject.startsWith('person:') ? intent.person : undefined,
      key,
      code: outcome.code,
      message: outcome.message,
      ...retryOf(before.get(`${end.name}|${subject}`), link.clock.now(), outcome.code),
      staged,
    });
  }
  await link.ledger.quarantine(entries, closed);
  return entries.length;
}

async function settleOthers(
  link: ActiveLink,
  run: string,
  end: LinkEnd,
  intents: readonly Intent[],
  outcomes: ReadonlyMap<Intent, WriteOutcome>,
): Promise<void> {
  const open = intents.filter((intent) => outcomes.get(intent)?.status !== 'failed');
  const found = new Map(
    await findRecords(
      link,
      end,
      open.filter((intent) => intent.action !== 'delete'),
      outcomes,
    ),
  );
  const byKey = await findByKey(
    link,
    end,
    open.filter((intent) => intent.action === 'create' && !found.has(intent)),
  );
  const answered = new Set([...found].flatMap(([{ action }, { record }]) => (action === 'create' ? [record.id] : [])));
  for (const [intent, record] of byKey.found)
    if (!answered.has(record.id)) found.set(intent, { record, confirmed: false, met: false });
  const source = otherEnd(link, end.name);
  const sourceIds = [...found.keys()].flatMap(({ decided }) => (decided.source === undefined ? [] : [decided.source.remoteId]));
  const sources = await recordsById(link, source, sourceIds);

  const settlements: Settlement[] = [];
  const journal: JournalEntry[] = [];
  const overwritten: Overwritten[] = [];
  const withdrawn: SuppressionEntry[] = [];
  const held: Intent['decided']['staged'][number][] = [];
  const agreed = await link.ledger.agreedByPerson([...found.keys()].map((intent) => intent.person));
  const linked = {
    [end.name]: await link.ledger.agreedByRemoteId(
      end.name,
      [...found.values()].map(({ record }) => record.id),
    ),
    [source.name]: await link.ledger.agreedByRemoteId(source.name, sourceIds),
  };
  const strangers = [...found.values()].filter(({ record }) => !linked[end.name]!.has(record.id));
  const erased = await erasedAmong(
    link,
    end,
    strangers.map(({ record }) => record),
  );
  const pairs = [...found].flatMap(([intent, { record }]) => {
    if (agreed.has(intent.person) || intent.decided.source === undefined) return [];
    return [{ intent, remoteId: record.id, partner: intent.decided.source.remoteId }];
  });
  const apart = new Set([...(await toldApart(link.ledger, [end, source], pairs))].map(({ intent }) => intent));
  for (const [intent, one] of found) {
    const written = landedFields(link, end, intent, one);
    // Somebody else may have made the record that holds the key of a create.
    const isOurs = one.confirmed || (intent.action !== 'create' && written.paths.length > 0);
    if (isOurs) journal.push(journalEntry(link, end, intent, one, written.paths));
    const before = linked[end.name]!.get(one.record.id);
    const person = before?.person ?? intent.person;
    const { overwritesBy } = end.client.writer;
    if (intent.action === 'create' && overwritesBy !== undefined && person !== intent.person) {
      overwritten.push({ end, remoteId: one.record.id, values: pickPresent(writtenValues(link, end, one), written.paths) });
      const entry = { ...journalEntry(link, end, intent, one, written.paths), person };
      // Its key says nothing: by that it was found.
      if (written.paths.some((path) => path !== overwritesBy)) journal.push(overwrittenEntry(link, end, entry, before));
    }
    const rows = agreed.get(intent.person);
    const isOthers = [one.record.id, intent.decided.source?.remoteId].some(
      (id, index) =>
        id !== undefined && (linked[[end.name, source.name][index]!]!.get(id)?.person ?? intent.person) !== intent.person,
    );
    if (intent.action === 'update')
      withdrawn.push(
        ...(await withdrawnEntries(link, end, intent, completeValues(link, end, one.record.values), one.record.modifiedAt)),
      );
    if (intent.action === 'create' && erased.has(one.record.id)) held.push(...intent.decided.staged);
    if (isOthers || apart.has(intent) || erased.has(one.record.id) || intent.decided.source === undefined) continue;
    const isLinked = rows?.[end.name]?.state === 'linked' && rows[source.name]?.state === 'linked';
    // Two that met for the first time are one person from the moment in which one of them holds what came from the other.
    const isTold = intent.action === 'create' || written.tags.size > 0;
    if (!isTold || !(rows === undefined || (isLinked && intent.action === 'update'))) continue;
    if (one.met) journal.push(overwrittenEntry(link, end, journalEntry(link, end, intent, one, written.paths), before));
    settlements.push(settlementOf(link, end, intent, one, sources.get(intent.decided.source.remoteId), rows, written.tags));
  }

  await link.ledger.suppress(withdrawn);
  // Staged first, by force: a crash in between finds the intents open, and looks again.
  const persons = new Map(settlements.map((settlement) => [settlement.person, settlement]));
  for (const [intent, { record }] of found) {
    const row = linked[end.name]!.get(record.id);
    const { source: decidedOn, staged } = intent.decided;
    // What was reached for since its partner ended is no edit of a person. What waits there may be older than what was found.
    const waits = staged.some(({ end: at, remoteId }) => at === end.name && remoteId === record.id);
    if (row?.state === 'unlinked' || (decidedOn === undefined && !waits)) continue;
    const person = row?.person ?? persons.get(intent.person)?.person;
    await link.ledger.stage(end.name, await withoutErased(link, end, [stagedRow(link, end, record, person)]), [], undefined);
    if (decidedOn === undefined) continue;
    const partner = sources.get(decidedOn.remoteId);
    if (partner === undefined || !persons.has(intent.person)) continue;
    await link.ledger.stage(source.name, [stagedRow(link, source, partner, intent.person)], [], undefined);
  }
  journal.push(
    ...(await noteDeleted(
      link,
      end,
      open.filter((intent) => intent.action === 'delete'),
    )),
  );
  await stageByIds(link, end, byKey.others);
  await link.ledger.settle(
    run,
    [...settlements, ...(await restoringSettlements(link, overwritten))],
    journal,
    open.map((intent) => intent.id),
  );
  await holdAsErased(link, held);
}

/** What we meant to delete and is not there any more is gone; what is still there is decided upon once more. */
async function noteDeleted(link: ActiveLink, end: LinkEnd, deletes: readonly Intent[]): Promise<readonly JournalEntry[]> {
  const present = await recordsById(
    link,
    end,
    deletes.map((intent) => intent.remoteId!),
  );
  const gone = deletes.filter((intent) => !present.has(intent.remoteId!));
  const known = await link.ledger.agreedByRemoteId(
    end.name,
    gone.map((intent) => intent.remoteId!),
  );
  const rows = gone.flatMap(({ remoteId }) =>
    known.has(remoteId!) ? [tombstone(end, remoteId!, known.get(remoteId!)!.person, undefined)] : [],
  );
  await link.ledger.stage(end.name, rows, [], undefined);
  return gone.map((intent) => ({
    person: intent.person,
    end: end.name,
    remoteId: intent.remoteId!,
    action: 'delete',
    at: toInstant(link.clock.now()),
    ...intent.decided.journal,
    after: undefined,
  }));
}

interface Landed {
  /** Tags of the fields that hold what was written. Consent is left to be decided anew, with its evidence. */
  readonly tags: ReadonlySet<string>;
  readonly paths: readonly string[];
}

/** The record as the write left it, as far as that is known. */
function writtenValues(link: ActiveLink, end: LinkEnd, { record, answered }: Found): FieldValues {
  return { ...completeValues(link, end, record.values), ...answered };
}

/** A field that holds what was sent was written by us; one that holds something else may have been edited since. */
function landedFields(link: ActiveLink, end: LinkEnd, intent: Intent, found: Found): Landed {
  const { confirmed } = found;
  const now = writtenValues(link, end, found);
  const same = new Set(landedPaths(end, intent.values, now));
  const changed = Object.entries(intent.values).filter(([path]) => !same.has(path));
  const sent = link.fingerprints.of(end.name, { ...now, ...Object.fromEntries(changed) }).fields;
  const shown = link.fingerprints.of(end.name, now).fields;
  const consents = new Set(link.mapping.consent.map((consent) => link.fingerprints.tag(consentField(consent).id)));
  const tags = new Set<string>();
  for (const tag of intent.decided.source?.fields.keys() ?? []) {
    if (consents.has(tag)) continue;
    const [ours, theirs] = [sent.get(tag), shown.get(tag)];
    if (ours !== undefined && theirs !== undefined && (confirmed || ours.equals(theirs))) tags.add(tag);
  }
  return { tags, paths: confirmed ? Object.keys(intent.values) : [...same] };
}

/** @param paths what came through of the write */
function journalEntry(link: ActiveLink, end: LinkEnd, intent: Intent, found: Found, paths: readonly string[]): JournalEntry {
  const { fields, before, ...journal } = intent.decided.journal;
  return {
    person: intent.person,
    end: end.name,
    remoteId: found.record.id,
    action: intent.action,
    at: toInstant(link.clock.now()),
    ...journal,
    fields: pickPresent(fields, paths),
    before: before === undefined ? undefined : pickPresent(before, paths),
    after: kept(link, writtenValues(link, end, found), paths),
  };
}

/** Both ends linked, agreed in the fields that were written, and still to be decided on in all others. */
function settlementOf(
  link: ActiveLink,
  end: LinkEnd,
  intent: Intent,
  found: Found,
  partner: RemoteRecord | undefined,
  rows: Readonly<Record<string, AgreedRow>> | undefined,
  tags: ReadonlySet<string>,
): Settlement {
  const source = otherEnd(link, end.name);
  const { record, confirmed } = found;
  const now = writtenValues(link, end, found);
  const atEnd = link.fingerprints.of(end.name, now);
  const decidedOn = intent.decided.source!;
  const partnerValues = partner === undefined ? undefined : completeValues(link, source, partner.values);
  const rowOf = (
    at: LinkEnd,
    remoteId: string,
    values: FieldValues | undefined,
    now: { readonly fields: FieldHashes; readonly elements: ElementHashes },
  ) => {
    const before = rows?.[at.name];
    return {
      end: at.name,
      integration: at.integration,
      object: at.object,
      remoteId,
      state: 'linked' as const,
      matchKeys:
        values === undefined
          ? (before?.matchKeys ?? [])
          : agreedKeys(link, at, link.fingerprints.of(at.name, values).matchKeys, before?.matchKeys, (tag) => !tags.has(tag)),
      recordHash: UNSETTLED,
      fields: new Map([...(before?.fields ?? []), ...[...now.fields].filter(([tag]) => tags.has(tag))]),
      elements: new Map([...(before?.elements ?? []), ...[...now.elements].filter(([tag]) => tags.has(tag))]),
      values: before?.values ?? (link.retain === 'values' ? values : undefined),
      listed: before?.listed ?? listedBits(at, { values: values ?? {} }),
      // Only who entered is created at the other end.
      entered: before?.entered ?? (values === undefined ? at !== end : isEntered(at, values, undefined)),
      version: undefined,
      createdBySyncline: intent.action === 'create' && confirmed && at === end,
    };
  };
  return {
    person: intent.person,
    subject: undefined,
    agreed: [rowOf(end, record.id, now, atEnd), rowOf(source, decidedOn.remoteId, partnerValues, decidedOn)],
    parked: undefined,
    settled: [],
  };
}
