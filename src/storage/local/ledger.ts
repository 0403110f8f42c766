/**
 * The ledger in one SQLite file, for one machine. `openLocalLedger` opens it for a cycle, or as a
 * preview that reads the file and writes only to temporary tables.
 */
import Database from 'better-sqlite3';
import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { SynclineError } from '../../model/errors.ts';
import type { KeyRing } from '../keys.ts';
import type { Erasure, Ledger } from '../ledger.ts';
import { createLedger } from '../relational/ledger.ts';
import { DETECTION_TABLES, LEDGER_FORMAT, LEDGER_TABLES, MATCHING_TABLES } from '../relational/ledger-schema.ts';
import { claimLedger } from './ledger-fence.ts';
import { damagedLedger, guardCalls, translateLedgerErrors } from './ledger-errors.ts';
import { createSqliteSql, printTables, shadowTables } from './sqlite.ts';

/** The name by which SQLite keeps a database in memory alone. */
const IN_MEMORY = ':memory:';

export interface LocalLedgerOptions {
  /** `:memory:` for a ledger that ends with the process. */
  readonly path: string;
  readonly keys: KeyRing;
  /** `preview` writes nothing to the file, nor makes it. */
  readonly mode: 'write' | 'preview';
}

/**
 * Opens the ledger.
 * @throws SynclineError LEDGER_FORMAT for a file of a newer version, LEDGER_DAMAGED for one that is no ledger,
 *   STORAGE_KEY_MISSING for one that was written under a key which the ring lacks
 */
export function openLocalLedger(options: LocalLedgerOptions): Ledger {
  const { path, keys, mode } = options;
  const database = translateLedgerErrors(path, () => openDatabase(options));
  const sql = createSqliteSql(database);
  try {
    const meta = database.prepare<[], { key: string; value: string }>(`select key, value from meta`).all();
    const ledger = createLedger({
      sql,
      keys,
      preview: mode === 'preview',
      meta: new Map(meta.map(({ key, value }) => [key, value])),
      names: database.prepare<[], { address: string; name: string }>(`select address, name from link_name`).all(),
      claim: (lock) => sql.exclusively(() => claimLedger(database, lock)),
      guard: (methods) => guardCalls(path, methods),
    });
    return { ...ledger, ...guardCalls(path, { erase: (erasure: Erasure) => eraseForGood(database, ledger, erasure) }) };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** What is deleted is overwritten too, so that not even its ciphertext is left in the file. */
async function eraseForGood(database: Database.Database, ledger: Ledger, erasure: Erasure): Promise<void> {
  database.pragma('secure_delete = on');
  await ledger.erase(erasure);
  database.pragma('secure_delete = fast');
}

function openDatabase(options: LocalLedgerOptions): Database.Database {
  const preview = options.mode === 'preview';
  const isNew = preview && isEmpty(options.path);
  if (!preview && options.path !== IN_MEMORY) closeSync(openSync(options.path, 'a', 0o600));
  if (!isNew && options.path !== IN_MEMORY) refuseTruncated(options.path);
  const database = isNew ? new Database('') : open(options.path, preview);
  try {
    prepare(database, options, isNew);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Makes what is missing: in the file, or for a preview beside it. */
function prepare(database: Database.Database, { path, keys, mode }: LocalLedgerOptions, isNew: boolean): void {
  const found = database.prepare<[], { name: string }>(`select name from sqlite_master where type = 'table'`).all();
  const tables = new Set(found.map(({ name }) => name));
  if (tables.size > 0 && !tables.has('meta')) throw damagedLedger(path, undefined);
  const missing = Object.fromEntries(Object.entries(LEDGER_TABLES).filter(([name]) => !tables.has(name)));
  if (mode === 'write') {
    database.pragma('journal_mode = delete');
    database.pragma('synchronous = full');
    database.exec(printTables(LEDGER_TABLES, 'main'));
    const note = database.prepare(`insert or ignore into meta (key, value) values (?, ?)`);
    note.run('format', String(LEDGER_FORMAT));
    note.run('key', keys.currentId);
  } else {
    // Of a ledger that an earlier version wrote, or of none.
    database.exec(printTables(missing, isNew ? 'main' : 'temp'));
  }
  const format = database.prepare<[], { value: string }>(`select value from meta where key = 'format'`).get()?.value;
  if (Number(format) > LEDGER_FORMAT) {
    throw new SynclineError('LEDGER_FORMAT', `The ledger has format ${format}; this version reads up to ${LEDGER_FORMAT}.`, {
      hint: 'Use the version of Syncline that wrote it, or a newer one.',
    });
  }
  database.exec(printTables(MATCHING_TABLES, 'temp'));
  if (mode === 'preview' && !isNew)
    shadowTables(
      database,
      Object.keys(DETECTION_TABLES).filter((name) => tables.has(name)),
    );
}

/** Whether there is nothing in a file, or no file. */
function isEmpty(path: string): boolean {
  return !existsSync(path) || statSync(path).size === 0;
}

function open(path: string, preview: boolean): Database.Database {
  const database = new Database(path, { readonly: preview, timeout: 10_000 });
  database.pragma('foreign_keys = on');
  database.pragma('cache_size = -4096');
  // Half as much as it would take: what is matched stands there until the cycle ends.
  database.pragma('temp.cache_size = -4096');
  database.pragma('temp_store = file');
  try {
    database.prepare('select count(*) from sqlite_master').get();
    return database;
  } catch (error) {
    database.close();
    // A killed run left a journal behind; rolling it back is the file's own recovery and needs to write.
    if (preview && isCode(error, 'SQLITE_READONLY_ROLLBACK', 'SQLITE_CANTOPEN', 'SQLITE_READONLY_RECOVERY')) {
      const recovered = new Database(path, { timeout: 10_000 });
      recovered.prepare('select count(*) from sqlite_master').get();
      return recovered;
    }
    throw error;
  }
}

/** A file that was cut off opens like any other and fails somewhere in the middle of a cycle: its header tells before. */
function refuseTruncated(path: string): void {
  const file = openSync(path, 'r');
  try {
    const header = Buffer.alloc(32);
    if (readSync(file, header, 0, header.length, 0) < header.length) return;
    // Offsets 16 and 28 of https://www.sqlite.org/fileformat2.html, section 1.3; a page size of 1 means 65536.
    const pageBytes = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16);
    if (fstatSync(file).size < header.readUInt32BE(28) * pageBytes) throw damagedLedger(path, undefined);
  } finally {
    closeSync(file);
  }
}

function isCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
