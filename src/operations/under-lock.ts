import type { Ledger } from '../storage/ledger.ts';
import type { Lock } from '../storage/lock.ts';
import type { StackPlace } from './applied-stack.ts';
import type { Runtime } from './runtime.ts';
import { createStateWriter, type StateWriter } from './state-writer.ts';
import { lockWorkspace, openLedger, openWorkspace, type Workspace } from './workspace.ts';

export interface LockedWorkspace {
  readonly workspace: Workspace;
  readonly ledger: Ledger;
  readonly writer: StateWriter;
  readonly lock: Lock;
}

/** Runs work on state and ledger of a stack while nobody else may write them. */
export async function underLock<T>(
  runtime: Runtime,
  stack: StackPlace,
  operation: string,
  work: (locked: LockedWorkspace) => Promise<T>,
): Promise<T> {
  const opened = await openWorkspace(runtime, stack);
  const lock = await lockWorkspace(runtime, opened, operation);
  try {
    // Read again under the lock: the state may have moved while we waited for it.
    const workspace = await openWorkspace(runtime, stack);
    const { ledger } = await openLedger(workspace, lock);
    const writer = createStateWriter(runtime, workspace, lock);
    try {
      return await work({ workspace, ledger, lock, writer });
    } finally {
      await ledger.noteSerial(writer.state().serial);
      await ledger.close();
    }
  } finally {
    await lock.release();
  }
}
