/** The state in a JSON file, kept by lowdb through an adapter that survives crashes and trusts nobody. */
import { LowSync, type SyncAdapter } from 'lowdb';
import { SynclineError } from '../../model/errors.ts';
import type { State } from '../../model/state.ts';
import { removeLeftovers, writeDurably, type FileSystem } from '../file-system.ts';
import type { Lock } from '../lock.ts';
import type { PushedState, StateStore } from '../state.ts';
import { changeState, pushState } from '../state-change.ts';
import { parseState, printState } from '../state-text.ts';
import { translateErrors } from './file-errors.ts';
import type { FolderMutex } from './folder-mutex.ts';
import type { LocalLocks } from './lock-file.ts';
import { readTrusted } from './trusted-file.ts';

export interface LocalStateOptions {
  readonly fileSystem: FileSystem;
  readonly mutex: FolderMutex;
  readonly locks: LocalLocks;
  readonly userId: number | undefined;
  readonly path: string;
  readonly stack: string;
  readonly synclineVersion: string;
}

export interface LocalStateStore extends StateStore {
  /** `read`, at once. */
  readNow(): State | undefined;
}

/** Where the previous serial is kept, to be put back by hand should the state file ever be damaged. */
function backupPath(statePath: string): string {
  return `${statePath}.backup`;
}

export function createLocalStateStore(options: LocalStateOptions): LocalStateStore {
  const database = new LowSync<State | null>(createStateAdapter(options), null);

  function readNow(): State | undefined {
    // lowdb keeps what it had where the file is gone.
    database.data = null;
    database.read();
    return database.data ?? undefined;
  }

  function write(next: State, expectedSerial: number): State {
    const current = readNow();
    return store(current, changeState(current, next, expectedSerial, options));
  }

  function store(current: State | undefined, next: State): State {
    if (next !== current) {
      database.data = next;
      database.write();
    }
    return next;
  }

  return {
    readNow,
    async read() {
      return readNow();
    },
    async write(next: State, expectedSerial: number, lock: Lock) {
      return options.mutex.exclusively(() => {
        options.locks.assertMayWrite(lock.info);
        return write(next, expectedSerial);
      });
    },
    async push(pushed: State, how: PushedState, lock: Lock) {
      return options.mutex.exclusively(() => {
        options.locks.assertMayWrite(lock.info);
        const current = readNow();
        return store(current, pushState(current, pushed, how, options));
      });
    },
  };
}

function createStateAdapter(options: LocalStateOptions): SyncAdapter<State | null> {
  const { fileSystem, path } = options;
  const backup = backupPath(path);
  const parse = (bytes: Buffer) =>
    parseState(bytes, {
      source: path,
      digest: 'verify',
      stack: options.stack,
      hint: `Put back what was there before. The previous serial is kept beside it:\n  cp ${backup} ${path}`,
    });
  // Parsing costs far more than comparing bytes, and each write reads what it replaces.
  let known: { bytes: Buffer; state: State } | undefined;

  return {
    read() {
      const bytes = readTrusted(fileSystem, path, { userId: options.userId, others: 'read' });
      if (bytes === undefined) {
        known = undefined;
      } else if (known === undefined || !known.bytes.equals(bytes)) {
        known = { bytes, state: parse(bytes) };
      }
      return known?.state ?? null;
    },
    write(state) {
      const bytes = Buffer.from(printState(state!));
      translateErrors('write', path, () => {
        removeLeftovers(fileSystem, path); // Of the backup too, whose name begins alike.
        if (known !== undefined && known.state.serial !== state!.serial) {
          writeDurably(fileSystem, backup, known.bytes);
        }
        writeDurably(fileSystem, path, bytes, 0o600, (written) => {
          if (!written.equals(bytes) || parse(written).digest !== state!.digest) {
            throw new SynclineError(
              'STORAGE_WRITE_FAILED',
              `${path} was not stored as it was written. The old state is still in place.`,
              {
                hint: 'Check the disk.',
              },
            );
          }
        });
      });
      known = { bytes, state: state! };
    },
  };
}
