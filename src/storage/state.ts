/**
 * Where the state of one stack is kept. Every implementation keeps these laws, which
 * `test/storage/contract` checks:
 * - `read` gives what the last successful `write` returned, or `undefined` before the first.
 * - A write succeeds only for the holder of the lock, on top of the serial that it was made from, and
 *   for the same lineage and stack. After a failed write the old state is intact, or the new one is.
 * - The serial moves by one when `accounts`, `resources`, `specifications` or `guards` differ from what
 *   is stored, and not otherwise.
 */
import type { State } from '../model/state.ts';
import type { Lock } from './lock.ts';

export interface StateStore {
  /**
   * @returns `undefined` where nothing was stored yet
   * @throws SynclineError STATE_UNREADABLE, STATE_INVALID, STATE_DIGEST_MISMATCH, STATE_NEWER_FORMAT,
   *   STATE_STACK_MISMATCH, STORAGE_UNSAFE_FILE, STORAGE_READ_FAILED
   */
  read(): Promise<State | undefined>;
  /**
   * Stores a state that was made from the one of `expectedSerial` (0: from none). The store sets
   * `serial`, `digest` and `syncline_version`, and never lets `audit` go back behind what is stored.
   *
   * @param lock a lock taken for writing
   * @returns the state as stored; the stored one itself where nothing differs, in which case nothing is written
   * @throws SynclineError STORAGE_LOCK_LOST, STATE_STALE_SERIAL, STATE_LINEAGE_MISMATCH, STATE_STACK_MISMATCH,
   *   STATE_INVALID, STORAGE_WRITE_FAILED, and what `read` throws
   */
  write(next: State, expectedSerial: number, lock: Lock): Promise<State>;
  /**
   * Stores a state that a person hands in, which may have been made elsewhere.
   *
   * @returns the state as stored; the stored one itself where both say the same
   * @throws SynclineError STATE_LINEAGE_MISMATCH, STATE_STALE_SERIAL (an older one), STATE_FORKED (another one of the
   *   same serial), and what `write` throws
   */
  push(pushed: State, how: PushedState, lock: Lock): Promise<State>;
}

/**
 * `whole`: as Syncline wrote it, so its serial tells where it belongs. `edited`: changed by hand, so it belongs on top
 * of the serial that it was made from. `forced`: on top of whatever is stored and of `above`, whatever its serial.
 */
export type PushedState = { readonly as: 'whole' | 'edited' } | { readonly as: 'forced'; readonly above: number };
