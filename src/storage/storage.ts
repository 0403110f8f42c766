/** Everything that one stack keeps, whatever keeps it: a folder of this machine, or a schema of a database. */
import type { AuditLog } from './audit.ts';
import type { KeyRing } from './keys.ts';
import type { Ledger } from './ledger.ts';
import type { Locks } from './lock.ts';
import type { StateStore } from './state.ts';

/** Opening reads and makes nothing; what is kept is made when it is first written. */
export interface Storage {
  readonly states: StateStore;
  readonly locks: Locks;
  readonly audit: AuditLog;
  readonly keys: StorageKeys;
  readonly ledgers: LedgerStore;
  /** What to call state and ledger in messages, and where a pipeline finds them. No secret. */
  readonly places: { readonly state: string; readonly ledger: string };
}

export interface StorageKeys {
  /** @throws SynclineError STORAGE_KEY_MISSING where there is none, STORAGE_KEY_INVALID, STORAGE_UNSAFE_FILE */
  open(): KeyRing;
  /**
   * As `open`; makes a key where there is none, nothing yet that one would be needed for, and a place to keep it.
   * @throws SynclineError what `open` throws, STORAGE_WRITE_FAILED
   */
  openOrCreate(): KeyRing;
  /**
   * Adds a new key, current from now on; the older ones stay for reading until they are retired.
   * @throws SynclineError STORAGE_KEY_INVALID where the current key comes from the environment
   */
  rotate(): KeyRing;
  /** Removes an older key where keys are kept, once nothing is written under it any more. */
  retire(keyId: string): KeyRing;
}

export interface LedgerStore {
  /** Whether there is a ledger at all. */
  exists(): Promise<boolean>;
  /**
   * @param mode `preview` writes nothing that outlives it, nor makes anything
   * @throws SynclineError LEDGER_FORMAT for one of a newer version, LEDGER_DAMAGED, STORAGE_KEY_MISSING
   */
  open(keys: KeyRing, mode: 'write' | 'preview'): Promise<Ledger>;
  /**
   * Takes the ledger away, so that the next one begins empty.
   * @param at an instant, to name what is put aside
   * @returns where it is now, where it is kept
   */
  putAside(at: string): Promise<string | undefined>;
}
