/**
 * Moving a stack to another backend: state, ledger and audit log. They are copied first, while the new place counts as
 * arriving and is refused; then the old one is marked as moved; then the new one gets its state. So whenever it ends in
 * between, one of the two is whole, none of them is used half, and the same command goes on.
 */
import { SynclineError } from '../model/errors.ts';
import type { State } from '../model/state.ts';
import type { Ledger } from '../storage/ledger.ts';
import type { Lock } from '../storage/lock.ts';
import type { Storage } from '../storage/storage.ts';
import { appliedStack } from './applied-stack.ts';
import type { Runtime } from './runtime.ts';
import { createStateWriter } from './state-writer.ts';
import { lockWorkspace, openWorkspace, withLedger, type Workspace } from './workspace.ts';

export interface BackendMove {
  readonly from: string;
  readonly to: string;
  readonly serial: number;
  readonly events: number;
}

/**
 * @param from the backend where the stack is now; the runtime's own is where it goes
 * @throws SynclineError SYNC_NOTHING_APPLIED, LEDGER_MISSING, STATE_MOVED, STATE_FORKED, STATE_LINEAGE_MISMATCH,
 *   STORAGE_KEY_MISSING where the new place lacks the key of the ledger
 */
export async function moveBackend(runtime: Runtime, from: string): Promise<BackendMove> {
  const there: Runtime = { ...runtime, backend: from };
  const stack = await appliedStack(there);
  const source = await openWorkspace(there, stack);
  const target = await openWorkspace(runtime, await appliedStack({ ...runtime, stack: stack.name }));
  if (source.state.serial === 0 || source.storage.places.state === target.storage.places.state) {
    throw new SynclineError('SYNC_NOTHING_APPLIED', `There is nothing at ${source.storage.places.state} to move.`, {
      hint: 'Name the backend where the stack is now:\n  syncline state push --from file:state --backend postgres://...',
    });
  }
  return locked(there, source, (sourceLock) =>
    locked(runtime, target, (targetLock) => move(there, source, sourceLock, target, targetLock)),
  );
}

async function locked<T>(runtime: Runtime, workspace: Workspace, work: (lock: Lock) => Promise<T>): Promise<T> {
  const lock = await lockWorkspace(runtime, workspace, 'state push');
  try {
    return await work(lock);
  } finally {
    await lock.release();
  }
}

async function move(
  there: Runtime,
  source: Workspace,
  sourceLock: Lock,
  target: Workspace,
  targetLock: Lock,
): Promise<BackendMove> {
  const [from, to] = [source.storage.places.state, target.storage.places.state];
  if (!(await source.storage.ledgers.exists())) throw missing(source.storage);
  return withLedger(source.storage, sourceLock, async (ledger) => {
    const { arriving, moved } = await ledger.whereabouts();
    const isAgain = moved === to;
    if (arriving !== undefined || (moved !== undefined && !isAgain)) {
      throw new SynclineError('STATE_MOVED', `What is at ${from} is not whole, or went elsewhere: ${arriving ?? moved}.`, {
        hint: 'Move it from there.',
      });
    }
    await refuseOccupied(source.state, target, isAgain);
    let { state } = source;
    if (!isAgain) {
      const writer = createStateWriter(there, { ...source, state: (await source.storage.states.read())! }, sourceLock);
      await writer.audit('backend_changed', null, { from, to });
      state = writer.state();
      await ledger.noteSerial(state.serial);
    }
    await copyLedger(ledger, source, target, targetLock);
    const lines: string[] = [];
    for await (const line of source.storage.audit.lines()) lines.push(line);
    await target.storage.audit.replace(lines, targetLock);
    await ledger.noteMoved(to);
    await withLedger(target.storage, targetLock, (arrived) => arrived.noteArrived());
    const stored = await target.storage.states.push(state, { as: 'whole' }, targetLock);
    return { from, to, serial: stored.serial, events: lines.length };
  });
}

async function copyLedger(ledger: Ledger, source: Workspace, target: Workspace, lock: Lock): Promise<void> {
  // Before anything is copied: the new place must be able to open what it gets.
  const ring = target.storage.keys.open();
  for (const id of [ledger.keys.currentId, ledger.keys.keyHashId]) ring.using(id);
  await withLedger(target.storage, lock, (own) => own.receive(ledger.content(), source.storage.places.state));
  // Opening it tells whether each link's key is there too.
  await withLedger(target.storage, lock, async () => {});
}

/** Nothing that is in use is written over: only an empty place, one that was left, and one where a move did not end. */
async function refuseOccupied(state: State, target: Workspace, isAgain: boolean): Promise<void> {
  const { storage } = target;
  const stored = await storage.states.read();
  if (stored !== undefined && stored.lineage !== state.lineage) {
    throw new SynclineError('STATE_LINEAGE_MISMATCH', `${storage.places.state} holds another stack's state already.`, {
      hint: 'Move to an empty backend.',
    });
  }
  if (!(await storage.ledgers.exists())) return;
  const ledger = await storage.ledgers.open(storage.keys.open(), 'preview');
  try {
    const { arriving, moved } = await ledger.whereabouts();
    if (arriving !== undefined || moved !== undefined) return;
    const lineage = await ledger.lineage();
    const isWhole = stored !== undefined && (await ledger.seenSerial()) <= stored.serial;
    if (lineage === undefined || (lineage === state.lineage && isAgain && !isWhole)) return;
  } finally {
    await ledger.close();
  }
  throw new SynclineError('STATE_FORKED', `${storage.places.ledger} is in use${isAgain ? ': it was moved there before' : ''}.`, {
    hint: 'Work there, or, to give it up, put it aside first, with that backend:\n  syncline state new-ledger',
  });
}

function missing({ places }: Storage): SynclineError {
  return new SynclineError('LEDGER_MISSING', `${places.ledger} is not there, although the state was applied.`, {
    hint: 'Put it back, or begin with an empty one, by which all records are matched anew:\n  syncline state new-ledger',
  });
}
