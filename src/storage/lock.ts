/**
 * The right to write the state, one holder at a time.
 *
 * A lock alone is not enough: it can be removed by force, or taken over from a process that only
 * looked dead. So every lock has a fence, a number that grows with each lock taken for writing, and
 * each write of the state checks that the lock which is held now is still the writer's own.
 */

/** What a lock says of its holder. It is the content of the lock file, so its names are those of that file. */
export interface LockInfo {
  readonly id: string;
  /** The command that took the lock: `apply`. */
  readonly operation: string;
  /** False for a lock that only keeps writers away (`plan`): no write is accepted under it. */
  readonly writes: boolean;
  /** `user@host`. */
  readonly who: string;
  /** The version of Syncline. */
  readonly version: string;
  readonly created: string;
  /** What is locked. */
  readonly path: string;
  readonly pid: number;
  /** When that process started, as its machine counts; tells a later process with the same pid apart. */
  readonly started: string;
  /** The boot of the machine, and the space of process ids (a container has its own), in which `pid` has a meaning. */
  readonly bootId: string;
  readonly pidNamespace: string;
  readonly fence: number;
}

export interface Lock {
  readonly id: string;
  readonly info: LockInfo;
  /** The lock of a dead process that this one replaced: worth a line in the audit log. */
  readonly takenOver: LockInfo | undefined;
  /** @throws SynclineError STORAGE_LOCK_LOST where the lock was removed by force or replaced */
  assertHeld(): Promise<void>;
  /** Gives the lock back. Does nothing where it is not ours any more, nor the second time. */
  release(): Promise<void>;
}

export interface AcquireOptions {
  readonly operation: string;
  /** How long to wait for another holder; 0 asks once. */
  readonly timeoutMs: number;
  /** `read` keeps writers away, leaves no trace once released, and makes no storage where there is none. Default `write`. */
  readonly purpose?: 'read' | 'write';
  readonly signal?: AbortSignal;
  /** Called once, with the other holder, when waiting begins. */
  readonly onWait?: (holder: LockInfo) => void;
}

export interface Locks {
  /** @throws SynclineError STORAGE_LOCKED, with the holder and the command that removes its lock */
  acquire(options: AcquireOptions): Promise<Lock>;
  /** The lock that is held now, if any. */
  current(): Promise<LockInfo | undefined>;
  /**
   * Removes the lock of another process.
   * @returns what was removed
   * @throws SynclineError STORAGE_LOCK_NOT_FOUND where the lock that is held has another id, or none is held
   */
  forceUnlock(id: string): Promise<LockInfo>;
}
