/**
 * Locks as advisory locks, which die with the session that holds them: a killed run blocks nobody. A row
 * beside it says who holds it, and counts the fence.
 */
import { createHash } from 'node:crypto';
import { SynclineError } from '../../model/errors.ts';
import { lockInfo, type LockOwner } from '../host.ts';
import type { AcquireOptions, Lock, LockInfo, Locks } from '../lock.ts';
import { locked, lockedForReading, lockLost, noSuchLock, nothingToLock } from '../lock-errors.ts';
import { translateServerErrors } from './errors.ts';
import type { PostgresPlace } from './place.ts';
import { install, isInstalled } from './schema.ts';
import { openSession, type Session } from './session.ts';

export interface PostgresLocksOptions extends LockOwner {
  readonly place: PostgresPlace;
  readonly stack: string;
}

export interface PostgresLocks extends Locks {
  /**
   * Does work in one transaction of the session that holds a lock; nobody takes the lock meanwhile.
   * @throws SynclineError STORAGE_LOCK_LOST
   */
  whileHeld<Result>(lock: Lock, work: (session: Session) => Promise<Result>): Promise<Result>;
}

/** The session of each lock that this process holds. A run opens its storage again once it has the lock. */
const SESSIONS = new WeakMap<Lock, Session>();

const POLL_MS = 250;
/** Whoever has just taken the lock, or gives it back, is not named for a moment. */
const NAMELESS_POLLS = 8;

export function createPostgresLocks(options: PostgresLocksOptions): PostgresLocks {
  const { place, stack, clock } = options;
  const key = lockKey(place, stack);

  function describe(operation: string, writes: boolean, fence: number): LockInfo {
    return lockInfo(options, { operation, writes, path: `${place.name}, stack ${stack}`, fence });
  }

  /** One attempt. Returns the lock, or what is known of its present holder. */
  async function attempt(
    session: Session,
    purpose: 'read' | 'write',
    operation: string,
  ): Promise<{ readonly lock: Lock } | { readonly holder: LockInfo | undefined }> {
    const [answer] = await session.query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [key]);
    const row = await readRow(session, stack);
    if (answer?.taken !== true) return { holder: row.info };
    const writes = purpose === 'write';
    const info = describe(operation, writes, row.fence + (writes ? 1 : 0));
    await session.query(
      `insert into stack_lock (stack, fence, info) values ($1, $2, $3)
       on conflict (stack) do update set fence = excluded.fence, info = excluded.info`,
      [stack, info.fence, JSON.stringify(info)],
    );
    const lock = sessionLock(session, info, row.info);
    SESSIONS.set(lock, session);
    return { lock };
  }

  async function assertHeld(session: Session, info: LockInfo): Promise<void> {
    const found = await readRow(session, stack).catch(() => undefined);
    if (found?.info?.id === info.id) return;
    // Where the session was ended, another one tells who came after.
    const holder = found === undefined ? await current().catch(() => undefined) : found.info;
    throw lockLost(info, holder?.id === info.id ? undefined : holder);
  }

  function sessionLock(session: Session, info: LockInfo, takenOver: LockInfo | undefined): Lock {
    const lock: Lock = {
      id: info.id,
      info,
      takenOver,
      assertHeld: () => translateServerErrors(place, () => assertHeld(session, info)),
      async release() {
        if (!SESSIONS.delete(lock)) return;
        try {
          await session.query(`update stack_lock set info = null where stack = $1 and cast(info as json) ->> 'id' = $2`, [
            stack,
            info.id,
          ]);
          await session.query('select pg_advisory_unlock($1)', [key]);
        } catch {
          // The session is gone, and the lock with it.
        } finally {
          await session.close();
        }
      },
    };
    return lock;
  }

  async function current(): Promise<LockInfo | undefined> {
    return withSession(place, stack, async (session) =>
      (await isInstalled(session)) && (await isTaken(session, key)) ? (await readRow(session, stack)).info : undefined,
    );
  }

  return {
    current,
    async acquire({ operation, timeoutMs, purpose = 'write', signal, onWait }: AcquireOptions) {
      const session = await openSession(place, stack);
      try {
        if (purpose === 'write') await install(session, place.schema);
        else if (!(await isInstalled(session))) {
          await session.close();
          return nothingToLock(describe(operation, false, 0));
        }
        const deadline = clock.now() + timeoutMs;
        for (let [waited, nameless] = [false, 0]; ;) {
          const result = await attempt(session, purpose, operation);
          if ('lock' in result) return result.lock;
          const { holder } = result;
          const restMs = deadline - clock.now();
          if (holder === undefined && (nameless += 1) < NAMELESS_POLLS) {
            await clock.sleep(POLL_MS, signal);
            continue;
          }
          if (restMs <= 0) throw holder === undefined ? namelessHolder() : locked(holder);
          if (!waited && holder !== undefined) onWait?.(holder);
          waited ||= holder !== undefined;
          await clock.sleep(Math.min(POLL_MS, restMs), signal);
        }
      } catch (error) {
        await session.close();
        throw error;
      }
    },
    forceUnlock: (id) =>
      withSession(place, stack, async (session) => {
        if (!(await isInstalled(session))) throw noSuchLock(id, undefined);
        const { info } = await readRow(session, stack);
        const isHeld = await isTaken(session, key);
        if (info === undefined || info.id !== id || !isHeld) throw noSuchLock(id, isHeld ? info : undefined);
        await session.query(`update stack_lock set info = null where stack = $1`, [stack]);
        // Ends the session that holds it, wherever its process is: nothing of it is written any more.
        await session.query(
          `select pg_terminate_backend(pid, 5000) from pg_locks where ${HOLDS} and granted and pid <> pg_backend_pid()`,
          [key],
        );
        return info;
      }),
    async whileHeld(lock, work) {
      if (!lock.info.writes) throw lockedForReading(lock.info);
      const session = SESSIONS.get(lock);
      if (session === undefined) throw lockLost(lock.info, await current());
      await assertHeld(session, lock.info);
      return session.transaction(async () => {
        const { info } = await readRow(session, stack, 'for update');
        if (info?.id !== lock.id) throw lockLost(lock.info, info);
        return work(session);
      });
    },
  };
}

