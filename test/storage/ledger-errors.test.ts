import Database from 'better-sqlite3';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { QUICK_FOLDER } from '../quick-folder.ts';
import { translateLedgerErrors } from '../../src/storage/local/ledger-errors.ts';

let folder: string;
let path: string;
let database: Database.Database;

beforeEach(() => {
  folder = mkdtempSync(join(QUICK_FOLDER, 'syncline-ledger-errors-'));
  path = join(folder, 'ledger.sqlite');
  database = new Database(path);
  database.exec('create table kept (value text)');
});

afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('E5 a ledger that cannot be written says why', () => {
  it('for want of space', () => {
    const pages = database.pragma('page_count', { simple: true }) as number;
    database.pragma(`max_page_count = ${pages}`);
    const fill = () => database.prepare('insert into kept (value) values (?)').run('x'.repeat(100_000));

    expect(() => translateLedgerErrors(path, fill)).toThrow(
      expect.objectContaining({
        code: 'STORAGE_WRITE_FAILED',
        message: expect.stringContaining('no space is left on the device (SQLITE_FULL)') as string,
        hint: expect.stringContaining('the run continues') as string,
      }),
    );
    expect(database.prepare('select count(*) from kept').pluck().get()).toBe(0);
  });

  it('since it is read-only', () => {
    const readOnly = new Database(path, { readonly: true });
    const write = () => readOnly.exec(`insert into kept (value) values ('x')`);

    expect(() => translateLedgerErrors(path, write)).toThrow(
      expect.objectContaining({
        code: 'STORAGE_WRITE_FAILED',
        message: expect.stringMatching(/ledger\.sqlite cannot be written: it is read-only \(SQLITE_READONLY/) as string,
      }),
    );
    readOnly.close();
  });

  it('since another process holds it', () => {
    database.exec('begin exclusive');
    const other = new Database(path, { timeout: 0 });

    expect(() => translateLedgerErrors(path, () => other.exec(`insert into kept (value) values ('x')`))).toThrow(
      expect.objectContaining({ code: 'STORAGE_BUSY' }),
    );
    other.close();
    database.exec('rollback');
  });

  it('and lets pass what is no trouble of the file', () => {
    expect(() => translateLedgerErrors(path, () => database.exec('insert into nowhere values (1)'))).toThrow(
      Database.SqliteError,
    );
  });
});
