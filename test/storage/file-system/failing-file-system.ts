import type { FileSystem, OpenFile } from '../../../src/storage/file-system.ts';

export interface Fault {
  /** Which operation fails, from 1. */
  readonly at: number;
  /** `once`, or from then on, as if the process had died. */
  readonly duration: 'once' | 'from-then-on';
  readonly code: string;
  /** How much of a failing write reaches the file all the same. */
  readonly torn: 'nothing' | 'half' | 'all-but-one';
}

export interface FailingFileSystem extends FileSystem {
  /** Operations so far. */
  count(): number;
  failed(): boolean;
}

/** A file system whose n-th operation fails. */
export function createFailingFileSystem(inner: FileSystem, fault: Fault): FailingFileSystem {
  let count = 0;
  let failed = false;

  function fails(): boolean {
    count += 1;
    const now = count === fault.at || (count > fault.at && fault.duration === 'from-then-on');
    failed ||= now;
    return now;
  }

  function injected(operation: string): Error {
    return Object.assign(new Error(`${fault.code}: injected, ${operation}`), { code: fault.code, syscall: operation });
  }

  function run<T>(operation: string, work: () => T): T {
    if (fails()) {
      throw injected(operation);
    }
    return work();
  }

  function wrap(file: OpenFile): OpenFile {
    return {
      read: (position, length) => run('read', () => file.read(position, length)),
      write(bytes) {
        if (fails()) {
          const kept = { nothing: 0, half: Math.floor(bytes.length / 2), 'all-but-one': bytes.length - 1 }[fault.torn];
          file.write(bytes.subarray(0, kept));
          throw injected('write');
        }
        file.write(bytes);
      },
      truncate: (length) => run('ftruncate', () => file.truncate(length)),
      sync: () => run('fsync', () => file.sync()),
      stat: () => run('fstat', () => file.stat()),
      close() {
        // The descriptor is gone whatever close answers.
        file.close();
        run('close', () => undefined);
      },
    };
  }

  return {
    count: () => count,
    failed: () => failed,
    open: (path, flags, mode) => run('open', () => wrap(inner.open(path, flags, mode))),
    rename: (from, to) => run('rename', () => inner.rename(from, to)),
    unlink: (path) => run('unlink', () => inner.unlink(path)),
    syncFolder: (path) => run('fsync', () => inner.syncFolder(path)),
    stat: (path) => run('lstat', () => inner.stat(path)),
    mkdir: (path, mode) => run('mkdir', () => inner.mkdir(path, mode)),
    readdir: (path) => run('scandir', () => inner.readdir(path)),
  };
}
