/**
 * The ledger in one SQLite file, for one machine. `openLocalLedger` opens it for a cycle, or as a
 * preview that reads the file and writes only to temporary tables.
 */
import Database from 'better-sqlite3';
import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { SynclineError } from '../../model/errors.ts';
import type { KeyRing } from '../keys.ts';
import type { Ledger } from '../ledger.ts';
import { campaignImportTables } from './campaign-import-schema.ts';
import { createCampaignImportLedger } from './campaign-import.ts';
import { claimLedger } from './ledger-fence.ts';
import { createHashKeys, namedHashKeys } from './hash-keys.ts';
import { rotateKey } from './key-rotation.ts';
import { damagedLedger, guardCalls, translateLedgerErrors } from './ledger-errors.ts';
import { beginMove, forgetLink, linkNameOf, settleMove } from './link-names.ts';
import { createLinkLedger } from './link-ledger.ts';
import { LEDGER_FORMAT, LEDGER_TABLES, detectionTables } from './ledger-schema.ts';
import { createErasing } from './persons.ts';
import { createRuns } from './runs.ts';
import { createSignOns } from './sign-ons.ts';

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
 * @throws SynclineError LEDGER_FORMAT for a file of a newer version, LEDGER_DAMAGED for one that is no ledger
 */
export function openLocalLedger(options: LocalLedgerOptions): Ledger {
  const database = preparingOnce(translateLedgerErrors(options.path, () => openDatabase(options)));
  const keys = ringOf(database, options);
  const lineageOf = () => database.prepare<[], { value: string }>(`select value from meta where key = 'lineage'`).get()?.value;

  const hashKeys = createHashKeys(database);

  const methods: Omit<Ledger, 'keys' | 'keysOf'> = {
    link: (address) =>
      guardCalls(options.path, createLinkLedger(database, keys, linkNameOf(database, address), options.mode === 'preview')),
    campaignImport: (address) =>
      guardCalls(
        options.path,
        createCampaignImportLedger(database, keys, linkNameOf(database, address), options.mode === 'preview'),
      ),
    async rotateKey(rotation) {
      return rotateKey(database, keys, rotation);
    },
    async lineage() {
      return lineageOf();
    },
    async bind(lineage) {
      database.prepare(`insert or ignore into meta (key, value) values ('lineage', ?)`).run(lineage);
    },
    async seenSerial() {
      return Number(database.prepare<[], { value: string }>(`select value from meta where key = 'serial'`).get()?.value ?? 0);
    },
    async noteSerial(serial) {
      if (serial > (await this.seenSerial()))
        database.prepare(`insert or replace into meta (key, value) values ('serial', ?)`).run(String(serial));
    },
    async beginMove(from, to) {
      beginMove(database, from, to);
    },
    async settleMove(isApplied) {
      settleMove(database, isApplied);
    },
    async forgetLink(address) {
      forgetLink(database, address);
    },
    claim: (lock) => claimLedger(database, lock),
    async callsOfDay(integration, day) {
      return (
        database
          .prepare<[string, string], { calls: number }>(`select calls from calls where integration = ? and day = ?`)
          .get(integration, day)?.calls ?? 0
      );
    },
    async addCalls(integration, day, calls) {
      database
        .prepare(
          `insert into calls (integration, day, calls) values (?, ?, ?) on conflict (integration, day) do update set calls = calls + excluded.calls`,
        )
        .run(integration, day, calls);
    },
    ...createSignOns(database, keys),
    ...createRuns(database),
    ...createErasing(database),
    async close() {
      database.close();
    },
  };
  return {
    keys: hashKeys.ring(keys, undefined),
    keysOf: (address) => hashKeys.ring(keys, linkNameOf(database, address)),
    ...guardCalls(options.path, methods),
  };
}

/**
 * The ring under the key by which the ledger was written. With another one every hash would differ, and
 * every field of every record would look changed: that is refused.
 */
function ringOf(database: Database.Database, { keys, mode }: LocalLedgerOptions): KeyRing {
  if (mode === 'write') database.prepare(`insert or ignore into meta (key, value) values ('key', ?)`).run(keys.currentId);
  const id = database.prepare<[], { value: string }>(`select value from meta where key = 'key'`).get()?.value;
  try {
    const ring = id === undefined ? keys : keys.using(id);
    for (const named of namedHashKeys(database)) ring.using(named);
    return ring;
  } catch (error) {
    database.close();
    throw error;
  }
}

function openDatabase(options: LocalLedgerOptions): Database.Database {
  const preview = options.mode === 'preview';
  if (preview && isEmpty(options.path)) {
    const empty = new Database('');
    empty.exec(LEDGER_TABLES + campaignImportTables('main') + detectionTables('main'));
    return empty;
  }
  if (!preview && options.path !== IN_MEMORY) closeSync(openSync(options.path, 'a', 0o600));
  if (options.path !== IN_MEMORY) refuseTruncated(options.path);
  const database = open(options.path, preview);
  const tables = database.prepare<[], { name: string }>(`select name from sqlite_master where type = 'table'`).all();
  if (tables.length > 0 && !tables.some(({ name }) => name === 'meta')) {
    database.close();
    throw damagedLedger(options.path, undefined);
  }
  if (!preview) {
    database.pragma('journal_mode = delete');
    database.pragma('synchronous = full');
    database.exec(LEDGER_TABLES + campaignImportTables('main') + detectionTables('main'));
    database.prepare(`insert or ignore into meta (key, value) values ('format', ?)`).run(String(LEDGER_FORMAT));
  }
  const format = database.prepare<[], { value: string }>(`select value from meta where key = 'format'`).get()?.value;
  if (Number(format) > LEDGER_FORMAT) {
    database.close();
    throw new SynclineError('LEDGER_FORMAT', `The ledger has format ${format}; this version reads up to ${LEDGER_FORMAT}.`, {
      hint: 'Use the version of Syncline that wrote it, or a newer one.',
    });
  }
  if (preview) {
    database.exec(detectionTables('temp'));
    database.exec(
      'insert into temp.staged select * from main.staged; insert into temp.staged_key select * from main.staged_key; insert into temp.cursor select * from main.cursor',
    );
  }
  return database;
}

/** Whether there is nothing in a file, or no file. */
function isEmpty(path: string): boolean {
  return !existsSync(path) || statSync(path).size === 0;
}

/** To prepare a statement costs more than to run it, and a cycle runs the same hundred again and again. */
function preparingOnce(database: Database.Database): Database.Database {
  const prepare = database.prepare.bind(database);
  const statements = new Map<string, Database.Statement>();
  database.prepare = ((source: string) => {
    const known = statements.get(source) ?? prepare(source);
    statements.set(source, known);
    return known;
  }) as typeof database.prepare;
  return database;
}

function open(path: string, preview: boolean): Database.Database {
  const database = new Database(path, { readonly: preview, timeout: 10_000 });
  database.pragma('foreign_keys = on');
  database.pragma('cache_size = -8192');
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
