/**
 * `key rotate`: gives the ledger another key. The new key is on disk before anything is written under it,
 * and the former one stays until nothing is; so wherever it stops, the keys at hand open the ledger.
 */
import { rehashing } from '../records/rehash.ts';
import type { RotatedKey } from '../storage/key-rotation.ts';
import type { Ledger } from '../storage/ledger.ts';
import type { Lock } from '../storage/lock.ts';
import type { StackPlace } from './applied-stack.ts';
import { ledgerLink } from './known-person.ts';
import type { Runtime } from './runtime.ts';
import { createStateWriter } from './state-writer.ts';
import { knownLinks } from './sync.ts';
import { lockWorkspace, openLedger, openWorkspace, type Workspace } from './workspace.ts';

export interface KeyRotationResult extends RotatedKey {
  /** Where the new key comes from, and so who has to take the former one away. */
  readonly source: 'environment' | 'file';
  /** Keys that were removed from the key file. */
  readonly retired: readonly string[];
}

/**
 * @throws SynclineError STORAGE_KEY_INVALID where SYNCLINE_KEY begins with the key that the ledger has, STORAGE_KEY_MISSING,
 *   KEY_ROTATION_UNSETTLED
 */
export async function rotateKey(runtime: Runtime, stack: StackPlace): Promise<KeyRotationResult> {
  const opened = await openWorkspace(runtime, stack);
  const lock = await lockWorkspace(runtime, opened, 'key rotate');
  try {
    const workspace = await openWorkspace(runtime, stack);
    const keyId = await newKey(workspace, lock);
    const rotated = await reopened(workspace, lock, async (ledger) => {
      await createStateWriter(runtime, workspace, lock).audit('key_rotated', null, {
        from: ledger.keys.currentId,
        to: keyId,
      });
      return ledger.rotateKey({ keyId, rehash: (address, from, to) => rehashOf(workspace, ledger, address, from, to) });
    });
    return {
      ...rotated,
      source: runtime.environment['SYNCLINE_KEY'] === undefined ? 'file' : 'environment',
      retired: retire(workspace, [keyId, ...rotated.kept.map((kept) => kept.keyId)]),
    };
  } finally {
    await lock.release();
  }
}

/** The key to rotate to: one that an earlier attempt made or that was put before the others, or else a new one. */
async function newKey(workspace: Workspace, lock: Lock): Promise<string> {
  const inUse = await reopened(workspace, lock, async (ledger) => ledger.keys.currentId);
  const { keys } = workspace.storage;
  const newest = keys.open().currentId;
  return newest === inUse ? keys.rotate().currentId : newest;
}

async function reopened<T>(workspace: Workspace, lock: Lock, work: (ledger: Ledger) => Promise<T>): Promise<T> {
  const { ledger } = await openLedger(workspace, lock);
  try {
    return await work(ledger);
  } finally {
    await ledger.close();
  }
}

/** A link that is not applied any more, or keeps hashes only, has nothing to make its hashes anew from. */
function rehashOf(
  { state }: Workspace,
  ledger: Ledger,
  address: string,
  ...[from, to]: readonly [Ledger['keys'], Ledger['keys']]
): ReturnType<typeof rehashing> | undefined {
  const source = knownLinks(state, []).find((one) => one.address === address);
  if (source === undefined || source.link.retain === 'hashes') return undefined;
  const before = ledgerLink(ledger, source, from);
  const after = ledgerLink(ledger, source, to);
  return rehashing(
    before.mapping,
    { keys: from, fingerprints: before.fingerprints },
    { keys: to, fingerprints: after.fingerprints },
  );
}

/** Removes from the key file what nothing is written under any more. */
function retire({ storage }: Workspace, needed: readonly string[]): readonly string[] {
  const before = storage.keys.open().ids;
  const superfluous = before.filter((id) => !needed.includes(id));
  for (const id of superfluous) storage.keys.retire(id);
  const left = new Set(storage.keys.open().ids);
  return superfluous.filter((id) => !left.has(id));
}
