/** Removing a lock whose holder is gone for good, and noting who did. */
import { SynclineError } from '../model/errors.ts';
import type { LockInfo } from '../storage/lock.ts';
import type { StackPlace } from './applied-stack.ts';
import type { Runtime } from './runtime.ts';
import { createStateWriter } from './state-writer.ts';
import { lockWorkspace, openWorkspace } from './workspace.ts';

/** Whoever waits for the lock takes it at once, and gives it back before long. */
const NOTE_TIMEOUT_MS = 60_000;

/**
 * @returns what was removed
 * @throws SynclineError STORAGE_LOCK_NOT_FOUND where the lock that is held has another id, or none is held
 */
export async function forceUnlock(runtime: Runtime, stack: StackPlace, id: string): Promise<LockInfo> {
  const opened = await openWorkspace(runtime, stack);
  const removed = await opened.storage.locks.forceUnlock(id);
  const patient = { ...runtime, lockTimeoutMs: Math.max(runtime.lockTimeoutMs, NOTE_TIMEOUT_MS) };
  try {
    const lock = await lockWorkspace(patient, opened, 'force-unlock');
    try {
      const writer = createStateWriter(runtime, await openWorkspace(runtime, stack), lock);
      const { who: from, operation, created: since } = removed;
      await writer.audit('force_unlock', null, { lock: id, from, operation, since });
    } finally {
      await lock.release();
    }
  } catch (error) {
    if (!(error instanceof SynclineError)) throw error;
    const detail = `The lock was removed, and that could not be noted in the audit log. ${error.message}`;
    const hint = 'Note by hand who removed it, and why.';
    runtime.emit({ type: 'diagnostic', diagnostic: { severity: 'warning', code: error.code, detail, hint } });
  }
  return removed;
}
