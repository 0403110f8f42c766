/**
 * The audit log: who did what, when, from which plan. One event a line, each with the hash of the one
 * before, so that nothing can be changed, left out or put in between without breaking the chain. The
 * state mirrors the newest hash, so that the end cannot be cut off unseen either.
 *
 * Events name operators (`user@host`) and hold digests, numbers and addresses of documents. No
 * personal data of records, no secret: an event can never be taken out again.
 */
import { createHash } from 'node:crypto';
import { EMPTY_AUDIT_HEAD, type AuditHead } from '../model/state.ts';
import { canonicalJson } from './canonical-json.ts';
import type { Lock } from './lock.ts';

export type AuditValue = null | boolean | number | string | readonly AuditValue[] | { readonly [name: string]: AuditValue };

/**
 * What is to be recorded. Types in use: `run_started`, `apply`, `cycle`, `lock_taken_over`,
 * `force_unlock`, `quarantine_retried`, `quarantine_dropped`, `state_pushed`, `state_moved`, `state_removed`, `paused`, `resumed`, `import`, `undo`,
 * `forget`, `key_rotated`, `backend_changed`; `audit_repaired` and `audit_gap` are the log's own.
 */
export interface NewAuditEvent {
  readonly type: string;
  readonly at: string;
  readonly who: string;
  readonly run: string | null;
  readonly [field: string]: AuditValue | undefined;
}

export interface AuditEvent extends NewAuditEvent {
  /** From 1, without gaps. */
  readonly seq: number;
  /** The hash of the event before; 64 zeros for the first. */
  readonly previous: string;
  /** SHA-256 over the canonical JSON (RFC 8785) of the event without `hash`, in hexadecimal digits. */
  readonly hash: string;
}

export interface AuditLog {
  /**
   * Appends an event, durably. Its head (`headOf`) belongs into the next state that is written.
   * @throws SynclineError STORAGE_LOCK_LOST, STORAGE_WRITE_FAILED, STORAGE_UNSAFE_FILE, AUDIT_UNREADABLE
   */
  append(event: NewAuditEvent, lock: Lock): Promise<AuditEvent>;
  /** Puts these lines in the place of all that are there: the log of another backend, as it stands. */
  replace(lines: readonly string[], lock: Lock): Promise<void>;
  /** The lines of the log as they stand, for `verifyAudit`. Nothing where there is no log. */
  lines(): AsyncIterable<string>;
}

export type AuditVerification =
  | { readonly intact: true; readonly head: AuditHead }
  | {
      readonly intact: false;
      /** The first line that does not fit, from 1. One past the last where the end is missing. */
      readonly line: number;
      readonly reason: 'unreadable' | 'altered' | 'unchained' | 'shortened';
      readonly detail: string;
      /** How far the log can be relied on. */
      readonly head: AuditHead;
    };

/**
 * Chains events to the end of a log. Where the log lacks events that the state knows of, or holds others,
 * it is continued from what the state knows, after an event that says so: work goes on, and the break
 * shows for ever.
 *
 * @param mirrored the head that the state holds
 */
export function continueChain(
  found: AuditHead,
  mirrored: AuditHead | undefined,
  events: readonly [...NewAuditEvent[], NewAuditEvent],
): readonly [...AuditEvent[], AuditEvent] {
  const isBroken =
    mirrored !== undefined && (found.count < mirrored.count || (found.count === mirrored.count && found.head !== mirrored.head));
  const { at, who, run } = events.at(-1)!;
  const gap: readonly NewAuditEvent[] = isBroken
    ? [{ type: 'audit_gap', at, who, run, found: { ...found }, expected: { ...mirrored } }]
    : [];
  let head = isBroken ? mirrored : found;
  const own = events.slice(0, -1);
  return [...own, ...gap, events.at(-1)!].map((event) => {
    const chained = chainEvent(head, event);
    head = headOf(chained);
    return chained;
  }) as [...AuditEvent[], AuditEvent];
}

/** Puts an event at the end of a chain. */
export function chainEvent(head: AuditHead, event: NewAuditEvent): AuditEvent {
  const content = { ...event, seq: head.count + 1, previous: head.head };
  return { ...content, hash: hashOf(content) };
}

export function headOf(event: AuditEvent): AuditHead {
  return { count: event.seq, head: event.hash };
}

/** The line of an event, with the newline that ends it. */
export function printEvent(event: AuditEvent): string {
  return `${canonicalJson(event)}\n`;
}

/**
 * Reads a line.
 * @returns `undefined` where it is no event at all; whether its hash is right is another question
 */
export function parseEvent(line: string): AuditEvent | undefined {
  let content: unknown;
  try {
    content = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof content !== 'object' || content === null) {
    return undefined;
  }
  const event = content as Partial<Record<'seq' | 'type' | 'at' | 'previous' | 'hash', unknown>>;
  const texts = [event.type, event.at, event.previous, event.hash];
  return Number.isSafeInteger(event.seq) && texts.every((text) => typeof text === 'string') ? (content as AuditEvent) : undefined;
}

/** Whether an event is as it was written. */
function isUnaltered(event: AuditEvent): boolean {
  const { hash, ...content } = event;
  return hashOf(content) === hash;
}

/**
 * Follows the chain from its beginning and tells where it breaks first.
 *
 * @param mirrored the head that the state holds. The log may be ahead of it (a run that was killed
 *   between the two writes), never behind.
 */
export async function verifyAudit(
  lines: Iterable<string> | AsyncIterable<string>,
  mirrored?: AuditHead,
): Promise<AuditVerification> {
  let head = EMPTY_AUDIT_HEAD;
  let line = 0;
  const broken = (reason: 'unreadable' | 'altered' | 'unchained' | 'shortened', detail: string): AuditVerification => ({
    intact: false,
    line,
    reason,
    detail,
    head,
  });
  for await (const text of lines) {
    line += 1;
    const event = parseEvent(text);
    if (event === undefined) {
      return broken('unreadable', `Line ${line} is no event: it was cut off or overwritten.`);
    }
    if (!isUnaltered(event)) {
      return broken('altered', `Line ${line} (event ${event.seq}, ${event.type}) was changed after it was written.`);
    }
    if (event.seq !== head.count + 1 || event.previous !== head.head) {
      return broken(
        'unchained',
        `Line ${line} is event ${event.seq} and does not follow event ${head.count}: events were removed, inserted, replaced or reordered.`,
      );
    }
    if (mirrored !== undefined && event.seq === mirrored.count && event.hash !== mirrored.head) {
      return broken(
        'altered',
        `Line ${line} (event ${event.seq}) is not the event that the state knows under this number: the log was rewritten.`,
      );
    }
    head = headOf(event);
  }
  if (mirrored !== undefined && mirrored.count > head.count) {
    line += 1;
    return broken('shortened', `The log ends at event ${head.count}; the state knows of ${mirrored.count} events.`);
  }
  return { intact: true, head };
}

function hashOf(content: object): string {
  return createHash('sha256').update(canonicalJson(content)).digest('hex');
}
