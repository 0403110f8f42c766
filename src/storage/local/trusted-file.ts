import { dirname } from 'node:path';
import { SynclineError } from '../../model/errors.ts';
import { OPEN, readFrom, systemErrorCode, type FileStatus, type FileSystem } from '../file-system.ts';
import { translateErrors } from './file-errors.ts';

export interface Trust {
  /** Whose files are trusted; `undefined` where the system has no owners and modes. */
  readonly userId: number | undefined;
  /** What others may at most do with the file. */
  readonly others: 'read' | 'nothing';
}

/**
 * Reads a file of the storage that nobody else can have put there or changed.
 *
 * @returns `undefined` where there is none
 * @throws SynclineError STORAGE_UNSAFE_FILE for a symbolic link, anything but a plain file, a file of
 *   another user, or one that others may change (with `nothing`: read); STORAGE_READ_FAILED
 */
export function readTrusted(fileSystem: FileSystem, path: string, trust: Trust): Buffer | undefined {
  return translateErrors('read', path, () => {
    try {
      // Asked before opening, since opening a pipe would wait for its writer.
      judge(path, fileSystem.stat(path), trust);
      const file = fileSystem.open(path, OPEN.read);
      try {
        const status = file.stat();
        judge(path, status, trust);
        return readFrom(file, 0, status.size);
      } finally {
        file.close();
      }
    } catch (error) {
      const code = systemErrorCode(error);
      if (code === 'ENOENT') {
        return undefined;
      }
      throw code === 'ELOOP' ? unsafe(path, 'is a symbolic link') : error;
    }
  });
}

/** Throws what `readTrusted` throws, without reading. A file that does not exist is fine. */
export function assertTrusted(fileSystem: FileSystem, path: string, trust: Trust): void {
  const status = translateErrors('read', path, () => statusOrNone(fileSystem, path));
  if (status !== undefined) {
    judge(path, status, trust);
  }
}

/** Makes a folder and those above it, readable by nobody else. Folders that exist stay as they are. */
export function makeFolder(fileSystem: FileSystem, path: string): void {
  translateErrors('write', path, () => makeFolders(fileSystem, path));
}

export function exists(fileSystem: FileSystem, path: string): boolean {
  return translateErrors('read', path, () => statusOrNone(fileSystem, path)) !== undefined;
}

function makeFolders(fileSystem: FileSystem, path: string): void {
  if (statusOrNone(fileSystem, path) !== undefined) {
    return;
  }
  makeFolders(fileSystem, dirname(path));
  try {
    fileSystem.mkdir(path, 0o700);
  } catch (error) {
    // Another process may have made it in between.
    if (systemErrorCode(error) !== 'EEXIST') {
      throw error;
    }
  }
}

function statusOrNone(fileSystem: FileSystem, path: string): FileStatus | undefined {
  try {
    return fileSystem.stat(path);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}

function judge(path: string, status: FileStatus, trust: Trust): void {
  if (status.kind !== 'file') {
    throw unsafe(path, status.kind === 'link' ? 'is a symbolic link' : 'is not a plain file');
  }
  if (trust.userId === undefined) {
    return;
  }
  // The superuser often works on a folder that belongs to the user outside of the container.
  if (status.owner !== trust.userId && trust.userId !== 0) {
    throw unsafe(path, `belongs to user ${status.owner}, not to user ${trust.userId} who runs this`);
  }
  const forbidden = trust.others === 'nothing' ? 0o077 : 0o022;
  if ((status.mode & forbidden) !== 0) {
    const what = trust.others === 'nothing' ? 'may be read by others' : 'may be changed by others';
    throw unsafe(path, `${what} (mode ${status.mode.toString(8).padStart(4, '0')})`, `chmod 600 ${path}`);
  }
}

function unsafe(path: string, what: string, command?: string): SynclineError {
  return new SynclineError('STORAGE_UNSAFE_FILE', `${path} ${what}.`, {
    hint:
      command === undefined
        ? 'Put a plain file of your own in its place.'
        : `Make sure that its content is right, then:\n  ${command}`,
  });
}
