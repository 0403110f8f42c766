/** Histories told on purpose: plain accounts, and the words to say what people do. */
import type { FieldValue } from '../../src/model/value.ts';
import { CRM, type EndName } from './accounts.ts';
import type { HistoryOptions } from './history.ts';
import type { Event, SyncEvent } from './people.ts';

export const SYNC: SyncEvent = { kind: 'sync', sweep: false, busy: 0, killAt: undefined, second: false };
export const SWEEP: SyncEvent = { ...SYNC, sweep: true };
export const HOUR: Event = { kind: 'wait', ms: 3_600_000 };

/** Somebody enters a record that has everything a record may have. */
export function person(
  end: EndName,
  serial: number,
  more: { readonly address?: 'of-other-end' | 'of-the-deleted'; readonly optedOut?: boolean } = {},
): Event {
  const { address = 'new', optedOut = false } = more;
  return { kind: 'enter', end, address, nth: serial, serial, optedOut, complete: true };
}

/** @param nth among the records of an end that are there, from 0 */
export function edit(end: EndName, nth: number, path: string, value: FieldValue): Event {
  return { kind: 'edit', end, nth, path, value };
}

export function consent(end: EndName, nth: number, out: boolean): Event {
  return { kind: 'consent', end, nth, out };
}

export function remove(end: EndName, nth: number): Event {
  return { kind: 'remove', end, nth };
}

/** Nothing that chance would draw: both ends take everybody, in large pages and batches, and at once. */
export const PLAIN = {
  policy: { prefer: CRM, unit: 'field', retain: 'values', enter: { crm: 'everyone', mail: 'everyone' } },
  crm: {
    requiredOnCreate: [],
    pageRecords: 50,
    batchRecords: 200,
    callRecords: 200,
    sameAddress: 'allowed',
    lagMs: 0,
    versions: false,
  },
  mail: {
    stream: { changes: 'feed', deletions: 'sweep', listed: [], humanTime: false },
    pageRecords: 50,
    batchRecords: 200,
    callRecords: 200,
    sameAddress: 'refused',
    lagMs: 0,
    jobsAbove: 1_000,
    bulkRequests: 0,
    evidence: false,
    versions: false,
  },
} as const satisfies HistoryOptions['design'];
