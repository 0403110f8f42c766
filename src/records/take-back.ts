/**
 * Carrying out an undo: the writes that `undo.ts` decided on, each batch judged anew before it leaves.
 *
 * What will be agreed on afterwards is in the ledger before a batch leaves: whether or not the write of
 * a process that is killed took effect, the field then either is as agreed or is as it is at the other
 * end, and no cycle carries it anywhere.
 */
import { ProviderError } from '../model/errors.ts';
import { toInstant } from '../model/time.ts';
import type { FieldValues } from '../model/value.ts';
import type { JobHandle, WriteOutcome, WriteRequest } from '../providers/provider.ts';
import type { JournalEntry } from '../storage/journal.ts';
import type { IntentDecision } from '../storage/intents.ts';
import type { AgreedRow, Settlement } from '../storage/ledger.ts';
import type { SuppressionEntry } from '../storage/suppression.ts';
import { UNSETTLED } from '../storage/person.ts';
import { endOf, type ActiveLink, type LinkEnd } from './link.ts';
import { optOutEntries } from './suppression.ts';
import { consentsAt, undoPages, type UndoLeftReason, type UndoRecord } from './undo.ts';

export interface TakenBack {
  updated: number;
  deleted: number;
  /** Records of which something was left as it is, with what and why. */
  readonly left: UndoRecord[];
}

/** @param run the run of the undo itself, which can be undone in its turn */
export async function takeBack(
  link: ActiveLink,
  run: string,
  undone: string,
  options: { readonly deleteCreated: boolean },
  done: TakenBack,
): Promise<void> {
  for await (const page of undoPages(link, undone, options)) {
    for (const record of page) if (record.left.length > 0) done.left.push(record);
    const writing = page.filter(({ action }) => action !== 'none');
    const first = writing[0];
    if (first === undefined) continue;
    const end = endOf(link, first.end);
    const size = end.client.writer.maxBatchRecords;
    for (let start = 0; start < writing.length; start += size)
      await writeBatch(link, end, run, writing.slice(start, start + size), done);
  }
}

async function writeBatch(
  link: ActiveLink,
  end: LinkEnd,
  run: string,
  records: readonly UndoRecord[],
  done: TakenBack,
): Promise<void> {
  await end.assertBudget();
  const updates = records.filter(({ action }) => action === 'update');
  // An opt-in that is taken back is an opt-out, and outlives the record like any other.
  await link.ledger.suppress(updates.flatMap((record) => suppressionsOf(link, end, record)));
  await link.ledger.settle(
    run,
    updates.map((record) => settlement(link, end, record, formerOf(record))),
    [],
    [],
  );
  const requests = records.map(requestOf);
  const intents = await link.ledger.openIntents(
    run,
    `${run}/${end.name}/${records[0]!.person}`,
    { integration: end.integration, object: end.object, at: toInstant(link.clock.now()) },
    requests.map((request, index) => ({
      end: end.name,
      action: request.action,
      person: records[index]!.person,
      remoteId: request.id,
      externalId: undefined,
      values: request.values,
      decided: decisionOf(link, records[index]!),
    })),
  );
  const relink = await unlinkDeleted(link, end, run, records);
  let outcomes: readonly WriteOutcome[];
  try {
    outcomes = await end.client.write(requests, (handle: JobHandle) => link.ledger.intentJob(intents, handle), link.signal);
  } catch (error) {
    if (error instanceof ProviderError && !error.outcomeUnknown)
      await settleUnwritten(link, end, run, updates, [...relink.values()], intents);
    throw error;
  }
  await settleBatch(link, end, run, { records, outcomes, intents, relink }, done);
}

interface SentBatch {
  readonly records: readonly UndoRecord[];
  readonly outcomes: readonly WriteOutcome[];
  readonly intents: readonly number[];
  /** What links again those whose deletion did not happen. */
  readonly relink: ReadonlyMap<UndoRecord, Settlement>;
}

/**
 * Unlinks whose record is about to be deleted: the deletion then is nobody's, also where its answer is lost
 * and the vendor's feed is what tells of it.
 */
async function unlinkDeleted(
  link: ActiveLink,
  end: LinkEnd,
  run: string,
  records: readonly UndoRecord[],
): Promise<SentBatch['relink']> {
  const deletes = records.filter(({ action }) => action === 'delete');
  const agreed = await link.ledger.agreedByPerson(deletes.map(({ person }) => person));
  const relink = new Map(
    deletes.map((record): [UndoRecord, Settlement] => {
      const rows = link.ends.flatMap(({ name, integration, object }) => {
        const row = agreed.get(record.person)?.[name];
        return row === undefined ? [] : [{ ...row, integration, object, createdBySyncline: false }];
      });
      return [record, { person: record.person, subject: undefined, agreed: rows, parked: undefined, settled: [] }];
    }),
  );
  await link.ledger.unlink(
    run,
    deletes.map(({ person }) => ({ person, gone: [end] })),
    [],
  );
  return relink;
}

