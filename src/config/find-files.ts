import { join, relative, sep } from 'node:path';
import type { ConfigurationFileSystem } from './file-system.ts';

/** More files than this are refused: a folder that holds so many was hardly meant. */
const MAX_FILES = 500;
/** Folders that are looked into, so that a mistaken root (a home folder, say) does not take minutes. */
const MAX_FOLDERS = 10_000;

const LEFT_OUT = new Set(['state', 'node_modules']);

export interface FoundFile {
  /** Where it is read. */
  readonly absolute: string;
  /** Relative to the root, with slashes. */
  readonly path: string;
}

export interface FileProblem {
  readonly code: 'CONFIG_TOO_MANY_FILES' | 'CONFIG_FILE_UNREADABLE' | 'CONFIG_OUTSIDE_ROOT';
  readonly path: string;
  readonly detail: string;
  readonly hint?: string;
}

/** Files of a configuration, or the tests beside them: `*.test.yaml`. */
export type FileSort = 'configuration' | 'tests';

/**
 * Finds `*.yaml` and `*.yml` of one sort below a folder, sorted by path. `state/`, `node_modules/` and
 * folders that begin with a dot are left out. A symbolic link that leaves the folder is a problem; one
 * that stays inside is passed over, since its target is found in its own place.
 */
export async function findFiles(
  root: string,
  fileSystem: ConfigurationFileSystem,
  sort: FileSort = 'configuration',
): Promise<{ readonly files: readonly FoundFile[]; readonly problems: readonly FileProblem[] }> {
  const files: FoundFile[] = [];
  const problems: FileProblem[] = [];
  let realRoot: string;
  try {
    realRoot = await fileSystem.realPath(root);
  } catch (error) {
    return { files, problems: [unreadable('.', error)] };
  }
  const pending = [realRoot];
  let folders = 0;
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    folders += 1;
    if (folders > MAX_FOLDERS) return tooMany(`${MAX_FOLDERS} folders`, problems);
    try {
      for (const entry of await fileSystem.readFolder(folder)) {
        const absolute = join(folder, entry.name);
        const path = relative(realRoot, absolute).split(sep).join('/');
        if (entry.type === 'folder') {
          if (!LEFT_OUT.has(entry.name) && !entry.name.startsWith('.')) pending.push(absolute);
        } else if (entry.type === 'link') {
          const problem = await judgeLink(absolute, path, realRoot, fileSystem, sort);
          if (problem !== undefined) problems.push(problem);
        } else if (isOfSort(entry.name, sort)) {
          if (entry.type === 'file') files.push({ absolute, path });
          else problems.push({ code: 'CONFIG_FILE_UNREADABLE', path, detail: 'It is not a regular file.' });
        }
      }
    } catch (error) {
      problems.push(unreadable(relative(realRoot, folder).split(sep).join('/') || '.', error));
    }
  }
  if (files.length > MAX_FILES) return tooMany(`${MAX_FILES} files`, problems);
  const byPath = (one: { path: string }, other: { path: string }) => (one.path < other.path ? -1 : 1);
  return { files: files.toSorted(byPath), problems: problems.toSorted(byPath) };
}

function tooMany(
  what: string,
  problems: readonly FileProblem[],
): { files: readonly FoundFile[]; problems: readonly FileProblem[] } {
  const detail = `There are more than ${what} here.`;
  const hint = 'run in the folder that holds the configuration, or name it with -C';
  return { files: [], problems: [...problems, { code: 'CONFIG_TOO_MANY_FILES', path: '.', detail, hint }] };
}

async function judgeLink(
  absolute: string,
  path: string,
  realRoot: string,
  fileSystem: ConfigurationFileSystem,
  sort: FileSort,
): Promise<FileProblem | undefined> {
  const name = path.slice(path.lastIndexOf('/') + 1);
  // Left out like a folder of that name; `.#name.yaml` is how Emacs locks a file, and leads nowhere.
  if (LEFT_OUT.has(name) || name.startsWith('.')) return undefined;
  let target: string;
  let folder: boolean;
  try {
    target = await fileSystem.realPath(absolute);
    folder = (await fileSystem.status(absolute)).type === 'folder';
  } catch (error) {
    return isOfSort(name, sort) ? unreadable(path, error) : undefined;
  }
  if (isInside(target, realRoot) || (!folder && !isOfSort(name, sort))) return undefined;
  return {
    code: 'CONFIG_OUTSIDE_ROOT',
    path,
    detail: 'It is a symbolic link that leaves the configuration folder.',
    hint: 'copy what it points at into the folder, or remove the link',
  };
}

/** Whether a path, links resolved, is a folder or something in it. */
export function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function isOfSort(name: string, sort: FileSort): boolean {
  return /\.ya?ml$/.test(name) && /\.test\.ya?ml$/.test(name) === (sort === 'tests');
}

function unreadable(path: string, error: unknown): FileProblem {
  return { code: 'CONFIG_FILE_UNREADABLE', path, detail: `It cannot be read: ${systemReason(error)}.` };
}

/** The operating system's reason without the absolute path that Node puts into its message. */
export function systemReason(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  if (code === 'ENOENT') return 'it does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  if (code === 'ELOOP') return 'the link points at itself';
  return typeof code === 'string' ? code : 'it is not a regular file';
}
