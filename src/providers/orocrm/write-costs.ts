/** How batches are cut, and what that costs, by one set of rules. */
import type { WriteShape } from '../provider.ts';
import { PRIMARY_SETS } from './catalog.ts';
import type { Layout } from './layout.ts';
import { TYPICAL_LOOKS } from './operations.ts';
import { IDS_A_CALL } from './stream.ts';

/** The most requests of one `write`. */
export const MAX_BATCH_RECORDS = 5_000;
/** The most records that a synchronous batch takes, and the most that one call deletes. */
export const SYNC_RECORDS = 100;

/** Whether so many updates of one batch take fewer calls as an asynchronous operation. */
export function goesToOperation(count: number): boolean {
  return operationCalls(count) < syncCalls(count);
}

/** Calls of writing such requests, cut into batches in their order, all reading included. */
export function writeCalls(layout: Layout, shapes: readonly WriteShape[]): number {
  let calls = 0;
  let batch = { update: 0, create: 0, delete: 0, held: 0, size: 0 };
  const close = (): void => {
    const { update, create, delete: deletes, held } = batch;
    calls += Math.ceil(held / IDS_A_CALL) + Math.min(syncCalls(update), operationCalls(update));
    calls += syncCalls(create) + syncCalls(deletes);
    batch = { update: 0, create: 0, delete: 0, held: 0, size: 0 };
  };
  for (const { action, count, paths } of shapes) {
    // A mark of a list takes a call of its own for each record.
    const marks = paths.filter((path) => layout.marks.some((mark) => mark.path === path)).length;
    if (action !== 'delete') calls += count * marks;
    const isBare = action === 'update' && paths.length === marks;
    for (let left = count; left > 0;) {
      const taken = Math.min(left, MAX_BATCH_RECORDS - batch.size);
      batch.size += taken;
      if (!isBare) batch[action] += taken;
      if (action === 'update' && readsHeld(layout, paths)) batch.held += taken;
      left -= taken;
      if (batch.size === MAX_BATCH_RECORDS) close();
    }
  }
  close();
  return calls;
}

function syncCalls(count: number): number {
  return Math.ceil(count / SYNC_RECORDS);
}

/** One call to hand it over, some to look after it, one for its errors, and the reading back. */
function operationCalls(count: number): number {
  return count === 0 ? 0 : 2 + TYPICAL_LOOKS + Math.ceil(count / IDS_A_CALL);
}

/** Where a mapping knows both the set and the primary address, no record has to be read to write one of them. */
function readsHeld({ fields }: Layout, paths: readonly string[]): boolean {
  return PRIMARY_SETS.some(
    ({ set, primary }) => (paths.includes(set) || paths.includes(primary)) && !(fields.has(set) && fields.has(primary)),
  );
}
