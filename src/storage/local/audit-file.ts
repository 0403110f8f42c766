/** The audit log in a file of JSON lines. A line that a crash cut short is removed, and the log says so. */
import { dirname } from 'node:path';
import { SynclineError } from '../../model/errors.ts';
import { EMPTY_AUDIT_HEAD, type AuditHead } from '../../model/state.ts';
import { continueChain, headOf, parseEvent, printEvent, type AuditEvent, type AuditLog, type NewAuditEvent } from '../audit.ts';
import { OPEN, readFrom, writeDurably, type FileSystem, type OpenFile } from '../file-system.ts';
import { translateErrors } from './file-errors.ts';
import type { FolderMutex } from './folder-mutex.ts';
import type { LocalLocks } from './lock-file.ts';
import { assertTrusted, exists } from './trusted-file.ts';

export interface LocalAuditOptions {
  readonly fileSystem: FileSystem;
  readonly mutex: FolderMutex;
  readonly locks: LocalLocks;
  readonly userId: number | undefined;
  readonly path: string;
  /** The head that the state holds, if there is a state. */
  readonly mirrored: () => AuditHead | undefined;
}

const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

export function createLocalAuditLog(options: LocalAuditOptions): AuditLog {
  const { fileSystem, path } = options;
  const trust = { userId: options.userId, others: 'read' } as const;

  function append(event: NewAuditEvent): AuditEvent {
    const isNew = !exists(fileSystem, path);
    const file = fileSystem.open(path, OPEN.append, 0o600);
    try {
      const tail = readTail(file, path);
      const mirrored = options.mirrored();
      const chained = continueChain(fileHead(tail), mirrored, [...repairs(tail, event), event]);
      if (tail.tornBytes > 0) {
        file.truncate(tail.endsAt);
      }
      appendOrUndo(file, tail.endsAt, Buffer.from(chained.map(printEvent).join('')));
      if (isNew) {
        fileSystem.syncFolder(dirname(path));
      }
      return chained.at(-1)!;
    } finally {
      file.close();
    }
  }

  return {
    async append(event, lock) {
      return options.mutex.exclusively(() => {
        options.locks.assertMayWrite(lock.info);
        assertTrusted(fileSystem, path, trust);
        return translateErrors('write', path, () => append(event));
      });
    },
    async replace(lines, lock) {
      options.mutex.exclusively(() => {
        options.locks.assertMayWrite(lock.info);
        assertTrusted(fileSystem, path, trust);
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        translateErrors('write', path, () => writeDurably(fileSystem, path, bytes));
      });
    },
    async *lines() {
      if (!exists(fileSystem, path)) {
        return;
      }
      assertTrusted(fileSystem, path, trust);
      const file = translateErrors('read', path, () => fileSystem.open(path, OPEN.read));
      try {
        let rest = Buffer.alloc(0);
        for (let position = 0; ; position += CHUNK_BYTES) {
          const chunk = translateErrors('read', path, () => readFrom(file, position, CHUNK_BYTES));
          rest = Buffer.concat([rest, chunk]);
          for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
            yield rest.toString('utf8', 0, end);
            rest = rest.subarray(end + 1);
          }
          if (chunk.length < CHUNK_BYTES) {
            break;
          }
        }
        if (rest.length > 0) {
          yield rest.toString('utf8');
        }
      } finally {
        file.close();
      }
    },
  };
}

interface Tail {
  /** The last complete event, `undefined` in an empty log. */
  readonly last: AuditEvent | undefined;
  /** Where complete lines end, and how many bytes of an incomplete one follow. */
  readonly endsAt: number;
  readonly tornBytes: number;
}

function readTail(file: OpenFile, path: string): Tail {
  const size = file.stat().size;
  for (let length = Math.min(size, CHUNK_BYTES); ; length = Math.min(size, length * 4)) {
    const bytes = readFrom(file, size - length, length);
    const lineEnd = bytes.lastIndexOf(NEWLINE);
    const lineStart = lineEnd <= 0 ? -1 : bytes.lastIndexOf(NEWLINE, lineEnd - 1);
    if (length < size && lineStart < 0) {
      continue; // The last line begins before what was read.
    }
    const endsAt = size - length + lineEnd + 1;
    if (lineEnd < 0) {
      return { last: undefined, endsAt: 0, tornBytes: size };
    }
    const last = parseEvent(bytes.toString('utf8', lineStart + 1, lineEnd));
    if (last === undefined) {
      throw new SynclineError('AUDIT_UNREADABLE', `The last line of ${path} is no event.`, {
        hint: 'Restore the log from a backup, or remove that line: the log then shows that something is missing.',
      });
    }
    return { last, endsAt, tornBytes: size - endsAt };
  }
}

/** An event of the log's own: what it found wrong with itself before it went on. */
function repairs(tail: Tail, { at, who, run }: NewAuditEvent): readonly NewAuditEvent[] {
  return tail.tornBytes > 0 ? [{ type: 'audit_repaired', at, who, run, removed_bytes: tail.tornBytes }] : [];
}

function fileHead(tail: Tail): AuditHead {
  return tail.last === undefined ? EMPTY_AUDIT_HEAD : headOf(tail.last);
}

function appendOrUndo(file: OpenFile, endsAt: number, bytes: Buffer): void {
  try {
    file.write(bytes);
    file.sync();
  } catch (error) {
    try {
      file.truncate(endsAt);
    } catch {
      // The disk refuses that too; the next append finds the torn line and removes it.
    }
    throw error;
  }
}
