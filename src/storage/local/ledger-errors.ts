/** What SQLite and the operating system report of the ledger's file, as errors that say what to do. */
import Database from 'better-sqlite3';
import { SynclineError } from '../../model/errors.ts';
import { translateErrors } from './file-errors.ts';

/** @throws SynclineError LEDGER_DAMAGED, STORAGE_BUSY, STORAGE_WRITE_FAILED; other errors pass */
export function translateLedgerErrors<T>(path: string, work: () => T): T {
  try {
    return translateErrors('write', path, work);
  } catch (error) {
    throw translated(path, error);
  }
}

export function damagedLedger(path: string, cause: unknown): SynclineError {
  return new SynclineError('LEDGER_DAMAGED', `${path} is damaged or no ledger at all.`, {
    hint: 'Restore it from a backup, or begin with an empty one, by which all records are matched anew:\n  syncline state new-ledger',
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The same methods, with their errors translated. */
export function guardCalls<Methods extends object>(path: string, methods: Methods): Methods {
  const guarded = Object.entries(methods).map(([name, method]) => [
    name,
    (...parameters: readonly unknown[]): unknown => {
      const result: unknown = translateLedgerErrors(path, () => (method as Method).apply(methods, [...parameters]));
      return result instanceof Promise ? result.catch((error: unknown) => Promise.reject(translated(path, error))) : result;
    },
  ]);
  return Object.fromEntries(guarded) as Methods;
}

type Method = (this: object, ...parameters: unknown[]) => unknown;

function translated(path: string, error: unknown): Error {
  if (!(error instanceof Database.SqliteError)) return error as Error;
  if (/^SQLITE_(NOTADB|CORRUPT)/.test(error.code)) return damagedLedger(path, error);
  if (error.code.startsWith('SQLITE_BUSY')) {
    return new SynclineError('STORAGE_BUSY', `Another process holds ${path}.`, { hint: 'Run again.', cause: error });
  }
  const reason = REASONS.find(([pattern]) => pattern.test(error.code))?.[1];
  if (reason === undefined) return error;
  return new SynclineError('STORAGE_WRITE_FAILED', `${path} cannot be written: ${reason} (${error.code}).`, {
    hint: 'Make room or give permission, then run again: the run continues.',
    cause: error,
  });
}

const REASONS: readonly (readonly [RegExp, string])[] = [
  [/^SQLITE_FULL/, 'no space is left on the device'],
  [/^SQLITE_READONLY/, 'it is read-only'],
  [/^SQLITE_IOERR/, 'the device reports an input/output error'],
  [/^SQLITE_CANTOPEN/, 'it cannot be opened'],
  [/^SQLITE_PERM/, 'permission denied'],
];