async function settleBatch(
  link: ActiveLink,
  end: LinkEnd,
  run: string,
  { records, outcomes, intents, relink }: SentBatch,
  done: TakenBack,
): Promise<void> {
  const settlements: Settlement[] = [];
  const journal: JournalEntry[] = [];
  const closed: number[] = [];
  for (const [index, record] of records.entries()) {
    const outcome = outcomes[index]!;
    if (outcome.status === 'unknown' || outcome.status === 'pending') {
      leave(done, record, 'unanswered');
      continue;
    }
    closed.push(intents[index]!);
    if (outcome.status === 'failed') {
      leave(done, record, 'refused', outcome.message);
      settlements.push(relink.get(record) ?? settlement(link, end, record, {}));
    } else if (record.action === 'delete') {
      journal.push(journalEntry(link, record, 'delete', {}));
      done.deleted += 1;
    } else {
      const former = formerOf(record);
      const reported = Object.fromEntries(
        Object.keys(former).map((path) => [path, outcome.record.values[path] ?? former[path]!]),
      );
      settlements.push(settlement(link, end, record, reported));
      journal.push(journalEntry(link, record, 'update', reported));
      done.updated += 1;
    }
  }
  await link.ledger.settle(run, settlements, journal, closed);
}

/** The vendor refused the whole batch before any effect: what was agreed on stays agreed. */
async function settleUnwritten(
  link: ActiveLink,
  end: LinkEnd,
  run: string,
  updates: readonly UndoRecord[],
  relink: readonly Settlement[],
  intents: readonly number[],
): Promise<void> {
  await link.ledger.settle(run, [...updates.map((record) => settlement(link, end, record, {})), ...relink], [], intents);
}

function leave(done: TakenBack, record: UndoRecord, reason: UndoLeftReason, detail?: string): void {
  done.left.push({ ...record, action: 'none', left: [{ path: undefined, reason, ...(detail === undefined ? {} : { detail }) }] });
}

function requestOf(record: UndoRecord): WriteRequest {
  const before = Object.fromEntries(Object.entries(record.fields).map(([path, { present }]) => [path, present]));
  return record.action === 'delete'
    ? { action: 'delete', id: record.remoteId, values: {}, before: record.agreed!.values ?? {} }
    : { action: 'update', id: record.remoteId, values: formerOf(record), before: { ...record.agreed!.values, ...before } };
}

function formerOf(record: UndoRecord): FieldValues {
  return Object.fromEntries(Object.entries(record.fields).map(([path, { former }]) => [path, former]));
}

/**
 * The agreed row with some of its values replaced. Only the fields that are written at these paths are
 * agreed on anew: one that is merely computed from them has changed, and is carried by the next cycle.
 * So is consent, since an opt-out holds at both ends.
 */
function settlement(link: ActiveLink, end: LinkEnd, record: UndoRecord, changed: FieldValues): Settlement {
  const row: AgreedRow = record.agreed!;
  const values = { ...row.values, ...changed };
  const fingerprint = link.fingerprints.of(end.name, values);
  const written = link.mapping.fields.filter((field) => Object.hasOwn(changed, field.write[end.name] ?? ''));
  const fields = new Map(row.fields);
  const elements = new Map(row.elements);
  for (const { id, set } of written) {
    const tag = link.fingerprints.tag(id);
    fields.set(tag, fingerprint.fields.get(tag)!);
    if (set) elements.set(tag, fingerprint.elements.get(tag)!);
  }
  const settled = [...fingerprint.fields].every(([tag, hash]) => fields.get(tag)?.equals(hash) ?? false);
  return {
    person: record.person,
    subject: undefined,
    agreed: [
      {
        ...row,
        integration: end.integration,
        object: end.object,
        matchKeys: fingerprint.matchKeys,
        recordHash: settled ? fingerprint.record : UNSETTLED,
        fields,
        elements,
        values,
        version: undefined,
        createdBySyncline: false,
      },
    ],
    parked: undefined,
    settled: [],
  };
}

function suppressionsOf(link: ActiveLink, end: LinkEnd, record: UndoRecord): readonly SuppressionEntry[] {
  const former = formerOf(record);
  const records = { [end.name]: { ...record.agreed!.values, ...former } };
  const suppression = { state: 'unsubscribed' as const, at: toInstant(link.clock.now()) };
  return Object.keys(former)
    .flatMap((path) => consentsAt(link, end, path))
    .flatMap((consent) => optOutEntries(link, consent, records, suppression));
}

/** Nothing at the other end was decided on, and what is agreed stands in the ledger already: recovery only journals. */
function decisionOf(link: ActiveLink, record: UndoRecord): IntentDecision {
  const { generation, fields, before, reason } = journalEntry(link, record, 'update', formerOf(record));
  return {
    journal: { generation, fields, before, reason },
    subject: `person:${record.person}`,
    key: record.key,
    staged: [],
    source: undefined,
  };
}

function journalEntry(link: ActiveLink, record: UndoRecord, action: 'update' | 'delete', after: FieldValues): JournalEntry {
  const { end, remoteId, person } = record;
  const before = Object.fromEntries(Object.entries(record.fields).map(([path, { present }]) => [path, present]));
  const fields = Object.fromEntries(
    Object.keys(after).map((path) => {
      const field = link.mapping.fields.find((candidate) => candidate.write[end] === path);
      const consent = consentsAt(link, endOf(link, end), path)[0];
      const name = field?.name ?? (consent === undefined ? path : `consent ${consent.purpose}`);
      return [path, { field: name, reason: 'undo', origin: undefined }];
    }),
  );
  const at = toInstant(link.clock.now());
  return { person, end, remoteId, action, at, generation: link.generation, fields, before, after, reason: 'undo' };
}
