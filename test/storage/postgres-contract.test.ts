import { afterAll, beforeAll } from 'vitest';
import { nodeHost } from '../../src/storage/host.ts';
import { parsePlace, type PostgresPlace } from '../../src/storage/postgres/place.ts';
import { openPostgresLedger } from '../../src/storage/postgres/ledger.ts';
import { openPostgresStorage } from '../../src/storage/postgres/storage.ts';
import { keyRotationContract } from './contract/key-rotation-contract.ts';
import { ledgerContract } from './contract/ledger-contract.ts';
import type { LedgerUnderTest } from './contract/ledger-rows.ts';
import { stateStoreContract } from './contract/state-store-contract.ts';
import { startPostgres, type PostgresServer } from './postgres-server.ts';

let server: PostgresServer;
/** One for all tests, emptied after each: to make the tables takes longer than any of them. */
let database: PostgresPlace;

beforeAll(async () => {
  server = await startPostgres();
  database = parsePlace(server.newSchema());
});

afterAll(() => server.stop());

stateStoreContract('postgres', async (clock) => {
  return {
    keepsStacksApart: true,
    open: async (options) =>
      openPostgresStorage({
        database,
        stack: 'sandbox',
        synclineVersion: '0.1.0',
        clock,
        host: nodeHost(process, clock),
        ...options,
      }),
    async close() {
      await server.query(`select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'syncline'`);
      const tables = await server.query<{ found: unknown }>(`select to_regclass('${database.schema}.state') as found`);
      if (tables[0]?.found === null) return;
      for (const table of ['state', 'audit', 'stack_lock']) await server.query(`delete from ${database.schema}.${table}`);
    },
  };
});

let stacks = 0;

async function makeLedger(): Promise<LedgerUnderTest> {
  const stack = `stack-${(stacks += 1)}`;
  return {
    open: (keys, mode) => openPostgresLedger({ place: database, stack, keys, mode }),
    close: async () => {},
  };
}

ledgerContract('postgres', makeLedger);
keyRotationContract('postgres', makeLedger);
