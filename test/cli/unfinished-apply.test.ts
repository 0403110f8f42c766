import Database from 'better-sqlite3';
import { mkdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Rehearsal, type Loose } from './harness.ts';

let rehearsal: Rehearsal;

beforeEach(async () => {
  rehearsal = await Rehearsal.start({ people: 5 });
});

afterEach(() => rehearsal.close());

/** The rows of the ledger by table, but for who claimed it last and the calls of the day. */
function ledgerRows(): Record<string, readonly Loose[]> {
  const database = new Database(join(rehearsal.folder, 'state', 'ledger.sqlite'), { readonly: true });
  try {
    const tables = database.prepare<[], { name: string }>(`select name from sqlite_master where type = 'table'`).all();
    const kept = tables.filter(({ name }) => !['meta', 'calls'].includes(name));
    return Object.fromEntries(kept.map(({ name }) => [name, database.prepare(`select * from ${name}`).all()]));
  } finally {
    database.close();
  }
}

describe('E1 an apply that is declined', () => {
  it('leaves no trace in a new ledger and no state', async () => {
    const declined = await rehearsal.synclineIn({ answer: 'no' }, 'apply');

    expect(declined.stdout).toContain('Apply cancelled.');
    for (const [table, rows] of Object.entries(ledgerRows())) expect(rows, table).toEqual([]);
    expect((await rehearsal.syncline('state', 'list')).stdout.trim()).toBe('');
  });

  it('leaves ledger and state as they were', async () => {
    expect((await rehearsal.syncline('apply', '-y')).code).toBe(0);
    await rehearsal.edit(
      'link.yaml',
      '    - { sf: VIP__c,',
      '    - { sf: Department, ac: lastName, flow: off }\n    - { sf: VIP__c,',
    );
    const [state, rows] = [(await rehearsal.syncline('state', 'pull')).stdout, ledgerRows()];

    const declined = await rehearsal.synclineIn({ answer: 'no' }, 'apply');

    expect(declined.stdout).toContain('Apply cancelled.');
    expect((await rehearsal.syncline('state', 'pull')).stdout).toBe(state);
    expect(ledgerRows()).toEqual(rows);
  });
});

describe('E1 an apply that ends between planning and its first note', () => {
  it('leaves nothing that a later run would take for read: fields did not exist when it was', async () => {
    const log = join(rehearsal.folder, 'state', 'audit.jsonl');
    await mkdir(log, { recursive: true });
    const failed = await rehearsal.syncline('apply', '-y');
    await rmdir(log);
    expect(failed.code).toBe(1);
    const cursors = ledgerRows()['cursor']!;
    expect(cursors).toHaveLength(2);
    for (const cursor of cursors) expect(cursor.specification).toContain('read before');

    const applied = await rehearsal.syncline('apply', '-y');

    expect(applied.code, applied.stderr).toBe(0);
    for (const cursor of ledgerRows()['cursor']!) expect(cursor.specification).not.toContain('read before');
    expect((await rehearsal.syncline('verify')).code).toBe(0);
    expect((await rehearsal.syncline('plan', '--detailed-exitcode')).code).toBe(0);
  });
});
