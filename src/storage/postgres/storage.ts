/**
 * Storage in one schema of a PostgreSQL database, for several machines: pipelines and their runners.
 *
 * | table | holds |
 * | --- | --- |
 * | `state` | the state of each stack |
 * | `audit` | the audit log, an event a row |
 * | `stack_lock` | who holds the advisory lock of a stack, and the fence |
 * | `ledger_...` | the ledger; a view without the prefix shows the stack of a session |
 *
 * Nothing is written to the disk of the machine that runs.
 */
import { randomUUID } from 'node:crypto';
import process from 'node:process';
import type { Clock } from '../../model/time.ts';
import { nodeHost, type Host } from '../host.ts';
import { LEDGER_TABLES } from '../relational/ledger-schema.ts';
import type { Locks } from '../lock.ts';
import type { LedgerStore, Storage } from '../storage.ts';
import { createPostgresAuditLog } from './audit.ts';
import { guardServerCalls, translateServerErrors } from './errors.ts';
import { createEnvironmentKeys } from './keys.ts';
import { openPostgresLedger } from './ledger.ts';
import { createPostgresLocks, withSession } from './locks.ts';
import type { PostgresPlace } from './place.ts';
import { isInstalled } from './schema.ts';
import { createPostgresStateStore } from './state.ts';

export interface PostgresStorageOptions {
  readonly database: PostgresPlace;
  readonly stack: string;
  readonly synclineVersion: string;
  readonly clock: Clock;
  /** The value of SYNCLINE_KEY, which this storage cannot do without. */
  readonly environmentKey?: string | undefined;
  readonly host?: Host;
  /** Makes the ids of locks. Random UUIDs by default. */
  readonly newId?: () => string;
}

export function openPostgresStorage(options: PostgresStorageOptions): Storage {
  const { database: place, stack, synclineVersion, clock, newId = randomUUID } = options;
  const host = options.host ?? nodeHost(process, clock);
  const locks = createPostgresLocks({ place, stack, host, clock, synclineVersion, newId });
  const states = createPostgresStateStore({ place, locks, stack, synclineVersion });
  const audit = createPostgresAuditLog({ place, locks, stack });
  const ledgers: LedgerStore = {
    exists: () =>
      withSession(place, stack, async (session) =>
        (await isInstalled(session)) ? (await session.query(`select 1 from meta limit 1`)).length > 0 : false,
      ),
    open: (keys, mode) => openPostgresLedger({ place, stack, keys, mode }),
    putAside: (at) =>
      withSession(place, stack, async (session) => {
        if (!(await isInstalled(session))) return undefined;
        const aside = `${stack}~${at}`;
        return session.transaction(async () => {
          if ((await session.query(`select 1 from meta limit 1`)).length === 0) return undefined;
          for (const [table, { parent }] of Object.entries(LEDGER_TABLES))
            if (parent === undefined)
              await session.query(`update ledger_${table} set stack = $1 where stack = $2`, [aside, stack]);
          return `the rows of stack ${aside} in ${place.name}`;
        });
      }),
  };
  const guarded = <Methods extends object>(methods: Methods): Methods => guardServerCalls(place, methods);
  return {
    states: guarded(states),
    locks: guarded<Locks>(locks),
    audit: {
      ...audit,
      append: (event, lock) => translateServerErrors(place, () => audit.append(event, lock)),
      replace: (lines, lock) => translateServerErrors(place, () => audit.replace(lines, lock)),
    },
    keys: createEnvironmentKeys(options.environmentKey),
    ledgers: guarded(ledgers),
    places: { state: `${place.name}, stack ${stack}`, ledger: `The ledger of stack ${stack} in ${place.name}` },
  };
}

/** The name of the stack that is kept here, where there is one only. */
export async function onlyStackOf(place: PostgresPlace): Promise<string | undefined> {
  return translateServerErrors(place, () =>
    withSession(place, '', async (session) => {
      if (!(await isInstalled(session))) return undefined;
      const stacks = await session.query<{ stack: string }>(`select stack from state limit 2`);
      return stacks.length === 1 ? stacks[0]!.stack : undefined;
    }),
  );
}