/** The halves of an advisory lock's key. @source PostgreSQL 18, section 53.13 "pg_locks" */
const HOLDS = `locktype = 'advisory' and objsubid = 1 and database = (select oid from pg_database where datname = current_database())
  and ((cast(classid as bigint) << 32) | cast(objid as bigint)) = cast($1 as bigint)`;

async function isTaken(session: Session, key: string): Promise<boolean> {
  return (await session.query(`select 1 from pg_locks where ${HOLDS} and granted`, [key])).length > 0;
}

async function readRow(
  session: Session,
  stack: string,
  locking: '' | 'for update' = '',
): Promise<{ readonly fence: number; readonly info: LockInfo | undefined }> {
  const [row] = await session.query<{ fence: number; info: string | null }>(
    `select fence, info from stack_lock where stack = $1 ${locking}`,
    [stack],
  );
  const info = row?.info ?? undefined;
  return { fence: row?.fence ?? 0, info: info === undefined ? undefined : (JSON.parse(info) as LockInfo) };
}

/** Advisory locks are those of a whole database: schema and stack make the number. */
function lockKey(place: PostgresPlace, stack: string): string {
  return createHash('sha256')
    .update(JSON.stringify(['syncline', place.schema, stack]))
    .digest()
    .readBigInt64BE()
    .toString();
}

function namelessHolder(): SynclineError {
  return new SynclineError('STORAGE_LOCKED', 'Another session holds the lock and has not said who it is.', {
    hint: 'Wait for it (--lock-timeout 5m), or end that session on the server.',
  });
}

/** A look at the database that needs no lock. */
export async function withSession<Result>(
  place: PostgresPlace,
  stack: string,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const session = await openSession(place, stack);
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}
