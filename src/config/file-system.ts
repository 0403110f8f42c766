/**
 * What the configuration needs of a file system. The composition root supplies
 * `nodeConfigurationFileSystem`, tests one of their own. Paths are absolute.
 */
export interface ConfigurationFileSystem {
  /** Entries of a folder, in no particular order; `link` entries are not followed. */
  readFolder(path: string): Promise<readonly FolderEntry[]>;
  /** The path with every symbolic link resolved. Rejects when there is nothing at its end. */
  realPath(path: string): Promise<string>;
  /** What is at a path, links followed. Rejects when there is nothing. */
  status(path: string): Promise<FileStatus>;
  /**
   * The content of a regular file, `maxBytes` of it at most and one more: a longer result tells that
   * the file grew since its status was read. Rejects for anything but a regular file.
   */
  readFile(path: string, maxBytes: number): Promise<Uint8Array>;
}

interface FolderEntry {
  readonly name: string;
  readonly type: EntryType;
}

export type EntryType = 'file' | 'folder' | 'link' | 'other';

interface FileStatus {
  readonly type: EntryType;
  readonly bytes: number;
  /** Permission bits, as in `0o600`. */
  readonly mode: number;
}
