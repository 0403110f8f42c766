import Database from 'better-sqlite3';
import { SynclineError } from '../../model/errors.ts';
import { OPEN, systemErrorCode, type FileSystem } from '../file-system.ts';
import { translateErrors } from './file-errors.ts';
import { assertTrusted } from './trusted-file.ts';

/**
 * Lets one process at a time look at the storage folder and change it in the same breath: take a lock
 * or take one over, check a lock and rename a state. It is held for milliseconds only.
 */
export interface FolderMutex {
  /**
   * @param work runs while no other process is in here; the fence it sets is kept only if it returns
   * @throws SynclineError STORAGE_BUSY where others leave no room for ten seconds
   */
  exclusively<T>(work: (fence: FenceCounter) => T): T;
}

/** The fence of the last lock that was taken for writing; it only grows. */
export interface FenceCounter {
  read(): number;
  set(fence: number): void;
}

const WAIT_MS = 10_000;

/**
 * A mutex on a SQLite file, for which the operating system frees the lock of a killed process. A file
 * made with O_EXCL alone would not do: two processes that both find a dead lock must not both replace it.
 */
export function createFolderMutex(fileSystem: FileSystem, path: string, userId: number | undefined): FolderMutex {
  function open(): Database.Database {
    assertTrusted(fileSystem, path, { userId, others: 'read' });
    try {
      // SQLite would make it readable by others.
      fileSystem.open(path, OPEN.create, 0o600).close();
    } catch (error) {
      if (systemErrorCode(error) !== 'EEXIST') {
        throw error;
      }
    }
    return new Database(path, { timeout: WAIT_MS });
  }

  return {
    exclusively(work) {
      return translateDatabaseErrors(path, () => {
        const database = translateErrors('write', path, open);
        try {
          return database.transaction(() => work(fenceCounter(database))).immediate();
        } finally {
          database.close();
        }
      });
    },
  };
}

function fenceCounter(database: Database.Database): FenceCounter {
  return {
    // The number is kept in the file's header, so that there is no table to make before the first one.
    read: () => database.pragma('user_version', { simple: true }) as number,
    set(fence) {
      database.pragma(`user_version = ${fence}`);
    },
  };
}

function translateDatabaseErrors<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Database.SqliteError)) {
      throw error;
    }
    if (error.code.startsWith('SQLITE_BUSY')) {
      throw new SynclineError('STORAGE_BUSY', `Another process held ${path} for more than ${WAIT_MS / 1000} seconds.`, {
        cause: error,
      });
    }
    throw new SynclineError('STORAGE_WRITE_FAILED', `${path} cannot be used: ${error.message} (${error.code}).`, {
      hint: 'Where the file is damaged, remove it while nobody works on this state: it holds nothing but a counter.',
      cause: error,
    });
  }
}
