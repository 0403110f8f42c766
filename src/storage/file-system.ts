/**
 * The few operations on files that local storage is made of, behind an interface, so that a test can
 * let the n-th of them fail, tear a write, or drop what was not synced.
 *
 * They are synchronous on purpose: a sequence of them cannot be interleaved with other work of this
 * process, and the files are small.
 */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  unlinkSync,
  writeSync,
  type Stats,
} from 'node:fs';
import { platform } from 'node:os';
import { basename, dirname, join } from 'node:path';

export interface FileSystem {
  /**
   * @param flags of `OPEN`, combined
   * @throws an Error with the operating system's `code` (`ENOENT`, `EEXIST`, `ELOOP`, `ENOSPC` ...), as all of these do
   */
  open(path: string, flags: number, mode?: number): OpenFile;
  rename(from: string, to: string): void;
  unlink(path: string): void;
  /** Makes renames, creations and removals in a folder durable. */
  syncFolder(path: string): void;
  /** Of the path itself: a symbolic link is not followed. */
  stat(path: string): FileStatus;
  mkdir(path: string, mode: number): void;
  readdir(path: string): readonly string[];
}

export interface OpenFile {
  /** Up to `length` bytes from `position`; fewer at the end of the file. */
  read(position: number, length: number): Buffer;
  /** Writes all of `bytes` at the end of what was written so far, or at the end of the file with `append`. */
  write(bytes: Buffer): void;
  truncate(length: number): void;
  sync(): void;
  stat(): FileStatus;
  close(): void;
}

export interface FileStatus {
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  readonly size: number;
  /** Permission bits alone. */
  readonly mode: number;
  readonly owner: number;
}

/** Flags of `open`. A symbolic link as the last part of the path is refused by each of them (`ELOOP`). */
export const OPEN = {
  read: constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0),
  /** Makes the file; refuses (`EEXIST`) where there is one. */
  create: constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0),
  /** Makes the file where there is none, and writes at its end. */
  append: constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0),
} as const;

export const nodeFileSystem: FileSystem = {
  open: (path, flags, mode) => openNodeFile(openSync(path, flags, mode)),
  rename: (from, to) => renameSync(from, to),
  unlink: (path) => unlinkSync(path),
  syncFolder(path) {
    if (platform() === 'win32') {
      return; // Windows has no descriptor of a folder to sync; its journal orders the rename.
    }
    const descriptor = openSync(path, constants.O_RDONLY);
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  },
  stat: (path) => statusOf(lstatSync(path)),
  mkdir: (path, mode) => mkdirSync(path, { mode }),
  readdir: (path) => readdirSync(path),
};

/**
 * Replaces a file so that, whatever happens, either the old or the new content is there, complete:
 * a temporary file in the same folder, write, sync, rename, sync of the folder. What was written is
 * read back before it takes the place of the old file.
 *
 * @param check judges the bytes as read back; throws to keep the old file
 * @throws the operating system's error; the old content is then in place, or the new one where only
 *   the last step failed, and the temporary file is gone
 */
export function writeDurably(
  fileSystem: FileSystem,
  path: string,
  bytes: Buffer,
  mode = 0o600,
  check?: (written: Buffer) => void,
): void {
  const temporary = temporaryPath(path);
  const file = fileSystem.open(temporary, OPEN.create, mode);
  try {
    try {
      file.write(bytes);
      file.sync();
    } finally {
      file.close();
    }
    check?.(readAll(fileSystem, temporary));
    fileSystem.rename(temporary, path);
  } catch (error) {
    removeIfThere(fileSystem, temporary);
    throw error;
  }
  fileSystem.syncFolder(dirname(path));
}

/** Removes temporary files of `path` that a killed process left behind. Only whoever alone may write `path` calls this. */
export function removeLeftovers(fileSystem: FileSystem, path: string): void {
  const prefix = `.${basename(path)}.`;
  for (const name of fileSystem.readdir(dirname(path))) {
    if (name.startsWith(prefix) && name.endsWith('.tmp')) {
      removeIfThere(fileSystem, join(dirname(path), name));
    }
  }
}

/** The whole content of a file. @throws the operating system's error, `ENOENT` where there is none */
export function readAll(fileSystem: FileSystem, path: string): Buffer {
  const file = fileSystem.open(path, OPEN.read);
  try {
    return readFrom(file, 0, file.stat().size);
  } finally {
    file.close();
  }
}

/** Exactly `length` bytes, or fewer where the file ends. */
export function readFrom(file: OpenFile, position: number, length: number): Buffer {
  const chunks: Buffer[] = [];
  let rest = length;
  while (rest > 0) {
    const chunk = file.read(position + length - rest, rest);
    if (chunk.length === 0) {
      break;
    }
    chunks.push(chunk);
    rest -= chunk.length;
  }
  return Buffer.concat(chunks);
}

/** The code of an error of the operating system: `ENOENT`. `undefined` for any other error. */
export function systemErrorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && 'syscall' in error ? String(error.code) : undefined;
}

function removeIfThere(fileSystem: FileSystem, path: string): void {
  try {
    fileSystem.unlink(path);
  } catch {
    // Called to tidy up after another error, which is the one to report, or after a crash, where the next write tries again.
  }
}

function temporaryPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
}

function openNodeFile(descriptor: number): OpenFile {
  return {
    read(position, length) {
      const buffer = Buffer.allocUnsafe(length);
      return buffer.subarray(0, readSync(descriptor, buffer, 0, length, position));
    },
    write(bytes) {
      for (let offset = 0; offset < bytes.length;) {
        offset += writeSync(descriptor, bytes, offset);
      }
    },
    truncate: (length) => ftruncateSync(descriptor, length),
    sync: () => fsyncSync(descriptor),
    stat: () => statusOf(fstatSync(descriptor)),
    close: () => closeSync(descriptor),
  };
}

function statusOf(stats: Stats): FileStatus {
  const kind = stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : stats.isSymbolicLink() ? 'link' : 'other';
  return { kind, size: stats.size, mode: stats.mode & 0o777, owner: stats.uid };
}
