import { SynclineError } from '../../model/errors.ts';
import { systemErrorCode } from '../file-system.ts';

const WORDS: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left on the device',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EIO: 'the device reports an input/output error',
  EMFILE: 'too many files are open',
  ENOENT: 'no such file or folder',
  ENOTDIR: 'a part of the path is not a folder',
  EISDIR: 'it is a folder',
};

/** An error code of the operating system in words, for the end of a sentence. */
export function systemReason(code: string): string {
  return WORDS[code] === undefined ? code : `${WORDS[code]} (${code})`;
}

/**
 * Runs file operations and turns the operating system's errors into ours; other errors pass.
 * @throws SynclineError STORAGE_WRITE_FAILED or STORAGE_READ_FAILED, naming the file and the reason
 */
export function translateErrors<T>(kind: 'read' | 'write', path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) {
      throw error;
    }
    const reason = systemReason(code);
    throw kind === 'write'
      ? new SynclineError('STORAGE_WRITE_FAILED', `${path} cannot be written: ${reason}.`, {
          hint: 'Make room or give permission, then run again: the run continues.',
          cause: error,
        })
      : new SynclineError('STORAGE_READ_FAILED', `${path} cannot be read: ${reason}.`, { cause: error });
  }
}
