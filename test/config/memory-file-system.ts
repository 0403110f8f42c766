import { posix } from 'node:path';
import type { ConfigurationFileSystem, EntryType } from '../../src/config/file-system.ts';

export type Content = string | Uint8Array | { readonly linkTo: string } | { readonly bytes: number } | { readonly fails: string };

/** The folder that configurations of tests lie in. */
export const ROOT = '/configuration';

export interface MemoryFileSystem extends ConfigurationFileSystem {
  /** Paths whose content was read, in order. */
  readonly reads: readonly string[];
}

/** A file system of a few files, by absolute path. `{ bytes }` claims a size; `{ fails }` fails with that code. */
export function memoryFileSystem(
  files: Readonly<Record<string, Content>>,
  modes: Readonly<Record<string, number>> = {},
): MemoryFileSystem {
  const reads: string[] = [];
  const isFolder = (path: string) => Object.keys(files).some((file) => file.startsWith(path === '/' ? '/' : `${path}/`));
  const fail = (code: string): never => {
    throw Object.assign(new Error(`${code}: somewhere`), { code });
  };
  const real = (path: string, hops = 0): string => {
    if (hops > 10) fail('ELOOP');
    let resolved = '/';
    for (const part of path.split('/').filter((step) => step !== '')) {
      resolved = posix.join(resolved, part);
      const content = files[resolved];
      if (typeof content === 'object' && 'linkTo' in content)
        resolved = real(posix.resolve(posix.dirname(resolved), content.linkTo), hops + 1);
    }
    return files[resolved] === undefined && !isFolder(resolved) ? fail('ENOENT') : resolved;
  };
  const typeOf = (path: string): EntryType => {
    const content = files[path];
    if (content === undefined) return 'folder';
    return typeof content === 'object' && 'linkTo' in content ? 'link' : 'file';
  };
  const bytesOf = (path: string): Uint8Array => {
    const content = files[path];
    if (typeof content === 'string') return new TextEncoder().encode(content);
    if (content instanceof Uint8Array) return content;
    return fail(content !== undefined && 'fails' in content ? content.fails : 'EISDIR');
  };
  return {
    reads,
    async readFolder(path) {
      const below = Object.keys(files).filter((file) => file.startsWith(`${path}/`));
      const names = new Set(below.map((file) => file.slice(path.length + 1).split('/')[0]!));
      return [...names].map((name) => ({ name, type: typeOf(`${path}/${name}`) }));
    },
    async realPath(path) {
      return real(path);
    },
    async status(path) {
      const content = files[real(path)];
      const size = typeof content === 'object' && 'bytes' in content ? content.bytes : undefined;
      const unreadable = typeof content === 'object' && 'fails' in content;
      return {
        type: typeOf(real(path)),
        bytes: size ?? (content === undefined || unreadable ? 0 : bytesOf(real(path)).length),
        mode: modes[path] ?? 0o600,
      };
    },
    async readFile(path, maxBytes) {
      reads.push(path);
      return bytesOf(real(path)).slice(0, maxBytes + 1);
    },
  };
}

/** A folder with one configuration file. */
export function oneFile(text: string | Uint8Array): MemoryFileSystem {
  return memoryFileSystem({ [`${ROOT}/configuration.yaml`]: text });
}
