import { constants } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { FileSystem, FileStatus, OpenFile } from '../../../src/storage/file-system.ts';

interface Inode {
  data: Buffer;
  /** What survives a loss of power: the data as last synced. */
  durable: Buffer;
  mode: number;
}

/** What a disk may have made of the operations that nothing forced out, when the power goes. */
export type Loss =
  /** Nothing that was not synced is there: neither names nor data. */
  | 'everything-unsynced'
  /** Names are there, in the newest order, but data that was not synced is not. */
  | 'unsynced-data';

export interface CrashingFileSystem extends FileSystem {
  crash(loss: Loss): void;
}

const OWNER = 1000;

/** Files in memory, of one folder depth, with the promises of POSIX about crashes and none beyond. */
export function createCrashingFileSystem(): CrashingFileSystem {
  const folders = new Map<string, { entries: Map<string, Inode>; durable: Map<string, Inode> }>();

  function folderOf(path: string) {
    const folder = folders.get(dirname(path));
    if (folder === undefined) {
      throw systemError('ENOENT', 'open', path);
    }
    return folder.entries;
  }

  function inodeOf(path: string): Inode {
    const inode = folderOf(path).get(basename(path));
    if (inode === undefined) {
      throw systemError('ENOENT', 'open', path);
    }
    return inode;
  }

  return {
    open(path, flags, mode = 0o600) {
      const existing = folderOf(path).get(basename(path));
      if (existing !== undefined && (flags & constants.O_EXCL) !== 0) {
        throw systemError('EEXIST', 'open', path);
      }
      if (existing === undefined) {
        if ((flags & constants.O_CREAT) === 0) {
          throw systemError('ENOENT', 'open', path);
        }
        folderOf(path).set(basename(path), { data: Buffer.alloc(0), durable: Buffer.alloc(0), mode });
      }
      return openInode(inodeOf(path));
    },
    rename(from, to) {
      const inode = inodeOf(from);
      folderOf(from).delete(basename(from));
      folderOf(to).set(basename(to), inode);
    },
    unlink(path) {
      inodeOf(path);
      folderOf(path).delete(basename(path));
    },
    syncFolder(path) {
      const folder = folders.get(path)!;
      folder.durable = new Map(folder.entries);
    },
    stat: (path) =>
      folders.has(path) || path === '/' ? { kind: 'folder', size: 0, mode: 0o700, owner: OWNER } : statusOf(inodeOf(path)),
    mkdir: (path) => void folders.set(path, { entries: new Map(), durable: new Map() }),
    readdir: (path) => [...folders.get(path)!.entries.keys()],
    crash(loss) {
      for (const folder of folders.values()) {
        folder.entries = new Map(loss === 'everything-unsynced' ? folder.durable : folder.entries);
        for (const inode of folder.entries.values()) {
          inode.data = inode.durable;
        }
        folder.durable = new Map(folder.entries);
      }
    },
  };
}

function openInode(inode: Inode): OpenFile {
  return {
    read: (position, length) => inode.data.subarray(position, position + length),
    write(bytes) {
      inode.data = Buffer.concat([inode.data, bytes]);
    },
    truncate(length) {
      inode.data = inode.data.subarray(0, length);
    },
    sync() {
      inode.durable = inode.data;
    },
    stat: () => statusOf(inode),
    close() {},
  };
}

function statusOf(inode: Inode): FileStatus {
  return { kind: 'file', size: inode.data.length, mode: inode.mode, owner: OWNER };
}

function systemError(code: string, syscall: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${syscall} '${path}'`), { code, syscall });
}
