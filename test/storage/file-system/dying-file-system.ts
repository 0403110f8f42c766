import { constants } from 'node:fs';
import type { FileSystem, OpenFile } from '../../../src/storage/file-system.ts';

export interface DyingFileSystem extends FileSystem {
  readonly isDead: () => boolean;
}

/**
 * The files as a process sees them that is killed at its n-th change of them (create, write, sync,
 * rename, remove): half of a write that was under way is there, and from then on nothing answers.
 * Where a process dies between two reads makes no difference to anybody.
 */
export function createDyingFileSystem(inner: FileSystem, at: number): DyingFileSystem {
  let changes = 0;
  let dead = false;

  function look<Result>(work: () => Result): Result {
    if (dead) throw Object.assign(new Error('EIO: the process is dead'), { code: 'EIO' });
    return work();
  }

  function change<Result>(work: () => Result, partly?: () => void): Result {
    changes += 1;
    if (changes === at && !dead) {
      partly?.();
      dead = true;
    }
    return look(work);
  }

  const wrap = (file: OpenFile): OpenFile => ({
    read: (position, length) => look(() => file.read(position, length)),
    write: (bytes) =>
      change(
        () => file.write(bytes),
        () => file.write(bytes.subarray(0, Math.floor(bytes.length / 2))),
      ),
    truncate: (length) => change(() => file.truncate(length)),
    sync: () => change(() => file.sync()),
    stat: () => look(() => file.stat()),
    close: () => file.close(),
  });

  return {
    isDead: () => dead,
    open: (path, flags, mode) => ((flags & constants.O_CREAT) === 0 ? look : change)(() => wrap(inner.open(path, flags, mode))),
    rename: (from, to) => change(() => inner.rename(from, to)),
    unlink: (path) => change(() => inner.unlink(path)),
    syncFolder: (path) => change(() => inner.syncFolder(path)),
    stat: (path) => look(() => inner.stat(path)),
    mkdir: (path, mode) => change(() => inner.mkdir(path, mode)),
    readdir: (path) => look(() => inner.readdir(path)),
  };
}
