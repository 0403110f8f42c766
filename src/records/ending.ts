/**
 * Endings: what becomes of a person whose record was deleted at an end, or left the link there.
 *
 * The record at the other end stays as it is, is archived or is deleted, as the link says. A deletion is
 * carried over only to what Syncline created, unless the link names every record, and never to a record
 * that was edited since the two last agreed, unless the link says that a deletion beats an edit: such a
 * record stays, unlinked, with its edit. Before anything is deleted it is read once more.
 */
import { isDeepStrictEqual } from 'node:util';
import type { EndName } from '../mapping/mapping.ts';
import type { FieldValues } from '../model/value.ts';
import type { AgreedRow, MovedRecord, Subject } from '../storage/ledger.ts';
import type { PersonId } from '../storage/person.ts';
import { completeValues } from './detect.ts';
import { otherEnd, type ActiveLink, type LinkEnd, type PartnerRule } from './link.ts';
import { recordsById } from './records-by-id.ts';
import { leavingEnd } from './scope.ts';

export interface EndedWork {
  readonly kind: 'ended';
  readonly cause: EndingCause;
  readonly subject: Subject;
  readonly person: PersonId;
  /** Where the record is gone, or where it left. */
  readonly at: readonly EndedAt[];
  /** What is written to the other record; absent where it stays as it is. */
  readonly partner: PartnerWrite | undefined;
  /** Why the other record stays although the link says that it is deleted. */
  readonly kept: KeptReason | undefined;
}

export interface EndedAt {
  readonly end: EndName;
  readonly remoteId: string;
  /** Where the record went, if it was merged or converted: then its partner is left alone in any case. */
  readonly moved?: MovedRecord | undefined;
}

export type EndingCause = 'deleted' | 'left';
export type KeptReason = 'edited' | 'not-created-by-syncline';

export interface PartnerWrite {
  readonly end: EndName;
  readonly remoteId: string;
  readonly action: 'archive' | 'delete';
  /** The whole record as it was read for this. */
  readonly record: FieldValues;
  /** What is written; nothing for a deletion. */
  readonly values: FieldValues;
}

/** A subject that ended, before its partner was looked at. */
interface Ended {
  readonly subject: Subject;
  readonly person: PersonId;
  readonly cause: EndingCause;
  readonly at: readonly EndedAt[];
  readonly rule: PartnerRule;
  readonly partner: { readonly end: LinkEnd; readonly row: AgreedRow } | undefined;
}

/** Those of the subjects that ended. Reads what would be written or deleted, and writes nothing. */
export async function endingsOf(link: ActiveLink, subjects: readonly Subject[]): Promise<ReadonlyMap<Subject, EndedWork>> {
  const ended = subjects.map((subject) => endedOf(link, subject)).filter((one) => one !== undefined);
  const found = new Map<Subject, EndedWork>();
  for (const one of ended) if (!reaches(one)) found.set(one.subject, staying(one, undefined));
  for (const end of link.ends) {
    const reaching = ended.filter((one) => reaches(one) && one.partner!.end === end);
    if (reaching.length > 0) for (const work of await reachPartners(link, end, reaching)) found.set(work.subject, work);
  }
  return found;
}

function endedOf(link: ActiveLink, subject: Subject): Ended | undefined {
  const { person } = subject;
  if (person === undefined) return undefined;
  const gone = Object.values(subject.staged).filter((row) => row.kind === 'deleted');
  const [first, another] = gone;
  if (first === undefined) {
    const left = leavingEnd(link, subject);
    if (left === undefined) return undefined;
    const at = [{ end: left.name, remoteId: subject.agreed[left.name]!.remoteId }];
    return { subject, person, cause: 'left', at, rule: left.onLeave, partner: partnerOf(link, subject, left) };
  }
  const end = link.ends.find(({ name }) => name === first.end)!;
  return {
    subject,
    person,
    cause: 'deleted',
    at: gone.map(({ end: name, remoteId, moved }) => ({ end: name, remoteId, moved })),
    rule: gone.some(({ moved }) => moved !== undefined) ? 'unlink' : end.onDelete,
    partner: another === undefined ? partnerOf(link, subject, end) : undefined,
  };
}

/** The other record, where the two are linked. */
function partnerOf(link: ActiveLink, subject: Subject, end: LinkEnd): Ended['partner'] {
  const other = otherEnd(link, end.name);
  const row = subject.agreed[other.name];
  return row?.state === 'linked' ? { end: other, row } : undefined;
}

function reaches({ rule, partner }: Ended): boolean {
  return partner !== undefined && rule !== 'unlink' && rule !== 'ignore';
}

async function reachPartners(link: ActiveLink, end: LinkEnd, ended: readonly Ended[]): Promise<readonly EndedWork[]> {
  const deletable = await link.ledger.createdBySyncline(
    end.integration,
    end.object,
    ended.filter(({ rule }) => rule === 'delete').map(({ partner }) => partner!.row.remoteId),
  );
  const foreign = (one: Ended): boolean => one.rule === 'delete' && !deletable.has(one.partner!.row.remoteId);
  const wanted = ended.filter((one) => !foreign(one)).map(({ partner }) => partner!.row.remoteId);
  const records = await recordsById(link, end, wanted);

  return ended.map((one): EndedWork => {
    const { row } = one.partner!;
    if (foreign(one)) return staying(one, 'not-created-by-syncline');
    const record = records.get(row.remoteId)?.values;
    // Gone by itself: there is nothing left to archive or to delete.
    if (record === undefined) return staying(one, undefined);
    const edited = !link.fingerprints.of(end.name, completeValues(link, end, record)).record.equals(row.recordHash);
    if (one.rule !== 'archive' && edited && !link.deleteBeatsEdit) return staying(one, 'edited');
    // Also where an earlier cycle wrote that and had no answer.
    if (one.rule === 'archive' && isArchived(end, record)) return staying(one, undefined);
    const partner: PartnerWrite = {
      end: end.name,
      remoteId: row.remoteId,
      action: one.rule === 'archive' ? 'archive' : 'delete',
      record,
      values: one.rule === 'archive' ? end.archive : {},
    };
    return { ...withoutRule(one), partner, kept: undefined };
  });
}

function isArchived(end: LinkEnd, record: FieldValues): boolean {
  return Object.entries(end.archive).every(([path, value]) => isDeepStrictEqual(record[path] ?? null, value));
}

function staying(one: Ended, kept: KeptReason | undefined): EndedWork {
  return { ...withoutRule(one), partner: undefined, kept };
}

function withoutRule({ subject, person, cause, at }: Ended): Omit<EndedWork, 'partner' | 'kept'> {
  return { kind: 'ended', subject, person, cause, at };
}
