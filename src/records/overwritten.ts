/**
 * A create that turned out to be an update: where a vendor writes over whoever has the address of a new
 * record, and somebody moved to that address before its feed could tell. What was written there is then
 * nobody's edit. The record keeps its person and its new address, and its partner's other values are carried to it again.
 */
import type { FieldValues } from '../model/value.ts';
import type { JournalEntry } from '../storage/journal.ts';
import type { AgreedRow, Settlement } from '../storage/ledger.ts';
import { UNSETTLED, type FieldHashes } from '../storage/person.ts';
import { kept } from './journal-entry.ts';
import { otherEnd, type ActiveLink, type LinkEnd } from './link.ts';

/** A record that a create met, with what was written to it. */
export interface Overwritten {
  readonly end: LinkEnd;
  readonly remoteId: string;
  readonly values: FieldValues;
}

/** What becomes agreed of the persons whose records were written over; records that nobody is linked with are left out. */
export async function restoringSettlements(link: ActiveLink, records: readonly Overwritten[]): Promise<readonly Settlement[]> {
  const settlements: Settlement[] = [];
  for (const [end, group] of Map.groupBy(records, (record) => record.end)) {
    const rows = await link.ledger.agreedByRemoteId(
      end.name,
      group.map(({ remoteId }) => remoteId),
    );
    const linked = group.flatMap((record) => {
      const row = rows.get(record.remoteId);
      return row?.state === 'linked' ? [{ record, row }] : [];
    });
    const partner = otherEnd(link, end.name);
    const pairs = await link.ledger.agreedByPerson(linked.map(({ row }) => row.person));
    for (const { record, row } of linked) {
      const other = pairs.get(row.person)?.[partner.name];
      if (other === undefined) continue;
      const agreed = [asWritten(link, end, row, record.values), asEdited(link, end, partner, other, record.values)];
      settlements.push({ person: row.person, subject: undefined, agreed, parked: undefined, settled: [] });
    }
  }
  return settlements;
}

/**
 * The line of such a write in the history of whose record it is.
 * @param entry as that of a create
 * @param row what was agreed on of the record, where anything was
 */
export function overwrittenEntry(link: ActiveLink, end: LinkEnd, entry: JournalEntry, row: AgreedRow | undefined): JournalEntry {
  // By the key that it was found by it went already.
  const known = Object.keys(entry.fields).filter((path) => path !== end.client.writer.overwritesBy);
  const fields = Object.fromEntries(Object.entries(entry.fields).map(([path, of]) => [path, { ...of, reason: 'met' }]));
  return { ...entry, action: 'update', before: kept(link, row?.values ?? {}, known), fields, reason: 'met' };
}

/** The record that was written over: what stands there is what we wrote, and no edit. */
function asWritten(link: ActiveLink, end: LinkEnd, row: AgreedRow, written: FieldValues): Settlement['agreed'][number] {
  const tags = tagsOf(link, end, written);
  const now = link.fingerprints.of(end.name, { ...row.values, ...written }).fields;
  return { ...unsettled(end, row, tags), fields: replaced(row.fields, tags, (tag) => now.get(tag)) };
}

/** Its partner: every such field is carried over from there, unless somebody has edited it at the record since. */
function asEdited(
  link: ActiveLink,
  end: LinkEnd,
  partner: LinkEnd,
  row: AgreedRow,
  written: FieldValues,
): Settlement['agreed'][number] {
  const tags = tagsOf(link, end, written);
  return { ...unsettled(partner, row, tags), fields: replaced(row.fields, tags, (tag) => toRestore(row.fields.get(tag)!)) };
}

const UNMARKED_BYTES = 4;

/** The mark of a field whose value is to be put back at the other end: the beginning of the hash of that value. Marking twice is marking once. */
function toRestore(agreed: Buffer): Buffer {
  return Buffer.concat([agreed.subarray(0, UNMARKED_BYTES), UNSETTLED.subarray(UNMARKED_BYTES)]);
}

/** Whether a field is as it was when it was marked to be put back at the other end, and not edited since. */
export function isToRestore(agreed: Buffer, now: Buffer): boolean {
  return agreed.equals(toRestore(now));
}

/** Sets are carried over whole: which of their elements were agreed on is not true any more. */
function unsettled(end: LinkEnd, row: AgreedRow, tags: ReadonlySet<string>): Settlement['agreed'][number] {
  return {
    ...row,
    integration: end.integration,
    object: end.object,
    createdBySyncline: false,
    recordHash: UNSETTLED,
    version: undefined,
    elements: new Map([...row.elements].filter(([tag]) => !tags.has(tag))),
  };
}

/**
 * Fields that were written at an end, but for those that only new records are given, and for the one that the record
 * was found by: it stood there before, as somebody entered it. Consent has its own memory.
 */
function tagsOf(link: ActiveLink, end: LinkEnd, written: FieldValues): ReadonlySet<string> {
  const { overwritesBy } = end.client.writer;
  const fields = link.mapping.fields.filter(({ write, createOnly }) => {
    const path = write[end.name];
    return !createOnly && path !== undefined && path !== overwritesBy && Object.hasOwn(written, path);
  });
  return new Set(fields.map(({ id }) => link.fingerprints.tag(id)));
}

function replaced(fields: FieldHashes, tags: ReadonlySet<string>, hash: (tag: string) => Buffer | undefined): FieldHashes {
  return new Map([...fields].map(([tag, before]) => [tag, tags.has(tag) ? (hash(tag) ?? before) : before]));
}
