import { join, resolve } from 'node:path';
import type { Diagnostic } from '../model/diagnostics/diagnostic.ts';
import { SynclineError } from '../model/errors.ts';
import { emptyState, type State } from '../model/state.ts';
import { createKeyRing, generateKey, type KeyRing } from '../storage/keys.ts';
import type { Ledger } from '../storage/ledger.ts';
import type { Lock } from '../storage/lock.ts';
import { openLocalStorage } from '../storage/local/storage.ts';
import type { Storage } from '../storage/storage.ts';
import type { Whereabouts } from '../storage/transfer.ts';
import type { StackPlace } from './applied-stack.ts';
import { postgresBackend } from './postgres-backend.ts';
import type { Runtime } from './runtime.ts';

/** Storage of one stack, and the state as it was read. */
export interface Workspace {
  readonly stack: string;
  readonly storage: Storage;
  readonly state: State;
}

/** Where a stack keeps its state: the default stack in the folder itself, every other one in a folder of its own. */
function stateFolder(runtime: Runtime, stack: StackPlace): string {
  const match = /^file:(.+)$/.exec(runtime.backend);
  if (match === null) {
    throw new SynclineError('STORAGE_UNKNOWN_BACKEND', `There is no backend "${runtime.backend.split(':')[0]}:".`, {
      hint: 'Use a folder or a database, for instance --backend file:state or --backend postgres://user@host/database.',
    });
  }
  const folder = resolve(runtime.root, match[1]!);
  return stack.isDefault ? folder : join(folder, stack.name);
}

async function openStorage(runtime: Runtime, stack: StackPlace): Promise<Storage> {
  const common = {
    stack: stack.name,
    synclineVersion: runtime.synclineVersion,
    clock: runtime.clock,
    environmentKey: runtime.environment['SYNCLINE_KEY'],
    newId: runtime.newId,
    ...runtime.machine,
  };
  const database = await postgresBackend(runtime);
  return database === undefined
    ? openLocalStorage({ folder: stateFolder(runtime, stack), ...common })
    : database.openPostgresStorage({ database: database.place, ...common });
}

export async function openWorkspace(runtime: Runtime, stack: StackPlace): Promise<Workspace> {
  const storage = await openStorage(runtime, stack);
  const state =
    (await storage.states.read()) ??
    emptyState({ synclineVersion: runtime.synclineVersion, lineage: runtime.newId(), stack: stack.name });
  return { stack: stack.name, storage, state };
}

/** Takes the lock for an operation that writes; a lock of a dead process is taken over and noted. */
export async function lockWorkspace(runtime: Runtime, workspace: Workspace, operation: string): Promise<Lock> {
  const lock = await workspace.storage.locks.acquire({
    operation,
    timeoutMs: runtime.lockTimeoutMs,
    purpose: 'write',
    signal: runtime.signal,
    onWait: (holder) => runtime.emit({ type: 'waiting_for_lock', who: holder.who, since: holder.created }),
  });
  if (lock.takenOver !== undefined) {
    const { who, operation: left, created } = lock.takenOver;
    runtime.emit({ type: 'diagnostic', diagnostic: takenOver(who, left, created) });
    await audit(runtime, workspace, lock, 'lock_taken_over', null, { from: who, operation: left, since: created });
  }
  return lock;
}

function takenOver(who: string, operation: string, since: string): Diagnostic {
  return {
    severity: 'warning',
    code: 'STORAGE_LOCK_TAKEN_OVER',
    detail: `The lock of ${who} (${operation}, since ${since}) was taken over: its process is gone.`,
  };
}

/** Appends to the audit log. The caller stores the head with the next state that it writes. */
export async function audit(
  runtime: Runtime,
  workspace: Workspace,
  lock: Lock,
  type: string,
  run: string | null,
  fields: Readonly<Record<string, string | number | boolean | null | readonly string[]>>,
): Promise<void> {
  await workspace.storage.audit.append(
    { type, at: new Date(runtime.clock.now()).toISOString(), who: runtime.who, run, ...fields },
    lock,
  );
}

