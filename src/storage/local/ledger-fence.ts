/**
 * The ledger's fence: a run writes only as long as no later lock has claimed the ledger.
 *
 * It is checked by the database itself, inside of the transaction that writes, for every table and
 * every statement: a process that was stopped for an hour and goes on in the middle of its work finds
 * its lock taken, and not one row of it lands on top of what its successor wrote.
 */
import type Database from 'better-sqlite3';
import { SynclineError } from '../../model/errors.ts';
import type { Lock } from '../lock.ts';

const FENCE = 'fence';
const LOST = 'syncline_fence_lost';

/**
 * Claims the ledger for a lock, and from then on lets this connection write under that claim only.
 * @throws SynclineError STORAGE_LOCK_LOST where a later lock has claimed it already
 */
export async function claimLedger(database: Database.Database, lock: Pick<Lock, 'id' | 'info' | 'assertHeld'>): Promise<void> {
  // A counter that was lost with its file begins anew: then the lock itself tells whether it is still ours.
  if (storedFence(database) > lock.info.fence) await lock.assertHeld();
  const claim = `${lock.info.fence} ${lock.id}`;
  database
    .transaction(() => database.prepare(`insert or replace into main.meta (key, value) values (?, ?)`).run(FENCE, claim))
    .immediate();
  database.function(LOST, () => {
    throw new SynclineError('STORAGE_LOCK_LOST', `The ledger was claimed by a later run than that of lock ${lock.id}.`, {
      hint: 'Run again once nobody else works on this state.',
    });
  });
  const tables = database
    .prepare<[], { name: string }>(`select name from main.sqlite_master where type = 'table' and name not like 'sqlite_%'`)
    .all();
  for (const { name } of tables) {
    for (const event of ['insert', 'update', 'delete']) {
      database.exec(`
        create temp trigger if not exists fence_${event}_${name} before ${event} on main.${name}
        when (select value from main.meta where key = '${FENCE}') is not '${claim.replaceAll("'", "''")}'
        begin select ${LOST}(); end`);
    }
  }
}

function storedFence(database: Database.Database): number {
  const stored = database.prepare<[string], { value: string }>(`select value from main.meta where key = ?`).get(FENCE)?.value;
  return stored === undefined ? 0 : Number.parseInt(stored, 10);
}
