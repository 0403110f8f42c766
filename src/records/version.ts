/**
 * Versions of records: which of them a later read may pass over, because they were read before.
 *
 * The next read reaches back some minutes, and after a large cycle most of what it lists is our own
 * work. A vendor's stamp tells two versions apart only by the second, so that a version counts as
 * read only if nothing can have been changed under the same stamp afterwards.
 */
import { sameValue } from '../mapping/equality.ts';
import type { FieldType, FieldValue, FieldValues, RemoteRecord } from '../model/value.ts';

/** Two whole seconds: both the stamp and the time of the read may have lost the fraction of one. */
const SETTLED_MS = 2_000;

/** The stamp of a record that was read in full when no other change could share it any more. */
export function provenVersion({ modifiedAt, readAt }: Pick<RemoteRecord, 'modifiedAt' | 'readAt'>): string | undefined {
  if (modifiedAt === undefined || readAt === undefined) return undefined;
  return Date.parse(readAt) - Date.parse(modifiedAt) >= SETTLED_MS ? modifiedAt : undefined;
}

/**
 * Whether a value that stands where one was sent, and nobody knows whether it came, can be that one: trimmed, or in the
 * letters that the vendor gives its type. Stricter than `isAnotherText`: what somebody edited since is not to be taken for ours.
 */
export function isAsSent(sent: FieldValue | undefined, shown: FieldValue | undefined, type: FieldType | undefined): boolean {
  return sameValue(trimmed(sent), trimmed(shown), type);
}

function trimmed(value: FieldValue | undefined): FieldValue | undefined {
  return typeof value === 'string' ? value.trim() : value;
}

/**
 * Whether a text that was read back after a write is no spelling of the one that was written: not cut off, cased,
 * trimmed, formatted or escaped, but another one, which somebody else has put in its place since.
 */
export function isAnotherText(written: FieldValue, shown: FieldValue | undefined): boolean {
  if (typeof written !== 'string' || typeof shown !== 'string') return false;
  const [before, now] = [wordsOf(written), wordsOf(shown)];
  if (before.length === 0 || now.length === 0 || now.some((word) => before.includes(word))) return false;
  const [whole, part] = [before.join(''), now.join('')];
  return !whole.includes(part) && !part.includes(whole);
}

function wordsOf(text: string): readonly string[] {
  const folded = text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
  return folded.match(/[\p{L}\p{N}]+/gu) ?? [];
}

/**
 * Compares what an end shows of a record that we have just written with what was known of it.
 *
 * @param expected the record as it should be: what was known before, and what was written
 * @param paths those to compare; written paths hold what the end reports in any case
 * @returns the fields that an end spells as a value where none was known (`false`); `undefined` where
 *   a person changed something meanwhile, so that the next read has to show it
 */
export function spelledOtherwise(expected: FieldValues, shown: FieldValues, paths: readonly string[]): FieldValues | undefined {
  const spelled: Record<string, FieldValue> = {};
  for (const path of paths) {
    const [before, now] = [expected[path] ?? null, shown[path] ?? null];
    if (JSON.stringify(before) === JSON.stringify(now)) continue;
    if (before !== null || now !== false) return undefined;
    spelled[path] = now;
  }
  return spelled;
}
