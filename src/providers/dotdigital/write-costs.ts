/** What a batch of writes would cost, by the rules by which it is carried out. */
import type { WriteShape } from '../provider.ts';
import { removalCalls } from './book-writes.ts';
import { parsePath } from './fields.ts';
import { importsFor } from './import-job.ts';
import { readBackCalls } from './read-back.ts';

/** The vendor advises the importer from about so many contacts on. */
export const IMPORT_FROM = 11;

/**
 * A shape does not tell values: a membership that the contact did not have is taken for one that
 * begins, any other for one that ends; consent for an opt-out on update and an opt-in on create. An
 * import is taken to be ended at the first look, and to refuse nobody.
 */
export function writeCalls(shapes: readonly WriteShape[]): number {
  let calls = 0;
  let upserts = 0;
  let withBooks = 0;
  let fields = 0;
  const removals = new Map<string, number>();
  for (const { action, count, paths, fills } of shapes) {
    if (action === 'delete') {
      calls += count;
      continue;
    }
    const parts = paths.map((path) => ({ path, part: parsePath(path)?.part }));
    const optOuts = action === 'update' ? parts.filter(({ part }) => part === 'book') : [];
    const leaves =
      action === 'update' ? parts.filter(({ path, part }) => part === 'member' && fills?.includes(path) !== true) : [];
    calls += count * optOuts.length;
    for (const { path } of leaves) removals.set(path, (removals.get(path) ?? 0) + count);
    if (action === 'create' || paths.length > optOuts.length + leaves.length) {
      upserts += count;
      if (parts.some(({ part }) => part === 'member' || part === 'book')) withBooks += count;
      fields = Math.max(fields, paths.length);
    }
  }
  for (const count of removals.values()) calls += removalCalls(count);
  // The answer to a single write does not tell of address books: who was put into one is read back.
  if (upserts < IMPORT_FROM) return calls + upserts + readBackCalls(withBooks);
  return calls + 2 * importsFor(upserts, fields) + readBackCalls(upserts);
}
