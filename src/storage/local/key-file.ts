/** The keys of local storage: from SYNCLINE_KEY, or from a file beside the state that nobody else may read. */
import { dirname } from 'node:path';
import { SynclineError } from '../../model/errors.ts';
import { toInstant, type Clock } from '../../model/time.ts';
import { removeLeftovers, writeDurably, type FileSystem } from '../file-system.ts';
import {
  createKeyRing,
  environmentKeyIsFixed,
  exportKey,
  generateKey,
  parseKey,
  parseKeys,
  type Key,
  type KeyRing,
} from '../keys.ts';
import type { StorageKeys } from '../storage.ts';
import { translateErrors } from './file-errors.ts';
import type { FolderMutex } from './folder-mutex.ts';
import { exists, makeFolder, readTrusted } from './trusted-file.ts';

export interface LocalKeysOptions {
  readonly fileSystem: FileSystem;
  readonly mutex: FolderMutex;
  readonly clock: Clock;
  readonly userId: number | undefined;
  /** The key file: JSON lines of `{id, key, created}`, the newest and current one last. */
  readonly path: string;
  /** The value of SYNCLINE_KEY, where it is set. Keys of the file then only serve to read. */
  readonly environmentKey: string | undefined;
  /** Files that were written under a key: where one of them exists, a missing key is lost, not yet to be made. */
  readonly protects: readonly string[];
}

interface KeyLine {
  readonly id: string;
  readonly key: string;
  readonly created: string;
}

export function createLocalKeys(options: LocalKeysOptions): StorageKeys {
  const { fileSystem, mutex, path } = options;

  function readLines(): readonly KeyLine[] {
    const bytes = readTrusted(fileSystem, path, { userId: options.userId, others: 'nothing' });
    const lines = bytes?.toString('utf8').split('\n') ?? [];
    return lines.flatMap((line, index) => (line.trim() === '' ? [] : [parseLine(line, `${path}:${index + 1}`)]));
  }

  function writeLines(lines: readonly KeyLine[]): void {
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    translateErrors('write', path, () => {
      removeLeftovers(fileSystem, path);
      writeDurably(fileSystem, path, Buffer.from(text));
    });
  }

  function ring(lines: readonly KeyLine[]): KeyRing | undefined {
    const fromFile = lines.map((line) => parseKey(line.key, path)).toReversed();
    const fromEnvironment = options.environmentKey === undefined ? [] : parseKeys(options.environmentKey, 'SYNCLINE_KEY');
    const keys: readonly Key[] = [...fromEnvironment, ...fromFile];
    return keys.length === 0 ? undefined : createKeyRing(keys);
  }

  function newLine(): KeyLine {
    const key = generateKey();
    return { id: key.id, key: exportKey(key), created: toInstant(options.clock.now()) };
  }

  function change(next: (lines: readonly KeyLine[]) => readonly KeyLine[]): KeyRing {
    makeFolder(fileSystem, dirname(path));
    return mutex.exclusively(() => {
      const lines = readLines();
      const changed = next(lines);
      if (changed !== lines) {
        writeLines(changed);
      }
      return ring(changed)!;
    });
  }

  function refuseEnvironment(): void {
    if (options.environmentKey !== undefined) {
      throw environmentKeyIsFixed();
    }
  }

  return {
    open() {
      return ring(readLines()) ?? createKeyRing([]);
    },
    openOrCreate() {
      const found = ring(readLines());
      if (found !== undefined) {
        return found;
      }
      const written = options.protects.find((file) => exists(fileSystem, file));
      if (written !== undefined) {
        throw new SynclineError(
          'STORAGE_KEY_MISSING',
          `${written} was written under a key, and neither SYNCLINE_KEY is set nor is there ${path}.`,
          {
            hint: 'Set SYNCLINE_KEY to the key that was used before, or put the key file back.',
          },
        );
      }
      return change((lines) => (lines.length === 0 ? [newLine()] : lines));
    },
    rotate() {
      refuseEnvironment();
      return change((lines) => [...lines, newLine()]);
    },
    retire(keyId) {
      return change((lines) => {
        if (lines.at(-1)?.id === keyId && options.environmentKey === undefined) {
          throw new SynclineError('STORAGE_KEY_INVALID', `Key ${keyId} is the current one and cannot be retired.`);
        }
        return lines.some((line) => line.id === keyId) ? lines.filter((line) => line.id !== keyId) : lines;
      });
    },
  };
}

function parseLine(line: string, source: string): KeyLine {
  let content: Partial<Record<keyof KeyLine, unknown>> | null = null;
  try {
    content = JSON.parse(line) as Partial<Record<keyof KeyLine, unknown>> | null;
  } catch {
    // Reported below, without the text.
  }
  const { id, key, created } = content ?? {};
  if (typeof id !== 'string' || typeof key !== 'string' || typeof created !== 'string' || parseKey(key, source).id !== id) {
    throw new SynclineError(
      'STORAGE_KEY_INVALID',
      `${source} holds no valid key: {"id", "key", "created"} are expected, with the id that belongs to the key.`,
      {
        hint: 'Put the key file back as it was.',
      },
    );
  }
  return { id, key, created };
}