/** The ledger for a run that writes, claimed for its lock. Makes the key and the file where there are none. */
export async function openLedger(workspace: Workspace, lock: Lock): Promise<{ readonly ledger: Ledger; readonly keys: KeyRing }> {
  // Opening would make it, and then it would no longer be missing.
  const missing = (await workspace.storage.ledgers.exists()) ? undefined : ledgerFault(undefined, 0, workspace);
  if (missing !== undefined) throw missing;
  const keys = workspace.storage.keys.openOrCreate();
  const ledger = await workspace.storage.ledgers.open(keys, 'write');
  await refuseUnfit(ledger, workspace);
  try {
    await ledger.claim(lock);
    await ledger.settleMove((address) => Object.hasOwn(workspace.state.specifications, address));
    await ledger.noteSerial(workspace.state.serial);
  } catch (error) {
    await ledger.close();
    throw error;
  }
  return { ledger, keys: ledger.keys };
}

/** The ledger of a place that may be in the middle of a move, claimed for a lock, and closed after the work. */
export async function withLedger<T>(storage: Storage, lock: Lock, work: (ledger: Ledger) => Promise<T>): Promise<T> {
  const ledger = await storage.ledgers.open(storage.keys.open(), 'write');
  try {
    await ledger.claim(lock);
    return await work(ledger);
  } finally {
    await ledger.close();
  }
}

/** The ledger as it stands, for an operation that writes nothing. */
export async function openPreviewLedger(workspace: Workspace): Promise<{ readonly ledger: Ledger; readonly keys: KeyRing }> {
  const keys = previewKeys(workspace);
  const ledger = await workspace.storage.ledgers.open(keys, 'preview');
  await refuseUnfit(ledger, workspace);
  return { ledger, keys: ledger.keys };
}

/** A ledger is bound to a state with the first state that is stored, not before; from then on the two go together. */
async function refuseUnfit(ledger: Ledger, workspace: Workspace): Promise<void> {
  const fault =
    movedFault(await ledger.whereabouts(), workspace.storage) ??
    ledgerFault(await ledger.lineage(), await ledger.seenSerial(), workspace);
  if (fault === undefined) return;
  await ledger.close();
  throw fault;
}

/** Of two places, one is whole: the other one says where that is, or how to get there. */
export function movedFault({ arriving, moved }: Whereabouts, { places }: Storage): SynclineError | undefined {
  if (arriving !== undefined)
    return new SynclineError('STATE_MOVED', `What ${places.ledger} holds is not whole: a move from ${arriving} did not end.`, {
      hint: 'Finish it, with this backend:\n  syncline state push --from THE_OTHER_BACKEND',
    });
  if (moved === undefined) return undefined;
  return new SynclineError('STATE_MOVED', `State, ledger and audit log were moved from here to ${moved}.`, {
    hint: 'Work there (--backend, SYNCLINE_BACKEND). Where that move did not end, finish it with that backend:\n  syncline state push --from THIS_BACKEND\nor give it up, and go on here:\n  syncline state push --force STATE_FILE',
  });
}

function ledgerFault(lineage: string | undefined, seen: number, { state, storage }: Workspace): SynclineError | undefined {
  const { places } = storage;
  const anew =
    'move it from the backend where it is (syncline state push --from BACKEND), or begin with an empty ledger, by which all records are matched anew:\n  syncline state new-ledger';
  if (lineage === undefined) {
    const isApplied = Object.keys(state.resources).length + Object.keys(state.specifications).length > 0;
    if (!isApplied) return undefined;
    return new SynclineError(
      'LEDGER_MISSING',
      `${places.ledger} is not there, or holds nothing, although the state was applied.`,
      {
        hint: `Put it back, ${anew}`,
      },
    );
  }
  if (lineage !== state.lineage) {
    const detail =
      state.serial === 0
        ? `There is no state at ${places.state}, but a ledger of lineage ${lineage} beside it.`
        : `The ledger belongs to state lineage ${lineage}, the state to ${state.lineage}.`;
    return new SynclineError('LEDGER_LINEAGE_MISMATCH', detail, { hint: `Put back the one that belongs to the other, ${anew}` });
  }
  if (seen <= state.serial) return undefined;
  return new SynclineError(
    'STATE_ROLLED_BACK',
    `The state has serial ${state.serial}, but serial ${seen} was worked with before: it was copied back from a backup.`,
    {
      hint: `Put the newer one back, or, to go on from this one:\n  syncline state push --force ${places.state}`,
    },
  );
}

function previewKeys(workspace: Workspace): KeyRing {
  try {
    return workspace.storage.keys.open();
  } catch (error) {
    // Nothing was ever written: a key for the length of this preview will do, and none is made on disk.
    if (error instanceof SynclineError && error.code === 'STORAGE_KEY_MISSING' && workspace.state.serial === 0)
      return createKeyRing([generateKey()]);
    throw error;
  }
}
