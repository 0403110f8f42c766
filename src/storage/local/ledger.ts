/**
 * The ledger in one SQLite file, for one machine. `openLocalLedger` opens it for a cycle, or as a
 * preview that reads the file and writes only to temporary tables.
 */
import Database from 'better-sqlite3';
import { closeSync, existsSync, openSync } from 'node:fs';
import { SynclineError } from '../../model/errors.ts';
import type { KeyRing } from '../keys.ts';
import type { Ledger, RunSummary } from '../ledger.ts';
import { claimLedger } from './ledger-fence.ts';
import { countWrites } from './journal.ts';
import { createLinkLedger } from './link-ledger.ts';
import { LEDGER_FORMAT, LEDGER_TABLES, detectionTables } from './ledger-schema.ts';

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
  const database = openDatabase(options);
  const lineageOf = () => database.prepare<[], { value: string }>(`select value from meta where key = 'lineage'`).get()?.value;

  return {
    link: (address) => createLinkLedger(database, options.keys, address, options.mode === 'preview'),
    async lineage() {
      return lineageOf();
    },
    async bind(lineage) {
      database.prepare(`insert or ignore into meta (key, value) values ('lineage', ?)`).run(lineage);
    },
    claim: (lock) => claimLedger(database, lock),
    async startRun(id, command, at) {
      database.prepare(`insert into run (id, command, started_at) values (?, ?, ?)`).run(id, command, at);
    },
    async endRun(id, at, outcome, summary) {
      database.prepare(`update run set ended_at = ?, outcome = ?, summary = ? where id = ?`).run(at, outcome, summary, id);
    },
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
    async runs(limit) {
      const rows = database
        .prepare<
          [number],
          {
            id: string;
            command: string;
            started_at: string;
            ended_at: string | null;
            outcome: string | null;
            summary: string | null;
          }
        >(`select * from run order by started_at desc, id desc limit ?`)
        .all(limit);
      const writes = countWrites(
        database,
        rows.map(({ id }) => id),
      );
      return rows.map((row): RunSummary => ({
        id: row.id,
        command: row.command,
        startedAt: row.started_at,
        endedAt: row.ended_at ?? undefined,
        outcome: row.outcome ?? undefined,
        summary: row.summary ?? undefined,
        writes: writes.get(row.id) ?? [],
      }));
    },
    async close() {
      database.close();
    },
  };
}

function openDatabase(options: LocalLedgerOptions): Database.Database {
  const preview = options.mode === 'preview';
  if (preview && !existsSync(options.path)) {
    const empty = new Database('');
    empty.exec(LEDGER_TABLES + detectionTables('main'));
    return empty;
  }
  if (!preview && options.path !== IN_MEMORY) closeSync(openSync(options.path, 'a', 0o600));
  const database = open(options.path, preview);
  if (!preview) {
    database.pragma('journal_mode = delete');
    database.pragma('synchronous = full');
    database.exec(LEDGER_TABLES + detectionTables('main'));
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

function open(path: string, preview: boolean): Database.Database {
  try {
    const database = new Database(path, { readonly: preview, timeout: 10_000 });
    database.pragma('foreign_keys = on');
    database.pragma('cache_size = -8192');
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
  } catch (error) {
    if (isCode(error, 'SQLITE_NOTADB', 'SQLITE_CORRUPT')) {
      throw new SynclineError('LEDGER_DAMAGED', `${path} is damaged or no ledger at all.`, {
        hint: 'Restore it from a backup. Without it, the next cycle matches all records anew.',
        cause: error,
      });
    }
    throw error;
  }
}

function isCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
