/** What is said of locks, the same for every storage. */
import { SynclineError } from '../model/errors.ts';
import type { LockInfo } from './lock.ts';

/** @param more what else is known of the holder */
export function locked(holder: LockInfo, more = ''): SynclineError {
  return new SynclineError(
    'STORAGE_LOCKED',
    `${holder.who} has held the lock since ${holder.created}, for "${holder.operation}" (process ${holder.pid}, lock ${holder.id}).${more}`,
    { hint: `Wait for it (--lock-timeout 5m), or, when that process is gone for certain:\n  syncline force-unlock ${holder.id}` },
  );
}

export function noSuchLock(id: string, holder: LockInfo | undefined): SynclineError {
  const held =
    holder === undefined
      ? 'The state is not locked.'
      : `The state is locked by ${holder.who} since ${holder.created}: lock ${holder.id}.`;
  return new SynclineError('STORAGE_LOCK_NOT_FOUND', `There is no lock ${id}. ${held}`);
}

/** @param holder who holds it instead, if anybody */
export function lockLost(info: LockInfo, holder: LockInfo | undefined): SynclineError {
  const now = holder === undefined ? 'Nobody holds it now.' : `It is held by ${holder.who} now, for "${holder.operation}".`;
  return new SynclineError('STORAGE_LOCK_LOST', `The lock ${info.id} of this run was removed or replaced. ${now}`, {
    hint: 'Run again once nobody else works on this state.',
  });
}

export function lockedForReading(info: LockInfo): SynclineError {
  return new SynclineError(
    'STORAGE_LOCK_LOST',
    `The lock of "${info.operation}" was taken for reading. This is a bug in Syncline, please report it.`,
    { fault: 'ours' },
  );
}

/** For a plan of storage that was never written: there is nothing that anybody could change meanwhile. */
export function nothingToLock(info: LockInfo) {
  return { id: info.id, info, takenOver: undefined, assertHeld: async () => {}, release: async () => {} };
}
