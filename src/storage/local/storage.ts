/**
 * Storage in one folder of one machine:
 *
 * | file | holds |
 * | --- | --- |
 * | `syncline.state.json` | the state; `.backup` beside it the serial before |
 * | `syncline.lock` | who works on it now |
 * | `lock.sqlite` | the mutex of the folder, and the fence |
 * | `audit.jsonl` | the audit log |
 * | `syncline.key` | the keys, unless SYNCLINE_KEY gives one |
 * | `ledger.sqlite` | the ledger, opened by `openLocalLedger` |
 *
 * Opening reads and makes nothing; each file is made when it is first written.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, renameSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import type { Clock } from '../../model/time.ts';
import { nodeFileSystem, type FileSystem } from '../file-system.ts';
import type { LedgerStore, Storage } from '../storage.ts';
import { createLocalAuditLog } from './audit-file.ts';
import { createFolderMutex, type FolderMutex } from './folder-mutex.ts';
import { nodeHost, type Host } from '../host.ts';
import { createLocalKeys } from './key-file.ts';
import { translateErrors } from './file-errors.ts';
import { openLocalLedger } from './ledger.ts';
import { createLocalLocks } from './lock-file.ts';
import { createLocalStateStore } from './state-file.ts';

/** The disk and the machine; those of this process by default. */
export interface LocalMachine {
  /** The machine and the process that locks name and files must belong to. */
  readonly host?: Host;
  readonly fileSystem?: FileSystem;
}

export interface LocalStorageOptions extends LocalMachine {
  readonly folder: string;
  readonly stack: string;
  readonly synclineVersion: string;
  readonly clock: Clock;
  /** The value of SYNCLINE_KEY, where it is set. */
  readonly environmentKey?: string | undefined;
  readonly mutex?: FolderMutex;
  /** Makes the ids of locks. Random UUIDs by default. */
  readonly newId?: () => string;
}

export interface LocalStorage extends Storage {
  readonly paths: LocalPaths;
}

export interface LocalPaths {
  readonly folder: string;
  readonly state: string;
  readonly lock: string;
  readonly mutex: string;
  readonly audit: string;
  readonly key: string;
  readonly ledger: string;
}

export function localPaths(folder: string): LocalPaths {
  const absolute = resolve(folder);
  return {
    folder: absolute,
    state: join(absolute, 'syncline.state.json'),
    lock: join(absolute, 'syncline.lock'),
    mutex: join(absolute, 'lock.sqlite'),
    audit: join(absolute, 'audit.jsonl'),
    key: join(absolute, 'syncline.key'),
    ledger: join(absolute, 'ledger.sqlite'),
  };
}

export function openLocalStorage(options: LocalStorageOptions): LocalStorage {
  const {
    clock,
    stack,
    synclineVersion,
    fileSystem = nodeFileSystem,
    host = nodeHost(process, clock),
    newId = randomUUID,
  } = options;
  const paths = localPaths(options.folder);
  const { userId } = host;
  const mutex = options.mutex ?? createFolderMutex(fileSystem, paths.mutex, userId);
  const locks = createLocalLocks({
    fileSystem,
    mutex,
    host,
    clock,
    path: paths.lock,
    mutexPath: paths.mutex,
    statePath: paths.state,
    synclineVersion,
    newId,
  });
  const states = createLocalStateStore({ fileSystem, mutex, locks, userId, path: paths.state, stack, synclineVersion });
  const audit = createLocalAuditLog({
    fileSystem,
    mutex,
    locks,
    userId,
    path: paths.audit,
    mirrored: () => states.readNow()?.audit,
  });
  const keys = createLocalKeys({
    fileSystem,
    mutex,
    clock,
    userId,
    path: paths.key,
    environmentKey: options.environmentKey,
    protects: [paths.ledger],
  });
  const ledgers: LedgerStore = {
    exists: async () => existsSync(paths.ledger),
    open: async (ring, mode) => openLocalLedger({ path: paths.ledger, keys: ring, mode }),
    async putAside(at) {
      if (!existsSync(paths.ledger)) return undefined;
      const aside = `${paths.ledger}.${at.replaceAll(':', '')}`;
      translateErrors('write', paths.ledger, () => renameSync(paths.ledger, aside));
      return aside;
    },
  };
  return { states, locks, audit, keys, ledgers, places: { state: paths.state, ledger: paths.ledger }, paths };
}
