/** Ledgers under test, and what they are filled with. */
import { SynclineError } from '../../../src/model/errors.ts';
import { createKeyRing, generateKey, type KeyRing } from '../../../src/storage/keys.ts';
import type { Ledger, StagedRow } from '../../../src/storage/ledger.ts';
import type { Lock } from '../../../src/storage/lock.ts';

export interface LedgerUnderTest {
  /** One more connection to the same ledger, as another process would open it. */
  open(keys: KeyRing, mode: 'write' | 'preview'): Promise<Ledger>;
  /** Removes the ledger. */
  close(): Promise<void>;
}

export const KEY = generateKey();
export const KEYS = createKeyRing([KEY]);

export function lockOf(fence: number, held = true): Pick<Lock, 'id' | 'info' | 'assertHeld'> {
  return {
    id: `lock-${fence}`,
    info: { fence } as Lock['info'],
    assertHeld: () => (held ? Promise.resolve() : Promise.reject(new SynclineError('STORAGE_LOCK_LOST', 'Lost.'))),
  };
}

export function row(end: string, remoteId: string, email: string): StagedRow {
  const key = KEYS.keyHash('match', email);
  return {
    end,
    remoteId,
    kind: 'record',
    person: undefined,
    matchKeys: [key],
    recordHash: KEYS.hash('record', email),
    values: { email },
    evidence: {},
    modifiedAt: undefined,
    listed: 0,
    status: 'new',
    reason: undefined,
  };
}

/** Someone's row, as a settlement brings it. */
export function agreed(end: string, remoteId: string, email: string) {
  return {
    ...row(end, remoteId, email),
    state: 'linked' as const,
    fields: new Map([['0000000a', KEYS.hash('field', email)]]),
    elements: new Map([['0000000b', [KEYS.hash('element', email)]]]),
    entered: true,
    integration: end,
    object: 'thing',
    createdBySyncline: false,
  };
}
