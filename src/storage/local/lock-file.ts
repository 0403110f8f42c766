/**
 * Locks as a JSON file in the storage folder. It is made with O_EXCL while the folder's mutex is held;
 * the lock of a process that is dead for certain is replaced in the same step.
 */
import { dirname } from 'node:path';
import { SynclineError } from '../../model/errors.ts';
import { OPEN, type FileSystem } from '../file-system.ts';
import type { AcquireOptions, Lock, LockInfo, Locks } from '../lock.ts';
import { locked, lockedForReading, lockLost, noSuchLock, nothingToLock } from '../lock-errors.ts';
import { translateErrors } from './file-errors.ts';
import type { FolderMutex } from './folder-mutex.ts';
import { lockInfo, type LockOwner } from '../host.ts';
import { exists, makeFolder, readTrusted } from './trusted-file.ts';

export interface LocalLocksOptions extends LockOwner {
  readonly fileSystem: FileSystem;
  readonly mutex: FolderMutex;
  /** The lock file. */
  readonly path: string;
  /** The file of the mutex; where there is none, nothing was ever written. */
  readonly mutexPath: string;
  /** What is locked, for the message. */
  readonly statePath: string;
}

export interface LocalLocks extends Locks {
  /**
   * Whether a lock taken for writing is still held; called inside the mutex, so that it stays so.
   * @throws SynclineError STORAGE_LOCK_LOST
   */
  assertMayWrite(lock: LockInfo): void;
}

const POLL_MS = 250;

export function createLocalLocks(options: LocalLocksOptions): LocalLocks {
  const { fileSystem, mutex, host, clock, path } = options;

  function read(): LockInfo | 'torn' | undefined {
    const bytes = readTrusted(fileSystem, path, { userId: host.userId, others: 'read' });
    return bytes === undefined ? undefined : parseLock(bytes, path);
  }

  function remove(): void {
    translateErrors('write', path, () => fileSystem.unlink(path));
  }

  function write(info: LockInfo): void {
    translateErrors('write', path, () => {
      const file = fileSystem.open(path, OPEN.create, 0o600);
      try {
        file.write(Buffer.from(`${JSON.stringify(info, undefined, 2)}\n`));
      } finally {
        file.close();
      }
    });
  }

  /** One attempt. Returns the lock, or what is known of its present holder. */
  function attempt(purpose: 'read' | 'write', operation: string): { lock: Lock } | { holder: LockInfo } {
    let made = false;
    try {
      return mutex.exclusively((fence) => {
        const found = read();
        if (found !== undefined && found !== 'torn' && host.isAlive(found) !== false) {
          return { holder: found };
        }
        // A torn lock is left of a process that was killed before it had the lock: it says nothing of interest.
        const dead = found === 'torn' ? undefined : found;
        const writes = purpose === 'write';
        const info = describe(operation, writes, writes ? Math.max(fence.read(), dead?.fence ?? 0) + 1 : fence.read());
        if (writes) {
          fence.set(info.fence);
        }
        if (found !== undefined) {
          remove();
        }
        made = true;
        write(info);
        return { lock: fileLock(info, dead) };
      });
    } catch (error) {
      if (made) {
        // Nobody holds what could not be made in full; left in place, it would look held by this process.
        tryToRemove();
      }
      throw error;
    }
  }

  function tryToRemove(): void {
    try {
      fileSystem.unlink(path);
    } catch {
      // It is not there, or it is found dead when this process has ended.
    }
  }

  function describe(operation: string, writes: boolean, fence: number): LockInfo {
    return lockInfo(options, { operation, writes, path: options.statePath, fence });
  }

  function assertHeld(info: LockInfo): void {
    const found = read();
    if (found === undefined || found === 'torn' || found.id !== info.id || found.fence !== info.fence) {
      throw lockLost(info, found === 'torn' ? undefined : found);
    }
  }

  function fileLock(info: LockInfo, takenOver: LockInfo | undefined): Lock {
    return {
      id: info.id,
      info,
      takenOver,
      async assertHeld() {
        assertHeld(info);
      },
      async release() {
        if (!exists(fileSystem, path)) {
          return;
        }
        mutex.exclusively(() => {
          const found = read();
          if (found !== undefined && found !== 'torn' && found.id === info.id) {
            remove();
          }
        });
      },
    };
  }

  return {
    async acquire({ operation, timeoutMs, purpose = 'write', signal, onWait }: AcquireOptions) {
      if (purpose === 'read' && !exists(fileSystem, options.mutexPath)) {
        return nothingToLock(describe(operation, false, 0));
      }
      makeFolder(fileSystem, dirname(path));
      const deadline = clock.now() + timeoutMs;
      for (let waited = false; ; waited = true) {
        const result = attempt(purpose, operation);
        if ('lock' in result) {
          return result.lock;
        }
        const restMs = deadline - clock.now();
        if (restMs <= 0) {
          const isHidden = host.isAlive(result.holder) === undefined;
          throw locked(result.holder, isHidden ? ' Its process cannot be seen from here.' : '');
        }
        if (!waited) {
          onWait?.(result.holder);
        }
        await clock.sleep(Math.min(POLL_MS, restMs), signal);
      }
    },
    async current() {
      const found = read();
      return found === 'torn' ? undefined : found;
    },
    async forceUnlock(id) {
      if (!exists(fileSystem, path)) {
        throw noSuchLock(id, undefined);
      }
      return mutex.exclusively(() => {
        const found = read();
        if (found === undefined || found === 'torn' || found.id !== id) {
          throw noSuchLock(id, found === 'torn' ? undefined : found);
        }
        remove();
        return found;
      });
    },
    assertMayWrite(info) {
      if (!info.writes) {
        throw lockedForReading(info);
      }
      assertHeld(info);
    },
  };
}

/** `torn` is a lock whose making was interrupted: empty, or the beginning of one. */
function parseLock(bytes: Buffer, path: string): LockInfo | 'torn' {
  const text = bytes.toString('utf8');
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    if (text === '' || text.startsWith('{')) {
      return 'torn';
    }
  }
  if (!isLockInfo(content)) {
    throw new SynclineError('STORAGE_LOCK_UNREADABLE', `${path} holds no lock that this version understands.`, {
      hint: `Find out who made it; when nobody works on this state any more:\n  rm ${path}`,
    });
  }
  return content;
}

function isLockInfo(content: unknown): content is LockInfo {
  if (typeof content !== 'object' || content === null) {
    return false;
  }
  const info = content as Partial<Record<keyof LockInfo, unknown>>;
  const texts = [
    info.id,
    info.operation,
    info.who,
    info.version,
    info.created,
    info.path,
    info.started,
    info.bootId,
    info.pidNamespace,
  ];
  return (
    texts.every((text) => typeof text === 'string') &&
    typeof info.writes === 'boolean' &&
    Number.isSafeInteger(info.pid) &&
    (info.pid as number) > 0 &&
    Number.isSafeInteger(info.fence)
  );
}
