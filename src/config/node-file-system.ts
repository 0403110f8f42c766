import type { Dirent, Stats } from 'node:fs';
import { constants } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import type { ConfigurationFileSystem, EntryType } from './file-system.ts';

/** The file system of the machine. */
export function nodeConfigurationFileSystem(): ConfigurationFileSystem {
  return {
    async readFolder(path) {
      const entries = await readdir(path, { withFileTypes: true });
      return entries.map((entry) => ({ name: entry.name, type: typeOf(entry) }));
    },
    realPath: (path) => realpath(path),
    async status(path) {
      const found = await stat(path);
      return { type: typeOf(found), bytes: found.size, mode: found.mode & 0o777 };
    },
    readFile,
  };
}

async function readFile(path: string, maxBytes: number): Promise<Uint8Array> {
  // Without O_NONBLOCK, opening a named pipe that nobody writes to would wait for ever.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!(await file.stat()).isFile()) throw new Error('It is not a regular file.');
    const buffer = new Uint8Array(maxBytes + 1);
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return buffer.slice(0, length);
  } finally {
    await file.close();
  }
}

function typeOf(entry: Dirent | Stats): EntryType {
  if (entry.isSymbolicLink()) return 'link';
  if (entry.isFile()) return 'file';
  return entry.isDirectory() ? 'folder' : 'other';
}
