/**
 * Taking back what a run wrote to the ends of one link.
 *
 * Decided per record and field from three values: what the field held before the run (the journal),
 * what the run wrote (the journal), and what it holds now (read back). Only a field that still holds
 * what the run wrote is taken back; an edit that a person made since always stays.
 *
 * Taken back is what the run wrote, and nothing else. Where it carried an edit from one end to the
 * other, the edit itself stays where the person made it: the ends then agree to differ in this field,
 * until somebody edits it again. That is what the agreed values say afterwards, so that the next cycle
 * neither carries the edit once more nor carries the former value back.
 *
 * Laws, each with a test in `test/records/undo.test.ts`:
 * - a field that anybody changed since the run is not written;
 * - an opt-out is never taken back, and no address comes back that is on the suppression list;
 * - a record is deleted only if the run created it, nobody edited it since, and it was asked for;
 * - after an undo a cycle writes nothing, and undoing the undo gives what the run had written;
 * - killed at any point, the next cycle carries neither value to the other end.
 */
import { ACCOUNT_WIDE } from '../mapping/consent-entries.ts';
import { sameValue } from '../mapping/equality.ts';
import type { CompiledConsent, EndName } from '../mapping/mapping.ts';
import type { FieldValue, FieldValues } from '../model/value.ts';
import type { HistoryEntry } from '../storage/journal.ts';
import type { AgreedRow } from '../storage/ledger.ts';
import { completeValues } from './detect.ts';
import { isOptedOut, ownOptOut } from './consent.ts';
import type { ActiveLink, LinkEnd } from './link.ts';
import { recordsById } from './records-by-id.ts';
import { displayKey } from './work.ts';

/** What is to be done with one record that the run wrote. */
export interface UndoRecord {
  readonly end: EndName;
  readonly remoteId: string;
  readonly person: string;
  /** Personal data: masked when printed. */
  readonly key: string;
  /** `none` where everything is left as it is. */
  readonly action: 'update' | 'delete' | 'none';
  /** By path: what it holds now, and what it held before the run. */
  readonly fields: Readonly<Record<string, { readonly present: FieldValue; readonly former: FieldValue }>>;
  readonly left: readonly UndoLeft[];
  /** What both ends last agreed on; set where the record is written. */
  readonly agreed: AgreedRow | undefined;
}

export interface UndoLeft {
  /** Absent where it concerns the whole record. */
  readonly path: string | undefined;
  readonly reason: UndoLeftReason;
  readonly detail?: string;
}

export type UndoLeftReason =
  | 'edited-since'
  | 'gone'
  | 'created'
  | 'deleted'
  | 'not-linked'
  | 'not-mapped'
  | 'no-values'
  | 'unknown-before'
  | 'opt-out-stays'
  | 'address-suppressed'
  | 'refused'
  | 'unanswered';

/** The first and the last that a run did with one record. */
interface Written {
  readonly first: HistoryEntry;
  readonly last: HistoryEntry;
  /** By path: before its first write, and after its last. */
  readonly fields: ReadonlyMap<string, { readonly before: FieldValue | undefined; readonly after: FieldValue }>;
}

const PAGE_RECORDS = 500;

/** What can be taken back of a run, page by page, judged by what the remotes hold now. Writes nothing. */
export async function* undoPages(
  link: ActiveLink,
  run: string,
  options: { readonly deleteCreated: boolean },
): AsyncIterable<readonly UndoRecord[]> {
  let after: { readonly end: string; readonly remoteId: string } | undefined;
  for (;;) {
    const entries = await link.ledger.writtenBy(run, after, PAGE_RECORDS);
    const last = entries.at(-1);
    if (last === undefined) return;
    after = { end: last.end, remoteId: last.remoteId };
    for (const end of link.ends) {
      const records = [
        ...Map.groupBy(
          entries.filter((entry) => entry.end === end.name),
          ({ remoteId }) => remoteId,
        ).values(),
      ];
      const writes = records.map(combine).filter((written) => written !== undefined);
      if (writes.length > 0) yield await judgeRecords(link, end, writes, options.deleteCreated);
    }
  }
}

/** @returns `undefined` where only the connection of a record was ended, which took nothing away */
function combine(entries: readonly HistoryEntry[]): Written | undefined {
  const writes = entries.filter(({ action }) => action !== 'unlink');
  const [first] = writes;
  if (first === undefined) return undefined;
  const fields = new Map<string, { before: FieldValue | undefined; after: FieldValue }>();
  for (const entry of writes) {
    for (const path of Object.keys(entry.fields)) {
      const before = fields.has(path) ? fields.get(path)!.before : entry.before?.[path];
      fields.set(path, { before, after: entry.after?.[path] ?? null });
    }
  }
  return { first, last: writes.at(-1)!, fields };
}

async function judgeRecords(
  link: ActiveLink,
  end: LinkEnd,
  writes: readonly Written[],
  deleteCreated: boolean,
): Promise<readonly UndoRecord[]> {
  const ids = writes.map(({ first }) => first.remoteId);
  const present = await readBack(link, end, ids);
  const agreed = await link.ledger.agreedByRemoteId(end.name, ids);
  const suppressed = await suppressedFormerAddresses(link, end, writes, present);
  return writes.map((written) => {
    const { remoteId } = written.first;
    return judge(link, end, written, { present: present.get(remoteId), agreed: agreed.get(remoteId), suppressed, deleteCreated });
  });
}

