import { join } from 'node:path';
import { openLocalLedger } from '../../src/storage/local/ledger.ts';
import { keyRotationContract } from './contract/key-rotation-contract.ts';
import { ledgerContract } from './contract/ledger-contract.ts';
import type { LedgerUnderTest } from './contract/ledger-rows.ts';
import { stateStoreContract } from './contract/state-store-contract.ts';
import { makeLocalFolder } from './local-folder.ts';

stateStoreContract('local', async (clock) => {
  const folder = await makeLocalFolder(clock);
  return {
    keepsStacksApart: false,
    open: async (options) => folder.open(options),
    close: () => folder.remove(),
  };
});

async function makeLedger(): Promise<LedgerUnderTest> {
  const folder = await makeLocalFolder();
  const path = join(folder.path, '..', 'ledger.sqlite');
  return {
    open: async (keys, mode) => openLocalLedger({ path, keys, mode }),
    close: () => folder.remove(),
  };
}

ledgerContract('local', makeLedger);
keyRotationContract('local', makeLedger);
