/** Entries of quarantine: what a remote refused, or cannot be written as it is. */
import type { EndName } from '../mapping/mapping.ts';
import { NEVER, toInstant } from '../model/time.ts';
import type { WriteOutcome } from '../providers/provider.ts';
import type { StagedRow, Subject } from '../storage/ledger.ts';
import type { QuarantineEntry } from '../storage/quarantine.ts';
import { otherEnd, type ActiveLink, type LinkEnd } from './link.ts';
import { displayKey, quarantineSubject, stagedRows, type WriteWork } from './work.ts';

const RETRY_MINUTES = 20;
const QUICK_RETRIES = 10;

export type Failure = Extract<WriteOutcome, { status: 'failed' }>;
export type Quarantined = QuarantineEntry & { readonly staged: readonly StagedRow[] };

/**
 * @param linked whether its records are one person from now on, though the write was refused
 * @param attempts entries as they are, by end and subject
 */
export function refusedEntry(
  link: ActiveLink,
  item: WriteWork,
  linked: boolean,
  end: LinkEnd,
  outcome: Failure,
  attempts: ReadonlyMap<string, QuarantineEntry>,
): Quarantined {
  const before = quarantineSubject(item.subject);
  const other = otherEnd(link, end.name).name;
  const source = item.sides[other] ?? item.sides[end.name]!;
  return {
    ...subjectOf(item, linked),
    end: end.name,
    remoteId: item.sides[end.name]?.remoteId,
    key: displayKey(link, item.sides[other] === undefined ? end.name : other, source.values, source.remoteId),
    code: outcome.code,
    message: outcome.message,
    ...retryOf(attempts.get(`${end.name}|${before}`), link.clock.now(), outcome.code),
    staged: stagedRows(item.subject),
  };
}

/** The entry of somebody whose opt-outs alone could be written. */
export function heldEntry(link: ActiveLink, item: WriteWork & { readonly held: NonNullable<WriteWork['held']> }): Quarantined {
  const { end, detail } = item.held;
  return { ...unwritable(link, item.subject, { end, code: 'INVALID_VALUE', message: detail }), ...subjectOf(item, true) };
}

/** Waits for an edit: only that can mend it, trying the same values again cannot. */
export function unwritable(
  link: ActiveLink,
  subject: Subject,
  fault: { readonly end: EndName; readonly code: string; readonly message: string },
): Quarantined {
  const rows = stagedRows(subject);
  const first = rows[0]!;
  return {
    subject: quarantineSubject(subject),
    end: fault.end,
    remoteId: undefined,
    person: subject.person,
    key: displayKey(link, first.end, first.values, first.remoteId),
    code: fault.code,
    message: fault.message,
    attempts: 1,
    since: toInstant(link.clock.now()),
    nextAt: NEVER,
    staged: rows,
  };
}

/** Records that became one person wait under that person, whatever they waited under before. */
function subjectOf(item: WriteWork, linked: boolean): Pick<QuarantineEntry, 'subject' | 'person'> {
  return linked
    ? { subject: `person:${item.person}`, person: item.person }
    : { subject: quarantineSubject(item.subject), person: item.subject.person };
}

/**
 * When a refused record is tried again, `before` being its entry if it was refused already. A suppression is lifted by the
 * person or the vendor, and until then the answer stays the same: it waits for an edit, or to be tried by hand.
 */
export function retryOf(
  before: QuarantineEntry | undefined,
  now: number,
  code: string,
): Pick<QuarantineEntry, 'attempts' | 'since' | 'nextAt'> {
  const attempts = (before?.attempts ?? 0) + 1;
  const waitMinutes = attempts <= QUICK_RETRIES ? RETRY_MINUTES : 24 * 60;
  const nextAt = code === 'PROVIDER_ADDRESS_SUPPRESSED' ? NEVER : toInstant(now + waitMinutes * 60_000);
  return { attempts, since: before?.since ?? toInstant(now), nextAt };
}