interface Circumstances {
  /** `undefined` where the record is gone. */
  readonly present: FieldValues | undefined;
  readonly agreed: AgreedRow | undefined;
  /** Addresses, in hexadecimal digits, that must not come back, by consent. */
  readonly suppressed: ReadonlyMap<CompiledConsent, ReadonlySet<string>>;
  readonly deleteCreated: boolean;
}

function judge(link: ActiveLink, end: LinkEnd, written: Written, circumstances: Circumstances): UndoRecord {
  const { present, agreed } = circumstances;
  const { first, last } = written;
  const base = { end: end.name, remoteId: first.remoteId, person: first.person, agreed };
  const none = (reason: UndoLeftReason): UndoRecord => {
    const known = present ?? agreed?.values ?? last.after ?? {};
    const key = displayKey(link, end.name, known, first.remoteId);
    return { ...base, key, action: 'none', fields: {}, left: [{ path: undefined, reason }] };
  };
  if (last.action === 'delete') return none('deleted');
  if (present === undefined) return none('gone');
  if (agreed === undefined || agreed.state !== 'linked') return none('not-linked');
  if (agreed.values === undefined) return none('no-values');
  const key = displayKey(link, end.name, present, first.remoteId);
  if (first.action === 'create') {
    if (!circumstances.deleteCreated) return none('created');
    if (!isUntouched(link, end, written, present, agreed)) return none('edited-since');
    return { ...base, key, action: 'delete', fields: {}, left: [] };
  }
  const fields: Record<string, { present: FieldValue; former: FieldValue }> = {};
  const left: UndoLeft[] = [];
  for (const [path, { before, after }] of written.fields) {
    const found = present[path] ?? null;
    if (!link.mapping.paths[end.name]!.includes(path)) left.push({ path, reason: 'not-mapped' });
    else if (before === undefined) left.push({ path, reason: 'unknown-before' });
    else if (sameValue(found, before, undefined)) continue;
    else if (!sameValue(found, after, undefined)) left.push({ path, reason: 'edited-since' });
    else if (widensConsent(link, end, path, present, before)) left.push({ path, reason: 'opt-out-stays' });
    else if (isSuppressedAddress(link, end, path, present, before, circumstances.suppressed))
      left.push({ path, reason: 'address-suppressed' });
    else fields[path] = { present: found, former: before };
  }
  return { ...base, key, action: Object.keys(fields).length === 0 ? 'none' : 'update', fields, left };
}

/** Whether a record is as the link last saw it, and as the run left it. Only mapped fields can be told. */
function isUntouched(link: ActiveLink, end: LinkEnd, written: Written, present: FieldValues, agreed: AgreedRow): boolean {
  if (!link.fingerprints.of(end.name, present).record.equals(agreed.recordHash)) return false;
  return [...written.fields].every(([path, { after }]) => sameValue(present[path] ?? null, after, undefined));
}

/** A consent field may go back to an opt-out and to nothing else. */
function widensConsent(link: ActiveLink, end: LinkEnd, path: string, present: FieldValues, former: FieldValue): boolean {
  return consentsAt(link, end, path).some((consent) => !isOptedOut(consent.state(end.name, { ...present, [path]: former })));
}

/** Whether the former value makes an address of a record that is open for a purpose for which that address is not. */
function isSuppressedAddress(
  link: ActiveLink,
  end: LinkEnd,
  path: string,
  present: FieldValues,
  former: FieldValue,
  suppressed: ReadonlyMap<CompiledConsent, ReadonlySet<string>>,
): boolean {
  const values = { ...present, [path]: former };
  return link.mapping.consent.some((consent) => {
    const address = link.fingerprints.address(consent, end.name, values)?.toString('hex');
    if (address === undefined || consent.address(end.name, values) === consent.address(end.name, present)) return false;
    return suppressed.get(consent)?.has(address) === true && !isOptedOut(consent.state(end.name, values));
  });
}

export function consentsAt(link: ActiveLink, end: LinkEnd, path: string): readonly CompiledConsent[] {
  return link.mapping.consent.filter((consent) => consent.path[end.name] === path);
}

/** Former addresses, in hexadecimal digits, that are suppressed for a consent, by whatever purpose. */
async function suppressedFormerAddresses(
  link: ActiveLink,
  end: LinkEnd,
  writes: readonly Written[],
  present: ReadonlyMap<string, FieldValues>,
): Promise<ReadonlyMap<CompiledConsent, ReadonlySet<string>>> {
  const suppressed = new Map<CompiledConsent, ReadonlySet<string>>();
  for (const consent of link.mapping.consent) {
    const addresses = writes.flatMap(({ first, fields }) => {
      const former = Object.fromEntries([...fields].map(([path, { before }]) => [path, before ?? null]));
      return link.fingerprints.address(consent, end.name, { ...present.get(first.remoteId), ...former }) ?? [];
    });
    const found = new Set<string>();
    const own = link.ends.map(({ integration }) => ownOptOut(consent.purpose, integration));
    for (const purpose of [consent.purpose, ACCOUNT_WIDE, ...own]) {
      const entries = await link.ledger.suppressed(addresses, consent.channel, purpose);
      for (const [address, { state }] of entries) if (state !== 'released') found.add(address);
    }
    suppressed.set(consent, found);
  }
  return suppressed;
}

async function readBack(link: ActiveLink, end: LinkEnd, ids: readonly string[]): Promise<ReadonlyMap<string, FieldValues>> {
  const found = await recordsById(link, end, ids);
  return new Map([...found].map(([id, { values }]) => [id, completeValues(link, end, values)]));
}
