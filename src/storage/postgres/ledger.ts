/** The ledger of one stack, over a connection of its own. */
import { SynclineError } from '../../model/errors.ts';
import type { KeyRing } from '../keys.ts';
import type { Ledger } from '../ledger.ts';
import type { Lock } from '../lock.ts';
import { createLedger } from '../relational/ledger.ts';
import { DETECTION_TABLES, LEDGER_FORMAT, LEDGER_TABLES } from '../relational/ledger-schema.ts';
import { guardServerCalls, translateServerErrors } from './errors.ts';
import type { PostgresPlace } from './place.ts';
import { createMatchingTables, createTemporary, install, isInstalled } from './schema.ts';
import { openSession, type Session } from './session.ts';
import { createPostgresSql, type PostgresSql } from './sql.ts';

export interface PostgresLedgerOptions {
  readonly place: PostgresPlace;
  readonly stack: string;
  readonly keys: KeyRing;
  readonly mode: 'write' | 'preview';
}

/** @throws SynclineError LEDGER_FORMAT, STORAGE_KEY_MISSING, STORAGE_UNREACHABLE */
export async function openPostgresLedger(options: PostgresLedgerOptions): Promise<Ledger> {
  const { place, stack, keys, mode } = options;
  return translateServerErrors(place, async () => {
    const session = await openSession(place, stack);
    try {
      const sql = await prepare(session, options);
      const meta = await session.query<{ key: string; value: string }>('select key, value from meta');
      return createLedger({
        sql,
        keys,
        preview: mode === 'preview',
        meta: new Map(meta.map(({ key, value }) => [key, value])),
        names: await session.query<{ address: string; name: string }>('select address, name from link_name'),
        claim: (lock) => translateServerErrors(place, () => claim(session, sql, lock)),
        guard: (methods) => guardServerCalls(place, methods),
      });
    } catch (error) {
      await session.close();
      throw error;
    }
  });
}

async function prepare(session: Session, { place, keys, mode }: PostgresLedgerOptions): Promise<PostgresSql> {
  if (mode === 'write') await install(session, place.schema);
  const isNew = !(await isInstalled(session));
  // A plan of what was never applied makes nothing, not even a schema.
  const hidden = new Set(isNew ? Object.keys(LEDGER_TABLES) : []);
  await createTemporary(session, [...hidden]);
  const sql = createPostgresSql(session, place.schema, hidden);
  if (mode === 'write') {
    const note = `insert into meta (key, value) values ($1, $2) on conflict do nothing`;
    await session.query(note, ['format', String(LEDGER_FORMAT)]);
    await session.query(note, ['key', keys.currentId]);
  }
  const [format] = await session.query<{ value: string }>(`select value from meta where key = 'format'`);
  if (Number(format?.value ?? 0) > LEDGER_FORMAT) {
    throw new SynclineError(
      'LEDGER_FORMAT',
      `The ledger has format ${format!.value}; this version reads up to ${LEDGER_FORMAT}.`,
      { hint: 'Use the version of Syncline that wrote it, or a newer one.' },
    );
  }
  await createMatchingTables(session);
  if (mode === 'preview') {
    if (!isNew) await sql.shadow(Object.keys(DETECTION_TABLES));
    await session.script('set default_transaction_read_only to on');
  }
  return sql;
}

/**
 * Claims the ledger: from now on each transaction compares the claim before it commits, and keeps a later
 * one waiting until it has ended.
 */
async function claim(session: Session, sql: PostgresSql, lock: Pick<Lock, 'id' | 'info' | 'assertHeld'>): Promise<void> {
  const [stored] = await session.query<{ value: string }>(`select value from meta where key = 'fence'`);
  if (Number.parseInt(stored?.value ?? '0', 10) > lock.info.fence) await lock.assertHeld();
  const mine = `${lock.info.fence} ${lock.id}`;
  await sql.run(`insert into meta (key, value) values ('fence', ?) on conflict (key) do update set value = excluded.value`, mine);
  sql.fence(async () => {
    const [found] = await session.query<{ value: string }>(`select value from meta where key = 'fence' for share`);
    if (found?.value === mine) return;
    throw new SynclineError('STORAGE_LOCK_LOST', `The ledger was claimed by a later run than that of lock ${lock.id}.`, {
      hint: 'Run again once nobody else works on this state.',
    });
  });
}
